/* SPDX-License-Identifier: MIT */
#include "store/lsm/txn/sums.h"

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/core/err.h"
#include "base/mem/mem.h"
#include "store/store.h"

void sums_init(struct sums *sums) {
  *sums = (struct sums){.read = RECORD_HEADER_BYTES};
  hashmap_init(&sums->by_key);
  arena_init(&sums->keys, 0, 0);
}

void sums_deinit(struct sums *sums) {
  hashmap_deinit(&sums->by_key);
  arena_deinit(&sums->keys);
  mem_free(sums->items);
}

void sums_reset(struct sums *sums) {
  hashmap_reset(&sums->by_key);
  arena_reset(&sums->keys);
  sums->count = 0;
  sums->read = RECORD_HEADER_BYTES;
}

status sums_total(const struct sum *sum, struct slice log, int64_t *total, struct err *err) {
  struct record_op op = {0};
  size_t at = sum->at;
  *total = sum->before;
  if (at == 0) return LUMA_OK;
  bool is_there = record_next(log, &at, &op) && op.value.data;
  ASSERT(is_there);
  if (__builtin_add_overflow(*total, (int64_t)load64le(op.value.data), total))
    FAIL(err, LUMA_OUT_OF_RANGE, "the additions to a counter leave 64 bits");
  return LUMA_OK;
}

static struct sum *find(struct sums *sums, struct slice key) {
  uint64_t *place = hashmap_get(&sums->by_key, key);
  return place ? &sums->items[*place] : NULL;
}

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to add to counters");
}

static status make(struct sums *sums, struct slice key, struct sum **made, struct err *err) {
  const uint8_t *copy = arena_copy(&sums->keys, key.data, key.bytes);
  if (!copy || !mem_grow((void **)&sums->items, &sums->capacity, sums->count + 1, sizeof **made))
    return fail_memory(err);
  uint64_t *place = hashmap_put(&sums->by_key, slice_of(copy, key.bytes), NULL);
  if (!place) return fail_memory(err);
  *place = sums->count;
  *made = &sums->items[sums->count++];
  **made = (struct sum){0};
  return LUMA_OK;
}

static bool is_in(const struct record_op *range, struct slice key) {
  return slice_compare(range->key, key) <= 0 &&
         (range->value.bytes == 0 || slice_compare(key, range->value) < 0);
}

static void clear_range(struct sums *sums, const struct record_op *range) {
  size_t at = 0;
  for (struct hashmap_slot *slot; (slot = hashmap_next(&sums->by_key, &at));)
    if (is_in(range, slot->key)) sums->items[slot->value] = (struct sum){0};
}

static status take(struct sums *sums, struct slice log, const struct record_op *op,
                   struct err *err) {
  if (op->space != STORE_COUNTERS) return LUMA_OK;
  if (op->kind == RECORD_DELETE_RANGE) {
    clear_range(sums, op);
    return LUMA_OK;
  }
  struct sum *sum = find(sums, op->key);
  if (op->kind != RECORD_ADD) {
    if (sum) *sum = (struct sum){0};
    return LUMA_OK;
  }
  if (!sum) TRY(make(sums, op->key, &sum, err));
  TRY(sums_total(sum, log, &sum->before, err));
  sum->at = op->at;
  return LUMA_OK;
}

status sums_find(struct sums *sums, struct slice log, struct slice key, const struct sum **found,
                 struct err *err) {
  struct record_op op;
  size_t at = sums->read;
  while (record_next(log, &at, &op)) {
    TRY(take(sums, log, &op, err));
    sums->read = at;
  }
  *found = find(sums, key);
  return LUMA_OK;
}
