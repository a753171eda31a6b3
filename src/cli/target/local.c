/* SPDX-License-Identifier: MIT */
/* A database opened in this process. */
#include "base/mem/mem.h"
#include "cli/target/target.h"
#include "store/deep.h"

enum { COLUMNS_MAX = 65536 };

struct local {
  struct target target;
  struct db *db;
  struct session *session;
};

struct local_reply {
  struct session *session;
  struct session_cursor *cursor;
  struct arena arena; /* parameters; columns; warnings */
  struct buf values;  /* what JSON parameters became */
};

struct local_import {
  struct import *import;
};

static struct local *local_of(struct target *target) {
  return (struct local *)target;
}

static struct local_reply *reply_of(struct target_reply *reply) {
  return (struct local_reply *)(void *)reply;
}

/* ---- statements ---- */

static status read_params(struct local_reply *reply, const struct target_statement *statement,
                          struct query_params *params, struct err *err) {
  size_t count = statement->params_count;
  struct val *values = arena_zalloc(&reply->arena, count + 1, sizeof *values);
  struct slice *names = arena_zalloc(&reply->arena, count + 1, sizeof *names);
  if (!values || !names) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the parameters");
  struct json_reader *reader;
  TRY(session_json_reader(reply->session, &reader, err));
  struct json_read_options options = {.form = JSON_TAGGED};
  for (size_t i = 0; i < count; i++) {
    const struct target_param *param = &statement->params[i];
    buf_reset(&reply->values);
    status result = json_read_value(reader, param->json, &options, &reply->values, &values[i], err);
    if (result != LUMA_OK) {
      err_wrap(err, "parameter `%.*s`", SLICE_ARG(param->name));
      return result;
    }
    if (values[i].type >= VAL_TEXT && values[i].bytes > 0) {
      values[i].data = arena_copy(&reply->arena, values[i].data, values[i].bytes);
      if (!values[i].data) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the parameters");
    }
    names[i] = param->name;
  }
  bool are_named = count > 0 && names[0].bytes > 0;
  *params = (struct query_params){values, are_named ? names : NULL, (uint32_t)count};
  return LUMA_OK;
}

static status find_language(const char *name, const struct lang **lang, struct err *err) {
  *lang = name ? lang_find(slice_of_text(name)) : NULL;
  if (name && !*lang) {
    err_raise(err, LUMA_UNKNOWN_LANGUAGE, __FILE__, __LINE__, "there is no language `%s`", name);
    err_hint(err, "lql, nql or jql");
    return LUMA_UNKNOWN_LANGUAGE;
  }
  return LUMA_OK;
}

static void end(struct target_reply *self) {
  struct local_reply *reply = reply_of(self);
  session_cursor_close(reply->cursor);
  arena_deinit(&reply->arena);
  buf_deinit(&reply->values);
  mem_free(reply);
}

static status run(struct target *target, const struct target_statement *statement,
                  struct target_reply **self, struct err *err) {
  struct local_reply *reply = mem_zalloc(1, sizeof *reply);
  if (!reply) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a reply");
  reply->session = local_of(target)->session;
  session_uncancel(reply->session);
  arena_init(&reply->arena, 0, 0);
  buf_init(&reply->values, DOC_BYTES_MAX);
  struct session_request request = {.source = {.text = statement->text}, .guard = statement->guard};
  status result = find_language(statement->language, &request.source.lang, err);
  if (result == LUMA_OK) result = read_params(reply, statement, &request.params, err);
  if (result == LUMA_OK) result = session_run(reply->session, &request, NULL, &reply->cursor, err);
  *self = (struct target_reply *)(void *)reply;
  if (result != LUMA_OK) end(*self);
  return result;
}

static status shape(struct target_reply *self, struct target_shape *shape, struct err *err) {
  struct local_reply *reply = reply_of(self);
  bool is_mongo = session_language(reply->cursor) == PLAN_JQL;
  *shape = (struct target_shape){.reply = session_reply(reply->cursor),
                                 .key_name = is_mongo ? "_id" : NULL};
  uint32_t count = 0;
  const struct plan_column *columns = session_columns(reply->cursor, &count);
  for (uint32_t i = 0; i < count; i++)
    if (columns[i].is_spread || columns[i].is_document) return LUMA_OK;
  struct target_column *made = arena_zalloc(&reply->arena, count + 1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the columns");
  for (uint32_t i = 0; i < count; i++)
    made[i] = (struct target_column){columns[i].name, columns[i].type};
  shape->columns = made;
  shape->columns_count = count;
  return LUMA_OK;
}

static status next(struct target_reply *self, struct val *row, bool *has, struct err *err) {
  return session_next(reply_of(self)->cursor, row, has, err);
}

static status outcome(struct target_reply *self, struct target_outcome *outcome, struct err *err) {
  struct local_reply *reply = reply_of(self);
  struct session_outcome told = session_outcome(reply->cursor);
  const char **warnings = arena_zalloc(&reply->arena, told.warnings_count + 1, sizeof *warnings);
  if (!warnings) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the warnings");
  for (uint32_t i = 0; i < told.warnings_count; i++) warnings[i] = told.warnings[i].text;
  *outcome = (struct target_outcome){.affected = told.affected, .warnings = warnings};
  if (told.write_errors_count == 0) return LUMA_OK;
  struct err *refused = arena_zalloc(&reply->arena, 1, sizeof *refused);
  if (!refused) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what failed");
  err_raise(refused, told.write_errors->code, __FILE__, __LINE__, "%s", told.write_errors->message);
  if (told.write_errors->hint[0]) err_hint(refused, "%s", told.write_errors->hint);
  outcome->write_error = refused;
  return LUMA_OK;
}

/* ---- import ---- */

static struct import *import_of(const struct target_import *import) {
  return ((const struct local_import *)(const void *)import)->import;
}

static status open_import(struct target *target, const struct target_importing *importing,
                          struct target_import **self, struct err *err) {
  struct session *session = local_of(target)->session;
  struct local_import *import = mem_zalloc(1, sizeof *import);
  if (!import) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an import");
  session_set_guard(session, &importing->guard);
  status result =
      import_open(session, importing->collection, importing->type, &import->import, err);
  *self = (struct target_import *)(void *)import;
  if (result == LUMA_OK && importing->told) import_tell(import->import, importing->told);
  if (result != LUMA_OK) mem_free(import);
  return result;
}

static status write_import(struct target_import *import, struct slice bytes, struct err *err) {
  return import_write(import_of(import), bytes, err);
}

static struct import_stats import_done(const struct target_import *import) {
  return import_progress(import_of(import));
}

static status close_import(struct target_import *import, struct import_stats *stats,
                           struct err *err) {
  status result = import_close(import_of(import), stats, err);
  mem_free(import);
  return result;
}

/* ---- care ---- */

static status stats(struct target *target, struct buf *out, struct err *err) {
  return db_stats(local_of(target)->db, out, err);
}

static status check(struct target *target, const struct target_fault_sink *sink, struct err *err) {
  struct model *model = local_of(target)->db->model;
  TRY(model_check(model, sink->fault, sink->context, err));
  if (!sink->deep) return LUMA_OK;
  return store_check_deep(model_store(model), sink->fault, sink->context, err);
}

static status compact(struct target *target, struct err *err) {
  return store_compact(model_store(local_of(target)->db->model), err);
}

static void cancel(struct target *target) {
  session_cancel(local_of(target)->session);
}

static void close_local(struct target *target) {
  struct local *local = local_of(target);
  session_close(local->session);
  db_close(local->db);
  mem_free(local);
}

status target_open_local(const char *name, const struct target_options *options,
                         struct target **target, struct err *err) {
  static const struct target_ops ops = {
      close_local,  run,         shape,        next,  outcome, end,     open_import,
      write_import, import_done, close_import, stats, check,   compact, cancel};
  struct db_options db_options = {.os = options->os,
                                  .must_exist = options->must_exist,
                                  .read_only = options->read_only,
                                  .holder = "the lumadb command"};
  struct local *local = mem_zalloc(1, sizeof *local);
  if (!local) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the database");
  local->target.ops = &ops;
  *target = &local->target;
  status result = db_open(name, &db_options, &local->db, err);
  if (result == LUMA_OK) result = session_open(local->db, &local->session, err);
  if (result != LUMA_OK) {
    db_close(local->db);
    mem_free(local);
    return result;
  }
  session_set_timeout_us(local->session, options->timeout_ms * 1000);
  return LUMA_OK;
}
