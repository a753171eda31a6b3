/* SPDX-License-Identifier: MIT */
/* The changes an UPDATE makes to one document: assignments and MongoDB's update operators, on an
 * edit of the document. */
#ifndef QUERY_EXEC_CHANGE_H
#define QUERY_EXEC_CHANGE_H

#include "query/exec/exec_int.h"
#include "query/exec/positional.h"
#include "query/expr/matcher.h"
#include "value/doc/build.h"
#include "value/edit/edit.h"

/** One change, compiled. */
struct change {
  const struct plan_update_item *item;
  struct program *value;
  struct matcher *match;
  struct path renamed;     /* RENAME: the new path */
  const struct val *given; /* the value, computed before; NULL: it is computed from the document */
  const struct positional *positional;
};

/** `positional` is borrowed. */
status change_compile(struct exec *exec, const struct plan_update_item *item,
                      const struct positional *positional, struct change *change, struct err *err);
/** The root of a document that a builder with these names made. */
status change_take(struct slice built, const struct names *names, struct val *changed,
                   struct err *err);
/** Writes the changed document with `build`, whose buffer is emptied first: `*changed` is its root,
 * with the builder's names, behind its header. */
status change_write(const struct edit *edit, struct build *build, struct val *changed,
                    struct err *err);
/** Applies it to `edit`, whose original is the only row of `batch`; memory from `arena`.
 * `inserting`: $setOnInsert counts. */
status change_apply(struct exec *exec, const struct change *change, struct edit *edit,
                    const struct batch *batch, bool inserting, struct arena *arena,
                    struct err *err);

/** The list that $push makes of `current` (a list or MISSING) with `added`: placed, sorted and cut
 * as its modifiers say. (change_push.c) */
status change__push(struct exec *exec, const struct plan_update_item *item,
                    const struct val *current, const struct val *added, struct arena *arena,
                    struct val *out, struct err *err);

#endif
