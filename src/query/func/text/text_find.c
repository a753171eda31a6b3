/* SPDX-License-Identifier: MIT */
/* Functions that look into text: positions, parts, single characters. Positions count code points
 * from 1; 0 means that nothing was found. */
#include "base/text/utf8.h"
#include "query/func/func_int.h"
#include "value/doc/build.h"

size_t func__find(struct slice text, struct slice part, size_t from) {
  if (from > text.bytes) return FUNC_NOT_FOUND;
  if (part.bytes == 0) return from;
  const uint8_t *at =
      text.bytes ? memmem(text.data + from, text.bytes - from, part.data, part.bytes) : NULL;
  return at ? (size_t)(at - text.data) : FUNC_NOT_FOUND;
}

status func__strpos(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  size_t at = func__find(text, val_slice(&args[1]), 0);
  *out = val_int64(at == FUNC_NOT_FOUND ? 0 : (int64_t)utf8_count(slice_of(text.data, at)) + 1);
  return LUMA_OK;
}

status func__position(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  struct val turned[2] = {args[1], args[0]};
  return func__strpos(env, turned, count, out, err);
}

/** How many parts `by` cuts `text` into. */
static int64_t count_parts(struct slice text, struct slice by) {
  int64_t parts = 1;
  for (size_t at = 0; (at = func__find(text, by, at)) != FUNC_NOT_FOUND; at += by.bytes) parts++;
  return parts;
}

static struct slice nth_part(struct slice text, struct slice by, int64_t nth) {
  size_t from = 0;
  for (size_t at = 0; (at = func__find(text, by, from)) != FUNC_NOT_FOUND; from = at + by.bytes)
    if (--nth == 0) return slice_of(text.data + from, at - from);
  return nth == 1 ? slice_of(text.data + from, text.bytes - from) : slice_of(NULL, 0);
}

status func__split_part(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  bool fit = args[0].type == VAL_TEXT && args[1].type == VAL_TEXT && val_is_integer(&args[2]);
  if (!fit) return func__clash(env, out);
  struct slice text = val_slice(&args[0]), by = val_slice(&args[1]);
  int64_t nth = args[2].integer;
  if (nth == 0) FAIL(err, LUMA_OUT_OF_RANGE, "parts count from 1, or from -1 backwards");
  int64_t parts = by.bytes ? count_parts(text, by) : 1;
  if (nth < 0) nth = nth < -parts ? parts + 1 : parts + nth + 1;
  if (nth > parts)
    *out = val_text(slice_of_text(""));
  else
    *out = val_text(by.bytes ? nth_part(text, by, nth) : text);
  return LUMA_OK;
}

status func__ascii(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count, (void)err;
  uint32_t code_point = 0;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  utf8_decode(val_slice(&args[0]), &code_point);
  *out = val_int64(code_point);
  return LUMA_OK;
}

status func__chr(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  uint8_t bytes[4];
  if (!val_is_integer(&args[0])) return func__clash(env, out);
  int64_t v = args[0].integer;
  if (v < 1 || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
    FAIL(err, LUMA_OUT_OF_RANGE, "%lld is not the number of a character", (long long)v);
  return func__text(env, slice_of(bytes, utf8_encode((uint32_t)v, bytes)), out, err);
}

/** char(a, b, …): SQLite's, a text of many. */
status func__char(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  for (uint32_t i = 0; i < count; i++) {
    struct val one;
    status done = func__chr(env, &args[i], 1, &one, err);
    if (done == LUMA_OK && one.type == VAL_TEXT) {
      buf_append_slice(env->scratch, val_slice(&one));
      continue;
    }
    buf_reset(env->scratch);
    *out = one;
    return done;
  }
  return func__scratch_text(env, out, err);
}

status func__octet_length(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_TEXT && args[0].type != VAL_BYTES) return func__clash(env, out);
  *out = val_int64(args[0].bytes);
  return LUMA_OK;
}

status func__bit_length(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  TRY(func__octet_length(env, args, count, out, err));
  if (val_is_integer(out)) out->integer *= 8;
  return LUMA_OK;
}

/** The character `nth` (from 0) of a text; no bytes past the end. */
static struct slice nth_character(struct slice text, int64_t nth) {
  uint32_t code_point = 0;
  size_t from = func__prefix_bytes(text, nth);
  struct slice rest = slice_of(text.data + from, text.bytes - from);
  return slice_of(rest.data, utf8_decode(rest, &code_point));
}

/** Each character of the second text becomes the one at its place in the third, or nothing. */
status func__translate(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  for (uint32_t i = 0; i < count; i++)
    if (args[i].type != VAL_TEXT) return func__clash(env, out);
  struct slice text = val_slice(&args[0]), from = val_slice(&args[1]), to = val_slice(&args[2]);
  uint32_t code_point = 0;
  for (size_t at = 0; at < text.bytes;) {
    struct slice rest = slice_of(text.data + at, text.bytes - at);
    struct slice one = slice_of(rest.data, utf8_decode(rest, &code_point));
    size_t place = func__find(from, one, 0);
    if (place != FUNC_NOT_FOUND)
      buf_append_slice(env->scratch,
                       nth_character(to, (int64_t)utf8_count(slice_of(from.data, place))));
    else
      buf_append_slice(env->scratch, one);
    at += one.bytes;
  }
  return func__scratch_text(env, out, err);
}

status func__concat_ws(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  bool is_first = true;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  for (uint32_t i = 1; i < count; i++) {
    if (val_is_null(&args[i])) continue;
    if (!is_first) buf_append_slice(env->scratch, val_slice(&args[0]));
    func__append_brief(env->scratch, &args[i]);
    is_first = false;
  }
  return func__scratch_text(env, out, err);
}

/* ---- lists of parts ---- */

static void put_part(struct build *build, struct slice part, const struct val *null_text) {
  struct val v = val_text(part);
  if (null_text && slice_is_equal(part, val_slice(null_text))) v = val_null();
  build_put(build, &v);
}

static void put_characters(struct build *build, struct slice text, const struct val *null_text) {
  uint32_t code_point = 0;
  for (size_t at = 0; at < text.bytes;) {
    struct slice rest = slice_of(text.data + at, text.bytes - at);
    struct slice one = slice_of(rest.data, utf8_decode(rest, &code_point));
    put_part(build, one, null_text);
    at += one.bytes;
  }
}

static void put_parts(struct build *build, struct slice text, struct slice by,
                      const struct val *null_text) {
  size_t from = 0;
  for (size_t at = 0; (at = func__find(text, by, from)) != FUNC_NOT_FOUND; from = at + by.bytes)
    put_part(build, slice_of(text.data + from, at - from), null_text);
  put_part(build, slice_of(text.data + from, text.bytes - from), null_text);
}

/** NULL instead of what cuts: every character for itself. */
status func__string_to_array(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  const struct val *null_text = count > 2 && args[2].type == VAL_TEXT ? &args[2] : NULL;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  bool by_character = val_is_null(&args[1]);
  if (args[0].type != VAL_TEXT || (!by_character && args[1].type != VAL_TEXT))
    return func__clash(env, out);
  struct build build;
  struct slice text = val_slice(&args[0]);
  func__list_begin(env, &build);
  if (by_character)
    put_characters(&build, text, null_text);
  else if (text.bytes && args[1].bytes == 0)
    put_part(&build, text, null_text);
  else if (text.bytes)
    put_parts(&build, text, val_slice(&args[1]), null_text);
  return func__built(env, &build, out, err);
}
