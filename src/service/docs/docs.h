/* SPDX-License-Identifier: MIT */
/* Documents by key, without a language: the short way for the C interface and for REST. JSON in,
 * documents out. The session's guard holds: LUMA_MAX_AFFECTED, and a dry run undoes what it did.
 * Thread: as the session. */
#ifndef SERVICE_DOCS_DOCS_H
#define SERVICE_DOCS_DOCS_H

#include "base/hash/sha256.h"
#include "service/session/session.h"
#include "value/json/json.h"

/** A request that has a name of the client's: what came under it before is answered again and not
 * done again, for a day. */
struct docs_once {
  struct slice key;
  uint8_t request[SHA256_BYTES]; /* what tells another request under the same key */
  bool replayed, clashed;        /* out */
  uint64_t version;              /* out: of what was written then; 0: it is not committed */
};
/** What was answered under the name: once->replayed, then `keys` (in the arena) of `count`
 * documents. LUMA_INVALID_ARGUMENT (once->clashed) when that was another request. */
status docs_once_find(struct session *session, struct docs_once *once, struct arena *arena,
                      struct val **keys, uint32_t *count, struct err *err);
/** Keeps what is answered, in the session's transaction. */
status docs_once_keep(struct session *session, const struct docs_once *once, const struct val *keys,
                      uint32_t count, struct err *err);

/** Documents to insert, given as JSON objects, and what became of them. */
struct docs_batch {
  const struct slice *jsons;
  uint32_t count;
  struct arena *arena;    /* holds the keys; NULL when they are not wanted */
  struct val *keys;       /* room for `count`, or NULL */
  uint32_t failed;        /* out: the one that failed; `count`: the error tells */
  bool is_list;           /* faults tell which one they are in, also where there is only one */
  struct docs_once *once; /* NULL: the request has no name. With one `keys` are needed */
};
/** Inserts all or none; the collection is made if it is missing. Where documents are refused the
 * error lists the faults of all of them (up to SOUL_FAULTS_SHOWN_MAX). Documents may refer to later
 * ones. */
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

/** One change of several. */
struct docs_change {
  struct val key; /* in: what names the document; a text that spells a ULID names the one with that
                     ULID, else the one with the text. Out: its key */
  struct val patch; /* MAP, a merge patch; MISSING: the document is deleted */
  bool has_version;
  uint64_t version; /* that it must have */
};
struct docs_changes {
  struct docs_change *items;
  uint32_t count;
  bool is_list;        /* faults tell which change they are in */
  struct arena *arena; /* for keys */
};
/** Makes all changes or none, in an order in which they hold if there is one. The error lists the
 * faults of all that are refused (up to SOUL_FAULTS_SHOWN_MAX): no such document, another version,
 * rules that are broken. */
status docs_change_all(struct session *session, struct slice collection,
                       const struct docs_changes *changes, struct err *err);

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
