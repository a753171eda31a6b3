/* SPDX-License-Identifier: MIT */
/* Single inserts: through a closed soul of 12 attributes with two constraints and a unique index,
 * beside the same documents without a soul (with the index) and a PostgreSQL table with the same
 * rules; and what it costs an open collection to learn. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/buf.h"
#include "bench/souls.h"
#include "model/model.h"
#include "query/query.h"
#include "store/lsm/lsm.h"
#include "value/json/json.h"

/* ---- LumaDB ---- */

/* The texts of one side's beings, made before the clock runs. */
struct texts {
  char (*items)[SOULS_JSON_BYTES];
  size_t *bytes;
};

static void make_texts(const struct souls *souls, struct texts *texts) {
  texts->items = malloc(souls->sizes.inserts * sizeof *texts->items);
  texts->bytes = malloc(souls->sizes.inserts * sizeof *texts->bytes);
  if (!texts->items || !texts->bytes) bench_fail("bench", "texts", "no memory");
}

static void free_texts(struct texts *texts) {
  free(texts->items);
  free(texts->bytes);
}

static void fill_texts(const struct souls *souls, struct texts *texts, uint64_t *next) {
  for (uint64_t i = 0; i < souls->sizes.inserts; i++)
    texts->bytes[i] = souls_json((*next)++, &souls_form, texts->items[i]);
}

struct inserting {
  struct souls *souls;
  struct texts texts;
  uint64_t next[2]; /* being of each side */
  double (*clock)(void);
};

static double insert_side(void *context, int side) {
  struct inserting *inserting = context;
  struct souls *souls = inserting->souls;
  const struct texts *texts = &inserting->texts;
  const char *collection = side ? "plain" : "closed";
  fill_texts(souls, &inserting->texts, &inserting->next[side]);
  double before = inserting->clock();
  for (uint64_t i = 0; i < souls->sizes.inserts; i++)
    souls_check(souls,
                luma_insert(souls->session, collection, texts->items[i], texts->bytes[i], NULL, 0,
                            &souls->error),
                "insert");
  return inserting->clock() - before;
}

/* ---- PostgreSQL ---- */

static const char table[] =
    "CREATE TABLE closed (id BIGINT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "
    "age BIGINT, city TEXT, country TEXT, score DOUBLE PRECISION, rating DOUBLE PRECISION, "
    "active BOOLEAN, level BIGINT, plan TEXT, bio TEXT, "
    "CONSTRAINT grown CHECK (age >= 18 AND age < 150), "
    "CONSTRAINT fair CHECK (score <= 100.0 OR level > 3))";

static void run_pg(PGconn *connection, const char *sql) {
  PGresult *result = PQexec(connection, sql);
  if (PQresultStatus(result) != PGRES_COMMAND_OK)
    bench_fail("postgres", sql, PQerrorMessage(connection));
  PQclear(result);
}

static PGconn *open_pg(void) {
  const char *where = getenv("BENCH_POSTGRES");
  if (!where) return NULL;
  PGconn *connection = PQconnectdb(where);
  if (PQstatus(connection) != CONNECTION_OK)
    bench_fail("postgres", "connect", PQerrorMessage(connection));
  run_pg(connection, "SET client_min_messages = warning");
  run_pg(connection, "DROP TABLE IF EXISTS closed");
  run_pg(connection, table);
  run_pg(connection, "SET synchronous_commit = off");
  PGresult *result = PQprepare(
      connection, "insert",
      "INSERT INTO closed VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", 0, NULL);
  if (PQresultStatus(result) != PGRES_COMMAND_OK)
    bench_fail("postgres", "prepare", PQerrorMessage(connection));
  PQclear(result);
  return connection;
}

static double insert_pg(PGconn *connection, uint64_t from, uint64_t count) {
  char values[SOULS_COLUMNS][SOULS_TEXT_BYTES];
  const char *params[SOULS_COLUMNS];
  double seconds = 0;
  for (uint64_t i = 0; i < count; i++) {
    souls_values(from + i, values);
    for (int c = 0; c < SOULS_COLUMNS; c++) params[c] = values[c];
    double before = bench_now();
    PGresult *result = PQexecPrepared(connection, "insert", SOULS_COLUMNS, params, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
      bench_fail("postgres", "insert", PQerrorMessage(connection));
    PQclear(result);
    seconds += bench_now() - before;
  }
  return seconds;
}

struct racing {
  struct inserting luma;
  PGconn *connection;
  uint64_t next;
};

static double race_side(void *context, int side) {
  struct racing *racing = context;
  uint64_t count = racing->luma.souls->sizes.inserts;
  if (side == 0) return insert_side(&racing->luma, 0);
  double seconds = insert_pg(racing->connection, racing->next, count);
  racing->next += count;
  return seconds;
}

/* ---- rows ---- */

static void show_inserts(const struct souls *souls, const char *name, const char *peer,
                         const struct souls_pairs *pairs, double target) {
  double count = (double)souls->sizes.inserts;
  souls_show(souls,
             &(struct souls_figure){name, "inserts/s", peer, count / pairs->seconds[0],
                                    count / pairs->seconds[1], 1 / pairs->ratio, target, false});
}

void souls_measure_inserts(struct souls *souls) {
  struct racing racing = {.luma = {.souls = souls, .clock = bench_now}, .connection = open_pg()};
  make_texts(souls, &racing.luma.texts);
  souls_create(souls, "closed", "age INT", "bio TEXT", "");
  souls_exec(souls, "CREATE COLLECTION plain");
  souls_exec(souls, "CREATE UNIQUE INDEX ON plain (email)");
  uint32_t pairs = souls->sizes.insert_pairs;
  (void)souls_measure(insert_side, &racing.luma, 2); /* what is made at first */
  struct souls_pairs made = souls_measure(insert_side, &racing.luma, pairs);
  show_inserts(souls, "insert through a closed soul", "without a soul", &made, 0.8);
  racing.luma.clock = souls_cpu;
  made = souls_measure(insert_side, &racing.luma, pairs);
  show_inserts(souls, "insert through a closed soul, its thread", "without a soul", &made, 0.8);
  racing.luma.clock = bench_now;
  if (racing.connection) {
    made = souls_measure(race_side, &racing, pairs);
    show_inserts(souls, "insert through a closed soul", "postgres, same rules", &made, 3);
    PQfinish(racing.connection);
  }
  free_texts(&racing.luma.texts);
}

/* ---- learning ---- */

/* Two databases, one of which does not follow what its documents are made of. */
struct lesson {
  struct souls *souls;
  struct model *models[2];
  struct json_reader *reader;
  struct buf encoded;
  struct texts texts;
  uint64_t next[2];
};

static void check(status answer, const struct err *err, const char *what) {
  if (answer != LUMA_OK) bench_fail("model", what, err->message);
}

static const struct store_begin_options begin_options = {.may_block = true};

static struct model *open_model(const struct souls *souls, bool learns) {
  char path[1024];
  struct err err = {0};
  struct store *store;
  struct model *model;
  struct model_txn *txn;
  struct lsm_options options = {
      .create = true, .sync_mode = STORE_SYNC_NEVER, .background_threads = 1};
  struct model_options settings = {
      .os = os_linux(), .feed = true, .learns = learns, .rules = query_rules()};
  (void)snprintf(path, sizeof path, "%s/%s", souls->directory, learns ? "learns" : "does_not");
  check(lsm_open(os_linux(), path, &options, &store, &err), &err, "open");
  check(model_open(store, &settings, &model, &err), &err, "open");
  check(model_begin(model, &begin_options, &txn, &err), &err, "begin");
  check(model_create_collection(txn, slice_of_text("plain"), false, NULL, &err), &err, "create");
  check(model_commit(txn, STORE_SYNC_DEFAULT, NULL, &err), &err, "commit");
  return model;
}

static void insert_one(struct lesson *lesson, int side, struct slice json) {
  struct err err = {0};
  struct model_txn *txn;
  struct slice document;
  struct json_read_options options = {.id_is_key = true};
  check(model_begin(lesson->models[side], &begin_options, &txn, &err), &err, "begin");
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("plain"));
  buf_reset(&lesson->encoded);
  check(json_read_document(lesson->reader, json, &options, collection->names, &lesson->encoded,
                           &document, &err),
        &err, "read");
  check(model_insert_encoded(txn, collection, &document, 1, false, NULL, &err), &err, "insert");
  check(model_commit(txn, STORE_SYNC_DEFAULT, NULL, &err), &err, "commit");
}

static double lesson_side(void *context, int side) {
  struct lesson *lesson = context;
  const struct texts *texts = &lesson->texts;
  fill_texts(lesson->souls, &lesson->texts, &lesson->next[side]);
  double before = souls_cpu();
  for (uint64_t i = 0; i < lesson->souls->sizes.inserts; i++)
    insert_one(lesson, side, slice_of(texts->items[i], texts->bytes[i]));
  return souls_cpu() - before;
}

void souls_measure_learning(struct souls *souls) {
  struct err err = {0};
  struct lesson lesson = {.souls = souls};
  check(json_reader_create(&lesson.reader, &err), &err, "reader");
  buf_init(&lesson.encoded, DOC_BYTES_MAX);
  make_texts(souls, &lesson.texts);
  for (int i = 0; i < 2; i++) lesson.models[i] = open_model(souls, i == 0);
  (void)souls_measure(lesson_side, &lesson, 2);
  struct souls_pairs made = souls_measure(lesson_side, &lesson, souls->sizes.insert_pairs);
  double count = (double)souls->sizes.inserts;
  souls_show(souls,
             &(struct souls_figure){"insert into an open collection, its thread", "inserts/s",
                                    "one that does not learn", count / made.seconds[0],
                                    count / made.seconds[1], made.ratio, 1.05, true});
  for (int i = 0; i < 2; i++) model_close(lesson.models[i]);
  free_texts(&lesson.texts);
  buf_deinit(&lesson.encoded);
  json_reader_destroy(lesson.reader);
}
