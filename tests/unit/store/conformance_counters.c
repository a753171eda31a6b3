/* SPDX-License-Identifier: MIT */
/* Counters: exact sums without conflicts, limits judged at commit. */
#include "base/core/bytes.h"
#include "tests/unit/store/conformance_int.h"

static void add_within(struct store_txn *txn, const char *key, int64_t delta, int64_t least,
                       int64_t most) {
  assert_ok(store_add(txn, text(key), delta, least, most, test_err()));
}

static void expect_count_now(struct store *store, const char *key, int64_t value) {
  struct store_txn *txn = begin_read_only(store);
  expect_count(txn, key, value);
  store_rollback(txn);
}

static void concurrent_adds_sum_up(void) {
  struct store *store = open_store();
  struct store_txn *first = begin(store), *second = begin(store);
  add(first, "n", 5);
  add(second, "n", -2);
  add(first, "n", 10);
  expect_count(first, "n", 15);
  expect_count(second, "n", -2);
  commit(first);
  expect_count(second, "n", -2);
  struct store_txn *third = begin(store);
  commit(second);
  expect_count(third, "n", 15);
  store_rollback(third);
  store = reopen_store(store);
  expect_count_now(store, "n", 13);
  expect_count_now(store, "m", 0);
  close_store(store);
}

static void limits_hold_for_the_sum_at_commit(void) {
  struct store *store = open_store();
  struct store_txn *first = begin(store), *second = begin(store), *third = begin(store);
  add_within(first, "n", 2, 0, 3);
  add_within(second, "n", 2, 0, 3);
  put(second, META, "a", "never");
  add_within(third, "n", 1, 0, 3);
  commit(first);
  commit_fails(second, LUMA_LIMIT_REACHED);
  commit(third);
  expect_count_now(store, "n", 3);
  expect_now(store, META, "");
  struct store_txn *down = begin(store);
  add_within(down, "n", -4, 0, 9);
  commit_fails(down, LUMA_LIMIT_REACHED);
  expect_count_now(store, "n", 3);
  close_store(store);
}

static void the_tightest_limits_hold(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  add_within(txn, "n", 1, 0, 5);
  add_within(txn, "n", 6, 0, 100);
  commit_fails(txn, LUMA_LIMIT_REACHED);
  txn = begin(store);
  add_within(txn, "n", 8, 0, 5); /* on the way the sum may be anything */
  add_within(txn, "n", -3, 0, 100);
  commit(txn);
  expect_count_now(store, "n", 5);
  close_store(store);
}

static void sums_that_leave_64_bits_are_refused(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  add(txn, "n", INT64_MAX);
  commit(txn);
  txn = begin(store);
  add(txn, "n", 1);
  int64_t value;
  assert_status(LUMA_OUT_OF_RANGE, store_count(txn, text("n"), &value, test_err()));
  commit_fails(txn, LUMA_OUT_OF_RANGE);
  txn = begin(store);
  add(txn, "m", INT64_MAX);
  assert_status(LUMA_OUT_OF_RANGE, store_add(txn, text("m"), 1, INT64_MIN, INT64_MAX, test_err()));
  add(txn, "m", -1);
  commit(txn);
  expect_count_now(store, "n", INT64_MAX);
  expect_count_now(store, "m", INT64_MAX - 1);
  close_store(store);
}

static void a_counter_can_be_put_read_and_deleted(void) {
  struct store *store = open_store();
  uint8_t forty[8];
  store64le(forty, 40);
  struct store_txn *txn = begin(store);
  add(txn, "n", 1000);
  assert_ok(store_put(txn, STORE_COUNTERS, text("n"), slice_of(forty, 8), test_err()));
  add(txn, "n", 2);
  expect_count(txn, "n", 42);
  commit(txn);
  expect_count_now(store, "n", 42);
  txn = begin(store);
  struct store_value found;
  struct store_pins pins = {0};
  assert_ok(store_get(txn, STORE_COUNTERS, text("n"), &found, &pins, test_err()));
  assert_int_equal(8, found.value.bytes);
  assert_int_equal(42, load64le(found.value.data));
  store_pins_release(&pins);
  delete_key(txn, STORE_COUNTERS, "n");
  expect_count(txn, "n", 0);
  commit(txn);
  store = reopen_store(store);
  expect_count_now(store, "n", 0);
  txn = begin(store);
  add(txn, "n", 7);
  delete_keys(txn, STORE_COUNTERS, "a", "z");
  expect_count(txn, "n", 0);
  add(txn, "n", 3);
  expect_count(txn, "n", 3);
  commit(txn);
  expect_count_now(store, "n", 3);
  close_store(store);
}

static void an_add_conflicts_only_with_put_and_guard(void) {
  struct store *store = open_store();
  uint8_t forty[8];
  store64le(forty, 40);
  struct store_txn *adder = begin(store), *putter = begin(store), *guard = begin(store),
                   *both = begin(store);
  add(adder, "n", 1);
  assert_ok(store_put(both, STORE_COUNTERS, text("n"), slice_of(forty, 8), test_err()));
  add(both, "n", 1);
  assert_ok(store_put(putter, STORE_COUNTERS, text("n"), slice_of(forty, 8), test_err()));
  assert_ok(store_guard(guard, STORE_COUNTERS, text("n"), test_err()));
  put(guard, META, "a", "1");
  struct store_txn *late = begin(store);
  add(late, "n", 1);
  commit(adder);
  commit_fails(putter, LUMA_CONFLICT);
  commit_fails(guard, LUMA_CONFLICT);
  commit_fails(both, LUMA_CONFLICT);
  putter = begin(store);
  assert_ok(store_put(putter, STORE_COUNTERS, text("n"), slice_of(forty, 8), test_err()));
  commit(putter);
  commit(late);
  expect_count_now(store, "n", 41);
  close_store(store);
}

static void counters_survive_checkpoints_under_a_snapshot(void) {
  struct store *store = open_store();
  struct store_txn *held = NULL;
  for (int i = 1; i <= 100; i++) {
    struct store_txn *txn = begin(store);
    add(txn, "n", i);
    commit(txn);
    if (i == 10) held = begin_read_only(store);
    if (i % 30 == 0) assert_ok(store_checkpoint(store, test_err()));
    if (i % 45 == 0) assert_ok(store_compact(store, test_err()));
  }
  expect_count(held, "n", 55);
  store_rollback(held);
  store = reopen_store(store);
  expect_count_now(store, "n", 5050);
  close_store(store);
}

enum { MANY_KEYS = 40 };

static const char *many_key(int i) {
  static char name[8];
  name[0] = 'k';
  name[1] = (char)('0' + i / 10);
  name[2] = (char)('0' + i % 10);
  name[3] = 0;
  return name;
}

static void add_to_all(struct store_txn *txn, int64_t delta, int64_t sums[MANY_KEYS]) {
  for (int i = 0; i < MANY_KEYS; i++) {
    add(txn, many_key(i), delta + i);
    sums[i] += delta + i;
    expect_count(txn, many_key(i), sums[i]);
  }
}

/* Far more than a transaction remembers as its last ones, with all that comes between. */
static void one_transaction_adds_to_many(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  int64_t sums[MANY_KEYS] = {0}, kept[MANY_KEYS];
  uint8_t seven[8];
  store64le(seven, 7);
  add_to_all(txn, 1, sums);
  add_to_all(txn, -3, sums);
  memcpy(kept, sums, sizeof kept);
  uint64_t mark = savepoint(txn);
  add_to_all(txn, 100, sums);
  delete_keys(txn, STORE_COUNTERS, "k10", "k20");
  for (int i = 10; i < 20; i++) sums[i] = 0;
  add_to_all(txn, 5, sums);
  assert_ok(store_rollback_to(txn, mark, test_err()));
  memcpy(sums, kept, sizeof sums);
  add_to_all(txn, 2, sums);
  assert_ok(store_put(txn, STORE_COUNTERS, text("k07"), slice_of(seven, 8), test_err()));
  delete_key(txn, STORE_COUNTERS, "k08");
  sums[7] = 7;
  sums[8] = 0;
  add_to_all(txn, 4, sums);
  commit(txn);
  store = reopen_store(store);
  for (int i = 0; i < MANY_KEYS; i++) expect_count_now(store, many_key(i), sums[i]);
  close_store(store);
}

static const struct test_case cases[] = {
    {"one_transaction_adds_to_many", one_transaction_adds_to_many, 0},
    {"concurrent_adds_sum_up", concurrent_adds_sum_up, 0},
    {"limits_hold_for_the_sum_at_commit", limits_hold_for_the_sum_at_commit, 0},
    {"the_tightest_limits_hold", the_tightest_limits_hold, 0},
    {"sums_that_leave_64_bits_are_refused", sums_that_leave_64_bits_are_refused, 0},
    {"a_counter_can_be_put_read_and_deleted", a_counter_can_be_put_read_and_deleted, 0},
    {"an_add_conflicts_only_with_put_and_guard", an_add_conflicts_only_with_put_and_guard, 0},
    {"counters_survive_checkpoints_under_a_snapshot", counters_survive_checkpoints_under_a_snapshot,
     0},
};

struct conformance_cases conformance_counters(void) {
  return (struct conformance_cases){cases, sizeof cases / sizeof cases[0]};
}
