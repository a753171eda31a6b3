/* SPDX-License-Identifier: MIT */
/* The compiled predicate, as the compiler and the tester share it. */
#ifndef QUERY_EXPR_MATCHER_INT_H
#define QUERY_EXPR_MATCHER_INT_H

#include "query/expr/matcher.h"

struct program;

struct matcher {
  enum match_op op;
  uint32_t slot;
  struct field_reader field;
  bool is_plain;    /* the path's steps are names only: read strictly while no list is in the way */
  struct val value; /* the operand */
  struct probe probe; /* count 0: there is none, values are read and tested */
  int order_class;    /* its type bracket */
  struct val *values; /* IN: sorted by the total order */
  uint32_t values_count;
  bool has_null;            /* EQ, IN: the operand is or has null */
  struct regex **regexes;   /* REGEX: one; IN: those in its list */
  struct val *regex_values; /* what they were made of: an equal REGEX value matches too */
  uint32_t regexes_count;
  uint32_t types;              /* TYPE: bit per enum val_type */
  bool type_int, type_long;    /* TYPE: "int" and "long" look at the size of 64-bit integers */
  struct collation *collation; /* of texts; NULL: by bytes */
  int64_t divisor, remainder;  /* MOD */
  int64_t size;
  uint32_t *bits; /* BITS: positions, ascending */
  uint32_t bits_count;
  struct matcher **children;
  uint32_t children_count;
  bool on_fields;           /* ELEM: only maps and lists can match */
  struct expr_env *env;     /* GEO: where a test has its memory */
  struct program *program;  /* EXPR */
  const struct val *truths; /* EXPR: by row, of the current batch */
  uint32_t truths_stride;
};

/** Whether a value that a path reaches satisfies the predicate, itself or through its elements. */
status matcher__test_reached(const struct matcher *matcher, const struct val *v, bool *matches,
                             struct err *err);
/** BITS: positions from a number, bytes or a list of positions. (matcher_bits.c) */
status matcher__set_bits(struct expr_env *env, struct matcher *matcher, struct err *err);
bool matcher__test_bits(const struct matcher *matcher, const struct val *v);
/** GEO: whether the operand is a region, and whether a place is there. (matcher_geo.c) */
status matcher__set_geo(struct expr_env *env, struct matcher *matcher, struct err *err);
status matcher__test_geo(const struct matcher *matcher, const struct val *v, bool *matches,
                         struct err *err);
/** TYPE: fills the mask from a name, a number or a list of them. */
status matcher__set_types(struct matcher *matcher, const struct val *operand, struct err *err);
/** A number towards zero; false when that does not fit 64 bits. */
bool matcher__truncate(const struct val *number, int64_t *whole);
/** MongoDB's truth: all but false, null, missing and zero. */
bool matcher__is_true(const struct val *v);
/** Whether one value (not through lists) satisfies the predicate. */
status matcher__test_value(const struct matcher *matcher, const struct val *v, bool *matches,
                           struct err *err);

#endif
