/* SPDX-License-Identifier: MIT */
/* Durable inserts with many commits in flight: so many client threads, each of which waits for its
 * own commit, and one thread that lets so many commits run ahead. Beside it SQLite and PostgreSQL
 * with as many connections. Prints the rate and the time from the call to the acknowledgement
 * (p50, p99), or with FORMAT=tsv lines of name, figure, unit, peer, peer_figure, ratio, target,
 * met. QUICK=1: shorter. --tiny: a test; figures are not shown.
 * usage: bench_commits [--tiny] DIRECTORY */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/commits.h"

enum { CLIENTS_MAX = 64 };

/* One client: a thread with a connection of its own. */
struct client {
  const struct commits_engine *engine;
  void *database;
  pthread_barrier_t *start;
  pthread_t thread;
  uint64_t first_id, count, depth;
  double *latencies; /* of `count` commits, seconds */
};

static void *run_client(void *argument) {
  struct client *client = argument;
  void *connection = client->engine->connect(client->database);
  pthread_barrier_wait(client->start);
  if (client->depth > 1)
    client->engine->insert_ahead(connection, client->first_id, client->count, client->depth,
                                 client->latencies);
  else
    for (uint64_t i = 0; i < client->count; i++) {
      double before = bench_now();
      client->engine->insert(connection, client->first_id + i);
      client->latencies[i] = bench_now() - before;
    }
  pthread_barrier_wait(client->start);
  client->engine->disconnect(connection);
  return NULL;
}

static int compare(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

/* What one row measured. */
struct figures {
  double rate, p50_us, p99_us;
};

static struct figures measure(const struct commits_engine *engine, void *database,
                              const struct commits_row *row, uint64_t total, uint64_t *next_id) {
  struct client clients[CLIENTS_MAX];
  pthread_barrier_t start;
  uint64_t each = total / row->threads;
  double *latencies = malloc(each * row->threads * sizeof *latencies);
  if (!latencies) bench_fail("bench", "commits", "no memory");
  pthread_barrier_init(&start, NULL, row->threads + 1);
  for (uint32_t i = 0; i < row->threads; i++) {
    clients[i] = (struct client){.engine = engine,
                                 .database = database,
                                 .start = &start,
                                 .first_id = *next_id,
                                 .count = each,
                                 .depth = row->depth,
                                 .latencies = latencies + i * each};
    *next_id += each;
    if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) != 0)
      bench_fail("bench", "commits", "no thread");
  }
  pthread_barrier_wait(&start);
  double before = bench_now();
  pthread_barrier_wait(&start);
  double seconds = bench_now() - before;
  for (uint32_t i = 0; i < row->threads; i++) pthread_join(clients[i].thread, NULL);
  pthread_barrier_destroy(&start);
  size_t count = each * row->threads;
  qsort(latencies, count, sizeof *latencies, compare);
  struct figures figures = {(double)count / seconds, latencies[count / 2] * 1e6,
                            latencies[count * 99 / 100] * 1e6};
  free(latencies);
  return figures;
}

static const struct commits_row rows[] = {
    {"1 thread", 1, 1, 1.0},
    {"8 threads", 8, 1, 1.5},
    {"64 threads", 64, 1, 1.5},
    {"1 thread, 8 ahead", 1, 8, 1.0},
    {"1 thread, 64 ahead", 1, 64, 1.5},
    {"1 thread, 1024 ahead", 1, 1024, 1.5},
};
enum { ROWS_COUNT = sizeof rows / sizeof rows[0], ENGINES_MAX = 3 };

static void print_tsv(const struct commits_row *row, const char *peer, struct figures own,
                      struct figures other) {
  double ratio = own.rate / other.rate;
  printf("durable inserts, %s\t%.0f\tinserts/s\t%s\t%.0f\t%.2f\t%.2f\t%s\n", row->name, own.rate,
         peer, other.rate, ratio, row->target, ratio >= row->target ? "yes" : "no");
  printf("durable inserts, %s, p99\t%.0f\tus\t%s\t%.0f\t%.2f\t0.00\t-\n", row->name, own.p99_us,
         peer, other.p99_us, own.p99_us / other.p99_us);
}

static void print_row(const struct commits_row *row, const struct commits_engine *engine,
                      struct figures figures) {
  printf("%-22s %-10s %10.0f inserts/s   p50 %8.0f us   p99 %8.0f us\n", row->name, engine->name,
         figures.rate, figures.p50_us, figures.p99_us);
}

/* A peer without a way to run ahead gets as many connections as commits in flight, up to what it
 * bears. */
static struct commits_row row_of(const struct commits_engine *engine,
                                 const struct commits_row *row) {
  struct commits_row own = *row;
  if (row->depth > 1 && !engine->insert_ahead) {
    own.threads = row->depth < CLIENTS_MAX ? (uint32_t)row->depth : CLIENTS_MAX;
    own.depth = 1;
  }
  if (own.threads > engine->connections_max) own.threads = engine->connections_max;
  return own;
}

static uint64_t inserts_of(const struct commits_row *row, bool tiny) {
  uint64_t in_flight = row->threads * row->depth;
  if (tiny) return 64;
  uint64_t inserts = (getenv("QUICK") ? 4000 : 20000) * (in_flight < 16 ? in_flight : 16);
  return inserts / (row->threads * row->depth) * (row->threads * row->depth);
}

int main(int argc, char **argv) {
  bool tiny = argc == 3 && strcmp(argv[1], "--tiny") == 0;
  if (argc != 2 + tiny) {
    fprintf(stderr, "usage: bench_commits [--tiny] DIRECTORY\n");
    return 2;
  }
  const char *format = getenv("FORMAT");
  bool tsv = format && strcmp(format, "tsv") == 0;
  const struct commits_engine *engines[ENGINES_MAX] = {&commits_luma, &commits_sqlite};
  int count = 2;
  if (getenv("BENCH_POSTGRES")) engines[count++] = &commits_postgres;
  void *databases[ENGINES_MAX];
  uint64_t next_id[ENGINES_MAX] = {0};
  for (int i = 0; i < count; i++) databases[i] = engines[i]->open(argv[1 + tiny]);
  for (int r = 0; r < ROWS_COUNT; r++) {
    struct figures own = {0};
    for (int i = 0; i < count; i++) {
      struct commits_row row = row_of(engines[i], &rows[r]);
      struct figures figures =
          measure(engines[i], databases[i], &row, inserts_of(&row, tiny), &next_id[i]);
      if (i == 0) own = figures;
      if (tiny) continue;
      if (!tsv) print_row(&rows[r], engines[i], figures);
      if (tsv && i > 0) print_tsv(&rows[r], engines[i]->name, own, figures);
      (void)fflush(stdout);
    }
  }
  for (int i = 0; i < count; i++) engines[i]->close(databases[i], next_id[i]);
  if (tiny) printf("%d passed, 0 failed\n", ROWS_COUNT);
  return 0;
}
