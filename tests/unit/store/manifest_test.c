/* SPDX-License-Identifier: MIT */
/* The manifest alone, on the simulated system: random edits against a plain list, through crashes
 * and rewritings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/core/bytes.h"
#include "store/lsm/manifest/manifest.h"
#include "tests/lib/fault.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

enum { FILES_MAX = 40, KEY_BYTES = 200 };

/* Everything about a file follows from its number, but the level. */
struct expected {
  uint64_t numbers[FILES_MAX];
  uint8_t levels[FILES_MAX];
  size_t count;
  struct manifest_log log;
  struct store_pos trim;
  uint64_t ranges_seed; /* the list of range deletes follows from it; 0: none */
};

struct fixture {
  struct simos *sim;
  struct manifest *manifest;
  uint64_t number_used;
  struct expected now, maybe; /* what is durable; what an edit that failed may have made of it */
  bool in_doubt;
};

static struct manifest_file file_of(uint64_t number, uint8_t level, uint8_t keys[2][KEY_BYTES]) {
  struct manifest_file file = {.space = (uint8_t)(number % 5),
                               .level = level,
                               .number = number,
                               .bytes = number * 1000,
                               .entries = number * 7,
                               .seq_min = number,
                               .seq_max = number * 3,
                               .cleaned_seq = number / 2};
  memset(file.uuid, (int)number, sizeof file.uuid);
  memset(keys[0], (int)number, KEY_BYTES);
  memset(keys[1], (int)number + 1, KEY_BYTES);
  file.key_min = slice_of(keys[0], number % KEY_BYTES);
  file.key_max = slice_of(keys[1], KEY_BYTES);
  return file;
}

static struct manifest_range range_of(uint64_t seed, uint64_t nth) {
  static const uint8_t letters[] = "abcdefghijklmnopqrstuvwxyz";
  return (struct manifest_range){(uint8_t)(seed % 4), seed + nth, slice_of(letters, 1 + nth),
                                 slice_of(letters + 3, nth)};
}

static size_t ranges_of(uint64_t seed, struct manifest_range ranges[8]) {
  size_t count = seed ? 1 + (size_t)(seed % 5) : 0;
  for (size_t i = 0; i < count; i++) ranges[i] = range_of(seed, i);
  return count;
}

/* ---- comparing ---- */

static bool is_same_file(const struct manifest_file *a, const struct manifest_file *b) {
  return a->space == b->space && a->level == b->level && a->number == b->number &&
         a->bytes == b->bytes && a->entries == b->entries && a->seq_min == b->seq_min &&
         a->seq_max == b->seq_max && a->cleaned_seq == b->cleaned_seq &&
         memcmp(a->uuid, b->uuid, sizeof a->uuid) == 0 && slice_is_equal(a->key_min, b->key_min) &&
         slice_is_equal(a->key_max, b->key_max);
}

static bool has_file(const struct manifest_state *state, uint64_t number, uint8_t level) {
  uint8_t keys[2][KEY_BYTES];
  struct manifest_file file = file_of(number, level, keys);
  for (size_t i = 0; i < state->files_count; i++)
    if (is_same_file(&state->files[i], &file)) return true;
  return false;
}

static bool has_ranges(const struct manifest_state *state, uint64_t seed) {
  struct manifest_range ranges[8];
  size_t count = ranges_of(seed, ranges);
  bool same = count == state->ranges_count;
  for (size_t i = 0; same && i < count; i++)
    same = ranges[i].space == state->ranges[i].space && ranges[i].seq == state->ranges[i].seq &&
           slice_is_equal(ranges[i].from, state->ranges[i].from) &&
           slice_is_equal(ranges[i].to, state->ranges[i].to);
  return same;
}

static bool is_as_expected(const struct manifest_state *state, const struct expected *expected) {
  bool same = state->files_count == expected->count && has_ranges(state, expected->ranges_seed) &&
              state->log.seq == expected->log.seq && state->log.emits == expected->log.emits &&
              state->log.wal.segment == expected->log.wal.segment &&
              state->log.wal.lsn == expected->log.wal.lsn &&
              state->log.wal.previous_crc == expected->log.wal.previous_crc &&
              state->trim.high == expected->trim.high && state->trim.low == expected->trim.low;
  for (size_t i = 0; same && i < expected->count; i++)
    same = has_file(state, expected->numbers[i], expected->levels[i]);
  return same;
}

/* ---- random edits ---- */

static void remove_expected(struct expected *expected, size_t at) {
  expected->count--;
  memmove(&expected->numbers[at], &expected->numbers[at + 1],
          (expected->count - at) * sizeof expected->numbers[0]);
  memmove(&expected->levels[at], &expected->levels[at + 1], expected->count - at);
}

/* Changes `next` and says so in `edit`, whose parts stand in `room`. */
struct edit_room {
  struct manifest_file added[2];
  uint8_t keys[2][2][KEY_BYTES];
  uint64_t removed[2];
  struct manifest_range ranges[8];
};

static void draw_files(struct fixture *fixture, struct expected *next, struct edit_room *room,
                       struct manifest_edit *edit) {
  struct rng *rng = test_rng();
  if (next->count && rng_below(rng, 2)) {
    size_t at = (size_t)rng_below(rng, next->count);
    uint64_t number = next->numbers[at];
    room->removed[edit->removed_count++] = number;
    remove_expected(next, at);
    if (rng_below(rng, 3) == 0) { /* moves */
      next->numbers[next->count] = number;
      next->levels[next->count++] = 6;
      room->added[edit->added_count] = file_of(number, 6, room->keys[edit->added_count]);
      edit->added_count++;
    }
  }
  if (next->count < FILES_MAX && rng_below(rng, 3)) {
    uint64_t number = manifest_take_number(fixture->manifest);
    uint8_t level = (uint8_t)rng_below(rng, 6);
    next->numbers[next->count] = number;
    next->levels[next->count++] = level;
    room->added[edit->added_count] = file_of(number, level, room->keys[edit->added_count]);
    edit->added_count++;
    if (number > fixture->number_used) fixture->number_used = number;
  }
}

static status apply_random(struct fixture *fixture) {
  struct rng *rng = test_rng();
  struct edit_room room;
  struct expected next = fixture->now;
  struct manifest_edit edit = {.added = room.added, .removed = room.removed};
  draw_files(fixture, &next, &room, &edit);
  if (rng_below(rng, 2)) {
    next.log = (struct manifest_log){
        next.log.seq + 1, rng_below(rng, 9), {rng_below(rng, 99), rng_next(rng), 77}};
    edit.log = &next.log;
  }
  if (rng_below(rng, 2)) {
    next.trim.high++;
    edit.trim = &next.trim;
  }
  if (rng_below(rng, 2)) {
    next.ranges_seed = rng_below(rng, 1000);
    edit.ranges_count = ranges_of(next.ranges_seed, room.ranges);
    edit.ranges = room.ranges;
    edit.has_ranges = true;
  }
  status answer = manifest_apply(fixture->manifest, &edit, test_err());
  if (answer == LUMA_OK) fixture->now = next;
  fixture->in_doubt = answer == LUMA_READ_ONLY;
  fixture->maybe = next;
  return answer;
}

/* ---- lives ---- */

static const uint8_t uuid[MANIFEST_UUID_BYTES] = "0123456789abcde";

static void fixture_create(struct fixture *fixture) {
  *fixture = (struct fixture){.sim = simos_create(rng_next(test_rng())), .number_used = 1000};
  fixture->now.log.wal = (struct wal_start){.segment = 1};
  assert_ok(os_make_dir(simos_os(fixture->sim), "db", test_err()));
  assert_ok(os_sync_dir(simos_os(fixture->sim), ".", test_err()));
  assert_ok(manifest_create(simos_os(fixture->sim), "db", uuid, fixture->now.log.wal, test_err()));
}

static void fixture_open(struct fixture *fixture) {
  struct os *os = simos_os(fixture->sim);
  assert_ok(manifest_open(os, "db", fixture->number_used += 100, &fixture->manifest, test_err()));
  const struct manifest_state *state = manifest_get_state(fixture->manifest);
  if (fixture->in_doubt && is_as_expected(state, &fixture->maybe)) fixture->now = fixture->maybe;
  fixture->in_doubt = false;
  assert_true(is_as_expected(state, &fixture->now));
  assert_memory_equal(uuid, state->uuid, sizeof uuid);
  assert_ok(manifest_start(fixture->manifest, test_err()));
}

static void run_life(struct fixture *fixture, bool trouble) {
  uint64_t nth = 1 + rng_below(test_rng(), 60);
  if (trouble && rng_below(test_rng(), 2))
    simos_crash_at(fixture->sim, nth);
  else if (trouble)
    simos_fail_at(fixture->sim, nth, rng_below(test_rng(), 2) ? LUMA_IO_ERROR : LUMA_DISK_FULL);
  bool failed = false;
  for (int i = 0; i < 40 && !failed; i++) failed = apply_random(fixture) != LUMA_OK;
  assert_true(trouble || !failed);
  if (!failed) assert_true(is_as_expected(manifest_get_state(fixture->manifest), &fixture->now));
  err_reset(test_err());
  manifest_close(fixture->manifest);
  if (!simos_is_off(fixture->sim) && rng_below(test_rng(), 2)) simos_crash(fixture->sim);
  if (simos_is_off(fixture->sim)) simos_reboot(fixture->sim);
  simos_crash_at(fixture->sim, 0);
  simos_fail_at(fixture->sim, 0, LUMA_OK);
}

static void edits_are_as_a_plain_list_through_crashes(void) {
  for (size_t round = 0; round < test_rounds(60); round++) {
    struct fixture fixture;
    fixture_create(&fixture);
    for (int life = 0; life < 10; life++) {
      fixture_open(&fixture);
      run_life(&fixture, rng_below(test_rng(), 3) > 0);
    }
    fixture_open(&fixture);
    manifest_close(fixture.manifest);
    simos_destroy(fixture.sim);
  }
}

/* It grows with every edit and is replaced by a picture again and again: its size stays bounded. */
static void a_grown_manifest_is_replaced(void) {
  struct fixture fixture;
  fixture_create(&fixture);
  fixture_open(&fixture);
  uint64_t first = manifest_file_number(fixture.manifest);
  for (int i = 0; i < 4000; i++) assert_ok(apply_random(&fixture));
  assert_true(manifest_file_number(fixture.manifest) > first);
  manifest_close(fixture.manifest);
  fixture_open(&fixture);
  manifest_close(fixture.manifest);
  simos_destroy(fixture.sim);
}

static status live(void *context) {
  struct fixture *fixture = context;
  struct err err = {0};
  TRY(manifest_open(simos_os(fixture->sim), "db", fixture->number_used += 10, &fixture->manifest,
                    &err));
  status answer = manifest_start(fixture->manifest, &err);
  for (int i = 0; i < 3 && answer == LUMA_OK; i++) answer = apply_random(fixture);
  manifest_close(fixture->manifest);
  err_reset(test_err());
  return answer;
}

static void memory_that_runs_out_is_an_ordinary_error(void) {
  struct fixture fixture;
  fixture_create(&fixture);
  assert_true(fault_sweep_alloc(live, &fixture) > 5);
  fixture_open(&fixture);
  manifest_close(fixture.manifest);
  simos_destroy(fixture.sim);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"edits_are_as_a_plain_list_through_crashes", edits_are_as_a_plain_list_through_crashes, 120},
      {"a_grown_manifest_is_replaced", a_grown_manifest_is_replaced, 0},
      {"memory_that_runs_out_is_an_ordinary_error", memory_that_runs_out_is_an_ordinary_error, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
