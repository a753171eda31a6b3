/* SPDX-License-Identifier: MIT */
/* The optimizer: an ordered list of named passes over a bound plan. Each pass is one rule in one
 * file, keeps the answer as it is, and can be left out by name: tests run statements with and
 * without and compare. */
#ifndef QUERY_OPT_OPT_H
#define QUERY_OPT_OPT_H

#include "query/plan/physical.h"

struct model_txn;
struct soul_rule;

struct opt_options {
  struct arena *arena;
  struct model_txn *txn; /* for estimates; NULL: every collection is taken as large */
  uint64_t now_us;
  /** Reads and binds the condition of a partial index; NULL: partial indexes do not serve. */
  status (*read_rule)(struct arena *arena, const struct soul_rule *condition, struct expr **expr,
                      struct err *err);
  const char *const *rules_off; /* names of passes not to run, NULL-terminated; may be NULL */
};

/** Rewrites statement->root and fills in physical choices. */
status opt_statement(const struct opt_options *options, struct statement *statement,
                     struct err *err);
/** The name of pass `nth`, in the order they run; NULL past the end. */
const char *opt_pass_name(uint32_t nth);

#endif
