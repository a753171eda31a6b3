/* SPDX-License-Identifier: MIT */
/* Transactions: their snapshot, savepoints, what they read, and their end. */
#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/mem/mem_store_int.h"

/* What one transaction may hold of keys and values. */
static const size_t MEM_TXN_BYTES_MAX = (size_t)8 << 30;

static void txn_init(struct mem_txn *txn, const struct store_begin_options *options) {
  txn->is_serializable = options->isolation == STORE_SERIALIZABLE && !options->read_only;
  arena_init(&txn->arena, 0, MEM_TXN_BYTES_MAX);
  for (int space = 0; space < STORE_SPACES; space++) keylist_init(&txn->writes[space]);
  fifo_init(&txn->guards, sizeof(struct mem_range));
  fifo_init(&txn->erased, sizeof(struct mem_range));
  fifo_init(&txn->emits, sizeof(struct slice));
  fifo_init(&txn->undo, sizeof(struct mem_undo));
}

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
  txn_init(made, options);
  mutex_lock(&mem->mutex);
  txn_join(mem, made);
  mutex_unlock(&mem->mutex);
  *txn = &made->txn;
  return LUMA_OK;
}

void mem_store__txn_destroy(struct mem_txn *txn) {
  for (int space = 0; space < STORE_SPACES; space++) keylist_deinit(&txn->writes[space]);
  fifo_deinit(&txn->guards);
  fifo_deinit(&txn->erased);
  fifo_deinit(&txn->emits);
  fifo_deinit(&txn->undo);
  arena_deinit(&txn->arena);
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

status mem_store__savepoint(struct store_txn *txn, uint64_t *mark, struct err *err) {
  (void)err;
  struct mem_txn *mem = (struct mem_txn *)txn;
  mem->keeps_undo = true;
  *mark = mem->undo.count;
  return LUMA_OK;
}

static void step_back(struct mem_txn *txn, const struct mem_undo *undo) {
  switch (undo->kind) {
  case MEM_UNDO_WRITE: *undo->write = undo->old; break;
  case MEM_UNDO_ERASE: txn->erased.count--; break;
  case MEM_UNDO_EMIT: txn->emits.count--; break;
  }
}

status mem_store__rollback_to(struct store_txn *txn, uint64_t mark, struct err *err) {
  struct mem_txn *mem = (struct mem_txn *)txn;
  if (!mem->keeps_undo || mark > mem->undo.count) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "the savepoint is not of this transaction, or was undone");
  }
  while (mem->undo.count > mark) {
    step_back(mem, fifo_at(&mem->undo, mem->undo.count - 1));
    mem->undo.count--;
  }
  return LUMA_OK;
}

status mem_store__note_read(struct mem_txn *txn, enum store_space space, struct store_range range,
                            struct err *err) {
  if (!txn->is_serializable) return LUMA_OK;
  if (!fifo_reserve(&txn->guards, 1)) {
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to note what the transaction read");
  }
  *(struct mem_range *)fifo_push(&txn->guards) = (struct mem_range){space, range};
  return LUMA_OK;
}

status mem_store__note_read_key(struct mem_txn *txn, enum store_space space, struct slice key,
                                struct err *err) {
  if (!txn->is_serializable) return LUMA_OK;
  return mem_store__guard(&txn->txn, space, key, err);
}
