/* SPDX-License-Identifier: MIT */
/* Hypothetical-set aggregates: the rank a row would have among others. They count rows that come
 * before it, so each is made of counts with a FILTER. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"

enum rank_kind { RANK, DENSE_RANK, PERCENT_RANK, CUME_DIST, RANKS };

/* The row that is asked for, the keys it is compared by, and which rows count. */
struct asked {
  struct lql *lql;
  struct lql_token at;
  struct expr *const *values;
  const struct lql_sort *keys;
  struct expr *filter;
};

static struct expr *unary(const struct asked *asked, enum expr_op op, struct expr *value) {
  return lql__unary(asked->lql, op, asked->at, value);
}

static struct expr *binary(const struct asked *asked, enum expr_op op, struct expr *a,
                           struct expr *b) {
  return lql__binary(asked->lql, op, asked->at, a, b);
}

static struct expr *number(const struct asked *asked, struct val value) {
  return expr_const(asked->lql->arena, value, asked->at.offset);
}

/* Whether a row's key `i` alone puts it before the asked row. */
static struct expr *is_less(const struct asked *asked, uint32_t i) {
  const struct plan_sort_key *key = &asked->keys->keys[i];
  struct expr *value = asked->values[i];
  bool nulls_first = key->nulls_first || (key->descending && !key->nulls_last);
  enum expr_op op = key->descending ? EXPR_OP_GT : EXPR_OP_LT;
  struct expr *less = unary(asked, EXPR_OP_IS_TRUE, binary(asked, op, key->expr, value));
  struct expr *known = unary(asked, EXPR_OP_IS_NOT_NULL, nulls_first ? value : key->expr);
  struct expr *null = unary(asked, EXPR_OP_IS_NULL, nulls_first ? key->expr : value);
  return binary(asked, EXPR_OP_OR, less, binary(asked, EXPR_OP_AND, known, null));
}

/* By the keys from `i` on; `or_equal`: rows that are equal count too. */
static struct expr *is_before(const struct asked *asked, uint32_t i, bool or_equal) {
  struct expr *less = is_less(asked, i);
  bool is_last = i + 1 == asked->keys->count;
  if (is_last && !or_equal) return less;
  struct expr *same =
      binary(asked, EXPR_OP_IS_NOT_DISTINCT, asked->keys->keys[i].expr, asked->values[i]);
  if (!is_last) same = binary(asked, EXPR_OP_AND, same, is_before(asked, i + 1, or_equal));
  return binary(asked, EXPR_OP_OR, less, same);
}

/* count(*), or (`by_keys`) of the different rows of keys, where `condition` and FILTER hold. */
static struct expr *count(const struct asked *asked, struct expr *condition, bool by_keys) {
  struct lql *lql = asked->lql;
  struct lql_list *keys = lql__list(lql);
  for (uint32_t i = 0; by_keys && keys && i < asked->keys->count; i++)
    keys = lql__append(lql, keys, asked->keys->keys[i].expr, slice_of(NULL, 0));
  struct expr *row = by_keys ? lql__array(lql, asked->at, keys) : NULL;
  if (by_keys && !row) return NULL;
  struct expr *made = expr_node(lql->arena, EXPR_AGGREGATE, &row, by_keys, asked->at.offset);
  if (!made) return NULL;
  made->aggregate = EXPR_COUNT;
  made->distinct = by_keys;
  struct expr *filter = condition ? condition : asked->filter;
  if (condition && asked->filter) filter = binary(asked, EXPR_OP_AND, asked->filter, condition);
  return !filter || lql__add_filter(lql, made, filter) ? made : NULL;
}

static struct expr *one_more(const struct asked *asked, struct expr *counted) {
  return binary(asked, EXPR_OP_ADD, counted, number(asked, val_int64(1)));
}

static struct expr *share(const struct asked *asked, struct expr *part, struct expr *whole) {
  part = binary(asked, EXPR_OP_MULTIPLY, part, number(asked, val_float64(1)));
  return binary(asked, EXPR_OP_DIVIDE, part, whole);
}

/* Of no rows the share is 0. */
static struct expr *percent_rank(const struct asked *asked) {
  struct lql *lql = asked->lql;
  struct expr *all = count(asked, NULL, false);
  struct expr *is_none = binary(asked, EXPR_OP_EQ, all, number(asked, val_int64(0)));
  struct lql_list *whens = lql__append(lql, lql__list(lql), is_none, slice_of(NULL, 0));
  whens = lql__append(lql, whens, number(asked, val_float64(0)), slice_of(NULL, 0));
  struct expr *part = share(asked, count(asked, is_before(asked, 0, false), false), all);
  return part ? lql__case(lql, asked->at, NULL, whens, part) : NULL;
}

static struct expr *rank(const struct asked *asked, enum rank_kind kind) {
  if (kind == PERCENT_RANK) return percent_rank(asked);
  struct expr *before = is_before(asked, 0, kind == CUME_DIST);
  struct expr *counted = before ? one_more(asked, count(asked, before, kind == DENSE_RANK)) : NULL;
  if (kind != CUME_DIST || !counted) return counted;
  return share(asked, counted, one_more(asked, count(asked, NULL, false)));
}

struct expr *lql__hypothetical(struct lql *lql, const struct expr *call,
                               const struct lql_sort *within, struct expr *filter) {
  static const char *const names[] = {"rank", "dense_rank", "percent_rank", "cume_dist"};
  int kind = 0;
  while (kind < RANKS && !slice_is_equal_nocase(call->name, slice_of_text(names[kind]))) kind++;
  if (call->kind != EXPR_CALL || kind == RANKS) return NULL;
  struct asked asked = {.lql = lql,
                        .at = {.text = call->name, .offset = call->offset},
                        .values = call->args,
                        .keys = within,
                        .filter = filter};
  if (call->args_count != within->count) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, call->offset, "%s takes a value for each key of its order",
              names[kind]);
    lql__hint(lql, "%s(10) WITHIN GROUP (ORDER BY n)", names[kind]);
    return NULL;
  }
  struct expr *made = rank(&asked, (enum rank_kind)kind);
  if (made) made->name = slice_of_text(names[kind]);
  return made;
}

/* ---- IGNORE NULLS ---- */

struct expr *lql__treat_nulls(struct lql *lql, struct lql_token word, struct expr *call) {
  static const char *const names[] = {"lag", "lead", "first_value", "last_value", "nth_value"};
  if (!call) return NULL;
  bool fits = false;
  for (size_t i = 0; call->kind == EXPR_WINDOW && i < sizeof names / sizeof names[0]; i++)
    fits |= slice_is_equal_nocase(call->name, slice_of_text(names[i]));
  if (!fits) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, word.offset,
              "%.*s NULLS stands in lag, lead, first_value, last_value and nth_value",
              SLICE_ARG(word.text));
    lql__hint(lql, "lag(x) IGNORE NULLS OVER (ORDER BY n); aggregates pass over NULL anyway");
    return NULL;
  }
  call->over->ignores_nulls = slice_is_equal_nocase(word.text, slice_of_text("ignore"));
  return call;
}
