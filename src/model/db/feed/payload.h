/* SPDX-License-Identifier: MIT */
/* Payloads of the feed: what a transaction changed, as it is logged, and what readers of the feed
 * need of documents that are gone. */
#ifndef MODEL_DB_FEED_PAYLOAD_H
#define MODEL_DB_FEED_PAYLOAD_H

#include "model/db/model_int.h"

/** Appends one change to the payload in txn->feed. `old_version` 0 = none. */
void model__feed_change(struct model_txn *txn, enum model_change_op op, uint32_t collection,
                        struct slice key_part, uint64_t old_version);
/** Emits the payload, if there is one: before a savepoint and before the commit. */
status model__feed_emit(struct model_txn *txn, struct err *err);
/** After a change, when no savepoint was made since the payload began: emits it if it is long. */
status model__feed_pass(struct model_txn *txn, struct err *err);
/** Keeps a document that a change replaces, for readers of the feed. */
status model__feed_keep(struct model_txn *txn, const struct collection *collection,
                        struct slice key_part, const struct doc *old, struct err *err);

/** What one change of a payload says. */
struct model__feed_item {
  enum model_change_op op;
  uint32_t collection;
  struct slice key_part;
  uint64_t old_version;
};
/** Takes the next item off the front of `payload`; `*has` false at the end. LUMA_CORRUPT if it is
 * not one. */
status model__feed_take(struct slice *payload, struct model__feed_item *item, bool *has,
                        struct err *err);
/** The key of a replaced document in STORE_ENTRIES, appended to `out`. */
void model__history_key(struct buf *out, uint32_t collection, struct slice key_part,
                        uint64_t version);

#endif
