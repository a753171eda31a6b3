/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. */
#ifndef SERVICE_DOCS_DOCS_INT_H
#define SERVICE_DOCS_DOCS_INT_H

#include "service/docs/docs.h"

/** As docs_once_find, in a transaction. */
status docs__once_find(struct model_txn *txn, struct docs_once *once, struct arena *arena,
                       struct val **keys, uint32_t *count, struct err *err);
/** As docs_once_keep, in a transaction. */
status docs__once_keep(struct model_txn *txn, const struct docs_once *once, const struct val *keys,
                       uint32_t count, struct err *err);

/** Does `work` under the session's guard: at most so many documents, or in a dry run. */
status docs__change(struct session *session, uint64_t count, session_work_fn *work, void *context,
                    struct err *err);
/** The collection; LUMA_UNKNOWN_COLLECTION. */
status docs__find(struct model_txn *txn, struct slice name, const struct collection **collection,
                  struct err *err);
/** Puts the document with the patch (RFC 7396) in the place of `old`. */
status docs__merge(struct model_txn *txn, const struct collection *collection,
                   const struct doc *old, const struct val *patch, struct err *err);
/** LUMA_NOT_FOUND. */
status docs__fail_no_document(struct slice collection, struct err *err);

/** Many small changes of one request that hold together or not at all. */
struct docs_each {
  status (*step)(void *context, struct model_txn *txn, uint32_t nth, struct err *err);
  void *context;
  /** The key that a change names, where it may be told; NULL: it is not. */
  const struct val *(*key)(void *context, uint32_t nth);
  uint32_t count;
  bool is_list; /* see struct docs_changes */
};
/** Takes each step under a savepoint of its own. Those that fail are tried again after the others
 * as long as that helps: a document may refer to a later one. The error gathers the faults of all
 * that fail; what is wrong with the machine and not with a document is answered at once. */
status docs__each(struct model_txn *txn, const struct docs_each *each, struct err *err);
/** Whether a failure is that of a document, and not of the whole. */
bool docs__is_of_document(status failed);

#endif
