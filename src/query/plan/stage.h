/* SPDX-License-Identifier: MIT */
/* Stages of document pipelines that relational nodes do not have: PLAN_STAGE, with one of these.
 * Their input is one column of documents. Sub-pipelines stand in `right`, each under a
 * STAGE_BRANCH whose `right` is the next; a sub-pipeline over what the stage hands it begins with a
 * STAGE_ROWS. Stages that compute values yield the document and a column for each: a PROJECT above
 * puts them in their places. */
#ifndef QUERY_PLAN_STAGE_H
#define QUERY_PLAN_STAGE_H

#include "query/plan/expr.h"

enum plan_stage_kind {
  STAGE_ROWS,   /* yields the documents that the stage around it hands in */
  STAGE_BRANCH, /* `input` is the sub-pipeline `name` */
  STAGE_UNWIND, /* a row for each element of the list at `path` */
  STAGE_UNION,  /* the input's rows, then those of the branch */
  STAGE_FACET,  /* one row: a map of the branches' rows, each over the input */
  STAGE_LOOKUP, /* adds the list of the branch's rows; exprs: the values of its variables */
  STAGE_SAMPLE, /* `count` rows by chance */
  STAGE_WINDOW, /* adds a value for each of `windows` */
  STAGE_REDACT, /* cuts documents as exprs[0] says: "keep", "prune", "descend"; column 1 of its rows
                   is the part that it looks at, column 0 the whole */
  STAGE_DENSIFY, /* adds documents where exprs[0] has gaps, by the values of the other exprs */
  STAGE_BUCKETS, /* adds the bucket of exprs[0]; rows in its order */
  STAGE_GRAPH,   /* adds the list of the branch's rows that exprs[0] leads to, step by step */
  STAGE_INVERSE, /* keeps the documents whose filter, at `path`, one of exprs[0] (a document, or a
                    list of them) satisfies */
  STAGE_KEYS,    /* each document becomes what the index that it was found by has of it */
  STAGE_OUT,     /* of an INSERT: its rows take the place of the collection's documents */
  STAGE_MERGE    /* of an INSERT: its rows change those that have the same values at `paths` */
};

/** How far a window reaches. */
enum stage_bound { STAGE_UNBOUNDED, STAGE_CURRENT, STAGE_OFFSET };

enum stage_function {
  STAGE_AGGREGATE, /* of the window's rows */
  STAGE_RANK,
  STAGE_DENSE_RANK,
  STAGE_DOCUMENT_NUMBER,
  STAGE_SHIFT,
  STAGE_DERIVATIVE,
  STAGE_INTEGRAL,
  STAGE_MOVING_AVERAGE,
  STAGE_COVARIANCE_POP,
  STAGE_COVARIANCE_SAMP,
  STAGE_LINEAR_FILL,
  STAGE_LOCF,
  STAGE_MIN_MAX_SCALER
};

/** One output of a STAGE_WINDOW. Its argument is the stage's exprs[argument]. */
struct stage_window {
  enum stage_function function;
  const char *name; /* of the operator, for errors */
  struct expr *aggregate;
  uint32_t argument;
  bool has_argument, has_window, by_range;
  enum stage_bound low, high;
  double low_offset, high_offset;
  int64_t range_unit_ms; /* 0: numbers; -1: months */
  int32_t range_unit_months;
  int64_t unit_ms;              /* DERIVATIVE, INTEGRAL: 0 none */
  int64_t by;                   /* SHIFT */
  struct val otherwise;         /* SHIFT, unless `has_otherwise` */
  bool has_otherwise;           /* SHIFT: the argument is a list of what is shifted, and this */
  double alpha;                 /* MOVING_AVERAGE */
  double scale_low, scale_high; /* MIN_MAX_SCALER */
};

enum stage_range { STAGE_RANGE_FULL, STAGE_RANGE_PARTITION, STAGE_RANGE_EXPLICIT };

/** How a STAGE_DENSIFY goes on. */
struct stage_densify {
  enum stage_range range;
  struct val step, low, high; /* EXPLICIT: [low, high) */
  struct slice unit;          /* of dates; without data: numbers */
};

/** What a STAGE_MERGE does with a row. */
enum stage_merge_action {
  STAGE_MERGE_REPLACES,
  STAGE_MERGE_KEEPS,
  STAGE_MERGE_MERGES,
  STAGE_MERGE_COMPUTES, /* the INSERT's replacement, over the document there and its exprs */
  STAGE_MERGE_INSERTS,
  STAGE_MERGE_DISCARDS,
  STAGE_MERGE_FAILS
};

/** Reads a filter that stands in a document: its paths start from the document it is asked of. */
typedef status stage_read_filter(struct arena *arena, const struct val *filter,
                                 struct match **match, struct err *err);

struct plan_stage {
  enum plan_stage_kind kind;
  struct slice name;       /* BRANCH */
  struct path path;        /* UNWIND; DENSIFY: its field; GRAPH: connectToField */
  struct path *paths;      /* DENSIFY: of the partition; GRAPH: connectFromField, depthField */
  uint32_t paths_count;    /* MERGE: on */
  struct slice index_name; /* UNWIND: includeArrayIndex */
  bool keeps_empty;        /* UNWIND: preserveNullAndEmptyArrays; INVERSE: documents without */
  stage_read_filter *read_filter; /* INVERSE */
  uint64_t count;                 /* SAMPLE; BUCKETS; GRAPH: how deep */
  uint32_t first_variable;        /* LOOKUP: number of the first of exprs as a variable; GRAPH:
                                     of the list of values in the second branch */
  bool is_equality;               /* LOOKUP: exprs[0] is the local value, its list the variable */
  bool is_correlated;             /* LOOKUP: the branch reads variables */
  bool unwinds; /* LOOKUP: a row for each document found, not for their list; `keeps_empty`
                   as UNWIND has it */
  struct stage_densify densify;
  struct slice granularity; /* BUCKETS; may be empty */
  enum stage_merge_action matched, unmatched;
  /* WINDOW: exprs: the partition's key, the sort key, arguments */
  struct stage_window *windows;
  uint32_t windows_count;
  struct slice *names; /* of the windows' outputs */
  bool has_order, is_descending;
  uint32_t order_count;
};

#endif
