/* SPDX-License-Identifier: MIT */
/* The public interface from several threads: a database is shared, a session is not, and
 * luma_cancel may come from anywhere. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "api_cases.h"

enum { THREADS = 4, ROUNDS = 200 };

struct worker {
  luma_db *db;
  int number;
  atomic_int *problems;
};

/* Statements on their own are tried again on conflict, so none is lost. */
static void *count_up(void *context) {
  struct worker *worker = context;
  luma_session *session;
  char text[128];
  if (luma_session_open(worker->db, &session, NULL) != LUMA_OK) {
    atomic_fetch_add(worker->problems, 1);
    return NULL;
  }
  for (int i = 0; i < ROUNDS; i++) {
    snprintf(text, sizeof text,
             "INSERT INTO log {who: %d, i: %d}; UPDATE counters SET n = n + 1 WHERE id = %d",
             worker->number, i, i % 8);
    if (luma_exec(session, "lql", text, NULL, NULL) != LUMA_OK)
      atomic_fetch_add(worker->problems, 1);
  }
  luma_session_close(session);
  return NULL;
}

static void threads_share_a_database(void **state) {
  (void)state;
  struct api api = api_begin();
  struct worker workers[THREADS];
  pthread_t threads[THREADS];
  atomic_int problems = 0;
  for (int i = 0; i < 8; i++) {
    char text[64];
    snprintf(text, sizeof text, "INSERT INTO counters {id: %d, n: 0}", i);
    api_exec(api.session, text);
  }
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){api.db, i, &problems};
    assert_int_equal(pthread_create(&threads[i], NULL, count_up, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  assert_int_equal(problems, 0);
  assert_int_equal(api_number(api.session, "SELECT SUM(n) FROM counters"), THREADS * ROUNDS);
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM log"), THREADS * ROUNDS);
  api_end(&api);
}

struct canceller {
  luma_session *session;
  atomic_bool is_over;
};

/* Again and again: a call that comes before the statement runs does nothing. */
static void *cancel_soon(void *context) {
  struct canceller *canceller = context;
  while (!canceller->is_over) {
    usleep(100000);
    luma_cancel(canceller->session);
  }
  return NULL;
}

static void fill(luma_session *session) {
  luma_import *import;
  char line[32];
  assert_ok(luma_import_open(session, "t", LUMA_IMPORT_NDJSON, &import, &api_error));
  for (int i = 0; i < 3000; i++) {
    int bytes = snprintf(line, sizeof line, "{\"n\":%d}\n", i);
    assert_ok(luma_import_write(import, line, (size_t)bytes, &api_error));
  }
  assert_ok(luma_import_close(import, NULL, &api_error));
}

/* 27,000 million pairs: hours, unless it is ended. */
static const char endless[] = "SELECT COUNT(*) FROM t a, t b, t c WHERE a.n + b.n + c.n < 0";

static void another_thread_cancels(void **state) {
  (void)state;
  struct api api = api_begin();
  struct canceller canceller = {.session = api.session};
  pthread_t thread;
  fill(api.session);
  assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &canceller), 0);
  assert_status(LUMA_CANCELLED, luma_exec(api.session, "lql", endless, NULL, &api_error));
  canceller.is_over = true;
  pthread_join(thread, NULL);
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM t"), 3000);
  api_end(&api);
}

/* What the callback was told: each commit once, in order. */
struct told {
  luma_db *db;
  luma_position last;
  uint64_t count;
  atomic_int disorder;
};

static void note_committed(void *context, luma_position position) {
  struct told *told = context;
  if (position.high <= told->last.high) atomic_fetch_add(&told->disorder, 1);
  told->last = position;
  told->count++;
}

static void a_session_runs_ahead_of_the_disk(void **state) {
  (void)state;
  enum { AHEAD = 500 };
  char path[64];
  luma_session *session;
  struct told told = {0};
  luma_options options = {.committed = note_committed, .committed_context = &told};
  api_make_dir(path);
  assert_ok(luma_open(path, &options, &told.db, &api_error));
  assert_ok(luma_session_open(told.db, &session, &api_error));
  assert_ok(luma_exec(session, "lql", "INSERT INTO t {id: -1, n: 0}", NULL, &api_error));
  luma_position before = luma_last_position(session);
  assert_true(luma_position_compare(told.db, before, luma_durable(told.db)) <= 0);
  luma_set_queued(session, true);
  for (int i = 0; i < AHEAD; i++) {
    char json[64];
    snprintf(json, sizeof json, "{\"id\": %d}", i);
    assert_ok(luma_insert(session, "t", json, LUMA_TEXT_END, NULL, 0, &api_error));
    luma_position position = luma_last_position(session);
    assert_true(luma_position_compare(told.db, before, position) < 0);
    before = position;
    /* Each of these meets the one before, which may not be durable yet. */
    if (i % 50 == 0)
      assert_ok(
          luma_exec(session, "lql", "UPDATE t SET n = n + 1 WHERE id = -1", NULL, &api_error));
  }
  assert_ok(luma_wait(told.db, luma_last_position(session), &api_error));
  assert_true(luma_position_compare(told.db, luma_last_position(session), luma_durable(told.db)) <=
              0);
  assert_int_equal(api_number(session, "SELECT COUNT(*) FROM t"), AHEAD + 1);
  assert_int_equal(api_number(session, "SELECT n FROM t WHERE id = -1"), AHEAD / 50);
  luma_session_close(session);
  luma_close(told.db);
  assert_int_equal(told.disorder, 0);
  assert_true(told.count >= AHEAD + AHEAD / 50);
  api_remove_dir(path);
}

static void time_limits_end_statements(void **state) {
  (void)state;
  struct api api = api_begin();
  fill(api.session);
  luma_set_timeout_ms(api.session, 100);
  assert_status(LUMA_TIMEOUT, luma_exec(api.session, "lql", endless, NULL, &api_error));
  luma_set_timeout_ms(api.session, 0);
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM t"), 3000);
  api_end(&api);
}

int main(void) {
  static const struct CMUnitTest cases[] = {
      cmocka_unit_test(threads_share_a_database),
      cmocka_unit_test(another_thread_cancels),
      cmocka_unit_test(a_session_runs_ahead_of_the_disk),
      cmocka_unit_test(time_limits_end_statements),
  };
  return api_main(cases, sizeof cases / sizeof cases[0]);
}
