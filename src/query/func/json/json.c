/* SPDX-License-Identifier: MIT */
/* Functions of maps and lists by PostgreSQL's names for JSON: here they are values like any other,
 * so the functions named json_… and jsonb_… are the same. */
#include "value/json/json.h"
#include "query/func/func_int.h"
#include "value/doc/build.h"
#include "value/order/order.h"

enum { JSON_INDENT = 4 };

status func__json_typeof(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)env, (void)count, (void)err;
  const char *name = "string";
  if (args[0].type == VAL_NULL) name = "null";
  if (args[0].type == VAL_BOOL) name = "boolean";
  if (val_is_number(&args[0])) name = "number";
  if (args[0].type == VAL_LIST) name = "array";
  if (args[0].type == VAL_MAP) name = "object";
  *out = args[0].type == VAL_MISSING ? val_null() : val_text(slice_of_text(name));
  return LUMA_OK;
}

/** The value a step leads to: an attribute by name, an element by number from 0. */
static struct val step_into(const struct val *v, const struct val *step) {
  int64_t index = 0;
  if (v->type == VAL_MAP && step->type == VAL_TEXT) return val_field(v, val_slice(step));
  if (v->type != VAL_LIST) return val_missing();
  struct val number = *step;
  if (step->type == VAL_TEXT) {
    struct func_env none = {0};
    if (func_cast(&none, step, VAL_INT64, &number, NULL) != LUMA_OK) return val_missing();
  }
  if (!val_is_number(&number) || !val_to_int64(&number, &index)) return val_missing();
  if (index < 0) index += val_count(v);
  return index < 0 || index >= val_count(v) ? val_missing() : val_at(v, (uint32_t)index);
}

status func__json_extract_path(struct func_env *env, const struct val *args, uint32_t count,
                               struct val *out, struct err *err) {
  (void)env, (void)err;
  *out = args[0];
  for (uint32_t i = 1; i < count; i++) *out = step_into(out, &args[i]);
  if (out->type == VAL_MISSING) *out = val_null();
  return LUMA_OK;
}

status func__json_extract_path_text(struct func_env *env, const struct val *args, uint32_t count,
                                    struct val *out, struct err *err) {
  TRY(func__json_extract_path(env, args, count, out, err));
  return val_is_null(out) ? LUMA_OK : func_cast(env, out, VAL_TEXT, out, err);
}

status func__json_array_length(struct func_env *env, const struct val *args, uint32_t count,
                               struct val *out, struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_LIST) return func__clash(env, out);
  *out = val_int64(val_count(&args[0]));
  return LUMA_OK;
}

static void put(struct build *build, const struct val *v) {
  struct val null = val_null();
  build_put(build, v->type == VAL_MISSING ? &null : v);
}

status func__json_build_array(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  struct build build;
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < count; i++) put(&build, &args[i]);
  return func__built(env, &build, out, err);
}

/* Names are texts of their own: the scratch holds what is being built. */
static status name_of(struct func_env *env, const struct val *v, struct slice *name,
                      struct err *err) {
  struct val text = *v;
  if (val_is_null(v)) FAIL(err, LUMA_INVALID_ARGUMENT, "the name of an attribute is NULL");
  TRY(func_cast(env, v, VAL_TEXT, &text, err));
  *name = val_slice(&text);
  return LUMA_OK;
}

status func__json_build_object(struct func_env *env, const struct val *args, uint32_t count,
                               struct val *out, struct err *err) {
  struct slice names[FUNC_ARGS_MAX];
  struct build build;
  if (count % 2) FAIL(err, LUMA_INVALID_ARGUMENT, "every attribute needs a name and a value");
  for (uint32_t i = 0; i < count; i += 2) TRY(name_of(env, &args[i], &names[i], err));
  func__map_begin(env, &build);
  for (uint32_t i = 0; i < count; i += 2) {
    build_name(&build, names[i]);
    put(&build, &args[i + 1]);
  }
  return func__built(env, &build, out, err);
}

/** The names of a map's attributes, as a list. */
status func__json_object_keys(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  (void)count;
  struct build build;
  if (args[0].type != VAL_MAP) return func__clash(env, out);
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct slice name;
    (void)val_field_at(&args[0], i, &name);
    struct val text = val_text(name);
    build_put(&build, &text);
  }
  return func__built(env, &build, out, err);
}

static void put_stripped(struct build *build, const struct val *v) {
  if (v->type != VAL_MAP && v->type != VAL_LIST) {
    build_put(build, v);
    return;
  }
  if (v->type == VAL_MAP)
    build_begin_map(build);
  else
    build_begin_list(build);
  for (uint32_t i = 0; i < val_count(v); i++) {
    struct slice name = {0};
    struct val field = v->type == VAL_MAP ? val_field_at(v, i, &name) : val_at(v, i);
    if (v->type == VAL_MAP && field.type == VAL_NULL) continue;
    if (v->type == VAL_MAP) build_name(build, name);
    put_stripped(build, &field);
  }
  build_end(build);
}

/** Without attributes that are null, at every depth. */
status func__json_strip_nulls(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  (void)count;
  struct build build;
  *out = args[0];
  if (args[0].type != VAL_MAP && args[0].type != VAL_LIST) return LUMA_OK;
  bool is_map = args[0].type == VAL_MAP;
  if (is_map)
    func__map_begin(env, &build);
  else
    func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct slice name = {0};
    struct val field = is_map ? val_field_at(&args[0], i, &name) : val_at(&args[0], i);
    if (is_map && field.type == VAL_NULL) continue;
    if (is_map) build_name(&build, name);
    put_stripped(&build, &field);
  }
  return func__built(env, &build, out, err);
}

status func__json_pretty(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  struct json_write_options options = {.form = JSON_PLAIN, .indent = JSON_INDENT};
  json_write(env->scratch, &args[0], &options);
  return func__scratch_text(env, out, err);
}

/** The value itself: what is not JSON's is written as JSON would show it only on the way out. */
status func__to_json(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)env, (void)count, (void)err;
  *out = args[0];
  return LUMA_OK;
}

/* ---- containment ---- */

static bool contains(const struct val *whole, const struct val *part);

static bool list_has(const struct val *list, const struct val *wanted) {
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    if (contains(&element, wanted)) return true;
  }
  return false;
}

/* Depth is bounded by that of documents. */
static bool contains(const struct val *whole, const struct val *part) {
  if (whole->type == VAL_MAP && part->type == VAL_MAP) {
    for (uint32_t i = 0; i < val_count(part); i++) {
      struct slice name;
      struct val wanted = val_field_at(part, i, &name), has = val_field(whole, name);
      if (has.type == VAL_MISSING || !contains(&has, &wanted)) return false;
    }
    return true;
  }
  if (whole->type == VAL_LIST && part->type == VAL_LIST) {
    for (uint32_t i = 0; i < val_count(part); i++) {
      struct val wanted = val_at(part, i);
      if (!list_has(whole, &wanted)) return false;
    }
    return true;
  }
  return val_is_equal(whole, part);
}

/** PostgreSQL's @>: every attribute and element of the second is in the first. */
status func__json_contains(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)env, (void)count, (void)err;
  bool bare = args[0].type == VAL_LIST && args[1].type != VAL_LIST && args[1].type != VAL_MAP;
  *out = val_bool(bare ? list_has(&args[0], &args[1]) : contains(&args[0], &args[1]));
  return LUMA_OK;
}

/** PostgreSQL's ?: whether a map has the name, or a list the text. */
status func__json_exists(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count, (void)err;
  if (args[1].type != VAL_TEXT) return func__clash(env, out);
  if (args[0].type == VAL_MAP)
    *out = val_bool(val_field(&args[0], val_slice(&args[1])).type != VAL_MISSING);
  else
    *out = val_bool(args[0].type == VAL_LIST && list_has(&args[0], &args[1]));
  return LUMA_OK;
}
