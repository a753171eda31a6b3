/* SPDX-License-Identifier: MIT */
/* Beings of older souls, as scans that look at some attributes read them: where they are stored,
 * through lenses. What expressions of an evolution make is made for a group of beings at once. The
 * few that no lens shows are built. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"
#include "model/soul/coerce.h"

/* Documents whose values are made, with what shows each; and what showed the last one, which mostly
 * shows the next. */
struct seeing {
  struct model_txn *txn;
  const struct collection *collection;
  struct doc *documents;
  struct store_pins *pins;
  struct recipes *some;
  struct soul_program *program;
  const struct recipe_sight *last;
  uint32_t last_soul;
  uint32_t count;
  uint16_t places[STORE_BATCH_MAX];
  const struct recipe_sight *sights[STORE_BATCH_MAX];
};

/* Memory of the values, as long as the documents are kept. */
struct made {
  struct arena arena;
};

static void free_made(void *object) {
  struct made *made = object;
  arena_deinit(&made->arena);
  mem_free(made);
}

static status keep_made(struct seeing *seeing, struct arena **arena, struct err *err) {
  struct made *made = mem_alloc(sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read older beings");
  arena_init(&made->arena, 0, MODEL_SCRATCH_BYTES_MAX);
  *arena = &made->arena;
  status result = store_pins_add(seeing->pins, made, free_made, err);
  if (result != LUMA_OK) free_made(made);
  return result;
}

/* ---- values that are made ---- */

/* Documents that one recipe shows. */
struct group {
  const struct recipe_sight *sight;
  uint32_t count;
  uint16_t *places;
  struct val *roots, *values; /* count of each: what an expression is over, and gives */
  struct val *made;           /* makers of each document, one document after the other */
  struct lens *lenses;
  struct arena *arena;
};

static status open_group(struct group *group, uint32_t most, struct err *err) {
  struct arena *arena = group->arena;
  group->places = arena_alloc(arena, most * sizeof *group->places);
  group->roots = arena_alloc(arena, most * sizeof *group->roots);
  group->values = arena_alloc(arena, most * sizeof *group->values);
  group->made = arena_zalloc(arena, most * group->sight->makers_count, sizeof *group->made);
  group->lenses = arena_alloc(arena, most * sizeof *group->lenses);
  if (!group->places || !group->roots || !group->values || !group->made || !group->lenses)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read older beings");
  return LUMA_OK;
}

/* What the expression gives is read as the attribute's type, where nothing is lost. */
static void keep_value(struct group *group, const struct evolution_op *op, struct val *value,
                       struct val *place) {
  struct val read;
  bool changed;
  bool is_read =
      !val_is_null(value) && soul_coerce(&op->type, value, group->arena, &read, &changed);
  *place = is_read ? read : *value;
}

static status make_values(struct seeing *seeing, struct group *group, uint32_t nth,
                          struct err *err) {
  const struct recipe_maker *maker = &group->sight->makers[nth];
  const struct soul *rules = seeing->collection->evolution->rules;
  for (uint32_t i = 0; i < group->count; i++) {
    struct doc before = seeing->documents[group->places[i]];
    if (maker->before) lens_put(maker->before, &before);
    group->roots[i] = doc_root(&before);
  }
  TRY(rules->ops->run(seeing->program, maker->op->rule, group->roots, group->count, group->arena,
                      group->values, err));
  for (uint32_t i = 0; i < group->count; i++)
    keep_value(group, maker->op, &group->values[i],
               &group->made[i * group->sight->makers_count + nth]);
  return LUMA_OK;
}

/* Takes those with the first one's sight out of what is left. */
static void take_group(struct seeing *seeing, struct group *group) {
  uint32_t left = 0;
  for (uint32_t i = 0; i < seeing->count; i++) {
    if (seeing->sights[i] == group->sight) {
      group->places[group->count++] = seeing->places[i];
      continue;
    }
    seeing->sights[left] = seeing->sights[i];
    seeing->places[left++] = seeing->places[i];
  }
  seeing->count = left;
}

static status show_group(struct seeing *seeing, struct arena *arena, struct err *err) {
  struct group group = {.sight = seeing->sights[0], .arena = arena};
  uint32_t makers_count = group.sight->makers_count;
  TRY(open_group(&group, seeing->count, err));
  take_group(seeing, &group);
  for (uint32_t i = 0; i < makers_count; i++) TRY(make_values(seeing, &group, i, err));
  for (uint32_t i = 0; i < group.count; i++) {
    group.lenses[i] = group.sight->lens;
    group.lenses[i].made = &group.made[i * makers_count];
    lens_put(&group.lenses[i], &seeing->documents[group.places[i]]);
  }
  return LUMA_OK;
}

static status show_made(struct seeing *seeing, struct err *err) {
  const struct soul *rules = seeing->collection->evolution->rules;
  struct arena *arena;
  if (seeing->count == 0) return LUMA_OK;
  TRY(keep_made(seeing, &arena, err));
  TRY(soul_take_program(rules, &seeing->program, err));
  seeing->program->now_us = os_now_us(seeing->txn->model->os);
  status result = LUMA_OK;
  while (result == LUMA_OK && seeing->count > 0) result = show_group(seeing, arena, err);
  soul_give_program(rules, seeing->program);
  return result;
}

/* ---- choosing what shows a document ---- */

static const struct recipe_sight *sight_of(struct seeing *seeing, const struct doc *document) {
  uint32_t soul = load32le(document->data + DOC_SOUL_OFFSET);
  if (seeing->last && seeing->last_soul == soul &&
      splice_has_shape(document, seeing->last->lens.splice->shape))
    return seeing->last;
  const struct recipe_sight *sight =
      recipes_see(evolution_recipes(seeing->collection->evolution), document);
  if (!sight) sight = recipes_see(seeing->some, document);
  seeing->last = sight;
  seeing->last_soul = soul;
  return sight;
}

static status show(struct seeing *seeing, uint32_t place, struct err *err) {
  struct doc *document = &seeing->documents[place];
  const struct recipe_sight *sight = sight_of(seeing, document);
  if (!sight)
    return model__build_newer(seeing->txn, seeing->collection, document, seeing->pins, err);
  if (sight->makers_count == 0) {
    lens_put(&sight->lens, document);
    return LUMA_OK;
  }
  seeing->sights[seeing->count] = sight;
  seeing->places[seeing->count++] = (uint16_t)place;
  return LUMA_OK;
}

status model__see(struct model_txn *txn, const struct collection *collection, struct doc *documents,
                  uint32_t count, struct recipes *some, struct store_pins *pins, struct err *err) {
  struct model_last_soul last = {.number = collection->soul};
  struct seeing seeing;
  seeing.txn = txn;
  seeing.collection = collection;
  seeing.documents = documents;
  seeing.pins = pins;
  seeing.some = some;
  seeing.last = NULL;
  seeing.count = 0;
  for (uint32_t i = 0; i < count; i++)
    if (model__is_older(collection, &documents[i], &last)) TRY(show(&seeing, i, err));
  return show_made(&seeing, err);
}
