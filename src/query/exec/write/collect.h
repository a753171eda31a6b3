/* SPDX-License-Identifier: MIT */
/* Documents to be changed, found by several threads before the first is changed. Each thread keeps
 * copies of what it finds, without asking another; then they are gone through in the order of their
 * keys, which is what changes cost least in. */
#ifndef QUERY_EXEC_COLLECT_H
#define QUERY_EXEC_COLLECT_H

#include "query/exec/write/write.h"

/** Gives every document of the operator's input to `each`, if several threads may read it and what
 * they find fits the share of the statement's memory that is for it: `*done`. Else nothing has been
 * changed, and the input is as it was. */
status collect_for_each(struct op *op, write_each *each, void *context, bool *done,
                        struct err *err);

#endif
