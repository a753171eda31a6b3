/* SPDX-License-Identifier: MIT */
#include "model/soul/coerce.h"

#include <math.h>

#include "base/core/bytes.h"
#include "base/text/date.h"
#include "base/text/duration.h"
#include "base/text/num.h"
#include "value/doc/doc.h"
#include "value/json/json.h"
#include "value/ulid/ulid.h"

enum { US_PER_SECOND = 1000000, LIGHT_FLOATS = 11, LIGHT_BYTES = 44, BYTES_MAX = 64 << 20 };
static const int64_t us_per_day = 86400ll * US_PER_SECOND;

static bool to_int(const struct val *value, struct val *out) {
  int64_t number;
  bool fits = val_is_number(value)
                  ? val_to_int64(value, &number)
                  : value->type == VAL_TEXT && num_parse_int64(val_slice(value), &number);
  *out = val_int64(fits ? number : 0);
  return fits;
}

static bool to_float(const struct val *value, struct val *out) {
  double number = 0;
  if (value->type == VAL_TEXT) {
    if (!num_parse_float64(val_slice(value), &number)) return false;
    *out = val_float64(number);
    return true;
  }
  if (!val_is_number(value)) return false;
  *out = val_float64(val_to_float64(value));
  if (val_is_integer(value)) {
    int64_t back;
    return val_to_int64(out, &back) && back == value->integer;
  }
  return decimal_compare(val_to_decimal(out), val_to_decimal(value)) == 0;
}

/* As SQL has it: decimal(p, s) rounds to s places, and has p - s digits before the point. */
static bool fit_decimal(const struct soul_type *type, struct val *value) {
  struct decimal_parts parts;
  if (type->precision == 0) return true;
  struct decimal rounded = decimal_quantize(value->decimal, type->scale);
  enum decimal_class kind = decimal_unpack(rounded, &parts);
  if (kind != DECIMAL_FINITE) return kind == DECIMAL_NAN;
  int digits = 0;
  for (uint128 rest = parts.coefficient; rest; rest /= 10) digits++;
  *value = val_decimal(rounded);
  return digits == 0 || digits + parts.exponent <= type->precision - type->scale;
}

static bool to_decimal(const struct soul_type *type, const struct val *value, struct val *out) {
  struct decimal number;
  bool is_inexact = false;
  if (val_is_number(value))
    number = val_to_decimal(value);
  else if (value->type != VAL_TEXT || !decimal_parse(val_slice(value), &number, &is_inexact))
    return false;
  *out = val_decimal(number);
  return (!is_inexact || type->precision) && fit_decimal(type, out);
}

static bool to_boolean(const struct val *value, struct val *out) {
  if (value->type == VAL_TEXT) {
    bool is_true = slice_is_equal_nocase(val_slice(value), slice_of_text("true"));
    *out = val_bool(is_true);
    return is_true || slice_is_equal_nocase(val_slice(value), slice_of_text("false"));
  }
  int64_t number;
  if (!val_is_number(value) || !val_to_int64(value, &number)) return false;
  *out = val_bool(number == 1);
  return number == 0 || number == 1;
}

static bool to_timestamp(const struct val *value, struct val *out) {
  int64_t us = 0, days;
  if (value->type == VAL_DATE)
    us = value->integer * us_per_day;
  else if (value->type != VAL_TEXT)
    return false;
  else if (date_parse(val_slice(value), &days))
    us = days * us_per_day;
  else if (!date_parse_timestamp(val_slice(value), &us))
    return false;
  *out = val_timestamp(us);
  return true;
}

static bool to_date(const struct val *value, struct val *out) {
  int64_t us, days = 0;
  if (value->type == VAL_TEXT && date_parse(val_slice(value), &days)) {
    *out = (struct val){.type = VAL_DATE, .integer = days};
    return true;
  }
  if (value->type == VAL_TIMESTAMP)
    us = value->integer;
  else if (value->type != VAL_TEXT || !date_parse_timestamp(val_slice(value), &us))
    return false;
  *out = (struct val){.type = VAL_DATE, .integer = us / us_per_day};
  return us % us_per_day == 0;
}

/* "10:20:30": a time of day is the duration since midnight. */
static bool read_clock(struct slice text, int64_t *us) {
  struct duration_interval clock = {0};
  bool has_colon = memchr(text.data, ':', text.bytes) != NULL;
  if (!has_colon || !duration_parse_words(text, &clock) || clock.months || clock.days) return false;
  *us = clock.us;
  return true;
}

static bool to_duration(const struct val *value, struct val *out) {
  int64_t us = 0;
  if (value->type == VAL_INTERVAL && value->interval.months == 0)
    us = value->interval.us + value->interval.days * us_per_day;
  else if (value->type != VAL_TEXT ||
           (!duration_parse(val_slice(value), &us) && !read_clock(val_slice(value), &us)))
    return false;
  *out = (struct val){.type = VAL_DURATION, .integer = us};
  return true;
}

static bool to_id(const struct val *value, enum val_type type, struct val *out) {
  *out = (struct val){.type = (uint8_t)type};
  if (value->type == VAL_ULID) { /* a key that was made: a ULID fits where a UUID does (RFC 9562) */
    memcpy(out->id, value->id, sizeof out->id);
    return true;
  }
  if (value->type != VAL_TEXT) return false;
  return type == VAL_ULID ? ulid_parse(val_slice(value), out->id)
                          : uuid_parse(val_slice(value), out->id);
}

static bool to_text(const struct val *value, struct arena *arena, struct val *out) {
  char text[36];
  size_t bytes = value->type == VAL_ULID ? ULID_TEXT_BYTES : sizeof text;
  if (value->type == VAL_ULID)
    ulid_format(value->id, text);
  else if (value->type == VAL_UUID)
    uuid_format(value->id, text);
  else
    return false;
  const uint8_t *copy = arena_copy(arena, text, bytes);
  *out = val_text(slice_of(copy, bytes));
  return copy != NULL;
}

static bool to_bytes(const struct val *value, struct arena *arena, struct val *out) {
  if (value->type != VAL_TEXT) return false;
  struct buf bytes;
  buf_init(&bytes, BYTES_MAX);
  bool is_read = json_parse_base64(val_slice(value), &bytes) && bytes.failed == LUMA_OK;
  const uint8_t *copy = is_read ? arena_copy(arena, bytes.data, bytes.bytes) : NULL;
  *out = (struct val){.type = VAL_BYTES, .bytes = (uint32_t)bytes.bytes, .data = copy};
  buf_deinit(&bytes);
  return is_read && (copy || out->bytes == 0);
}

/* Numbers of a list as floats at `out`, at most `most`; UINT32_MAX when one is not a number. */
static uint32_t read_floats(const struct val *list, uint32_t most, uint8_t *out) {
  uint32_t count = val_count(list);
  if (count > most) return UINT32_MAX;
  for (uint32_t i = 0; i < count; i++) {
    struct val item = val_at(list, i);
    if (!val_is_number(&item)) return UINT32_MAX;
    float number = (float)val_to_float64(&item);
    memcpy(out + (size_t)i * sizeof number, &number, sizeof number);
  }
  return count;
}

/* A list of numbers, or the text of one. */
static bool to_vector(const struct val *value, struct arena *arena, struct val *out) {
  struct val list;
  if (value->type == VAL_TEXT && soul_coerce_json(val_slice(value), VAL_LIST, arena, &list))
    value = &list;
  if (value->type != VAL_LIST) return false;
  uint32_t count = val_count(value);
  uint8_t *floats = arena_alloc(arena, ((size_t)count + 1) * sizeof(float));
  if (!floats || read_floats(value, count, floats) != count) return false;
  *out = (struct val){.type = VAL_VECTOR,
                      .sub = VAL_VECTOR_F32,
                      .bytes = (uint32_t)(count * sizeof(float)),
                      .data = floats};
  return true;
}

static uint32_t dimensions_of(const struct val *vector) {
  static const uint8_t element_bytes[] = {
      [VAL_VECTOR_F32] = 4, [VAL_VECTOR_F16] = 2, [VAL_VECTOR_I8] = 1};
  return vector->bytes / element_bytes[vector->sub % 3];
}

static bool has_dimensions(const struct val *vector, uint32_t dimensions) {
  return dimensions == 0 || dimensions_of(vector) == dimensions;
}

bool soul_vector_dimensions(const struct val *value, struct arena *arena, uint32_t *dimensions) {
  struct val vector = *value;
  if (value->type != VAL_VECTOR && !to_vector(value, arena, &vector)) return false;
  *dimensions = dimensions_of(&vector);
  return true;
}

/* Floats of a light that are given together. */
static const struct {
  const char *name;
  uint32_t at, count;
} parts[] = {{"position", 0, 3}, {"direction", 3, 3}, {"color", 7, 4}};

/* {"position": [x, y, z], "direction": [x, y, z], "intensity": i, "color": [r, g, b, a]}; all but
 * the position may be left out. */
static bool to_light(const struct val *value, struct arena *arena, struct val *out) {
  float light[LIGHT_FLOATS] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
  if (value->type != VAL_MAP) return false;
  for (size_t i = 0; i < 3; i++) {
    struct val part = val_field(value, slice_of_text(parts[i].name));
    if (part.type == VAL_MISSING && i > 0) continue;
    uint8_t *place = (uint8_t *)&light[parts[i].at];
    uint32_t count = part.type == VAL_LIST ? read_floats(&part, parts[i].count, place) : UINT32_MAX;
    if (count != parts[i].count && !(i == 2 && count == 3)) return false;
  }
  struct val intensity = val_field(value, slice_of_text("intensity"));
  if (intensity.type != VAL_MISSING && !val_is_number(&intensity)) return false;
  if (val_is_number(&intensity)) light[6] = (float)val_to_float64(&intensity);
  const uint8_t *copy = arena_copy(arena, light, LIGHT_BYTES);
  *out = (struct val){.type = VAL_LIGHT, .bytes = LIGHT_BYTES, .data = copy};
  return copy != NULL;
}

bool soul_coerce_json(struct slice text, enum val_type wanted, struct arena *arena,
                      struct val *out) {
  struct json_read_options options = {.form = JSON_PLAIN};
  struct json_reader *reader;
  struct buf room;
  size_t at = 0;
  while (at < text.bytes && text.data[at] <= ' ') at++;
  if (at == text.bytes || text.data[at] != (wanted == VAL_LIST ? '[' : '{')) return false;
  if (json_reader_create(&reader, NULL) != LUMA_OK) return false;
  buf_init(&room, DOC_BYTES_MAX);
  bool reads = json_read_value(reader, text, &options, &room, out, NULL) == LUMA_OK &&
               out->type == wanted && !json_reader_lost_digits(reader);
  const uint8_t *copy = reads ? arena_copy(arena, room.data, room.bytes) : NULL;
  if (copy) *out = val_decode(slice_of(copy, room.bytes), NULL);
  buf_deinit(&room);
  json_reader_destroy(reader);
  return copy != NULL;
}

static bool convert(const struct soul_type *type, const struct val *value, struct arena *arena,
                    struct val *out) {
  switch ((int)type->kind) {
  case SOUL_TEXT: return to_text(value, arena, out);
  case SOUL_INT: return to_int(value, out);
  case SOUL_FLOAT: return to_float(value, out);
  case SOUL_DECIMAL: return to_decimal(type, value, out);
  case SOUL_BOOLEAN: return to_boolean(value, out);
  case SOUL_TIMESTAMP: return to_timestamp(value, out);
  case SOUL_DATE: return to_date(value, out);
  case SOUL_DURATION: return to_duration(value, out);
  case SOUL_ULID: return to_id(value, VAL_ULID, out);
  case SOUL_UUID: return to_id(value, VAL_UUID, out);
  case SOUL_BYTES: return to_bytes(value, arena, out);
  case SOUL_VECTOR: return to_vector(value, arena, out) && has_dimensions(out, type->dimensions);
  case SOUL_LIGHT: return to_light(value, arena, out);
  default: return false;
  }
}

bool soul_coerce(const struct soul_type *type, const struct val *value, struct arena *arena,
                 struct val *out, bool *changed) {
  enum soul_kind own = soul_kind_of((enum val_type)value->type);
  *out = *value;
  if (type->kind == SOUL_ANY || type->kind == SOUL_REF) return true;
  if (type->kind == SOUL_INT && own == SOUL_INT) return true;
  if (own == SOUL_DECIMAL && type->precision) {
    bool fits = fit_decimal(type, out);
    *changed |= memcmp(&out->decimal, &value->decimal, sizeof out->decimal) != 0;
    return fits;
  }
  if (own == type->kind && own != SOUL_ANY)
    return own != SOUL_VECTOR || has_dimensions(value, type->dimensions);
  *changed = true;
  return convert(type, value, arena, out);
}

static bool is_of_one_type(const struct soul_type *type, const struct val *value) {
  return type->element && ((type->kind == SOUL_LIST && value->type == VAL_LIST) ||
                           (type->kind == SOUL_MAP && value->type == VAL_MAP));
}

static struct val coerce_element(const struct soul_type *type, const struct val *value,
                                 struct arena *arena, bool *changed) {
  struct val made;
  bool is_other = false;
  if (val_is_null(value)) return *value;
  bool reads = is_of_one_type(type, value)
                   ? soul_coerce_elements(type, value, arena, &made, &is_other)
                   : soul_coerce(type, value, arena, &made, &is_other);
  *changed |= reads && is_other;
  return reads && is_other ? made : *value;
}

bool soul_coerce_elements(const struct soul_type *type, const struct val *value,
                          struct arena *arena, struct val *out, bool *changed) {
  struct buf room;
  struct build build;
  struct slice built;
  if (!is_of_one_type(type, value)) return false;
  bool is_list = value->type == VAL_LIST;
  uint32_t count = val_count(value);
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  if (is_list) build_begin_list(&build);
  if (!is_list) build_begin_map(&build);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val element = is_list ? val_at(value, i) : val_field_at(value, i, &name);
    element = coerce_element(type->element, &element, arena, changed);
    if (!is_list) build_name(&build, name);
    build_put(&build, &element);
  }
  build_end(&build);
  bool done = build_finish(&build, &built, NULL) == LUMA_OK;
  const uint8_t *copy = done ? arena_copy(arena, built.data, built.bytes) : NULL;
  if (copy) *out = val_decode(slice_of(copy, built.bytes), NULL);
  build_deinit(&build);
  buf_deinit(&room);
  return copy != NULL;
}
