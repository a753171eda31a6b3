/* SPDX-License-Identifier: MIT */
/* What a transaction reads by key: its snapshot and its own writes, and nothing else. */
#include <stdio.h>
#include <stdlib.h>

#include "base/core/bytes.h"
#include "tests/unit/store/conformance_int.h"

static void a_new_store_is_empty(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  expect_key(txn, META, "a", NULL);
  for (int space = 0; space < STORE_SPACES; space++) expect_space(txn, space, "");
  expect_count(txn, "n", 0);
  store_rollback(txn);
  close_store(store);
}

static void a_commit_is_read_by_those_who_begin_after(void) {
  struct store *store = open_store();
  struct store_txn *before = begin(store);
  store_seq seq = set(store, META, "a", "1");
  struct store_txn *after = begin(store);
  expect_key(before, META, "a", NULL);
  expect_key(after, META, "a", "1");
  assert_int_equal(seq, store_snapshot(after));
  assert_true(store_snapshot(before) < seq);
  struct store_value found;
  struct store_pins pins = {0};
  assert_ok(store_get(after, STORE_META, text("a"), &found, &pins, test_err()));
  assert_int_equal(seq, found.seq);
  store_pins_release(&pins);
  store_rollback(before);
  store_rollback(after);
  close_store(store);
}

static void own_writes_are_seen_by_their_transaction_alone(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *writer = begin(store), *other = begin(store);
  put(writer, META, "a", "2");
  put(writer, META, "b", "3");
  expect_key(writer, META, "a", "2");
  expect_key(writer, META, "b", "3");
  expect_key(other, META, "a", "1");
  expect_key(other, META, "b", NULL);
  delete_key(writer, META, "a");
  expect_key(writer, META, "a", NULL);
  put(writer, META, "a", "4");
  expect_key(writer, META, "a", "4");
  struct store_value found;
  struct store_pins pins = {0};
  assert_ok(store_get(writer, STORE_META, text("a"), &found, &pins, test_err()));
  assert_int_equal(0, found.seq);
  store_pins_release(&pins);
  store_rollback(writer);
  store_rollback(other);
  expect_now(store, META, "a=1");
  close_store(store);
}

static void a_snapshot_stays_as_it_was(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  set(store, META, "b", "1");
  struct store_txn *held = begin_read_only(store);
  set(store, META, "a", "2");
  unset(store, META, "b");
  set(store, META, "c", "1");
  expect_space(held, META, "a=1 b=1");
  expect_key(held, META, "b", "1");
  expect_key(held, META, "c", NULL);
  store_rollback(held);
  expect_now(store, META, "a=2 c=1");
  close_store(store);
}

static void a_snapshot_outlives_many_commits(void) {
  enum { KEYS = 20, COMMITS = 600 };
  struct store *store = open_store();
  char key[8], value[16];
  for (int i = 0; i < KEYS; i++) {
    snprintf(key, sizeof key, "k%02d", i);
    set(store, ENTRIES, key, "first");
  }
  struct store_txn *held = begin_read_only(store);
  for (int i = 0; i < COMMITS; i++) {
    snprintf(key, sizeof key, "k%02d", i % (KEYS * 2));
    snprintf(value, sizeof value, "%d", i);
    i % 7 ? set(store, ENTRIES, key, value) : unset(store, ENTRIES, key);
    if (i % 200 == 100) assert_ok(store_checkpoint(store, test_err()));
    if (i % 200 == 199) assert_ok(store_compact(store, test_err()));
  }
  for (int i = 0; i < KEYS * 2; i++) {
    snprintf(key, sizeof key, "k%02d", i);
    expect_key(held, ENTRIES, key, i < KEYS ? "first" : NULL);
  }
  store_rollback(held);
  close_store(store);
}

static void many_keys_are_got_at_once(void) {
  static struct slice keys[STORE_BATCH_MAX];
  static struct store_value values[STORE_BATCH_MAX];
  static char room[STORE_BATCH_MAX][8];
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  for (int i = 0; i < STORE_BATCH_MAX; i += 2) {
    snprintf(room[i], sizeof room[i], "%04d", i);
    put(txn, ENTRIES, room[i], room[i]);
  }
  commit(txn);
  txn = begin(store);
  put(txn, ENTRIES, "0001", "mine");
  delete_key(txn, ENTRIES, "0002");
  for (int i = 0; i < STORE_BATCH_MAX; i++) { /* in no order: 5 has no factor in common with 1024 */
    int key = i * 5 % STORE_BATCH_MAX;
    snprintf(room[i], sizeof room[i], "%04d", key);
    keys[i] = text(room[i]);
  }
  struct store_pins pins = {0};
  assert_ok(store_get_many(txn, STORE_ENTRIES, keys, STORE_BATCH_MAX, values, &pins, test_err()));
  for (int i = 0; i < STORE_BATCH_MAX; i++) {
    int key = i * 5 % STORE_BATCH_MAX;
    assert_int_equal(key == 1 || (key % 2 == 0 && key != 2), values[i].found);
    if (!values[i].found) continue;
    assert_true(slice_is_equal(values[i].value, key == 1 ? text("mine") : keys[i]));
  }
  store_pins_release(&pins);
  store_rollback(txn);
  close_store(store);
}

static void one_key_twice_in_a_batch_is_found_twice(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *txn = begin(store);
  struct slice keys[3] = {text("a"), text("x"), text("a")};
  struct store_value values[3];
  struct store_pins pins = {0};
  assert_ok(store_get_many(txn, STORE_META, keys, 3, values, &pins, test_err()));
  assert_true(values[0].found && !values[1].found && values[2].found);
  assert_ok(store_get_many(txn, STORE_META, keys, 0, values, &pins, test_err()));
  store_pins_release(&pins);
  store_rollback(txn);
  close_store(store);
}

static void what_was_read_stays_with_its_pins(void) {
  struct store *store = open_store();
  set(store, META, "a", "committed");
  struct store_txn *txn = begin(store);
  put(txn, META, "b", "own");
  struct slice keys[2] = {text("a"), text("b")};
  struct store_value values[2];
  struct store_pins pins = {0};
  assert_ok(store_get_many(txn, STORE_META, keys, 2, values, &pins, test_err()));
  put(txn, META, "a", "changed");
  put(txn, META, "b", "changed");
  for (int i = 0; i < 300; i++) set(store, META, "z", "makes-the-store-move");
  assert_ok(store_checkpoint(store, test_err()));
  assert_ok(store_compact(store, test_err()));
  assert_true(slice_is_equal(text("committed"), values[0].value));
  assert_true(slice_is_equal(text("own"), values[1].value));
  store_pins_release(&pins);
  store_rollback(txn);
  close_store(store);
}

static void empty_keys_and_values_are_keys_and_values(void) {
  struct store *store = open_store();
  set(store, ENTRIES, "", "nothing");
  set(store, ENTRIES, "a", "");
  store = reopen_store(store);
  expect_now(store, ENTRIES, "=nothing a=");
  struct store_txn *txn = begin(store);
  expect_key(txn, ENTRIES, "", "nothing");
  expect_key(txn, ENTRIES, "a", "");
  delete_key(txn, ENTRIES, "");
  expect_space(txn, ENTRIES, "a=");
  commit(txn);
  expect_now(store, ENTRIES, "a=");
  close_store(store);
}

static void keys_have_a_size_limit(void) {
  static uint8_t key[STORE_KEY_BYTES_MAX + 1];
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  struct slice longest = slice_of(key, STORE_KEY_BYTES_MAX), longer = slice_of(key, sizeof key);
  struct err *err = test_err();
  assert_ok(store_put(txn, STORE_META, longest, text("v"), err));
  assert_status(LUMA_TOO_LARGE, store_put(txn, STORE_META, longer, text("v"), err));
  assert_status(LUMA_TOO_LARGE, store_delete(txn, STORE_META, longer, err));
  assert_status(LUMA_TOO_LARGE, store_add(txn, longer, 1, 0, 9, err));
  commit(txn);
  store = reopen_store(store);
  txn = begin(store);
  struct store_value found[2];
  struct slice keys[2] = {longest, longer};
  struct store_pins pins = {0};
  assert_ok(store_get_many(txn, STORE_META, keys, 2, found, &pins, err));
  assert_true(found[0].found && !found[1].found);
  store_pins_release(&pins);
  store_rollback(txn);
  close_store(store);
}

static void values_may_be_large_up_to_a_limit(void) {
  enum { LARGE = 3 << 20 };
  struct store *store = open_store();
  uint8_t *large = malloc(LARGE);
  assert_non_null(large);
  for (size_t i = 0; i < LARGE; i++) large[i] = (uint8_t)(i * 31 >> 3);
  struct store_txn *txn = begin(store);
  assert_ok(store_put(txn, STORE_ENTRIES, text("large"), slice_of(large, LARGE), test_err()));
  assert_status(LUMA_TOO_LARGE,
                store_put(txn, STORE_ENTRIES, text("larger"),
                          slice_of(large, (size_t)STORE_VALUE_BYTES_MAX + 1), test_err()));
  commit(txn);
  store = reopen_store(store);
  txn = begin(store);
  struct store_value found;
  struct store_pins pins = {0};
  assert_ok(store_get(txn, STORE_ENTRIES, text("large"), &found, &pins, test_err()));
  assert_true(found.found && slice_is_equal(found.value, slice_of(large, LARGE)));
  store_pins_release(&pins);
  store_rollback(txn);
  free(large);
  close_store(store);
}

static void records_carry_the_sequence_of_their_commit(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *txn = begin(store);
  put(txn, RECORDS, "r", "8 bytes.????????the rest");
  put(txn, RECORDS, "s", "8 bytes.????????");
  expect_key(txn, RECORDS, "r", "8 bytes.????????the rest");
  store_seq seq = commit(txn);
  store = reopen_store(store);
  txn = begin(store);
  struct slice keys[2] = {text("r"), text("s")};
  struct store_value found[2];
  struct store_pins pins = {0};
  assert_ok(store_get_many(txn, STORE_RECORDS, keys, 2, found, &pins, test_err()));
  for (int i = 0; i < 2; i++) {
    assert_int_equal(seq, load64le(found[i].value.data + 8));
    assert_memory_equal("8 bytes.", found[i].value.data, 8);
    assert_int_equal(seq, found[i].seq);
  }
  assert_true(slice_has_prefix(slice_of(found[0].value.data + 16, 8), text("the rest")));
  store_pins_release(&pins);
  store_rollback(txn);
  close_store(store);
}

static void misuse_is_refused_in_words(void) {
  static struct slice keys[STORE_BATCH_MAX + 1];
  static struct store_value values[STORE_BATCH_MAX + 1];
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  struct err *err = test_err();
  struct store_pins pins = {0};
  status invalid = LUMA_INVALID_ARGUMENT;
  struct store_cursor *cursor;
  assert_status(invalid, store_put(txn, STORE_SPACES, text("a"), text("b"), err));
  assert_status(invalid, store_get(txn, (enum store_space)9, text("a"), values, &pins, err));
  assert_status(invalid,
                store_get_many(txn, STORE_META, keys, STORE_BATCH_MAX + 1, values, &pins, err));
  assert_status(invalid, store_put(txn, STORE_RECORDS, text("a"), text("fifteen bytes.."), err));
  assert_status(invalid, store_put(txn, STORE_COUNTERS, text("a"), text("7 bytes"), err));
  assert_status(invalid, store_add(txn, text("a"), 1, 2, 1, err));
  assert_status(invalid, store_rollback_to(txn, 77, err));
  struct store_range all = {{0}, {0}};
  assert_status(invalid, store_cursor_open(txn, STORE_SPACES, all, false, &cursor, err));
  cursor = open_cursor(txn, META, "", "", false);
  assert_status(invalid, store_cursor_next(cursor, 0, rows_room(), err));
  assert_status(invalid, store_cursor_next(cursor, STORE_BATCH_MAX + 1, rows_room(), err));
  store_cursor_close(cursor);
  store_rollback(txn);
  close_store(store);
}

static void a_read_only_transaction_refuses_writes(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *txn = begin_read_only(store);
  struct err *err = test_err();
  struct store_range all = {{0}, {0}};
  assert_status(LUMA_READ_ONLY, store_put(txn, STORE_META, text("a"), text("2"), err));
  assert_status(LUMA_READ_ONLY, store_delete(txn, STORE_META, text("a"), err));
  assert_status(LUMA_READ_ONLY, store_delete_range(txn, STORE_META, all, err));
  assert_status(LUMA_READ_ONLY, store_add(txn, text("n"), 1, 0, 9, err));
  assert_status(LUMA_READ_ONLY, store_emit(txn, text("p"), err));
  assert_ok(store_guard(txn, STORE_META, text("a"), err));
  set(store, META, "a", "3");
  expect_key(txn, META, "a", "1");
  commit(txn);
  expect_now(store, META, "a=3");
  close_store(store);
}

static const struct test_case cases[] = {
    {"a_new_store_is_empty", a_new_store_is_empty, 0},
    {"a_commit_is_read_by_those_who_begin_after", a_commit_is_read_by_those_who_begin_after, 0},
    {"own_writes_are_seen_by_their_transaction_alone",
     own_writes_are_seen_by_their_transaction_alone, 0},
    {"a_snapshot_stays_as_it_was", a_snapshot_stays_as_it_was, 0},
    {"a_snapshot_outlives_many_commits", a_snapshot_outlives_many_commits, 0},
    {"many_keys_are_got_at_once", many_keys_are_got_at_once, 0},
    {"one_key_twice_in_a_batch_is_found_twice", one_key_twice_in_a_batch_is_found_twice, 0},
    {"what_was_read_stays_with_its_pins", what_was_read_stays_with_its_pins, 0},
    {"empty_keys_and_values_are_keys_and_values", empty_keys_and_values_are_keys_and_values, 0},
    {"keys_have_a_size_limit", keys_have_a_size_limit, 0},
    {"values_may_be_large_up_to_a_limit", values_may_be_large_up_to_a_limit, 0},
    {"records_carry_the_sequence_of_their_commit", records_carry_the_sequence_of_their_commit, 0},
    {"misuse_is_refused_in_words", misuse_is_refused_in_words, 0},
    {"a_read_only_transaction_refuses_writes", a_read_only_transaction_refuses_writes, 0},
};

struct conformance_cases conformance_reads(void) {
  return (struct conformance_cases){cases, sizeof cases / sizeof cases[0]};
}
