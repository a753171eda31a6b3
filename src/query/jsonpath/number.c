/* SPDX-License-Identifier: MIT */
/* Arithmetic of paths: integers while they fit, else decimals. */
#include <math.h>

#include "query/jsonpath/jsonpath_int.h"

static bool is_zero(const struct val *number) {
  int64_t whole = 1;
  return val_to_int64(number, &whole) && whole == 0;
}

static bool whole_sum(enum jsonpath_kind op, int64_t a, int64_t b, int64_t *out) {
  switch ((int)op) {
  case JSONPATH_ADD: return !__builtin_add_overflow(a, b, out);
  case JSONPATH_SUBTRACT: return !__builtin_sub_overflow(a, b, out);
  case JSONPATH_MULTIPLY: return !__builtin_mul_overflow(a, b, out);
  case JSONPATH_MODULO: *out = b == -1 ? 0 : a % b; return true;
  default: return false;
  }
}

static struct decimal decimal_sum(const struct jsonpath_exec *exec, enum jsonpath_kind op,
                                  struct decimal a, struct decimal b) {
  switch ((int)op) {
  case JSONPATH_ADD: return decimal_add(a, b);
  case JSONPATH_SUBTRACT: return decimal_subtract(a, b);
  case JSONPATH_MULTIPLY: return decimal_multiply(a, b);
  case JSONPATH_MODULO: return decimal_remainder(a, b);
  default: return exec->run->host->divide(a, b);
  }
}

static enum jsonpath_reach compute(struct jsonpath_exec *exec, enum jsonpath_kind op,
                                   const struct val *a, const struct val *b, struct val *out) {
  int64_t whole = 0;
  struct decimal_parts parts;
  if ((op == JSONPATH_DIVIDE || op == JSONPATH_MODULO) && is_zero(b))
    return jsonpath__fault(exec, LUMA_OUT_OF_RANGE, "", "division by zero");
  bool are_whole = val_is_integer(a) && val_is_integer(b);
  if (are_whole && whole_sum(op, a->integer, b->integer, &whole)) {
    *out = val_int64(whole);
    return JSONPATH_FOUND;
  }
  struct decimal made = decimal_sum(exec, op, val_to_decimal(a), val_to_decimal(b));
  if (decimal_unpack(made, &parts) != DECIMAL_FINITE)
    return jsonpath__fault(exec, LUMA_OUT_OF_RANGE, "", "the result is no number");
  *out = val_decimal(made);
  return JSONPATH_FOUND;
}

static char sign_of(enum jsonpath_kind op) {
  static const char signs[] = {'+', '-', '*', '/', '%', '+', '-'};
  return signs[op - JSONPATH_ADD];
}

/* Both sides are a single number each, in a lax path also a list of one. */
static enum jsonpath_reach operand(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   bool is_left, const struct jsonpath_item *item,
                                   struct val *out) {
  struct jsonpath_list found = {0};
  const struct jsonpath_node *side = is_left ? node->left : node->right;
  if (jsonpath__gather(exec, side, item, true, &found) == JSONPATH_FAULT) return JSONPATH_FAULT;
  if (found.count == 1 && jsonpath__is_number(&found.items[0])) {
    *out = found.items[0].value;
    return JSONPATH_FOUND;
  }
  const char *what = found.count == 1 ? jsonpath__type_name(&found.items[0]) : "none or several";
  return jsonpath__fault(exec, LUMA_INVALID_VALUE, "",
                         "the %s operand of `%c` in a path is not a single number (%s)",
                         is_left ? "left" : "right", sign_of(node->kind), what);
}

enum jsonpath_reach jsonpath__arithmetic(struct jsonpath_exec *exec,
                                         const struct jsonpath_node *node,
                                         const struct jsonpath_item *item,
                                         struct jsonpath_list *found, bool unwraps) {
  struct val a, b, made;
  (void)unwraps;
  if (operand(exec, node, true, item, &a) == JSONPATH_FAULT ||
      operand(exec, node, false, item, &b) == JSONPATH_FAULT ||
      compute(exec, node->kind, &a, &b, &made) == JSONPATH_FAULT)
    return JSONPATH_FAULT;
  struct jsonpath_item result = jsonpath__item_of(made);
  return jsonpath__next(exec, node, &result, found);
}

static struct val negated(const struct val *number) {
  if (val_is_integer(number) && number->integer != INT64_MIN) return val_int64(-number->integer);
  if (number->type == VAL_FLOAT64) return number->real == 0 ? *number : val_float64(-number->real);
  return val_decimal(decimal_negate(val_to_decimal(number)));
}

enum jsonpath_reach jsonpath__signed(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                     const struct jsonpath_item *item, struct jsonpath_list *found,
                                     bool unwraps) {
  struct jsonpath_list all = {0};
  enum jsonpath_reach reach = JSONPATH_NOTHING;
  (void)unwraps;
  if (jsonpath__gather(exec, node->left, item, true, &all) == JSONPATH_FAULT) return JSONPATH_FAULT;
  for (uint32_t i = 0; i < all.count; i++) {
    struct jsonpath_item at = all.items[i];
    bool is_number = jsonpath__is_number(&at), only_asks = !found && !node->next;
    if (only_asks && is_number) return JSONPATH_FOUND;
    if (only_asks) continue;
    if (!is_number)
      return jsonpath__fault(exec, LUMA_INVALID_VALUE, "",
                             "`%c` in a path takes numbers, not %s %s", sign_of(node->kind),
                             jsonpath__article(&at), jsonpath__type_name(&at));
    if (node->kind == JSONPATH_MINUS) at.value = negated(&at.value);
    enum jsonpath_reach one = jsonpath__next(exec, node, &at, found);
    if (one == JSONPATH_FAULT || (one == JSONPATH_FOUND && !found)) return one;
    if (one == JSONPATH_FOUND) reach = one;
  }
  return reach;
}

/* ---- rounding ---- */

/* Beyond 2^53 a double is whole. */
static struct val round_real(double real, bool up) {
  double whole = up ? ceil(real) : floor(real);
  struct val made = val_float64(whole);
  int64_t exact = 0;
  return val_to_int64(&made, &exact) ? val_int64(exact) : made;
}

static struct val round_decimal(struct decimal decimal, bool up) {
  struct decimal rest = decimal_remainder(decimal, decimal_from_int64(1));
  struct decimal whole = decimal_quantize(decimal_subtract(decimal, rest), 0);
  int side = decimal_compare(rest, decimal_from_int64(0));
  if (up && side > 0) whole = decimal_add(whole, decimal_from_int64(1));
  if (!up && side < 0) whole = decimal_subtract(whole, decimal_from_int64(1));
  struct val made = val_decimal(whole);
  int64_t exact = 0;
  return val_to_int64(&made, &exact) ? val_int64(exact) : made;
}

struct val jsonpath__round(const struct val *number, bool up) {
  if (val_is_integer(number)) return *number;
  return number->type == VAL_FLOAT64 ? round_real(number->real, up)
                                     : round_decimal(number->decimal, up);
}
