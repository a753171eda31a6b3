/* SPDX-License-Identifier: MIT */
#include "query/exec/explain/explain_bounds.h"

#include <math.h>
#include <stdlib.h>

#include "model/catalog/catalog.h"
#include "query/exec/intervals.h"
#include "query/expr/like.h"
#include "query/plan/plan.h"
#include "value/json/json.h"
#include "value/order/order.h"

enum { ENDS_BYTES_MAX = 64 << 10, ASCII_MAX = 0x7e };

struct bounds {
  struct build *build;
  struct buf *text;
  bool multikey;    /* lists are known by their elements */
  bool is_collated; /* texts stand there by a collation */
  bool is_turned;   /* the scan reads from the high end to the low one */
};

/* ---- values as MongoDB writes them ---- */

static void write_real(struct buf *out, double real) {
  size_t from = out->bytes;
  if (isnan(real) || isinf(real))
    buf_append_text(out, isnan(real) ? "nan" : real < 0 ? "-inf" : "inf");
  else
    buf_append_format(out, "%.16g", real);
  for (size_t i = from; i < out->bytes; i++)
    if (out->data[i] == '.' || out->data[i] == 'e') return;
  buf_append_text(out, ".0");
}

static void write_objectid(struct buf *out, const uint8_t *id) {
  enum { OBJECTID_BYTES = 12 };
  buf_append_text(out, "ObjectId('");
  for (size_t i = 0; i < OBJECTID_BYTES; i++) buf_append_format(out, "%02x", id[i]);
  buf_append_text(out, "')");
}

static void write_value(struct buf *out, const struct val *value);

/* Depth is bounded by DOC_DEPTH_MAX. */
static void write_items(struct buf *out, const struct val *value) {
  bool is_map = value->type == VAL_MAP;
  uint32_t count = val_count(value);
  buf_append_text(out, is_map ? "{" : "[");
  for (uint32_t i = 0; i < count; i++) {
    struct slice name = {0};
    struct val item = is_map ? val_field_at(value, i, &name) : val_at(value, i);
    buf_append_text(out, i ? ", " : " ");
    if (is_map) buf_append_slice(out, name);
    if (is_map) buf_append_text(out, ": ");
    write_value(out, &item);
  }
  buf_append_text(out, count ? " " : "");
  buf_append_text(out, is_map ? "}" : "]");
}

static void write_regex(struct buf *out, const struct val *value) {
  struct slice options, pattern = val_regex(value, &options);
  buf_append_byte(out, '/');
  buf_append_slice(out, pattern);
  buf_append_byte(out, '/');
  buf_append_slice(out, options);
}

static void write_value(struct buf *out, const struct val *value) {
  enum { US_PER_MS = 1000 };
  const struct json_write_options options = {.form = JSON_PLAIN, .key_name = "_id"};
  switch ((int)value->type) {
  case VAL_MISSING: buf_append_text(out, "undefined"); return;
  case VAL_FLOAT64: write_real(out, value->real); return;
  case VAL_TIMESTAMP:
    buf_append_format(out, "new Date(%lld)", (long long)(value->integer / US_PER_MS));
    return;
  case VAL_OBJECTID: write_objectid(out, value->id); return;
  case VAL_REGEX: write_regex(out, value); return;
  case VAL_MINKEY: buf_append_text(out, "MinKey"); return;
  case VAL_MAXKEY: buf_append_text(out, "MaxKey"); return;
  case VAL_LIST:
  case VAL_MAP: write_items(out, value); return;
  default: json_write(out, value, &options);
  }
}

/* ---- intervals ---- */

static void put_text(const struct bounds *bounds) {
  struct val text = val_text(buf_slice(bounds->text));
  build_put(bounds->build, &text);
  buf_reset(bounds->text);
}

/** The least or the greatest that is compared with `value`, and whether it is one of them. */
static const char *class_end(const struct val *value, bool is_low, bool *is_open) {
  *is_open = value->type == VAL_TEXT && !is_low;
  if (val_is_number(value)) return is_low ? "-inf.0" : "inf.0";
  switch ((int)value->type) {
  case VAL_TEXT: return is_low ? "\"\"" : "{}";
  case VAL_BOOL: return is_low ? "false" : "true";
  case VAL_TIMESTAMP:
    return is_low ? "new Date(-9223372036854775808)" : "new Date(9223372036854775807)";
  case VAL_OBJECTID:
    return is_low ? "ObjectId('000000000000000000000000')" : "ObjectId('ffffffffffffffffffffffff')";
  default: return is_low ? "MinKey" : "MaxKey";
  }
}

/** One end: its expression, else that of the class of the other one. */
static bool write_end(const struct bounds *bounds, const struct expr *end, const struct expr *other,
                      bool is_low) {
  bool is_open = false;
  if (end && end->is_masked) buf_append_text(bounds->text, "***");
  if (end && end->is_masked) return false;
  if (end && end->kind != EXPR_CONST) expr_format(end, bounds->text);
  if (end && end->kind == EXPR_CONST) write_value(bounds->text, &end->value);
  if (end) return false;
  const struct val any = val_null();
  const struct val *value = other->kind == EXPR_CONST ? &other->value : &any;
  buf_append_text(bounds->text, class_end(value, is_low, &is_open));
  return is_open;
}

/** What is no less than null, or no more, is read whole. */
static bool is_whole(const struct plan_part *part) {
  const struct expr *ends[] = {part->low, part->high};
  for (size_t i = 0; i < 2; i++)
    if (ends[i] && ends[i]->kind == EXPR_CONST && val_is_null(&ends[i]->value)) return true;
  return !part->low && !part->high;
}

static void put_whole(const struct bounds *bounds) {
  buf_append_text(bounds->text, bounds->is_turned ? "[MaxKey, MinKey]" : "[MinKey, MaxKey]");
  put_text(bounds);
}

static void put_range(const struct bounds *bounds, const struct plan_part *part) {
  struct buf *text = bounds->text;
  bool turned = bounds->is_turned;
  const struct expr *first = turned ? part->high : part->low;
  const struct expr *last = turned ? part->low : part->high;
  bool first_open = first && (turned ? part->high_open : part->low_open);
  bool last_open = last && (turned ? part->low_open : part->high_open);
  size_t from = text->bytes;
  buf_append_byte(text, '[');
  first_open |= write_end(bounds, first, last, !turned);
  buf_append_text(text, ", ");
  last_open |= write_end(bounds, last, first, turned);
  buf_append_byte(text, last_open ? ')' : ']');
  if (first_open && text->data) text->data[from] = '(';
  put_text(bounds);
}

static void put_point(const struct bounds *bounds, const struct val *value) {
  buf_append_byte(bounds->text, '[');
  write_value(bounds->text, value);
  buf_append_text(bounds->text, ", ");
  write_value(bounds->text, value);
  buf_append_byte(bounds->text, ']');
  put_text(bounds);
}

/** Where texts that begin as an expression says end; behind the last character that is shown, all
 * texts do. */
static void write_interval_end(struct buf *out, const struct val *value) {
  bool is_shown = value->type != VAL_TEXT || !value->bytes ||
                  ((const uint8_t *)value->data)[value->bytes - 1] <= ASCII_MAX;
  if (is_shown)
    write_value(out, value);
  else
    buf_append_text(out, "{}");
}

static void put_interval(const struct bounds *bounds, const struct interval *interval) {
  struct buf *out = bounds->text;
  bool turned = bounds->is_turned;
  const struct val *ends[] = {&interval->low, &interval->high};
  bool first_open = turned ? interval->high_open : interval->low_open;
  bool last_open = turned ? interval->low_open : interval->high_open;
  buf_append_byte(out, first_open ? '(' : '[');
  write_interval_end(out, ends[turned]);
  buf_append_text(out, ", ");
  write_interval_end(out, ends[!turned]);
  buf_append_byte(out, last_open ? ')' : ']');
  put_text(bounds);
}

/** A list may be a whole value, or one that stands in lists. */
static void put_equal(const struct bounds *bounds, const struct val *value) {
  bool is_list = bounds->multikey && value->type == VAL_LIST;
  const struct val first = is_list && val_count(value) ? val_at(value, 0) : val_missing();
  if (is_list && !bounds->is_turned) put_point(bounds, &first);
  put_point(bounds, value);
  if (is_list && bounds->is_turned) put_point(bounds, &first);
}

/** Null stands for what is missing, too. */
static void put_nulls(const struct bounds *bounds) {
  const struct val missing = val_missing(), null = val_null();
  put_point(bounds, bounds->is_turned ? &null : &missing);
  put_point(bounds, bounds->is_turned ? &missing : &null);
}

/* ---- lists of values ---- */

static int compare_values(const void *a, const void *b) {
  return val_compare(a, b);
}

/** Of a list its elements, in order, each once. */
static status put_elements(const struct bounds *bounds, const struct val *list, struct arena *arena,
                           struct err *err) {
  uint32_t count = val_count(list);
  struct val *values = arena_alloc(arena, (count + 1u) * sizeof *values);
  TRY(plan_check_memory(arena, values, err));
  for (uint32_t i = 0; i < count; i++) values[i] = val_at(list, i);
  if (count) qsort(values, count, sizeof *values, compare_values);
  for (uint32_t i = 0; i < count; i++) {
    const struct val *value = &values[bounds->is_turned ? count - 1 - i : i];
    if (i && val_compare(value, bounds->is_turned ? value + 1 : value - 1) == 0) continue;
    if (val_is_null(value))
      put_nulls(bounds);
    else
      put_equal(bounds, value);
  }
  return LUMA_OK;
}

/** What is read of values some of which are patterns: they stand for texts that others may be
 * among. */
static status put_intervals(const struct bounds *bounds, const struct plan_part *part,
                            struct arena *arena, struct err *err) {
  struct intervals set = {.arena = arena,
                          .is_collated = bounds->is_collated,
                          .multikey = bounds->multikey,
                          .splits = true};
  const struct val *first = &part->values[0]->value;
  uint32_t count = part->spread ? val_count(first) : 1;
  for (uint32_t i = 0; i < count; i++) {
    struct val value = part->spread ? val_at(first, i) : *first;
    TRY(intervals_add_value(&set, &value, true, err));
  }
  intervals_join(&set);
  for (uint32_t i = 0; i < set.count; i++)
    put_interval(bounds, &set.items[bounds->is_turned ? set.count - 1 - i : i]);
  return LUMA_OK;
}

static bool has_patterns(const struct plan_part *part) {
  const struct expr *first = part->values_count == 1 && part->mongo ? part->values[0] : NULL;
  bool has = first && first->kind == EXPR_CONST && first->value.type == VAL_REGEX;
  bool is_list =
      first && first->kind == EXPR_CONST && part->spread && first->value.type == VAL_LIST;
  for (uint32_t i = 0; is_list && !has && i < val_count(&first->value); i++) {
    struct val element = val_at(&first->value, i);
    has = element.type == VAL_REGEX;
  }
  return has;
}

static status put_equals(const struct bounds *bounds, const struct plan_part *part,
                         struct arena *arena, struct err *err) {
  if (has_patterns(part)) return put_intervals(bounds, part, arena, err);
  for (uint32_t i = 0; i < part->values_count; i++) {
    const struct expr *value = part->values[i];
    bool is_known = value->kind == EXPR_CONST;
    if (is_known && part->spread && value->value.type == VAL_LIST) {
      TRY(put_elements(bounds, &value->value, arena, err));
    } else if (is_known) {
      put_equal(bounds, &value->value);
    } else {
      expr_format(value, bounds->text);
      put_text(bounds);
    }
  }
  return LUMA_OK;
}

/** Up to where texts no longer begin so; the value that counts besides is behind texts. */
static void put_prefix(const struct bounds *bounds, const struct plan_part *part,
                       struct arena *arena) {
  const struct val *pattern = &part->low->value;
  bool exact = false, alone = false, turned = bounds->is_turned;
  uint8_t *text = arena_alloc_text(arena, pattern->bytes + 1);
  size_t bytes = text ? like_prefix(val_slice(pattern), text, &exact, &alone) : 0;
  struct buf ends[2];
  for (size_t i = 0; i < 2; i++) {
    buf_init(&ends[i], ENDS_BYTES_MAX);
    bool is_known = i == 0 || (bytes && text[bytes - 1] < ASCII_MAX);
    if (i && is_known) text[bytes - 1]++;
    const struct val end = val_text(slice_of(text, bytes));
    if (is_known)
      write_value(&ends[i], &end);
    else
      buf_append_text(&ends[i], "{}");
  }
  if (part->high && turned) put_point(bounds, &part->high->value);
  buf_append_byte(bounds->text, turned ? '(' : '[');
  buf_append_slice(bounds->text, buf_slice(&ends[turned]));
  buf_append_text(bounds->text, ", ");
  buf_append_slice(bounds->text, buf_slice(&ends[!turned]));
  buf_append_byte(bounds->text, turned ? ']' : ')');
  put_text(bounds);
  if (part->high && !turned) put_point(bounds, &part->high->value);
  for (size_t i = 0; i < 2; i++) buf_deinit(&ends[i]);
}

/** Whether values are not to be told, nor how many they are. Of a range an end may be. */
static bool is_masked(const struct plan_part *part) {
  bool is = part->prefix && part->low->is_masked;
  for (uint32_t i = 0; i < part->values_count; i++) is |= part->values[i]->is_masked;
  return is;
}

status explain_bounds(struct build *build, const struct plan_access *access, uint32_t nth,
                      struct arena *arena, struct buf *scratch, struct err *err) {
  const struct plan_part *part = nth < access->parts_count ? &access->parts[nth] : NULL;
  bool descends = access->index && access->index->def.keys[nth].descending;
  const struct bounds bounds = {.build = build,
                                .text = scratch,
                                .multikey = access->index && access->index->def.multikey,
                                .is_collated = access->index && access->index->def.collation.bytes,
                                .is_turned = descends != access->backwards};
  if (part && is_masked(part)) {
    buf_append_text(scratch, "[***, ***]");
    put_text(&bounds);
    return LUMA_OK;
  }
  if (part && part->is_equal) return put_equals(&bounds, part, arena, err);
  if (part && part->is_null)
    put_nulls(&bounds);
  else if (part && part->prefix && part->low->kind == EXPR_CONST)
    put_prefix(&bounds, part, arena);
  else if (part && !part->prefix && !is_whole(part))
    put_range(&bounds, part);
  else
    put_whole(&bounds);
  return LUMA_OK;
}
