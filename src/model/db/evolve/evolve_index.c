/* SPDX-License-Identifier: MIT */
/* Indexes of an evolution over many beings: new ones, and those whose attributes get other values.
 * Filled in its own transaction they would all be in memory until it commits; so they are built
 * first, as any index is: write-only, filled in steps, ready. Entries of those whose values change
 * speak of beings as the evolution will make them (`through`), those that are written meanwhile as
 * well. Then the evolution begins again, finds them, and makes them public as it commits. A crash
 * before that leaves indexes that nobody reads, which the next opening removes. */
#include "model/db/evolve/evolve_int.h"

enum { NAME_BYTES = CATALOG_NAME_BYTES_MAX - 16 };

/* Old and new form of a being have the same values there. */
static bool is_untouched(const struct evolving *evolving, const struct index_def *def) {
  if (def->wildcard.bytes) return evolving->diff.ops_count == 0;
  for (uint32_t i = 0; i < def->keys_count; i++) {
    if (index_key_is_computed(&def->keys[i])) return false;
    struct slice name = def->keys[i].path.steps[0].name;
    for (uint32_t k = 0; k < evolving->diff.ops_count; k++) {
      const struct evolution_op *op = &evolving->diff.ops[k];
      if (slice_is_equal(op->name, name) || slice_is_equal(op->to, name)) return false;
    }
  }
  return true;
}

/* ---- the step by itself ---- */

/* Of no two souls: any being takes it. */
static void write_step(const struct soul_diff *diff, struct buf *out) {
  soul_diff_write_steps(diff, UINT32_MAX, UINT32_MAX, out);
}

status evolve__make_through(const struct evolving *evolving, struct evolution **through,
                            struct err *err) {
  struct buf text;
  buf_init(&text, EVOLUTION_TEXT_BYTES_MAX);
  write_step(&evolving->diff, &text);
  status result = buf_check(&text, "the evolution of a collection", err);
  if (result == LUMA_OK)
    result = evolution_read(buf_slice(&text), evolving->txn->model->options.rules,
                            evolving->base->names, through, err);
  buf_deinit(&text);
  return result;
}

bool evolve__is_same_step(const struct evolving *evolving, const struct evolution *through) {
  struct buf mine, other;
  buf_init(&mine, EVOLUTION_TEXT_BYTES_MAX);
  buf_init(&other, EVOLUTION_TEXT_BYTES_MAX);
  write_step(&evolving->diff, &mine);
  evolution_write(&other, through->steps, through->steps_count);
  bool sound = mine.failed == LUMA_OK && other.failed == LUMA_OK;
  bool same = sound && slice_is_equal(buf_slice(&mine), buf_slice(&other));
  buf_deinit(&mine);
  buf_deinit(&other);
  return same;
}

/* ---- building ---- */

struct building {
  struct evolving *evolving;
  struct evolution *through; /* NULL: not needed so far */
  bool built;
};

/* A name of its own: the index that it will take the place of is there. */
static status make_name(struct evolving *evolving, const struct catalog_index *index,
                        struct slice *name, struct err *err) {
  struct buf text;
  int bytes = (int)(index->name.bytes < NAME_BYTES ? index->name.bytes : NAME_BYTES);
  buf_init(&text, 4096);
  buf_append_format(&text, "%.*s (%u evolves)", bytes, (const char *)index->name.data,
                    index->def.number % 1000);
  const uint8_t *copy = arena_copy(&evolving->txn->kept, text.data, text.bytes);
  *name = slice_of(copy, text.bytes);
  buf_deinit(&text);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an index");
  return LUMA_OK;
}

static status build_ready(struct building *building, const struct catalog_index *index,
                          bool as_it_is, bool unique, struct err *err) {
  struct evolving *evolving = building->evolving;
  struct model_txn *txn = evolving->txn;
  struct model_index_spec spec = model_index_spec_of(index, index->name);
  spec.if_not_exists = false;
  spec.unique = unique;
  if (!as_it_is && !building->through) TRY(evolve__make_through(evolving, &building->through, err));
  if (!as_it_is) TRY(make_name(evolving, index, &spec.name, err));
  status result = model__build_ready(txn->model, txn, evolving->base->name, &spec,
                                     as_it_is ? NULL : building->through, err);
  building->built |= result == LUMA_OK;
  if (result == LUMA_OK) txn->tries->built = evolving->base->number;
  return result;
}

/* One that cannot be unique is filled as another is, to look up who has the same values; so is what
 * a dry run asks about. */
static status build_one(struct building *building, const struct catalog_index *index,
                        struct err *err) {
  struct err why = {0};
  bool as_it_is = is_untouched(building->evolving, &index->def) && !index->rules;
  if (building->evolving->request->dry_run) return build_ready(building, index, false, false, err);
  status result = build_ready(building, index, as_it_is, index->def.unique, &why);
  if (result == LUMA_OK) return LUMA_OK;
  if (result == LUMA_DUPLICATE_KEY) return build_ready(building, index, false, false, err);
  return err_raise(err, result, why.file, why.source_line, "%s", why.message);
}

static status build_all(struct evolving *evolving, bool *built, struct err *err) {
  struct building building = {.evolving = evolving};
  status result = LUMA_OK;
  for (uint32_t i = 0; i < evolving->with.indexes_count && result == LUMA_OK; i++)
    if (evolving->fills[i]) result = build_one(&building, &evolving->with.indexes[i], err);
  evolution_release(building.through);
  *built = building.built;
  return result;
}

status evolve__build_indexes(struct evolving *evolving, bool *built, struct err *err) {
  uint64_t count;
  *built = false;
  if (!evolving->txn->tries || !evolving->any_fill) return LUMA_OK;
  TRY(model_count(evolving->txn, evolving->base, &count, err));
  if (count <= EVOLVE_AT_ONCE_MAX) return LUMA_OK;
  return build_all(evolving, built, err);
}

/* ---- taking what was built ---- */

static bool is_alike(const struct catalog_index *a, const struct catalog_index *b) {
  bool same = a->def.keys_count == b->def.keys_count && a->def.multikey == b->def.multikey &&
              a->def.sparse == b->def.sparse && a->def.nulls_distinct == b->def.nulls_distinct &&
              slice_is_equal(a->condition.text, b->condition.text) &&
              slice_is_equal(a->def.wildcard, b->def.wildcard) &&
              slice_is_equal(a->def.collation, b->def.collation);
  for (uint32_t i = 0; same && i < a->def.keys_count; i++)
    same = index_key_is_equal(&a->def.keys[i], &b->def.keys[i]) &&
           a->def.keys[i].descending == b->def.keys[i].descending;
  return same;
}

/* The one among `with.indexes` that was waiting for this; its number is taken, or used to look up
 * equal values. */
static bool take_built(struct evolving *evolving, const struct catalog_index *built) {
  if (built->state != CATALOG_INDEX_READY || !evolve__is_same_step(evolving, built->through))
    return false;
  for (uint32_t i = 0; i < evolving->with.indexes_count; i++) {
    struct catalog_index *index = &evolving->with.indexes[i];
    if (!evolving->fills[i] || !is_alike(index, built)) continue;
    bool serves = index->def.unique == built->def.unique && !evolving->request->dry_run;
    if (!serves && built->def.unique) continue;
    if (serves) index->def.number = built->def.number;
    if (!serves) evolving->equals[i] = built->def.number;
    evolving->looks_up |= !serves;
    evolving->fills[i] = false;
    return true;
  }
  return false;
}

status evolve__take_built(struct evolving *evolving, struct err *err) {
  const struct collection *base = evolving->base;
  for (uint32_t i = 0; i < base->indexes_count; i++) {
    const struct catalog_index *index = &base->indexes[i];
    if (!index->through || take_built(evolving, index)) continue;
    TRY(model__delete_prefix(evolving->txn, STORE_ENTRIES, keyspace_number(index->def.number),
                             err));
  }
  return LUMA_OK;
}

status evolve__drop_unwanted(struct evolving *evolving, struct err *err) {
  struct collection *with = &evolving->with;
  uint32_t count = 0;
  for (uint32_t i = 0; i < with->indexes_count; i++) {
    if (with->indexes[i].state == CATALOG_INDEX_READY) {
      TRY(model__delete_prefix(evolving->txn, STORE_ENTRIES,
                               keyspace_number(with->indexes[i].def.number), err));
      continue;
    }
    evolving->fills[count] = evolving->fills[i];
    evolving->equals[count] = evolving->equals[i];
    with->indexes[count++] = with->indexes[i];
  }
  with->indexes_count = count;
  return LUMA_OK;
}
