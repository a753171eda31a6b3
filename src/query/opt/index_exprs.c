/* SPDX-License-Identifier: MIT */
/* What indexes compute, as expressions: kept as text in the catalog, read once a statement. */
#include "query/opt/opt_int.h"

static status find(struct opt *opt, const struct catalog_index *index, struct opt_index **out,
                   struct err *err) {
  struct opt_index *known = opt->indexes;
  while (known && known->index != index) known = known->next;
  if (!known) {
    known = arena_zalloc(opt->arena, 1, sizeof *known);
    TRY(opt__memory(opt, known, err));
    known->index = index;
    known->next = opt->indexes;
    opt->indexes = known;
  }
  *out = known;
  return LUMA_OK;
}

status opt__index_condition(struct opt *opt, const struct catalog_index *index,
                            struct expr **condition, struct err *err) {
  struct opt_index *known = NULL;
  *condition = NULL;
  if (!opt->read_rule || !catalog_index_is_partial(index)) return LUMA_OK;
  TRY(find(opt, index, &known, err));
  if (!known->condition) TRY(opt->read_rule(opt->arena, &index->condition, &known->condition, err));
  *condition = known->condition;
  return LUMA_OK;
}

static status read_keys(struct opt *opt, struct opt_index *known, struct err *err) {
  const struct index_def *def = &known->index->def;
  struct expr **keys = arena_zalloc(opt->arena, def->keys_count, sizeof(struct expr *));
  TRY(opt__memory(opt, keys, err));
  for (uint32_t i = 0; i < def->keys_count; i++) {
    struct soul_rule rule = {.kind = SOUL_RULE_FIXED, .text = def->keys[i].expression};
    if (!index_key_is_computed(&def->keys[i])) continue;
    TRY(opt->read_rule(opt->arena, &rule, &keys[i], err));
    TRY(opt__fold_expr(opt, &keys[i], err));
  }
  known->keys = keys;
  return LUMA_OK;
}

status opt__index_keys(struct opt *opt, const struct catalog_index *index,
                       struct expr *const **keys, struct err *err) {
  struct opt_index *known = NULL;
  *keys = NULL;
  if (!opt->read_rule || !index || !index_def_is_computed(&index->def)) return LUMA_OK;
  TRY(find(opt, index, &known, err));
  if (!known->keys) TRY(read_keys(opt, known, err));
  *keys = known->keys;
  return LUMA_OK;
}
