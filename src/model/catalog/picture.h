/* SPDX-License-Identifier: MIT */
/* Making catalog pictures: the model alone writes them. A picture is built from another by one
 * change; collections are shared between pictures by reference count, so a change costs one array
 * copy and one collection.
 *
 * Inv 1: collections stand in bytewise name order and no two names are equal.
 * Inv 2: a collection is immutable once it is in a picture; its `shared` part (names, row numbers)
 * is not, and has its own lock. */
#ifndef MODEL_CATALOG_PICTURE_H
#define MODEL_CATALOG_PICTURE_H

#include "base/sync/sync.h"
#include "model/catalog/catalog.h"
#include "model/soul/learn.h"

/** Numbers given out from memory below a durable mark. */
struct catalog_sequence {
  uint64_t next, limit; /* [next, limit) may be given out */
  uint64_t step;        /* how many the next reservation takes */
};

/** Where a collection stands with what its documents show: see db/learning.c. */
enum learning_state {
  LEARNING_UNKNOWN, /* not read from the store yet */
  LEARNING_KEPT,    /* `learned` speaks of all that is committed */
  LEARNING_STALE    /* it has to be read anew */
};
enum { LEARNING_PENDING_BYTES_MAX = 17 << 20 };
struct learning {
  struct mutex lock;    /* all below; held while documents are observed */
  struct mutex rebuild; /* taken before it by whoever asks */
  enum learning_state state;
  uint64_t since;  /* collection->learns_since that it speaks of */
  bool is_marked;  /* the store says that its stored form is not current */
  bool is_changed; /* and has to be written */
  struct learned learned;
  struct buf pending; /* notes of committed documents that it is to take */
};

/** What all versions of one collection share. */
struct collection_shared {
  struct mutex lock; /* rows; logging of names */
  struct names *names;
  struct catalog_sequence rows;
  struct learning learning;
  uint64_t key_uses; /* atomic */
  uint32_t references;
};

/** Made with one reference, the caller's. */
status collection_shared_create(uint32_t number, struct collection_shared **shared,
                                struct err *err);

/** Lets a reference go; each collection in a picture holds one of its own. */
void collection_shared_release(struct collection_shared *shared);

/** An empty picture with one reference. */
status catalog_create(struct catalog **catalog, struct err *err);
void catalog_acquire(const struct catalog *catalog);
/** Lets a reference go; also declared by the model for its callers. */
void catalog_release(const struct catalog *catalog);

/** A copy of `base` in which `collection` (copied, with its `shared`, which gains a reference)
 * takes the place of the one of the same number, or is new. */
status catalog_with(const struct catalog *base, const struct collection *collection,
                    struct collection_shared *shared, struct catalog **catalog, struct err *err);
/** A copy of `base` without the collection of this number. */
status catalog_without(const struct catalog *base, uint32_t number, struct catalog **catalog,
                       struct err *err);

/** By number; NULL if it is not there. */
const struct collection *catalog_by_number(const struct catalog *catalog, uint32_t number);
/** The part that all versions of a collection share. */
struct collection_shared *catalog_shared(const struct collection *collection);

/* ---- the stored form ---- */

/** Appends a collection's catalog entry (without `names`). */
status catalog_encode(struct buf *out, const struct collection *collection, struct err *err);
/** Reads an entry; names, paths and indexes live in `arena`. LUMA_CORRUPT if it is not one. */
status catalog_decode(struct slice bytes, struct arena *arena, struct collection *collection,
                      struct err *err);

#endif
