/* SPDX-License-Identifier: MIT */
/* Evolving a collection's soul: what changes, what follows lazily, what has to be looked at now.
 *
 * Beings are not rewritten. A step is added to the collection's evolution, and beings of older
 * souls are read through it. Indexes always speak of beings as they are read: one whose attribute
 * gets other values by the step is filled anew in the same transaction; one whose attribute is
 * renamed keeps its entries. */
#include "model/db/evolve/evolve_int.h"
#include "value/json/json.h"

/* ---- indexes ---- */

static const struct evolution_op *op_on(const struct evolving *evolving, const struct path *path) {
  for (uint32_t i = 0; i < evolving->diff.ops_count; i++) {
    const struct evolution_op *op = &evolving->diff.ops[i];
    if (path->count && slice_is_equal(path->steps[0].name, op->name)) return op;
  }
  return NULL;
}

static status rename_key(struct evolving *evolving, struct index_key *key, struct slice to,
                         struct err *err) {
  struct path_step *steps =
      arena_copy(&evolving->txn->kept, key->path.steps, key->path.count * sizeof *steps);
  if (!steps) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an index");
  steps[0].name = to;
  key->path.steps = steps;
  return LUMA_OK;
}

/* An index that made itself for a rule which the soul no longer has. */
static bool is_given_up(const struct evolving *evolving, const struct catalog_index *index) {
  const struct soul *old = evolving->base->genotype;
  if (!old || !index->def.unique || index->rules) return false;
  if (index->def.keys_count == 1) {
    struct slice name = index->def.keys[0].path.steps[0].name;
    const struct soul_attribute *was = soul_attribute(old, name);
    const struct soul_attribute *is = soul_attribute(evolving->fresh, name);
    return was && was->unique && is && !is->unique;
  }
  for (uint32_t i = 0; i < evolving->diff.changes_count; i++) {
    const struct soul_change *change = &evolving->diff.changes[i];
    if (change->effect == SOUL_WIDENS && strcmp(change->what, "constraint removed") == 0) {
      for (uint32_t k = 0; k < old->constraints_count; k++) {
        const struct soul_constraint *one = &old->constraints[k];
        bool is_it = one->kind == SOUL_UNIQUE && slice_is_equal(one->name, change->attribute) &&
                     one->attributes_count == index->def.keys_count;
        for (uint32_t a = 0; is_it && a < one->attributes_count; a++)
          is_it = slice_is_equal(one->attributes[a], index->def.keys[a].path.steps[0].name);
        if (is_it) return true;
      }
    }
  }
  return false;
}

static status take_new_number(struct evolving *evolving, struct catalog_index *index,
                              struct err *err) {
  struct model *model = evolving->txn->model;
  uint64_t number;
  TRY(model__delete_prefix(evolving->txn, STORE_ENTRIES, keyspace_number(index->def.number), err));
  TRY(model__take_numbers(model, &model->sequence_lock, &model->indexes,
                          keyspace_sequence(KEYSPACE_INDEXES, 0), 1, &number, err));
  index->def.number = (uint32_t)number;
  return LUMA_OK;
}

/* What it computes reads attributes: one that goes takes the index with it. */
static status follow_rules(struct evolving *evolving, struct catalog_index *index, bool *stays,
                           bool *fills, struct err *err) {
  bool renames = false;
  for (uint32_t i = 0; i < evolving->diff.ops_count; i++) {
    const struct evolution_op *op = &evolving->diff.ops[i];
    bool reads = false;
    TRY(index_rules_read(index->rules, op->name, &reads, err));
    if (!reads) continue;
    renames |= op->to.bytes > 0;
    *stays &= op->kind != EVOLUTION_DROP;
    *fills |= op->kind != EVOLUTION_DROP && op->kind != EVOLUTION_RENAME;
  }
  return renames && *stays ? evolve__rename_rules(evolving, index, err) : LUMA_OK;
}

/* What becomes of an index: `*stays`, `*fills`. One that is being built, on an attribute whose
 * values change, is given up: who builds it is told so. */
static status follow_index(struct evolving *evolving, struct catalog_index *index, bool *stays,
                           bool *fills, struct err *err) {
  *stays = !is_given_up(evolving, index);
  *fills = false;
  TRY(follow_rules(evolving, index, stays, fills, err));
  if (index->def.wildcard.bytes) *fills = evolving->diff.ops_count > 0;
  for (uint32_t i = 0; *stays && i < index->def.keys_count; i++) {
    const struct evolution_op *op = op_on(evolving, &index->def.keys[i].path);
    if (!op) continue;
    if (op->kind == EVOLUTION_DROP) *stays = false;
    if (op->to.bytes) TRY(rename_key(evolving, &index->def.keys[i], op->to, err));
    *fills |= op->kind != EVOLUTION_RENAME && op->kind != EVOLUTION_DROP;
  }
  *stays &= !*fills || index->state != CATALOG_INDEX_WRITE_ONLY;
  if (!*stays)
    return model__delete_prefix(evolving->txn, STORE_ENTRIES, keyspace_number(index->def.number),
                                err);
  return *fills ? take_new_number(evolving, index, err) : LUMA_OK;
}

/* A dry run is about what may stand in the way. */
static void fill_unique_only(struct evolving *evolving) {
  for (uint32_t i = 0; i < evolving->with.indexes_count; i++)
    evolving->fills[i] &= evolving->with.indexes[i].def.unique;
}

static status follow_indexes(struct evolving *evolving, struct err *err) {
  struct collection *with = &evolving->with;
  uint32_t before = evolving->base->indexes_count, kept;
  with->indexes = arena_zalloc(&evolving->txn->kept, CATALOG_INDEXES_MAX, sizeof *with->indexes);
  if (!with->indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  with->indexes_count = 0;
  for (uint32_t i = 0; i < before; i++) {
    struct catalog_index *index = &with->indexes[with->indexes_count];
    bool stays, fills;
    if (evolving->base->indexes[i].through) continue;
    *index = evolving->base->indexes[i];
    TRY(follow_index(evolving, index, &stays, &fills, err));
    evolving->fills[with->indexes_count] = fills;
    with->indexes_count += stays;
  }
  TRY(model__soul_indexes(evolving->txn, with, evolving->fresh, &kept, err));
  for (uint32_t i = kept; i < with->indexes_count; i++) evolving->fills[i] = true;
  if (evolving->request->dry_run) fill_unique_only(evolving);
  TRY(evolve__take_built(evolving, err));
  TRY(evolve__drop_unwanted(evolving, err));
  for (uint32_t i = 0; i < with->indexes_count; i++) evolving->any_fill |= evolving->fills[i];
  return LUMA_OK;
}

/* ---- the step ---- */

static status add_step(struct evolving *evolving, struct err *err) {
  struct collection *with = &evolving->with;
  uint32_t from = evolving->base->soul, to = evolving->fresh->number;
  if (from == to) return LUMA_OK;
  struct buf text;
  buf_init(&text, EVOLUTION_TEXT_BYTES_MAX);
  struct slice steps = evolving->base->steps;
  if (steps.bytes > 2) buf_append(&text, steps.data, steps.bytes - 1);
  size_t at = text.bytes;
  soul_diff_write_steps(&evolving->diff, from, to, &text);
  if (at && text.failed == LUMA_OK) text.data[at] = ',';
  status result = buf_check(&text, "the evolution of a collection", err);
  const uint8_t *copy =
      result == LUMA_OK ? arena_copy(&evolving->txn->kept, text.data, text.bytes) : NULL;
  with->steps = slice_of(copy, text.bytes);
  buf_deinit(&text);
  TRY(result);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an evolution");
  TRY(evolution_read(with->steps, evolving->txn->model->options.rules, with->names,
                     &evolving->evolution, err));
  evolution_keep(evolving->evolution, &evolving->txn->model->kept);
  with->evolution = evolving->evolution;
  return model__save_names(evolving->txn->model, evolving->base, err);
}

static status fail_inside(struct err *err) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "this evolution looks at every being, which it cannot inside a transaction");
  err_hint(err, "COMMIT first: it is a transaction of its own");
  return LUMA_INVALID_ARGUMENT;
}

static status fail_in_the_way(struct evolving *evolving, struct err *err) {
  if (evolving->in_the_way == 0) return LUMA_OK;
  err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__,
            "%llu of %llu beings of `%.*s` stand in the way, first those with id %.*s",
            (unsigned long long)evolving->in_the_way, (unsigned long long)evolving->beings,
            SLICE_ARG(evolving->base->name), SLICE_ARG(buf_slice(&evolving->ids)));
  err_hint(err, "a dry run tells why each does");
  if (err && err->faults) {
    buf_reset(err->faults);
    buf_append_slice(err->faults, buf_slice(&evolving->first));
    err->faults_count =
        (uint32_t)(evolving->in_the_way < EVOLVE_FIRST ? evolving->in_the_way : EVOLVE_FIRST);
  }
  return LUMA_CONSTRAINT;
}

/* Whether beings may be stored under this number from an earlier time. */
static bool was_used(const struct collection *collection, uint32_t number) {
  const struct evolution *evolution = collection->evolution;
  for (uint32_t i = 0; evolution && i < evolution->steps_count; i++) {
    if (evolution->steps[i].from == number || evolution->steps[i].to == number) return true;
  }
  return false;
}

/* Views know attributes by their names. */
static status check_views(const struct evolving *evolving, struct err *err) {
  for (uint32_t i = 0; i < evolving->diff.ops_count; i++) {
    const struct evolution_op *op = &evolving->diff.ops[i];
    if (op->to.bytes || op->kind == EVOLUTION_DROP)
      TRY(model__check_views(evolving->txn, evolving->base, op->name, err));
  }
  return LUMA_OK;
}

static status prepare(struct evolving *evolving, struct err *err) {
  const struct collection *base = evolving->base;
  TRY(evolve__read(evolving, err));
  const struct soul *fresh = evolving->fresh;
  TRY(model__check_targets(evolving->txn, fresh, base->name, err));
  bool is_open = fresh->settings.has_open ? fresh->settings.open
                 : base->genotype         ? base->open
                                          : fresh->attributes_count == 0;
  struct soul_versions versions = {base->genotype, fresh, evolving->renamed, base->open, is_open};
  TRY(evolve__find_defaults(evolving, err));
  TRY(soul_compare(&versions, &evolving->hints, &evolving->txn->kept, &evolving->diff, err));
  TRY(check_views(evolving, err));
  evolving->rewrites |= evolving->diff.changes_inside;
  evolving->with = *base;
  evolving->with.version++;
  evolving->with.open = is_open;
  TRY(model__intern_attributes(evolving->txn, base, fresh, err));
  TRY(model__store_soul(evolving->txn, evolving->fresh, base->genotype, err));
  bool is_same = base->genotype && memcmp(base->genotype->hash, fresh->hash, SOUL_HASH_BYTES) == 0;
  if (is_same && evolving->diff.ops_count == 0)
    evolving->fresh->number = base->soul;
  else if (is_same || was_used(base, fresh->number))
    TRY(model__renumber_soul(evolving->txn, evolving->fresh, err));
  evolving->with.soul = fresh->number;
  evolving->with.genotype = fresh;
  TRY(follow_indexes(evolving, err));
  if (base->validator && val_count(&evolving->hints.rename))
    TRY(evolve__rename_rules(evolving, NULL, err));
  TRY(evolve__follow_limits(evolving, err));
  TRY(evolve__find_references(evolving, err));
  TRY(add_step(evolving, err));
  TRY(evolve__prove(evolving, err));
  evolving->narrows = evolve__narrows(evolving);
  return model__format_source(evolving->txn, fresh, is_open, &evolving->with.source, err);
}

static void append_report(struct evolving *evolving, struct buf *out) {
  char id[ULID_TEXT_BYTES];
  ulid_format(evolving->fresh->id, id);
  /* A dry run's soul is not kept: its id would name nothing. */
  if (evolving->request->dry_run)
    buf_append_text(out, "{\"changes\":");
  else
    buf_append_format(out, "{\"soul\":\"%.*s\",\"changes\":", ULID_TEXT_BYTES, id);
  soul_diff_write(out, &evolving->diff);
  buf_append_format(out, ",\"dry_run\":%s,\"beings\":%llu,\"in_the_way\":%llu,\"first\":[",
                    evolving->request->dry_run ? "true" : "false",
                    (unsigned long long)evolving->beings, (unsigned long long)evolving->in_the_way);
  buf_append_slice(out, buf_slice(&evolving->first));
  buf_append_text(out, "]}");
}

static bool changes_anything(const struct evolving *evolving) {
  return evolving->with.soul != evolving->base->soul ||
         evolving->with.open != evolving->base->open || evolving->any_fill ||
         evolving->counts_limits || evolving->judges_limits ||
         !slice_is_equal(evolving->with.source, evolving->base->source);
}

static status hold_one(struct model_txn *txn, uint32_t number, struct err *err) {
  for (uint32_t i = 0; i < txn->looks_count; i++)
    if (txn->looks[i] == number) return LUMA_OK;
  if (txn->looks_count == MODEL_HOLDS_MAX) return LUMA_OK;
  txn->looks[txn->looks_count++] = number;
  return txn->tries ? LUMA_OK : model__gate_hold_txn(txn, number, err);
}

/* Whoever can begin again lets writers go first until one was in the way. A transaction of several
 * statements cannot: they wait for it. */
static status hold_gate(struct evolving *evolving, struct err *err) {
  struct model_txn *txn = evolving->txn;
  uint32_t numbers[MODEL_HOLDS_MAX] = {evolving->base->number};
  uint32_t count = 1;
  if (evolving->brings_references) evolve__add_targets(evolving, numbers, &count);
  for (uint32_t i = 0; i < count; i++) TRY(model__gate_pass(txn, numbers[i], err));
  txn->passes_gate = true;
  for (uint32_t i = 0; i < count; i++) TRY(hold_one(txn, numbers[i], err));
  return LUMA_OK;
}

/* Values that were equal are not any more: the index can be filled after all. */
static status begin_again(struct evolving *evolving, struct err *err) {
  model__drop_ready(evolving->txn->model, evolving->base->number);
  FAIL(err, LUMA_CONFLICT, "the evolution begins again, with its indexes to be filled");
}

static status look(struct evolving *evolving, struct err *err) {
  if (evolving->judges_limits) TRY(evolve__judge_limits(evolving, err));
  return evolve__looks_at_beings(evolving) ? evolve__look(evolving, err) : LUMA_OK;
}

static status evolve(struct evolving *evolving, struct buf *out, struct err *err) {
  struct model_txn *txn = evolving->txn;
  bool built, counted;
  TRY(prepare(evolving, err));
  TRY(evolve__count_limits(evolving, &counted, err));
  TRY(evolve__build_indexes(evolving, &built, err));
  if (built || counted) FAIL(err, LUMA_CONFLICT, "the evolution begins again, with what was made");
  TRY(model_count(txn, evolving->base, &evolving->beings, err));
  if (!changes_anything(evolving)) {
    append_report(evolving, out);
    return buf_check(out, "the report", err);
  }
  bool looks =
      (evolving->judges_limits || evolve__looks_at_beings(evolving)) && evolving->beings > 0;
  if (looks && !txn->is_serializable) return fail_inside(err);
  bool writes = evolving->rewrites && evolving->beings > 0 && !evolving->request->dry_run;
  if ((looks || writes) && !evolving->request->dry_run) TRY(hold_gate(evolving, err));
  TRY(model__begin_change(txn, err));
  if (looks && evolving->brings_references) TRY(evolve__watch_targets(evolving, err));
  TRY(model__store_collection(txn, &evolving->with, catalog_shared(evolving->base), err));
  evolving->now = catalog_by_number(txn->catalog, evolving->with.number);
  if (looks) TRY(look(evolving, err));
  if (evolving->looks_up && evolving->in_the_way == 0 && !evolving->request->dry_run)
    return begin_again(evolving, err);
  append_report(evolving, out);
  TRY(buf_check(out, "the report", err));
  if (evolving->request->dry_run) return LUMA_OK;
  TRY(fail_in_the_way(evolving, err));
  return writes ? evolve__give_defaults(evolving, err) : LUMA_OK;
}

/* Everything is undone unless it all worked and was meant. */
static status evolve_marked(struct evolving *evolving, struct buf *out, struct err *err) {
  uint64_t mark;
  struct model_txn *txn = evolving->txn;
  uint32_t number = evolving->base->number;
  TRY(model_savepoint(txn, &mark, err));
  /* The savepoint keeps the picture that `base` stands in. */
  evolving->base = catalog_by_number(txn->catalog, number);
  status result = evolve(evolving, out, err);
  if (result == LUMA_OK && !evolving->request->dry_run) return LUMA_OK;
  struct err second = {0};
  if (model_rollback_to(txn, mark, &second) != LUMA_OK)
    err_wrap(err, "the evolution could not be undone (%s)", second.message);
  return result;
}

status model_evolve(struct model_txn *txn, const struct model_evolution *request,
                    struct buf *report, struct err *err) {
  struct evolving evolving = {.txn = txn, .request = request};
  evolving.base = catalog_find(txn->catalog, request->alias);
  if (!evolving.base) return catalog_fail_unknown(txn->catalog, request->alias, err);
  uint32_t looked = txn->looks_count;
  buf_init(&evolving.first, 1 << 20);
  buf_init(&evolving.ids, 64 << 10);
  status result = evolve_marked(&evolving, report, err);
  if (result == LUMA_CONFLICT && txn->tries) model__gate_hold_tries(txn);
  if (result == LUMA_OK) {
    model__gate_ease(txn);
  } else {
    model__gate_look_away(txn, looked);
    txn->passes_gate = txn->holds != NULL;
  }
  buf_deinit(&evolving.first);
  buf_deinit(&evolving.ids);
  for (uint32_t i = 0; i < evolving.made_count; i++) index_rules_release(evolving.made[i]);
  soul_release(evolving.fresh);
  soul_release(evolving.renamed);
  evolution_release(evolving.evolution);
  return result;
}
