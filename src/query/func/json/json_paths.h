/* SPDX-License-Identifier: MIT */
/* SQL/JSON paths over values, for the functions that are made of them. */
#ifndef QUERY_FUNC_JSON_PATHS_H
#define QUERY_FUNC_JSON_PATHS_H

#include "query/func/func_int.h"

/** All that a path leads to. `args`: document, path (a text), and variables if there are three.
 * Items borrow from the document, the path and the arena. LUMA_INVALID_ARGUMENT of a path that
 * cannot be read; LUMA_INVALID_VALUE where the document is not as it says. */
status func__path_items(struct func_env *env, const struct val *args, uint32_t count,
                        struct val **items, uint32_t *found, struct err *err);

#endif
