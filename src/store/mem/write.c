/* SPDX-License-Identifier: MIT */
/* The writes of a transaction go to its draft; only a range delete has to look at what is
 * committed. */
#include "store/mem/mem_store_int.h"

static struct draft *draft_of(struct store_txn *txn) {
  return &((struct mem_txn *)txn)->draft;
}

status mem_store__put(struct store_txn *txn, enum store_space space, struct slice key,
                      struct slice value, struct err *err) {
  return draft_put(draft_of(txn), space, key, value, err);
}

status mem_store__delete(struct store_txn *txn, enum store_space space, struct slice key,
                         struct err *err) {
  return draft_delete(draft_of(txn), space, key, err);
}

static status erase_committed(struct mem_txn *txn, enum store_space space, struct store_range range,
                              struct err *err) {
  const struct keylist *list = &mem_store__of(&txn->txn)->spaces[space];
  struct keylist_gap gap = keylist_find(list, range.from);
  for (struct keylist_item *item; (item = keylist_peek(list, gap, false));
       keylist_step(list, &gap, false)) {
    if (range.to.bytes > 0 && slice_compare(item->key, range.to) >= 0) break;
    if (!mem_store__visible((struct mem_entry *)item, txn->snapshot)) continue;
    TRY(draft_delete(&txn->draft, space, item->key, err));
  }
  return LUMA_OK;
}

/* Key by key: plain, and right because no key can join the range between the snapshot and our
 * commit without a conflict. */
status mem_store__delete_range(struct store_txn *txn, enum store_space space,
                               struct store_range range, struct err *err) {
  struct mem_txn *mem = (struct mem_txn *)txn;
  TRY(draft_erase(&mem->draft, space, range, err));
  struct mem_store *store = mem_store__of(txn);
  mutex_lock(&store->mutex);
  status answer = erase_committed(mem, space, range, err);
  mutex_unlock(&store->mutex);
  return answer;
}

status mem_store__add(struct store_txn *txn, struct slice key, int64_t delta, int64_t least,
                      int64_t most, struct err *err) {
  return draft_add(draft_of(txn), key, delta, least, most, err);
}

status mem_store__guard(struct store_txn *txn, enum store_space space, struct slice key,
                        struct err *err) {
  return draft_guard_key(draft_of(txn), space, key, err);
}

status mem_store__emit(struct store_txn *txn, struct slice payload, struct err *err) {
  return draft_emit(draft_of(txn), payload, err);
}

status mem_store__savepoint(struct store_txn *txn, uint64_t *mark, struct err *err) {
  (void)err;
  *mark = draft_mark(draft_of(txn));
  return LUMA_OK;
}

status mem_store__rollback_to(struct store_txn *txn, uint64_t mark, struct err *err) {
  return draft_undo(draft_of(txn), mark, err);
}
