/* SPDX-License-Identifier: MIT */
/* INSERT where a key, or a value of a unique index, may be there: what is there is found, and left,
 * replaced or changed. */
#ifndef QUERY_EXEC_CONFLICT_H
#define QUERY_EXEC_CONFLICT_H

#include "query/exec/write/write.h"

struct conflict;

/** Compiles what the plan (an INSERT with a `conflict`) asks. NULL in `*conflict` when it asks
 * nothing. */
status conflict_create(struct exec *exec, const struct plan *plan, struct conflict **conflict,
                       struct err *err);
/** Inserts one document, or does what is asked when it conflicts. `yield` keeps what came of it. */
status conflict_insert(struct conflict *conflict, const struct collection *collection,
                       const struct val *document, struct write_yield *yield, struct err *err);
/** NULL is fine. */
void conflict_destroy(struct conflict *conflict);

/** Whether the changed document, whose key is `key`, may be stored: no other has its unique values,
 * or (REPLACES) those that had are gone. */
status conflict_update(struct conflict *conflict, const struct collection *collection,
                       const struct val *changed, const struct val *key, bool *may,
                       struct err *err);

#endif
