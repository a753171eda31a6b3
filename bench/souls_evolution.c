/* SPDX-License-Identifier: MIT */
/* What an evolution costs the statement, and those who read beings that were written before it:
 * each kind of change, by scans and by single reads, beside beings written in the newest form. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/souls.h"

static const char *const newest_names[SOULS_COLUMNS] = {"id",     "email",   "name",  "age",
                                                        "city",   "country", "score", "rating",
                                                        "active", "level",   "plan",  "about"};
static const struct souls_form newest_form = {newest_names};

static void import_beings(struct souls *souls, const char *collection,
                          const struct souls_form *form) {
  char json[SOULS_JSON_BYTES + 1];
  luma_error *error = &souls->error;
  luma_import *import;
  luma_import_stats stats;
  souls_check(souls,
              luma_import_open(souls->session, collection, LUMA_IMPORT_NDJSON, &import, error),
              "import");
  for (uint64_t i = 0; i < souls->sizes.beings; i++) {
    size_t bytes = souls_json(i, form, json);
    json[bytes++] = '\n';
    souls_check(souls, luma_import_write(import, json, bytes, error), "import");
  }
  souls_check(souls, luma_import_close(import, &stats, error), "import");
  if (stats.documents != souls->sizes.beings)
    bench_fail("lumadb", "import", "documents are missing");
}

/* ---- the statement ---- */

static void measure_statement(struct souls *souls, const char *name, const char *text) {
  double before = bench_now();
  souls_exec(souls, text);
  double ms = (bench_now() - before) * 1000;
  souls_show(souls, &(struct souls_figure){name, "ms", "the limit", ms, 50, ms / 50, 1, true});
}

/* ---- reads: seconds of this thread's processor time, in which all of it is done ---- */

/* The same question to beings that evolved and to beings of the newest soul. */
struct reading {
  struct souls *souls;
  const char *collections[2];
  luma_statement *statements[2];
  int64_t sums[2];
  uint64_t turn[2];
};

static int64_t read_sum(struct reading *reading, int side, const luma_param *params, size_t count) {
  struct souls *souls = reading->souls;
  luma_result *result;
  const luma_value *row;
  int64_t sum = 0;
  souls_check(souls, luma_run(reading->statements[side], params, count, &result, &souls->error),
              "read");
  souls_check(souls, luma_next(result, &row, &souls->error), "read");
  if (!row || !luma_value_int64(luma_value_field(result, row, "s"), &sum))
    bench_fail("lumadb", "read", "there is no answer");
  luma_result_close(result);
  return sum;
}

static double scan_side(void *context, int side) {
  struct reading *reading = context;
  double before = souls_cpu();
  reading->sums[side] = read_sum(reading, side, NULL, 0);
  return souls_cpu() - before;
}

/* Beings by their keys, spread over all of them, the same for both sides. */
static luma_param next_key(struct reading *reading, int side) {
  uint64_t nth = reading->turn[side]++;
  return luma_int64((int64_t)(bench_random(nth) % reading->souls->sizes.beings));
}

static double select_side(void *context, int side) {
  struct reading *reading = context;
  double before = souls_cpu();
  for (uint64_t i = 0; i < reading->souls->sizes.gets; i++) {
    luma_param key = next_key(reading, side);
    reading->sums[side] += read_sum(reading, side, &key, 1);
  }
  return souls_cpu() - before;
}

static double get_side(void *context, int side) {
  struct reading *reading = context;
  struct souls *souls = reading->souls;
  double before = souls_cpu();
  for (uint64_t i = 0; i < souls->sizes.gets; i++) {
    luma_param key = next_key(reading, side);
    luma_result *result;
    const luma_value *document;
    int64_t age;
    souls_check(souls,
                luma_get(souls->session, reading->collections[side], &key, &result, &document,
                         &souls->error),
                "get");
    if (!luma_value_int64(luma_value_field(result, document, "age"), &age))
      bench_fail("lumadb", "get", "a being has no age");
    reading->sums[side] += age;
    luma_result_close(result);
  }
  return souls_cpu() - before;
}

static void compare(struct reading *reading, const char *name, souls_side *side, uint32_t pairs,
                    uint64_t reads) {
  struct souls *souls = reading->souls;
  (void)souls_measure(side, reading, 2); /* what is made at first */
  struct souls_pairs made = souls_measure(side, reading, pairs);
  if (reading->sums[0] != reading->sums[1] || reading->sums[0] == 0)
    bench_fail("lumadb", name, "beings changed");
  double count = (double)reads;
  souls_show(souls, &(struct souls_figure){name, "beings/s", "beings of the newest soul",
                                           count / made.seconds[0], count / made.seconds[1],
                                           made.ratio, 1.1, true});
}

/* `what` FROM each of the collections `which`. */
static void prepare(struct reading *reading, const char *what, const char *which) {
  struct souls *souls = reading->souls;
  char made[SOULS_JSON_BYTES];
  for (int i = 0; i < 2; i++) {
    (void)snprintf(made, sizeof made, "SELECT %s AS s FROM %s%s", what, reading->collections[i],
                   which);
    souls_check(souls,
                luma_prepare(souls->session, "lql", made, strlen(made), &reading->statements[i],
                             &souls->error),
                made);
  }
}

static void finish(struct reading *reading) {
  for (int i = 0; i < 2; i++) luma_statement_close(reading->statements[i]);
}

/* What is read, of which kind: of those that match, and of one by its key. */
struct question {
  const char *kind, *sum, *where, *point;
};

/* The block cache admits what comes again: several scans fill it. */
static void fill_cache(struct souls *souls, const char *evolved, const char *newest,
                       const char *condition) {
  struct reading reading = {.souls = souls, .collections = {evolved, newest}};
  char where[SOULS_TEXT_BYTES];
  (void)snprintf(where, sizeof where, " WHERE %s", condition);
  prepare(&reading, "COUNT(*)", where);
  (void)souls_measure(scan_side, &reading, souls->sizes.scan_pairs + 1);
  finish(&reading);
}

static void ask(struct souls *souls, const char *evolved, const char *newest,
                const struct question *question) {
  struct reading reading = {.souls = souls, .collections = {evolved, newest}};
  char name[SOULS_TEXT_BYTES];
  prepare(&reading, question->sum, question->where);
  (void)snprintf(name, sizeof name, "scan of older beings, %s", question->kind);
  compare(&reading, name, scan_side, souls->sizes.scan_pairs, souls->sizes.beings);
  finish(&reading);
  memset(reading.sums, 0, sizeof reading.sums);
  prepare(&reading, question->point, " WHERE id = $1");
  (void)snprintf(name, sizeof name, "read of older beings, %s", question->kind);
  compare(&reading, name, select_side, souls->sizes.get_pairs, souls->sizes.gets);
  finish(&reading);
}

static const struct question questions[] = {
    {"what stayed", "SUM(level)", " WHERE city <> 'city7'", "level + 1"},
    {"what is new", "COUNT(*)", " WHERE nick IS NULL", "CASE WHEN nick IS NULL THEN 1 ELSE 0 END"},
    {"what has a default", "SUM(rank)", "", "rank"},
    {"what was renamed", "SUM(length(about))", "", "length(about)"},
    {"what became wider", "COUNT(*)", " WHERE age < 30", "age"},
};

/* Values that expressions of the evolution make. */
static const struct question made_questions[] = {
    {"length(bio)", "SUM(bio)", "", "bio"},
    {"level * 10 + 1", "SUM(level)", "", "level"},
    {"upper(city)", "SUM(length(city))", "", "length(city)"},
    {"country || '!'", "SUM(length(country))", "", "length(country)"},
    {"CAST(rating AS INT)", "SUM(rating)", "", "rating"},
};

static void measure_gets(struct souls *souls) {
  struct reading reading = {.souls = souls, .collections = {"evolving", "newest"}};
  compare(&reading, "get of whole older beings", get_side, souls->sizes.get_pairs,
          souls->sizes.gets);
}

/* A scan right after the evolution, once, when all blocks are cached. */
static void measure_first(struct souls *souls, const char *evolved, const char *newest,
                          const struct question *question) {
  struct reading reading = {.souls = souls, .collections = {evolved, newest}};
  char name[SOULS_TEXT_BYTES];
  prepare(&reading, question->sum, question->where);
  double first = scan_side(&reading, 0);
  (void)scan_side(&reading, 1);
  double stored = scan_side(&reading, 1), count = (double)souls->sizes.beings;
  (void)snprintf(name, sizeof name, "scan at once of older beings, %s", question->kind);
  souls_show(souls,
             &(struct souls_figure){name, "beings/s", "beings of the newest soul", count / first,
                                    count / stored, first / stored, 1.1, true});
  finish(&reading);
}

/* Waits until the values are made that are made beside. */
static void wait_for_values(struct souls *souls) {
  const struct timespec moment = {.tv_nsec = 2000000};
  bool making = true;
  while (making) {
    char *json;
    souls_check(souls, luma_stats(souls->db, &json, &souls->error), "stats");
    making = strstr(json, "\"making\":true") != NULL;
    luma_free(json);
    if (making) (void)nanosleep(&moment, NULL);
  }
}

static const char evolve_making[] =
    "EVOLVE SOUL making ALTER COLUMN bio TYPE int USING length(bio), "
    "ALTER COLUMN level TYPE int USING level * 10 + 1, "
    "ALTER COLUMN city TYPE text USING upper(city), "
    "ALTER COLUMN country TYPE text USING country || '!', "
    "ALTER COLUMN rating TYPE int USING CAST(rating AS INT)";

/* INSERT INTO `collection` SELECT `values` FROM `from`, for all its beings. */
static void fill_from(struct souls *souls, const char *collection, const char *values,
                      const char *from) {
  enum { AT_ONCE = 50000 };
  for (uint64_t first = 0; first < souls->sizes.beings; first += AT_ONCE) {
    char text[SOULS_JSON_BYTES];
    (void)snprintf(text, sizeof text,
                   "INSERT INTO %s SELECT %s FROM %s WHERE id >= %llu AND id < %llu", collection,
                   values, from, (unsigned long long)first, (unsigned long long)first + AT_ONCE);
    souls_exec(souls, text);
  }
}

/* The same values, stored, in beings that are as long. */
static void fill_made(struct souls *souls) {
  souls_exec(souls, "CREATE TABLE made (id INT PRIMARY KEY, email TEXT NOT NULL UNIQUE, "
                    "name TEXT NOT NULL, age INT, city TEXT, country TEXT, score FLOAT, "
                    "rating INT, active BOOLEAN, level INT, plan TEXT, note TEXT, bio INT, "
                    "CONSTRAINT grown CHECK (age >= 18 AND age < 150), "
                    "CONSTRAINT fair CHECK (score <= 100.0 OR level > 3))");
  fill_from(souls, "made",
            "id, email, name, age, upper(city) AS city, country || '!' AS country, score, "
            "CAST(rating AS INT) AS rating, active, level * 10 + 1 AS level, plan, bio AS note, "
            "length(bio) AS bio",
            "making");
}

/* What an evolution does to beings that it does not look at: a computed attribute, whose values
 * are made at once by who reads, and beside by nobody in particular; and what became wider. */
static const struct question computed = {"a computed attribute", "SUM(length(tag))", "",
                                         "length(tag)"};
static const struct question wider[] = {
    {"int made decimal", "SUM(level)", "", "level + 1"},
    {"int made decimal, counted", "COUNT(*)", " WHERE level < 5", "level + 2"},
    {"date made timestamp", "COUNT(*)", " WHERE born > TIMESTAMP '2019-01-01 00:00:00'",
     "CASE WHEN born IS NULL THEN 0 ELSE 1 END"},
};

static void measure_computed(struct souls *souls) {
  souls_exec(souls, "CREATE TABLE computing (id INT PRIMARY KEY, name TEXT, level INT, born DATE, "
                    "city TEXT, plan TEXT, bio TEXT)");
  souls_exec(souls, "CREATE TABLE computed (id INT PRIMARY KEY, name TEXT, level DECIMAL, "
                    "born TIMESTAMP, city TEXT, plan TEXT, bio TEXT, "
                    "tag TEXT GENERATED ALWAYS AS (lower(name)) STORED)");
  const char *values =
      "id, name, level, CAST('2020-02-29' AS DATE) AS born, city, plan, about AS bio";
  fill_from(souls, "computing", values, "evolving");
  fill_from(souls, "computed", values, "evolving");
  souls_check(souls, luma_checkpoint(souls->db, &souls->error), "checkpoint");
  fill_cache(souls, "computing", "computed", "name <> 'nobody'");
  measure_statement(souls, "evolution that computes, the statement",
                    "EVOLVE SOUL computing ALTER COLUMN level TYPE decimal, "
                    "ALTER COLUMN born TYPE timestamp, "
                    "ADD COLUMN tag TEXT GENERATED ALWAYS AS (lower(name)) STORED");
  measure_first(souls, "computing", "computed", &computed);
  wait_for_values(souls);
  ask(souls, "computing", "computed", &computed);
  for (size_t i = 0; i < sizeof wider / sizeof wider[0]; i++)
    ask(souls, "computing", "computed", &wider[i]);
}

/* Values made by expressions, beside values that are stored. */
static void measure_made(struct souls *souls) {
  const struct question *questions_end = made_questions + sizeof made_questions / sizeof *questions;
  souls_create(souls, "making", "age INT", "bio TEXT", "");
  import_beings(souls, "making", &souls_form);
  fill_made(souls);
  souls_check(souls, luma_checkpoint(souls->db, &souls->error), "checkpoint");
  fill_cache(souls, "making", "made", "email <> 'nobody'");
  measure_statement(souls, "evolution with a look at all, the statement", evolve_making);
  for (const struct question *q = made_questions; q < questions_end; q++)
    measure_first(souls, "making", "made", q);
  wait_for_values(souls);
  for (const struct question *q = made_questions; q < questions_end; q++)
    ask(souls, "making", "made", q);
  struct reading reading = {.souls = souls, .collections = {"making", "made"}};
  compare(&reading, "get of whole older beings, made", get_side, souls->sizes.get_pairs,
          souls->sizes.gets);
}

void souls_measure_evolution(struct souls *souls) {
  souls_create(souls, "evolving", "age INT", "bio TEXT", "");
  souls_create(souls, "newest", "age FLOAT", "about TEXT", ", nick TEXT, rank INT DEFAULT 3");
  import_beings(souls, "evolving", &souls_form);
  import_beings(souls, "newest", &newest_form);
  souls_check(souls, luma_checkpoint(souls->db, &souls->error), "checkpoint");
  measure_statement(souls, "evolution, the statement",
                    "EVOLVE SOUL evolving ADD COLUMN nick TEXT, "
                    "ADD COLUMN rank INT DEFAULT 3, RENAME COLUMN bio TO about, "
                    "ALTER COLUMN age TYPE float");
  fill_cache(souls, "evolving", "newest", "city <> 'city7'");
  for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
    ask(souls, "evolving", "newest", &questions[i]);
  measure_gets(souls);
  measure_computed(souls);
  measure_made(souls);
}
