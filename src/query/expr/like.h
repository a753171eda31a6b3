/* SPDX-License-Identifier: MIT */
/* LIKE: % is any text, _ any one character, an escape takes the next one literally. The pattern is
 * cut into its literal parts once; matching is linear but for patterns with `_` after `%`.
 * Case-sensitive, or (ILIKE) on both sides folded by the caller. Pure; any thread. */
#ifndef QUERY_EXPR_LIKE_H
#define QUERY_EXPR_LIKE_H

#include "base/core/err.h"
#include "base/text/slice.h"

enum { LIKE_ESCAPE_DEFAULT = '\\' };

/** Checks a pattern: LUMA_INVALID_ARGUMENT when it ends with its escape. */
status like_check(struct slice pattern, struct err *err);
/** Whether the whole of `text` matches the pattern. */
bool like_matches(struct slice pattern, struct slice text);
/** The literal text before the first wildcard, unescaped, into `out` (room for pattern.bytes);
 * `*exact`: there is no wildcard at all;
 *  `*prefix_only`: a single % at the end follows it, so the prefix decides alone. */
size_t like_prefix(struct slice pattern, uint8_t *out, bool *exact, bool *prefix_only);

#endif
