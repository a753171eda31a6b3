/* SPDX-License-Identifier: MIT */
/* Expressions that are made quickly, as the files that read and run them share them. A node answers
 * false for whatever is not the usual case: the expression is then run as all are, which gives the
 * same value, or the error. So a node knows the usual types and nothing else. */
#ifndef QUERY_RULE_QUICK_INT_H
#define QUERY_RULE_QUICK_INT_H

#include "model/soul/rules.h"
#include "query/plan/expr.h"

struct quick_node;
struct quick {
  struct soul_quick head; /* first */
  const struct quick_node *root;
};

/** The document at hand. */
struct quick_at {
  const uint8_t *map; /* its tag */
  struct soul_room *room;
};
typedef bool quick_run(const struct quick_node *node, const struct quick_at *at, struct val *out);
/** The value where it is an INT64 made of such: no other way to it is shorter. */
typedef bool quick_integer(const struct quick_node *node, const uint8_t *map, int64_t *out);
/** What a condition is. */
enum quick_truth { QUICK_FALSE, QUICK_TRUE, QUICK_NONE, QUICK_UNSURE };
typedef enum quick_truth quick_truth_fn(const struct quick_node *node, const uint8_t *map);
typedef uint32_t quick_write(const struct soul_quick *quick, const uint8_t *map, uint8_t type,
                             uint8_t *room, size_t bytes);

enum quick_kind { QUICK_FIXED, QUICK_STORED, QUICK_RUN };
struct quick_node {
  enum quick_kind kind;
  uint32_t place;         /* STORED */
  quick_run *run;         /* RUN */
  quick_integer *integer; /* RUN; NULL: it is not mostly an integer */
  quick_truth_fn *truth;  /* RUN; NULL: it is no condition, or no simple one */
  const struct quick_node *const *args;
  uint32_t args_count;
  enum expr_op op;
  bool upper;       /* letters */
  bool has_else;    /* CASE */
  struct val value; /* FIXED */
};

/** Of integers; false where it is no INT64, or divides by 0 or -1. */
bool quick__calculate(enum expr_op op, int64_t a, int64_t b, int64_t *out);
/** Numbers. */
quick_run quick__arithmetic, quick__negate, quick__to_int, quick__to_float;
/** Texts. */
quick_run quick__letters, quick__length, quick__concat;
/** What is true, false or NULL, and what depends on it. */
quick_run quick__compare, quick__is_null, quick__is_not_null, quick__not, quick__and, quick__or,
    quick__case, quick__coalesce;

/** Changes the letters of a text of ASCII; false: it is none. `to` has room for a word more. */
bool quick__put_letters(struct slice text, bool upper, uint8_t *to);
/** Of a node that may be an integer: the value, where it is one. */
bool quick__may_be_integer(const struct quick_node *node);
bool quick__ask_integer(const struct quick_node *node, const uint8_t *map, int64_t *out);
/** What tells the truth of a node that runs, whose arguments are read; NULL. */
quick_truth_fn *quick__truth_of(const struct quick_node *node);
/** See soul_quick. */
bool quick__holds(const struct soul_quick *quick, const uint8_t *map);
/** What gives integers of a node that runs, whose arguments are read; NULL. */
quick_integer *quick__integer_of(const struct quick_node *node);
/** What writes the values of an expression: see soul_quick. */
quick_write *quick__write_of(const struct quick_node *root);

#endif
