/* SPDX-License-Identifier: MIT */
/* Conditions told from bytes: comparisons of integers, floats and short texts, and what AND, OR and
 * NOT make of them. What is not as they expect is made as a value. */
#include "query/rule/quick_int.h"
#include "value/doc/place.h"

enum { TEXTS_BYTES = 4 << 10 };

/* Whether an operand that stands there is NULL. */
static bool is_none(const struct quick_node *node, const uint8_t *map) {
  return node->kind == QUICK_STORED && *place_of(map, node->place) == VAL_NULL;
}

/* Making an operand may fail, whatever the other one is. */
static enum quick_truth none_or_unsure(const struct quick_node *node, const uint8_t *map) {
  const struct quick_node *a = node->args[0], *b = node->args[1];
  bool may_fail = a->kind == QUICK_RUN || b->kind == QUICK_RUN;
  return !may_fail && (is_none(a, map) || is_none(b, map)) ? QUICK_NONE : QUICK_UNSURE;
}

static enum quick_truth keeps(const struct quick_node *node, int order) {
  return expr_op_keeps(node->op, order) ? QUICK_TRUE : QUICK_FALSE;
}

/* ---- comparisons ---- */

static enum quick_truth compare_integers(const struct quick_node *node, const uint8_t *map) {
  int64_t a, b;
  if (!quick__ask_integer(node->args[0], map, &a) || !quick__ask_integer(node->args[1], map, &b))
    return none_or_unsure(node, map);
  return keeps(node, (a > b) - (a < b));
}

static bool ask_float(const struct quick_node *node, const uint8_t *map, double *real) {
  if (node->kind == QUICK_STORED) return place_float(place_of(map, node->place), real);
  *real = node->value.real;
  return true;
}

static enum quick_truth compare_floats(const struct quick_node *node, const uint8_t *map) {
  double a, b;
  if (!ask_float(node->args[0], map, &a) || !ask_float(node->args[1], map, &b))
    return none_or_unsure(node, map);
  if (a != a || b != b) return QUICK_UNSURE; /* what is no number has a place of its own */
  return keeps(node, (a > b) - (a < b));
}

static bool ask_text(const struct quick_node *node, const uint8_t *map, struct slice *text) {
  if (node->kind == QUICK_STORED) return place_text(place_of(map, node->place), text);
  *text = val_slice(&node->value);
  return true;
}

static enum quick_truth compare_texts(const struct quick_node *node, const uint8_t *map) {
  struct slice a, b;
  if (!ask_text(node->args[0], map, &a) || !ask_text(node->args[1], map, &b))
    return none_or_unsure(node, map);
  return keeps(node, slice_compare(a, b));
}

/* Stored values of one type, or one beside a constant of it. */
static bool are_stored_or(const struct quick_node *node, enum val_type type) {
  bool has_fixed = false;
  for (uint32_t i = 0; i < 2; i++) {
    const struct quick_node *arg = node->args[i];
    bool is_fixed = arg->kind == QUICK_FIXED && arg->value.type == type;
    if (arg->kind != QUICK_STORED && !is_fixed) return false;
    has_fixed |= is_fixed;
  }
  return has_fixed;
}

/* ---- what is made of truths ---- */

static enum quick_truth not(const struct quick_node *node, const uint8_t *map) {
  enum quick_truth truth = node->args[0]->truth(node->args[0], map);
  if (truth == QUICK_TRUE) return QUICK_FALSE;
  return truth == QUICK_FALSE ? QUICK_TRUE : truth;
}

/* One side that decides does so whatever the other is, if only that comes to an answer first. */
static enum quick_truth both(const struct quick_node *node, const uint8_t *map,
                             enum quick_truth decides) {
  enum quick_truth a = node->args[0]->truth(node->args[0], map);
  if (a == decides || a == QUICK_UNSURE) return a;
  enum quick_truth b = node->args[1]->truth(node->args[1], map);
  if (b == decides || b == QUICK_UNSURE) return b;
  return a == QUICK_NONE ? a : b;
}

static enum quick_truth and (const struct quick_node *node, const uint8_t *map) {
  return both(node, map, QUICK_FALSE);
}

static enum quick_truth or (const struct quick_node *node, const uint8_t *map) {
  return both(node, map, QUICK_TRUE);
}

static enum quick_truth is_null(const struct quick_node *node, const uint8_t *map) {
  return is_none(node->args[0], map) ? QUICK_TRUE : QUICK_FALSE;
}

static enum quick_truth is_not_null(const struct quick_node *node, const uint8_t *map) {
  return is_none(node->args[0], map) ? QUICK_FALSE : QUICK_TRUE;
}

quick_truth_fn *quick__truth_of(const struct quick_node *node) {
  bool is_of_truths = node->args_count > 0, is_of_stored = node->args_count == 1;
  for (uint32_t i = 0; i < node->args_count; i++) {
    is_of_truths &= node->args[i]->kind == QUICK_RUN && node->args[i]->truth;
    is_of_stored &= node->args[i]->kind == QUICK_STORED;
  }
  if (node->run == quick__not && is_of_truths) return not ;
  if (node->run == quick__and && is_of_truths) return and;
  if (node->run == quick__or && is_of_truths) return or ;
  if (node->run == quick__is_null && is_of_stored) return is_null;
  if (node->run == quick__is_not_null && is_of_stored) return is_not_null;
  if (node->run != quick__compare) return NULL;
  if (are_stored_or(node, VAL_FLOAT64)) return compare_floats;
  if (are_stored_or(node, VAL_TEXT)) return compare_texts;
  bool may_be = quick__may_be_integer(node->args[0]) && quick__may_be_integer(node->args[1]);
  return may_be ? compare_integers : NULL;
}

bool quick__holds(const struct soul_quick *head, const uint8_t *map) {
  const struct quick_node *root = ((const struct quick *)head)->root;
  enum quick_truth truth = root->truth ? root->truth(root, map) : QUICK_UNSURE;
  if (truth != QUICK_UNSURE) return truth != QUICK_FALSE;
  uint8_t texts[TEXTS_BYTES];
  struct soul_room room = {.at = texts, .left = sizeof texts};
  struct val value;
  if (!head->make(head, map, &room, &value)) return false;
  return val_is_null(&value) || (value.type == VAL_BOOL && value.boolean);
}
