/* SPDX-License-Identifier: MIT */
/* PREPARE, EXECUTE, DEALLOCATE: texts by name. The plan of such a text is the cache's to keep. */
#include "base/mem/mem.h"
#include "service/session/session_int.h"

static struct slice name_of(const struct session_named *named) {
  return slice_of(named->data, named->name_bytes);
}

static size_t find(const struct session *session, struct slice name) {
  size_t at = 0;
  while (at < session->named_count && !slice_is_equal_nocase(name_of(&session->named[at]), name))
    at++;
  return at;
}

static status fail_unknown(struct slice name, struct err *err) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "no statement is prepared as `%.*s`",
            SLICE_ARG(name));
  err_hint(err, "PREPARE %.*s AS SELECT …; it lasts as long as the session", SLICE_ARG(name));
  return LUMA_INVALID_ARGUMENT;
}

status session__keep_named(struct session *session, struct slice name, struct slice text,
                           struct err *err) {
  if (find(session, name) < session->named_count) {
    err_raise(err, LUMA_ALREADY_EXISTS, __FILE__, __LINE__,
              "a statement is prepared as `%.*s` already", SLICE_ARG(name));
    err_hint(err, "DEALLOCATE %.*s forgets it", SLICE_ARG(name));
    return LUMA_ALREADY_EXISTS;
  }
  if (session->named_count == SESSION_NAMED_MAX)
    FAIL(err, LUMA_LIMIT_REACHED, "a session keeps at most %d statements", SESSION_NAMED_MAX);
  uint8_t *data = mem_alloc(name.bytes + text.bytes + 1);
  bool has_room = data && mem_grow((void **)&session->named, &session->named_capacity,
                                   session->named_count + 1, sizeof *session->named);
  if (!has_room) {
    mem_free(data);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a prepared statement");
  }
  memcpy(data, name.data, name.bytes);
  if (text.bytes) memcpy(data + name.bytes, text.data, text.bytes);
  session->named[session->named_count++] = (struct session_named){data, name.bytes, text.bytes};
  return LUMA_OK;
}

status session__drop_named(struct session *session, struct slice name, struct err *err) {
  if (!name.bytes) {
    while (session->named_count) mem_free(session->named[--session->named_count].data);
    return LUMA_OK;
  }
  size_t at = find(session, name);
  if (at == session->named_count) return fail_unknown(name, err);
  mem_free(session->named[at].data);
  session->named[at] = session->named[--session->named_count];
  return LUMA_OK;
}

status session__find_named(const struct session *session, struct slice name, struct slice *text,
                           struct err *err) {
  size_t at = find(session, name);
  if (at == session->named_count) return fail_unknown(name, err);
  const struct session_named *named = &session->named[at];
  *text = slice_of(named->data + named->name_bytes, named->text_bytes);
  return LUMA_OK;
}

static status value_of(const struct expr *arg, const struct query_params *given, struct val *value,
                       struct err *err) {
  *value = arg->value;
  if (arg->kind == EXPR_CONST) return LUMA_OK;
  for (uint32_t i = 0; i < given->count; i++) {
    bool is_it =
        given->names ? slice_is_equal(given->names[i], arg->name) : arg->parameter == i + 1;
    if (!is_it) continue;
    *value = given->values[i];
    return LUMA_OK;
  }
  FAIL(err, LUMA_UNKNOWN_PARAMETER, "a parameter of EXECUTE was not given");
}

status session__named_values(const struct plan *execute, const struct query_params *given,
                             struct arena *arena, struct query_params *values, struct err *err) {
  struct val *made = arena_alloc(arena, (execute->exprs_count + (size_t)1) * sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the values of a statement");
  for (uint32_t i = 0; i < execute->exprs_count; i++) {
    struct val value;
    TRY(value_of(execute->exprs[i], given, &value, err));
    TRY(expr_copy_value(arena, &value, &made[i], err));
  }
  *values = (struct query_params){.values = made, .count = execute->exprs_count};
  return LUMA_OK;
}
