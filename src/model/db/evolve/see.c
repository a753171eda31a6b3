/* SPDX-License-Identifier: MIT */
/* Beings of older souls, as who looks at some attributes reads them: where they are stored, through
 * lenses. What expressions of an evolution make is made for a group of beings at once. The few that
 * no lens shows are built. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

enum { FEW = 8, LENSES_AT_ONCE = 64, ARENA_BYTES = 512, TEXTS_AT_ONCE = 4 << 10 };

/* What lives as long as the documents are seen: their lenses, values made for them, and that what
 * is kept is read. */
struct model_seen_memory {
  struct arena arena;
  struct kept_values *kept; /* NULL: nothing is read there */
  uint32_t side;
  struct lens own[FEW]; /* the first ones */
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

static void note_looked(struct model_seeing *seeing, const struct recipe_sight *sight) {
  seeing->looked_count = 0;
  seeing->is_quick = sight && sight->makers_count > 0;
  for (uint32_t i = 0; sight && i < sight->makers_count; i++) {
    if (!model__looks_at(seeing->making.looks, sight->makers[i].id)) continue;
    seeing->looked[seeing->looked_count++] = (uint8_t)i;
    seeing->is_quick &= sight->makers[i].quick != NULL;
  }
}

static const struct recipe_sight *sight_of(struct model_seeing *seeing,
                                           const struct doc *document) {
  uint32_t soul = load32le(document->data + DOC_SOUL_OFFSET);
  if (seeing->last && seeing->last_soul == soul &&
      splice_has_shape(document, seeing->last->lens.splice->shape))
    return seeing->last;
  seeing->last = find_sight(seeing, document);
  seeing->last_soul = soul;
  seeing->values_left = 0;
  note_looked(seeing, seeing->last);
  return seeing->last;
}

/* ---- lenses with values ---- */

static void free_memory(void *object) {
  struct model_seen_memory *memory = object;
  model__find_leave(memory->kept, memory->side);
  arena_deinit(&memory->arena);
  mem_free(memory);
}

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read older beings");
}

/* At the first document with values of expressions. */
static status begin_values(struct model_seeing *seeing, struct err *err) {
  struct model_making *making = &seeing->making;
  if (seeing->memory) return LUMA_OK;
  struct model_seen_memory *memory = mem_alloc(sizeof *memory);
  if (!memory) return fail_memory(err);
  arena_init(&memory->arena, seeing->are_many ? 0 : ARENA_BYTES, MODEL_SCRATCH_BYTES_MAX);
  model__find_begin(&seeing->finding, making->txn, making->collection, making->looks);
  memory->kept = seeing->finding.kept;
  memory->side = seeing->finding.side;
  status result = store_pins_add(seeing->pins, memory, free_memory, err);
  if (result != LUMA_OK) {
    free_memory(memory);
    return result;
  }
  seeing->memory = memory;
  seeing->lenses = memory->own;
  seeing->lenses_left = FEW;
  making->arena = &memory->arena;
  size_t at_once = seeing->are_many ? TEXTS_AT_ONCE : 0;
  seeing->room = (struct soul_room){.arena = &memory->arena, .at_once = at_once};
  return LUMA_OK;
}

static status put_lens(struct model_seeing *seeing, const struct recipe_sight *sight,
                       struct splice_made made, struct doc *document, struct err *err) {
  if (seeing->lenses_left == 0) {
    seeing->lenses = arena_alloc(&seeing->memory->arena, LENSES_AT_ONCE * sizeof *seeing->lenses);
    if (!seeing->lenses) return fail_memory(err);
    seeing->lenses_left = LENSES_AT_ONCE;
  }
  struct lens *lens = seeing->lenses++;
  seeing->lenses_left--;
  lens->names = sight->lens.names;
  lens->splice = sight->lens.splice;
  lens->made.values = made.values;
  lens->made.record = made.record;
  lens_put(lens, document);
  return LUMA_OK;
}

/* Room for the values of one more document, by the sight's makers, where those that are not looked
 * at are MISSING; NULL: there is no memory. */
static struct val *room_for_values(struct model_seeing *seeing, const struct recipe_sight *sight) {
  uint32_t count = seeing->are_many ? LENSES_AT_ONCE : 1;
  if (seeing->values_left == 0) {
    seeing->values =
        arena_zalloc(&seeing->memory->arena, count * sight->makers_count, sizeof *seeing->values);
    if (seeing->values) seeing->values_left = count;
  }
  return seeing->values;
}

/* Makes what is looked at where that is quick, and puts the lens; else `*is_shown` is false. */
static status show_quickly(struct model_seeing *seeing, const struct recipe_sight *sight,
                           struct doc *document, bool *is_shown, struct err *err) {
  struct val *values = room_for_values(seeing, sight);
  *is_shown = values != NULL;
  for (uint32_t i = 0; *is_shown && i < seeing->looked_count; i++) {
    uint32_t nth = seeing->looked[i];
    *is_shown = recipe_make_quickly(&sight->makers[nth], document, &seeing->room, &values[nth]);
  }
  if (!*is_shown) return LUMA_OK;
  seeing->values += sight->makers_count;
  seeing->values_left--;
  return put_lens(seeing, sight, (struct splice_made){.values = values}, document, err);
}

/* False when the values have to be made first. */
static status show_made(struct model_seeing *seeing, uint32_t place,
                        const struct recipe_sight *sight, bool *is_shown, struct err *err) {
  struct doc *document = &seeing->documents[place];
  TRY(begin_values(seeing, err));
  if (seeing->is_quick) TRY(show_quickly(seeing, sight, document, is_shown, err));
  if (seeing->is_quick && *is_shown) return LUMA_OK;
  const uint8_t *record = model__find(&seeing->finding, sight, document, is_shown);
  if (*is_shown)
    return put_lens(seeing, sight, (struct splice_made){.record = record}, document, err);
  model__making_add(&seeing->making, place, sight, record, false);
  return LUMA_OK;
}

static status show(struct model_seeing *seeing, uint32_t place, bool *is_shown, struct err *err) {
  struct model_making *making = &seeing->making;
  struct doc *document = &seeing->documents[place];
  const struct recipe_sight *sight = sight_of(seeing, document);
  if (!sight)
    return model__build_newer(making->txn, making->collection, document, seeing->pins, err);
  if (sight->makers_count) return show_made(seeing, place, sight, is_shown, err);
  lens_put(&sight->lens, document);
  return LUMA_OK;
}

/* ---- documents that follow each other ---- */

void model__see_begin(struct model_seeing *seeing, const struct model_seen_of *of,
                      struct doc *documents, uint32_t count) {
  seeing->making.txn = of->txn;
  seeing->making.collection = of->collection;
  seeing->making.documents = documents;
  seeing->making.looks = of->looks;
  seeing->making.count = seeing->making.left_count = 0;
  seeing->pins = of->pins;
  seeing->memory = NULL;
  seeing->lenses_left = 0;
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

/* What is kept of a being is all that is made of it. */
static bool makes_all(const struct model_seeing *seeing) {
  for (uint32_t i = 0; i < seeing->making.count; i++) {
    const struct recipe_sight *sight = seeing->making.sights[i];
    if (!sight->is_whole || makes_more(seeing, sight)) return false;
  }
  return true;
}

status model__see_made(struct model_seeing *seeing, struct err *err) {
  struct model_making *making = &seeing->making;
  if (making->count == 0) return LUMA_OK;
  TRY(model__make(making, err));
  if (making->txn->keeps && makes_all(seeing)) (void)model__keep(making, making->txn->keeps);
  for (uint32_t i = 0; i < making->count; i++)
    TRY(put_lens(seeing, making->sights[i], making->made[i], &seeing->documents[making->places[i]],
                 err));
  making->count = 0;
  return LUMA_OK;
}

void model__see_end(struct model_seeing *seeing) {
  if (seeing->memory) model__find_end(&seeing->finding);
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
  TRY(model__see_made(&seeing, err));
  model__see_end(&seeing);
  return LUMA_OK;
}
