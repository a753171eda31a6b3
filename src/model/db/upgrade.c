/* SPDX-License-Identifier: MIT */
/* Beings of older souls, as they are read: taken through what their collection's soul has become
 * since. What is stored stays as it is until the next write. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

static bool is_older(const struct collection *collection, const struct doc *document) {
  if (!document->data) return false;
  uint32_t soul = load32le(document->data + DOC_SOUL_OFFSET);
  return evolution_changes(collection->evolution, soul, collection->soul);
}

/* Builds the newer forms one after the other; the buffer moves, so places are noted first. */
static status build_newer(struct model_txn *txn, const struct collection *collection,
                          struct doc *documents, uint32_t from, uint32_t count, struct buf *room,
                          struct err *err) {
  uint64_t now_us = os_now_us(txn->model->os);
  for (uint32_t i = from; i < count; i++) {
    if (!is_older(collection, &documents[i])) continue;
    struct slice made;
    size_t start = room->bytes;
    TRY(evolution_apply(collection->evolution, &documents[i], now_us, room, &made, err));
    txn->upgraded[i] = (struct model_upgrade){.offset = start, .bytes = (uint32_t)made.bytes};
  }
  return LUMA_OK;
}

static status upgrade_from(struct model_txn *txn, const struct collection *collection,
                           struct doc *documents, uint32_t from, uint32_t count,
                           struct store_pins *pins, struct err *err) {
  struct buf room;
  if (!txn->upgraded)
    txn->upgraded = arena_alloc(&txn->kept, STORE_BATCH_MAX * sizeof *txn->upgraded);
  if (!txn->upgraded) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read older beings");
  buf_init(&room, MODEL_SCRATCH_BYTES_MAX);
  memset(txn->upgraded, 0, count * sizeof *txn->upgraded);
  status result = build_newer(txn, collection, documents, from, count, &room, err);
  size_t bytes;
  uint8_t *data = result == LUMA_OK ? buf_take(&room, &bytes) : NULL;
  if (data) {
    result = store_pins_add(pins, data, mem_free, err);
    if (result != LUMA_OK) mem_free(data);
  }
  buf_deinit(&room);
  TRY(result);
  for (uint32_t i = from; i < count; i++) {
    const struct model_upgrade *made = &txn->upgraded[i];
    if (made->bytes == 0) continue;
    TRY(doc_open(slice_of(data + made->offset, made->bytes), collection->names, &documents[i],
                 err));
  }
  return LUMA_OK;
}

status model__upgrade(struct model_txn *txn, const struct collection *collection,
                      struct doc *documents, uint32_t count, struct store_pins *pins,
                      struct err *err) {
  if (!collection->evolution) return LUMA_OK;
  for (uint32_t i = 0; i < count; i++) {
    if (is_older(collection, &documents[i]))
      return upgrade_from(txn, collection, documents, i, count, pins, err);
  }
  return LUMA_OK;
}
