/* SPDX-License-Identifier: MIT */
/* The native engine in trouble: full disks, failed writes, snapshots that grow old. What it tells,
 * what it still does, and how it goes on. */
#include <stdio.h>
#include <string.h>

#include "store/lsm/engine/engine.h"
#include "store/lsm/lsm.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

static const char DB[] = "db";
enum { VALUE_BYTES = 200, FULL_BYTES = 1 << 20, BALLAST_BYTES = 128 << 10, PUTS_MAX = 100000 };

static struct lsm_options tiny(void) {
  return (struct lsm_options){.create = true,
                              .sync_mode = STORE_SYNC_ALWAYS,
                              .wal_segment_bytes = 64 << 10,
                              .memtable_bytes = 32 << 10,
                              .block_bytes = 512,
                              .file_bytes = 32 << 10};
}

static struct store *open_on(struct simos *sim) {
  struct lsm_options options = tiny();
  struct store *store = NULL;
  assert_ok(lsm_open(simos_os(sim), DB, &options, &store, test_err()));
  return store;
}

static struct slice key_of(int number, char room[16]) {
  snprintf(room, 16, "k%06d", number);
  return slice_of_text(room);
}

static status try_put(struct store *store, int number, struct err *err) {
  struct store_txn *txn;
  char room[16];
  uint8_t value[VALUE_BYTES] = {0};
  rng_fill(test_rng(), value + 16, sizeof value - 16);
  TRY(store_begin(store, NULL, &txn, err));
  status answer =
      store_put(txn, STORE_RECORDS, key_of(number, room), slice_of(value, sizeof value), err);
  if (answer == LUMA_OK) return store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, err);
  store_rollback(txn);
  return answer;
}

static status try_delete(struct store *store, int from, int to, struct err *err) {
  struct store_txn *txn;
  char rooms[2][16];
  TRY(store_begin(store, NULL, &txn, err));
  struct store_range range = {key_of(from, rooms[0]), key_of(to, rooms[1])};
  status answer = to == from + 1 ? store_delete(txn, STORE_RECORDS, range.from, err)
                                 : store_delete_range(txn, STORE_RECORDS, range, err);
  if (answer == LUMA_OK) return store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, err);
  store_rollback(txn);
  return answer;
}

/* Puts until there is no room; answers how many were acknowledged. */
static int fill(struct store *store, struct err *err) {
  int number = 0;
  while (try_put(store, number, err) == LUMA_OK) {
    number++;
    assert_true(number < PUTS_MAX);
  }
  assert_int_equal(LUMA_DISK_FULL, err->code);
  return number;
}

static uint64_t count_rows(struct store *store) {
  static struct store_rows rows;
  struct store_txn *txn;
  struct store_cursor *cursor;
  uint64_t count = 0;
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  assert_ok(store_cursor_open(txn, STORE_RECORDS, (struct store_range){{0}, {0}}, false, &cursor,
                              test_err()));
  do {
    assert_ok(store_cursor_next(cursor, STORE_BATCH_MAX, &rows, test_err()));
    count += rows.count;
  } while (rows.count);
  store_cursor_close(cursor);
  store_rollback(txn);
  return count;
}

static status trouble_of(struct store *store, struct store_stats *stats) {
  assert_ok(store_get_stats(store, stats, test_err()));
  return stats->trouble;
}

/* ---- full disks ---- */

static void a_full_disk_takes_deletes_and_the_store_goes_on_by_itself(void) {
  struct simos *sim = simos_create(test_seed());
  struct store *store = open_on(sim);
  struct store_stats stats;
  struct err err = {0};
  assert_int_equal(LUMA_OK, trouble_of(store, &stats));
  simos_set_capacity(sim, FULL_BYTES);
  int number = fill(store, &err);
  assert_int_equal(LUMA_DISK_FULL, trouble_of(store, &stats));
  assert_non_null(strstr(stats.reason, "the disk is full"));
  assert_int_equal(LUMA_DISK_FULL, try_put(store, number, &err));
  assert_non_null(strstr(err.message, "KiB are free"));
  assert_int_equal(number, count_rows(store));
  for (int i = 0; i < 40; i++) assert_ok(try_delete(store, i, i + 1, test_err()));
  assert_ok(try_delete(store, 40, number - 10, test_err()));
  assert_int_equal(10, count_rows(store));
  /* what the deletes freed is enough */
  assert_ok(store_compact(store, test_err()));
  assert_int_equal(LUMA_OK, trouble_of(store, &stats));
  assert_ok(try_put(store, 0, test_err()));
  assert_ok(store_check(store, NULL, NULL, test_err()));
  store_close(store);
  simos_crash(sim);
  simos_reboot(sim);
  store = open_on(sim);
  assert_int_equal(11, count_rows(store));
  store_close(store);
  simos_destroy(sim);
}

static void room_made_by_others_is_enough(void) {
  struct simos *sim = simos_create(test_seed());
  struct store *store = open_on(sim);
  struct store_stats stats;
  struct err err = {0};
  simos_set_capacity(sim, FULL_BYTES);
  int number = fill(store, &err);
  simos_set_capacity(sim, 0);
  assert_int_equal(LUMA_OK, trouble_of(store, &stats));
  for (int i = 0; i < 500; i++) assert_ok(try_put(store, number + i, test_err()));
  struct os_stat ballast;
  assert_ok(os_stat(simos_os(sim), "db/BALLAST", &ballast, test_err()));
  assert_int_equal(BALLAST_BYTES, ballast.bytes);
  assert_int_equal(number + 500, count_rows(store));
  store_close(store);
  simos_destroy(sim);
}

static void a_full_disk_does_not_hinder_recovery(void) {
  for (size_t round = 0; round < test_rounds(20); round++) {
    struct simos *sim = simos_create(test_seed() + round);
    struct store *store = open_on(sim);
    struct err err = {0};
    simos_set_capacity(sim, FULL_BYTES + (rng_below(test_rng(), 64) << 12));
    int number = fill(store, &err);
    simos_crash(sim);
    store_close(store);
    simos_reboot(sim);
    uint64_t taken;
    simos_set_capacity(sim, UINT64_C(1) << 40);
    assert_ok(os_free_bytes(simos_os(sim), DB, &taken, test_err()));
    taken = (UINT64_C(1) << 40) - taken;
    simos_set_capacity(sim, taken); /* not a byte more */
    store = open_on(sim);
    assert_int_equal(number, count_rows(store));
    simos_set_capacity(sim, taken + BALLAST_BYTES); /* the ballast, gone since it was filled */
    for (int i = 0; i < number; i += 50) assert_ok(try_delete(store, i, i + 25, test_err()));
    store_close(store);
    simos_destroy(sim);
  }
}

/* ---- failed writes ---- */

static void a_failed_sync_is_told_by_the_figures_and_not_tried_again(void) {
  struct simos *sim = simos_create(test_seed());
  struct store *store = open_on(sim);
  struct store_stats stats;
  struct err err = {0};
  assert_ok(try_put(store, 1, test_err()));
  simos_fail_at(sim, 1, LUMA_IO_ERROR); /* the write of the frame, which is its sync as well */
  assert_int_equal(LUMA_IO_ERROR, try_put(store, 2, &err));
  assert_int_equal(LUMA_IO_ERROR, trouble_of(store, &stats));
  assert_non_null(strstr(stats.reason, "made to fail"));
  uint64_t before = simos_mutations(sim);
  assert_int_equal(LUMA_READ_ONLY, try_put(store, 3, &err));
  assert_int_equal(LUMA_READ_ONLY, try_delete(store, 1, 2, &err));
  assert_int_equal(LUMA_READ_ONLY, store_checkpoint(store, &err));
  assert_true(store_sync(store, &err) != LUMA_OK);
  assert_int_equal(1, count_rows(store));
  store_close(store);
  assert_int_equal(before, simos_mutations(sim));
  simos_destroy(sim);
}

/* ---- old snapshots ---- */

static void a_snapshot_too_old_is_told_so(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  struct store *store;
  struct store_txn *reader, *writer;
  struct store_value found;
  struct store_pins pins = {0};
  char room[16];
  options.snapshot_age_max_us = 60000000;
  assert_ok(lsm_open(simos_os(sim), DB, &options, &store, test_err()));
  assert_ok(try_put(store, 1, test_err()));
  assert_ok(store_begin(store, NULL, &reader, test_err()));
  assert_ok(store_begin(store, NULL, &writer, test_err()));
  assert_ok(store_delete(writer, STORE_RECORDS, key_of(7, room), test_err()));
  simos_advance_us(sim, 61000000);
  /* it holds nothing up while nobody else commits */
  assert_ok(store_get(reader, STORE_RECORDS, key_of(1, room), &found, &pins, test_err()));
  store_pins_release(&pins);
  assert_ok(try_put(store, 2, test_err()));
  assert_status(LUMA_SNAPSHOT_TOO_OLD,
                store_get(reader, STORE_RECORDS, key_of(1, room), &found, &pins, test_err()));
  struct err err = {0};
  assert_int_equal(LUMA_SNAPSHOT_TOO_OLD,
                   store_commit(writer, STORE_SYNC_DEFAULT, NULL, NULL, &err));
  assert_non_null(strstr(err.message, "a snapshot is kept for 60 s"));
  store_rollback(reader);
  assert_int_equal(2, count_rows(store));
  store_close(store);
  simos_destroy(sim);
}

static bool is_stripped(struct store *store) {
  const struct engine *engine = (const struct engine *)store;
  return engine->retired && engine->retired->is_stripped &&
         engine->retired->levels[STORE_RECORDS][VIEW_LEVELS - 1].count == 0;
}

/* An old snapshot that nobody uses holds no files. What was read in it stays readable; the next
 * call is told, and whatever is open can be closed. */
static void an_idle_snapshot_lets_files_go(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  static struct store_rows rows;
  struct store *store;
  struct store_txn *idle, *busy;
  struct store_cursor *cursor;
  struct store_pins pins = {0};
  struct store_value found;
  struct err err = {0};
  char room[16];
  options.snapshot_age_max_us = 60000000;
  assert_ok(lsm_open(simos_os(sim), DB, &options, &store, test_err()));
  for (int i = 0; i < 50; i++) assert_ok(try_put(store, i, test_err()));
  assert_ok(store_compact(store, test_err()));
  assert_ok(try_put(store, 50, test_err()));
  assert_ok(store_begin(store, NULL, &idle, test_err()));
  assert_ok(store_get(idle, STORE_RECORDS, key_of(50, room), &found, &pins, test_err()));
  assert_ok(store_cursor_open(idle, STORE_RECORDS, (struct store_range){{0}, {0}}, false, &cursor,
                              test_err()));
  assert_ok(store_cursor_next(cursor, 10, &rows, test_err()));
  assert_int_equal(10, rows.count);
  assert_ok(store_begin(store, NULL, &busy, test_err()));
  for (int i = 0; i < 50; i++) assert_ok(try_put(store, i, test_err()));
  assert_ok(store_compact(store, test_err()));
  assert_false(is_stripped(store));
  simos_advance_us(sim, 61000000);
  assert_ok(try_put(store, 0, test_err()));
  assert_ok(store_compact(store, test_err()));
  assert_true(is_stripped(store));
  assert_int_equal(VALUE_BYTES, found.value.bytes);
  assert_true(slice_is_equal(key_of(9, room), rows.keys[9]));
  store_pins_release(&pins);
  assert_int_equal(LUMA_SNAPSHOT_TOO_OLD, store_cursor_next(cursor, 10, &rows, &err));
  store_cursor_close(cursor);
  assert_ok(store_put(busy, STORE_META, key_of(1, room), slice_of_text("x"), test_err()));
  assert_int_equal(LUMA_SNAPSHOT_TOO_OLD, store_commit(busy, STORE_SYNC_DEFAULT, NULL, NULL, &err));
  assert_non_null(strstr(err.message, "a snapshot is kept for 60 s"));
  store_rollback(idle);
  assert_null(((const struct engine *)store)->retired);
  store_close(store);
  simos_destroy(sim);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_full_disk_takes_deletes_and_the_store_goes_on_by_itself",
       a_full_disk_takes_deletes_and_the_store_goes_on_by_itself, 0},
      {"room_made_by_others_is_enough", room_made_by_others_is_enough, 0},
      {"a_full_disk_does_not_hinder_recovery", a_full_disk_does_not_hinder_recovery, 0},
      {"a_failed_sync_is_told_by_the_figures_and_not_tried_again",
       a_failed_sync_is_told_by_the_figures_and_not_tried_again, 0},
      {"a_snapshot_too_old_is_told_so", a_snapshot_too_old_is_told_so, 0},
      {"an_idle_snapshot_lets_files_go", an_idle_snapshot_lets_files_go, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
