/* SPDX-License-Identifier: MIT */
/* Views that read what is to get another name, or to go. Whether a SELECT does is seen by binding
 * it in pictures of the catalog in which that is not there: one of which it cannot be made breaks.
 * A pipeline reads whatever has the collection's name, nothing if none has: MongoDB's views do so,
 * and do not keep a collection from being renamed. Of its text is looked which names stand in it,
 * so one may be told of that means another attribute of the same name. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

static bool is_pipeline(struct slice view) {
  return view.bytes && view.data[0] == '{';
}

static bool is_word(uint8_t c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
         c == '$' || c >= 0x80;
}

/* Whether the name stands in a pipeline as a whole word, after a `$` or not. */
static bool names(struct slice view, struct slice name) {
  for (size_t at = 0; at + name.bytes <= view.bytes; at++) {
    uint8_t before = at ? view.data[at - 1] : ' ';
    uint8_t after = at + name.bytes < view.bytes ? view.data[at + name.bytes] : ' ';
    bool begins = !is_word(before) || before == '$';
    if (begins && !is_word(after) &&
        slice_is_equal_nocase(slice_of(view.data + at, name.bytes), name))
      return true;
  }
  return false;
}

/* ---- pictures ---- */

enum { PICTURES_MAX = 2 };

/* Who reads an attribute of a collection, or (empty) the collection at all. */
struct looking {
  struct model_txn *txn;
  const struct collection *collection;
  struct slice attribute;
  struct catalog *pictures[PICTURES_MAX];
  int count;
};

/* Who names it is told that it is not there: a name still is what it is in the catalog as it is. */
static status add_unnamed(struct looking *looking, struct err *err) {
  struct collection changed = *looking->collection;
  changed.without = looking->attribute;
  TRY(catalog_with(looking->txn->catalog, &changed, catalog_shared(looking->collection),
                   &looking->pictures[looking->count], err));
  looking->count++;
  return LUMA_OK;
}

/* Who sees it through `*` is told of it as well. `room`: for a soul that lives as long as the
 * picture. */
static status add_lacking(struct looking *looking, struct soul *room, struct err *err) {
  const struct soul *soul = looking->collection->genotype;
  const struct soul_attribute *gone = soul ? soul_attribute(soul, looking->attribute) : NULL;
  if (!gone) return LUMA_OK;
  struct collection changed = *looking->collection;
  uint32_t place = (uint32_t)(gone - soul->attributes);
  *room = *soul;
  room->references = 1;
  room->programs = NULL; /* those at rest, and the lock before them, are the other's */
  mutex_init(&room->lock);
  room->attributes_count--;
  room->attributes =
      arena_alloc(&looking->txn->kept, (room->attributes_count + 1u) * sizeof *room->attributes);
  if (!room->attributes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at views");
  memcpy(room->attributes, soul->attributes, place * sizeof *room->attributes);
  memcpy(room->attributes + place, gone + 1,
         (room->attributes_count - place) * sizeof *room->attributes);
  changed.genotype = room;
  TRY(catalog_with(looking->txn->catalog, &changed, catalog_shared(looking->collection),
                   &looking->pictures[looking->count], err));
  looking->count++;
  return LUMA_OK;
}

/* A view of which nothing can be made stands in the collection's place: who reads that breaks. */
static status add_unreadable(struct looking *looking, struct err *err) {
  struct collection changed = *looking->collection;
  changed.view = slice_of_text("SELECT");
  TRY(catalog_with(looking->txn->catalog, &changed, catalog_shared(looking->collection),
                   &looking->pictures[looking->count], err));
  looking->count++;
  return LUMA_OK;
}

static status add_pictures(struct looking *looking, struct soul *room, struct err *err) {
  if (!looking->attribute.bytes) return add_unreadable(looking, err);
  TRY(add_unnamed(looking, err));
  return add_lacking(looking, room, err);
}

/* ---- looking ---- */

/* A view that cannot be made as it is does not break. */
static status breaks(const struct looking *looking, const struct collection *view, bool *does,
                     struct err *err) {
  const struct soul_rules_ops *ops = looking->txn->model->options.rules;
  *does = false;
  if (!ops || ops->bind_view(looking->txn->catalog, view, NULL) != LUMA_OK) return LUMA_OK;
  for (int i = 0; i < looking->count && !*does; i++) {
    status result = ops->bind_view(looking->pictures[i], view, NULL);
    if (result == LUMA_OUT_OF_MEMORY) FAIL(err, result, "no memory to look at views");
    *does = result != LUMA_OK;
  }
  return LUMA_OK;
}

/* Marks the pipelines that read the collection, through others too. */
static void mark(const struct catalog *catalog, struct slice collection, bool *reads) {
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++) {
    const struct collection *view = catalog_at(catalog, i);
    if (!is_pipeline(view->view) || reads[i] || !names(view->view, collection)) continue;
    reads[i] = true;
    mark(catalog, view->name, reads);
  }
}

/* Of pipelines those stay marked that name the attribute. */
static status mark_all(const struct looking *looking, bool *reads, struct err *err) {
  const struct catalog *catalog = looking->txn->catalog;
  if (looking->attribute.bytes) mark(catalog, looking->collection->name, reads);
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++) {
    const struct collection *view = catalog_at(catalog, i);
    if (is_pipeline(view->view))
      reads[i] = reads[i] && names(view->view, looking->attribute);
    else if (view->view.bytes)
      TRY(breaks(looking, view, &reads[i], err));
  }
  return LUMA_OK;
}

static status fail_read(const struct catalog *catalog, const bool *reads,
                        const struct collection *collection, struct slice attribute,
                        struct err *err) {
  struct buf views;
  struct slice first = {0};
  buf_init(&views, 1024);
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++) {
    const struct collection *view = catalog_at(catalog, i);
    if (!reads[i]) continue;
    buf_append_format(&views, "%s`%.*s`", first.bytes ? ", " : "", SLICE_ARG(view->name));
    if (!first.bytes) first = view->name;
  }
  if (first.bytes && attribute.bytes)
    err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__, "views read `%.*s` of `%.*s`: %.*s",
              SLICE_ARG(attribute), SLICE_ARG(collection->name), SLICE_ARG(buf_slice(&views)));
  else if (first.bytes)
    err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__, "views read `%.*s`: %.*s",
              SLICE_ARG(collection->name), SLICE_ARG(buf_slice(&views)));
  if (first.bytes)
    err_hint(err, "DROP VIEW %.*s first, and make it again afterwards", SLICE_ARG(first));
  buf_deinit(&views);
  return first.bytes ? LUMA_CONSTRAINT : LUMA_OK;
}

static bool has_views(const struct catalog *catalog) {
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++)
    if (catalog_at(catalog, i)->view.bytes) return true;
  return false;
}

status model__check_views(struct model_txn *txn, const struct collection *collection,
                          struct slice attribute, struct err *err) {
  const struct catalog *catalog = txn->catalog;
  struct looking looking = {.txn = txn, .collection = collection, .attribute = attribute};
  struct soul room;
  if (!has_views(catalog)) return LUMA_OK;
  bool *reads = mem_zalloc(catalog_count_all(catalog) + 1, sizeof *reads);
  if (!reads) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at views");
  status result = add_pictures(&looking, &room, err);
  if (result == LUMA_OK) result = mark_all(&looking, reads, err);
  if (result == LUMA_OK) result = fail_read(catalog, reads, collection, attribute, err);
  for (int i = 0; i < looking.count; i++) catalog_release(looking.pictures[i]);
  mem_free(reads);
  return result;
}
