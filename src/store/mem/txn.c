/* SPDX-License-Identifier: MIT */
/* Transactions: their snapshot, their place among the open ones, their end. */
#include "base/mem/mem.h"
#include "store/mem/mem_store_int.h"

static void txn_join(struct mem_store *store, struct mem_txn *txn) {
  txn->snapshot = store->last_seq;
  txn->position = store->newest;
  txn->older = store->newest_txn;
  if (txn->older) {
    txn->older->newer = txn;
  } else {
    store->oldest_txn = txn;
  }
  store->newest_txn = txn;
  store->stats.snapshots_open++;
}

void mem_store__txn_leave(struct mem_store *store, struct mem_txn *txn) {
  if (txn->older) {
    txn->older->newer = txn->newer;
  } else {
    store->oldest_txn = txn->newer;
  }
  if (txn->newer) {
    txn->newer->older = txn->older;
  } else {
    store->newest_txn = txn->older;
  }
  store->stats.snapshots_open--;
}

status mem_store__begin(struct store *store, const struct store_begin_options *options,
                        struct store_txn **txn, struct err *err) {
  struct mem_store *mem = (struct mem_store *)store;
  struct mem_txn *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a transaction");
  draft_init(&made->draft);
  made->is_serializable = options->isolation == STORE_SERIALIZABLE && !options->read_only;
  mutex_lock(&mem->mutex);
  txn_join(mem, made);
  mutex_unlock(&mem->mutex);
  *txn = &made->txn;
  return LUMA_OK;
}

void mem_store__txn_destroy(struct mem_txn *txn) {
  draft_deinit(&txn->draft);
  mem_free(txn);
}

void mem_store__rollback(struct store_txn *txn) {
  struct mem_store *store = mem_store__of(txn);
  mutex_lock(&store->mutex);
  mem_store__txn_leave(store, (struct mem_txn *)txn);
  mem_store__prune(store);
  mutex_unlock(&store->mutex);
  mem_store__txn_destroy((struct mem_txn *)txn);
}

store_seq mem_store__snapshot(const struct store_txn *txn) {
  return ((const struct mem_txn *)txn)->snapshot;
}
