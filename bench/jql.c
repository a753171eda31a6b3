/* SPDX-License-Identifier: MIT */
/* JQL beside PostgreSQL's jsonb, row by row (jql_rows.c), and its bulk insert beside the C calls.
 * Prints a table, or with FORMAT=tsv lines of name, figure, unit, peer, peer_figure, ratio, target,
 * met. QUICK=1: 100,000 documents; else a million. ROWS="$group;upsert": only rows whose names
 * begin so, and those that make indexes. Without BENCH_POSTGRES the rows run by themselves. --tiny:
 * a test; figures are not shown.
 * usage: bench_jql [--tiny] DIRECTORY */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/jql.h"

struct measured {
  double seconds;
  uint64_t check, operations;
};

struct output {
  bool tiny, tsv;
  uint32_t rows;
};

enum { TURNS = 10 };

/* ---- figures ---- */

static void show(struct output *output, const char *name, const char *unit, const char *peer,
                 const double figures[2], double target) {
  double ratio = figures[1] > 0 ? figures[0] / figures[1] : 0;
  const char *met = target == 0 || figures[1] == 0 ? "-" : ratio >= target ? "yes" : "no";
  output->rows++;
  if (output->tiny) return;
  if (output->tsv)
    printf("%s\t%.0f\t%s\t%s\t%.0f\t%.2f\t%.2f\t%s\n", name, figures[0], unit, peer, figures[1],
           ratio, target, met);
  else
    printf("%-36s %12.0f %-12s %-16s %12.0f %8.2fx (%.1f) %s\n", name, figures[0], unit, peer,
           figures[1], ratio, target, met);
  (void)fflush(stdout);
}

static bool is_wanted(const char *name) {
  const char *at = getenv("ROWS");
  if (!at) return true;
  for (; *at; at += strspn(at, ";")) {
    size_t bytes = strcspn(at, ";");
    if (strncmp(name, at, bytes) == 0) return true;
    at += bytes;
  }
  return false;
}

/* ---- rows ---- */

static uint64_t times_of(const struct jql_row *row, const struct jql_size *size) {
  uint64_t times;
  if (row->kind == JQL_SETS_UP) return 1;
  memcpy(&times, (const char *)size + row->times, sizeof times);
  return times;
}

/* Keys that differ from each other; half of them come again in the next run. */
static void draw_keys(uint64_t nth, uint64_t keys[JQL_ITEMS_MAX]) {
  for (uint64_t i = 0; i < JQL_ITEMS_MAX; i++)
    keys[i] = 1000000000 + nth * (JQL_ITEMS_MAX / 2) + (i * 617) % JQL_ITEMS_MAX;
}

static uint64_t operations_of(const struct jql_row *row, const struct jql_size *size,
                              uint64_t check) {
  if (row->counts_documents) return size->documents;
  return row->kind == JQL_CHANGES ? check : 1;
}

/* Runs `from` to `to` of a row. */
static void run_some(const struct jql_side *side, const struct jql_row *row,
                     const struct jql_size *size, const uint64_t range[2],
                     struct measured *measured) {
  uint64_t keys[JQL_ITEMS_MAX];
  for (uint64_t i = range[0]; i < range[1]; i++) {
    struct jql_values values = {0};
    if (row->draw) row->draw(size, i, &values);
    if (row->items) draw_keys(i, keys);
    double before = bench_now();
    uint64_t check = side->run(row, &values, keys);
    measured->seconds += bench_now() - before;
    measured->operations += operations_of(row, size, check);
    measured->check += check;
  }
}

/* What only reads is asked a round before it is measured: PostgreSQL's VACUUM has read everything,
 * LumaDB has been opened anew. */
static void make_ready(const struct jql_side *side, const struct jql_row *row,
                       const struct jql_size *size) {
  const uint64_t all[2] = {0, times_of(row, size)};
  struct measured ignored = {0};
  if (side->ready) side->ready(row);
  if (row->kind == JQL_READS) run_some(side, row, size, all, &ignored);
}

/* Turn by turn, so that what happens on the machine happens to both. */
static void measure_turns(const struct jql_row *row, const struct jql_size *size, bool has_peer,
                          struct measured *luma, struct measured *peer) {
  uint64_t times = times_of(row, size), turns = times < TURNS ? times : TURNS;
  for (uint64_t turn = 0; turn < turns; turn++) {
    const uint64_t range[2] = {turn * times / turns, (turn + 1) * times / turns};
    run_some(&jql_luma, row, size, range, luma);
    if (has_peer) run_some(&jql_postgres, row, size, range, peer);
  }
}

static double rate_of(const struct measured *measured) {
  return (double)measured->operations / (measured->seconds > 0 ? measured->seconds : 1e-9);
}

static void measure_row(const struct jql_row *row, const struct jql_size *size, bool has_peer,
                        struct output *output) {
  struct measured luma = {0}, peer = {0};
  make_ready(&jql_luma, row, size);
  if (has_peer) make_ready(&jql_postgres, row, size);
  measure_turns(row, size, has_peer, &luma, &peer);
  double figures[2] = {rate_of(&luma), has_peer ? rate_of(&peer) : 0};
  if (has_peer && row->kind != JQL_SETS_UP && luma.check != peer.check) {
    fprintf(stderr, "bench_jql: %s: lumadb answers %llu, postgres %llu\n", row->name,
            (unsigned long long)luma.check, (unsigned long long)peer.check);
    exit(1);
  }
  show(output, row->name, row->unit, has_peer ? "postgres jsonb" : "-", figures, row->target);
}

static void measure_inserts(const struct jql_size *size, struct output *output) {
  double jql = 0, calls = 0;
  uint64_t some = size->documents / TURNS / 2;
  for (uint64_t turn = 0; turn < TURNS; turn++) {
    double by_jql, by_calls;
    jql_insert_turn(turn * some, some, &by_jql, &by_calls);
    jql += by_jql;
    calls += by_calls;
  }
  double count = (double)(some * TURNS), figures[2] = {count / jql, count / calls};
  show(output, "insert, 1,000 a command", "documents/s", "luma_insert_many", figures, 0.8);
}

static struct jql_size choose_size(bool tiny) {
  if (tiny) return (struct jql_size){3000, 500, 2, 10, 2, 50, 10, 4};
  if (getenv("QUICK")) return (struct jql_size){100000, 20000, 5, 200, 5, 20000, 2000, 200};
  return (struct jql_size){1000000, 200000, 3, 100, 5, 50000, 2000, 500};
}

int main(int argc, char **argv) {
  const char *format = getenv("FORMAT");
  struct output output = {.tiny = argc == 3 && strcmp(argv[1], "--tiny") == 0,
                          .tsv = format && strcmp(format, "tsv") == 0};
  bool has_peer = getenv("BENCH_POSTGRES") != NULL;
  if (argc != 2 + output.tiny) {
    fprintf(stderr, "usage: bench_jql [--tiny] DIRECTORY\n");
    return 2;
  }
  struct jql_size size = choose_size(output.tiny);
  jql_luma.open(&size, argv[argc - 1]);
  if (has_peer) jql_postgres.open(&size, argv[argc - 1]);
  if (is_wanted("insert")) measure_inserts(&size, &output);
  for (uint32_t i = 0; i < jql_rows_count; i++) {
    const struct jql_row *row = &jql_rows[i];
    if (row->kind == JQL_SETS_UP || is_wanted(row->name))
      measure_row(row, &size, has_peer, &output);
  }
  jql_luma.close();
  if (has_peer) jql_postgres.close();
  if (output.tiny) printf("%u passed, 0 failed\n", output.rows);
  return 0;
}
