/* SPDX-License-Identifier: MIT */
#include "model/db/index/intersect.h"

#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "model/db/model_int.h"

struct intersect {
  const struct index_def *def;
  struct store_cursor *cursor;
  struct buf bounds;
  struct slice prefix; /* of all entries of the value */
  uint64_t entries;
  uint32_t at;
  bool has_ended;
  struct slice key; /* of the document in hand */
  uint64_t head;    /* its first bytes, which tell most keys apart */
  struct store_rows rows;
};

/* In the order of the keys, but for those that are equal so far. */
static uint64_t head_of(struct slice key) {
  if (key.bytes >= sizeof(uint64_t)) return load64be(key.data);
  uint8_t padded[sizeof(uint64_t)] = {0};
  for (size_t i = 0; i < key.bytes; i++) padded[i] = key.data[i];
  return load64be(padded);
}

/** The record key of the next entry into intersect->key. */
static status step(struct intersect *intersect, struct err *err) {
  if (intersect->at == intersect->rows.count) {
    TRY(store_cursor_next(intersect->cursor, STORE_BATCH_MAX, &intersect->rows, err));
    intersect->at = 0;
    intersect->entries += intersect->rows.count;
    intersect->has_ended = intersect->rows.count == 0;
    if (intersect->has_ended) return LUMA_OK;
  }
  uint32_t at = intersect->at++;
  TRY(model__entry_record_key(intersect->def, intersect->prefix, intersect->rows.keys[at],
                              intersect->rows.values[at], &intersect->key, err));
  intersect->head = head_of(intersect->key);
  return LUMA_OK;
}

static status open_entries(struct intersect *intersect, struct model_txn *txn,
                           const struct val *value, struct err *err) {
  struct val equal = *value;
  struct index_bounds bounds = {.equal = &equal, .equal_count = 1};
  struct store_range range;
  TRY(index_method(intersect->def)
          ->range(intersect->def, &bounds, &intersect->bounds, &range, err));
  intersect->prefix = range.from;
  TRY(store_cursor_open(txn->store, STORE_ENTRIES, range, false, &intersect->cursor, err));
  return step(intersect, err);
}

status intersect_create(struct model_txn *txn, const struct catalog_index *index,
                        const struct val *value, struct intersect **intersect, struct err *err) {
  struct intersect *made = mem_alloc(sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a scan");
  memset(made, 0, offsetof(struct intersect, rows));
  made->rows.count = 0;
  made->def = &index->def;
  buf_init(&made->bounds, MODEL_SCRATCH_BYTES_MAX);
  status result = open_entries(made, txn, value, err);
  if (result == LUMA_OK)
    *intersect = made;
  else
    intersect_destroy(made);
  return result;
}

void intersect_destroy(struct intersect *intersect) {
  if (!intersect) return;
  if (intersect->cursor) store_cursor_close(intersect->cursor);
  buf_deinit(&intersect->bounds);
  mem_free(intersect);
}

status intersect_lacks(struct intersect *intersect, struct slice record_key, bool *lacks,
                       struct err *err) {
  uint64_t head = head_of(record_key);
  int order = -1;
  while (!intersect->has_ended) {
    order = intersect->head < head ? -1 : intersect->head > head;
    if (order == 0) order = slice_compare(intersect->key, record_key);
    if (order >= 0) break;
    TRY(step(intersect, err));
  }
  *lacks = intersect->has_ended || order != 0;
  return LUMA_OK;
}

uint64_t intersect_entries(const struct intersect *intersect) {
  return intersect->entries;
}
