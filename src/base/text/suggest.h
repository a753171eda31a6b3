/* SPDX-License-Identifier: MIT */
/* "Did you mean": the candidate nearest to what was typed by Damerau-Levenshtein distance (optimal
 * string alignment), without case; plural and prefix count as near. Pure; any thread. */
#ifndef BASE_TEXT_SUGGEST_H
#define BASE_TEXT_SUGGEST_H

#include "base/text/slice.h"

/** A search in progress: feed candidates, then read `best`. */
struct suggest {
  struct slice typed, best;
  unsigned best_distance;
};

/** Begins with what was typed (borrowed). */
void suggest_init(struct suggest *suggest, struct slice typed);
/** Offers a candidate (borrowed). */
void suggest_offer(struct suggest *suggest, struct slice candidate);
/** True when `best` is near enough to be worth saying (distance at most a third of the length, at
 * least 1). */
bool suggest_is_good(const struct suggest *suggest);

#endif
