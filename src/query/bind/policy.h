/* SPDX-License-Identifier: MIT */
/* What a caller may see and change: asked by the binder for every collection a statement touches,
 * so that access by key, counts, EXPLAIN and changes all pass through it. The service layer
 * implements it; NULL means that everything is allowed. */
#ifndef QUERY_BIND_POLICY_H
#define QUERY_BIND_POLICY_H

#include "model/catalog/catalog.h"
#include "query/plan/expr.h"

enum query_access { QUERY_READ, QUERY_INSERT, QUERY_UPDATE, QUERY_DELETE, QUERY_SCHEMA };

struct query_policy {
  void *context;
  /** May answer LUMA_FORBIDDEN. `*predicate` (NULL = all): an unbound expression over the
   * documents, which are then all there is for this access. `*mask` (NULL = none): fields left out
   * of what is read. Both live in `arena`. */
  status (*check)(void *context, const struct collection *collection, enum query_access access,
                  struct arena *arena, struct expr **predicate, struct shape **mask,
                  struct err *err);
};

#endif
