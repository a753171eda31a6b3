/* SPDX-License-Identifier: MIT */
/* Memory of batches. */
#include "value/batch/batch.h"

#include "base/core/assert.h"

_Static_assert(VAL_MISSING == 0, "zeroed columns are columns of MISSING");

status batch_init(struct batch *batch, struct arena *arena, uint32_t columns_count,
                  struct err *err) {
  return batch_init_rows(batch, arena, columns_count, BATCH_ROWS, err);
}

status batch_init_rows(struct batch *batch, struct arena *arena, uint32_t columns_count,
                       uint32_t rows, struct err *err) {
  *batch = (struct batch){.columns_count = columns_count};
  batch->columns = arena_zalloc(arena, columns_count + 1u, sizeof *batch->columns);
  batch->selection_room = arena_alloc(arena, BATCH_ROWS * sizeof *batch->selection_room);
  bool complete = batch->columns && batch->selection_room;
  for (uint32_t i = 0; complete && i < columns_count; i++) {
    batch->columns[i] = arena_zalloc(arena, rows + 1u, sizeof **batch->columns);
    complete = batch->columns[i] != NULL;
  }
  if (!complete) {
    status failure = arena_is_over_budget(arena) ? LUMA_BUDGET_EXCEEDED : LUMA_OUT_OF_MEMORY;
    FAIL(err, failure, "no memory for a batch of %u columns", columns_count);
  }
  return LUMA_OK;
}

void batch_reset(struct batch *batch) {
  ASSERT(batch->rows <= BATCH_ROWS);
  batch->rows = batch->selected_count = 0;
  batch->selected = NULL;
}
