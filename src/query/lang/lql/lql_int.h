/* SPDX-License-Identifier: MIT */
/* Shared by the lexer (lql.re), the grammar (lql.y) and what the grammar's rules call.
 *
 * One `struct lql` is one statement being parsed. The first failure is kept in it and ends the
 * parse; makers answer NULL when the arena is out, and rules pass NULL on, so the grammar never
 * looks at errors. */
#ifndef QUERY_LANG_LQL_LQL_INT_H
#define QUERY_LANG_LQL_LQL_INT_H

#include "query/lang/lang.h"

enum {
  LQL_PARAMETERS_MAX = 65535,
  LQL_TEXT_BYTES_MAX = 64 << 20,
  LQL_OPERATORS_MAX = 4000,
  LQL_JOINS_MAX = 64,
  LQL_COLUMNS_MAX = 2000 /* of an INSERT; changes of an UPDATE */
};

/** Where the automaton stands before it reads a token: an error is judged there, not after the
 * reductions that a wrong token still causes. */
enum { LQL_STATES_MAX = 1024, LQL_BAGS_MAX = 64 };
struct lql_states {
  uint32_t count;
  uint16_t items[LQL_STATES_MAX];
};

/** A token: its kind is a number of lql.gen.h; 0 is the end. */
struct lql_token {
  int kind;
  struct slice text; /* as written */
  uint64_t offset;
};

/** A growing list of expressions, with names where the construct has them. */
struct lql_list {
  struct expr **items;
  struct slice *names;
  uint32_t count, capacity;
};

/** A path as written, put together without the blanks between its parts. */
struct lql_path {
  struct slice text;
  uint64_t offset;
  uint32_t steps;
  bool has_elements; /* ended with [*] */
};

struct lql_sort {
  struct plan_sort_key *keys;
  uint32_t count, capacity;
};

/** A key of an index while it is read, and where its text ends. */
struct lql_key {
  struct expr *expr;
  uint64_t end;
};

struct lql_keys {
  struct plan_index_key *keys;
  uint32_t count, capacity;
  bool multikey;
};

struct lql_updates {
  struct plan_update_item *items;
  uint32_t count, capacity;
};

struct lql_limit {
  struct expr *limit, *skip;
  bool has_ties; /* rows equal to the last one come too */
};

/** What a source in FROM goes by. */
struct lql_alias {
  struct slice name;
  struct lql_list *names;   /* of its columns; may be NULL */
  struct lql_token ordinal; /* AT name: of the element's number; kind 0 when it is not there */
  struct lql_defs *defs;    /* (name type, …), of records; may be NULL */
  struct lql_token at;      /* where they begin */
};

/** How many rows are kept of equal ones: all; one; one for each value of `on`. */
struct lql_distinct {
  bool is_distinct;
  struct lql_list *on;
};

/** Grouping sets: each a list of keys. */
struct lql_sets {
  struct lql_list **items;
  uint32_t count, capacity;
};
enum { LQL_SETS_MAX = 256, LQL_SET_KEYS_MAX = 64 };

/** GROUP BY: the product of its items' sets; GROUP AS. */
struct lql_group {
  struct lql_sets *sets;
  struct slice rows_name;
  bool is_distinct; /* equal sets stand once */
};

/** What stands in FROM by a path: names alone, or (`value`) what the path leads to. */
struct lql_source {
  struct lql_list *names;
  struct expr *value;
};

struct lql_set_operator {
  struct lql_token at;
  enum plan_set_op op;
  bool all;
};

/** One end of a frame. */
struct lql_bound {
  enum expr_bound bound;
  struct expr *offset;
  uint64_t at;
};

/** A window as written. */
struct lql_window {
  struct slice name, base;
  bool is_name; /* OVER name */
  struct lql_list *partition;
  struct lql_sort *order;
  bool has_frame;
  enum expr_frame_mode mode;
  struct lql_bound start, end;
  enum expr_exclude exclude;
  uint64_t offset;
};
struct lql_windows {
  struct lql_window **items;
  uint32_t count, capacity;
};

/** Words as they stand, one after the other: the modes of BEGIN. */
struct lql_words {
  struct lql_token *items;
  uint32_t count, capacity;
};

struct lql_merges {
  struct plan_merge **items;
  uint32_t count, capacity;
};

/** INSERT INTO and its kin. */
struct lql_into {
  struct lql_token name;
  enum plan_conflict_action action;
  struct lql_token overriding; /* SYSTEM or USER; kind 0: nothing is overridden */
};

/** Which rows an UPDATE or DELETE concerns. */
struct lql_rows {
  struct plan *target, *others; /* `others`: FROM, USING; may be NULL */
  struct expr *where;
  struct lql_sort *order;
  struct lql_limit limit;
};

struct lql_ctes {
  struct plan_cte **items;
  uint32_t count, capacity;
  bool recursive;
};

/** A type as CAST takes it. */
struct lql_type {
  struct lql_token name;
  uint32_t numbers; /* how many stand in parentheses: varchar(5), numeric(10, 2) */
  int64_t first, second;
  bool is_list; /* type[] */
};

/** Beside enum plan_join_kind: what a comma joins. */
enum { LQL_JOIN_COMMA = 100 };

/** IF [NOT] EXISTS, UNIQUE and the like. */
struct lql_name {
  struct slice text;
  uint64_t offset;
};

/** The parts of a SELECT. */
struct lql_select {
  struct lql_token at;
  struct lql_distinct distinct;
  struct lql_list *items;
  bool is_value; /* SELECT VALUE: one item, the row itself */
  struct plan *from;
  struct expr *where;
  struct lql_group *group;
  struct expr *having;
  struct lql_windows *windows;
};

struct lql {
  const struct lang_context *context;
  struct arena *arena;
  struct slice text; /* the whole script */
  struct err *err;
  status failed;
  struct plan *root;
  const struct expr
      *bare_star; /* a `*` without a FROM; judged at the end: what follows may explain it */
  uint32_t parameters, questions; /* highest number; question marks met */
  /* lexer: `at` in a window of the text that begins at `base` and ends with NUL */
  struct slice window;
  size_t at, base;
  uint32_t brackets;           /* open brackets of all kinds */
  uint32_t bags[LQL_BAGS_MAX]; /* for each open bag: the brackets open around it */
  uint32_t bags_count;
  uint32_t stars;                    /* elements met by paths with wildcards: each has a name */
  uint32_t braces;                   /* open `{`: inside, "text" is text, as JSON has it */
  uint32_t operators, joins;         /* bound the depth of the trees */
  struct expr *index_condition;      /* WHERE of a CREATE INDEX */
  const struct lql_windows *windows; /* WINDOW of the SELECT read last: its ORDER BY may use them */
  struct lql_token last, first, before;
  struct lql_states *states;
};

/* ---- lexer ---- */

/** The next token; kind 0 at the end, negative after a failure. */
struct lql_token lql__next(struct lql *lql);
/** Where an INTERVAL that counts ends (`at` behind the word): interval 3 days; else NULL. */
const uint8_t *lql__interval_end(const uint8_t *at, const uint8_t *limit);
/** Where a typed text (quotes are [start, quoted)) ends: an interval may have units behind it. */
const uint8_t *lql__typed_end(const uint8_t *start, const uint8_t *quoted, const uint8_t *limit);
enum { INTERVAL_PLACES = 6 };
/** How many places of its seconds an interval keeps: 3 of SECOND (2, 3); all if none are told. */
int lql__interval_places(struct slice units);
/** The kind of a word that is a keyword only where it stands: VALUE, PIVOT, UNPIVOT, and ANY and
 * SOME as aggregates; 0 for any other. `last`: the token before it; `rest`: the text behind it. */
int lql__contextual(int last, struct slice word, struct slice rest);
/** Whether what stands behind `EXPLAIN (` are options, and no query. */
bool lql__begins_options(struct slice rest);
/** What a keyword is behind AS: mostly a name. */
int lql__behind_as(int kind);
/** Whether a token of the kind may be the last of an expression. */
bool lql__ends_value(int kind);
/** Of the words `time` and `timestamp`: the first. */
bool lql__is_clock(const uint8_t *word);
/** The token kind of a word, or that of a name. */
int lql__keyword(struct slice word);
/** The nearest keyword to a misspelt word; empty if none is near. */
struct slice lql__near_keyword(struct slice word, bool (*fits)(void *context, int kind),
                               void *context);
/** A token kind in words: "FROM", "a name", "`(`". */
const char *lql__describe(int kind);

/* ---- failures ---- */

/** Keeps the first failure, with its position. */
void lql__fail(struct lql *lql, status code, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void lql__hint(struct lql *lql, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Called by the grammar: `fits` says whether a token of a kind could stand here. */
void lql__syntax_error(struct lql *lql, struct lql_token token,
                       bool (*fits)(void *context, int kind), void *context);

/* ---- what rules make ---- */

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
/** The call with its words as texts: date_diff(day, a, b), normalize(x, NFC). */
/** Texts of the statement that are arguments of json_… are JSON, as they are in PostgreSQL. */
bool lql__read_json_args(struct lql *lql, struct slice function, struct lql_list *args);
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
/** value IS text. */
struct expr *lql__is_text(struct lql *lql, struct lql_token at, struct expr *value);
/** value IS type. */
struct expr *lql__is_type(struct lql *lql, struct lql_token at, struct expr *value,
                          struct lql_type type);
/** (a, b) OVERLAPS (c, d). */
struct expr *lql__overlaps(struct lql *lql, struct lql_token at, struct expr *left,
                           struct expr *right);

struct lql_list *lql__list(struct lql *lql);
struct lql_list *lql__append(struct lql *lql, struct lql_list *list, struct expr *item,
                             struct slice name);
struct lql_path *lql__path(struct lql *lql, struct lql_token name);
struct lql_path *lql__path_name(struct lql *lql, struct lql_path *path, struct lql_token name);
/** A step written ['name']. */
struct lql_path *lql__path_text(struct lql *lql, struct lql_path *path, struct lql_token text);
/** A step's text, in quotes where it needs them; without data when memory is out. */
struct slice lql__quoted(struct lql *lql, const struct path_step *step);
struct lql_path *lql__path_index(struct lql *lql, struct lql_path *path, struct lql_token index,
                                 bool from_end);
struct lql_path *lql__path_elements(struct lql *lql, struct lql_path *path);
/** A name without AS: no word that begins a clause (RIGHT JOIN would be an alias and a join). */
struct slice lql__bare_alias(struct lql *lql, struct lql_token name);
/** What to write for a word that people bring from elsewhere; NULL if it is none. */
const char *lql__foreign_word(struct slice word);
/** The name a token stands for: quotes taken off. */
struct slice lql__name(struct lql *lql, struct lql_token token);

/* ---- statements ---- */

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

/** Doubles an arena array of `count` elements when it is full; NULL when the arena is out. */
void *lql__grow(struct lql *lql, void *items, uint32_t count, uint32_t *capacity, size_t bytes);
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

/* ---- the generated parser ---- */

void *lqlGrammarAlloc(void *(*allocate)(size_t bytes));
void lqlGrammarFree(void *parser, void (*release)(void *memory));
void lqlGrammar(void *parser, int kind, struct lql_token token, struct lql *lql);
/** Copies where the parser stands. */
void lql__remember(const void *parser, struct lql_states *states);

#endif
