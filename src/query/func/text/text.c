/* SPDX-License-Identifier: MIT */
/* Functions of text. Positions and lengths count code points. */
#include "base/text/utf8.h"
#include "query/func/func_int.h"
#include "query/locale/letters.h"
#include "value/doc/doc.h"
#include "value/order/order.h"

status func__lower(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  TRY(letters_append(env->scratch, val_slice(&args[0]), false, err));
  return func__scratch_text(env, out, err);
}

status func__upper(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  TRY(letters_append(env->scratch, val_slice(&args[0]), true, err));
  return func__scratch_text(env, out, err);
}

status func__length(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count, (void)err;
  if (args[0].type == VAL_TEXT)
    *out = val_int64((int64_t)utf8_count(val_slice(&args[0])));
  else if (args[0].type == VAL_LIST || args[0].type == VAL_MAP)
    *out = val_int64(val_count(&args[0]));
  else if (args[0].type == VAL_BYTES)
    *out = val_int64(args[0].bytes);
  else
    return func__clash(env, out);
  return LUMA_OK;
}

/** SQL's substring: positions before the first character count towards the length. */
status func__substr(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  bool fit = args[0].type == VAL_TEXT && val_is_integer(&args[1]) &&
             (count < 3 || val_is_integer(&args[2]));
  if (!fit) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  int64_t start = args[1].integer, end = INT64_MAX;
  if (count == 3) {
    if (args[2].integer < 0) FAIL(err, LUMA_OUT_OF_RANGE, "the length of a substring is negative");
    if (__builtin_add_overflow(start, args[2].integer, &end)) end = INT64_MAX;
  }
  if (start < 1) start = 1;
  size_t from = func__prefix_bytes(text, start - 1);
  struct slice rest = slice_of(text.data + from, text.bytes - from);
  size_t bytes = end <= start       ? 0
                 : end == INT64_MAX ? rest.bytes
                                    : func__prefix_bytes(rest, end - start);
  *out = val_text(slice_of(rest.data, bytes));
  return LUMA_OK;
}

static bool has_code_point(struct slice set, uint32_t wanted) {
  uint32_t code_point = 0;
  for (size_t at = 0; at < set.bytes;) {
    at += utf8_decode(slice_of(set.data + at, set.bytes - at), &code_point);
    if (code_point == wanted) return true;
  }
  return false;
}

static struct slice trim_start(struct slice text, struct slice set) {
  uint32_t code_point = 0;
  while (text.bytes) {
    size_t bytes = utf8_decode(text, &code_point);
    if (!has_code_point(set, code_point)) break;
    text = slice_of(text.data + bytes, text.bytes - bytes);
  }
  return text;
}

static struct slice trim_end(struct slice text, struct slice set) {
  uint32_t code_point = 0;
  while (text.bytes) {
    size_t bytes = 1;
    while (bytes < text.bytes && (text.data[text.bytes - bytes] & 0xc0) == 0x80) bytes++;
    utf8_decode(slice_of(text.data + text.bytes - bytes, bytes), &code_point);
    if (!has_code_point(set, code_point)) break;
    text.bytes -= bytes;
  }
  return text;
}

static status trim(struct func_env *env, const struct val *args, uint32_t count, bool start,
                   bool end, struct val *out) {
  if (args[0].type != VAL_TEXT || (count > 1 && args[1].type != VAL_TEXT))
    return func__clash(env, out);
  struct slice set = count > 1 ? val_slice(&args[1]) : slice_of_text(" ");
  struct slice text = val_slice(&args[0]);
  if (start) text = trim_start(text, set);
  if (end) text = trim_end(text, set);
  *out = val_text(text);
  return LUMA_OK;
}

status func__trim(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)err;
  return trim(env, args, count, true, true, out);
}

status func__ltrim(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)err;
  return trim(env, args, count, true, false, out);
}

status func__rtrim(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)err;
  return trim(env, args, count, false, true, out);
}

void func__append_brief(struct buf *out, const struct val *value) {
  if (value->type == VAL_BOOL)
    buf_append_byte(out, value->boolean ? 't' : 'f');
  else
    func_append_text(out, value);
}

status func__concat(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  for (uint32_t i = 0; i < count; i++)
    if (!val_is_null(&args[i])) func__append_brief(env->scratch, &args[i]);
  return func__scratch_text(env, out, err);
}

status func__replace(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  for (uint32_t i = 0; i < count; i++)
    if (args[i].type != VAL_TEXT) return func__clash(env, out);
  struct slice text = val_slice(&args[0]), part = val_slice(&args[1]), by = val_slice(&args[2]);
  *out = args[0];
  if (part.bytes == 0) return LUMA_OK;
  for (size_t at = 0; at < text.bytes;) {
    size_t next = func__find(text, part, at);
    bool has = next != FUNC_NOT_FOUND;
    buf_append(env->scratch, text.data + at, (has ? next : text.bytes) - at);
    if (!has) break;
    buf_append_slice(env->scratch, by);
    at = next + part.bytes;
  }
  return func__scratch_text(env, out, err);
}

status func__starts_with(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  *out = val_bool(slice_has_prefix(val_slice(&args[0]), val_slice(&args[1])));
  return LUMA_OK;
}

status func__ends_with(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  struct slice text = val_slice(&args[0]), part = val_slice(&args[1]);
  bool fits = text.bytes >= part.bytes;
  *out = val_bool(fits &&
                  slice_is_equal(slice_of(text.data + text.bytes - part.bytes, part.bytes), part));
  return LUMA_OK;
}

status func__contains(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count, (void)err;
  if (args[0].type == VAL_TEXT && args[1].type == VAL_TEXT) {
    struct slice text = val_slice(&args[0]), part = val_slice(&args[1]);
    *out = val_bool(func__find(text, part, 0) != FUNC_NOT_FOUND);
    return LUMA_OK;
  }
  if (args[0].type != VAL_LIST) return func__clash(env, out);
  *out = val_bool(false);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct val element = val_at(&args[0], i);
    if (val_is_equal(&element, &args[1])) *out = val_bool(true);
  }
  return LUMA_OK;
}
