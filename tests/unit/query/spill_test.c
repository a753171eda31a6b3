/* SPDX-License-Identifier: MIT */
/* Sorting, grouping and joining more than the memory of a statement: rows wait on disk. Without a
 * place there it is an error, as a full disk is, and nothing is left behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lang/script.h"
#include "tests/lib/faultos.h"

enum { TEXT_BYTES_MAX = 16 << 20, ROWS = 12000, PER_INSERT = 1000, MEMORY = 1 << 20 };

static struct script_db db;
static struct faultos faultos;

/** Rows whose `a` are all different and in no order, `b` few and `c` long; the first byte of `c`
 * follows from `a`. */
static void fill(void) {
  struct buf text, answer;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_init(&answer, TEXT_BYTES_MAX);
  for (int from = 0; from < ROWS; from += PER_INSERT) {
    buf_reset(&text);
    buf_append_text(&text, "INSERT INTO t (id, a, b, c) VALUES ");
    for (int i = from; i < from + PER_INSERT; i++)
      buf_append_format(&text, "%s(%d, %d, %d, '%c%0*d')", i > from ? ", " : "", i, i * 7919 % ROWS,
                        i % 3, 'a' + i * 7919 % ROWS % 26, 20 + i % 200, i);
    assert_ok(script_try(&db, &lang_lql, buf_slice(&text), &answer, test_err()));
  }
  buf_deinit(&answer);
  buf_deinit(&text);
}

static void open_filled(void) {
  faultos_init(&faultos, os_linux());
  script_open(&db);
  fill();
  db.memory_bytes = MEMORY;
  db.os = &faultos.os;
  db.folder = test_dir();
}

static status sort(const char *text, struct buf *answer, struct err *err) {
  buf_reset(answer);
  return script_try(&db, &lang_lql, slice_of_text(text), answer, err);
}

static status count_one(void *context, const char *name) {
  (void)name;
  (*(int *)context)++;
  return LUMA_OK;
}

static void expect_empty_folder(void) {
  int entries = 0;
  assert_ok(os_list_dir(os_linux(), test_dir(), count_one, &entries, test_err()));
  assert_int_equal(0, entries);
}

/** The next line; NULL at the end. */
static char *next_line(char **at) {
  char *line = *at, *end = strchr(line, '\n');
  if (!end) return NULL;
  *end = 0;
  *at = end + 1;
  return line;
}

static int number_at(const char *text) {
  return (int)strtol(text, NULL, 10);
}

static void sorts_more_than_its_memory(void) {
  struct buf answer;
  open_filled();
  buf_init(&answer, TEXT_BYTES_MAX);
  assert_ok(sort("SELECT a, c FROM t ORDER BY a DESC", &answer, test_err()));
  buf_append_byte(&answer, 0);
  char *at = (char *)answer.data, *line = NULL;
  int expected = ROWS;
  while ((line = next_line(&at)) != NULL) {
    char *c = strstr(line, "\"c\":\"");
    expected--;
    assert_int_equal(expected, number_at(line + strlen("{\"a\":")));
    assert_non_null(c);
    assert_int_equal('a' + expected % 26, c[strlen("\"c\":\"")]);
  }
  assert_int_equal(0, expected);
  expect_empty_folder();
  buf_deinit(&answer);
  script_close(&db);
}

/** Of equal keys the earlier row comes first, although they were in different runs. */
static void keeps_the_order_of_equal_rows(void) {
  struct buf answer;
  open_filled();
  buf_init(&answer, TEXT_BYTES_MAX);
  assert_ok(sort("SELECT b, id, c FROM t ORDER BY b", &answer, test_err()));
  buf_append_byte(&answer, 0);
  char *at = (char *)answer.data, *line = NULL;
  int rows = 0, last_b = 0, last_id = -1;
  while ((line = next_line(&at)) != NULL) {
    int b = number_at(line + strlen("{\"b\":"));
    int id = number_at(strstr(line, "\"id\":") + strlen("\"id\":"));
    assert_true(b > last_b || (b == last_b && id > last_id));
    last_b = b;
    last_id = id;
    rows++;
  }
  assert_int_equal(ROWS, rows);
  buf_deinit(&answer);
  script_close(&db);
}

static const char *const statements[] = {
    "SELECT a, c FROM t ORDER BY a",
    "SELECT a % 9000 AS g, count(*) AS n, sum(b) AS s, max(c) AS m FROM t GROUP BY a % 9000",
    ("SELECT c, count(DISTINCT b) AS n, avg(a) AS m FROM t WHERE b < 2 GROUP BY c, b HAVING avg(a) "
     "> 9"),
    "SELECT DISTINCT c, a % 5000 AS n FROM t",
    "SELECT id, c, row_number() OVER (PARTITION BY a % 500 ORDER BY id DESC) AS n FROM t",
    ("SELECT a, c, sum(a) OVER (PARTITION BY b, a % 100 ORDER BY a) AS s, lag(c) OVER (PARTITION "
     "BY "
     "a % 1000 ORDER BY c DESC) AS l, max(c) OVER (PARTITION BY b, a % 100 ORDER BY a ROWS BETWEEN "
     "2 "
     "PRECEDING AND CURRENT ROW) AS m, rank() OVER (PARTITION BY id % 300) AS r FROM t"),
    ("SELECT a, c, row_number() OVER w AS n, rank() OVER w AS r, dense_rank() OVER w AS d, sum(a) "
     "OVER "
     "w AS s, count(c) FILTER (WHERE b = 1) OVER w AS k, avg(b) OVER (ORDER BY a % 5000) AS m FROM "
     "t "
     "WINDOW w AS (ORDER BY a % 5000)"),
    ("SELECT c, row_number() OVER () AS n, sum(a) OVER (PARTITION BY b ORDER BY c ROWS UNBOUNDED "
     "PRECEDING) AS s FROM t"),
    "SELECT count(*) AS n FROM (SELECT DISTINCT substr(c, 1, 25) AS c, a FROM t) AS q",
    NULL,
};

/* Rows of these come in another order where there is no room. */
static const char *const unordered[] = {
    "SELECT x.a AS xa, y.a AS ya, y.c AS yc FROM t AS x JOIN t AS y ON x.a = y.id + 1",
    "SELECT x.id AS xi, y.c AS yc FROM t AS x LEFT JOIN t AS y ON x.a = y.a * 2 AND y.b < 2",
    ("SELECT x.id AS xi, y.c AS yc, y.b AS yb FROM t AS x FULL JOIN t AS y ON nullif(x.a % 9000, "
     "5) "
     "= nullif(y.a, 9) + 3000 AND x.b = y.b"),
    "SELECT a, c FROM t UNION SELECT a % 6000, c FROM t WHERE b < 2",
    "SELECT a % 9000 AS a, c FROM t INTERSECT SELECT a, c FROM t WHERE b > 0",
    "SELECT a, c FROM t EXCEPT SELECT a, c FROM t WHERE a % 7 = 3",
    "SELECT a, substr(c, 1, 9) AS c FROM t EXCEPT SELECT a, c FROM t",
    ("SELECT a % 4000 AS a, b FROM t INTERSECT ALL SELECT a % 6000, b FROM t WHERE id % 5 > 0"),
    "SELECT a % 4000 AS a, b FROM t EXCEPT ALL SELECT a % 6000, b FROM t WHERE id % 5 > 0",
    "SELECT x.id AS xi, x.c AS xc FROM t AS x WHERE x.a IN (SELECT y.a * 3 FROM t AS y)",
    ("SELECT x.id AS xi FROM t AS x WHERE NOT EXISTS (SELECT 1 FROM t AS y WHERE y.a = x.id + 6000 "
     "AND y.c > x.c)"),
    ("SELECT count(*) AS n, sum(y.a) AS s FROM t AS x JOIN t AS y ON x.c = y.c JOIN t AS z ON z.a "
     "= "
     "y.id"),
    NULL,
};
enum { UNORDERED_LARGE = 6 }; /* those that must have a place on disk */

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/** Puts the lines in order. */
static void sort_lines(struct buf *text) {
  struct buf sorted;
  static char *lines[4 * ROWS];
  size_t count = 0;
  buf_init(&sorted, TEXT_BYTES_MAX);
  buf_append_byte(text, 0);
  for (char *at = (char *)text->data, *line; (line = next_line(&at)) != NULL;) {
    assert_true(count < sizeof lines / sizeof lines[0]);
    lines[count++] = line;
  }
  qsort(lines, count, sizeof *lines, compare_lines);
  for (size_t i = 0; i < count; i++) buf_append_format(&sorted, "%s\n", lines[i]);
  buf_deinit(text);
  *text = sorted;
}

/** What has room and what has not answer alike. */
static void expect_alike(const char *const *texts, bool in_order) {
  struct buf with, without;
  open_filled();
  buf_init(&with, TEXT_BYTES_MAX);
  buf_init(&without, TEXT_BYTES_MAX);
  for (const char *const *text = texts; *text; text++) {
    db.memory_bytes = 0;
    assert_ok(sort(*text, &with, test_err()));
    db.memory_bytes = MEMORY;
    if (sort(*text, &without, test_err()) != LUMA_OK)
      fail_msg("%s: %s", *text, test_err()->message);
    if (!in_order) sort_lines(&with);
    if (!in_order) sort_lines(&without);
    if (!slice_is_equal(buf_slice(&with), buf_slice(&without))) fail_msg("%s", *text);
    expect_empty_folder();
  }
  buf_deinit(&with);
  buf_deinit(&without);
  script_close(&db);
}

static void answers_as_with_more_memory(void) {
  expect_alike(statements, true);
}

static void joins_as_with_more_memory(void) {
  expect_alike(unordered, false);
}

/** A partition of a window is all that is kept of what was read. */
static void windows_keep_a_partition(void) {
  struct buf answer;
  open_filled();
  buf_init(&answer, TEXT_BYTES_MAX);
  assert_ok(script_try(
      &db, &lang_jql,
      slice_of_text(
          "{\"aggregate\":\"t\",\"pipeline\":[{\"$setWindowFields\":{\"partitionBy\":"
          "{\"$mod\":[\"$a\",4000]},\"sortBy\":{\"a\":1},\"output\":{\"n\":{\"$sum\":1},"
          "\"all\":{\"$push\":\"$a\"}}}},{\"$group\":{\"_id\":\"$n\",\"rows\":{\"$sum\":1},"
          "\"last\":{\"$max\":\"$all\"}}}]}"),
      &answer, test_err()));
  buf_append_byte(&answer, 0);
  assert_string_equal("{\"_id\":3,\"rows\":12000,\"last\":[3999,7999,11999]}\n",
                      (const char *)answer.data);
  expect_empty_folder();
  buf_deinit(&answer);
  script_close(&db);
}

static void fails_without_a_place(void) {
  struct buf answer;
  open_filled();
  buf_init(&answer, TEXT_BYTES_MAX);
  db.folder = NULL;
  for (const char *const *text = statements; *text; text++) {
    struct err err = {0};
    if (sort(*text, &answer, &err) != LUMA_BUDGET_EXCEEDED) fail_msg("%s: %s", *text, err.message);
  }
  for (const char *const *text = unordered; text < unordered + UNORDERED_LARGE; text++) {
    struct err err = {0};
    if (sort(*text, &answer, &err) != LUMA_BUDGET_EXCEEDED) fail_msg("%s: %s", *text, err.message);
  }
  buf_deinit(&answer);
  script_close(&db);
}

/** Every call that fails once ends the statement with that error; the next one works. */
static void fail_as_the_disk_does(const char *text) {
  static const struct {
    unsigned kinds;
    status code;
  } faults[] = {{FAULTOS_OPEN | FAULTOS_WRITE, LUMA_DISK_FULL},
                {FAULTOS_READ | FAULTOS_REMOVE, LUMA_IO_ERROR}};
  struct buf answer;
  open_filled();
  buf_init(&answer, TEXT_BYTES_MAX);
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    status done = LUMA_DISK_FULL;
    uint64_t nth = 1;
    for (; done != LUMA_OK; nth += 1 + nth / 4) {
      struct err err = {0};
      faultos_arm(&faultos, faults[i].kinds, nth, false, faults[i].code);
      done = sort(text, &answer, &err);
      bool has_failed = faultos_hits(&faultos) > 0;
      faultos_disarm(&faultos);
      assert_int_equal(has_failed ? faults[i].code : LUMA_OK, done);
    }
    assert_true(nth > 3);
    assert_ok(sort(text, &answer, test_err()));
  }
  buf_deinit(&answer);
  script_close(&db);
}

static void fails_as_the_disk_does(void) {
  fail_as_the_disk_does(statements[0]);
  fail_as_the_disk_does(statements[1]);
  fail_as_the_disk_does(statements[3]);
  fail_as_the_disk_does(unordered[2]);
  fail_as_the_disk_does(unordered[4]);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"sorts_more_than_its_memory", sorts_more_than_its_memory, 120},
      {"keeps_the_order_of_equal_rows", keeps_the_order_of_equal_rows, 120},
      {"answers_as_with_more_memory", answers_as_with_more_memory, 120},
      {"joins_as_with_more_memory", joins_as_with_more_memory, 120},
      {"windows_keep_a_partition", windows_keep_a_partition, 120},
      {"fails_without_a_place", fails_without_a_place, 120},
      {"fails_as_the_disk_does", fails_as_the_disk_does, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
