/* SPDX-License-Identifier: MIT */
/* Picking ranges by steps and seeks, for stores that have no way of their own. */
#include "store/store.h"

/* Most ranges hold few rows: those behind a jump are asked for in small steps, which grow while
 * they stay within. */
enum { STEP_FIRST = 4 };

/* Passes over the ranges that end at or before `key`; whether it is in the next one. */
static bool is_within(struct store_pick *pick, struct slice key) {
  const struct store_range *ranges = pick->ranges;
  while (pick->at < pick->count && ranges[pick->at].to.bytes &&
         slice_compare(key, ranges[pick->at].to) >= 0)
    pick->at++;
  return pick->at < pick->count && slice_compare(key, ranges[pick->at].from) >= 0;
}

static void keep_within(struct store_pick *pick, struct store_rows *rows) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < rows->count; i++) {
    pick->is_within = is_within(pick, rows->keys[i]);
    if (!pick->is_within) continue;
    rows->keys[kept] = rows->keys[i];
    rows->values[kept++] = rows->values[i];
  }
  rows->count = kept;
}

static status step(struct store_cursor *cursor, struct store_pick *pick, uint32_t max,
                   struct store_rows *rows, struct err *err) {
  uint32_t most = pick->step < max ? pick->step : max;
  if (!pick->is_within) TRY(store_cursor_seek(cursor, pick->ranges[pick->at].from, err));
  TRY(store_cursor_next(cursor, most, rows, err));
  if (rows->count == 0) pick->at = pick->count; /* the last range has ended */
  keep_within(pick, rows);
  pick->step = pick->is_within ? pick->step * 2 : STEP_FIRST;
  if (pick->step > STORE_BATCH_MAX) pick->step = STORE_BATCH_MAX;
  return LUMA_OK;
}

status store_cursor_pick(struct store_cursor *cursor, struct store_pick *pick, uint32_t max,
                         struct store_rows *rows, struct err *err) {
  const struct store_ops *ops = cursor->txn->store->ops;
  if (max == 0 || max > STORE_BATCH_MAX)
    FAIL(err, LUMA_INVALID_ARGUMENT, "a step of %u rows: 1 to %d", max, STORE_BATCH_MAX);
  rows->count = 0;
  if (ops->cursor_pick) return ops->cursor_pick(cursor, pick, max, rows, err);
  if (pick->step == 0) pick->step = STEP_FIRST;
  while (pick->at < pick->count && rows->count == 0) TRY(step(cursor, pick, max, rows, err));
  return LUMA_OK;
}
