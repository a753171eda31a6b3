/* SPDX-License-Identifier: MIT */
/* The parts of tagged values: numbers in their several spellings, maps with known fields. */
#include <math.h>

#include "base/text/num.h"
#include "value/json/json_tags_int.h"

bool json__take_number(struct json_reader *r, struct val *out) {
  uint8_t c = json__peek(r);
  if (c != '-' && (c < '0' || c > '9')) return false;
  enum json__number result = json__parse_number(json__take_token(r), out);
  return result == JSON_NUMBER_OK || result == JSON_NUMBER_ROUNDED;
}

static bool parse_real(struct slice text, double *out) {
  if (slice_is_equal(text, slice_of_text("NaN"))) {
    *out = (double)NAN;
  } else if (slice_is_equal(text, slice_of_text("Infinity"))) {
    *out = (double)INFINITY;
  } else if (slice_is_equal(text, slice_of_text("-Infinity"))) {
    *out = -(double)INFINITY;
  } else {
    return num_parse_float64(text, out) && isfinite(*out);
  }
  return true;
}

bool json__take_real(struct json_reader *r, double *out) {
  struct slice text;
  if (json__peek(r) == '"') return json__take_text(r, &text) && parse_real(text, out);
  struct val v;
  if (!json__take_number(r, &v)) return false;
  *out = val_to_float64(&v);
  return isfinite(*out);
}

bool json__take_float32(struct json_reader *r, float *out) {
  double v = 0;
  if (!json__take_real(r, &v)) return false;
  *out = (float)v;
  return isfinite(*out) || !isfinite(v);
}

static bool take_floats(struct json_reader *r, float *out, uint32_t count) {
  if (count == 1) return json__take_float32(r, out);
  if (!json__take(r, '[')) return false;
  for (uint32_t i = 0; i < count; i++)
    if ((i > 0 && !json__take(r, ',')) || !json__take_float32(r, &out[i])) return false;
  return json__take(r, ']');
}

bool json__take_integer(struct json_reader *r, int64_t *out) {
  struct slice text;
  struct val v;
  if (json__peek(r) == '"') return json__take_text(r, &text) && num_parse_int64(text, out);
  if (!json__take_number(r, &v) || v.type != VAL_INT64) return false;
  *out = v.integer;
  return true;
}

static bool take_member(struct json_reader *r, struct json__member *member) {
  member->is_taken = true;
  if (member->text) return json__peek(r) == '"' && json__take_text(r, member->text);
  if (member->integer) return json__take_integer(r, member->integer);
  return take_floats(r, member->floats, member->floats_count);
}

static bool take_named(struct json_reader *r, struct json__member *members, uint32_t count) {
  struct slice name;
  if (json__peek(r) != '"' || !json__take_text(r, &name) || !json__take(r, ':')) return false;
  for (uint32_t i = 0; i < count; i++)
    if (slice_is_equal(name, slice_of_text(members[i].name))) return take_member(r, &members[i]);
  return false;
}

bool json__take_members(struct json_reader *r, struct json__member *members, uint32_t count) {
  if (!json__take(r, '{')) return false;
  do {
    if (!take_named(r, members, count)) return false;
  } while (json__take(r, ','));
  for (uint32_t i = 0; i < count; i++)
    if (!members[i].is_taken) return false;
  return json__take(r, '}');
}
