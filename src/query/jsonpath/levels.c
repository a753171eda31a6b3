/* SPDX-License-Identifier: MIT */
/* Parts that lead to several values: elements, attributes, all levels. */
#include "query/jsonpath/jsonpath_int.h"
#include "value/doc/doc.h"

/* A walk down: `node` is run on what stands between the levels. */
struct walk {
  const struct jsonpath_node *node; /* NULL: it is found itself */
  uint32_t first, last;
  bool forgives, unwraps;
};

static struct jsonpath_item child_of(const struct jsonpath_item *item, uint32_t nth) {
  struct slice name;
  return jsonpath__item_of(jsonpath__is_list(item) ? val_at(&item->value, nth)
                                                   : val_field_at(&item->value, nth, &name));
}

static bool has_children(const struct jsonpath_item *item) {
  return jsonpath__is_list(item) || jsonpath__is_map(item);
}

static enum jsonpath_reach visit(struct jsonpath_exec *exec, const struct walk *walk,
                                 const struct jsonpath_item *item, struct jsonpath_list *found) {
  if (!walk->node) return found ? jsonpath__add(exec, found, item) : JSONPATH_FOUND;
  bool before = exec->ignores_structure;
  if (walk->forgives) exec->ignores_structure = true;
  enum jsonpath_reach reach = jsonpath__step(exec, walk->node, item, found, walk->unwraps);
  exec->ignores_structure = before;
  return reach;
}

/* Whether a search is over: a fault, or something found where only that is asked. */
static bool ends(enum jsonpath_reach reach, const struct jsonpath_list *found) {
  return reach == JSONPATH_FAULT || (reach == JSONPATH_FOUND && !found);
}

static enum jsonpath_reach go_down(struct jsonpath_exec *exec, const struct walk *walk,
                                   const struct jsonpath_item *item, uint32_t level,
                                   struct jsonpath_list *found) {
  enum jsonpath_reach reach = JSONPATH_NOTHING;
  bool only_leaves = walk->first == JSONPATH_LEVEL_LAST && walk->last == JSONPATH_LEVEL_LAST;
  uint32_t count = level > walk->last ? 0 : val_count(&item->value);
  for (uint32_t i = 0; i < count; i++) {
    struct jsonpath_item child = child_of(item, i);
    if (!jsonpath__tick(exec)) return JSONPATH_FAULT;
    if (level >= walk->first || (only_leaves && !has_children(&child)))
      reach = visit(exec, walk, &child, found);
    if (ends(reach, found)) return reach;
    if (level < walk->last && has_children(&child))
      reach = go_down(exec, walk, &child, level + 1, found);
    if (ends(reach, found)) return reach;
  }
  return reach;
}

enum jsonpath_reach jsonpath__each(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *list, struct jsonpath_list *found,
                                   bool unwraps) {
  struct walk walk = {.node = node, .first = 1, .last = 1, .unwraps = unwraps};
  return go_down(exec, &walk, list, 1, found);
}

enum jsonpath_reach jsonpath__any_key(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                      const struct jsonpath_item *item, struct jsonpath_list *found,
                                      bool unwraps) {
  if (jsonpath__is_map(item)) return jsonpath__each(exec, node->next, item, found, exec->is_lax);
  if (unwraps && jsonpath__is_list(item)) return jsonpath__each(exec, node, item, found, false);
  if (exec->ignores_structure) return JSONPATH_NOTHING;
  return jsonpath__fault(exec, LUMA_INVALID_VALUE, "lax paths take what is not there for nothing",
                         "`.*` is asked of %s %s, not of an object", jsonpath__article(item),
                         jsonpath__type_name(item));
}

enum jsonpath_reach jsonpath__any_element(struct jsonpath_exec *exec,
                                          const struct jsonpath_node *node,
                                          const struct jsonpath_item *item,
                                          struct jsonpath_list *found, bool unwraps) {
  (void)unwraps;
  if (jsonpath__is_list(item)) return jsonpath__each(exec, node->next, item, found, exec->is_lax);
  if (exec->is_lax) return jsonpath__next(exec, node, item, found);
  if (exec->ignores_structure) return JSONPATH_NOTHING;
  return jsonpath__fault(exec, LUMA_INVALID_VALUE, "lax paths take a value for a list of itself",
                         "`[*]` is asked of %s %s, not of an array", jsonpath__article(item),
                         jsonpath__type_name(item));
}

enum jsonpath_reach jsonpath__any(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                  const struct jsonpath_item *item, struct jsonpath_list *found,
                                  bool unwraps) {
  struct walk walk = {.node = node->next,
                      .first = node->first,
                      .last = node->last,
                      .forgives = true,
                      .unwraps = exec->is_lax};
  enum jsonpath_reach reach = JSONPATH_NOTHING;
  (void)unwraps;
  if (node->first == 0) reach = visit(exec, &walk, item, found);
  bool is_enough = reach == JSONPATH_FOUND && !found;
  if (is_enough || !has_children(item)) return reach;
  return go_down(exec, &walk, item, 1, found); /* an error of the item itself counts no more */
}

/* ---- subscripts ---- */

static enum jsonpath_reach subscript(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                     const struct jsonpath_item *item, int64_t *index) {
  struct jsonpath_list found = {0};
  if (jsonpath__item(exec, node, item, &found) == JSONPATH_FAULT) return JSONPATH_FAULT;
  if (found.count != 1 || !jsonpath__is_number(&found.items[0]))
    return jsonpath__fault(exec, LUMA_INVALID_VALUE, "", "a subscript is not a single number");
  const struct val *number = &found.items[0].value;
  bool is_negative = val_to_float64(number) < 0;
  struct val whole = jsonpath__round(number, is_negative); /* towards zero */
  if (!val_is_integer(&whole) || whole.integer > INT32_MAX || whole.integer < INT32_MIN)
    return jsonpath__fault(exec, LUMA_OUT_OF_RANGE, "", "a subscript is no 32-bit integer");
  *index = whole.integer;
  return JSONPATH_FOUND;
}

static enum jsonpath_reach range(struct jsonpath_exec *exec, const struct jsonpath_node *range,
                                 const struct jsonpath_item *item, int64_t *from, int64_t *to) {
  if (subscript(exec, range->left, item, from) == JSONPATH_FAULT) return JSONPATH_FAULT;
  *to = *from;
  if (range->right && subscript(exec, range->right, item, to) == JSONPATH_FAULT)
    return JSONPATH_FAULT;
  if (!exec->ignores_structure && (*from < 0 || *from > *to || *to >= exec->size))
    return jsonpath__fault(exec, LUMA_INVALID_VALUE, "lax paths take what is not there for nothing",
                           "a subscript is outside the array of size %lld", (long long)exec->size);
  if (*from < 0) *from = 0;
  if (*to >= exec->size) *to = exec->size - 1;
  return JSONPATH_FOUND;
}

static enum jsonpath_reach pick(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                const struct jsonpath_item *item, struct jsonpath_list *found) {
  enum jsonpath_reach reach = JSONPATH_NOTHING;
  int64_t from = 0, to = 0;
  for (const struct jsonpath_node *at = node->subscripts; at; at = at->next) {
    if (range(exec, at, item, &from, &to) == JSONPATH_FAULT) return JSONPATH_FAULT;
    for (int64_t i = from; i <= to; i++) {
      struct jsonpath_item element = jsonpath__is_list(item) ? child_of(item, (uint32_t)i) : *item;
      int64_t size = exec->size; /* of ours: what follows may have subscripts too */
      enum jsonpath_reach one = jsonpath__next(exec, node, &element, found);
      exec->size = size;
      if (ends(one, found)) return one;
      if (one == JSONPATH_FOUND) reach = one;
    }
  }
  return reach;
}

enum jsonpath_reach jsonpath__elements(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                       const struct jsonpath_item *item,
                                       struct jsonpath_list *found, bool unwraps) {
  int64_t before = exec->size;
  (void)unwraps;
  bool is_one = jsonpath__is_list(item) || exec->is_lax;
  if (!is_one && exec->ignores_structure) return JSONPATH_NOTHING;
  if (!is_one)
    return jsonpath__fault(exec, LUMA_INVALID_VALUE, "lax paths take a value for a list of itself",
                           "a subscript is asked of %s %s, not of an array",
                           jsonpath__article(item), jsonpath__type_name(item));
  exec->size = jsonpath__is_list(item) ? val_count(&item->value) : 1;
  enum jsonpath_reach reach = pick(exec, node, item, found);
  exec->size = before;
  return reach;
}
