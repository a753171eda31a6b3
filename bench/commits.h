/* SPDX-License-Identifier: MIT */
/* Engines of the benchmark of commits in flight (commits.c). A failure ends the program. */
#ifndef BENCH_COMMITS_H
#define BENCH_COMMITS_H

#include "bench/bench.h"

struct commits_row {
  const char *name;
  uint32_t threads;
  uint64_t depth; /* commits that one thread has in flight */
  double target;  /* ratio to a peer */
};

struct commits_engine {
  const char *name;
  uint32_t connections_max;
  void *(*open)(const char *directory);
  /** Called on the client's thread, as are the next three. */
  void *(*connect)(void *database);
  /** Inserts the document of that number; it is on disk when this returns. */
  void (*insert)(void *connection, uint64_t id);
  /** Inserts `count` documents with at most `depth` not yet on disk; all are when this returns.
   * `latencies`: of each, from its call to when it was known to be on disk. NULL: cannot. */
  void (*insert_ahead)(void *connection, uint64_t first_id, uint64_t count, uint64_t depth,
                       double *latencies);
  void (*disconnect)(void *connection);
  /** Checks that there are `documents`. */
  void (*close)(void *database, uint64_t documents);
};

extern const struct commits_engine commits_luma, commits_sqlite, commits_postgres;

#endif
