/* SPDX-License-Identifier: MIT */
/* One document, as it is read, as a copy that stays: of an older soul it is made newer on the way,
 * which costs what copying costs. */
#include "model/db/model_int.h"

enum { WRITTEN_BYTES = 128, LINE_BYTES = 64, FETCHED_BYTES_MAX = 1024 };

/* A document that is read by its key is seldom in the cache: its lines come at once, not one after
 * the other as its fields are looked at. */
static void fetch(const struct doc *document) {
  for (uint32_t i = 0; i < document->bytes && i < FETCHED_BYTES_MAX; i += LINE_BYTES)
    __builtin_prefetch(document->data + i);
}

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a document");
}

/* `made`: all that the sight makes. NULL: it makes nothing. */
static status splice(const struct recipe_sight *sight, const struct splice_made *made,
                     struct doc *document, struct arena *arena, bool *is_done, struct err *err) {
  const struct splice *splice = sight->lens.splice;
  uint32_t more = 0;
  if (made && made->record) more = made_values_bytes(made->record);
  if (made && !made->record && !splice_takes(splice, made, &more)) return LUMA_OK;
  more += splice->more_bytes;
  uint8_t *room = arena_alloc(arena, document->bytes + more);
  if (!room) return fail_memory(err);
  uint32_t bytes = splice_document(splice, made, document, room);
  *is_done = bytes > 0;
  if (*is_done) *document = (struct doc){.data = room, .bytes = bytes, .names = document->names};
  return LUMA_OK;
}

/* ---- what is made quickly is written where it is to stand ---- */

struct quick_source {
  const struct recipe_sight *sight;
  const uint8_t *map;
};

static uint32_t write_quickly(const void *context, uint32_t made, uint8_t *room, size_t bytes) {
  const struct quick_source *source = context;
  const struct recipe_maker *maker = &source->sight->makers[made];
  return maker->quick->write(maker->quick, source->map, maker->type, room, bytes);
}

/* Texts that are made are mostly no longer than all of the document; the room that they do not take
 * is given back. */
static status splice_quick(const struct recipe_sight *sight, struct doc *document,
                           struct arena *arena, bool *is_done, struct err *err) {
  struct quick_source source = {sight, document->data + DOC_HEADER_BYTES};
  struct splice_writer writer = {write_quickly, &source, WRITTEN_BYTES + document->bytes};
  size_t bytes = document->bytes + sight->lens.splice->more_bytes + writer.bytes;
  uint8_t *room = arena_alloc(arena, bytes);
  if (!room) return fail_memory(err);
  uint32_t used = splice_document_by(sight->lens.splice, &writer, document, room);
  arena_trim(arena, room, bytes, used);
  *is_done = used > 0;
  if (*is_done) *document = (struct doc){.data = room, .bytes = used, .names = document->names};
  return LUMA_OK;
}

static status splice_kept(struct model_txn *txn, const struct collection *collection,
                          const struct recipe_sight *sight, struct doc *document,
                          struct arena *arena, bool *is_done, struct err *err) {
  struct model_finding finding;
  status result = LUMA_OK;
  bool has_all;
  model__find_begin(&finding, txn, collection, NULL);
  struct splice_made made = {.record = model__find(&finding, sight, document, &has_all)};
  if (has_all) result = splice(sight, &made, document, arena, is_done, err);
  /* Who makes what is missed tells of it. */
  if (has_all) model__find_end(&finding);
  model__find_leave(finding.kept, finding.side);
  return result;
}

static status copy(struct doc *document, struct arena *arena, struct err *err) {
  document->data = arena_copy(arena, document->data, document->bytes);
  return document->data ? LUMA_OK : fail_memory(err);
}

status model__compose(struct model_txn *txn, const struct collection *collection,
                      struct doc *document, struct store_pins *pins, struct arena *arena,
                      struct err *err) {
  struct model_last_soul last = {.number = collection->soul};
  bool is_done = false;
  if (document->data) fetch(document);
  if (!model__is_older(collection, document, &last)) return copy(document, arena, err);
  const struct recipe_sight *sight =
      recipes_see(evolution_recipes(collection->evolution), document);
  if (sight && sight->is_quick) TRY(splice_quick(sight, document, arena, &is_done, err));
  if (is_done) return LUMA_OK;
  if (sight && sight->makers_count)
    TRY(splice_kept(txn, collection, sight, document, arena, &is_done, err));
  else if (sight)
    TRY(splice(sight, NULL, document, arena, &is_done, err));
  if (is_done) return LUMA_OK;
  TRY(model__upgrade(txn, collection, document, 1, pins, err));
  return copy(document, arena, err);
}
