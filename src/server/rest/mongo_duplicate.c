/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_duplicate.h"

#include <math.h>
#include <string.h>

#include "base/text/num.h"
#include "value/doc/doc.h"
#include "value/json/json.h"

/* ---- values as MongoDB shows them in messages ---- */

static void show(struct buf *out, const struct val *value);

/* `{ a: 1, b: [ 1, 2 ] }` */
static void show_all(struct buf *out, const struct val *value) {
  bool is_map = value->type == VAL_MAP;
  uint32_t count = val_count(value);
  buf_append_byte(out, is_map ? '{' : '[');
  for (uint32_t i = 0; i < count; i++) {
    struct slice name = {0};
    struct val inner = is_map ? val_field_at(value, i, &name) : val_at(value, i);
    buf_append_text(out, i ? ", " : " ");
    if (is_map) buf_append_format(out, "%.*s: ", SLICE_ARG(name));
    show(out, &inner);
  }
  if (count) buf_append_byte(out, ' ');
  buf_append_byte(out, is_map ? '}' : ']');
}

/* A double has a point, or says that it is no number. */
static void show_real(struct buf *out, double real) {
  char text[NUM_TEXT_BYTES_MAX + 1];
  if (isnan(real) || isinf(real)) {
    buf_append_text(out, isnan(real) ? "nan.0" : real > 0 ? "inf.0" : "-inf.0");
    return;
  }
  text[num_format_float64(real, text)] = 0;
  buf_append_text(out, text);
  if (!strpbrk(text, ".e")) buf_append_text(out, ".0");
}

static void show_hex(struct buf *out, const uint8_t *bytes, size_t count, bool is_upper) {
  for (size_t i = 0; i < count; i++) buf_append_format(out, is_upper ? "%02X" : "%02x", bytes[i]);
}

static void show_uuid(struct buf *out, const uint8_t *bytes) {
  static const struct { size_t from, count; } parts[] = {{0, 4}, {4, 2}, {6, 2}, {8, 2}, {10, 6}};
  buf_append_text(out, "UUID(\"");
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (i) buf_append_byte(out, '-');
    show_hex(out, bytes + parts[i].from, parts[i].count, false);
  }
  buf_append_text(out, "\")");
}

/* What has bytes of its own to show. */
static void show_bytes(struct buf *out, const struct val *value) {
  enum { OBJECT_ID_BYTES = 12 };
  if (value->type == VAL_UUID) {
    show_uuid(out, value->id);
  } else if (value->type == VAL_OBJECTID) {
    buf_append_text(out, "ObjectId('");
    show_hex(out, value->id, OBJECT_ID_BYTES, false);
    buf_append_text(out, "')");
  } else {
    buf_append_format(out, "BinData(%u, ", value->sub);
    show_hex(out, value->data, value->bytes, true);
    buf_append_byte(out, ')');
  }
}

/* As JSON has it: numbers, texts, true, false; and kinds that MongoDB has not. */
static void show_plain(struct buf *out, const struct val *value) {
  const struct json_write_options plain = {.form = JSON_PLAIN};
  json_write(out, value, &plain);
}

static void show(struct buf *out, const struct val *value) {
  char text[DECIMAL_TEXT_BYTES_MAX];
  unsigned long long time = (unsigned long long)value->integer;
  switch (value->type) {
  case VAL_MAP:
  case VAL_LIST: show_all(out, value); break;
  case VAL_FLOAT64: show_real(out, value->real); break;
  case VAL_DECIMAL: buf_append(out, text, decimal_format(value->decimal, text)); break;
  case VAL_TIMESTAMP:
    buf_append_format(out, "new Date(%lld)", (long long)(value->integer / 1000));
    break;
  case VAL_UUID:
  case VAL_OBJECTID:
  case VAL_BYTES: show_bytes(out, value); break;
  case VAL_BSONTIME:
    buf_append_format(out, "Timestamp(%llu, %llu)", time >> 32, time & UINT32_MAX);
    break;
  case VAL_MINKEY: buf_append_text(out, "MinKey"); break;
  case VAL_MAXKEY: buf_append_text(out, "MaxKey"); break;
  default: show_plain(out, value); break;
  }
}

/* ---- the failure ---- */

static struct val field_of(const struct val *told, const char *name) {
  return val_field(told, slice_of_text(name));
}

/* Values that are not told have stars in their place. */
static void show_key(struct buf *out, const struct val *pattern, const struct val *values) {
  buf_append_text(out, "{ ");
  for (uint32_t i = 0; i < val_count(pattern); i++) {
    struct slice name;
    (void)val_field_at(pattern, i, &name);
    struct val value = values->type == VAL_MAP ? val_field(values, name) : val_missing();
    buf_append_format(out, "%s%.*s: ", i ? ", " : "", SLICE_ARG(name));
    if (values->type == VAL_MAP)
      show(out, &value);
    else
      buf_append_text(out, "***");
  }
  buf_append_text(out, " }");
}

bool mongo_duplicate_is_told(const struct val *told) {
  return told->type == VAL_MAP && field_of(told, "keyPattern").type == VAL_MAP &&
         field_of(told, "collection").type == VAL_TEXT && field_of(told, "index").type == VAL_TEXT;
}

void mongo_duplicate_write(const struct val *told, struct slice database, struct buf *out) {
  struct val collection = field_of(told, "collection"), index = field_of(told, "index");
  struct val pattern = field_of(told, "keyPattern"), values = field_of(told, "keyValue");
  struct buf text;
  buf_init(&text, DOC_BYTES_MAX);
  buf_append_format(&text, "E11000 duplicate key error collection: %.*s.%.*s index: %.*s dup key: ",
                    SLICE_ARG(database), SLICE_ARG(val_slice(&collection)),
                    SLICE_ARG(val_slice(&index)));
  show_key(&text, &pattern, &values);
  json_write_text(out, buf_slice(&text));
  buf_deinit(&text);
}
