/* SPDX-License-Identifier: MIT */
/* LumaDB with many commits in flight, through its C interface. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/commits.h"
#include "luma/luma.h"

enum { DEPTH_MAX = 4096 };

struct connection {
  luma_db *db;
  luma_session *session;
};

/* A commit that is not known to be on disk. */
struct ahead {
  luma_position position;
  double begun;
};

static void check(enum luma_status status, const luma_error *error, const char *what) {
  if (status != LUMA_OK) bench_fail("lumadb", what, error->message);
}

static void *open_database(const char *directory) {
  char path[1024];
  luma_error error;
  luma_db *db;
  (void)snprintf(path, sizeof path, "%s/luma", directory);
  check(luma_open(path, NULL, &db, &error), &error, "open");
  return db;
}

static void *connect_to(void *database) {
  luma_error error;
  struct connection *made = calloc(1, sizeof *made);
  if (!made) bench_fail("lumadb", "connect", "no memory");
  made->db = database;
  check(luma_session_open(made->db, &made->session, &error), &error, "session");
  return made;
}

static void insert(void *connection, uint64_t id) {
  struct connection *own = connection;
  char json[BENCH_DOC_BYTES_MAX];
  luma_error error;
  size_t bytes = bench_document(id, json);
  check(luma_insert(own->session, "docs", json, bytes, NULL, 0, &error), &error, "insert");
}

/* Takes note of those that came to be on disk. */
static uint64_t settle(const struct connection *own, const struct ahead *ring, uint64_t from,
                       uint64_t to, double *latencies) {
  luma_position durable = luma_durable(own->db);
  double now = bench_now();
  for (; from < to; from++) {
    const struct ahead *ahead = &ring[from % DEPTH_MAX];
    if (luma_position_compare(own->db, ahead->position, durable) > 0) break;
    latencies[from] = now - ahead->begun;
  }
  return from;
}

static void insert_ahead(void *connection, uint64_t first_id, uint64_t count, uint64_t depth,
                         double *latencies) {
  static struct ahead ring[DEPTH_MAX];
  struct connection *own = connection;
  luma_error error;
  uint64_t settled = 0;
  luma_set_queued(own->session, true);
  for (uint64_t i = 0; i < count; i++) {
    struct ahead *ahead = &ring[i % DEPTH_MAX];
    ahead->begun = bench_now();
    insert(own, first_id + i);
    ahead->position = luma_last_position(own->session);
    settled = settle(own, ring, settled, i + 1, latencies);
    bool full = i + 1 - settled >= depth, last = i + 1 == count;
    if (!full && !last) continue;
    uint64_t until = last ? i : settled;
    check(luma_wait(own->db, ring[until % DEPTH_MAX].position, &error), &error, "wait");
    settled = settle(own, ring, settled, i + 1, latencies);
  }
}

static void disconnect(void *connection) {
  struct connection *own = connection;
  luma_session_close(own->session);
  free(own);
}

static uint64_t count_documents(luma_db *db) {
  luma_session *session;
  luma_result *result;
  luma_error error;
  const luma_value *row;
  int64_t count = 0;
  check(luma_session_open(db, &session, &error), &error, "session");
  check(luma_query(session, "lql", "SELECT COUNT(*) AS n FROM docs", NULL, 0, &result, &error),
        &error, "count");
  check(luma_next(result, &row, &error), &error, "count");
  if (!luma_value_int64(luma_value_field(result, row, "n"), &count))
    bench_fail("lumadb", "count", "no number");
  luma_result_close(result);
  luma_session_close(session);
  return (uint64_t)count;
}

static void close_database(void *database, uint64_t documents) {
  if (count_documents(database) != documents)
    bench_fail("lumadb", "count", "acknowledged documents are missing");
  luma_close(database);
}

const struct commits_engine commits_luma = {.name = "lumadb",
                                            .connections_max = 64,
                                            .open = open_database,
                                            .connect = connect_to,
                                            .insert = insert,
                                            .insert_ahead = insert_ahead,
                                            .disconnect = disconnect,
                                            .close = close_database};
