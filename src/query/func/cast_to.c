/* SPDX-License-Identifier: MIT */
/* CAST as it is written: a type's name, its numbers (varchar(5), numeric(10, 2)), lists of a type,
 * JSON. */
#include "base/text/num.h"
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

/* ---- times of day ---- */

/* Two digits at the front of a text, which goes on behind them. */
static int take_two(struct slice *text) {
  if (text->bytes < 2) return -1;
  int tens = text->data[0] - '0', ones = text->data[1] - '0';
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
  *text = slice_of(text->data + 2, text->bytes - 2);
  return tens * 10 + ones;
}

static struct slice without_noon(struct slice text, int *noon) {
  *noon = 0;
  if (text.bytes < 3 || (text.data[text.bytes - 1] | 32) != 'm') return text;
  uint8_t half = text.data[text.bytes - 2] | 32;
  *noon = half == 'a' ? 1 : half == 'p' ? 2 : 0;
  text.bytes -= *noon ? 2 : 0;
  while (text.bytes && text.data[text.bytes - 1] == ' ') text.bytes--;
  return text;
}

/* '04:05 PM', '040506', '04:05:06': hours, minutes and seconds; false of other forms. */
static bool read_clock(struct slice text, int64_t *us) {
  int noon, parts[3] = {0};
  text = without_noon(text, &noon);
  bool has_colons = text.bytes > 2 && text.data[2] == ':';
  if (!noon && has_colons) return false; /* a duration's form */
  for (int i = 0; i < 3 && text.bytes; i++) {
    if (i && has_colons && text.data[0] != ':') return false;
    if (i && has_colons) text = slice_of(text.data + 1, text.bytes - 1);
    parts[i] = take_two(&text);
    if (parts[i] < 0) return false;
  }
  bool fits = noon ? parts[0] >= 1 && parts[0] <= 12 : parts[0] <= 24;
  if (text.bytes || !fits || parts[1] > 59 || parts[2] > 59) return false;
  if (noon) parts[0] = parts[0] % 12 + (noon == 2 ? 12 : 0);
  *us = ((parts[0] * INT64_C(60) + parts[1]) * 60 + parts[2]) * 1000000;
  return true;
}

static bool is_time(struct slice name) {
  static const char *const names[] = {"time", NULL};
  return is_one_of(name, names);
}

static status cast_time(struct func_env *env, const struct val *v, struct val *out,
                        struct err *err) {
  static const int64_t us_per_day = INT64_C(86400000000);
  int64_t us = 0;
  *out = (struct val){.type = VAL_DURATION};
  if (!read_clock(val_slice(v), &us)) {
    TRY(func_cast(env, v, VAL_DURATION, out, err));
    us = out->integer;
  }
  if (us < 0 || us > us_per_day)
    FAIL(err, LUMA_OUT_OF_RANGE, "'%.*s' is no time of a day", SLICE_ARG(val_slice(v)));
  out->integer = us;
  return LUMA_OK;
}

static status fail_bytes(struct slice text, struct err *err) {
  err_raise(err, LUMA_INVALID_VALUE, __FILE__, __LINE__, "the text '%.*s' does not read as bytes",
            text.bytes > 60 ? 60 : (int)text.bytes, (const char *)text.data);
  err_hint(err, "'\\x4a4b', or x'4a4b'");
  return LUMA_INVALID_VALUE;
}

/* PostgreSQL's forms of bytes: '\x4a4b', or letters with \\ and \nnn in base 8. */
static status cast_bytes(struct func_env *env, const struct val *v, struct val *out,
                         struct err *err) {
  struct slice text = val_slice(v);
  bool is_hex = text.bytes > 1 && text.data[0] == '\\' && text.data[1] == 'x';
  uint8_t *made = arena_alloc_text(env->arena, text.bytes + 1);
  uint32_t bytes = 0;
  if (!made) return func__fail_memory(env, err);
  for (size_t i = is_hex ? 2 : 0; i < text.bytes;) {
    const uint8_t *at = text.data + i;
    size_t left = text.bytes - i;
    bool is_base8 =
        left > 3 && at[1] >= '0' && at[1] <= '3' && (at[2] & 0xf8) == '0' && (at[3] & 0xf8) == '0';
    if (is_hex && (left < 2 || num_hex_digit(at[0]) < 0 || num_hex_digit(at[1]) < 0))
      return fail_bytes(text, err);
    bool is_plain = !is_hex && at[0] != '\\', is_twice = left > 1 && at[1] == '\\';
    if (!is_hex && !is_plain && !is_twice && !is_base8) return fail_bytes(text, err);
    made[bytes++] = is_hex     ? (uint8_t)(num_hex_digit(at[0]) << 4 | num_hex_digit(at[1]))
                    : is_plain ? at[0]
                    : is_twice ? (uint8_t)'\\'
                               : (uint8_t)((at[1] & 7) << 6 | (at[2] & 7) << 3 | (at[3] & 7));
    i += is_hex || (!is_plain && is_twice) ? 2 : is_plain ? 1 : 4;
  }
  *out = (struct val){.type = VAL_BYTES, .data = made, .bytes = bytes};
  return LUMA_OK;
}

static status cast_one(struct func_env *env, const struct val *v, const struct target *to,
                       struct val *out, struct err *err) {
  enum val_type type = VAL_MISSING;
  if (is_json(to->name)) return cast_json(env, v, out, err);
  if (!val_type_parse(to->name, &type))
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%.*s` is not a type", SLICE_ARG(to->name));
  if (is_time(to->name) && v->type == VAL_TEXT) return cast_time(env, v, out, err);
  if (type == VAL_BYTES && v->type == VAL_TEXT) return cast_bytes(env, v, out, err);
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
