/* SPDX-License-Identifier: MIT */
/* Bits turn over in one file of a closed store. */
#include <stdio.h>
#include <string.h>

#include "store/lsm/lsm.h"
#include "tests/lib/test.h"
#include "tests/model/run.h"

enum { FILES_MAX = 64, NAME_BYTES = 64, BURST_BITS = 64, HEAD_BYTES = 16 << 10 };

struct rot {
  struct run *run;
  char names[FILES_MAX][NAME_BYTES];
  uint32_t count;
  const char *name; /* of the file that is damaged */
  bool is_sorted, is_log;
  uint64_t offset;
  bool is_told;           /* by a read */
  uint32_t spaces_hurt;   /* a bit for each space with something unreadable */
  uint32_t places, named; /* faults the check tells; those that name the file */
};

/* ---- the damage ---- */

static status list_one(void *context, const char *name) {
  struct rot *rot = context;
  if (rot->count < FILES_MAX && strlen(name) < NAME_BYTES)
    snprintf(rot->names[rot->count++], NAME_BYTES, "%s", name);
  return LUMA_OK;
}

/* Near the beginning, where something stands in every file, or anywhere. */
static uint64_t draw_offset(struct run *run, uint64_t bytes) {
  uint64_t head = bytes < HEAD_BYTES ? bytes : HEAD_BYTES;
  return rng_below(&run->rng, run_chance(run, 2, 3) ? head : bytes);
}

static void damage(struct rot *rot) {
  struct run *run = rot->run;
  struct os_stat stat = {0};
  char path[NAME_BYTES + 8];
  assert_ok(os_list_dir(simos_os(run->sim), "db", list_one, rot, test_err()));
  do {
    rot->name = rot->names[rng_below(&run->rng, rot->count)];
    snprintf(path, sizeof path, "db/%s", rot->name);
    assert_ok(os_stat(simos_os(run->sim), path, &stat, test_err()));
  } while (stat.bytes == 0);
  rot->is_sorted = strstr(rot->name, ".sorted") != NULL;
  rot->is_log = strstr(rot->name, ".wal") != NULL;
  rot->offset = draw_offset(run, stat.bytes);
  uint64_t bits = run_chance(run, 2, 3) ? 1 : 1 + rng_below(&run->rng, BURST_BITS);
  run_note(run, "%llu bits of `%s` turn over from offset %llu on", (unsigned long long)bits,
           rot->name, (unsigned long long)rot->offset);
  uint64_t first = rot->offset * 8 + rng_below(&run->rng, 8);
  for (uint64_t i = 0; i < bits && (first + i) / 8 < stat.bytes; i++)
    if (i == 0 || run_chance(run, 1, 2)) simos_flip_bit(run->sim, path, first + i);
}

/* ---- what is told of it ---- */

/* Names the file, and the place in it where that makes sense. */
static void expect_named(struct rot *rot, const char *what) {
  struct run *run = rot->run;
  const char *message = run->err.message;
  bool is_named = strstr(message, rot->name) != NULL;
  /* what is missing at the end of a segment shows in the one after it, and the other way round */
  if (rot->is_log) is_named |= strstr(message, ".wal`") != NULL;
  /* a manifest that lost its end is told by the log */
  if (strstr(rot->name, ".manifest")) is_named |= strstr(message, "manifest") != NULL;
  if (strcmp(rot->name, "CURRENT") == 0) is_named |= strstr(message, "manifest") != NULL;
  run_expect(run, is_named, "%s: damage to `%s` is told as: %s", what, rot->name, message);
  run_expect(run, !rot->is_sorted || strstr(message, "at offset ") != NULL,
             "%s: the damage has no offset: %s", what, message);
}

static bool was_read(struct rot *rot, status answer, enum store_space space, const char *what) {
  if (answer == LUMA_OK) return true;
  run_expect(rot->run, answer == LUMA_CORRUPT, "%s: %s: %s", what, status_info(answer)->name,
             rot->run->err.message);
  expect_named(rot, what);
  rot->is_told = true;
  rot->spaces_hurt |= 1u << space;
  return false;
}

static void read_key(struct rot *rot, struct store_txn *txn, enum store_space space, uint32_t key) {
  static uint8_t room[NAIVE_VALUE_BYTES_MAX];
  struct run *run = rot->run;
  const struct naive_cell *cell = &naive_now(&run->naive)->cells[space][key];
  struct store_value found;
  struct store_pins pins = {0};
  status answer = store_get(txn, space, run->naive.keys[key], &found, &pins, &run->err);
  if (was_read(rot, answer, space, "get")) {
    run_expect(run, found.found == cell->is_found, "after rot key %d/%u is %s", (int)space, key,
               cell->is_found ? "missing" : "there");
    run_expect(run, !found.found || slice_is_equal(found.value, naive_stored(cell, space, room)),
               "after rot key %d/%u has another value", (int)space, key);
  }
  store_pins_release(&pins);
}

/* Rows may end in an error, but those before it are right. */
static void read_rows(struct rot *rot, struct store_txn *txn, enum store_space space) {
  struct run *run = rot->run;
  struct store_cursor *cursor;
  uint32_t key = 0;
  status answer =
      store_cursor_open(txn, space, (struct store_range){{0}, {0}}, false, &cursor, &run->err);
  if (!was_read(rot, answer, space, "cursor")) return;
  do {
    answer = store_cursor_next(cursor, 7, &run->rows, &run->err);
    if (!was_read(rot, answer, space, "next")) break;
    for (uint32_t i = 0; i < run->rows.count; i++) {
      while (key < NAIVE_KEYS && !naive_now(&run->naive)->cells[space][key].is_found) key++;
      run_expect(run, key < NAIVE_KEYS && slice_is_equal(run->rows.keys[i], run->naive.keys[key]),
                 "after rot a cursor comes to another key than %d/%u", (int)space, key);
      key++;
    }
  } while (run->rows.count);
  store_cursor_close(cursor);
}

static void read_feed(struct rot *rot) {
  struct run *run = rot->run;
  struct store_feed_record *records;
  struct store_pos at, newest;
  struct arena arena;
  uint32_t count = 0;
  arena_init(&arena, 0, 0);
  status answer = store_feed_bounds(run->store, &at, &newest, &run->err);
  if (answer == LUMA_OK)
    answer = store_feed_read(run->store, at, UINT32_MAX, &arena, &records, &count, &run->err);
  was_read(rot, answer, STORE_SPACES, "feed");
  arena_deinit(&arena);
}

static void note_fault(void *context, const char *place, const char *what) {
  struct rot *rot = context;
  run_note(rot->run, "  fault: %s: %s", place, what);
  rot->places++;
  bool is_at = strstr(place, "offset ") || strstr(what, "offset ");
  rot->named += is_at && (strstr(place, rot->name) || strstr(what, rot->name));
}

static bool is_there(struct rot *rot) {
  struct os_stat stat;
  char path[NAME_BYTES + 8];
  snprintf(path, sizeof path, "db/%s", rot->name);
  return os_stat(simos_os(rot->run->sim), path, &stat, NULL) == LUMA_OK;
}

static void check(struct rot *rot) {
  struct run *run = rot->run;
  status answer = store_check(run->store, note_fault, rot, &run->err);
  run_expect(run, answer == LUMA_OK || answer == LUMA_CORRUPT, "check: %s", run->err.message);
  bool must = rot->is_told || (rot->is_sorted && is_there(rot));
  run_expect(run, answer == LUMA_CORRUPT || !must, "the check finds nothing in the damaged `%s`",
             rot->name);
  run_expect(run, answer == LUMA_OK || rot->named > 0, "the check does not name `%s`", rot->name);
  run->tally.rot_told += answer == LUMA_CORRUPT;
  run->tally.rot_idle += answer == LUMA_OK;
}

/* ---- the whole ---- */

/* The log may have lost its last frame, which nothing vouches for. */
static bool find_survivors(struct rot *rot, struct store_txn *txn) {
  struct run *run = rot->run;
  int64_t count = 0;
  status answer = store_count(txn, run->naive.keys[NAIVE_COMMITS_KEY], &count, &run->err);
  if (!was_read(rot, answer, STORE_COUNTERS, "count")) return false;
  if (rot->is_log) naive_doubt(&run->naive);
  run_expect(
      run, (uint64_t)count >= run->naive.durable && (uint64_t)count <= naive_commits(&run->naive),
      "after rot %lld commits are there, of %llu of which %llu must be", (long long)count,
      (unsigned long long)naive_commits(&run->naive), (unsigned long long)run->naive.durable);
  naive_cut(&run->naive, (uint64_t)count);
  return true;
}

static void read_everything(struct rot *rot) {
  struct run *run = rot->run;
  struct store_begin_options options = {.read_only = true};
  struct store_txn *txn;
  assert_ok(store_begin(run->store, &options, &txn, test_err()));
  if (find_survivors(rot, txn)) {
    for (int space = 0; space < STORE_SPACES; space++) {
      for (uint32_t key = 0; key < NAIVE_KEYS; key++)
        read_key(rot, txn, (enum store_space)space, key);
      read_rows(rot, txn, (enum store_space)space);
    }
    read_feed(rot);
  }
  store_rollback(txn);
  run_expect(run, (rot->spaces_hurt & (rot->spaces_hurt - 1)) == 0,
             "damage to one file hurts more than one space: %x", rot->spaces_hurt);
}

void run_rot(struct run *run) {
  struct rot rot = {.run = run};
  damage(&rot);
  run->tally.met[RUN_ROT]++;
  status answer = run->target->open(run, &run->store, &run->err);
  if (answer == LUMA_OK) {
    read_everything(&rot);
    check(&rot);
    store_close(run->store);
    return;
  }
  bool is_version = answer == LUMA_VERSION_TOO_NEW || answer == LUMA_NOT_A_DATABASE;
  run_expect(run, answer == LUMA_CORRUPT || is_version, "open after rot: %s: %s",
             status_info(answer)->name, run->err.message);
  expect_named(&rot, "open");
  run->tally.rot_refused++;
}
