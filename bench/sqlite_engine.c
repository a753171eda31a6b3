/* SPDX-License-Identifier: MIT */
/* SQLite: the key as INTEGER PRIMARY KEY (its fastest), the document as JSON text, WAL mode; the
 * cache as large as LumaDB's. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

struct sqlite_state {
  sqlite3 *db;
  sqlite3_stmt *insert;
  uint64_t next;
};

static void check(struct sqlite_state *state, int code, const char *what) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
    bench_fail("sqlite", what, sqlite3_errmsg(state->db));
}

static void run(struct sqlite_state *state, const char *sql) {
  check(state, sqlite3_exec(state->db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(struct sqlite_state *state, const char *sql) {
  sqlite3_stmt *statement;
  check(state, sqlite3_prepare_v3(state->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL),
        sql);
  return statement;
}

static void open_engine(struct engine *engine, const char *directory) {
  struct sqlite_state *state = calloc(1, sizeof *state);
  char path[1024];
  if (!state) bench_fail("sqlite", "open", "no memory");
  (void)snprintf(path, sizeof path, "%s/sqlite.db", directory);
  check(state, sqlite3_open(path, &state->db), "open");
  run(state, "PRAGMA journal_mode=WAL");
  run(state, "PRAGMA synchronous=FULL");
  run(state, "PRAGMA cache_size=-262144");
  run(state, "CREATE TABLE docs (id INTEGER PRIMARY KEY, doc TEXT NOT NULL)");
  /* The key comes out of the document, as it does for every engine. */
  state->insert = prepare(state, "INSERT INTO docs VALUES (json_extract(?1, '$.id'), ?1)");
  engine->state = state;
}

static void insert(struct sqlite_state *state, const char *json, size_t bytes) {
  check(state, sqlite3_bind_text(state->insert, 1, json, (int)bytes, SQLITE_STATIC), "bind");
  check(state, sqlite3_step(state->insert), "insert");
  check(state, sqlite3_reset(state->insert), "insert");
}

static struct bench_result import_step(struct engine *engine, const struct bench_size *size) {
  struct sqlite_state *state = engine->state;
  size_t bytes;
  char *text = bench_ndjson(size->documents, &bytes), *at = text;
  run(state, "BEGIN");
  while (at < text + bytes) {
    char *end = memchr(at, '\n', (size_t)(text + bytes - at));
    insert(state, at, (size_t)(end - at));
    at = end + 1;
  }
  run(state, "COMMIT");
  free(text);
  state->next = size->documents;
  return (struct bench_result){.operations = size->documents, .check = size->documents};
}

static struct bench_result insert_some(struct sqlite_state *state, uint64_t count) {
  char json[BENCH_DOC_BYTES_MAX];
  for (uint64_t i = 0; i < count; i++) {
    size_t bytes = bench_document(state->next++, json);
    insert(state, json, bytes);
  }
  return (struct bench_result){.operations = count, .check = count};
}

static struct bench_result durable_step(struct engine *engine, const struct bench_size *size) {
  return insert_some(engine->state, size->durable);
}

static struct bench_result unsynced_step(struct engine *engine, const struct bench_size *size) {
  struct sqlite_state *state = engine->state;
  run(state, "PRAGMA synchronous=OFF");
  return insert_some(state, size->unsynced);
}

static struct bench_result points_step(struct engine *engine, const struct bench_size *size) {
  struct sqlite_state *state = engine->state;
  sqlite3_stmt *statement =
      prepare(state, "SELECT json_extract(doc, '$.age') FROM docs WHERE id = ?");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->points; i++) {
    sqlite3_bind_int64(statement, 1, (int64_t)(bench_random(i) % size->documents));
    check(state, sqlite3_step(statement), "get");
    sum += (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  return (struct bench_result){.operations = size->points, .check = sum};
}

/* Adds up column 0 of the rows. */
static uint64_t sum_rows(struct sqlite_state *state, sqlite3_stmt *statement) {
  uint64_t sum = 0;
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW)
    sum += (uint64_t)sqlite3_column_int64(statement, 0);
  check(state, code, "rows");
  sqlite3_reset(statement);
  return sum;
}

static struct bench_result scans_step(struct engine *engine, const struct bench_size *size) {
  struct sqlite_state *state = engine->state;
  sqlite3_stmt *statement =
      prepare(state, "SELECT id, doc FROM docs WHERE id >= ? ORDER BY id LIMIT 1000");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->scans; i++) {
    sqlite3_bind_int64(
        statement, 1,
        (int64_t)(bench_random(i) % (size->documents > 2000 ? size->documents - 2000 : 1)));
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      sum += (uint64_t)sqlite3_column_int64(statement, 0);
      if (!sqlite3_column_text(statement, 1)) bench_fail("sqlite", "scan", "no document");
    }
    check(state, code, "scan");
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  return (struct bench_result){.operations = size->scans * BENCH_SCAN_ROWS, .check = sum};
}

static struct bench_result filter_step(struct engine *engine, const struct bench_size *size) {
  struct sqlite_state *state = engine->state;
  sqlite3_stmt *statement = prepare(state, "SELECT COUNT(*) FROM docs WHERE json_extract(doc, "
                                           "'$.age') = ? AND json_extract(doc, '$.city') = ?");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->filters; i++) {
    sqlite3_bind_int64(statement, 1, (int64_t)(18 + i % BENCH_AGES));
    sqlite3_bind_text(statement, 2, bench_city(i), -1, SQLITE_STATIC);
    sum += sum_rows(state, statement);
  }
  sqlite3_finalize(statement);
  return (struct bench_result){.operations = size->filters * size->documents, .check = sum};
}

static struct bench_result make_index_step(struct engine *engine, const struct bench_size *size) {
  run(engine->state, "CREATE INDEX docs_age ON docs (json_extract(doc, '$.age'))");
  return (struct bench_result){.operations = size->documents, .check = 0};
}

static struct bench_result indexed_step(struct engine *engine, const struct bench_size *size) {
  struct sqlite_state *state = engine->state;
  sqlite3_stmt *statement = prepare(state, "SELECT json_extract(doc, '$.age'), doc FROM docs WHERE "
                                           "json_extract(doc, '$.age') = ? LIMIT 100");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->indexed; i++) {
    sqlite3_bind_int64(statement, 1, (int64_t)(18 + i % BENCH_AGES));
    sum += sum_rows(state, statement);
  }
  sqlite3_finalize(statement);
  return (struct bench_result){.operations = size->indexed, .check = sum};
}

static struct bench_result group_step(struct engine *engine, const struct bench_size *size) {
  struct sqlite_state *state = engine->state;
  sqlite3_stmt *statement = prepare(state, "SELECT COUNT(*), json_extract(doc, '$.city') AS c, "
                                           "AVG(json_extract(doc, '$.age')) FROM docs GROUP BY c");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->groups; i++) sum += sum_rows(state, statement);
  sqlite3_finalize(statement);
  return (struct bench_result){.operations = size->groups * size->documents, .check = sum};
}

static void close_engine(struct engine *engine) {
  struct sqlite_state *state = engine->state;
  sqlite3_finalize(state->insert);
  sqlite3_close(state->db);
  free(state);
}

struct engine engine_sqlite = {.name = "sqlite",
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
