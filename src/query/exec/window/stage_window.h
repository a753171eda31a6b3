/* SPDX-License-Identifier: MIT */
/* The outputs of a STAGE_WINDOW over one partition. One thread. */
#ifndef QUERY_EXEC_STAGE_WINDOW_H
#define QUERY_EXEC_STAGE_WINDOW_H

#include "query/exec/stage.h"
#include "value/order/order.h"

/** Rows in order: document, partition's key, sort key, then the arguments of the outputs. */
struct stage_partition {
  struct exec *exec;
  const struct plan_stage *stage;
  struct rows rows;
  struct val **outputs; /* by window, then by row; in the arena given */
};

/** Fills the outputs; memory from `arena`. */
status stage_window_compute(struct stage_partition *partition, struct arena *arena,
                            struct err *err);

/** The sort key of a row, and an output's argument. */
static inline const struct val *stage_key(const struct stage_partition *partition, uint64_t row) {
  return &rows_at(&partition->rows, row)[2];
}
static inline const struct val *stage_argument(const struct stage_partition *partition,
                                               const struct stage_window *window, uint64_t row) {
  return &rows_at(&partition->rows, row)[window->argument + 1];
}

/** Rows [from, to) of a window. */
struct stage_frame {
  uint64_t from, to;
};
/** The window of a row. */
status stage_frame_of(const struct stage_partition *partition, const struct stage_window *window,
                      uint64_t row, struct stage_frame *frame, struct err *err);

/** Functions of a window's rows as numbers, against the sort key or among themselves, for `row`.
 * (stage_window_numbers.c) */
status stage_window_number(const struct stage_partition *partition,
                           const struct stage_window *window, uint64_t row,
                           struct stage_frame frame, struct val *out, struct err *err);
/** Functions of all rows at once: $expMovingAvg, $linearFill, $locf. */
status stage_window_fill(const struct stage_partition *partition, const struct stage_window *window,
                         struct val *outputs, struct err *err);

#endif
