/* SPDX-License-Identifier: MIT */
/* JQL's side: commands as text through the C interface. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/jql.h"
#include "luma/luma.h"

/* As many readers of a long scan as PostgreSQL has workers for one by default. */
enum { READERS = 2, COMMAND_BYTES_MAX = 1 << 20, INSERT_BATCH = 1000 };

/* The program measures one database, in one thread. */
static struct {
  luma_db *db;
  luma_session *session;
  char *command;
} side;

static luma_error error;

static void check(enum luma_status status, const char *what) {
  if (status != LUMA_OK) bench_fail("lumadb", what, error.message);
}

/* ---- texts ---- */

static char *put_text(char *at, const char *text) {
  size_t bytes = strlen(text);
  memcpy(at, text, bytes + 1);
  return at + bytes;
}

static char *put_filled(char *at, const char *text, const struct jql_values *values) {
  for (; *text; text++) {
    if (text[0] == '%' && (text[1] == '1' || text[1] == '2'))
      at = put_text(at, values->at[*++text - '1']);
    else
      *at++ = *text;
  }
  *at = 0;
  return at;
}

static char *put_items(char *at, const struct jql_row *row, const uint64_t *keys) {
  struct jql_values values = {0};
  for (uint64_t i = 0; i < row->items; i++) {
    (void)snprintf(values.at[0], JQL_VALUE_BYTES, "%llu", (unsigned long long)keys[i]);
    if (i) *at++ = ',';
    at = put_filled(at, row->item, &values);
  }
  return at;
}

static void write_command(const struct jql_row *row, const struct jql_values *values,
                          const uint64_t *keys) {
  const char *list = strstr(row->jql, "%*");
  char *at = side.command;
  if (!list) {
    (void)put_filled(at, row->jql, values);
    return;
  }
  memcpy(at, row->jql, (size_t)(list - row->jql));
  at = put_items(at + (list - row->jql), row, keys);
  (void)put_text(at, list + 2);
}

/* ---- running ---- */

static uint64_t int_field(luma_result *result, const luma_value *document, const char *name) {
  int64_t value = 0;
  if (!luma_value_int64(luma_value_field(result, document, name), &value))
    bench_fail("lumadb", "read", name);
  return (uint64_t)value;
}

static uint64_t run(const struct jql_row *row, const struct jql_values *values,
                    const uint64_t *keys) {
  luma_result *result;
  const luma_value *document;
  uint64_t sum = 0;
  write_command(row, values, keys);
  check(luma_query(side.session, "jql", side.command, NULL, 0, &result, &error), row->name);
  for (;;) {
    check(luma_next(result, &document, &error), row->name);
    if (!document) break;
    if (row->kind == JQL_READS) sum += int_field(result, document, row->field);
  }
  if (row->kind == JQL_CHANGES) sum = luma_affected(result);
  luma_result_close(result);
  return sum;
}

static void import_text(const char *collection, const char *text, size_t bytes) {
  luma_import *import;
  check(luma_import_open(side.session, collection, LUMA_IMPORT_NDJSON, &import, &error), "import");
  check(luma_import_write(import, text, bytes, &error), "import");
  check(luma_import_close(import, NULL, &error), "import");
}

static void import_others(const struct jql_size *size) {
  char *text = malloc((size->orders + BENCH_CITIES) * BENCH_DOC_BYTES_MAX);
  size_t bytes = 0;
  if (!text) bench_fail("lumadb", "import", "no memory");
  for (uint64_t i = 0; i < size->orders; i++) {
    bytes += jql_order(size, i, text + bytes);
    text[bytes++] = '\n';
  }
  import_text("orders", text, bytes);
  bytes = 0;
  for (uint64_t i = 0; i < BENCH_CITIES; i++) {
    bytes += jql_city(i, text + bytes);
    text[bytes++] = '\n';
  }
  import_text("cities", text, bytes);
  free(text);
}

static void open_side(const struct jql_size *size, const char *directory) {
  char path[1024];
  struct bench_size documents = {.documents = size->documents};
  luma_options options = {.sync = LUMA_SYNC_NEVER, .threads = READERS};
  engine_luma.open(&engine_luma, directory);
  (void)engine_luma.import(&engine_luma, &documents);
  engine_luma.close(&engine_luma);
  (void)snprintf(path, sizeof path, "%s/luma", directory);
  side.command = malloc(COMMAND_BYTES_MAX);
  if (!side.command) bench_fail("lumadb", "open", "no memory");
  check(luma_open(path, &options, &side.db, &error), "open");
  check(luma_session_open(side.db, &side.session, &error), "session");
  import_others(size);
  check(luma_checkpoint(side.db, &error), "checkpoint");
}

static void close_side(void) {
  luma_session_close(side.session);
  luma_close(side.db);
  free(side.command);
}

/* ---- bulk inserts ---- */

static double insert_by_jql(char **documents, uint64_t count) {
  double before = bench_now();
  char *at = put_text(side.command, "{\"insert\":\"by_jql\",\"documents\":[");
  for (uint64_t i = 0; i < count; i++) {
    if (i) *at++ = ',';
    at = put_text(at, documents[i]);
  }
  (void)put_text(at, "]}");
  uint64_t affected = 0;
  check(luma_exec(side.session, "jql", side.command, &affected, &error), "insert");
  if (affected != count) bench_fail("lumadb", "insert", "documents are missing");
  return bench_now() - before;
}

static double insert_by_calls(char **documents, uint64_t count) {
  size_t bytes[INSERT_BATCH];
  double before = bench_now();
  for (uint64_t i = 0; i < count; i++) bytes[i] = strlen(documents[i]);
  check(luma_insert_many(side.session, "by_calls", (const char *const *)documents, bytes, count,
                         NULL, &error),
        "insert many");
  return bench_now() - before;
}

void jql_insert_turn(uint64_t from, uint64_t documents, double *by_jql, double *by_calls) {
  static char room[INSERT_BATCH][BENCH_DOC_BYTES_MAX + 2];
  char *texts[INSERT_BATCH];
  *by_jql = *by_calls = 0;
  for (uint64_t done = 0; done < documents; done += INSERT_BATCH) {
    uint64_t some = documents - done < INSERT_BATCH ? documents - done : INSERT_BATCH;
    for (uint64_t i = 0; i < some; i++) {
      /* {"id": becomes {"_id": */
      (void)bench_document(from + done + i, room[i] + 1);
      memcpy(room[i], "{\"_", 3);
      texts[i] = room[i];
    }
    *by_jql += insert_by_jql(texts, some);
    *by_calls += insert_by_calls(texts, some);
  }
}

const struct jql_side jql_luma = {open_side, run, close_side};
