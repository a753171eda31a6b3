/* SPDX-License-Identifier: MIT */
/* CAST as it is written: a type's name, its numbers (varchar(5), numeric(10, 2)), lists of a type,
 * JSON. */
#include "base/text/utf8.h"
#include "query/func/func_int.h"
#include "value/doc/build.h"

/** The name of a type with its numbers. */
struct target {
  struct slice name;
  const struct val *numbers;
  uint32_t count;
};

static bool is_one_of(struct slice name, const char *const *names) {
  for (; *names && name.bytes; names++) {
    bool may_be = (name.data[0] | ('a' ^ 'A')) == **names; /* small letters: mostly no call */
    if (may_be && slice_is_equal_nocase(name, slice_of_text(*names))) return true;
  }
  return false;
}

/** Integers of 16 bits keep their bounds; INT is 64 bits wide here. */
static status check_small(struct slice name, const struct val *v, struct err *err) {
  static const char *const small[] = {"smallint", "int2", NULL};
  bool fits = v->integer >= INT16_MIN && v->integer <= INT16_MAX;
  if (fits || !is_one_of(name, small)) return LUMA_OK;
  FAIL(err, LUMA_OUT_OF_RANGE, "%lld does not fit %.*s", (long long)v->integer, SLICE_ARG(name));
}

/** char without a number is one character; varchar and text have no bound. */
static void cut_text(const struct target *to, struct val *v) {
  static const char *const single[] = {"char", "character", NULL};
  int64_t most = to->count ? to->numbers[0].integer : is_one_of(to->name, single) ? 1 : -1;
  if (most >= 0) v->bytes = (uint32_t)func__prefix_bytes(val_slice(v), most);
}

/** numeric(p, s): rounded to s places, an error with more than p - s digits before the point. */
static status fit_decimal(struct func_env *env, const struct target *to, struct val *v,
                          struct err *err) {
  int64_t precision = to->numbers[0].integer, scale = to->count > 1 ? to->numbers[1].integer : 0;
  struct val args[2] = {*v, val_int64(scale)};
  struct decimal_parts parts;
  TRY(func__round(env, args, 2, v, err));
  if (v->type != VAL_DECIMAL || decimal_unpack(v->decimal, &parts) != DECIMAL_FINITE)
    return LUMA_OK;
  while (parts.exponent > -scale && parts.coefficient < (uint128)1 << 120) {
    parts.coefficient *= 10;
    parts.exponent--;
  }
  *v = val_decimal(decimal_pack(parts, NULL));
  int64_t digits = 0;
  for (uint128 rest = parts.coefficient; rest; rest /= 10) digits++;
  if (digits + parts.exponent + scale <= precision) return LUMA_OK;
  FAIL(err, LUMA_OUT_OF_RANGE, "the number does not fit %.*s(%lld, %lld)", SLICE_ARG(to->name),
       (long long)precision, (long long)scale);
}

static void round_moment(const struct target *to, struct val *v) {
  int64_t unit = 1;
  for (int64_t i = to->numbers[0].integer; i < 6; i++) unit *= 10;
  int64_t rest = v->integer % unit;
  if (rest < 0) rest += unit;
  v->integer += rest * 2 >= unit ? unit - rest : -rest;
}

static bool is_json(struct slice name) {
  static const char *const names[] = {"json", "jsonb", NULL};
  return is_one_of(name, names);
}

static status cast_json(struct func_env *env, const struct val *v, struct val *out,
                        struct err *err) {
  *out = *v;
  return v->type == VAL_TEXT ? func__read_json(env, val_slice(v), out, err) : LUMA_OK;
}

static status cast_one(struct func_env *env, const struct val *v, const struct target *to,
                       struct val *out, struct err *err) {
  enum val_type type = VAL_MISSING;
  if (is_json(to->name)) return cast_json(env, v, out, err);
  if (!val_type_parse(to->name, &type))
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%.*s` is not a type", SLICE_ARG(to->name));
  TRY(func_cast(env, v, type, out, err));
  if (val_is_null(out)) return LUMA_OK;
  if (out->type == VAL_TEXT) cut_text(to, out);
  if (out->type == VAL_INT32 || out->type == VAL_INT64) return check_small(to->name, out, err);
  if (out->type == VAL_DECIMAL && to->count) return fit_decimal(env, to, out, err);
  if (out->type == VAL_TIMESTAMP && to->count) round_moment(to, out);
  return LUMA_OK;
}

/** Each element of a list; a text is a list as PostgreSQL writes it, {1,2}, or as JSON does. */
static status cast_list(struct func_env *env, const struct val *v, const struct target *to,
                        struct val *out, struct err *err) {
  struct val list = *v;
  if (v->type == VAL_TEXT && v->bytes && v->data[0] == '[')
    TRY(func__read_json(env, val_slice(v), &list, err));
  else if (v->type == VAL_TEXT && v->bytes > 1 && v->data[0] == '{')
    TRY(func__read_list(env, val_slice(v), &list, err));
  if (list.type != VAL_LIST) return func__clash(env, out);
  struct val *made = arena_alloc(env->arena, (val_count(&list) + 1) * sizeof *made);
  if (!made) return func__fail_memory(env, err);
  for (uint32_t i = 0; i < val_count(&list); i++) {
    struct val element = val_at(&list, i);
    made[i] = val_null();
    if (element.type == VAL_LIST)
      TRY(cast_list(env, &element, to, &made[i], err));
    else if (!val_is_null(&element))
      TRY(cast_one(env, &element, to, &made[i], err));
  }
  struct build build;
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(&list); i++) build_put(&build, &made[i]);
  return func__built(env, &build, out, err);
}

status func__cast(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  if (args[1].type != VAL_TEXT) return func__clash(env, out);
  struct target to = {.name = val_slice(&args[1]), .numbers = args + 2, .count = count - 2};
  for (uint32_t i = 2; i < count; i++)
    if (!val_is_integer(&args[i])) return func__clash(env, out);
  size_t bytes = to.name.bytes;
  if (bytes < 2 || to.name.data[bytes - 1] != ']') return cast_one(env, &args[0], &to, out, err);
  to.name.bytes -= 2;
  return cast_list(env, &args[0], &to, out, err);
}
