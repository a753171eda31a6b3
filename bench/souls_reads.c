/* SPDX-License-Identifier: MIT */
#include "bench/souls_reads.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void souls_import(struct souls *souls, const char *collection, const struct souls_form *form) {
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

/* INSERT INTO `collection` SELECT `values` FROM `from`, for all its beings. */
void souls_fill_from(struct souls *souls, const char *collection, const char *values,
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

/* ---- the statement ---- */

void souls_statement(struct souls *souls, const char *name, const char *text) {
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

/* The block cache admits what comes again: several scans fill it. */
void souls_fill_cache(struct souls *souls, const char *evolved, const char *newest,
                      const char *condition) {
  struct reading reading = {.souls = souls, .collections = {evolved, newest}};
  char where[SOULS_TEXT_BYTES];
  (void)snprintf(where, sizeof where, " WHERE %s", condition);
  prepare(&reading, "COUNT(*)", where);
  (void)souls_measure(scan_side, &reading, souls->sizes.scan_pairs + 1);
  finish(&reading);
}

void souls_ask(struct souls *souls, const char *evolved, const char *newest,
               const struct souls_question *question) {
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

void souls_ask_gets(struct souls *souls, const char *evolved, const char *newest,
                    const char *name) {
  struct reading reading = {.souls = souls, .collections = {evolved, newest}};
  compare(&reading, name, get_side, souls->sizes.get_pairs, souls->sizes.gets);
}

/* A scan right after the evolution, once, when all blocks are cached. */
void souls_ask_first(struct souls *souls, const char *evolved, const char *newest,
                     const struct souls_question *question) {
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
void souls_wait_for_values(struct souls *souls) {
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
