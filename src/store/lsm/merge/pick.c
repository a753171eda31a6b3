/* SPDX-License-Identifier: MIT */
/* Picking ranges: sources that have nothing in a range are passed over without a row of theirs
 * being looked at. What is searched takes as long as memory takes to answer, so places of the next
 * ranges are looked for together. */
#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/lsm/merge/merge_int.h"

/* The ranges whose places are known: [from, end). */
struct ahead {
  uint32_t from, end;
};

static bool is_behind(const struct merge__source *source, struct slice key) {
  return source->is_live && slice_compare(source->key, key) < 0;
}

static void look_ahead(struct merge *merge, const struct store_pick *pick, struct ahead *ahead) {
  struct slice keys[MERGE_TOGETHER];
  uint32_t count = 0;
  for (uint32_t at = pick->at; at < pick->count && count < MERGE_TOGETHER; at++)
    keys[count++] = pick->ranges[at].from;
  *ahead = (struct ahead){pick->at, pick->at + count};
  for (uint32_t i = 0; i < merge->sources_count; i++) {
    const struct merge__source *source = &merge->sources[i];
    merge__ahead_let_go(&merge->ahead[i]);
    if (is_behind(source, keys[count - 1]))
      merge__source_look_ahead(source, merge->space, keys, count, &merge->ahead[i]);
  }
}

static status place(struct merge *merge, struct slice from, uint32_t nth, struct err *err) {
  merge->live_count = 0;
  for (uint32_t i = 0; i < merge->sources_count; i++) {
    struct merge__source *source = &merge->sources[i];
    if (is_behind(source, from))
      TRY(merge__source_arrive(source, &merge->ahead[i], nth, from, err));
    merge__add_live(merge, source);
  }
  return LUMA_OK;
}

/* While it lasts the iterator's range ends where the range in hand does, so live sources are those
 * that have rows in it. */
static status pick_ranges(struct merge *merge, struct store_pick *pick, uint32_t max,
                          struct store_rows *rows, struct err *err) {
  struct ahead ahead = {0};
  while (pick->at < pick->count) {
    const struct store_range *range = &pick->ranges[pick->at];
    if (pick->at >= ahead.end) look_ahead(merge, pick, &ahead);
    merge->to = range->to;
    TRY(place(merge, range->from, pick->at - ahead.from, err));
    TRY(merge__take(merge, max, rows, err));
    if (merge->live_count > 0) return LUMA_OK;
    pick->at++;
    if (rows->count == max) return LUMA_OK;
  }
  return LUMA_OK;
}

static status begin(struct merge *merge, const struct store_pick *pick, struct err *err) {
  if (!merge->ahead) merge->ahead = mem_zalloc(merge->sources_count + 1, sizeof *merge->ahead);
  if (!merge->ahead) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  if (merge->is_placed || pick->at == pick->count) return LUMA_OK;
  return merge__place_at(merge, &pick->ranges[pick->at].from, err);
}

status merge_pick(struct merge *merge, struct store_pick *pick, uint32_t max,
                  struct store_rows *rows, struct err *err) {
  ASSERT(max > 0 && max <= STORE_BATCH_MAX && !merge->backwards);
  if (merge->failed) FAIL(err, merge->failed, "an earlier step of the cursor failed");
  struct slice to = merge->to;
  rows->count = 0;
  merge__let_go(merge);
  merge->failed = begin(merge, pick, err);
  if (merge->failed == LUMA_OK) merge->failed = pick_ranges(merge, pick, max, rows, err);
  merge->to = to;
  return merge->failed;
}
