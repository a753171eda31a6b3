/* SPDX-License-Identifier: MIT */
/* Changes of the catalog as MongoDB's commands have them: when an index that is asked for is there
 * already or stands in the way, what `collMod` changes, and what the commands answer. One thread.
 */
#ifndef QUERY_EXEC_SCHEMA_MONGO_H
#define QUERY_EXEC_SCHEMA_MONGO_H

#include "query/exec/exec_int.h"

enum { SCHEMA_MADE_MAX = 64 };

/** What the statement did so far. */
struct exec_schema {
  bool is_begun, made_collection, was_there, has_hidden, hidden_old, hidden_new;
  bool has_expiry, expired_before; /* collMod changed it; there was one */
  uint32_t expiry_old_s, expiry_new_s;
  uint32_t before, after;             /* indexes, the key's among them */
  struct slice made[SCHEMA_MADE_MAX]; /* indexes, for taking them back */
  uint32_t made_count;
};

/** Before the first change of the statement. */
status schema_mongo_begin(struct exec *exec, const struct plan *plan, struct err *err);
/** After each: the answer in exec->answer. */
status schema_mongo_end(struct exec *exec, const struct plan *plan, struct err *err);
/** `*is_there`: an index that is the same. Codes 85 and 86 for one that stands in the way. */
status schema_mongo_check_index(struct exec *exec, const struct plan *plan, bool *is_there,
                                struct err *err);
/** Drops the indexes that a command made before it failed: it makes all of them or none. */
void schema_mongo_take_back(struct exec *exec, const struct plan *plan);
/** Errors of names and keys that no index, or more than one, has: 27, 26, 181. */
status schema_mongo_check_drop(struct exec *exec, const struct plan *plan, struct err *err);
/** CREATE_COLLECTION: one that is there is no error when it has the rules asked for. */
status schema_mongo_create(struct exec *exec, const struct plan *plan, struct err *err);
/** CHANGE_COLLECTION. */
status schema_mongo_change(struct exec *exec, const struct plan *plan, struct err *err);

#endif
