/* SPDX-License-Identifier: MIT */
/* MongoDB's expression operators as functions over values, with MongoDB's own semantics: kinds of
 * numbers, null against missing, dates in milliseconds, errors by MongoDB's codes
 * (https://www.mongodb.com/docs/manual/reference/operator/aggregation/). One table made from
 * spec/mongo.tsv says what there is and what it takes.
 *
 * Arguments come in the order of the table, by position or by name. An argument that was not given
 * is word_absent(); one that was given but has no value is MISSING. Functions are pure but for
 * $rand; any thread. */
#ifndef QUERY_MONGO_MONGO_H
#define QUERY_MONGO_MONGO_H

#include "query/func/func.h"

/** The function behind an expression operator, by its name with `$`; NULL if there is none. */
const struct func *mongo_function(struct slice name);

/** Checks what a call does with operands that are known, those from the second on, before it is
 * called: what is wrong with patterns. */
status mongo_prepare(struct func_env *env, const struct func *function, const struct val *operands,
                     struct err *err);

/** The name of a value's type as MongoDB has it: "int", "objectId", "missing". */
static inline const char *mongo_type_name(const struct val *v) {
  return val_mongo_name(v);
}
/** MongoDB's truth: all but false, null, missing and zero. */
bool mongo_is_true(const struct val *v);
/** Fills `err` with MongoDB's code and a message; answers the status. */
status mongo_fail(struct err *err, uint32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/** The same with a status of our own. */
status mongo_fail_as(struct err *err, status status_code, uint32_t code, const char *format, ...)
    __attribute__((format(printf, 4, 5), cold));

#endif
