/* SPDX-License-Identifier: MIT */
#include "query/func/compare.h"

#include "base/text/num.h"
#include "query/func/time/calendar.h"
#include "value/ulid/ulid.h"

enum { UUID_TEXT_BYTES = 36, OBJECTID_BYTES = 12, DATE_TEXT_BYTES_MIN = 10 };

static bool read_object_id(struct slice text, uint8_t out[OBJECTID_BYTES]) {
  if (text.bytes != 2 * OBJECTID_BYTES) return false;
  for (size_t i = 0; i < OBJECTID_BYTES; i++) {
    int high = num_hex_digit(text.data[2 * i]), low = num_hex_digit(text.data[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static bool read_moment(struct slice text, enum val_type type, struct val *out) {
  int64_t us = 0;
  bool is_date = false;
  if (!calendar_parse(text, &us, &is_date)) return false;
  if (type == VAL_DATE && !is_date) return false;
  *out = type == VAL_DATE ? (struct val){.type = VAL_DATE, .integer = calendar_day_of(us)}
                          : val_timestamp(us);
  return true;
}

bool compare_read_text(struct slice text, enum val_type type, struct val *out) {
  *out = (struct val){.type = (uint8_t)type};
  if (type == VAL_ULID) return text.bytes == ULID_TEXT_BYTES && ulid_parse(text, out->id);
  if (type == VAL_UUID) return text.bytes == UUID_TEXT_BYTES && uuid_parse(text, out->id);
  if (type == VAL_OBJECTID) return read_object_id(text, out->id);
  if (type == VAL_TIMESTAMP || type == VAL_DATE) return read_moment(text, type, out);
  return false;
}

static bool is_moment(enum val_type type) {
  return type == VAL_TIMESTAMP || type == VAL_DATE;
}

static bool is_textual(enum val_type type) {
  return is_moment(type) || type == VAL_ULID || type == VAL_UUID || type == VAL_OBJECTID;
}

/** `text` against a value of a type that text can spell. */
static bool compare_text(const struct val *text, const struct val *other, int *order) {
  struct val read;
  enum val_type type = is_moment(other->type) ? VAL_TIMESTAMP : (enum val_type)other->type;
  if (!compare_read_text(val_slice(text), type, &read)) return false;
  *order = val_compare(&read, other);
  return true;
}

bool compare_types_fit(enum val_type a, enum val_type b) {
  if (val_order_class(a) == val_order_class(b)) return true;
  return (a == VAL_TEXT && is_textual(b)) || (b == VAL_TEXT && is_textual(a));
}

bool compare_sql(const struct val *a, const struct val *b, int *order) {
  if (a->type == b->type || val_order_class(a->type) == val_order_class(b->type)) {
    *order = val_compare(a, b);
    return true;
  }
  if (a->type == VAL_TEXT && is_textual(b->type)) return compare_text(a, b, order);
  if (b->type != VAL_TEXT || !is_textual(a->type)) return false;
  if (!compare_text(b, a, order)) return false;
  *order = -*order;
  return true;
}

/** What a text may be equal to, by its length: the cheap test first. */
static bool text_stands_for(const struct val *text, struct val *out) {
  struct slice s = val_slice(text);
  if (s.bytes == ULID_TEXT_BYTES && compare_read_text(s, VAL_ULID, out)) return true;
  if (s.bytes == UUID_TEXT_BYTES && compare_read_text(s, VAL_UUID, out)) return true;
  if (s.bytes == 2 * OBJECTID_BYTES && compare_read_text(s, VAL_OBJECTID, out)) return true;
  if (s.bytes < DATE_TEXT_BYTES_MIN || s.data[4] != '-') return false;
  return compare_read_text(s, VAL_TIMESTAMP, out);
}

uint64_t compare_sql_hash(const struct val *v, uint64_t seed) {
  struct val stands;
  if (v->type == VAL_TEXT && text_stands_for(v, &stands)) return val_hash(&stands, seed);
  return val_hash(v, seed);
}
