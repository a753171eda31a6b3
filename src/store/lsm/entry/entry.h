/* SPDX-License-Identifier: MIT */
/* The common internal form of the engine: one version of one key.
 *
 * Order everywhere (memtables, sorted files, merging): space, then key ascending bytewise, then
 * sequence descending, so that the first version met is the newest. (space, key, seq) is unique in
 * a store. Pure; any thread. */
#ifndef STORE_LSM_ENTRY_ENTRY_H
#define STORE_LSM_ENTRY_ENTRY_H

#include "base/text/slice.h"

/** Spaces an engine may have: those of store.h and the engine's own (the feed), numbered below
 * this. */
enum { ENTRY_SPACES_MAX = 8 };

/** Sequences are below this; the byte above holds the kind in memory. */
#define ENTRY_SEQ_MAX ((UINT64_C(1) << 56) - 1)

enum entry_kind { ENTRY_PUT = 0, ENTRY_DELETE = 1 };

/** One version of one key; key and value are borrowed. */
struct lsm_entry {
  uint8_t space;
  enum entry_kind kind;
  uint64_t seq;
  struct slice key;
  struct slice value; /* empty for ENTRY_DELETE */
  /* Not NULL: the value is a reference (block_reference_encode) to the blob file of this uuid. */
  const uint8_t *blob_uuid;
};

/** What a lookup in one place (memtable, sorted file) says about a key. */
struct entry_found {
  bool
      found; /* a version at or below the sequence asked for is here; false: look in older places */
  enum entry_kind kind;
  uint64_t seq;
  struct slice value; /* borrowed from the memtable or block, see the call that filled it */
};

/** Order of two versions of one space: key ascending, seq descending. */
static inline int entry_compare(struct slice a, uint64_t a_seq, struct slice b, uint64_t b_seq) {
  int order = slice_compare(a, b);
  return order ? order : (a_seq < b_seq) - (a_seq > b_seq);
}

#endif
