/* SPDX-License-Identifier: MIT */
/* $planCacheStats and planCacheClear: plans that are kept of statements in JQL about a collection.
 */
#ifndef SERVER_REST_MONGO_PLANS_H
#define SERVER_REST_MONGO_PLANS_H

#include "server/rest/mongo_admin.h"

/** LUMA_OK unless the options of $planCacheStats are none. */
status mongo_plans_check(const struct statement_run *run, const struct val *options,
                         struct err *err);
/** The list of plans, as what $documents takes. */
status mongo_plans_put(const struct mongo_asked *asked, struct err *err);
/** {"planCacheClear": c}: all plans of a collection; with `query`, `sort`, `projection` and
 * `collation` those of queries of that shape. */
status mongo_plans_clear(const struct mongo_asked *asked, struct err *err);

#endif
