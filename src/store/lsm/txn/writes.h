/* SPDX-License-Identifier: MIT */
/* What a transaction wrote: a log of operations in the very form that the commit record has
 * (record/record.h), so that a commit copies it once; and, made only when the transaction reads
 * after writing, a memtable of the same for reading.
 *
 * A savepoint is a length of the log. Own versions carry sequences above every commit's, in the
 * order of the log, so own range deletes and own puts hide each other as they hide what is
 * committed. Threads: one at a time, as its transaction. */
#ifndef STORE_LSM_TXN_WRITES_H
#define STORE_LSM_TXN_WRITES_H

#include "base/ds/heads.h"
#include "base/text/spare.h"
#include "store/lsm/memtable/memtable.h"
#include "store/lsm/merge/merge.h"
#include "store/lsm/record/record.h"
#include "store/lsm/txn/sums.h"
#include "store/store.h"

/** Own versions are above this; commits never come so far. */
#define WRITES_SEQ (ENTRY_SEQ_MAX / 2)

enum { WRITES_BYTES_MAX = 1 << 29, WRITES_RECENT_ADDS = 8 };

/** A range delete of the transaction's own. */
struct writes_range {
  uint8_t space;
  struct merge_range_delete range; /* seq above WRITES_SEQ; keys of its own memory */
};

/** A memtable that a rollback made untrue: values read from it live on. */
struct writes_retired {
  struct writes_retired *next;
  struct memtable *memtable;
};

/** An addition whose sum only the commit knows. */
struct writes_counter {
  size_t op_at, value_at; /* the PUT in the log, and its 8 bytes */
  int64_t base, delta, least, most;
  bool relative; /* to what is committed; else to `base` */
};

struct writes {
  struct buf log;
  struct spare *spare; /* memory for a log that grows large */
  uint32_t count, emits, ranges_count, adds;
  uint64_t entries, bytes;      /* what memtable_reserve must be asked for, once resolved */
  bool ascending[STORE_SPACES]; /* puts and deletes of the space came in key order, none twice */
  size_t last_at[STORE_SPACES]; /* the last of them */
  size_t
      floor; /* adds before this are not summed into: a savepoint, range delete or put came after */
  size_t recent_adds[WRITES_RECENT_ADDS]; /* where the last ones stand, in turn */
  uint32_t recent_next;
  struct sums sums; /* of all of them, when there are many */

  struct memtable *overlay; /* NULL until needed */
  size_t overlaid;          /* the log up to here is in it */
  uint64_t overlay_seq;
  struct writes_range *ranges; /* of the part that is overlaid */
  size_t own_ranges_count, own_ranges_capacity;
  struct writes_retired *retired;

  /* once resolved: the puts and deletes of spaces whose keys did not come in order, by key; those
   * that turned out needless are RECORD_NOP in the log */
  struct head *refs; /* operations by their place in the log, which is also their place in time */
  struct writes_refs {
    size_t from, count; /* in `refs` */
  } sorted[STORE_SPACES];
};

/** `spare` is borrowed. */
void writes_init(struct writes *writes, struct spare *spare);
void writes_deinit(struct writes *writes);

/** Appends an operation. LUMA_TOO_LARGE and LUMA_OUT_OF_MEMORY change nothing. */
status writes_add_op(struct writes *writes, enum record_op_kind kind, uint8_t space,
                     struct slice key, struct slice value, struct err *err);
/** Adds to a counter; sums into an earlier add of the same key where that changes nothing else. */
status writes_add(struct writes *writes, struct slice key, int64_t delta, int64_t least,
                  int64_t most, struct err *err);
/** The sum of own adds to `key` since it was last put or deleted here. */
status writes_count(struct writes *writes, struct slice key, int64_t *delta, struct err *err);

uint64_t writes_mark(struct writes *writes);
/** LUMA_INVALID_ARGUMENT when `mark` was never given. */
status writes_rollback(struct writes *writes, uint64_t mark, struct err *err);

/** True when no own write can concern the key, cheaply; false says nothing. */
bool writes_is_untouched(const struct writes *writes, uint8_t space, struct slice key);
/** Brings the overlay up to date. */
status writes_overlay(struct writes *writes, struct err *err);
/** The highest sequence of an own range delete over the key (of the overlaid part); 0 = none. */
uint64_t writes_cover(const struct writes *writes, uint8_t space, struct slice key);

/** Counts an operation (sign 1), or takes it out of the count (-1), in `entries` and `bytes`.
 * (Within this folder.) */
void writes__measure(struct writes *writes, const struct record_op *op, int sign);
/** Leaves in the log, of the operations on each key, the last only; turns adds into puts, described
 * in `counters` (as many as `writes->adds` at most). */
status writes_resolve(struct writes *writes, struct writes_counter *counters, size_t *count,
                      struct err *err);

#endif
