/* SPDX-License-Identifier: MIT */
/* SQLite's GLOB: `*` any text, `?` one character, `[a-z]` one of those, `[^a-z]` one of the others;
 * `[]]` and `[^]]` have a bracket among them. Letters are told by case. */
#include "base/text/utf8.h"
#include "query/func/func_int.h"

static uint32_t take(struct slice *text) {
  uint32_t code = 0;
  size_t bytes = utf8_decode(*text, &code);
  *text = slice_of(text->data + bytes, text->bytes - bytes);
  return code;
}

/* The set behind `[`, which is taken: 1 or 0 whether it has the character, -1 if it does not end.
 */
static int in_set(struct slice *pattern, uint32_t c) {
  bool is_negated = pattern->bytes && pattern->data[0] == '^', found = false;
  if (is_negated) (void)take(pattern);
  for (bool first = true; pattern->bytes; first = false) {
    uint32_t from = take(pattern);
    if (from == ']' && !first) return found != is_negated;
    bool is_range = pattern->bytes > 1 && pattern->data[0] == '-' && pattern->data[1] != ']';
    if (is_range) (void)take(pattern);
    uint32_t to = is_range ? take(pattern) : from;
    found |= c >= from && c <= to;
  }
  return -1;
}

/* One character of the pattern that is no star, against one of the text. */
static bool fits_one(struct slice *pattern, struct slice *text) {
  if (!text->bytes) return false;
  uint32_t wanted = take(pattern), c = take(text);
  if (wanted == '?') return true;
  if (wanted == '[') return in_set(pattern, c) == 1;
  return wanted == c;
}

/* The last star takes one character more whenever what follows does not fit: earlier stars need
 * never be tried again. */
static bool matches(struct slice pattern, struct slice text) {
  struct slice behind_star = {0}, retry = {0};
  bool has_star = false;
  while (text.bytes || pattern.bytes) {
    if (pattern.bytes && pattern.data[0] == '*') {
      (void)take(&pattern);
      behind_star = pattern;
      retry = text;
      has_star = true;
      continue;
    }
    if (pattern.bytes && fits_one(&pattern, &text)) continue;
    if (!has_star || !retry.bytes) return false;
    (void)take(&retry);
    pattern = behind_star;
    text = retry;
  }
  return true;
}

/** glob(pattern, text), as SQLite has it: text GLOB pattern. */
status func__glob(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  *out = val_bool(matches(val_slice(&args[0]), val_slice(&args[1])));
  return LUMA_OK;
}
