/* SPDX-License-Identifier: MIT */
/* Commit: check for conflicts, build all that is new aside, then link it in steps that cannot fail.
 */
#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "store/mem/mem_store_int.h"

/** A version ready to become the newest of its entry. */
struct change {
  enum store_space space;
  struct mem_entry *entry;
  struct mem_version *version;
};

/** Everything a commit makes, until it is linked. */
struct commit {
  struct mem_store *store;
  struct mem_txn *txn;
  store_seq seq;
  struct fifo changes; /* struct change */
  struct fifo erased;  /* struct mem_erased */
  struct fifo feed;    /* struct mem_feed_item */
};

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to commit");
}

/* Calls `each` for every write that does something. */
static status each_write(struct commit *commit,
                         status (*each)(struct commit *, enum store_space,
                                        const struct draft_write *, struct err *),
                         struct err *err) {
  for (int space = 0; space < STORE_SPACES; space++) {
    const struct keylist *list = &commit->txn->draft.writes[space];
    struct keylist_gap gap = keylist_find(list, (struct slice){0});
    for (struct keylist_item *item; (item = keylist_peek(list, gap, false));
         keylist_step(list, &gap, false)) {
      const struct draft_write *write = (const struct draft_write *)item;
      if (!draft_is_idle(write)) TRY(each(commit, (enum store_space)space, write, err));
    }
  }
  return LUMA_OK;
}

/* ---- conflicts ---- */

static status fail_conflict(struct err *err) {
  status code = err_raise(err, LUMA_CONFLICT, __FILE__, __LINE__,
                          "another transaction changed the same data first");
  err_hint(err, "run the transaction again");
  return code;
}

static status check_ranges(const struct commit *commit, const struct fifo *ranges,
                           struct err *err) {
  for (size_t i = 0; i < ranges->count; i++) {
    if (mem_store__is_changed(commit->store, fifo_at(ranges, i), commit->txn->snapshot)) {
      return fail_conflict(err);
    }
  }
  return LUMA_OK;
}

/* A key that was only added to takes whatever others made of it. A zero stands after it. */
static status check_write(struct commit *commit, enum store_space space,
                          const struct draft_write *write, struct err *err) {
  if (write->kind == DRAFT_NONE) return LUMA_OK;
  struct slice key = write->item.key;
  struct draft_range where = {space, {key, slice_of(key.data, key.bytes + 1)}};
  if (mem_store__is_changed(commit->store, &where, commit->txn->snapshot)) {
    return fail_conflict(err);
  }
  return LUMA_OK;
}

static status check_conflicts(struct commit *commit, struct err *err) {
  if (commit->txn->snapshot == commit->store->last_seq) return LUMA_OK;
  TRY(check_ranges(commit, &commit->txn->draft.guards, err));
  TRY(check_ranges(commit, &commit->txn->draft.erased, err));
  return each_write(commit, check_write, err);
}

/* ---- building ---- */

/* The counter after the adds of `write`, as 8 bytes in `room`. */
static status build_counter(const struct commit *commit, const struct draft_write *write,
                            uint8_t room[sizeof(int64_t)], struct err *err) {
  struct slice base = write->value;
  if (write->kind == DRAFT_NONE) {
    const struct mem_version *version = mem_store__visible(
        mem_store__entry(commit->store, STORE_COUNTERS, write->item.key), commit->store->last_seq);
    if (version) base = mem_store__value(version);
  }
  int64_t sum;
  TRY(draft_sum(write, base.bytes ? (int64_t)load64le(base.data) : 0, &sum, err));
  if (sum < write->least || sum > write->most) {
    FAIL(err, LUMA_LIMIT_REACHED, "a counter would become %lld; it may be %lld to %lld",
         (long long)sum, (long long)write->least, (long long)write->most);
  }
  store64le(room, (uint64_t)sum);
  return LUMA_OK;
}

static status build_change(struct commit *commit, enum store_space space,
                           const struct draft_write *write, struct err *err) {
  uint8_t counter[sizeof(int64_t)];
  struct slice value = write->value;
  bool is_deleted = write->kind == DRAFT_DELETE;
  if (write->has_add) {
    TRY(build_counter(commit, write, counter, err));
    value = slice_of(counter, sizeof counter);
    is_deleted = false;
  }
  if (!fifo_reserve(&commit->changes, 1)) return fail_memory(err);
  struct mem_version *version = mem_store__version_make(commit->seq, is_deleted, value);
  if (!version) return fail_memory(err);
  struct mem_entry *entry = mem_store__entry_make(commit->store, space, write->item.key);
  if (!entry) {
    mem_free(version);
    return fail_memory(err);
  }
  if (space == STORE_RECORDS && !is_deleted) store64le(version->data + 8, commit->seq);
  *(struct change *)fifo_push(&commit->changes) = (struct change){space, entry, version};
  return LUMA_OK;
}

static status build_erased(struct commit *commit, struct err *err) {
  const struct fifo *ranges = &commit->txn->draft.erased;
  if (!fifo_reserve(&commit->erased, ranges->count)) return fail_memory(err);
  for (size_t i = 0; i < ranges->count; i++) {
    struct mem_erased erased = {.where = *(struct draft_range *)fifo_at(ranges, i),
                                .seq = commit->seq};
    struct store_range *range = &erased.where.range;
    erased.bytes = mem_alloc(range->from.bytes + range->to.bytes + 1);
    if (!erased.bytes) return fail_memory(err);
    memcpy(erased.bytes, range->from.data, range->from.bytes);
    memcpy(erased.bytes + range->from.bytes, range->to.data, range->to.bytes);
    range->from.data = erased.bytes;
    range->to.data = erased.bytes + range->from.bytes;
    *(struct mem_erased *)fifo_push(&commit->erased) = erased;
  }
  return LUMA_OK;
}

static status build_feed(struct commit *commit, struct err *err) {
  const struct fifo *emits = &commit->txn->draft.emits;
  if (!fifo_reserve(&commit->feed, emits->count)) return fail_memory(err);
  for (size_t i = 0; i < emits->count; i++) {
    const struct slice *payload = fifo_at(emits, i);
    uint8_t *copy = mem_copy(payload->data, payload->bytes + 1);
    if (!copy) return fail_memory(err);
    *(struct mem_feed_item *)fifo_push(&commit->feed) =
        (struct mem_feed_item){{commit->seq, i + 1}, payload->bytes, copy};
  }
  return LUMA_OK;
}

static status build(struct commit *commit, struct err *err) {
  struct mem_store *store = commit->store;
  TRY(each_write(commit, build_change, err));
  TRY(build_erased(commit, err));
  TRY(build_feed(commit, err));
  if (!fifo_reserve(&store->garbage, commit->changes.count) ||
      !fifo_reserve(&store->erased, commit->erased.count) ||
      !fifo_reserve(&store->feed, commit->feed.count)) {
    return fail_memory(err);
  }
  return LUMA_OK;
}

/* Frees what was built and not linked. */
static void discard(struct commit *commit) {
  for (size_t i = 0; i < commit->changes.count; i++) {
    struct change *change = fifo_at(&commit->changes, i);
    mem_free(change->version);
    if (!change->entry->newest) mem_store__entry_drop(commit->store, change->space, change->entry);
  }
  for (size_t i = 0; i < commit->erased.count; i++) {
    mem_free(((struct mem_erased *)fifo_at(&commit->erased, i))->bytes);
  }
  for (size_t i = 0; i < commit->feed.count; i++) {
    mem_free(((struct mem_feed_item *)fifo_at(&commit->feed, i))->payload);
  }
}

/* ---- linking ---- */

static void link_all(struct commit *commit) {
  struct mem_store *store = commit->store;
  for (size_t i = 0; i < commit->changes.count; i++) {
    struct change *change = fifo_at(&commit->changes, i);
    mem_store__version_link(store, change->space, change->entry, change->version);
  }
  for (size_t i = 0; i < commit->erased.count; i++) {
    *(struct mem_erased *)fifo_push(&store->erased) =
        *(struct mem_erased *)fifo_at(&commit->erased, i);
  }
  for (size_t i = 0; i < commit->feed.count; i++) {
    *(struct mem_feed_item *)fifo_push(&store->feed) =
        *(struct mem_feed_item *)fifo_at(&commit->feed, i);
  }
  store->last_seq = commit->seq;
  store->newest = (struct store_pos){commit->seq, commit->feed.count};
  store->stats.commits++;
}

/* One commit under the store's mutex. */
static status commit_writes(struct mem_store *store, struct mem_txn *txn, struct err *err) {
  struct commit commit = {.store = store, .txn = txn, .seq = store->last_seq + 1};
  fifo_init(&commit.changes, sizeof(struct change));
  fifo_init(&commit.erased, sizeof(struct mem_erased));
  fifo_init(&commit.feed, sizeof(struct mem_feed_item));
  status answer = check_conflicts(&commit, err);
  if (answer == LUMA_CONFLICT) store->stats.conflicts++;
  if (answer == LUMA_OK) answer = build(&commit, err);
  if (answer == LUMA_OK) {
    link_all(&commit);
  } else {
    discard(&commit);
  }
  fifo_deinit(&commit.changes);
  fifo_deinit(&commit.erased);
  fifo_deinit(&commit.feed);
  return answer;
}

status mem_store__commit(struct store_txn *txn, enum store_durability durability,
                         struct store_pos *position, store_seq *seq, struct err *err) {
  (void)durability;
  struct mem_store *store = mem_store__of(txn);
  struct mem_txn *mem = (struct mem_txn *)txn;
  bool writes = !draft_is_empty(&mem->draft);
  mutex_lock(&store->mutex);
  status answer = writes ? commit_writes(store, mem, err) : LUMA_OK;
  if (answer == LUMA_OK) {
    if (position) *position = writes ? store->newest : mem->position;
    if (seq) *seq = writes ? store->last_seq : mem->snapshot;
    if (writes && store->listener.committed) {
      store->listener.committed(store->listener.context, store->newest);
    }
  }
  mem_store__txn_leave(store, mem);
  mem_store__prune(store);
  mem_store__feed_bound(store);
  mutex_unlock(&store->mutex);
  mem_store__txn_destroy(mem);
  return answer;
}
