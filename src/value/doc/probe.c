/* SPDX-License-Identifier: MIT */
#include "value/doc/probe.h"

#include <math.h>

#include "value/doc/doc_int.h"
#include "value/doc/lens.h"

enum { LOOK_THROUGH_MAX = 8 }; /* values: more are searched for */

bool probe_takes(const struct val *values, uint32_t count) {
  bool is_text = count && values[0].type == VAL_TEXT;
  if (count == 1 && values[0].type == VAL_FLOAT64) return !isnan(values[0].real);
  for (uint32_t i = 0; i < count; i++)
    if (is_text ? values[i].type != VAL_TEXT : !val_is_integer(&values[i])) return false;
  return count > 0;
}

static enum probe_answer kept(const struct probe *probe, int order) {
  return probe->keep >> (1 + order) & 1 ? PROBE_YES : PROBE_NO;
}

/* ---- texts ---- */

static inline bool is_same_text(const struct val *v, struct slice text) {
  return v->bytes == text.bytes &&
         (text.bytes == 0 || (v->data[text.bytes - 1] == text.data[text.bytes - 1] &&
                              memcmp(v->data, text.data, text.bytes) == 0));
}

static inline bool has_text(const struct probe *probe, struct slice text) {
  uint32_t low = 0, high = probe->count;
  if (high <= LOOK_THROUGH_MAX) {
    while (low < high && !is_same_text(&probe->values[low], text)) low++;
    return low < high;
  }
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = slice_compare(val_slice(&probe->values[middle]), text);
    if (order == 0) return true;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

static enum probe_answer ask_text(const struct probe *probe, const uint8_t *p) {
  struct slice text = form_text(p);
  if (probe->keep == PROBE_EQUAL) return has_text(probe, text) ? PROBE_YES : PROBE_NO;
  int order = slice_compare(text, val_slice(&probe->values[0]));
  return kept(probe, (order > 0) - (order < 0));
}

/* ---- numbers ---- */

static enum probe_answer ask_float(const struct probe *probe, double real) {
  double k = probe->values[0].real;
  return kept(probe, (real > k) - (real < k));
}

static bool has_integer(const struct probe *probe, int64_t integer) {
  uint32_t low = 0, high = probe->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int64_t at = probe->values[middle].integer;
    if (at == integer) return true;
    if (at < integer)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

/* Integers of 53 bits are floats exactly; others are left to the total order. */
static bool is_exact(int64_t integer) {
  int64_t most = (int64_t)1 << 53;
  return integer >= -most && integer <= most;
}

static enum probe_answer ask_integer(const struct probe *probe, const uint8_t *p) {
  int64_t integer = form_integer(p), k = probe->values[0].integer;
  if (probe->values[0].type == VAL_FLOAT64)
    return is_exact(integer) ? ask_float(probe, (double)integer) : PROBE_UNSURE;
  if (probe->count > 1) return has_integer(probe, integer) ? PROBE_YES : PROBE_NO;
  return kept(probe, (integer > k) - (integer < k));
}

static enum probe_answer ask_real(const struct probe *probe, const uint8_t *p) {
  double real;
  memcpy(&real, p + 1, sizeof real);
  if (isnan(real)) return PROBE_UNSURE;
  if (probe->values[0].type == VAL_FLOAT64) return ask_float(probe, real);
  int64_t k = probe->values[0].integer;
  if (probe->count > 1 || !is_exact(k)) return PROBE_UNSURE;
  return kept(probe, (real > (double)k) - (real < (double)k));
}

/* ---- values ---- */

static enum probe_answer ask_null(const struct probe *probe) {
  return probe->knows_nulls ? PROBE_NO : PROBE_UNSURE;
}

/* A text that is asked for may spell a ULID or a UUID. */
static enum probe_answer ask_other(const struct probe *probe, enum val_type type) {
  if (type == VAL_NULL) return ask_null(probe);
  bool is_sure =
      probe->others_differ && type != VAL_DECIMAL && type != VAL_ULID && type != VAL_UUID;
  return is_sure ? PROBE_NO : PROBE_UNSURE;
}

static enum probe_answer ask_value(const struct probe *probe, const uint8_t *p) {
  enum val_type type = *p & FORM_TYPE_MASK;
  if (probe->values[0].type == VAL_TEXT)
    return type == VAL_TEXT ? ask_text(probe, p) : ask_other(probe, type);
  if (type == VAL_INT64 || type == VAL_INT32) return ask_integer(probe, p);
  return type == VAL_FLOAT64 ? ask_real(probe, p) : ask_other(probe, type);
}

/* Short texts, which most are, need no call each. */
static enum probe_answer ask_texts(const struct probe *probe, const struct form_directory *d) {
  enum probe_answer answer = PROBE_NO;
  for (uint32_t i = 0; i < d->count; i++) {
    const uint8_t *p = form_child(d, i);
    enum probe_answer one =
        *p == VAL_TEXT ? has_text(probe, slice_of(p + 2, p[1])) : ask_value(probe, p);
    if (one == PROBE_YES) return one;
    if (one == PROBE_UNSURE) answer = one;
  }
  return answer;
}

static enum probe_answer ask_list(const struct probe *probe, const uint8_t *p) {
  struct form_directory d = form_directory(p);
  enum probe_answer answer = PROBE_NO;
  if (probe->values[0].type == VAL_TEXT && probe->keep == PROBE_EQUAL) return ask_texts(probe, &d);
  for (uint32_t i = 0; i < d.count; i++) {
    enum probe_answer one = ask_value(probe, form_child(&d, i));
    if (one == PROBE_YES) return one;
    if (one == PROBE_UNSURE) answer = one;
  }
  return answer;
}

/* ---- the path ---- */

/* The field of a narrow map; NULL: it has none, or `*unsure`. */
static const uint8_t *find_field(const uint8_t *map, uint16_t id, bool *unsure) {
  struct form_directory d = form_directory(map);
  *unsure = d.word == 4;
  if (d.word != 2) return NULL;
  uint32_t index = form_find(d.names, d.count, id);
  if (index != form_not_found) return form_child(&d, index);
  *unsure = !form_has_no_inline(&d);
  return NULL;
}

/* The value at the rest of the path. */
static enum probe_answer ask_path(const struct probe *probe, const uint8_t *p, const uint16_t *ids,
                                  uint32_t ids_count) {
  for (uint32_t i = 0; i < ids_count; i++) {
    enum val_type type = *p & FORM_TYPE_MASK;
    bool unsure = false;
    if (type == VAL_LIST) return PROBE_UNSURE;
    if (type != VAL_MAP) return ask_null(probe);
    p = find_field(p, ids[i], &unsure);
    if (!p) return unsure ? PROBE_UNSURE : ask_null(probe);
  }
  bool is_list = (*p & FORM_TYPE_MASK) == VAL_LIST;
  return is_list && probe->into_lists ? ask_list(probe, p) : ask_value(probe, p);
}

/* An integer that is shown as another number stands where that does in the total order. */
static enum probe_answer ask_lensed(const struct probe *probe, const uint16_t *ids,
                                    uint32_t ids_count, const struct val *root) {
  const uint8_t *place = NULL;
  if (ids_count == 0) return PROBE_UNSURE;
  switch (lens_source(root, ids[0], &place)) {
  case LENS_NONE: return ask_null(probe);
  case LENS_STORED:
  case LENS_INTEGER: return ask_path(probe, place, ids + 1, ids_count - 1);
  case LENS_MADE: break;
  }
  return PROBE_UNSURE;
}

enum probe_answer probe_ask(const struct probe *probe, const struct names *names,
                            const uint16_t *ids, uint32_t ids_count, const struct val *root) {
  if (root->type != VAL_MAP || val_names(root) != names) return PROBE_UNSURE;
  if (root->is_lensed) return ask_lensed(probe, ids, ids_count, root);
  return ask_path(probe, root->data, ids, ids_count);
}
