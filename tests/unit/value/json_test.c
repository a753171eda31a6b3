/* SPDX-License-Identifier: MIT */
/* JSON: what is accepted, what values come of it, what is refused and how that is explained. */
#include "value/json/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem/mem.h"
#include "tests/lib/gen_val.h"
#include "tests/lib/test.h"
#include "value/json/json_int.h"

enum { BYTES_MAX = 1 << 26 };

/* What one text reads as, kept until the next. */
struct desk {
  struct json_reader *reader;
  struct buf out, text;
  struct val v;
};

static void desk_init(struct desk *desk) {
  assert_ok(json_reader_create(&desk->reader, test_err()));
  buf_init(&desk->out, BYTES_MAX);
  buf_init(&desk->text, BYTES_MAX);
}

static void desk_deinit(struct desk *desk) {
  json_reader_destroy(desk->reader);
  buf_deinit(&desk->out);
  buf_deinit(&desk->text);
}

/* Reads a copy of exact size, so that a sanitizer sees one byte too far. */
static status desk_read(struct desk *desk, struct slice text, enum json_form form) {
  uint8_t *copy = mem_copy(text.data, text.bytes);
  buf_reset(&desk->out);
  struct json_read_options options = {.form = form};
  status code = json_read_value(desk->reader, slice_of(copy, text.bytes), &options, &desk->out,
                                &desk->v, test_err());
  mem_free(copy);
  return code;
}

/* Reads and writes again: the text both forms agree on. */
static void assert_becomes(const char *text, enum json_form form, const char *expected) {
  struct desk desk;
  desk_init(&desk);
  assert_ok(desk_read(&desk, slice_of_text(text), form));
  json_write(&desk.text, &desk.v,
             &(struct json_write_options){.form = JSON_TAGGED, .key_name = "_id"});
  buf_append_byte(&desk.text, '\0');
  assert_string_equal(expected, (const char *)desk.text.data);
  desk_deinit(&desk);
}

/* Kinds stay but those of numbers; dates out of RFC 3339's years, or before 1970, count. */
static void writes_the_relaxed_form(void) {
  static const char *const cases[][2] = {
      {"{\"$numberInt\":\"5\"}", "5"},
      {"{\"$numberLong\":\"5000000000\"}", "5000000000"},
      {"{\"$numberDouble\":\"2.0\"}", "2.0"},
      {"{\"$numberDouble\":\"NaN\"}", "{\"$numberDouble\":\"NaN\"}"},
      {"{\"$numberDecimal\":\"1.50\"}", "{\"$numberDecimal\":\"1.50\"}"},
      {"{\"$date\":{\"$numberLong\":\"1772280000500\"}}",
       "{\"$date\":\"2026-02-28T12:00:00.500Z\"}"},
      {"{\"$date\":{\"$numberLong\":\"-1\"}}", "{\"$date\":{\"$numberLong\":\"-1\"}}"},
      {"{\"$date\":{\"$numberLong\":\"253402300800000\"}}",
       "{\"$date\":{\"$numberLong\":\"253402300800000\"}}"},
      {"[{\"$oid\":\"507f1f77bcf86cd799439011\"}]", "[{\"$oid\":\"507f1f77bcf86cd799439011\"}]"},
      {"{\"$binary\":{\"base64\":\"AAEC\",\"subType\":\"00\"}}",
       "{\"$binary\":{\"base64\":\"AAEC\",\"subType\":\"00\"}}"},
      {"{\"$plain\":{\"$oid\":1}}", "{\"$plain\":{\"$oid\":1}}"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct desk desk;
    desk_init(&desk);
    assert_ok(desk_read(&desk, slice_of_text(cases[i][0]), JSON_TAGGED));
    json_write(&desk.text, &desk.v,
               &(struct json_write_options){.form = JSON_RELAXED, .key_name = "_id"});
    buf_append_byte(&desk.text, '\0');
    assert_string_equal(cases[i][1], (const char *)desk.text.data);
    desk_deinit(&desk);
  }
}

static void keeps_the_kinds_of_numbers(void) {
  static const char *const cases[][2] = {
      {"0", "{\"$numberLong\":\"0\"}"},
      {"-0", "{\"$numberDouble\":\"-0.0\"}"},
      {"-0.0", "{\"$numberDouble\":\"-0.0\"}"},
      {"1", "{\"$numberLong\":\"1\"}"},
      {"1.0", "{\"$numberDouble\":\"1.0\"}"},
      {"1e2", "{\"$numberDouble\":\"100.0\"}"},
      {"9223372036854775807", "{\"$numberLong\":\"9223372036854775807\"}"},
      {"-9223372036854775808", "{\"$numberLong\":\"-9223372036854775808\"}"},
      {"9223372036854775808", "{\"$numberDecimal\":\"9223372036854775808\"}"},
      {"18446744073709551616", "{\"$numberDecimal\":\"18446744073709551616\"}"},
      {"-9223372036854775809", "{\"$numberDecimal\":\"-9223372036854775809\"}"},
      {"9999999999999999999999999999999999",
       "{\"$numberDecimal\":\"9999999999999999999999999999999999\"}"},
      {"10000000000000000000000000000000000000000",
       "{\"$numberDecimal\":\"1.000000000000000000000000000000000E+40\"}"},
      {"0.1", "{\"$numberDouble\":\"0.1\"}"},
      {"0.30000000000000004", "{\"$numberDouble\":\"0.30000000000000004\"}"},
      {"123456789012345.6", "{\"$numberDouble\":\"123456789012345.6\"}"},
      {"1.7976931348623157e308", "{\"$numberDouble\":\"1.7976931348623157e+308\"}"},
      {"1e400", "{\"$numberDecimal\":\"1E+400\"}"},
      {"-1.5E+400", "{\"$numberDecimal\":\"-1.5E+400\"}"},
      {"1e-400", "{\"$numberDecimal\":\"1E-400\"}"},
      {"0e-400", "{\"$numberDouble\":\"0.0\"}"},
      {"0.0e99999", "{\"$numberDouble\":\"0.0\"}"},
      {"5e-324", "{\"$numberDouble\":\"5e-324\"}"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_becomes(cases[i][0], JSON_PLAIN, cases[i][1]);
}

/* Integers of more digits than a decimal keeps are rounded, and the reader says so. */
static void tells_of_lost_digits(void) {
  struct desk desk;
  desk_init(&desk);
  assert_ok(desk_read(&desk, slice_of_text("[1, 2.5, 12345678901234567890123456789012345678]"),
                      JSON_PLAIN));
  assert_true(json_reader_lost_digits(desk.reader));
  struct val v = val_at(&desk.v, 2);
  assert_int_equal(VAL_FLOAT64, v.type);
  assert_true(v.real == 12345678901234567890123456789012345678.0);
  assert_ok(desk_read(&desk, slice_of_text("[1234567890123456789012345678901234]"), JSON_PLAIN));
  assert_false(json_reader_lost_digits(desk.reader));
  desk_deinit(&desk);
}

/* Random literals against strtod, and against each other after printing. */
static void reads_numbers_right(void) {
  for (size_t i = 0; i < test_rounds(200000); i++) {
    char text[64];
    int bytes = 0;
    int64_t whole = rng_range(test_rng(), -1000000000, 1000000000) >> rng_below(test_rng(), 30);
    if (i % 3 == 0)
      bytes = snprintf(text, sizeof text, "%lld.%0*llu", (long long)whole, 1 + (int)(i % 12),
                       (long long)rng_below(test_rng(), 1000));
    if (i % 3 == 1)
      bytes = snprintf(text, sizeof text, "%llde%d", (long long)whole,
                       (int)rng_range(test_rng(), -300, 290));
    if (i % 3 == 2)
      bytes = snprintf(text, sizeof text, "%.17g",
                       ldexp((double)rng_next(test_rng()), (int)rng_range(test_rng(), -1000, 900)));
    struct val v;
    assert_int_equal(JSON_NUMBER_OK, json__parse_number(slice_of(text, (size_t)bytes), &v));
    if (v.type == VAL_FLOAT64) assert_true(v.real == strtod(text, NULL));
    if (v.type == VAL_INT64) assert_true(v.integer == strtoll(text, NULL, 10));
  }
}

static void accepts(void) {
  static const char *const texts[] = {" [ ] ",
                                      "\t{\r\n}\n",
                                      "\"\"",
                                      "true",
                                      "false",
                                      "null",
                                      " 1 ",
                                      "[1,[2,[3]],{}]",
                                      "{\"\":{\"\":[]}}",
                                      "\"\\u0000\\u001f\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                                      "\"\\ud83d\\ude00\"",
                                      "\"\xf0\x9f\x98\x80\"",
                                      "\"\xe2\x80\xa8\"",
                                      "\"\x7f\"",
                                      "\"\\uFFFF\"",
                                      "[-1,-0.5e-5,1E+2]",
                                      "{\"a\":1,\"a\":2}",
                                      "\"/*x*/\"",
                                      "[\"a\" , \"b\"\n,\n\"c\"]"};
  struct desk desk;
  desk_init(&desk);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    assert_ok(desk_read(&desk, slice_of_text(texts[i]), JSON_PLAIN));
    assert_int_equal(LUMA_OK, json__explain(slice_of_text(texts[i]), DOC_DEPTH_MAX, NULL));
  }
  desk_deinit(&desk);
}

struct refusal {
  const char *text;
  unsigned line, column;
  const char *message, *hint; /* how they begin */
};

static const struct refusal refusals[] = {
    {"", 1, 1, "the text is empty", "an empty document is {}"},
    {" \n\t", 1, 1, "the text is empty", ""},
    {"{\"a\":1,}", 1, 7, "a comma after the last value", "remove the comma"},
    {"[1,2\n,]", 2, 1, "a comma after the last value", "remove the comma"},
    {"{'a':1}", 1, 2, "expected a name in double quotes or `}`, found `'`",
     "names stand in double quotes"},
    {"{a:1}", 1, 2, "expected a name in double quotes or `}`, found `a`",
     "names stand in double quotes"},
    {"{\"a\":'x'}", 1, 6, "expected a value, found `'`", "text stands in double quotes"},
    {"{\"a\":abc}", 1, 6, "expected a value, found `abc`", "text stands in double quotes"},
    {"{\"a\" 1}", 1, 6, "expected `:` after the name, found `1`", ""},
    {"{\"a\":1 \"b\":2}", 1, 8, "expected `,` or `}`, found `\"`", "a comma is missing"},
    {"{\"a\":NaN}", 1, 6, "expected a value, found `NaN`", "JSON has no NaN"},
    {"[-Infinity]", 1, 2, "this is not a number", "JSON has no Infinity"},
    {"{\"a\":True}", 1, 6, "expected a value, found `True`", "write true"},
    {"{\"a\":None}", 1, 6, "expected a value, found `None`", "write null"},
    {"{\"a\":undefined}", 1, 6, "expected a value, found `undefined`", "write null"},
    {"{\"a\":1 // one\n}", 1, 8, "expected `,` or `}`, found `/`", "JSON has no comments"},
    {"{ /* x */ }", 1, 3, "expected a name", "JSON has no comments"},
    {"# x\n{}", 1, 1, "expected a value, found `#`", "JSON has no comments"},
    {"\xef\xbb\xbf{}", 1, 1, "the text begins with a byte order mark", "remove"},
    {"[01]", 1, 2, "a number with a zero in front", "write 7, not 07"},
    {"[+1]", 1, 2, "expected a value or `]`, found `+`", "a number has no plus sign"},
    {"[.5]", 1, 2, "expected a value or `]`, found `.`", "a number begins with a digit"},
    {"[5.]", 1, 4, "expected a digit after the point, found `]`", "write 1.0 or 1"},
    {"[1e]", 1, 4, "expected a digit in the exponent, found `]`", ""},
    {"[0x1F]", 1, 2, "JSON has no hexadecimal numbers", ""},
    {"[1_000]", 1, 3, "a number has no separators", "write 1000"},
    {"[1 000]", 1, 4, "expected `,` or `]`, found `000`", ""},
    {"[\"a\nb\"]", 1, 4, "a line break inside text", "write \\n"},
    {"[\"a\tb\"]", 1, 4, "a control character inside text", ""},
    {"[\"abc]", 1, 2, "text without a closing quote", ""},
    {"[\"\xc3\xa9\\x\"]", 1, 4, "this escape does not exist in JSON", "the escapes are"},
    {"[\"\\u12G4\"]", 1, 3, "\\u needs four hexadecimal digits", ""},
    {"[\"\\ud800\"]", 1, 3, "half of a surrogate pair", ""},
    {"[\"\\udc00\\ud800\"]", 1, 3, "half of a surrogate pair", ""},
    {"[\"\\ud800\\u0041\"]", 1, 3, "half of a surrogate pair", ""},
    {"[\"\xff\"]", 1, 3, "the byte 0xff is not UTF-8", "JSON text is UTF-8"},
    {"[\"\xed\xa0\x80\"]", 1, 3, "the byte 0xed is not UTF-8", ""},
    {"\xff\xfe{\x20}\x20", 1, 1, "the text is not UTF-8", "it looks like UTF-16"},
    {"{} {}", 1, 4, "expected the end of the text, found `{`", "one value is read here"},
    {"[]]", 1, 3, "expected the end of the text, found `]`",
     "there is one closing bracket too many"},
    {"[1", 1, 3, "expected `,` or `]`, found the end of the text", ""},
    {"{\"a\":\n", 2, 1, "expected a value, found the end of the text", ""},
    {"[\f]", 1, 2, "expected a value or `]`, found the control character U+000C", ""},
    {"\"a\"b", 1, 4, "expected the end of the text, found `b`", ""},
    {"[1\"a\"]", 1, 3, "expected `,` or `]`, found `\"`", "a comma is missing"},
    {"[true1]", 1, 2, "expected a value or `]`, found `true1`", ""},
    {"[\xe2\x80\x9cx\xe2\x80\x9d]", 1, 2, "expected a value or `]`",
     "text stands in plain double quotes"},
};

static void assert_begins(const char *start, const char *text) {
  if (strncmp(start, text, strlen(start)) != 0) assert_string_equal(start, text);
}

static void refuses_and_explains(void) {
  struct desk desk;
  desk_init(&desk);
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    const struct refusal *r = &refusals[i];
    assert_int_equal(LUMA_INVALID_JSON, desk_read(&desk, slice_of_text(r->text), JSON_PLAIN));
    assert_begins(r->message, test_err()->message);
    assert_begins(r->hint, test_err()->hint);
    assert_int_equal(r->line, test_err()->line);
    assert_int_equal(r->column, test_err()->column);
    assert_int_equal(0, desk.out.bytes);
  }
  err_reset(test_err());
  desk_deinit(&desk);
}

/* The walk and the explanation decide the same language: random texts over the bytes of JSON's
 * grammar. */
static void walk_and_explanation_agree(void) {
  static const char *const pieces[] = {
      "{",        "}",        "[",  "]",         ",",     ":",       "\"",
      "\"a\"",    "\"b\\n\"", "1",  "-",         "0",     ".5",      "e1",
      "true",     "null",     " ",  "\n",        "\\",    "\\u00e9", "\\ud83d\\ude00",
      "\xc3\xa9", "\xff",     "\f", "{\"a\":1}", "[1,2]", "x",       "\x01"};
  struct desk desk;
  desk_init(&desk);
  size_t accepted = 0;
  for (size_t i = 0; i < test_rounds(200000); i++) {
    struct buf *text = &desk.text;
    buf_reset(text);
    for (uint64_t n = 1 + rng_below(test_rng(), 8); n > 0; n--)
      buf_append_text(text, pieces[rng_below(test_rng(), sizeof pieces / sizeof pieces[0])]);
    status code = desk_read(&desk, buf_slice(text), JSON_PLAIN);
    accepted += code == LUMA_OK;
    assert_int_equal(code, json__explain(buf_slice(text), DOC_DEPTH_MAX, NULL));
  }
  assert_true(accepted > 100);
  err_reset(test_err());
  desk_deinit(&desk);
}

static void keeps_limits(void) {
  struct desk desk;
  desk_init(&desk);
  enum { MANY = 10 << 20 };
  char *many = mem_alloc(MANY);
  assert_non_null(many);
  memset(many, '[', MANY);
  assert_int_equal(LUMA_TOO_DEEP, desk_read(&desk, slice_of(many, MANY), JSON_PLAIN));
  assert_int_equal(DOC_DEPTH_MAX + 1, test_err()->column);
  char deep[2 * DOC_DEPTH_MAX + 2];
  memset(deep, '[', DOC_DEPTH_MAX);
  memset(deep + DOC_DEPTH_MAX, ']', DOC_DEPTH_MAX);
  assert_ok(desk_read(&desk, slice_of(deep, sizeof deep - 2), JSON_PLAIN));
  struct json_read_options options = {.form = JSON_PLAIN, .depth_max = 3, .bytes_max = 10};
  buf_reset(&desk.out);
  assert_status(LUMA_TOO_DEEP, json_read_value(desk.reader, slice_of_text("[[[[1]]]]"), &options,
                                               &desk.out, &desk.v, test_err()));
  assert_status(LUMA_TOO_LARGE, json_read_value(desk.reader, slice_of_text("[1,2,3,4,5]"), &options,
                                                &desk.out, &desk.v, test_err()));
  assert_ok(json_read_value(desk.reader, slice_of_text("[[[1]]]"), &options, &desk.out, &desk.v,
                            test_err()));
  assert_status(LUMA_OUT_OF_RANGE, desk_read(&desk, slice_of_text("[1,\n 1e7000]"), JSON_PLAIN));
  mem_free(many);
  desk_deinit(&desk);
}

static void reads_tagged_forms(void) {
  static const char *const cases[][2] = {
      {"{\"$numberInt\":\"-7\"}", "{\"$numberInt\":\"-7\"}"},
      {"{\"$numberInt\":7}", "{\"$numberInt\":\"7\"}"},
      {"{\"$numberDouble\":\"-Infinity\"}", "{\"$numberDouble\":\"-Infinity\"}"},
      {"{\"$numberDecimal\":\"1.50\"}", "{\"$numberDecimal\":\"1.50\"}"},
      {"{\"$date\":\"2020-01-01T00:00:00Z\"}", "{\"$date\":{\"$numberLong\":\"1577836800000\"}}"},
      {"{\"$date\":\"2020-01-01T01:00:00.000001+01:00\"}",
       "{\"$date\":\"2020-01-01T00:00:00.000001Z\"}"},
      {"{\"$date\":-1}", "{\"$date\":{\"$numberLong\":\"-1\"}}"},
      {"{\"$oid\":\"507F1f77bcf86cd799439011\"}", "{\"$oid\":\"507f1f77bcf86cd799439011\"}"},
      {"{\"$binary\":\"AAEC\",\"$type\":\"05\"}",
       "{\"$binary\":{\"base64\":\"AAEC\",\"subType\":\"05\"}}"},
      {"{\"$symbol\":\"a\"}", "{\"$symbol\":\"a\"}"},
      {"{\"$binary\":{\"subType\":\"4\",\"base64\":\"AAEC\"}}",
       "{\"$binary\":{\"base64\":\"AAEC\",\"subType\":\"04\"}}"},
      {"{\"$binary\":{\"base64\":\"hn3uUsMxSE6S0cVkebjmfg==\",\"subType\":\"04\"}}",
       "{\"$uuid\":\"867dee52-c331-484e-92d1-c56479b8e67e\"}"},
      {"{\"$binary\":{\"base64\":\"hn3uUsMxSE6S0cVkebjmfg==\",\"subType\":\"03\"}}",
       "{\"$binary\":{\"base64\":\"hn3uUsMxSE6S0cVkebjmfg==\",\"subType\":\"03\"}}"},
      {"{\"$uuid\":\"F81D4FAE-7dec-11d0-a765-00a0c91e6bf6\"}",
       "{\"$uuid\":\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"}"},
      {"{\"$regularExpression\":{\"options\":\"i\",\"pattern\":\"^a/\\\"b\"}}",
       "{\"$regularExpression\":{\"pattern\":\"^a/\\\"b\",\"options\":\"i\"}}"},
      {"{\"$regularExpression\":{\"pattern\":\"a\",\"options\":\"xsmi\"}}",
       "{\"$regularExpression\":{\"pattern\":\"a\",\"options\":\"imsx\"}}"},
      {"{\"$regularExpression\":{\"pattern\":\"b\",\"options\":\"é a\"}}",
       "{\"$regularExpression\":{\"pattern\":\"b\",\"options\":\"é a\"}}"},
      {"{\"$timestamp\":{\"t\":4294967295,\"i\":1}}",
       "{\"$timestamp\":{\"t\":4294967295,\"i\":1}}"},
      {"{\"$minKey\":1}", "{\"$minKey\":1}"},
      {"{\"$ulid\":\"01aryz6s41tsv4rrffq69g5fav\"}", "{\"$ulid\":\"01ARYZ6S41TSV4RRFFQ69G5FAV\"}"},
      {"{\"$day\":\"2024-02-29\"}", "{\"$day\":\"2024-02-29\"}"},
      {"{\"$duration\":90000000}", "{\"$duration\":\"PT1M30S\"}"},
      {"{\"$interval\":\"P1M-2D\"}", "{\"$interval\":\"P1M-2D\"}"},
      {"{\"$vector\":[1,-2.5,\"Infinity\"]}",
       "{\"$vector\":{\"kind\":\"f32\",\"base64\":\"AACAPwAAIMAAAIB/\"}}"},
      {"{\"$gt\":{\"$date\":0}}", "{\"$gt\":{\"$date\":{\"$numberLong\":\"0\"}}}"},
      {"{\"a\":1,\"$oid\":\"x\"}", "{\"a\":{\"$numberLong\":\"1\"},\"$oid\":\"x\"}"},
      {"{\"$plain\":{\"$oid\":\"x\"}}", "{\"$plain\":{\"$oid\":\"x\"}}"},
      {"{\"$plain\":{\"a\":null}}", "{\"a\":null}"},
      {"{\"\\u0024oid\":\"507f1f77bcf86cd799439011\"}", "{\"$oid\":\"507f1f77bcf86cd799439011\"}"},
      {"{\"$oid\":\"123456789abe\"}", "{\"$oid\":\"313233343536373839616265\"}"},
      {"{\"$nothing\":\"x\"}", "{\"$nothing\":\"x\"}"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_becomes(cases[i][0], JSON_TAGGED, cases[i][1]);
}

static void refuses_wrong_tags(void) {
  static const char *const texts[] = {
      "{\"$oid\":\"xyz\"}",
      "{\"$oid\":\"123456789abc4\"}",
      "{\"$oid\":5}",
      "{\"$oid\":\"507f1f77bcf86cd799439011\",\"x\":1}",
      "{\"$numberInt\":\"2147483648\"}",
      "{\"$numberLong\":\"9223372036854775808\"}",
      "{\"$numberLong\":1.5}",
      "{\"$numberDouble\":\"1e400\"}",
      "{\"$numberDecimal\":\"12345678901234567890123456789012345\"}",
      "{\"$date\":\"yesterday\"}",
      "{\"$date\":{\"$numberLong\":\"9223372036854775807\"}}",
      "{\"$binary\":{\"base64\":\"AAE\",\"subType\":\"00\"}}",
      "{\"$binary\":{\"base64\":\"AAEB\"}}",
      "{\"$binary\":\"AAEB\"}",
      "{\"$binary\":\"AAEB\",\"$type\":5}",
      "{\"$binary\":{\"base64\":\"AB==\",\"subType\":\"00\"}}",
      "{\"$regularExpression\":{\"pattern\":\"a\\u0000\",\"options\":\"\"}}",
      "{\"$timestamp\":{\"t\":-1,\"i\":0}}",
      "{\"$minKey\":2}",
      "{\"$vector\":{\"kind\":\"f64\",\"base64\":\"\"}}",
      "{\"$vector\":{\"kind\":\"f32\",\"base64\":\"AAE=\"}}",
      "{\"$vector\":[\"x\"]}",
      "{\"$vector\":[1e39]}",
      "{\"$light\":{}}",
      "{\"$plain\":5}",
      "{\"$code\":\"x\",\"$scope\":{}}"};
  struct desk desk;
  desk_init(&desk);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    assert_int_equal(LUMA_INVALID_VALUE, desk_read(&desk, slice_of_text(texts[i]), JSON_TAGGED));
    assert_true(test_err()->line == 1 && test_err()->column > 1);
    err_reset(test_err());
    assert_ok(desk_read(&desk, slice_of_text(texts[i]),
                        JSON_PLAIN)); /* in the plain form they are maps like any other */
  }
  assert_int_equal(LUMA_INVALID_JSON,
                   desk_read(&desk, slice_of_text("{\"$oid\": 5, }"), JSON_TAGGED));
  err_reset(test_err());
  desk_deinit(&desk);
}

/* A document read with or without renaming, written back with the key called as asked. */
static void assert_document(const char *text, bool id_is_key, const char *key_name,
                            const char *expected) {
  struct desk desk;
  struct names *names = NULL;
  struct slice bytes;
  struct doc doc;
  desk_init(&desk);
  assert_ok(names_create(1, &names, test_err()));
  assert_ok(json_read_document(desk.reader, slice_of_text(text),
                               &(struct json_read_options){.id_is_key = id_is_key}, names,
                               &desk.out, &bytes, test_err()));
  assert_ok(doc_open(bytes, names, &doc, test_err()));
  struct val root = doc_root(&doc);
  json_write(&desk.text, &root,
             &(struct json_write_options){.form = JSON_PLAIN, .key_name = key_name});
  buf_append_byte(&desk.text, '\0');
  assert_string_equal(expected, (const char *)desk.text.data);
  names_destroy(names);
  desk_deinit(&desk);
}

static void names_the_key(void) {
  assert_document("{\"id\":1,\"a\":2}", true, "_id", "{\"_id\":1,\"a\":2}");
  assert_document("{\"id\":1,\"a\":2}", true, NULL, "{\"id\":1,\"a\":2}");
  assert_document("{\"id\":1,\"a\":2}", false, NULL, "{\"id\":1,\"a\":2}");
  assert_document("{\"a\":2,\"_id\":1}", true, NULL, "{\"a\":2,\"id\":1}");
  assert_document("{\"id\":1,\"_id\":2}", true, NULL, "{\"id\":1,\"_id\":2}");
  assert_document("{\"_id\":2,\"id\":1}", true, NULL, "{\"_id\":2,\"id\":1}");
  assert_document("{\"id\":1,\"x\":{\"id\":3,\"_id\":4},\"_id\":2}", true, NULL,
                  "{\"id\":1,\"x\":{\"id\":3,\"_id\":4},\"_id\":2}");
  assert_document("{\"x\":{\"id\":3,\"_id\":4}}", true, NULL, "{\"x\":{\"id\":3,\"_id\":4}}");
  assert_document("{\"id\":1,\"id\":2}", true, NULL, "{\"id\":2}");
  assert_document("{\"\\u0069d\":1}", true, "_id", "{\"_id\":1}");
  assert_document("{\"a\":1,\"b\":2,\"a\":3}", true, NULL, "{\"a\":3,\"b\":2}");
}

static void refuses_what_is_no_document(void) {
  struct desk desk;
  struct slice doc;
  struct json_read_options options = {.form = JSON_TAGGED};
  desk_init(&desk);
  assert_int_equal(LUMA_INVALID_VALUE,
                   json_read_document(desk.reader, slice_of_text("[1]"), &options, NULL, &desk.out,
                                      &doc, test_err()));
  assert_string_equal("a document is an object, this is another value", test_err()->message);
  assert_int_equal(LUMA_INVALID_VALUE,
                   json_read_document(desk.reader, slice_of_text("{\"$oid\":\"\"}"), &options, NULL,
                                      &desk.out, &doc, test_err()));
  assert_int_equal(LUMA_INVALID_JSON, json_read_document(desk.reader, slice_of_text("[1"), &options,
                                                         NULL, &desk.out, &doc, test_err()));
  assert_int_equal(LUMA_INVALID_JSON,
                   json_read_document(desk.reader, slice_of_text("{\"a\":1"), &options, NULL,
                                      &desk.out, &doc, test_err()));
  assert_int_equal(0, desk.out.bytes);
  assert_ok(json_read_document(desk.reader, slice_of_text("{\"$plain\":{\"$oid\":1}}"), &options,
                               NULL, &desk.out, &doc, test_err()));
  desk_deinit(&desk);
}

static void assert_plain(const char *expected, struct val v, uint32_t indent) {
  struct buf out;
  buf_init(&out, BYTES_MAX);
  json_write(&out, &v, &(struct json_write_options){.form = JSON_PLAIN, .indent = indent});
  buf_append_byte(&out, '\0');
  assert_string_equal(expected, (const char *)out.data);
  buf_deinit(&out);
}

static void writes_plain(void) {
  struct desk desk;
  assert_plain("null", val_missing(), 0);
  assert_plain("\"NaN\"", val_float64((double)NAN), 0);
  assert_plain("\"a\\u0000\\u001f\\n\\\"\\\\/\x7f\xe2\x80\xa8\"",
               val_text(slice_of("a\0\x1f\n\"\\/\x7f\xe2\x80\xa8", 11)), 0);
  assert_plain("\"x\xef\xbf\xbd\xef\xbf\xbd\\ny\xef\xbf\xbd\"",
               val_text(slice_of("x\xff\xc3\ny\xed", 6)), 0);
  assert_plain("\"2023-11-14T22:13:20.500Z\"", val_timestamp(1700000000500000), 0);
  static const uint8_t halves[] = {0x66, 0x2e, 0xff, 0xfb, 0x01, 0x00, 0x00, 0x7c};
  struct val vector = {
      .type = VAL_VECTOR, .sub = VAL_VECTOR_F16, .bytes = sizeof halves, .data = halves};
  assert_plain("[0.099975586,-65504.0,5.9604645e-08,\"Infinity\"]", vector, 0);
  desk_init(&desk);
  assert_ok(
      desk_read(&desk, slice_of_text("{\"a\":[1,{}],\"b\":[],\"c\":{\"d\":\"e\"}}"), JSON_PLAIN));
  assert_plain(
      "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": {\n    \"d\": \"e\"\n  }\n}",
      desk.v, 2);
  desk_deinit(&desk);
}

/* A buffer that is full fails once and for good, whatever is written. */
static void write_failure_is_sticky(void) {
  struct desk desk;
  desk_init(&desk);
  assert_ok(desk_read(
      &desk,
      slice_of_text(
          "{\"a\":[1,2.5,\"text that is long\"],\"b\":{\"$ulid\":\"01ARYZ6S41TSV4RRFFQ69G5FAV\"}}"),
      JSON_TAGGED));
  for (size_t room = 1; room < 60; room++) {
    struct buf out;
    buf_init(&out, room);
    json_write(&out, &desk.v, &(struct json_write_options){.form = JSON_PLAIN});
    assert_int_equal(LUMA_TOO_LARGE, out.failed);
    assert_true(out.bytes <= room);
    buf_deinit(&out);
  }
  desk_deinit(&desk);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"keeps_the_kinds_of_numbers", keeps_the_kinds_of_numbers, 0},
      {"writes_the_relaxed_form", writes_the_relaxed_form, 0},
      {"tells_of_lost_digits", tells_of_lost_digits, 0},
      {"reads_numbers_right", reads_numbers_right, 0},
      {"accepts", accepts, 0},
      {"refuses_and_explains", refuses_and_explains, 0},
      {"walk_and_explanation_agree", walk_and_explanation_agree, 0},
      {"keeps_limits", keeps_limits, 0},
      {"reads_tagged_forms", reads_tagged_forms, 0},
      {"refuses_wrong_tags", refuses_wrong_tags, 0},
      {"names_the_key", names_the_key, 0},
      {"refuses_what_is_no_document", refuses_what_is_no_document, 0},
      {"writes_plain", writes_plain, 0},
      {"write_failure_is_sticky", write_failure_is_sticky, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
