/* SPDX-License-Identifier: MIT */
/* Scans by several threads answer what one thread answers. */
#include <stdio.h>

#include "base/mem/mem.h"
#include "service/import/import.h"
#include "service/session/session.h"
#include "tests/lib/test.h"
#include "value/json/json.h"

enum { DOCUMENTS = 34000, OTHERS = 90, ANSWER_BYTES_MAX = 1 << 20 };

static void fill(const char *path) {
  struct db_options options = {.sync_mode = STORE_SYNC_NEVER};
  struct import_stats stats;
  struct import *import;
  struct session *session;
  struct db *db;
  struct buf text;
  buf_init(&text, 64 << 20);
  for (int i = 0; i < DOCUMENTS; i++)
    buf_append_format(&text, "{\"id\":%d,\"a\":%d,\"b\":\"%c\",\"pad\":\"%0200d\"}\n", i, i % 97,
                      'a' + i % 5, i);
  assert_ok(db_open(path, &options, &db, test_err()));
  assert_ok(session_open(db, &session, test_err()));
  assert_ok(import_open(session, slice_of_text("t"), IMPORT_NDJSON, &import, test_err()));
  assert_ok(import_write(import, buf_slice(&text), test_err()));
  assert_ok(import_close(import, &stats, test_err()));
  assert_int_equal(DOCUMENTS, stats.documents);
  buf_reset(&text);
  for (int i = 0; i < OTHERS; i++)
    buf_append_format(&text, "{\"id\":%d,\"a\":%d,\"c\":\"c%d\",\"b\":[\"%c\",%d]}\n", i, i % 60,
                      i % 7, 'a' + i % 3, i);
  assert_ok(import_open(session, slice_of_text("u"), IMPORT_NDJSON, &import, test_err()));
  assert_ok(import_write(import, buf_slice(&text), test_err()));
  assert_ok(import_close(import, &stats, test_err()));
  buf_deinit(&text);
  session_close(session);
  db_close(db);
}

struct fixture {
  const char *name; /* of the directory; NULL: the only one */
  struct db *db;
  struct session *session;
  struct buf answer;
};

static void begin(struct fixture *fixture) {
  struct db_options options = {.sync_mode = STORE_SYNC_NEVER};
  char path[512];
  snprintf(path, sizeof path, "%s/%s", test_dir(), fixture->name ? fixture->name : "db");
  buf_init(&fixture->answer, ANSWER_BYTES_MAX);
  fill(path);
  assert_ok(db_open(path, &options, &fixture->db, test_err()));
  assert_ok(session_open(fixture->db, &fixture->session, test_err()));
}

static void end(struct fixture *fixture) {
  session_close(fixture->session);
  db_close(fixture->db);
  buf_deinit(&fixture->answer);
}

static status ask(struct fixture *fixture, const char *text, struct err *err) {
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct json_write_options json = {.form = JSON_PLAIN};
  struct session_cursor *cursor = NULL;
  bool has = true;
  TRY(session_run(fixture->session, &request, NULL, &cursor, err));
  status result = LUMA_OK;
  while (result == LUMA_OK && has) {
    struct val row;
    result = session_next(cursor, &row, &has, err);
    if (result == LUMA_OK && has) json_write(&fixture->answer, &row, &json);
  }
  session_cursor_close(cursor);
  return result;
}

static const char *const questions[] = {
    "SELECT COUNT(*) AS n FROM t WHERE a = 5 AND b = 'c'",
    "SELECT COUNT(*) AS n, SUM(a) AS s, AVG(a) AS m, MIN(id) AS l, MAX(id) AS h FROM t",
    "SELECT b, COUNT(*) AS n, SUM(id) AS s FROM t GROUP BY b ORDER BY b",
    "SELECT a, MAX(pad) AS m FROM t WHERE b <> 'a' GROUP BY a HAVING COUNT(*) > 2 ORDER BY a",
    "SELECT COUNT(DISTINCT a) AS n FROM t WHERE pad LIKE '%7'",
    "SELECT b, COUNT(DISTINCT a) AS n, SUM(DISTINCT a) AS s, COUNT(*) FILTER (WHERE a > 90) AS f "
    "FROM t GROUP BY b ORDER BY b",
    "SELECT a % 3 AS g, b, COUNT(*) AS n, MIN(pad) AS m FROM t GROUP BY ROLLUP (a % 3, b) "
    "ORDER BY g, b",
    "SELECT SUM(a / 2.0) AS s, AVG(a + 0.5) AS m, MAX(b) AS h, MIN(b) AS l FROM t WHERE b > 'a'",
    "SELECT COUNT(*) AS n FROM t WHERE a IN (3, 5, 90) AND b IN ('a', 'e')",
    "SELECT MIN(a) AS m, COUNT(a) AS n FROM t WHERE id < 0 GROUP BY b",
    "SELECT COUNT(*) AS n FROM t WHERE a = 'text'",
    "SELECT COUNT(*) AS n FROM t WHERE id < 0",
    "{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"a\":{\"$gte\":50}}},{\"$group\":{\"_id\":\"$"
    "b\","
    "\"n\":{\"$sum\":1},\"m\":{\"$avg\":\"$a\"}}},{\"$sort\":{\"_id\":1}}]}",
    "{\"aggregate\":\"t\",\"let\":{\"x\":90},\"pipeline\":[{\"$match\":{\"$expr\":{\"$gt\":[\"$a\","
    "\"$$x\"]},\"b\":{\"$in\":[\"c\",\"d\"]}}},{\"$group\":{\"_id\":null,\"n\":{\"$sum\":1},\"l\":{"
    "\"$min\":{\"$add\":[\"$a\",\"$$x\"]}}}}]}",
    "{\"count\":\"t\",\"query\":{\"b\":{\"$ne\":\"c\"},\"a\":{\"$nin\":[1,2,3]}}}",
    "{\"aggregate\":\"t\",\"pipeline\":[{\"$lookup\":{\"from\":\"u\",\"localField\":\"a\","
    "\"foreignField\":\"a\",\"as\":\"o\"}},{\"$unwind\":\"$o\"},{\"$group\":{\"_id\":\"$o.c\","
    "\"n\":{"
    "\"$sum\":\"$id\"}}},{\"$sort\":{\"_id\":1}}]}",
    "{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"a\":{\"$lt\":80}}},{\"$lookup\":{\"from\":"
    "\"u\","
    "\"localField\":\"b\",\"foreignField\":\"b\",\"as\":\"o\",\"pipeline\":[{\"$match\":{\"a\":{"
    "\"$lt\":4}}}]}},{\"$unwind\":{\"path\":\"$o\",\"preserveNullAndEmptyArrays\":true}},{\"$"
    "group\":{"
    "\"_id\":\"$o.c\",\"n\":{\"$sum\":1},\"m\":{\"$max\":\"$pad\"}}},{\"$sort\":{\"_id\":1}}]}",
    "SELECT id, a, b FROM t WHERE b <> 'a' ORDER BY a DESC LIMIT 30 OFFSET 10",
    "SELECT id, pad FROM t ORDER BY a % 7, b DESC LIMIT 9",
    "SELECT id FROM t WHERE id < 0 ORDER BY b LIMIT 3",
    "{\"find\":\"t\",\"sort\":{\"b\":-1},\"limit\":2000,\"projection\":{\"pad\":0}}",
    "{\"find\":\"t\",\"filter\":{\"a\":{\"$gt\":20}},\"sort\":{\"a\":1,\"b\":-1},\"skip\":5,"
    "\"limit\":7}",
    "{\"aggregate\":\"t\",\"pipeline\":[{\"$sort\":{\"pad\":-1}},{\"$limit\":3},{\"$unset\":"
    "\"pad\"}]}",
    "{\"distinct\":\"t\",\"key\":\"a\"}",
    "{\"distinct\":\"t\",\"key\":\"pad\",\"query\":{\"a\":{\"$lt\":9}}}",
    "{\"distinct\":\"t\",\"key\":\"b\",\"query\":{\"a\":{\"$gt\":40}}}",
    "{\"distinct\":\"t\",\"key\":\"none\"}",
};

/* A copy of the answers to all questions; the caller frees it. */
static uint8_t *ask_all(struct fixture *fixture, uint32_t threads) {
  size_t bytes;
  fixture->db->options.threads = threads;
  for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
    assert_ok(ask(fixture, questions[i], test_err()));
    buf_append_byte(&fixture->answer, '\n');
  }
  buf_append_byte(&fixture->answer, 0);
  return buf_take(&fixture->answer, &bytes);
}

static uint32_t parts_of(struct fixture *fixture) {
  struct store_begin_options options = {.read_only = true};
  struct slice keys[64];
  struct store_cuts cuts = {.keys = keys, .max = 63};
  struct model_txn *txn;
  assert_ok(model_begin(fixture->db->model, &options, &txn, test_err()));
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("t"));
  assert_ok(model_cut(txn, collection, &cuts, test_err()));
  for (uint32_t i = 1; i < cuts.count; i++) assert_true(slice_compare(keys[i - 1], keys[i]) < 0);
  model_rollback(txn);
  return cuts.count + 1;
}

/* An index that is of no use for a statement does not keep threads from it. */
static void indexes_leave_room_for_threads(void) {
  static const char *const statements[] = {
      "EXPLAIN UPDATE t SET a = 5 WHERE a = 7", "EXPLAIN SELECT id FROM t ORDER BY b LIMIT 5",
      "{\"explain\":{\"distinct\":\"t\",\"key\":\"a\"}}",
      "EXPLAIN SELECT COUNT(*) AS n FROM t WHERE a = 7",
      "{\"explain\":{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"a\":7}},{\"$group\":{\"_id\":"
      "\"$b\",\"n\":{\"$sum\":1}}}]}}"};
  struct fixture fixture = {0};
  begin(&fixture);
  assert_ok(ask(&fixture, "CREATE INDEX ON t (pad)", test_err()));
  uint8_t *one = ask_all(&fixture, 0), *many = ask_all(&fixture, 4);
  assert_string_equal((const char *)one, (const char *)many);
  mem_free(one);
  mem_free(many);
  for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
    buf_reset(&fixture.answer);
    assert_ok(ask(&fixture, statements[i], test_err()));
    buf_append_byte(&fixture.answer, 0);
    assert_non_null(strstr((const char *)fixture.answer.data, "by up to 4 threads"));
  }
  end(&fixture);
}

/* Over a memtable, over files, and over both with changes on top. */
static void answers_are_those_of_one_thread(void) {
  struct fixture fixture = {0};
  begin(&fixture);
  for (int round = 0; round < 4; round++) {
    uint8_t *one = ask_all(&fixture, 0), *many = ask_all(&fixture, 4);
    assert_string_equal((const char *)one, (const char *)many);
    mem_free(one);
    mem_free(many);
    assert_in_range(parts_of(&fixture), 2, 64);
    assert_ok(ask(&fixture,
                  round & 1 ? "DELETE FROM t WHERE a = 6" : "UPDATE t SET a = 5 WHERE a = 7",
                  test_err()));
    if (round != 2) assert_ok(store_checkpoint(model_store(fixture.db->model), test_err()));
  }
  end(&fixture);
}

/* What is met first stays first, however the parts are shared out: a thread that comes late leaves
 * them to others, so it is asked many times. */
static void first_rows_are_those_of_one_thread(void) {
  static const char *const asked[] = {
      "{\"find\":\"t\",\"sort\":{\"b\":-1},\"limit\":5000,\"projection\":{\"pad\":0}}",
      "{\"distinct\":\"t\",\"key\":\"id\",\"query\":{\"a\":{\"$in\":[3,50]}}}"};
  struct fixture fixture = {0};
  begin(&fixture);
  assert_ok(store_checkpoint(model_store(fixture.db->model), test_err()));
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    struct buf expected;
    buf_init(&expected, ANSWER_BYTES_MAX);
    for (uint32_t round = 0; round < 30; round++) {
      fixture.db->options.threads = round ? 4 : 0;
      buf_reset(&fixture.answer);
      assert_ok(ask(&fixture, asked[i], test_err()));
      if (round == 0) buf_append_slice(&expected, buf_slice(&fixture.answer));
      assert_true(slice_is_equal(buf_slice(&expected), buf_slice(&fixture.answer)));
    }
    buf_deinit(&expected);
  }
  end(&fixture);
}

/* Groups that the threads have no memory for are taken by one, pass by pass. */
static void many_groups_are_taken_alone(void) {
  static const char question[] =
      "SELECT COUNT(*) AS n, SUM(c) AS s, MIN(m) AS l, MAX(m) AS h FROM (SELECT id % 30000 AS g, "
      "COUNT(*) AS c, MAX(pad) AS m FROM t WHERE a < 'x' OR a >= 0 GROUP BY id % 30000) AS q";
  struct fixture fixture = {0};
  begin(&fixture);
  assert_ok(ask(&fixture, question, test_err()));
  buf_append_byte(&fixture.answer, 0);
  char *expected = mem_alloc(fixture.answer.bytes);
  assert_non_null(expected);
  memcpy(expected, fixture.answer.data, fixture.answer.bytes);
  fixture.db->options.threads = 4;
  fixture.db->options.statement_bytes = 4 << 20;
  buf_reset(&fixture.answer);
  assert_ok(ask(&fixture, question, test_err()));
  buf_append_byte(&fixture.answer, 0);
  assert_string_equal(expected, (const char *)fixture.answer.data);
  mem_free(expected);
  end(&fixture);
}

/* In a transaction that writes its own changes are seen; one thread reads it. */
static void own_writes_are_seen(void) {
  struct fixture fixture = {0};
  begin(&fixture);
  fixture.db->options.threads = 4;
  assert_ok(ask(&fixture, "BEGIN", test_err()));
  assert_ok(ask(&fixture, "DELETE FROM t WHERE a > 0", test_err()));
  assert_ok(ask(&fixture, "SELECT COUNT(*) AS n FROM t WHERE b <> 'z'", test_err()));
  assert_ok(ask(&fixture, "ROLLBACK", test_err()));
  buf_append_byte(&fixture.answer, 0);
  assert_string_equal("{\"n\":351}", (const char *)fixture.answer.data);
  end(&fixture);
}

/* What is changed is found by several threads, unless the transaction has written, or it is more
 * than is kept. */
static const char *const changes[] = {
    ("{\"update\":\"t\",\"updates\":[{\"q\":{\"a\":5},\"u\":{\"$inc\":{\"n\":1},"
     "\"$set\":{\"b\":\"x\"}},\"multi\":true}]}"),
    "UPDATE t SET a = a + 1, c = b || 'y' WHERE a >= 5 AND a < 20",
    ("{\"update\":\"t\",\"updates\":[{\"q\":{\"a\":{\"$gte\":0}},\"u\":{\"$mul\":{\"a\":2}},"
     "\"multi\":true}]}"),
    "BEGIN",
    "INSERT INTO t (id, a, b) VALUES (-1, 40, 'new')",
    "UPDATE t SET n = 7 WHERE a = 40",
    "COMMIT",
    "UPDATE t SET a = NULL WHERE b = 'nothing has it'",
    "{\"update\":\"t\",\"updates\":[{\"q\":{\"a\":40},\"u\":{\"$set\":{\"one\":1}}}]}",
    "{\"delete\":\"t\",\"deletes\":[{\"q\":{\"a\":44},\"limit\":1}]}",
};

/* What the collection is afterwards, told by one thread. */
static char *change_all(const char *name, uint32_t threads) {
  struct fixture fixture = {.name = name};
  size_t bytes;
  begin(&fixture);
  fixture.db->options.threads = threads;
  fixture.db->options.statement_bytes = 48 << 20; /* too few for all documents */
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
    assert_ok(ask(&fixture, changes[i], test_err()));
  fixture.db->options.threads = 0;
  buf_reset(&fixture.answer);
  assert_ok(ask(&fixture,
                "SELECT COUNT(*) AS all_of_them, COUNT(one) AS one, COUNT(c) AS c, SUM(a) AS a, "
                "SUM(a * id) AS products, SUM(n) AS n, SUM(n * id) AS places, MAX(c) AS m FROM t",
                test_err()));
  buf_append_byte(&fixture.answer, 0);
  char *answer = (char *)buf_take(&fixture.answer, &bytes);
  end(&fixture);
  return answer;
}

static void changes_are_those_of_one_thread(void) {
  char *alone = change_all("alone", 0);
  assert_non_null(strstr(alone, "\"all_of_them\":34000,\"one\":1,"));
  char *together = change_all("together", 3);
  assert_string_equal(alone, together);
  mem_free(alone);
  mem_free(together);
}

static void a_workers_failure_is_the_statements(void) {
  struct fixture fixture = {0};
  begin(&fixture);
  fixture.db->options.threads = 4;
  fixture.db->options.statement_bytes = 3 << 20;
  struct err err = {0};
  assert_int_equal(LUMA_BUDGET_EXCEEDED,
                   ask(&fixture,
                       "SELECT COUNT(*) AS n FROM t WHERE pad || pad || pad || pad || pad "
                       "|| pad || pad || pad > 'x'",
                       &err));
  assert_int_not_equal(0, err.message[0]);
  assert_ok(ask(&fixture, questions[0], test_err()));
  end(&fixture);
}

/* What is another at each call: numbers of a sequence, of which none is given twice, and chance. */
static void what_differs_at_each_call_differs(void) {
  struct fixture fixture = {0};
  begin(&fixture);
  fixture.db->options.threads = 4;
  assert_ok(ask(&fixture, "CREATE SEQUENCE s", test_err()));
  assert_ok(ask(&fixture, "SELECT COUNT(DISTINCT nextval('s')) AS n FROM t", test_err()));
  assert_ok(ask(&fixture,
                "SELECT COUNT(*) > 10000 AND COUNT(*) < 24000 AS half FROM t WHERE random() < 0.5",
                test_err()));
  assert_ok(ask(&fixture, "SELECT COUNT(DISTINCT uuid()) AS n FROM t", test_err()));
  assert_ok(ask(&fixture, "SELECT nextval('s') > 34000 AS all_given", test_err()));
  buf_append_byte(&fixture.answer, 0);
  assert_string_equal("{\"n\":34000}{\"half\":true}{\"n\":34000}{\"all_given\":true}",
                      (const char *)fixture.answer.data);
  end(&fixture);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"indexes_leave_room_for_threads", indexes_leave_room_for_threads, 0},
      {"answers_are_those_of_one_thread", answers_are_those_of_one_thread, 0},
      {"first_rows_are_those_of_one_thread", first_rows_are_those_of_one_thread, 0},
      {"many_groups_are_taken_alone", many_groups_are_taken_alone, 0},
      {"own_writes_are_seen", own_writes_are_seen, 0},
      {"changes_are_those_of_one_thread", changes_are_those_of_one_thread, 0},
      {"what_differs_at_each_call_differs", what_differs_at_each_call_differs, 0},
      {"a_workers_failure_is_the_statements", a_workers_failure_is_the_statements, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
