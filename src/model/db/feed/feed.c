/* SPDX-License-Identifier: MIT */
/* The change feed. What a commit appends is small: which keys changed and which versions they
 * replaced. Values are found when the feed is read: a new document is the record itself while its
 * version is that commit's, else it is kept in the history (STORE_ENTRIES, KEYSPACE_HISTORY) by the
 * change that replaced it, where old documents are too. So inserts, the bulk of all writes, cost
 * the feed a few bytes each, and a document replaced is written once more, not twice.
 *
 * A payload is a row of items:  op u8 | varint collection | varint key bytes | key part | version
 * u64 (UPDATE, DELETE). */
#include "model/db/feed/payload.h"
#include "model/db/model_int.h"

/* Changes are emitted together, about so many bytes of them: a record of its own for each would
 * cost the log and the memtable more than the change itself. */
enum { FEED_PAYLOAD_BYTES = 16 << 10 };

void model__feed_change(struct model_txn *txn, enum model_change_op op, uint32_t collection,
                        struct slice key_part, uint64_t old_version) {
  if (!txn->model->options.feed) return;
  struct buf *feed = &txn->feed;
  buf_append_byte(feed, (uint8_t)op);
  buf_append_varint(feed, collection);
  buf_append_varint(feed, key_part.bytes);
  buf_append_slice(feed, key_part);
  if (op == MODEL_UPDATE || op == MODEL_DELETE) buf_append64le(feed, old_version);
}

status model__feed_emit(struct model_txn *txn, struct err *err) {
  if (txn->feed.bytes == 0 && txn->feed.failed == LUMA_OK) return LUMA_OK;
  status result = buf_check(&txn->feed, "the change feed", err);
  if (result == LUMA_OK) result = store_emit(txn->store, buf_slice(&txn->feed), err);
  buf_reset(&txn->feed);
  return result;
}

status model__feed_pass(struct model_txn *txn, struct err *err) {
  bool is_due = txn->feed.bytes >= FEED_PAYLOAD_BYTES || txn->feed.failed != LUMA_OK;
  return is_due ? model__feed_emit(txn, err) : LUMA_OK;
}

void model__history_key(struct buf *out, uint32_t collection, struct slice key_part,
                        uint64_t version) {
  struct keyspace_key prefix = keyspace_history(collection);
  uint8_t tail[8];
  store64be(tail, version);
  buf_append_slice(out, keyspace_slice(&prefix));
  buf_append_slice(out, key_part);
  buf_append(out, tail, sizeof tail);
}

status model__feed_keep(struct model_txn *txn, const struct collection *collection,
                        struct slice key_part, const struct doc *old, struct err *err) {
  uint64_t version = doc_header(old).version;
  /* A document of this very transaction was never seen by anyone. */
  if (!txn->model->options.feed || version == 0) return LUMA_OK;
  struct buf key;
  buf_init(&key, MODEL_SCRATCH_BYTES_MAX);
  model__history_key(&key, collection->number, key_part, version);
  status result = buf_check(&key, "a history key", err);
  if (result == LUMA_OK) {
    result =
        store_put(txn->store, STORE_ENTRIES, buf_slice(&key), slice_of(old->data, old->bytes), err);
  }
  buf_deinit(&key);
  return result;
}

static status fail_payload(struct err *err) {
  FAIL(err, LUMA_CORRUPT, "a record of the change feed cannot be read");
}

status model__feed_take(struct slice *payload, struct model__feed_item *item, bool *has,
                        struct err *err) {
  const uint8_t *at = payload->data, *end = payload->data + payload->bytes;
  *has = payload->bytes > 0;
  if (!*has) return LUMA_OK;
  uint64_t collection, key_bytes;
  item->op = (enum model_change_op) * at++;
  item->old_version = 0;
  size_t used = varint_decode(at, end, &collection);
  if (used == 0 || collection > UINT32_MAX) return fail_payload(err);
  at += used;
  used = varint_decode(at, end, &key_bytes);
  if (used == 0 || key_bytes > (uint64_t)(end - at) - used) return fail_payload(err);
  at += used;
  item->collection = (uint32_t)collection;
  item->key_part = slice_of(at, (size_t)key_bytes);
  at += key_bytes;
  if (item->op == MODEL_UPDATE || item->op == MODEL_DELETE) {
    if (end - at < 8) return fail_payload(err);
    item->old_version = load64le(at);
    at += 8;
  } else if (item->op != MODEL_INSERT && item->op != MODEL_CATALOG) {
    return fail_payload(err);
  }
  *payload = slice_of(at, (size_t)(end - at));
  return LUMA_OK;
}
