/* SPDX-License-Identifier: MIT */
/* References under way at the same time: beings that come to refer to one, while it is deleted.
 * Whoever wins, no reference is left that names nothing. */
#include <stdio.h>

#include "base/sync/sync.h"
#include "service/session/session.h"
#include "tests/lib/test.h"

enum { TEXT_BYTES = 512, PARENTS = 8, ROUNDS = 400, MAKERS = 2 };

struct racer {
  struct thread thread;
  struct db *db;
  uint32_t number, done, refused, others;
};

static status run(struct session *session, const char *text, int64_t *first) {
  struct session_cursor *cursor = NULL;
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct val document;
  struct err err = {0};
  bool has = true;
  status result = session_run(session, &request, NULL, &cursor, &err);
  while (result == LUMA_OK && has) {
    struct slice name;
    result = session_next(cursor, &document, &has, &err);
    if (result != LUMA_OK || !has || !first) continue;
    struct val value = val_field_at(&document, 0, &name);
    *first = value.integer;
  }
  session_cursor_close(cursor);
  return result;
}

static void expect(struct session *session, const char *text) {
  assert_int_equal(run(session, text, NULL), LUMA_OK);
}

static void count(struct racer *racer, status result) {
  racer->done += result == LUMA_OK;
  racer->refused += result == LUMA_CONSTRAINT || result == LUMA_DUPLICATE_KEY;
  racer->others += result != LUMA_OK && result != LUMA_CONSTRAINT && result != LUMA_DUPLICATE_KEY &&
                   result != LUMA_CONFLICT;
}

static void make_children(void *argument) {
  struct racer *racer = argument;
  struct session *session;
  char text[TEXT_BYTES];
  if (session_open(racer->db, &session, NULL) != LUMA_OK) return;
  for (uint32_t i = 0; i < ROUNDS; i++) {
    (void)snprintf(text, sizeof text, "INSERT INTO child {id: %u, up: %u}",
                   i * MAKERS + racer->number, i % PARENTS);
    count(racer, run(session, text, NULL));
    if (i % 5) continue;
    (void)snprintf(text, sizeof text, "UPDATE child SET up = %u WHERE id = %u", (i + 3) % PARENTS,
                   (i / 2) * MAKERS);
    count(racer, run(session, text, NULL));
    (void)snprintf(text, sizeof text, "DELETE FROM child WHERE up = %u", (i + 1) % PARENTS);
    count(racer, run(session, text, NULL));
  }
  session_close(session);
}

static void delete_parents(void *argument) {
  struct racer *racer = argument;
  struct session *session;
  char text[TEXT_BYTES];
  if (session_open(racer->db, &session, NULL) != LUMA_OK) return;
  for (uint32_t i = 0; i < ROUNDS; i++) {
    (void)snprintf(text, sizeof text, "DELETE FROM parent WHERE id = %u", i % PARENTS);
    count(racer, run(session, text, NULL));
    (void)snprintf(text, sizeof text, "INSERT INTO parent {id: %u}", i % PARENTS);
    count(racer, run(session, text, NULL));
  }
  session_close(session);
}

static void race(const char *on_delete) {
  struct db_options options = {0};
  struct racer racers[MAKERS + 1] = {0};
  struct session *session;
  struct db *db;
  char text[TEXT_BYTES];
  int64_t lost = -1;
  assert_ok(db_open("memory:", &options, &db, test_err()));
  assert_ok(session_open(db, &session, test_err()));
  expect(session, "CREATE TABLE parent (id INT PRIMARY KEY)");
  (void)snprintf(text, sizeof text,
                 "CREATE TABLE child (id INT PRIMARY KEY, up INT REFERENCES parent %s)", on_delete);
  expect(session, text);
  for (uint32_t i = 0; i < MAKERS + 1; i++) {
    racers[i].db = db;
    racers[i].number = i;
    assert_ok(thread_start(&racers[i].thread, "racer", i < MAKERS ? make_children : delete_parents,
                           &racers[i], test_err()));
  }
  for (uint32_t i = 0; i < MAKERS + 1; i++) {
    thread_join(&racers[i].thread);
    assert_true(racers[i].done > 0);
    assert_int_equal(racers[i].others, 0);
  }
  assert_int_equal(run(session,
                       "SELECT COUNT(*) AS c FROM child WHERE up IS NOT NULL AND NOT EXISTS "
                       "(SELECT 1 AS one FROM parent WHERE parent.id = child.up)",
                       &lost),
                   LUMA_OK);
  assert_int_equal(lost, 0);
  /* The counters of references agree with the references: all can go. */
  expect(session, "DELETE FROM child");
  expect(session, "DELETE FROM parent");
  session_close(session);
  assert_ok(model_check(db->model, NULL, NULL, test_err()));
  db_close(db);
}

static void restricted(void) {
  race("");
}

static void cascading(void) {
  race("ON DELETE CASCADE");
}

static void set_to_null(void) {
  race("ON DELETE SET NULL");
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {{"restricted", restricted, 120},
                                           {"cascading", cascading, 120},
                                           {"set_to_null", set_to_null, 120}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
