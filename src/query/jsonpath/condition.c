/* SPDX-License-Identifier: MIT */
/* Conditions of a path. They have three values: a comparison that makes no sense, and any error of
 * what is compared, is unknown. A lax one is true as soon as one pair of values fits; a strict one
 * looks at all pairs first, and one error makes it unknown. */
#include "query/jsonpath/jsonpath_int.h"
#include "query/regex/regex_cache.h"
#include "value/order/order.h"

typedef enum jsonpath_truth compare_fn(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                       const struct jsonpath_item *left,
                                       const struct jsonpath_item *right);

static enum jsonpath_truth truth_of(bool is) {
  return is ? JSONPATH_TRUE : JSONPATH_FALSE;
}

/* Errors of what is compared are told to nobody. */
static enum jsonpath_reach quietly(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *item, bool unwraps,
                                   struct jsonpath_list *found) {
  bool before = exec->throws;
  exec->throws = false;
  enum jsonpath_reach reach = found ? jsonpath__gather(exec, node, item, unwraps, found)
                                    : jsonpath__item(exec, node, item, NULL);
  exec->throws = before;
  return reach;
}

/* ---- pairs ---- */

struct verdict {
  bool has_true, has_error;
};

/* Whether the truth is known before all pairs were seen. */
static bool judge(const struct jsonpath_exec *exec, enum jsonpath_truth one,
                  struct verdict *verdict) {
  verdict->has_true |= one == JSONPATH_TRUE;
  verdict->has_error |= one == JSONPATH_UNKNOWN;
  return one == (exec->is_lax ? JSONPATH_TRUE : JSONPATH_UNKNOWN);
}

static enum jsonpath_truth sum_up(const struct jsonpath_exec *exec, const struct verdict *verdict) {
  if (exec->is_lax && verdict->has_true) return JSONPATH_TRUE;
  if (verdict->has_error) return JSONPATH_UNKNOWN;
  return truth_of(verdict->has_true);
}

static enum jsonpath_truth pairs(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                 const struct jsonpath_list *left,
                                 const struct jsonpath_list *right, compare_fn *compare) {
  struct verdict verdict = {0};
  for (uint32_t i = 0; i < left->count; i++) {
    for (uint32_t k = 0; k < (right ? right->count : 1); k++) {
      if (!jsonpath__tick(exec)) return JSONPATH_UNKNOWN;
      enum jsonpath_truth one =
          compare(exec, node, &left->items[i], right ? &right->items[k] : NULL);
      if (judge(exec, one, &verdict)) return one;
    }
  }
  return sum_up(exec, &verdict);
}

static enum jsonpath_truth predicate(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                     const struct jsonpath_item *item, bool unwraps_right,
                                     compare_fn *compare) {
  struct jsonpath_list left = {0}, right = {0};
  if (quietly(exec, node->left, item, true, &left) == JSONPATH_FAULT) return JSONPATH_UNKNOWN;
  if (node->right && quietly(exec, node->right, item, unwraps_right, &right) == JSONPATH_FAULT)
    return JSONPATH_UNKNOWN;
  return pairs(exec, node, &left, node->right ? &right : NULL, compare);
}

static enum jsonpath_truth compares(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                    const struct jsonpath_item *left,
                                    const struct jsonpath_item *right) {
  return jsonpath__compare(exec, node->kind, left, right);
}

static enum jsonpath_truth starts(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                  const struct jsonpath_item *left,
                                  const struct jsonpath_item *right) {
  struct slice text, prefix;
  (void)node;
  if (!jsonpath__text_of(exec, left, &text) || !jsonpath__text_of(exec, right, &prefix))
    return JSONPATH_UNKNOWN;
  return truth_of(text.bytes >= prefix.bytes &&
                  slice_is_equal(slice_of(text.data, prefix.bytes), prefix));
}

static enum jsonpath_truth likes(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                 const struct jsonpath_item *left,
                                 const struct jsonpath_item *right) {
  struct regex *regex = NULL;
  struct slice text;
  bool matches = false;
  (void)right;
  if (!jsonpath__text_of(exec, left, &text)) return JSONPATH_UNKNOWN;
  status done = regex_cache_get(exec->run->regexes, val_slice(&node->value), node->options, &regex,
                                exec->err);
  if (done == LUMA_OK) done = regex_match(regex, text, &matches, exec->err);
  if (done != LUMA_OK) (void)jsonpath__stop(exec, done);
  return done == LUMA_OK ? truth_of(matches) : JSONPATH_UNKNOWN;
}

/* ---- conditions of conditions ---- */

static enum jsonpath_truth exists(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                  const struct jsonpath_item *item) {
  struct jsonpath_list all = {0};
  enum jsonpath_reach reach = quietly(exec, node->left, item, false, exec->is_lax ? NULL : &all);
  if (reach == JSONPATH_FAULT) return JSONPATH_UNKNOWN;
  return truth_of(exec->is_lax ? reach == JSONPATH_FOUND : all.count > 0);
}

static enum jsonpath_truth joined(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                  const struct jsonpath_item *item) {
  enum jsonpath_truth decides = node->kind == JSONPATH_OR ? JSONPATH_TRUE : JSONPATH_FALSE;
  enum jsonpath_truth left = jsonpath__condition(exec, node->left, item);
  if (left == decides) return left;
  enum jsonpath_truth right = jsonpath__condition(exec, node->right, item);
  if (right == decides) return right;
  return left == JSONPATH_UNKNOWN ? left : right;
}

enum jsonpath_truth jsonpath__condition(struct jsonpath_exec *exec,
                                        const struct jsonpath_node *node,
                                        const struct jsonpath_item *item) {
  enum jsonpath_truth inner = JSONPATH_UNKNOWN;
  if (!jsonpath__tick(exec)) return JSONPATH_UNKNOWN;
  switch ((int)node->kind) {
  case JSONPATH_AND:
  case JSONPATH_OR: return joined(exec, node, item);
  case JSONPATH_NOT:
    inner = jsonpath__condition(exec, node->left, item);
    return inner == JSONPATH_UNKNOWN ? inner : truth_of(inner == JSONPATH_FALSE);
  case JSONPATH_IS_UNKNOWN:
    return truth_of(jsonpath__condition(exec, node->left, item) == JSONPATH_UNKNOWN);
  case JSONPATH_STARTS_WITH: return predicate(exec, node, item, false, starts);
  case JSONPATH_LIKE_REGEX: return predicate(exec, node, item, false, likes);
  case JSONPATH_EXISTS: return exists(exec, node, item);
  default: return predicate(exec, node, item, true, compares);
  }
}
