/* SPDX-License-Identifier: MIT */
/* The public interface from one thread: values, statements, collections, imports, errors. */
#include <stdio.h>
#include <string.h>

#include "api_cases.h"

/* ---- values ---- */

static void values_are_read_by_type(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_result *result;
  const luma_value *row, *list;
  size_t bytes;
  bool boolean;
  int64_t integer;
  double real;
  api_exec(api.session, "INSERT INTO t {id: 1, b: true, i: 9007199254740993, f: 1.5, t: 'ä', "
                        "n: null, l: [1, 'two', {three: 3}], m: {x: {y: 7}}}");
  luma_param key = luma_int64(1);
  assert_ok(luma_get(api.session, "t", &key, &result, &row, &api_error));
  assert_int_equal(luma_value_type(row), LUMA_MAP);
  assert_true(luma_value_bool(luma_value_field(result, row, "b"), &boolean) && boolean);
  assert_true(luma_value_int64(luma_value_field(result, row, "i"), &integer));
  assert_int_equal(integer, 9007199254740993);
  assert_true(luma_value_float64(luma_value_field(result, row, "f"), &real) && real > 1.4);
  assert_false(luma_value_int64(luma_value_field(result, row, "f"), &integer));
  assert_false(luma_value_bool(luma_value_field(result, row, "i"), &boolean));
  const char *text = luma_value_bytes(luma_value_field(result, row, "t"), &bytes);
  assert_int_equal(bytes, 2);
  assert_memory_equal(text, "ä", 2);
  assert_int_equal(luma_value_type(luma_value_field(result, row, "n")), LUMA_NULL);
  assert_null(luma_value_field(result, row, "nothing"));
  assert_int_equal(luma_value_type(NULL), LUMA_MISSING);
  list = luma_value_field(result, row, "l");
  assert_int_equal(luma_value_count(list), 3);
  assert_null(luma_value_at(result, list, 3));
  assert_string_equal(luma_json(result, luma_value_at(result, list, 2), NULL), "{\"three\":3}");
  assert_string_equal(luma_json(result, luma_value_field(result, row, "m"), &bytes),
                      "{\"x\":{\"y\":7}}");
  assert_int_equal(bytes, 13);
  luma_result_close(result);
  api_end(&api);
}

static void fields_have_names_in_order(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_result *result;
  const luma_value *row;
  size_t bytes;
  api_exec(api.session, "INSERT INTO t {id: 'k', z: 1, a: 2}");
  assert_ok(luma_query(api.session, "lql", "SELECT z, a, z + a AS sum FROM t", NULL, 0, &result,
                       &api_error));
  assert_int_equal(luma_columns_count(result), 3);
  assert_string_equal(luma_column_name(result, 2), "sum");
  assert_false(luma_is_document(result));
  assert_int_equal(luma_result_reply(result), LUMA_REPLY_DOCUMENTS);
  assert_ok(luma_next(result, &row, &api_error));
  assert_int_equal(luma_value_count(row), 3);
  assert_memory_equal(luma_value_name(row, 0, &bytes), "z", 1);
  assert_string_equal(luma_json(result, row, NULL), "{\"z\":1,\"a\":2,\"sum\":3}");
  assert_null(luma_column(result, 3));
  assert_ok(luma_next(result, &row, &api_error));
  assert_null(row);
  luma_result_close(result);
  api_end(&api);
}

static void parameters_of_every_type_come_back(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_param bytes = {.type = LUMA_BYTES, .data = "\0\1", .bytes = 2};
  luma_param list = {.type = LUMA_LIST, .data = "[1,{\"a\":null}]", .bytes = LUMA_TEXT_END};
  luma_param params[] = {luma_null(),
                         luma_bool(true),
                         luma_int64(INT64_MIN),
                         luma_float64(0.1),
                         luma_text("x'"),
                         bytes,
                         list};
  luma_result *result;
  const luma_value *row;
  assert_ok(luma_query(api.session, "lql",
                       "SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f, ? AS g", params, 7,
                       &result, &api_error));
  assert_ok(luma_next(result, &row, &api_error));
  assert_string_equal(luma_json(result, row, NULL),
                      "{\"a\":null,\"b\":true,\"c\":-9223372036854775808,\"d\":0.1,\"e\":\"x'\","
                      "\"f\":\"AAE=\",\"g\":[1,{\"a\":null}]}");
  luma_result_close(result);
  luma_param named = luma_int64(5);
  named.name = "n";
  assert_ok(luma_query(api.session, "lql", "SELECT :n * 2 AS x", &named, 1, &result, &api_error));
  luma_result_close(result);
  assert_status(LUMA_UNKNOWN_PARAMETER,
                luma_query(api.session, "lql", "SELECT :m AS x", &named, 1, &result, &api_error));
  api_end(&api);
}

/* ---- statements ---- */

static void prepared_statements_run_many_times(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_statement *statement;
  luma_result *result;
  const luma_value *row;
  const char *insert = "INSERT INTO t (n) VALUES (?) and what is past the length";
  api_exec(api.session, "CREATE COLLECTION t");
  assert_ok(luma_prepare(api.session, "lql", insert, 28, &statement, &api_error));
  for (int64_t i = 0; i < 100; i++) {
    luma_param param = luma_int64(i);
    assert_ok(luma_run(statement, &param, 1, &result, &api_error));
    assert_int_equal(luma_result_reply(result), LUMA_REPLY_CHANGE);
    assert_int_equal(luma_affected(result), 1);
    assert_int_equal(luma_value_type(luma_inserted_key(result, 0)), LUMA_ULID);
    assert_null(luma_inserted_key(result, 1));
    assert_ok(luma_next(result, &row, &api_error));
    assert_null(row);
    luma_result_close(result);
  }
  luma_statement_close(statement);
  assert_int_equal(api_number(api.session, "SELECT SUM(n) FROM t"), 4950);
  api_end(&api);
}

static void a_thousand_results_are_open_at_once(void **state) {
  (void)state;
  enum { RESULTS = 1000 };
  static luma_result *results[RESULTS];
  struct api api = api_begin();
  const luma_value *row;
  api_exec(api.session, "INSERT INTO t {n: 1}, {n: 2}, {n: 3}");
  for (int i = 0; i < RESULTS; i++) {
    assert_ok(luma_query(api.session, "lql", "SELECT * FROM t", NULL, 0, &results[i], &api_error));
    assert_ok(luma_next(results[i], &row, &api_error));
  }
  api_exec(api.session, "DELETE FROM t");
  for (int i = 0; i < RESULTS; i++) {
    int rows = 1;
    while (luma_next(results[i], &row, &api_error) == LUMA_OK && row) rows++;
    assert_int_equal(rows, 3);
    luma_result_close(results[i]);
  }
  api_end(&api);
}

static void scripts_stop_at_the_first_error(void **state) {
  (void)state;
  struct api api = api_begin();
  uint64_t affected = 0;
  assert_ok(luma_exec(api.session, "lql", "INSERT INTO t {a: 1}; INSERT INTO t {a: 2}, {a: 3};",
                      &affected, &api_error));
  assert_int_equal(affected, 3);
  assert_status(LUMA_SYNTAX_ERROR,
                luma_exec(api.session, "lql", "INSERT INTO t {a: 4};\nSELEC 1;\nDELETE FROM t",
                          &affected, &api_error));
  assert_int_equal(api_error.line, 2);
  assert_int_equal(api_error.column, 1);
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM t"), 4);
  api_end(&api);
}

static void errors_teach(void **state) {
  (void)state;
  struct api api = api_begin();
  api_exec(api.session, "INSERT INTO users {age: 1}");
  assert_status(LUMA_SYNTAX_ERROR,
                luma_exec(api.session, NULL, "SELEC * FROM users", NULL, &api_error));
  assert_string_equal(api_error.hint, "did you mean SELECT?");
  assert_string_equal(api_error.code, "syntax_error");
  assert_status(LUMA_UNKNOWN_COLLECTION,
                luma_exec(api.session, NULL, "SELECT * FROM user", NULL, &api_error));
  assert_int_equal(api_error.column, 15);
  assert_string_equal(api_error.hint, "did you mean `users`?");
  assert_status(LUMA_UNKNOWN_OPERATOR,
                luma_exec(api.session, NULL,
                          "{\"find\":\"users\",\"filter\":{\"age\":{\"$gtt\":1}}}", NULL,
                          &api_error));
  assert_string_equal(api_error.hint, "did you mean `$gt`?");
  assert_status(LUMA_UNKNOWN_LANGUAGE, luma_exec(api.session, "sql", "x", NULL, &api_error));
  assert_status(LUMA_SYNTAX_ERROR, luma_exec(api.session, NULL, "SELEC", NULL, NULL));
  api_end(&api);
}

/* ---- transactions ---- */

static void transactions_are_all_or_nothing(void **state) {
  (void)state;
  struct api api = api_begin();
  api_exec(api.session, "INSERT INTO t {id: 1, n: 0}");
  assert_ok(luma_begin(api.session, false, &api_error));
  assert_true(luma_in_transaction(api.session));
  api_exec(api.session, "UPDATE t SET n = 5");
  assert_status(LUMA_DUPLICATE_KEY,
                luma_insert(api.session, "t", "{\"id\":1}", LUMA_TEXT_END, NULL, 0, &api_error));
  assert_int_equal(api_number(api.session, "SELECT n FROM t"), 5);
  assert_ok(luma_rollback(api.session, &api_error));
  assert_int_equal(api_number(api.session, "SELECT n FROM t"), 0);
  api_end(&api);
}

static void the_second_to_change_meets_a_conflict(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_session *other;
  assert_ok(luma_session_open(api.db, &other, &api_error));
  api_exec(api.session, "INSERT INTO t {id: 1, n: 0}");
  assert_ok(luma_begin(api.session, false, &api_error));
  assert_ok(luma_begin(other, false, &api_error));
  api_exec(api.session, "UPDATE t SET n = n + 1");
  api_exec(other, "UPDATE t SET n = n + 1");
  assert_ok(luma_commit(api.session, &api_error));
  assert_status(LUMA_CONFLICT, luma_commit(other, &api_error));
  assert_true(api_error.retryable);
  assert_false(luma_in_transaction(other));
  assert_int_equal(api_number(other, "SELECT n FROM t"), 1);
  luma_session_close(other);
  api_end(&api);
}

/* ---- collections ---- */

static void documents_live_under_keys(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_param key = luma_text("a");
  luma_result *result;
  const luma_value *row;
  char made[64];
  uint64_t count;
  api_exec(api.session, "CREATE COLLECTION t");
  assert_status(LUMA_NOT_FOUND,
                luma_put(api.session, "t", &key, "{\"n\":1}", LUMA_TEXT_END, 0, &api_error));
  assert_ok(
      luma_put(api.session, "t", &key, "{\"n\":1}", LUMA_TEXT_END, LUMA_PUT_UPSERT, &api_error));
  assert_ok(luma_put(api.session, "t", &key, "{\"m\":2,\"n\":null}", LUMA_TEXT_END, LUMA_PUT_MERGE,
                     &api_error));
  assert_ok(luma_get(api.session, "t", &key, &result, &row, &api_error));
  assert_string_equal(luma_json(result, row, NULL), "{\"id\":\"a\",\"m\":2}");
  luma_result_close(result);
  assert_ok(
      luma_insert(api.session, "t", "{\"id\":42}", LUMA_TEXT_END, made, sizeof made, &api_error));
  assert_string_equal(made, "42");
  assert_ok(luma_count(api.session, "t", &count, &api_error));
  assert_int_equal(count, 2);
  assert_ok(luma_delete(api.session, "t", &key, &api_error));
  assert_status(LUMA_NOT_FOUND, luma_delete(api.session, "t", &key, &api_error));
  assert_status(LUMA_NOT_FOUND, luma_get(api.session, "t", &key, &result, &row, &api_error));
  api_end(&api);
}

static void many_are_inserted_all_or_none(void **state) {
  (void)state;
  struct api api = api_begin();
  const char *good[] = {"{\"id\":1}", "{\"id\":2}"}, *bad[] = {"{\"id\":3}", "{\"id\":1}"},
             *broken[] = {"{\"id\":4}", "{\"id\":"};
  size_t bytes[] = {8, 8}, failed = 9;
  luma_find_options options = {.filter = "{\"id\":{\"$gte\":1}}", .sort = "{\"id\":-1}"};
  luma_result *result;
  const luma_value *row;
  assert_ok(luma_insert_many(api.session, "t", good, bytes, 2, NULL, &api_error));
  assert_status(LUMA_DUPLICATE_KEY,
                luma_insert_many(api.session, "t", bad, bytes, 2, &failed, &api_error));
  assert_int_equal(failed, 1);
  bytes[1] = 6;
  assert_status(LUMA_INVALID_JSON,
                luma_insert_many(api.session, "t", broken, bytes, 2, &failed, &api_error));
  assert_ok(luma_find(api.session, "t", &options, &result, &api_error));
  assert_ok(luma_next(result, &row, &api_error));
  assert_string_equal(luma_json(result, row, NULL), "{\"_id\":2}");
  luma_result_close(result);
  api_end(&api);
}

/* ---- import, care ---- */

static void import_takes_bytes_cut_anywhere(void **state) {
  (void)state;
  static const char csv[] = "a,b\n1,\"x\ny\"\n02,\"\"\"\"\n";
  struct api api = api_begin();
  luma_import *import;
  luma_import_stats stats;
  assert_ok(luma_import_open(api.session, "t", LUMA_IMPORT_CSV, &import, &api_error));
  for (size_t i = 0; i + 1 < sizeof csv; i++)
    assert_ok(luma_import_write(import, csv + i, 1, &api_error));
  assert_ok(luma_import_close(import, &stats, &api_error));
  assert_int_equal(stats.documents, 2);
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM t WHERE a = '02' AND b = '\"'"),
                   1);
  assert_ok(luma_import_open(api.session, "t", LUMA_IMPORT_NDJSON, &import, &api_error));
  assert_status(LUMA_INVALID_JSON,
                luma_import_write(import, "{\"a\":1}\n{\"a\":}\n", 16, &api_error));
  assert_int_equal(api_error.line, 2);
  (void)luma_import_close(import, &stats, NULL);
  assert_int_equal(stats.documents, 1);
  api_end(&api);
}

static void documents_expire_when_asked(void **state) {
  (void)state;
  struct api api = api_begin();
  uint64_t deleted = 7;
  assert_ok(luma_expire(api.db, &deleted, &api_error));
  assert_int_equal(deleted, 0);
  assert_ok(luma_exec(api.session, "jql",
                      "{\"createIndexes\":\"t\",\"indexes\":[{\"key\":{\"at\":1},"
                      "\"expireAfterSeconds\":60}]}",
                      NULL, &api_error));
  api_exec(api.session, "INSERT INTO t {id: 1, at: TIMESTAMP '2001-01-01 00:00:00'}, "
                        "{id: 2, at: TIMESTAMP '2999-01-01 00:00:00'}, {id: 3}");
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM t"), 3);
  assert_ok(luma_expire(api.db, &deleted, &api_error));
  assert_int_equal(deleted, 1);
  assert_int_equal(api_number(api.session, "SELECT SUM(id) FROM t"), 5);
  assert_ok(luma_expire(api.db, NULL, &api_error));
  api_end(&api);
}

static void a_directory_is_locked_checked_and_reopened(void **state) {
  (void)state;
  char path[64], *json;
  luma_db *db, *second;
  luma_session *session;
  luma_options options = {.holder = "the api test"};
  api_make_dir(path);
  assert_ok(luma_open(path, &options, &db, &api_error));
  assert_ok(luma_session_open(db, &session, &api_error));
  api_exec(session, "INSERT INTO t {n: 1}");
  assert_status(LUMA_LOCKED, luma_open(path, NULL, &second, &api_error));
  assert_null(second);
  assert_non_null(strstr(api_error.message, "the api test"));
  assert_ok(luma_check(db, NULL, NULL, &api_error));
  assert_ok(luma_checkpoint(db, &api_error));
  assert_ok(luma_compact(db, &api_error));
  assert_ok(luma_stats(db, &json, &api_error));
  assert_non_null(strstr(json, "\"engine\":\"lsm\""));
  luma_free(json);
  luma_session_close(session);
  luma_close(db);
  options.read_only = true;
  assert_ok(luma_open(path, &options, &db, &api_error));
  assert_ok(luma_session_open(db, &session, &api_error));
  assert_int_equal(api_number(session, "SELECT COUNT(*) FROM t"), 1);
  assert_status(LUMA_READ_ONLY, luma_exec(session, "lql", "DELETE FROM t", NULL, &api_error));
  luma_session_close(session);
  luma_close(db);
  api_remove_dir(path);
}

static void savepoints_undo_a_part(void **state) {
  (void)state;
  struct api api = api_begin();
  assert_status(LUMA_INVALID_ARGUMENT, luma_savepoint(api.session, "s", &api_error));
  assert_ok(luma_begin(api.session, false, &api_error));
  api_exec(api.session, "INSERT INTO t {id: 1}");
  assert_ok(luma_savepoint(api.session, "s", &api_error));
  api_exec(api.session, "INSERT INTO t {id: 2}");
  assert_ok(luma_rollback_to(api.session, "s", &api_error));
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM t"), 1);
  assert_ok(luma_release(api.session, "s", &api_error));
  assert_status(LUMA_INVALID_ARGUMENT, luma_rollback_to(api.session, "s", &api_error));
  assert_ok(luma_commit(api.session, &api_error));
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM t"), 1);
  api_end(&api);
}

static void guards_hold_statements_back(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_guard guard = {.is_limited = true, .max_affected = 1};
  luma_result *result = NULL;
  const luma_value *row = NULL;
  api_exec(api.session, "INSERT INTO t {id: 1, n: 1}, {id: 2, n: 2}");
  luma_set_guard(api.session, &guard);
  assert_status(LUMA_MAX_AFFECTED,
                luma_exec(api.session, "lql", "DELETE FROM t", NULL, &api_error));
  guard = (luma_guard){.dry_run = true};
  luma_set_guard(api.session, &guard);
  assert_ok(luma_query(api.session, "lql", "UPDATE t SET n = 7 WHERE id = 2", NULL, 0, &result,
                       &api_error));
  assert_int_equal(luma_affected(result), 1);
  assert_int_equal(luma_columns_count(result), 4);
  assert_ok(luma_next(result, &row, &api_error));
  assert_string_equal(luma_json(result, row, NULL),
                      "{\"change\":\"update\",\"id\":2,\"before\":{\"id\":2,\"n\":2},"
                      "\"after\":{\"id\":2,\"n\":7}}");
  luma_result_close(result);
  luma_param second = {.type = LUMA_INT64, .integer = 2}, third = second;
  third.integer = 3;
  assert_ok(luma_delete(api.session, "t", &second, &api_error));
  assert_ok(
      luma_put(api.session, "t", &third, "{\"n\": 5}", LUMA_TEXT_END, LUMA_PUT_UPSERT, &api_error));
  guard = (luma_guard){.is_limited = true};
  luma_set_guard(api.session, &guard);
  assert_status(LUMA_MAX_AFFECTED, luma_delete(api.session, "t", &second, &api_error));
  luma_set_guard(api.session, NULL);
  assert_int_equal(api_number(api.session, "SELECT SUM(n) FROM t"), 3);
  api_end(&api);
}

static void import_two(luma_session *session, enum luma_status expected, uint64_t documents) {
  luma_import *import;
  luma_import_stats stats;
  assert_ok(luma_import_open(session, "t", LUMA_IMPORT_NDJSON, &import, &api_error));
  assert_ok(luma_import_write(import, "{\"id\":1}\n{\"id\":2}\n", 18, &api_error));
  assert_status(expected, luma_import_close(import, &stats, &api_error));
  assert_int_equal(stats.documents, documents);
  assert_false(luma_in_transaction(session));
}

static void guards_hold_imports_back(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_guard guard = {.is_limited = true, .max_affected = 1};
  api_exec(api.session, "CREATE COLLECTION t");
  luma_set_guard(api.session, &guard);
  import_two(api.session, LUMA_MAX_AFFECTED, 0);
  guard = (luma_guard){.dry_run = true};
  luma_set_guard(api.session, &guard);
  import_two(api.session, LUMA_OK, 2);
  luma_set_guard(api.session, NULL);
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM t"), 0);
  guard = (luma_guard){.is_limited = true, .max_affected = 2};
  luma_set_guard(api.session, &guard);
  import_two(api.session, LUMA_OK, 2);
  import_two(api.session, LUMA_DUPLICATE_KEY, 0);
  luma_set_guard(api.session, NULL);
  assert_int_equal(api_number(api.session, "SELECT COUNT(*) FROM t"), 2);
  api_end(&api);
}

static void targets_that_cannot_be_opened_say_why(void **state) {
  (void)state;
  static const char *const targets[] = {"", "http://127.0.0.1:1", "postgres://127.0.0.1:1/x",
                                        "/proc/nothing/here", "/dev/null"};
  luma_db *db;
  luma_options options = {.must_exist = true};
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
    assert_int_not_equal(luma_open(targets[i], &options, &db, &api_error), LUMA_OK);
    assert_null(db);
    assert_true(api_error.message[0] != 0);
  }
  luma_close(NULL);
  luma_session_close(NULL);
  luma_result_close(NULL);
  luma_statement_close(NULL);
}

static void expect_find_fails(struct api *api, luma_find_options options, enum luma_status status) {
  luma_result *result = NULL;
  assert_status(status, luma_find(api->session, "t", &options, &result, &api_error));
  assert_null(result);
  assert_int_equal(api_error.line, status == LUMA_INVALID_JSON); /* of the text that was given */
}

static void misuse_is_an_error(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_db *db;
  luma_param key = luma_int64(1);
  api_exec(api.session, "INSERT INTO t {id: 1, a: 1}, {id: 2, a: 2}");
  assert_status(LUMA_INVALID_ARGUMENT, luma_open(NULL, NULL, &db, &api_error));
  expect_find_fails(&api, (luma_find_options){.filter = "{}, \"limit\": 1"}, LUMA_INVALID_JSON);
  expect_find_fails(&api, (luma_find_options){.sort = "{}} {"}, LUMA_INVALID_JSON);
  expect_find_fails(&api, (luma_find_options){.filter = "[]"}, LUMA_INVALID_ARGUMENT);
  expect_find_fails(&api, (luma_find_options){.filter = "{\"a\": {\"$gtt\": 1}}"},
                    LUMA_UNKNOWN_OPERATOR);
  assert_status(LUMA_INVALID_ARGUMENT,
                luma_put(api.session, "t", &key, "{}", LUMA_TEXT_END, 4, &api_error));
  assert_int_equal(api_number(api.session, "SELECT sum(a) FROM t"), 3);
  luma_set_timeout_ms(api.session, UINT64_MAX / 1000 + 1); /* in microseconds a small number */
  assert_int_equal(api_number(api.session, "SELECT count(*) FROM t, t AS u, t AS v"), 8);
  api_end(&api);
}

static void a_cancelled_session_goes_on(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_result *result;
  const luma_value *row;
  uint64_t count;
  luma_param key = luma_int64(1);
  api_exec(api.session, "INSERT INTO t {id: 1, a: 1}");
  luma_cancel(api.session);
  assert_ok(luma_get(api.session, "t", &key, &result, &row, &api_error));
  luma_result_close(result);
  luma_cancel(api.session);
  assert_ok(luma_count(api.session, "t", &count, &api_error));
  assert_ok(luma_put(api.session, "t", &key, "{}", LUMA_TEXT_END, 0, &api_error));
  assert_status(LUMA_UNKNOWN_COLLECTION, luma_count(api.session, "no", &count, &api_error));
  luma_cancel(api.session);
  assert_ok(luma_find(api.session, "t", NULL, &result, &api_error));
  assert_null(luma_column(result, 9));
  assert_ok(luma_next(result, &row, &api_error));
  assert_non_null(row);
  assert_ok(luma_next(result, &row, &api_error));
  assert_null(row);
  assert_int_equal(luma_value_type(luma_column(result, 0)), LUMA_MISSING);
  luma_result_close(result);
  api_end(&api);
}

static void runs_of_one_statement_are_open_at_once(void **state) {
  (void)state;
  struct api api = api_begin();
  luma_statement *statement;
  luma_result *results[3];
  const luma_value *row;
  api_exec(api.session, "INSERT INTO t {id: 1}, {id: 2}, {id: 3}");
  assert_ok(luma_prepare(api.session, "lql", "SELECT id FROM t WHERE id >= ? ORDER BY id",
                         LUMA_TEXT_END, &statement, &api_error));
  for (int i = 0; i < 3; i++) {
    luma_param least = luma_int64(i + 1);
    assert_ok(luma_run(statement, &least, 1, &results[i], &api_error));
  }
  for (int i = 0; i < 3; i++) {
    int64_t id = 0;
    assert_ok(luma_next(results[i], &row, &api_error));
    assert_true(luma_value_int64(luma_column(results[i], 0), &id));
    assert_int_equal(id, i + 1);
  }
  for (int i = 0; i < 3; i++) luma_result_close(results[i]);
  luma_statement_close(statement);
  api_end(&api);
}

int main(void) {
  static const struct CMUnitTest cases[] = {
      cmocka_unit_test(values_are_read_by_type),
      cmocka_unit_test(fields_have_names_in_order),
      cmocka_unit_test(parameters_of_every_type_come_back),
      cmocka_unit_test(prepared_statements_run_many_times),
      cmocka_unit_test(a_thousand_results_are_open_at_once),
      cmocka_unit_test(scripts_stop_at_the_first_error),
      cmocka_unit_test(errors_teach),
      cmocka_unit_test(transactions_are_all_or_nothing),
      cmocka_unit_test(the_second_to_change_meets_a_conflict),
      cmocka_unit_test(savepoints_undo_a_part),
      cmocka_unit_test(guards_hold_statements_back),
      cmocka_unit_test(guards_hold_imports_back),
      cmocka_unit_test(documents_live_under_keys),
      cmocka_unit_test(many_are_inserted_all_or_none),
      cmocka_unit_test(import_takes_bytes_cut_anywhere),
      cmocka_unit_test(documents_expire_when_asked),
      cmocka_unit_test(a_directory_is_locked_checked_and_reopened),
      cmocka_unit_test(targets_that_cannot_be_opened_say_why),
      cmocka_unit_test(runs_of_one_statement_are_open_at_once),
      cmocka_unit_test(misuse_is_an_error),
      cmocka_unit_test(a_cancelled_session_goes_on),
  };
  return api_main(cases, sizeof cases / sizeof cases[0]);
}
