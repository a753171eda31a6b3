/* SPDX-License-Identifier: MIT */
/* A borrowed run of bytes: text (UTF-8, not terminated), keys, encoded values. Never owns. Pure;
 * any thread. */
#ifndef BASE_TEXT_SLICE_H
#define BASE_TEXT_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
  const uint8_t *data;
  size_t bytes;
};

/** For printf: "%.*s", SLICE_ARG(s). */
#define SLICE_ARG(s) (int)(s).bytes, (const char *)(s).data

static inline struct slice slice_of(const void *data, size_t bytes) {
  return (struct slice){(const uint8_t *)data, bytes};
}
static inline struct slice slice_of_text(const char *text) {
  return slice_of(text, strlen(text));
}
static inline bool slice_is_equal(struct slice a, struct slice b) {
  return a.bytes == b.bytes && (a.bytes == 0 || memcmp(a.data, b.data, a.bytes) == 0);
}
/** Bytewise order, a prefix before what it begins. */
static inline int slice_compare(struct slice a, struct slice b) {
  size_t shorter = a.bytes < b.bytes ? a.bytes : b.bytes;
  int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
  return order ? order : (a.bytes > b.bytes) - (a.bytes < b.bytes);
}
static inline bool slice_has_prefix(struct slice s, struct slice prefix) {
  return s.bytes >= prefix.bytes &&
         (prefix.bytes == 0 || memcmp(s.data, prefix.data, prefix.bytes) == 0);
}
/** Equal but for the case of ASCII letters. */
bool slice_is_equal_nocase(struct slice a, struct slice b);
/** Whether it begins or ends with the word, but for the case of ASCII letters. */
bool slice_begins_nocase(struct slice s, const char *word);
bool slice_ends_nocase(struct slice s, const char *word);
/** Order of `name` beside `known`, which is in small letters, but for the case of ASCII letters in
 * `name`: below 0, 0 or above. For tables sorted by name. */
int slice_compare_known(struct slice name, const char *known);

#endif
