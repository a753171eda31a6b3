/* SPDX-License-Identifier: MIT */
/* Paths go as deep as documents do: what nests so far is found, changed, shown, sorted by and
 * indexed by its path. */
#include "base/text/buf.h"
#include "tests/lang/script.h"
#include "value/path/path.h"

enum { TEXT_BYTES_MAX = 64 << 10, COMMAND_LEVELS = 3 };

static struct script_db db;

/** Runs what is written, and empties the text. */
static status run(struct buf *text, struct buf *answer) {
  struct err err = {0};
  buf_reset(answer);
  status done = script_try(&db, &lang_jql, buf_slice(text), answer, &err);
  if (done != LUMA_OK && done != LUMA_TOO_DEEP) print_message("%s\n", err.message);
  buf_reset(text);
  return done;
}

static void append_path(struct buf *out, uint32_t steps) {
  for (uint32_t i = 0; i < steps; i++) buf_append_text(out, i ? ".a" : "a");
}

/** Maps within each other, and a value in the last one. */
static void append_nested(struct buf *out, uint32_t steps, uint32_t value) {
  for (uint32_t i = 0; i < steps; i++) buf_append_text(out, i ? "{\"a\":" : "\"a\":");
  buf_append_format(out, "%u", value);
  for (uint32_t i = 1; i < steps; i++) buf_append_byte(out, '}');
}

static void insert(struct buf *text, struct buf *answer, uint32_t steps, uint32_t nth) {
  buf_append_format(text, "{\"insert\":\"t%u\",\"documents\":[{\"_id\":%u,", steps, nth);
  append_nested(text, steps, 10 - nth);
  buf_append_text(text, "}]}");
  assert_int_equal(run(text, answer), LUMA_OK);
}

static void check_count(struct buf *text, struct buf *answer, uint32_t steps, const char *asked,
                        const char *found) {
  buf_append_format(text, "{\"count\":\"t%u\",\"query\":{\"", steps);
  append_path(text, steps);
  buf_append_format(text, "\":%s}}", asked);
  assert_int_equal(run(text, answer), LUMA_OK);
  assert_true(slice_is_equal(buf_slice(answer), slice_of_text(found)));
}

static void check_depth(struct buf *text, struct buf *answer, uint32_t steps) {
  static const char sorted[] = "{\"_id\":2}\n{\"_id\":1}\n{\"_id\":0}\n";
  for (uint32_t i = 0; i < 3; i++) insert(text, answer, steps, i);
  check_count(text, answer, steps, "{\"$gte\":9}", "2\n");
  for (uint32_t round = 0; round < 2; round++) {
    buf_append_format(text, "{\"find\":\"t%u\",\"filter\":{\"", steps);
    append_path(text, steps);
    buf_append_text(text, "\":{\"$gt\":0}},\"projection\":{\"_id\":1},\"sort\":{\"");
    append_path(text, steps);
    buf_append_text(text, "\":1}}");
    assert_int_equal(run(text, answer), LUMA_OK);
    assert_true(slice_is_equal(buf_slice(answer), slice_of_text(sorted)));
    buf_append_format(text, "{\"createIndexes\":\"t%u\",\"indexes\":[{\"key\":{\"", steps);
    append_path(text, steps);
    buf_append_text(text, "\":1},\"name\":\"deep\"}]}");
    assert_int_equal(run(text, answer), LUMA_OK);
  }
  buf_append_format(text, "{\"update\":\"t%u\",\"updates\":[{\"q\":{\"_id\":1},\"u\":{\"$inc\":{\"",
                    steps);
  append_path(text, steps);
  buf_append_text(text, "\":5}}}]}");
  assert_int_equal(run(text, answer), LUMA_OK);
  check_count(text, answer, steps, "14", "1\n");
  buf_append_format(text, "{\"aggregate\":\"t%u\",\"pipeline\":[{\"$project\":{\"_id\":0,\"v\":\"$",
                    steps);
  append_path(text, steps);
  buf_append_text(text, "\"}},{\"$sort\":{\"v\":1}},{\"$limit\":1}],\"cursor\":{}}");
  assert_int_equal(run(text, answer), LUMA_OK);
  assert_true(slice_is_equal(buf_slice(answer), slice_of_text("{\"v\":8}\n")));
}

static void paths_are_as_deep_as_documents(void) {
  static const uint32_t depths[] = {1, 2, 63, 64, 65, 100, DOC_DEPTH_MAX - COMMAND_LEVELS};
  struct buf text, answer;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_init(&answer, TEXT_BYTES_MAX);
  script_open(&db);
  for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++)
    check_depth(&text, &answer, depths[i]);
  buf_append_text(&text, "{\"find\":\"t1\",\"filter\":{\"");
  append_path(&text, PATH_STEPS_MAX + 1);
  buf_append_text(&text, "\":1}}");
  assert_int_equal(run(&text, &answer), LUMA_TOO_DEEP);
  script_close(&db);
  buf_deinit(&text);
  buf_deinit(&answer);
}

/** What an update makes deeper than documents may be is refused, and nothing is changed. */
static void updates_do_not_dig_too_deep(void) {
  struct buf text, answer;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_init(&answer, TEXT_BYTES_MAX);
  script_open(&db);
  buf_append_text(&text, "{\"insert\":\"t\",\"documents\":[{\"_id\":1,\"b\":{}}]}");
  assert_int_equal(run(&text, &answer), LUMA_OK);
  for (uint32_t steps = DOC_DEPTH_MAX - 4; steps <= DOC_DEPTH_MAX; steps++) {
    buf_append_text(&text, "{\"update\":\"t\",\"updates\":[{\"q\":{\"_id\":1},\"u\":{\"$set\":{\"");
    append_path(&text, steps);
    buf_append_text(&text, "\":{\"x\":1}}}}]}");
    assert_int_equal(run(&text, &answer), steps < DOC_DEPTH_MAX ? LUMA_OK : LUMA_TOO_DEEP);
    buf_append_text(&text,
                    "{\"update\":\"t\",\"updates\":[{\"q\":{},\"u\":{\"$unset\":{\"a\":1}}}]}");
    assert_int_equal(run(&text, &answer), LUMA_OK);
  }
  script_close(&db);
  buf_deinit(&text);
  buf_deinit(&answer);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"paths_are_as_deep_as_documents", paths_are_as_deep_as_documents, 60},
      {"updates_do_not_dig_too_deep", updates_do_not_dig_too_deep, 60},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
