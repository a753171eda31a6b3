/* SPDX-License-Identifier: MIT */
/* Changes of many documents in one request. For this folder. */
#ifndef SERVER_REST_DOCUMENTS_BULK_H
#define SERVER_REST_DOCUMENTS_BULK_H

#include "server/rest/rest_int.h"
#include "service/docs/docs.h"

/** What a request asks for. What its values point to lives in the request's arena. */
struct bulk {
  bool is_delete;
  struct docs_change *items; /* given, or found by the filter; rest__bulk_deinit frees them */
  size_t count, capacity;
  struct val filter, patch; /* MISSING: a list was given */
  bool is_dry, is_alone;    /* each change is its own transaction */
  bool has_most;
  uint64_t most; /* documents that may change */
};

/** Reads the body and the arguments. */
status rest__read_bulk(struct exchange *exchange, struct bulk *bulk, struct err *err);
/** Adds a change of the document under a key, which is copied. */
status rest__bulk_add(struct exchange *exchange, struct bulk *bulk, const struct val *key,
                      const struct val *patch, struct err *err);
/** The same for the documents that the filter finds in the session's transaction: at most one more
 * than may change. */
status rest__bulk_find(struct exchange *exchange, struct bulk *bulk, struct err *err);
void rest__bulk_deinit(struct bulk *bulk);

/** Whether ?atomic=false asks for changes that stand alone. */
bool rest__is_alone(const struct exchange *exchange);
/** What became of one that stands alone: `done` or the error's status. Begins the reply where it is
 * the first. */
struct rest_alone {
  uint64_t done, failed;
  bool is_delete;
};
/** Puts the version of what was written into the object that ends the reply; 0: nothing, it is not
 * known. */
void rest__put_version(struct exchange *exchange, uint64_t version);
void rest__tell_alone(struct exchange *exchange, struct rest_alone *alone, const struct val *key,
                      unsigned done, const struct err *why);
status rest__end_alone(struct exchange *exchange, const struct rest_alone *alone, unsigned done,
                       struct err *err);

#endif
