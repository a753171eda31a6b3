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
