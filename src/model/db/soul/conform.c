/* SPDX-License-Identifier: MIT */
/* The model's before-write hook: every document that is to be stored passes here, whatever way it
 * came. It is checked against the collection's soul and completed by it (types, defaults, computed
 * attributes); all faults of a batch are one error. Expressions run over whole batches. */
#include <stdio.h>

#include "model/db/model_int.h"
#include "model/soul/check.h"

struct conforming {
  struct model_txn *txn;
  const struct collection *collection;
  struct slice *documents;
  const struct doc *old; /* of the only document; NULL: they are new */
  struct val key;        /* of `old` */
  uint32_t count;
  struct soul_check check;
  struct soul_faults faults;
  struct soul_finding *findings;
  struct val *roots;
  struct val *values; /* of one rule, for each document */
};

/* ---- writing documents anew ---- */

static struct slice stored_name(const struct soul_attribute *attribute) {
  return slice_is_equal(attribute->name, slice_of_text("id")) ? slice_of_text("_id")
                                                              : attribute->name;
}

static uint32_t place_of(const struct conforming *conforming, const struct val *root, uint32_t i,
                         struct slice name) {
  const struct soul_binding *binding = &conforming->check.binding;
  uint16_t id = root->names == binding->names ? val_field_name_id(root, i) : NAMES_NONE;
  if (id < binding->count) return binding->by_id[id];
  const struct soul_attribute *found = soul_attribute(conforming->check.soul, name);
  return found ? (uint32_t)(found - conforming->check.soul->attributes) + 1 : 0;
}

/* The document's own fields in their order, with their new values; then what was added. */
static void put_fields(struct conforming *conforming, uint32_t nth, struct build *build) {
  const struct soul *soul = conforming->check.soul;
  const struct val *root = &conforming->roots[nth];
  struct val *values = conforming->findings[nth].values;
  uint32_t count = val_count(root);
  build_begin_document(build);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val value = val_field_at(root, i, &name);
    uint32_t place = place_of(conforming, root, i, name);
    build_name(build, name);
    build_put(build, place ? &values[place - 1] : &value);
  }
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    struct slice name = stored_name(&soul->attributes[i]);
    if (values[i].type == VAL_MISSING || val_field(root, name).type != VAL_MISSING) continue;
    build_name(build, name);
    build_put(build, &values[i]);
  }
}

static status rebuild(struct conforming *conforming, uint32_t nth, struct err *err) {
  struct model_txn *txn = conforming->txn;
  struct build build;
  struct slice made;
  buf_reset(&txn->conformed);
  build_init(&build, &txn->conformed, conforming->collection->names);
  put_fields(conforming, nth, &build);
  status result = build_finish(&build, &made, err);
  build_deinit(&build);
  TRY(result);
  if (made.bytes > model__document_bytes_max(txn))
    return model__fail_too_large(txn, made.bytes, err);
  uint8_t *copy = arena_copy(&txn->soul_arena, made.data, made.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a document");
  struct doc doc;
  conforming->documents[nth] = slice_of(copy, made.bytes);
  TRY(doc_open(conforming->documents[nth], conforming->collection->names, &doc, err));
  conforming->roots[nth] = doc_root(&doc);
  conforming->findings[nth].changed = false;
  return LUMA_OK;
}

static status rebuild_changed(struct conforming *conforming, struct err *err) {
  for (uint32_t i = 0; i < conforming->count; i++) {
    if (conforming->findings[i].changed) TRY(rebuild(conforming, i, err));
  }
  return LUMA_OK;
}

/* ---- expressions ---- */

static struct soul_place place_of_document(const struct conforming *conforming, uint32_t nth) {
  return (struct soul_place){.index = conforming->check.first_place + nth};
}

static status take_computed(struct conforming *conforming, uint32_t nth,
                            const struct soul_attribute *attribute, struct err *err) {
  struct soul_finding *finding = &conforming->findings[nth];
  struct val *value = &finding->values[attribute - conforming->check.soul->attributes];
  struct soul_place document = place_of_document(conforming, nth);
  struct soul_place place = {.up = conforming->check.tells_places ? &document : NULL,
                             .name = attribute->name};
  bool ignored = false;
  if (!attribute->computed.bytes && value->type != VAL_MISSING) return LUMA_OK;
  *value = conforming->values[nth];
  if (value->type == VAL_MISSING) *value = val_null();
  finding->changed = true;
  return soul_check_value(&conforming->check, attribute, &place, value, &ignored, err);
}

/* The value of a rule for each document; a default's only for those that lack it: it may take a
 * number of a sequence. */
static status run_rule(struct conforming *conforming, const struct soul_attribute *attribute,
                       uint32_t rule, struct err *err) {
  struct arena *arena = &conforming->txn->soul_arena;
  const struct soul *soul = conforming->check.soul;
  uint32_t count = 0;
  if (attribute->computed.bytes)
    return soul->ops->run(conforming->check.program, rule, conforming->roots, conforming->count,
                          arena, conforming->values, err);
  struct val *roots = arena_alloc(arena, conforming->count * sizeof *roots);
  struct val *values = arena_alloc(arena, conforming->count * sizeof *values);
  uint32_t *places = arena_alloc(arena, conforming->count * sizeof *places);
  if (!roots || !values || !places) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for defaults");
  for (uint32_t i = 0; i < conforming->count; i++) {
    if (conforming->findings[i].values[attribute - soul->attributes].type != VAL_MISSING) continue;
    places[count] = i;
    roots[count++] = conforming->roots[i];
  }
  if (count) TRY(soul->ops->run(conforming->check.program, rule, roots, count, arena, values, err));
  for (uint32_t i = 0; i < count; i++) conforming->values[places[i]] = values[i];
  return LUMA_OK;
}

/* Attributes in their order: a later one sees the earlier ones. */
static status compute(struct conforming *conforming, struct err *err) {
  const struct soul *soul = conforming->check.soul;
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    const struct soul_attribute *attribute = &soul->attributes[i];
    uint32_t rule =
        attribute->computed_rule != SOUL_NONE ? attribute->computed_rule : attribute->default_rule;
    if (rule == SOUL_NONE) continue;
    TRY(rebuild_changed(conforming, err));
    TRY(run_rule(conforming, attribute, rule, err));
    for (uint32_t k = 0; k < conforming->count; k++)
      TRY(take_computed(conforming, k, attribute, err));
  }
  return LUMA_OK;
}

static void fault_check(struct conforming *conforming, uint32_t nth,
                        const struct soul_constraint *constraint) {
  struct soul_place place = place_of_document(conforming, nth);
  struct soul_fault fault = {.place = conforming->check.tells_places ? &place : NULL,
                             .rule = "check"};
  conforming->findings[nth].is_faulty = true;
  soul_faults_add(&conforming->faults, &fault, "breaks the constraint `%.*s`: %.*s",
                  SLICE_ARG(constraint->name), SLICE_ARG(constraint->check));
}

/* A check that is null holds, as in SQL. */
static status check_constraints(struct conforming *conforming, struct err *err) {
  const struct soul *soul = conforming->check.soul;
  for (uint32_t i = 0; i < soul->constraints_count; i++) {
    const struct soul_constraint *constraint = &soul->constraints[i];
    bool is_late = constraint->not_valid && conforming->txn->is_looking;
    if (constraint->check_rule == SOUL_NONE || is_late) continue;
    TRY(soul->ops->run(conforming->check.program, constraint->check_rule, conforming->roots,
                       conforming->count, &conforming->txn->soul_arena, conforming->values, err));
    for (uint32_t k = 0; k < conforming->count; k++) {
      const struct val *answer = &conforming->values[k];
      if (answer->type == VAL_BOOL && !answer->boolean) fault_check(conforming, k, constraint);
    }
  }
  return LUMA_OK;
}

/* What is taken by others is found out when a document is put; one that is not put is told of it
 * now. */
static void add_taken(struct conforming *conforming) {
  bool is_new = !conforming->old && !conforming->txn->is_looking;
  for (uint32_t i = 0; i < conforming->count; i++) {
    struct soul_place place = place_of_document(conforming, i);
    struct doc doc;
    if (conforming->faults.count >= SOUL_FAULTS_SHOWN_MAX) return;
    if (doc_open(conforming->documents[i], conforming->collection->names, &doc, NULL) == LUMA_OK)
      model__list_taken(conforming->txn, conforming->collection, &doc, is_new,
                        conforming->check.tells_places ? &place : NULL, &conforming->faults);
  }
}

/* ---- the whole ---- */

static status room_for(struct conforming *conforming, struct err *err) {
  struct arena *arena = &conforming->txn->soul_arena;
  uint32_t count = conforming->count;
  arena_reset(arena);
  conforming->findings = arena_zalloc(arena, count + 1u, sizeof *conforming->findings);
  conforming->roots = arena_zalloc(arena, count + 1u, sizeof *conforming->roots);
  conforming->values = arena_zalloc(arena, count + 1u, sizeof *conforming->values);
  if (!conforming->findings || !conforming->roots || !conforming->values)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to check beings");
  return LUMA_OK;
}

static status check_documents(struct conforming *conforming, struct err *err) {
  struct val old = conforming->old ? doc_root(conforming->old) : val_missing();
  for (uint32_t i = 0; i < conforming->count; i++) {
    struct doc doc;
    TRY(doc_open(conforming->documents[i], conforming->collection->names, &doc, err));
    conforming->roots[i] = doc_root(&doc);
    TRY(soul_check_document(&conforming->check, i, &conforming->roots[i],
                            conforming->old ? &old : NULL, &conforming->findings[i], err));
  }
  return LUMA_OK;
}

static status conform(struct conforming *conforming, struct err *err) {
  TRY(room_for(conforming, err));
  TRY(check_documents(conforming, err));
  if (conforming->check.soul->has_computed) TRY(compute(conforming, err));
  TRY(rebuild_changed(conforming, err));
  return check_constraints(conforming, err);
}

/* Where one of several is changed, its faults say which being it is. */
static void tell_key(struct conforming *conforming) {
  if (!conforming->old || !conforming->txn->tells_places) return;
  conforming->key = model__key_of(conforming->old);
  if (!soul_hides_keys(conforming->collection->genotype)) conforming->faults.id = &conforming->key;
}

void model__set_up_check(struct model_txn *txn, const struct collection *collection,
                         struct soul_program *program, struct soul_faults *faults,
                         struct soul_check *check) {
  if (program) {
    program->now_us = txn->now_us ? txn->now_us : os_now_us(txn->model->os);
    program->numbers = model__numbers(txn);
  }
  *check = (struct soul_check){.soul = collection->genotype,
                               .open = collection->open,
                               .binding = {.names = collection->names,
                                           .by_id = collection->attribute_of_id,
                                           .count = collection->attribute_of_id_count},
                               .program = program,
                               .arena = &txn->soul_arena,
                               .faults = faults,
                               .first_place = txn->places_from,
                               .resolve = model__resolve_reference,
                               .context = txn};
}

static void set_up(struct conforming *conforming, struct soul_program *program) {
  struct model_txn *txn = conforming->txn;
  soul_faults_init(&conforming->faults);
  model__set_up_check(txn, conforming->collection, program, &conforming->faults,
                      &conforming->check);
  conforming->check.tells_places = txn->tells_places || conforming->count > 1;
  tell_key(conforming);
}

static uint32_t first_faulty(const struct conforming *conforming) {
  for (uint32_t i = 0; conforming->findings && i < conforming->count; i++) {
    if (conforming->findings[i].is_faulty) return i;
  }
  return 0;
}

status model__conform(struct model_txn *txn, const struct collection *collection,
                      struct slice *documents, const struct doc *old, uint32_t count,
                      uint32_t *failed, struct err *err) {
  if (!collection->genotype) return LUMA_OK;
  struct conforming conforming = {
      .txn = txn, .collection = collection, .documents = documents, .old = old, .count = count};
  struct soul_program *program;
  char subject[CATALOG_NAME_BYTES_MAX + 32];
  TRY(soul_take_program(collection->genotype, &program, err));
  set_up(&conforming, program);
  status result = conform(&conforming, err);
  soul_give_program(collection->genotype, program);
  if (result == LUMA_OK && conforming.faults.count > 0) {
    add_taken(&conforming);
    (void)snprintf(subject, sizeof subject, "a being of `%.*s`", SLICE_ARG(collection->name));
    result = soul_faults_raise(&conforming.faults, LUMA_INVALID_BEING, subject, err);
  }
  if (failed) *failed = first_faulty(&conforming);
  soul_faults_deinit(&conforming.faults);
  return result;
}
