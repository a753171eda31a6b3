/* SPDX-License-Identifier: MIT */
/* The names in a target, asked for with SHOW, and names in statements. */
#ifndef CLI_TARGET_NAMES_H
#define CLI_TARGET_NAMES_H

#include "base/mem/arena.h"
#include "cli/target/target.h"

/** Collections in name order, in the caller's arena. */
struct names_list {
  struct slice *items;
  size_t count, capacity;
};

/** Adds the names of the collections; their texts live in `arena`. Ends with names_list_deinit,
 * also after a failure. */
status names_collections(struct target *target, struct arena *arena, struct names_list *list,
                         struct err *err);
void names_list_deinit(struct names_list *list);
/** Appends `name` as LQL has it: in backticks, so that every name is one. */
void names_quote(struct buf *out, struct slice name);

#endif
