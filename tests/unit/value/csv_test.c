/* SPDX-License-Identifier: MIT */
/* CSV: the RFC, the policy, errors with their places, inference, and that pieces make no
 * difference. */
#include "value/csv/csv.h"

#include <math.h>
#include <stdio.h>

#include "base/mem/mem.h"
#include "tests/lib/fault.h"
#include "tests/lib/gen_val.h"
#include "tests/lib/test.h"

enum { BYTES_MAX = 1 << 26 };

/* Everything the reader says of a text, as text: fields in <>, quoted ones in «», records on lines
 * with their numbers; an error ends it. `piece` bytes are fed at a time; 0 means random pieces. */
static void describe(struct slice text, char separator, size_t piece, struct buf *out) {
  struct csv_reader reader;
  struct err err = {0};
  csv_reader_init(&reader, separator);
  status code = LUMA_OK;
  size_t at = 0;
  bool last = false;
  while (code == LUMA_OK && !last) {
    size_t take = piece ? piece : rng_below(test_rng(), 9);
    if (take > text.bytes - at) take = text.bytes - at;
    last = at + take == text.bytes && (piece || rng_below(test_rng(), 2));
    code = csv_feed(&reader, slice_of(text.data + at, take), last, &err);
    at += take;
    bool has = true;
    while (code == LUMA_OK && has) {
      code = csv_next(&reader, &has, &err);
      if (code != LUMA_OK || !has) break;
      buf_append_format(out, "%d:", (int)reader.line);
      for (size_t i = 0; i < reader.fields_count; i++) {
        const struct csv_field *field = &reader.fields[i];
        buf_append_text(out, field->quoted ? "«" : "<");
        buf_append_slice(out, field->text);
        buf_append_text(out, field->quoted ? "»" : ">");
      }
      buf_append_byte(out, '\n');
    }
  }
  if (code != LUMA_OK)
    buf_append_format(out, "%d at %u:%u %s", (int)code, err.line, err.column, err.message);
  csv_reader_deinit(&reader);
}

static void assert_reads(const char *expected, struct slice text, char separator) {
  struct buf out;
  buf_init(&out, BYTES_MAX);
  for (size_t piece = 1; piece < text.bytes + 2; piece++) {
    buf_reset(&out);
    describe(text, separator, piece, &out);
    buf_append_byte(&out, '\0');
    assert_string_equal(expected, (const char *)out.data);
  }
  buf_deinit(&out);
}

static void assert_text(const char *expected, const char *text) {
  assert_reads(expected, slice_of_text(text), ',');
}

static void reads_the_rfc(void) {
  assert_text("", "");
  assert_text("1:<a><b>\n2:<c><d>\n", "a,b\r\nc,d\r\n");
  assert_text("1:<a><b>\n2:<c><d>\n", "a,b\nc,d");
  assert_text("1:«a»<b>\n", "\"a\",b\n");
  assert_text("1:«a\r\nb»«c\"d»«»\n3:<e><><>\n", "\"a\r\nb\",\"c\"\"d\",\"\"\ne,,\n");
  assert_text("1:«a,b»\n", "\"a,b\"");
  assert_text("1:<><>\n", ",");
  assert_text("1:<a><>\n", "a,");
  assert_text("1:< a >< b >\n", " a , b ");
  assert_reads("1:<a,b>«c\td»\n", slice_of_text("a,b\t\"c\td\"\n"), '\t');
}

static void keeps_the_policy(void) {
  assert_text("1:<a>\n2:<b>\n3:<c>\n4:<d>\n", "a\nb\r\nc\rd\n");
  assert_text("3:<a>\n6:<b>\n", "\n\r\na\n\n\r\nb\n\n");
  assert_text("1:«»\n", "\"\"\n");
  assert_text("1:<a\"b><5\" pipe>\n", "a\"b,5\" pipe\n");
  assert_text("1:<a>\n", "\xef\xbb\xbf"
                         "a\n");
  assert_text("1:«a,»\n", "\xef\xbb\xbf\"a,\"\n");
  assert_text("", "\xef\xbb\xbf");
}

static void explains_faults(void) {
  assert_text("1:<a>\n5 at 2:4 text after the closing quote of a field", "a\n\"b\"c,d\n");
  assert_text("1:<a>\n5 at 2:3 a quoted field without a closing quote", "a\nb,\"c\nd\ne");
  assert_text("1:«x\ny»\n5 at 3:3 text after the closing quote of a field", "\"x\ny\"\n\"\" \n");
  assert_text("5 at 1:4 the text is not UTF-8", "\xc3\xa9,\xc3\xa9\xff,b\n");
  struct csv_reader reader;
  bool has = false;
  csv_reader_init(&reader, ',');
  assert_ok(csv_feed(&reader, slice_of_text("a,b\n1,2\n\"x\ny\",2\n3\n"), true, test_err()));
  assert_ok(csv_next(&reader, &has, test_err()));
  reader.fields_expected = reader.fields_count;
  assert_ok(csv_next(&reader, &has, test_err()));
  assert_ok(csv_next(&reader, &has, test_err()));
  assert_int_equal(3, reader.line);
  assert_int_equal(LUMA_INVALID_CSV, csv_next(&reader, &has, test_err()));
  assert_int_equal(5, test_err()->line);
  assert_string_equal("a row has 1 fields where 2 are expected", test_err()->message);
  err_reset(test_err());
  csv_reader_deinit(&reader);
}

/* Random texts over the bytes that matter: however they are cut, the reader says the same. */
static void pieces_make_no_difference(void) {
  static const char alphabet[] = "aab,\",\"\n\r\n \xc3\xa9";
  struct buf whole, pieces;
  buf_init(&whole, BYTES_MAX);
  buf_init(&pieces, BYTES_MAX);
  for (size_t i = 0; i < test_rounds(30000); i++) {
    char text[40];
    size_t bytes = rng_below(test_rng(), sizeof text);
    for (size_t k = 0; k < bytes; k++)
      text[k] = alphabet[rng_below(test_rng(), sizeof alphabet - 1)];
    buf_reset(&whole);
    buf_reset(&pieces);
    describe(slice_of(text, bytes), ',', sizeof text, &whole);
    describe(slice_of(text, bytes), ',', 0, &pieces);
    assert_int_equal(whole.bytes, pieces.bytes);
    assert_memory_equal(whole.data ? whole.data : (const void *)"",
                        pieces.data ? pieces.data : (const void *)"", whole.bytes);
  }
  buf_deinit(&whole);
  buf_deinit(&pieces);
}

static void append_record(struct gen_val *gen, char separator, struct buf *out, struct buf *texts,
                          size_t *ends) {
  for (size_t f = 0; f < 3; f++) {
    struct slice text = gen_val_text(gen);
    buf_append_slice(texts, text);
    ends[f] = texts->bytes;
    struct val v = val_text(text);
    if (f > 0) buf_append_byte(out, (uint8_t)separator);
    csv_write(out, separator, &v);
  }
  buf_append_text(out, rng_below(gen->rng, 2) ? "\r\n" : "\n");
}

/* Any text written comes back as that text, and as text: inference does not take it for a number.
 */
static void writes_what_it_reads(void) {
  struct gen_val gen;
  struct buf out, texts;
  gen_val_init(&gen, test_rng());
  buf_init(&out, BYTES_MAX);
  buf_init(&texts, BYTES_MAX);
  for (size_t i = 0; i < test_rounds(10000); i++) {
    char separator = i % 2 ? ',' : '\t';
    size_t ends[3], from = 0;
    struct csv_reader reader;
    bool has = false;
    buf_reset(&out);
    buf_reset(&texts);
    append_record(&gen, separator, &out, &texts, ends);
    csv_reader_init(&reader, separator);
    assert_ok(csv_feed(&reader, buf_slice(&out), true, test_err()));
    assert_ok(csv_next(&reader, &has, test_err()));
    assert_true(has && reader.fields_count == 3);
    for (size_t f = 0; f < 3; from = ends[f++]) {
      struct csv_column_type type;
      csv_type_init(&type);
      csv_type_see(&type, reader.fields[f]);
      struct val v = csv_value(&type, reader.fields[f]);
      assert_int_equal(VAL_TEXT, v.type);
      assert_true(slice_is_equal(slice_of(texts.data + from, ends[f] - from), val_slice(&v)));
    }
    csv_reader_deinit(&reader);
  }
  buf_deinit(&out);
  buf_deinit(&texts);
}

static void assert_written(const char *expected, struct val v) {
  struct buf out;
  buf_init(&out, BYTES_MAX);
  csv_write(&out, ',', &v);
  buf_append_byte(&out, '\0');
  assert_string_equal(expected, (const char *)out.data);
  buf_deinit(&out);
}

static struct val text_val(const char *text) {
  return val_text(slice_of_text(text));
}

static void quotes_where_it_must(void) {
  assert_written("plain", text_val("plain"));
  assert_written("\"\"", text_val(""));
  assert_written("\"a,b\"", text_val("a,b"));
  assert_written("\"say \"\"hi\"\"\"", text_val("say \"hi\""));
  assert_written("\"12\"", text_val("12"));
  assert_written("\"1.50\"", text_val("1.50"));
  assert_written("\"true\"", text_val("true"));
  assert_written("007", text_val("007"));
  assert_written("\" x\"", text_val(" x"));
  assert_written("", val_null());
  assert_written("", val_missing());
  assert_written("-5", val_int64(-5));
  assert_written("5.0", val_float64(5));
  assert_written("NaN", val_float64((double)NAN));
  assert_written("true", val_bool(true));
  assert_written("2023-11-14T22:13:20Z", val_timestamp(1700000000000000));
}

/* The type of a column of these fields, separated by bars; a field in single quotes counts as
 * quoted. */
static enum val_type column_type(const char *column) {
  struct csv_column_type type;
  struct val v = val_missing();
  csv_type_init(&type);
  for (int pass = 0; pass < 2; pass++) {
    for (const char *at = column; *at;) {
      size_t bytes = strcspn(at, "|");
      bool quoted = bytes >= 2 && at[0] == '\'';
      struct csv_field field = {slice_of(at + quoted, bytes - 2 * quoted), quoted};
      if (pass == 0) csv_type_see(&type, field);
      if (pass == 1) v = csv_value(&type, field);
      at += bytes + (at[bytes] == '|');
    }
  }
  return v.type;
}

static void infers_without_loss(void) {
  assert_int_equal(VAL_INT64, column_type("1|22|-3||0|9223372036854775807"));
  assert_int_equal(VAL_FLOAT64, column_type("1|2.5|-0.25|100"));
  assert_int_equal(VAL_FLOAT64, column_type("12.50|3.00"));
  assert_int_equal(VAL_FLOAT64, column_type("0.1234567890123456"));
  assert_int_equal(VAL_BOOL, column_type("true|false||true"));
  assert_int_equal(VAL_TEXT, column_type("1|true"));
  assert_int_equal(VAL_TEXT, column_type("1|2|007"));
  assert_int_equal(VAL_TEXT, column_type("+1|+2"));
  assert_int_equal(VAL_TEXT, column_type("1|9223372036854775808"));
  assert_int_equal(VAL_TEXT, column_type("1e5|2e5"));
  assert_int_equal(VAL_TEXT, column_type("12e5"));
  assert_int_equal(VAL_TEXT, column_type("2.5|9007199254740993"));
  assert_int_equal(VAL_TEXT, column_type("0.12345678901234567890123"));
  assert_int_equal(VAL_TEXT, column_type("1.|2"));
  assert_int_equal(VAL_TEXT, column_type(".5"));
  assert_int_equal(VAL_TEXT, column_type("00.5"));
  assert_int_equal(VAL_TEXT, column_type("1 "));
  assert_int_equal(VAL_TEXT, column_type("NaN"));
  assert_int_equal(VAL_TEXT, column_type("True"));
  assert_int_equal(VAL_TEXT, column_type("1|'2'"));
  assert_int_equal(VAL_TEXT, column_type("1|''"));
  assert_int_equal(VAL_TEXT, column_type("2026-01-02"));
  assert_int_equal(VAL_MISSING, column_type("1|2||"));
}

/* One line of 100 MB, fed in pieces: refused at the limit, at once, with its line. */
static void refuses_an_endless_line(void) {
  struct csv_reader reader;
  bool has = false;
  enum { PIECE = 1 << 20 };
  static char piece[PIECE];
  memset(piece, 'x', sizeof piece);
  csv_reader_init(&reader, ',');
  assert_ok(csv_feed(&reader, slice_of_text("a,b\n1,\""), false, test_err()));
  assert_ok(csv_next(&reader, &has, test_err()));
  status code = LUMA_OK;
  int pieces = 0;
  for (; code == LUMA_OK && pieces < 100; pieces++) {
    assert_ok(csv_feed(&reader, slice_of(piece, sizeof piece), false, test_err()));
    code = csv_next(&reader, &has, test_err());
  }
  assert_int_equal(LUMA_TOO_LARGE, code);
  assert_int_equal(64, pieces);
  assert_int_equal(2, test_err()->line);
  err_reset(test_err());
  csv_reader_deinit(&reader);
}

static void refuses_too_many_fields(void) {
  static char commas[CSV_FIELDS_MAX + 10];
  struct csv_reader reader;
  bool has = false;
  memset(commas, ',', sizeof commas);
  csv_reader_init(&reader, ',');
  assert_ok(csv_feed(&reader, slice_of(commas, sizeof commas), true, test_err()));
  assert_int_equal(LUMA_TOO_LARGE, csv_next(&reader, &has, test_err()));
  err_reset(test_err());
  csv_reader_deinit(&reader);
}

static status read_some(void *context) {
  (void)context;
  struct csv_reader reader;
  struct buf out;
  bool has = true;
  buf_init(&out, BYTES_MAX);
  csv_reader_init(&reader, ',');
  status code = csv_feed(&reader, slice_of_text("a,\"b\"\"c\",1.5\n2,3,\"4\"\n"), true, NULL);
  while (code == LUMA_OK && has) code = csv_next(&reader, &has, NULL);
  struct val v = val_timestamp(1);
  csv_write(&out, ',', &v);
  if (code == LUMA_OK) code = out.failed;
  csv_reader_deinit(&reader);
  buf_deinit(&out);
  return code;
}

static void survives_lack_of_memory(void) {
  assert_true(fault_sweep_alloc(read_some, NULL) > 4);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"reads_the_rfc", reads_the_rfc, 0},
      {"keeps_the_policy", keeps_the_policy, 0},
      {"explains_faults", explains_faults, 0},
      {"pieces_make_no_difference", pieces_make_no_difference, 0},
      {"writes_what_it_reads", writes_what_it_reads, 0},
      {"quotes_where_it_must", quotes_where_it_must, 0},
      {"infers_without_loss", infers_without_loss, 0},
      {"refuses_an_endless_line", refuses_an_endless_line, 0},
      {"refuses_too_many_fields", refuses_too_many_fields, 0},
      {"survives_lack_of_memory", survives_lack_of_memory, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
