/* SPDX-License-Identifier: MIT */
/* Beings of older souls, as who looks at some attributes reads them: where they are stored, through
 * lenses. What expressions of an evolution make is made for a group of beings at once. The few that
 * no lens shows are built. */
#include "model/db/model_int.h"

enum { FEW = 8 };

/* What showed the last document mostly shows the next. */
struct seeing {
  struct model_making making;
  struct doc *documents;
  const struct model_looks *looks;
  bool are_many;
  const struct recipe_sight *last;
  uint32_t last_soul;
};

uint32_t model__wanted(const struct collection *collection, const struct model_reads *reads,
                       uint16_t ids[RECIPE_NAMES_MAX]) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < reads->count && count < RECIPE_NAMES_MAX; i++) {
    uint16_t id = names_find(collection->names, reads->names[i]);
    if (id != NAMES_NONE) ids[count++] = id;
  }
  return count;
}

static bool makes_more(const struct seeing *seeing, const struct recipe_sight *sight) {
  for (uint32_t i = 0; i < sight->makers_count; i++)
    if (!model__looks_at(seeing->looks, sight->makers[i].id)) return true;
  return false;
}

/* What shows all of a document is made already, but it may make more than what is looked at: where
 * there are many documents it is worth to leave that out. */
static const struct recipe_sight *find_sight(struct seeing *seeing, const struct doc *document) {
  struct recipes *all = evolution_recipes(seeing->making.collection->evolution);
  const struct recipe_sight *sight = recipes_see(all, document), *better = NULL;
  bool may_be_better = !sight || (seeing->are_many && makes_more(seeing, sight));
  if (may_be_better && seeing->looks->some) better = recipes_see(seeing->looks->some, document);
  return better ? better : sight;
}

static const struct recipe_sight *sight_of(struct seeing *seeing, const struct doc *document) {
  uint32_t soul = load32le(document->data + DOC_SOUL_OFFSET);
  if (seeing->last && seeing->last_soul == soul &&
      splice_has_shape(document, seeing->last->lens.splice->shape))
    return seeing->last;
  seeing->last = find_sight(seeing, document);
  seeing->last_soul = soul;
  return seeing->last;
}

static status show(struct seeing *seeing, uint32_t place, struct err *err) {
  struct model_making *making = &seeing->making;
  struct doc *document = &seeing->documents[place];
  const struct recipe_sight *sight = sight_of(seeing, document);
  if (!sight)
    return model__build_newer(making->txn, making->collection, document, making->pins, err);
  if (sight->makers_count == 0) {
    lens_put(&sight->lens, document);
    return LUMA_OK;
  }
  making->sights[making->count] = sight;
  making->places[making->count++] = (uint16_t)place;
  return LUMA_OK;
}

static status show_made(struct seeing *seeing, struct err *err) {
  struct model_making *making = &seeing->making;
  if (making->count == 0) return LUMA_OK;
  TRY(model__make(making, err));
  struct lens *lenses = arena_alloc(making->arena, making->count * sizeof *lenses);
  if (!lenses) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read older beings");
  for (uint32_t i = 0; i < making->count; i++) {
    lenses[i] = making->sights[i]->lens;
    lenses[i].made = making->made[i];
    lens_put(&lenses[i], &seeing->documents[making->places[i]]);
  }
  return LUMA_OK;
}

/* Older documents among some of a batch. */
static status see_some(struct seeing *seeing, uint32_t from, uint32_t end, struct err *err) {
  const struct collection *collection = seeing->making.collection;
  struct model_last_soul last = {.number = collection->soul};
  seeing->making.count = 0;
  for (uint32_t i = from; i < end; i++)
    if (model__is_older(collection, &seeing->documents[i], &last)) TRY(show(seeing, i, err));
  return show_made(seeing, err);
}

status model__see(struct model_txn *txn, const struct collection *collection, struct doc *documents,
                  uint32_t count, const struct model_looks *looks, struct store_pins *pins,
                  struct err *err) {
  struct seeing seeing;
  seeing.making.txn = txn;
  seeing.making.collection = collection;
  seeing.making.documents = documents;
  seeing.making.pins = pins;
  seeing.making.looks = looks;
  seeing.documents = documents;
  seeing.looks = looks;
  seeing.are_many = count > FEW;
  seeing.last = NULL;
  for (uint32_t from = 0; from < count; from += MODEL_MADE_AT_ONCE) {
    uint32_t left = count - from;
    uint32_t some = left < MODEL_MADE_AT_ONCE ? left : MODEL_MADE_AT_ONCE;
    TRY(see_some(&seeing, from, from + some, err));
  }
  return LUMA_OK;
}
