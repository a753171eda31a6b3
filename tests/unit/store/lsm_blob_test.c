/* SPDX-License-Identifier: MIT */
/* Large documents in the native engine: written once, given back to the file system when they are
 * replaced or deleted, kept as long as a snapshot reads them, and damage told. */
#include <stdio.h>

#include "base/core/bytes.h"
#include "base/ds/rng.h"
#include "store/lsm/dbfile/dbfile.h"
#include "store/lsm/engine/engine.h"
#include "store/lsm/lsm.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

enum { KEYS = 60, VALUE_BYTES = 2000, KEY_BYTES = 8 };
static const char DB[] = "db";

static struct store *open_on(struct simos *sim) {
  struct lsm_options options = {.create = true,
                                .sync_mode = STORE_SYNC_NEVER,
                                .wal_segment_bytes = 256 << 10,
                                .memtable_bytes = 32 << 10,
                                .block_bytes = 512,
                                .file_bytes = 32 << 10,
                                .blob_value_bytes = 100};
  struct store *store = NULL;
  assert_ok(lsm_open(simos_os(sim), DB, &options, &store, test_err()));
  return store;
}

static struct slice key_of(uint32_t number, uint8_t room[KEY_BYTES]) {
  store32be(room, number * UINT32_C(2654435761)); /* in no order */
  store32be(room + 4, number);
  return slice_of(room, KEY_BYTES);
}

/* What key `number` has in its `version`th version. */
static struct slice value_of(uint32_t number, uint32_t version, uint8_t room[VALUE_BYTES]) {
  for (size_t i = 0; i < VALUE_BYTES; i++) room[i] = (uint8_t)(number * 31 + version * 7 + i);
  return slice_of(room, VALUE_BYTES);
}

static void put(struct store *store, uint32_t number, uint32_t version) {
  uint8_t key[KEY_BYTES], value[VALUE_BYTES];
  struct store_txn *txn;
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  assert_ok(store_put(txn, STORE_RECORDS, key_of(number, key), value_of(number, version, value),
                      test_err()));
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
}

static status get(struct store_txn *txn, uint32_t number, uint32_t version) {
  uint8_t key[KEY_BYTES], expected[VALUE_BYTES];
  struct store_value value;
  struct store_pins pins = {0};
  TRY(store_get(txn, STORE_RECORDS, key_of(number, key), &value, &pins, test_err()));
  assert_true(value.found && value.value.bytes == VALUE_BYTES);
  value_of(number, version, expected);
  assert_memory_equal(expected, value.value.data, 8);
  assert_memory_equal(expected + 16, value.value.data + 16, VALUE_BYTES - 16);
  store_pins_release(&pins);
  return LUMA_OK;
}

static void expect_all(struct store *store, const uint32_t *versions) {
  struct store_txn *txn;
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  for (uint32_t i = 0; i < KEYS; i++) assert_ok(get(txn, i, versions[i]));
  store_rollback(txn);
}

/** Blob files of the directory. */
struct listing {
  uint32_t count;
  uint64_t highest; /* number; names come in no order */
};

static status list_one(void *context, const char *name) {
  struct listing *listing = context;
  uint64_t number;
  if (dbfile_parse(name, &number) != DBFILE_BLOB) return LUMA_OK;
  listing->count++;
  if (number > listing->highest) listing->highest = number;
  return LUMA_OK;
}

static struct listing list(struct simos *sim) {
  struct listing listing = {0};
  assert_ok(os_list_dir(simos_os(sim), DB, list_one, &listing, test_err()));
  return listing;
}

static uint64_t file_bytes(struct store *store) {
  struct store_stats stats;
  assert_ok(store_get_stats(store, &stats, test_err()));
  return stats.file_bytes;
}

static void fill(struct store *store, uint32_t *versions) {
  for (uint32_t i = 0; i < KEYS; i++) put(store, i, versions[i] = 1);
}

static void replace_some(struct store *store, uint32_t *versions, int count) {
  for (int i = 0; i < count; i++) {
    uint32_t at = (uint32_t)rng_below(test_rng(), KEYS);
    put(store, at, ++versions[at]);
  }
}

/* Replaced again and again, they take no more than a few times the room of one version each. */
static void replaced_values_are_given_back(void) {
  struct simos *sim = simos_create(test_seed());
  struct store *store = open_on(sim);
  uint32_t versions[KEYS];
  fill(store, versions);
  for (int round = 0; round < 20; round++) {
    replace_some(store, versions, 100);
    assert_ok(store_checkpoint(store, test_err()));
    assert_true(file_bytes(store) < UINT64_C(8) * KEYS * VALUE_BYTES);
    assert_ok(store_check(store, NULL, NULL, test_err()));
    if (round % 7 != 6) continue;
    store_close(store);
    store = open_on(sim);
  }
  expect_all(store, versions);
  assert_ok(store_compact(store, test_err()));
  assert_true(file_bytes(store) < UINT64_C(3) * KEYS * VALUE_BYTES);
  expect_all(store, versions);
  store_close(store);
  simos_destroy(sim);
}

static void deleted_values_leave_no_file(void) {
  struct simos *sim = simos_create(test_seed());
  struct store *store = open_on(sim);
  uint32_t versions[KEYS];
  struct store_txn *txn;
  fill(store, versions);
  assert_ok(store_checkpoint(store, test_err()));
  assert_true(list(sim).count > 0);
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  assert_ok(store_delete_range(txn, STORE_RECORDS, (struct store_range){{0}, {0}}, test_err()));
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  assert_ok(store_compact(store, test_err()));
  assert_int_equal(0, list(sim).count);
  store_close(store);
  simos_destroy(sim);
}

static void a_snapshot_keeps_its_values(void) {
  struct simos *sim = simos_create(test_seed());
  struct store *store = open_on(sim);
  uint32_t versions[KEYS], before[KEYS];
  struct store_txn *txn;
  fill(store, versions);
  assert_ok(store_checkpoint(store, test_err()));
  memcpy(before, versions, sizeof before);
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  for (int round = 0; round < 5; round++) {
    replace_some(store, versions, 200);
    assert_ok(store_compact(store, test_err()));
    for (uint32_t i = 0; i < KEYS; i++) assert_ok(get(txn, i, before[i]));
  }
  store_rollback(txn);
  expect_all(store, versions);
  store_close(store);
  simos_destroy(sim);
}

/* In no order, with files merged many times: a value goes to the log and to one blob file. */
static void merging_leaves_values_where_they_are(void) {
  enum { COUNT = 1000 };
  struct simos *sim = simos_create(test_seed());
  struct store *store = open_on(sim);
  struct store_stats stats;
  for (uint32_t i = 0; i < COUNT; i++) put(store, i, 1);
  assert_ok(store_compact(store, test_err()));
  assert_ok(store_get_stats(store, &stats, test_err()));
  struct wal_stats wal;
  wal_get_stats(((struct engine *)store)->wal, &wal);
  uint64_t given = UINT64_C(1) * COUNT * VALUE_BYTES,
           files = stats.bytes_written - wal.bytes_written;
  assert_true(files < given + given / 2);
  store_close(store);
  simos_destroy(sim);
}

/* A crash between the writing of a file and its edit leaves what the next opening removes. */
static void orphans_are_removed(void) {
  struct simos *sim = simos_create(test_seed());
  struct store *store = open_on(sim);
  uint32_t versions[KEYS];
  struct os_file *file;
  fill(store, versions);
  assert_ok(store_checkpoint(store, test_err()));
  store_close(store);
  uint32_t count = list(sim).count;
  assert_ok(os_open(simos_os(sim), "db/000000009000.blob", OS_OPEN_WRITE | OS_OPEN_CREATE, &file,
                    test_err()));
  assert_ok(os_close(simos_os(sim), file, test_err()));
  store = open_on(sim);
  assert_int_equal(count, list(sim).count);
  replace_some(store, versions, 200);
  assert_ok(store_checkpoint(store, test_err()));
  assert_true(list(sim).highest > 9000); /* numbers seen are not given again */
  expect_all(store, versions);
  store_close(store);
  simos_destroy(sim);
}

static void damage_is_told_and_the_rest_stays_readable(void) {
  struct simos *sim = simos_create(test_seed());
  struct store *store = open_on(sim);
  uint32_t versions[KEYS], lost = 0;
  char path[64];
  struct store_txn *txn;
  fill(store, versions);
  assert_ok(store_checkpoint(store, test_err()));
  store_close(store);
  snprintf(path, sizeof path, "db/%012llu.blob", (unsigned long long)list(sim).highest);
  assert_ok(simos_flip_bit(sim, path, 8 * (BLOB_HEADER_BYTES + 100)));
  store = open_on(sim);
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  for (uint32_t i = 0; i < KEYS; i++) {
    status answer = get(txn, i, versions[i]);
    assert_true(answer == LUMA_OK || answer == LUMA_CORRUPT);
    lost += answer != LUMA_OK;
    if (answer != LUMA_OK) assert_non_null(strstr(test_err()->message, path + 3));
  }
  store_rollback(txn);
  assert_int_equal(1, lost);
  assert_status(LUMA_CORRUPT, store_check(store, NULL, NULL, test_err()));
  store_close(store);
  assert_ok(os_remove(simos_os(sim), path, test_err()));
  struct lsm_options options = {0};
  assert_status(LUMA_CORRUPT, lsm_open(simos_os(sim), DB, &options, &store, test_err()));
  simos_destroy(sim);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"replaced_values_are_given_back", replaced_values_are_given_back, 0},
      {"deleted_values_leave_no_file", deleted_values_leave_no_file, 0},
      {"a_snapshot_keeps_its_values", a_snapshot_keeps_its_values, 0},
      {"merging_leaves_values_where_they_are", merging_leaves_values_where_they_are, 0},
      {"orphans_are_removed", orphans_are_removed, 0},
      {"damage_is_told_and_the_rest_stays_readable", damage_is_told_and_the_rest_stays_readable, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
