/* SPDX-License-Identifier: MIT */
/* Random operations on a store and on a naive one, from one seed; see run.h. A round is repeated
 * alone with MODEL_ROUND=<its seed>; SEEDS=<n> runs n rounds of each kind instead of those that fit
 * an ordinary run. */
#include <stdio.h>
#include <stdlib.h>

#include "store/mem/mem_store.h"
#include "tests/lib/test.h"
#include "tests/model/targets.h"

enum { OPERATIONS = 3000, TIMEOUT_S = 3600 };

static void run_rounds(const struct run_target *target, size_t quick) {
  const char *one = getenv("MODEL_ROUND"), *seeds = getenv("SEEDS");
  if (one) {
    run_round(target, strtoull(one, NULL, 10), OPERATIONS);
    return;
  }
  size_t rounds = seeds ? strtoul(seeds, NULL, 10) : test_rounds(quick);
  for (size_t i = 0; i < rounds; i++) run_round(target, rng_next(test_rng()), OPERATIONS);
}

static status open_mem(struct run *run, struct store **store, struct err *err) {
  (void)run;
  struct mem_options options = {.feed_records_max = UINT32_MAX};
  return mem_store_open(&options, store, err);
}

static void mem_is_as_the_naive_store(void) {
  static const struct run_target target = {.name = "mem", .open = open_mem};
  run_rounds(&target, 300);
}

static void lsm_is_as_the_naive_store(void) {
  static const struct run_target target = {
      .name = "lsm", .open = targets_open_lsm, .is_kept = true, .is_on_sim = true};
  run_rounds(&target, 120);
}

static void lsm_survives_crashes(void) {
  static const struct run_target target = {.name = "lsm, crashing",
                                           .open = targets_open_lsm,
                                           .is_kept = true,
                                           .is_on_sim = true,
                                           .can_crash = true};
  run_rounds(&target, 100);
}

/* Thousands of crashes; a million in `make sim`. */
static void lsm_survives_a_harsh_world(void) {
  size_t rounds = test_rounds(300);
  struct run_target target = targets_harsh;
  struct run_tally tally = {0};
  target.tally = &tally;
  for (size_t i = 0; i < rounds; i++)
    run_round(&target, rng_next(test_rng()), TARGETS_HARSH_OPERATIONS);
  assert_true(tally.met[RUN_CRASH] + tally.met[RUN_KILL] > 3 * rounds);
  assert_true(tally.met[RUN_ROT] > rounds / 10);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"mem_is_as_the_naive_store", mem_is_as_the_naive_store, TIMEOUT_S},
      {"lsm_is_as_the_naive_store", lsm_is_as_the_naive_store, TIMEOUT_S},
      {"lsm_survives_crashes", lsm_survives_crashes, TIMEOUT_S},
      {"lsm_survives_a_harsh_world", lsm_survives_a_harsh_world, TIMEOUT_S},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
