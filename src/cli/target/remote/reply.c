/* SPDX-License-Identifier: MIT */
/* Statements on a server, their answers read page by page through the cursor it keeps. */
#include "base/mem/mem.h"
#include "base/text/utf8.h"
#include "cli/target/remote/remote_int.h"

enum { BODY_BYTES_MAX = 64 << 20, WARNINGS_MAX = 64 };

/* target_reply under its public name. */
struct page {
  struct remote *remote;
  struct buf body, text, values;
  struct val answer, documents, cursor;
  uint32_t documents_count, at;
  bool changes;       /* a statement that writes: without columns it has no rows to show */
  bool is_mongo;      /* JQL */
  bool is_told;       /* of a command about the server, whose answer is what there is to show */
  struct arena arena; /* columns and warnings */
};

static struct page *page_of(struct target_reply *reply) {
  return (struct page *)(void *)reply;
}

static status ask(struct page *page, struct err *err) {
  struct http_request request = {
      .method = "POST", .path = "/v1/query", .body = buf_slice(&page->body)};
  TRY(buf_check(&page->body, "the request", err));
  TRY(remote__ask(page->remote, &request, &page->text, &page->values, &page->answer, err));
  page->documents = val_missing();
  page->cursor = val_missing();
  if (page->answer.type == VAL_MAP) {
    page->documents = val_field(&page->answer, slice_of_text("documents"));
    page->cursor = val_field(&page->answer, slice_of_text("cursor"));
  }
  page->is_told = page->answer.type == VAL_MAP && page->documents.type == VAL_MISSING &&
                  val_field(&page->answer, slice_of_text("ok")).type != VAL_MISSING;
  page->documents_count = page->documents.type == VAL_LIST ? val_count(&page->documents) : 0;
  page->documents_count += page->is_told;
  page->at = 0;
  return LUMA_OK;
}

static void write_params(struct buf *body, const struct target_statement *statement) {
  bool are_named = statement->params_count > 0 && statement->params[0].name.bytes > 0;
  if (statement->params_count == 0) return;
  buf_append_text(body, are_named ? ",\"params\":{" : ",\"params\":[");
  for (size_t i = 0; i < statement->params_count; i++) {
    if (i) buf_append_byte(body, ',');
    if (are_named) {
      json_write_text(body, statement->params[i].name);
      buf_append_byte(body, ':');
    }
    buf_append_slice(body, statement->params[i].json);
  }
  buf_append_byte(body, are_named ? '}' : ']');
}

static void write_request(struct page *page, const char *language,
                          const struct target_statement *statement) {
  struct buf *body = &page->body;
  buf_append_format(body, "{\"lang\":\"%s\",\"query\":", language);
  json_write_text(body, statement->text);
  write_params(body, statement);
  if (page->remote->options.timeout_ms)
    buf_append_format(body, ",\"timeout_ms\":%llu",
                      (unsigned long long)page->remote->options.timeout_ms);
  if (statement->guard.is_limited)
    buf_append_format(body, ",\"max_affected\":%llu",
                      (unsigned long long)statement->guard.max_affected);
  if (statement->guard.dry_run) buf_append_text(body, ",\"dry_run\":true");
  buf_append_format(body, ",\"single\":true,\"limit\":%d,\"tagged\":true}", REMOTE_PAGE_ROWS);
}

static status open_session(struct page *page, struct err *err) {
  struct remote *remote = page->remote;
  struct http_request request = {.method = "POST", .path = "/v1/sessions"};
  TRY(remote__ask(remote, &request, &page->text, &page->values, &page->answer, err));
  struct val id = page->answer.type == VAL_MAP ? val_field(&page->answer, slice_of_text("session"))
                                               : val_missing();
  if (id.type != VAL_TEXT || id.bytes >= HTTP_SESSION_BYTES)
    FAIL(err, LUMA_INTERNAL, "the server's answer names no session");
  memcpy(remote->session, id.data, id.bytes);
  remote->session[id.bytes] = 0;
  remote->has_session = true;
  return LUMA_OK;
}

/* What the statement is, as far as can be told here: errors are the server's to tell. */
static enum plan_kind kind_of(const struct lang *lang, struct slice text, bool *writes) {
  struct arena arena;
  struct statement statement = {0};
  size_t offset = 0;
  arena_init(&arena, 0, 0);
  struct lang_context context = {.arena = &arena};
  enum plan_kind kind = PLAN_SCAN;
  *writes = false;
  if (lang->parse(&context, text, &offset, &statement, NULL) == LUMA_OK) {
    kind = statement.root->kind;
    *writes = plan_is_write(statement.root) || plan_is_session(kind);
  }
  arena_deinit(&arena);
  return kind;
}

/* The server tells line and column; the byte they stand for. */
static size_t offset_of(struct slice text, const struct err *err) {
  size_t at = 0, bytes;
  uint32_t letter;
  for (uint32_t line = 1; line < err->line && at < text.bytes; at++) line += text.data[at] == '\n';
  for (uint32_t column = 1; column < err->column; column++, at += bytes) {
    bytes = utf8_decode(slice_of(text.data + at, text.bytes - at), &letter);
    if (bytes == 0) break;
  }
  return at;
}

/* JSON is UTF-8, and what cannot be written there must not become something else on the way. */
static status check_text(struct slice text, struct err *err) {
  size_t bad = 0;
  if (utf8_is_valid(text, &bad)) return LUMA_OK;
  err_raise(err, LUMA_SYNTAX_ERROR, __FILE__, __LINE__, "the byte 0x%02x is not UTF-8",
            text.data[bad]);
  err_hint(err, "statements are UTF-8; convert the file, for example with iconv");
  err_position(err, (const char *)text.data, text.bytes, bad);
  return LUMA_SYNTAX_ERROR;
}

static status start(struct page *page, const struct target_statement *statement, struct err *err) {
  const struct lang *lang = statement->language ? lang_find(slice_of_text(statement->language))
                                                : lang_guess(statement->text);
  if (!lang) FAIL(err, LUMA_UNKNOWN_LANGUAGE, "there is no language `%s`", statement->language);
  TRY(check_text(statement->text, err));
  enum plan_kind kind = kind_of(lang, statement->text, &page->changes);
  bool needs_session = kind == PLAN_BEGIN || kind == PLAN_SET_OPTION || kind == PLAN_PREPARE;
  if (needs_session && !page->remote->has_session) TRY(open_session(page, err));
  page->is_mongo = lang == &lang_jql;
  write_request(page, lang->name, statement);
  status result = ask(page, err);
  if (result != LUMA_OK && err && err->line > 0) err->offset = offset_of(statement->text, err);
  return result;
}

status remote__run(struct target *target, const struct target_statement *statement,
                   struct target_reply **reply, struct err *err) {
  struct page *page = mem_zalloc(1, sizeof *page);
  if (!page) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a reply");
  page->remote = remote__of(target);
  arena_init(&page->arena, 0, 0);
  buf_init(&page->body, BODY_BYTES_MAX);
  buf_init(&page->text, HTTP_ANSWER_BYTES_MAX);
  buf_init(&page->values, HTTP_ANSWER_BYTES_MAX);
  *reply = (struct target_reply *)(void *)page;
  status result = start(page, statement, err);
  if (result != LUMA_OK) remote__end(*reply);
  return result;
}

/* ---- what it is ---- */

static status copy_columns(struct page *page, const struct val *columns, struct target_shape *shape,
                           struct err *err) {
  uint32_t count = val_count(columns);
  struct target_column *made = arena_zalloc(&page->arena, count + 1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the columns");
  for (uint32_t i = 0; i < count; i++) {
    struct val column = val_at(columns, i);
    struct val name =
        column.type == VAL_MAP ? val_field(&column, slice_of_text("name")) : val_missing();
    struct val type =
        column.type == VAL_MAP ? val_field(&column, slice_of_text("type")) : val_missing();
    bool is_document =
        column.type == VAL_MAP && val_field(&column, slice_of_text("document")).type != VAL_MISSING;
    if (name.type != VAL_TEXT || is_document) return LUMA_OK;
    const uint8_t *copy = arena_copy(&page->arena, name.data, name.bytes);
    if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the columns");
    made[i].name = slice_of(copy, name.bytes);
    enum val_type known;
    if (type.type == VAL_TEXT && val_type_parse(val_slice(&type), &known))
      made[i].type = (uint8_t)known;
  }
  shape->columns = made;
  shape->columns_count = count;
  return LUMA_OK;
}

status remote__shape(struct target_reply *reply, struct target_shape *shape, struct err *err) {
  struct page *page = page_of(reply);
  *shape = (struct target_shape){.key_name = page->is_mongo ? "_id" : NULL};
  struct val columns = page->answer.type == VAL_MAP
                           ? val_field(&page->answer, slice_of_text("columns"))
                           : val_missing();
  bool has_rows = columns.type == VAL_LIST && val_count(&columns) > 0;
  shape->reply = page->changes && !has_rows ? QUERY_REPLY_CHANGE : QUERY_REPLY_DOCUMENTS;
  return columns.type == VAL_LIST ? copy_columns(page, &columns, shape, err) : LUMA_OK;
}

/* ---- rows ---- */

static status next_page(struct page *page, struct err *err) {
  buf_reset(&page->body);
  buf_append_text(&page->body, "{\"cursor\":");
  static const struct json_write_options plain = {.form = JSON_PLAIN};
  json_write(&page->body, &page->cursor, &plain);
  buf_append_format(&page->body, ",\"limit\":%d,\"tagged\":true}", REMOTE_PAGE_ROWS);
  return ask(page, err);
}

status remote__next(struct target_reply *reply, struct val *row, bool *has, struct err *err) {
  struct page *page = page_of(reply);
  while (page->at == page->documents_count && page->cursor.type > VAL_NULL)
    TRY(next_page(page, err));
  *has = page->at < page->documents_count;
  if (*has) *row = page->is_told ? page->answer : val_at(&page->documents, page->at);
  page->at += *has;
  return LUMA_OK;
}

static status copy_warnings(struct page *page, struct target_outcome *outcome, struct err *err) {
  const char **texts = arena_zalloc(&page->arena, WARNINGS_MAX + 1, sizeof *texts);
  if (!texts) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the warnings");
  outcome->warnings = texts;
  struct val warnings = val_field(&page->answer, slice_of_text("warnings"));
  uint32_t count = warnings.type == VAL_LIST ? val_count(&warnings) : 0, kept = 0;
  for (uint32_t i = 0; i < count && kept < WARNINGS_MAX; i++) {
    struct val text = val_at(&warnings, i);
    char *copy = text.type == VAL_TEXT ? arena_alloc_text(&page->arena, text.bytes + 1) : NULL;
    if (!copy) continue;
    memcpy(copy, text.data, text.bytes);
    copy[text.bytes] = 0;
    texts[kept++] = copy;
  }
  return LUMA_OK;
}

static status copy_write_error(struct page *page, struct target_outcome *outcome, struct err *err) {
  struct val errors = val_field(&page->answer, slice_of_text("write_errors"));
  if (errors.type != VAL_LIST || val_count(&errors) == 0) return LUMA_OK;
  struct val first = val_at(&errors, 0);
  struct err *refused = arena_zalloc(&page->arena, 1, sizeof *refused);
  if (!refused) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what failed");
  if (first.type != VAL_MAP) FAIL(err, LUMA_INTERNAL, "the server's answer cannot be read");
  (void)remote__raise(&first, "errmsg", refused);
  outcome->write_error = refused;
  return LUMA_OK;
}

status remote__outcome(struct target_reply *reply, struct target_outcome *outcome,
                       struct err *err) {
  static const char *const none[] = {NULL};
  struct page *page = page_of(reply);
  *outcome = (struct target_outcome){.warnings = none};
  if (page->answer.type != VAL_MAP) return LUMA_OK;
  struct val affected = val_field(&page->answer, slice_of_text("affected"));
  int64_t number = 0;
  if (val_is_number(&affected) && val_to_int64(&affected, &number) && number > 0)
    outcome->affected = (uint64_t)number;
  TRY(copy_warnings(page, outcome, err));
  return copy_write_error(page, outcome, err);
}

void remote__end(struct target_reply *reply) {
  struct page *page = page_of(reply);
  arena_deinit(&page->arena);
  buf_deinit(&page->body);
  buf_deinit(&page->text);
  buf_deinit(&page->values);
  mem_free(page);
}
