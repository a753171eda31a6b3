/* SPDX-License-Identifier: MIT */
/* One call of a window function at one row. */
#ifndef QUERY_EXEC_WINDOW_CALL_H
#define QUERY_EXEC_WINDOW_CALL_H

#include "query/exec/window/window_sum.h"

/** The value of the part's call at the row at `place`; `sum` is what aggregates carry from row to
 * row. The result may borrow from the rows. */
status window_call_at(struct exec *exec, const struct window_part *part, uint32_t place,
                      struct window_sum *sum, struct val *out, struct err *err);
/** Whether the call's value at a row follows from the rows up to it, and from what is carried from
 * them: then a partition can be taken bit by bit. `*needs_peers`: rows that are peers must be in
 * one bit. */
bool window_call_runs(const struct expr *call, bool *needs_peers);

#endif
