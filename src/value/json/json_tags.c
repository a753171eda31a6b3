/* SPDX-License-Identifier: MIT */
/* Reading tagged values (spec/json.md): {"$oid": "…"} and its kin. Each tag has one function that
 * takes its value and says whether it has the right form; what the right form is stands beside it,
 * for the error. */
#include "base/text/date.h"
#include "base/text/duration.h"
#include "base/text/num.h"
#include "value/json/json_int.h"
#include "value/json/json_tags_int.h"
#include "value/ulid/ulid.h"

typedef bool tag_take_fn(struct json_reader *r, struct val *out);

struct json__tag {
  const char *name;
  tag_take_fn *take; /* NULL: $plain, which the walk itself takes */
  const char *takes;
};

/* ---- numbers ---- */

static bool take_int32(struct json_reader *r, struct val *out) {
  int64_t v = 0;
  if (!json__take_integer(r, &v) || v != (int32_t)v) return false;
  *out = val_int32((int32_t)v);
  return true;
}

static bool take_int64(struct json_reader *r, struct val *out) {
  *out = val_int64(0);
  return json__take_integer(r, &out->integer);
}

static bool take_float64(struct json_reader *r, struct val *out) {
  double v = 0;
  if (!json__take_real(r, &v)) return false;
  *out = val_float64(v);
  return true;
}

static bool take_decimal(struct json_reader *r, struct val *out) {
  struct slice text;
  bool inexact = true;
  if (json__peek(r) == '"') {
    if (!json__take_text(r, &text)) return false;
  } else {
    struct val v;
    const uint32_t *token = r->at;
    if (!json__take_number(r, &v)) return false;
    r->at = token;
    text = json__take_token(r);
  }
  *out = val_decimal((struct decimal){0, 0});
  return decimal_parse(text, &out->decimal, &inexact) && !inexact;
}

/* ---- ids and bytes ---- */

static bool take_text_value(struct json_reader *r, struct slice *text) {
  return json__peek(r) == '"' && json__take_text(r, text);
}

static bool take_hex(struct slice text, uint8_t *out, size_t bytes) {
  if (text.bytes != bytes * 2) return false;
  for (size_t i = 0; i < bytes; i++) {
    int high = num_hex_digit(text.data[i * 2]), low = num_hex_digit(text.data[i * 2 + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

/* Twelve bytes are the id itself, as the constructor of MongoDB's drivers takes them. */
static bool take_oid(struct json_reader *r, struct val *out) {
  enum { OID_BYTES = 12 };
  struct slice text;
  *out = (struct val){.type = VAL_OBJECTID};
  if (!take_text_value(r, &text)) return false;
  if (text.bytes != OID_BYTES) return take_hex(text, out->id, OID_BYTES);
  memcpy(out->id, text.data, OID_BYTES);
  return true;
}

static bool take_uuid(struct json_reader *r, struct val *out) {
  struct slice text;
  *out = (struct val){.type = VAL_UUID};
  return take_text_value(r, &text) && uuid_parse(text, out->id);
}

static bool take_ulid(struct json_reader *r, struct val *out) {
  struct slice text;
  *out = (struct val){.type = VAL_ULID};
  return take_text_value(r, &text) && ulid_parse(text, out->id);
}

/* What stands in `assembled` as a value of `type`. */
static struct val assembled(const struct json_reader *r, enum val_type type) {
  struct slice bytes = buf_slice(&r->assembled);
  return (struct val){.type = (uint8_t)type, .bytes = (uint32_t)bytes.bytes, .data = bytes.data};
}

/* Of subtype 4 sixteen bytes are a UUID: drivers write it so, and it equals {"$uuid": …}. */
static void as_uuid(struct val *bytes) {
  enum { UUID_SUBTYPE = 4 };
  struct val uuid = {.type = VAL_UUID};
  if (bytes->sub != UUID_SUBTYPE || bytes->bytes != sizeof uuid.id) return;
  memcpy(uuid.id, bytes->data, sizeof uuid.id);
  *bytes = uuid;
}

/* The first version of extended JSON has {"$binary": "…", "$type": "00"}. */
static bool take_old_binary(struct json_reader *r, struct slice *base64, struct slice *type) {
  struct slice name;
  return json__take_text(r, base64) && json__take(r, ',') && take_text_value(r, &name) &&
         slice_is_equal(name, slice_of_text("$type")) && json__take(r, ':') &&
         take_text_value(r, type);
}

static bool take_binary(struct json_reader *r, struct val *out) {
  struct slice base64, type;
  struct json__member members[] = {{.name = "base64", .text = &base64},
                                   {.name = "subType", .text = &type}};
  bool is_old = json__peek(r) == '"';
  if (is_old ? !take_old_binary(r, &base64, &type) : !json__take_members(r, members, 2))
    return false;
  uint8_t padded[2] = {'0', type.bytes > 0 ? type.data[0] : 0}, sub = 0;
  if (type.bytes == 1) type = slice_of(padded, 2);
  if (!take_hex(type, &sub, 1) || !json__parse_base64(base64, &r->assembled)) return false;
  *out = assembled(r, VAL_BYTES);
  out->sub = sub;
  as_uuid(out);
  return true;
}

/* ---- time ---- */

static bool from_ms(int64_t ms, struct val *out) {
  *out = val_timestamp(0);
  return !__builtin_mul_overflow(ms, 1000, &out->integer);
}

static bool take_date(struct json_reader *r, struct val *out) {
  struct slice text;
  int64_t ms = 0;
  *out = val_timestamp(0);
  if (json__peek(r) == '"')
    return json__take_text(r, &text) && date_parse_timestamp(text, &out->integer);
  if (json__peek(r) != '{') return json__take_integer(r, &ms) && from_ms(ms, out);
  struct json__member members[] = {{.name = "$numberLong", .integer = &ms}};
  return json__take_members(r, members, 1) && from_ms(ms, out);
}

static bool take_day(struct json_reader *r, struct val *out) {
  struct slice text;
  *out = (struct val){.type = VAL_DATE};
  return take_text_value(r, &text) && date_parse(text, &out->integer);
}

static bool take_duration(struct json_reader *r, struct val *out) {
  struct slice text;
  *out = (struct val){.type = VAL_DURATION};
  if (json__peek(r) != '"') return json__take_integer(r, &out->integer);
  return json__take_text(r, &text) && duration_parse(text, &out->integer);
}

static bool take_interval(struct json_reader *r, struct val *out) {
  struct slice text;
  struct duration_interval interval;
  if (!take_text_value(r, &text) || !duration_parse_interval(text, &interval)) return false;
  *out =
      (struct val){.type = VAL_INTERVAL, .interval = {interval.months, interval.days, interval.us}};
  return true;
}

static bool take_timestamp(struct json_reader *r, struct val *out) {
  int64_t seconds = 0, increment = 0;
  struct json__member members[] = {{.name = "t", .integer = &seconds},
                                   {.name = "i", .integer = &increment}};
  if (!json__take_members(r, members, 2)) return false;
  if (seconds != (uint32_t)seconds || increment != (uint32_t)increment) return false;
  uint64_t packed = (uint64_t)seconds << 32 | (uint64_t)increment;
  *out = (struct val){.type = VAL_BSONTIME, .integer = (int64_t)packed};
  return true;
}

/* ---- the rest ---- */

static bool assemble_regex(struct json_reader *r, struct slice pattern, struct slice options,
                           struct val *out) {
  if (memchr(pattern.data, 0, pattern.bytes)) return false;
  buf_append_slice(&r->assembled, pattern);
  buf_append_byte(&r->assembled, 0);
  size_t from = r->assembled.bytes;
  buf_append_slice(&r->assembled, options);
  if (r->assembled.bytes > from)
    val_sort_options(r->assembled.data + from, r->assembled.bytes - from);
  *out = assembled(r, VAL_REGEX);
  return true;
}

static bool take_regex(struct json_reader *r, struct val *out) {
  struct slice pattern, options;
  struct json__member members[] = {{.name = "pattern", .text = &pattern},
                                   {.name = "options", .text = &options}};
  return json__take_members(r, members, 2) && assemble_regex(r, pattern, options, out);
}

/* A field with a text. */
static bool take_named(struct json_reader *r, const char *name, struct slice *text) {
  struct slice found;
  return take_text_value(r, &found) && slice_is_equal(found, slice_of_text(name)) &&
         json__take(r, ':') && take_text_value(r, text);
}

bool json__take_old_regex(struct json_reader *r, struct val *out) {
  const uint32_t *mark = r->at;
  size_t unescaped_mark = r->unescaped.bytes;
  struct slice pattern, options;
  buf_reset(&r->assembled);
  bool taken = take_named(r, "$regex", &pattern) && json__take(r, ',') &&
               take_named(r, "$options", &options) && json__take(r, '}') &&
               assemble_regex(r, pattern, options, out);
  if (taken) return true;
  r->at = mark;
  r->unescaped.bytes = unescaped_mark;
  return false;
}

static bool take_code(struct json_reader *r, struct val *out) {
  struct slice text;
  if (!take_text_value(r, &text)) return false;
  *out = val_text(text);
  out->type = VAL_CODE;
  return true;
}

static bool take_one(struct json_reader *r, struct val *out, enum val_type type) {
  int64_t v = 0;
  *out = (struct val){.type = (uint8_t)type};
  return json__take_integer(r, &v) && v == 1;
}

static bool take_minkey(struct json_reader *r, struct val *out) {
  return take_one(r, out, VAL_MINKEY);
}
static bool take_maxkey(struct json_reader *r, struct val *out) {
  return take_one(r, out, VAL_MAXKEY);
}

static bool append_float32(struct json_reader *r) {
  float element = 0;
  if (!json__take_float32(r, &element)) return false;
  buf_append(&r->assembled, &element, sizeof element);
  return true;
}

static bool take_vector_list(struct json_reader *r) {
  if (json__take(r, ']')) return true;
  do {
    if (!append_float32(r)) return false;
  } while (json__take(r, ','));
  return json__take(r, ']');
}

static bool take_vector(struct json_reader *r, struct val *out) {
  static const char *const kinds[] = {"f32", "f16", "i8"};
  static const size_t element_bytes[] = {4, 2, 1};
  unsigned kind = VAL_VECTOR_F32;
  if (json__take(r, '[')) {
    if (!take_vector_list(r)) return false;
  } else {
    struct slice base64, name;
    struct json__member members[] = {{.name = "kind", .text = &name},
                                     {.name = "base64", .text = &base64}};
    if (!json__take_members(r, members, 2)) return false;
    while (kind < 3 && !slice_is_equal(name, slice_of_text(kinds[kind]))) kind++;
    if (kind == 3 || !json__parse_base64(base64, &r->assembled)) return false;
  }
  *out = assembled(r, VAL_VECTOR);
  out->sub = (uint8_t)kind;
  return out->bytes % element_bytes[kind] == 0;
}

/* A type that BSON has given up: null stands for it. */
static bool take_undefined(struct json_reader *r, struct val *out) {
  *out = val_null();
  return json__peek(r) == 't' && slice_is_equal(json__take_token(r), slice_of_text("true"));
}

/* Eleven floats in the order of the document form. */
static bool take_light(struct json_reader *r, struct val *out) {
  float light[11];
  struct json__member members[] = {{.name = "position", .floats = light, .floats_count = 3},
                                   {.name = "direction", .floats = light + 3, .floats_count = 3},
                                   {.name = "intensity", .floats = light + 6, .floats_count = 1},
                                   {.name = "color", .floats = light + 7, .floats_count = 4}};
  if (!json__take_members(r, members, 4)) return false;
  buf_append(&r->assembled, light, sizeof light);
  *out = assembled(r, VAL_LIGHT);
  return true;
}

static const struct json__tag tags[] = {
    {"$oid", take_oid, "24 hexadecimal digits, or 12 bytes as text"},
    {"$numberInt", take_int32, "an integer of 32 bits, as text"},
    {"$numberLong", take_int64, "an integer of 64 bits, as text"},
    {"$numberDouble", take_float64, "a number as text, or \"NaN\", \"Infinity\", \"-Infinity\""},
    {"$numberDecimal", take_decimal, "a number of at most 34 digits, as text"},
    {"$date", take_date, "RFC 3339 text, or milliseconds as {\"$numberLong\": \"…\"}"},
    {"$binary", take_binary, "{\"base64\": \"…\", \"subType\": \"00\"}"},
    {"$uuid", take_uuid, "a UUID as text"},
    {"$regularExpression", take_regex, "{\"pattern\": \"…\", \"options\": \"…\"}"},
    {"$timestamp", take_timestamp, "{\"t\": seconds, \"i\": increment}, each of 32 bits"},
    {"$code", take_code, "text"},
    {"$minKey", take_minkey, "1"},
    {"$maxKey", take_maxkey, "1"},
    {"$undefined", take_undefined, "true: it reads as null"},
    {"$ulid", take_ulid, "a ULID: 26 characters of Crockford's base 32"},
    {"$day", take_day, "a date as text, such as \"2026-02-28\""},
    {"$duration", take_duration, "an ISO 8601 duration such as \"PT36H\", or microseconds"},
    {"$interval", take_interval, "an ISO 8601 period such as \"P1Y2M3DT4H\""},
    {"$vector", take_vector, "a list of numbers, or {\"kind\": \"f32\", \"base64\": \"…\"}"},
    {"$light", take_light,
     "{\"position\": [x, y, z], \"direction\": [x, y, z], \"intensity\": n, \"color\": [r, g, b, "
     "a]}"},
    {"$plain", NULL, "a map"},
};

/* Operators begin with a dollar as well: most are told apart by the letter behind it. */
const struct json__tag *json__tag_find(struct slice name) {
  if (name.bytes < 4 || name.data[0] != '$') return NULL;
  for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
    if (name.data[1] == (uint8_t)tags[i].name[1] &&
        slice_is_equal(name, slice_of_text(tags[i].name)))
      return &tags[i];
  return NULL;
}

bool json__tag_is_plain(const struct json__tag *tag) {
  return tag->take == NULL;
}

const char *json__tag_name(const struct json__tag *tag) {
  return tag->name;
}

status json__tag_read(struct json_reader *r, const struct json__tag *tag, struct val *out,
                      struct err *err) {
  size_t offset = json__offset(r);
  buf_reset(&r->assembled);
  bool taken = tag->take(r, out);
  TRY(buf_check(&r->assembled, "a tagged value", err));
  if (taken && json__take(r, '}')) return LUMA_OK;
  /* It may be that the text is no JSON at all: that goes first. */
  if (json__explain(r->text, json__text_depth_max(r), NULL) != LUMA_OK) return json__fault();
  json__fail_at(r, offset, LUMA_INVALID_VALUE, err, "`%s` takes %s, and nothing beside it",
                tag->name, tag->takes);
  if (err)
    err_hint(err, "a map that begins with such a name by itself is written {\"$plain\": {…}}");
  return LUMA_INVALID_VALUE;
}
