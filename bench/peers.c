/* SPDX-License-Identifier: MIT */
/* Runs every step on every engine and prints figures side by side: a table, or with FORMAT=tsv
 * lines of name, figure, unit, peer, peer_figure, ratio, target, met. QUICK=1: under 50 seconds.
 * --tiny: a test; figures are not shown. Every step's answers are compared between the engines.
 * ROWS="filter;GROUP": only rows whose names begin so (and the import); PEERS=sqlite: only these
 * peers; PEERS=: none.
 * usage: bench_peers [--tiny] DIRECTORY */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

struct row {
  const char *name, *unit;
  size_t step; /* offset in struct engine */
  bool has_target;
};

#define STEP(name) offsetof(struct engine, name)

static const struct row rows[] = {
    {"import NDJSON", "documents/s", STEP(import), true},
    {"insert, durable", "inserts/s", STEP(durable), true},
    {"insert, unsynced", "inserts/s", STEP(unsynced), true},
    {"point read", "reads/s", STEP(points), true},
    {"ordered scan of 1,000", "rows/s", STEP(scans), true},
    {"filter, no index", "rows/s", STEP(filter), true},
    {"make index", "documents/s", STEP(make_index), false},
    {"filter, index, 100 rows", "queries/s", STEP(indexed), true},
    {"GROUP BY", "rows/s", STEP(group), true},
};
enum { ROWS_COUNT = sizeof rows / sizeof rows[0], ENGINES_MAX = 3 };

static bench_step *step_of(const struct engine *engine, size_t offset) {
  bench_step *step;
  memcpy(&step, (const char *)engine + offset, sizeof step);
  return step;
}

struct measure {
  double rate[ENGINES_MAX];
};

static void measure_row(const struct row *row, struct engine **engines, int count,
                        const struct bench_size *size, struct measure *measure) {
  uint64_t expected = 0;
  for (int i = 0; i < count; i++) {
    double before = bench_now();
    struct bench_result result = step_of(engines[i], row->step)(engines[i], size);
    double seconds = bench_now() - before - result.apart_seconds;
    measure->rate[i] = (double)result.operations / (seconds > 0 ? seconds : 1e-9);
    if (i == 0) expected = result.check;
    if (result.check != expected) {
      fprintf(stderr, "bench: %s: %s answers %llu, %s %llu\n", row->name, engines[i]->name,
              (unsigned long long)result.check, engines[0]->name, (unsigned long long)expected);
      exit(1);
    }
  }
}

static double target_of(const struct engine *peer) {
  return strcmp(peer->name, "sqlite") == 0 ? 0.95 : 1.5;
}

static void print_row(const struct row *row, struct engine **engines, int count,
                      const struct measure *measure, bool tsv) {
  if (!tsv) printf("%-24s %12.0f", row->name, measure->rate[0]);
  for (int i = 1; i < count; i++) {
    double ratio = measure->rate[0] / measure->rate[i], target = target_of(engines[i]);
    const char *met = !row->has_target ? "-" : ratio >= target ? "yes" : "no";
    if (tsv) {
      printf("%s\t%.0f\t%s\t%s\t%.0f\t%.2f\t%.2f\t%s\n", row->name, measure->rate[0], row->unit,
             engines[i]->name, measure->rate[i], ratio, row->has_target ? target : 0.0, met);
    } else {
      printf(" %12.0f %7.2fx %-4s", measure->rate[i], ratio, met);
    }
  }
  if (!tsv) printf("  %s\n", row->unit);
  (void)fflush(stdout);
}

/* Whether `name` begins with an item of the list (between semicolons) in an environment variable;
 * when it is not set, everything is wanted. */
static bool is_wanted(const char *variable, const char *name) {
  const char *at = getenv(variable);
  if (!at) return true;
  for (; *at; at += strspn(at, ";")) {
    size_t bytes = strcspn(at, ";");
    if (strncmp(name, at, bytes) == 0) return true;
    at += bytes;
  }
  return false;
}

static struct bench_size choose_size(bool tiny) {
  if (tiny) return (struct bench_size){3000, 5, 50, 200, 2, 1, 20, 1};
  if (getenv("QUICK")) return (struct bench_size){100000, 2000, 20000, 100000, 300, 3, 3000, 3};
  return (struct bench_size){1000000, 20000, 200000, 500000, 2000, 5, 20000, 5};
}

int main(int argc, char **argv) {
  bool tiny = argc == 3 && strcmp(argv[1], "--tiny") == 0;
  if (argc != 2 + tiny) {
    fprintf(stderr, "usage: bench_peers [--tiny] DIRECTORY\n");
    return 2;
  }
  const char *format = getenv("FORMAT");
  bool tsv = format && strcmp(format, "tsv") == 0;
  struct engine *engines[ENGINES_MAX] = {&engine_luma};
  int count = 1;
  if (is_wanted("PEERS", "sqlite")) engines[count++] = &engine_sqlite;
  if (getenv("BENCH_POSTGRES") && is_wanted("PEERS", "postgres"))
    engines[count++] = &engine_postgres;
  struct bench_size size = choose_size(tiny);
  for (int i = 0; i < count; i++) engines[i]->open(engines[i], argv[1 + tiny]);
  if (!tsv && !tiny) {
    printf("%-24s %12s", "", engines[0]->name);
    for (int i = 1; i < count; i++) printf(" %12s %8s     ", engines[i]->name, "ratio");
    printf("\n");
  }
  for (int r = 0; r < ROWS_COUNT; r++) {
    struct measure measure;
    if (r > 0 && !is_wanted("ROWS", rows[r].name)) continue;
    measure_row(&rows[r], engines, count, &size, &measure);
    if (!tiny) print_row(&rows[r], engines, count, &measure, tsv);
  }
  for (int i = 0; i < count; i++) engines[i]->close(engines[i]);
  if (tiny) printf("%d passed, 0 failed\n", ROWS_COUNT);
  return 0;
}
