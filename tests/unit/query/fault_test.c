/* SPDX-License-Identifier: MIT */
/* Statements whose memory runs out at every allocation in turn: each ends with an error that says
 * so, leaks nothing, and leaves the database as it was. And statements that pass their budget,
 * their deadline, or are cancelled. */
#include "tests/lang/script.h"
#include "tests/lib/fault.h"

static struct script_db db;

/** One statement, run in a transaction that is then rolled back. */
struct attempt {
  const struct lang *lang;
  const char *text;
  struct query_open_options options;
};

static status read_batch(struct query *query, struct query_run *run, const struct batch *batch) {
  for (uint32_t i = 0; i < batch->selected_count && query_reply(query) == QUERY_REPLY_DOCUMENTS;
       i++) {
    struct val document;
    TRY(query_document(run, batch, i, &document, NULL));
  }
  return LUMA_OK;
}

static status run_through(const struct attempt *attempt, struct query *query, struct model_txn *txn,
                          struct err *err) {
  struct query_run *run = NULL;
  struct batch *batch = NULL;
  status done = query_open(query, txn, &attempt->options, &run, err);
  while (done == LUMA_OK) {
    done = query_next(run, &batch, err);
    if (done != LUMA_OK || !batch) break;
    done = read_batch(query, run, batch);
  }
  query_close(run);
  return done;
}

static status try_statement(const struct attempt *attempt, struct err *err) {
  struct query_source source = {.lang = attempt->lang, .text = slice_of_text(attempt->text)};
  struct store_begin_options begin = {.may_block = true};
  struct query *query = NULL;
  struct model_txn *txn = NULL;
  TRY(model_begin(db.model, &begin, &txn, err));
  status done = query_prepare(db.model, txn, &source, NULL, NULL, &query, err);
  if (done == LUMA_OK) done = run_through(attempt, query, txn, err);
  query_destroy(query);
  model_rollback(txn);
  return done;
}

static status body(void *context) {
  return try_statement(context, NULL);
}

static void run_all(const struct lang *lang, const char *const *texts) {
  for (; *texts; texts++) {
    struct attempt attempt = {.lang = lang, .text = *texts, .options = {.now_us = 1}};
    assert_ok(try_statement(&attempt, test_err()));
    assert_true(fault_sweep_alloc(body, &attempt) > 1);
  }
}

static void execute_in(const struct lang *lang, const char *text) {
  struct buf answer;
  buf_init(&answer, 1 << 20);
  assert_ok(script_try(&db, lang, slice_of_text(text), &answer, test_err()));
  buf_deinit(&answer);
}

static void execute(const char *text) {
  execute_in(&lang_lql, text);
}

static void open_filled(void) {
  script_open(&db);
  execute("INSERT INTO t (id, a, b) VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'x'), (4, NULL, 'z')");
  execute("INSERT INTO u {\"id\": 1, \"t\": 3, \"l\": [1, 2, {\"k\": 5}]}, {\"id\": 2, \"t\": 1, "
          "\"l\": []}");
  execute("CREATE INDEX ON t (a)");
}

static void reading_survives(void) {
  static const char *const lql[] = {
      "SELECT * FROM t WHERE a = 1 AND b LIKE 'x%' ORDER BY b DESC",
      "SELECT upper(b) || '!' AS c, coalesce(a, 7) FROM t WHERE a IN (1, 2) OR b BETWEEN 'a' AND "
      "'c' ORDER BY a LIMIT 2",
      "SELECT a, COUNT(*), COUNT(DISTINCT b), MAX(b), SUM(a) FROM t GROUP BY a HAVING COUNT(*) > 0 "
      "ORDER BY 2",
      "SELECT t.b, u.l FROM u LEFT JOIN t ON t.id = u.t ORDER BY u.id",
      "SELECT DISTINCT b FROM t",
      "SELECT CASE WHEN a = 1 THEN [a, b] ELSE {\"x\": a} END AS v FROM t",
      "EXPLAIN ANALYZE SELECT * FROM t WHERE a = 1 AND id > 0",
      "SHOW INDEXES",
      NULL,
  };
  static const char *const jql[] = {
      "{\"find\":\"u\",\"filter\":{\"l\":{\"$elemMatch\":{\"k\":{\"$gt\":1}}},\"t\":{\"$in\":[3]},"
      "\"s\":{\"$not\":{\"$regex\":\"^a\"}}},\"sort\":{\"l\":1}}",
      "{\"find\":\"u\",\"filter\":{\"l.k\":5},\"projection\":{\"l.k\":1}}",
      "{\"aggregate\":\"u\",\"pipeline\":[{\"$group\":{\"_id\":\"$t\",\"all\":{\"$push\":\"$$"
      "ROOT\"}}},{\"$sort\":{\"_id\":1}}]}",
      "{\"distinct\":\"u\",\"key\":\"l\"}",
      NULL,
  };
  open_filled();
  run_all(&lang_lql, lql);
  run_all(&lang_jql, jql);
  script_close(&db);
}

static void writing_survives(void) {
  static const char *const lql[] = {
      "INSERT INTO t (id, b) VALUES (10, 'n'), (11, upper('m'))",
      "UPDATE t SET a = id + 1, n.x = 'deep' WHERE a = 1",
      "DELETE FROM t WHERE a = 1",
      "INSERT INTO t {\"id\": 12, \"v\": [1, 2]}",
      NULL,
  };
  static const char *const jql[] = {
      "{\"update\":\"u\",\"updates\":[{\"q\":{\"_id\":1},\"u\":{\"$push\":{\"l\":9},\"$inc\":{"
      "\"t\":1},\"$rename\":{\"z\":\"y\"}}}]}",
      "{\"update\":\"u\",\"updates\":[{\"q\":{\"_id\":7,\"k\":1},\"u\":{\"$set\":{\"v\":1}},"
      "\"upsert\":true}]}",
      NULL,
  };
  open_filled();
  run_all(&lang_lql, lql);
  run_all(&lang_jql, jql);
  script_close(&db);
}

/* Capped collections, time series, and an index of any path behind a key. */
static void kinds_of_collections_survive(void) {
  static const char *const made[] = {
      "{\"create\":\"ring\",\"capped\":true,\"size\":4096,\"max\":3}",
      "{\"insert\":\"ring\",\"documents\":[{\"_id\":3},{\"_id\":2},{\"_id\":1}]}",
      "{\"createIndexes\":\"ring\",\"indexes\":[{\"key\":{\"s\":1,\"a.$**\":1},\"name\":\"any\"}]}",
      "{\"create\":\"series\",\"timeseries\":{\"timeField\":\"t\",\"metaField\":\"m\"}}",
  };
  static const char *const texts[] = {
      "{\"insert\":\"ring\",\"documents\":[{\"_id\":7,\"s\":1,\"a\":{\"b\":[1,2],\"c\":3}},{\"_"
      "id\":6}]}",
      "{\"update\":\"ring\",\"updates\":[{\"q\":{\"_id\":2},\"u\":{\"$set\":{\"v\":\"longer\"}}}]}",
      "{\"delete\":\"ring\",\"deletes\":[{\"q\":{\"_id\":2},\"limit\":1}]}",
      "{\"find\":\"ring\",\"sort\":{\"$natural\":-1}}",
      "{\"find\":\"ring\",\"filter\":{\"s\":1,\"a.b\":2}}",
      "{\"collMod\":\"ring\",\"cappedMax\":1}",
      "{\"convertToCapped\":\"u\",\"size\":5000}",
      "{\"create\":\"other\",\"timeseries\":{\"timeField\":\"t\"},\"expireAfterSeconds\":5}",
      "{\"insert\":\"series\",\"documents\":[{\"_id\":1,\"t\":{\"$date\":\"2026-01-01T00:00:00Z\"}}"
      "]}",
      "{\"update\":\"series\",\"updates\":[{\"q\":{\"m\":1},\"u\":{\"$set\":{\"m\":2}},\"multi\":"
      "true}]}",
      "{\"listCollections\":1}",
      NULL,
  };
  open_filled();
  for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) execute_in(&lang_jql, made[i]);
  run_all(&lang_jql, texts);
  script_close(&db);
}

/* ---- limits ---- */

static void fill_many(void) {
  struct buf text;
  script_open(&db);
  buf_init(&text, 8 << 20);
  buf_append_text(&text, "INSERT INTO many (id, v) VALUES (0, 'first')");
  for (int i = 1; i < 5000; i++)
    buf_append_format(&text, ", (%d, 'a value of some length %d')", i, i);
  buf_append_byte(&text, 0);
  execute((const char *)text.data);
  buf_deinit(&text);
}

static void passes_its_budget(void) {
  static const char *const texts[] = {
      "SELECT * FROM many ORDER BY v", "SELECT v, COUNT(*) FROM many GROUP BY v",
      "SELECT DISTINCT v FROM many", "SELECT a.v FROM many a JOIN many b ON a.v = b.v"};
  fill_many();
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct attempt attempt = {
        .lang = &lang_lql, .text = texts[i], .options = {.memory_bytes = 400 << 10}};
    assert_status(LUMA_BUDGET_EXCEEDED, try_statement(&attempt, test_err()));
    attempt.options.memory_bytes = 0;
    assert_ok(try_statement(&attempt, test_err()));
  }
  script_close(&db);
}

static void stops_when_told(void) {
  atomic_bool cancelled;
  atomic_init(&cancelled, true);
  fill_many();
  struct attempt attempt = {.lang = &lang_lql, .text = "SELECT COUNT(*) FROM many WHERE v > 'a'"};
  attempt.options.cancelled = &cancelled;
  assert_status(LUMA_CANCELLED, try_statement(&attempt, test_err()));
  atomic_store(&cancelled, false);
  attempt.options.os = os_linux();
  attempt.options.deadline_us = 1;
  assert_status(LUMA_TIMEOUT, try_statement(&attempt, test_err()));
  attempt.options.deadline_us = os_monotonic_us(os_linux()) + 60000000;
  assert_ok(try_statement(&attempt, test_err()));
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"reading_survives", reading_survives, 120},
      {"writing_survives", writing_survives, 120},
      {"kinds_of_collections_survive", kinds_of_collections_survive, 300},
      {"passes_its_budget", passes_its_budget, 0},
      {"stops_when_told", stops_when_told, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
