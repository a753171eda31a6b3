/* SPDX-License-Identifier: MIT */
/* Compound indexes some of whose keys lead to lists: what is counted, shown and sorted by entries
 * alone is what documents answer. Lists come bit by bit, so that plans made before some of them do
 * not stay. */
#include "tests/unit/query/beside.h"

enum { DOCUMENTS = 60, LOTS = 4, COLLECTIONS = 5, TEXT_BYTES_MAX = 8192 };

static struct script_db db;

/* ---- documents ---- */

static void append_scalar(struct buf *out) {
  static const char *const values[] = {"null",
                                       "true",
                                       "\"ab\"",
                                       "\"abc\"",
                                       "{\"$date\":\"2024-01-01T00:00:00Z\"}",
                                       "{\"$oid\":\"000000000000000000000001\"}",
                                       "{\"$ulid\":\"01ARYZ6S41TSV4RRFFQ69G5FAV\"}",
                                       "\"01ARYZ6S41TSV4RRFFQ69G5FAV\"",
                                       "1",
                                       "2",
                                       "2.5",
                                       "3",
                                       "\"a\"",
                                       "\"b\""};
  buf_append_text(out, values[beside_pick(5) ? 8 + beside_pick(6) : beside_pick(14)]);
}

static void append_list(struct buf *out) {
  buf_append_byte(out, '[');
  for (uint32_t i = 0, count = beside_pick(4); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    append_scalar(out);
  }
  buf_append_byte(out, ']');
}

static void append_map(struct buf *out) {
  buf_append_text(out, "{\"k\":");
  append_scalar(out);
  if (beside_toss()) {
    buf_append_text(out, ",\"s\":");
    append_scalar(out);
  }
  buf_append_byte(out, '}');
}

/** Attributes of which documents may have lists: of collection 0 `b`, of 1 `c`, of 2 `m`, of 3 `a`
 * or `b`, of 4 none. */
static bool may_be_list(uint32_t collection, uint32_t lot, char name) {
  static const char *const lists[] = {"b", "c", "m", "ab", ""};
  return lot && beside_toss() && strchr(lists[collection], name);
}

static void append_document(struct buf *out, uint32_t collection, uint32_t lot, uint32_t nth) {
  bool has_list = false;
  buf_append_format(out, "{\"_id\":%u,\"u\":%u", nth, nth * 7 % (DOCUMENTS * LOTS));
  for (const char *name = "abcm"; *name; name++) {
    if (beside_pick(6) == 0) continue;
    bool is_list = !has_list && may_be_list(collection, lot, *name);
    has_list |= is_list;
    buf_append_format(out, ",\"%c\":", *name);
    if (*name == 'm' && is_list) buf_append_byte(out, '[');
    if (*name == 'm')
      append_map(out);
    else if (is_list)
      append_list(out);
    else
      append_scalar(out);
    if (*name == 'm' && is_list) buf_append_byte(out, ']');
  }
  buf_append_byte(out, '}');
}

static void make(uint32_t collection) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_format(
      &text,
      "{\"createIndexes\":\"t%u\",\"indexes\":[{\"key\":{\"a\":1,\"b\":1,\"c\":-1},\"name\":"
      "\"abc\"},{\"key\":{\"b\":1,\"a\":-1,\"u\":1},\"name\":\"bau\"},{\"key\":{\"c\":1,\"u\":1},"
      "\"name\":\"cu\",\"unique\":true},{\"key\":{\"m.k\":1,\"a\":1,\"u\":-1},\"name\":\"mau\"},"
      "{\"key\":{\"a\":1,\"m.s\":1,\"m.k\":1},\"name\":\"am\"},{\"key\":{\"a\":1},\"name\":\"a\"},"
      "{\"key\":{\"u\":1,\"b\":1},\"name\":\"ub\"}]}",
      collection);
  beside_change(&db, &text);
  buf_deinit(&text);
}

static void fill(uint32_t collection, uint32_t lot) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  for (uint32_t i = 0; i < DOCUMENTS; i++) {
    buf_append_format(&text, "{\"insert\":\"t%u\",\"documents\":[", collection);
    append_document(&text, collection, lot, lot * DOCUMENTS + i);
    buf_append_text(&text, "]}");
    beside_change(&db, &text);
  }
  buf_deinit(&text);
}

/* ---- statements ---- */

static void append_condition(struct buf *out) {
  static const char *const names[] = {"a", "a", "a", "b", "b", "c", "m.k", "m.s"};
  static const char *const ops[] = {"$gt", "$gte", "$lt", "$lte", "$ne"};
  static const char *const patterns[] = {"^a", "^ab", "^ab?", "b"};
  const char *name = names[beside_pick(8)];
  uint32_t kind = beside_pick(8);
  if (kind < 4) {
    buf_append_format(out, "\"%s\":", name);
    append_scalar(out);
  } else if (kind == 4) {
    buf_append_format(out, "\"%s\":{\"$in\":[", name);
    append_scalar(out);
    buf_append_byte(out, ',');
    append_scalar(out);
    buf_append_text(out, "]}");
  } else if (kind == 5 && beside_toss()) {
    buf_append_format(out, "\"%s\":{\"$regex\":\"%s\"}", name, patterns[beside_pick(4)]);
  } else if (kind == 5) {
    buf_append_format(out, "\"%s\":{\"$gt\":%u,\"$lte\":%u}", name, beside_pick(3), beside_pick(5));
  } else {
    buf_append_format(out, "\"%s\":{\"%s\":", name, ops[beside_pick(5)]);
    append_scalar(out);
    buf_append_byte(out, '}');
  }
}

static void append_filter(struct buf *out) {
  buf_append_text(out, beside_pick(8) ? "{\"$and\":[{" : "{\"$or\":[{");
  append_condition(out);
  for (uint32_t more = beside_pick(3); more > 0; more--) {
    buf_append_text(out, "},{");
    append_condition(out);
  }
  buf_append_text(out, "}]}");
}

/** Whether answers have one order. What is shown stands in each index as in the documents. */
static bool append_rest(struct buf *out) {
  static const char *const rests[] = {"",
                                      ",\"projection\":{\"_id\":0,\"a\":1}",
                                      ",\"projection\":{\"_id\":0,\"a\":1,\"c\":1}",
                                      ",\"projection\":{\"_id\":1,\"a\":1}",
                                      ",\"projection\":{\"_id\":0,\"b\":1}",
                                      ",\"projection\":{\"_id\":0,\"u\":1}",
                                      ",\"projection\":{\"_id\":0,\"m.k\":1}",
                                      ",\"sort\":{\"u\":1},\"projection\":{\"_id\":0,\"u\":1}",
                                      ",\"sort\":{\"a\":1,\"u\":1},\"limit\":12",
                                      ",\"sort\":{\"a\":-1,\"u\":-1}",
                                      ",\"sort\":{\"c\":1,\"u\":1},\"limit\":20",
                                      ",\"sort\":{\"b\":1,\"u\":1},\"limit\":20",
                                      ",\"sort\":{\"a\":1,\"b\":1,\"u\":1}",
                                      ",\"sort\":{\"u\":-1},\"limit\":7"};
  enum { UNORDERED = 7, RESTS = sizeof rests / sizeof rests[0] };
  uint32_t nth = beside_pick(RESTS);
  buf_append_text(out, rests[nth]);
  return nth >= UNORDERED;
}

/** What was met of ways to answer. */
struct ways {
  size_t counted, covered, ordered;
};

static void check_statement(uint32_t collection, struct ways *ways) {
  static const char *const off[] = {"answer from the index", "choose an index", "read in order",
                                    "leave out what bounds say", NULL};
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  bool counts = beside_pick(3) == 0, is_ordered = true;
  buf_append_format(&text, "{\"%s\":\"t%u\",\"%s\":", counts ? "count" : "find", collection,
                    counts ? "query" : "filter");
  append_filter(&text);
  if (!counts) is_ordered = append_rest(&text);
  buf_append_byte(&text, '}');
  beside_check(&db, buf_slice(&text), off, is_ordered);
  ways->counted += beside_is_planned(&db, buf_slice(&text), " counting entries");
  ways->covered += beside_is_planned(&db, buf_slice(&text), " covered");
  ways->ordered += beside_is_planned(&db, buf_slice(&text), " in order");
  buf_deinit(&text);
}

static void entries_answer_beside_lists(void) {
  struct ways ways[COLLECTIONS] = {0};
  script_open(&db);
  for (uint32_t i = 0; i < COLLECTIONS; i++) make(i);
  for (uint32_t lot = 0; lot < LOTS; lot++)
    for (uint32_t i = 0; i < COLLECTIONS; i++) {
      fill(i, lot);
      for (size_t round = 0; round < test_rounds(250); round++) check_statement(i, &ways[i]);
    }
  for (uint32_t i = 0; i < COLLECTIONS; i++)
    assert_true(ways[i].counted && ways[i].ordered && ways[i].covered);
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"entries_answer_beside_lists", entries_answer_beside_lists, 600},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
