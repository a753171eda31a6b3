/* SPDX-License-Identifier: MIT */
/* Evolutions that have to look at all beings before they may be: how long the statement takes.
 * A million of them also with QUICK=1, because that is what the limit speaks of. */
#include <stdio.h>

#include "bench/souls_reads.h"

enum { TURNS_MAX = 9 };

/* What narrows, again and again: undone, so that it is to be looked at anew. */
static const struct look {
  const char *name, *narrows, *widens;
} looks[] = {
    {"evolution that looks at all, NOT NULL", "ALTER COLUMN plan SET NOT NULL",
     "ALTER COLUMN plan DROP NOT NULL"},
    {"evolution that looks at all, a new CHECK", "ADD CONSTRAINT low CHECK (level < 10)",
     "DROP CONSTRAINT low"},
    {"evolution that looks at all, a CHECK of two",
     "ADD CONSTRAINT both CHECK (length(city) < 9 AND rating <= 5.5)", "DROP CONSTRAINT both"},
    {"evolution that looks at all, a bound", "MERGE '{\"attributes\":{\"score\":{\"max\":99}}}'",
     "MERGE '{\"attributes\":{\"score\":{\"max\":null}}}'"},
};

/* What gives values that may not fit: each can be done once. */
static const struct look makes[] = {
    {"evolution that looks at all, CAST", "ALTER COLUMN rating TYPE int USING CAST(rating AS INT)",
     NULL},
    {"evolution that looks at all, a division", "ALTER COLUMN level TYPE float USING level / 7.0",
     NULL},
};

static double run(struct souls *souls, const char *action) {
  char text[SOULS_JSON_BYTES];
  (void)snprintf(text, sizeof text, "EVOLVE SOUL looking %s", action);
  double before = bench_now();
  souls_exec(souls, text);
  return (bench_now() - before) * 1000;
}

static void show(struct souls *souls, const char *name, double ms) {
  souls_show(souls, &(struct souls_figure){name, "ms", "the limit", ms, 50, ms / 50, 1, true});
}

void souls_measure_looks(struct souls *souls) {
  double ms[TURNS_MAX];
  uint32_t turns = souls->tiny ? 1 : TURNS_MAX;
  uint64_t beings = souls->sizes.beings;
  souls->sizes.beings = souls->tiny ? beings : 1000000;
  souls_create(souls, "looking", "age INT", "bio TEXT", "");
  souls_import(souls, "looking", &souls_form);
  souls_check(souls, luma_checkpoint(souls->db, &souls->error), "checkpoint");
  souls_fill_cache(souls, "looking", "looking", "city <> 'city7'");
  for (const struct look *look = looks; look < looks + sizeof looks / sizeof *looks; look++) {
    for (uint32_t i = 0; i < turns; i++) {
      ms[i] = run(souls, look->narrows);
      (void)run(souls, look->widens);
    }
    show(souls, look->name, souls_median(ms, turns));
  }
  for (const struct look *make = makes; make < makes + sizeof makes / sizeof *makes; make++)
    show(souls, make->name, run(souls, make->narrows));
  souls_exec(souls, "DROP TABLE looking");
  souls->sizes.beings = beings;
}
