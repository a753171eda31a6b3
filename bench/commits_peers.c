/* SPDX-License-Identifier: MIT */
/* SQLite (WAL mode, synchronous=FULL: each commit syncs) and PostgreSQL with many connections, for
 * the benchmark of commits in flight. Neither lets one connection run ahead of a durable commit. */
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/commits.h"

enum { BUSY_MS = 60000 };

/* ---- SQLite ---- */

struct sqlite_connection {
  sqlite3 *db;
  sqlite3_stmt *insert;
};

static void sqlite_check(sqlite3 *db, int code, const char *what) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
    bench_fail("sqlite", what, sqlite3_errmsg(db));
}

static sqlite3 *sqlite_open_file(const char *path) {
  sqlite3 *db;
  sqlite_check(NULL, sqlite3_open(path, &db), "open");
  sqlite_check(db, sqlite3_busy_timeout(db, BUSY_MS), "open");
  sqlite_check(db, sqlite3_exec(db, "PRAGMA synchronous=FULL", NULL, NULL, NULL), "open");
  return db;
}

static void *sqlite_open_database(const char *directory) {
  char *path = malloc(1024);
  if (!path) bench_fail("sqlite", "open", "no memory");
  (void)snprintf(path, 1024, "%s/commits.db", directory);
  sqlite3 *db = sqlite_open_file(path);
  const char *sql =
      "PRAGMA journal_mode=WAL; CREATE TABLE docs (id INTEGER PRIMARY KEY, doc TEXT NOT NULL)";
  sqlite_check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), "create");
  sqlite3_close(db);
  return path;
}

static void *sqlite_connect(void *database) {
  struct sqlite_connection *made = calloc(1, sizeof *made);
  if (!made) bench_fail("sqlite", "connect", "no memory");
  made->db = sqlite_open_file(database);
  sqlite_check(made->db,
               sqlite3_prepare_v3(made->db,
                                  "INSERT INTO docs VALUES (json_extract(?1, '$.id'), ?1)", -1,
                                  SQLITE_PREPARE_PERSISTENT, &made->insert, NULL),
               "prepare");
  return made;
}

static void sqlite_insert(void *connection, uint64_t id) {
  struct sqlite_connection *own = connection;
  char json[BENCH_DOC_BYTES_MAX];
  size_t bytes = bench_document(id, json);
  sqlite_check(own->db, sqlite3_bind_text(own->insert, 1, json, (int)bytes, SQLITE_STATIC), "bind");
  sqlite_check(own->db, sqlite3_step(own->insert), "insert");
  sqlite_check(own->db, sqlite3_reset(own->insert), "insert");
}

static void sqlite_disconnect(void *connection) {
  struct sqlite_connection *own = connection;
  sqlite3_finalize(own->insert);
  sqlite3_close(own->db);
  free(own);
}

static void sqlite_close_database(void *database, uint64_t documents) {
  sqlite3 *db = sqlite_open_file(database);
  sqlite3_stmt *count;
  sqlite_check(db, sqlite3_prepare_v2(db, "SELECT COUNT(*) FROM docs", -1, &count, NULL), "count");
  sqlite_check(db, sqlite3_step(count), "count");
  if ((uint64_t)sqlite3_column_int64(count, 0) != documents)
    bench_fail("sqlite", "count", "documents are missing");
  sqlite3_finalize(count);
  sqlite3_close(db);
  free(database);
}

const struct commits_engine commits_sqlite = {.name = "sqlite",
                                              .connections_max = 8,
                                              .open = sqlite_open_database,
                                              .connect = sqlite_connect,
                                              .insert = sqlite_insert,
                                              .disconnect = sqlite_disconnect,
                                              .close = sqlite_close_database};

/* ---- PostgreSQL ---- */

static void pg_check(PGconn *connection, PGresult *result, const char *what) {
  ExecStatusType code = PQresultStatus(result);
  if (code != PGRES_COMMAND_OK && code != PGRES_TUPLES_OK)
    bench_fail("postgres", what, PQerrorMessage(connection));
  PQclear(result);
}

static void *pg_connect(void *database) {
  (void)database;
  PGconn *connection = PQconnectdb(getenv("BENCH_POSTGRES"));
  if (PQstatus(connection) != CONNECTION_OK)
    bench_fail("postgres", "connect", PQerrorMessage(connection));
  pg_check(
      connection,
      PQprepare(connection, "insert",
                "INSERT INTO commits SELECT (d->>'id')::bigint, d FROM (SELECT $1::jsonb AS d) s",
                0, NULL),
      "prepare");
  return connection;
}

static void *pg_open_database(const char *directory) {
  (void)directory;
  PGconn *connection = PQconnectdb(getenv("BENCH_POSTGRES"));
  if (PQstatus(connection) != CONNECTION_OK)
    bench_fail("postgres", "connect", PQerrorMessage(connection));
  pg_check(connection, PQexec(connection, "DROP TABLE IF EXISTS commits"), "create");
  pg_check(connection,
           PQexec(connection, "CREATE TABLE commits (id bigint PRIMARY KEY, doc jsonb NOT NULL)"),
           "create");
  return connection;
}

static void pg_insert(void *connection, uint64_t id) {
  char json[BENCH_DOC_BYTES_MAX];
  json[bench_document(id, json)] = 0;
  const char *params[] = {json};
  pg_check(connection, PQexecPrepared(connection, "insert", 1, params, NULL, NULL, 0), "insert");
}

static void pg_disconnect(void *connection) {
  PQfinish(connection);
}

static void pg_close_database(void *database, uint64_t documents) {
  PGresult *result = PQexec(database, "SELECT COUNT(*) FROM commits");
  if (PQresultStatus(result) != PGRES_TUPLES_OK ||
      strtoull(PQgetvalue(result, 0, 0), NULL, 10) != documents)
    bench_fail("postgres", "count", "documents are missing");
  PQclear(result);
  PQfinish(database);
}

const struct commits_engine commits_postgres = {.name = "postgres",
                                                .connections_max = 64,
                                                .open = pg_open_database,
                                                .connect = pg_connect,
                                                .insert = pg_insert,
                                                .disconnect = pg_disconnect,
                                                .close = pg_close_database};
