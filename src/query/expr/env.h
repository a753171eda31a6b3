/* SPDX-License-Identifier: MIT */
/* What the expressions of one run share: parameters, the statement's time and text, memory, and
 * what they count. One thread. */
#ifndef QUERY_EXPR_ENV_H
#define QUERY_EXPR_ENV_H

#include "base/ds/rng.h"
#include "query/func/func.h"
#include "query/jsonpath/cache.h"
#include "query/locale/collation.h"
#include "query/locale/zones.h"
#include "query/plan/expr.h"
#include "query/regex/regex_cache.h"

/** Values for parameters, by number (`names` NULL) or by name. */
struct query_params {
  const struct val *values;
  const struct slice *names;
  uint32_t count;
};

struct expr_regex; /* compiled expressions, ended with the environment */
struct expr_subquery;

/** Who runs the SELECTs in expressions: the executor, given by it. */
struct expr_subqueries {
  void *context;
  /** Makes one ready; it ends with the run. */
  status (*open)(void *context, const struct expr *expr, struct expr_subquery **subquery,
                 struct err *err);
  /** Its answer for one row: `args` are the values of expr->args. Valid as long as `arena`. */
  status (*answer)(struct expr_subquery *subquery, const struct val *args, struct arena *arena,
                   struct val *out, struct err *err);
};

/** Who knows when a run must end: the executor. Asked with each batch of elements of lists, which
 * may be many beside one row. */
struct expr_watch {
  const void *context;
  status (*check)(const void *context, struct err *err); /* NULL: it may go on */
};

enum { EXPR_CLASH_BYTES = 320 };

struct expr_env {
  struct arena *arena; /* compiled programs and their registers; lives as long as the run */
  struct query_params params;
  uint64_t now_us;
  struct slice text;            /* the statement, for positions */
  uint64_t clashes;             /* operations that met types they do not take and answered NULL */
  char clash[EXPR_CLASH_BYTES]; /* what the first of them was about; may be empty */
  struct buf scratch;           /* for building values; empty between uses */
  struct expr_regex *regexes;
  struct zones zones;
  struct regex_cache regex_cache;
  struct jsonpath_cache paths;
  struct collation_named named; /* of COLLATE */
  struct rng chance;
  struct collation *collation; /* of MongoDB's comparisons; borrowed; NULL: by bytes */
  /* values of variables numbered from 0: what a command's `let` or an outer row gives */
  const struct val *variables;
  uint32_t variables_count;
  const struct soul_numbers *numbers;       /* of sequences; borrowed; NULL: there are none */
  const struct expr_subqueries *subqueries; /* NULL: there are none */
  struct expr_watch watch;
  const struct val *outers; /* what EXPR_OUTER reads */
  bool only_reads; /* documents are made to be shown: what is new in one of a collection may have
                      its names inline */
};

enum { EXPR_SCRATCH_BYTES_MAX = 128 << 20 };

/** `arena` is borrowed. */
void expr_env_init(struct expr_env *env, struct arena *arena);
void expr_env_deinit(struct expr_env *env);
/** From here to the end of a part, what is made for expressions lives in `arena`, and no longer
 * than the part. Parts do not nest. */
struct expr_part {
  struct arena *arena;
  struct expr_regex *regexes;
};
struct expr_part expr_env_begin_part(struct expr_env *env, struct arena *arena);
/** Before that arena is reset. */
void expr_env_end_part(struct expr_env *env, struct expr_part part);
/** What functions see of it; results live in `arena`. */
struct func_env expr_env_call(struct expr_env *env, struct arena *arena);
/** A regular expression that lives as long as the environment. */
status expr_env_regex(struct expr_env *env, struct slice pattern, struct slice options,
                      struct regex **regex, struct err *err);
/** The value of a parameter; LUMA_UNKNOWN_PARAMETER with its position if it was not given. */
status expr_env_param(const struct expr_env *env, const struct expr *param, struct val *value,
                      struct err *err);
/** Gives `err` the position of `offset` in the statement, unless it has one; answers `failed`. */
status expr_env_fail(const struct expr_env *env, uint64_t offset, status failed, struct err *err);
/** Copies a value, deeply, so that it outlives the batch it came from. */
status expr_copy_value(struct arena *arena, const struct val *value, struct val *copy,
                       struct err *err);

#endif
