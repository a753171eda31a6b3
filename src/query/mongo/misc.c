/* SPDX-License-Identifier: MIT */
/* Operators of any value: comparison, types, bits, timestamps, chance. */
#include "base/ds/rng.h"
#include "query/mongo/mongo_int.h"

/** As val_compare, under the run's collation. */
static status compare(struct func_env *env, const struct val *a, const struct val *b, int *order,
                      struct err *err) {
  struct val left, right;
  TRY(mongo__key(env, a, &left, err));
  TRY(mongo__key(env, b, &right, err));
  *order = val_compare(&left, &right);
  return LUMA_OK;
}

/** low <= v < high */
static status is_between(struct func_env *env, const struct val *v, const struct val *low,
                         const struct val *high, bool *is_in, struct err *err) {
  int from = 0, to = 0;
  TRY(compare(env, v, low, &from, err));
  TRY(compare(env, v, high, &to, err));
  *is_in = from >= 0 && to < 0;
  return LUMA_OK;
}

status mongo__cmp(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  int order = 0;
  TRY(compare(env, &args[0], &args[1], &order, err));
  *out = val_int32((order > 0) - (order < 0));
  return LUMA_OK;
}

status mongo__type(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count, (void)err;
  *out = val_text(slice_of_text(mongo_type_name(&args[0])));
  return LUMA_OK;
}

status mongo__is_number(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)env, (void)count, (void)err;
  *out = val_bool(val_is_number(&args[0]));
  return LUMA_OK;
}

/** Refuses in the place of a $switch's default that is not there. */
status mongo__switch_without_default(struct func_env *env, const struct val *args, uint32_t count,
                                     struct val *out, struct err *err) {
  (void)env, (void)args, (void)count, (void)out;
  return mongo_fail(err, 40066,
                    "$switch could not find a matching branch for an input, and no default was "
                    "specified.");
}

status mongo__new_root(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)env, (void)count;
  *out = args[0];
  if (args[0].type == VAL_MAP) return LUMA_OK;
  return mongo_fail(err, 40228,
                    "'newRoot' expression must evaluate to an object, but resulting value was of "
                    "type %s",
                    mongo_type_name(&args[0]));
}

status mongo__current_timestamp(struct func_env *env, const struct val *args, uint32_t count,
                                struct val *out, struct err *err) {
  (void)args, (void)count, (void)err;
  uint64_t seconds = env->now_us / 1000000;
  *out = (struct val){.type = VAL_BSONTIME, .integer = (int64_t)(seconds << 32 | 1)};
  return LUMA_OK;
}

static status check_boundaries(struct func_env *env, const struct val *list,
                               const struct val *otherwise, struct err *err) {
  for (uint32_t i = 1; i < val_count(list); i++) {
    struct val before = val_at(list, i - 1), here = val_at(list, i);
    if (val_order_class((enum val_type)before.type) != val_order_class((enum val_type)here.type))
      return mongo_fail(err, 40193,
                        "All values in the 'boundaries' option to $bucket must have the "
                        "same type");
    int order = 0;
    TRY(compare(env, &before, &here, &order, err));
    if (order >= 0)
      return mongo_fail(err, 40194, "The 'boundaries' option to $bucket must be sorted");
  }
  bool inside = false;
  struct val low = val_at(list, 0), high = val_at(list, val_count(list) - 1);
  if (word_is_given(otherwise)) TRY(is_between(env, otherwise, &low, &high, &inside, err));
  if (inside)
    return mongo_fail(err, 40199,
                      "The $bucket 'default' field must be less than the lowest "
                      "boundary or greater than or equal to the highest boundary");
  return LUMA_OK;
}

/** value, boundaries, what is outside them */
status mongo__bucket_of(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  bool is_in = false;
  struct val v = args[0].type == VAL_MISSING ? val_null() : args[0];
  TRY(check_boundaries(env, &args[1], &args[2], err));
  for (uint32_t i = 0; i + 1 < val_count(&args[1]); i++) {
    struct val low = val_at(&args[1], i), high = val_at(&args[1], i + 1);
    *out = low;
    TRY(is_between(env, &v, &low, &high, &is_in, err));
    if (is_in) return LUMA_OK;
  }
  *out = args[2];
  if (word_is_given(&args[2])) return LUMA_OK;
  return mongo_fail(err, 40066,
                    "$bucket could not find a matching branch for an input, and no "
                    "default was specified.");
}

/* ---- bits ---- */

enum bit_operation { BIT_AND, BIT_OR, BIT_XOR };

static status bits(const char *name, enum bit_operation operation, const struct val *args,
                   uint32_t count, struct val *out, struct err *err) {
  int64_t result = operation == BIT_AND ? -1 : 0;
  bool is_wide = false;
  *out = val_null();
  for (uint32_t i = 0; i < count; i++) {
    if (val_is_null(&args[i])) return LUMA_OK; /* what stands behind it is not looked at */
    if (!val_is_integer(&args[i]))
      return mongo_fail(err, 14, "%s only supports int and long operands, not %s.", name,
                        mongo_type_name(&args[i]));
    is_wide |= args[i].type == VAL_INT64;
    if (operation == BIT_AND) result &= args[i].integer;
    if (operation == BIT_OR) result |= args[i].integer;
    if (operation == BIT_XOR) result ^= args[i].integer;
  }
  *out = is_wide ? val_int64(result) : mongo__integer(result);
  return LUMA_OK;
}

status mongo__bit_and(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)env;
  return bits("$bitAnd", BIT_AND, args, count, out, err);
}

status mongo__bit_or(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)env;
  return bits("$bitOr", BIT_OR, args, count, out, err);
}

status mongo__bit_xor(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)env;
  return bits("$bitXor", BIT_XOR, args, count, out, err);
}

status mongo__bit_not(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)env, (void)count;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (!val_is_integer(&args[0]))
    return mongo_fail(err, 28765, "$bitNot only supports int and long, not %s.",
                      mongo_type_name(&args[0]));
  *out = args[0];
  out->integer = ~args[0].integer;
  return LUMA_OK;
}

/* ---- timestamps ---- */

static status timestamp_part(const char *name, uint32_t code, bool seconds, const struct val *v,
                             struct val *out, struct err *err) {
  *out = val_null();
  if (val_is_null(v)) return LUMA_OK;
  if (v->type != VAL_BSONTIME)
    return mongo_fail(err, code, "Argument to %s must be a timestamp, but is %s", name,
                      mongo_type_name(v));
  uint64_t bits_of = (uint64_t)v->integer;
  *out = val_int64((int64_t)(seconds ? bits_of >> 32 : bits_of & UINT32_MAX));
  return LUMA_OK;
}

status mongo__ts_second(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)env, (void)count;
  return timestamp_part("$tsSecond", 5687301, true, args, out, err);
}

status mongo__ts_increment(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)env, (void)count;
  return timestamp_part("$tsIncrement", 5687302, false, args, out, err);
}

status mongo__rand(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)args, (void)count, (void)err;
  *out = val_float64(rng_float(env->chance));
  return LUMA_OK;
}
