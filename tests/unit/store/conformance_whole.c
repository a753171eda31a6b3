/* SPDX-License-Identifier: MIT */
/* The store as a whole: reopening, maintenance, durability calls, figures, memory that
 * runs out. */
#include "tests/lib/fault.h"
#include "tests/unit/store/conformance_int.h"

static void what_was_committed_outlives_close(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *txn = begin(store);
  put(txn, ENTRIES, "b", "2");
  delete_key(txn, META, "gone");
  add(txn, "n", 3);
  store_seq seq = commit(txn);
  txn = begin(store);
  put(txn, META, "never", "committed");
  store_rollback(txn);
  store = reopen_store(store);
  expect_now(store, META, "a=1");
  expect_now(store, ENTRIES, "b=2");
  txn = begin(store);
  expect_count(txn, "n", 3);
  assert_true(store_snapshot(txn) >= seq);
  store_rollback(txn);
  assert_true(set(store, META, "c", "3") > seq);
  store = reopen_store(store);
  expect_now(store, META, "a=1 c=3");
  close_store(store);
}

static void maintenance_changes_nothing_to_be_seen(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  set(store, META, "b", "1");
  assert_ok(store_checkpoint(store, test_err()));
  struct store_txn *held = begin(store);
  put(held, META, "own", "1");
  unset(store, META, "a");
  set(store, META, "b", "2");
  assert_ok(store_sync(store, test_err()));
  assert_ok(store_checkpoint(store, test_err()));
  assert_ok(store_compact(store, test_err()));
  assert_ok(store_compact(store, test_err()));
  expect_now(store, META, "b=2");
  expect_space(held, META, "a=1 b=1 own=1");
  commit(held);
  store = reopen_store(store);
  assert_ok(store_checkpoint(store, test_err()));
  expect_now(store, META, "b=2 own=1");
  close_store(store);
}

static void a_queued_commit_can_be_waited_for(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  struct store_pos position;
  put(txn, META, "a", "1");
  assert_ok(store_commit(txn, STORE_QUEUED, &position, NULL, test_err()));
  assert_ok(store_wait(store, position, test_err()));
  expect_now(store, META, "a=1");
  store = reopen_store(store);
  expect_now(store, META, "a=1");
  close_store(store);
}

static void figures_count_what_happens(void) {
  struct store *store = open_store();
  struct store_stats before, after;
  assert_ok(store_get_stats(store, &before, test_err()));
  struct store_txn *winner = begin(store), *loser = begin(store);
  put(winner, META, "a", "1");
  put(loser, META, "a", "2");
  commit(winner);
  commit_fails(loser, LUMA_CONFLICT);
  struct store_txn *held = begin(store);
  assert_ok(store_get_stats(store, &after, test_err()));
  assert_int_equal(before.commits + 1, after.commits);
  assert_int_equal(before.conflicts + 1, after.conflicts);
  assert_int_equal(1, after.snapshots_open);
  store_rollback(held);
  assert_ok(store_get_stats(store, &after, test_err()));
  assert_int_equal(0, after.snapshots_open);
  close_store(store);
}

/* ---- memory that runs out ---- */

static status write_all(struct store_txn *txn, struct err *err) {
  uint64_t mark;
  struct store_range range = {text("b"), text("c")};
  TRY(store_put(txn, STORE_META, text("a"), text("1"), err));
  TRY(store_savepoint(txn, &mark, err));
  TRY(store_put(txn, STORE_RECORDS, text("r"), text("a record of some bytes"), err));
  TRY(store_delete_range(txn, STORE_META, range, err));
  TRY(store_add(txn, text("n"), 1, 0, INT64_MAX, err));
  TRY(store_guard(txn, STORE_META, text("g"), err));
  TRY(store_rollback_to(txn, mark, err));
  TRY(store_put(txn, STORE_ENTRIES, text("e"), text("2"), err));
  TRY(store_add(txn, text("n"), 1, 0, INT64_MAX, err));
  return store_emit(txn, text("payload"), err);
}

static status read_all(struct store_txn *txn, struct store_pins *pins, struct err *err) {
  struct store_value found;
  struct store_cursor *cursor;
  struct store_range all = {{0}, {0}};
  TRY(store_get(txn, STORE_META, text("a"), &found, pins, err));
  TRY(store_cursor_open(txn, STORE_META, all, true, &cursor, err));
  status answer = store_cursor_next(cursor, 2, rows_room(), err);
  if (answer == LUMA_OK) answer = store_cursor_keep(cursor, pins, err);
  if (answer == LUMA_OK) answer = store_cursor_seek(cursor, text("a"), err);
  if (answer == LUMA_OK) answer = store_cursor_next(cursor, 2, rows_room(), err);
  store_cursor_close(cursor);
  return answer;
}

static status transact(struct store *store, struct err *err) {
  struct store_begin_options options = {.isolation = STORE_SERIALIZABLE};
  struct store_pins pins = {0};
  struct store_txn *txn;
  TRY(store_begin(store, &options, &txn, err));
  status answer = write_all(txn, err);
  if (answer == LUMA_OK) answer = read_all(txn, &pins, err);
  store_pins_release(&pins);
  if (answer == LUMA_OK) return store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, err);
  store_rollback(txn);
  return answer;
}

static status live_a_little(void *context) {
  struct err *err = context;
  static const struct store_listener nobody;
  struct store *store;
  conformance_target()->wipe();
  TRY(conformance_target()->open(&nobody, &store, err));
  status answer = transact(store, err);
  if (answer == LUMA_OK) answer = transact(store, err);
  if (answer == LUMA_OK) answer = store_checkpoint(store, err);
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct store_feed_record *records;
  uint32_t count;
  struct store_pos nowhere = {0};
  if (answer == LUMA_OK) {
    answer = store_feed_read(store, nowhere, 9, &arena, &records, &count, err);
  }
  arena_deinit(&arena);
  store_close(store);
  return answer;
}

static void memory_that_runs_out_is_an_ordinary_error(void) {
  struct err err = {0};
  assert_true(fault_sweep_alloc(live_a_little, &err) > 10);
}

static const struct test_case cases[] = {
    {"what_was_committed_outlives_close", what_was_committed_outlives_close, 0},
    {"maintenance_changes_nothing_to_be_seen", maintenance_changes_nothing_to_be_seen, 0},
    {"a_queued_commit_can_be_waited_for", a_queued_commit_can_be_waited_for, 0},
    {"figures_count_what_happens", figures_count_what_happens, 0},
    {"memory_that_runs_out_is_an_ordinary_error", memory_that_runs_out_is_an_ordinary_error, 120},
    /* the last: see below */
};

struct conformance_cases conformance_whole(void) {
  size_t count = sizeof cases / sizeof cases[0];
  return (struct conformance_cases){cases, conformance_target()->wipe ? count : count - 1};
}
