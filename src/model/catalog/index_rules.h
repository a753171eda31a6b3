/* SPDX-License-Identifier: MIT */
/* What an index computes of a document: whether it has entries (the condition of a partial index),
 * and the values of keys that are expressions. Kept as text in the catalog, compiled by what runs
 * the expressions of genotypes (model/soul/rules.h), and shared by all pictures that hold the
 * index.
 *
 * Threads: any; each evaluation has a compiled program of its own while it lasts. */
#ifndef MODEL_CATALOG_INDEX_RULES_H
#define MODEL_CATALOG_INDEX_RULES_H

#include "index/index.h"
#include "model/soul/rules.h"

struct index_rules;

/** What there is to compute. */
struct index_rules_spec {
  const struct soul_rule *condition; /* of kind SOUL_RULE_LASTING or SOUL_RULE_MATCH; without text:
                                        none */
  const struct index_key *keys;
  uint32_t keys_count;
  struct slice collation; /* empty: none */
};
/** Compiles the condition, the computed keys and the collation; one reference, the caller's.
 * `*rules` NULL: there is nothing to compute. */
status index_rules_create(const struct soul_rules_ops *ops, const struct index_rules_spec *spec,
                          struct index_rules **rules, struct err *err);
void index_rules_acquire(struct index_rules *rules);
/** NULL is fine. */
void index_rules_release(struct index_rules *rules);
/** Whether the document has entries, and then `values`, each at the place of its key; what they
 * borrow lives in `arena` or the document. `rules` NULL: it has, and nothing is computed. */
status index_rules_run(struct index_rules *rules, const struct val *document, struct arena *arena,
                       bool *keeps, struct val values[INDEX_KEYS_MAX], struct err *err);
/** Texts as the collation has them, for one thread at a time. */
struct index_folding {
  struct index_fold fold;
  struct index_rules *rules; /* NULL: there is no collation, and nothing to end */
  struct soul_program *program;
};
status index_rules_begin_fold(struct index_rules *rules, struct index_folding *folding,
                              struct err *err);
void index_rules_end_fold(struct index_folding *folding);
/** Whether the condition or a computed key reads the attribute. */
status index_rules_read(struct index_rules *rules, struct slice attribute, bool *reads,
                        struct err *err);

#endif
