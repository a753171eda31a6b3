/* SPDX-License-Identifier: MIT */
/* UPDATE, as its files share it: op_update.c changes what its input reads, update_points.c what
 * keys lead to. */
#ifndef QUERY_EXEC_UPDATING_H
#define QUERY_EXEC_UPDATING_H

#include "query/exec/group/tuple_table.h"
#include "query/exec/write/change.h"
#include "query/exec/write/write.h"

struct updating {
  struct op op;
  struct change *changes;
  struct positional positional;
  struct program *replacement;
  struct batch row; /* the document in hand, as the only row */
  struct buf encoded;
  struct build build; /* into `encoded`; made with the first document */
  bool has_build;
  const struct collection *collection;
  uint64_t matched; /* by this operator: a statement may have several */
  struct write_yield yield;
  struct conflict *conflict;     /* UPDATE OR …; else NULL */
  struct tuple_table apart_keys; /* is_apart: of the documents to change */
  struct rows apart_values;      /* and what their changes set, in the order of the keys */
  uint64_t apart_next;
  bool is_done;
};

/** What `document` becomes (`inserting`: one that an upsert begins with), over op->encoded. */
status updating_make(struct updating *op, const struct val *document, bool inserting,
                     struct val *changed, struct err *err);
/** Changes one stored document; `context` is the operator. (A write_each.) */
status updating_change(void *context, const struct doc *document, struct err *err);

/** Does the plan's points, each as a change of its own that may fail alone: what became of each is
 * noted in exec->steps, which are made unless a SEQUENCE around has made room. (update_points.c) */
status updating_points(struct updating *op, struct err *err);

#endif
