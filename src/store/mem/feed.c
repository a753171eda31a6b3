/* SPDX-License-Identifier: MIT */
/* The feed: payloads in commit order, bounded in number, the oldest let go first. */
#include "base/mem/mem.h"
#include "store/mem/mem_store_int.h"

int mem_store__pos_compare(struct store_pos a, struct store_pos b) {
  if (a.high != b.high) return a.high < b.high ? -1 : 1;
  return (a.low > b.low) - (a.low < b.low);
}

/* The index of the first record after `position`. */
static size_t feed_find(const struct mem_store *store, struct store_pos position) {
  size_t low = 0, high = store->feed.count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct mem_feed_item *item = fifo_at(&store->feed, middle);
    if (mem_store__pos_compare(item->position, position) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static void feed_pop(struct mem_store *store) {
  struct mem_feed_item *item = fifo_at(&store->feed, 0);
  store->feed_trimmed = item->position;
  mem_free(item->payload);
  fifo_pop(&store->feed);
}

void mem_store__feed_bound(struct mem_store *store) {
  while (store->feed.count > store->feed_records_max) feed_pop(store);
}

static status feed_copy(const struct mem_store *store, size_t from, uint32_t count,
                        struct arena *arena, struct store_feed_record *records, struct err *err) {
  for (uint32_t i = 0; i < count; i++) {
    const struct mem_feed_item *item = fifo_at(&store->feed, from + i);
    void *payload = arena_copy(arena, item->payload, item->bytes);
    if (!payload) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the feed's records");
    records[i] = (struct store_feed_record){item->position, item->position.high,
                                            slice_of(payload, item->bytes)};
  }
  return LUMA_OK;
}

static status feed_read(const struct mem_store *store, struct store_pos after, uint32_t max,
                        struct arena *arena, struct store_feed_record **records, uint32_t *count,
                        struct err *err) {
  if (mem_store__pos_compare(after, store->feed_trimmed) < 0) {
    FAIL(err, LUMA_GAP, "the feed no longer has all records after this position");
  }
  size_t from = feed_find(store, after), rest = store->feed.count - from;
  uint32_t taken = rest < max ? (uint32_t)rest : max;
  struct store_feed_record *room = arena_zalloc(arena, (size_t)taken + 1, sizeof *room);
  if (!room) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the feed's records");
  TRY(feed_copy(store, from, taken, arena, room, err));
  *records = room;
  *count = taken;
  return LUMA_OK;
}

status mem_store__feed_read(struct store *store, struct store_pos after, uint32_t max,
                            struct arena *arena, struct store_feed_record **records,
                            uint32_t *count, struct err *err) {
  struct mem_store *mem = (struct mem_store *)store;
  mutex_lock(&mem->mutex);
  status answer = feed_read(mem, after, max, arena, records, count, err);
  mutex_unlock(&mem->mutex);
  return answer;
}

status mem_store__feed_bounds(struct store *store, struct store_pos *oldest,
                              struct store_pos *newest, struct err *err) {
  (void)err;
  struct mem_store *mem = (struct mem_store *)store;
  mutex_lock(&mem->mutex);
  *oldest = mem->feed_trimmed;
  *newest = mem->newest;
  mutex_unlock(&mem->mutex);
  return LUMA_OK;
}

status mem_store__feed_trim(struct store *store, struct store_pos position, struct err *err) {
  (void)err;
  struct mem_store *mem = (struct mem_store *)store;
  mutex_lock(&mem->mutex);
  for (size_t gone = feed_find(mem, position); gone > 0; gone--) feed_pop(mem);
  mutex_unlock(&mem->mutex);
  return LUMA_OK;
}
