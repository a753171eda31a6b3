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
    {"NOT NULL", "ALTER COLUMN plan SET NOT NULL", "ALTER COLUMN plan DROP NOT NULL"},
    {"a new CHECK", "ADD CONSTRAINT low CHECK (level < 10)", "DROP CONSTRAINT low"},
    {"a CHECK of two", "ADD CONSTRAINT both CHECK (length(city) < 9 AND rating <= 5.5)",
     "DROP CONSTRAINT both"},
    {"a bound", "MERGE '{\"attributes\":{\"score\":{\"max\":99}}}'",
     "MERGE '{\"attributes\":{\"score\":{\"max\":null}}}'"},
};

/* What gives values that may not fit: each can be done once. */
static const struct look makes[] = {
    {"CAST", "ALTER COLUMN rating TYPE int USING CAST(rating AS INT)", NULL},
    {"a division", "ALTER COLUMN level TYPE float USING level / 7.0", NULL},
    {"CAST", "ALTER COLUMN score TYPE int USING CAST(score AS INT)", NULL},
    {"a division", "ALTER COLUMN age TYPE float USING age * 7 / 7.0", NULL},
};

static double run(struct souls *souls, const char *action) {
  char text[SOULS_JSON_BYTES];
  (void)snprintf(text, sizeof text, "EVOLVE SOUL looking %s", action);
  double before = bench_now();
  souls_exec(souls, text);
  return (bench_now() - before) * 1000;
}

static void show(struct souls *souls, const char *what, uint32_t threads, double ms) {
  char name[2 * SOULS_TEXT_BYTES];
  (void)snprintf(name, sizeof name, "%s, %u thread%s", what, threads, threads > 1 ? "s" : "");
  souls_show(souls, &(struct souls_figure){name, "ms", "the limit", ms, 50, ms / 50, 1, true});
}

static void measure(struct souls *souls, uint32_t threads) {
  double ms[TURNS_MAX];
  uint32_t turns = souls->tiny ? 1 : TURNS_MAX;
  souls_fill_cache(souls, "looking", "looking", "city <> 'city7'");
  for (const struct look *look = looks; look < looks + sizeof looks / sizeof *looks; look++) {
    for (uint32_t i = 0; i < turns; i++) {
      ms[i] = run(souls, look->narrows);
      (void)run(souls, look->widens);
    }
    show(souls, look->name, threads, souls_median(ms, turns));
  }
  const struct look *make = &makes[threads > 1 ? 2 : 0];
  for (const struct look *end = make + 2; make < end; make++)
    show(souls, make->name, threads, run(souls, make->narrows));
}

/* A database of their own, for how many threads may look is its option. */
static void open_looking(struct souls *looking, uint32_t threads) {
  char path[1024];
  luma_options options = {
      .sync = LUMA_SYNC_NEVER, .cache_bytes = 3ull << 30, .threads = threads > 1 ? threads : 0};
  (void)snprintf(path, sizeof path, "%s/looking", looking->directory);
  souls_check(looking, luma_open(path, &options, &looking->db, &looking->error), "open");
  souls_check(looking, luma_session_open(looking->db, &looking->session, &looking->error),
              "session");
}

static void close_looking(struct souls *looking) {
  luma_session_close(looking->session);
  luma_close(looking->db);
}

void souls_measure_looks(struct souls *souls) {
  struct souls looking = *souls;
  if (!souls->tiny) looking.sizes.beings = 1000000;
  open_looking(&looking, 1);
  souls_create(&looking, "looking", "age INT", "bio TEXT", "");
  souls_import(&looking, "looking", &souls_form);
  souls_check(&looking, luma_checkpoint(looking.db, &looking.error), "checkpoint");
  measure(&looking, 1);
  close_looking(&looking);
  open_looking(&looking, 2);
  measure(&looking, 2);
  close_looking(&looking);
}
