/* SPDX-License-Identifier: MIT */
/* The door as services use it: statements prepared once and opened often, parameters, scripts,
 * commands as values, policies. */
#include <stdio.h>

#include "tests/lang/script.h"
#include "value/json/json.h"

static struct script_db db;
static struct arena arena;

static void execute(const char *text) {
  struct buf answer;
  buf_init(&answer, 1 << 20);
  assert_ok(script_try(&db, &lang_lql, slice_of_text(text), &answer, test_err()));
  buf_deinit(&answer);
}

static void open_filled(void) {
  script_open(&db);
  arena_init(&arena, 0, 0);
  execute("INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y'), (3, 30, 'x')");
}

static void close_all(void) {
  arena_deinit(&arena);
  script_close(&db);
}

static struct model_txn *begin(void) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn = NULL;
  assert_ok(model_begin(db.model, &options, &txn, test_err()));
  return txn;
}

static struct query *prepare(const char *text, const struct query_policy *policy) {
  struct query_source source = {.lang = &lang_lql, .text = slice_of_text(text)};
  struct query_prepare_options options = {.policy = policy};
  struct query *query = NULL;
  assert_ok(query_prepare(db.model, NULL, &source, NULL, &options, &query, test_err()));
  return query;
}

/** What a run answers, as JSON lines, in the arena. */
static const char *drain(struct query *query, struct query_run *run) {
  struct json_write_options json = {.form = JSON_PLAIN};
  struct buf text;
  buf_init(&text, 1 << 20);
  for (struct batch *batch = NULL;;) {
    assert_ok(query_next(run, &batch, test_err()));
    if (!batch) break;
    for (uint32_t i = 0; i < batch->selected_count; i++) {
      struct val document = batch->columns[0][batch_row(batch, i)];
      if (query_reply(query) == QUERY_REPLY_DOCUMENTS)
        assert_ok(query_document(run, batch, i, &document, test_err()));
      json_write(&text, &document, &json);
      buf_append_byte(&text, ' ');
    }
  }
  buf_append_byte(&text, 0);
  const char *copy = arena_copy(&arena, text.data, text.bytes);
  buf_deinit(&text);
  assert_non_null(copy);
  return copy;
}

static const char *answer(struct query *query, struct query_params params) {
  struct query_open_options options = {.params = params};
  struct model_txn *txn = begin();
  struct query_run *run = NULL;
  assert_ok(query_open(query, txn, &options, &run, test_err()));
  const char *text = drain(query, run);
  query_close(run);
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  return text;
}

static const char *answer_plain(struct query *query) {
  return answer(query, (struct query_params){0});
}

static void parameters_by_number(void) {
  open_filled();
  struct query *query = prepare("SELECT b FROM t WHERE a > $1 AND b = $2 LIMIT $3", NULL);
  struct val values[] = {val_int64(5), val_text(slice_of_text("x")), val_int64(1)};
  assert_int_equal(3, query_parameters_count(query));
  assert_string_equal("{\"b\":\"x\"} ", answer(query, (struct query_params){values, NULL, 3}));
  values[2] = val_int64(9);
  assert_string_equal("{\"b\":\"x\"} {\"b\":\"x\"} ",
                      answer(query, (struct query_params){values, NULL, 3}));
  values[0] = val_int64(100);
  assert_string_equal("", answer(query, (struct query_params){values, NULL, 3}));
  query_destroy(query);
  close_all();
}

static void missing_parameter_is_named(void) {
  struct query_open_options options = {0};
  struct query_run *run = NULL;
  open_filled();
  struct query *query = prepare("SELECT b FROM t WHERE a > $1", NULL);
  struct model_txn *txn = begin();
  struct err err = {0};
  status done = query_open(query, txn, &options, &run, &err);
  assert_int_equal(LUMA_UNKNOWN_PARAMETER, done);
  assert_int_equal(27, err.column);
  query_destroy(query);
  model_rollback(txn);
  close_all();
}

/** A list as a parameter stands for its elements, also where an index is used. */
static void list_parameter(void) {
  static const char *const json = "[10, 30, null]";
  struct json_reader *reader = NULL;
  struct json_read_options options = {.form = JSON_PLAIN};
  struct buf room;
  struct val list;
  open_filled();
  execute("CREATE INDEX ON t (a)");
  buf_init(&room, 1024);
  assert_ok(json_reader_create(&reader, test_err()));
  assert_ok(json_read_value(reader, slice_of_text(json), &options, &room, &list, test_err()));
  struct query *query = prepare("SELECT id FROM t WHERE a IN ($1) ORDER BY id", NULL);
  assert_string_equal("{\"id\":1} {\"id\":3} ",
                      answer(query, (struct query_params){&list, NULL, 1}));
  query_destroy(query);
  json_reader_destroy(reader);
  buf_deinit(&room);
  close_all();
}

/** A prepared statement sees a collection dropped and made again, and indexes that come and go. */
static void follows_the_catalog(void) {
  open_filled();
  struct query *query = prepare("SELECT id FROM t WHERE a = 20", NULL);
  assert_string_equal("{\"id\":2} ", answer_plain(query));
  execute("CREATE INDEX by_a ON t (a)");
  assert_string_equal("{\"id\":2} ", answer_plain(query));
  execute("DROP INDEX by_a");
  assert_string_equal("{\"id\":2} ", answer_plain(query));
  execute("DROP TABLE t");
  struct model_txn *txn = begin();
  struct query_open_options options = {0};
  struct query_run *run = NULL;
  assert_status(LUMA_UNKNOWN_COLLECTION, query_open(query, txn, &options, &run, test_err()));
  model_rollback(txn);
  execute("INSERT INTO t (id, a) VALUES (7, 20)");
  assert_string_equal("{\"id\":7} ", answer_plain(query));
  query_destroy(query);
  close_all();
}

/** Runs of one statement do not disturb each other, and outlive a new preparation. */
static void runs_side_by_side(void) {
  struct query_open_options options = {0};
  struct query_run *first = NULL, *second = NULL;
  open_filled();
  struct query *query = prepare("SELECT id FROM t ORDER BY id", NULL);
  struct model_txn *txn = begin();
  assert_ok(query_open(query, txn, &options, &first, test_err()));
  execute("CREATE INDEX by_b ON t (b)");
  struct model_txn *later = begin();
  assert_ok(query_open(query, later, &options, &second, test_err()));
  assert_string_equal("{\"id\":1} {\"id\":2} {\"id\":3} ", drain(query, first));
  assert_string_equal("{\"id\":1} {\"id\":2} {\"id\":3} ", drain(query, second));
  query_close(first);
  query_close(second);
  query_destroy(query);
  model_rollback(txn);
  model_rollback(later);
  close_all();
}

/** Statement after statement of a script that is longer than the window it is read through;
 * positions count in the whole. */
static void scripts(void) {
  struct buf text;
  size_t offset = 0;
  struct err err = {0};
  open_filled();
  buf_init(&text, 1 << 20);
  for (int i = 0; i < 2000; i++) buf_append_format(&text, "SELECT %d AS n;\n", i);
  buf_append_text(&text, "SELECT 'unfinished");
  struct query_source source = {.lang = &lang_lql, .text = buf_slice(&text)};
  for (int i = 0; i < 2000; i++) {
    struct query *query = NULL;
    char expected[64];
    assert_ok(query_prepare(db.model, NULL, &source, &offset, NULL, &query, test_err()));
    snprintf(expected, sizeof expected, "{\"n\":%d} ", i);
    assert_string_equal(expected, answer_plain(query));
    query_destroy(query);
    arena_reset(&arena);
  }
  struct query *query = NULL;
  assert_int_equal(LUMA_SYNTAX_ERROR,
                   query_prepare(db.model, NULL, &source, &offset, NULL, &query, &err));
  assert_int_equal(2001, err.line);
  buf_deinit(&text);
  close_all();
}

static void one_statement_means_one(void) {
  struct query_source source = {.lang = &lang_lql, .text = slice_of_text("SELECT 1; SELECT 2")};
  struct query *query = NULL;
  struct err err = {0};
  open_filled();
  assert_int_equal(LUMA_SYNTAX_ERROR,
                   query_prepare(db.model, NULL, &source, NULL, NULL, &query, &err));
  assert_int_equal(11, err.column);
  close_all();
}

/* ---- policies ---- */

/** Sees only b = 'x', and never the attribute a; may not delete. */
static status check_x(void *context, const struct collection *collection, enum query_access access,
                      struct arena *plans, struct expr **predicate, struct shape **mask,
                      struct err *err) {
  static struct path_step step;
  static struct path hidden[1];
  (void)context, (void)collection;
  if (access == QUERY_DELETE) FAIL(err, LUMA_FORBIDDEN, "you may not delete");
  struct expr *name = expr_name(plans, slice_of_text("b"), false, 0);
  struct expr *x = expr_const(plans, val_text(slice_of_text("x")), 0);
  *predicate = expr_binary(plans, EXPR_OP_EQ, name, x, 0);
  hidden[0] = path_of_name(&step, slice_of_text("a"));
  *mask = arena_zalloc(plans, 1, sizeof **mask);
  if (!*predicate || !*mask) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a policy");
  **mask = (struct shape){.include = false, .id = true, .paths = hidden, .paths_count = 1};
  return LUMA_OK;
}

static void expect(const struct query_policy *policy, const char *text, const char *expected) {
  struct query *query = prepare(text, policy);
  assert_string_equal(expected, answer_plain(query));
  query_destroy(query);
}

static void policies_hold_everywhere(void) {
  struct query_policy policy = {.check = check_x};
  open_filled();
  expect(&policy, "SELECT * FROM t", "{\"id\":1,\"b\":\"x\"} {\"id\":3,\"b\":\"x\"} ");
  expect(&policy, "SELECT * FROM t WHERE id = 2", "");
  expect(&policy, "SELECT COUNT(*) AS n FROM t", "{\"n\":2} ");
  expect(&policy, "SELECT MAX(a) AS a FROM t", "{\"a\":null} ");
  expect(&policy, "SELECT id FROM t WHERE a = 10", "");
  expect(&policy, "SELECT u.id FROM t JOIN t AS u ON t.id = u.id ORDER BY u.id",
         "{\"id\":1} {\"id\":3} ");
  expect(&policy, "UPDATE t SET c = 1", "");
  expect(NULL, "SELECT COUNT(*) AS n FROM t WHERE c = 1 AND a > 0", "{\"n\":2} ");
  struct query_source source = {.lang = &lang_lql, .text = slice_of_text("DELETE FROM t")};
  struct query_prepare_options options = {.policy = &policy};
  struct query *query = NULL;
  assert_status(LUMA_FORBIDDEN,
                query_prepare(db.model, NULL, &source, NULL, &options, &query, test_err()));
  close_all();
}

static void the_language_is_guessed(void) {
  static const struct {
    const char *text;
    const struct lang *lang;
  } guesses[] = {
      {"SELECT 1", &lang_lql},
      {"  with a AS (SELECT 1) SELECT * FROM a", &lang_lql},
      {"(SELECT 1) UNION (SELECT 2)", &lang_lql},
      {"VALUES (1)", &lang_lql},
      {"MERGE INTO t USING u ON t.id = u.id", &lang_lql},
      {"-- said before\nSELECT 1", &lang_lql},
      {"UPDATE t SET a = 1", &lang_lql},
      {"update t set a to 1", &lang_nql},
      {"UPDATE t SET a='x to y'", &lang_lql},
      {"update t increase a by 1 where b = 2", &lang_nql},
      {"update t where b is 2 clear a", &lang_nql},
      {"update all t clear a", &lang_nql},
      {"UPDATE t_clear SET a = 1", &lang_lql},
      {"UPDATE clear SET clear = 1", &lang_lql},
      {"UPDATE t SET a = 1 WHERE clear", &lang_lql},
      {"EXPLAIN SELECT 1", &lang_lql},
      {"explain (costs off) select 1", &lang_lql},
      {"explain find t", &lang_nql},
      {"explain update t clear a where b is 1", &lang_nql},
      {"EXPLAIN UPDATE t SET a = 1", &lang_lql},
      {"explain remove t where b is 1", &lang_nql},
      {"show indexes of t", &lang_nql},
      {"show indexes", &lang_lql},
      {"show indexes from t", &lang_lql},
      {"SHOW LINEAGE OF t", &lang_lql},
      {"DELETE FROM t", &lang_lql},
      {"delete all t", &lang_nql},
      {"show first 10 t", &lang_nql},
      {"SHOW INDEXES", &lang_lql},
      {"SHOW COLUMNS FROM t", &lang_lql},
      {"SHOW CREATE TABLE t", &lang_lql},
      {"show databases;", &lang_lql},
      {"show keys where a is 1", &lang_nql},
      {"PRAGMA table_info(t)", &lang_lql},
      {"REINDEX t", &lang_lql},
      {"VACUUM", &lang_lql},
      {"SHOW SERVER_VERSION", &lang_lql},
      {"SHOW TIME ZONE", &lang_lql},
      {"show time where a is 1", &lang_nql},
      {"PIVOT v AT k FROM t", &lang_lql},
      {"prepare p AS SELECT 1", &lang_lql},
      {"find t where a is 1", &lang_nql},
      {" {\"find\":\"t\"}", &lang_jql},
  };
  for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++)
    if (lang_guess(slice_of_text(guesses[i].text)) != guesses[i].lang)
      fail_msg("`%s` is %s", guesses[i].text, guesses[i].lang->name);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"parameters_by_number", parameters_by_number, 0},
      {"missing_parameter_is_named", missing_parameter_is_named, 0},
      {"list_parameter", list_parameter, 0},
      {"follows_the_catalog", follows_the_catalog, 0},
      {"runs_side_by_side", runs_side_by_side, 0},
      {"the_language_is_guessed", the_language_is_guessed, 0},
      {"scripts", scripts, 0},
      {"one_statement_means_one", one_statement_means_one, 0},
      {"policies_hold_everywhere", policies_hold_everywhere, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
