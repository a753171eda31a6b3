/* SPDX-License-Identifier: MIT */
/* Beings that are stored already, against some rules of their collection's soul alone: those that
 * an evolution narrows. */
#include "model/db/model_int.h"
#include "model/soul/check.h"

struct sifting {
  const struct model_narrowed *narrowed;
  const struct doc *documents;
  uint32_t count;
  bool *fits;
  struct soul_check check;
  struct val *roots, *answers;
};

/* Who lacks an attribute that is given by default is whole as it is. */
static status sift_value(struct sifting *sifting, const struct soul_attribute *attribute,
                         uint16_t id, uint32_t nth, struct err *err) {
  struct soul_faults *faults = sifting->check.faults;
  struct soul_place place = {.name = attribute->name};
  uint32_t before = faults->count;
  bool changed = false;
  struct val value = val_field_id(&sifting->roots[nth], id, attribute->name);
  if (value.type == VAL_MISSING) {
    sifting->fits[nth] &= !attribute->required || attribute->default_value.type != VAL_MISSING;
    return LUMA_OK;
  }
  TRY(soul_check_value(&sifting->check, attribute, &place, &value, &changed, err));
  sifting->fits[nth] &= faults->count == before;
  return LUMA_OK;
}

static status sift_attribute(struct sifting *sifting, const struct soul_attribute *attribute,
                             struct err *err) {
  const struct names *names = sifting->check.binding.names;
  uint16_t id = names_find(names, attribute->name);
  for (uint32_t i = 0; i < sifting->count; i++) TRY(sift_value(sifting, attribute, id, i, err));
  return LUMA_OK;
}

static status sift_rule(struct sifting *sifting, uint32_t rule, struct err *err) {
  struct soul_check *check = &sifting->check;
  TRY(check->soul->ops->run(check->program, rule, sifting->roots, sifting->count, check->arena,
                            sifting->answers, err));
  for (uint32_t i = 0; i < sifting->count; i++) {
    const struct val *answer = &sifting->answers[i];
    sifting->fits[i] &= answer->type != VAL_BOOL || answer->boolean;
  }
  return LUMA_OK;
}

static status sift(struct sifting *sifting, struct err *err) {
  struct arena *arena = sifting->check.arena;
  const struct model_narrowed *narrowed = sifting->narrowed;
  arena_reset(arena);
  sifting->roots = arena_alloc(arena, (sifting->count + 1u) * sizeof *sifting->roots);
  sifting->answers = arena_alloc(arena, (sifting->count + 1u) * sizeof *sifting->answers);
  if (!sifting->roots || !sifting->answers)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to check beings");
  for (uint32_t i = 0; i < sifting->count; i++) {
    sifting->roots[i] = doc_root(&sifting->documents[i]);
    sifting->fits[i] = true;
  }
  for (uint32_t i = 0; i < narrowed->attributes_count; i++)
    TRY(sift_attribute(sifting, narrowed->attributes[i], err));
  for (uint32_t i = 0; i < narrowed->rules_count; i++)
    TRY(sift_rule(sifting, narrowed->rules[i], err));
  return LUMA_OK;
}

status model__fit_narrowed(struct model_txn *txn, const struct collection *collection,
                           const struct model_narrowed *narrowed, const struct doc *documents,
                           uint32_t count, bool *fits, struct err *err) {
  struct sifting sifting = {
      .narrowed = narrowed, .documents = documents, .count = count, .fits = fits};
  struct soul_program *program;
  struct soul_faults faults;
  TRY(soul_take_program(collection->genotype, &program, err));
  soul_faults_init(&faults);
  model__set_up_check(txn, collection, program, &faults, &sifting.check);
  status result = sift(&sifting, err);
  soul_give_program(collection->genotype, program);
  soul_faults_deinit(&faults);
  return result;
}
