/* SPDX-License-Identifier: MIT */
/* Sessions, cursors and running statements: exclusive, limited, ended when idle. Also the keys of
 * addresses. */
#include "server/rest/registry.h"

#include "server/rest/rest_int.h"
#include "server/rest/statement.h"
#include "tests/lib/test.h"

enum { IDLE_US = 1000000 };

struct fixture {
  struct db *db;
  struct registry *registry;
};

static struct fixture open_fixture_on(struct os *os, uint64_t session_idle_us) {
  struct fixture fixture;
  struct db_options options = {0};
  assert_ok(db_open("memory:", &options, &fixture.db, test_err()));
  struct registry_options registry = {.os = os,
                                      .db = fixture.db,
                                      .sessions_max = 2,
                                      .cursors_max = 3,
                                      .session_idle_us = session_idle_us,
                                      .cursor_idle_us = session_idle_us};
  assert_ok(registry_create(&registry, &fixture.registry, test_err()));
  return fixture;
}

static struct fixture open_fixture(uint64_t session_idle_us) {
  return open_fixture_on(os_linux(), session_idle_us);
}

static void close_fixture(struct fixture *fixture) {
  registry_destroy(fixture->registry);
  db_close(fixture->db);
}

static void sessions_are_exclusive_and_few(void) {
  struct fixture fixture = open_fixture(IDLE_US);
  struct registry_session *one, *two, *three;
  assert_ok(registry_open_session(fixture.registry, &one, test_err()));
  assert_ok(registry_open_session(fixture.registry, &two, test_err()));
  assert_status(LUMA_BUSY, registry_open_session(fixture.registry, &three, test_err()));
  assert_string_not_equal(one->id, two->id);
  struct slice id = slice_of_text(one->id);
  assert_status(LUMA_BUSY, registry_take_session(fixture.registry, id, &three, test_err()));
  registry_give_session(fixture.registry, one);
  assert_ok(registry_take_session(fixture.registry, id, &three, test_err()));
  assert_ptr_equal(one, three);
  registry_end_session(fixture.registry, two);
  assert_ok(registry_open_session(fixture.registry, &two, test_err()));
  assert_status(LUMA_UNKNOWN_SESSION,
                registry_take_session(fixture.registry, slice_of_text("x"), &three, test_err()));
  close_fixture(&fixture);
}

static struct statement_run *make_run(struct fixture *fixture, struct registry_session *session) {
  struct statement_run *run;
  assert_ok(statement_create(&run, test_err()));
  if (session)
    run->session = session->session;
  else
    assert_ok(registry_borrow(fixture->registry, &run->session, test_err()));
  run->named = session;
  registry_name_cursor(fixture->registry, run);
  return run;
}

static void cursors_end_with_their_session(void) {
  struct fixture fixture = open_fixture(IDLE_US);
  struct registry_session *session;
  struct statement_run *taken;
  assert_ok(registry_open_session(fixture.registry, &session, test_err()));
  struct statement_run *own = make_run(&fixture, NULL), *theirs = make_run(&fixture, session);
  struct slice own_id = slice_of_text(own->id);
  char their_id[REGISTRY_ID_BYTES + 1];
  memcpy(their_id, theirs->id, sizeof their_id);
  assert_ok(registry_keep_cursor(fixture.registry, own, test_err()));
  assert_ok(registry_keep_cursor(fixture.registry, theirs, test_err()));
  assert_status(LUMA_CLOSED, registry_take_cursor(fixture.registry, slice_of_text(their_id), NULL,
                                                  &taken, test_err()));
  assert_status(LUMA_CLOSED,
                registry_take_cursor(fixture.registry, own_id, session, &taken, test_err()));
  assert_int_equal(2, registry_stats(fixture.registry).cursors);
  registry_end_session(fixture.registry, session);
  assert_int_equal(1, registry_stats(fixture.registry).cursors);
  assert_ok(registry_take_cursor(fixture.registry, own_id, NULL, &taken, test_err()));
  registry_return(fixture.registry, taken->session);
  statement_destroy(taken);
  close_fixture(&fixture);
}

static void what_is_idle_ends_and_what_is_used_does_not(void) {
  struct fixture fixture = open_fixture(1000);
  struct registry_session *idle, *used;
  assert_ok(registry_open_session(fixture.registry, &idle, test_err()));
  assert_ok(registry_open_session(fixture.registry, &used, test_err()));
  assert_ok(registry_keep_cursor(fixture.registry, make_run(&fixture, NULL), test_err()));
  registry_give_session(fixture.registry, idle);
  os_sleep_us(os_linux(), 20000);
  registry_expire(fixture.registry);
  struct registry_stats stats = registry_stats(fixture.registry);
  assert_int_equal(1, stats.sessions);
  assert_int_equal(0, stats.cursors);
  registry_give_session(fixture.registry, used);
  close_fixture(&fixture);
}

/* ---- what is used just when the registry looks at the clock ---- */

/* The machine's, but for the monotonic clock: it stands, and once it was read it moves on and what
 * is `meanwhile` happens. */
struct clock_os {
  struct os os; /* first */
  struct os_ops ops;
  uint64_t now_us;
  void (*meanwhile)(struct clock_os *clock);
  struct fixture fixture;
  struct registry_session *session;
  struct statement_run *run;
  struct registry_running running;
};

static uint64_t clock_monotonic_us(struct os *os) {
  struct clock_os *clock = (struct clock_os *)os;
  uint64_t now_us = clock->now_us;
  void (*meanwhile)(struct clock_os *) = clock->meanwhile;
  clock->meanwhile = NULL;
  if (meanwhile) {
    clock->now_us++;
    meanwhile(clock);
  }
  return now_us;
}

static void open_with_clock(struct clock_os *clock) {
  *clock = (struct clock_os){.ops = *os_linux()->ops, .now_us = IDLE_US};
  clock->ops.monotonic_us = clock_monotonic_us;
  clock->os.ops = &clock->ops;
  clock->fixture = open_fixture_on(&clock->os, IDLE_US);
  assert_ok(registry_open_session(clock->fixture.registry, &clock->session, test_err()));
  clock->run = make_run(&clock->fixture, NULL);
}

static void use_both(struct clock_os *clock) {
  registry_give_session(clock->fixture.registry, clock->session);
  assert_ok(registry_keep_cursor(clock->fixture.registry, clock->run, test_err()));
}

static void what_is_used_in_the_moment_is_not_idle(void) {
  struct clock_os clock;
  open_with_clock(&clock);
  clock.meanwhile = use_both;
  registry_expire(clock.fixture.registry);
  struct registry_stats stats = registry_stats(clock.fixture.registry);
  assert_int_equal(1, stats.sessions);
  assert_int_equal(1, stats.cursors);
  close_fixture(&clock.fixture);
}

static void begin_meanwhile(struct clock_os *clock) {
  static atomic_bool cancelled;
  registry_give_session(clock->fixture.registry, clock->session);
  clock->running = (struct registry_running){
      .id = slice_of_text("a"), .cancelled = &cancelled, .began_us = clock->now_us};
  assert_ok(registry_add_running(clock->fixture.registry, &clock->running, test_err()));
}

/* Of the only one. */
static void tell_age(void *context, const struct registry_running *running, uint64_t age_us) {
  uint64_t *told = context;
  (void)running;
  assert_int_equal(UINT64_MAX, *told);
  *told = age_us;
}

static void what_begins_in_the_moment_is_young(void) {
  struct clock_os clock;
  struct registry_told told[2];
  uint64_t age_us = UINT64_MAX;
  open_with_clock(&clock);
  clock.meanwhile = begin_meanwhile;
  registry_each_running(clock.fixture.registry, tell_age, &age_us);
  assert_int_equal(0, age_us);
  registry_remove_running(clock.fixture.registry, &clock.running);
  assert_ok(registry_take_session(clock.fixture.registry, slice_of_text(clock.session->id),
                                  &clock.session, test_err()));
  clock.meanwhile = begin_meanwhile;
  assert_int_equal(1, registry_tell_sessions(clock.fixture.registry, told, 2));
  assert_int_equal(0, told[0].age_us);
  registry_remove_running(clock.fixture.registry, &clock.running);
  assert_ok(registry_keep_cursor(clock.fixture.registry, clock.run, test_err()));
  close_fixture(&clock.fixture);
}

/* ---- what runs ---- */

static void statements_are_cancelled_by_name(void) {
  struct fixture fixture = open_fixture(IDLE_US);
  atomic_bool cancelled = false, other = false;
  struct registry_running running = {.id = slice_of_text("a"), .cancelled = &cancelled}, again;
  assert_ok(registry_borrow(fixture.registry, &running.session, test_err()));
  again = running;
  again.cancelled = &other;
  assert_ok(registry_add_running(fixture.registry, &running, test_err()));
  assert_status(LUMA_ALREADY_EXISTS, registry_add_running(fixture.registry, &again, test_err()));
  assert_status(LUMA_UNKNOWN_QUERY,
                registry_cancel(fixture.registry, slice_of_text("b"), test_err()));
  assert_ok(registry_cancel(fixture.registry, slice_of_text("a"), test_err()));
  assert_true(atomic_load(&cancelled));
  assert_false(atomic_load(&other));
  registry_remove_running(fixture.registry, &running);
  assert_status(LUMA_UNKNOWN_QUERY,
                registry_cancel(fixture.registry, slice_of_text("a"), test_err()));
  registry_return(fixture.registry, running.session);
  close_fixture(&fixture);
}

static status run_in(struct session *session) {
  struct session_request request = {
      .source = {.text = slice_of_text("SELECT count(*) FROM generate_series(1, 100000)")}};
  struct session_cursor *cursor = NULL;
  struct val document;
  bool has = true;
  status result = session_run(session, &request, NULL, &cursor, test_err());
  while (result == LUMA_OK && has) result = session_next(cursor, &document, &has, test_err());
  session_cursor_close(cursor);
  return result;
}

/* Two may choose one name: the second is refused, and its leaving is not the first's affair. */
static void leaving_cancels_no_other_of_the_name(void) {
  struct fixture fixture = open_fixture(IDLE_US);
  atomic_bool cancelled = false, other = false;
  struct registry_running running = {.id = slice_of_text("a"), .cancelled = &cancelled};
  struct registry_running refused = {.id = slice_of_text("a"), .cancelled = &other};
  assert_ok(registry_borrow(fixture.registry, &running.session, test_err()));
  assert_ok(registry_add_running(fixture.registry, &running, test_err()));
  registry_cancel_own(fixture.registry, slice_of_text("a"), &refused);
  assert_false(atomic_load(&cancelled));
  registry_cancel_own(fixture.registry, slice_of_text("b"), &running);
  assert_false(atomic_load(&cancelled));
  registry_cancel_own(fixture.registry, slice_of_text("a"), &running);
  assert_true(atomic_load(&cancelled));
  registry_remove_running(fixture.registry, &running);
  registry_return(fixture.registry, running.session);
  close_fixture(&fixture);
}

/* What cancels a statement just before it goes on in its cursor's session. */
static void a_cancelled_statement_stays_so_in_another_session(void) {
  struct fixture fixture = open_fixture(IDLE_US);
  atomic_bool cancelled = false;
  struct registry_running running = {.id = slice_of_text("a"), .cancelled = &cancelled};
  struct session *first, *second;
  assert_ok(registry_borrow(fixture.registry, &first, test_err()));
  assert_ok(registry_borrow(fixture.registry, &second, test_err()));
  running.session = first;
  assert_ok(registry_add_running(fixture.registry, &running, test_err()));
  assert_ok(registry_cancel(fixture.registry, slice_of_text("a"), test_err()));
  registry_move_running(fixture.registry, &running, second);
  registry_return(fixture.registry, first);
  assert_ptr_equal(second, running.session);
  assert_status(LUMA_CANCELLED, run_in(second));
  registry_remove_running(fixture.registry, &running);
  registry_return(fixture.registry, second);
  close_fixture(&fixture);
}

static void keys_of_addresses_come_back(void) {
  static const struct {
    const char *text;
    enum val_type type;
    const char *again;
  } cases[] = {
      {"42", VAL_INT64, "42"},
      {"-7", VAL_INT64, "-7"},
      {"\"42\"", VAL_TEXT, "\"42\""},
      {"007", VAL_TEXT, "007"},
      {"-0", VAL_TEXT, "-0"},
      {"9223372036854775807", VAL_INT64, "9223372036854775807"},
      {"9223372036854775808", VAL_TEXT, "9223372036854775808"},
      {"1.5", VAL_TEXT, "1.5"},
      {"\"\"", VAL_TEXT, "\"\""},
      {"\"", VAL_TEXT, "\""},
      {"ann", VAL_TEXT, "ann"},
      {"\"ann\"", VAL_TEXT, "ann"},
      {"01ARZ3NDEKTSV4RRFFQ69G5FAV", VAL_ULID, "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
      {"\"01ARZ3NDEKTSV4RRFFQ69G5FAV\"", VAL_TEXT, "\"01ARZ3NDEKTSV4RRFFQ69G5FAV\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct val key;
    struct buf out;
    buf_init(&out, 100);
    assert_ok(rest__key(slice_of_text(cases[i].text), &key, test_err()));
    assert_int_equal(cases[i].type, key.type);
    rest__put_key(&out, &key);
    buf_append_byte(&out, 0);
    assert_string_equal(cases[i].again, (const char *)out.data);
    buf_deinit(&out);
  }
  struct val key;
  assert_status(LUMA_INVALID_ARGUMENT, rest__key(slice_of_text(""), &key, test_err()));
  assert_status(LUMA_INVALID_ARGUMENT, rest__key(slice_of_text("a/b"), &key, test_err()));
  assert_status(LUMA_INVALID_ARGUMENT, rest__key(slice_of_text("\xff"), &key, test_err()));
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"sessions_are_exclusive_and_few", sessions_are_exclusive_and_few, 0},
      {"cursors_end_with_their_session", cursors_end_with_their_session, 0},
      {"what_is_idle_ends_and_what_is_used_does_not", what_is_idle_ends_and_what_is_used_does_not,
       0},
      {"what_is_used_in_the_moment_is_not_idle", what_is_used_in_the_moment_is_not_idle, 0},
      {"what_begins_in_the_moment_is_young", what_begins_in_the_moment_is_young, 0},
      {"statements_are_cancelled_by_name", statements_are_cancelled_by_name, 0},
      {"a_cancelled_statement_stays_so_in_another_session",
       a_cancelled_statement_stays_so_in_another_session, 0},
      {"leaving_cancels_no_other_of_the_name", leaving_cancels_no_other_of_the_name, 0},
      {"keys_of_addresses_come_back", keys_of_addresses_come_back, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
