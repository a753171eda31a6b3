/* SPDX-License-Identifier: MIT */
/* What INSERT, UPDATE and DELETE share: the collection, the key's two names, and the documents to
 * change. */
#ifndef QUERY_EXEC_WRITE_H
#define QUERY_EXEC_WRITE_H

#include "query/exec/exec_int.h"

/** The collection of the plan, made if it is not there. */
status write_collection(struct exec *exec, const struct plan *plan,
                        const struct collection **collection, struct err *err);
/** The document with its key in the key slot: outside JQL `id` names it, unless `_id` stands beside
 * it. */
status write_name_key(struct exec *exec, struct arena *arena, const struct val *document,
                      struct val *named, struct err *err);
/** Remembers the keys of inserted documents for the summary. */
status write_note_keys(struct exec *exec, const struct model_write *writes, uint32_t count,
                       struct err *err);

/** Keeps the failure of document or change `index` for the summary, the first
 * QUERY_WRITE_ERRORS_MAX. */
status write_report(struct exec *exec, uint32_t index, const struct err *failed, struct err *err);

/** The documents that a change yields for its RETURNING. */
struct write_yield {
  struct rows rows;
  struct batch batch;
  uint64_t next_row;
};
status write_yield_init(struct write_yield *yield, struct exec *exec, const struct plan *plan,
                        struct err *err);
/** Keeps a copy, if the plan yields. */
status write_yield_keep(struct write_yield *yield, const struct plan *plan,
                        const struct val *document, struct err *err);
/** Reads an inserted document back (it has its key, and what its collection adds) and keeps it. */
status write_yield_inserted(struct write_yield *yield, struct exec *exec, const struct plan *plan,
                            const struct collection *collection, const struct model_write *write,
                            struct err *err);
/** The next batch of them; NULL at the end. */
void write_yield_next(struct write_yield *yield, struct batch **batch);

/** A stored document's view, from the value its SCAN made of it: the header stands right before the
 * root. */
static inline struct doc write_stored(const struct val *root) {
  return (struct doc){.data = root->data - DOC_HEADER_BYTES,
                      .bytes = root->bytes + DOC_HEADER_BYTES,
                      .names = root->names};
}

/** Replaces a stored document by one that was built with the collection's names: `changed` is the
 * root behind its header. */
status write_replace(struct exec *exec, const struct collection *collection,
                     const struct doc *document, const struct val *changed, struct err *err);

/** Called for each document to change. */
typedef status write_each(void *context, const struct doc *document, struct err *err);
/** Gives every document of the input (one column of stored documents) to `each`, once, even when
 * `each` changes what the input reads: unless the input reads in key order, all keys are collected
 * before the first change. */
status write_for_each(struct op *op, const struct collection *collection, write_each *each,
                      void *context, struct err *err);

#endif
