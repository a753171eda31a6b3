/* SPDX-License-Identifier: MIT */
/* Sequences under many sessions and over reopening: no number is given twice. */
#include "base/sync/sync.h"
#include "service/session/session.h"
#include "tests/lib/test.h"

enum { THREADS = 4, TAKEN = 300 };

struct taker {
  struct thread thread;
  struct db *db;
  int64_t numbers[TAKEN];
};

static int64_t ask(struct session *session, const char *text) {
  struct session_request request = {.source = {.lang = &lang_lql, .text = slice_of_text(text)}};
  struct session_cursor *cursor = NULL;
  struct val row;
  bool has = false;
  int64_t number = -1;
  if (session_run(session, &request, NULL, &cursor, test_err()) != LUMA_OK) return -1;
  if (session_next(cursor, &row, &has, test_err()) == LUMA_OK && has) {
    struct val value = session_column(cursor, 0);
    if (!val_to_int64(&value, &number)) number = -1;
  }
  session_cursor_close(cursor);
  return number;
}

static void take(void *context) {
  struct taker *taker = context;
  struct session *session;
  if (session_open(taker->db, &session, NULL) != LUMA_OK) return;
  for (int i = 0; i < TAKEN; i++) taker->numbers[i] = ask(session, "SELECT nextval('s')");
  session_close(session);
}

static struct db *open_db(const char *target) {
  struct db_options options = {0};
  struct db *db = NULL;
  assert_int_equal(db_open(target, &options, &db, test_err()), LUMA_OK);
  return db;
}

static int64_t ask_db(struct db *db, const char *text) {
  struct session *session;
  assert_int_equal(session_open(db, &session, test_err()), LUMA_OK);
  int64_t number = ask(session, text);
  session_close(session);
  return number;
}

static void threads_share_no_number(void) {
  struct db *db = open_db("memory:");
  static struct taker takers[THREADS];
  static bool seen[THREADS * TAKEN + 1];
  (void)ask_db(db, "CREATE SEQUENCE s");
  for (int t = 0; t < THREADS; t++) {
    takers[t].db = db;
    assert_int_equal(thread_start(&takers[t].thread, "taker", take, &takers[t], test_err()),
                     LUMA_OK);
  }
  for (int t = 0; t < THREADS; t++) thread_join(&takers[t].thread);
  for (int t = 0; t < THREADS; t++) {
    for (int i = 0; i < TAKEN; i++) {
      int64_t number = takers[t].numbers[i];
      assert_true(number >= 1 && number <= THREADS * TAKEN);
      assert_false(seen[number]);
      seen[number] = true;
      assert_true(i == 0 || number > takers[t].numbers[i - 1]);
    }
  }
  db_close(db);
}

static void reopening_goes_on_behind(void) {
  int64_t last = 0;
  for (int i = 0; i < 4; i++) {
    struct db *db = open_db(test_dir());
    if (i == 0) (void)ask_db(db, "CREATE SEQUENCE s CACHE 3");
    for (int k = 0; k < 4; k++) {
      int64_t number = ask_db(db, "SELECT nextval('s')");
      assert_true(number > last && number <= last + 4);
      last = number;
    }
    db_close(db);
  }
}

/* What setval, DROP and CREATE change ends the block of numbers that was under way. */
static void setting_ends_blocks(void) {
  struct db *db = open_db("memory:");
  (void)ask_db(db, "CREATE SEQUENCE s");
  assert_int_equal(ask_db(db, "SELECT nextval('s')"), 1);
  assert_int_equal(ask_db(db, "SELECT setval('s', 1000)"), 1000);
  assert_int_equal(ask_db(db, "SELECT nextval('s')"), 1001);
  (void)ask_db(db, "DROP SEQUENCE s");
  assert_int_equal(ask_db(db, "SELECT nextval('s')"), -1);
  (void)ask_db(db, "CREATE SEQUENCE s START 5");
  assert_int_equal(ask_db(db, "SELECT nextval('s')"), 5);
  db_close(db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"threads_share_no_number", threads_share_no_number, 0},
      {"reopening_goes_on_behind", reopening_goes_on_behind, 0},
      {"setting_ends_blocks", setting_ends_blocks, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
