/* SPDX-License-Identifier: MIT */
/* PostgreSQL's functions of JSON that yield rows, here lists for FROM, and that make objects. */
#include "query/func/func_int.h"
#include "value/doc/build.h"

static void put_pair(struct build *build, struct slice name, const struct val *value) {
  struct val key = val_text(name);
  build_begin_map(build);
  build_name(build, slice_of_text("key"));
  build_put(build, &key);
  build_name(build, slice_of_text("value"));
  build_put(build, value);
  build_end(build);
}

/** {"a": 1} is [{"key": "a", "value": 1}] */
status func__json_each(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  struct build build;
  (void)count;
  if (args[0].type != VAL_MAP) return func__clash(env, out);
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct slice name;
    struct val value = val_field_at(&args[0], i, &name);
    put_pair(&build, name, &value);
  }
  return func__built(env, &build, out, err);
}

/* The texts of all values, before the scratch is used for what is built of them. */
static status texts_of(struct func_env *env, const struct val *made, struct val **texts,
                       struct err *err) {
  uint32_t count = val_count(made);
  *texts = arena_alloc(env->arena, (count + (size_t)1) * sizeof **texts);
  if (!*texts) return func__fail_memory(env, err);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val value = made->type == VAL_MAP ? val_field_at(made, i, &name) : val_at(made, i);
    (*texts)[i] = val_null();
    if (!val_is_null(&value)) TRY(func_cast(env, &value, VAL_TEXT, &(*texts)[i], err));
  }
  return LUMA_OK;
}

status func__json_each_text(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  struct build build;
  struct val *texts = NULL;
  (void)count;
  if (args[0].type != VAL_MAP) return func__clash(env, out);
  TRY(texts_of(env, &args[0], &texts, err));
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct slice name;
    (void)val_field_at(&args[0], i, &name);
    put_pair(&build, name, &texts[i]);
  }
  return func__built(env, &build, out, err);
}

status func__json_array_elements(struct func_env *env, const struct val *args, uint32_t count,
                                 struct val *out, struct err *err) {
  (void)count, (void)err;
  *out = args[0];
  return args[0].type == VAL_LIST ? LUMA_OK : func__clash(env, out);
}

status func__json_array_elements_text(struct func_env *env, const struct val *args, uint32_t count,
                                      struct val *out, struct err *err) {
  struct build build;
  struct val *texts = NULL;
  (void)count;
  if (args[0].type != VAL_LIST) return func__clash(env, out);
  TRY(texts_of(env, &args[0], &texts, err));
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) build_put(&build, &texts[i]);
  return func__built(env, &build, out, err);
}

/* ---- json_object ---- */

/* Names and values in turn, or a list of pairs. */
static status pair_at(const struct val *list, uint32_t nth, struct val *name, struct val *value,
                      struct err *err) {
  struct val first = val_count(list) ? val_at(list, 0) : val_null();
  if (first.type != VAL_LIST) {
    *name = val_at(list, 2 * nth);
    *value = val_at(list, 2 * nth + 1);
    return LUMA_OK;
  }
  struct val pair = val_at(list, nth);
  if (pair.type != VAL_LIST || val_count(&pair) != 2)
    FAIL(err, LUMA_INVALID_ARGUMENT, "a list of pairs has two elements in each");
  *name = val_at(&pair, 0);
  *value = val_at(&pair, 1);
  return LUMA_OK;
}

static status put_named(struct build *build, const struct val *name, const struct val *value,
                        struct err *err) {
  if (name->type != VAL_TEXT)
    FAIL(err, LUMA_INVALID_ARGUMENT, "the name of an attribute is a text, not %s",
         val_type_name((enum val_type)name->type));
  build_name(build, val_slice(name));
  build_put(build, value);
  return LUMA_OK;
}

static status put_pairs(struct build *build, const struct val *args, uint32_t count,
                        struct err *err) {
  struct val name = {0}, value = {0},
             first = val_count(&args[0]) ? val_at(&args[0], 0) : val_null();
  uint32_t all = val_count(&args[0]);
  if (count == 1 && first.type != VAL_LIST && all % 2)
    FAIL(err, LUMA_INVALID_ARGUMENT, "every attribute needs a name and a value");
  if (count == 2 && val_count(&args[1]) != all)
    FAIL(err, LUMA_INVALID_ARGUMENT, "there are %u names and %u values", all, val_count(&args[1]));
  if (count == 1 && first.type != VAL_LIST) all /= 2;
  for (uint32_t i = 0; i < all; i++) {
    if (count == 1) TRY(pair_at(&args[0], i, &name, &value, err));
    if (count == 2) name = val_at(&args[0], i);
    if (count == 2) value = val_at(&args[1], i);
    TRY(put_named(build, &name, &value, err));
  }
  return LUMA_OK;
}

/** json_object(names and values), json_object(names, values) */
status func__json_object(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  struct build build;
  for (uint32_t i = 0; i < count; i++)
    if (args[i].type != VAL_LIST) return func__clash(env, out);
  func__map_begin(env, &build);
  status result = put_pairs(&build, args, count, err);
  if (result == LUMA_OK) return func__built(env, &build, out, err);
  build_deinit(&build);
  buf_reset(env->scratch);
  return result;
}

/* ---- ?| and ?& ---- */

static status count_names(struct func_env *env, const struct val *args, uint32_t *found,
                          struct err *err) {
  *found = 0;
  for (uint32_t i = 0; i < val_count(&args[1]); i++) {
    struct val pair[2] = {args[0], val_at(&args[1], i)}, has;
    TRY(func__json_exists(env, pair, 2, &has, err));
    *found += has.type == VAL_BOOL && has.boolean;
  }
  return LUMA_OK;
}

status func__json_exists_any(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  uint32_t found = 0;
  (void)count;
  if (args[1].type != VAL_LIST) return func__clash(env, out);
  TRY(count_names(env, args, &found, err));
  *out = val_bool(found > 0);
  return LUMA_OK;
}

status func__json_exists_all(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  uint32_t found = 0;
  (void)count;
  if (args[1].type != VAL_LIST) return func__clash(env, out);
  TRY(count_names(env, args, &found, err));
  *out = val_bool(found == val_count(&args[1]));
  return LUMA_OK;
}
