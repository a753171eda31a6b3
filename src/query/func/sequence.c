/* SPDX-License-Identifier: MIT */
/* nextval, currval, setval: numbers of sequences, as whoever runs the expression gives them; and
 * what the session did last. */
#include "model/soul/rules.h"
#include "query/func/func_int.h"

static status fail_here(const char *name, struct err *err) {
  FAIL(err, LUMA_UNSUPPORTED, "%s cannot be used here: there is no session", name);
}

status func__nextval(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  int64_t number = 0;
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  if (!env->numbers || !env->numbers->next) return fail_here("nextval", err);
  TRY(env->numbers->next(env->numbers->context, val_slice(&args[0]), &number, err));
  *out = val_int64(number);
  return LUMA_OK;
}

status func__currval(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  int64_t number = 0;
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  if (!env->numbers || !env->numbers->current) return fail_here("currval", err);
  TRY(env->numbers->current(env->numbers->context, val_slice(&args[0]), &number, err));
  *out = val_int64(number);
  return LUMA_OK;
}

status func__setval(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  int64_t number = 0;
  bool is_given = count < 3 || (args[2].type == VAL_BOOL && args[2].boolean);
  if (args[0].type != VAL_TEXT || !val_is_number(&args[1]) || !val_to_int64(&args[1], &number))
    return func__clash(env, out);
  if (!env->numbers || !env->numbers->set) return fail_here("setval", err);
  TRY(env->numbers->set(env->numbers->context, val_slice(&args[0]), number, is_given, err));
  *out = val_int64(number);
  return LUMA_OK;
}

/* ---- what the session did ---- */

static status told(struct func_env *env, const char *name, enum soul_told what, struct val *out,
                   struct err *err) {
  struct val value = val_null();
  if (!env->numbers || !env->numbers->told) return fail_here(name, err);
  TRY(env->numbers->told(env->numbers->context, what, &value, err));
  *out = value;
  if (value.bytes && !(out->data = arena_copy(env->arena, value.data, value.bytes)))
    return func__fail_memory(env, err);
  return LUMA_OK;
}

status func__lastval(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)args, (void)count;
  return told(env, "lastval", SOUL_TOLD_NUMBER, out, err);
}

status func__last_insert_id(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)args, (void)count;
  return told(env, "last_insert_id", SOUL_TOLD_FIRST_KEY, out, err);
}

status func__last_insert_rowid(struct func_env *env, const struct val *args, uint32_t count,
                               struct val *out, struct err *err) {
  (void)args, (void)count;
  return told(env, "last_insert_rowid", SOUL_TOLD_LAST_KEY, out, err);
}

status func__changes(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)args, (void)count;
  return told(env, "changes", SOUL_TOLD_CHANGES, out, err);
}

status func__total_changes(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)args, (void)count;
  return told(env, "total_changes", SOUL_TOLD_TOTAL, out, err);
}

/** likely(x), unlikely(x): hints of SQLite's, which mean nothing here. */
status func__likely(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count, (void)err;
  *out = args[0];
  return LUMA_OK;
}
