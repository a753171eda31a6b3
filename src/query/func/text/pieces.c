/* SPDX-License-Identifier: MIT */
/* MySQL's functions of lists of texts, and how far two texts are from each other. */
#include "base/text/utf8.h"
#include "query/func/compare.h"
#include "query/func/func_int.h"

enum { DISTANCE_CHARACTERS_MAX = 4096 };

/** elt(n, a, b, …): the nth of the others. */
status func__elt(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  int64_t nth = 0;
  (void)err;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (!val_is_number(&args[0]) || !val_to_int64(&args[0], &nth)) return func__clash(env, out);
  if (nth >= 1 && nth < count) *out = args[nth];
  return LUMA_OK;
}

/** field(x, a, b, …): which of the others equals the first; 0 without one. */
status func__field(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)err;
  *out = val_int64(0);
  for (uint32_t i = 1; i < count && !val_is_null(&args[0]); i++) {
    if (!val_is_equal(&args[0], &args[i])) continue;
    *out = val_int64(i);
    return LUMA_OK;
  }
  return LUMA_OK;
}

/** find_in_set(text, 'a,b,c'): which of the parts it is. */
status func__find_in_set(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  struct slice rest = val_slice(&args[1]), asked = val_slice(&args[0]);
  *out = val_int64(0);
  for (int64_t nth = 1; args[1].bytes; nth++) {
    size_t end = func__find(rest, slice_of_text(","), 0);
    bool is_last = end == FUNC_NOT_FOUND;
    if (slice_is_equal(slice_of(rest.data, is_last ? rest.bytes : end), asked)) {
      *out = val_int64(nth);
      return LUMA_OK;
    }
    if (is_last) return LUMA_OK;
    rest = slice_of(rest.data + end + 1, rest.bytes - end - 1);
  }
  return LUMA_OK;
}

/** substring_index(text, by, n): what stands before the nth `by`, from the end when n is negative.
 */
status func__substring_index(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  int64_t nth = 0, parts = 0;
  (void)count, (void)err;
  bool fit = args[0].type == VAL_TEXT && args[1].type == VAL_TEXT && val_is_number(&args[2]) &&
             val_to_int64(&args[2], &nth);
  if (!fit) return func__clash(env, out);
  struct slice text = val_slice(&args[0]), by = val_slice(&args[1]);
  *out = val_text(slice_of(text.data, 0));
  if (nth == 0 || by.bytes == 0) return LUMA_OK;
  for (size_t at = 0; (at = func__find(text, by, at)) != FUNC_NOT_FOUND; at += by.bytes) parts++;
  *out = args[0];
  if (nth > parts || nth < -parts) return LUMA_OK;
  int64_t wanted = nth > 0 ? nth : parts + nth + 1;
  size_t at = func__find(text, by, 0);
  for (int64_t i = 1; i < wanted; i++) at = func__find(text, by, at + by.bytes);
  size_t behind = at + by.bytes;
  *out = val_text(nth > 0 ? slice_of(text.data, at)
                          : slice_of(text.data + behind, text.bytes - behind));
  return LUMA_OK;
}

/** strcmp(a, b): -1, 0 or 1. */
status func__strcmp(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  int order = slice_compare(val_slice(&args[0]), val_slice(&args[1]));
  *out = val_int64((order > 0) - (order < 0));
  return LUMA_OK;
}

/* ---- distances ---- */

static status decode(struct func_env *env, struct slice text, uint32_t **letters, uint32_t *count,
                     struct err *err) {
  size_t most = utf8_count(text);
  if (most > DISTANCE_CHARACTERS_MAX)
    FAIL(err, LUMA_TOO_LARGE, "the texts have more than %d characters", DISTANCE_CHARACTERS_MAX);
  *letters = arena_alloc(env->arena, (most + 1) * sizeof **letters);
  if (!*letters) return func__fail_memory(env, err);
  *count = 0;
  for (size_t at = 0; at < text.bytes;)
    at += utf8_decode(slice_of(text.data + at, text.bytes - at), &(*letters)[(*count)++]);
  return LUMA_OK;
}

static uint32_t least(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/** How many characters are to be put in, taken out or changed (Levenshtein 1966), a row at a time
 * (Wagner and Fischer 1974). */
status func__levenshtein(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  uint32_t *a = NULL, *b = NULL, a_count = 0, b_count = 0;
  (void)count;
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  TRY(decode(env, val_slice(&args[0]), &a, &a_count, err));
  TRY(decode(env, val_slice(&args[1]), &b, &b_count, err));
  uint32_t *row = arena_alloc(env->arena, (b_count + 1) * sizeof *row);
  if (!row) return func__fail_memory(env, err);
  for (uint32_t j = 0; j <= b_count; j++) row[j] = j;
  for (uint32_t i = 0; i < a_count; i++) {
    uint32_t diagonal = row[0];
    row[0] = i + 1;
    for (uint32_t j = 0; j < b_count; j++) {
      uint32_t changed = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = least(changed, least(row[j], diagonal) + 1);
    }
  }
  *out = val_int64(row[b_count]);
  return LUMA_OK;
}

/* The digit of a letter in Russell's index (US patent 1,261,167); 0: none, and -1: as if it were
 * not there. */
static int sound_of(uint8_t letter) {
  static const char sounds[] = "01230120022455012623010202";
  uint8_t small = letter | 32;
  if (small < 'a' || small > 'z') return -1;
  return small == 'h' || small == 'w' ? -1 : sounds[small - 'a'] - '0';
}

/** soundex(text): a letter and three digits; texts that sound alike have the same. */
status func__soundex(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  enum { CODE_BYTES = 4 };
  int last = 0;
  size_t made = 0;
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  for (size_t i = 0; i < text.bytes && made < CODE_BYTES; i++) {
    uint8_t letter = text.data[i] & 0xdf;
    int sound = sound_of(text.data[i]);
    bool is_letter = letter >= 'A' && letter <= 'Z';
    if (made == 0 && is_letter) {
      buf_append_byte(env->scratch, letter);
      made++;
    } else if (made && sound > 0 && sound != last) {
      buf_append_byte(env->scratch, (uint8_t)('0' + sound));
      made++;
    }
    if (sound >= 0) last = sound;
  }
  for (; made && made < CODE_BYTES; made++) buf_append_byte(env->scratch, '0');
  return func__scratch_text(env, out, err);
}
