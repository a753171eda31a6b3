/* SPDX-License-Identifier: MIT */
/* A schema of its own for each case, on the server that LUMA_POSTGRES names by its socket's folder.
 */
#ifndef TESTS_PG_SCHEMA_H
#define TESTS_PG_SCHEMA_H

#include "store/store.h"

/** The target of this case's schema, made empty by the first call. */
const char *schema_target(void);
/** Makes it empty again; no store is open. */
void schema_renew(void);
/** Runs SQL in the schema; a failure fails the case. */
void schema_run(const char *sql);
/** Opens the store in the schema, as a new process would. `listener` may be NULL. */
status schema_open(const struct store_listener *listener, struct store **store, struct err *err);

#endif
