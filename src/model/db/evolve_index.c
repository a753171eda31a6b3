/* SPDX-License-Identifier: MIT */
/* New indexes of an evolution over many beings. Filled in its own transaction they would all be in
 * memory until it commits; so they are built first, as any index is: write-only, filled in steps,
 * ready. Then the evolution begins again, finds them, and makes them public as it commits. A crash
 * before that leaves indexes that nobody reads, which the next opening removes. */
#include "model/db/evolve_int.h"

/* Old and new form of a being have the same values there. */
static bool is_untouched(const struct evolving *evolving, const struct index_def *def) {
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

static status build_one(struct evolving *evolving, const struct catalog_index *index, bool *built,
                        struct err *err) {
  const struct index_def *def = &index->def;
  struct model_index_spec spec = {.name = index->name,
                                  .keys = def->keys,
                                  .keys_count = def->keys_count,
                                  .unique = def->unique,
                                  .multikey = def->multikey,
                                  .nulls_distinct = def->nulls_distinct};
  struct err why = {0};
  status result = model__build_ready(evolving->txn->model, evolving->base->name, &spec, &why);
  *built |= result == LUMA_OK;
  if (result == LUMA_OK || result == LUMA_DUPLICATE_KEY) return LUMA_OK;
  return err_raise(err, result, why.file, why.source_line, "%s", why.message);
}

status evolve__build_indexes(struct evolving *evolving, bool *built, struct err *err) {
  uint64_t count;
  *built = false;
  if (!evolving->txn->may_restart || evolving->request->dry_run || !evolving->any_fill)
    return LUMA_OK;
  TRY(model_count(evolving->txn, evolving->base, &count, err));
  if (count <= EVOLVE_INDEXED_AT_ONCE) return LUMA_OK;
  for (uint32_t i = 0; i < evolving->with.indexes_count; i++) {
    const struct catalog_index *index = &evolving->with.indexes[i];
    if (evolving->fills[i] && is_untouched(evolving, &index->def))
      TRY(build_one(evolving, index, built, err));
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
    with->indexes[count++] = with->indexes[i];
  }
  with->indexes_count = count;
  return LUMA_OK;
}
