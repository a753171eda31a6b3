/* SPDX-License-Identifier: MIT */
#include "model/db/index/hops.h"

#include "base/mem/mem.h"
#include "index/index.h"

enum { BOUNDS_BYTES_MAX = 64 << 20 };

struct hops {
  struct buf room; /* the ends of the ranges */
  struct store_range *ranges;
  uint32_t count;
  struct store_pick pick;
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
  made->pick = (struct store_pick){.ranges = made->ranges, .count = count};
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

status hops_next(struct hops *hops, struct store_cursor *cursor, uint32_t max,
                 struct store_rows *rows, struct err *err) {
  return store_cursor_pick(cursor, &hops->pick, max, rows, err);
}
