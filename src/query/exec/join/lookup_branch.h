/* SPDX-License-Identifier: MIT */
/* The equality in the branch of a $lookup, if there is one: a FILTER over a SCAN that asks an
 * attribute to be equal to a variable of the stage, in the form with localField or as $expr. */
#ifndef QUERY_EXEC_LOOKUP_BRANCH_H
#define QUERY_EXEC_LOOKUP_BRANCH_H

#include "query/exec/exec_int.h"

struct lookup_branch {
  const struct plan *scan; /* NULL: there is no equality, or a collation decides what is equal */
  const struct plan *whole_scan; /* the same, without its access */
  const struct path *path;       /* the attribute */
  uint32_t variable;             /* what it is equal to, or to an element of */
  bool is_any;                   /* it is a list, of whose elements one is equal */
  bool is_whole;                 /* the branch asks for nothing else */
  bool has_index;                /* the SCAN reads what is equal */
  const struct plan *over_rows;  /* the branch, over rows handed in instead of the SCAN */
};

/** Reads the branch of a STAGE_LOOKUP; plans that are made live in the run's arena. */
status lookup_branch_read(struct exec *exec, const struct plan *lookup,
                          struct lookup_branch *branch, struct err *err);

#endif
