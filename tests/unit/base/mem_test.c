/* SPDX-License-Identifier: MIT */
#include "base/mem/mem.h"

#include <stdint.h>
#include <string.h>

#include "base/mem/arena.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

static void nothing_is_a_valid_size(void) {
  void *blocks[] = {mem_alloc(0), mem_zalloc(0, 8), mem_zalloc(8, 0), mem_copy(NULL, 0),
                    mem_alloc_aligned(64, 0)};
  for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
    assert_non_null(blocks[i]);
    mem_free(blocks[i]);
  }
  mem_free(NULL);
}

static void sizes_that_overflow_are_refused(void) {
  assert_null(mem_zalloc(SIZE_MAX / 2, 3));
  assert_null(mem_alloc_aligned(4096, SIZE_MAX - 10));
  void *items = NULL;
  size_t capacity = 0;
  assert_false(mem_grow(&items, &capacity, SIZE_MAX / 2, 16));
  assert_null(items);
  assert_int_equal(capacity, 0);
}

static void alignment_is_kept(void) {
  for (size_t alignment = 16; alignment <= 4096; alignment *= 2) {
    void *p = mem_alloc_aligned(alignment, 100);
    assert_int_equal((uintptr_t)p % alignment, 0);
    memset(p, 1, 100);
    mem_free(p);
  }
}

static void growing_keeps_what_is_there(void) {
  uint32_t *items = NULL;
  size_t capacity = 0, moves = 0;
  for (uint32_t i = 0; i < 10000; i++) {
    size_t before = capacity;
    void *opaque = items;
    assert_true(mem_grow(&opaque, &capacity, i + 1, sizeof *items));
    items = opaque;
    moves += capacity != before;
    items[i] = i;
  }
  for (uint32_t i = 0; i < 10000; i++) assert_int_equal(items[i], i);
  assert_in_range(moves, 10, 30);
  fault_alloc(1, true);
  void *opaque = items;
  size_t before = capacity;
  assert_false(mem_grow(&opaque, &capacity, capacity + 1, sizeof *items));
  fault_alloc_off();
  assert_ptr_equal(opaque, items);
  assert_int_equal(capacity, before);
  mem_free(items);
}

enum { BLOCKS_MAX = 400 };

/* A block with a pattern of its own, to see that no two share memory. */
struct block {
  uint8_t *p;
  size_t bytes;
  uint8_t pattern;
};

static bool has_pattern(const struct block *block) {
  for (size_t i = 0; i < block->bytes; i++)
    if (block->p[i] != block->pattern) return false;
  return true;
}

static uint8_t *adopt(struct arena *arena, size_t bytes) {
  uint8_t *memory = mem_alloc(ARENA_ADOPT_BYTES + bytes);
  assert_non_null(memory);
  assert_true(arena_adopt(arena, memory, ARENA_ADOPT_BYTES + bytes));
  return memory + ARENA_ADOPT_BYTES;
}

static struct block allocate_random(struct arena *arena) {
  struct block block = {.bytes = rng_below(test_rng(), rng_below(test_rng(), 20) ? 200 : 100000),
                        .pattern = (uint8_t)rng_next(test_rng())};
  switch (rng_below(test_rng(), 4)) {
  case 2: block.p = adopt(arena, block.bytes); break;
  case 0: block.p = arena_alloc_text(arena, block.bytes); break;
  case 1:
    block.p = arena_zalloc(arena, block.bytes, 1);
    for (size_t i = 0; i < block.bytes; i++) assert_int_equal(block.p[i], 0);
    assert_int_equal((uintptr_t)block.p % 16, 0);
    break;
  default: block.p = arena_alloc(arena, block.bytes); assert_int_equal((uintptr_t)block.p % 16, 0);
  }
  assert_non_null(block.p);
  memset(block.p, block.pattern, block.bytes);
  return block;
}

/* Allocations, marks, rewinds and resets at random: what should live is never disturbed. */
static void arena_blocks_do_not_touch(void) {
  static struct block blocks[BLOCKS_MAX];
  for (size_t round = 0; round < test_rounds(20); round++) {
    struct arena arena;
    arena_init(&arena, 64 + rng_below(test_rng(), 2000), 0);
    size_t count = 0, marked = 0, used = 0;
    struct arena_mark mark = arena_mark(&arena);
    for (size_t step = 0; step < BLOCKS_MAX; step++) {
      uint64_t dice = rng_below(test_rng(), 40);
      if (dice == 0) {
        mark = arena_mark(&arena);
        marked = count;
        used = arena_used_bytes(&arena);
      } else if (dice == 1) {
        arena_rewind(&arena, mark);
        count = marked;
        assert_int_equal(arena_used_bytes(&arena), used);
      } else if (dice == 2 && step % 7 == 0) {
        arena_reset(&arena);
        count = marked = used = 0;
        mark = arena_mark(&arena);
      } else {
        blocks[count++] = allocate_random(&arena);
      }
      for (size_t i = 0; i < count; i++) assert_true(has_pattern(&blocks[i]));
    }
    arena_deinit(&arena);
  }
}

static void an_arena_keeps_its_budget(void) {
  struct arena arena;
  arena_init(&arena, 0, 1000);
  assert_non_null(arena_alloc(&arena, 600));
  assert_false(arena_is_over_budget(&arena));
  struct arena_mark mark = arena_mark(&arena);
  assert_null(arena_alloc(&arena, 401));
  assert_true(arena_is_over_budget(&arena));
  assert_non_null(arena_alloc_text(&arena, 400));
  assert_int_equal(arena_used_bytes(&arena), 1000);
  arena_rewind(&arena, mark);
  assert_false(arena_is_over_budget(&arena));
  assert_null(arena_alloc(&arena, SIZE_MAX));
  assert_null(arena_zalloc(&arena, SIZE_MAX / 2, 4));
  void *memory = mem_alloc(500);
  assert_false(arena_adopt(&arena, memory, 500));
  mem_free(memory);
  arena_deinit(&arena);
}

static void what_is_given_back_is_given_again(void) {
  struct arena arena;
  arena_init(&arena, 1024, 0);
  uint8_t *first = arena_alloc(&arena, 600);
  assert_non_null(first);
  memset(first, 7, 100);
  arena_trim(&arena, first, 600, 100);
  assert_int_equal(arena_used_bytes(&arena), 100);
  uint8_t *second = arena_alloc(&arena, 800);
  assert_ptr_equal(second, first + 112); /* aligned, in the same chunk */
  memset(second, 8, 800);
  for (size_t i = 0; i < 100; i++) assert_int_equal(first[i], 7);
  arena_trim(&arena, first, 100, 0); /* no longer the newest: stays */
  assert_int_equal(arena_used_bytes(&arena), 900);
  arena_trim(&arena, second, 800, 0);
  assert_int_equal(arena_used_bytes(&arena), 100);
  arena_deinit(&arena);
}

static void resetting_spares_malloc(void) {
  struct arena arena;
  arena_init(&arena, 1024, 0);
  for (int batch = 0; batch < 3; batch++) {
    arena_reset(&arena);
    fault_alloc_off();
    for (int i = 0; i < 100; i++) assert_non_null(arena_copy(&arena, "0123456789", 10));
    if (batch == 0) assert_in_range(fault_alloc_count(), 1, 3);
  }
  assert_int_equal(fault_alloc_count(), 0);
  arena_deinit(&arena);
}

static status use_arena(void *context) {
  (void)context;
  struct arena arena;
  arena_init(&arena, 128, 0);
  status result = LUMA_OK;
  for (size_t i = 0; i < 50; i++)
    if (!arena_zalloc(&arena, i, 16)) result = LUMA_OUT_OF_MEMORY;
  assert_false(arena_is_over_budget(&arena));
  arena_deinit(&arena);
  return result;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(use_arena, NULL) > 2);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"nothing_is_a_valid_size", nothing_is_a_valid_size, 0},
      {"sizes_that_overflow_are_refused", sizes_that_overflow_are_refused, 0},
      {"alignment_is_kept", alignment_is_kept, 0},
      {"growing_keeps_what_is_there", growing_keeps_what_is_there, 0},
      {"arena_blocks_do_not_touch", arena_blocks_do_not_touch, 0},
      {"an_arena_keeps_its_budget", an_arena_keeps_its_budget, 0},
      {"what_is_given_back_is_given_again", what_is_given_back_is_given_again, 0},
      {"resetting_spares_malloc", resetting_spares_malloc, 0},
      {"memory_may_run_out", memory_may_run_out, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
