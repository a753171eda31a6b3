/* SPDX-License-Identifier: MIT */
/* The condition of a partial index: which documents have entries in it. It is kept as text in the
 * catalog, compiled by what runs the expressions of genotypes (model/soul/rules.h), and shared by
 * all pictures that hold the index.
 *
 * Threads: any; each evaluation has a compiled program of its own while it lasts. */
#ifndef MODEL_CATALOG_INDEX_FILTER_H
#define MODEL_CATALOG_INDEX_FILTER_H

#include "model/soul/rules.h"
#include "value/doc/doc.h"

struct index_filter;

/** Compiles the condition, of kind SOUL_RULE_LASTING or SOUL_RULE_MATCH; one reference, the
 * caller's. */
status index_filter_create(const struct soul_rules_ops *ops, const struct soul_rule *condition,
                           struct index_filter **filter, struct err *err);
void index_filter_acquire(struct index_filter *filter);
/** NULL is fine. */
void index_filter_release(struct index_filter *filter);
/** Whether the document has entries: the condition is true of it. What the evaluation needs comes
 * from `arena` and is given back. */
status index_filter_keeps(struct index_filter *filter, const struct doc *document,
                          struct arena *arena, bool *keeps, struct err *err);

#endif
