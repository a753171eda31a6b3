/* SPDX-License-Identifier: MIT */
/* Statements and their results. */
#include "api/api_int.h"
#include "base/mem/mem.h"

struct luma_result *api__result_create(luma_session *session) {
  struct luma_result *made = mem_zalloc(1, sizeof *made);
  if (!made) return NULL;
  made->session = session;
  arena_init(&made->whole, 0, 0);
  arena_init(&made->step, 0, 0);
  arena_init(&made->params, 0, 0);
  return made;
}

void luma_result_close(luma_result *result) {
  if (!result) return;
  session_cursor_close(result->cursor);
  arena_deinit(&result->whole);
  arena_deinit(&result->step);
  arena_deinit(&result->params);
  mem_free(result);
}

static status find_language(const char *language, const struct lang **lang, struct err *err) {
  *lang = language ? lang_find(slice_of_text(language)) : NULL;
  if (*lang || !language) return LUMA_OK;
  err_raise(err, LUMA_UNKNOWN_LANGUAGE, __FILE__, __LINE__, "there is no language `%s`", language);
  err_hint(err, "lql, nql or jql");
  return LUMA_UNKNOWN_LANGUAGE;
}

/* An insert in JQL keeps what it inserted before a document that it could not: here that document's
 * failure is the answer. */
static status check_documents(const luma_result *result, struct err *err) {
  struct session_outcome outcome = session_outcome(result->cursor);
  if (outcome.write_errors_count == 0) return LUMA_OK;
  const struct query_write_error *first = &outcome.write_errors[0];
  err_raise(err, first->code, __FILE__, __LINE__, "document %u: %s", first->index, first->message);
  err->foreign = first->foreign;
  if (first->hint[0])
    err_hint(err, "%s", first->hint);
  else
    err_hint(err, "%llu documents were inserted", (unsigned long long)outcome.affected);
  return err->code;
}

/* Runs the statement at `*offset`. */
static status run(luma_result *result, const struct query_source *source, size_t *offset,
                  const luma_param *params, size_t count, struct err *err) {
  struct session *session = result->session->session;
  struct session_request request = {.source = *source};
  TRY(api__params(session, params, count, &result->params, &request.params, err));
  TRY(session_run(session, &request, offset, &result->cursor, err));
  return check_documents(result, err);
}

static enum luma_status answer_result(luma_result *made, status result, luma_result **out,
                                      luma_error *error, const struct err *err) {
  if (result == LUMA_OK)
    *out = made;
  else
    luma_result_close(made);
  return api__answer(error, err, result);
}

enum luma_status luma_query(luma_session *session, const char *language, const char *text,
                            const luma_param *params, size_t count, luma_result **result,
                            luma_error *error) {
  *result = NULL;
  session_uncancel(session->session);
  luma_result *made = api__result_create(session);
  if (!made) return api__fail(error, LUMA_OUT_OF_MEMORY, "no memory for a result");
  struct err err;
  err_init(&err);
  struct query_source source = {.text = api__text(text, LUMA_TEXT_END)};
  status answer = find_language(language, &source.lang, &err);
  if (answer == LUMA_OK) answer = run(made, &source, NULL, params, count, &err);
  return answer_result(made, answer, result, error, &err);
}

/* ---- scripts ---- */

static bool is_rest_blank(struct slice text, size_t offset) {
  for (; offset < text.bytes; offset++) {
    uint8_t c = text.data[offset];
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != ';') return false;
  }
  return true;
}

/* Reads to the end, so that errors met on the way are told. */
static status drain(luma_result *result, uint64_t *affected, struct err *err) {
  bool has = true;
  struct val row;
  while (has) TRY(session_next(result->cursor, &row, &has, err));
  *affected += session_outcome(result->cursor).affected;
  return LUMA_OK;
}

enum luma_status luma_exec(luma_session *session, const char *language, const char *text,
                           uint64_t *affected, luma_error *error) {
  struct err err;
  err_init(&err);
  struct query_source source = {.text = api__text(text, LUMA_TEXT_END)};
  uint64_t changed = 0;
  size_t offset = 0;
  session_uncancel(session->session);
  status answer = find_language(language, &source.lang, &err);
  if (answer == LUMA_OK && !source.lang) source.lang = lang_guess(source.text);
  do {
    luma_result *result = api__result_create(session);
    if (!result) return api__fail(error, LUMA_OUT_OF_MEMORY, "no memory for a result");
    if (answer == LUMA_OK) answer = run(result, &source, &offset, NULL, 0, &err);
    if (answer == LUMA_OK) answer = drain(result, &changed, &err);
    luma_result_close(result);
  } while (answer == LUMA_OK && !is_rest_blank(source.text, offset));
  if (affected) *affected = changed;
  return api__answer(error, &err, answer);
}

/* ---- prepared ---- */

enum luma_status luma_prepare(luma_session *session, const char *language, const char *text,
                              size_t text_bytes, luma_statement **statement, luma_error *error) {
  *statement = NULL;
  luma_statement *made = mem_zalloc(1, sizeof *made);
  if (!made) return api__fail(error, LUMA_OUT_OF_MEMORY, "no memory for a statement");
  made->session = session;
  struct err err;
  err_init(&err);
  struct query_source source = {.text = api__text(text, text_bytes)};
  status answer = find_language(language, &source.lang, &err);
  if (answer == LUMA_OK) answer = session_prepare(session->session, &source, &made->prepared, &err);
  if (answer == LUMA_OK)
    *statement = made;
  else
    mem_free(made);
  return api__answer(error, &err, answer);
}

enum luma_status luma_run(luma_statement *statement, const luma_param *params, size_t count,
                          luma_result **result, luma_error *error) {
  *result = NULL;
  session_uncancel(statement->session->session);
  luma_result *made = api__result_create(statement->session);
  if (!made) return api__fail(error, LUMA_OUT_OF_MEMORY, "no memory for a result");
  struct err err;
  err_init(&err);
  struct query_params values;
  status answer =
      api__params(statement->session->session, params, count, &made->params, &values, &err);
  if (answer == LUMA_OK) {
    answer = session_run_prepared(statement->prepared, &values, &made->cursor, &err);
    if (answer == LUMA_OK) answer = check_documents(made, &err);
  }
  return answer_result(made, answer, result, error, &err);
}

void luma_statement_close(luma_statement *statement) {
  if (!statement) return;
  session_unprepare(statement->prepared);
  mem_free(statement);
}

/* ---- rows ---- */

enum luma_status luma_next(luma_result *result, const luma_value **row, luma_error *error) {
  *row = NULL;
  arena_reset(&result->step);
  bool has = result->got;
  result->got = false;
  status answer = LUMA_OK;
  if (result->cursor) answer = session_next(result->cursor, &result->row, &has, &result->err);
  if (answer == LUMA_OK && has) *row = api__value(&result->row);
  return api__answer(error, &result->err, answer);
}

const luma_value *luma_column(luma_result *result, uint32_t index) {
  if (!result->cursor) return index == 0 ? api__value(&result->row) : NULL;
  if (index >= luma_columns_count(result)) return NULL;
  struct val value = session_column(result->cursor, index);
  struct val *kept = arena_copy(&result->step, &value, sizeof value);
  return kept ? api__value(kept) : NULL;
}

uint32_t luma_columns_count(const luma_result *result) {
  uint32_t count = 1;
  if (result->cursor) (void)session_columns(result->cursor, &count);
  return count;
}

const char *luma_column_name(const luma_result *result, uint32_t index) {
  uint32_t count;
  if (!result->cursor) return "";
  const struct plan_column *columns = session_columns(result->cursor, &count);
  if (index >= count) return "";
  struct slice name =
      columns[index].is_document && count == 1 ? slice_of(NULL, 0) : columns[index].name;
  /* The names are the result's from the first question on; the result is not really changed. */
  luma_result *mine = (luma_result *)(uintptr_t)result;
  char *text = arena_alloc_text(&mine->whole, name.bytes + 1);
  if (!text) return "";
  if (name.bytes) memcpy(text, name.data, name.bytes);
  text[name.bytes] = 0;
  return text;
}

bool luma_is_document(const luma_result *result) {
  uint32_t count;
  if (!result->cursor) return true;
  const struct plan_column *columns = session_columns(result->cursor, &count);
  return count == 1 && columns[0].is_document;
}

enum luma_type luma_column_type(const luma_result *result, uint32_t index) {
  uint32_t count;
  if (!result->cursor) return LUMA_MAP;
  const struct plan_column *columns = session_columns(result->cursor, &count);
  return index < count ? (enum luma_type)columns[index].type : LUMA_MISSING;
}

enum luma_reply luma_result_reply(const luma_result *result) {
  if (!result->cursor) return LUMA_REPLY_DOCUMENTS;
  return (enum luma_reply)session_reply(result->cursor);
}

_Static_assert((int)LUMA_REPLY_CHANGE == (int)QUERY_REPLY_CHANGE, "replies have one order");

uint64_t luma_affected(const luma_result *result) {
  return result->cursor ? session_outcome(result->cursor).affected : 0;
}

const luma_value *luma_inserted_key(luma_result *result, uint32_t index) {
  if (!result->cursor) return NULL;
  struct session_outcome outcome = session_outcome(result->cursor);
  return index < outcome.keys_count ? api__value(&outcome.keys[index]) : NULL;
}

const char *luma_warning(const luma_result *result, uint32_t index) {
  if (!result->cursor) return NULL;
  struct session_outcome outcome = session_outcome(result->cursor);
  return index < outcome.warnings_count ? outcome.warnings[index].text : NULL;
}
