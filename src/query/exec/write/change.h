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
/** What changes are made to. */
struct change_site {
  struct exec *exec;
  struct edit *edit;
  const struct batch *batch; /* its only row is the original of `edit` */
  struct arena *arena;       /* where edits may borrow from */
  bool inserting;            /* $setOnInsert counts */
};

status change_apply(const struct change_site *site, const struct change *change, struct err *err);
/** The same for all changes of an update, in the order of the places that they are about; two may
 * not meet. (change_places.c) */
status change_apply_all(const struct change_site *site, const struct change *changes,
                        uint32_t count, struct err *err);

/** What the change is to put in its places. */
status change__operand(const struct change_site *site, const struct change *change,
                       const struct val **operand, struct err *err);
/** Applies it at `path`, one of its places. */
status change__apply_at(const struct change_site *site, const struct change *change,
                        const struct path *path, const struct val *operand, struct err *err);

/** The list that $push makes of `current` (a list or MISSING) with `added`: placed, sorted and cut
 * as its modifiers say. (change_push.c) */
status change__push(struct exec *exec, const struct plan_update_item *item,
                    const struct val *current, const struct val *added, struct arena *arena,
                    struct val *out, struct err *err);

#endif
