/* SPDX-License-Identifier: MIT */
/* MongoDB's predicates, compiled: operands evaluated, regular expressions made, paths bound.
 * Exactly MongoDB's semantics: type brackets, null equal to missing, a list matches when any
 * element does, negation of the whole. Two additions for types MongoDB lacks: a text that reads as
 * a ULID or UUID equals one. One thread. */
#ifndef QUERY_EXPR_MATCHER_H
#define QUERY_EXPR_MATCHER_H

#include "query/expr/field.h"
#include "value/batch/batch.h"

struct matcher;

/** Compiles `match` (bound). Memory of env->arena. LUMA_INVALID_ARGUMENT for operands the operators
 * do not take, with position. */
status matcher_create(struct expr_env *env, const struct match *match, struct matcher **matcher,
                      struct err *err);
/** Binds paths to the documents of the batch and evaluates $expr over its live rows. Before
 * matcher_test. */
status matcher_begin(struct matcher *matcher, struct expr_env *env, const struct batch *batch,
                     struct arena *arena, struct err *err);
/** Binds the path to a dictionary, so that matcher_refuses may be asked of its documents; `*can`
 * false: it has nothing to say. */
status matcher_prepare(struct matcher *matcher, struct expr_env *env, const struct names *names,
                       bool *can, struct err *err);
/** Whether the document certainly does not match, as it is stored. */
bool matcher_refuses(const struct matcher *matcher, const struct val *document);
/** Puts the live rows of the batch that match into its selection_room; how many. After
 * matcher_begin. */
status matcher_keep(const struct matcher *matcher, const struct batch *batch, uint32_t *kept,
                    struct err *err);
/** Whether row `row` of the batch matches. */
status matcher_test(const struct matcher *matcher, const struct batch *batch, uint32_t row,
                    bool *matches, struct err *err);
/** Whether one element of a list matches, as $elemMatch asks: a predicate without paths looks at
 * the value itself, one with paths at its fields. No $expr within. */
status matcher_test_element(const struct matcher *matcher, const struct val *element, bool *matches,
                            struct err *err);
/** The same as $pull asks: a predicate without paths also looks into an element that is a list, one
 * with paths at maps only. */
status matcher_test_pulled(const struct matcher *matcher, const struct val *element, bool *matches,
                           struct err *err);

/** The element through which the document (given as matcher_test_element takes it) matches: its
 * place in the list, or -1. */
status matcher_position(const struct matcher *matcher, const struct val *document,
                        int64_t *position, struct err *err);

#endif
