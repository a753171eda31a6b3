/* SPDX-License-Identifier: MIT */
/* Functions that shape text: padding, repeating, cutting, case. Lengths count code points. */
#include "base/text/utf8.h"
#include "query/func/func_int.h"

enum { TEXT_RESULT_BYTES_MAX = 16 << 20 }; /* of repeat and the pads */

static size_t last_bytes(struct slice text) {
  size_t bytes = 1;
  while (bytes < text.bytes && (text.data[text.bytes - bytes] & 0xc0) == 0x80) bytes++;
  return bytes;
}

size_t func__prefix_bytes(struct slice text, int64_t characters) {
  size_t at = 0;
  uint32_t code_point = 0;
  for (; characters > 0 && at < text.bytes; characters--)
    at += utf8_decode(slice_of(text.data + at, text.bytes - at), &code_point);
  return at;
}

/** How many characters `wanted` means, counted from the other end when it is negative. */
static int64_t wanted_characters(struct slice text, int64_t wanted) {
  if (wanted >= 0) return wanted;
  int64_t all = (int64_t)utf8_count(text);
  return wanted <= -all ? 0 : all + wanted;
}

status func__left(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_TEXT || !val_is_integer(&args[1])) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  text.bytes = func__prefix_bytes(text, wanted_characters(text, args[1].integer));
  *out = val_text(text);
  return LUMA_OK;
}

status func__right(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_TEXT || !val_is_integer(&args[1])) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  int64_t all = (int64_t)utf8_count(text), wanted = wanted_characters(text, args[1].integer);
  size_t skipped = func__prefix_bytes(text, wanted < all ? all - wanted : 0);
  *out = val_text(slice_of(text.data + skipped, text.bytes - skipped));
  return LUMA_OK;
}

status func__reverse(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  for (struct slice text = val_slice(&args[0]); text.bytes;) {
    size_t bytes = last_bytes(text);
    text.bytes -= bytes;
    buf_append(env->scratch, text.data + text.bytes, bytes);
  }
  return func__scratch_text(env, out, err);
}

static status fail_long(struct func_env *env, struct err *err) {
  buf_reset(env->scratch);
  FAIL(err, LUMA_TOO_LARGE, "the text would be longer than %d MiB", TEXT_RESULT_BYTES_MAX >> 20);
}

status func__repeat(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT || !val_is_integer(&args[1])) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  if (text.bytes && args[1].integer > (int64_t)(TEXT_RESULT_BYTES_MAX / text.bytes))
    return fail_long(env, err);
  for (int64_t i = 0; text.bytes && i < args[1].integer; i++) buf_append_slice(env->scratch, text);
  return func__scratch_text(env, out, err);
}

status func__space(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  struct val blanks[2] = {val_text(slice_of_text(" ")), args[0]};
  (void)count;
  return func__repeat(env, blanks, 2, out, err);
}

/** Appends `characters` code points of `fill`, over and over. */
static bool append_fill(struct buf *out, struct slice fill, int64_t characters) {
  int64_t each = (int64_t)utf8_count(fill);
  if (each == 0) return true;
  if (characters / each >= (int64_t)(TEXT_RESULT_BYTES_MAX / fill.bytes)) return false;
  for (; characters >= each; characters -= each) buf_append_slice(out, fill);
  return buf_append(out, fill.data, func__prefix_bytes(fill, characters));
}

static status pad(struct func_env *env, const struct val *args, uint32_t count, bool at_left,
                  struct val *out, struct err *err) {
  bool fit = args[0].type == VAL_TEXT && val_is_integer(&args[1]) &&
             (count < 3 || args[2].type == VAL_TEXT);
  if (!fit) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  struct slice fill = count > 2 ? val_slice(&args[2]) : slice_of_text(" ");
  int64_t wanted = args[1].integer > 0 ? args[1].integer : 0, has = (int64_t)utf8_count(text);
  if (has >= wanted) {
    *out = val_text(slice_of(text.data, func__prefix_bytes(text, wanted)));
    return LUMA_OK;
  }
  if (!at_left) buf_append_slice(env->scratch, text);
  if (!append_fill(env->scratch, fill, wanted - has)) return fail_long(env, err);
  if (at_left) buf_append_slice(env->scratch, text);
  return func__scratch_text(env, out, err);
}

status func__lpad(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  return pad(env, args, count, true, out, err);
}

status func__rpad(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  return pad(env, args, count, false, out, err);
}

static bool is_word(struct slice character) {
  uint8_t c = character.data[0];
  return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

status func__initcap(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  bool in_word = false;
  uint32_t code_point = 0;
  for (size_t at = 0; at < text.bytes;) {
    struct slice rest = slice_of(text.data + at, text.bytes - at);
    struct slice one = slice_of(rest.data, utf8_decode(rest, &code_point));
    if (in_word)
      utf8_append_lower(env->scratch, one);
    else
      utf8_append_upper(env->scratch, one);
    in_word = is_word(one);
    at += one.bytes;
  }
  return func__scratch_text(env, out, err);
}

/** The text with `length` characters from `start` (the first is 1) put in another's place. */
status func__overlay(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  bool fit = args[0].type == VAL_TEXT && args[1].type == VAL_TEXT && val_is_integer(&args[2]) &&
             (count < 4 || val_is_integer(&args[3]));
  if (!fit) return func__clash(env, out);
  struct slice text = val_slice(&args[0]), by = val_slice(&args[1]);
  int64_t start = args[2].integer, length = count > 3 ? args[3].integer : (int64_t)utf8_count(by);
  if (start < 1) FAIL(err, LUMA_OUT_OF_RANGE, "the first character of a text is number 1");
  int64_t after = 0;
  if (__builtin_add_overflow(start - 1, length, &after) || after < 0)
    after = length < 0 ? 0 : INT64_MAX;
  size_t from = func__prefix_bytes(text, start - 1), to = func__prefix_bytes(text, after);
  buf_append(env->scratch, text.data, from);
  buf_append_slice(env->scratch, by);
  buf_append(env->scratch, text.data + to, text.bytes - to);
  return func__scratch_text(env, out, err);
}
