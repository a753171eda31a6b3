/* SPDX-License-Identifier: MIT */
/* Shared by the files of query/func: the table and the functions in it. */
#ifndef QUERY_FUNC_FUNC_INT_H
#define QUERY_FUNC_FUNC_INT_H

#include "query/func/func.gen.h"

extern const struct func func__table[];
extern const uint32_t func__table_count;

/** NULL, and one clash counted: the function does not take a value of this type. */
status func__clash(struct func_env *env, struct val *out);
/** The error of an arena that ran out. */
status func__fail_memory(const struct func_env *env, struct err *err);
/** Copies `text` into the result. */
status func__text(struct func_env *env, struct slice text, struct val *out, struct err *err);
/** Takes what stands in env->scratch as the result and empties it. */
status func__scratch_text(struct func_env *env, struct val *out, struct err *err);

/** What func__find answers when there is no such part. */
#define FUNC_NOT_FOUND SIZE_MAX
/** As func_append_text, but truths are t and f: what concat makes of them. */
void func__append_brief(struct buf *out, const struct val *value);
/** Where `part` begins in `text` at or after byte `from`. */
size_t func__find(struct slice text, struct slice part, size_t from);
/** Bytes of the first `characters` code points. */
size_t func__prefix_bytes(struct slice text, int64_t characters);
/** A timestamp, a date, or a text that reads as one, in microseconds; false if it is none. */
bool func__moment(const struct val *value, int64_t *us);

/** Reads a text that begins with `{` as PostgreSQL's form of a list, of texts, nulls and lists,
 * into the arena. LUMA_INVALID_VALUE. */
status func__read_list(struct func_env *env, struct slice text, struct val *out, struct err *err);
/** Reads a text as JSON into the arena. */
status func__read_json(struct func_env *env, struct slice text, struct val *out, struct err *err);

struct build;
/** Begins a list or a map in the scratch: nothing else may use that until func__built. */
void func__list_begin(struct func_env *env, struct build *build);
void func__map_begin(struct func_env *env, struct build *build);
/** Ends it: the result stands in the arena. Ends the builder too. */
status func__built(struct func_env *env, struct build *build, struct val *out, struct err *err);

#endif
