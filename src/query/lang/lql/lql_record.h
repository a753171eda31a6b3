/* SPDX-License-Identifier: MIT */
/* Forms that PostgreSQL, SQLite and the standard have beside the usual ones: records in FROM, sets
 * by names, hints, parts of lists. */
#ifndef QUERY_LANG_LQL_LQL_RECORD_H
#define QUERY_LANG_LQL_LQL_RECORD_H

#include "query/lang/lql/lql_int.h"

/** CORRESPONDING [BY (names)]: columns go together by their names. */
struct lql_corresponding {
  bool is_asked;
  struct lql_list *names;
};

/** INDEXED BY, NOT INDEXED, USE INDEX (…). */
struct lql_index_hint {
  bool is_given, is_none;
  struct lql_token name;
};

/** Columns of a record: names and types. */
struct lql_defs {
  struct lql_token *names;
  struct lql_type *types;
  uint32_t count, capacity;
};

/** CREATE TABLE c [(columns)] AS query; WITH NO DATA: without its rows. */
struct plan *lql__create_as(struct lql *lql, struct lql_token name, bool if_not_exists,
                            struct lql_list *columns, struct plan *query, bool is_empty);
/** INSERT INTO c SET a = 1, b = 2. */
struct plan *lql__insert_sets(struct lql *lql, struct lql_token name, struct lql_token at,
                              const struct lql_updates *sets);
/** The words of ON DUPLICATE KEY UPDATE. */
void lql__duplicate_key(struct lql *lql, struct lql_token duplicate, struct lql_token key);
/** VALUES(name) of such an UPDATE: what was to be inserted; NULL without a failure when the call is
 * another. */
struct expr *lql__inserted_value(struct lql *lql, struct lql_token name,
                                 const struct lql_list *args);
/** GROUP BY a, b WITH ROLLUP. */
struct lql_group *lql__with_rollup(struct lql *lql, struct lql_group *group);
/** A word behind TRUNCATE c; CONCURRENTLY; the method behind USING of an index. */
void lql__truncate_word(struct lql *lql, struct lql_token word);
void lql__concurrently(struct lql *lql, struct lql_token word);
void lql__index_method(struct lql *lql, struct lql_token method);
/** CASCADE or RESTRICT behind DROP: nothing but references depends on a collection, and they are
 * looked at in any case. */
void lql__drop_word(struct lql *lql, struct lql_token word);
/** DROP of each of the names, together. */
struct plan *lql__drop_each(struct lql *lql, enum plan_kind kind, struct lql_token at,
                            const struct lql_list *names, bool if_exists);
/** A word among EXPLAIN's options, with those before: 1 where ANALYZE is among them, 2 JSON. */
int lql__explain_word(struct lql *lql, int analyze, struct lql_token word);
/** TABLE c: all of it. */
struct plan *lql__table_query(struct lql *lql, struct lql_token at,
                              const struct lql_source *source);
/** A source that is to be read by an index, or by none. */
struct plan *lql__hinted(struct lql *lql, struct plan *table, const struct lql_index_hint *hint);
struct lql_defs *lql__add_def(struct lql *lql, struct lql_defs *defs, struct lql_token name,
                              struct lql_type type);
/** json_to_record(x) AS r (a int, …) and its kin; NULL without a failure when the function is none
 * of them. */
struct plan *lql__record_call(struct lql *lql, struct lql_token name, struct lql_list *args,
                              const struct lql_alias *alias);
/** UNNEST of several lists beside each other. */
struct plan *lql__unnest_several(struct lql *lql, struct lql_token name, struct lql_list *args,
                                 const struct lql_alias *alias, bool ordinality);
/** The set operation with CORRESPONDING, as asked; `set` may be NULL. */
struct plan *lql__corresponding(struct plan *set, const struct lql_corresponding *corresponding);
/** value IS JSON [OBJECT | ARRAY | SCALAR | VALUE] [WITH UNIQUE KEYS]. */
struct expr *lql__is_json_of(struct lql *lql, struct lql_token at, struct expr *value,
                             struct lql_token kind, bool unique);
/** list[skip:limit]: from one element to another, both included; NULL: from the first, to the
 * last. */
struct expr *lql__range(struct lql *lql, struct lql_token at, struct expr *list,
                        struct lql_limit range);

/** The arguments of a call in their order: `plain` ones first (may be NULL), then those `given` by
 * name. */
struct lql_list *lql__named_args(struct lql *lql, struct lql_token function,
                                 const struct lql_list *plain, const struct lql_list *given);
/** int '5': a text cast to the type before it. */
struct expr *lql__prefixed(struct lql *lql, struct lql_token token);

#endif
