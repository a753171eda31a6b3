/* SPDX-License-Identifier: MIT */
/* Beings of older souls, as who looks at some attributes reads them: where they are stored, through
 * lenses. What expressions of an evolution make is made for a group of beings at once. The few that
 * no lens shows are built. */
#include "model/db/model_int.h"

enum { FEW = 8 };

uint32_t model__wanted(const struct collection *collection, const struct model_reads *reads,
                       uint16_t ids[RECIPE_NAMES_MAX]) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < reads->count && count < RECIPE_NAMES_MAX; i++) {
    uint16_t id = names_find(collection->names, reads->names[i]);
    if (id != NAMES_NONE) ids[count++] = id;
  }
  return count;
}

static bool makes_more(const struct model_seeing *seeing, const struct recipe_sight *sight) {
  for (uint32_t i = 0; i < sight->makers_count; i++)
    if (!model__looks_at(seeing->making.looks, sight->makers[i].id)) return true;
  return false;
}

/* What shows all of a document is made already, but it may make more than what is looked at: where
 * there are many documents it is worth to leave that out. */
static const struct recipe_sight *find_sight(struct model_seeing *seeing,
                                             const struct doc *document) {
  struct recipes *all = evolution_recipes(seeing->making.collection->evolution);
  const struct recipe_sight *sight = recipes_see(all, document), *better = NULL;
  bool may_be_better = !sight || (seeing->are_many && makes_more(seeing, sight));
  if (may_be_better && seeing->making.looks->some)
    better = recipes_see(seeing->making.looks->some, document);
  return better ? better : sight;
}

static const struct recipe_sight *sight_of(struct model_seeing *seeing,
                                           const struct doc *document) {
  uint32_t soul = load32le(document->data + DOC_SOUL_OFFSET);
  if (seeing->last && seeing->last_soul == soul &&
      splice_has_shape(document, seeing->last->lens.splice->shape))
    return seeing->last;
  seeing->last = find_sight(seeing, document);
  seeing->last_soul = soul;
  return seeing->last;
}

/* False when values have to be made first. */
static status show(struct model_seeing *seeing, uint32_t place, bool *is_shown, struct err *err) {
  struct model_making *making = &seeing->making;
  struct doc *document = &seeing->documents[place];
  const struct recipe_sight *sight = sight_of(seeing, document);
  *is_shown = !sight || sight->makers_count == 0;
  if (!sight)
    return model__build_newer(making->txn, making->collection, document, making->pins, err);
  if (*is_shown) {
    lens_put(&sight->lens, document);
    return LUMA_OK;
  }
  making->sights[making->count] = sight;
  making->places[making->count++] = (uint16_t)place;
  return LUMA_OK;
}

void model__see_begin(struct model_seeing *seeing, const struct model_seen_of *of,
                      struct doc *documents, uint32_t count) {
  seeing->making.txn = of->txn;
  seeing->making.collection = of->collection;
  seeing->making.documents = documents;
  seeing->making.pins = of->pins;
  seeing->making.looks = of->looks;
  seeing->making.count = 0;
  seeing->documents = documents;
  seeing->are_many = count > FEW;
  seeing->last = NULL;
  seeing->older = (struct model_last_soul){.number = of->collection->soul};
}

status model__see_one(struct model_seeing *seeing, uint32_t place, bool *is_shown,
                      struct err *err) {
  *is_shown = true;
  if (!model__is_older(seeing->making.collection, &seeing->documents[place], &seeing->older))
    return LUMA_OK;
  return show(seeing, place, is_shown, err);
}

status model__see_made(struct model_seeing *seeing, struct err *err) {
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
  making->count = 0;
  return LUMA_OK;
}

status model__see(const struct model_seen_of *of, struct doc *documents, uint32_t count,
                  struct err *err) {
  struct model_seeing seeing;
  bool is_shown;
  model__see_begin(&seeing, of, documents, count);
  for (uint32_t i = 0; i < count; i++) {
    TRY(model__see_one(&seeing, i, &is_shown, err));
    if (seeing.making.count == MODEL_MADE_AT_ONCE) TRY(model__see_made(&seeing, err));
  }
  return model__see_made(&seeing, err);
}
