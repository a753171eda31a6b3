/* SPDX-License-Identifier: MIT */
/* Conditions: an attribute, a phrase that compares, a value; joined by and, or, not.
 *
 *   or        = and { "or" and }
 *   and       = not { "and" not }
 *   not       = "not" not | "(" or ")" | predicate
 *   predicate = [ "has" ] attribute [ "is" | "does" ] [ "not" ] [ phrase ] [ value ]
 */
#include "base/core/assert.h"
#include "query/lang/nql/nql_int.h"

enum verb {
  VERB_COMPARE,
  VERB_TEXT, /* contains, starts with, ends with */
  VERB_BETWEEN,
  VERB_IN,
  VERB_NULL,
  VERB_EMPTY,
  VERB_THERE
};

struct phrase {
  const char *words;
  enum verb verb;
  enum expr_op op;
};

/* A phrase stands before those it begins with. */
static const struct phrase phrases[] = {
    {"greater than or equal to", VERB_COMPARE, EXPR_OP_GE},
    {"more than or equal to", VERB_COMPARE, EXPR_OP_GE},
    {"less than or equal to", VERB_COMPARE, EXPR_OP_LE},
    {"greater than", VERB_COMPARE, EXPR_OP_GT},
    {"more than", VERB_COMPARE, EXPR_OP_GT},
    {"larger than", VERB_COMPARE, EXPR_OP_GT},
    {"bigger than", VERB_COMPARE, EXPR_OP_GT},
    {"higher than", VERB_COMPARE, EXPR_OP_GT},
    {"later than", VERB_COMPARE, EXPR_OP_GT},
    {"above", VERB_COMPARE, EXPR_OP_GT},
    {"over", VERB_COMPARE, EXPR_OP_GT},
    {"after", VERB_COMPARE, EXPR_OP_GT},
    {"less than", VERB_COMPARE, EXPR_OP_LT},
    {"fewer than", VERB_COMPARE, EXPR_OP_LT},
    {"smaller than", VERB_COMPARE, EXPR_OP_LT},
    {"lower than", VERB_COMPARE, EXPR_OP_LT},
    {"earlier than", VERB_COMPARE, EXPR_OP_LT},
    {"below", VERB_COMPARE, EXPR_OP_LT},
    {"under", VERB_COMPARE, EXPR_OP_LT},
    {"before", VERB_COMPARE, EXPR_OP_LT},
    {"at least", VERB_COMPARE, EXPR_OP_GE},
    {"at most", VERB_COMPARE, EXPR_OP_LE},
    {"equal to", VERB_COMPARE, EXPR_OP_EQ},
    {"equals", VERB_COMPARE, EXPR_OP_EQ},
    {"equal", VERB_COMPARE, EXPR_OP_EQ},
    {"different from", VERB_COMPARE, EXPR_OP_NE},
    {"==", VERB_COMPARE, EXPR_OP_EQ},
    {"=", VERB_COMPARE, EXPR_OP_EQ},
    {"!=", VERB_COMPARE, EXPR_OP_NE},
    {"<>", VERB_COMPARE, EXPR_OP_NE},
    {"<=", VERB_COMPARE, EXPR_OP_LE},
    {"<", VERB_COMPARE, EXPR_OP_LT},
    {">=", VERB_COMPARE, EXPR_OP_GE},
    {">", VERB_COMPARE, EXPR_OP_GT},
    {"contains", VERB_TEXT, EXPR_OP_CONTAINS},
    {"contain", VERB_TEXT, EXPR_OP_CONTAINS},
    {"containing", VERB_TEXT, EXPR_OP_CONTAINS},
    {"includes", VERB_TEXT, EXPR_OP_CONTAINS},
    {"include", VERB_TEXT, EXPR_OP_CONTAINS},
    {"starts with", VERB_TEXT, EXPR_OP_STARTS_WITH},
    {"start with", VERB_TEXT, EXPR_OP_STARTS_WITH},
    {"starting with", VERB_TEXT, EXPR_OP_STARTS_WITH},
    {"begins with", VERB_TEXT, EXPR_OP_STARTS_WITH},
    {"begin with", VERB_TEXT, EXPR_OP_STARTS_WITH},
    {"ends with", VERB_TEXT, EXPR_OP_ENDS_WITH},
    {"end with", VERB_TEXT, EXPR_OP_ENDS_WITH},
    {"ending with", VERB_TEXT, EXPR_OP_ENDS_WITH},
    {"between", VERB_BETWEEN, 0},
    {"one of", VERB_IN, 0},
    {"any of", VERB_IN, 0},
    {"in", VERB_IN, 0},
    {"empty", VERB_EMPTY, 0},
    {"missing", VERB_NULL, 0},
    {"null", VERB_NULL, 0},
    {"nothing", VERB_NULL, 0},
    {"exists", VERB_THERE, 0},
    {"exist", VERB_THERE, 0},
    {"present", VERB_THERE, 0},
};

static const char *const joints[] = {
    "is",        "equals", "contains", "starts with",  "ends with", "exists",   "and",     "or",
    "sorted by", "limit",  "between",  "greater than", "less than", "at least", "at most", NULL};

/** One predicate as it is read. */
struct predicate {
  struct expr *subject;
  size_t offset;
  bool negated;
};

static const struct phrase *accept_phrase(struct nql *nql) {
  for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
    if (nql__accept(nql, phrases[i].words)) return &phrases[i];
  return NULL;
}

static status negate(const struct nql *nql, bool negated, struct expr **expr) {
  TRY(nql__made(nql, *expr));
  ASSERT(*expr);
  if (negated) *expr = expr_unary(nql->arena, EXPR_OP_NOT, *expr, (*expr)->offset);
  return nql__made(nql, *expr);
}

/* ---- operands ---- */

/** Is not: as !=, so that it reads like the other languages. */
static status read_comparison(struct nql *nql, const struct predicate *p, enum expr_op op,
                              struct expr **out) {
  struct expr *value = NULL;
  bool negated = p->negated;
  bool is_equality = op == EXPR_OP_EQ || op == EXPR_OP_NE;
  if (negated && is_equality) {
    op = op == EXPR_OP_EQ ? EXPR_OP_NE : EXPR_OP_EQ;
    negated = false;
  }
  TRY(nql__value(nql, &value));
  bool is_null = is_equality && value->kind == EXPR_CONST && value->value.type == VAL_NULL;
  if (is_null)
    *out = expr_unary(nql->arena, op == EXPR_OP_EQ ? EXPR_OP_IS_NULL : EXPR_OP_IS_NOT_NULL,
                      p->subject, p->offset);
  else
    *out = expr_binary(nql->arena, op, p->subject, value, p->offset);
  return negate(nql, negated, out);
}

static status read_between(struct nql *nql, const struct predicate *p, struct expr **out) {
  struct expr *args[3] = {p->subject, NULL, NULL};
  TRY(nql__value(nql, &args[1]));
  if (!nql__accept(nql, "and")) return nql__fail_expected(nql, "`and`", NULL);
  TRY(nql__value(nql, &args[2]));
  *out = expr_node(nql->arena, EXPR_BETWEEN, args, 3, p->offset);
  TRY(nql__made(nql, *out));
  (*out)->negated = p->negated;
  return LUMA_OK;
}

/** Whether another value of the list follows. Without parentheses an `or` belongs to the list only
 * if no comparison follows its word. */
static bool accept_separator(struct nql *nql, bool in_parentheses) {
  if (nql__accept(nql, ", or") || nql__accept(nql, ",")) return true;
  if (!nql__is_next(nql, "or")) return false;
  if (in_parentheses) return nql__accept(nql, "or");
  struct nql before = *nql;
  struct expr *value = NULL;
  bool fits = false;
  nql->err = NULL;
  nql__step(nql);
  if (nql->token.kind != NQL_NAME && nql->token.kind != NQL_JSON &&
      nql__value(nql, &value) == LUMA_OK)
    fits = nql->token.kind == NQL_END || nql__is_reserved(nql->token.text);
  if (fits && (nql__is_next(nql, "is") || nql__is_next(nql, "are") || nql__is_next(nql, "not")))
    fits = false;
  *nql = before;
  return fits && nql__accept(nql, "or");
}

/** (a, b, c), a list in JSON, a parameter that is a list, or a, b or c. */
static status read_in(struct nql *nql, const struct predicate *p, struct expr **out) {
  struct expr *args[NQL_ITEMS_MAX + 1] = {p->subject};
  uint32_t count = 1;
  bool in_parentheses = nql__accept(nql, "(");
  do {
    if (count > NQL_ITEMS_MAX)
      return nql__fail(nql, nql->token.offset, LUMA_TOO_LARGE, "a list has at most %d values",
                       NQL_ITEMS_MAX);
    TRY(nql__value(nql, &args[count++]));
  } while (accept_separator(nql, in_parentheses));
  if (in_parentheses && !nql__accept(nql, ")")) return nql__fail_expected(nql, "`,` or `)`", NULL);
  *out = expr_node(nql->arena, EXPR_IN, args, count, p->offset);
  TRY(nql__made(nql, *out));
  (*out)->negated = p->negated;
  return LUMA_OK;
}

/** Missing, or a text of nothing. */
static status make_empty(const struct nql *nql, const struct predicate *p, struct expr **out) {
  struct expr *text = expr_const(nql->arena, val_text(slice_of_text("")), p->offset);
  struct expr *missing = expr_unary(nql->arena, EXPR_OP_IS_NULL, p->subject, p->offset);
  struct expr *blank = expr_binary(nql->arena, EXPR_OP_EQ, p->subject, text, p->offset);
  *out = expr_binary(nql->arena, EXPR_OP_OR, missing, blank, p->offset);
  return negate(nql, p->negated, out);
}

static status read_operands(struct nql *nql, const struct predicate *p, const struct phrase *phrase,
                            struct expr **out) {
  struct expr *value = NULL;
  bool is_null = phrase->verb == VERB_NULL;
  switch (phrase->verb) {
  case VERB_COMPARE: return read_comparison(nql, p, phrase->op, out);
  case VERB_TEXT:
    TRY(nql__value(nql, &value));
    *out = expr_binary(nql->arena, phrase->op, p->subject, value, p->offset);
    return negate(nql, p->negated, out);
  case VERB_BETWEEN: return read_between(nql, p, out);
  case VERB_IN: return read_in(nql, p, out);
  case VERB_EMPTY: return make_empty(nql, p, out);
  case VERB_NULL:
  case VERB_THERE: break;
  }
  *out = expr_unary(nql->arena, is_null != p->negated ? EXPR_OP_IS_NULL : EXPR_OP_IS_NOT_NULL,
                    p->subject, p->offset);
  return nql__made(nql, *out);
}

/* ---- predicates ---- */

/** is, isn't, does not, …: whether there was such a word, and whether it denies. */
static bool accept_auxiliary(struct nql *nql, bool *negated) {
  static const char *const positive[] = {"is", "are", "was", "were", "does", "do", NULL};
  static const char *const negative[] = {"isn't",   "aren't", "wasn't", "weren't",
                                         "doesn't", "don't",  NULL};
  bool found = false;
  if (nql__accept_any(nql, negative))
    found = *negated = true;
  else
    found = nql__accept_any(nql, positive) != NULL;
  if (!nql__accept(nql, "not")) return found;
  *negated = !*negated;
  return true;
}

/** What may follow an attribute that stands alone. */
static bool ends_predicate(const struct nql *nql) {
  const struct nql_token *token = &nql->token;
  if (token->kind == NQL_END) return true;
  if (token->kind == NQL_SYMBOL)
    return memchr("),.;", token->text.data[0], 4) != NULL && token->text.bytes == 1;
  return token->kind == NQL_WORD && nql__is_reserved(token->text);
}

static status read_predicate(struct nql *nql, struct expr **out) {
  static const char *const having[] = {"has no", "have no", "having no", "with no", "has",
                                       "have",   "having",  "with",      NULL};
  struct predicate p = {.offset = nql->token.offset};
  const char *has = nql__accept_any(nql, having);
  bool has_no = has && strstr(has, "no") != NULL;
  TRY(nql__attribute(nql, &p.subject));
  bool linked = accept_auxiliary(nql, &p.negated);
  const struct phrase *phrase = accept_phrase(nql);
  p.negated ^= has_no;
  if (phrase) return read_operands(nql, &p, phrase, out);
  if (linked) return read_comparison(nql, &p, EXPR_OP_EQ, out); /* says what is wrong */
  if (!ends_predicate(nql))
    return nql__fail_expected(nql, "`is`, `contains` or another comparison", joints);
  enum expr_op op = has ? has_no ? EXPR_OP_IS_NULL : EXPR_OP_IS_NOT_NULL : EXPR_OP_IS_TRUE;
  *out = expr_unary(nql->arena, op, p.subject, p.offset);
  return nql__made(nql, *out);
}

static status read_or(struct nql *nql, struct expr **out);

static status read_parentheses(struct nql *nql, struct expr **out) {
  TRY(read_or(nql, out));
  return nql__accept(nql, ")") ? LUMA_OK : nql__fail_expected(nql, "`)`", NULL);
}

static status read_not(struct nql *nql, struct expr **out) {
  size_t offset = nql->token.offset;
  if (nql->nesting == NQL_NESTING_MAX)
    return nql__fail(nql, offset, LUMA_TOO_DEEP, "conditions are nested more than %d deep",
                     NQL_NESTING_MAX);
  if (++nql->conditions > NQL_CONDITIONS_MAX)
    return nql__fail(nql, offset, LUMA_TOO_LARGE, "a statement has at most %d conditions",
                     NQL_CONDITIONS_MAX);
  nql->nesting++;
  status done;
  if (nql__accept(nql, "not")) {
    done = read_not(nql, out);
    if (done == LUMA_OK) done = negate(nql, true, out);
  } else {
    done = nql__accept(nql, "(") ? read_parentheses(nql, out) : read_predicate(nql, out);
  }
  nql->nesting--;
  return done;
}

/** `next` joined by a word. */
static status read_joined(struct nql *nql, const char *word, enum expr_op op,
                          status (*next)(struct nql *nql, struct expr **out), struct expr **out) {
  static const char *const again[] = {"whose", "where", "that are", "which are", "who are",
                                      "that",  "which", "who",      NULL};
  TRY(next(nql, out));
  while (nql__is_next(nql, word)) {
    struct expr *right = NULL;
    size_t offset = nql->token.offset;
    nql__step(nql);
    (void)nql__accept_any(nql, again);
    TRY(next(nql, &right));
    *out = expr_binary(nql->arena, op, *out, right, offset);
    TRY(nql__made(nql, *out));
  }
  return LUMA_OK;
}

static status read_and(struct nql *nql, struct expr **out) {
  return read_joined(nql, "and", EXPR_OP_AND, read_not, out);
}

static status read_or(struct nql *nql, struct expr **out) {
  return read_joined(nql, "or", EXPR_OP_OR, read_and, out);
}

status nql__condition(struct nql *nql, struct expr **condition) {
  return read_or(nql, condition);
}
