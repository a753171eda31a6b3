/* SPDX-License-Identifier: MIT */
/* Values that expressions of an evolution make, for the documents of a batch at once, but for those
 * that are found in records. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"
#include "model/soul/coerce.h"

static status check_memory(const void *memory, struct err *err) {
  if (!memory) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read older beings");
  return LUMA_OK;
}

/* Documents that one recipe shows. */
struct group {
  struct model_making *making;
  const struct recipe_sight *sight;
  struct soul_program **program; /* taken when it is needed */
  uint32_t count;
  uint16_t nths[MODEL_MADE_AT_ONCE]; /* in `making` */
  struct val *made;                  /* makers of each document, one document after the other */
  /* Of the maker at hand: documents whose value is not kept, by their numbers in the group. */
  uint32_t left_count;
  uint16_t left[MODEL_MADE_AT_ONCE];
};

static const struct doc *document_of(const struct group *group, uint32_t i) {
  const struct model_making *making = group->making;
  return &making->documents[making->places[group->nths[i]]];
}

/* ---- making ---- */

/* What the expression gives is read as the attribute's type, where nothing is lost. */
static void read_value(const struct group *group, const struct evolution_op *op, struct val *value,
                       struct val *place) {
  struct val read;
  bool changed;
  bool is_read =
      !val_is_null(value) && soul_coerce(&op->type, value, group->making->arena, &read, &changed);
  *place = is_read ? read : *value;
}

static status take_program(struct group *group, struct err *err) {
  if (*group->program) return LUMA_OK;
  TRY(soul_take_program(group->making->collection->evolution->rules, group->program, err));
  (*group->program)->now_us = 0;
  return LUMA_OK;
}

/* Only expressions that do not last look at the clock: once for all documents. */
static void set_clock(const struct group *group, bool lasts) {
  if (!lasts && (*group->program)->now_us == 0)
    (*group->program)->now_us = os_now_us(group->making->txn->model->os);
}

/* Some cannot be made: those are null. */
static status make_each(struct group *group, const struct evolution_op *op, const struct val *roots,
                        struct val *values, struct err *err) {
  const struct soul_rules_ops *ops = group->making->collection->evolution->rules->ops;
  for (uint32_t i = 0; i < group->left_count; i++) {
    err_reset(err);
    status ran =
        ops->run(*group->program, op->rule, &roots[i], 1, group->making->arena, &values[i], err);
    if (evolution_forgives(op, ran))
      values[i] = val_null();
    else if (ran != LUMA_OK)
      return ran;
  }
  err_reset(err);
  return LUMA_OK;
}

static status make_left(struct group *group, uint32_t nth, struct err *err) {
  struct arena *arena = group->making->arena;
  const struct recipe_maker *maker = &group->sight->makers[nth];
  const struct soul_rules_ops *ops = group->making->collection->evolution->rules->ops;
  struct val *roots = arena_alloc(arena, 2 * group->left_count * sizeof *roots);
  TRY(check_memory(roots, err));
  struct val *values = roots + group->left_count;
  for (uint32_t i = 0; i < group->left_count; i++) {
    struct doc before = *document_of(group, group->left[i]);
    if (maker->before) lens_put(maker->before, &before);
    roots[i] = doc_root(&before);
  }
  TRY(take_program(group, err));
  bool lasts = ops->lasts(*group->program, maker->op->rule);
  set_clock(group, lasts);
  status ran =
      ops->run(*group->program, maker->op->rule, roots, group->left_count, arena, values, err);
  if (evolution_forgives(maker->op, ran)) ran = make_each(group, maker->op, roots, values, err);
  TRY(model__hide_values(group->making->collection, ran, err));
  for (uint32_t i = 0; i < group->left_count; i++)
    read_value(group, maker->op, &values[i],
               &group->made[group->left[i] * group->sight->makers_count + nth]);
  return LUMA_OK;
}

/* What is kept of one value among several of each document of the group. */
static void find_some(struct group *group, uint32_t nth) {
  const struct recipe_sight *sight = group->sight;
  group->left_count = 0;
  for (uint32_t i = 0; i < group->count; i++) {
    const uint8_t *record = group->making->made[group->nths[i]].record;
    struct slice value = slice_of(NULL, 0);
    if (record) value = made_value(record, sight->makers[nth].op->number);
    if (value.bytes)
      group->made[i * sight->makers_count + nth] = val_decode(value, NULL);
    else
      group->left[group->left_count++] = (uint16_t)i;
  }
}

/* ---- groups ---- */

/* Takes those with the first one's sight out of what is left. */
static void take_group(struct group *group, uint16_t *left, uint32_t *left_count) {
  const struct model_making *making = group->making;
  uint32_t others = 0;
  group->count = 0;
  group->sight = making->sights[left[0]];
  for (uint32_t i = 0; i < *left_count; i++) {
    if (making->sights[left[i]] == group->sight)
      group->nths[group->count++] = left[i];
    else
      left[others++] = left[i];
  }
  *left_count = others;
}

static status make_group(struct group *group, struct err *err) {
  struct model_making *making = group->making;
  uint32_t makers_count = group->sight->makers_count;
  group->made = arena_zalloc(making->arena, group->count * makers_count, sizeof *group->made);
  TRY(check_memory(group->made, err));
  for (uint32_t nth = 0; nth < makers_count; nth++) {
    if (!model__looks_at(making->looks, group->sight->makers[nth].id)) continue;
    find_some(group, nth);
    if (group->left_count) TRY(make_left(group, nth, err));
  }
  for (uint32_t i = 0; i < group->count; i++)
    making->made[group->nths[i]] = (struct splice_made){.values = &group->made[i * makers_count]};
  return LUMA_OK;
}

status model__make(struct model_making *making, struct err *err) {
  struct soul_program *program = NULL;
  struct group group;
  group.making = making;
  group.program = &program;
  status result = LUMA_OK;
  while (result == LUMA_OK && making->left_count > 0) {
    take_group(&group, making->left, &making->left_count);
    result = make_group(&group, err);
  }
  soul_give_program(making->collection->evolution->rules, program);
  return result;
}
