/* SPDX-License-Identifier: MIT */
/* What a predicate asks of one part of an index, as intervals of the part's values, in order and
 * disjoint. They may hold more than the predicate keeps, never less. */
#ifndef QUERY_EXEC_INTERVALS_H
#define QUERY_EXEC_INTERVALS_H

#include "query/expr/env.h"
#include "query/plan/physical.h"

/** A point is closed on both sides with equal ends. */
struct interval {
  struct val low, high;
  bool has_low, has_high, low_open, high_open;
};

/** Whoever makes a set says what stands above the items, and how the index has values. */
struct intervals {
  struct arena *arena;
  struct collation *collation; /* texts stand in the index as it has them; NULL: as they are */
  bool is_collated;            /* the index has sort keys: how a text begins is not seen there */
  bool multikey; /* the index knows a list by its elements, and an empty one as missing */
  bool splits;   /* what is missing and null are two points: ranges are merged behind the part */
  struct interval *items;
  uint32_t count, capacity;
  bool all_points;
};

/** Adds what the part asks, and joins it all. */
status intervals_make(struct intervals *set, struct expr_env *env, const struct plan_access *access,
                      const struct plan_part *part, struct err *err);
/** Adds what equals a value. Null is equal to nothing in SQL, to null and missing in MongoDB, whose
 * regular expressions stand for texts that they match. */
status intervals_add_value(struct intervals *set, const struct val *v, bool mongo, struct err *err);
/** Sorts and joins what overlaps. */
void intervals_join(struct intervals *set);
/** The value as the index has it. */
status intervals_fold(const struct intervals *set, const struct val *v, struct val *folded,
                      struct err *err);

#endif
