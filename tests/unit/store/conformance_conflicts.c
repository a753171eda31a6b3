/* SPDX-License-Identifier: MIT */
/* First committer wins: what conflicts, what does not, and that a refused commit leaves nothing. */
#include "tests/unit/store/conformance_int.h"

static void a_lost_update_is_refused(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *first = begin(store), *second = begin(store);
  expect_key(first, META, "a", "1");
  expect_key(second, META, "a", "1");
  put(first, META, "a", "2");
  put(second, META, "a", "3");
  commit(first);
  commit_fails(second, LUMA_CONFLICT);
  expect_now(store, META, "a=2");
  close_store(store);
}

static void two_inserts_of_one_key_conflict(void) {
  struct store *store = open_store();
  struct store_txn *first = begin(store), *second = begin(store);
  put(second, META, "new", "second");
  put(first, META, "new", "first");
  commit(second);
  commit_fails(first, LUMA_CONFLICT);
  expect_now(store, META, "new=second");
  close_store(store);
}

static void deletes_are_writes(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  set(store, META, "b", "1");
  struct store_txn *first = begin(store), *second = begin(store), *third = begin(store);
  delete_key(first, META, "a");
  put(second, META, "a", "2");
  delete_key(third, META, "b");
  put(third, META, "a", "3");
  commit(first);
  commit_fails(second, LUMA_CONFLICT);
  commit_fails(third, LUMA_CONFLICT);
  expect_now(store, META, "b=1");
  close_store(store);
}

static void a_key_deleted_since_conflicts_however_long_ago(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *old = begin(store);
  unset(store, META, "a");
  for (int i = 0; i < 300; i++) set(store, META, "b", "makes-the-store-move");
  assert_ok(store_checkpoint(store, test_err()));
  assert_ok(store_compact(store, test_err()));
  put(old, META, "a", "2");
  commit_fails(old, LUMA_CONFLICT);
  expect_now(store, META, "b=makes-the-store-move");
  close_store(store);
}

static void different_keys_do_not_conflict(void) {
  struct store *store = open_store();
  struct store_txn *first = begin(store), *second = begin(store), *third = begin(store);
  put(first, META, "a", "1");
  put(second, META, "aa", "2");
  put(third, ENTRIES, "a", "3");
  commit(first);
  commit(second);
  commit(third);
  expect_now(store, META, "a=1 aa=2");
  expect_now(store, ENTRIES, "a=3");
  close_store(store);
}

static void a_refused_commit_leaves_nothing(void) {
  struct store *store = open_store();
  struct store_pos oldest, before, after;
  struct store_txn *loser = begin(store);
  put(loser, META, "a", "loser");
  put(loser, META, "b", "loser");
  add(loser, "n", 1);
  emit(loser, "never");
  set(store, META, "b", "winner");
  assert_ok(store_feed_bounds(store, &oldest, &before, test_err()));
  commit_fails(loser, LUMA_CONFLICT);
  store = reopen_store(store);
  expect_now(store, META, "b=winner");
  struct store_txn *txn = begin(store);
  expect_count(txn, "n", 0);
  store_rollback(txn);
  assert_ok(store_feed_bounds(store, &oldest, &after, test_err()));
  assert_int_equal(0, store_pos_compare(store, before, after));
  close_store(store);
}

static void a_guarded_key_must_stay_as_it_was(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *changed = begin(store), *deleted = begin(store), *appeared = begin(store),
                   *untouched = begin(store);
  assert_ok(store_guard(changed, STORE_META, text("a"), test_err()));
  assert_ok(store_guard(deleted, STORE_META, text("b"), test_err()));
  assert_ok(store_guard(appeared, STORE_META, text("c"), test_err()));
  assert_ok(store_guard(untouched, STORE_META, text("d"), test_err()));
  assert_ok(store_guard(untouched, STORE_ENTRIES, text("a"), test_err()));
  put(changed, ENTRIES, "1", "");
  put(deleted, ENTRIES, "2", "");
  put(appeared, ENTRIES, "3", "");
  put(untouched, ENTRIES, "4", "");
  set(store, META, "a", "1"); /* the same value is a write all the same */
  unset(store, META, "b");
  set(store, META, "c", "1");
  commit_fails(changed, LUMA_CONFLICT);
  commit_fails(deleted, LUMA_CONFLICT);
  commit_fails(appeared, LUMA_CONFLICT);
  commit(untouched);
  expect_now(store, ENTRIES, "4=");
  close_store(store);
}

static void guards_do_not_conflict_with_guards(void) {
  struct store *store = open_store();
  set(store, META, "catalog", "1");
  struct store_txn *first = begin(store), *second = begin(store);
  assert_ok(store_guard(first, STORE_META, text("catalog"), test_err()));
  assert_ok(store_guard(second, STORE_META, text("catalog"), test_err()));
  put(first, ENTRIES, "1", "");
  put(second, ENTRIES, "2", "");
  commit(first);
  commit(second);
  expect_now(store, ENTRIES, "1= 2=");
  close_store(store);
}

static void a_savepoint_undone_keeps_its_guards(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  put(txn, ENTRIES, "1", "");
  uint64_t mark = savepoint(txn);
  assert_ok(store_guard(txn, STORE_META, text("a"), test_err()));
  assert_ok(store_rollback_to(txn, mark, test_err()));
  set(store, META, "a", "1");
  commit_fails(txn, LUMA_CONFLICT);
  close_store(store);
}

static void reading_alone_never_conflicts(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *plain = begin(store), *strict = begin_serializable(store);
  assert_ok(store_guard(plain, STORE_META, text("a"), test_err()));
  expect_key(strict, META, "a", "1");
  expect_space(strict, META, "a=1");
  set(store, META, "a", "2");
  commit(plain);
  commit(strict);
  close_store(store);
}

/* Two doctors on call, each of whom may leave while the other stays. */
static struct store *open_doctors(struct store_txn *txns[2],
                                  struct store_txn *(*start)(struct store *)) {
  struct store *store = open_store();
  set(store, META, "a", "on");
  set(store, META, "b", "on");
  txns[0] = start(store);
  txns[1] = start(store);
  return store;
}

static void write_skew_is_a_snapshots_and_refused_when_serializable(void) {
  struct store_txn *txns[2];
  struct store *store = open_doctors(txns, begin);
  expect_key(txns[0], META, "b", "on");
  expect_key(txns[1], META, "a", "on");
  put(txns[0], META, "a", "off");
  put(txns[1], META, "b", "off");
  commit(txns[0]);
  commit(txns[1]);
  expect_now(store, META, "a=off b=off");
  set(store, META, "a", "on");
  set(store, META, "b", "on");
  txns[0] = begin_serializable(store);
  txns[1] = begin_serializable(store);
  expect_key(txns[0], META, "b", "on");
  expect_key(txns[1], META, "a", "on");
  put(txns[0], META, "a", "off");
  put(txns[1], META, "b", "off");
  commit(txns[0]);
  commit_fails(txns[1], LUMA_CONFLICT);
  expect_now(store, META, "a=off b=on");
  close_store(store);
}

static void write_skew_through_scans_is_refused_when_serializable(void) {
  for (int backwards = 0; backwards <= 1; backwards++) {
    struct store_txn *txns[2];
    struct store *store = open_doctors(txns, begin_serializable);
    expect_rows(txns[0], META, "", "", backwards, 1, backwards ? "b=on a=on" : "a=on b=on");
    expect_rows(txns[1], META, "", "", backwards, 9, backwards ? "b=on a=on" : "a=on b=on");
    put(txns[0], META, "a", "off");
    put(txns[1], META, "b", "off");
    commit(txns[0]);
    commit_fails(txns[1], LUMA_CONFLICT);
    delete_keys(txns[0] = begin(store), META, "", "");
    commit(txns[0]);
    close_store(store);
  }
}

static void phantoms_are_refused_when_serializable(void) {
  struct store *store = open_store();
  set(store, META, "k5", "here");
  struct store_txn *scanned = begin_serializable(store), *missed = begin_serializable(store),
                   *apart = begin_serializable(store);
  expect_rows(scanned, META, "k", "l", false, 9, "k5=here");
  expect_key(missed, META, "k7", NULL);
  expect_rows(apart, META, "a", "b", false, 9, "");
  put(scanned, ENTRIES, "1", "");
  put(missed, ENTRIES, "2", "");
  put(apart, ENTRIES, "3", "");
  set(store, META, "k7", "phantom");
  commit_fails(scanned, LUMA_CONFLICT);
  commit_fails(missed, LUMA_CONFLICT);
  commit(apart);
  expect_now(store, ENTRIES, "3=");
  close_store(store);
}

static void a_serializable_count_is_a_read(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin_serializable(store), *other = begin(store);
  expect_count(txn, "n", 0);
  put(txn, META, "seen", "0");
  add(other, "n", 1);
  commit(other);
  commit_fails(txn, LUMA_CONFLICT);
  close_store(store);
}

static void a_range_delete_conflicts_with_an_insert_into_it(void) {
  struct store *store = open_store();
  set(store, META, "b", "1");
  struct store_txn *eraser = begin(store), *inside = begin(store), *outside = begin(store);
  delete_keys(eraser, META, "b", "d");
  put(inside, META, "c", "new");
  put(outside, META, "d", "new");
  commit(inside);
  commit(outside);
  commit_fails(eraser, LUMA_CONFLICT);
  expect_now(store, META, "b=1 c=new d=new");
  close_store(store);
}

static void an_insert_conflicts_with_a_range_delete_over_it(void) {
  struct store *store = open_store();
  set(store, META, "b", "1");
  struct store_txn *eraser = begin(store), *inside = begin(store), *outside = begin(store),
                   *update = begin(store);
  delete_keys(eraser, META, "b", "d");
  put(inside, META, "c", "new");
  put(outside, META, "d", "new");
  put(update, META, "b", "2");
  commit(eraser);
  commit_fails(inside, LUMA_CONFLICT);
  commit_fails(update, LUMA_CONFLICT);
  commit(outside);
  expect_now(store, META, "d=new");
  close_store(store);
}

static void a_range_delete_conflicts_with_what_was_read_there(void) {
  struct store *store = open_store();
  set(store, META, "b", "1");
  struct store_txn *reader = begin_serializable(store), *guard = begin(store);
  expect_rows(reader, META, "a", "z", false, 9, "b=1");
  assert_ok(store_guard(guard, STORE_META, text("b"), test_err()));
  put(reader, ENTRIES, "1", "");
  put(guard, ENTRIES, "2", "");
  struct store_txn *eraser = begin(store);
  delete_keys(eraser, META, "", "c");
  commit(eraser);
  commit_fails(reader, LUMA_CONFLICT);
  commit_fails(guard, LUMA_CONFLICT);
  expect_now(store, ENTRIES, "");
  close_store(store);
}

static const struct test_case cases[] = {
    {"a_lost_update_is_refused", a_lost_update_is_refused, 0},
    {"two_inserts_of_one_key_conflict", two_inserts_of_one_key_conflict, 0},
    {"deletes_are_writes", deletes_are_writes, 0},
    {"a_key_deleted_since_conflicts_however_long_ago",
     a_key_deleted_since_conflicts_however_long_ago, 0},
    {"different_keys_do_not_conflict", different_keys_do_not_conflict, 0},
    {"a_refused_commit_leaves_nothing", a_refused_commit_leaves_nothing, 0},
    {"a_guarded_key_must_stay_as_it_was", a_guarded_key_must_stay_as_it_was, 0},
    {"guards_do_not_conflict_with_guards", guards_do_not_conflict_with_guards, 0},
    {"a_savepoint_undone_keeps_its_guards", a_savepoint_undone_keeps_its_guards, 0},
    {"reading_alone_never_conflicts", reading_alone_never_conflicts, 0},
    {"write_skew_is_a_snapshots_and_refused_when_serializable",
     write_skew_is_a_snapshots_and_refused_when_serializable, 0},
    {"write_skew_through_scans_is_refused_when_serializable",
     write_skew_through_scans_is_refused_when_serializable, 0},
    {"phantoms_are_refused_when_serializable", phantoms_are_refused_when_serializable, 0},
    {"a_serializable_count_is_a_read", a_serializable_count_is_a_read, 0},
    {"a_range_delete_conflicts_with_an_insert_into_it",
     a_range_delete_conflicts_with_an_insert_into_it, 0},
    {"an_insert_conflicts_with_a_range_delete_over_it",
     an_insert_conflicts_with_a_range_delete_over_it, 0},
    {"a_range_delete_conflicts_with_what_was_read_there",
     a_range_delete_conflicts_with_what_was_read_there, 0},
};

struct conformance_cases conformance_conflicts(void) {
  return (struct conformance_cases){cases, sizeof cases / sizeof cases[0]};
}
