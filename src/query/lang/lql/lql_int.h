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
  struct lql_sets *sets; /* NULL: GROUP BY ALL */
  struct slice rows_name;
  bool is_distinct; /* equal sets stand once */
};

/** What a star stands for but for some: EXCLUDE, REPLACE (expr AS name), RENAME (name AS name). */
struct lql_but {
  struct lql_list *without, *replaced, *renamed;
};

/** What follows HAVING. */
struct lql_late {
  struct lql_windows *windows;
  struct expr *qualify;
};

/** INTERVAL YEAR TO MONTH in a CAST. */
struct lql_units {
  struct lql_token type, finest;
  bool has_places; /* a number stands behind the finest */
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
  struct expr *qualify;
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
  struct lql_states *states; /* NULL in the first reading, which only finds a mistake */
  bool is_mistaken;
};

/* ---- failures ---- */

/** Keeps the first failure, with its position. */
void lql__fail(struct lql *lql, status code, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void lql__hint(struct lql *lql, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Called by the grammar: `fits` says whether a token of a kind could stand here. Without `context`
 * only that there is a mistake is kept. */
void lql__syntax_error(struct lql *lql, struct lql_token token,
                       bool (*fits)(void *context, int kind), void *context);

/* ---- lists, paths, names ---- */

/** Doubles an arena array of `count` elements when it is full; NULL when the arena is out. */
void *lql__grow(struct lql *lql, void *items, uint32_t count, uint32_t *capacity, size_t bytes);
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

/* ---- the generated parser ---- */

void *lqlGrammarAlloc(void *(*allocate)(size_t bytes));
void lqlGrammarFree(void *parser, void (*release)(void *memory));
void lqlGrammar(void *parser, int kind, struct lql_token token, struct lql *lql);
/** Copies where the parser stands. */
void lql__remember(const void *parser, struct lql_states *states);

#endif
