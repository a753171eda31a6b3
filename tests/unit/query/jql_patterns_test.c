/* SPDX-License-Identifier: MIT */
/* What is read of an index for regular expressions, alone and among the values of $in and $all, is
 * all that they match: random finds, counts and sorts over texts, lists and stored expressions. */
#include "tests/unit/query/beside.h"

enum { DOCUMENTS = 150, TEXT_BYTES_MAX = 8192 };

static struct script_db db;

/* ---- documents ---- */

static void append_pattern(struct buf *out) {
  static const char *const patterns[] = {"^ab", "^a",  "b",         "^AB",    "^", "^abc?",
                                         "^é",  "a$",  "^ab|^c",    "^\\\\.", "c", "^a\\\\.b",
                                         "^x*", "^cb", "^(ab|abc)", "^b.c"};
  static const char *const options[] = {"", "", "", "i", "m", "s", "im", "x"};
  buf_append_format(out, "{\"$regularExpression\":{\"pattern\":\"%s\",\"options\":\"%s\"}}",
                    patterns[beside_pick(16)], options[beside_pick(8)]);
}

static void append_scalar(struct buf *out) {
  static const char *const values[] = {
      "\"ab\"",  "\"abc\"", "\"abd\"", "\"AB\"",  "\"Abc\"",     "\"b\"",     "\"bc\"",
      "\"\"",    "\"é\"",   "\"êa\"",  "\"a.b\"", "\"x\\nabc\"", "\".\"",     "\"c\"",
      "\"cba\"", "null",    "1",       "2.5",     "true",        "{\"k\":1}", "{\"k\":\"a\"}",
      "\"ac\"",  "\"a\"",   "\"xab\"", "[]",      "[\"ab\",1]"};
  if (beside_pick(8) == 0)
    append_pattern(out);
  else
    buf_append_text(out, values[beside_pick(26)]);
}

static void append_list(struct buf *out) {
  buf_append_byte(out, '[');
  for (uint32_t i = 0, count = beside_pick(4); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    append_scalar(out);
  }
  buf_append_byte(out, ']');
}

/** Collection 0 has no lists of several values. */
static void append_document(struct buf *out, uint32_t collection, uint32_t nth) {
  bool is_list = collection && beside_toss();
  buf_append_format(out, "{\"_id\":%u,\"u\":%u", nth, nth * 7 % DOCUMENTS);
  for (const char *name = "abc"; *name; name++) {
    if (beside_pick(6) == 0) continue;
    buf_append_format(out, ",\"%c\":", *name);
    if (is_list && *name == 'b')
      append_list(out);
    else
      append_scalar(out);
  }
  buf_append_byte(out, '}');
}

static void fill(uint32_t collection) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_format(&text,
                    "{\"createIndexes\":\"t%u\",\"indexes\":[{\"key\":{\"a\":1},\"name\":\"a\"},"
                    "{\"key\":{\"b\":-1,\"u\":1},\"name\":\"bu\",\"sparse\":true},"
                    "{\"key\":{\"a\":-1,\"b\":1},\"name\":\"ab\"},"
                    "{\"key\":{\"c\":1,\"u\":1},\"name\":\"cu\",\"unique\":true},"
                    "{\"key\":{\"c\":1},\"name\":\"ci\",\"collation\":{\"locale\":\"en\","
                    "\"strength\":2}},{\"key\":{\"$**\":1},\"name\":\"wild\"}]}",
                    collection);
  beside_change(&db, &text);
  for (uint32_t i = 0; i < DOCUMENTS; i++) {
    buf_append_format(&text, "{\"insert\":\"t%u\",\"documents\":[", collection);
    append_document(&text, collection, i);
    buf_append_text(&text, "]}");
    beside_change(&db, &text);
  }
  buf_deinit(&text);
}

/* ---- statements ---- */

/** A list with a pattern in it, mostly. */
static void append_operands(struct buf *out) {
  buf_append_byte(out, '[');
  for (uint32_t i = 0, count = 1 + beside_pick(4); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    if (beside_toss())
      append_pattern(out);
    else
      append_scalar(out);
  }
  buf_append_byte(out, ']');
}

static void append_condition(struct buf *out) {
  static const char *const ops[] = {"$in", "$in", "$in", "$all", "$nin"};
  buf_append_format(out, "\"%c\":", "abc"[beside_pick(3)]);
  uint32_t kind = beside_pick(6);
  if (kind < 4) {
    buf_append_format(out, "{\"%s\":", ops[beside_pick(5)]);
    append_operands(out);
    buf_append_byte(out, '}');
  } else if (kind == 4) {
    append_pattern(out);
  } else {
    append_scalar(out);
  }
}

static void append_filter(struct buf *out) {
  buf_append_text(out, beside_pick(5) ? "{\"$and\":[{" : "{\"$or\":[{");
  append_condition(out);
  if (beside_toss()) {
    buf_append_text(out, "},{");
    append_condition(out);
  }
  buf_append_text(out, "}]}");
}

/** How a statement goes on behind its filter; whether its answers have one order. */
static bool append_rest(struct buf *out) {
  static const char *const rests[] = {
      ",\"projection\":{\"_id\":0,\"a\":1,\"b\":1}",
      ",\"projection\":{\"_id\":0,\"c\":1,\"u\":1},\"hint\":\"cu\"",
      ",\"hint\":\"ab\"",
      ",\"hint\":\"a\"",
      ",\"hint\":\"bu\"",
      ",\"hint\":\"ci\",\"collation\":{\"locale\":\"en\",\"strength\":2}",
      ",\"hint\":\"ci\"",
      "",
      ",\"sort\":{\"u\":1}",
      ",\"sort\":{\"b\":-1,\"u\":1},\"limit\":10",
      ",\"sort\":{\"b\":1,\"u\":-1},\"limit\":20",
      ",\"sort\":{\"c\":1,\"u\":1},\"limit\":20",
      ",\"sort\":{\"c\":-1,\"u\":-1},\"hint\":\"cu\"",
  };
  enum { UNORDERED = 8, RESTS = sizeof rests / sizeof rests[0] };
  uint32_t nth = beside_pick(RESTS);
  buf_append_text(out, rests[nth]);
  return nth >= UNORDERED;
}

static void check_statement(uint32_t collection) {
  static const char *const off[] = {"answer from the index", "choose an index", "read in order",
                                    NULL};
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  bool counts = beside_pick(5) == 0, is_ordered = true;
  buf_append_format(&text, "{\"%s\":\"t%u\",\"%s\":", counts ? "count" : "find", collection,
                    counts ? "query" : "filter");
  append_filter(&text);
  if (!counts) is_ordered = append_rest(&text);
  buf_append_byte(&text, '}');
  beside_check(&db, buf_slice(&text), off, is_ordered);
  buf_deinit(&text);
}

static void patterns_find_what_they_match(void) {
  script_open(&db);
  for (uint32_t i = 0; i < 2; i++) fill(i);
  for (size_t i = 0; i < test_rounds(1500); i++) check_statement((uint32_t)i % 2);
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"patterns_find_what_they_match", patterns_find_what_they_match, 600},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
