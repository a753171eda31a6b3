/* SPDX-License-Identifier: MIT */
/* Opening and closing, the calls on the store as a whole, and the table of them all. */
#include "store/mem/mem_store.h"

#include <stdio.h>

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "store/mem/mem_store_int.h"

static const uint64_t FEED_RECORDS_MAX = 1000000;

static void space_free(struct keylist *list) {
  struct keylist_gap gap = keylist_find(list, (struct slice){0});
  for (struct keylist_item *item; (item = keylist_peek(list, gap, false));
       keylist_step(list, &gap, false)) {
    for (struct mem_version *version = ((struct mem_entry *)item)->newest; version;) {
      struct mem_version *older = version->older;
      mem_free(version);
      version = older;
    }
  }
  /* the keys stand in the items, so these go once nothing looks at keys any more */
  gap = keylist_find(list, (struct slice){0});
  for (struct keylist_item *item; (item = keylist_peek(list, gap, false));) {
    keylist_step(list, &gap, false);
    mem_free(item);
  }
  keylist_deinit(list);
}

static void mem_close(struct store *store) {
  struct mem_store *mem = (struct mem_store *)store;
  ASSERT(!mem->oldest_txn);
  mem_store__prune(mem);
  ASSERT(mem->garbage.count == 0 && mem->erased.count == 0);
  mem->feed_records_max = 0;
  mem_store__feed_bound(mem);
  for (int space = 0; space < STORE_SPACES; space++) space_free(&mem->spaces[space]);
  fifo_deinit(&mem->garbage);
  fifo_deinit(&mem->erased);
  fifo_deinit(&mem->feed);
  mutex_deinit(&mem->mutex);
  mem_free(mem);
}

static struct store_pos mem_durable(struct store *store) {
  struct mem_store *mem = (struct mem_store *)store;
  mutex_lock(&mem->mutex);
  struct store_pos newest = mem->newest;
  mutex_unlock(&mem->mutex);
  return newest;
}

/* What has no meaning in memory. */
static status mem_wait(struct store *store, struct store_pos position, struct err *err) {
  (void)store;
  (void)position;
  (void)err;
  return LUMA_OK;
}

static status mem_nothing(struct store *store, struct err *err) {
  (void)store;
  (void)err;
  return LUMA_OK;
}

static status mem_stats(struct store *store, struct store_stats *stats, struct err *err) {
  (void)err;
  struct mem_store *mem = (struct mem_store *)store;
  mutex_lock(&mem->mutex);
  *stats = mem->stats;
  mutex_unlock(&mem->mutex);
  return LUMA_OK;
}

/* ---- check ---- */

/** Where a check is, and whom it tells. */
struct checking {
  const struct mem_store *store;
  enum store_space space;
  store_check_fn *fault;
  void *context;
  uint64_t faults;
};

static void report(struct checking *checking, const struct keylist_item *item, const char *what) {
  char place[64];
  size_t at = (size_t)snprintf(place, sizeof place, "space %d key ", (int)checking->space);
  for (size_t i = 0; i < item->key.bytes && at + 3 < sizeof place; i++) {
    at += (size_t)snprintf(place + at, sizeof place - at, "%02x", item->key.data[i]);
  }
  checking->faults++;
  checking->fault(checking->context, place, what);
}

static void check_version(struct checking *checking, const struct keylist_item *item,
                          const struct mem_version *version) {
  if (version->seq > checking->store->last_seq) report(checking, item, "is of the future");
  if (version->older && version->older->seq >= version->seq) {
    report(checking, item, "has versions out of order");
  }
  if (version->is_deleted) return;
  if (checking->space == STORE_RECORDS && load64le(version->data + 8) != version->seq) {
    report(checking, item, "does not carry the sequence of its commit");
  }
  if (checking->space == STORE_COUNTERS && version->bytes != sizeof(int64_t)) {
    report(checking, item, "is not a counter of 8 bytes");
  }
}

static void check_space(struct checking *checking) {
  const struct keylist *list = &checking->store->spaces[checking->space];
  const struct keylist_item *before = NULL;
  struct keylist_gap gap = keylist_find(list, (struct slice){0});
  for (struct keylist_item *item; (item = keylist_peek(list, gap, false)); before = item) {
    keylist_step(list, &gap, false);
    if (before && slice_compare(before->key, item->key) >= 0) {
      report(checking, item, "is out of order");
    }
    const struct mem_version *version = ((struct mem_entry *)item)->newest;
    if (!version) report(checking, item, "has no versions");
    for (; version; version = version->older) check_version(checking, item, version);
  }
}

static status mem_check(struct store *store, store_check_fn *fault, void *context,
                        struct err *err) {
  struct mem_store *mem = (struct mem_store *)store;
  struct checking checking = {.store = mem, .fault = fault, .context = context};
  mutex_lock(&mem->mutex);
  for (int space = 0; space < STORE_SPACES; space++) {
    checking.space = (enum store_space)space;
    check_space(&checking);
  }
  mutex_unlock(&mem->mutex);
  if (checking.faults == 0) return LUMA_OK;
  FAIL(err, LUMA_CORRUPT, "%llu faults in memory", (unsigned long long)checking.faults);
}

/* Nothing is in files. */
static status mem_measure(struct store_txn *txn, enum store_space space, struct store_range range,
                          struct store_measure *measure, struct err *err) {
  (void)txn, (void)space, (void)range, (void)err;
  *measure = (struct store_measure){.codec = "none"};
  return LUMA_OK;
}

/* ---- opening ---- */

static const struct store_ops mem_ops = {
    .name = "mem",
    .close = mem_close,
    .begin = mem_store__begin,
    .get_many = mem_store__get_many,
    .put = mem_store__put,
    .delete = mem_store__delete,
    .delete_range = mem_store__delete_range,
    .add = mem_store__add,
    .count = mem_store__count,
    .guard = mem_store__guard,
    .emit = mem_store__emit,
    .savepoint = mem_store__savepoint,
    .rollback_to = mem_store__rollback_to,
    .snapshot = mem_store__snapshot,
    .commit = mem_store__commit,
    .rollback = mem_store__rollback,
    .cursor_open = mem_store__cursor_open,
    .cursor_next = mem_store__cursor_next,
    .cursor_seek = mem_store__cursor_seek,
    .cursor_keep = mem_store__cursor_keep,
    .cursor_close = mem_store__cursor_close,
    .measure = mem_measure,
    .wait = mem_wait,
    .durable = mem_durable,
    .sync = mem_nothing,
    .checkpoint = mem_nothing,
    .compact = mem_nothing,
    .check = mem_check,
    .stats = mem_stats,
    .feed_read = mem_store__feed_read,
    .feed_bounds = mem_store__feed_bounds,
    .feed_trim = mem_store__feed_trim,
    .pos_compare = mem_store__pos_compare,
};

status mem_store_open(const struct mem_options *options, struct store **store, struct err *err) {
  struct mem_store *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a database in memory");
  made->store.ops = &mem_ops;
  made->listener = options->listener;
  made->feed_records_max = options->feed_records_max ? options->feed_records_max : FEED_RECORDS_MAX;
  mutex_init(&made->mutex);
  for (int space = 0; space < STORE_SPACES; space++) keylist_init(&made->spaces[space]);
  fifo_init(&made->garbage, sizeof(struct mem_garbage));
  fifo_init(&made->erased, sizeof(struct mem_erased));
  fifo_init(&made->feed, sizeof(struct mem_feed_item));
  *store = &made->store;
  return LUMA_OK;
}
