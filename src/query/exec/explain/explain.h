/* SPDX-License-Identifier: MIT */
/* Physical choices as text. */
#ifndef QUERY_EXEC_EXPLAIN_H
#define QUERY_EXEC_EXPLAIN_H

#include "query/plan/physical.h"

/** One node on one line: what it is, how it is run. */
void explain_node(const struct plan *plan, struct buf *out);
/** Lines about a SCAN: the index chosen, its bounds, why the others were refused. */
void explain_access(const struct plan *plan, unsigned depth, struct buf *out);

#endif
