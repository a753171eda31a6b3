/* SPDX-License-Identifier: MIT */
#include "tests/model/pair.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem/mem.h"
#include "query/opt/opt.h"

/* ---- the databases ---- */

static void open_side(struct pair_side *side) {
  struct db_options options = {.sync_mode = STORE_SYNC_NEVER, .rules_off = side->rules};
  assert_ok(db_open(side->target, &options, &side->db, test_err()));
  assert_ok(session_open(side->db, &side->session, test_err()));
}

static void close_side(struct pair_side *side) {
  session_close(side->session);
  assert_ok(model_check(side->db->model, NULL, NULL, test_err()));
  db_close(side->db);
}

enum { STEPS_AT_ONCE = 1000 };

static int count_steps(void *context) {
  struct pair *pair = context;
  pair->steps += STEPS_AT_ONCE;
  return pair->steps > PAIR_STEPS_MAX;
}

void pair_open(struct pair *pair, const char *const *targets, size_t count) {
  *pair = (struct pair){.rng = test_rng(), .sides_count = count};
  buf_init(&pair->text, PAIR_TEXT_BYTES_MAX);
  assert_int_equal(SQLITE_OK, sqlite3_open(":memory:", &pair->sqlite));
  sqlite3_progress_handler(pair->sqlite, STEPS_AT_ONCE, count_steps, pair);
  pair_run_sqlite(pair, "PRAGMA case_sensitive_like = ON");
  for (size_t i = 0; i < count; i++) {
    pair->sides[i].target = targets[i];
    open_side(&pair->sides[i]);
  }
}

void pair_close(struct pair *pair) {
  for (size_t i = 0; i < pair->sides_count; i++) close_side(&pair->sides[i]);
  if (pair->given_up * 100 > pair->asked)
    fail_msg("%llu of %llu statements took SQLite too long", (unsigned long long)pair->given_up,
             (unsigned long long)pair->asked);
  sqlite3_close(pair->sqlite);
  buf_deinit(&pair->text);
}

/** All passes run, none does, or each by a toss. */
static void draw_rules(struct pair *pair, struct pair_side *side) {
  uint64_t choice = rng_below(pair->rng, 4);
  size_t count = 0;
  for (uint32_t i = 0; choice && opt_pass_name(i); i++) {
    assert_true(count < PAIR_RULES_MAX);
    if (choice == 1 || rng_below(pair->rng, 2)) side->rules[count++] = opt_pass_name(i);
  }
  side->rules[count] = NULL;
}

void pair_draw(struct pair *pair, bool reopens) {
  static const uint32_t sizes[] = {1, 2, 3, 3, 7, 64, 0, 0};
  for (size_t i = 0; i < pair->sides_count; i++) {
    struct pair_side *side = &pair->sides[i];
    if (reopens && strcmp(side->target, "memory:") != 0 && rng_below(pair->rng, 3) == 0) {
      close_side(side);
      open_side(side);
    }
    side->is_indexed = rng_below(pair->rng, 3) > 0;
    side->db->options.batch_rows = sizes[rng_below(pair->rng, sizeof sizes / sizeof sizes[0])];
    draw_rules(pair, side);
  }
}

/* ---- asking ---- */

/** Sums depend on the order of their rows by their last digits: near 0 those are all there is. */
static void append_real(struct buf *out, double real) {
  buf_append_format(out, "%.12g|", fabs(real) < 1e-9 ? 0.0 : real);
}

static void append_value(struct buf *out, const struct val *value) {
  if (val_is_null(value))
    buf_append_text(out, "NULL|");
  else if (val_is_integer(value))
    buf_append_format(out, "%lld|", (long long)value->integer);
  else if (val_is_number(value))
    append_real(out, val_to_float64(value));
  else if (value->type == VAL_BOOL)
    buf_append_format(out, "%d|", value->boolean);
  else if (value->type == VAL_TEXT)
    buf_append_format(out, "'%.*s'|", SLICE_ARG(val_slice(value)));
  else
    buf_append_format(out, "%s|", val_type_name((enum val_type)value->type));
}

/** How a side runs, for people. */
static void append_side(struct buf *out, const struct pair_side *side) {
  uint32_t rows = side->db->options.batch_rows;
  buf_append_format(out, "%.*s, %s indexes, %u rows a batch, all passes but",
                    (int)strcspn(side->target, ":?"), side->target,
                    side->is_indexed ? "with" : "without", rows ? rows : BATCH_ROWS);
  for (const char *const *rule = side->rules; *rule; rule++) buf_append_format(out, " [%s]", *rule);
}

/** The plan of the statement in `text`, a line each; nothing for what is not explained. */
static void append_plan(struct buf *out, const struct pair *pair, const struct pair_side *side) {
  struct buf text;
  struct session_cursor *cursor = NULL;
  struct val document;
  buf_init(&text, PAIR_TEXT_BYTES_MAX);
  buf_append_text(&text, "EXPLAIN ");
  buf_append_slice(&text, buf_slice(&pair->text));
  struct session_request request = {.source = {.lang = &lang_lql, .text = buf_slice(&text)}};
  bool has = session_run(side->session, &request, NULL, &cursor, NULL) == LUMA_OK;
  while (has && session_next(cursor, &document, &has, NULL) == LUMA_OK && has) {
    struct val line = session_column(cursor, 0);
    buf_append_format(out, "%.*s\n", SLICE_ARG(val_slice(&line)));
  }
  session_cursor_close(cursor);
  buf_deinit(&text);
}

__attribute__((noreturn)) static void fail_side(struct pair *pair, const struct pair_side *side,
                                                const char *problem) {
  struct buf label;
  buf_init(&label, PAIR_TEXT_BYTES_MAX);
  append_side(&label, side);
  buf_append_byte(&label, '\n');
  append_plan(&label, pair, side);
  (void)fprintf(stderr, "%.*s%.*s\n%s", SLICE_ARG(buf_slice(&label)),
                SLICE_ARG(buf_slice(&pair->text)), problem);
  fail();
  abort();
}

/** Runs the statement in `text` in a side and appends its rows, or `affected N`. */
static void ask(struct pair *pair, struct pair_side *side, struct buf *out) {
  struct session_request request = {.source = {.lang = &lang_lql, .text = buf_slice(&pair->text)}};
  struct session_cursor *cursor = NULL;
  struct err err = {0};
  test_doing(buf_slice(&pair->text));
  if (session_run(side->session, &request, NULL, &cursor, &err) != LUMA_OK) {
    if (!pair->may_refuse) fail_side(pair, side, err.message);
    buf_append_text(out, "refused\n");
    return;
  }
  uint32_t columns;
  (void)session_columns(cursor, &columns);
  for (;;) {
    struct val document;
    bool has = false;
    if (session_next(cursor, &document, &has, &err) != LUMA_OK) fail_side(pair, side, err.message);
    if (!has) break;
    for (uint32_t i = 0; i < columns; i++) {
      struct val value = session_column(cursor, i);
      append_value(out, &value);
    }
    buf_append_byte(out, '\n');
  }
  if (session_reply(cursor) == QUERY_REPLY_CHANGE)
    buf_append_format(out, "affected %llu\n", (unsigned long long)session_outcome(cursor).affected);
  session_cursor_close(cursor);
}

static void append_column(struct buf *out, sqlite3_stmt *statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
  case SQLITE_NULL: buf_append_text(out, "NULL|"); break;
  case SQLITE_INTEGER:
    buf_append_format(out, "%lld|", (long long)sqlite3_column_int64(statement, column));
    break;
  case SQLITE_FLOAT: append_real(out, sqlite3_column_double(statement, column)); break;
  default:
    buf_append_format(out, "'%s'|", (const char *)sqlite3_column_text(statement, column));
    break;
  }
}

/** SQLite's count is that of the last statement that changed rows; words of transactions do not. */
static int changed_rows(const struct pair *pair) {
  static const char *const words[] = {"SAVEPOINT", "ROLLBACK", "RELEASE"};
  struct slice text = buf_slice(&pair->text);
  bool is_word = false;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    is_word |= slice_has_prefix(text, slice_of_text(words[i]));
  return is_word ? 0 : sqlite3_changes(pair->sqlite);
}

/** False when the statement takes too long. */
static bool ask_sqlite(struct pair *pair, struct buf *out) {
  sqlite3_stmt *statement = NULL;
  test_doing(buf_slice(&pair->text));
  pair->steps = 0;
  pair->asked++;
  int prepared = sqlite3_prepare_v2(pair->sqlite, (const char *)pair->text.data,
                                    (int)pair->text.bytes, &statement, NULL);
  if (prepared != SQLITE_OK)
    fail_msg("%s: %.*s", sqlite3_errmsg(pair->sqlite), SLICE_ARG(buf_slice(&pair->text)));
  int step;
  while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(statement); i++) append_column(out, statement, i);
    buf_append_byte(out, '\n');
  }
  bool takes_long = step == SQLITE_INTERRUPT, is_refused = step != SQLITE_DONE && !takes_long;
  if (is_refused && !pair->may_refuse)
    fail_msg("%s: %.*s", sqlite3_errmsg(pair->sqlite), SLICE_ARG(buf_slice(&pair->text)));
  if (is_refused)
    buf_append_text(out, "refused\n");
  else if (sqlite3_column_count(statement) == 0)
    buf_append_format(out, "affected %d\n", changed_rows(pair));
  sqlite3_finalize(statement);
  pair->given_up += takes_long;
  return !takes_long;
}

void pair_run_sqlite(struct pair *pair, const char *text) {
  pair->steps = 0;
  if (sqlite3_exec(pair->sqlite, text, NULL, NULL, NULL) != SQLITE_OK)
    fail_msg("%s: %s", sqlite3_errmsg(pair->sqlite), text);
}

void pair_run_side(struct pair *pair, struct pair_side *side, const char *text) {
  struct buf saved = pair->text, out;
  buf_init(&pair->text, PAIR_TEXT_BYTES_MAX);
  buf_init(&out, PAIR_TEXT_BYTES_MAX);
  buf_append_text(&pair->text, text);
  ask(pair, side, &out);
  buf_deinit(&pair->text);
  buf_deinit(&out);
  pair->text = saved;
}

void pair_run(struct pair *pair, const char *text) {
  pair_run_sqlite(pair, text);
  for (size_t i = 0; i < pair->sides_count; i++) pair_run_side(pair, &pair->sides[i], text);
}

/* ---- comparing ---- */

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Without an ORDER BY the order of the lines says nothing. */
static void sort_lines(struct buf *text) {
  size_t count = 0;
  char **lines = mem_alloc((text->bytes + 1) * sizeof *lines);
  assert_non_null(lines);
  buf_append_byte(text, 0);
  struct buf sorted;
  buf_init(&sorted, PAIR_TEXT_BYTES_MAX);
  for (char *line = strtok((char *)text->data, "\n"); line; line = strtok(NULL, "\n"))
    lines[count++] = line;
  qsort(lines, count, sizeof *lines, compare_lines);
  for (size_t i = 0; i < count; i++) buf_append_format(&sorted, "%s\n", lines[i]);
  buf_deinit(text);
  *text = sorted;
  mem_free(lines);
}

static void expect_same(struct pair *pair, const struct buf *expected, struct pair_side *side,
                        bool ordered) {
  struct buf answer, problem;
  buf_init(&answer, PAIR_TEXT_BYTES_MAX);
  ask(pair, side, &answer);
  if (!ordered) sort_lines(&answer);
  if (!slice_is_equal(buf_slice(expected), buf_slice(&answer))) {
    buf_init(&problem, PAIR_TEXT_BYTES_MAX);
    buf_append_format(&problem, "SQLite:\n%.*s\nLumaDB:\n%.*s", SLICE_ARG(buf_slice(expected)),
                      SLICE_ARG(buf_slice(&answer)));
    buf_append_byte(&problem, 0);
    fail_side(pair, side, (const char *)problem.data);
  }
  buf_deinit(&answer);
}

void pair_compare(struct pair *pair, bool ordered) {
  struct buf expected;
  bool was_in_transaction = !sqlite3_get_autocommit(pair->sqlite);
  buf_init(&expected, PAIR_TEXT_BYTES_MAX);
  bool is_answered = ask_sqlite(pair, &expected);
  bool is_ended = was_in_transaction && sqlite3_get_autocommit(pair->sqlite);
  if (is_answered && !ordered) sort_lines(&expected);
  for (size_t i = 0; i < pair->sides_count; i++) {
    if (is_answered) expect_same(pair, &expected, &pair->sides[i], ordered);
    if (!is_answered && is_ended) pair_run_side(pair, &pair->sides[i], "ROLLBACK");
  }
  buf_deinit(&expected);
}

bool pair_is_in_transaction(const struct pair *pair) {
  return !sqlite3_get_autocommit(pair->sqlite);
}
