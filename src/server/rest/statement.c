/* SPDX-License-Identifier: MIT */
/* Reading what a request asks for, and running it. */
#include "server/rest/statement.h"

#include "base/mem/mem.h"
#include "base/text/suggest.h"

enum { PARAMETERS_MAX = 65535, TIMEOUT_MS_MAX = 86400000 };

status statement_create(struct statement_run **run, struct err *err) {
  struct statement_run *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a statement");
  buf_init(&made->encoded, DOC_BYTES_MAX);
  arena_init(&made->arena, 0, 0);
  *run = made;
  return LUMA_OK;
}

void statement_destroy(struct statement_run *run) {
  if (!run) return;
  session_cursor_close(run->cursor);
  buf_deinit(&run->encoded);
  arena_deinit(&run->arena);
  mem_free(run);
}

/* ---- reading the request ---- */

static status fail_field(const char *name, const char *takes, const struct val *value,
                         struct err *err) {
  FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` takes %s, not a %s", name, takes,
       val_type_name(value->type));
}

static status read_lang(struct statement_run *run, const struct val *value, struct err *err) {
  if (val_is_null(value)) return LUMA_OK;
  if (value->type != VAL_TEXT) return fail_field("lang", "text", value, err);
  run->request.source.lang = lang_find(val_slice(value));
  if (run->request.source.lang) return LUMA_OK;
  err_raise(err, LUMA_UNKNOWN_LANGUAGE, __FILE__, __LINE__, "there is no language `%.*s`",
            SLICE_ARG(val_slice(value)));
  err_hint(err, "lql, nql or jql");
  return LUMA_UNKNOWN_LANGUAGE;
}

static status read_query(struct statement_run *run, const struct val *value, struct err *err) {
  if (value->type == VAL_TEXT) {
    run->request.source.text = val_slice(value);
    return LUMA_OK;
  }
  if (value->type != VAL_MAP) return fail_field("query", "text, or an object in JQL", value, err);
  run->command = *value;
  run->is_command = true;
  return LUMA_OK;
}

static status read_params(struct statement_run *run, const struct val *value, struct err *err) {
  struct query_params *params = &run->request.params;
  if (val_is_null(value)) return LUMA_OK;
  if (value->type != VAL_LIST && value->type != VAL_MAP)
    return fail_field("params", "a list, or an object with names", value, err);
  uint32_t count = val_count(value);
  if (count > PARAMETERS_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a statement takes at most %d parameters", PARAMETERS_MAX);
  struct val *values = arena_zalloc(&run->arena, count + 1u, sizeof *values);
  struct slice *names = arena_zalloc(&run->arena, count + 1u, sizeof *names);
  if (!values || !names) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for parameters");
  for (uint32_t i = 0; i < count; i++) {
    values[i] = value->type == VAL_LIST ? val_at(value, i) : val_field_at(value, i, &names[i]);
  }
  *params = (struct query_params){
      .values = values, .names = value->type == VAL_MAP ? names : NULL, .count = count};
  return LUMA_OK;
}

static status read_number(const char *name, const struct val *value, int64_t most, uint64_t *out,
                          struct err *err) {
  int64_t number;
  if (val_is_null(value)) return LUMA_OK;
  if (!val_is_number(value) || !val_to_int64(value, &number))
    return fail_field(name, "a whole number", value, err);
  if (number < 1 || number > most)
    FAIL(err, LUMA_OUT_OF_RANGE, "`%s` takes 1 to %lld", name, (long long)most);
  *out = (uint64_t)number;
  return LUMA_OK;
}

static status read_flag(const char *name, const struct val *value, bool *flag, struct err *err) {
  if (value->type != VAL_BOOL) return fail_field(name, "true or false", value, err);
  *flag = value->boolean;
  return LUMA_OK;
}

static status read_tagged(struct statement_run *run, const struct val *value, struct err *err) {
  bool is_tagged = false;
  run->json = JSON_RELAXED;
  if (value->type == VAL_TEXT && slice_is_equal(val_slice(value), slice_of_text("relaxed")))
    return LUMA_OK;
  if (value->type != VAL_BOOL)
    return fail_field("tagged", "true, false or \"relaxed\"", value, err);
  TRY(read_flag("tagged", value, &is_tagged, err));
  run->json = is_tagged ? JSON_TAGGED : JSON_PLAIN;
  return LUMA_OK;
}

/* None at all may be allowed. */
static status read_max_affected(struct statement_run *run, const struct val *value,
                                struct err *err) {
  struct query_guard *guard = &run->request.guard;
  int64_t number;
  if (val_is_null(value)) return LUMA_OK;
  if (!val_is_number(value) || !val_to_int64(value, &number) || number < 0)
    return fail_field("max_affected", "a whole number that is not negative", value, err);
  guard->is_limited = true;
  guard->max_affected = (uint64_t)number;
  return LUMA_OK;
}

static status read_rows(struct statement_run *run, const struct val *value, struct err *err) {
  bool rows;
  TRY(read_flag("rows", value, &rows, err));
  if (rows) run->form = STATEMENT_ROWS;
  return LUMA_OK;
}

static status read_reply(struct statement_run *run, const struct val *value, struct err *err) {
  if (val_is_null(value)) return LUMA_OK;
  if (value->type != VAL_TEXT || !slice_is_equal(val_slice(value), slice_of_text("mongo")))
    FAIL(err, LUMA_INVALID_ARGUMENT, "`reply` takes \"mongo\", or is left out");
  run->form = STATEMENT_MONGO;
  return LUMA_OK;
}

static status fail_unknown(struct slice name, struct err *err) {
  static const char *const names[] = {"lang",   "query",      "params",       "single",
                                      "limit",  "timeout_ms", "rows",         "reply",
                                      "tagged", "cursor",     "max_affected", "dry_run"};
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    suggest_offer(&suggest, slice_of_text(names[i]));
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "a query has no `%.*s`",
            SLICE_ARG(name));
  if (suggest_is_good(&suggest))
    err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  else
    err_hint(err,
             "it has lang, query, params, single, limit, timeout_ms, max_affected, dry_run, rows, "
             "reply, tagged or cursor");
  return LUMA_INVALID_ARGUMENT;
}

static status read_field(struct statement_run *run, struct slice name, const struct val *value,
                         struct err *err) {
  uint64_t timeout_ms = 0;
  if (slice_is_equal(name, slice_of_text("lang"))) return read_lang(run, value, err);
  if (slice_is_equal(name, slice_of_text("query"))) return read_query(run, value, err);
  if (slice_is_equal(name, slice_of_text("params"))) return read_params(run, value, err);
  if (slice_is_equal(name, slice_of_text("single")))
    return read_flag("single", value, &run->is_one, err);
  if (slice_is_equal(name, slice_of_text("limit")))
    return read_number("limit", value, INT64_MAX, &run->limit, err);
  if (slice_is_equal(name, slice_of_text("timeout_ms"))) {
    TRY(read_number("timeout_ms", value, TIMEOUT_MS_MAX, &timeout_ms, err));
    run->request.timeout_us = timeout_ms * 1000;
    return LUMA_OK;
  }
  if (slice_is_equal(name, slice_of_text("rows"))) return read_rows(run, value, err);
  if (slice_is_equal(name, slice_of_text("reply"))) return read_reply(run, value, err);
  if (slice_is_equal(name, slice_of_text("tagged"))) return read_tagged(run, value, err);
  if (slice_is_equal(name, slice_of_text("max_affected")))
    return read_max_affected(run, value, err);
  if (slice_is_equal(name, slice_of_text("dry_run")))
    return read_flag("dry_run", value, &run->request.guard.dry_run, err);
  if (slice_is_equal(name, slice_of_text("cursor"))) return LUMA_OK;
  return fail_unknown(name, err);
}

static status check_whole(const struct statement_run *run, struct err *err) {
  const struct lang *lang = run->request.source.lang;
  if (run->is_command && lang && lang != &lang_jql) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "a query that is an object is JQL, not %s", lang->name);
  }
  if (run->is_command || run->request.source.text.bytes) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "the request has no query");
  err_hint(err, "{\"lang\":\"lql\",\"query\":\"SELECT * FROM users\"}");
  return LUMA_INVALID_ARGUMENT;
}

status statement_read(struct statement_run *run, const struct val *map, struct err *err) {
  if (map->type != VAL_MAP)
    FAIL(err, LUMA_INVALID_ARGUMENT, "a query is a JSON object, not a %s",
         val_type_name(map->type));
  for (uint32_t i = 0; i < val_count(map); i++) {
    struct slice name;
    struct val value = val_field_at(map, i, &name);
    TRY(read_field(run, name, &value, err));
  }
  TRY(check_whole(run, err));
  if (run->is_command) run->request.source.command = &run->command;
  return LUMA_OK;
}

/* ---- whose database ---- */

/* What stands before the dot of the first namespace of a bulkWrite. */
static struct slice database_of_namespaces(const struct val *command) {
  struct val list = val_field(command, slice_of_text("nsInfo"));
  struct val first = list.type == VAL_LIST && val_count(&list) ? val_at(&list, 0) : val_missing();
  struct val name = first.type == VAL_MAP ? val_field(&first, slice_of_text("ns")) : val_missing();
  if (name.type != VAL_TEXT) return slice_of(NULL, 0);
  struct slice text = val_slice(&name);
  const uint8_t *dot = memchr(text.data, '.', text.bytes);
  return slice_of(text.data, dot ? (size_t)(dot - text.data) : 0);
}

struct mongo_teller statement_teller(const struct statement_run *run) {
  struct mongo_teller teller = {slice_of_text("luma"), run->json};
  if (!run->is_command) return teller;
  struct slice spaced = database_of_namespaces(&run->command);
  struct val given = val_field(&run->command, slice_of_text("$db"));
  if (given.type == VAL_TEXT) teller.database = val_slice(&given);
  if (spaced.bytes) teller.database = spaced;
  return teller;
}

/* ---- running ---- */

static bool is_rest_blank(struct slice text, size_t offset) {
  for (; offset < text.bytes; offset++) {
    uint8_t c = text.data[offset];
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != ';') return false;
  }
  return true;
}

static void fill_language(struct statement_run *run) {
  struct query_source *source = &run->request.source;
  if (!source->lang) source->lang = source->command ? &lang_jql : lang_guess(source->text);
}

status statement_start(struct statement_run *run, struct err *err) {
  struct slice text = run->request.source.text;
  size_t offset = 0;
  fill_language(run);
  if (run->is_command || run->is_one)
    return session_run(run->session, &run->request, NULL, &run->cursor, err);
  do {
    session_cursor_close(run->cursor);
    run->cursor = NULL;
    TRY(session_run(run->session, &run->request, &offset, &run->cursor, err));
  } while (!is_rest_blank(text, offset));
  return LUMA_OK;
}

/* What kind of statement the text is: a look at its plan before anything runs. */
static status kind_of(struct statement_run *run, enum plan_kind *kind, struct err *err) {
  const struct catalog *catalog = model_catalog_acquire(session_db(run->session)->model);
  struct lang_context context = {.arena = &run->arena, .catalog = catalog};
  struct statement statement = {0};
  size_t offset = 0;
  status result =
      run->request.source.lang->parse(&context, run->request.source.text, &offset, &statement, err);
  *kind = result == LUMA_OK ? statement.root->kind : PLAN_SCAN;
  catalog_release(catalog);
  return result;
}

status statement_start_one(struct statement_run *run, struct err *err) {
  enum plan_kind kind = PLAN_SCAN;
  fill_language(run);
  if (!run->is_command) TRY(kind_of(run, &kind, err));
  if (plan_is_session(kind)) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "a batch is one transaction: it takes no BEGIN, COMMIT, ROLLBACK or SAVEPOINT");
    err_hint(err, "for a transaction over several requests open a session: POST /v1/sessions");
    return LUMA_INVALID_ARGUMENT;
  }
  return session_run(run->session, &run->request, NULL, &run->cursor, err);
}
