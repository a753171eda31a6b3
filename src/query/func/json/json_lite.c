/* SPDX-License-Identifier: MIT */
/* SQLite's and MySQL's functions of JSON that PostgreSQL has not. */
#include "query/func/func_int.h"
#include "value/doc/build.h"
#include "value/json/json.h"

/** json(text): what it says; another value is itself. */
status func__json(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  *out = args[0];
  if (args[0].type != VAL_TEXT) return LUMA_OK;
  return func__read_json(env, val_slice(&args[0]), out, err);
}

/** json_quote(value): as JSON is written. */
status func__json_quote(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  struct json_write_options options = {0};
  (void)count;
  json_write(env->scratch, &args[0], &options);
  return func__scratch_text(env, out, err);
}

/** json_unquote(value): a text that is a JSON string, without its quotes. */
status func__json_unquote(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  *out = args[0];
  if (args[0].type != VAL_TEXT) {
    func_append_text(env->scratch, &args[0]);
    return func__scratch_text(env, out, err);
  }
  struct slice text = val_slice(&args[0]);
  bool is_quoted = text.bytes > 1 && text.data[0] == '"' && text.data[text.bytes - 1] == '"';
  return is_quoted ? func__read_json(env, text, out, err) : LUMA_OK;
}

/** json_type(value [, path]): SQLite's names of kinds. */
status func__json_type(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  struct val value = args[0];
  struct val is_there = val_bool(true);
  if (count > 1) TRY(func__json_path_exists(env, args, count, &is_there, err));
  if (count > 1) TRY(func__json_path_query_first(env, args, count, &value, err));
  *out = val_null();
  if (!is_there.boolean) return LUMA_OK;
  const char *name = value.type == VAL_MAP    ? "object"
                     : value.type == VAL_LIST ? "array"
                     : value.type == VAL_NULL ? "null"
                     : value.type == VAL_BOOL ? (value.boolean ? "true" : "false")
                     : val_is_integer(&value) ? "integer"
                     : val_is_number(&value)  ? "real"
                                              : "text";
  *out = val_text(slice_of_text(name));
  return LUMA_OK;
}

/* ---- merge patches (RFC 7396) ---- */

static void merge(struct build *build, const struct val *there, const struct val *patch);

static void merge_new(struct build *build, const struct val *there, const struct val *patch) {
  for (uint32_t i = 0; i < val_count(patch); i++) {
    struct slice name;
    struct val value = val_field_at(patch, i, &name), none = val_missing();
    bool is_known = there->type == VAL_MAP && val_field(there, name).type != VAL_MISSING;
    if (is_known || value.type == VAL_NULL) continue;
    build_name(build, name);
    merge(build, &none, &value);
  }
}

/* The fields of a patch over those there; the map has begun. */
static void merge_fields(struct build *build, const struct val *there, const struct val *patch) {
  for (uint32_t i = 0; there->type == VAL_MAP && i < val_count(there); i++) {
    struct slice name;
    struct val own = val_field_at(there, i, &name), value = val_field(patch, name);
    if (value.type == VAL_NULL) continue;
    build_name(build, name);
    if (value.type == VAL_MISSING)
      build_put(build, &own);
    else
      merge(build, &own, &value);
  }
  merge_new(build, there, patch);
}

/* As deep as the patch is, which documents' limit bounds. */
static void merge(struct build *build, const struct val *there, const struct val *patch) {
  if (patch->type != VAL_MAP) {
    build_put(build, patch);
    return;
  }
  build_begin_map(build);
  merge_fields(build, there, patch);
  build_end(build);
}

/** json_patch(value, patch) */
status func__json_patch(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  struct build build;
  (void)count;
  *out = args[1];
  if (args[1].type != VAL_MAP) return LUMA_OK;
  func__map_begin(env, &build);
  merge_fields(&build, &args[0], &args[1]);
  return func__built(env, &build, out, err);
}

/* ---- changes at several paths ---- */

/* f(value, path, new, path, new, …): one after the other. */
static status change_each(struct func_env *env, const struct val *args, uint32_t count,
                          func_call *change, const struct val *option, struct val *out,
                          struct err *err) {
  struct val step[4] = {args[0]};
  if (count % 2 == 0) FAIL(err, LUMA_INVALID_ARGUMENT, "a path stands without its value");
  if (option) step[3] = *option;
  *out = args[0];
  for (uint32_t i = 1; i + 1 < count; i += 2) {
    step[0] = *out;
    step[1] = args[i];
    step[2] = args[i + 1];
    TRY(change(env, step, option ? 4 : 3, out, err));
  }
  return LUMA_OK;
}

/** json_replace(value, path, new, …): only what is there. */
status func__json_replace(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  const struct val no = val_bool(false);
  return change_each(env, args, count, func__json_set, &no, out, err);
}

/** json_set(value, path, new, path, new, …): SQLite's, of more than one; else PostgreSQL's. */
status func__json_set_all(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  if (count < 5) return func__json_set(env, args, count, out, err);
  return change_each(env, args, count, func__json_set, NULL, out, err);
}
