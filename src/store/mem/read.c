/* SPDX-License-Identifier: MIT */
/* Reads by key: the transaction's own write first, then what its snapshot sees. */
#include "base/core/bytes.h"
#include "store/mem/mem_store_int.h"

static struct store_value read_committed(const struct mem_txn *txn, enum store_space space,
                                         struct slice key) {
  struct mem_entry *entry = mem_store__entry(mem_store__of(&txn->txn), space, key);
  const struct mem_version *version = mem_store__visible(entry, txn->snapshot);
  if (!version) return (struct store_value){0};
  return (struct store_value){true, mem_store__value(version), version->seq};
}

static struct store_value read_one(const struct mem_txn *txn, enum store_space space,
                                   struct slice key) {
  const struct draft_write *own = draft_find(&txn->draft, space, key);
  if (!own || own->kind == DRAFT_NONE) return read_committed(txn, space, key);
  return (struct store_value){own->kind == DRAFT_PUT, own->value, 0};
}

/* Nothing needs a pin: what a snapshot sees stays until the transaction ends. */
status mem_store__get_many(struct store_txn *txn, enum store_space space, const struct slice *keys,
                           uint32_t count, struct store_value *values, struct store_pins *pins,
                           struct err *err) {
  (void)pins;
  struct mem_txn *mem = (struct mem_txn *)txn;
  for (uint32_t i = 0; mem->is_serializable && i < count; i++) {
    TRY(draft_guard_key(&mem->draft, space, keys[i], err));
  }
  struct mem_store *store = mem_store__of(txn);
  mutex_lock(&store->mutex);
  for (uint32_t i = 0; i < count; i++) values[i] = read_one(mem, space, keys[i]);
  mutex_unlock(&store->mutex);
  return LUMA_OK;
}

status mem_store__count(struct store_txn *txn, struct slice key, int64_t *value, struct err *err) {
  struct store_value found;
  TRY(mem_store__get_many(txn, STORE_COUNTERS, &key, 1, &found, NULL, err));
  int64_t base = found.found ? (int64_t)load64le(found.value.data) : 0;
  const struct draft_write *own = draft_find(&((struct mem_txn *)txn)->draft, STORE_COUNTERS, key);
  if (own) return draft_sum(own, base, value, err);
  *value = base;
  return LUMA_OK;
}
