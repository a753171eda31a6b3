/* SPDX-License-Identifier: MIT */
/* Random operations on the store over PostgreSQL and on a naive one: see tests/model/run.h.
 * MODEL_ROUND=<seed> repeats a round, SEEDS=<n> runs n of them. */
#include <stdlib.h>

#include "store/pg/pg.h"
#include "tests/lib/test.h"
#include "tests/model/run.h"
#include "tests/pg/schema.h"

enum { OPERATIONS = 3000, ROUNDS = 8, TIMEOUT_S = 3600 };

static status open_pg(struct run *run, struct store **store, struct err *err) {
  struct pg_options options = {.create = true, .sync_mode = run->tuning.sync_mode};
  return pg_open(os_linux(), schema_target(), &options, store, err);
}

static void pg_is_as_the_naive_store(void) {
  static const struct run_target target = {.name = "pg", .open = open_pg, .is_kept = true};
  const char *one = getenv("MODEL_ROUND"), *seeds = getenv("SEEDS");
  size_t rounds = one ? 1 : seeds ? strtoul(seeds, NULL, 10) : test_rounds(ROUNDS);
  for (size_t i = 0; i < rounds; i++) {
    schema_renew();
    run_round(&target, one ? strtoull(one, NULL, 10) : rng_next(test_rng()), OPERATIONS);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"pg_is_as_the_naive_store", pg_is_as_the_naive_store, TIMEOUT_S}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
