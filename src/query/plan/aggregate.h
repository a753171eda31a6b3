/* SPDX-License-Identifier: MIT */
/* The aggregates of LQL by their names, from spec/aggregates.tsv. Any thread. */
#ifndef QUERY_PLAN_AGGREGATE_H
#define QUERY_PLAN_AGGREGATE_H

#include "query/plan/expr.h"

/** Whether WITHIN GROUP (ORDER BY …) may follow; KEY: its key is one of the arguments. */
enum aggregate_within { AGGREGATE_WITHIN_NO, AGGREGATE_WITHIN_MAY, AGGREGATE_WITHIN_KEY };

/** The most operands an aggregate takes. */
enum { AGGREGATE_ARGS_MAX = 2 };

struct aggregate {
  const char *name; /* small letters */
  enum expr_aggregate kind;
  uint8_t args_min, args_max;
  uint8_t within; /* enum aggregate_within */
  uint8_t type;   /* enum val_type of the result; VAL_MISSING: it depends */
  bool is_other;  /* another name of an aggregate in the table */
  const char *usage;
};

extern const struct aggregate aggregate__table[];
extern const uint32_t aggregate__table_count;

/** By name without case; NULL if there is none. */
const struct aggregate *aggregate_find(struct slice name);
/** The type of what an aggregate answers; VAL_MISSING: it depends. */
enum val_type aggregate_type(enum expr_aggregate kind);
/** Whether the key of WITHIN GROUP is what the aggregate is of: percentiles and mode. */
bool aggregate_is_of_key(const struct expr *aggregate);

#endif
