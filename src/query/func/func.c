/* SPDX-License-Identifier: MIT */
/* The registry, and functions about any value: NULLs, types, casts. */
#include "query/func/func.h"

#include "base/text/suggest.h"
#include "query/func/compare.h"
#include "query/func/func_int.h"
#include "query/plan/expr.h"
#include "value/json/json.h"

const struct func *func_find(struct slice name) {
  uint32_t from = 0, to = func__table_count;
  while (from < to) {
    uint32_t middle = (from + to) / 2;
    int order = slice_compare_known(name, func__table[middle].name);
    if (order == 0) return &func__table[middle];
    if (order < 0)
      to = middle;
    else
      from = middle + 1;
  }
  return NULL;
}

const struct func *func_at(uint32_t nth) {
  return nth < func__table_count ? &func__table[nth] : NULL;
}

status func_fail_unknown(struct slice name, struct err *err) {
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (uint32_t i = 0; i < func__table_count; i++)
    suggest_offer(&suggest, slice_of_text(func__table[i].name));
  status failed = err_raise(err, LUMA_UNKNOWN_FUNCTION, __FILE__, __LINE__,
                            "there is no function `%.*s`", SLICE_ARG(name));
  if (suggest_is_good(&suggest)) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  return failed;
}

status func__clash(struct func_env *env, struct val *out) {
  (*env->clashes)++;
  *out = val_null();
  return LUMA_OK;
}

status func__fail_memory(const struct func_env *env, struct err *err) {
  return plan_check_memory(env->arena, NULL, err);
}

status func__text(struct func_env *env, struct slice text, struct val *out, struct err *err) {
  void *copy = arena_alloc_text(env->arena, text.bytes ? text.bytes : 1);
  if (!copy) return func__fail_memory(env, err);
  if (text.bytes) memcpy(copy, text.data, text.bytes);
  *out = val_text(slice_of(copy, text.bytes));
  return LUMA_OK;
}

status func__scratch_text(struct func_env *env, struct val *out, struct err *err) {
  status made = buf_check(env->scratch, "the text", err);
  if (made == LUMA_OK) made = func__text(env, buf_slice(env->scratch), out, err);
  buf_reset(env->scratch);
  return made;
}

void func_append_text(struct buf *out, const struct val *value) {
  struct json_write_options options = {.form = JSON_PLAIN};
  size_t start = out->bytes;
  if (value->type == VAL_TEXT) {
    buf_append_slice(out, val_slice(value));
    return;
  }
  json_write(out, value, &options);
  if (out->failed != LUMA_OK || out->bytes < start + 2 || out->data[start] != '"') return;
  memmove(out->data + start, out->data + start + 1,
          out->bytes - start - 2); /* types that JSON quotes */
  out->bytes -= 2;
}

/* ---- NULLs ---- */

status func__coalesce(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)env, (void)err;
  *out = val_null();
  for (uint32_t i = 0; i < count && val_is_null(out); i++) *out = args[i];
  return LUMA_OK;
}

status func__nullif(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count, (void)err;
  int order = 1;
  *out = args[0];
  if (val_is_null(&args[0]) || val_is_null(&args[1])) return LUMA_OK;
  if (compare_sql(&args[0], &args[1], &order) && order == 0) *out = val_null();
  return LUMA_OK;
}

/** The extreme argument: `sign` 1 for the largest, -1 for the smallest. */
static status pick_extreme(const struct val *args, uint32_t count, int sign, struct val *out) {
  *out = val_null();
  for (uint32_t i = 0; i < count; i++) {
    if (val_is_null(&args[i])) continue;
    if (val_is_null(out) || val_compare(&args[i], out) * sign > 0) *out = args[i];
  }
  return LUMA_OK;
}

status func__greatest(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)env, (void)err;
  return pick_extreme(args, count, 1, out);
}

status func__max_of(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  return func__greatest(env, args, count, out, err);
}

status func__least(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)err;
  return pick_extreme(args, count, -1, out);
}

status func__min_of(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  return func__least(env, args, count, out, err);
}

status func__typeof(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count, (void)err;
  enum val_type type = args[0].type == VAL_MISSING ? VAL_NULL : (enum val_type)args[0].type;
  *out = val_text(slice_of_text(val_type_name(type)));
  return LUMA_OK;
}
