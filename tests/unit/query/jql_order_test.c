/* SPDX-License-Identifier: MIT */
/* What is read in the order of indexes is what sorting gives: random finds of JQL that ask for one
 * of several values, or for one thing or another, and sort, skip and limit what they find. Every
 * sort ends with what is unique, so that there is one answer. */
#include "base/text/buf.h"
#include "tests/lang/script.h"

enum { DOCUMENTS = 150, TEXT_BYTES_MAX = 4096, ANSWER_BYTES_MAX = 4 << 20 };

/** What documents of a collection have: in lists, and in lists of maps, one index entry of many is
 * met first; texts of a collation are alike in several spellings. */
enum kind { SCALARS, LISTS, LISTS_OF_MAPS, COLLATED, KINDS };

static struct script_db db;

static uint32_t pick(uint32_t below) {
  return (uint32_t)rng_below(test_rng(), below);
}

static bool toss(void) {
  return pick(2) == 0;
}

static void run(struct slice text, const char *const *rules_off, struct buf *answer) {
  struct err err = {0};
  db.rules_off = rules_off;
  if (script_try(&db, &lang_jql, text, answer, &err) != LUMA_OK)
    fail_msg("%.*s: %s", SLICE_ARG(text), err.message);
}

static void run_text(struct buf *text) {
  struct buf answer;
  buf_init(&answer, ANSWER_BYTES_MAX);
  run(buf_slice(text), NULL, &answer);
  assert_true(slice_has_prefix(buf_slice(&answer), slice_of_text("affected")));
  buf_deinit(&answer);
  buf_reset(text);
}

/* ---- documents ---- */

static void append_scalar(struct buf *out) {
  static const char *const values[] = {"null", "true",  "1",     "2",     "2.5",   "3",
                                       "\"\"", "\"a\"", "\"A\"", "\"b\"", "\"B\"", "[]"};
  buf_append_text(out, values[pick(12)]);
}

static void append_list(struct buf *out) {
  buf_append_byte(out, '[');
  for (uint32_t i = 0, count = pick(4); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    append_scalar(out);
  }
  buf_append_byte(out, ']');
}

static void append_map(struct buf *out) {
  buf_append_text(out, "{\"k\":");
  append_scalar(out);
  if (pick(4)) {
    buf_append_text(out, ",\"s\":");
    append_scalar(out);
  }
  buf_append_byte(out, '}');
}

static void append_maps(struct buf *out) {
  buf_append_byte(out, '[');
  for (uint32_t i = 0, count = pick(4); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    append_map(out);
  }
  buf_append_byte(out, ']');
}

/** One attribute at most is a list: no index has two. */
static void append_document(struct buf *out, enum kind kind, uint32_t nth) {
  char list = kind == LISTS && toss() ? "abs"[pick(3)] : 0;
  buf_append_format(out, "{\"_id\":%u,\"u\":%u", nth, nth * 7 % DOCUMENTS);
  for (const char *name = "abs"; *name; name++) {
    if (pick(6) == 0) continue;
    buf_append_format(out, ",\"%c\":", *name);
    if (*name == list)
      append_list(out);
    else
      append_scalar(out);
  }
  buf_append_text(out, ",\"m\":");
  if (kind == LISTS_OF_MAPS && toss())
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
  append_index(&text, kind, "mu", "\"m.k\":1,\"m.s\":1,\"u\":-1");
  buf_append_text(&text,
                  "{\"name\":\"part\",\"key\":{\"b\":1,\"u\":1},\"partialFilterExpression\":{"
                  "\"a\":{\"$gt\":1}}},{\"name\":\"ub\",\"key\":{\"u\":1,\"b\":1},"
                  "\"unique\":true}]}");
  run_text(&text);
  for (uint32_t i = 0; i < DOCUMENTS; i++) {
    buf_append_format(&text, "{\"insert\":\"t%u\",\"documents\":[", kind);
    append_document(&text, kind, i);
    buf_append_text(&text, "]}");
    run_text(&text);
  }
  buf_deinit(&text);
}

/* ---- statements ---- */

static void append_in(struct buf *out) {
  buf_append_text(out, "{\"$in\":[");
  for (uint32_t i = 0, count = 1 + pick(4); i < count; i++) {
    if (i) buf_append_byte(out, ',');
    append_scalar(out);
  }
  buf_append_text(out, "]}");
}

static void append_condition(struct buf *out) {
  static const char *const names[] = {"a", "a", "a", "b", "b", "b", "s", "m.k", "m.k", "m.s"};
  static const char *const ops[] = {"$gt", "$gte", "$lt", "$lte", "$ne"};
  buf_append_format(out, "\"%s\":", names[pick(10)]);
  uint32_t kind = pick(8);
  if (kind < 4) {
    append_in(out);
  } else if (kind < 6) {
    append_scalar(out);
  } else {
    buf_append_format(out, "{\"%s\":", ops[pick(5)]);
    append_scalar(out);
    buf_append_byte(out, '}');
  }
}

/** Conditions that must all hold. */
static void append_conditions(struct buf *out) {
  buf_append_text(out, "{\"$and\":[");
  for (uint32_t i = 0, count = 1 + pick(2); i < count; i++) {
    buf_append_text(out, i ? ",{" : "{");
    append_condition(out);
    buf_append_byte(out, '}');
  }
  buf_append_text(out, "]}");
}

static void append_filter(struct buf *out) {
  if (pick(3)) {
    append_conditions(out);
    return;
  }
  buf_append_byte(out, '{');
  if (pick(4) == 0) {
    append_condition(out);
    buf_append_byte(out, ',');
  }
  buf_append_text(out, "\"$or\":[");
  for (uint32_t i = 0, count = 2 + pick(2); i < count; i++) {
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
                                      "\"b\":1,\"s\":-1,\"u\":1"};
  static const char *const projections[] = {"\"a\":1,\"s\":1,\"u\":1,\"_id\":0",
                                            "\"b\":1,\"s\":1,\"u\":1", "\"u\":1"};
  buf_append_format(out, "{\"find\":\"t%u\",\"filter\":", kind);
  append_filter(out);
  buf_append_format(out, ",\"sort\":{%s}", sorts[pick(11)]);
  if (pick(3) == 0) buf_append_format(out, ",\"projection\":{%s}", projections[pick(3)]);
  if (pick(3) == 0) buf_append_format(out, ",\"skip\":%u", pick(12));
  if (pick(3)) buf_append_format(out, ",\"limit\":%u", 1 + pick(20));
  if (kind == COLLATED && pick(8))
    buf_append_text(out, ",\"collation\":{\"locale\":\"en\",\"strength\":2}");
  buf_append_byte(out, '}');
}

/* ---- comparing ---- */

static bool is_planned(struct slice text, const char *how) {
  struct buf explain, answer;
  buf_init(&explain, TEXT_BYTES_MAX);
  buf_init(&answer, ANSWER_BYTES_MAX);
  buf_append_format(&explain, "{\"explain\":%.*s}", SLICE_ARG(text));
  run(buf_slice(&explain), NULL, &answer);
  bool is = answer.bytes && memmem(answer.data, answer.bytes, how, strlen(how)) != NULL;
  buf_deinit(&explain);
  buf_deinit(&answer);
  return is;
}

static void check_statement(struct slice text) {
  static const char *const off[] = {"answer from the index", "choose an index", "read in order",
                                    NULL};
  struct buf with, without;
  buf_init(&with, ANSWER_BYTES_MAX);
  buf_init(&without, ANSWER_BYTES_MAX);
  run(text, NULL, &with);
  run(text, off, &without);
  if (!slice_is_equal(buf_slice(&with), buf_slice(&without)))
    fail_msg("%.*s\nin the order of indexes:\n%.*s\nsorted:\n%.*s", SLICE_ARG(text),
             SLICE_ARG(buf_slice(&with)), SLICE_ARG(buf_slice(&without)));
  buf_deinit(&with);
  buf_deinit(&without);
}

/** Some of many statements are read in order, and some of those merged. */
static void check_collection(enum kind kind, size_t rounds) {
  size_t ordered = 0, merged = 0;
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  for (size_t i = 0; i < rounds; i++) {
    append_find(&text, kind);
    check_statement(buf_slice(&text));
    ordered += is_planned(buf_slice(&text), " in order");
    merged += is_planned(buf_slice(&text), " merged");
    buf_reset(&text);
  }
  buf_deinit(&text);
  assert_true(ordered > merged && merged > 0);
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
