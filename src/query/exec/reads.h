/* SPDX-License-Identifier: MIT */
/* Which attributes of stored documents a statement looks at: what need not be brought up to date
 * when older beings are read. */
#ifndef QUERY_EXEC_READS_H
#define QUERY_EXEC_READS_H

#include "model/model.h"
#include "query/plan/plan.h"

/** The attributes a plan reads, in `arena`; NULL: whole documents, or it is not known. */
status reads_of(struct arena *arena, const struct plan *root, const struct model_reads **reads,
                struct err *err);

#endif
