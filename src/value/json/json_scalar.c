/* SPDX-License-Identifier: MIT */
/* Writing values that are neither text, list nor map, in the plain, the tagged and the relaxed form
 * (spec/json.md). */
#include <math.h>

#include "base/core/bytes.h"
#include "base/text/date.h"
#include "base/text/duration.h"
#include "base/text/num.h"
#include "value/json/json_int.h"
#include "value/ulid/ulid.h"

/* ---- pieces ---- */

static bool is_tagged(const struct json__writer *w) {
  return w->form != JSON_PLAIN;
}

static void append_int64(struct buf *out, int64_t v) {
  uint8_t *room = buf_reserve(out, NUM_TEXT_BYTES_MAX);
  if (room) out->bytes += num_format_int64(v, (char *)room);
}

static void append_quoted(struct buf *out, const char *text, size_t bytes) {
  buf_append_byte(out, '"');
  buf_append(out, text, bytes);
  buf_append_byte(out, '"');
}

/* {"name":"text"} in the tagged form, else "text". The text needs no escapes. */
static void write_text(const struct json__writer *w, const char *tag, const char *text,
                       size_t bytes) {
  bool tagged = is_tagged(w);
  if (tagged) {
    buf_append_byte(w->out, '{');
    append_quoted(w->out, tag, strlen(tag));
    buf_append_byte(w->out, ':');
  }
  append_quoted(w->out, text, bytes);
  if (tagged) buf_append_byte(w->out, '}');
}

/* ---- numbers ---- */

static void write_integer(const struct json__writer *w, const char *tag, int64_t v) {
  if (w->form != JSON_TAGGED) {
    append_int64(w->out, v);
    return;
  }
  char text[NUM_TEXT_BYTES_MAX];
  write_text(w, tag, text, num_format_int64(v, text));
}

/* JSON has no number for NaN and the infinities: they stand as text. */
static void write_real(const struct json__writer *w, double v) {
  char text[NUM_TEXT_BYTES_MAX];
  size_t bytes = num_format_float64(v, text);
  if (w->form != JSON_TAGGED && isfinite(v)) {
    buf_append(w->out, text, bytes);
  } else {
    write_text(w, "$numberDouble", text, bytes);
  }
}

static void write_decimal(const struct json__writer *w, struct decimal d) {
  char text[DECIMAL_TEXT_BYTES_MAX];
  struct decimal_parts parts;
  size_t bytes = decimal_format(d, text);
  if (w->form == JSON_PLAIN && decimal_unpack(d, &parts) == DECIMAL_FINITE) {
    buf_append(w->out, text, bytes);
  } else {
    write_text(w, "$numberDecimal", text, bytes);
  }
}

static void append_float32(struct buf *out, float v) {
  char text[NUM_TEXT_BYTES_MAX];
  size_t bytes = num_format_float32(v, text);
  if (isfinite(v)) {
    buf_append(out, text, bytes);
  } else {
    append_quoted(out, text, bytes);
  }
}

/* ---- ids and bytes ---- */

static void write_objectid(const struct json__writer *w, const uint8_t *id) {
  static const char hex[] = "0123456789abcdef";
  char text[24];
  for (size_t i = 0; i < 12; i++) {
    text[i * 2] = hex[id[i] >> 4];
    text[i * 2 + 1] = hex[id[i] & 15];
  }
  write_text(w, "$oid", text, sizeof text);
}

static void write_ulid(const struct json__writer *w, const uint8_t *id) {
  char text[ULID_TEXT_BYTES];
  ulid_format(id, text);
  write_text(w, "$ulid", text, sizeof text);
}

static void write_uuid(const struct json__writer *w, const uint8_t *id) {
  char text[36];
  uuid_format(id, text);
  write_text(w, "$uuid", text, sizeof text);
}

static void append_base64_quoted(struct buf *out, struct slice bytes) {
  buf_append_byte(out, '"');
  json_append_base64(out, bytes);
  buf_append_byte(out, '"');
}

static void write_bytes(const struct json__writer *w, const struct val *v) {
  if (is_tagged(w)) buf_append_text(w->out, "{\"$binary\":{\"base64\":");
  append_base64_quoted(w->out, val_slice(v));
  if (is_tagged(w)) buf_append_format(w->out, ",\"subType\":\"%02x\"}}", v->sub);
}

/* ---- time ---- */

/* Relaxed: as text where its year is one of RFC 3339's, from 1970 on. */
static void write_timestamp(const struct json__writer *w, int64_t us) {
  static const int64_t year_10000_us = 253402300800000000;
  bool is_text = w->form == JSON_RELAXED && us >= 0 && us < year_10000_us;
  if (is_tagged(w) && us % 1000 == 0 && !is_text) {
    buf_append_text(w->out, "{\"$date\":{\"$numberLong\":\"");
    append_int64(w->out, us / 1000);
    buf_append_text(w->out, "\"}}");
    return;
  }
  char text[DATE_TEXT_BYTES_MAX];
  write_text(w, "$date", text, date_format_timestamp(us, text));
}

static void write_day(const struct json__writer *w, int64_t days) {
  char text[DATE_TEXT_BYTES_MAX];
  write_text(w, "$day", text, date_format(days, text));
}

static void write_duration(const struct json__writer *w, int64_t us) {
  char text[DURATION_TEXT_BYTES_MAX];
  write_text(w, "$duration", text, duration_format(us, text));
}

static void write_interval(const struct json__writer *w, struct val_interval v) {
  char text[DURATION_TEXT_BYTES_MAX];
  struct duration_interval interval = {v.months, v.days, v.us};
  write_text(w, "$interval", text, duration_format_interval(interval, text));
}

static void write_bsontime(const struct json__writer *w, int64_t packed) {
  if (is_tagged(w)) buf_append_text(w->out, "{\"$timestamp\":");
  buf_append_text(w->out, "{\"t\":");
  append_int64(w->out, (int64_t)((uint64_t)packed >> 32));
  buf_append_text(w->out, ",\"i\":");
  append_int64(w->out, (uint32_t)packed);
  buf_append_text(w->out, is_tagged(w) ? "}}" : "}");
}

/* ---- text of other types ---- */

static void write_regex(const struct json__writer *w, const struct val *v) {
  struct slice options, pattern = val_regex(v, &options);
  buf_append_text(w->out, is_tagged(w) ? "{\"$regularExpression\":{\"pattern\":" : "{\"pattern\":");
  json_write_text(w->out, pattern);
  buf_append_text(w->out, ",\"options\":");
  json_write_text(w->out, options);
  buf_append_text(w->out, is_tagged(w) ? "}}" : "}");
}

static void write_code(const struct json__writer *w, const struct val *v) {
  if (is_tagged(w)) buf_append_text(w->out, "{\"$code\":");
  json_write_text(w->out, val_slice(v));
  if (is_tagged(w)) buf_append_byte(w->out, '}');
}

/* ---- vectors and light ---- */

/* IEEE 754 half precision, exactly. */
static float float_of_half(uint16_t half) {
  int exponent = half >> 10 & 31, fraction = half & 1023;
  float magnitude = exponent == 31  ? (fraction ? NAN : INFINITY)
                    : exponent == 0 ? ldexpf((float)fraction, -24)
                                    : ldexpf((float)(fraction | 1024), exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

static float load_float(const uint8_t *at) {
  float v;
  memcpy(&v, at, sizeof v);
  return v;
}

static void append_element(struct buf *out, const uint8_t *data, unsigned kind, uint32_t i) {
  if (kind == VAL_VECTOR_F32) append_float32(out, load_float(data + (size_t)i * 4));
  if (kind == VAL_VECTOR_F16) append_float32(out, float_of_half(load16le(data + (size_t)i * 2)));
  if (kind == VAL_VECTOR_I8) append_int64(out, (int8_t)data[i]);
}

static void write_vector_list(struct buf *out, const struct val *v) {
  static const uint32_t element_bytes[] = {4, 2, 1};
  uint32_t count = v->bytes / element_bytes[v->sub];
  buf_append_byte(out, '[');
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) buf_append_byte(out, ',');
    append_element(out, v->data, v->sub, i);
  }
  buf_append_byte(out, ']');
}

/* Tagged vectors are for machines: base 64 is exact, short and fast. */
static void write_vector(const struct json__writer *w, const struct val *v) {
  static const char *const kinds[] = {"f32", "f16", "i8"};
  if (w->form == JSON_PLAIN) {
    write_vector_list(w->out, v);
    return;
  }
  buf_append_format(w->out, "{\"$vector\":{\"kind\":\"%s\",\"base64\":", kinds[v->sub]);
  append_base64_quoted(w->out, val_slice(v));
  buf_append_text(w->out, "}}");
}

static void append_floats(struct buf *out, const char *name, const uint8_t *data, uint32_t count) {
  append_quoted(out, name, strlen(name));
  buf_append_text(out, count > 1 ? ":[" : ":");
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) buf_append_byte(out, ',');
    append_float32(out, load_float(data + (size_t)i * 4));
  }
  if (count > 1) buf_append_byte(out, ']');
}

static void write_light(const struct json__writer *w, const struct val *v) {
  buf_append_text(w->out, is_tagged(w) ? "{\"$light\":{" : "{");
  append_floats(w->out, "position", v->data, 3);
  buf_append_byte(w->out, ',');
  append_floats(w->out, "direction", v->data + 12, 3);
  buf_append_byte(w->out, ',');
  append_floats(w->out, "intensity", v->data + 24, 1);
  buf_append_byte(w->out, ',');
  append_floats(w->out, "color", v->data + 28, 4);
  buf_append_text(w->out, is_tagged(w) ? "}}" : "}");
}

void json__write_scalar(const struct json__writer *w, const struct val *v) {
  switch ((enum val_type)v->type) {
  case VAL_MISSING:
  case VAL_NULL: buf_append(w->out, "null", 4); break;
  case VAL_BOOL: buf_append_text(w->out, v->boolean ? "true" : "false"); break;
  case VAL_INT32: write_integer(w, "$numberInt", v->integer); break;
  case VAL_INT64: write_integer(w, "$numberLong", v->integer); break;
  case VAL_FLOAT64: write_real(w, v->real); break;
  case VAL_DECIMAL: write_decimal(w, v->decimal); break;
  case VAL_BYTES: write_bytes(w, v); break;
  case VAL_TIMESTAMP: write_timestamp(w, v->integer); break;
  case VAL_DATE: write_day(w, v->integer); break;
  case VAL_DURATION: write_duration(w, v->integer); break;
  case VAL_INTERVAL: write_interval(w, v->interval); break;
  case VAL_ULID: write_ulid(w, v->id); break;
  case VAL_UUID: write_uuid(w, v->id); break;
  case VAL_VECTOR: write_vector(w, v); break;
  case VAL_LIGHT: write_light(w, v); break;
  case VAL_OBJECTID: write_objectid(w, v->id); break;
  case VAL_REGEX: write_regex(w, v); break;
  case VAL_BSONTIME: write_bsontime(w, v->integer); break;
  case VAL_CODE: write_code(w, v); break;
  case VAL_MINKEY: buf_append_text(w->out, "{\"$minKey\":1}"); break;
  case VAL_MAXKEY: buf_append_text(w->out, "{\"$maxKey\":1}"); break;
  case VAL_TEXT:
  case VAL_LIST:
  case VAL_MAP:
  case VAL_TYPES: break; /* the caller's */
  }
}
