/* SPDX-License-Identifier: MIT */
/* Statements that are large and right: many branches, many arguments, many sources, SELECTs within
 * SELECTs that would multiply if each were run for every row around it. */
#include <stdio.h>

#include "tests/lang/script.h"

enum { TEXT_BYTES_MAX = 1 << 20, ROWS = 40 };

static struct script_db db;

static void expect(struct buf *text, const char *answer) {
  struct buf got;
  buf_init(&got, TEXT_BYTES_MAX);
  assert_ok(script_try(&db, &lang_lql, buf_slice(text), &got, test_err()));
  buf_append_byte(&got, 0);
  if (answer) assert_string_equal(answer, (const char *)got.data);
  buf_deinit(&got);
  buf_reset(text);
}

static void open_filled(struct buf *text) {
  script_open(&db);
  buf_init(text, TEXT_BYTES_MAX);
  buf_append_text(text, "INSERT INTO t (id, a) VALUES (0, 0)");
  for (int i = 1; i < ROWS; i++) buf_append_format(text, ", (%d, %d)", i, i);
  expect(text, NULL);
}

static void close_all(struct buf *text) {
  buf_deinit(text);
  script_close(&db);
}

static void takes_many_branches(void) {
  struct buf text;
  open_filled(&text);
  buf_append_text(&text, "SELECT sum(CASE");
  for (int i = 0; i < 2000; i++) buf_append_format(&text, " WHEN a = %d THEN %d", i, i * 10);
  buf_append_text(&text, " END) AS n FROM t");
  expect(&text, "{\"n\":7800}\n");
  buf_append_text(&text, "SELECT sum(CASE a");
  for (int i = 30; i < 1000; i++) buf_append_format(&text, " WHEN %d THEN 1", i);
  buf_append_text(&text, " ELSE 100 END) AS n FROM t");
  expect(&text, "{\"n\":3010}\n");
  close_all(&text);
}

static void takes_many_arguments(void) {
  struct buf text;
  open_filled(&text);
  buf_append_text(&text, "SELECT coalesce(NULL");
  for (int i = 0; i < 98; i++) buf_append_format(&text, ", nullif(a, %d)", 5);
  buf_append_text(&text, ", -1) AS n FROM t WHERE a IN (5, 6) ORDER BY a");
  expect(&text, "{\"n\":-1}\n{\"n\":6}\n");
  buf_append_text(&text, "SELECT greatest(a");
  for (int i = 0; i < 99; i++) buf_append_format(&text, ", a - %d", i);
  buf_append_text(&text, ") AS n FROM t WHERE a = 7");
  expect(&text, "{\"n\":7}\n");
  close_all(&text);
}

static void joins_as_many_as_it_says(void) {
  struct buf text;
  open_filled(&text);
  buf_append_text(&text, "SELECT count(*) AS n FROM t x0");
  for (int i = 1; i < 64; i++) buf_append_format(&text, ", t x%d", i);
  buf_append_text(&text, " WHERE x0.a < 9");
  for (int i = 63; i > 0; i--) buf_append_format(&text, " AND x%d.a = x%d.a", i, i - 1);
  expect(&text, "{\"n\":9}\n");
  close_all(&text);
}

/** Each level reads the row just around it: 40 rows a level, and what is asked twice is known. */
static void runs_nested_selects_once_for_each_value(void) {
  struct buf text;
  open_filled(&text);
  buf_append_text(&text, "SELECT count(*) AS n FROM t x0 WHERE ");
  for (int i = 1; i <= 10; i++)
    buf_append_format(&text, "(SELECT count(*) FROM t x%d WHERE x%d.a >= x%d.a %% 7 AND ", i, i,
                      i - 1);
  buf_append_text(&text, "true");
  for (int i = 1; i <= 10; i++) buf_append_text(&text, ") > 0");
  expect(&text, "{\"n\":40}\n");
  close_all(&text);
}

/** Groups of a few values each: what is kept of each is as small as that. */
static void keeps_little_of_many_groups(void) {
  struct buf text;
  open_filled(&text);
  db.memory_bytes = 32 << 20;
  static const char *const aggregates[] = {"count(DISTINCT x)", "array_agg(x)", "median(x)",
                                           "string_agg(x::text, ',')"};
  for (size_t i = 0; i < sizeof aggregates / sizeof aggregates[0]; i++) {
    buf_append_format(&text,
                      "SELECT count(*) AS n FROM (SELECT x %% 8000 AS g, %s AS v FROM "
                      "generate_series(1, 16000) AS x GROUP BY x %% 8000) AS q WHERE v IS NOT NULL",
                      aggregates[i]);
    expect(&text, "{\"n\":8000}\n");
  }
  close_all(&text);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"takes_many_branches", takes_many_branches, 0},
      {"takes_many_arguments", takes_many_arguments, 0},
      {"joins_as_many_as_it_says", joins_as_many_as_it_says, 0},
      {"runs_nested_selects_once_for_each_value", runs_nested_selects_once_for_each_value, 0},
      {"keeps_little_of_many_groups", keeps_little_of_many_groups, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
