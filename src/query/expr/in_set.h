/* SPDX-License-Identifier: MIT */
/* The constants of a long IN list, sorted, so that a value is looked for in logarithmic time. Only
 * lists for which that gives SQL's answer: all of one type class, none that a text may spell.
 * Immutable. */
#ifndef QUERY_EXPR_IN_SET_H
#define QUERY_EXPR_IN_SET_H

#include "query/expr/env.h"

enum { IN_SET_COUNT_MIN = 8 };

struct in_set {
  struct val *values;
  uint32_t count;
  int order_class;
  bool has_null;
};

/** NULL in `*set` when the list is short or not of that kind. */
status in_set_create(struct arena *arena, const struct val *values, uint32_t count,
                     struct in_set **set, struct err *err);
/** True with the answer (true, false or NULL) when the set can tell for a value that is not null.
 */
bool in_set_find(const struct in_set *set, const struct val *v, struct val *answer);

#endif
