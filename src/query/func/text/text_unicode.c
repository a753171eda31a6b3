/* SPDX-License-Identifier: MIT */
/* Unicode's normal forms, and letters without their marks. */
#include "base/text/utf8.h"
#include "query/func/func_int.h"

static status transform(struct func_env *env, const struct val *text, enum utf8_form form,
                        struct val *out, struct err *err) {
  if (!utf8_append_form(env->scratch, val_slice(text), form)) {
    buf_reset(env->scratch);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a text");
  }
  return func__scratch_text(env, out, err);
}

status func__normalize(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  static const char *const names[] = {"nfc", "nfd", "nfkc", "nfkd"};
  if (args[0].type != VAL_TEXT || (count > 1 && args[1].type != VAL_TEXT))
    return func__clash(env, out);
  if (count == 1) return transform(env, &args[0], UTF8_NFC, out, err);
  for (int i = 0; i < 4; i++)
    if (slice_is_equal_nocase(val_slice(&args[1]), slice_of_text(names[i])))
      return transform(env, &args[0], (enum utf8_form)i, out, err);
  FAIL(err, LUMA_INVALID_ARGUMENT, "a normal form is NFC, NFD, NFKC or NFKD");
}

status func__unaccent(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  return transform(env, &args[0], UTF8_BARE, out, err);
}

/* ---- unistr ---- */

/* The character that \\XXXX, \\+XXXXXX, \\uXXXX or \\UXXXXXXXX stands for; the bytes it took, 0:
 * none. */
static size_t read_escape(struct slice text, uint32_t *letter) {
  uint8_t mark = text.bytes ? text.data[0] : 0;
  size_t at = mark == '+' || mark == 'u' || mark == 'U', digits = mark == '+'   ? 6
                                                                  : mark == 'U' ? 8
                                                                                : 4;
  *letter = 0;
  if (text.bytes < at + digits) return 0;
  for (size_t i = at; i < at + digits; i++) {
    uint8_t c = text.data[i] | 0x20;
    bool is_letter = c >= 'a' && c <= 'f';
    if (!is_letter && (text.data[i] < '0' || text.data[i] > '9')) return 0;
    *letter = *letter << 4 | (uint32_t)(is_letter ? c - 'a' + 10 : text.data[i] - '0');
  }
  return at + digits;
}

/** unistr(text): its escapes as characters. */
status func__unistr(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  for (size_t i = 0; i < text.bytes; i++) {
    uint32_t letter = '\\';
    uint8_t encoded[4];
    bool is_escape = text.data[i] == '\\',
         is_twice = is_escape && i + 1 < text.bytes && text.data[i + 1] == '\\';
    if (!is_escape) {
      buf_append_byte(env->scratch, text.data[i]);
      continue;
    }
    size_t taken =
        is_twice ? 1 : read_escape(slice_of(text.data + i + 1, text.bytes - i - 1), &letter);
    bool is_good = taken && letter && letter <= 0x10ffff && (letter < 0xd800 || letter > 0xdfff);
    if (!is_good) {
      buf_reset(env->scratch);
      FAIL(err, LUMA_INVALID_VALUE, "an escape is \\XXXX, \\+XXXXXX, \\uXXXX or \\UXXXXXXXX");
    }
    buf_append(env->scratch, encoded, utf8_encode(letter, encoded));
    i += taken;
  }
  return func__scratch_text(env, out, err);
}
