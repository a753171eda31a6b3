/* SPDX-License-Identifier: MIT */
/* Beings of older souls, as they are read: taken through what their collection's soul has become
 * since. What is stored stays as it is until the next write. Nearly all are spliced by recipes,
 * into one piece of memory for all of a batch; the others are built one by one. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

/* Documents of a batch that are older, and how each becomes newer. */
struct upgrading {
  struct model_txn *txn;
  const struct collection *collection;
  struct doc *documents;
  struct store_pins *pins;
  uint32_t count;
  uint16_t places[STORE_BATCH_MAX];
  const struct splice *splices[STORE_BATCH_MAX]; /* NULL: it has to be built */
  size_t bytes;                                  /* room for all that are spliced */
};

static void choose(struct upgrading *upgrading, uint32_t count) {
  const struct collection *collection = upgrading->collection;
  struct model_last_soul last = {.number = collection->soul};
  upgrading->count = 0;
  upgrading->bytes = 0;
  for (uint32_t i = 0; i < count; i++) {
    const struct doc *document = &upgrading->documents[i];
    if (!model__is_older(collection, document, &last)) continue;
    const struct splice *splice = recipes_find(evolution_recipes(collection->evolution), document);
    if (splice) upgrading->bytes += document->bytes + splice->more_bytes;
    upgrading->splices[upgrading->count] = splice;
    upgrading->places[upgrading->count++] = (uint16_t)i;
  }
}

static status pin(struct store_pins *pins, uint8_t *memory, struct err *err) {
  status result = store_pins_add(pins, memory, mem_free, err);
  if (result != LUMA_OK) mem_free(memory);
  return result;
}

static status splice_all(struct upgrading *upgrading, struct err *err) {
  if (upgrading->bytes == 0) return LUMA_OK;
  uint8_t *at = mem_alloc(upgrading->bytes);
  if (!at) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read older beings");
  TRY(pin(upgrading->pins, at, err));
  for (uint32_t i = 0; i < upgrading->count; i++) {
    const struct splice *splice = upgrading->splices[i];
    struct doc *document = &upgrading->documents[upgrading->places[i]];
    if (!splice) continue;
    uint32_t bytes = splice_document(splice, document, at);
    if (bytes == 0) upgrading->splices[i] = NULL;
    if (bytes == 0) continue;
    document->data = at;
    document->bytes = bytes;
    at += bytes;
  }
  return LUMA_OK;
}

status model__build_newer(struct model_txn *txn, const struct collection *collection,
                          struct doc *document, struct store_pins *pins, struct err *err) {
  struct buf room;
  struct slice made;
  size_t bytes;
  buf_init(&room, MODEL_SCRATCH_BYTES_MAX);
  status result = evolution_apply(collection->evolution, document, os_now_us(txn->model->os), &room,
                                  &made, err);
  uint8_t *data = result == LUMA_OK ? buf_take(&room, &bytes) : NULL;
  buf_deinit(&room);
  TRY(result);
  TRY(pin(pins, data, err));
  return doc_open(slice_of(data, bytes), collection->names, document, err);
}

status model__upgrade(struct model_txn *txn, const struct collection *collection,
                      struct doc *documents, uint32_t count, struct store_pins *pins,
                      struct err *err) {
  if (!collection->evolution) return LUMA_OK;
  struct upgrading upgrading;
  upgrading.txn = txn;
  upgrading.collection = collection;
  upgrading.documents = documents;
  upgrading.pins = pins;
  choose(&upgrading, count);
  TRY(splice_all(&upgrading, err));
  for (uint32_t i = 0; i < upgrading.count; i++) {
    struct doc *document = &documents[upgrading.places[i]];
    if (!upgrading.splices[i]) TRY(model__build_newer(txn, collection, document, pins, err));
  }
  return LUMA_OK;
}
