/* SPDX-License-Identifier: MIT */
/* The expressions that rules of the grammar make. Makers answer NULL, with the failure kept, when
 * something is wrong or the arena is out. */
#ifndef QUERY_LANG_LQL_LQL_EXPR_H
#define QUERY_LANG_LQL_LQL_EXPR_H

#include "query/lang/lql/lql_int.h"

/* ---- literals, operators, calls ---- */

/** A long chain of operators is a deep tree: it stays within what later stages can walk. False,
 * with the failure kept, when there are too many. */
bool lql__count_operator(struct lql *lql, struct lql_token at);
struct expr *lql__integer(struct lql *lql, struct lql_token token);
struct expr *lql__float(struct lql *lql, struct lql_token token);
/** 'text', E'text', "text" inside a JSON literal. */
struct expr *lql__text(struct lql *lql, struct lql_token token);
/** DATE '…', TIMESTAMP '…', INTERVAL '…'. */
struct expr *lql__typed(struct lql *lql, struct lql_token token);
struct expr *lql__bool(struct lql *lql, struct lql_token token, bool value);
struct expr *lql__null(struct lql *lql, struct lql_token token);
struct expr *lql__parameter(struct lql *lql, struct lql_token token);
struct expr *lql__negate(struct lql *lql, struct lql_token at, struct expr *arg);
/** IS NULL and IS NOT NULL; of a row, of its parts. */
struct expr *lql__is_null(struct lql *lql, enum expr_op op, struct lql_token at, struct expr *arg);
struct expr *lql__unary(struct lql *lql, enum expr_op op, struct lql_token at, struct expr *arg);
struct expr *lql__binary(struct lql *lql, enum expr_op op, struct lql_token at, struct expr *left,
                         struct expr *right);
/** LIKE and ILIKE with an optional ESCAPE. */
struct expr *lql__like(struct lql *lql, enum expr_op op, struct lql_token at, struct expr *left,
                       struct expr *pattern, struct expr *escape);
struct expr *lql__in(struct lql *lql, struct lql_token at, struct expr *left, struct lql_list *list,
                     bool negated);
struct expr *lql__between(struct lql *lql, struct lql_token at, struct expr *value,
                          struct expr *low, struct expr *high, bool negated);
/** A type WITH TIME ZONE, which a time of day has not. */
struct lql_type lql__zoned(struct lql *lql, struct lql_token name);
void lql__refuse_zone(struct lql *lql, struct lql_token name);
/** `operand` NULL: CASE WHEN condition; `pairs`: when, then, …. */
struct expr *lql__case(struct lql *lql, struct lql_token at, struct expr *operand,
                       struct lql_list *pairs, struct expr *otherwise);
struct expr *lql__cast(struct lql *lql, struct lql_token at, struct expr *value,
                       struct lql_type type);
/** "json", "jsonb": names of types that any value is of. */
bool lql__is_json(struct slice name);
/** A type with one or (`second`) two numbers. */
struct lql_type lql__type(struct lql *lql, struct lql_token name, struct lql_token first,
                          const struct lql_token *second);
/** A call with the ORDER BY within its parentheses. */
struct expr *lql__call(struct lql *lql, struct lql_token name, struct lql_list *args, bool distinct,
                       struct lql_sort *order);
/** What may follow a call: WITHIN GROUP, FILTER, OVER; each may be NULL. */
struct expr *lql__finish_call(struct lql *lql, struct expr *call, struct lql_sort *within,
                              struct expr *filter, struct lql_window *over);
/** name(*): only COUNT. */
struct expr *lql__call_star(struct lql *lql, struct lql_token name);
/** SQL's own forms: extract(year FROM x), substring(x FROM 2 FOR 3), trim(both FROM x), trim('x'
 * FROM y). */
struct expr *lql__call_from(struct lql *lql, struct lql_token name, struct expr *left,
                            struct expr *from, struct expr *count);
/** substring(x FOR 3). */
struct expr *lql__call_for(struct lql *lql, struct lql_token name, struct expr *text,
                           struct expr *count);
/** overlay(x PLACING y FROM 2 FOR 3); `count` may be NULL. */
struct expr *lql__overlay(struct lql *lql, struct lql_token name, struct expr *text,
                          struct expr *by, struct expr *from, struct expr *count);
/** Gives an aggregate a FILTER; false when memory is out. */
bool lql__add_filter(struct lql *lql, struct expr *call, struct expr *filter);
/** a XOR b: exactly one is true. */
struct expr *lql__xor(struct lql *lql, struct lql_token at, struct expr *a, struct expr *b);
/** @@name: what MySQL's clients ask of a server. */
struct expr *lql__variable(struct lql *lql, struct lql_token token);
/** CAST (value AS INTERVAL unit [TO unit]): what is smaller than the last unit is cut off. */
struct expr *lql__cast_interval(struct lql *lql, struct lql_token at, struct expr *value,
                                const struct lql_units *units);
/** IGNORE NULLS or RESPECT NULLS behind a call over a window. */
struct expr *lql__treat_nulls(struct lql *lql, struct lql_token word, struct expr *call);
/** rank(v) WITHIN GROUP (ORDER BY k) and its kin: the rank that a row with `v` would have. NULL
 * without a failure when the call is none of them. */
struct expr *lql__hypothetical(struct lql *lql, const struct expr *call,
                               const struct lql_sort *within, struct expr *filter);
/** A star with what stands behind it; `but` may be NULL. */
struct expr *lql__star_but(struct lql *lql, struct expr *star, const struct lql_but *but);
/** `but`, or a new one, with one more part, whose word is `at`. */
struct lql_but *lql__but(struct lql *lql, struct lql_but *but, struct lql_token at,
                         const struct lql_but *more);
/** A call of a function by its name; `b` may be NULL. */
struct expr *lql__apply(struct lql *lql, const char *function, struct lql_token at, struct expr *a,
                        struct expr *b);
/** The operators that are functions: -> ->> #> #>> @> <@ ? & | # << >> ^ ~ ~* !~ !~*. */
struct expr *lql__operator(struct lql *lql, struct lql_token op, struct expr *left,
                           struct expr *right);
/** value IN list, without parentheses. */
struct expr *lql__in_list(struct lql *lql, struct lql_token at, struct expr *left,
                          struct expr *list, bool negated);
struct expr *lql__similar(struct lql *lql, struct lql_token at, struct expr *text,
                          struct expr *pattern, struct expr *escape, bool negated);
/** Between the smaller and the larger of two. */
struct expr *lql__between_symmetric(struct lql *lql, struct lql_token at, struct expr *value,
                                    struct expr *low, struct expr *high, bool negated);
/** x COLLATE "de", but for what says code points. */
bool lql__is_collated(const struct expr *expr);
/** The value itself: what a select list shows. */
struct expr *lql__uncollated(struct expr *expr);
/** The value under the collation of `like`, if that has one. */
struct expr *lql__collate_as(struct lql *lql, const struct expr *like, struct expr *value);
struct expr *lql__collate(struct lql *lql, struct lql_token at, struct expr *value,
                          struct lql_token collation);
/** x'ab'. */
struct expr *lql__bytes(struct lql *lql, struct lql_token token);
/** A name, or one of SQL's functions without parentheses: CURRENT_DATE. */
struct expr *lql__name_expr(struct lql *lql, struct lql_token name);
/** Texts of the statement that are arguments of json_… are JSON, as they are in PostgreSQL. */
bool lql__read_json_args(struct lql *lql, struct slice function, struct lql_list *args);
/** The call with its words as texts: date_diff(day, a, b), normalize(x, NFC). */
bool lql__name_words(struct lql *lql, struct slice function, struct lql_list *args);
/** trim(leading 'x' FROM y). */
struct expr *lql__trim(struct lql *lql, struct lql_token name, struct lql_token side,
                       struct expr *characters, struct expr *text);
struct expr *lql__map(struct lql *lql, struct lql_token at, struct lql_list *pairs);
/** Adds a pair whose name an expression gives: {v.a: 1}. */
struct lql_list *lql__computed_pair(struct lql *lql, struct lql_list *pairs, struct expr *name,
                                    struct expr *value);
struct expr *lql__array(struct lql *lql, struct lql_token at, struct lql_list *items);
struct expr *lql__path_expr(struct lql *lql, const struct lql_path *path);
struct expr *lql__star(struct lql *lql, struct lql_token at, struct slice qualifier);

/** `path.*`: the path must be one name. */
struct expr *lql__star_of(struct lql *lql, struct lql_token at, const struct expr *source);

/** (a, b). */
struct expr *lql__row(struct lql *lql, struct lql_token at, struct expr *first,
                      const struct lql_list *rest);
/** value.name, value[index]: a longer path of a name, else a step into a value. */
struct expr *lql__dot(struct lql *lql, struct expr *value, struct lql_token name);
struct expr *lql__at(struct lql *lql, struct lql_token at, struct expr *value, struct expr *index);

/* ---- SELECTs in expressions ---- */

/** NULL where `query` is. */
struct expr *lql__subquery(struct lql *lql, enum expr_subquery_kind kind, struct plan *query,
                           uint64_t offset);
struct expr *lql__scalar(struct lql *lql, struct plan *query);
struct expr *lql__exists(struct lql *lql, struct lql_token at, struct plan *query);
struct expr *lql__array_of(struct lql *lql, struct lql_token at, struct plan *query);
struct expr *lql__in_query(struct lql *lql, struct lql_token at, struct expr *left,
                           struct plan *query, bool negated);
/** left op ANY|ALL (query). */
struct expr *lql__quantified(struct lql *lql, struct lql_token op, struct expr *left, bool all,
                             struct plan *query);
/** left op ANY|ALL (list). */
struct expr *lql__quantified_list(struct lql *lql, struct lql_token op, struct expr *left, bool all,
                                  struct expr *list);

/* ---- values, bags, paths with wildcards: lql_value.c ---- */

/** `value[*]`, or (pairs) `value.*`: the list of all elements or attributes. */
struct expr *lql__each(struct lql *lql, struct lql_token at, struct expr *value, bool pairs);
/** True of what lql__each made. */
bool lql__is_each(const struct expr *expr);
/** What the path behind the wildcard leads to in each value; NULL of nothing. */
struct expr **lql__each_value(struct expr *each);
/** COLL_SUM(list) and its kin: an aggregate over the elements of a list. NULL without a failure
 * when the call is none of them. */
struct expr *lql__collection_call(struct lql *lql, struct lql_token name,
                                  const struct lql_list *args, bool distinct);
/** EXISTS(list): whether it has an element. */
struct expr *lql__exists_in(struct lql *lql, struct lql_token at, struct expr *list);
/** value IS text. */
struct expr *lql__is_text(struct lql *lql, struct lql_token at, struct expr *value);
/** value IS type. */
struct expr *lql__is_type(struct lql *lql, struct lql_token at, struct expr *value,
                          struct lql_type type);
/** (a, b) OVERLAPS (c, d). */
struct expr *lql__overlaps(struct lql *lql, struct lql_token at, struct expr *left,
                           struct expr *right);

#endif
