/* SPDX-License-Identifier: MIT */
/* Orders values as MongoDB's sort specifications ask: 1, -1, or a map of paths to 1 and -1. One
 * thread. */
#ifndef QUERY_MONGO_SORT_BY_H
#define QUERY_MONGO_SORT_BY_H

#include "value/path/path.h"

enum { SORT_BY_KEYS_MAX = 32 };

struct sort_by {
  bool whole;    /* by the values themselves */
  bool straight; /* paths do not lead through lists */
  bool descending[SORT_BY_KEYS_MAX];
  struct path paths[SORT_BY_KEYS_MAX];
  uint32_t count;
};

/** Reads a specification; `name` is the operator's, for errors. Paths live in `arena`. */
status sort_by_read(struct arena *arena, const struct val *spec, const char *name,
                    struct sort_by *by, struct err *err);
/** The key of `v` at path `nth`: its least value where ascending, greatest where descending, when
 * the path reaches several; null when it reaches nothing. */
struct val sort_by_key(const struct sort_by *by, uint32_t nth, const struct val *v);
/** Sorts in place, stably, under the collation (NULL: by bytes); memory from `arena`. */
struct collation; /* query/locale */
status sort_by_order(const struct sort_by *by, struct arena *arena, struct collation *collation,
                     struct val *values, uint32_t count, struct err *err);

#endif
