/* SPDX-License-Identifier: MIT */
/* References that come with an evolution. The beings that are named must be there, and stay until
 * the evolution is committed: every insertion and deletion adds to the count of its collection,
 * which is guarded, so one of them makes the evolution begin again. That is one guard for all
 * beings however many there are, where a guard for each would be held in memory until the commit.
 *
 * For the same reason the references that are there already are not counted one by one: the
 * collection they name is marked, and whoever deletes its beings from then on looks into the
 * indexes over references, whatever the counters say. That the mark is written makes deletions
 * conflict that began without it. */
#include "model/db/evolve/evolve_int.h"

static const struct soul_type *reference_of(const struct soul_attribute *attribute) {
  return attribute->type.kind == SOUL_REF ? &attribute->type : attribute->type.element;
}

static const struct collection *target_of(const struct evolving *evolving, uint32_t nth) {
  return model__target(evolving->txn, reference_of(&evolving->fresh->attributes[nth]));
}

/* What the evolution does to the attribute's values, other than calling them by another name;
 * `*is_made`: there are some even where beings had none. */
static bool changes_values(const struct evolving *evolving, struct slice name, bool *is_made) {
  bool changes = false;
  for (uint32_t i = 0; i < evolving->diff.ops_count; i++) {
    const struct evolution_op *op = &evolving->diff.ops[i];
    struct slice is = op->to.bytes ? op->to : op->name;
    if (!slice_is_equal(is, name) || op->kind == EVOLUTION_DROP) continue;
    changes |= op->kind != EVOLUTION_RENAME;
    *is_made |= op->kind == EVOLUTION_SET || op->kind == EVOLUTION_TRANSFORM;
  }
  return changes;
}

/* Whether values come to name beings that they did not name before. */
static bool is_new(const struct evolving *evolving, const struct soul_attribute *attribute) {
  const struct soul *old = evolving->renamed ? evolving->renamed : evolving->base->genotype;
  const struct soul_attribute *was = old ? soul_attribute(old, attribute->name) : NULL;
  bool is_made = false;
  if (!model__is_reference(attribute)) return false;
  bool changes = changes_values(evolving, attribute->name, &is_made);
  /* A closed collection has nothing under a name that is new. */
  if (!was) return is_made || !old || evolving->base->open;
  return changes || !model__is_reference(was) || (was->not_valid && !attribute->not_valid) ||
         !slice_is_equal_nocase(reference_of(was)->target, reference_of(attribute)->target);
}

status evolve__find_references(struct evolving *evolving, struct err *err) {
  const struct soul *soul = evolving->fresh;
  evolving->refers = arena_zalloc(&evolving->txn->kept, soul->attributes_count + 1u, sizeof(bool));
  if (!evolving->refers) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an evolution");
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    evolving->refers[i] = is_new(evolving, &soul->attributes[i]);
    evolving->brings_references |= evolving->refers[i];
  }
  return LUMA_OK;
}

void evolve__add_targets(const struct evolving *evolving, uint32_t *numbers, uint32_t *count) {
  for (uint32_t i = 0; i < evolving->fresh->attributes_count; i++) {
    const struct collection *target = evolving->refers[i] ? target_of(evolving, i) : NULL;
    bool is_there = !target;
    for (uint32_t k = 0; k < *count && target; k++) is_there |= numbers[k] == target->number;
    if (!is_there && *count < MODEL_HOLDS_MAX) numbers[(*count)++] = target->number;
  }
}

/* ---- watching those that are named ---- */

static status mark(struct evolving *evolving, const struct collection *target, struct err *err) {
  struct collection with = *target;
  if (target->number == evolving->base->number) {
    evolving->with.has_uncounted = true;
    return LUMA_OK;
  }
  with.has_uncounted = true;
  with.version++;
  return model__store_collection(evolving->txn, &with, catalog_shared(target), err);
}

status evolve__watch_targets(struct evolving *evolving, struct err *err) {
  for (uint32_t i = 0; i < evolving->fresh->attributes_count; i++) {
    const struct collection *target = evolving->refers[i] ? target_of(evolving, i) : NULL;
    if (!target) continue;
    struct keyspace_key count = keyspace_count(target->number);
    TRY(store_guard(evolving->txn->store, STORE_COUNTERS, keyspace_slice(&count), err));
    TRY(mark(evolving, target, err));
  }
  return LUMA_OK;
}

/* ---- looking at those who name them ---- */

status evolve__begin_reading(struct evolving *evolving, struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct model_txn *txn = evolving->txn;
  evolving->reader = txn;
  bool reads = evolving->brings_references || evolving->looks_up;
  if (!reads || !txn->tries) return LUMA_OK;
  status result = model_begin(txn->model, &options, &evolving->reader, err);
  if (result != LUMA_OK) evolving->reader = txn;
  return result;
}

void evolve__end_reading(struct evolving *evolving) {
  if (evolving->reader != evolving->txn) model_rollback(evolving->reader);
  evolving->reader = evolving->txn;
}

static status check_one(struct evolving *evolving, const struct soul_attribute *attribute,
                        const struct val *value, struct err *err) {
  const struct collection *target = model__target(evolving->txn, reference_of(attribute));
  if (!target) return LUMA_OK;
  return model__check_reference(evolving->reader, evolving->now, attribute, target, value, err);
}

status evolve__check_references(struct evolving *evolving, const struct doc *document,
                                struct err *err) {
  struct val root = doc_root(document);
  for (uint32_t i = 0; i < evolving->fresh->attributes_count; i++) {
    const struct soul_attribute *attribute = &evolving->fresh->attributes[i];
    if (!evolving->refers[i] || attribute->not_valid) continue;
    struct val value = val_field(&root, attribute->name);
    bool is_list = attribute->type.kind == SOUL_LIST;
    if (!is_list) TRY(check_one(evolving, attribute, &value, err));
    for (uint32_t k = 0; is_list && value.type == VAL_LIST && k < val_count(&value); k++) {
      struct val one = val_at(&value, k);
      TRY(check_one(evolving, attribute, &one, err));
    }
  }
  return LUMA_OK;
}
