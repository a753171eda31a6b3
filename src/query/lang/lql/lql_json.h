/* SPDX-License-Identifier: MIT */
/* SQL/JSON: JSON_VALUE and its kin with their clauses, JSON_OBJECT and JSON_ARRAY, JSON_TABLE. */
#ifndef QUERY_LANG_LQL_LQL_JSON_H
#define QUERY_LANG_LQL_LQL_JSON_H

#include "query/lang/lql/lql_int.h"

/** What stands behind the arguments of a call; zero letters: nothing is said. */
struct lql_json {
  struct lql_list *passing; /* values with their names */
  struct lql_type type;     /* RETURNING; name.kind 0: none */
  char wrapper, quotes, empty, error;
  struct expr *on_empty, *on_error; /* of DEFAULT */
  char nulls;                       /* ON NULL: 'n' they stay, 'a' they are absent */
  struct lql_token at, path;        /* the first clause; PATH of a column */
};

/** A column of JSON_TABLE. */
struct lql_json_column {
  struct lql_token name; /* kind 0: NESTED */
  struct lql_type type;
  bool is_ordinality, is_exists;
  struct lql_json *json;
  struct lql_token path;            /* of NESTED */
  struct lql_json_columns *columns; /* of NESTED */
};
struct lql_json_columns {
  struct lql_json_column **items;
  uint32_t count, capacity;
};

/** Each adds what a clause says to `json` (NULL: a new one); NULL when memory is out. */
struct lql_json *lql__json_begin(struct lql *lql, struct lql_json *json, struct lql_token at);
struct lql_json *lql__json_passing(struct lql *lql, struct lql_json *json, struct lql_token at,
                                   struct lql_list *values);
struct lql_json *lql__json_returning(struct lql *lql, struct lql_json *json, struct lql_token at,
                                     struct lql_type type);
/** WITH WRAPPER, OMIT QUOTES, NULL ON NULL, and `… ON EMPTY`, `… ON ERROR`, each one token. */
struct lql_json *lql__json_word(struct lql *lql, struct lql_json *json, struct lql_token word);
/** DEFAULT value, and the token ON EMPTY or ON ERROR. */
struct lql_json *lql__json_default(struct lql *lql, struct lql_json *json, struct expr *value,
                                   struct lql_token on);
struct lql_json *lql__json_path(struct lql *lql, struct lql_json *json, struct lql_token at,
                                struct lql_token path);
/** A call with clauses. */
struct expr *lql__json_call(struct lql *lql, struct lql_token name, struct lql_list *args,
                            const struct lql_json *json);
/** JSON_ARRAY and JSON_ARRAYAGG with clauses. */
struct expr *lql__json_array(struct lql *lql, struct lql_token name, struct lql_list *args,
                             const struct lql_json *json);
/** JSON_EXISTS (x, '$.a') without clauses; NULL when the call is another. */
struct expr *lql__json_plain(struct lql *lql, struct lql_token name, const struct lql_list *args);
/** Adds a name and a value of JSON_OBJECT ('a': 1, 'b' VALUE 2). */
struct lql_list *lql__json_pair(struct lql *lql, struct lql_list *pairs, struct expr *name,
                                struct expr *value);
/** JSON_OBJECT or JSON_OBJECTAGG of such pairs; `json` may be NULL. */
struct expr *lql__json_pairs(struct lql *lql, struct lql_token name, struct lql_list *pairs,
                             const struct lql_json *json);

struct lql_json_column *lql__json_column(struct lql *lql, const struct lql_json_column *column);
struct lql_json_columns *lql__json_columns(struct lql *lql, struct lql_json_columns *columns,
                                           struct lql_json_column *column);
/** JSON_TABLE (document, path …) in FROM; `end` is what stands behind COLUMNS, or NULL. */
struct plan *lql__json_table(struct lql *lql, struct lql_token name, const struct lql_list *args,
                             const struct lql_json *json, const struct lql_json_columns *columns,
                             const struct lql_json *end, const struct lql_alias *alias);

#endif
