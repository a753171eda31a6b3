/* SPDX-License-Identifier: MIT */
/* What conditions find in a large collection comes as one thread finds it, however many read: the
 * same rows in the same order, the same failure behind the same rows. */
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem/mem.h"
#include "service/import/import.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "tests/unit/service/place.h"
#include "value/json/json.h"

enum { DOCUMENTS = 30000, THREADS = 3, ANSWER_BYTES_MAX = 64 << 20, ALL_ROWS = INT32_MAX };

static struct place place;

/* ---- documents ---- */

static void put_value(struct buf *text, struct rng *rng) {
  switch (rng_below(rng, 8)) {
  case 0: buf_append_text(text, "null"); break;
  case 1: buf_append_format(text, "\"t%u\"", (unsigned)rng_below(rng, 20)); break;
  case 2:
    buf_append_format(text, "[%u,\"t%u\"]", (unsigned)rng_below(rng, 20),
                      (unsigned)rng_below(rng, 9));
    break;
  case 3: buf_append_format(text, "{\"x\":%u}", (unsigned)rng_below(rng, 20)); break;
  case 4: buf_append_format(text, "%u.5", (unsigned)rng_below(rng, 20)); break;
  default: buf_append_format(text, "%u", (unsigned)rng_below(rng, 20)); break;
  }
}

static void put_document(struct buf *text, struct rng *rng, int nth) {
  buf_append_format(text, "{\"id\":%d,\"n\":%d,\"pad\":\"%0*d\"", nth * 3, nth,
                    (int)(1 + rng_below(rng, 300)), nth);
  for (const char *name = "abc"; *name; name++) {
    if (rng_below(rng, 4) == 0) continue;
    buf_append_format(text, ",\"%c\":", *name);
    put_value(text, rng);
  }
  buf_append_text(text, "}\n");
}

static void import_text(struct slice text) {
  struct import_stats stats;
  struct import *import;
  assert_ok(import_open(place.session, slice_of_text("t"), IMPORT_NDJSON, &import, test_err()));
  assert_ok(import_write(import, text, test_err()));
  assert_ok(import_close(import, &stats, test_err()));
}

static void fill(int documents) {
  struct buf text;
  buf_init(&text, 256 << 20);
  for (int i = 0; i < documents; i++) put_document(&text, test_rng(), i);
  import_text(buf_slice(&text));
  buf_deinit(&text);
}

static void open_filled(void) {
  place_open(&place, 0);
  fill(DOCUMENTS);
  assert_ok(store_checkpoint(model_store(place.db->model), test_err()));
}

/* ---- asking ---- */

struct heard {
  struct buf rows;
  uint64_t count, clashes;
  char warning[400];
  status result;
  struct err err;
};

static status read_rows(struct session_cursor *cursor, int most, struct heard *told) {
  struct json_write_options json = {.form = JSON_PLAIN};
  struct val row;
  bool has = true;
  for (int i = 0; i < most && has; i++) {
    TRY(session_next(cursor, &row, &has, &told->err));
    if (!has) break;
    json_write(&told->rows, &row, &json);
    buf_append_byte(&told->rows, '\n');
    told->count++;
  }
  return LUMA_OK;
}

static void note_warning(struct session_cursor *cursor, struct heard *told) {
  struct session_outcome outcome = session_outcome(cursor);
  if (!outcome.warnings_count) return;
  told->clashes = outcome.warnings[0].count;
  (void)snprintf(told->warning, sizeof told->warning, "%s", outcome.warnings[0].text);
}

/* The first rows, all of a statement where there are no more than `most`. */
static void ask(uint32_t threads, const char *text, int most, struct heard *told) {
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct session_cursor *cursor = NULL;
  test_doing(slice_of_text(text));
  *told = (struct heard){0};
  buf_init(&told->rows, ANSWER_BYTES_MAX);
  err_init(&told->err);
  place.db->options.threads = threads;
  told->result = session_run(place.session, &request, NULL, &cursor, &told->err);
  if (told->result == LUMA_OK) told->result = read_rows(cursor, most, told);
  if (told->result == LUMA_OK) note_warning(cursor, told);
  session_cursor_close(cursor);
  buf_append_byte(&told->rows, 0);
}

static void forget(struct heard *told) {
  buf_deinit(&told->rows);
}

/* Where one of them fails both do alike, behind rows of which one has as many as batches gave. */
static void expect_alike(const struct heard *one, const struct heard *many) {
  size_t least = one->rows.bytes < many->rows.bytes ? one->rows.bytes : many->rows.bytes;
  assert_int_equal(one->result, many->result);
  assert_string_equal(one->err.message, many->err.message);
  if (one->result == LUMA_OK) {
    assert_int_equal(one->count, many->count);
    assert_int_equal(one->clashes, many->clashes);
    assert_string_equal(one->warning, many->warning);
  }
  assert_memory_equal(one->rows.data, many->rows.data, one->result == LUMA_OK ? least : least - 1);
}

static uint64_t compare(const char *text) {
  struct heard one, many;
  ask(0, text, ALL_ROWS, &one);
  ask(THREADS, text, ALL_ROWS, &many);
  expect_alike(&one, &many);
  uint64_t count = one.count;
  forget(&one);
  forget(&many);
  return count;
}

/* ---- the same answers ---- */

static const char *const questions[] = {
    "SELECT * FROM t WHERE a = 5",
    "SELECT id, a || 'x' AS y, n * 2 AS z FROM t WHERE n > 3 AND b = 't3'",
    "SELECT id FROM t WHERE n % 7 = 2 LIMIT 900 OFFSET 1500",
    "SELECT id, pad FROM t WHERE n >= 0",
    "SELECT n FROM t WHERE n = 29999",
    "SELECT n FROM t WHERE n < 0",
    "SELECT a + 1 AS s FROM t WHERE b > 3",
    "SELECT id FROM t WHERE n % 5 = 0 ORDER BY b, id",
    "SELECT t.n, o.n AS m FROM t JOIN (SELECT id, n FROM t WHERE n % 1000 = 3) AS o ON o.id = t.id",
    "SELECT id FROM t WHERE a = 3 UNION ALL SELECT id FROM t WHERE b = 3",
    "WITH q AS (SELECT id, n FROM t WHERE c = 4) SELECT n FROM q WHERE n % 2 = 0",
    "SELECT id FROM t WHERE n IN (SELECT n FROM t WHERE a = 4)",
    "SELECT id, row_number() OVER (ORDER BY n) AS r FROM t WHERE a = 3",
    "{\"find\":\"t\",\"filter\":{\"a\":{\"$in\":[3,\"t4\"]}}}",
    "{\"find\":\"t\",\"filter\":{\"a.x\":7},\"projection\":{\"a\":1,\"n\":1}}",
    "{\"find\":\"t\",\"filter\":{\"b\":{\"$elemMatch\":{\"$gt\":3}}},\"projection\":{\"pad\":0}}",
    "{\"find\":\"t\",\"filter\":{\"pad\":{\"$regex\":\"77$\"}},\"skip\":20,\"limit\":200}",
    "{\"find\":\"t\",\"filter\":{\"$expr\":{\"$gt\":[\"$n\",{\"$add\":[29000,1]}]}},"
    "\"projection\":{\"v\":{\"$multiply\":[\"$n\",2]}}}",
    "{\"find\":\"t\",\"filter\":{\"a\":{\"$exists\":false},\"b\":null,\"c\":{\"$type\":\"number\"}}"
    "}",
    "{\"find\":\"t\",\"filter\":{\"n\":{\"$mod\":[3,1]}},\"let\":{\"k\":5}}",
    "{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"b\":2}},{\"$addFields\":{\"q\":{\"$concat\":"
    "["
    "\"$pad\",\"!\"]}}},{\"$unset\":\"pad\"}],\"cursor\":{}}",
    "{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"c\":{\"$gt\":3}}},{\"$facet\":{\"x\":[{\"$"
    "limit\":"
    "40}],\"y\":[{\"$count\":\"n\"}]}}],\"cursor\":{}}",
    "{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"n\":{\"$mod\":[500,3]}}},{\"$lookup\":{"
    "\"from\":\"t\","
    "\"localField\":\"id\",\"foreignField\":\"_id\",\"as\":\"o\"}}],\"cursor\":{}}",
};

static void answers_are_those_of_one_thread(void) {
  open_filled();
  for (int round = 0; round < 3; round++) {
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) (void)compare(questions[i]);
    place_expect(&place,
                 round ? "DELETE FROM t WHERE n % 11 = 4" : "UPDATE t SET a = 5 WHERE n % 7 = 1");
    if (round) assert_ok(store_checkpoint(model_store(place.db->model), test_err()));
  }
  place_close(&place);
}

/* ---- random documents, random conditions ---- */

static void put_condition(struct buf *text, struct rng *rng, int depth) {
  static const char *const operators[] = {"$eq", "$gt", "$lte", "$ne", "$not\":{\"$gt"};
  char name = (char)('a' + rng_below(rng, 3));
  if (depth > 0 && rng_below(rng, 3) == 0) {
    buf_append_format(text, "{\"%s\":[", rng_below(rng, 2) ? "$and" : "$or");
    put_condition(text, rng, depth - 1);
    buf_append_byte(text, ',');
    put_condition(text, rng, depth - 1);
    buf_append_text(text, "]}");
    return;
  }
  uint64_t kind = rng_below(rng, 7);
  if (kind < 5) {
    buf_append_format(text, "{\"%c%s\":{\"%s\":", name, rng_below(rng, 5) ? "" : ".x",
                      operators[kind]);
    put_value(text, rng);
    buf_append_text(text, kind == 4 ? "}}}" : "}}");
  } else if (kind == 5) {
    buf_append_format(text, "{\"n\":{\"$mod\":[%u,0]}}", (unsigned)(1 + rng_below(rng, 4000)));
  } else {
    buf_append_format(text, "{\"n\":{\"$gte\":%u}}", (unsigned)rng_below(rng, DOCUMENTS));
  }
}

static void put_find(struct buf *text, struct rng *rng) {
  static const char *const shows[] = {
      "", ",\"projection\":{\"a\":1,\"n\":1}", ",\"projection\":{\"pad\":0}",
      ",\"projection\":{\"s\":{\"$concat\":[\"$pad\",\"-\"]},\"b\":1}"};
  buf_append_text(text, "{\"find\":\"t\",\"filter\":");
  put_condition(text, rng, 2);
  buf_append_text(text, shows[rng_below(rng, 4)]);
  if (rng_below(rng, 4) == 0)
    buf_append_format(text, ",\"limit\":%u", (unsigned)(1 + rng_below(rng, 3000)));
  if (rng_below(rng, 4) == 0)
    buf_append_format(text, ",\"skip\":%u", (unsigned)rng_below(rng, 3000));
  buf_append_text(text, "}");
}

static void random_finds_are_those_of_one_thread(void) {
  struct rng *rng = test_rng();
  struct buf text;
  buf_init(&text, 1 << 16);
  open_filled();
  for (size_t round = 0; round < test_rounds(40); round++) {
    buf_reset(&text);
    put_find(&text, rng);
    buf_append_byte(&text, 0);
    place.db->options.statement_bytes = rng_below(rng, 3) ? 0 : 1 << 20;
    (void)compare((const char *)text.data);
  }
  buf_deinit(&text);
  place_close(&place);
}

/* ---- failures ---- */

/* The first in order, though another is met sooner; none behind a LIMIT. */
static void the_first_failure_is_told(void) {
  open_filled();
  place_expect(&place, "UPDATE t SET f = 'eleven' WHERE n = 11111");
  place_expect(&place, "UPDATE t SET f = 'twenty' WHERE n IN (20000, 20001, 29000)");
  static const char failing[] = "SELECT n, CAST(f AS integer) AS f FROM t WHERE n % 10 < 2 AND (f "
                                "IS NULL OR CAST(f AS integer) > 0)";
  struct heard one;
  ask(0, failing, ALL_ROWS, &one);
  assert_int_not_equal(LUMA_OK, one.result);
  assert_non_null(strstr(one.err.message, "eleven"));
  forget(&one);
  for (int i = 0; i < 20; i++) (void)compare(failing);
  assert_int_equal(2000,
                   compare("SELECT n, CAST(f AS integer) AS f FROM t WHERE n % 5 = 1 LIMIT 2000"));
  place_close(&place);
}

static void clashes_are_told_in_order(void) {
  open_filled();
  assert_in_range(compare("SELECT n, a + 1 AS s FROM t WHERE n >= 0"), DOCUMENTS, DOCUMENTS);
  place_close(&place);
}

/* ---- cursors ---- */

static uint32_t count_readers(void) {
  uint32_t count = 0;
  DIR *tasks = opendir("/proc/self/task");
  assert_non_null(tasks);
  for (const struct dirent *task = readdir(tasks); task; task = readdir(tasks)) {
    char path[300], name[32] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
    FILE *file = fopen(path, "r");
    if (!file) continue;
    if (fgets(name, sizeof name, file) && strncmp(name, "luma-read", 9) == 0) count++;
    (void)fclose(file);
  }
  (void)closedir(tasks);
  return count;
}

static struct session_cursor *begin_find(const char *text) {
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct session_cursor *cursor = NULL;
  place.db->options.threads = THREADS;
  assert_ok(session_run(place.session, &request, NULL, &cursor, test_err()));
  return cursor;
}

/* They are there for a moment only. */
static void some_threads_read(void) {
  struct heard some = {0};
  uint32_t met = 0;
  open_filled();
  buf_init(&some.rows, ANSWER_BYTES_MAX);
  for (int i = 0; i < 1000 && !met; i++) {
    struct session_cursor *cursor =
        begin_find("{\"find\":\"t\",\"filter\":{\"n\":{\"$mod\":[3,0]}}}");
    assert_ok(read_rows(cursor, 2000, &some));
    met = count_readers();
    session_cursor_close(cursor);
  }
  assert_int_not_equal(0, met);
  forget(&some);
  place_close(&place);
}

/* Threads begin late, and end when nobody reads on. */
static void an_idle_cursor_holds_no_threads(void) {
  open_filled();
  struct heard all, some = {0};
  static const char text[] = "{\"find\":\"t\",\"filter\":{\"n\":{\"$mod\":[3,0]}}}";
  ask(0, text, ALL_ROWS, &all);
  buf_init(&some.rows, ANSWER_BYTES_MAX);
  struct session_cursor *cursor = begin_find(text);
  assert_ok(read_rows(cursor, 1000, &some));
  assert_int_equal(0, count_readers());
  for (int i = 0; i < 3; i++) {
    assert_ok(read_rows(cursor, 1200, &some));
    for (int wait = 0; count_readers() && wait < 200; wait++) usleep(10000);
    assert_int_equal(0, count_readers());
  }
  assert_ok(read_rows(cursor, ALL_ROWS, &some));
  assert_int_equal(all.rows.bytes - 1, some.rows.bytes);
  assert_memory_equal(all.rows.data, some.rows.data, some.rows.bytes);
  session_cursor_close(cursor);
  assert_int_equal(0, count_readers());
  forget(&all);
  forget(&some);
  place_close(&place);
}

static void cursors_end_when_they_must(void) {
  open_filled();
  struct heard told = {0};
  buf_init(&told.rows, ANSWER_BYTES_MAX);
  for (int i = 0; i < 60; i++) {
    struct session_cursor *cursor = begin_find("{\"find\":\"t\",\"filter\":{\"n\":{\"$gt\":7}}}");
    buf_reset(&told.rows);
    assert_ok(read_rows(cursor, 4000 + i * 300, &told));
    bool is_cancelled = i % 2;
    if (is_cancelled) {
      session_cancel(place.session);
      assert_int_equal(LUMA_CANCELLED, read_rows(cursor, ALL_ROWS, &told));
      session_uncancel(place.session);
    }
    session_cursor_close(cursor);
  }
  struct session_request request = {
      .source = {.text = slice_of_text("SELECT n FROM t WHERE pad || pad || pad LIKE '%7%8%9%'")},
      .timeout_us = 3000};
  struct session_cursor *cursor = NULL;
  status result = session_run(place.session, &request, NULL, &cursor, &told.err);
  if (result == LUMA_OK) result = read_rows(cursor, ALL_ROWS, &told);
  assert_int_equal(LUMA_TIMEOUT, result);
  session_cursor_close(cursor);
  forget(&told);
  place_close(&place);
}

/* Of a snapshot, whatever is written beside it; in a transaction with what it wrote. */
static void each_sees_its_own(void) {
  struct session *other;
  struct heard before, told = {0};
  static const char text[] = "SELECT id, n, b FROM t WHERE n % 2 = 0";
  open_filled();
  ask(0, text, ALL_ROWS, &before);
  buf_init(&told.rows, ANSWER_BYTES_MAX);
  assert_ok(session_open(place.db, &other, test_err()));
  struct session_cursor *cursor = begin_find(text);
  assert_ok(read_rows(cursor, 3000, &told));
  assert_ok(
      place_run(other, "DELETE FROM t WHERE n > 10000 AND n < 12000", NULL, NULL, test_err()));
  assert_ok(place_run(other, "UPDATE t SET b = 'new' WHERE n > 100", NULL, NULL, test_err()));
  assert_ok(store_checkpoint(model_store(place.db->model), test_err()));
  assert_ok(read_rows(cursor, ALL_ROWS, &told));
  session_cursor_close(cursor);
  assert_int_equal(before.rows.bytes - 1, told.rows.bytes);
  assert_memory_equal(before.rows.data, told.rows.data, told.rows.bytes);
  session_close(other);
  forget(&before);
  forget(&told);
  place_expect(&place, "BEGIN");
  place_expect(&place, "UPDATE t SET b = 'own' WHERE n % 6 = 1");
  assert_int_equal(DOCUMENTS / 6 - 333, compare("SELECT id, b FROM t WHERE b = 'own'"));
  place_expect(&place, "ROLLBACK");
  place_expect(&place, "BEGIN READ ONLY");
  assert_int_equal(0, compare("SELECT id, b FROM t WHERE b = 'own'"));
  assert_int_equal((DOCUMENTS - 12000) / 5,
                   compare("SELECT id, b FROM t WHERE n % 5 = 1 AND n >= 12000"));
  place_expect(&place, "COMMIT");
  place_close(&place);
}

/* ---- memory ---- */

/* What there is no room for is left to the run's thread. */
static void large_documents_are_found(void) {
  enum { LARGE = 24000, EACH = 60 };
  struct buf text;
  place_open(&place, 0);
  buf_init(&text, 256 << 20);
  for (int i = 0; i < LARGE; i++)
    buf_append_format(&text, "{\"id\":%d,\"n\":%d,\"pad\":\"%0*d\"}\n", i, i, i % EACH ? 40 : 90000,
                      i);
  import_text(buf_slice(&text));
  buf_deinit(&text);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(LARGE - LARGE / EACH, compare("SELECT id, n FROM t WHERE n % 60 <> 0"));
    assert_int_equal(LARGE / EACH, compare("SELECT * FROM t WHERE n % 60 = 0"));
    assert_int_equal(LARGE, compare("SELECT id, length(pad || pad) AS l FROM t WHERE n >= 0"));
    place.db->options.statement_bytes = i ? 4 << 20 : 16 << 20;
  }
  place_close(&place);
}

static status find_few(void *context) {
  int64_t none = 0;
  (void)context;
  return place_run(
      place.session,
      "{\"find\":\"t\",\"filter\":{\"n\":{\"$mod\":[200,3]}},\"projection\":{\"n\":1}}", NULL,
      &none, NULL);
}

static void finding_survives(void) {
  place_open(&place, THREADS);
  fill(20500);
  assert_ok(store_checkpoint(model_store(place.db->model), test_err()));
  for (int i = 0; i < 5; i++) { /* what was written goes on to be put in its place meanwhile */
    assert_ok(find_few(NULL));
    usleep(20000);
  }
  assert_true(fault_sweep_alloc(find_few, NULL) > 20);
  place_close(&place);
}

/* ---- kinds of collections ---- */

static void every_kind_of_collection_is_read(void) {
  open_filled();
  place_expect(&place, "CREATE TABLE v (id INT PRIMARY KEY, n INT, pad TEXT)");
  place_expect(&place, "INSERT INTO v SELECT id, n, pad FROM t");
  place_expect(&place, "ALTER TABLE v ADD COLUMN d INT DEFAULT 7");
  assert_int_equal(DOCUMENTS / 2, compare("SELECT id, d FROM v WHERE d = 7 AND n % 2 = 1"));
  place_expect(&place, "ALTER TABLE v RENAME COLUMN d TO e");
  place_expect(&place, "ALTER TABLE v ADD COLUMN g TEXT GENERATED ALWAYS AS (lower(pad) || 'G') "
                       "STORED");
  assert_int_equal(DOCUMENTS / 3, compare("SELECT * FROM v WHERE n % 3 = 1 AND g LIKE '%G'"));
  assert_int_equal(DOCUMENTS / 3, compare("{\"find\":\"v\",\"filter\":{\"n\":{\"$mod\":[3,1]},"
                                          "\"g\":{\"$regex\":\"G$\"}}}"));
  place_expect(&place, "{\"create\":\"s\",\"timeseries\":{\"timeField\":\"at\"}}");
  place_expect(&place, "INSERT INTO s SELECT id, n, CAST('2024-01-01 00:00:00' AS TIMESTAMP) AS at "
                       "FROM t");
  assert_int_equal(DOCUMENTS / 4, compare("{\"find\":\"s\",\"filter\":{\"n\":{\"$mod\":[4,1]}}}"));
  place_expect(&place, "{\"create\":\"k\",\"capped\":true,\"size\":100000000}");
  place_expect(&place,
               "{\"aggregate\":\"t\",\"pipeline\":[{\"$set\":{\"_id\":{\"$subtract\":[0,\"$n\"]}}},"
               "{\"$merge\":\"k\"}],\"cursor\":{}}");
  (void)compare("{\"find\":\"k\",\"filter\":{\"n\":{\"$mod\":[2,0]}}}");
  (void)compare("{\"find\":\"k\",\"filter\":{\"n\":{\"$mod\":[2,0]}},\"tailable\":true}");
  (void)compare("SELECT id, n FROM k WHERE n % 2 = 0");
  assert_in_range(compare("SELECT id FROM t WHERE random() >= 0.0"), DOCUMENTS, DOCUMENTS);
  place_close(&place);
}

static void explain_tells_of_threads(void) {
  static const char *const statements[] = {
      "EXPLAIN SELECT id FROM t WHERE n % 3 = 1",
      "EXPLAIN SELECT n * 2 AS d FROM t WHERE n % 3 = 1 LIMIT 5",
      "{\"explain\":{\"find\":\"t\",\"filter\":{\"a\":3},\"projection\":{\"a\":1}}}"};
  static const char *const others[] = {
      "EXPLAIN SELECT id FROM t WHERE id = 3",
      "EXPLAIN SELECT id FROM t WHERE random() < 0.5",
      "{\"explain\":{\"find\":\"t\",\"filter\":{\"$expr\":{\"$lt\":[{\"$rand\":{}},0.5]}}}}",
      "{\"explain\":{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"$sampleRate\":0.5}}],"
      "\"cursor\":{}}}",
      "EXPLAIN DELETE FROM t WHERE n % 3 = 1",
      "EXPLAIN SELECT id FROM t",
      "EXPLAIN SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t AS o WHERE o.n + 1 = t.n + 2)"};
  struct heard told;
  open_filled();
  for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
    ask(THREADS, statements[i], ALL_ROWS, &told);
    assert_non_null(strstr((const char *)told.rows.data, "by up to 3 threads"));
    forget(&told);
  }
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    ask(THREADS, others[i], ALL_ROWS, &told);
    assert_null(strstr((const char *)told.rows.data, "threads"));
    forget(&told);
  }
  place_close(&place);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"answers_are_those_of_one_thread", answers_are_those_of_one_thread, 120},
      {"random_finds_are_those_of_one_thread", random_finds_are_those_of_one_thread, 120},
      {"the_first_failure_is_told", the_first_failure_is_told, 60},
      {"clashes_are_told_in_order", clashes_are_told_in_order, 0},
      {"some_threads_read", some_threads_read, 60},
      {"an_idle_cursor_holds_no_threads", an_idle_cursor_holds_no_threads, 60},
      {"cursors_end_when_they_must", cursors_end_when_they_must, 60},
      {"each_sees_its_own", each_sees_its_own, 60},
      {"large_documents_are_found", large_documents_are_found, 60},
      {"finding_survives", finding_survives, 120},
      {"every_kind_of_collection_is_read", every_kind_of_collection_is_read, 60},
      {"explain_tells_of_threads", explain_tells_of_threads, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
