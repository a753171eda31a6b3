/* SPDX-License-Identifier: MIT */
/* The changes an UPDATE makes to one document: assignments and MongoDB's update operators, on an
 * edit of the document. */
#ifndef QUERY_EXEC_CHANGE_H
#define QUERY_EXEC_CHANGE_H

#include "query/exec/exec_int.h"
#include "query/expr/matcher.h"
#include "value/edit/edit.h"

/** One change, compiled. */
struct change {
  const struct plan_update_item *item;
  struct program *value;
  struct matcher *match;
  struct path renamed;     /* RENAME: the new path */
  const struct val *given; /* the value, computed before; NULL: it is computed from the document */
};

status change_compile(struct exec *exec, const struct plan_update_item *item, struct change *change,
                      struct err *err);
/** Applies it to `edit`, whose original is the only row of `batch`; memory from `arena`.
 * `inserting`: $setOnInsert counts. */
status change_apply(struct exec *exec, const struct change *change, struct edit *edit,
                    const struct batch *batch, bool inserting, struct arena *arena,
                    struct err *err);

#endif
