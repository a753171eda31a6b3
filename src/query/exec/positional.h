/* SPDX-License-Identifier: MIT */
/* The positional operators in the paths of updates: `$`, the element that the filter matched;
 * `$[]`, every element; `$[name]`, those that an array filter matches. A path with any of them
 * becomes the paths of the elements in the document at hand. One thread. */
#ifndef QUERY_EXEC_POSITIONAL_H
#define QUERY_EXEC_POSITIONAL_H

#include "query/exec/exec_int.h"
#include "query/expr/matcher.h"

enum { POSITIONAL_PATHS_MAX = 100000 };

struct positional {
  const struct plan *plan;
  struct matcher *filter;   /* NULL: nothing asks for `$` */
  struct matcher **filters; /* of the plan's array filters */
};

status positional_create(struct exec *exec, const struct plan *plan, struct positional *positional,
                         struct err *err);

/** Paths in `arena`. */
struct positional_paths {
  struct arena *arena;
  struct path *items;
  uint32_t count, capacity;
};

status positional_expand(const struct positional *positional, const struct val *document,
                         const struct path *path, struct positional_paths *paths, struct err *err);

#endif
