/* SPDX-License-Identifier: MIT */
#include "tests/model/pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem/mem.h"

static void append_real(struct buf *out, double real) {
  buf_append_format(out, "%.12g|", real == 0 ? 0.0 : real);
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

void pair_ask(struct pair *pair, struct session *session, struct buf *out) {
  struct session_request request = {.source = {.lang = &lang_lql, .text = buf_slice(&pair->text)}};
  struct session_cursor *cursor = NULL;
  struct err err = {0};
  if (session_run(session, &request, NULL, &cursor, &err) != LUMA_OK)
    fail_msg("%s (%s) at %u: %.*s", err.message, err.hint, err.column,
             SLICE_ARG(buf_slice(&pair->text)));
  uint32_t columns;
  (void)session_columns(cursor, &columns);
  for (;;) {
    struct val document;
    bool has = false;
    if (session_next(cursor, &document, &has, &err) != LUMA_OK)
      fail_msg("%s: %.*s", err.message, SLICE_ARG(buf_slice(&pair->text)));
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

static void ask_sqlite(struct pair *pair, struct buf *out) {
  sqlite3_stmt *statement = NULL;
  int prepared = sqlite3_prepare_v2(pair->sqlite, (const char *)pair->text.data,
                                    (int)pair->text.bytes, &statement, NULL);
  if (prepared != SQLITE_OK)
    fail_msg("%s: %.*s", sqlite3_errmsg(pair->sqlite), SLICE_ARG(buf_slice(&pair->text)));
  int step;
  while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(statement); i++) append_column(out, statement, i);
    buf_append_byte(out, '\n');
  }
  if (step != SQLITE_DONE)
    fail_msg("%s: %.*s", sqlite3_errmsg(pair->sqlite), SLICE_ARG(buf_slice(&pair->text)));
  if (sqlite3_column_count(statement) == 0)
    buf_append_format(out, "affected %d\n", sqlite3_changes(pair->sqlite));
  sqlite3_finalize(statement);
}

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

static void expect_same(struct pair *pair, const struct buf *expected, struct session *session,
                        const char *where, bool ordered) {
  struct buf answer;
  buf_init(&answer, PAIR_TEXT_BYTES_MAX);
  pair_ask(pair, session, &answer);
  if (!ordered) sort_lines(&answer);
  if (!slice_is_equal(buf_slice(expected), buf_slice(&answer)))
    fail_msg("%s: %.*s\nSQLite:\n%.*s\nLumaDB:\n%.*s", where, SLICE_ARG(buf_slice(&pair->text)),
             SLICE_ARG(buf_slice(expected)), SLICE_ARG(buf_slice(&answer)));
  buf_deinit(&answer);
}

void pair_compare(struct pair *pair, bool ordered) {
  struct buf expected;
  buf_init(&expected, PAIR_TEXT_BYTES_MAX);
  ask_sqlite(pair, &expected);
  if (!ordered) sort_lines(&expected);
  expect_same(pair, &expected, pair->plain_session, "without indexes", ordered);
  expect_same(pair, &expected, pair->indexed_session, "with indexes", ordered);
  buf_deinit(&expected);
}
