/* SPDX-License-Identifier: MIT */
#include "query/exec/sort/aside.h"

enum { BUFFER_BYTES = 256 << 10 };

status aside_init(struct aside *aside, struct exec *exec, uint32_t columns, struct err *err) {
  *aside = (struct aside){.exec = exec, .columns = columns};
  return batch_init(&aside->batch, exec->arena, columns, err);
}

static void end_reading(struct aside *aside) {
  if (aside->is_reading) spill_reader_deinit(&aside->reader);
  aside->is_reading = false;
}

void aside_deinit(struct aside *aside) {
  end_reading(aside);
  spill_destroy(aside->spill);
  aside->spill = NULL;
}

status aside_add(struct aside *aside, const struct batch *batch, uint32_t row, struct arena *arena,
                 struct err *err) {
  struct val *tuple = arena_alloc(arena, (aside->columns + 1) * sizeof *tuple);
  TRY(plan_check_memory(arena, tuple, err));
  for (uint32_t c = 0; c < aside->columns; c++) {
    tuple[c] = batch->columns[c][row];
    if (tuple[c].is_lensed) TRY(expr_copy_value(arena, &batch->columns[c][row], &tuple[c], err));
  }
  if (!aside->spill) TRY(spill_create(aside->exec, aside->columns, &aside->spill, err));
  aside->is_pending = true;
  return spill_add(aside->spill, tuple, err);
}

status aside_begin_pass(struct aside *aside, bool *has, struct err *err) {
  end_reading(aside);
  *has = aside->is_pending;
  if (!*has) return LUMA_OK;
  aside->is_pending = false;
  TRY(spill_end_run(aside->spill, err));
  aside->is_reading = true;
  TRY(spill_reader_init(&aside->reader, aside->spill, aside->run++, BUFFER_BYTES, err));
  return spill_reader_step(&aside->reader, err);
}

status aside_next(struct aside *aside, struct arena *arena, struct batch **batch, struct err *err) {
  struct batch *out = &aside->batch;
  uint32_t rows = 0;
  batch_reset(out);
  for (; rows < aside->exec->batch_rows && aside->reader.tuple; rows++) {
    for (uint32_t c = 0; c < aside->columns; c++)
      TRY(expr_copy_value(arena, &aside->reader.tuple[c], &out->columns[c][rows], err));
    TRY(spill_reader_step(&aside->reader, err));
  }
  out->rows = out->selected_count = rows;
  *batch = rows ? out : NULL;
  return LUMA_OK;
}
