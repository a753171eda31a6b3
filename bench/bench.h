/* SPDX-License-Identifier: MIT */
/* The benchmark against peers: the same documents and the same work, in one process and one run,
 * through each engine's own C interface with prepared statements. Results are compared, so that an
 * engine that answers wrongly is no peer. An engine is a table of steps; a step does its work and
 * says how many operations it did; the harness takes the time. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_DOC_BYTES_MAX = 512, BENCH_SCAN_ROWS = 1000 };

/** How much work: the whole measure, or a tiny one for the tests. */
struct bench_size {
  uint64_t documents;                                                  /* imported */
  uint64_t durable, unsynced, points, scans, filters, indexed, groups; /* operations of each row */
};

/** What a step did: `operations` are timed against, `check` must be equal for all engines. */
struct bench_result {
  uint64_t operations, check;
  double apart_seconds; /* of its time: spent on getting ready, which is none of the operations */
};

struct engine;
typedef struct bench_result bench_step(struct engine *engine, const struct bench_size *size);

/** One engine under test. Steps run in this order, on the database that `open` made in `directory`.
 * A failure ends the program. */
struct engine {
  const char *name;
  void (*open)(struct engine *engine, const char *directory);
  bench_step *import;     /* documents 0 .. documents-1 from NDJSON text, durable at the end */
  bench_step *durable;    /* single inserts, each on disk before the next */
  bench_step *unsynced;   /* single inserts, each its own transaction, not waited for */
  bench_step *points;     /* random documents by key, one field read */
  bench_step *scans;      /* BENCH_SCAN_ROWS documents in key order from a random key */
  bench_step *filter;     /* count where age = a and city = b, without an index */
  bench_step *make_index; /* on age */
  bench_step *indexed;    /* the documents of one age, through the index */
  bench_step *group;      /* count and average age by city */
  void (*close)(struct engine *engine);
  void *state;
};

extern struct engine engine_luma, engine_sqlite, engine_postgres;

/* ---- documents ---- */

/** The JSON text of document `number`, about 300 bytes; answers its bytes. */
size_t bench_document(uint64_t number, char out[BENCH_DOC_BYTES_MAX]);
/** All of them as NDJSON, one allocation; ends the program when memory is out. */
char *bench_ndjson(uint64_t documents, size_t *bytes);
/** The nth pseudo-random number of a fixed sequence. */
uint64_t bench_random(uint64_t nth);
const char *bench_city(uint64_t nth);
enum { BENCH_AGES = 60, BENCH_CITIES = 50 };

/** Seconds on the monotonic clock. */
double bench_now(void);
/** Says what failed and ends the program. */
_Noreturn void bench_fail(const char *engine, const char *what, const char *why);

#endif
