/* SPDX-License-Identifier: MIT */
/* PostgreSQL's jsonb_set, jsonb_insert and the operators - and #-: a value written again with one
 * place of it changed. Depth is bounded by that of documents. */
#include "query/func/func_int.h"
#include "value/doc/build.h"
#include "value/order/order.h"

enum change_kind { CHANGE_SET, CHANGE_INSERT, CHANGE_REMOVE };

struct change {
  enum change_kind kind;
  const struct val *steps;
  uint32_t count;
  const struct val *value; /* SET, INSERT */
  bool creates;            /* SET: what is not there is made */
  bool after;              /* INSERT: behind the element, not before it */
  struct build build;
  struct err *err;
};

static status rewrite(struct change *change, const struct val *v, uint32_t at);

static bool is_last(const struct change *change, uint32_t at) {
  return at + 1 == change->count;
}

static void put_value(struct change *change) {
  struct val null = val_null();
  build_put(&change->build, change->value->type == VAL_MISSING ? &null : change->value);
}

static status put_child(struct change *change, const struct val *child, uint32_t at) {
  if (!is_last(change, at)) return rewrite(change, child, at + 1);
  if (change->kind == CHANGE_SET) put_value(change);
  return LUMA_OK;
}

/* ---- maps ---- */

static status fail_taken(const struct change *change, struct slice name) {
  FAIL(change->err, LUMA_INVALID_ARGUMENT,
       "jsonb_insert does not replace: there is an attribute `%.*s` already", SLICE_ARG(name));
}

static status put_attributes(struct change *change, const struct val *map, uint32_t at) {
  struct slice wanted = val_slice(&change->steps[at]);
  bool found = false;
  for (uint32_t i = 0; i < val_count(map); i++) {
    struct slice name;
    struct val field = val_field_at(map, i, &name);
    bool is_it = slice_is_equal(name, wanted);
    if (is_it && is_last(change, at) && change->kind == CHANGE_INSERT)
      return fail_taken(change, name);
    found |= is_it;
    if (is_it && is_last(change, at) && change->kind == CHANGE_REMOVE) continue;
    build_name(&change->build, name);
    if (is_it)
      TRY(put_child(change, &field, at));
    else
      build_put(&change->build, &field);
  }
  bool adds = !found && is_last(change, at) &&
              (change->kind == CHANGE_INSERT || (change->kind == CHANGE_SET && change->creates));
  if (adds) build_name(&change->build, wanted);
  if (adds) put_value(change);
  return LUMA_OK;
}

/* ---- lists ---- */

static status read_place(const struct change *change, uint32_t at, int64_t *place) {
  struct func_env none = {0};
  struct val number = change->steps[at];
  bool good = number.type == VAL_TEXT
                  ? func_cast(&none, &change->steps[at], VAL_INT64, &number, NULL) == LUMA_OK
                  : val_is_number(&number);
  if (good && val_to_int64(&number, place)) return LUMA_OK;
  FAIL(change->err, LUMA_INVALID_ARGUMENT, "step %u of the path leads into a list: it is a number",
       at + 1);
}

static status put_element(struct change *change, const struct val *element, uint32_t at) {
  if (is_last(change, at) && change->kind == CHANGE_INSERT) {
    if (!change->after) put_value(change);
    build_put(&change->build, element);
    if (change->after) put_value(change);
    return LUMA_OK;
  }
  return put_child(change, element, at);
}

/* A place before the first or behind the last adds there. */
static status put_elements(struct change *change, const struct val *list, uint32_t at) {
  int64_t place = 0, count = val_count(list);
  TRY(read_place(change, at, &place));
  if (place < 0) place += count;
  bool is_outside = place < 0 || place >= count;
  bool adds = is_outside && is_last(change, at) &&
              (change->kind == CHANGE_INSERT || (change->kind == CHANGE_SET && change->creates));
  if (adds && place < 0) put_value(change);
  for (int64_t i = 0; i < count; i++) {
    struct val element = val_at(list, (uint32_t)i);
    if (i == place)
      TRY(put_element(change, &element, at));
    else
      build_put(&change->build, &element);
  }
  if (adds && place >= count) put_value(change);
  return LUMA_OK;
}

/* ---- all ---- */

static status put_inside(struct change *change, const struct val *v, uint32_t at) {
  if (v->type == VAL_LIST) return put_elements(change, v, at);
  return put_attributes(change, v, at);
}

static status rewrite(struct change *change, const struct val *v, uint32_t at) {
  bool is_map = v->type == VAL_MAP && change->steps[at].type == VAL_TEXT;
  if (!is_map && v->type != VAL_LIST) {
    build_put(&change->build, v); /* the path leads nowhere */
    return LUMA_OK;
  }
  if (is_map)
    build_begin_map(&change->build);
  else
    build_begin_list(&change->build);
  TRY(put_inside(change, v, at));
  build_end(&change->build);
  return LUMA_OK;
}

static status make(struct func_env *env, struct change *change, const struct val *whole,
                   struct val *out, struct err *err) {
  *out = *whole;
  change->err = err;
  if (change->count == 0) return LUMA_OK;
  if (whole->type != VAL_LIST && (whole->type != VAL_MAP || change->steps[0].type != VAL_TEXT))
    return func__clash(env, out);
  if (whole->type == VAL_MAP)
    func__map_begin(env, &change->build);
  else
    func__list_begin(env, &change->build);
  status result = put_inside(change, whole, 0);
  if (result == LUMA_OK) return func__built(env, &change->build, out, err);
  build_deinit(&change->build);
  buf_reset(env->scratch);
  return result;
}

static bool is_true(const struct val *args, uint32_t count, uint32_t nth, bool otherwise) {
  if (nth >= count || args[nth].type != VAL_BOOL) return otherwise;
  return args[nth].boolean;
}

static status at_path(struct func_env *env, const struct val *args, struct change *change,
                      struct val *out, struct err *err) {
  struct val steps[FUNC_STEPS_MAX];
  if (!func_read_steps(&args[1], steps, FUNC_STEPS_MAX, &change->count))
    return func__clash(env, out);
  change->steps = steps;
  status result = make(env, change, &args[0], out, err);
  change->steps = NULL;
  return result;
}

/** jsonb_set(value, path, new [, create]) */
status func__json_set(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  struct change change = {
      .kind = CHANGE_SET, .value = &args[2], .creates = is_true(args, count, 3, true)};
  return at_path(env, args, &change, out, err);
}

/** jsonb_set_lax(value, path, new [, create [, what NULL does]]) */
status func__json_set_lax(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  struct slice deed = slice_of_text("use_json_null");
  *out = val_null();
  if (val_is_null(&args[0]) || val_is_null(&args[1])) return LUMA_OK;
  if (!val_is_null(&args[2])) return func__json_set(env, args, count, out, err);
  if (count > 4 && args[4].type == VAL_TEXT) deed = val_slice(&args[4]);
  if (slice_is_equal(deed, slice_of_text("use_json_null")))
    return func__json_set(env, args, count, out, err);
  if (slice_is_equal(deed, slice_of_text("delete_key")))
    return func__json_remove_path(env, args, 2, out, err);
  *out = args[0];
  if (slice_is_equal(deed, slice_of_text("return_target"))) return LUMA_OK;
  if (slice_is_equal(deed, slice_of_text("raise_exception")))
    FAIL(err, LUMA_INVALID_VALUE, "the new value is NULL");
  FAIL(err, LUMA_INVALID_ARGUMENT,
       "a NULL does use_json_null, delete_key, return_target or raise_exception");
}

/** jsonb_insert(value, path, new [, after]) */
status func__json_insert(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  struct change change = {
      .kind = CHANGE_INSERT, .value = &args[2], .after = is_true(args, count, 3, false)};
  return at_path(env, args, &change, out, err);
}

/** a #- path */
status func__json_remove_path(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  struct change change = {.kind = CHANGE_REMOVE};
  (void)count;
  return at_path(env, args, &change, out, err);
}

/* Elements of a list that are the text, or one of the texts. */
static bool is_named(const struct val *element, const struct val *names) {
  if (names->type != VAL_LIST) return val_is_equal(element, names);
  for (uint32_t i = 0; i < val_count(names); i++) {
    struct val name = val_at(names, i);
    if (val_is_equal(element, &name)) return true;
  }
  return false;
}

static status without_names(struct func_env *env, const struct val *whole, const struct val *names,
                            struct val *out, struct err *err) {
  struct build build;
  bool is_map = whole->type == VAL_MAP;
  if (is_map)
    func__map_begin(env, &build);
  else
    func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(whole); i++) {
    struct slice name = {0};
    struct val one = is_map ? val_field_at(whole, i, &name) : val_at(whole, i);
    struct val known = is_map ? val_text(name) : one;
    if (is_named(&known, names)) continue;
    if (is_map) build_name(&build, name);
    build_put(&build, &one);
  }
  return func__built(env, &build, out, err);
}

/* Whether it is a path as SQLite writes them: '$.a'. */
static bool is_dollar(const struct val *path) {
  return path->type == VAL_TEXT && path->bytes > 2 && path->data[0] == '$' &&
         (path->data[1] == '.' || path->data[1] == '[');
}

/** a - name, a - place, a - names; json_remove(a, '$.path', …). */
status func__json_remove(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  if (is_dollar(&args[1])) {
    struct val step[2] = {args[0], args[1]};
    *out = args[0];
    for (uint32_t i = 1; i < count; i++) {
      step[0] = *out;
      step[1] = args[i];
      TRY(func__json_remove_path(env, step, 2, out, err));
    }
    return LUMA_OK;
  }
  bool is_made = args[0].type == VAL_MAP || args[0].type == VAL_LIST;
  bool is_name = args[1].type == VAL_TEXT || args[1].type == VAL_LIST;
  if (is_made && is_name) return without_names(env, &args[0], &args[1], out, err);
  if (args[0].type != VAL_LIST || !val_is_number(&args[1])) return func__clash(env, out);
  struct change change = {.kind = CHANGE_REMOVE, .steps = &args[1], .count = 1};
  return make(env, &change, &args[0], out, err);
}

/* ---- || ---- */

static void put_list_or_one(struct build *build, const struct val *v) {
  if (v->type != VAL_LIST) build_put(build, v);
  for (uint32_t i = 0; v->type == VAL_LIST && i < val_count(v); i++) {
    struct val element = val_at(v, i);
    build_put(build, &element);
  }
}

static status merge(struct func_env *env, const struct val *a, const struct val *b, struct val *out,
                    struct err *err) {
  struct build build;
  func__map_begin(env, &build);
  for (uint32_t i = 0; i < val_count(a); i++) {
    struct slice name;
    struct val own = val_field_at(a, i, &name), other = val_field(b, name);
    build_name(&build, name);
    build_put(&build, other.type == VAL_MISSING ? &own : &other);
  }
  for (uint32_t i = 0; i < val_count(b); i++) {
    struct slice name;
    struct val other = val_field_at(b, i, &name);
    if (val_field(a, name).type != VAL_MISSING) continue;
    build_name(&build, name);
    build_put(&build, &other);
  }
  return func__built(env, &build, out, err);
}

status func_join_made(struct func_env *env, const struct val *a, const struct val *b,
                      struct val *out, struct err *err) {
  struct build build;
  if (a->type == VAL_MAP && b->type == VAL_MAP) return merge(env, a, b, out, err);
  func__list_begin(env, &build);
  put_list_or_one(&build, a);
  put_list_or_one(&build, b);
  return func__built(env, &build, out, err);
}

status func_remove_made(struct func_env *env, const struct val *a, const struct val *b,
                        struct val *out, struct err *err) {
  const struct val args[2] = {*a, *b};
  return func__json_remove(env, args, 2, out, err);
}
