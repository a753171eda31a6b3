/* SPDX-License-Identifier: MIT */
#include "model/db/index/hops.h"

#include "base/mem/mem.h"
#include "index/index.h"

/** Most ranges hold few rows: those behind a jump are asked for in small steps, which grow while
 * they stay within. */
enum { STEP_FIRST = 4, BOUNDS_BYTES_MAX = 64 << 20 };

struct hops {
  struct buf room; /* the ends of the ranges */
  struct store_range *ranges;
  uint32_t count, at; /* ranges before `at` are passed */
  uint32_t step;
  bool is_placed; /* the cursor's next row may be in range `at` */
};

/** Lengths become slices once the buffer no longer moves. */
static status make_ranges(struct hops *hops, const struct index_def *def,
                          const struct index_bounds *bounds, struct err *err) {
  for (uint32_t i = 0; i < hops->count; i++)
    TRY(index_method(def)->range(def, &bounds[i], &hops->room, &hops->ranges[i], err));
  const uint8_t *at = hops->room.data;
  for (uint32_t i = 0; i < hops->count; i++) {
    hops->ranges[i].from.data = at;
    at += hops->ranges[i].from.bytes;
    hops->ranges[i].to.data = at;
    at += hops->ranges[i].to.bytes;
  }
  return LUMA_OK;
}

status hops_create(const struct index_def *def, const struct index_bounds *bounds, uint32_t count,
                   struct hops **hops, struct err *err) {
  struct hops *made = mem_zalloc(1, sizeof *made);
  *hops = NULL;
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a scan");
  buf_init(&made->room, BOUNDS_BYTES_MAX);
  made->ranges = mem_alloc(count * sizeof *made->ranges);
  made->count = count;
  made->step = STEP_FIRST;
  made->is_placed = true;
  status done =
      made->ranges ? make_ranges(made, def, bounds, err)
                   : err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for a scan");
  if (done == LUMA_OK)
    *hops = made;
  else
    hops_destroy(made);
  return done;
}

void hops_destroy(struct hops *hops) {
  if (!hops) return;
  buf_deinit(&hops->room);
  mem_free(hops->ranges);
  mem_free(hops);
}

struct store_range hops_range(const struct hops *hops) {
  return (struct store_range){hops->ranges[0].from, hops->ranges[hops->count - 1].to};
}

/** Passes over the ranges that end at or before `key`; whether it is in the next one. */
static bool is_within(struct hops *hops, struct slice key) {
  while (hops->at < hops->count && slice_compare(key, hops->ranges[hops->at].to) >= 0) hops->at++;
  return hops->at < hops->count && slice_compare(key, hops->ranges[hops->at].from) >= 0;
}

/** Keeps the rows that are within ranges. */
static void pick(struct hops *hops, struct store_rows *rows) {
  uint32_t kept = 0;
  bool is_last = false;
  for (uint32_t i = 0; i < rows->count; i++) {
    is_last = is_within(hops, rows->keys[i]);
    if (!is_last) continue;
    rows->keys[kept] = rows->keys[i];
    rows->values[kept++] = rows->values[i];
  }
  rows->count = kept;
  hops->is_placed = is_last;
  hops->step = is_last ? hops->step * 2 : STEP_FIRST;
  if (hops->step > STORE_BATCH_MAX) hops->step = STORE_BATCH_MAX;
}

status hops_next(struct hops *hops, struct store_cursor *cursor, uint32_t max,
                 struct store_rows *rows, struct err *err) {
  rows->count = 0;
  while (hops->at < hops->count && rows->count == 0) {
    if (!hops->is_placed) TRY(store_cursor_seek(cursor, hops->ranges[hops->at].from, err));
    TRY(store_cursor_next(cursor, max < hops->step ? max : hops->step, rows, err));
    if (rows->count == 0) hops->at = hops->count; /* the last range has ended */
    pick(hops, rows);
  }
  return LUMA_OK;
}
