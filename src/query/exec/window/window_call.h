/* SPDX-License-Identifier: MIT */
/* One call of a window function at one row. */
#ifndef QUERY_EXEC_WINDOW_CALL_H
#define QUERY_EXEC_WINDOW_CALL_H

#include "query/exec/window/window_sum.h"

/** The value of the part's call at the row at `place`; `sum` is what aggregates carry from row to
 * row. The result may borrow from the rows. */
status window_call_at(struct exec *exec, const struct window_part *part, uint32_t place,
                      struct window_sum *sum, struct val *out, struct err *err);

#endif
