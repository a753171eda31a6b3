/* SPDX-License-Identifier: MIT */
/* What is read in the order of indexes is what sorting gives: random finds of JQL that ask for one
 * of several values, or for one thing or another, and sort, skip and limit what they find. Every
 * sort ends with what is unique, so that there is one answer. */
#include "tests/unit/query/beside.h"

enum { DOCUMENTS = 150, TEXT_BYTES_MAX = 4096 };

/** What documents of a collection have: in lists, and in lists of maps, one index entry of many is
 * met first; texts of a collation are alike in several spellings. */
enum kind { SCALARS, LISTS, LISTS_OF_MAPS, COLLATED, KINDS };

static struct script_db db;

/* ---- documents ---- */

static void append_scalar(struct buf *out) {
  static const char *const values[] = {"null", "true",  "1",     "2",     "2.5",   "3",
                                       "\"\"", "\"a\"", "\"A\"", "\"b\"", "\"B\"", "[]"};
  buf_append_text(out, values[beside_pick(12)]);
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
  if (beside_pick(4)) {
    buf_append_text(out, ",\"s\":");
    append_scalar(out);
  }
  buf_append_byte(out, '}');
}

static void append_maps(struct buf *out) {
  buf_append_byte(out, '[');
  for (uint32_t i = 0, count = beside_pick(4); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    append_map(out);
  }
  buf_append_byte(out, ']');
}

/** Keys are of several kinds, and in another order than `u`. */
static void append_key(struct buf *out, uint32_t nth) {
  static const char *const before[] = {"", "\"k", "", "{\"k\":"}, *const behind[] = {"", "\"", ".5",
                                                                                     "}"};
  buf_append_format(out, "%s%u%s", before[nth % 4], nth * 11 % DOCUMENTS, behind[nth % 4]);
}

/** One attribute at most is a list: no index has two. */
static void append_document(struct buf *out, enum kind kind, uint32_t nth) {
  char list = kind == LISTS && beside_toss() ? "abs"[beside_pick(3)] : 0;
  buf_append_text(out, "{\"_id\":");
  append_key(out, nth);
  buf_append_format(out, ",\"u\":%u", nth * 7 % DOCUMENTS);
  for (const char *name = "abs"; *name; name++) {
    if (beside_pick(6) == 0) continue;
    buf_append_format(out, ",\"%c\":", *name);
    if (*name == list)
      append_list(out);
    else
      append_scalar(out);
  }
  buf_append_text(out, ",\"m\":");
  if (kind == LISTS_OF_MAPS && beside_toss())
    append_maps(out);
  else
    append_map(out);
  buf_append_byte(out, '}');
}

static void append_index(struct buf *out, enum kind kind, const char *name, const char *key) {
  buf_append_format(out, "{\"name\":\"%s\",\"key\":{%s}%s},", name, key,
                    kind == COLLATED ? ",\"collation\":{\"locale\":\"en\",\"strength\":2}" : "");
}

static void fill(enum kind kind) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_format(&text, "{\"createIndexes\":\"t%u\",\"indexes\":[", kind);
  append_index(&text, kind, "asu", "\"a\":1,\"s\":1,\"u\":1");
  append_index(&text, kind, "bsu", "\"b\":-1,\"s\":-1,\"u\":-1");
  append_index(&text, kind, "bdu", "\"b\":1,\"s\":-1,\"u\":1");
  append_index(&text, kind, "abu", "\"a\":-1,\"b\":1,\"u\":1");
  append_index(&text, kind, "s", "\"s\":1");
  append_index(&text, kind, "bi", "\"b\":1,\"_id\":-1");
  append_index(&text, kind, "mu", "\"m.k\":1,\"m.s\":1,\"u\":-1");
  buf_append_text(&text,
                  "{\"name\":\"part\",\"key\":{\"b\":1,\"u\":1},\"partialFilterExpression\":{"
                  "\"a\":{\"$gt\":1}}},{\"name\":\"ub\",\"key\":{\"u\":1,\"b\":1},"
                  "\"unique\":true}]}");
  beside_change(&db, &text);
  for (uint32_t i = 0; i < DOCUMENTS; i++) {
    buf_append_format(&text, "{\"insert\":\"t%u\",\"documents\":[", kind);
    append_document(&text, kind, i);
    buf_append_text(&text, "]}");
    beside_change(&db, &text);
  }
  buf_deinit(&text);
}

/* ---- statements ---- */

static void append_in(struct buf *out) {
  buf_append_text(out, "{\"$in\":[");
  for (uint32_t i = 0, count = 1 + beside_pick(4); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    append_scalar(out);
  }
  buf_append_text(out, "]}");
}

/** One key, several, or a range of them. */
static void append_keys(struct buf *out) {
  static const char *const ops[] = {"$gt", "$lte", "$eq", "$eq"};
  uint32_t kind = beside_pick(5);
  if (kind < 4) {
    buf_append_format(out, "\"_id\":{\"%s\":", ops[kind]);
    append_key(out, beside_pick(DOCUMENTS + 4));
    buf_append_byte(out, '}');
    return;
  }
  buf_append_text(out, "\"_id\":{\"$in\":[");
  for (uint32_t i = 0, count = 1 + beside_pick(20); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    append_key(out, beside_pick(DOCUMENTS));
  }
  buf_append_text(out, "]}");
}

static void append_condition(struct buf *out) {
  static const char *const names[] = {"a", "a", "a", "b", "b", "b", "s", "m.k", "m.k", "m.s"};
  static const char *const ops[] = {"$gt", "$gte", "$lt", "$lte", "$ne"};
  if (beside_pick(8) == 0) {
    append_keys(out);
    return;
  }
  buf_append_format(out, "\"%s\":", names[beside_pick(10)]);
  uint32_t kind = beside_pick(8);
  if (kind < 4) {
    append_in(out);
  } else if (kind < 6) {
    append_scalar(out);
  } else {
    buf_append_format(out, "{\"%s\":", ops[beside_pick(5)]);
    append_scalar(out);
    buf_append_byte(out, '}');
  }
}

/** Conditions that must all hold. */
static void append_conditions(struct buf *out) {
  buf_append_text(out, "{\"$and\":[");
  for (uint32_t i = 0, count = 1 + beside_pick(2); i < count; i++) {
    buf_append_text(out, i ? ",{" : "{");
    append_condition(out);
    buf_append_byte(out, '}');
  }
  buf_append_text(out, "]}");
}

/** Some of the alternatives are keys. */
static void append_union_with_keys(struct buf *out) {
  buf_append_text(out, "{\"$or\":[{");
  append_keys(out);
  buf_append_text(out, beside_toss() ? "},{\"b\":" : "},{\"s\":");
  append_scalar(out);
  buf_append_text(out, "},{");
  append_keys(out);
  buf_append_text(out, "}]}");
}

static void append_filter(struct buf *out) {
  if (beside_pick(3)) {
    append_conditions(out);
    return;
  }
  buf_append_byte(out, '{');
  if (beside_pick(4) == 0) {
    append_condition(out);
    buf_append_byte(out, ',');
  }
  buf_append_text(out, "\"$or\":[");
  for (uint32_t i = 0, count = 2 + beside_pick(2); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    append_conditions(out);
  }
  buf_append_text(out, "]}");
}

static void append_find(struct buf *out, enum kind kind) {
  static const char *const sorts[] = {"\"s\":1,\"u\":1",
                                      "\"s\":-1,\"u\":-1",
                                      "\"s\":-1,\"u\":1",
                                      "\"s\":1,\"u\":-1",
                                      "\"u\":1",
                                      "\"u\":-1",
                                      "\"b\":1,\"u\":1",
                                      "\"m.s\":1,\"u\":-1",
                                      "\"m.s\":-1,\"u\":1",
                                      "\"a\":1,\"s\":1,\"u\":1",
                                      "\"b\":1,\"s\":-1,\"u\":1",
                                      "\"_id\":1",
                                      "\"_id\":1",
                                      "\"_id\":-1",
                                      "\"s\":1,\"_id\":1",
                                      "\"s\":-1,\"_id\":-1",
                                      "\"s\":1,\"_id\":-1",
                                      "\"b\":1,\"_id\":-1"};
  enum { BY_KEY = 11, SORTS = sizeof sorts / sizeof sorts[0] };
  static const char *const projections[] = {"\"a\":1,\"s\":1,\"u\":1,\"_id\":0",
                                            "\"b\":1,\"s\":1,\"u\":1", "\"u\":1"};
  buf_append_format(out, "{\"find\":\"t%u\",\"filter\":", kind);
  bool is_by_key = beside_pick(8) == 0;
  if (is_by_key)
    append_union_with_keys(out);
  else
    append_filter(out);
  uint32_t nth = is_by_key ? BY_KEY + beside_pick(3) : beside_pick(SORTS);
  buf_append_format(out, ",\"sort\":{%s}", sorts[nth]);
  if (beside_pick(3) == 0)
    buf_append_format(out, ",\"projection\":{%s}", projections[beside_pick(3)]);
  if (beside_pick(3) == 0) buf_append_format(out, ",\"skip\":%u", beside_pick(12));
  if (beside_pick(3)) buf_append_format(out, ",\"limit\":%u", 1 + beside_pick(20));
  if (kind == COLLATED && beside_pick(8))
    buf_append_text(out, ",\"collation\":{\"locale\":\"en\",\"strength\":2}");
  buf_append_byte(out, '}');
}

/* ---- comparing ---- */

/** Some of many statements are read in order, and some of those merged. */
static void check_collection(enum kind kind, size_t rounds) {
  static const char *const off[] = {"answer from the index", "choose an index", "read in order",
                                    NULL};
  size_t ordered = 0, merged = 0, by_key = 0;
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  for (size_t i = 0; i < rounds; i++) {
    append_find(&text, kind);
    beside_check(&db, buf_slice(&text), off, true);
    ordered += beside_is_planned(&db, buf_slice(&text), " in order");
    bool merges = beside_is_planned(&db, buf_slice(&text), " merged");
    merged += merges;
    by_key += merges && beside_is_planned(&db, buf_slice(&text), " by key");
    buf_reset(&text);
  }
  buf_deinit(&text);
  assert_true(ordered > merged && merged > 0 && (by_key > 0 || kind == COLLATED));
}

static void ordered_answers_are_the_sorted(void) {
  script_open(&db);
  for (enum kind kind = 0; kind < KINDS; kind++) fill(kind);
  for (enum kind kind = 0; kind < KINDS; kind++) check_collection(kind, test_rounds(800));
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"ordered_answers_are_the_sorted", ordered_answers_are_the_sorted, 600},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
