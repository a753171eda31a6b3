/* SPDX-License-Identifier: MIT */
/* Whether one condition holds wherever another does: what a partial index needs to serve. Sound,
 * not complete: conjunctions, disjunctions, comparisons of one attribute with constants, and
 * predicates that are written alike. */
#include "query/opt/implies.h"

#include "base/core/assert.h"
#include "value/order/order.h"

enum { IMPLIES_DEPTH_MAX = 32, TEXT_BYTES_MAX = 64 << 10 };
enum { ULID_TEXT = 26, UUID_TEXT = 36 };

/** A condition as written in either family, or a part of one that stands for several: an end of a
 * BETWEEN, a value of NOT IN or $all. */
struct term {
  const struct expr *expr;   /* NULL: match */
  const struct match *match; /* MongoDB's */
  uint32_t part;             /* which, from 1; 0: the whole */
};

enum term_kind { TERM_AND, TERM_OR, TERM_ATOM };

enum atom_op {
  ATOM_OTHER,
  ATOM_EQ,
  ATOM_NE,
  ATOM_GT,
  ATOM_GTE,
  ATOM_LT,
  ATOM_LTE,
  ATOM_IN,
  ATOM_THERE,
  ATOM_TYPE /* MongoDB's $type, by one name */
};

/** A predicate on one attribute. */
struct atom {
  enum atom_op op;
  const struct path *path;
  bool is_key, mongo;
  bool needs_value; /* true only of documents that have the attribute, not null */
  struct expr *const *values;
  uint32_t values_count; /* 0: `value` */
  struct val value;
};

static struct term term_of(const struct expr *expr) {
  if (expr->kind == EXPR_MATCH) return (struct term){.match = expr->match};
  return (struct term){.expr = expr};
}

/** {$all: [value, …]}: each of them is an equality. */
static bool is_all_of_values(const struct match *match) {
  return match->op == MATCH_ALL && match->children_count == 0 && match->value &&
         match->value->kind == EXPR_CONST && match->value->value.type == VAL_LIST;
}

static bool is_between(const struct expr *expr) {
  return expr->kind == EXPR_BETWEEN && !expr->negated && expr->args_count == 3;
}

static bool is_not_in(const struct expr *expr) {
  return expr->kind == EXPR_IN && expr->negated && expr->args_count > 1;
}

static enum term_kind kind_of_match(const struct match *match) {
  if (match->op == MATCH_OR) return TERM_OR;
  return match->op == MATCH_AND || is_all_of_values(match) ? TERM_AND : TERM_ATOM;
}

static enum term_kind kind_of(const struct term *term) {
  if (term->part) return TERM_ATOM;
  if (term->match) return kind_of_match(term->match);
  ASSERT(term->expr);
  if (is_between(term->expr) || is_not_in(term->expr)) return TERM_AND;
  if (term->expr->kind != EXPR_BINARY) return TERM_ATOM;
  return term->expr->op == EXPR_OP_AND  ? TERM_AND
         : term->expr->op == EXPR_OP_OR ? TERM_OR
                                        : TERM_ATOM;
}

static bool has_parts(const struct term *term) {
  if (term->match) return is_all_of_values(term->match);
  ASSERT(term->expr);
  return is_between(term->expr) || is_not_in(term->expr);
}

static uint32_t children_of(const struct term *term) {
  if (term->match && has_parts(term)) return val_count(&term->match->value->value);
  if (term->match) return term->match->children_count;
  return has_parts(term) ? term->expr->args_count - 1 : term->expr->args_count;
}

static struct term child_of(const struct term *term, uint32_t nth) {
  if (has_parts(term))
    return (struct term){.expr = term->expr, .match = term->match, .part = nth + 1};
  if (term->match) return (struct term){.match = term->match->children[nth]};
  return term_of(term->expr->args[nth]);
}

/* ---- atoms ---- */

static bool is_field(const struct expr *expr) {
  return expr->kind == EXPR_FIELD && expr->path.count;
}

static enum atom_op mirrored(enum atom_op op, bool swapped) {
  if (!swapped) return op;
  switch ((int)op) {
  case ATOM_GT: return ATOM_LT;
  case ATOM_GTE: return ATOM_LTE;
  case ATOM_LT: return ATOM_GT;
  case ATOM_LTE: return ATOM_GTE;
  default: return op;
  }
}

static enum atom_op op_of_comparison(enum expr_op op) {
  switch ((int)op) {
  case EXPR_OP_EQ: return ATOM_EQ;
  case EXPR_OP_NE: return ATOM_NE;
  case EXPR_OP_GT: return ATOM_GT;
  case EXPR_OP_GE: return ATOM_GTE;
  case EXPR_OP_LT: return ATOM_LT;
  case EXPR_OP_LE: return ATOM_LTE;
  default: return ATOM_OTHER;
  }
}

static void set_field(struct atom *atom, const struct expr *field) {
  atom->path = &field->path;
  atom->is_key = field->key;
}

/* SQL's: whatever compares is true only of values that are there. */
static struct atom atom_of_expr(const struct expr *expr) {
  struct atom atom = {0};
  bool is_binary = expr->kind == EXPR_BINARY && expr->args_count >= 2 && !expr->mongo;
  if (is_binary && (is_field(expr->args[0]) || is_field(expr->args[1]))) {
    bool swapped = !is_field(expr->args[0]);
    enum atom_op op = op_of_comparison(expr->op);
    set_field(&atom, expr->args[swapped]);
    if (op != ATOM_OTHER && expr->args[!swapped]->kind == EXPR_CONST) {
      atom.op = mirrored(op, swapped);
      atom.values = (struct expr *const *)&expr->args[!swapped];
      atom.values_count = 1;
    }
    atom.needs_value = op != ATOM_OTHER || (expr->op == EXPR_OP_LIKE && !swapped);
  } else if (expr->kind == EXPR_IN && !expr->negated && is_field(expr->args[0])) {
    set_field(&atom, expr->args[0]);
    atom.op = ATOM_IN;
    atom.values = expr->args + 1;
    atom.values_count = expr->args_count - 1;
    atom.needs_value = true;
  } else if (expr->kind == EXPR_UNARY && expr->op == EXPR_OP_IS_NOT_NULL &&
             is_field(expr->args[0])) {
    set_field(&atom, expr->args[0]);
    atom.op = ATOM_THERE;
    atom.needs_value = true;
  }
  return atom;
}

/** An end of a BETWEEN, or a value that NOT IN excludes. */
static struct atom atom_of_part(const struct expr *expr, uint32_t part) {
  struct atom atom = {.needs_value = true};
  if (!is_field(expr->args[0]) || expr->args[part]->kind != EXPR_CONST) return (struct atom){0};
  set_field(&atom, expr->args[0]);
  atom.op = is_not_in(expr) ? ATOM_NE : part == 1 ? ATOM_GTE : ATOM_LTE;
  atom.value = expr->args[part]->value;
  return atom;
}

/** `active` and `NOT active`, where they are wanted: true of TRUE and of FALSE, at least. */
static bool read_flag(const struct expr *expr, struct atom *atom) {
  bool is_not = expr->kind == EXPR_UNARY && expr->op == EXPR_OP_NOT;
  const struct expr *field = is_not ? expr->args[0] : expr;
  if (!is_field(field)) return false;
  *atom = (struct atom){.op = ATOM_EQ, .value = val_bool(!is_not)};
  set_field(atom, field);
  return true;
}

static bool is_value(const struct expr *value) {
  return value && value->kind == EXPR_CONST && !val_is_null(&value->value);
}

static struct atom atom_of_match(const struct match *match) {
  static const enum atom_op ops[] = {
      [MATCH_EQ] = ATOM_EQ, [MATCH_GT] = ATOM_GT,   [MATCH_GTE] = ATOM_GTE,
      [MATCH_LT] = ATOM_LT, [MATCH_LTE] = ATOM_LTE, [MATCH_IN] = ATOM_IN};
  struct atom atom = {.path = &match->path, .is_key = match->key, .mongo = true};
  if (match->path.count == 0 || match_is_about_all(match)) return (struct atom){0};
  switch ((int)match->op) {
  case MATCH_EQ:
  case MATCH_GT:
  case MATCH_GTE:
  case MATCH_LT:
  case MATCH_LTE:
    if (!is_value(match->value)) return (struct atom){0};
    atom.op = ops[match->op];
    atom.values = (struct expr *const *)&match->value;
    atom.values_count = 1;
    atom.needs_value = true;
    break;
  case MATCH_EXISTS:
    if (is_value(match->value) && match->value->value.type == VAL_BOOL &&
        match->value->value.boolean)
      atom.op = ATOM_THERE;
    break;
  case MATCH_IN:
    if (!is_value(match->value) || match->value->value.type != VAL_LIST) return (struct atom){0};
    atom.op = ATOM_IN;
    atom.values = (struct expr *const *)&match->value;
    atom.values_count = 1;
    break;
  case MATCH_TYPE:
    if (!is_value(match->value) || match->value->value.type != VAL_TEXT) break;
    atom.op = ATOM_TYPE;
    atom.value = match->value->value;
    break;
  case MATCH_REGEX:
  case MATCH_SIZE:
  case MATCH_MOD:
  case MATCH_ELEM: atom.needs_value = true; break;
  default: break;
  }
  return atom;
}

/** A value of $all. */
static struct atom atom_of_all(const struct match *match, uint32_t part) {
  struct atom atom = {.op = ATOM_EQ, .path = &match->path, .is_key = match->key, .mongo = true};
  atom.value = val_at(&match->value->value, part - 1);
  atom.needs_value = !val_is_null(&atom.value);
  return match->path.count ? atom : (struct atom){0};
}

static struct atom atom_of(const struct term *term) {
  if (term->part)
    return term->match ? atom_of_all(term->match, term->part)
                       : atom_of_part(term->expr, term->part);
  return term->match ? atom_of_match(term->match) : atom_of_expr(term->expr);
}

/* ---- values ---- */

/** Values of IN, one by one: a list of them, or a value that is one. */
static uint32_t count_values(const struct atom *atom) {
  if (atom->op == ATOM_IN && atom->mongo) return val_count(&atom->values[0]->value);
  return atom->values_count ? atom->values_count : 1;
}

static struct val value_at(const struct atom *atom, uint32_t nth) {
  if (atom->values_count == 0) return atom->value;
  if (atom->op == ATOM_IN && atom->mongo) return val_at(&atom->values[0]->value, nth);
  return atom->values[nth]->kind == EXPR_CONST ? atom->values[nth]->value : val_missing();
}

/** Values whose order says all about them: no lists, patterns, nulls, and no texts that spell
 * values of other kinds. */
static bool is_plain(const struct val *value, bool mongo) {
  if (value->type == VAL_FLOAT64) return value->real == value->real;
  if (val_is_number(value)) return value->type != VAL_DECIMAL;
  if (value->type == VAL_TEXT)
    return mongo && value->bytes != ULID_TEXT && value->bytes != UUID_TEXT;
  return value->type == VAL_BOOL || (mongo && value->type == VAL_TIMESTAMP);
}

/** Whether what compares so with `have` compares so with `want`. */
static bool value_fits(enum atom_op have_op, const struct val *have, enum atom_op want_op,
                       const struct val *want, bool mongo) {
  if (have_op == ATOM_EQ && want_op == ATOM_EQ)
    return have->type != VAL_REGEX && !val_is_null(have) && val_is_equal(have, want);
  if (!is_plain(have, mongo) || !is_plain(want, mongo)) return false;
  if (val_order_class((enum val_type)have->type) != val_order_class((enum val_type)want->type))
    return false;
  int order = val_compare(have, want);
  bool is_up = have_op == ATOM_EQ || have_op == ATOM_GT || have_op == ATOM_GTE,
       is_down = have_op == ATOM_EQ || have_op == ATOM_LT || have_op == ATOM_LTE;
  switch ((int)want_op) {
  case ATOM_GT: return is_up && (order > 0 || (order == 0 && have_op == ATOM_GT));
  case ATOM_GTE: return is_up && order >= 0;
  case ATOM_LT: return is_down && (order < 0 || (order == 0 && have_op == ATOM_LT));
  case ATOM_LTE: return is_down && order <= 0;
  case ATOM_NE:
    return (is_up && order > 0) || (is_down && order < 0) ||
           (order == 0 && (have_op == ATOM_GT || have_op == ATOM_LT));
  default: return false;
  }
}

/** Whether what compares so with `have` has an element of MongoDB's type. Numbers of all kinds
 * compare with each other. */
static bool type_fits(const struct val *have, const struct val *name) {
  struct slice text = val_slice(name);
  if (!is_plain(have, true)) return false;
  if (val_is_number(have)) return slice_is_equal(text, slice_of_text("number"));
  if (have->type == VAL_TEXT) return slice_is_equal(text, slice_of_text("string"));
  if (have->type == VAL_BOOL) return slice_is_equal(text, slice_of_text("bool"));
  return have->type == VAL_TIMESTAMP && slice_is_equal(text, slice_of_text("date"));
}

/** Whether a value that compares so is one of those wanted, or in their range. */
static bool one_fits(enum atom_op op, const struct val *have, const struct atom *want) {
  if (want->op == ATOM_TYPE) return type_fits(have, &want->value);
  if (want->op != ATOM_IN) {
    struct val value = value_at(want, 0);
    return count_values(want) == 1 && value.type != VAL_MISSING &&
           value_fits(op, have, want->op, &value, want->mongo);
  }
  for (uint32_t i = 0; i < count_values(want); i++) {
    struct val value = value_at(want, i);
    if (value_fits(op, have, ATOM_EQ, &value, want->mongo)) return true;
  }
  return false;
}

static bool values_fit(const struct atom *have, const struct atom *want) {
  uint32_t count = count_values(have);
  enum atom_op op = have->op == ATOM_IN ? ATOM_EQ : have->op;
  for (uint32_t i = 0; i < count; i++) {
    struct val value = value_at(have, i);
    if (val_is_null(&value)) return false;
    if (want->op != ATOM_THERE && !one_fits(op, &value, want)) return false;
  }
  return count > 0;
}

static bool is_written_alike(const struct term *a, const struct term *b) {
  struct buf one, other;
  if (a->part || b->part) return false;
  buf_init(&one, TEXT_BYTES_MAX);
  buf_init(&other, TEXT_BYTES_MAX);
  if (a->match)
    match_format(a->match, &one);
  else
    expr_format(a->expr, &one);
  if (b->match)
    match_format(b->match, &other);
  else
    expr_format(b->expr, &other);
  bool same = buf_check(&one, "a condition", NULL) == LUMA_OK &&
              buf_check(&other, "a condition", NULL) == LUMA_OK &&
              slice_is_equal(buf_slice(&one), buf_slice(&other));
  buf_deinit(&one);
  buf_deinit(&other);
  return same;
}

static bool atom_implies(const struct term *have, const struct term *want) {
  struct atom a = atom_of(have), b = atom_of(want);
  if (!have->match != !want->match) return false;
  if (is_written_alike(have, want)) return true;
  if (b.op == ATOM_OTHER && want->expr && !want->part) (void)read_flag(want->expr, &b);
  if (!a.path || !b.path || a.is_key != b.is_key || !path_is_equal(a.path, b.path)) return false;
  if (b.op == ATOM_THERE && a.needs_value) return true;
  if (a.op == ATOM_OTHER || b.op == ATOM_OTHER || a.op == ATOM_THERE || a.op == ATOM_TYPE)
    return false;
  if (a.op == ATOM_NE) {
    struct val out = value_at(&a, 0), unwanted = value_at(&b, 0);
    return b.op == ATOM_NE && value_fits(ATOM_EQ, &out, ATOM_EQ, &unwanted, a.mongo);
  }
  return values_fit(&a, &b);
}

/* ---- terms ---- */

static bool implies(const struct term *have, const struct term *want, unsigned depth);

static bool all_of_want(const struct term *have, const struct term *want, unsigned depth) {
  for (uint32_t i = 0; i < children_of(want); i++) {
    struct term child = child_of(want, i);
    if (!implies(have, &child, depth)) return false;
  }
  return true;
}

static bool any_of_want(const struct term *have, const struct term *want, unsigned depth) {
  for (uint32_t i = 0; i < children_of(want); i++) {
    struct term child = child_of(want, i);
    if (implies(have, &child, depth)) return true;
  }
  return false;
}

static bool any_of_have(const struct term *have, const struct term *want, unsigned depth) {
  for (uint32_t i = 0; i < children_of(have); i++) {
    struct term child = child_of(have, i);
    if (implies(&child, want, depth)) return true;
  }
  return false;
}

static bool all_of_have(const struct term *have, const struct term *want, unsigned depth) {
  for (uint32_t i = 0; i < children_of(have); i++) {
    struct term child = child_of(have, i);
    if (!implies(&child, want, depth)) return false;
  }
  return children_of(have) > 0;
}

static bool implies(const struct term *have, const struct term *want, unsigned depth) {
  enum term_kind has = kind_of(have), wants = kind_of(want);
  if (depth == IMPLIES_DEPTH_MAX) return false;
  if ((has_parts(have) || has_parts(want)) && !have->part && !want->part &&
      !have->match == !want->match && is_written_alike(have, want))
    return true;
  if (wants == TERM_AND) return all_of_want(have, want, depth + 1);
  if (has == TERM_OR && all_of_have(have, want, depth + 1)) return true;
  if (has == TERM_AND && any_of_have(have, want, depth + 1)) return true;
  if (wants == TERM_OR) return any_of_want(have, want, depth + 1);
  return has == TERM_ATOM && atom_implies(have, want);
}

bool implies_condition(const struct expr *have, const struct expr *want) {
  struct term a = term_of(have), b = term_of(want);
  return implies(&a, &b, 0);
}

bool implies_match(const struct match *have, const struct expr *want) {
  struct term a = {.match = have}, b = term_of(want);
  return implies(&a, &b, 0);
}
