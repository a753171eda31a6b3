/* SPDX-License-Identifier: MIT */
/* Regular expressions in MongoDB's dialect (Perl's), through PCRE2: compiled once, matched against
 * many texts, with limits on steps and depth so that no pattern runs away. A compiled expression
 * belongs to one thread at a time. */
#ifndef QUERY_REGEX_REGEX_H
#define QUERY_REGEX_REGEX_H

#include "base/core/err.h"
#include "base/text/slice.h"

enum { REGEX_PATTERN_BYTES_MAX = 32764, REGEX_STEPS_MAX = 10000000, REGEX_DEPTH_MAX = 1000 };

struct regex;

/** `options`: letters of i (no case), m (^ and $ at line ends), s (dot takes newlines), x (spaces
 * and comments ignored), u (nothing). LUMA_INVALID_ARGUMENT says what is wrong with the pattern,
 * and where. */
status regex_create(struct slice pattern, struct slice options, struct regex **regex,
                    struct err *err);
void regex_destroy(struct regex *regex);
/** Whether it matches anywhere in `text` (valid UTF-8). LUMA_OUT_OF_RANGE when the limits are hit.
 */
status regex_match(struct regex *regex, struct slice text, bool *matches, struct err *err);

/** The text that whatever the expression matches begins with, as far as that is easily told, into
 * `out`; answers its bytes, whole characters, fewer than `bytes_max`. */
size_t regex_prefix(struct slice pattern, struct slice options, uint8_t *out, size_t bytes_max);

/** Whether it matches whatever begins with that text, and nothing else. */
bool regex_is_prefix(struct slice pattern, struct slice options);

enum { REGEX_GROUPS_MAX = 64 };

/** Where an expression matched: the whole first, then its groups. */
struct regex_found {
  struct {
    size_t start, bytes;
    bool is_set;
  } groups[REGEX_GROUPS_MAX];
  uint32_t count;
};

/** The first match at or after byte `from`. */
status regex_find(struct regex *regex, struct slice text, size_t from, struct regex_found *found,
                  bool *matches, struct err *err);

#endif
