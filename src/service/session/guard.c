/* SPDX-License-Identifier: MIT */
/* Guards: how much a statement may change, and dry runs, which are undone and tell what they did.
 */
#include "base/text/num.h"
#include "base/text/suggest.h"
#include "service/session/session_int.h"
#include "value/doc/build.h"

bool session__is_dry(const struct session_cursor *cursor, const struct session_request *request) {
  return cursor->session->guard.dry_run || request->guard.dry_run ||
         query_root(cursor->query)->dry_run;
}

struct query_guard session__guard(const struct session_cursor *cursor,
                                  const struct session_request *request) {
  const struct query_guard *own = &cursor->session->guard, *asked = &request->guard;
  struct query_guard guard = asked->is_limited ? *asked : *own;
  if (own->is_limited && own->max_affected < guard.max_affected)
    guard.max_affected = own->max_affected;
  guard.dry_run = session__is_dry(cursor, request) && query_is_write(cursor->query);
  return guard;
}

status session__check_dry_run(const struct session_cursor *cursor, struct err *err) {
  if (plan_is_change(cursor->kind) || cursor->kind == PLAN_DROP_COLLECTION) return LUMA_OK;
  err_raise(err, LUMA_UNSUPPORTED, __FILE__, __LINE__,
            "a dry run takes statements that change "
            "documents, not %s",
            plan_kind_name(cursor->kind));
  err_hint(err, "EVOLVE SOUL … DRY RUN tells what an evolution would do");
  return LUMA_UNSUPPORTED;
}

/* ---- what would change ---- */

enum { CHANGE_COLUMNS = 4 };

const struct plan_column *session__change_columns(uint32_t *count) {
  static const struct plan_column columns[CHANGE_COLUMNS] = {
      {.name = {(const uint8_t *)"change", 6}, .type = VAL_TEXT},
      {.name = {(const uint8_t *)"id", 2}},
      {.name = {(const uint8_t *)"before", 6}, .type = VAL_MAP},
      {.name = {(const uint8_t *)"after", 5}, .type = VAL_MAP}};
  *count = CHANGE_COLUMNS;
  return columns;
}

/* A document as the statement's language shows it: the key is `id` outside JQL, unless the document
 * has an attribute of that name. */
static void put_document(struct build *build, const struct val *document, bool is_mongo) {
  if (document->type != VAL_MAP) {
    build_put(build, document);
    return;
  }
  bool renames = !is_mongo && val_field(document, slice_of_text("id")).type == VAL_MISSING;
  build_begin_map(build);
  for (uint32_t i = 0; i < val_count(document); i++) {
    struct slice name;
    struct val field = val_field_at(document, i, &name);
    bool is_key = renames && slice_is_equal(name, slice_of_text("_id"));
    build_name(build, is_key ? slice_of_text("id") : name);
    build_put(build, &field);
  }
  build_end(build);
}

static status keep_change(struct session_cursor *cursor, const struct query_change *change,
                          struct buf *encoded, struct err *err) {
  const struct val values[CHANGE_COLUMNS] = {val_text(slice_of_text(change->what)), change->key,
                                             change->before, change->after};
  struct build build;
  struct slice bytes;
  uint32_t count;
  const struct plan_column *columns = session__change_columns(&count);
  buf_reset(encoded);
  build_init(&build, encoded, NULL);
  build_begin_map(&build);
  for (uint32_t i = 0; i < count; i++) {
    if (values[i].type == VAL_MISSING) continue;
    build_name(&build, columns[i].name);
    put_document(&build, &values[i], query_language(cursor->query) == PLAN_JQL);
  }
  build_end(&build);
  status result = build_finish(&build, &bytes, err);
  build_deinit(&build);
  TRY(result);
  struct val document = val_decode(bytes, NULL), shown[CHANGE_COLUMNS];
  for (uint32_t i = 0; i < count; i++) shown[i] = val_field(&document, columns[i].name);
  return session__cursor_keep_row(cursor, &document, shown, count, err);
}

status session__keep_changes(struct session_cursor *cursor, struct err *err) {
  struct query_summary summary;
  struct buf encoded;
  status result = LUMA_OK;
  query_summary(cursor->run, &summary);
  buf_init(&encoded, 3u * DOC_BYTES_MAX);
  session__cursor_drop_rows(cursor);
  for (uint32_t i = 0; i < summary.changes_count && result == LUMA_OK; i++)
    result = keep_change(cursor, &summary.changes[i], &encoded, err);
  buf_deinit(&encoded);
  cursor->is_dry_run = true;
  return result;
}

/* ---- settings of the session ---- */

void session_set_guard(struct session *session, const struct query_guard *guard) {
  session->guard = *guard;
}

const struct query_guard *session_guard(const struct session *session) {
  return &session->guard;
}

static bool is_word(struct slice text, const char *word) {
  return slice_is_equal_nocase(text, slice_of_text(word));
}

static status fail_value(struct slice name, const char *takes, struct err *err) {
  FAIL(err, LUMA_INVALID_ARGUMENT, "`%.*s` takes %s", SLICE_ARG(name), takes);
}

static status set_switch(struct slice name, struct slice value, bool *out, struct err *err) {
  *out = is_word(value, "on") || is_word(value, "true");
  if (*out || is_word(value, "off") || is_word(value, "false") || is_word(value, "default"))
    return LUMA_OK;
  return fail_value(name, "on or off", err);
}

static status set_number(struct slice name, struct slice value, bool *is_set, uint64_t *out,
                         struct err *err) {
  int64_t number = 0;
  *is_set = !is_word(value, "default");
  if (*is_set && (!num_parse_int64(value, &number) || number < 0))
    return fail_value(name, "a number that is not negative, or DEFAULT", err);
  *out = (uint64_t)number;
  return LUMA_OK;
}

static status fail_option(struct slice name, struct err *err) {
  static const char *const names[] = {"max_affected", "dry_run", "timeout_ms"};
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    suggest_offer(&suggest, slice_of_text(names[i]));
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "a session has no setting `%.*s`",
            SLICE_ARG(name));
  if (suggest_is_good(&suggest))
    err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  else
    err_hint(err, "it has max_affected, dry_run and timeout_ms");
  return LUMA_INVALID_ARGUMENT;
}

status session_set_option(struct session *session, struct slice name, struct slice value,
                          struct err *err) {
  struct query_guard *guard = &session->guard;
  uint64_t timeout_ms = 0;
  bool is_set;
  if (is_word(name, "max_affected"))
    return set_number(name, value, &guard->is_limited, &guard->max_affected, err);
  if (is_word(name, "dry_run")) return set_switch(name, value, &guard->dry_run, err);
  if (!is_word(name, "timeout_ms")) return fail_option(name, err);
  TRY(set_number(name, value, &is_set, &timeout_ms, err));
  session->timeout_us = timeout_ms * 1000;
  return LUMA_OK;
}
