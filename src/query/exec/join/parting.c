/* SPDX-License-Identifier: MIT */
#include "query/exec/join/parting.h"

#include "base/core/assert.h"
#include "base/mem/mem.h"

enum {
  WRITE_BYTES = 32 << 10,
  READ_BYTES = 64 << 10,
  WAY_BITS = 3,
  HASH_BITS = 64,
  ROWS_AT_ONCE = 256
};

void parting_init(struct parting *parting, struct exec *exec, uint32_t left_columns,
                  uint32_t right_columns) {
  *parting = (struct parting){.exec = exec, .columns = {left_columns, right_columns}};
}

void parting_pair_deinit(struct parting_pair *pair) {
  for (int side = 0; side < PARTING_SIDES; side++) {
    spill_destroy(pair->sides[side]);
    pair->sides[side] = NULL;
  }
}

void parting_deinit(struct parting *parting) {
  for (size_t i = 0; i < parting->count; i++) parting_pair_deinit(&parting->waiting[i]);
  for (int way = 0; way < PARTING_WAYS; way++) parting_pair_deinit(&parting->ways[way]);
  mem_free(parting->waiting);
  parting->waiting = NULL;
  parting->count = parting->capacity = 0;
}

/* ---- filling ---- */

bool parting_is_possible(const struct parting *parting) {
  return parting->level < PARTING_LEVELS_MAX;
}

/** The file of the way that the bits of a hash name at this level. Hashes choose slots by their low
 * bits: these are the high ones of another number. */
static status file_of(struct parting *parting, enum parting_side side, uint64_t hash,
                      struct spill **file, struct err *err) {
  ASSERT(parting_is_possible(parting));
  uint64_t mixed = hash * 0x9E3779B97F4A7C15u;
  uint32_t way = mixed >> (HASH_BITS - WAY_BITS * (parting->level + 1)) & (PARTING_WAYS - 1);
  struct spill **found = &parting->ways[way].sides[side];
  if (!*found) TRY(spill_create(parting->exec, parting->columns[side], WRITE_BYTES, found, err));
  *file = *found;
  return LUMA_OK;
}

status parting_add_row(struct parting *parting, enum parting_side side, uint64_t hash,
                       const struct batch *batch, uint32_t row, struct arena *arena,
                       struct err *err) {
  struct spill *file = NULL;
  TRY(file_of(parting, side, hash, &file, err));
  return spill_add_row(file, batch, row, arena, err);
}

status parting_add(struct parting *parting, enum parting_side side, uint64_t hash,
                   const struct val *tuple, struct err *err) {
  struct spill *file = NULL;
  TRY(file_of(parting, side, hash, &file, err));
  return spill_add(file, tuple, err);
}

status parting_end(struct parting *parting, struct err *err) {
  if (!mem_grow((void **)&parting->waiting, &parting->capacity, parting->count + PARTING_WAYS,
                sizeof *parting->waiting))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to put rows aside");
  for (uint32_t way = PARTING_WAYS; way-- > 0;) {
    struct parting_pair *pair = &parting->ways[way];
    if (!pair->sides[PARTING_LEFT] && !pair->sides[PARTING_RIGHT]) continue;
    for (int side = 0; side < PARTING_SIDES; side++)
      if (pair->sides[side]) TRY(spill_end_run(pair->sides[side], err));
    pair->level = parting->level + 1;
    parting->waiting[parting->count++] = *pair;
    *pair = (struct parting_pair){0};
  }
  return LUMA_OK;
}

bool parting_take(struct parting *parting, struct parting_pair *pair) {
  if (parting->count == 0) return false;
  *pair = parting->waiting[--parting->count];
  parting->level = pair->level;
  return true;
}

/* ---- reading ---- */

status parting_rows_open(struct parting_rows *rows, struct exec *exec, struct spill *spill,
                         uint32_t columns, struct err *err) {
  if (!rows->batch.columns)
    TRY(batch_init_rows(&rows->batch, exec->arena, columns, ROWS_AT_ONCE, err));
  if (!spill) return LUMA_OK;
  rows->is_open = true;
  TRY(spill_reader_init(&rows->reader, spill, 0, READ_BYTES, err));
  return spill_reader_step(&rows->reader, err);
}

status parting_rows_next(struct parting_rows *rows, const struct exec *exec, struct arena *arena,
                         struct batch **batch, struct err *err) {
  *batch = NULL;
  if (!rows->is_open) return LUMA_OK;
  uint32_t rows_max = exec->batch_rows < ROWS_AT_ONCE ? exec->batch_rows : ROWS_AT_ONCE;
  TRY(spill_reader_fill(&rows->reader, rows_max, arena, &rows->batch, err));
  if (rows->batch.rows) *batch = &rows->batch;
  return LUMA_OK;
}

void parting_rows_close(struct parting_rows *rows) {
  if (rows->is_open) spill_reader_deinit(&rows->reader);
  rows->is_open = false;
}
