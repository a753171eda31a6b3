/* SPDX-License-Identifier: MIT */
/* The writes of a transaction, private until commit: one record for each key touched, what was
 * undone by savepoints kept as a list of steps back. */
#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/mem/mem_store_int.h"

static status fail_memory(const struct mem_txn *txn, struct err *err) {
  if (arena_is_over_budget(&txn->arena)) {
    FAIL(err, LUMA_BUDGET_EXCEEDED, "the transaction is larger than a transaction may be");
  }
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what the transaction writes");
}

static status copy_in(struct mem_txn *txn, struct slice bytes, struct slice *copy,
                      struct err *err) {
  uint8_t *data = arena_alloc_text(&txn->arena, bytes.bytes + 1);
  if (!data) return fail_memory(txn, err);
  if (bytes.bytes) memcpy(data, bytes.data, bytes.bytes);
  data[bytes.bytes] = 0; /* so that [key, key and its zero) holds the key alone: see guard */
  *copy = slice_of(data, bytes.bytes);
  return LUMA_OK;
}

const struct mem_write *mem_store__own(const struct mem_txn *txn, enum store_space space,
                                       struct slice key) {
  return (const struct mem_write *)keylist_get(&txn->writes[space], key);
}

/* Notes one step back, if there is a savepoint to go back to. */
static status note_undo(struct mem_txn *txn, enum mem_undo_kind kind, struct mem_write *write,
                        struct err *err) {
  if (!txn->keeps_undo) return LUMA_OK;
  if (!fifo_reserve(&txn->undo, 1)) return fail_memory(txn, err);
  struct mem_undo *undo = fifo_push(&txn->undo);
  *undo = (struct mem_undo){.kind = kind, .write = write};
  if (write) undo->old = *write;
  return LUMA_OK;
}

/* The write of a key, made if need be, with its present state noted: the caller changes it at once.
 */
static status write_touch(struct mem_txn *txn, enum store_space space, struct slice key,
                          struct mem_write **write, struct err *err) {
  struct mem_write *found = (struct mem_write *)keylist_get(&txn->writes[space], key);
  if (!found) {
    found = arena_zalloc(&txn->arena, 1, sizeof *found);
    if (!found) return fail_memory(txn, err);
    TRY(copy_in(txn, key, &found->item.key, err));
    if (!keylist_insert(&txn->writes[space], &found->item)) return fail_memory(txn, err);
  }
  TRY(note_undo(txn, MEM_UNDO_WRITE, found, err));
  *write = found;
  return LUMA_OK;
}

static void write_set(struct mem_write *write, enum mem_write_kind kind, struct slice value) {
  *write = (struct mem_write){.item = write->item, .kind = kind, .value = value};
}

status mem_store__put(struct store_txn *txn, enum store_space space, struct slice key,
                      struct slice value, struct err *err) {
  struct mem_txn *mem = (struct mem_txn *)txn;
  struct slice copy = {0};
  TRY(copy_in(mem, value, &copy, err));
  struct mem_write *write = NULL;
  TRY(write_touch(mem, space, key, &write, err));
  write_set(write, MEM_WRITE_PUT, copy);
  return LUMA_OK;
}

status mem_store__delete(struct store_txn *txn, enum store_space space, struct slice key,
                         struct err *err) {
  struct mem_write *write = NULL;
  TRY(write_touch((struct mem_txn *)txn, space, key, &write, err));
  write_set(write, MEM_WRITE_DELETE, (struct slice){0});
  return LUMA_OK;
}

static bool is_before(struct slice key, struct slice to) {
  return to.bytes == 0 || slice_compare(key, to) < 0;
}

static status erase_own(struct mem_txn *txn, enum store_space space, struct store_range range,
                        struct err *err) {
  const struct keylist *list = &txn->writes[space];
  struct keylist_gap gap = keylist_find(list, range.from);
  for (struct keylist_item *item; (item = keylist_peek(list, gap, false));
       keylist_step(list, &gap, false)) {
    if (!is_before(item->key, range.to)) break;
    TRY(mem_store__delete(&txn->txn, space, item->key, err));
  }
  return LUMA_OK;
}

static status erase_committed(struct mem_txn *txn, enum store_space space, struct store_range range,
                              struct err *err) {
  const struct keylist *list = &mem_store__of(&txn->txn)->spaces[space];
  struct keylist_gap gap = keylist_find(list, range.from);
  for (struct keylist_item *item; (item = keylist_peek(list, gap, false));
       keylist_step(list, &gap, false)) {
    if (!is_before(item->key, range.to)) break;
    if (!mem_store__visible((struct mem_entry *)item, txn->snapshot)) continue;
    TRY(mem_store__delete(&txn->txn, space, item->key, err));
  }
  return LUMA_OK;
}

/* The range itself, for the sake of conflicts with keys that are not there. */
static status erase_note(struct mem_txn *txn, enum store_space space, struct store_range range,
                         struct err *err) {
  struct mem_range where = {.space = space};
  TRY(copy_in(txn, range.from, &where.range.from, err));
  TRY(copy_in(txn, range.to, &where.range.to, err));
  if (!fifo_reserve(&txn->erased, 1)) return fail_memory(txn, err);
  TRY(note_undo(txn, MEM_UNDO_ERASE, NULL, err));
  *(struct mem_range *)fifo_push(&txn->erased) = where;
  return LUMA_OK;
}

/* Key by key: plain, and right because no key can join the range between the snapshot and our
 * commit without a conflict. */
status mem_store__delete_range(struct store_txn *txn, enum store_space space,
                               struct store_range range, struct err *err) {
  struct mem_txn *mem = (struct mem_txn *)txn;
  TRY(erase_note(mem, space, range, err));
  TRY(erase_own(mem, space, range, err));
  struct mem_store *store = mem_store__of(txn);
  mutex_lock(&store->mutex);
  status answer = erase_committed(mem, space, range, err);
  mutex_unlock(&store->mutex);
  return answer;
}

status mem_store__add(struct store_txn *txn, struct slice key, int64_t delta, int64_t least,
                      int64_t most, struct err *err) {
  struct mem_txn *mem = (struct mem_txn *)txn;
  const struct mem_write *own = mem_store__own(mem, STORE_COUNTERS, key);
  int64_t sum = delta;
  if (own && own->has_add && __builtin_add_overflow(own->delta, delta, &sum)) {
    FAIL(err, LUMA_OUT_OF_RANGE, "the additions to a counter leave 64 bits");
  }
  struct mem_write *write = NULL;
  TRY(write_touch(mem, STORE_COUNTERS, key, &write, err));
  write->least = write->has_add && write->least > least ? write->least : least;
  write->most = write->has_add && write->most < most ? write->most : most;
  write->delta = sum;
  write->has_add = true;
  return LUMA_OK;
}

status mem_store__guard(struct store_txn *txn, enum store_space space, struct slice key,
                        struct err *err) {
  struct mem_txn *mem = (struct mem_txn *)txn;
  struct slice copy = {0};
  TRY(copy_in(mem, key, &copy, err));
  if (!fifo_reserve(&mem->guards, 1)) return fail_memory(mem, err);
  *(struct mem_range *)fifo_push(&mem->guards) =
      (struct mem_range){space, {copy, slice_of(copy.data, copy.bytes + 1)}};
  return LUMA_OK;
}

status mem_store__emit(struct store_txn *txn, struct slice payload, struct err *err) {
  struct mem_txn *mem = (struct mem_txn *)txn;
  struct slice copy = {0};
  TRY(copy_in(mem, payload, &copy, err));
  if (!fifo_reserve(&mem->emits, 1)) return fail_memory(mem, err);
  TRY(note_undo(mem, MEM_UNDO_EMIT, NULL, err));
  *(struct slice *)fifo_push(&mem->emits) = copy;
  return LUMA_OK;
}
