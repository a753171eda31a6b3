/* SPDX-License-Identifier: MIT */
/* What is flushed while a compaction makes up its mind. */
#include "store/lsm/lsm.h"
#include "tests/lib/fault.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

static struct slice text(const char *s) {
  return slice_of_text(s);
}

static struct store *open_store(struct os *os) {
  struct store *store = NULL;
  struct lsm_options options = {.create = true,
                                .sync_mode = STORE_SYNC_ALWAYS,
                                .wal_segment_bytes = 64 << 10,
                                .memtable_bytes = 1 << 20};
  assert_ok(lsm_open(os, "db", &options, &store, test_err()));
  return store;
}

static void put_and_flush(struct store *store, const char *const *keys, const char *value) {
  struct store_txn *txn;
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  for (; *keys; keys++) assert_ok(store_put(txn, STORE_META, text(*keys), text(value), test_err()));
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  assert_ok(store_checkpoint(store, test_err()));
}

static void check_value(struct store *store, const char *key, const char *value) {
  struct store_txn *txn;
  struct store_value found;
  struct store_pins pins = {0};
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  assert_ok(store_get(txn, STORE_META, text(key), &found, &pins, test_err()));
  assert_true(found.found);
  assert_true(slice_is_equal(text(value), found.value));
  store_pins_release(&pins);
  store_rollback(txn);
}

static void flush_into_gap(void *store) {
  put_and_flush(store, (const char *const[]){"m", "n", NULL}, "late");
}

/* Two files far apart, and one above the first, so that a compaction has something to do. */
static void make_levels(struct store *store) {
  put_and_flush(store, (const char *const[]){"a", "b", NULL}, "first");
  put_and_flush(store, (const char *const[]){"x", "z", NULL}, "second");
  put_and_flush(store, (const char *const[]){"a", NULL}, "third");
}

/* The first allocations of a compaction are those of its lists of files. */
static void a_flush_beside_a_compaction_overlaps_nothing(void) {
  for (uint64_t nth = 1; nth <= 3; nth++) {
    struct simos *sim = simos_create(nth);
    struct store *store = open_store(simos_os(sim));
    make_levels(store);
    fault_alloc_call(nth, flush_into_gap, store);
    assert_ok(store_compact(store, test_err()));
    assert_true(fault_alloc_count() > nth);
    fault_alloc_off();
    check_value(store, "a", "third");
    check_value(store, "m", "late");
    check_value(store, "n", "late");
    check_value(store, "z", "second");
    store_close(store);
    simos_destroy(sim);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_flush_beside_a_compaction_overlaps_nothing", a_flush_beside_a_compaction_overlaps_nothing,
       0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
