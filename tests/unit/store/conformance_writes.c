/* SPDX-License-Identifier: MIT */
/* Savepoints, range deletes, rollback and what an empty commit is. */
#include "tests/unit/store/conformance_int.h"

static struct store *open_letters(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  for (const char *key = "a\0b\0c\0d\0e\0"; *key; key += 2) put(txn, META, key, "0");
  commit(txn);
  return store;
}

static void a_rollback_leaves_nothing(void) {
  struct store *store = open_letters();
  struct store_pos oldest, before, after;
  assert_ok(store_feed_bounds(store, &oldest, &before, test_err()));
  struct store_txn *txn = begin(store);
  put(txn, META, "a", "1");
  delete_keys(txn, META, "b", "d");
  add(txn, "n", 5);
  emit(txn, "never");
  store_rollback(txn);
  expect_now(store, META, "a=0 b=0 c=0 d=0 e=0");
  txn = begin(store);
  expect_count(txn, "n", 0);
  store_rollback(txn);
  assert_ok(store_feed_bounds(store, &oldest, &after, test_err()));
  assert_int_equal(0, store_pos_compare(store, before, after));
  close_store(store);
}

static void a_savepoint_undoes_every_kind_of_write(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  put(txn, META, "a", "1");
  put(txn, META, "n", "1");
  add(txn, "n", 5);
  uint64_t mark = savepoint(txn);
  put(txn, META, "a", "2");
  put(txn, META, "x", "2");
  delete_key(txn, META, "n");
  delete_key(txn, META, "b");
  delete_keys(txn, META, "c", "e");
  add(txn, "n", 7);
  add(txn, "m", 1);
  emit(txn, "never");
  expect_space(txn, META, "a=2 e=0 x=2");
  expect_count(txn, "n", 12);
  assert_ok(store_rollback_to(txn, mark, test_err()));
  expect_space(txn, META, "a=1 b=0 c=0 d=0 e=0 n=1");
  expect_key(txn, META, "x", NULL);
  expect_count(txn, "n", 5);
  expect_count(txn, "m", 0);
  emit(txn, "kept");
  commit(txn);
  expect_now(store, META, "a=1 b=0 c=0 d=0 e=0 n=1");
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct store_feed_record *records;
  uint32_t count;
  assert_ok(store_feed_read(store, (struct store_pos){0}, 9, &arena, &records, &count, test_err()));
  assert_int_equal(1, count);
  assert_true(slice_is_equal(text("kept"), records[0].payload));
  arena_deinit(&arena);
  close_store(store);
}

static void savepoints_nest(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  uint64_t first = savepoint(txn);
  put(txn, META, "a", "1");
  uint64_t second = savepoint(txn);
  put(txn, META, "a", "2");
  uint64_t third = savepoint(txn);
  put(txn, META, "a", "3");
  assert_ok(store_rollback_to(txn, third, test_err()));
  expect_space(txn, META, "a=2");
  put(txn, META, "b", "3");
  assert_ok(store_rollback_to(txn, third, test_err())); /* a mark may be come back to again */
  expect_space(txn, META, "a=2");
  assert_ok(store_rollback_to(txn, second, test_err()));
  expect_space(txn, META, "a=1");
  put(txn, META, "c", "4");
  expect_space(txn, META, "a=1 c=4");
  assert_ok(store_rollback_to(txn, first, test_err()));
  expect_space(txn, META, "");
  put(txn, META, "d", "5");
  commit(txn);
  expect_now(store, META, "d=5");
  close_store(store);
}

static void all_undone_is_nothing_written(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  store_seq snapshot = store_snapshot(txn);
  uint64_t mark = savepoint(txn);
  put(txn, META, "a", "1");
  add(txn, "n", 1);
  delete_keys(txn, META, "", "");
  assert_ok(store_rollback_to(txn, mark, test_err()));
  set(store, META, "a", "2"); /* would conflict with what was undone */
  assert_int_equal(snapshot, commit(txn));
  expect_now(store, META, "a=2 b=0 c=0 d=0 e=0");
  close_store(store);
}

static void an_empty_commit_is_its_snapshot(void) {
  struct store *store = open_store();
  struct store_pos first, second;
  store_seq seq, again;
  struct store_txn *txn = begin(store);
  put(txn, META, "a", "1");
  emit(txn, "change");
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, &first, &seq, test_err()));
  txn = begin(store);
  expect_key(txn, META, "a", "1");
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, &second, &again, test_err()));
  assert_int_equal(seq, again);
  assert_int_equal(0, store_pos_compare(store, first, second));
  close_store(store);
}

static void a_range_delete_takes_the_range_and_no_more(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  put(txn, META, "bb", "own");
  delete_keys(txn, META, "b", "d");
  expect_space(txn, META, "a=0 d=0 e=0");
  expect_key(txn, META, "b", NULL);
  expect_key(txn, META, "bb", NULL);
  put(txn, META, "c", "after");
  expect_space(txn, META, "a=0 c=after d=0 e=0");
  delete_keys(txn, META, "d", "d"); /* empty ranges */
  delete_keys(txn, META, "e", "a");
  commit(txn);
  store = reopen_store(store);
  expect_now(store, META, "a=0 c=after d=0 e=0");
  txn = begin(store);
  delete_keys(txn, META, "d", "");
  expect_space(txn, META, "a=0 c=after");
  delete_keys(txn, META, "", "b");
  expect_space(txn, META, "c=after");
  delete_keys(txn, META, "", "");
  expect_space(txn, META, "");
  put(txn, META, "z", "new");
  commit(txn);
  store = reopen_store(store);
  expect_now(store, META, "z=new");
  close_store(store);
}

static void a_range_delete_is_not_seen_by_older_snapshots(void) {
  struct store *store = open_letters();
  struct store_txn *held = begin_read_only(store);
  struct store_txn *txn = begin(store);
  delete_keys(txn, META, "b", "e");
  commit(txn);
  set(store, META, "c", "new");
  assert_ok(store_checkpoint(store, test_err()));
  assert_ok(store_compact(store, test_err()));
  expect_space(held, META, "a=0 b=0 c=0 d=0 e=0");
  expect_key(held, META, "c", "0");
  store_rollback(held);
  expect_now(store, META, "a=0 c=new e=0");
  assert_ok(store_compact(store, test_err()));
  expect_now(store, META, "a=0 c=new e=0");
  close_store(store);
}

static void writes_over_a_committed_range_delete_are_seen(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  delete_keys(txn, META, "a", "f");
  commit(txn);
  expect_now(store, META, "");
  txn = begin(store);
  expect_key(txn, META, "c", NULL);
  put(txn, META, "c", "own");
  expect_space(txn, META, "c=own");
  commit(txn);
  expect_now(store, META, "c=own");
  txn = begin(store);
  delete_keys(txn, META, "b", "c");
  delete_keys(txn, META, "cc", "d");
  commit(txn);
  store = reopen_store(store);
  expect_now(store, META, "c=own");
  close_store(store);
}

static const struct test_case cases[] = {
    {"a_rollback_leaves_nothing", a_rollback_leaves_nothing, 0},
    {"a_savepoint_undoes_every_kind_of_write", a_savepoint_undoes_every_kind_of_write, 0},
    {"savepoints_nest", savepoints_nest, 0},
    {"all_undone_is_nothing_written", all_undone_is_nothing_written, 0},
    {"an_empty_commit_is_its_snapshot", an_empty_commit_is_its_snapshot, 0},
    {"a_range_delete_takes_the_range_and_no_more", a_range_delete_takes_the_range_and_no_more, 0},
    {"a_range_delete_is_not_seen_by_older_snapshots", a_range_delete_is_not_seen_by_older_snapshots,
     0},
    {"writes_over_a_committed_range_delete_are_seen", writes_over_a_committed_range_delete_are_seen,
     0},
};

struct conformance_cases conformance_writes(void) {
  return (struct conformance_cases){cases, sizeof cases / sizeof cases[0]};
}
