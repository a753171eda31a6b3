/* SPDX-License-Identifier: MIT */
/* The languages by name, and by the look of a text. */
#include "query/lang/lang.h"

static const struct lang *const languages[] = {&lang_lql, &lang_nql, &lang_jql};
enum { LANGUAGES_COUNT = sizeof languages / sizeof languages[0] };

const struct lang *lang_find(struct slice name) {
  for (int i = 0; i < LANGUAGES_COUNT; i++) {
    if (slice_is_equal_nocase(name, slice_of_text(languages[i]->name))) return languages[i];
  }
  return NULL;
}

static struct slice skip_blank(struct slice text) {
  while (text.bytes > 0 &&
         (*text.data == ' ' || *text.data == '\t' || *text.data == '\r' || *text.data == '\n')) {
    text = slice_of(text.data + 1, text.bytes - 1);
  }
  return text;
}

static struct slice first_word(struct slice text) {
  size_t bytes = 0;
  while (bytes < text.bytes && ((text.data[bytes] | 32) >= 'a' && (text.data[bytes] | 32) <= 'z'))
    bytes++;
  return slice_of(text.data, bytes);
}

/* `show first 10 users`, `update users set a to 1` and `delete all users` are English; the second
 * word tells. */
static bool is_sql(struct slice text) {
  static const char *const always[] = {
      "select",   "insert",    "create",  "drop",    "alter",  "begin",   "start",
      "commit",   "rollback",  "explain", "selec",   "slect",  "selct",   "describe",
      "desc",     "evolve",    "suggest", "compare", "with",   "values",  "merge",
      "truncate", "savepoint", "release", "table",   "upsert", "refresh", "comment",
      "replace",  "abort",     "end",     "dry",     "set"};
  struct slice word = first_word(text);
  for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
    if (slice_is_equal_nocase(word, slice_of_text(always[i]))) return true;
  }
  struct slice rest = skip_blank(slice_of(text.data + word.bytes, text.bytes - word.bytes));
  struct slice second = first_word(rest);
  if (slice_is_equal_nocase(word, slice_of_text("delete")))
    return slice_is_equal_nocase(second, slice_of_text("from"));
  if (slice_is_equal_nocase(word, slice_of_text("show"))) {
    static const char *const shown[] = {"collections", "tables", "indexes", "souls", "lineage"};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
      if (slice_is_equal_nocase(second, slice_of_text(shown[i]))) return true;
    }
    return false;
  }
  if (!slice_is_equal_nocase(word, slice_of_text("update"))) return false;
  /* SQL sets with `=`, English with `to`. */
  for (size_t i = 0; i < rest.bytes; i++) {
    if (rest.data[i] == '=') return true;
    if (i + 4 <= rest.bytes &&
        slice_is_equal_nocase(slice_of(rest.data + i, 4), slice_of_text(" to ")))
      return false;
  }
  return true;
}

const struct lang *lang_guess(struct slice text) {
  text = skip_blank(text);
  if (text.bytes > 0 && *text.data == '{') return &lang_jql;
  if (text.bytes > 0 && *text.data == '(') return &lang_lql;
  if (text.bytes > 1 && ((text.data[0] == '-' && text.data[1] == '-') ||
                         (text.data[0] == '/' && text.data[1] == '*')))
    return &lang_lql;
  return is_sql(text) ? &lang_lql : &lang_nql;
}
