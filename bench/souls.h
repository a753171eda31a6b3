/* SPDX-License-Identifier: MIT */
/* What the files of the benchmark of souls share: the beings, the database, and figures as medians
 * of pairs. A failure ends the program. */
#ifndef BENCH_SOULS_H
#define BENCH_SOULS_H

#include "bench/bench.h"
#include "luma/luma.h"

enum { SOULS_COLUMNS = 12, SOULS_TEXT_BYTES = 64, SOULS_JSON_BYTES = 1024, SOULS_PAIRS_MAX = 400 };

struct souls_sizes {
  uint64_t inserts; /* of each pair */
  uint32_t insert_pairs;
  uint64_t beings;
  uint32_t scan_pairs, get_pairs;
  uint64_t gets; /* of each pair */
};

struct souls {
  const char *directory;
  struct souls_sizes sizes;
  bool tiny, tsv;
  luma_db *db;
  luma_session *session;
  luma_error error;
};

/* ---- beings ---- */

/** How a being is written. */
struct souls_form {
  const char *const *names; /* of its attributes */
};
extern const struct souls_form souls_form; /* as it is made */
/** The text of each of a being's values. */
void souls_values(uint64_t n, char values[SOULS_COLUMNS][SOULS_TEXT_BYTES]);
/** The JSON of being `n`; its bytes. */
size_t souls_json(uint64_t n, const struct souls_form *form, char out[SOULS_JSON_BYTES]);

/* ---- LumaDB ---- */

void souls_check(struct souls *souls, enum luma_status status, const char *what);
void souls_exec(struct souls *souls, const char *text);
/** Makes a collection with the columns of the closed soul, of which some are other ones: `age`,
 * `bio` as in a CREATE TABLE, and `more` behind them all. */
void souls_create(struct souls *souls, const char *name, const char *age, const char *bio,
                  const char *more);

/* ---- figures ---- */

/** One side of a pair, 0 or 1; answers its seconds. */
typedef double souls_side(void *context, int side);

/** Medians over all pairs. */
struct souls_pairs {
  double seconds[2], ratio; /* ratio: of the first side to the second, pair by pair */
};
/** Runs pairs, whose sides take turns at being the first. */
struct souls_pairs souls_measure(souls_side *side, void *context, uint32_t pairs);
double souls_median(double *values, uint32_t count);
/** Seconds of processor time of this thread. */
double souls_cpu(void);

struct souls_figure {
  const char *name, *unit, *peer;
  double figure, peer_figure, ratio, target;
  bool at_most; /* the ratio may be at most the target */
};
void souls_show(const struct souls *souls, const struct souls_figure *figure);

/* ---- rows ---- */

void souls_measure_inserts(struct souls *souls);
void souls_measure_learning(struct souls *souls);
void souls_measure_evolution(struct souls *souls);
void souls_measure_computed(struct souls *souls);
void souls_measure_made(struct souls *souls);
void souls_measure_looks(struct souls *souls);

#endif
