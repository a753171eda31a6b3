/* SPDX-License-Identifier: MIT */
/* The queries that rules of the grammar make, clause by clause, and statements that name a
 * collection and little else. Makers answer NULL, with the failure kept, when something is wrong.
 */
#ifndef QUERY_LANG_LQL_LQL_QUERY_H
#define QUERY_LANG_LQL_LQL_QUERY_H

#include "query/lang/lql/lql_int.h"

/* ---- FROM, SELECT, WITH, groups, windows, indexes ---- */

struct plan *lql__table(struct lql *lql, struct lql_token name, struct slice alias);
/** A comma (LQL_JOIN_COMMA) or CROSS JOIN. */
struct plan *lql__join(struct lql *lql, struct lql_token at, int kind, struct plan *left,
                       struct plan *right);
struct plan *lql__join_on(struct lql *lql, struct lql_token at, int kind, struct plan *left,
                          struct plan *right, struct expr *on);
/** USING (names), or (names NULL) NATURAL. */
struct plan *lql__join_using(struct lql *lql, struct lql_token at, int kind, struct plan *left,
                             struct plan *right, struct lql_list *names);
/** A list of names (its items stand for nothing). */
struct lql_list *lql__append_name(struct lql *lql, struct lql_list *list, struct lql_token name);
/** A collection, or the list that a path of a source before it leads to. */
struct plan *lql__source(struct lql *lql, struct lql_list *names, struct slice alias,
                         const struct lql_token *ordinal, bool is_list);
struct plan *lql__derived(struct lql *lql, struct plan *query, const struct lql_alias *alias,
                          bool lateral);
/** UNNEST(list) and other functions that give a list. */
struct plan *lql__table_call(struct lql *lql, struct lql_token name, struct lql_list *args,
                             const struct lql_alias *alias, bool ordinality);
struct plan *lql__table_of(struct lql *lql, struct expr *list, const struct lql_alias *alias);
/** The names as a path. */
struct expr *lql__names_path(struct lql *lql, const struct lql_list *names);
/** UNPIVOT value AS value AT name. */
struct plan *lql__unpivot(struct lql *lql, struct expr *map, const struct lql_alias *alias);
struct lql_source *lql__source_name(struct lql *lql, struct lql_source *source,
                                    struct lql_token name);
struct lql_source *lql__source_value(struct lql *lql, struct expr *value);
/** What stands alone in FROM's parentheses as a value: FROM (100).* AS v. */
struct expr *lql__held(struct lql *lql, const struct plan *tables);
/** A list's elements as a query; what is no list is one, NULL none. */
struct plan *lql__bag(struct lql *lql, struct expr *list);
/** source[index]; `index` NULL: source[*]; or (pairs) source.*. */
struct lql_source *lql__source_step(struct lql *lql, struct lql_token at, struct lql_source *source,
                                    struct expr *index, bool pairs);
struct plan *lql__source_table(struct lql *lql, const struct lql_source *source,
                               const struct lql_alias *alias);
struct lql_sort *lql__sort(struct lql *lql, struct lql_sort *sort, struct expr *expr,
                           bool descending, int nulls);
struct plan *lql__select(struct lql *lql, const struct lql_select *select);
/** VALUES as a query. */
struct plan *lql__values(struct lql *lql, struct lql_token at, const struct lql_list *rows);
struct plan *lql__set_operation(struct lql *lql, struct lql_token at, enum plan_set_op op, bool all,
                                struct plan *left, struct plan *right);
/** WITH, ORDER BY and LIMIT around a body. */
struct plan *lql__query(struct lql *lql, struct lql_ctes *with, struct plan *body,
                        const struct lql_sort *order, struct lql_limit limit);
/** What stands between a token and the one read last, without the blanks around it. */
struct slice lql__text_since(const struct lql *lql, struct lql_token token);
/** CREATE VIEW: the text from AS on is kept; names of columns become part of it. */
struct plan *lql__view(struct lql *lql, struct lql_token name, struct lql_token as,
                       const struct lql_list *columns, struct plan *query);
struct plan_cte *lql__cte(struct lql *lql, struct lql_token name, const struct lql_list *columns,
                          struct plan *query);
struct lql_ctes *lql__add_cte(struct lql *lql, struct lql_ctes *ctes, struct plan_cte *cte);

/** One set: the keys of an expression (a row's parts), or (NULL) none. */
struct lql_sets *lql__set_of(struct lql *lql, struct expr *expr);
/** A key with a name of its own. */
struct lql_sets *lql__named_key(struct lql *lql, struct expr *expr, struct slice name);
struct lql_sets *lql__rollup(struct lql *lql, const struct lql_list *keys);
struct lql_sets *lql__cube(struct lql *lql, struct lql_token at, const struct lql_list *keys);
/** All sets of both. */
struct lql_sets *lql__join_sets(struct lql *lql, struct lql_sets *a, const struct lql_sets *b);
/** GROUP BY ALL: its keys are known when the select list is. */
struct lql_group *lql__group_all(struct lql *lql);
/** Gives a GROUP BY ALL its keys: the items that are made of no group. False after a failure. */
bool lql__group_items(struct lql *lql, struct lql_group *group, const struct lql_list *items);
/** The expression with items of the select list in the place of their names. */
struct expr *lql__by_items(struct lql *lql, struct expr *expr, const struct lql_list *items);
/** Another item of GROUP BY: each set so far with each of its sets. */
struct lql_group *lql__group(struct lql *lql, struct lql_group *group, struct lql_sets *item);
/** The AGGREGATE of a GROUP BY. */
struct plan *lql__aggregate(struct lql *lql, struct plan *input, const struct lql_group *group,
                            uint64_t offset);

struct lql_window *lql__window(struct lql *lql, const struct lql_token *base,
                               struct lql_list *partition, struct lql_sort *order,
                               struct lql_window *frame);
struct lql_window *lql__frame(struct lql *lql, int mode, struct lql_bound start,
                              struct lql_bound end, int exclude);
struct lql_windows *lql__add_window(struct lql *lql, struct lql_windows *windows,
                                    struct lql_token name, struct lql_window *window);
/** Puts the named windows of WINDOW into the calls of an expression. */
bool lql__resolve_windows(struct lql *lql, struct expr *expr);

/** A key that was read: its text goes up to the token read last. */
struct lql_key lql__key_expr(struct lql *lql, struct expr *expr);
/** Adds a key, whose text begins behind the token `before`. */
struct lql_keys *lql__key(struct lql *lql, struct lql_keys *keys, struct lql_token before,
                          struct lql_key read, bool descending);
struct plan *lql__create_index(struct lql *lql, struct lql_token at, struct slice name,
                               struct lql_token collection, struct lql_keys *keys);
/** The text of an index's WHERE, from behind `where` to the token read last; the condition itself
 * is kept for the binder to look at. */
struct slice lql__index_condition(struct lql *lql, struct lql_token where, struct expr *condition);
/** A statement that names a collection and little else. */
struct plan *lql__collection(struct lql *lql, enum plan_kind kind, struct lql_token at,
                             struct lql_token name);
struct plan *lql__plain(struct lql *lql, enum plan_kind kind, struct lql_token at,
                        struct plan *input);

/* ---- queries of values and maps: lql_value.c ---- */

/** PIVOT value AT name FROM …: one map. */
struct plan *lql__pivot(struct lql *lql, struct lql_token at, const struct expr *value,
                        const struct expr *name, struct plan *rows);
/** The rows that PIVOT makes a map of: a SELECT of both. */
struct plan *lql__pivot_rows(struct lql *lql, const struct lql_select *select, struct expr *value,
                             struct expr *name);
/** FROM … LET expr AS name, …: each sees those before it. */
struct plan *lql__lets(struct lql *lql, struct plan *from, const struct lql_list *lets);
/** Whether the query yields values (SELECT VALUE) and not rows. */
bool lql__yields_values(const struct plan *query);
/** Gives the AGGREGATE of a GROUP AS the list of its group's rows. */
bool lql__group_rows(struct lql *lql, struct plan *aggregate, const struct plan *from,
                     struct slice name);
/** UNION and its kin of whole rows as documents. */
struct plan *lql__outer_set(struct lql *lql, struct lql_token at, enum plan_set_op op, bool all,
                            struct plan *left, struct plan *right);

#endif
