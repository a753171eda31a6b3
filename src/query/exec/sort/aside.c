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
  if (!aside->spill)
    TRY(spill_create(aside->exec, aside->columns, SPILL_BUFFER_BYTES, &aside->spill, err));
  aside->is_pending = true;
  return spill_add_row(aside->spill, batch, row, arena, err);
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
  TRY(spill_reader_fill(&aside->reader, aside->exec->batch_rows, arena, &aside->batch, err));
  *batch = aside->batch.rows ? &aside->batch : NULL;
  return LUMA_OK;
}
