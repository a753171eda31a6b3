/* SPDX-License-Identifier: MIT */
/* Expressions, as front ends write them and the binder completes them. All nodes live in the
 * statement's arena and are immutable once bound. Two families of predicates live side by side:
 * SQL's, three-valued (a comparison with NULL is NULL), and MongoDB's matches, two-valued,
 * type-bracketed, reaching through lists (EXPR_MATCH). No front end patches results afterwards. */
#ifndef QUERY_PLAN_EXPR_H
#define QUERY_PLAN_EXPR_H

#include "value/path/path.h"

enum expr_kind {
  EXPR_CONST,   /* value */
  EXPR_PARAM,   /* parameter: number (1-based) or name */
  EXPR_NAME,    /* unbound: a path as written; the binder makes it EXPR_FIELD */
  EXPR_FIELD,   /* bound: column `slot` of the input, then `path` in it (may be empty) */
  EXPR_UNARY,   /* op, args[0] */
  EXPR_BINARY,  /* op, args[0], args[1] */
  EXPR_IN,      /* args[0] IN (args[1..]), three-valued; negated by `negated` */
  EXPR_BETWEEN, /* args[0] BETWEEN args[1] AND args[2]; `negated` */
  EXPR_CASE, /* args: when, then, when, then, …, [else]; `has_else`. CASE x WHEN is written out by
                the front end */
  EXPR_CALL, /* function `name` over args; the binder sets `function` */
  EXPR_AGGREGATE, /* aggregate over args[0] (none for COUNT(*)); `distinct`. Only the binder moves
                     these into a PLAN_AGGREGATE */
  EXPR_LIST,      /* list of args */
  EXPR_MAP,       /* map of names[i]: args[i] */
  EXPR_MATCH,     /* MongoDB's predicate: match */
  EXPR_SHAPE,     /* MongoDB's projection of args[0]: shape */
  /* `*` or `alias.*` (qualifier in name). In a select list the binder expands it; anywhere else it
   * is the whole row as one document: the only document column, else a map of the columns ($$ROOT,
   * the subject of a SHAPE) */
  EXPR_STAR,
  EXPR_VARIABLE, /* variable number `variable`, then `path` in it: of a LET or EACH around it, else
                    of the run (a command's `let`, an outer row) */
  EXPR_LET,      /* args: values of the variables from number `variable` on, then the body */
  EXPR_EACH,     /* over the elements of args[0], a list, as `each` says: args[1], then args[2], the
                    body; the element is variable `variable` */
  EXPR_AT, /* the path `path` in the value args[0]; with args[1] then the element of that number or
              name */
  /* A SELECT in an expression: subquery. args: its left operands (left_count), then, bound, what of
   * the rows around it its plan reads as EXPR_OUTER */
  EXPR_SUBQUERY,
  EXPR_OUTER, /* bound: outer value `slot` of the subquery it stands in */
  /* A function over a window of rows: call `name` or (is_aggregate) `aggregate` over args; `over`.
   * Only the binder moves these into a PLAN_WINDOW */
  EXPR_WINDOW
};

/** What becomes of the elements of a list. */
enum expr_each {
  EXPR_EACH_MAP,    /* the list of the body's values; args[1] is null */
  EXPR_EACH_FILTER, /* those for which the body is true as MongoDB has it; at most args[1], unless
                       that is null */
  EXPR_EACH_REDUCE  /* the body's last value; the value so far, first args[1], is variable + 1 */
};

enum expr_op {
  EXPR_OP_NOT,
  EXPR_OP_NEGATE,
  EXPR_OP_IS_NULL,
  EXPR_OP_IS_NOT_NULL,
  EXPR_OP_IS_TRUE,
  EXPR_OP_IS_FALSE,
  EXPR_OP_TRUTH, /* unary; TRUTH is MongoDB's: all but false, null, missing and zero are true */
  EXPR_OP_AND,
  EXPR_OP_OR, /* three-valued */
  EXPR_OP_EQ,
  EXPR_OP_NE,
  EXPR_OP_LT,
  EXPR_OP_LE,
  EXPR_OP_GT,
  EXPR_OP_GE, /* three-valued */
  EXPR_OP_IS_DISTINCT,
  EXPR_OP_IS_NOT_DISTINCT,
  EXPR_OP_LIKE, /* LIKE and its kin: args[2], if there, is the ESCAPE character, a constant text;
                   else a backslash */
  EXPR_OP_NOT_LIKE,
  EXPR_OP_ILIKE,
  EXPR_OP_NOT_ILIKE,
  EXPR_OP_CONTAINS, /* NQL: text contains text without case, or list contains element */
  EXPR_OP_STARTS_WITH,
  EXPR_OP_ENDS_WITH,
  EXPR_OP_ADD,
  EXPR_OP_SUBTRACT,
  EXPR_OP_MULTIPLY,
  EXPR_OP_DIVIDE,
  EXPR_OP_MODULO,
  EXPR_OP_CONCAT
};

enum expr_aggregate {
  EXPR_COUNT,
  EXPR_SUM,
  EXPR_AVG,
  EXPR_MIN,
  EXPR_MAX,
  EXPR_FIRST,
  EXPR_LAST,
  EXPR_PUSH,
  EXPR_ADD_TO_SET,
  EXPR_TOTAL, /* a float, 0 of nothing */
  EXPR_VAR_POP,
  EXPR_VAR_SAMP,
  EXPR_STDDEV_POP,
  EXPR_STDDEV_SAMP,
  EXPR_COVAR_POP, /* from here on of y and x */
  EXPR_COVAR_SAMP,
  EXPR_CORR,
  EXPR_REGR_AVGX,
  EXPR_REGR_AVGY,
  EXPR_REGR_COUNT,
  EXPR_REGR_INTERCEPT,
  EXPR_REGR_R2,
  EXPR_REGR_SLOPE,
  EXPR_REGR_SXX,
  EXPR_REGR_SXY,
  EXPR_REGR_SYY,
  EXPR_MEDIAN,
  EXPR_MODE,
  EXPR_PERCENTILE_CONT, /* of a value and a fraction; or of a fraction, WITHIN GROUP */
  EXPR_PERCENTILE_DISC,
  EXPR_APPROX_COUNT,
  EXPR_APPROX_PERCENTILE,
  EXPR_STRING_AGG, /* of a value and what stands between */
  EXPR_ARRAY_AGG,  /* NULL of nothing */
  EXPR_OBJECT_AGG, /* of a name and a value */
  EXPR_BOOL_AND,
  EXPR_BOOL_OR,
  EXPR_BIT_AND,
  EXPR_BIT_OR,
  EXPR_BIT_XOR,
  EXPR_ANY_VALUE,
  EXPR_MIN_BY, /* of a value and a key */
  EXPR_MAX_BY,
  EXPR_GATHER,  /* MongoDB's: `name` says which, query/exec/gather */
  EXPR_GROUPING /* bound: args are numbers of keys; made by the AGGREGATE itself */
};

enum match_op {
  MATCH_EQ,
  MATCH_NE,
  MATCH_GT,
  MATCH_GTE,
  MATCH_LT,
  MATCH_LTE,
  MATCH_IN,
  MATCH_NIN,
  MATCH_EXISTS,
  MATCH_TYPE,
  MATCH_REGEX,
  MATCH_ALL,
  MATCH_SIZE,
  MATCH_MOD,
  MATCH_BITS_ALL_SET,
  MATCH_BITS_ANY_SET,
  MATCH_BITS_ALL_CLEAR,
  MATCH_BITS_ANY_CLEAR,
  MATCH_GEO_WITHIN, /* a place, or one of several */
  MATCH_GEO_MEETS,
  MATCH_ELEM, /* a predicate on fields */
  MATCH_AND,
  MATCH_OR,
  MATCH_NOR,
  MATCH_NOT, /* of `children` */
  MATCH_EXPR /* `expression` is true */
};

/** MongoDB's predicate tree. */
struct match {
  enum match_op op;
  struct path path;   /* dotted form; empty inside $elemMatch: the element itself */
  struct expr *value; /* constant or parameter: the operand; a list for IN, NIN, ALL; for REGEX a
                         REGEX value */
  bool is_literal;    /* IN: a REGEX in the list is a value like others, and no pattern */
  struct match **children; /* AND OR NOR NOT ELEM, and ALL of $elemMatch */
  uint32_t children_count;
  struct expr *expression;
  uint32_t slot;   /* bound: the column that holds the document */
  bool key;        /* bound: as in struct expr */
  uint64_t offset; /* where in the statement, for errors */
};

/** What a projection of find keeps of a list. */
enum shape_pick_kind {
  SHAPE_SLICE,   /* `limit` elements from `skip` on (below 0: from the end) */
  SHAPE_ELEMENT, /* the first that `match` (of an element) finds */
  SHAPE_MATCHED  /* the one through which `match`, the filter, found the document */
};
struct shape_pick {
  enum shape_pick_kind kind;
  struct path path;
  int64_t skip, limit;
  struct match *match;
};

/** MongoDB's projection: either all listed paths are kept, or all are left out. */
struct shape {
  bool include; /* true: the result has `paths` and the computed fields; false: everything but
                   `paths` */
  bool id;      /* the key slot is kept */
  struct path *paths;
  uint32_t paths_count;
  struct slice *computed_names; /* computed fields as dotted paths, in order, values in the node's
                                   args[1..] */
  uint32_t computed_count;
  struct shape_pick *picks;
  uint32_t picks_count;
};

struct func; /* query/func */
struct plan; /* query/plan/plan.h */

enum expr_subquery_kind {
  EXPR_SUBQUERY_SCALAR, /* its only value; NULL when it has no row; more rows are an error */
  EXPR_SUBQUERY_EXISTS,
  EXPR_SUBQUERY_COMPARE, /* left operands `op` ANY (or ALL) of its rows, three-valued; IN is = ANY
                          */
  EXPR_SUBQUERY_LIST     /* ARRAY(…): the list of its only column */
};
struct subquery {
  enum expr_subquery_kind kind;
  enum expr_op op;
  bool all;
  bool is_path; /* LIST: a path with `[*]` or `.*`: a step behind it goes into each value */
  struct plan *plan;
  uint32_t left_count;
  bool is_steady; /* bound: what it answers depends on its operands and outer values alone,
                     whichever run of a SELECT around it asks */
};

enum expr_frame_mode { EXPR_FRAME_RANGE, EXPR_FRAME_ROWS, EXPR_FRAME_GROUPS };
enum expr_bound {
  EXPR_BOUND_UNBOUNDED_PRECEDING,
  EXPR_BOUND_PRECEDING, /* by an offset */
  EXPR_BOUND_CURRENT,
  EXPR_BOUND_FOLLOWING,
  EXPR_BOUND_UNBOUNDED_FOLLOWING
};
enum expr_exclude {
  EXPR_EXCLUDE_NONE,
  EXPR_EXCLUDE_CURRENT,
  EXPR_EXCLUDE_GROUP,
  EXPR_EXCLUDE_TIES
};
/** A key of an ORDER BY within a call. */
struct expr_order {
  bool descending, nulls_first, nulls_last;
};
/** What stands behind the operands of an AGGREGATE or WINDOW. Its expressions are in args: the
 * function's own (operands), the FILTER, the keys of PARTITION BY, those of ORDER BY, the offsets
 * of the frame's start and end. */
struct expr_over {
  uint32_t operands;
  bool has_filter, is_aggregate; /* WINDOW: `aggregate` of the node, not a window function */
  bool ignores_nulls;            /* WINDOW: rows where the operand is NULL are passed over */
  bool within_group;             /* ORDER BY stands in WITHIN GROUP: part of the function's input */
  uint32_t partition_count, order_count;
  struct expr_order *order;
  struct slice base; /* unbound: the named window it is or builds on */
  bool has_frame;
  enum expr_frame_mode mode;
  enum expr_bound start, end;
  bool has_start, has_end; /* the offset is in args */
  enum expr_exclude exclude;
};

/** What a STAR leaves out and renames. What it replaces stands in its args, called `names`. */
struct expr_star {
  const struct slice *without;
  uint32_t without_count;
  struct expr **renamed; /* unbound names */
  const struct slice *renamed_names;
  uint32_t renamed_count;
};

struct expr {
  enum expr_kind kind;
  enum expr_op op;
  enum expr_aggregate aggregate;
  enum expr_each each; /* EACH */
  uint32_t variable;   /* VARIABLE, LET, EACH */
  bool negated, distinct, has_else;
  bool mongo;  /* AGGREGATE, BINARY, CALL (a function of query/mongo): MongoDB's rules (sum of
                  nothing is 0, comparisons across types  by the total order, arithmetic) */
  bool dotted; /* NAME, FIELD: MongoDB's path: a name step into a list reads each of its elements */
  bool key; /* FIELD: the path begins with `id`: an attribute of that name, else the key (set by the
               binder) */
  uint32_t args_count;
  struct expr **args;
  struct val value;   /* CONST */
  uint32_t literal;   /* CONST: of which literal of the text it is, from 1; 0: none. Another text's
                         literal may take its place (query/plan/literals.h) */
  struct slice name;  /* NAME: text as written; PARAM by name; CALL: function; STAR: qualifier;
                         BINARY, CASE: what its column is called, if a front end says it */
  uint32_t parameter; /* PARAM by number, 1-based; 0 = by name */
  struct path path;   /* NAME, FIELD */
  uint32_t slot;      /* FIELD */
  uint8_t declared;   /* FIELD: enum val_type of its values where a genotype says it; VAL_MISSING */
  struct slice *names; /* MAP */
  bool
      is_masked; /* FIELD: of a sensitive attribute. CONST: not to be shown: it stands beside one */
  const struct func *function; /* CALL, bound */
  struct match *match;
  struct shape *shape;
  struct subquery *subquery;
  struct expr_star *star; /* STAR; NULL: all there is */
  struct expr_over *over; /* AGGREGATE: NULL when there are operands only; WINDOW */
  const void *window;     /* WINDOW, of the front end: as written, until named windows are known */
  bool is_row;            /* LIST: written (a, b) */
  bool spreads;           /* an item of a select list written `path.*`: its attributes */
  bool is_bare;           /* IN: a name without parentheses on the right: a list, or a source */
  uint64_t offset;        /* byte offset in the statement, for errors */
};

/** The path that a bound expression reads of a column: a FIELD's own, or further on through ATs; an
 * element whose place is computed is the first. `path->steps` has room for PATH_STEPS_MAX. The
 * FIELD; NULL when it is something else. */
const struct expr *expr_read_path(const struct expr *expr, struct path *path);
/** Whether the expression reads a sensitive attribute, itself or below. */
bool expr_reads_sensitive(const struct expr *expr);
/** Whether a SELECT stands in it. */
bool expr_has_subquery(const struct expr *expr);

/** How many leading args are the function's own. */
static inline uint32_t expr_operands(const struct expr *call) {
  return call->over ? call->over->operands : call->args_count;
}

/* ---- makers: NULL when the arena is out or an argument is NULL (front ends check once, with
 * plan_check_memory) ---- */

struct expr *expr_const(struct arena *arena, struct val value, uint64_t offset);
struct expr *expr_param(struct arena *arena, uint32_t number, struct slice name, uint64_t offset);
/** `text` is parsed as a path (dotted: MongoDB's form). */
struct expr *expr_name(struct arena *arena, struct slice text, bool dotted, uint64_t offset);
struct expr *expr_unary(struct arena *arena, enum expr_op op, struct expr *arg, uint64_t offset);
struct expr *expr_binary(struct arena *arena, enum expr_op op, struct expr *left,
                         struct expr *right, uint64_t offset);
/** Any kind with `count` args, copied from `args`. */
struct expr *expr_node(struct arena *arena, enum expr_kind kind, struct expr *const *args,
                       uint32_t count, uint64_t offset);
struct match *match_node(struct arena *arena, enum match_op op, struct match *const *children,
                         uint32_t count, uint64_t offset);
/** Whether it compares with the least or the greatest key (MinKey, MaxKey): values of every type
 * answer to that, null and what is missing, too. */
bool match_is_about_all(const struct match *match);
/** LUMA_OK when `made` (what the last maker answered) is there, else the error that the arena ran
 * out: of memory or of its budget. */
status plan_check_memory(const struct arena *arena, const void *made, struct err *err);
/** Appends LQL-like text of the expression: EXPLAIN and column names. */
void expr_format(const struct expr *expr, struct buf *out);
/** Whether a comparison holds of two values in this order: below 0, 0 or above. */
bool expr_op_keeps(enum expr_op op, int order);
/** The operator seen from the other side: 3 < x is x > 3. */
enum expr_op expr_op_swapped(enum expr_op op);
/** True for kinds whose value is made of the values of their args, or stands in the expression: no
 * column, document, variable or SELECT is looked at beside these. */
bool expr_is_of_args(enum expr_kind kind);
/** The expression as text whose names are paths in the document, however they were written: what
 * indexes keep. Changes the names of `expr`; empty when the arena is out. */
struct slice expr_settle_text(struct arena *arena, struct expr *expr);
/** "$gt": MongoDB's name of the operator. */
const char *match_op_name(enum match_op op);
/** Appends the predicate as MongoDB's JSON. */
void match_format(const struct match *match, struct buf *out);
/** "count", "sum", …: the name in every language. */
const char *expr_aggregate_name(enum expr_aggregate aggregate);
/** Structural equality (GROUP BY a+1 … SELECT a+1). */
bool expr_is_equal(const struct expr *a, const struct expr *b);
/** "row_number" and the like: functions that only stand before OVER. */
bool expr_is_window_function(struct slice name);

#endif
