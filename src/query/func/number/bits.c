/* SPDX-License-Identifier: MIT */
/* Bits of 64-bit integers. */
#include "query/func/func_int.h"

enum { INTEGER_BITS = 64 };

static bool are_integers(const struct val *args, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (!val_is_integer(&args[i])) return false;
  return true;
}

status func__bitand(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)err;
  if (!are_integers(args, count)) return func__clash(env, out);
  *out = val_int64(args[0].integer & args[1].integer);
  return LUMA_OK;
}

status func__bitor(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)err;
  if (!are_integers(args, count)) return func__clash(env, out);
  *out = val_int64(args[0].integer | args[1].integer);
  return LUMA_OK;
}

status func__bitxor(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)err;
  if (!are_integers(args, count)) return func__clash(env, out);
  *out = val_int64(args[0].integer ^ args[1].integer);
  return LUMA_OK;
}

status func__bitnot(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)err;
  if (!are_integers(args, count)) return func__clash(env, out);
  *out = val_int64(~args[0].integer);
  return LUMA_OK;
}

status func__bit_count(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)err;
  if (!are_integers(args, count)) return func__clash(env, out);
  *out = val_int64(__builtin_popcountll((unsigned long long)args[0].integer));
  return LUMA_OK;
}

/** By as many places as fit into 64 bits, as PostgreSQL and the processors count them. */
status func__shift_left(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)err;
  if (!are_integers(args, count)) return func__clash(env, out);
  uint64_t places = (uint64_t)args[1].integer % INTEGER_BITS;
  *out = val_int64((int64_t)((uint64_t)args[0].integer << places));
  return LUMA_OK;
}

/** The sign fills the places that become free. */
status func__shift_right(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)err;
  if (!are_integers(args, count)) return func__clash(env, out);
  uint64_t places = (uint64_t)args[1].integer % INTEGER_BITS;
  *out = val_int64(args[0].integer >> places);
  return LUMA_OK;
}
