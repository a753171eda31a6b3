/* SPDX-License-Identifier: MIT */
/* Where the native engine cuts a range for several readers: between keys that it has, into parts
 * that together are the range. */
#include <stdio.h>

#include "store/lsm/lsm.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

enum { ROWS = 12000, CUTS = 40 };

struct fixture {
  struct simos *sim;
  struct store *store;
  struct store_txn *txn;
};

static struct slice key_of(char *room, size_t bytes, int number) {
  return slice_of(room, (size_t)snprintf(room, bytes, "k%06d", number));
}

static void begin(struct fixture *fixture, uint32_t block_bytes) {
  struct lsm_options options = {.create = true, .block_bytes = block_bytes};
  char key[16], value[128] = {0};
  fixture->sim = simos_create(test_seed());
  assert_ok(lsm_open(simos_os(fixture->sim), "db", &options, &fixture->store, test_err()));
  assert_ok(store_begin(fixture->store, NULL, &fixture->txn, test_err()));
  for (int i = 0; i < ROWS; i++) {
    (void)snprintf(value, sizeof value, "%0110d", i);
    assert_ok(store_put(fixture->txn, STORE_RECORDS, key_of(key, sizeof key, i),
                        slice_of_text(value), test_err()));
  }
  assert_ok(store_commit(fixture->txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  assert_ok(store_checkpoint(fixture->store, test_err()));
  struct store_begin_options reads = {.read_only = true};
  assert_ok(store_begin(fixture->store, &reads, &fixture->txn, test_err()));
}

static void end(struct fixture *fixture) {
  store_rollback(fixture->txn);
  store_close(fixture->store);
  simos_destroy(fixture->sim);
}

static uint32_t count_rows(struct fixture *fixture, struct store_range range) {
  static struct store_rows rows;
  struct store_cursor *cursor = NULL;
  uint32_t count = 0;
  assert_ok(store_cursor_open(fixture->txn, STORE_RECORDS, range, false, &cursor, test_err()));
  do {
    assert_ok(store_cursor_next(cursor, STORE_BATCH_MAX, &rows, test_err()));
    count += rows.count;
  } while (rows.count);
  store_cursor_close(cursor);
  return count;
}

/* The parts between rows `from` and `to`, of which none may be too large; answers how many. */
static uint32_t expect_parts(struct fixture *fixture, int from, int to, uint32_t rows_most) {
  char low[16], high[16];
  struct slice keys[CUTS];
  struct store_cuts cuts = {.keys = keys, .max = CUTS};
  struct store_range range = {key_of(low, sizeof low, from), key_of(high, sizeof high, to)}, part;
  uint32_t sum = 0;
  assert_ok(store_cut(fixture->txn, STORE_RECORDS, range, &cuts, test_err()));
  for (uint32_t i = 0; i <= cuts.count; i++) {
    part.from = i ? keys[i - 1] : range.from;
    part.to = i < cuts.count ? keys[i] : range.to;
    assert_true(slice_compare(part.from, part.to) < 0);
    uint32_t rows = count_rows(fixture, part);
    assert_in_range(rows, 1, rows_most);
    sum += rows;
  }
  assert_int_equal(to - from, sum);
  return cuts.count + 1;
}

/* 16 blocks of 16 KiB hold some 2,200 rows, of which the last part may have more. */
static void a_file_without_index_blocks_is_cut(void) {
  struct fixture fixture;
  begin(&fixture, 0);
  assert_in_range(expect_parts(&fixture, 0, ROWS, 4400), 4, CUTS);
  (void)expect_parts(&fixture, 3000, 9000, 4400);
  assert_int_equal(1, expect_parts(&fixture, 5000, 5010, 10));
  end(&fixture);
}

static void index_blocks_are_read_where_their_number_is_too_small(void) {
  struct fixture fixture;
  begin(&fixture, 4096);
  assert_in_range(expect_parts(&fixture, 0, ROWS, 1500), 12, CUTS + 1);
  assert_in_range(expect_parts(&fixture, 4000, 8000, 1200), 4, CUTS + 1);
  end(&fixture);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_file_without_index_blocks_is_cut", a_file_without_index_blocks_is_cut, 0},
      {"index_blocks_are_read_where_their_number_is_too_small",
       index_blocks_are_read_where_their_number_is_too_small, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
