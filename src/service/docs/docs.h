/* SPDX-License-Identifier: MIT */
/* Documents by key, without a language: the short way for the C interface and for REST. JSON in,
 * documents out. The session's guard holds: LUMA_MAX_AFFECTED, and a dry run undoes what it did.
 * Thread: as the session. */
#ifndef SERVICE_DOCS_DOCS_H
#define SERVICE_DOCS_DOCS_H

#include "base/hash/sha256.h"
#include "service/session/session.h"
#include "value/json/json.h"

/** Documents to insert, given as JSON objects, and what became of them. */
struct docs_batch {
  const struct slice *jsons;
  uint32_t count;
  struct arena *arena; /* holds the keys; NULL when they are not wanted */
  struct val *keys;    /* room for `count`, or NULL */
  uint32_t failed;     /* out: the one that failed */
  /* A key that names the request: what came under it before is answered again and not done again,
   * for a day. `keys` are needed then. Empty: none. */
  struct slice once_key;
  uint8_t once_request[SHA256_BYTES]; /* what tells another request under the same key */
  bool once_replayed, once_clashed;   /* out */
};
/** Inserts all or none; the collection is made if it is missing. */
status docs_insert(struct session *session, struct slice collection, struct docs_batch *batch,
                   struct err *err);
/** The document under a key as a value in `arena`, and its version; LUMA_NOT_FOUND. `version` may
 * be NULL. */
status docs_get(struct session *session, struct slice collection, const struct val *key,
                struct arena *arena, struct val *document, uint64_t *version, struct err *err);

/** Appends the id of the soul that the document under a key was written under; nothing when it has
 * none. */
status docs_soul_of(struct session *session, struct slice collection, const struct val *key,
                    struct buf *id, struct err *err);

struct docs_put_options {
  bool merge;  /* JSON merge patch (RFC 7396) instead of replacement */
  bool upsert; /* insert if it is missing, else LUMA_NOT_FOUND */
};
/** Replaces or patches. `made` (may be NULL): it was inserted. */
status docs_put(struct session *session, struct slice collection, const struct val *key,
                struct slice json, const struct docs_put_options *options, bool *made,
                struct err *err);
/** LUMA_NOT_FOUND if there is none. */
status docs_delete(struct session *session, struct slice collection, const struct val *key,
                   struct err *err);
/** LUMA_MAX_AFFECTED, with what it means. */
status docs_fail_affected(uint64_t most, struct err *err);
/** Documents in the collection. */
status docs_count(struct session *session, struct slice collection, uint64_t *count,
                  struct err *err);

/** The collection, made in the transaction if it is missing. */
status docs_ensure_collection(struct model_txn *txn, struct slice name,
                              const struct collection **collection, struct err *err);
/** Reads one JSON object as a document of the collection with its key slot filled, appended to
 * `out`. `*made_key`: a ULID was made, so that no document can have it. */
status docs_read_json(struct session *session, const struct collection *collection,
                      struct slice json, struct buf *out, struct slice *document, bool *made_key,
                      struct err *err);

#endif
