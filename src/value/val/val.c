/* SPDX-License-Identifier: MIT */
/* Names of types and conversions between the kinds of number. */
#include "value/val/val.h"

#include "base/core/assert.h"

static const char *const type_names[VAL_TYPES] = {
    [VAL_MISSING] = "missing",     [VAL_NULL] = "null",         [VAL_BOOL] = "bool",
    [VAL_INT32] = "int32",         [VAL_INT64] = "int64",       [VAL_FLOAT64] = "float64",
    [VAL_DECIMAL] = "decimal",     [VAL_TEXT] = "text",         [VAL_BYTES] = "bytes",
    [VAL_TIMESTAMP] = "timestamp", [VAL_DATE] = "date",         [VAL_DURATION] = "duration",
    [VAL_INTERVAL] = "interval",   [VAL_ULID] = "ulid",         [VAL_UUID] = "uuid",
    [VAL_LIST] = "list",           [VAL_MAP] = "map",           [VAL_VECTOR] = "vector",
    [VAL_LIGHT] = "light",         [VAL_OBJECTID] = "objectid", [VAL_REGEX] = "regex",
    [VAL_BSONTIME] = "bsontime",   [VAL_CODE] = "code",         [VAL_MINKEY] = "minkey",
    [VAL_MAXKEY] = "maxkey",
};

/* What users of SQL, JSON, MongoDB and common languages write for the same types. */
static const struct {
  const char *name;
  enum val_type type;
} spellings[] = {
    {"boolean", VAL_BOOL},       {"int", VAL_INT64},
    {"integer", VAL_INT64},      {"bigint", VAL_INT64},
    {"signed", VAL_INT64},       {"long", VAL_INT64},
    {"unsigned", VAL_INT64},     {"oid", VAL_INT64},
    {"name", VAL_TEXT},          {"regclass", VAL_TEXT},
    {"citext", VAL_TEXT},        {"jsonpath", VAL_TEXT},
    {"smallint", VAL_INT32},     {"int2", VAL_INT32},
    {"int4", VAL_INT64},         {"int8", VAL_INT64},
    {"float4", VAL_FLOAT64},     {"float8", VAL_FLOAT64},
    {"character", VAL_TEXT},     {"float", VAL_FLOAT64},
    {"double", VAL_FLOAT64},     {"double precision", VAL_FLOAT64},
    {"real", VAL_FLOAT64},       {"number", VAL_FLOAT64},
    {"decimal128", VAL_DECIMAL}, {"numeric", VAL_DECIMAL},
    {"string", VAL_TEXT},        {"str", VAL_TEXT},
    {"varchar", VAL_TEXT},       {"char", VAL_TEXT},
    {"binary", VAL_BYTES},       {"blob", VAL_BYTES},
    {"bytea", VAL_BYTES},        {"bindata", VAL_BYTES},
    {"datetime", VAL_TIMESTAMP}, {"timestamptz", VAL_TIMESTAMP},
    {"array", VAL_LIST},         {"object", VAL_MAP},
    {"document", VAL_MAP},       {"json", VAL_MAP},
    {"time", VAL_DURATION},      {"guid", VAL_UUID},
    {"bag", VAL_LIST},           {"struct", VAL_MAP},
    {"tuple", VAL_MAP},          {"javascript", VAL_CODE},
};

const char *val_type_name(enum val_type type) {
  ASSERT((unsigned)type < VAL_TYPES);
  return type_names[type];
}

/* Names begin with a small letter, which tells most apart without a call. */
static bool is_named(struct slice name, const char *text) {
  return (name.data[0] | ('a' ^ 'A')) == *text && slice_is_equal_nocase(name, slice_of_text(text));
}

bool val_type_parse(struct slice name, enum val_type *type) {
  if (name.bytes == 0) return false;
  for (int i = VAL_NULL; i < VAL_TYPES; i++) {
    if (!is_named(name, type_names[i])) continue;
    *type = (enum val_type)i;
    return true;
  }
  for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
    if (!is_named(name, spellings[i].name)) continue;
    *type = spellings[i].type;
    return true;
  }
  return false;
}

double val_to_float64(const struct val *number) {
  ASSERT(val_is_number(number));
  if (number->type == VAL_FLOAT64) return number->real;
  return number->type == VAL_DECIMAL ? decimal_to_float64(number->decimal)
                                     : (double)number->integer;
}

/* NaN and infinities fail the range test; -2^63 itself fits. */
static bool float64_to_int64(double v, int64_t *out) {
  const double limit = 9223372036854775808.0;
  if (!(v >= -limit && v < limit) || (double)(int64_t)v != v) return false;
  *out = (int64_t)v;
  return true;
}

bool val_to_int64(const struct val *number, int64_t *out) {
  ASSERT(val_is_number(number));
  if (number->type == VAL_FLOAT64) return float64_to_int64(number->real, out);
  if (number->type == VAL_DECIMAL) return decimal_to_int64(number->decimal, out);
  *out = number->integer;
  return true;
}

struct decimal val_to_decimal(const struct val *number) {
  ASSERT(val_is_number(number));
  if (number->type == VAL_FLOAT64) return decimal_from_float64(number->real);
  return number->type == VAL_DECIMAL ? number->decimal : decimal_from_int64(number->integer);
}

struct decimal val_to_decimal_15(const struct val *number) {
  ASSERT(val_is_number(number));
  return number->type == VAL_FLOAT64 ? decimal_from_float64_15(number->real)
                                     : val_to_decimal(number);
}

struct slice val_regex(const struct val *v, struct slice *options) {
  ASSERT(v->type == VAL_REGEX);
  struct slice pattern = val_slice(v);
  const uint8_t *end = memchr(pattern.data, 0, pattern.bytes);
  *options = slice_of(NULL, 0);
  if (!end) return pattern;
  *options = slice_of(end + 1, pattern.bytes - (size_t)(end - pattern.data) - 1);
  return slice_of(pattern.data, (size_t)(end - pattern.data));
}

void val_sort_options(uint8_t *options, size_t bytes) {
  enum { ASCII_COUNT = 128 };
  size_t counts[ASCII_COUNT] = {0}, at = 0;
  for (size_t i = 0; i < bytes; i++) {
    if (options[i] >= ASCII_COUNT) return;
    counts[options[i]]++;
  }
  for (size_t letter = 0; letter < ASCII_COUNT; at += counts[letter++])
    if (counts[letter]) memset(options + at, (int)letter, counts[letter]);
}

bool val_is_borrowed(const struct val *v) {
  switch ((enum val_type)v->type) {
  case VAL_TEXT:
  case VAL_BYTES:
  case VAL_LIST:
  case VAL_MAP:
  case VAL_VECTOR:
  case VAL_LIGHT:
  case VAL_REGEX:
  case VAL_CODE: return true;
  case VAL_MISSING:
  case VAL_NULL:
  case VAL_BOOL:
  case VAL_INT32:
  case VAL_INT64:
  case VAL_FLOAT64:
  case VAL_DECIMAL:
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION:
  case VAL_INTERVAL:
  case VAL_ULID:
  case VAL_UUID:
  case VAL_OBJECTID:
  case VAL_BSONTIME:
  case VAL_MINKEY:
  case VAL_MAXKEY:
  case VAL_TYPES: break;
  }
  return false;
}

const char *val_mongo_name(const struct val *v) {
  switch ((enum val_type)v->type) {
  case VAL_MISSING: return "missing";
  case VAL_NULL: return "null";
  case VAL_BOOL: return "bool";
  case VAL_INT32: return "int";
  case VAL_INT64: return v->integer >= INT32_MIN && v->integer <= INT32_MAX ? "int" : "long";
  case VAL_FLOAT64: return "double";
  case VAL_DECIMAL: return "decimal";
  case VAL_TEXT: return "string";
  case VAL_BYTES:
  case VAL_UUID: return "binData";
  case VAL_TIMESTAMP:
  case VAL_DATE: return "date";
  case VAL_LIST: return "array";
  case VAL_MAP: return "object";
  case VAL_OBJECTID: return "objectId";
  case VAL_REGEX: return "regex";
  case VAL_BSONTIME: return "timestamp";
  case VAL_CODE: return "javascript";
  case VAL_MINKEY: return "minKey";
  case VAL_MAXKEY: return "maxKey";
  case VAL_DURATION:
  case VAL_INTERVAL:
  case VAL_ULID:
  case VAL_VECTOR:
  case VAL_LIGHT:
  case VAL_TYPES: break;
  }
  return val_type_name((enum val_type)v->type);
}
