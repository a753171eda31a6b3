/* SPDX-License-Identifier: MIT */
/* The plan cache of a database: prepared statements that are not in use, by their text; those whose
 * plan is good for other literals, by what stands around them. Who takes one has it alone until it
 * is given back; several of one text may be there. A plan's collections
 * are compared with the catalog's when it is opened (query_open); what it weighed by (how much is
 * stored) may have changed, so a plan is not taken again PLANS_AGE_US after it was made.
 *
 * Threads: any. A set-associative table of fixed size: taking and giving allocate nothing. */
#ifndef SERVICE_PLANS_PLANS_H
#define SERVICE_PLANS_PLANS_H

#include "query/query.h"

enum { PLANS_SETS = 64, PLANS_WAYS = 8, PLANS_TEXT_BYTES_MAX = 4096, PLANS_AGE_US = 1000000 };

struct plans;

/** Counts since it was made. */
struct plans_stats {
  uint64_t hits, misses;
};

status plans_create(struct plans **plans, struct err *err);
/** NULL is fine. Statements that are taken must have been given back or destroyed. */
void plans_destroy(struct plans *plans);
/** A prepared statement of this text, blanks and `;` behind it left out, in this language; NULL: it
 * must be prepared. `literals`: those of the text, NULL if it has none; a plan that was made with
 * others has these then. `now_us`: wall clock. */
struct query *plans_take(struct plans *plans, const struct lang *lang, struct slice text,
                         const struct literals *literals, uint64_t now_us);
/** Keeps it for whoever takes it next, or ends it where it is not worth keeping. */
void plans_give(struct plans *plans, struct query *query);
/** Calls for each that is not taken; nobody takes or gives one meanwhile. */
typedef bool plans_look_fn(void *context, const struct query *query);
void plans_each(struct plans *plans, plans_look_fn *look, void *context);
/** Ends those that are not taken for which it answers true. */
void plans_drop(struct plans *plans, plans_look_fn *is_it, void *context);
struct plans_stats plans_stats(struct plans *plans);

#endif
