/* SPDX-License-Identifier: MIT */
/* Who takes numbers of sequences without asking for them: defaults of attributes, and keys that a
 * soul makes; and sequences that go with a collection. */
#include "model/db/model_int.h"

/* ---- defaults ---- */

static status next_default(void *context, struct slice name, int64_t *number, struct err *err) {
  return model_next_number(context, name, number, err);
}

struct soul_numbers model__numbers(struct model_txn *txn) {
  return txn->numbers ? *txn->numbers : (struct soul_numbers){.context = txn, .next = next_default};
}

void model_set_numbers(struct model_txn *txn, const struct soul_numbers *numbers) {
  txn->numbers = numbers;
}

void model_set_now(struct model_txn *txn, uint64_t now_us) {
  txn->now_us = now_us;
}

/* Whether an expression of the collection's soul takes numbers of the sequence. */
static status takes_from(const struct collection *collection, struct slice sequence, bool *takes,
                         struct err *err) {
  const struct soul *soul = collection->genotype;
  struct soul_program *program = NULL;
  *takes = false;
  if (!soul) return LUMA_OK;
  TRY(soul_take_program(soul, &program, err));
  for (uint32_t i = 0; program && i < soul->rules_count && !*takes; i++)
    *takes = soul->ops->takes_from(program, i, sequence);
  if (program) soul_give_program(soul, program);
  return LUMA_OK;
}

status model__check_unused(struct model_txn *txn, struct slice sequence,
                           const struct model_leaving *leaving, struct err *err) {
  struct keyspace_key version = keyspace_version();
  for (uint32_t i = 0; i < catalog_count_all(txn->catalog); i++) {
    const struct collection *one = catalog_at(txn->catalog, i);
    bool takes;
    TRY(takes_from(one, sequence, &takes, err));
    if (!takes || (leaving && model__is_leaving(txn, leaving, one))) continue;
    err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__,
              "the sequence `%.*s` cannot be dropped: a DEFAULT of `%.*s` takes its numbers",
              SLICE_ARG(sequence), SLICE_ARG(one->name));
    err_hint(err, "ALTER TABLE %.*s ALTER COLUMN … DROP DEFAULT first", SLICE_ARG(one->name));
    return LUMA_CONSTRAINT;
  }
  /* nobody begins to meanwhile */
  return store_guard(txn->store, STORE_META, keyspace_slice(&version), err);
}

/* ---- keys ---- */

static status next_of_model(void *context, struct slice name, int64_t *number, struct err *err) {
  return model__next_number(context, name, number, err);
}

bool model_makes_keys(const struct collection *collection) {
  const struct soul *soul = collection->genotype;
  const struct soul_attribute *id = soul ? soul_attribute(soul, slice_of_text("id")) : NULL;
  return !id || id->default_rule == SOUL_NONE;
}

status model__new_key(struct model *model, const struct collection *collection,
                      const struct soul_numbers *numbers, const struct val *document,
                      struct arena *arena, struct val *key, struct err *err) {
  const struct soul *soul = collection->genotype;
  if (model_makes_keys(collection)) {
    model_make_key(model, key);
    return LUMA_OK;
  }
  uint32_t rule = soul_attribute(soul, slice_of_text("id"))->default_rule;
  struct soul_program *program;
  TRY(soul_take_program(soul, &program, err));
  program->now_us = os_now_us(model->os);
  program->numbers = *numbers;
  status result = soul->ops->run(program, rule, document, 1, arena, key, err);
  soul_give_program(soul, program);
  return result;
}

status model_new_key(struct model *model, const struct collection *collection,
                     const struct val *document, struct arena *arena, struct val *key,
                     struct err *err) {
  struct soul_numbers numbers = {.context = model, .next = next_of_model};
  return model__new_key(model, collection, &numbers, document, arena, key, err);
}

/* ---- owners ---- */

/* A sequence of the owner; its name in txn->kept. */
static status find_owned(struct model_txn *txn, const struct collection *sequences,
                         struct slice owner, struct slice *name, struct err *err) {
  struct model_scan_options options = {0};
  struct model_scan *scan = NULL;
  struct doc doc;
  uint32_t count = 1;
  TRY(model_scan_open(txn, sequences, &options, &scan, err));
  status result = LUMA_OK;
  while (result == LUMA_OK && count > 0 && !name->bytes) {
    result = model_scan_next(scan, 1, &doc, &count, err);
    if (result != LUMA_OK || count == 0) break;
    struct val root = doc_root(&doc), has = val_field(&root, slice_of_text("owner"));
    struct val key = val_field(&root, slice_of_text("_id"));
    if (has.type != VAL_TEXT || key.type != VAL_TEXT || !slice_is_equal(val_slice(&has), owner))
      continue;
    const uint8_t *copy = arena_copy(&txn->kept, key.data, key.bytes);
    *name = slice_of(copy, copy ? key.bytes : 0);
    if (!copy) result = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory");
  }
  model_scan_close(scan);
  return result;
}

/* The next one that goes with the collection; empty: there is none. */
static status next_owned(struct model_txn *txn, struct slice owner, struct slice *name,
                         struct err *err) {
  const struct collection *sequences = catalog_find(txn->catalog, model__sequences_name());
  *name = slice_of(NULL, 0);
  if (!sequences || slice_is_equal(owner, sequences->name)) return LUMA_OK;
  return find_owned(txn, sequences, owner, name, err);
}

status model__drop_owned(struct model_txn *txn, const struct model_leaving *leaving,
                         struct err *err) {
  for (;;) {
    struct slice name;
    TRY(next_owned(txn, leaving->collection->name, &name, err));
    if (!name.bytes) return LUMA_OK;
    TRY(model__drop_sequence(txn, name, leaving, false, err));
  }
}

status model__follow_owner(struct model_txn *txn, struct slice owner, struct slice renamed,
                           struct err *err) {
  const struct model_sequence_changes changes = {.is_owned = true, .to = {.owner = renamed}};
  for (;;) {
    struct slice name;
    TRY(next_owned(txn, owner, &name, err));
    if (!name.bytes) return LUMA_OK;
    TRY(model_alter_sequence(txn, name, &changes, false, err));
  }
}
