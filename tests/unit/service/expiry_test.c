/* SPDX-License-Identifier: MIT */
/* Documents that expire, by a clock that the test moves. */
#include "query/lang/lang.h"
#include "service/expiry/expiry.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"
#include "value/json/json.h"

struct given {
  struct simos *sim;
  struct db *db;
  struct session *session;
};

static status run(struct given *given, const char *text, int64_t *first) {
  struct session_request request = {.source = {.lang = &lang_jql, .text = slice_of_text(text)}};
  struct session_cursor *cursor = NULL;
  struct val row;
  bool has = false;
  TRY(session_run(given->session, &request, NULL, &cursor, test_err()));
  status done = session_next(cursor, &row, &has, test_err());
  if (done == LUMA_OK && has && first) {
    struct val value = session_column(cursor, 0);
    assert_true(val_to_int64(&value, first));
  }
  session_cursor_close(cursor);
  return done;
}

static void does(struct given *given, const char *text) {
  assert_int_equal(run(given, text, NULL), LUMA_OK);
}

static void has(struct given *given, const char *filter, int64_t wanted) {
  char text[256];
  int64_t count = -1;
  (void)snprintf(text, sizeof text, "{\"count\":\"c\",\"query\":%s}", filter);
  assert_int_equal(run(given, text, &count), LUMA_OK);
  assert_int_equal(count, wanted);
}

static struct given begin(void) {
  struct given given = {.sim = simos_create(test_seed())};
  struct db_options options = {.os = simos_os(given.sim)};
  assert_int_equal(db_open("db", &options, &given.db, test_err()), LUMA_OK);
  assert_int_equal(session_open(given.db, &given.session, test_err()), LUMA_OK);
  return given;
}

static void end(struct given *given) {
  session_close(given->session);
  db_close(given->db);
  simos_destroy(given->sim);
}

/** Documents 0 to count-1, each of a moment a second behind the one before; that of the first is
 * `first_s` from now. */
static void put(struct given *given, int count, int64_t first_s) {
  int64_t now_ms = (int64_t)(os_now_us(simos_os(given->sim)) / 1000);
  for (int i = 0; i < count; i++) {
    char text[256];
    (void)snprintf(text, sizeof text,
                   "{\"insert\":\"c\",\"documents\":[{\"_id\":%d,\"at\":{\"$date\":%lld}}]}", i,
                   (long long)(now_ms + (first_s + i) * 1000));
    does(given, text);
  }
}

static uint64_t expire(struct given *given, uint32_t batch) {
  struct expiry_options options = {.batch = batch};
  uint64_t deleted = 0;
  assert_int_equal(expiry_run(given->db, &options, &deleted, test_err()), LUMA_OK);
  return deleted;
}

static const char by_minute[] =
    "{\"createIndexes\":\"c\",\"indexes\":[{\"key\":{\"at\":1},\"expireAfterSeconds\":60}]}";

static void moments_expire_when_they_are_old_enough(void) {
  struct given given = begin();
  does(&given, by_minute);
  put(&given, 10, 0);
  assert_int_equal(expire(&given, 0), 0);
  simos_advance_us(given.sim, 64500000);
  assert_int_equal(expire(&given, 2), 5);
  has(&given, "{}", 5);
  has(&given, "{\"_id\":{\"$lt\":5}}", 0);
  does(&given,
       "{\"collMod\":\"c\",\"index\":{\"keyPattern\":{\"at\":1},\"expireAfterSeconds\":0}}");
  assert_int_equal(expire(&given, 2), 5);
  assert_int_equal(expire(&given, 2), 0);
  end(&given);
}

/* Keys of types that JQL has no word of its own for, and names that are written in quotes
 * elsewhere. */
static void keys_and_names_of_any_kind_expire(void) {
  struct given given = begin();
  does(&given, "{\"createIndexes\":\"c\",\"indexes\":[{\"key\":{\"the moment.of-it\":1},"
               "\"expireAfterSeconds\":60}]}");
  static const char *const keys[] = {"INTERVAL '1 month'",
                                     "DATE '2020-01-01'",
                                     "X'0102'",
                                     "1.5",
                                     "TRUE",
                                     "'NaN'::decimal",
                                     "INTERVAL '1 second'",
                                     "{a: INTERVAL '1 day'}",
                                     "'550e8400-e29b-41d4-a716-446655440000'::uuid",
                                     "NULL"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    char text[256];
    (void)snprintf(text, sizeof text,
                   "INSERT INTO c (id, `the moment`) VALUES (%s, {`of-it`: now()})", keys[i]);
    struct session_request request = {.source = {.lang = &lang_lql, .text = slice_of_text(text)}};
    struct session_cursor *cursor = NULL;
    assert_int_equal(session_run(given.session, &request, NULL, &cursor, test_err()), LUMA_OK);
    session_cursor_close(cursor);
  }
  has(&given, "{}", sizeof keys / sizeof *keys);
  simos_advance_us(given.sim, (uint64_t)3600 * 1000000);
  assert_int_equal(expire(&given, 3), sizeof keys / sizeof *keys);
  has(&given, "{}", 0);
  end(&given);
}

static void what_is_no_moment_stays(void) {
  struct given given = begin();
  does(&given, by_minute);
  does(&given,
       "{\"insert\":\"c\",\"documents\":[{\"_id\":1},{\"_id\":2,\"at\":null},{\"_id\":3,\"at\":5},"
       "{\"_id\":4,\"at\":\"2000-01-01\"},{\"_id\":5,\"at\":[]},"
       "{\"_id\":6,\"at\":[{\"$date\":\"2000-01-01T00:00:00Z\"},{\"$date\":\"9000-01-01T00:00:"
       "00Z\"}]},"
       "{\"_id\":7,\"at\":[{\"$date\":\"9000-01-01T00:00:00Z\"}]}]}");
  simos_advance_us(given.sim, (uint64_t)3600 * 1000000);
  assert_int_equal(expire(&given, 0), 1);
  has(&given, "{\"_id\":6}", 0);
  has(&given, "{}", 6);
  end(&given);
}

static void a_partial_index_lets_go_of_what_it_holds(void) {
  struct given given = begin();
  does(&given, "{\"createIndexes\":\"c\",\"indexes\":[{\"key\":{\"at\":1},\"expireAfterSeconds\":1,"
               "\"partialFilterExpression\":{\"_id\":{\"$lt\":3}}}]}");
  put(&given, 6, 0);
  simos_advance_us(given.sim, (uint64_t)3600 * 1000000);
  assert_int_equal(expire(&given, 0), 3);
  has(&given, "{\"_id\":{\"$gte\":3}}", 3);
  end(&given);
}

/** What another document refers to cannot go, and does not keep the others. */
static void what_cannot_go_keeps_nothing_else(void) {
  struct given given = begin();
  struct session_request request = {
      .source = {.lang = &lang_lql,
                 .text = slice_of_text("CREATE TABLE c (id INT, at TIMESTAMP);"
                                       "CREATE TABLE other (id INT, c INT REFERENCES c)")}};
  size_t offset = 0;
  for (int i = 0; i < 2; i++) {
    struct session_cursor *cursor = NULL;
    assert_int_equal(session_run(given.session, &request, &offset, &cursor, test_err()), LUMA_OK);
    session_cursor_close(cursor);
  }
  does(&given, by_minute);
  put(&given, 7, 0);
  does(&given, "{\"insert\":\"other\",\"documents\":[{\"_id\":1,\"c\":0},{\"_id\":2,\"c\":1},{\"_"
               "id\":3,\"c\":4}]}");
  simos_advance_us(given.sim, (uint64_t)3600 * 1000000);
  assert_int_equal(expire(&given, 2), 4);
  has(&given, "{\"_id\":{\"$in\":[0,1,4]}}", 3);
  has(&given, "{}", 3);
  end(&given);
}

static void reopening_remembers_and_a_stop_is_heard(void) {
  struct given given = begin();
  atomic_bool stop = true;
  struct expiry_options options = {.stop = &stop};
  uint64_t deleted = 0;
  does(&given, by_minute);
  put(&given, 3, 0);
  session_close(given.session);
  db_close(given.db);
  struct db_options again = {.os = simos_os(given.sim)};
  assert_int_equal(db_open("db", &again, &given.db, test_err()), LUMA_OK);
  assert_int_equal(session_open(given.db, &given.session, test_err()), LUMA_OK);
  simos_advance_us(given.sim, (uint64_t)3600 * 1000000);
  assert_int_equal(expiry_run(given.db, &options, &deleted, test_err()), LUMA_OK);
  assert_int_equal(deleted, 0);
  assert_int_equal(expire(&given, 0), 3);
  end(&given);
}

/** A clock that changes something the next time it is looked at. */
struct meddling {
  struct os_ops ops; /* first */
  const struct os_ops *real;
  struct given *given;
  void (*change)(struct given *given); /* NULL: it has */
};

static uint64_t meddling_now_us(struct os *os) {
  struct meddling *meddling = (struct meddling *)(uintptr_t)os->ops;
  void (*change)(struct given * given) = meddling->change;
  meddling->change = NULL;
  if (change) change(meddling->given);
  return meddling->real->now_us(os);
}

/** Ten documents whose time is over, and a change after the run has seen the catalog. */
static void nothing_goes_when(void (*change)(struct given *given)) {
  struct given given = begin();
  struct os *os = simos_os(given.sim);
  struct meddling meddling = {.ops = *os->ops, .real = os->ops, .given = &given, .change = change};
  meddling.ops.now_us = meddling_now_us;
  does(&given, by_minute);
  put(&given, 10, 0);
  simos_advance_us(given.sim, (uint64_t)3600 * 1000000);
  os->ops = &meddling.ops;
  assert_int_equal(expire(&given, 3), 0);
  assert_true(meddling.change == NULL);
  os->ops = meddling.real;
  has(&given, "{}", 10);
  end(&given);
}

static void make_it_anew(struct given *given) {
  does(given, "{\"drop\":\"c\"}");
  put(given, 10, -1000);
}

static void give_them_time(struct given *given) {
  does(given, "{\"collMod\":\"c\",\"index\":{\"name\":\"at_1\",\"expireAfterSeconds\":7200}}");
}

static void give_the_name_away(struct given *given) {
  does(given, "{\"renameCollection\":\"luma.c\",\"to\":\"luma.d\"}");
  put(given, 10, -1000);
}

static void what_changes_meanwhile_is_heard(void) {
  nothing_goes_when(make_it_anew);
  nothing_goes_when(give_them_time);
  nothing_goes_when(give_the_name_away);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"moments_expire_when_they_are_old_enough", moments_expire_when_they_are_old_enough, 0},
      {"keys_and_names_of_any_kind_expire", keys_and_names_of_any_kind_expire, 0},
      {"what_is_no_moment_stays", what_is_no_moment_stays, 0},
      {"a_partial_index_lets_go_of_what_it_holds", a_partial_index_lets_go_of_what_it_holds, 0},
      {"what_cannot_go_keeps_nothing_else", what_cannot_go_keeps_nothing_else, 0},
      {"reopening_remembers_and_a_stop_is_heard", reopening_remembers_and_a_stop_is_heard, 0},
      {"what_changes_meanwhile_is_heard", what_changes_meanwhile_is_heard, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
