/* SPDX-License-Identifier: MIT */
/* The check from outside: content with a sound store, and with none that lies. */
#include <stdio.h>
#include <string.h>

#include "store/deep.h"
#include "store/mem/mem_store.h"
#include "tests/lib/test.h"

enum { KEYS = 700 };

/** A store whose answers are bent. */
static const struct store_ops *honest;
enum lie { NO_LIE, LIE_GET, LIE_VALUE, LIE_ORDER, LIE_BACKWARDS, LIES };
static enum lie lie;

static status lying_get(struct store_txn *txn, enum store_space space, const struct slice *keys,
                        uint32_t count, struct store_value *values, struct store_pins *pins,
                        struct err *err) {
  TRY(honest->get_many(txn, space, keys, count, values, pins, err));
  if (lie == LIE_GET && count > 100) values[100].found = false;
  if (lie == LIE_VALUE && count > 100 && values[100].value.bytes) values[100].value.bytes--;
  return LUMA_OK;
}

static bool is_backwards;

static status lying_open(struct store_txn *txn, enum store_space space, struct store_range range,
                         bool backwards, struct store_cursor **cursor, struct err *err) {
  is_backwards = backwards;
  return honest->cursor_open(txn, space, range, backwards, cursor, err);
}

static status lying_next(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                         struct err *err) {
  TRY(honest->cursor_next(cursor, max, rows, err));
  if (lie == LIE_ORDER && rows->count > 2) rows->keys[1] = rows->keys[2];
  if (lie == LIE_BACKWARDS && is_backwards && rows->count > 2) rows->count--;
  return LUMA_OK;
}

static struct store *open_filled(struct store_ops *ops) {
  struct store *store;
  struct store_txn *txn;
  struct mem_options options = {0};
  assert_ok(mem_store_open(&options, &store, test_err()));
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  for (int i = 0; i < KEYS; i++) {
    char key[16];
    snprintf(key, sizeof key, "key-%05d", i);
    for (int space = 0; space < STORE_SPACES; space++) {
      uint8_t value[24] = {(uint8_t)i};
      size_t bytes = space == STORE_COUNTERS ? 8 : sizeof value;
      assert_ok(store_put(txn, (enum store_space)space, slice_of_text(key), slice_of(value, bytes),
                          test_err()));
    }
    assert_ok(store_emit(txn, slice_of_text(key), test_err()));
  }
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  honest = store->ops;
  *ops = *honest;
  ops->get_many = lying_get;
  ops->cursor_open = lying_open;
  ops->cursor_next = lying_next;
  store->ops = ops;
  return store;
}

static void count_fault(void *context, const char *place, const char *what) {
  (void)place, (void)what;
  ++*(int *)context;
}

static void every_lie_is_found(void) {
  struct store_ops ops;
  struct store *store = open_filled(&ops);
  for (int i = NO_LIE; i < LIES; i++) {
    int faults = 0;
    lie = (enum lie)i;
    assert_status(i == NO_LIE ? LUMA_OK : LUMA_CORRUPT,
                  store_check_deep(store, count_fault, &faults, test_err()));
    assert_int_equal(i == NO_LIE, faults == 0);
  }
  store_close(store);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {{"every_lie_is_found", every_lie_is_found, 0}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
