/* SPDX-License-Identifier: MIT */
/* The types of MongoDB's shell, as extended JSON: ObjectId("…"), ISODate("…"), NumberLong(5) …
 * Their names are those of MongoDB's manual ("mongosh data types"); those with a dot are static
 * methods.
 */
#include "base/ds/rng.h"
#include "base/text/suggest.h"
#include "query/lang/jql/plain_int.h"
#include "value/json/json.h"

static bool is_text_next(struct writing *writing) {
  uint8_t c = plain__peek(writing);
  return c == '"' || c == '\'' || c == '`';
}

/* A text or a number, as a JSON string; nothing is zero. Faults in it are told at the word. */
static status write_as_text(struct writing *writing) {
  size_t marks = writing->marks.bytes;
  if (is_text_next(writing)) {
    TRY(plain__value(writing));
    writing->marks.bytes = marks;
    return LUMA_OK;
  }
  buf_append_byte(&writing->json, '"');
  if (plain__peek(writing) == ')')
    buf_append_byte(&writing->json, '0');
  else
    TRY(plain__number(writing));
  buf_append_byte(&writing->json, '"');
  return LUMA_OK;
}

static status write_simple(struct writing *writing, const char *key) {
  buf_append_format(&writing->json, "{\"%s\":", key);
  TRY(write_as_text(writing));
  buf_append_byte(&writing->json, '}');
  return LUMA_OK;
}

/* A text alone, or a value for it. */
static status write_text(struct writing *writing, const char *key) {
  if (!is_text_next(writing)) return plain__fail(writing, writing->at, "a text is expected");
  return write_simple(writing, key);
}

/* ---- what is made here ---- */

/* Bytes that no other place of a text has, nor this one at another time. */
static void fill(struct writing *writing, uint8_t *bytes, size_t count) {
  struct rng rng;
  uint64_t place = (uint64_t)(uintptr_t)writing ^ (uint64_t)writing->json.bytes << 48;
  rng_init(&rng, writing->now_us ^ place);
  rng_fill(&rng, bytes, count);
  writing->is_momentary = true;
}

static void put_hex(struct writing *writing, const uint8_t *bytes, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) buf_append_format(&writing->json, "%02x", bytes[i]);
}

/* Without an argument: a new one, which begins with its second. */
static status write_id(struct writing *writing, const char *key) {
  uint8_t id[12];
  if (plain__peek(writing) != ')') return write_simple(writing, key);
  uint64_t seconds = writing->now_us / 1000000;
  fill(writing, id, sizeof id);
  for (int i = 0; i < 4; i++) id[i] = (uint8_t)(seconds >> (24 - 8 * i));
  buf_append_format(&writing->json, "{\"%s\":\"", key);
  put_hex(writing, id, 0, sizeof id);
  buf_append_text(&writing->json, "\"}");
  return LUMA_OK;
}

/* Dashes may be left out. */
static status write_given_uuid(struct writing *writing, const char *key) {
  enum { UUID_DIGITS = 32 };
  static const size_t ends[] = {8, 12, 16, 20, 32};
  char digits[UUID_DIGITS];
  size_t made = writing->json.bytes;
  TRY(write_simple(writing, key));
  TRY(buf_check(&writing->json, "the command", writing->err));
  size_t from = made + strlen(key) + 5, bytes = writing->json.bytes - from - 2;
  if (bytes != sizeof digits) return LUMA_OK;
  memcpy(digits, writing->json.data + from, sizeof digits);
  writing->json.bytes = from;
  for (size_t i = 0, at = 0; i < 5; at = ends[i++])
    buf_append_format(&writing->json, i ? "-%.*s" : "%.*s", (int)(ends[i] - at), digits + at);
  buf_append_text(&writing->json, "\"}");
  return LUMA_OK;
}

/* Without an argument: a new one, of version 4. */
static status write_uuid(struct writing *writing, const char *key) {
  static const size_t ends[] = {4, 6, 8, 10, 16};
  uint8_t uuid[16];
  if (plain__peek(writing) != ')') return write_given_uuid(writing, key);
  fill(writing, uuid, sizeof uuid);
  uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
  uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
  buf_append_format(&writing->json, "{\"%s\":\"", key);
  for (size_t i = 0, from = 0; i < 5; from = ends[i++]) {
    if (i) buf_append_byte(&writing->json, '-');
    put_hex(writing, uuid, from, ends[i]);
  }
  buf_append_text(&writing->json, "\"}");
  return LUMA_OK;
}

/* ---- pairs of numbers ---- */

static status write_timestamp(struct writing *writing, const char *key) {
  uint8_t c = plain__peek(writing);
  buf_append_format(&writing->json, "{\"%s\":", key);
  if (c == '{') {
    TRY(plain__value(writing));
  } else if (c == ')') {
    buf_append_text(&writing->json, "{\"t\":0,\"i\":0}");
  } else {
    buf_append_text(&writing->json, "{\"t\":");
    TRY(plain__number(writing));
    TRY(plain__expect(writing, ',', "between the two numbers of a timestamp"));
    buf_append_text(&writing->json, ",\"i\":");
    (void)plain__peek(writing);
    TRY(plain__number(writing));
    buf_append_byte(&writing->json, '}');
  }
  buf_append_byte(&writing->json, '}');
  return LUMA_OK;
}

/* ---- binary data ---- */

static status read_kind(struct writing *writing, unsigned *kind) {
  size_t start = writing->at;
  struct slice digits = plain__name(writing);
  *kind = 0;
  for (size_t i = 0; i < digits.bytes && i < 4; i++) {
    bool is_digit = digits.data[i] >= '0' && digits.data[i] <= '9';
    *kind = is_digit ? *kind * 10 + (digits.data[i] - '0') : 256;
  }
  if (digits.bytes && *kind < 256) return LUMA_OK;
  return plain__fail(writing, start, "the kind of binary data is a number from 0 to 255");
}

static void put_binary(struct writing *writing, unsigned kind) {
  buf_append_format(&writing->json, "{\"$binary\":{\"subType\":\"%02x\",\"base64\":", kind);
}

static status write_binary(struct writing *writing, const char *unused) {
  unsigned kind;
  (void)unused;
  TRY(read_kind(writing, &kind));
  TRY(plain__expect(writing, ',', "behind the kind of binary data"));
  put_binary(writing, kind);
  TRY(write_as_text(writing));
  buf_append_text(&writing->json, "}}");
  return LUMA_OK;
}

int plain__hex(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* A quoted text of hexadecimal digits, as a quoted text in base64. */
static status write_hex_text(struct writing *writing) {
  (void)plain__peek(writing);
  size_t start = writing->at, made = writing->json.bytes;
  struct buf bytes;
  TRY(plain__string(writing));
  TRY(buf_check(&writing->json, "the command", writing->err));
  const uint8_t *text = writing->json.data + made + 1;
  size_t digits = writing->json.bytes - made - 2;
  bool is_hex = digits % 2 == 0;
  buf_init(&bytes, writing->json.bytes);
  for (size_t i = 0; is_hex && i < digits; i += 2) {
    int high = plain__hex(text[i]), low = plain__hex(text[i + 1]);
    is_hex = high >= 0 && low >= 0;
    if (is_hex) buf_append_byte(&bytes, (uint8_t)(high << 4 | low));
  }
  writing->json.bytes = made;
  buf_append_byte(&writing->json, '"');
  json_append_base64(&writing->json, buf_slice(&bytes));
  buf_append_byte(&writing->json, '"');
  buf_deinit(&bytes);
  if (is_hex) return LUMA_OK;
  return plain__fail(writing, start, "pairs of hexadecimal digits are expected");
}

static status write_hex_data(struct writing *writing, const char *unused) {
  unsigned kind;
  (void)unused;
  TRY(read_kind(writing, &kind));
  TRY(plain__expect(writing, ',', "behind the kind of binary data"));
  put_binary(writing, kind);
  TRY(write_hex_text(writing));
  buf_append_text(&writing->json, "}}");
  return LUMA_OK;
}

static status write_md5(struct writing *writing, const char *unused) {
  enum { KIND_MD5 = 5 };
  (void)unused;
  put_binary(writing, KIND_MD5);
  TRY(write_hex_text(writing));
  buf_append_text(&writing->json, "}}");
  return LUMA_OK;
}

/* ---- others ---- */

static status write_expression(struct writing *writing, const char *key) {
  buf_append_format(&writing->json, "{\"%s\":{\"pattern\":", key);
  TRY(plain__string(writing));
  buf_append_text(&writing->json, ",\"options\":");
  if (plain__take(writing, ','))
    TRY(plain__string(writing));
  else
    buf_append_text(&writing->json, "\"\"");
  buf_append_text(&writing->json, "}}");
  return LUMA_OK;
}

static status write_edge(struct writing *writing, const char *key) {
  buf_append_format(&writing->json, "{\"%s\":1}", key);
  return LUMA_OK;
}

/* DBRef("collection", id, "database") */
static status write_reference(struct writing *writing, const char *key) {
  static const char *const others[] = {"$id", "$db"};
  buf_append_format(&writing->json, "{\"%s\":", key);
  TRY(plain__string(writing));
  TRY(plain__expect(writing, ',', "behind the name of the collection"));
  for (int i = 0; i < 2; i++) {
    if (i && !plain__take(writing, ',')) break;
    buf_append_format(&writing->json, ",\"%s\":", others[i]);
    TRY(plain__value(writing));
  }
  buf_append_byte(&writing->json, '}');
  return LUMA_OK;
}

/* ---- by name ---- */

struct constructor {
  const char *name;
  status (*write)(struct writing *writing, const char *key);
  const char *key;
};
static const struct constructor constructors[] = {
    {"ObjectId", write_id, "$oid"},
    {"ObjectId.createFromHexString", write_text, "$oid"},
    {"ObjectId.createFromTime", plain__id_of_time, "$oid"},
    {"ISODate", plain__date, "$date"},
    {"Date", plain__date, "$date"},
    {"Date.now", plain__now, NULL},
    {"Date.UTC", plain__utc, NULL},
    {"NumberLong", write_simple, "$numberLong"},
    {"Long", write_simple, "$numberLong"},
    {"Long.fromString", write_text, "$numberLong"},
    {"Long.fromNumber", write_simple, "$numberLong"},
    {"NumberInt", write_simple, "$numberInt"},
    {"Int32", write_simple, "$numberInt"},
    {"NumberDecimal", write_simple, "$numberDecimal"},
    {"Decimal128", write_simple, "$numberDecimal"},
    {"Decimal128.fromString", write_text, "$numberDecimal"},
    {"Double", write_simple, "$numberDouble"},
    {"UUID", write_uuid, "$uuid"},
    {"BinData", write_binary, NULL},
    {"HexData", write_hex_data, NULL},
    {"MD5", write_md5, NULL},
    {"Timestamp", write_timestamp, "$timestamp"},
    {"RegExp", write_expression, "$regularExpression"},
    {"BSONRegExp", write_expression, "$regularExpression"},
    {"BSONSymbol", write_text, "$symbol"},
    {"Code", write_text, "$code"},
    {"DBRef", write_reference, "$ref"},
    {"MinKey", write_edge, "$minKey"},
    {"MaxKey", write_edge, "$maxKey"},
};
enum { CONSTRUCTORS = sizeof constructors / sizeof constructors[0] };

static status fail_word(struct writing *writing, size_t at, struct slice word) {
  struct suggest suggest;
  suggest_init(&suggest, word);
  for (size_t i = 0; i < CONSTRUCTORS; i++)
    suggest_offer(&suggest, slice_of_text(constructors[i].name));
  status failed = plain__fail(
      writing, at, "`%.*s` is no value: variables and functions are not run", SLICE_ARG(word));
  if (suggest_is_good(&suggest))
    err_hint(writing->err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  return failed;
}

/* MinKey and MaxKey do without parentheses. */
status plain__construct(struct writing *writing, size_t at, struct slice word) {
  if (plain__take(writing, '.')) {
    struct slice method = plain__name(writing);
    word.bytes = (size_t)(method.data + method.bytes - word.data);
  }
  for (size_t i = 0; i < CONSTRUCTORS; i++) {
    const struct constructor *made = &constructors[i];
    if (!slice_is_equal(word, slice_of_text(made->name))) continue;
    bool is_call = plain__take(writing, '(');
    if (!is_call && made->write != write_edge)
      return plain__fail(writing, writing->at, "`(` is expected behind %s", made->name);
    size_t from = writing->json.bytes, marks = writing->marks.bytes;
    TRY(made->write(writing, made->key));
    if (!is_call) return LUMA_OK;
    TRY(plain__expect(writing, ')', "to close the call"));
    if (!plain__take(writing, '.')) return LUMA_OK;
    writing->marks.bytes = marks;
    return plain__ask(writing, from);
  }
  return fail_word(writing, at, word);
}
