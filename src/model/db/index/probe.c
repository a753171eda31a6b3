/* SPDX-License-Identifier: MIT */
/* A look into an index before it is chosen: how much there is within bounds, up to a limit. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

static status count_entries(struct model_txn *txn, const struct index_def *def,
                            const struct index_bounds *bounds, struct store_rows *rows,
                            uint32_t most, uint32_t *count, struct err *err) {
  struct store_cursor *cursor = NULL;
  struct store_range range;
  struct buf room;
  buf_init(&room, MODEL_SCRATCH_BYTES_MAX);
  status done = index_method(def)->range(def, bounds, &room, &range, err);
  if (done == LUMA_OK)
    done = store_cursor_open(txn->store, STORE_ENTRIES, range, false, &cursor, err);
  while (done == LUMA_OK && *count < most) {
    done = store_cursor_next(cursor, most - *count, rows, err);
    if (done != LUMA_OK || rows->count == 0) break;
    *count += rows->count;
  }
  if (cursor) store_cursor_close(cursor);
  buf_deinit(&room);
  return done;
}

uint32_t model_probe(struct model_txn *txn, const struct catalog_index *index,
                     const struct index_bounds *bounds, uint32_t most) {
  struct err ignored;
  uint32_t count = 0;
  if (!txn->read_only) return most; /* what it reads may be noted, and clash */
  struct store_rows *rows = mem_alloc(sizeof *rows);
  if (!rows) return most;
  err_init(&ignored);
  status done = count_entries(txn, &index->def, bounds, rows, most, &count, &ignored);
  mem_free(rows);
  return done == LUMA_OK ? count : most;
}
