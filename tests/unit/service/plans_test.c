/* SPDX-License-Identifier: MIT */
/* The plan cache: what is taken again, and what must be planned anew. */
#include <stdio.h>

#include "service/session/session.h"
#include "tests/lib/test.h"

struct fixture {
  struct db *db;
  struct session *session;
};

static struct fixture begin(void) {
  struct fixture fixture;
  struct db_options options = {0};
  assert_int_equal(db_open("memory:", &options, &fixture.db, test_err()), LUMA_OK);
  assert_int_equal(session_open(fixture.db, &fixture.session, test_err()), LUMA_OK);
  return fixture;
}

static void end(struct fixture *fixture) {
  session_close(fixture->session);
  db_close(fixture->db);
}

static struct session_cursor *open_with(struct fixture *fixture, const char *text,
                                        const struct val *param) {
  struct session_request request = {.source = {.lang = &lang_lql, .text = slice_of_text(text)}};
  struct session_cursor *cursor = NULL;
  if (param) request.params = (struct query_params){.values = param, .count = 1};
  assert_int_equal(session_run(fixture->session, &request, NULL, &cursor, test_err()), LUMA_OK);
  return cursor;
}

static void run(struct fixture *fixture, const char *text) {
  session_cursor_close(open_with(fixture, text, NULL));
}

/* The first column of the first row as an integer; -1: there is no row, or another value. */
static int64_t number_with(struct fixture *fixture, const char *text, const struct val *param) {
  struct session_cursor *cursor = open_with(fixture, text, param);
  struct val row;
  bool has;
  int64_t number = -1;
  assert_int_equal(session_next(cursor, &row, &has, test_err()), LUMA_OK);
  struct val value = session_column(cursor, 0);
  if (!has || !val_is_number(&value) || !val_to_int64(&value, &number)) number = -1;
  session_cursor_close(cursor);
  return number;
}

static int64_t number(struct fixture *fixture, const char *text) {
  return number_with(fixture, text, NULL);
}

static uint64_t hits(struct fixture *fixture) {
  return plans_stats(fixture->db->plans).hits;
}

static void a_text_is_planned_once(void) {
  struct fixture fixture = begin();
  struct val one = val_int64(1), two = val_int64(2);
  run(&fixture, "INSERT INTO t {\"id\": 1, \"n\": 10}, {\"id\": 2, \"n\": 20}");
  uint64_t before = hits(&fixture);
  assert_int_equal(number_with(&fixture, "SELECT n FROM t WHERE id = ?", &one), 10);
  assert_int_equal(number_with(&fixture, "SELECT n FROM t WHERE id = ?;\n", &two), 20);
  assert_int_equal(number_with(&fixture, "SELECT n FROM t WHERE id = ?", &one), 10);
  assert_int_equal(hits(&fixture) - before, 2);
  assert_int_equal(number_with(&fixture, "SELECT n  FROM t WHERE id = ?", &one), 10);
  assert_int_equal(hits(&fixture) - before, 2);
  end(&fixture);
}

/* `ObjectId()` is another one each time, and would be the same in a plan that was kept. */
static void what_is_made_in_a_text_is_made_anew(void) {
  struct fixture fixture = begin();
  struct session_request request = {
      .source = {.lang = &lang_jql, .text = slice_of_text("db.t.insertOne({_id: ObjectId()})")}};
  for (int i = 0; i < 3; i++) {
    struct session_cursor *cursor = NULL;
    assert_int_equal(session_run(fixture.session, &request, NULL, &cursor, test_err()), LUMA_OK);
    session_cursor_close(cursor);
  }
  assert_int_equal(number(&fixture, "SELECT count(*) FROM t"), 3);
  assert_int_equal(hits(&fixture), 0);
  end(&fixture);
}

static void open_results_share_no_plan(void) {
  struct fixture fixture = begin();
  struct session_cursor *cursors[20];
  const char *text = "SELECT id FROM t";
  struct val row;
  bool has;
  run(&fixture, "INSERT INTO t {\"id\": 1}");
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 20; i++) cursors[i] = open_with(&fixture, text, NULL);
    for (int i = 0; i < 20; i++) {
      assert_int_equal(session_next(cursors[i], &row, &has, test_err()), LUMA_OK);
      assert_true(has);
      session_cursor_close(cursors[i]);
    }
  }
  assert_true(hits(&fixture) >= PLANS_WAYS);
  end(&fixture);
}

static void a_changed_catalog_is_noticed(void) {
  struct fixture fixture = begin();
  run(&fixture, "INSERT INTO t {\"id\": 1, \"n\": 10}");
  assert_int_equal(number(&fixture, "SELECT n FROM t WHERE n = 10"), 10);
  run(&fixture, "CREATE INDEX by_n ON t (n)");
  assert_int_equal(number(&fixture, "SELECT n FROM t WHERE n = 10"), 10);
  run(&fixture, "DROP INDEX by_n");
  assert_int_equal(number(&fixture, "SELECT n FROM t WHERE n = 10"), 10);
  run(&fixture, "DROP COLLECTION t");
  run(&fixture, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)");
  assert_int_equal(number(&fixture, "SELECT n FROM t WHERE n = 10"), -1);
  run(&fixture, "INSERT INTO t VALUES (7, 10)");
  assert_int_equal(number(&fixture, "SELECT n FROM t WHERE n = 10"), 10);
  end(&fixture);
}

/* A name without case means the only attribute of the kind, while it is the only one. */
static void new_names_are_noticed(void) {
  struct fixture fixture = begin();
  run(&fixture, "INSERT INTO t {\"id\": 1, \"Count_Of\": 10}");
  assert_int_equal(number(&fixture, "SELECT count_of FROM t WHERE id = 1"), 10);
  run(&fixture, "INSERT INTO t {\"id\": 2, \"count_of\": 20}");
  assert_int_equal(number(&fixture, "SELECT count_of FROM t WHERE id = 1"), -1);
  end(&fixture);
}

static void a_transactions_own_catalog_stays_its_own(void) {
  struct fixture fixture = begin();
  struct fixture other = {.db = fixture.db};
  assert_int_equal(session_open(fixture.db, &other.session, test_err()), LUMA_OK);
  run(&fixture, "INSERT INTO t {\"id\": 1, \"n\": 1}");
  run(&fixture, "BEGIN");
  run(&fixture, "CREATE TABLE u (n INTEGER)");
  run(&fixture, "INSERT INTO u VALUES (5)");
  for (int i = 0; i < 3; i++)
    assert_int_equal(number(&fixture, "SELECT u.n FROM u, t WHERE t.id = 1"), 5);
  struct session_request request = {
      .source = {.lang = &lang_lql, .text = slice_of_text("SELECT u.n FROM u, t WHERE t.id = 1")}};
  struct session_cursor *cursor = NULL;
  assert_int_equal(session_run(other.session, &request, NULL, &cursor, NULL),
                   LUMA_UNKNOWN_COLLECTION);
  run(&fixture, "ROLLBACK");
  assert_int_equal(session_run(fixture.session, &request, NULL, &cursor, NULL),
                   LUMA_UNKNOWN_COLLECTION);
  session_close(other.session);
  end(&fixture);
}

static void many_texts_push_others_out(void) {
  struct fixture fixture = begin();
  char text[64];
  run(&fixture, "INSERT INTO t {\"id\": 1, \"n\": 10}");
  for (int i = 0; i < 3 * PLANS_SETS * PLANS_WAYS; i++) {
    snprintf(text, sizeof text, "SELECT n + %d FROM t WHERE id = 1", i);
    assert_int_equal(number(&fixture, text), 10 + i);
  }
  end(&fixture);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_text_is_planned_once", a_text_is_planned_once, 30},
      {"what_is_made_in_a_text_is_made_anew", what_is_made_in_a_text_is_made_anew, 30},
      {"open_results_share_no_plan", open_results_share_no_plan, 30},
      {"a_changed_catalog_is_noticed", a_changed_catalog_is_noticed, 30},
      {"new_names_are_noticed", new_names_are_noticed, 30},
      {"a_transactions_own_catalog_stays_its_own", a_transactions_own_catalog_stays_its_own, 30},
      {"many_texts_push_others_out", many_texts_push_others_out, 30},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
