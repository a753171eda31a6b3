/* SPDX-License-Identifier: MIT */
/* Pipelines that look documents up, unwind and group them, and put fields into them: random ones
 * over random documents must answer the same with all passes of the optimizer, with each left out,
 * with none, and as a branch of a $facet, where documents are built field by field. */
#include <stdlib.h>

#include "base/text/buf.h"
#include "query/opt/opt.h"
#include "tests/lang/script.h"

enum { DOCUMENTS = 60, TEXT_BYTES_MAX = 64 << 10, ANSWER_BYTES_MAX = 32 << 20, PASSES_MAX = 32 };

static struct script_db db;
static bool is_indexed; /* indexes change the order in which documents are found */

static uint32_t pick(uint32_t below) {
  return (uint32_t)rng_below(test_rng(), below);
}

static void append_one_of(struct buf *out, const char *const *texts, uint32_t count) {
  buf_append_text(out, texts[pick(count)]);
}

/* ---- documents: few values, of kinds that equal each other and of kinds that do not ---- */

static void append_scalar(struct buf *out) {
  static const char *const texts[] = {
      "null", "true", "1",     "1.0",   "{\"$numberLong\":\"1\"}",        "2",        "3", "2.5",
      "\"\"", "0",    "\"a\"", "\"b\"", "\"01ARZ3NDEKTSV4RRFFQ69G5FAV\"", "{\"x\":1}"};
  size_t before = out->bytes;
  append_one_of(out, texts, sizeof texts / sizeof texts[0]);
  /* Which of the equal keys of a group is shown is that of its first document. */
  if (is_indexed && out->bytes - before == 3 && memcmp(out->data + before, "1.0", 3) == 0)
    out->bytes -= 2;
}

static void append_value(struct buf *out) {
  if (pick(5)) {
    append_scalar(out);
    return;
  }
  buf_append_text(out, "[");
  for (uint32_t i = 0, count = pick(4); i < count; i++) {
    if (i) buf_append_text(out, ",");
    append_scalar(out);
  }
  buf_append_text(out, "]");
}

static void append_document(struct buf *out, uint32_t id) {
  buf_append_format(out, "{\"_id\":%u", id);
  for (const char *name = "abc"; *name; name++) {
    if (pick(5) == 0) continue;
    buf_append_format(out, ",\"%c\":", *name);
    append_value(out);
  }
  if (pick(2)) {
    buf_append_text(out, ",\"n\":{\"x\":");
    append_value(out);
    buf_append_text(out, "}");
  }
  buf_append_text(out, "}");
}

static status run_text(struct slice text, struct buf *answer, struct err *err) {
  return script_try(&db, &lang_jql, text, answer, err);
}

static void run_command(struct buf *command) {
  struct buf answer;
  buf_init(&answer, ANSWER_BYTES_MAX);
  assert_ok(run_text(buf_slice(command), &answer, test_err()));
  buf_deinit(&answer);
}

static void fill(const char *collection) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_format(&text, "{\"insert\":\"%s\",\"documents\":[", collection);
  for (uint32_t i = 0; i < DOCUMENTS; i++) {
    if (i) buf_append_text(&text, ",");
    append_document(&text, i);
  }
  buf_append_text(&text, "]}");
  run_command(&text);
  buf_deinit(&text);
}

static void make_index(const char *collection, const char *key) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_format(&text, "{\"createIndexes\":\"%s\",\"indexes\":[{\"key\":{\"%s\":1}}]}",
                    collection, key);
  run_command(&text);
  buf_deinit(&text);
}

/* ---- pipelines ---- */

static const char *const fields[] = {"a", "b", "c", "n.x", "_id", "nothing"};
enum { FIELDS = sizeof fields / sizeof fields[0] };
static const char *const places[] = {"f", "a", "new", "f"};

static void append_match(struct buf *out, const char *field) {
  buf_append_format(out, "{\"$match\":{\"%s\":", field);
  append_value(out);
  buf_append_text(out, "}}");
}

static void append_lookup(struct buf *out, const char *as) {
  buf_append_format(out, "{\"$lookup\":{\"from\":\"u\",\"localField\":\"%s\",",
                    fields[pick(FIELDS)]);
  buf_append_format(out, "\"foreignField\":\"%s\",\"as\":\"%s\"", fields[pick(FIELDS)], as);
  if (pick(4) == 0) {
    buf_append_text(out, ",\"pipeline\":[");
    append_match(out, "b");
    buf_append_text(out, "]");
  }
  buf_append_text(out, "}}");
}

static void append_unwind(struct buf *out, const char *as) {
  buf_append_format(out, ",{\"$unwind\":{\"path\":\"$%s\",\"preserveNullAndEmptyArrays\":%s}}", as,
                    pick(2) ? "true" : "false");
}

static void append_path(struct buf *out, const char *as) {
  if (pick(2))
    buf_append_format(out, "\"$%s.%s\"", as, fields[pick(FIELDS)]);
  else
    buf_append_format(out, "\"$%s\"", fields[pick(FIELDS)]);
}

static void append_group(struct buf *out, const char *as) {
  static const char *const sums[] = {"$sum", "$min", "$max", "$sum"};
  bool is_map = pick(4) == 0;
  buf_append_format(out, ",{\"$group\":{\"_id\":%s", is_map ? "{\"k\":" : "");
  append_path(out, as);
  if (is_map) buf_append_text(out, "}");
  buf_append_format(out, ",\"n\":{\"$sum\":1},\"v\":{\"%s\":", sums[pick(4)]);
  append_path(out, as);
  buf_append_text(out, "}}}");
}

static void append_set(struct buf *out, const char *as) {
  static const char *const names[] = {"new", "a", "n", "other", "c", "m.y"};
  buf_append_text(out, ",{\"$set\":{");
  for (uint32_t i = 0, from = pick(6), count = 1 + pick(3); i < count; i++) {
    if (i) buf_append_text(out, ",");
    buf_append_format(out, "\"%s\":", names[(from + i) % 6]);
    if (pick(3))
      append_path(out, as);
    else
      append_value(out);
  }
  buf_append_text(out, "}}");
}

static void append_pipeline(struct buf *out) {
  const char *as = places[pick(4)];
  if (pick(3) == 0) {
    append_match(out, fields[pick(FIELDS)]);
    buf_append_text(out, ",");
  }
  append_lookup(out, as);
  if (pick(3))
    append_unwind(out, as);
  else if (is_indexed)
    buf_append_format(out,
                      ",{\"$set\":{\"%s\":{\"$sortArray\":{\"input\":\"$%s\",\"sortBy\":{"
                      "\"_id\":1}}}}}",
                      as, as);
  if (pick(3) == 0) append_set(out, as);
  if (pick(2)) append_group(out, as);
  if (pick(3) == 0) append_set(out, as);
}

/* ---- comparing ---- */

static int compare_lines(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void sort_lines(struct buf *answer) {
  size_t count = 0;
  struct buf sorted;
  struct slice *lines = malloc((answer->bytes + 1) * sizeof *lines);
  assert_non_null(lines);
  buf_init(&sorted, ANSWER_BYTES_MAX);
  for (size_t at = 0; at < answer->bytes;) {
    const uint8_t *end = memchr(answer->data + at, '\n', answer->bytes - at);
    size_t bytes = (size_t)(end - answer->data) - at;
    if (answer->data[at] == '{') lines[count++] = slice_of(answer->data + at, bytes + 1);
    at += bytes + 1;
  }
  if (count) qsort(lines, count, sizeof *lines, compare_lines);
  for (size_t i = 0; i < count; i++) buf_append_slice(&sorted, lines[i]);
  free(lines);
  buf_deinit(answer);
  *answer = sorted;
}

static void answer_with(const char *const *rules_off, const struct buf *text, struct buf *answer) {
  struct err err = {0};
  buf_init(answer, ANSWER_BYTES_MAX);
  db.rules_off = rules_off;
  if (run_text(buf_slice(text), answer, &err) != LUMA_OK)
    fail_msg("%.*s: %s", SLICE_ARG(buf_slice(text)), err.message);
  db.rules_off = NULL;
  sort_lines(answer);
}

/** What follows the first difference, and a little before it. */
static struct slice from_difference(const struct buf *a, const struct buf *b) {
  enum { BEFORE = 60, SHOWN = 200 };
  size_t at = 0;
  while (at < a->bytes && at < b->bytes && a->data[at] == b->data[at]) at++;
  at = at > BEFORE ? at - BEFORE : 0;
  size_t left = a->bytes > at ? a->bytes - at : 0;
  return slice_of(left ? a->data + at : NULL, left < SHOWN ? left : SHOWN);
}

static void check_same(const struct buf *expected, const struct buf *answer, const struct buf *text,
                       const char *without) {
  if (!slice_is_equal(buf_slice(expected), buf_slice(answer)))
    fail_msg("%.*s\nwithout %s:\n%.*s\nas a branch, as written:\n%.*s", SLICE_ARG(buf_slice(text)),
             without, SLICE_ARG(from_difference(answer, expected)),
             SLICE_ARG(from_difference(expected, answer)));
}

static void check_rules(const struct buf *expected, const struct buf *text) {
  struct buf answer;
  for (uint32_t i = 0;; i++) {
    const char *one[] = {opt_pass_name(i), NULL};
    answer_with(one, text, &answer);
    check_same(expected, &answer, text, one[0] ? one[0] : "nothing");
    buf_deinit(&answer);
    if (!one[0]) return;
  }
}

static void check_pipeline(const struct buf *pipeline) {
  const char *off[PASSES_MAX] = {NULL};
  struct buf text, facet, expected, answer;
  for (uint32_t i = 0; opt_pass_name(i); i++) off[i] = opt_pass_name(i);
  buf_init(&text, TEXT_BYTES_MAX);
  buf_init(&facet, TEXT_BYTES_MAX);
  buf_append_format(&text, "{\"aggregate\":\"t\",\"pipeline\":[%.*s]}",
                    SLICE_ARG(buf_slice(pipeline)));
  buf_append_format(&facet,
                    "{\"aggregate\":\"t\",\"pipeline\":[{\"$facet\":{\"r\":[%.*s]}},{\"$unwind\":"
                    "\"$r\"},{\"$replaceRoot\":{\"newRoot\":\"$r\"}}]}",
                    SLICE_ARG(buf_slice(pipeline)));
  answer_with(off, &facet, &expected);
  answer_with(off, &text, &answer);
  check_same(&expected, &answer, &text, "all passes");
  check_rules(&expected, &text);
  buf_deinit(&answer);
  buf_deinit(&expected);
  buf_deinit(&facet);
  buf_deinit(&text);
}

static void check_pipelines(size_t rounds) {
  for (size_t round = 0; round < rounds; round++) {
    struct buf pipeline;
    buf_init(&pipeline, TEXT_BYTES_MAX);
    append_pipeline(&pipeline);
    check_pipeline(&pipeline);
    buf_deinit(&pipeline);
  }
}

static void without_indexes(void) {
  script_open(&db);
  fill("t");
  fill("u");
  check_pipelines(test_rounds(60));
  script_close(&db);
}

static void with_indexes(void) {
  is_indexed = true;
  script_open(&db);
  fill("t");
  fill("u");
  make_index("t", "a");
  make_index("u", "a");
  make_index("u", "b");
  make_index("u", "n.x");
  check_pipelines(test_rounds(60));
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"without indexes", without_indexes, 120},
      {"with indexes", with_indexes, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
