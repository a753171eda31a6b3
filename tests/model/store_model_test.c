/* SPDX-License-Identifier: MIT */
/* Random operations on a store and on a naive one, from one seed; see run.h. A round is repeated
 * alone with MODEL_ROUND=<its seed>; SEEDS=<n> runs n rounds of each kind instead of those that fit
 * an ordinary run. */
#include <stdio.h>
#include <stdlib.h>

#include "store/lsm/lsm.h"
#include "store/mem/mem_store.h"
#include "tests/lib/test.h"
#include "tests/model/run.h"

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

static status open_lsm(struct run *run, struct store **store, struct err *err) {
  const struct run_tuning *tuning = &run->tuning;
  struct lsm_options options = {
      .create = true,
      .sync_mode = tuning->sync_mode,
      .wal_segment_bytes = tuning->wal_segment_bytes,
      .memtable_bytes = tuning->memtable_bytes,
      .block_bytes = tuning->block_bytes,
      .block_cache_bytes = tuning->block_cache_bytes,
      .kept_bytes = tuning->kept_bytes,
      .file_bytes = tuning->file_bytes,
      .feed_bytes_max = tuning->feed_bytes_max,
  };
  return lsm_open(simos_os(run->sim), "db", &options, store, err);
}

static void lsm_is_as_the_naive_store(void) {
  static const struct run_target target = {
      .name = "lsm", .open = open_lsm, .is_kept = true, .is_on_sim = true};
  run_rounds(&target, 120);
}

static void lsm_survives_crashes(void) {
  static const struct run_target target = {.name = "lsm, crashing",
                                           .open = open_lsm,
                                           .is_kept = true,
                                           .is_on_sim = true,
                                           .can_crash = true};
  run_rounds(&target, 300);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"mem_is_as_the_naive_store", mem_is_as_the_naive_store, TIMEOUT_S},
      {"lsm_is_as_the_naive_store", lsm_is_as_the_naive_store, TIMEOUT_S},
      {"lsm_survives_crashes", lsm_survives_crashes, TIMEOUT_S},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
