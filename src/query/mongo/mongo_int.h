/* SPDX-License-Identifier: MIT */
/* Shared by the files of query/mongo. */
#ifndef QUERY_MONGO_MONGO_INT_H
#define QUERY_MONGO_MONGO_INT_H

#include "query/mongo/calls.gen.h"
#include "query/mongo/mongo.h"
#include "query/plan/words.h"
#include "value/doc/build.h"
#include "value/order/order.h"

extern const struct func mongo__table[];
extern const uint32_t mongo__table_count;

/** A list or map being built in the scratch of a call. */
struct mongo_build {
  struct func_env *env;
  struct build build;
};

void mongo__begin(struct mongo_build *made, struct func_env *env);
/** Takes what was built into the arena of the call and frees the builder. */
status mongo__end(struct mongo_build *made, struct val *out, struct err *err);
/** Frees the builder without a result; answers `failed`. */
status mongo__abandon(struct mongo_build *made, status failed);
/** Puts an element of a list: MISSING becomes null. */
void mongo__put(struct mongo_build *made, const struct val *v);

/** What a value is compared by under the call's collation: itself without one. */
status mongo__key(struct func_env *env, const struct val *v, struct val *key, struct err *err);

/** Copies `text` as the result. */
status mongo__text(struct func_env *env, struct slice text, struct val *out, struct err *err);
/** Takes what stands in env->scratch as a text. */
status mongo__scratch_text(struct func_env *env, struct val *out, struct err *err);
/** Room in the call's arena. */
status mongo__room(struct func_env *env, size_t count, size_t bytes, void *room, struct err *err);

/** A whole number that fits 32 or 64 bits; false for what is no number, has a fraction or does not
 * fit. */
bool mongo__whole32(const struct val *v, int32_t *out);
/** Bound `nth` of a search through a list or a text: a whole number from 0; `*bound` stays when it
 * is not given. */
status mongo__search_bound(const char *name, const struct val *args, uint32_t count, uint32_t nth,
                           int64_t *bound, struct err *err);
bool mongo__whole64(const struct val *v, int64_t *out);
/** An integer as the smallest kind that holds it. */
struct val mongo__integer(int64_t v);
/** The wider of two numbers' kinds: int32, int64, float64, decimal. */
enum val_type mongo__wider(const struct val *a, const struct val *b);
/** Is the decimal or double NaN, or infinite? */
bool mongo__is_nan(const struct val *v);
bool mongo__is_finite(const struct val *v);

/** Sum of two numbers with MongoDB's promotion: int32, then int64, then float64; decimals win. */
struct val mongo__add_numbers(const struct val *a, const struct val *b);

/** Checks the regex and the options of a search. (match_text.c) */
status mongo__check_search(struct func_env *env, const char *name, const struct val *operands,
                           struct err *err);

/** Equality as JSON Schema has it: the order of fields says nothing. (schema_equal.c) */
status mongo__is_same_json(struct func_env *env, const struct val *a, const struct val *b,
                           bool *same, struct err *err);
/** Whether two elements of the list are equal so. */
status mongo__has_same_json(struct func_env *env, const struct val *list, bool *has,
                            struct err *err);

/** The moment of a value that MongoDB takes for a date (date, timestamp, ObjectId), in milliseconds
 * since 1970; false if it is none. */
bool mongo__moment(const struct val *v, int64_t *ms);
/** False when the moment is beyond those that a date of ours can be: some 292,000 years. */
static inline bool mongo__date(int64_t ms, struct val *out) {
  int64_t us = 0;
  if (__builtin_mul_overflow(ms, (int64_t)1000, &us)) return false;
  *out = val_timestamp(us);
  return true;
}

#endif
