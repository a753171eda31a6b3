/* SPDX-License-Identifier: MIT */
/* Shared by the files of query/func: the table and the functions in it. */
#ifndef QUERY_FUNC_FUNC_INT_H
#define QUERY_FUNC_FUNC_INT_H

#include "query/func/func.h"

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

func_call func__abs;
func_call func__cast;
func_call func__ceil;
func_call func__ceiling;
func_call func__coalesce;
func_call func__concat;
func_call func__contains;
func_call func__date_add;
func_call func__date_part;
func_call func__date_sub;
func_call func__date_trunc;
func_call func__ends_with;
func_call func__extract;
func_call func__floor;
func_call func__greatest;
func_call func__least;
func_call func__length;
func_call func__lower;
func_call func__ltrim;
func_call func__mod;
func_call func__now;
func_call func__nullif;
func_call func__power;
func_call func__replace;
func_call func__round;
func_call func__rtrim;
func_call func__sign;
func_call func__sqrt;
func_call func__starts_with;
func_call func__substr;
func_call func__substring;
func_call func__trim;
func_call func__typeof;
func_call func__upper;

#endif
