/* SPDX-License-Identifier: MIT */
/* Population limits that come to a collection with many beings: counted in steps, beside writers,
 * and without a trace where they do not come about or the process ends in the middle. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sync/sync.h"
#include "model/keyspace.h"
#include "tests/lib/test.h"
#include "tests/unit/service/place.h"
#include "value/json/json.h"

enum { BEINGS = 6000, AT_ONCE = 500, GROUPS = 1000, TEXT_BYTES = 1 << 16, MOST = 40 };

static void refuse(struct place *place, const char *text, status code) {
  struct err err = {0};
  assert_int_equal(place_run(place->session, text, NULL, NULL, &err), code);
}

/* Six beings of each of the groups, every other one active. */
static void fill(struct place *place) {
  char *text = malloc(TEXT_BYTES);
  assert_non_null(text);
  place_expect(place, "CREATE TABLE t (id INT PRIMARY KEY, who INT, state TEXT)");
  for (int i = 0; i < BEINGS;) {
    int at = snprintf(text, TEXT_BYTES, "INSERT INTO t (id, who, state) VALUES ");
    for (int k = 0; k < AT_ONCE; k++, i++)
      at += snprintf(text + at, TEXT_BYTES - (size_t)at, "%s(%d, %d, '%s')", k ? ", " : "", i,
                     i % GROUPS, i / GROUPS % 2 ? "active" : "ended");
    place_expect(place, text);
  }
  free(text);
}

/* The counters of the first limit, or what is left of any. */
struct counted {
  uint64_t counters;
  int64_t sum, squares;
};

static struct store_range counters_of(struct place *place, struct keyspace_key *from,
                                      struct keyspace_key *to) {
  const struct catalog *catalog = model_catalog_acquire(place->db->model);
  const struct collection *collection = catalog_find(catalog, slice_of_text("t"));
  *from = keyspace_limit(collection->limits_count ? collection->limits[0] : 0);
  *to = keyspace_limit(collection->limits_count ? collection->limits[0] + 1 : UINT32_MAX);
  catalog_release(catalog);
  return (struct store_range){keyspace_slice(from), keyspace_slice(to)};
}

static struct counted add_up(struct place *place) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct keyspace_key from, to;
  struct store_range range = counters_of(place, &from, &to);
  struct counted counted = {0};
  struct store_txn *txn;
  struct store_cursor *cursor;
  struct store_rows *rows = malloc(sizeof *rows);
  assert_non_null(rows);
  assert_ok(store_begin(model_store(place->db->model), &options, &txn, test_err()));
  assert_ok(store_cursor_open(txn, STORE_COUNTERS, range, false, &cursor, test_err()));
  do {
    assert_ok(store_cursor_next(cursor, STORE_BATCH_MAX, rows, test_err()));
    for (uint32_t i = 0; i < rows->count; i++) {
      int64_t value = (int64_t)load64le(rows->values[i].data);
      counted.sum += value;
      counted.squares += value * value;
    }
    counted.counters += rows->count;
  } while (rows->count);
  store_cursor_close(cursor);
  store_rollback(txn);
  free(rows);
  return counted;
}

static bool counts(struct place *place) {
  const struct catalog *catalog = model_catalog_acquire(place->db->model);
  bool is_counting = catalog_find(catalog, slice_of_text("t"))->counting.numbers_count > 0;
  catalog_release(catalog);
  return is_counting;
}

static void nothing_is_left(struct place *place) {
  assert_int_equal(add_up(place).counters, 0);
  assert_false(counts(place));
}

static void many_values_are_counted(void) {
  struct place place;
  struct counted counted;
  place_open(&place, 0);
  fill(&place);
  place_expect(&place,
               "ALTER TABLE t SET POPULATION {\"max\": 3, \"per\": \"who\", \"where\": \"state = "
               "'active'\"}");
  counted = add_up(&place);
  assert_int_equal(counted.counters, GROUPS);
  assert_int_equal(counted.sum, BEINGS / 2);
  assert_false(counts(&place));
  refuse(&place, "INSERT INTO t (id, who, state) VALUES (-1, 5, 'active')", LUMA_LIMIT_REACHED);
  place_expect(&place, "INSERT INTO t (id, who, state) VALUES (-1, 5, 'ended')");
  refuse(&place, "UPDATE t SET state = 'active' WHERE id = -1", LUMA_LIMIT_REACHED);
  place_expect(&place, "UPDATE t SET state = 'ended' WHERE id = 1005");
  place_expect(&place, "UPDATE t SET state = 'active' WHERE id = -1");
  place_close(&place);
  place_open(&place, 0);
  refuse(&place, "UPDATE t SET state = 'active' WHERE id = 1005", LUMA_LIMIT_REACHED);
  place_close(&place);
}

/* The same limit under other numbers and names keeps what was counted; of other values it does not.
 */
static void counters_follow_what_they_count(void) {
  struct place place;
  struct counted counted;
  place_open(&place, 0);
  fill(&place);
  place_expect(&place, "ALTER TABLE t SET POPULATION {\"max\": 6, \"per\": \"who\"}");
  place_expect(&place,
               "ALTER TABLE t RENAME COLUMN who TO owner, SET POPULATION {\"max\": 7, \"per\": "
               "\"owner\"}");
  place_expect(&place, "INSERT INTO t (id, owner) VALUES (-1, 5)");
  refuse(&place, "INSERT INTO t (id, owner) VALUES (-2, 5)", LUMA_LIMIT_REACHED);
  refuse(&place, "ALTER TABLE t SET POPULATION {\"max\": 6, \"per\": \"owner\"}", LUMA_CONSTRAINT);
  place_expect(&place, "DELETE FROM t WHERE id = -1");
  place_expect(&place, "ALTER TABLE t SET POPULATION {\"max\": 6, \"per\": \"owner\"}");
  refuse(&place, "INSERT INTO t (id, owner) VALUES (-2, 5)", LUMA_LIMIT_REACHED);
  counted = add_up(&place);
  assert_int_equal(counted.sum, BEINGS);
  place_expect(&place, "ALTER TABLE t ALTER COLUMN owner TYPE text USING 'x' || owner % 500, "
                       "SET POPULATION {\"max\": 12, \"per\": \"owner\"}");
  counted = add_up(&place);
  assert_int_equal(counted.counters, GROUPS / 2);
  assert_int_equal(counted.sum, BEINGS);
  refuse(&place, "INSERT INTO t (id, owner) VALUES (-2, 'x5')", LUMA_LIMIT_REACHED);
  /* Its values alone. */
  refuse(&place, "ALTER TABLE t ALTER COLUMN owner TYPE int USING length(owner)", LUMA_CONSTRAINT);
  place_expect(&place, "ALTER TABLE t SET POPULATION {\"max\": 6000, \"per\": \"owner\"}");
  place_expect(&place, "ALTER TABLE t ALTER COLUMN owner TYPE int USING length(owner)");
  counted = add_up(&place);
  assert_int_equal(counted.sum, BEINGS);
  assert_int_equal(place_ask(&place, "SELECT COUNT(DISTINCT owner) FROM t"), 3);
  place_expect(&place, "EVOLVE SOUL t MERGE '{\"population\": null}'");
  nothing_is_left(&place);
  place_close(&place);
}

static void who_is_one_too_many_is_told(void) {
  struct place place;
  struct err err = {0};
  place_open(&place, 0);
  fill(&place);
  const char *text = "ALTER TABLE t SET POPULATION {\"max\": 2, \"per\": \"who\", \"where\": "
                     "\"state = 'active'\"}";
  assert_int_equal(place_run(place.session, text, NULL, NULL, &err), LUMA_CONSTRAINT);
  assert_non_null(strstr(err.message, "1000 of 6000 beings of `t` stand in the way, first those "
                                      "with id 5000, 5001, 5002"));
  nothing_is_left(&place);
  place_expect(&place, "EVOLVE SOUL t DRY RUN SET POPULATION {\"max\": 2, \"per\": \"who\"}");
  nothing_is_left(&place);
  place_expect(&place, "INSERT INTO t (id, who, state) VALUES (-1, 5, 'active')");
  place_close(&place);
}

struct writer {
  struct thread thread;
  struct db *db;
  _Atomic bool stops;
  int others;
};

static void say_change(char *text, size_t size, int nth) {
  int who = nth * 31 % GROUPS, id = nth * 37 % BEINGS;
  if (nth % 3 == 0) (void)snprintf(text, size, "UPDATE t SET who = %d WHERE id = %d", who, id);
  if (nth % 3 == 1) (void)snprintf(text, size, "DELETE FROM t WHERE id = %d", id);
  if (nth % 3 == 2)
    (void)snprintf(text, size, "INSERT INTO t (id, who) VALUES (%d, %d)", BEINGS + nth, who);
}

static void write_on(void *argument) {
  struct writer *writer = argument;
  struct session *session;
  char text[256];
  if (session_open(writer->db, &session, NULL) != LUMA_OK) return;
  for (int i = 0; i < 100000 && !writer->stops; i++) {
    struct err err = {0};
    say_change(text, sizeof text, i);
    status result = place_run(session, text, NULL, NULL, &err);
    writer->others += result != LUMA_OK && result != LUMA_CONFLICT;
  }
  session_close(session);
}

static void beside_a_writer_nothing_is_counted_twice(void) {
  struct place place;
  struct writer writer = {0};
  struct counted counted;
  struct err err = {0};
  place_open(&place, 0);
  fill(&place);
  writer.db = place.db;
  assert_ok(thread_start(&writer.thread, "writer", write_on, &writer, test_err()));
  const char *text = "ALTER TABLE t SET POPULATION {\"max\": 40, \"per\": \"who\"}";
  status result = place_run(place.session, text, NULL, NULL, &err);
  writer.stops = true;
  thread_join(&writer.thread);
  assert_int_equal(writer.others, 0);
  if (result == LUMA_CONFLICT)
    place_expect(&place, text);
  else
    assert_int_equal(result, LUMA_OK);
  counted = add_up(&place);
  assert_int_equal(counted.sum, place_ask(&place, "SELECT COUNT(*) FROM t"));
  assert_int_equal(counted.squares,
                   place_ask(&place, "SELECT SUM(c * c) FROM (SELECT COUNT(*) AS c FROM "
                                     "t GROUP BY who)"));
  /* Each value has its own: exactly as many places are left as are not taken. */
  for (int who = 0; who < 3; who++) {
    char line[256];
    (void)snprintf(line, sizeof line, "SELECT COUNT(*) FROM t WHERE who = %d", who);
    int64_t taken = place_ask(&place, line);
    for (int64_t i = taken; i <= MOST; i++) {
      (void)snprintf(line, sizeof line, "INSERT INTO t (id, who) VALUES (%d, %d)",
                     (int)(-1 - who * 100 - i), who);
      if (i < MOST) place_expect(&place, line);
      if (i == MOST) refuse(&place, line, LUMA_LIMIT_REACHED);
    }
  }
  place_close(&place);
}

/* Ends the process when it is asked for the third time whether to go on with what it counts. */
static status end_there(void *context, struct err *err) {
  struct place *place = context;
  static _Thread_local int asked;
  (void)err;
  if (counts(place) && ++asked == 3) _exit(7);
  return LUMA_OK;
}

static status evolve(struct place *place, struct model_caller *caller) {
  struct store_begin_options options = {.isolation = STORE_SERIALIZABLE, .may_block = true};
  struct json_read_options reading = {0};
  struct model_tries tries;
  struct model_txn *txn;
  struct buf report, out;
  struct val patch;
  buf_init(&out, 1 << 20);
  buf_init(&report, 1 << 20);
  const char *json = "{\"population\": {\"max\": 6, \"per\": \"who\"}}";
  assert_ok(json_read_once(slice_of_text(json), &reading, &out, &patch, test_err()));
  struct model_evolution evolution = {
      .alias = slice_of_text("t"), .genotype = &patch, .merge = true};
  model_tries_begin(place->db->model, &tries);
  assert_ok(model_begin(place->db->model, &options, &txn, test_err()));
  model_set_caller(txn, caller);
  model_allow_restart(txn, &tries);
  status result = model_evolve(txn, &evolution, &report, test_err());
  model_rollback(txn);
  model_tries_end(&tries);
  buf_deinit(&report);
  buf_deinit(&out);
  return result;
}

/* What was counted so far is gone with the next opening. */
static void a_crash_in_the_middle_leaves_nothing(void) {
  struct place place;
  int how = 0;
  place_open(&place, 0);
  fill(&place);
  place_close(&place);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    struct model_caller caller = {.ask = end_there, .context = &place};
    place_open(&place, 0);
    (void)evolve(&place, &caller);
    _exit(8);
  }
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_true(WIFEXITED(how));
  assert_int_equal(WEXITSTATUS(how), 7);
  place_open(&place, 0);
  nothing_is_left(&place);
  place_expect(&place, "INSERT INTO t (id, who) VALUES (-1, 5)");
  refuse(&place, "ALTER TABLE t SET POPULATION {\"max\": 6, \"per\": \"who\"}", LUMA_CONSTRAINT);
  place_close(&place);
}

/* Whoever is asked says no: what was counted so far is taken back at once. */
static status give_up(void *context, struct err *err) {
  if (counts(context)) return err_raise(err, LUMA_CANCELLED, __FILE__, __LINE__, "enough");
  return LUMA_OK;
}

static void what_is_cancelled_leaves_nothing(void) {
  struct place place;
  place_open(&place, 0);
  fill(&place);
  struct model_caller caller = {.ask = give_up, .context = &place};
  assert_int_equal(evolve(&place, &caller), LUMA_CANCELLED);
  err_reset(test_err());
  nothing_is_left(&place);
  place_close(&place);
}

/* An open collection that is given a soul with limits. */
static void beings_without_a_soul_are_counted(void) {
  struct place place;
  struct counted counted;
  place_open(&place, 0);
  fill(&place);
  place_expect(&place, "CREATE COLLECTION u");
  place_expect(&place, "INSERT INTO u SELECT * FROM t");
  place_expect(&place, "DROP TABLE t");
  place_expect(&place, "ALTER TABLE u RENAME TO t");
  place_expect(&place,
               "CREATE SOUL t FROM '{\"attributes\": {\"who\": \"int\", \"state\": \"text\"}, "
               "\"population\": {\"max\": 6, \"per\": \"who\"}}'");
  counted = add_up(&place);
  assert_int_equal(counted.counters, GROUPS);
  assert_int_equal(counted.sum, BEINGS);
  refuse(&place, "INSERT INTO t (id, who) VALUES (-1, 5)", LUMA_LIMIT_REACHED);
  place_close(&place);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"many_values_are_counted", many_values_are_counted, 120},
      {"counters_follow_what_they_count", counters_follow_what_they_count, 120},
      {"who_is_one_too_many_is_told", who_is_one_too_many_is_told, 120},
      {"beside_a_writer_nothing_is_counted_twice", beside_a_writer_nothing_is_counted_twice, 120},
      {"a_crash_in_the_middle_leaves_nothing", a_crash_in_the_middle_leaves_nothing, 120},
      {"what_is_cancelled_leaves_nothing", what_is_cancelled_leaves_nothing, 120},
      {"beings_without_a_soul_are_counted", beings_without_a_soul_are_counted, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
