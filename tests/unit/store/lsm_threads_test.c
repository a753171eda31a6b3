/* SPDX-License-Identifier: MIT */
/* The native engine with threads of its own, several committers, readers and maintenance, in every
 * sync mode. Run under the thread sanitizer it shows races; here it shows lost updates, broken
 * snapshots and stalls. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/core/bytes.h"
#include "base/sync/sync.h"
#include "store/lsm/lsm.h"
#include "tests/lib/test.h"

enum { WRITERS = 4, HELPERS = 3, TURNS = 250, KEYS = 64, HELD = 8, AGE_US = 30000 };

/* Two keys always sum up to zero: a reader that finds another sum saw half a commit. */
struct work {
  struct store *store;
  struct rng rng;
  _Atomic uint64_t *done;
  atomic_bool *stop;
  uint64_t commits, conflicts;
  status failed;
  char message[ERR_MESSAGE_BYTES];
};

static void note_failure(struct work *work, status code, const struct err *err) {
  work->failed = code;
  snprintf(work->message, sizeof work->message, "%s", err->message);
}

static status read_number(struct store_txn *txn, uint8_t key, int64_t *number, struct err *err) {
  struct store_value found;
  struct store_pins pins = {0};
  status answer = store_get(txn, STORE_META, slice_of(&key, 1), &found, &pins, err);
  *number = answer == LUMA_OK && found.found ? (int64_t)load64le(found.value.data) : 0;
  store_pins_release(&pins);
  return answer;
}

static status write_number(struct store_txn *txn, uint8_t key, int64_t number, struct err *err) {
  uint8_t value[200] = {0};
  store64le(value, (uint64_t)number);
  return store_put(txn, STORE_META, slice_of(&key, 1), slice_of(value, sizeof value), err);
}

static status move_some(struct work *work, struct store_txn *txn, struct err *err) {
  uint8_t from = (uint8_t)rng_below(&work->rng, KEYS),
          to = (uint8_t)((from + 1 + rng_below(&work->rng, KEYS - 1)) % KEYS);
  int64_t a, b, amount = (int64_t)rng_below(&work->rng, 100);
  TRY(read_number(txn, from, &a, err));
  TRY(read_number(txn, to, &b, err));
  TRY(write_number(txn, from, a - amount, err));
  TRY(write_number(txn, to, b + amount, err));
  TRY(store_add(txn, slice_of_text("moves"), 1, 0, INT64_MAX, err));
  return store_emit(txn, slice_of_text("moved"), err);
}

static status write_once(struct work *work, struct err *err) {
  struct store_txn *txn;
  TRY(store_begin(work->store, NULL, &txn, err));
  status answer = move_some(work, txn, err);
  if (answer == LUMA_OK) return store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, err);
  store_rollback(txn);
  return answer;
}

static void write_all(void *context) {
  struct work *work = context;
  struct err err = {0};
  while (work->commits < TURNS && work->failed == LUMA_OK) {
    status answer = write_once(work, &err);
    work->commits += answer == LUMA_OK;
    work->conflicts += answer == LUMA_CONFLICT;
    bool is_over = answer != LUMA_OK && answer != LUMA_CONFLICT && answer != LUMA_SNAPSHOT_TOO_OLD;
    if (is_over) note_failure(work, answer, &err);
  }
  atomic_fetch_add(work->done, 1);
}

/* One snapshot, by cursor: the sum, and the same by keys. */
static status sum_up(struct store_txn *txn, struct store_rows *rows, int64_t *by_cursor,
                     int64_t *by_key, struct err *err) {
  struct store_cursor *cursor;
  *by_cursor = *by_key = 0;
  TRY(store_cursor_open(txn, STORE_META, (struct store_range){{0}, {0}}, false, &cursor, err));
  status answer;
  do {
    answer = store_cursor_next(cursor, 10, rows, err);
    for (uint32_t i = 0; answer == LUMA_OK && i < rows->count; i++)
      *by_cursor += (int64_t)load64le(rows->values[i].data);
  } while (answer == LUMA_OK && rows->count);
  store_cursor_close(cursor);
  for (uint8_t key = 0; key < KEYS && answer == LUMA_OK; key++) {
    int64_t number;
    answer = read_number(txn, key, &number, err);
    *by_key += number;
  }
  return answer;
}

static status read_once(struct work *work, struct store_rows *rows, struct err *err) {
  struct store_begin_options options = {.read_only = true};
  struct store_txn *txn;
  int64_t by_cursor, by_key;
  TRY(store_begin(work->store, &options, &txn, err));
  status answer = sum_up(txn, rows, &by_cursor, &by_key, err);
  store_rollback(txn);
  if (answer == LUMA_OK && (by_cursor || by_key))
    FAIL(err, LUMA_INTERNAL, "a snapshot sums up to %lld and %lld", (long long)by_cursor,
         (long long)by_key);
  return answer;
}

static void read_all(void *context) {
  struct work *work = context;
  static _Thread_local struct store_rows rows;
  struct err err = {0};
  while (!atomic_load(work->stop) && work->failed == LUMA_OK) {
    status answer = read_once(work, &rows, &err);
    if (answer != LUMA_OK && answer != LUMA_SNAPSHOT_TOO_OLD) note_failure(work, answer, &err);
  }
}

/* Snapshots held while others commit, used now and then: each sums up right or is told that it is
 * too old. */
static void hold_all(void *context) {
  static const struct store_begin_options options = {.read_only = true};
  struct work *work = context;
  static _Thread_local struct store_rows rows;
  struct store_txn *held[HELD] = {NULL};
  struct err err = {0};
  while (!atomic_load(work->stop) && work->failed == LUMA_OK) {
    struct store_txn **txn = &held[rng_below(&work->rng, HELD)];
    int64_t by_cursor = 0, by_key = 0;
    status answer = LUMA_OK;
    if (!*txn) {
      answer = store_begin(work->store, &options, txn, &err);
    } else if (rng_below(&work->rng, 4)) {
      answer = sum_up(*txn, &rows, &by_cursor, &by_key, &err);
      if (answer == LUMA_SNAPSHOT_TOO_OLD) answer = LUMA_OK, by_cursor = by_key = 0;
    } else {
      store_rollback(*txn);
      *txn = NULL;
    }
    if (answer == LUMA_OK && (by_cursor || by_key))
      answer = err_raise(&err, LUMA_INTERNAL, __FILE__, __LINE__, "a snapshot changed");
    if (answer != LUMA_OK) note_failure(work, answer, &err);
    thread_yield();
  }
  for (int i = 0; i < HELD; i++)
    if (held[i]) store_rollback(held[i]);
}

static void maintain(void *context) {
  struct work *work = context;
  struct err err = {0};
  while (!atomic_load(work->stop) && work->failed == LUMA_OK) {
    status answer = rng_below(&work->rng, 2) ? store_checkpoint(work->store, &err)
                                             : store_compact(work->store, &err);
    if (answer != LUMA_OK) note_failure(work, answer, &err);
  }
}

static void expect_end(struct store *store, uint64_t commits) {
  struct store_txn *txn = NULL;
  int64_t moves;
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  assert_ok(store_count(txn, slice_of_text("moves"), &moves, test_err()));
  assert_int_equal(commits, moves);
  store_rollback(txn);
  assert_ok(store_check(store, NULL, NULL, test_err()));
}

static void run_mode(enum store_sync_mode mode, uint32_t threads_count) {
  char path[512];
  snprintf(path, sizeof path, "%s/db%d", test_dir(), (int)mode);
  struct lsm_options options = {.create = true,
                                .sync_mode = mode,
                                .sync_period_us = 5000,
                                .wal_segment_bytes = 256 << 10,
                                .memtable_bytes = 48 << 10,
                                .block_bytes = 1024,
                                .file_bytes = 32 << 10,
                                .snapshot_age_max_us = AGE_US,
                                .background_threads = threads_count};
  struct store *store = NULL;
  _Atomic uint64_t done = 0;
  atomic_bool stop = false;
  struct work works[WRITERS + HELPERS];
  struct thread threads[WRITERS + HELPERS];
  assert_ok(lsm_open(os_linux(), path, &options, &store, test_err()));
  for (int i = 0; i < WRITERS + HELPERS; i++) {
    works[i] = (struct work){.store = store, .done = &done, .stop = &stop};
    rng_init(&works[i].rng, rng_next(test_rng()));
    static void (*const RUNS[])(void *) = {read_all, maintain, hold_all};
    void (*run)(void *) = i < WRITERS ? write_all : RUNS[i - WRITERS];
    assert_ok(thread_start(&threads[i], "worker", run, &works[i], test_err()));
  }
  for (int i = 0; i < WRITERS; i++) thread_join(&threads[i]);
  atomic_store(&stop, true);
  for (int i = WRITERS; i < WRITERS + HELPERS; i++) thread_join(&threads[i]);
  for (int i = 0; i < WRITERS + HELPERS; i++)
    if (works[i].failed != LUMA_OK) fail_msg("worker %d: %s", i, works[i].message);
  expect_end(store, WRITERS * TURNS);
  store_close(store);
  assert_ok(lsm_open(os_linux(), path, &options, &store, test_err()));
  expect_end(store, WRITERS * TURNS);
  store_close(store);
}

static void always_with_two_threads(void) {
  run_mode(STORE_SYNC_ALWAYS, 2);
}

static void group_without_threads(void) {
  run_mode(STORE_SYNC_GROUP, 0);
}

static void periodic_with_one_thread(void) {
  run_mode(STORE_SYNC_PERIODIC, 1);
}

static void never_with_two_threads(void) {
  run_mode(STORE_SYNC_NEVER, 2);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"always_with_two_threads", always_with_two_threads, 120},
      {"group_without_threads", group_without_threads, 120},
      {"periodic_with_one_thread", periodic_with_one_thread, 120},
      {"never_with_two_threads", never_with_two_threads, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
