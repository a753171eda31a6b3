/* SPDX-License-Identifier: MIT */
/* Operators of strings. */
#include <math.h>

#include "base/text/utf8.h"
#include "query/mongo/mongo_int.h"

status mongo__concat(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  *out = val_null();
  for (uint32_t i = 0; i < count; i++) {
    if (val_is_null(&args[i])) return LUMA_OK; /* what stands behind it is not looked at */
    if (args[i].type != VAL_TEXT)
      return mongo_fail(err, 16702, "$concat only supports strings, not %s",
                        mongo_type_name(&args[i]));
  }
  for (uint32_t i = 0; i < count; i++) buf_append_slice(env->scratch, val_slice(&args[i]));
  return mongo__scratch_text(env, out, err);
}

/** The text of an operand that operators on strings take: strings, numbers, dates; null is empty.
 */
static status take_text(struct func_env *env, const char *name, uint32_t code, const struct val *v,
                        struct slice *text, struct err *err) {
  struct val copy;
  *text = slice_of("", 0);
  if (val_is_null(v)) return LUMA_OK;
  if (v->type == VAL_TEXT || v->type == VAL_CODE) {
    *text = val_slice(v);
    return LUMA_OK;
  }
  bool fits = val_is_number(v) || v->type == VAL_TIMESTAMP || v->type == VAL_DATE;
  if (!fits)
    return mongo_fail(err, code, "%s: can't convert from BSON type %s to String", name,
                      mongo_type_name(v));
  TRY(mongo__to_string(env, v, 1, &copy, err));
  *text = val_slice(&copy);
  return LUMA_OK;
}

/** MongoDB's case is ASCII's. */
static status change_case(struct func_env *env, const char *name, bool upper, const struct val *v,
                          struct val *out, struct err *err) {
  struct slice text;
  TRY(take_text(env, name, 16007, v, &text, err));
  uint8_t *copy = buf_extend(env->scratch, text.bytes);
  for (size_t i = 0; copy && i < text.bytes; i++) {
    uint8_t c = text.data[i];
    bool is_lower = c >= 'a' && c <= 'z', is_upper = c >= 'A' && c <= 'Z';
    copy[i] = (upper && is_lower) || (!upper && is_upper) ? c ^ 32 : c;
  }
  return mongo__scratch_text(env, out, err);
}

status mongo__to_upper(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  return change_case(env, "$toUpper", true, args, out, err);
}

status mongo__to_lower(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  return change_case(env, "$toLower", false, args, out, err);
}

status mongo__strcasecmp(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  struct val left, right;
  TRY(change_case(env, "$strcasecmp", true, &args[0], &left, err));
  TRY(change_case(env, "$strcasecmp", true, &args[1], &right, err));
  int order = slice_compare(val_slice(&left), val_slice(&right));
  *out = val_int32((order > 0) - (order < 0));
  return LUMA_OK;
}

static status length(const char *name, const struct val *v, bool points, struct val *out,
                     struct err *err) {
  if (v->type != VAL_TEXT)
    return mongo_fail(err, points ? 34471 : 34473, "%s requires a string argument, found: %s", name,
                      mongo_type_name(v));
  *out = val_int32((int32_t)(points ? utf8_count(val_slice(v)) : v->bytes));
  return LUMA_OK;
}

status mongo__str_len_cp(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)env, (void)count;
  return length("$strLenCP", args, true, out, err);
}

status mongo__str_len_bytes(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)env, (void)count;
  return length("$strLenBytes", args, false, out, err);
}

/* ---- parts ---- */

static bool is_continuation(struct slice text, size_t at) {
  return at < text.bytes && (text.data[at] & 0xc0) == 0x80;
}

status mongo__substr_bytes(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  struct slice text;
  TRY(take_text(env, "$substrBytes", 16007, &args[0], &text, err));
  for (uint32_t i = 1; i < 3; i++)
    if (!val_is_number(&args[i]))
      return mongo_fail(err, 16034 + i - 1,
                        "$substrBytes: %s must be a numeric type (is BSON type %s)",
                        i == 1 ? "starting index" : "length", mongo_type_name(&args[i]));
  double start = trunc(val_to_float64(&args[1])), wanted = trunc(val_to_float64(&args[2]));
  if (!(start >= 0)) /* NaN, too */
    return mongo_fail(err, 50752, "$substrBytes: starting index must be non-negative (got: %g)",
                      start);
  size_t from = start < (double)text.bytes ? (size_t)start : text.bytes;
  size_t most = text.bytes - from;
  size_t bytes = wanted >= 0 && wanted < (double)most ? (size_t)wanted : most;
  if (is_continuation(text, from))
    return mongo_fail(err, 28656,
                      "$substrBytes: Invalid range, starting index is a UTF-8 continuation byte");
  if (is_continuation(text, from + bytes))
    return mongo_fail(err, 28657,
                      "$substrBytes: Invalid range, ending index is in the middle of a UTF-8 "
                      "character");
  return mongo__text(env, slice_of(text.data + from, bytes), out, err);
}

status mongo__substr(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  return mongo__substr_bytes(env, args, count, out, err);
}

/** The byte where code point `points` begins, or the end. */
static size_t byte_of_point(struct slice text, int64_t points) {
  size_t at = 0;
  while (points > 0 && at < text.bytes) {
    at++;
    while (is_continuation(text, at)) at++;
    points--;
  }
  return at;
}

status mongo__substr_cp(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  struct slice text;
  int32_t bounds[2] = {0, 0};
  TRY(take_text(env, "$substrCP", 16007, &args[0], &text, err));
  for (uint32_t i = 1; i < 3; i++) {
    const char *what = i == 1 ? "starting index" : "length";
    if (!val_is_number(&args[i]))
      return mongo_fail(err, i == 1 ? 34450 : 34452,
                        "$substrCP: %s must be a numeric type (is BSON type %s)", what,
                        mongo_type_name(&args[i]));
    if (!mongo__whole32(&args[i], &bounds[i - 1]))
      return mongo_fail(err, i == 1 ? 34451 : 34453,
                        "$substrCP: %s cannot be represented as a 32-bit integral value", what);
    if (bounds[i - 1] < 0)
      return mongo_fail(err, i == 1 ? 34455 : 34454, "$substrCP: %s must be a nonnegative integer",
                        what);
  }
  size_t from = byte_of_point(text, bounds[0]);
  struct slice rest = slice_of(text.data + from, text.bytes - from);
  return mongo__text(env, slice_of(rest.data, byte_of_point(rest, bounds[1])), out, err);
}

/* ---- searching ---- */

static status index_of(const char *name, const struct val *args, uint32_t count, bool points,
                       struct val *out, struct err *err) {
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_TEXT)
    return mongo_fail(err, points ? 40093 : 40091,
                      "%s requires a string as the first argument, found: %s", name,
                      mongo_type_name(&args[0]));
  if (args[1].type != VAL_TEXT)
    return mongo_fail(err, points ? 40094 : 40092,
                      "%s requires a string as the second argument, found: %s", name,
                      mongo_type_name(&args[1]));
  struct slice text = val_slice(&args[0]), part = val_slice(&args[1]);
  int64_t size = (int64_t)(points ? utf8_count(text) : text.bytes), from = 0, to = size;
  TRY(mongo__search_bound(name, args, count, 2, &from, err));
  TRY(mongo__search_bound(name, args, count, 3, &to, err));
  *out = val_int32(-1);
  if (to > size) to = size;
  if (from > to) return LUMA_OK;
  size_t start = points ? byte_of_point(text, from) : (size_t)from;
  size_t end = points ? byte_of_point(text, to) : (size_t)to;
  const uint8_t *found = part.bytes ? memmem(text.data + start, end - start, part.data, part.bytes)
                                    : text.data + start;
  if (!found) return LUMA_OK;
  size_t at = (size_t)(found - text.data);
  *out = val_int32((int32_t)(points ? utf8_count(slice_of(text.data, at)) : at));
  return LUMA_OK;
}

status mongo__index_of_bytes(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  (void)env;
  return index_of("$indexOfBytes", args, count, false, out, err);
}

status mongo__index_of_cp(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)env;
  return index_of("$indexOfCP", args, count, true, out, err);
}

status mongo__split(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  struct mongo_build made;
  *out = val_null();
  if (val_is_null(&args[0]) || val_is_null(&args[1])) return LUMA_OK;
  if (args[0].type != VAL_TEXT)
    return mongo_fail(err, 40085,
                      "$split requires an expression that evaluates to a string as a "
                      "first argument, found: %s",
                      mongo_type_name(&args[0]));
  if (args[1].type != VAL_TEXT)
    return mongo_fail(err, 40086,
                      "$split requires an expression that evaluates to a string as a "
                      "second argument, found: %s",
                      mongo_type_name(&args[1]));
  struct slice text = val_slice(&args[0]), by = val_slice(&args[1]);
  if (by.bytes == 0) return mongo_fail(err, 40087, "$split requires a non-empty separator");
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (;;) {
    const uint8_t *found = text.bytes ? memmem(text.data, text.bytes, by.data, by.bytes) : NULL;
    size_t bytes = found ? (size_t)(found - text.data) : text.bytes;
    struct val part = val_text(slice_of(text.data, bytes));
    build_put(&made.build, &part);
    if (!found) break;
    text = slice_of(found + by.bytes, text.bytes - bytes - by.bytes);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

/* ---- $replaceOne, $replaceAll: input, find, replacement ---- */

static status replace(struct func_env *env, const char *name, const struct val *args, bool all,
                      struct val *out, struct err *err) {
  static const char *const names[] = {"input", "find", "replacement"};
  *out = val_null();
  for (uint32_t i = 0; i < 3; i++)
    if (!val_is_null(&args[i]) && args[i].type != VAL_TEXT)
      return mongo_fail(err, 51746 - i, "%s requires that '%s' be a string, found: %s", name,
                        names[i], mongo_type_name(&args[i]));
  for (uint32_t i = 0; i < 3; i++)
    if (val_is_null(&args[i])) return LUMA_OK;
  struct slice text = val_slice(&args[0]), find = val_slice(&args[1]);
  if (find.bytes == 0) {
    buf_append_slice(env->scratch, val_slice(&args[2]));
    for (size_t at = 0; all && at < text.bytes;) {
      size_t bytes = byte_of_point(slice_of(text.data + at, text.bytes - at), 1);
      buf_append(env->scratch, text.data + at, bytes);
      buf_append_slice(env->scratch, val_slice(&args[2]));
      at += bytes;
    }
    if (!all) buf_append_slice(env->scratch, text);
    return mongo__scratch_text(env, out, err);
  }
  for (bool more = true; more && text.bytes; more = all) {
    const uint8_t *found = memmem(text.data, text.bytes, find.data, find.bytes);
    if (!found) break;
    size_t bytes = (size_t)(found - text.data);
    buf_append(env->scratch, text.data, bytes);
    buf_append_slice(env->scratch, val_slice(&args[2]));
    text = slice_of(found + find.bytes, text.bytes - bytes - find.bytes);
  }
  buf_append_slice(env->scratch, text);
  return mongo__scratch_text(env, out, err);
}

status mongo__replace_one(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  return replace(env, "$replaceOne", args, false, out, err);
}

status mongo__replace_all(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  return replace(env, "$replaceAll", args, true, out, err);
}

/* ---- $trim and its kin: input, chars ---- */

/** Whether the code point is one of those to be trimmed: by default white space as Unicode has it,
 * and NUL. */
static bool is_trimmed(uint32_t point, const struct val *chars) {
  static const uint32_t spaces[] = {0,      0x20,   0x85,   0xa0,   0x1680, 0x2028,
                                    0x2029, 0x202f, 0x205f, 0x3000, 0xfeff};
  if (chars->type != VAL_TEXT) {
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
      if (spaces[i] == point) return true;
    return (point >= 9 && point <= 13) || (point >= 0x2000 && point <= 0x200a);
  }
  struct slice rest = val_slice(chars);
  uint32_t other = 0;
  for (size_t bytes; (bytes = utf8_decode(rest, &other)) > 0;
       rest = slice_of(rest.data + bytes, rest.bytes - bytes))
    if (other == point) return true;
  return false;
}

static status trim(struct func_env *env, const char *name, const struct val *args, bool left,
                   bool right, struct val *out, struct err *err) {
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_TEXT)
    return mongo_fail(err, 50699, "%s requires its input to be a string, got %s instead.", name,
                      mongo_type_name(&args[0]));
  if (word_is_given(&args[1]) && val_is_null(&args[1])) return LUMA_OK;
  if (word_is_given(&args[1]) && args[1].type != VAL_TEXT)
    return mongo_fail(err, 50700, "%s requires 'chars' to be a string, got %s instead.", name,
                      mongo_type_name(&args[1]));
  struct slice text = val_slice(&args[0]);
  uint32_t point = 0;
  while (left && text.bytes) {
    size_t bytes = utf8_decode(text, &point);
    if (!is_trimmed(point, &args[1])) break;
    text = slice_of(text.data + bytes, text.bytes - bytes);
  }
  while (right && text.bytes) {
    size_t at = text.bytes - 1;
    while (at && is_continuation(text, at)) at--;
    (void)utf8_decode(slice_of(text.data + at, text.bytes - at), &point);
    if (!is_trimmed(point, &args[1])) break;
    text.bytes = at;
  }
  return mongo__text(env, text, out, err);
}

status mongo__trim(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return trim(env, "$trim", args, true, true, out, err);
}

status mongo__ltrim(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return trim(env, "$ltrim", args, true, false, out, err);
}

status mongo__rtrim(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return trim(env, "$rtrim", args, false, true, out, err);
}
