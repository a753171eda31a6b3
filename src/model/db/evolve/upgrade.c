/* SPDX-License-Identifier: MIT */
/* Beings of older souls, as they are read: taken through what their collection's soul has become
 * since. What is stored stays as it is until the next write. Nearly all are spliced by recipes,
 * into one piece of memory for all of a batch; the others are built one by one. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

enum { FEW = 8, FEW_BYTES = 768 };

/* Documents of a batch that are older, and how each becomes newer. */
struct upgrading {
  struct model_making making; /* of those whose values are made: they come first */
  struct store_pins *pins;
  struct doc *documents;
  uint32_t count;
  uint16_t places[MODEL_MADE_AT_ONCE];
  const struct recipe_sight *sights[MODEL_MADE_AT_ONCE]; /* NULL: it has to be built */
};

/* The values of one, if all are quick. */
static bool make_quickly(struct model_making *making, struct soul_room *room, uint32_t place,
                         const struct recipe_sight *sight) {
  if (!sight->is_quick) return false;
  struct val *values = arena_alloc(making->arena, sight->makers_count * sizeof *values);
  if (!values || !recipe_make_all_quickly(sight, &making->documents[place], room, values))
    return false;
  model__making_add_quick(making, place, sight, values);
  return true;
}

/* Those whose values are made are taken apart. */
static void choose(struct upgrading *upgrading, struct model_finding *finding, uint32_t count) {
  struct model_making *making = &upgrading->making;
  const struct collection *collection = making->collection;
  struct recipes *recipes = evolution_recipes(collection->evolution);
  struct model_last_soul last = {.number = collection->soul};
  struct soul_room room = {.arena = making->arena};
  for (uint32_t i = 0; i < count; i++) {
    const struct doc *document = &upgrading->documents[i];
    if (!model__is_older(collection, document, &last)) continue;
    const struct recipe_sight *sight = recipes_see(recipes, document);
    if (sight && sight->makers_count) {
      bool has_all;
      if (make_quickly(making, &room, i, sight)) continue;
      const uint8_t *record = model__find(finding, sight, document, &has_all);
      model__making_add(making, i, sight, record, has_all);
      continue;
    }
    upgrading->sights[upgrading->count] = sight;
    upgrading->places[upgrading->count++] = (uint16_t)i;
  }
}

static status pin(struct store_pins *pins, uint8_t *memory, struct err *err) {
  status result = store_pins_add(pins, memory, mem_free, err);
  if (result != LUMA_OK) mem_free(memory);
  return result;
}

/* Document `place`, at `*at`, which goes on behind it. */
static status splice_one(struct upgrading *upgrading, uint32_t place,
                         const struct recipe_sight *sight, const struct splice_made *made,
                         uint8_t **at, struct err *err) {
  const struct model_making *making = &upgrading->making;
  struct doc *document = &upgrading->documents[place];
  bool takes = sight && splice_takes(sight->lens.splice, made, NULL);
  uint32_t bytes = takes ? splice_document(sight->lens.splice, made, document, *at) : 0;
  if (bytes == 0)
    return model__build_newer(making->txn, making->collection, document, upgrading->pins, err);
  document->data = *at;
  document->bytes = bytes;
  *at += bytes;
  return LUMA_OK;
}

/* The most that a document takes. */
static size_t room_of(const struct upgrading *upgrading, uint32_t place,
                      const struct recipe_sight *sight, const struct splice_made *made) {
  uint32_t more = 0;
  if (!sight || !splice_takes(sight->lens.splice, made, &more)) return 0;
  return (size_t)upgrading->documents[place].bytes + sight->lens.splice->more_bytes + more;
}

static size_t room_of_all(const struct upgrading *upgrading) {
  const struct model_making *making = &upgrading->making;
  size_t bytes = 0;
  for (uint32_t i = 0; i < upgrading->count; i++)
    bytes += room_of(upgrading, upgrading->places[i], upgrading->sights[i], NULL);
  for (uint32_t i = 0; i < making->count; i++)
    bytes += room_of(upgrading, making->places[i], making->sights[i], &making->made[i]);
  return bytes;
}

static status splice_all(struct upgrading *upgrading, struct err *err) {
  const struct model_making *making = &upgrading->making;
  size_t bytes = room_of_all(upgrading);
  uint8_t *at = NULL;
  if (bytes) {
    at = mem_alloc(bytes);
    if (!at) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read older beings");
    TRY(pin(upgrading->pins, at, err));
  }
  for (uint32_t i = 0; i < upgrading->count; i++)
    TRY(splice_one(upgrading, upgrading->places[i], upgrading->sights[i], NULL, &at, err));
  for (uint32_t i = 0; i < making->count; i++)
    TRY(splice_one(upgrading, making->places[i], making->sights[i], &making->made[i], &at, err));
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
  result = model__hide_values(collection, result, err);
  uint8_t *data = result == LUMA_OK ? buf_take(&room, &bytes) : NULL;
  buf_deinit(&room);
  TRY(result);
  TRY(pin(pins, data, err));
  return doc_open(slice_of(data, bytes), collection->names, document, err);
}

/* What is made is copied, and let go of. */
static status upgrade_some(struct upgrading *upgrading, uint32_t count, struct err *err) {
  struct model_making *making = &upgrading->making;
  struct model_finding finding;
  struct arena arena;
  upgrading->count = making->count = making->left_count = 0;
  arena_init(&arena, count > FEW ? 0 : FEW_BYTES, MODEL_SCRATCH_BYTES_MAX);
  making->arena = &arena;
  model__find_begin(&finding, making->txn, making->collection, NULL);
  choose(upgrading, &finding, count);
  status result = model__make(making, err);
  if (result == LUMA_OK && making->txn->keeps) (void)model__keep(making, making->txn->keeps);
  if (result == LUMA_OK) result = splice_all(upgrading, err);
  model__find_end(&finding);
  model__find_leave(finding.kept, finding.side);
  arena_deinit(&arena);
  return result;
}

status model__upgrade(struct model_txn *txn, const struct collection *collection,
                      struct doc *documents, uint32_t count, struct store_pins *pins,
                      struct err *err) {
  struct upgrading upgrading;
  if (!collection->evolution) return LUMA_OK;
  upgrading.making.txn = txn;
  upgrading.making.collection = collection;
  upgrading.making.looks = NULL;
  upgrading.pins = pins;
  for (uint32_t done = 0; done < count; done += MODEL_MADE_AT_ONCE) {
    uint32_t left = count - done;
    upgrading.documents = documents + done;
    upgrading.making.documents = upgrading.documents;
    TRY(upgrade_some(&upgrading, left < MODEL_MADE_AT_ONCE ? left : MODEL_MADE_AT_ONCE, err));
  }
  return LUMA_OK;
}
