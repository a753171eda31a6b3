/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. */
#ifndef SERVICE_DOCS_DOCS_INT_H
#define SERVICE_DOCS_DOCS_INT_H

#include "service/docs/docs.h"

/** Finds what was answered under the batch's key before: then batch->once_replayed, with its keys.
 * LUMA_INVALID_ARGUMENT (once_clashed) when that was another request. */
status docs__once_find(struct model_txn *txn, struct docs_batch *batch, struct err *err);
/** Keeps what is answered. */
status docs__once_keep(struct model_txn *txn, const struct docs_batch *batch, struct err *err);

#endif
