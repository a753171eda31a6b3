/* SPDX-License-Identifier: MIT */
/* The allocation countdown: it fails the allocation it was told to, sees every kind of allocation,
 * finds leaks and wrong answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fault.h"
#include "tests/lib/victim.h"

enum { BLOCKS = 5 };

/** Keeps the compiler from removing a pair of malloc and free. */
static void *volatile blocks[BLOCKS];

static void release(void) {
  for (size_t i = 0; i < BLOCKS; i++) {
    free(blocks[i]);
    blocks[i] = NULL;
  }
}

/** One allocation of each kind; false when one failed. */
static bool allocate_all(void) {
  void *aligned = NULL;
  blocks[0] = malloc(10);
  blocks[1] = blocks[0] ? calloc(2, 10) : NULL;
  blocks[2] = blocks[1] ? realloc(NULL, 10) : NULL;
  blocks[3] = blocks[2] ? aligned_alloc(64, 64) : NULL;
  bool last = blocks[3] && posix_memalign(&aligned, 64, 64) == 0;
  blocks[4] = aligned;
  return last;
}

static void only_the_nth_fails(void) {
  for (uint64_t nth = 1; nth <= BLOCKS; nth++) {
    fault_alloc(nth, false);
    assert_false(allocate_all());
    assert_int_equal(nth, fault_alloc_count());
    assert_int_equal(1, fault_alloc_hits());
    release();
    assert_true(allocate_all());
    release();
  }
  fault_alloc(BLOCKS + 1, false);
  assert_true(allocate_all());
  assert_int_equal(0, fault_alloc_hits());
  release();
}

static void a_persistent_fault_stays(void) {
  fault_alloc(2, true);
  assert_false(allocate_all());
  release();
  assert_false(allocate_all());
  assert_int_equal(ENOMEM, errno);
  fault_alloc_off();
  assert_true(allocate_all());
  release();
}

static void a_failed_realloc_keeps_the_block(void) {
  char *volatile block = malloc(4);
  strcpy(block, "abc");
  fault_alloc(1, false);
  assert_null(realloc(block, 1000));
  fault_alloc_off();
  assert_string_equal("abc", block);
  free(block);
}

static void live_blocks_are_counted(void) {
  int64_t before = fault_alloc_live();
  assert_true(allocate_all());
  assert_int_equal(before + BLOCKS, fault_alloc_live());
  blocks[0] = realloc(blocks[0], 4000);
  assert_int_equal(before + BLOCKS, fault_alloc_live());
  release();
  assert_int_equal(before, fault_alloc_live());
}

static status careful(void *context) {
  *(uint64_t *)context += 1;
  bool worked = allocate_all();
  release();
  return worked ? LUMA_OK : LUMA_OUT_OF_MEMORY;
}

static void a_sweep_meets_every_allocation(void) {
  uint64_t runs = 0;
  uint64_t answered = fault_sweep_alloc(careful, &runs);
  assert_int_equal(2 * (BLOCKS + 1), runs);
  assert_int_equal(runs, answered);
}

static status leaking(void *context) {
  (void)context;
  void *volatile kept = malloc(1);
  void *volatile second = malloc(1);
  free(second);
  if (second) free(kept);
  return second ? LUMA_OK : LUMA_OUT_OF_MEMORY;
}

static status lying(void *context) {
  (void)context;
  void *volatile block = malloc(1);
  free(block);
  return block ? LUMA_OK : LUMA_CORRUPT;
}

static status always_out(void *context) {
  (void)context;
  return LUMA_OUT_OF_MEMORY;
}

static void victim_leaks(void) {
  fault_sweep_alloc(leaking, NULL);
}

static void victim_lies(void) {
  fault_sweep_alloc(lying, NULL);
}

static void victim_never_works(void) {
  fault_sweep_alloc(always_out, NULL);
}

static void a_sweep_finds_leaks_and_lies(void) {
  assert_int_equal(1, victim_run_only("victim_leaks"));
  victim_expect("allocation 2 failed: 1 blocks were not freed");
  assert_int_equal(1, victim_run_only("victim_lies"));
  victim_expect("allocation 1 failed (1 hits): answered corrupt");
  assert_int_equal(1, victim_run_only("victim_never_works"));
  victim_expect("allocation 1 failed (0 hits): answered out_of_memory");
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"only_the_nth_fails", only_the_nth_fails, 0},
      {"a_persistent_fault_stays", a_persistent_fault_stays, 0},
      {"a_failed_realloc_keeps_the_block", a_failed_realloc_keeps_the_block, 0},
      {"live_blocks_are_counted", live_blocks_are_counted, 0},
      {"a_sweep_meets_every_allocation", a_sweep_meets_every_allocation, 0},
      {"a_sweep_finds_leaks_and_lies", a_sweep_finds_leaks_and_lies, 0},
  };
  static const struct test_case victims[] = {
      {"victim_leaks", victim_leaks, 0},
      {"victim_lies", victim_lies, 0},
      {"victim_never_works", victim_never_works, 0},
  };
  const struct victims all = {cases, sizeof cases / sizeof cases[0], victims,
                              sizeof victims / sizeof victims[0]};
  return victims_main(argc, argv, &all);
}
