/* SPDX-License-Identifier: MIT */
/* PostgreSQL's side: prepared statements over a local socket. Tables are vacuumed and analysed
 * before the row that follows a change, which no clock counts, and not beside the rows of either
 * side. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/jql.h"

enum { ARRAY_BYTES_MAX = JQL_ITEMS_MAX * 24 };

/* The program measures one database, in one thread. */
static struct {
  PGconn *connection;
  bool is_stale; /* there are new indexes or rows */
  char array[ARRAY_BYTES_MAX];
} side;

static PGresult *check(PGresult *result, const char *what) {
  ExecStatusType code = PQresultStatus(result);
  if (code != PGRES_COMMAND_OK && code != PGRES_TUPLES_OK && code != PGRES_COPY_IN)
    bench_fail("postgres", what, PQerrorMessage(side.connection));
  return result;
}

static void exec(const char *sql) {
  PQclear(check(PQexec(side.connection, sql), sql));
}

static void copy_line(const char *line, size_t bytes) {
  if (PQputCopyData(side.connection, line, (int)bytes) != 1)
    bench_fail("postgres", "copy", PQerrorMessage(side.connection));
}

static void end_copy(void) {
  if (PQputCopyEnd(side.connection, NULL) != 1)
    bench_fail("postgres", "copy", PQerrorMessage(side.connection));
  PGresult *result;
  while ((result = PQgetResult(side.connection))) PQclear(check(result, "copy"));
}

static void import_others(const struct jql_size *size) {
  char line[BENCH_DOC_BYTES_MAX + 32];
  exec("COPY orders FROM STDIN");
  for (uint64_t i = 0; i < size->orders; i++) {
    int key = snprintf(line, sizeof line, "%llu\t", (unsigned long long)i);
    size_t bytes = (size_t)key + jql_order(size, i, line + key);
    line[bytes++] = '\n';
    copy_line(line, bytes);
  }
  end_copy();
  exec("COPY cities FROM STDIN");
  for (uint64_t i = 0; i < BENCH_CITIES; i++) {
    int key = snprintf(line, sizeof line, "%llu\t", (unsigned long long)i);
    size_t bytes = (size_t)key + jql_city(i, line + key);
    line[bytes++] = '\n';
    copy_line(line, bytes);
  }
  end_copy();
}

static void open_side(const struct jql_size *size, const char *directory) {
  struct bench_size documents = {.documents = size->documents};
  engine_postgres.open(&engine_postgres, directory);
  (void)engine_postgres.import(&engine_postgres, &documents);
  engine_postgres.close(&engine_postgres);
  side.connection = PQconnectdb(getenv("BENCH_POSTGRES"));
  if (PQstatus(side.connection) != CONNECTION_OK)
    bench_fail("postgres", "connect", PQerrorMessage(side.connection));
  exec("CREATE TABLE orders (id bigint PRIMARY KEY, doc jsonb NOT NULL)");
  exec("CREATE TABLE cities (id bigint PRIMARY KEY, doc jsonb NOT NULL)");
  exec("CREATE TABLE counters (id bigint PRIMARY KEY, doc jsonb NOT NULL)");
  exec("CREATE TABLE pages (id bigserial PRIMARY KEY, doc jsonb NOT NULL)");
  import_others(size);
  exec("SET synchronous_commit = off");
  static const char *const tables[] = {"docs", "orders", "cities", "counters", "pages"};
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    char sql[96];
    (void)snprintf(sql, sizeof sql, "ALTER TABLE %s SET (autovacuum_enabled = off)", tables[i]);
    exec(sql);
  }
  exec("VACUUM ANALYZE");
}

static void ready(const struct jql_row *row) {
  if (row->kind == JQL_SETS_UP) return;
  if (side.is_stale) exec("VACUUM ANALYZE");
  side.is_stale = row->kind == JQL_CHANGES;
  exec("DEALLOCATE ALL");
  PQclear(check(PQprepare(side.connection, "row", row->sql, 0, NULL), row->name));
}

static const char *make_array(const struct jql_row *row, const uint64_t *keys) {
  size_t at = 0;
  for (uint64_t i = 0; i < row->items; i++)
    at += (size_t)snprintf(side.array + at, sizeof side.array - at, "%c%llu", i ? ',' : '{',
                           (unsigned long long)keys[i]);
  (void)snprintf(side.array + at, sizeof side.array - at, "}");
  return side.array;
}

static int parameters(const struct jql_row *row) {
  return strstr(row->sql, "$2") ? 2 : strstr(row->sql, "$1") ? 1 : 0;
}

static uint64_t run(const struct jql_row *row, const struct jql_values *values,
                    const uint64_t *keys) {
  uint64_t sum = 0;
  const char *params[JQL_VALUES] = {values->at[0], values->at[1]};
  if (row->kind == JQL_SETS_UP) {
    exec(row->sql);
    side.is_stale = true;
    return 0;
  }
  if (row->items) params[0] = make_array(row, keys);
  PGresult *result = check(
      PQexecPrepared(side.connection, "row", parameters(row), params, NULL, NULL, 0), row->name);
  if (row->kind == JQL_CHANGES) sum = strtoull(PQcmdTuples(result), NULL, 10);
  for (int i = 0; row->kind == JQL_READS && i < PQntuples(result); i++)
    sum += strtoull(PQgetvalue(result, i, 0), NULL, 10);
  PQclear(result);
  return sum;
}

static void close_side(void) {
  PQfinish(side.connection);
}

const struct jql_side jql_postgres = {open_side, ready, run, close_side};
