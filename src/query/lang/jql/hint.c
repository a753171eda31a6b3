/* SPDX-License-Identifier: MIT */
/* hint: which index a command is to read by: its name, its keys, or {"$natural": 1} for none. */
#include "query/lang/jql/jql_int.h"

static status read_natural(const struct jql *jql, const struct jql_node *node,
                           struct plan_hint *hint) {
  int64_t direction = 0;
  bool is_number = val_is_number(&node->value) && val_to_int64(&node->value, &direction);
  if (!is_number || (direction != 1 && direction != -1))
    return jql__fail_code(jql, node, 2, "$natural is 1 (forwards) or -1 (backwards)");
  hint->is_key = hint->is_natural = true;
  hint->is_backwards = direction < 0;
  return LUMA_OK;
}

/** MongoDB's index over the key is the key here. */
static bool is_key(const struct plan_hint *hint) {
  if (hint->name.bytes) return slice_is_equal(hint->name, slice_of_text("_id_"));
  const struct path *path = &hint->keys[0].path;
  return hint->keys_count == 1 && path->count == 1 &&
         slice_is_equal(path->steps[0].name, slice_of_text("_id"));
}

static status read_hint(const struct jql *jql, const struct jql_node *node,
                        struct plan_hint *hint) {
  if (node->value.type == VAL_TEXT) {
    hint->name = val_slice(&node->value);
    if (!hint->name.bytes) return jql__fail_code(jql, node, 2, "a hint names an index");
  } else if (node->value.type != VAL_MAP) {
    return jql__fail_type(jql, node, "the name of an index, or its keys");
  } else {
    struct jql_each each = jql__each(jql, node);
    struct jql_node first;
    if (jql__next(&each, &first) && jql_is_named(&first, "$natural"))
      return read_natural(jql, &first, hint);
    TRY(jql__index_keys(jql, node, &hint->keys, &hint->keys_count));
  }
  hint->is_key = is_key(hint);
  return LUMA_OK;
}

status jql__hint(const struct jql *jql, const struct jql_node *hint, struct plan *plan) {
  bool is_empty = hint->value.type == VAL_MAP && val_count(&hint->value) == 0;
  if (!jql_is_given(hint) || is_empty) return LUMA_OK;
  while (plan && plan->kind != PLAN_SCAN) plan = plan->input;
  if (!plan) return LUMA_OK;
  plan->hint = arena_zalloc(jql->arena, 1, sizeof *plan->hint);
  TRY(jql__made(jql, plan->hint));
  return read_hint(jql, hint, plan->hint);
}

/* ---- min and max ---- */

enum { NEEDS_HINT = 51173, OTHER_FIELDS = 51176 };

static bool is_edge(const struct jql_node *node) {
  return jql_is_given(node) && val_count(&node->value) > 0;
}

static status read_edge(const struct jql *jql, const struct jql_node *map, struct plan_hint *hint,
                        struct val **edge) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node field;
  struct val *values = arena_zalloc(jql->arena, each.count, sizeof *values);
  struct path *paths = arena_zalloc(jql->arena, each.count, sizeof *paths);
  TRY(jql__made(jql, values ? (void *)paths : NULL));
  bool fits = !hint->edge_count || hint->edge_count == each.count;
  for (uint32_t i = 0; fits && jql__next(&each, &field); i++) {
    TRY(jql__path(jql, &field, field.name, &paths[i]));
    fits = !hint->edge_count || path_is_equal(&paths[i], &hint->edge_paths[i]);
    values[i] = field.value;
  }
  if (!fits)
    return jql__fail_code(jql, map, OTHER_FIELDS, "min and max must have the same field names");
  hint->edge_paths = paths;
  hint->edge_count = each.count;
  *edge = values;
  return LUMA_OK;
}

status jql__edges(const struct jql *jql, const struct jql_node *min, const struct jql_node *max,
                  struct plan *plan) {
  if (!is_edge(min) && !is_edge(max)) return LUMA_OK;
  if (!plan->hint)
    return jql__fail_code(jql, is_edge(min) ? min : max, NEEDS_HINT,
                          "When using min()/max() a hint of which index to use must be provided");
  if (is_edge(min)) TRY(read_edge(jql, min, plan->hint, &plan->hint->from));
  return is_edge(max) ? read_edge(jql, max, plan->hint, &plan->hint->to) : LUMA_OK;
}
