/* SPDX-License-Identifier: MIT */
/* What only the native engine has: its directory and lock, damage, full disks, failed syncs, files
 * that need no rewriting. Everything else is in the conformance suite and the model test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/core/bytes.h"
#include "base/ds/rng.h"
#include "store/lsm/engine/engine.h"
#include "store/lsm/lsm.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

static const char DB[] = "db";

static struct slice text(const char *s) {
  return slice_of_text(s);
}

static struct lsm_options tiny(void) {
  return (struct lsm_options){.create = true,
                              .sync_mode = STORE_SYNC_ALWAYS,
                              .wal_segment_bytes = 64 << 10,
                              .memtable_bytes = 32 << 10,
                              .block_bytes = 512,
                              .file_bytes = 32 << 10};
}

static struct store *open_on(struct os *os, const struct lsm_options *options) {
  struct store *store = NULL;
  assert_ok(lsm_open(os, DB, options, &store, test_err()));
  return store;
}

static struct store_txn *begin(struct store *store) {
  struct store_txn *txn = NULL;
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  return txn;
}

static status try_put(struct store *store, const char *key, const char *value, struct err *err) {
  struct store_txn *txn;
  TRY(store_begin(store, NULL, &txn, err));
  status answer = store_put(txn, STORE_META, text(key), text(value), err);
  if (answer == LUMA_OK) return store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, err);
  store_rollback(txn);
  return answer;
}

static void put(struct store *store, const char *key, const char *value) {
  assert_ok(try_put(store, key, value, test_err()));
}

/* Keys k000… with one byte of value less than a block, so that nothing is moved apart. */
static void put_numbered(struct store *store, int number) {
  char key[16], value[101];
  snprintf(key, sizeof key, "k%05d", number);
  memset(value, 'a' + number % 26, 100);
  value[100] = 0;
  put(store, key, value);
}

static uint64_t count_rows(struct store *store, enum store_space space) {
  struct store_txn *txn = begin(store);
  struct store_cursor *cursor = NULL;
  static struct store_rows rows;
  uint64_t count = 0;
  assert_ok(
      store_cursor_open(txn, space, (struct store_range){{0}, {0}}, false, &cursor, test_err()));
  do {
    assert_ok(store_cursor_next(cursor, STORE_BATCH_MAX, &rows, test_err()));
    count += rows.count;
  } while (rows.count);
  store_cursor_close(cursor);
  store_rollback(txn);
  return count;
}

/* ---- the directory ---- */

static void a_second_opening_is_refused_and_names_the_first(void) {
  char path[512];
  struct lsm_options options = tiny();
  struct store *store, *second;
  snprintf(path, sizeof path, "%s/db", test_dir());
  options.holder = "lumadb serve at 127.0.0.1:7070";
  assert_ok(lsm_open(os_linux(), path, &options, &store, test_err()));
  struct err err = {0};
  assert_int_equal(LUMA_LOCKED, lsm_open(os_linux(), path, &options, &second, &err));
  assert_non_null(strstr(err.message, "process "));
  assert_non_null(strstr(err.message, "lumadb serve at 127.0.0.1:7070"));
  options.read_only = true;
  assert_int_equal(LUMA_LOCKED, lsm_open(os_linux(), path, &options, &second, &err));
  store_close(store);
}

static void several_read_beside_no_writer_and_change_nothing(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  struct store *store = open_on(simos_os(sim), &options), *writer;
  for (int i = 0; i < 500; i++) put_numbered(store, i);
  store_close(store);
  uint64_t before = simos_mutations(sim);
  options.read_only = true;
  struct store *first = open_on(simos_os(sim), &options),
               *second = open_on(simos_os(sim), &options);
  assert_int_equal(500, count_rows(first, STORE_META));
  assert_int_equal(500, count_rows(second, STORE_META));
  assert_status(LUMA_READ_ONLY, try_put(first, "a", "1", test_err()));
  assert_status(LUMA_READ_ONLY, store_checkpoint(first, test_err()));
  assert_ok(store_check(first, NULL, NULL, test_err()));
  options.read_only = false;
  assert_status(LUMA_LOCKED, lsm_open(simos_os(sim), DB, &options, &writer, test_err()));
  store_close(first);
  store_close(second);
  assert_int_equal(before, simos_mutations(sim));
  simos_destroy(sim);
}

static void write_file(struct os *os, const char *path, const char *content) {
  struct os_file *file = NULL;
  assert_ok(os_open(os, path, OS_OPEN_WRITE | OS_OPEN_CREATE, &file, test_err()));
  assert_ok(os_write_at(os, file, 0, content, strlen(content), test_err()));
  assert_ok(os_close(os, file, test_err()));
}

static void directories_that_are_no_database_are_refused(void) {
  struct simos *sim = simos_create(test_seed());
  struct os *os = simos_os(sim);
  struct lsm_options options = tiny();
  struct store *store;
  options.create = false;
  assert_status(LUMA_NOT_FOUND, lsm_open(os, DB, &options, &store, test_err()));
  assert_ok(os_make_dir(os, DB, test_err()));
  assert_status(LUMA_NOT_FOUND, lsm_open(os, DB, &options, &store, test_err()));
  options.create = true;
  write_file(os, "db/notes.txt", "mine");
  assert_status(LUMA_NOT_A_DATABASE, lsm_open(os, DB, &options, &store, test_err()));
  assert_status(LUMA_NOT_A_DATABASE, lsm_open(os, "db/notes.txt", &options, &store, test_err()));
  simos_destroy(sim);
}

static void newer_versions_and_lost_files_are_told(void) {
  struct simos *sim = simos_create(test_seed());
  struct os *os = simos_os(sim);
  struct lsm_options options = tiny();
  struct store *store = open_on(os, &options);
  put(store, "a", "1");
  store_close(store);
  assert_ok(os_rename(os, "db/CURRENT", "db/kept", test_err()));
  assert_status(LUMA_CORRUPT, lsm_open(os, DB, &options, &store, test_err()));
  write_file(os, "db/CURRENT", "lumadb manifest 000000000001 version 2\n");
  assert_status(LUMA_VERSION_TOO_NEW, lsm_open(os, DB, &options, &store, test_err()));
  assert_ok(os_rename(os, "db/kept", "db/CURRENT", test_err()));
  assert_ok(os_rename(os, "db/000000000001.wal", "db/kept", test_err()));
  assert_status(LUMA_CORRUPT, lsm_open(os, DB, &options, &store, test_err()));
  assert_ok(os_rename(os, "db/kept", "db/000000000001.wal", test_err()));
  store = open_on(os, &options);
  assert_int_equal(1, count_rows(store, STORE_META));
  store_close(store);
  simos_destroy(sim);
}

/* ---- damage ---- */

enum { DAMAGE_COMMITS = 12 };

static void make_damaged(struct simos *sim, const struct lsm_options *options) {
  struct store *store = open_on(simos_os(sim), options);
  for (int i = 0; i < DAMAGE_COMMITS; i++) put_numbered(store, i);
  store_close(store);
}

/* Turns over one bit of the log: an opening must refuse it, or lose at most the last commit, whose
 * frame nothing follows. */
static void damaged_log_is_refused_or_cut_at_its_end(void) {
  struct lsm_options options = tiny();
  size_t refused = 0, cut = 0, rounds = test_rounds(300);
  for (size_t round = 0; round < rounds; round++) {
    struct simos *sim = simos_create(test_seed() + round);
    make_damaged(sim, &options);
    uint64_t bit = rng_below(test_rng(), DAMAGE_COMMITS * 4096 * 8);
    assert_ok(simos_flip_bit(sim, "db/000000000001.wal", bit));
    struct store *store;
    status answer = lsm_open(simos_os(sim), DB, &options, &store, test_err());
    if (answer == LUMA_OK) {
      uint64_t rows = count_rows(store, STORE_META);
      bool in_last = bit / 8 / 4096 == DAMAGE_COMMITS - 1;
      assert_true(rows == DAMAGE_COMMITS || (in_last && rows == DAMAGE_COMMITS - 1));
      cut += rows < DAMAGE_COMMITS;
      store_close(store);
    } else {
      assert_int_equal(LUMA_CORRUPT, answer);
      assert_non_null(strstr(test_err()->message, ".wal` is damaged at offset "));
      refused++;
    }
    simos_destroy(sim);
  }
  assert_true(refused > 0);
  (void)cut;
}

/* A manifest that lost an edit must not be believed: the log is witness. */
static void damaged_manifest_is_refused_or_harmless(void) {
  struct lsm_options options = tiny();
  size_t rounds = test_rounds(300), refused = 0;
  for (size_t round = 0; round < rounds; round++) {
    struct simos *sim = simos_create(test_seed() + round);
    struct store *store = open_on(simos_os(sim), &options);
    put_numbered(store, 0);
    assert_ok(store_checkpoint(store, test_err()));
    for (int i = 1; i < DAMAGE_COMMITS; i++) put_numbered(store, i);
    store_close(store);
    assert_ok(simos_flip_bit(sim, "db/000000000001.manifest", rng_below(test_rng(), 300 * 8)));
    status answer = lsm_open(simos_os(sim), DB, &options, &store, test_err());
    if (answer == LUMA_OK) {
      assert_int_equal(DAMAGE_COMMITS, count_rows(store, STORE_META));
      store_close(store);
    }
    assert_true(answer == LUMA_OK || answer == LUMA_CORRUPT || answer == LUMA_VERSION_TOO_NEW);
    refused += answer != LUMA_OK;
    simos_destroy(sim);
  }
  assert_true(refused > rounds / 4);
}

static void damage_while_open_is_found_by_check(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  struct store *store = open_on(simos_os(sim), &options);
  for (int i = 0; i < 200; i++) put_numbered(store, i);
  assert_ok(store_checkpoint(store, test_err()));
  assert_ok(store_check(store, NULL, NULL, test_err()));
  struct view *view = engine_view((struct engine *)store);
  char path[64];
  uint64_t number = 0;
  for (int level = 0; level < VIEW_LEVELS; level++)
    if (view->levels[STORE_META][level].count)
      number = sorted_get_info(view->levels[STORE_META][level].files[0])->number;
  view_release(view);
  snprintf(path, sizeof path, "db/%012llu.sorted", (unsigned long long)number);
  assert_ok(simos_flip_bit(sim, path, 8 * 100));
  assert_status(LUMA_CORRUPT, store_check(store, NULL, NULL, test_err()));
  store_close(store);
  simos_destroy(sim);
}

/* ---- full disks and failed syncs ---- */

static void a_full_disk_refuses_commits_until_there_is_room(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  struct store *store = open_on(simos_os(sim), &options);
  simos_set_capacity(sim, 600 << 10);
  int acknowledged = 0;
  char key[16];
  struct err err = {0};
  for (status answer = LUMA_OK; answer == LUMA_OK; acknowledged += answer == LUMA_OK) {
    snprintf(key, sizeof key, "k%05d", acknowledged);
    answer = try_put(store, key, "some value that takes its room on the disk", &err);
    assert_true(acknowledged < 100000);
  }
  assert_int_equal(LUMA_DISK_FULL, err.code);
  assert_int_equal(acknowledged, count_rows(store, STORE_META));
  assert_int_equal(LUMA_DISK_FULL, try_put(store, "x", "y", &err));
  simos_set_capacity(sim, 0);
  put(store, "zz", "there is room again");
  store_close(store);
  simos_crash(sim);
  simos_reboot(sim);
  store = open_on(simos_os(sim), &options);
  assert_int_equal(acknowledged + 1, count_rows(store, STORE_META));
  store_close(store);
  simos_destroy(sim);
}

static void a_failed_sync_ends_writing_and_says_why(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  struct store *store = open_on(simos_os(sim), &options);
  struct err err = {0};
  put(store, "a", "1");
  simos_fail_at(sim, 1, LUMA_IO_ERROR); /* the write of the frame, which syncs it too */
  assert_int_equal(LUMA_IO_ERROR, try_put(store, "b", "2", &err));
  assert_int_equal(LUMA_READ_ONLY, try_put(store, "c", "3", &err));
  assert_non_null(strstr(err.message, "takes no more writes"));
  assert_int_equal(1, count_rows(store, STORE_META));
  store_close(store);
  store = open_on(simos_os(sim), &options);
  uint64_t rows = count_rows(store, STORE_META); /* what was in doubt is decided once and for all */
  store_close(store);
  simos_crash(sim);
  simos_reboot(sim);
  store = open_on(simos_os(sim), &options);
  assert_int_equal(rows, count_rows(store, STORE_META));
  put(store, "c", "3");
  store_close(store);
  simos_destroy(sim);
}

static uint64_t syncs_of(struct store *store) {
  struct store_stats stats;
  assert_ok(store_get_stats(store, &stats, test_err()));
  return stats.syncs;
}

/* Without threads of the store the commit that finds the period over syncs, and only that one. */
static void periodic_syncs_once_a_period_and_loses_no_more(void) {
  enum { PERIOD_US = 100000 };
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  options.sync_mode = STORE_SYNC_PERIODIC;
  options.sync_period_us = PERIOD_US;
  struct store *store = open_on(simos_os(sim), &options);
  simos_advance_us(sim, PERIOD_US + 1);
  put(store, "a", "1");
  uint64_t syncs = syncs_of(store);
  put(store, "b", "2");
  put(store, "c", "3");
  assert_int_equal(syncs, syncs_of(store));
  simos_advance_us(sim, PERIOD_US + 1);
  put(store, "d", "4");
  assert_int_equal(syncs + 1, syncs_of(store));
  put(store, "e", "5");
  simos_crash(sim);
  store_close(store);
  simos_reboot(sim);
  store = open_on(simos_os(sim), &options);
  assert_true(count_rows(store, STORE_META) >= 4);
  store_close(store);
  simos_destroy(sim);
}

/* ---- files ---- */

static void put_documents(struct store *store, uint64_t from, int count) {
  struct store_txn *txn = begin(store);
  uint8_t value[256] = {0};
  for (int i = 0; i < count; i++)
    for (uint32_t collection = 1; collection <= 3; collection++) {
      uint8_t key[12];
      store32be(key, collection);
      store64be(key + 4, from + (uint64_t)i);
      rng_fill(test_rng(), value, sizeof value);
      assert_ok(store_put(txn, STORE_RECORDS, slice_of(key, sizeof key),
                          slice_of(value, sizeof value), test_err()));
    }
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
}

/* Ids that rise with time, in several collections at once: what is flushed is not written again. */
static void documents_in_time_order_are_written_once(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  options.memtable_bytes = 256 << 10;
  options.file_bytes = 128 << 10;
  struct store *store = open_on(simos_os(sim), &options);
  for (uint64_t i = 0; i < 400; i++) put_documents(store, i * 10, 10);
  assert_ok(store_checkpoint(store, test_err()));
  struct store_stats stats;
  assert_ok(store_get_stats(store, &stats, test_err()));
  struct wal_stats wal;
  wal_get_stats(((struct engine *)store)->wal, &wal);
  uint64_t written = stats.bytes_written - wal.bytes_written;
  assert_true(stats.file_bytes > 12000 * 256);
  assert_true(written < stats.file_bytes * 3 / 2);
  assert_int_equal(12000, count_rows(store, STORE_RECORDS));
  assert_ok(store_check(store, NULL, NULL, test_err()));
  store_close(store);
  simos_destroy(sim);
}

static void range_deletes_free_their_files_and_are_forgotten(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  struct store *store = open_on(simos_os(sim), &options);
  for (uint64_t i = 0; i < 100; i++) put_documents(store, i * 10, 10);
  struct store_txn *txn = begin(store);
  static const uint8_t from[] = {0, 0, 0, 1}, to[] = {0, 0, 0, 3};
  struct store_range range = {slice_of(from, sizeof from), slice_of(to, sizeof to)};
  assert_ok(store_delete_range(txn, STORE_RECORDS, range, test_err()));
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  assert_int_equal(1000, count_rows(store, STORE_RECORDS));
  struct store_stats before, after;
  assert_ok(store_get_stats(store, &before, test_err()));
  for (int i = 0; i < 3; i++) {
    put(store, "again", "and again");
    assert_ok(store_checkpoint(store, test_err()));
    assert_ok(store_compact(store, test_err()));
  }
  assert_ok(store_get_stats(store, &after, test_err()));
  assert_true(after.file_bytes < before.file_bytes / 2);
  assert_null(((struct engine *)store)->view->ranges);
  assert_int_equal(1000, count_rows(store, STORE_RECORDS));
  store_close(store);
  simos_destroy(sim);
}

static void a_snapshot_reads_the_same_through_flush_and_compaction(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  struct store *store = open_on(simos_os(sim), &options);
  for (int i = 0; i < 300; i++) put_numbered(store, i);
  struct store_txn *old = begin(store);
  struct store_txn *txn = begin(store);
  assert_ok(store_delete_range(txn, STORE_META, (struct store_range){{0}, {0}}, test_err()));
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  for (int i = 300; i < 900; i++) put_numbered(store, i);
  assert_ok(store_compact(store, test_err()));
  for (int i = 0; i < 300; i++) {
    char key[16];
    struct store_value found;
    struct store_pins pins = {0};
    snprintf(key, sizeof key, "k%05d", i);
    assert_ok(store_get(old, STORE_META, text(key), &found, &pins, test_err()));
    assert_true(found.found && found.value.data[0] == 'a' + i % 26);
    store_pins_release(&pins);
  }
  store_rollback(old);
  assert_int_equal(600, count_rows(store, STORE_META));
  store_close(store);
  simos_destroy(sim);
}

/* Every key's newest version may be in a memtable, in files of several levels, deleted, covered, or
 * nowhere. */
static void write_here_and_there(struct store *store) {
  struct rng *rng = test_rng();
  for (int i = 0; i < 3000; i++) put_numbered(store, (int)rng_below(rng, 400) * 2);
  for (int i = 0; i < 100; i++) {
    char key[16];
    struct store_txn *txn = begin(store);
    snprintf(key, sizeof key, "k%05d", (int)rng_below(rng, 400) * 2);
    assert_ok(store_delete(txn, STORE_META, text(key), test_err()));
    assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  }
}

static int compare_keys(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

enum { ASKED = 300 };

static void check_many(struct store_txn *txn, const struct slice *keys) {
  static struct store_value found[ASKED];
  struct store_pins pins = {0};
  assert_ok(store_get_many(txn, STORE_META, keys, ASKED, found, &pins, test_err()));
  for (int i = 0; i < ASKED; i++) {
    struct store_value one;
    assert_ok(store_get(txn, STORE_META, keys[i], &one, &pins, test_err()));
    assert_int_equal(one.found, found[i].found);
    assert_int_equal(one.seq, found[i].seq);
    assert_true(slice_is_equal(one.value, found[i].value));
  }
  store_pins_release(&pins);
}

static void many_keys_answer_as_each_alone(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  struct store *store = open_on(simos_os(sim), &options);
  static char rooms[ASKED][16];
  struct slice keys[ASKED], back[ASKED];
  write_here_and_there(store);
  struct store_txn *old = begin(store);
  write_here_and_there(store);
  struct store_txn *new = begin(store);
  assert_ok(store_put(new, STORE_META, text("k00100"), text("mine"), test_err()));
  for (size_t round = 0; round < test_rounds(20); round++) {
    for (int i = 0; i < ASKED; i++) {
      snprintf(rooms[i], sizeof rooms[i], "k%05d", (int)rng_below(test_rng(), 820));
      keys[i] = text(rooms[i]);
    }
    check_many(old, keys);
    check_many(new, keys);
    qsort(keys, ASKED, sizeof *keys, compare_keys);
    for (int i = 0; i < ASKED; i++) back[i] = keys[ASKED - 1 - i];
    check_many(old, keys);
    check_many(new, keys);
    check_many(new, back);
  }
  store_rollback(old);
  store_rollback(new);
  store_close(store);
  simos_destroy(sim);
}

static void the_feed_keeps_to_its_limit(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  options.feed_bytes_max = 128 << 10;
  struct store *store = open_on(simos_os(sim), &options);
  static uint8_t payload[1000];
  for (int i = 0; i < 1000; i++) {
    struct store_txn *txn = begin(store);
    assert_ok(store_emit(txn, slice_of(payload, sizeof payload), test_err()));
    assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  }
  struct store_pos oldest, newest, nowhere = {0};
  struct store_feed_record *records;
  struct arena arena;
  uint32_t count;
  arena_init(&arena, 0, 0);
  assert_ok(store_feed_bounds(store, &oldest, &newest, test_err()));
  assert_status(LUMA_GAP, store_feed_read(store, nowhere, 1, &arena, &records, &count, test_err()));
  assert_ok(store_feed_read(store, oldest, 2000, &arena, &records, &count, test_err()));
  assert_true(count >= 64 && count <= 400);
  assert_int_equal(0, store_pos_compare(store, records[count - 1].position, newest));
  assert_int_equal(newest.high - oldest.high, count);
  arena_deinit(&arena);
  store_close(store);
  simos_destroy(sim);
}

static void a_commit_larger_than_a_segment_is_whole(void) {
  struct simos *sim = simos_create(test_seed());
  struct lsm_options options = tiny();
  struct store *store = open_on(simos_os(sim), &options);
  enum { BYTES = 3 << 20 };
  uint8_t *value = calloc(1, BYTES);
  assert_non_null(value);
  rng_fill(test_rng(), value, BYTES);
  for (int i = 0; i < 3; i++) {
    struct store_txn *txn = begin(store);
    char key[2] = {(char)('a' + i), 0};
    assert_ok(store_put(txn, STORE_META, text(key), slice_of(value, BYTES), test_err()));
    assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
    put_numbered(store, i);
  }
  store_close(store);
  simos_crash(sim);
  simos_reboot(sim);
  store = open_on(simos_os(sim), &options);
  struct store_txn *txn = begin(store);
  struct store_value found;
  struct store_pins pins = {0};
  assert_ok(store_get(txn, STORE_META, text("b"), &found, &pins, test_err()));
  assert_true(found.found && slice_is_equal(found.value, slice_of(value, BYTES)));
  store_pins_release(&pins);
  store_rollback(txn);
  assert_int_equal(6, count_rows(store, STORE_META));
  store_close(store);
  free(value);
  simos_destroy(sim);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_second_opening_is_refused_and_names_the_first",
       a_second_opening_is_refused_and_names_the_first, 0},
      {"several_read_beside_no_writer_and_change_nothing",
       several_read_beside_no_writer_and_change_nothing, 0},
      {"directories_that_are_no_database_are_refused", directories_that_are_no_database_are_refused,
       0},
      {"newer_versions_and_lost_files_are_told", newer_versions_and_lost_files_are_told, 0},
      {"damaged_log_is_refused_or_cut_at_its_end", damaged_log_is_refused_or_cut_at_its_end, 0},
      {"damaged_manifest_is_refused_or_harmless", damaged_manifest_is_refused_or_harmless, 0},
      {"damage_while_open_is_found_by_check", damage_while_open_is_found_by_check, 0},
      {"a_full_disk_refuses_commits_until_there_is_room",
       a_full_disk_refuses_commits_until_there_is_room, 0},
      {"a_failed_sync_ends_writing_and_says_why", a_failed_sync_ends_writing_and_says_why, 0},
      {"periodic_syncs_once_a_period_and_loses_no_more",
       periodic_syncs_once_a_period_and_loses_no_more, 0},
      {"documents_in_time_order_are_written_once", documents_in_time_order_are_written_once, 0},
      {"range_deletes_free_their_files_and_are_forgotten",
       range_deletes_free_their_files_and_are_forgotten, 0},
      {"a_snapshot_reads_the_same_through_flush_and_compaction",
       a_snapshot_reads_the_same_through_flush_and_compaction, 0},
      {"many_keys_answer_as_each_alone", many_keys_answer_as_each_alone, 0},
      {"the_feed_keeps_to_its_limit", the_feed_keeps_to_its_limit, 0},
      {"a_commit_larger_than_a_segment_is_whole", a_commit_larger_than_a_segment_is_whole, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
