/* SPDX-License-Identifier: MIT */
/* LumaDB through its C interface. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "luma/luma.h"

/* As many readers of a long scan as PostgreSQL has workers for one by default. */
enum { READERS = 2 };

struct luma_state {
  char directory[1024];
  luma_db *db;
  luma_session *session;
  uint64_t next; /* number of the next document to insert */
};

static luma_error error;

static void check(enum luma_status status, const char *what) {
  if (status != LUMA_OK) bench_fail("lumadb", what, error.message);
}

static void open_with(struct luma_state *state, enum luma_sync sync) {
  luma_options options = {.sync = sync, .threads = READERS};
  check(luma_open(state->directory, &options, &state->db, &error), "open");
  check(luma_session_open(state->db, &state->session, &error), "session");
}

static void reopen(struct luma_state *state, enum luma_sync sync) {
  luma_session_close(state->session);
  luma_close(state->db);
  open_with(state, sync);
}

static void luma_open_engine(struct engine *engine, const char *directory) {
  struct luma_state *state = calloc(1, sizeof *state);
  if (!state) bench_fail("lumadb", "open", "no memory");
  (void)snprintf(state->directory, sizeof state->directory, "%s/luma", directory);
  open_with(state, LUMA_SYNC_GROUP);
  engine->state = state;
}

static struct bench_result import_step(struct engine *engine, const struct bench_size *size) {
  struct luma_state *state = engine->state;
  size_t bytes;
  char *text = bench_ndjson(size->documents, &bytes);
  luma_import *import;
  luma_import_stats stats;
  check(luma_import_open(state->session, "docs", LUMA_IMPORT_NDJSON, &import, &error), "import");
  check(luma_import_write(import, text, bytes, &error), "import");
  check(luma_import_close(import, &stats, &error), "import");
  free(text);
  state->next = size->documents;
  return (struct bench_result){.operations = stats.documents, .check = stats.documents};
}

static struct bench_result insert_some(struct luma_state *state, uint64_t count) {
  char json[BENCH_DOC_BYTES_MAX];
  for (uint64_t i = 0; i < count; i++) {
    size_t bytes = bench_document(state->next++, json);
    check(luma_insert(state->session, "docs", json, bytes, NULL, 0, &error), "insert");
  }
  return (struct bench_result){.operations = count, .check = count};
}

static struct bench_result durable_step(struct engine *engine, const struct bench_size *size) {
  return insert_some(engine->state, size->durable);
}

static struct bench_result unsynced_step(struct engine *engine, const struct bench_size *size) {
  struct luma_state *state = engine->state;
  double before = bench_now();
  reopen(state, LUMA_SYNC_NEVER); /* the mode is the database's, and chosen when it is opened */
  double opened = bench_now();
  struct bench_result result = insert_some(state, size->unsynced);
  result.apart_seconds = opened - before;
  return result;
}

static uint64_t int_field(luma_result *result, const luma_value *document, const char *name) {
  int64_t value = 0;
  if (!luma_value_int64(luma_value_field(result, document, name), &value))
    bench_fail("lumadb", "read", name);
  return (uint64_t)value;
}

static struct bench_result points_step(struct engine *engine, const struct bench_size *size) {
  struct luma_state *state = engine->state;
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->points; i++) {
    luma_param key = luma_int64((int64_t)(bench_random(i) % size->documents));
    luma_result *result;
    const luma_value *document;
    check(luma_get(state->session, "docs", &key, &result, &document, &error), "get");
    sum += int_field(result, document, "age");
    luma_result_close(result);
  }
  return (struct bench_result){.operations = size->points, .check = sum};
}

static luma_statement *prepare(struct luma_state *state, const char *text) {
  luma_statement *statement;
  check(luma_prepare(state->session, "lql", text, LUMA_TEXT_END, &statement, &error), text);
  return statement;
}

/* Runs the statement and adds up `field` of its rows (1 for each row when NULL). */
static uint64_t run(luma_statement *statement, const luma_param *params, size_t count,
                    const char *field) {
  luma_result *result;
  const luma_value *row;
  uint64_t sum = 0;
  check(luma_run(statement, params, count, &result, &error), "run");
  for (;;) {
    check(luma_next(result, &row, &error), "next");
    if (!row) break;
    sum += field ? int_field(result, row, field) : 1;
  }
  luma_result_close(result);
  return sum;
}

static struct bench_result scans_step(struct engine *engine, const struct bench_size *size) {
  luma_statement *statement =
      prepare(engine->state, "SELECT * FROM docs WHERE id >= ? ORDER BY id LIMIT 1000");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->scans; i++) {
    luma_param from = luma_int64(
        (int64_t)(bench_random(i) % (size->documents > 2000 ? size->documents - 2000 : 1)));
    sum += run(statement, &from, 1, "id");
  }
  luma_statement_close(statement);
  return (struct bench_result){.operations = size->scans * BENCH_SCAN_ROWS, .check = sum};
}

static struct bench_result filter_step(struct engine *engine, const struct bench_size *size) {
  luma_statement *statement =
      prepare(engine->state, "SELECT COUNT(*) AS n FROM docs WHERE age = ? AND city = ?");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->filters; i++) {
    luma_param params[2] = {luma_int64((int64_t)(18 + i % BENCH_AGES)), luma_text(bench_city(i))};
    sum += run(statement, params, 2, "n");
  }
  luma_statement_close(statement);
  return (struct bench_result){.operations = size->filters * size->documents, .check = sum};
}

static struct bench_result make_index_step(struct engine *engine, const struct bench_size *size) {
  struct luma_state *state = engine->state;
  check(luma_exec(state->session, "lql", "CREATE INDEX docs_age ON docs (age)", NULL, &error),
        "index");
  return (struct bench_result){.operations = size->documents, .check = 0};
}

static struct bench_result indexed_step(struct engine *engine, const struct bench_size *size) {
  luma_statement *statement = prepare(engine->state, "SELECT * FROM docs WHERE age = ? LIMIT 100");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->indexed; i++) {
    luma_param age = luma_int64((int64_t)(18 + i % BENCH_AGES));
    sum += run(statement, &age, 1, "age");
  }
  luma_statement_close(statement);
  return (struct bench_result){.operations = size->indexed, .check = sum};
}

static struct bench_result group_step(struct engine *engine, const struct bench_size *size) {
  luma_statement *statement =
      prepare(engine->state, "SELECT city, COUNT(*) AS n, AVG(age) AS a FROM docs GROUP BY city");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size->groups; i++) sum += run(statement, NULL, 0, "n");
  luma_statement_close(statement);
  return (struct bench_result){.operations = size->groups * size->documents, .check = sum};
}

static void close_engine(struct engine *engine) {
  struct luma_state *state = engine->state;
  luma_session_close(state->session);
  luma_close(state->db);
  free(state);
}

struct engine engine_luma = {.name = "lumadb",
                             .open = luma_open_engine,
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
