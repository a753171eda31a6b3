/* SPDX-License-Identifier: MIT */
/* Whether a way to read a collection yields the order of a SORT above it: for the files of that
 * pass. */
#ifndef QUERY_OPT_ORDER_H
#define QUERY_OPT_ORDER_H

#include "query/opt/access.h"

/** A SORT, its keys over the documents of a SCAN, and what stands between: nodes that keep rows and
 * their order. */
struct chain {
  struct plan sort; /* a copy with the keys as the SCAN sees them */
  struct plan *scan, *filter;
  bool only_first; /* a LIMIT stands above */
};

/** Whether what `access` reads stands in its index as the language compares it, and all of it is
 * there. */
bool order_is_told(const struct opt *opt, const struct plan_access *access);
/** Whether `access` yields the order of the first `count` of `sort` from its part `first` on, where
 * the parts before are one value each; sets its direction. */
status order_is_given(struct opt *opt, const struct chain *chain, struct plan_access *access,
                      uint32_t first, bool *is, struct err *err);
/** Whether the SORT is by the key alone, which is the collection's own order. */
bool order_is_of_key(const struct plan *sort, const struct plan *scan, bool *backwards);
/** Parts that lead and are equal to exactly one value each. */
uint32_t order_points(const struct plan_access *access);

/** Makes of `access`, whose leading parts are one of several values each, a union of ranges that
 * are one value each, to be merged in the order. `*fits` false: they do not yield it, or are too
 * many. (explode.c) */
status order_explode(struct opt *opt, const struct chain *chain, struct plan_access *access,
                     bool *fits, struct err *err);
/** Makes a union whose branches are all in the order, and are no dearer than `chosen` is worth.
 * (explode.c) */
status order_unite(struct opt *opt, const struct chain *chain, const struct plan_access *chosen,
                   struct plan_access *access, bool *fits, struct err *err);
/** Whether a way in the order is worth what it costs, where `cost` is that of the cheapest. */
bool order_is_worth(const struct chain *chain, double ordered, double cost);

#endif
