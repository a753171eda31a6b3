/* SPDX-License-Identifier: MIT */
/* A batch: up to BATCH_ROWS rows in columns of values, with a selection vector. What scans fill and
 * operators eat. Column memory belongs to the arena given at init; values may borrow from blocks
 * that the producer keeps alive until the next step. One thread. */
#ifndef VALUE_BATCH_BATCH_H
#define VALUE_BATCH_BATCH_H

#include "base/core/err.h"
#include "base/mem/arena.h"
#include "value/val/val.h"

enum { BATCH_ROWS = 1024 };

struct batch {
  struct val **columns; /* columns_count arrays of BATCH_ROWS values */
  uint16_t *selected;   /* indexes of the live rows, ascending; all of [0, rows) when it is NULL */
  uint32_t columns_count;
  uint32_t rows;            /* rows filled */
  uint32_t selected_count;  /* live rows (equals rows when selected is NULL) */
  uint16_t *selection_room; /* BATCH_ROWS entries for `selected` */
};

/** Columns of MISSING, no rows; memory from `arena`. */
status batch_init(struct batch *batch, struct arena *arena, uint32_t columns_count,
                  struct err *err);
/** The same with room for `rows` rows alone: for who fills it and knows. */
status batch_init_rows(struct batch *batch, struct arena *arena, uint32_t columns_count,
                       uint32_t rows, struct err *err);
/** No rows, all selected. */
void batch_reset(struct batch *batch);
static inline uint32_t batch_row(const struct batch *batch, uint32_t nth) {
  return batch->selected ? batch->selected[nth] : nth;
}

#endif
