/* SPDX-License-Identifier: MIT */
/* Those who look for keys in a memtable beside one who inserts. */
#include "base/core/bytes.h"
#include "base/sync/sync.h"
#include "store/lsm/memtable/memtable.h"
#include "tests/lib/test.h"

/* What was put is found from then on, whatever is split beside the one who looks: by key, and as a
 * step of the way back from the end. */
enum { FOUND_KEYS = 400000, SPACE = 2 };

struct finder {
  struct memtable *memtable;
  _Atomic uint64_t visible; /* keys 1 to here are there */
  atomic_bool done;
  uint64_t seed, missed;
};

/* Scattered, with a start that many share: nodes split at every level and place. */
static struct slice scattered_key(uint64_t nth, uint8_t key[12]) {
  uint64_t mixed = nth * UINT64_C(0x9E3779B97F4A7C15);
  memcpy(key, "shared-", 4);
  store64be(key + 4, nth % 3 ? mixed : (mixed & 0xff00ffff) | nth << 32);
  return slice_of(key, 12);
}

/* A cursor placed together with others comes to what it would come to alone. */
static bool is_found_together(const struct finder *finder, uint64_t nth, uint64_t visible) {
  uint8_t rooms[MEMTABLE_TOGETHER][12];
  struct slice keys[MEMTABLE_TOGETHER];
  struct memtable_cursor to[MEMTABLE_TOGETHER];
  for (uint64_t i = 0; i < MEMTABLE_TOGETHER; i++)
    keys[i] = scattered_key(1 + (nth + i * 7919) % visible, rooms[i]);
  memtable_cursor_seek_many(finder->memtable, SPACE, keys, MEMTABLE_TOGETHER, to);
  for (uint64_t i = 0; i < MEMTABLE_TOGETHER; i++)
    if (!slice_is_equal(memtable_entry_key(memtable_cursor_arrive(&to[i])), keys[i])) return false;
  return true;
}

/* A search that goes on from another, if the key comes behind. */
static bool is_found_on(struct memtable_cursor *cursor, struct slice from, uint64_t nth,
                        uint64_t visible) {
  uint8_t room[12];
  struct slice key = scattered_key(1 + nth * 7919 % visible, room);
  if (slice_compare(key, from) < 0) return true;
  const struct memtable_entry *entry = memtable_cursor_seek_on(cursor, key);
  return entry && slice_is_equal(memtable_entry_key(entry), key);
}

static bool is_found(const struct finder *finder, uint64_t nth, uint64_t visible) {
  uint8_t key[12];
  struct slice name = scattered_key(nth, key);
  struct entry_found found;
  struct memtable_cursor cursor;
  memtable_get(finder->memtable, SPACE, name, visible, &found);
  if (!found.found || found.seq != nth || !is_found_together(finder, nth, visible)) return false;
  memtable_cursor_init(&cursor, finder->memtable, SPACE);
  const struct memtable_entry *at = memtable_cursor_last(&cursor);
  for (int i = 0; at && i < 40; i++) at = memtable_cursor_prev(&cursor);
  memtable_cursor_init(&cursor, finder->memtable, SPACE);
  const struct memtable_entry *here = memtable_cursor_seek(&cursor, name);
  return here && slice_is_equal(memtable_entry_key(here), name) && (at || visible < 2000) &&
         is_found_on(&cursor, name, nth, visible);
}

static void find_on(void *argument) {
  struct finder *finder = argument;
  struct rng rng;
  rng_init(&rng, finder->seed);
  while (!atomic_load(&finder->done)) {
    uint64_t visible = atomic_load(&finder->visible);
    if (visible && !is_found(finder, 1 + rng_below(&rng, visible), visible)) finder->missed++;
  }
}

static void splits_hide_nothing(void) {
  struct finder finder = {.seed = rng_next(test_rng())};
  struct thread thread;
  assert_ok(memtable_create(&finder.memtable, test_err()));
  assert_ok(thread_start(&thread, "finder", find_on, &finder, test_err()));
  for (uint64_t nth = 1; nth <= FOUND_KEYS; nth++) {
    uint8_t key[12];
    struct lsm_entry entry = {SPACE, ENTRY_PUT, nth, scattered_key(nth, key), slice_of_text("v"),
                              NULL};
    assert_ok(memtable_insert(finder.memtable, &entry, 0, test_err()));
    atomic_store(&finder.visible, nth);
  }
  atomic_store(&finder.done, true);
  thread_join(&thread);
  assert_int_equal(0, finder.missed);
  memtable_release(finder.memtable);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"splits_hide_nothing", splits_hide_nothing, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
