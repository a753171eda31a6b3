/* SPDX-License-Identifier: MIT */
/* Several threads on one store: nothing is lost, and every snapshot is whole whatever goes on
 * beside it. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/sync/sync.h"
#include "tests/unit/store/conformance_int.h"

enum { WORKERS = 4, TURNS = 60 };

struct work {
  struct store *store;
  atomic_uint errors;
};

/* Cases' assertions belong to the first thread; a worker answers and counts. */
static status turn_once(struct store *store) {
  struct store_txn *txn;
  TRY(store_begin(store, NULL, &txn, NULL));
  struct store_value found;
  struct store_pins pins = {0};
  status answer = store_get(txn, STORE_META, text("shared"), &found, &pins, NULL);
  unsigned number = 0;
  if (answer == LUMA_OK && found.found) memcpy(&number, found.value.data, sizeof number);
  number++;
  store_pins_release(&pins);
  if (answer == LUMA_OK) {
    answer = store_put(txn, STORE_META, text("shared"), slice_of(&number, sizeof number), NULL);
  }
  if (answer == LUMA_OK) answer = store_add(txn, text("turns"), 1, 0, INT64_MAX, NULL);
  if (answer == LUMA_OK) answer = store_emit(txn, text("."), NULL);
  if (answer == LUMA_OK) return store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, NULL);
  store_rollback(txn);
  return answer;
}

static void worker(void *argument) {
  struct work *work = argument;
  for (int turn = 0; turn < TURNS; turn++) {
    status answer;
    do {
      answer = turn_once(work->store);
    } while (answer == LUMA_CONFLICT);
    if (answer != LUMA_OK) atomic_fetch_add(&work->errors, 1);
  }
}

static uint32_t feed_length(struct store *store) {
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct store_feed_record *records;
  uint32_t count;
  assert_ok(store_feed_read(store, (struct store_pos){0}, WORKERS * TURNS + 1, &arena, &records,
                            &count, test_err()));
  arena_deinit(&arena);
  return count;
}

static void threads_lose_no_update(void) {
  struct work work = {.store = open_store()};
  struct thread threads[WORKERS];
  for (int i = 0; i < WORKERS; i++) {
    assert_ok(thread_start(&threads[i], "worker", worker, &work, test_err()));
  }
  for (int i = 0; i < WORKERS; i++) thread_join(&threads[i]);
  assert_int_equal(0, work.errors);
  struct store_txn *txn = begin(work.store);
  expect_count(txn, "turns", WORKERS * TURNS);
  struct store_value found;
  struct store_pins pins = {0};
  unsigned number = 0;
  assert_ok(store_get(txn, STORE_META, text("shared"), &found, &pins, test_err()));
  assert_int_equal(sizeof number, found.value.bytes);
  memcpy(&number, found.value.data, sizeof number);
  assert_int_equal(WORKERS * TURNS, number);
  store_pins_release(&pins);
  store_rollback(txn);
  assert_int_equal(WORKERS * TURNS, feed_length(work.store));
  close_store(work.store);
}

/* ---- a bank ---- */

enum { ACCOUNTS = 40, SUM = ACCOUNTS * 100, TRANSFERS = 400, TELLERS = 3 };

struct bank {
  struct store *store;
  atomic_bool is_closing;
  atomic_uint tellers, errors, audits, false_sums;
};

static void account_name(uint32_t number, char name[16]) {
  snprintf(name, 16, "a%02u", number);
}

static int64_t balance_of(struct slice value) {
  int64_t balance = 0;
  if (value.bytes == sizeof balance) memcpy(&balance, value.data, sizeof balance);
  return balance;
}

static status account_change(struct store_txn *txn, uint32_t number, int64_t by) {
  char name[16];
  struct store_value found;
  struct store_pins pins = {0};
  account_name(number, name);
  status answer = store_get(txn, STORE_ENTRIES, text(name), &found, &pins, NULL);
  int64_t balance = answer == LUMA_OK ? balance_of(found.value) + by : 0;
  store_pins_release(&pins);
  if (answer != LUMA_OK) return answer;
  return store_put(txn, STORE_ENTRIES, text(name), slice_of(&balance, sizeof balance), NULL);
}

static status transfer(struct store *store, struct rng *rng) {
  struct store_txn *txn;
  int64_t amount = rng_range(rng, 1, 50);
  TRY(store_begin(store, NULL, &txn, NULL));
  status answer = account_change(txn, (uint32_t)rng_below(rng, ACCOUNTS), -amount);
  if (answer == LUMA_OK) answer = account_change(txn, (uint32_t)rng_below(rng, ACCOUNTS), amount);
  if (answer == LUMA_OK) return store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, NULL);
  store_rollback(txn);
  return answer;
}

static void teller(void *argument) {
  struct bank *bank = argument;
  struct rng rng;
  rng_init(&rng, test_seed() + atomic_fetch_add(&bank->tellers, 1));
  for (int i = 0; i < TRANSFERS; i++) {
    status answer = transfer(bank->store, &rng);
    if (answer != LUMA_OK && answer != LUMA_CONFLICT) atomic_fetch_add(&bank->errors, 1);
  }
  atomic_fetch_sub(&bank->tellers, 1);
}

/* Adds up all accounts, a few at a step. */
static status audit_once(struct bank *bank, struct store_rows *rows, bool backwards) {
  struct store_begin_options options = {.read_only = true};
  struct store_range all = {{0}, {0}};
  struct store_cursor *cursor;
  struct store_txn *txn;
  int64_t sum = 0;
  TRY(store_begin(bank->store, &options, &txn, NULL));
  status answer = store_cursor_open(txn, STORE_ENTRIES, all, backwards, &cursor, NULL);
  for (rows->count = 1; answer == LUMA_OK && rows->count > 0;) {
    answer = store_cursor_next(cursor, 7, rows, NULL);
    for (uint32_t i = 0; answer == LUMA_OK && i < rows->count; i++) {
      sum += balance_of(rows->values[i]);
    }
  }
  if (answer == LUMA_OK) store_cursor_close(cursor);
  store_rollback(txn);
  if (answer == LUMA_OK && sum != SUM) atomic_fetch_add(&bank->false_sums, 1);
  return answer;
}

static void auditor(void *argument) {
  static struct store_rows rows; /* there is one auditor */
  struct bank *bank = argument;
  /* At least once each way, however late this thread was begun. */
  do {
    unsigned number = atomic_fetch_add(&bank->audits, 1);
    if (audit_once(bank, &rows, number % 2) != LUMA_OK) atomic_fetch_add(&bank->errors, 1);
  } while (!bank->is_closing || bank->audits < 2);
}

static void janitor(void *argument) {
  struct bank *bank = argument;
  while (!bank->is_closing) {
    status answer = store_checkpoint(bank->store, NULL);
    if (answer == LUMA_OK) answer = store_compact(bank->store, NULL);
    if (answer != LUMA_OK) atomic_fetch_add(&bank->errors, 1);
  }
}

static void open_accounts(struct store *store) {
  int64_t balance = SUM / ACCOUNTS;
  struct store_txn *txn = begin(store);
  for (uint32_t i = 0; i < ACCOUNTS; i++) {
    char name[16];
    account_name(i, name);
    assert_ok(
        store_put(txn, STORE_ENTRIES, text(name), slice_of(&balance, sizeof balance), test_err()));
  }
  commit(txn);
}

static void every_snapshot_has_the_whole_sum(void) {
  static struct bank bank;
  struct thread tellers[TELLERS], others[2];
  bank.store = open_store();
  open_accounts(bank.store);
  for (int i = 0; i < TELLERS; i++) {
    assert_ok(thread_start(&tellers[i], "teller", teller, &bank, test_err()));
  }
  assert_ok(thread_start(&others[0], "auditor", auditor, &bank, test_err()));
  assert_ok(thread_start(&others[1], "janitor", janitor, &bank, test_err()));
  for (int i = 0; i < TELLERS; i++) thread_join(&tellers[i]);
  bank.is_closing = true;
  for (int i = 0; i < 2; i++) thread_join(&others[i]);
  assert_int_equal(0, bank.errors);
  assert_int_equal(0, bank.false_sums);
  bank.store = reopen_store(bank.store);
  assert_ok(audit_once(&bank, rows_room(), false));
  assert_int_equal(0, bank.false_sums);
  close_store(bank.store);
}

static const struct test_case cases[] = {
    {"threads_lose_no_update", threads_lose_no_update, 120},
    {"every_snapshot_has_the_whole_sum", every_snapshot_has_the_whole_sum, 120},
};

struct conformance_cases conformance_threads(void) {
  return (struct conformance_cases){cases, sizeof cases / sizeof cases[0]};
}
