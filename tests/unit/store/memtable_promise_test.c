/* SPDX-License-Identifier: MIT */
/* What the memtable promises to one insert holds whatever others do. */
#include "base/core/bytes.h"
#include "store/lsm/memtable/memtable_int.h"
#include "tests/lib/test.h"

enum { SPACE = 2 };

static void insert_number(struct memtable *memtable, uint64_t seq, uint64_t number,
                          struct memtable_room *room) {
  uint8_t key[8];
  store64be(key, number);
  struct lsm_entry entry = {SPACE, ENTRY_PUT, seq, slice_of(key, 8), slice_of(key, 0), NULL};
  assert_true(memtable_put(memtable, &entry, 0, room));
}

/* Another's many inserts fill nodes, and its promise ends before ours is made use of. */
static void a_promise_outlives_another(void) {
  enum { OURS = 100, THEIRS = 400000 };
  struct memtable *memtable;
  struct memtable_room ours, theirs;
  uint64_t seq = 0;
  assert_ok(memtable_create(&memtable, test_err()));
  assert_ok(memtable_reserve(memtable, OURS, OURS * 8, &ours, test_err()));
  assert_ok(memtable_reserve(memtable, THEIRS, THEIRS * 8, &theirs, test_err()));
  for (uint64_t i = 0; i < THEIRS; i++) insert_number(memtable, ++seq, 2 * i, &theirs);
  memtable_unreserve(memtable, &theirs);
  uint64_t promised = memtable->promised, free_count = memtable->free_count;
  for (uint64_t i = 0; i < OURS; i++)
    insert_number(memtable, ++seq, i * (2 * THEIRS / OURS) + 1, &ours);
  assert_in_range(free_count - memtable->free_count, OURS, promised);
  memtable_unreserve(memtable, &ours);
  assert_int_equal(0, memtable->promised);
  memtable_release(memtable);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_promise_outlives_another", a_promise_outlives_another, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
