/* SPDX-License-Identifier: MIT */
#include "cli/demo/demo.h"

#include <stdio.h>

#include "cli/io/input.h"
#include "cli/io/progress.h"
#include "service/import/import.h"

/* One collection, its file and the index it is worth, as statements of LQL. */
struct demo_collection {
  const char *name, *file;
  enum import_type type;
  const char *index;
};

static const struct demo_collection collections[] = {
    {"airports", "airports.csv", IMPORT_CSV, "CREATE UNIQUE INDEX ON airports (iata)"},
    {"barley", "barley.json", IMPORT_JSON, NULL},
    {"cars", "cars.json", IMPORT_JSON, "CREATE INDEX ON cars (Horsepower)"},
    {"countries", "countries.ndjson", IMPORT_NDJSON, NULL},
    {"currencies", "currencies.ndjson", IMPORT_NDJSON, NULL},
    {"electricity", "electricity.csv", IMPORT_CSV, NULL},
    {"employment", "employment.csv", IMPORT_CSV, NULL},
    {"iris", "iris.json", IMPORT_JSON, NULL},
    {"languages", "languages.ndjson", IMPORT_NDJSON, NULL},
    {"stocks", "stocks.csv", IMPORT_CSV, NULL},
    {"subdivisions", "subdivisions.ndjson", IMPORT_NDJSON,
     "CREATE INDEX ON subdivisions (country)"},
    {"temperatures", "temperatures.csv", IMPORT_CSV, NULL},
    {"weather", "weather.csv", IMPORT_CSV, "CREATE INDEX ON weather (date)"},
};

enum {
  COLLECTIONS_COUNT = sizeof collections / sizeof collections[0],
  NAME_BYTES = 64,
  STATEMENT_BYTES = 256
};

status demo_folder(struct cli *cli, char path[DEMO_PATH_BYTES], struct err *err) {
  const char *named = process_environment("LUMA_DEMO");
  if (named && *named) {
    (void)snprintf(path, DEMO_PATH_BYTES, "%s", named);
  } else {
    process_executable(path, DEMO_PATH_BYTES);
    char *end = strrchr(path, '/');
    size_t bytes = end ? (size_t)(end - path) : 0;
    (void)snprintf(path + bytes, DEMO_PATH_BYTES - bytes, "/demo");
  }
  struct os_stat stat;
  status found = os_stat(cli->os, path, &stat, NULL);
  if (found == LUMA_OK && stat.kind == OS_KIND_DIRECTORY) return LUMA_OK;
  err_raise(err, LUMA_NOT_FOUND, __FILE__, __LINE__, "the demo data is not in `%s`", path);
  err_hint(err, "`make run` prepares it, or `tools/demo FOLDER` with LUMA_DEMO=FOLDER");
  return LUMA_NOT_FOUND;
}

/* ---- one collection ---- */

static status run(struct session *session, const char *text, struct err *err) {
  struct session_request request = {.source = {.lang = &lang_lql, .text = slice_of_text(text)}};
  struct session_cursor *cursor;
  TRY(session_run(session, &request, NULL, &cursor, err));
  session_cursor_close(cursor);
  return LUMA_OK;
}

static status feed(struct import *import, struct input *input, struct err *err) {
  struct slice piece;
  do {
    TRY(input_next(input, &piece, err));
    TRY(import_write(import, piece, err));
  } while (piece.bytes > 0);
  return LUMA_OK;
}

static status import_file(struct cli *cli, struct session *session, const char *path,
                          const char *name, const struct demo_collection *collection,
                          uint64_t *documents, struct err *err) {
  struct input input;
  struct import *import;
  struct import_stats stats = {0};
  struct err second = {0};
  status result = input_open(&input, cli, path, err);
  if (result == LUMA_OK)
    result = import_open(session, slice_of_text(name), collection->type, &import, err);
  if (result == LUMA_OK) {
    result = feed(import, &input, err);
    status closed = import_close(import, &stats, result == LUMA_OK ? err : &second);
    if (result == LUMA_OK) result = closed;
  }
  input_close(&input);
  *documents = stats.documents;
  return result;
}

static status load_one(struct cli *cli, struct session *session, const char *folder,
                       const struct demo_collection *collection, struct err *err) {
  char path[DEMO_PATH_BYTES], name[NAME_BYTES], statement[STATEMENT_BYTES], number[32];
  uint64_t documents;
  (void)snprintf(path, sizeof path, "%s/%s", folder, collection->file);
  (void)snprintf(name, sizeof name, "%s_coming", collection->name);
  (void)snprintf(statement, sizeof statement, "DROP COLLECTION IF EXISTS %s", name);
  TRY(run(session, statement, err));
  status result = import_file(cli, session, path, name, collection, &documents, err);
  if (result != LUMA_OK) err_wrap(err, "%s", path);
  TRY(result);
  (void)snprintf(statement, sizeof statement, "ALTER COLLECTION %s RENAME TO %s", name,
                 collection->name);
  TRY(run(session, statement, err));
  if (collection->index) TRY(run(session, collection->index, err));
  out_format(&cli->out, "  %-13s %7s documents\n", collection->name,
             progress_number(documents, number));
  out_flush(&cli->out);
  return LUMA_OK;
}

static bool is_there(struct db *db, const char *name) {
  const struct catalog *catalog = model_catalog_acquire(db->model);
  bool found = catalog_find(catalog, slice_of_text(name)) != NULL;
  catalog_release(catalog);
  return found;
}

status demo_load(struct cli *cli, struct db *db, const char *folder, struct err *err) {
  struct session *session;
  TRY(session_open(db, &session, err));
  status result = LUMA_OK;
  for (int i = 0; i < COLLECTIONS_COUNT && result == LUMA_OK; i++) {
    if (!is_there(db, collections[i].name))
      result = load_one(cli, session, folder, &collections[i], err);
  }
  session_close(session);
  return result;
}

void demo_print_questions(struct cli *cli, const char *url) {
  static const char *const questions[] = {
      "\"SELECT name, city FROM airports WHERE state = 'HI' ORDER BY name LIMIT 5\"",
      "\"find cars where Horsepower is greater than 220 sorted by Horsepower\"",
      "'{\"find\":\"weather\",\"filter\":{\"weather\":\"snow\"},\"sort\":{\"temp_max\":-1},"
      "\"limit\":5}'"};
  for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
    out_format(&cli->out, "  %s query %s %s\n", cli->program, url, questions[i]);
}
