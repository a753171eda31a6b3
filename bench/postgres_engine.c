/* SPDX-License-Identifier: MIT */
/* PostgreSQL: the key as bigint, the document as jsonb; prepared statements over a local socket.
 * BENCH_POSTGRES holds the connection string; bench/run starts a private server. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

struct pg_state {
  PGconn *connection;
  uint64_t next;
};

static PGresult *check(struct pg_state *state, PGresult *result, const char *what) {
  ExecStatusType code = PQresultStatus(result);
  if (code != PGRES_COMMAND_OK && code != PGRES_TUPLES_OK && code != PGRES_COPY_IN)
    bench_fail("postgres", what, PQerrorMessage(state->connection));
  return result;
}

static void run(struct pg_state *state, const char *sql) {
  PQclear(check(state, PQexec(state->connection, sql), sql));
}

static void prepare(struct pg_state *state, const char *name, const char *sql) {
  PQclear(check(state, PQprepare(state->connection, name, sql, 0, NULL), sql));
}

static void open_engine(struct engine *engine, const char *directory) {
  (void)directory;
  struct pg_state *state = calloc(1, sizeof *state);
  if (!state) bench_fail("postgres", "open", "no memory");
  state->connection = PQconnectdb(getenv("BENCH_POSTGRES"));
  if (PQstatus(state->connection) != CONNECTION_OK)
    bench_fail("postgres", "connect", PQerrorMessage(state->connection));
  run(state, "DROP TABLE IF EXISTS docs");
  run(state, "CREATE TABLE docs (id bigint PRIMARY KEY, doc jsonb NOT NULL)");
  prepare(state, "insert",
          "INSERT INTO docs SELECT (d->>'id')::bigint, d FROM (SELECT $1::jsonb AS d) s");
  prepare(state, "get", "SELECT doc->>'age' FROM docs WHERE id = $1::bigint");
  prepare(state, "scan", "SELECT id, doc FROM docs WHERE id >= $1::bigint ORDER BY id LIMIT 1000");
  prepare(
      state, "filter",
      "SELECT COUNT(*) FROM docs WHERE (doc->>'age')::int = $1::int AND doc->>'city' = $2::text");
  prepare(state, "indexed",
          "SELECT doc->>'age', doc FROM docs WHERE (doc->>'age')::int = $1::int LIMIT 100");
  prepare(state, "group",
          "SELECT COUNT(*), doc->>'city', AVG((doc->>'age')::int) FROM docs GROUP BY 2");
  engine->state = state;
}

/* Runs a prepared statement; adds up column 0 of its rows. */
static uint64_t sum_rows(struct pg_state *state, const char *name, int count,
                         const char *const *params) {
  PGresult *result =
      check(state, PQexecPrepared(state->connection, name, count, params, NULL, NULL, 0), name);
  uint64_t sum = 0;
  for (int i = 0; i < PQntuples(result); i++) sum += strtoull(PQgetvalue(result, i, 0), NULL, 10);
  PQclear(result);
  return sum;
}

/* COPY into a table of text, then one INSERT that parses: the quickest way from NDJSON. */
static struct bench_result import_step(struct engine *engine, const struct bench_size *size) {
  struct pg_state *state = engine->state;
  size_t bytes;
  char *text = bench_ndjson(size->documents, &bytes);
  run(state, "BEGIN");
  run(state, "CREATE TEMP TABLE lines (d jsonb) ON COMMIT DROP");
  run(state, "COPY lines FROM STDIN WITH (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')");
  for (size_t at = 0; at < bytes; at += 1 << 20) {
    size_t some = bytes - at < 1 << 20 ? bytes - at : 1 << 20;
    if (PQputCopyData(state->connection, text + at, (int)some) != 1)
      bench_fail("postgres", "copy", PQerrorMessage(state->connection));
  }
  if (PQputCopyEnd(state->connection, NULL) != 1)
    bench_fail("postgres", "copy", PQerrorMessage(state->connection));
  PGresult *result;
  while ((result = PQgetResult(state->connection))) PQclear(check(state, result, "copy"));
  run(state, "INSERT INTO docs SELECT (d->>'id')::bigint, d FROM lines");
  run(state, "COMMIT");
  free(text);
  state->next = size->documents;
  return (struct bench_result){.operations = size->documents, .check = size->documents};
}

static struct bench_result insert_some(struct pg_state *state, uint64_t count) {
  char json[BENCH_DOC_BYTES_MAX];
  for (uint64_t i = 0; i < count; i++) {
    bench_document(state->next++, json);
    const char *params[1] = {json};
    (void)sum_rows(state, "insert", 1, params);
  }
  return (struct bench_result){.operations = count, .check = count};
}

static struct bench_result durable_step(struct engine *engine, const struct bench_size *size) {
  return insert_some(engine->state, size->durable);
}

static struct bench_result unsynced_step(struct engine *engine, const struct bench_size *size) {
  run(engine->state, "SET synchronous_commit = off");
  return insert_some(engine->state, size->unsynced);
}

static struct bench_result points_step(struct engine *engine, const struct bench_size *size) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->points; i++) {
    char key[32];
    (void)snprintf(key, sizeof key, "%llu",
                   (unsigned long long)(bench_random(i) % size->documents));
    const char *params[1] = {key};
    sum += sum_rows(engine->state, "get", 1, params);
  }
  return (struct bench_result){.operations = size->points, .check = sum};
}

static struct bench_result scans_step(struct engine *engine, const struct bench_size *size) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->scans; i++) {
    char key[32];
    (void)snprintf(key, sizeof key, "%llu",
                   (unsigned long long)(bench_random(i) %
                                        (size->documents > 2000 ? size->documents - 2000 : 1)));
    const char *params[1] = {key};
    sum += sum_rows(engine->state, "scan", 1, params);
  }
  return (struct bench_result){.operations = size->scans * BENCH_SCAN_ROWS, .check = sum};
}

static struct bench_result filter_step(struct engine *engine, const struct bench_size *size) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->filters; i++) {
    char age[32];
    (void)snprintf(age, sizeof age, "%u", 18 + (unsigned)(i % BENCH_AGES));
    const char *params[2] = {age, bench_city(i)};
    sum += sum_rows(engine->state, "filter", 2, params);
  }
  return (struct bench_result){.operations = size->filters * size->documents, .check = sum};
}

static struct bench_result make_index_step(struct engine *engine, const struct bench_size *size) {
  run(engine->state, "CREATE INDEX docs_age ON docs (((doc->>'age')::int))");
  run(engine->state, "ANALYZE docs");
  return (struct bench_result){.operations = size->documents, .check = 0};
}

static struct bench_result indexed_step(struct engine *engine, const struct bench_size *size) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->indexed; i++) {
    char age[32];
    (void)snprintf(age, sizeof age, "%u", 18 + (unsigned)(i % BENCH_AGES));
    const char *params[1] = {age};
    sum += sum_rows(engine->state, "indexed", 1, params);
  }
  return (struct bench_result){.operations = size->indexed, .check = sum};
}

static struct bench_result group_step(struct engine *engine, const struct bench_size *size) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->groups; i++) sum += sum_rows(engine->state, "group", 0, NULL);
  return (struct bench_result){.operations = size->groups * size->documents, .check = sum};
}

static void close_engine(struct engine *engine) {
  struct pg_state *state = engine->state;
  PQfinish(state->connection);
  free(state);
}

struct engine engine_postgres = {.name = "postgres",
                                 .open = open_engine,
                                 .import = import_step,
                                 .durable = durable_step,
                                 .unsynced = unsynced_step,
                                 .points = points_step,
                                 .scans = scans_step,
                                 .filter = filter_step,
                                 .make_index = make_index_step,
                                 .indexed = indexed_step,
                                 .group = group_step,
                                 .close = close_engine};
