/* SPDX-License-Identifier: MIT */
/* The store: an ordered, transactional map of byte keys, and the only thing the layers above know
 * of storage. Implementations: store/lsm (native engine), store/mem (oracle of the model tests,
 * `memory:`), store/pg (PostgreSQL's protocol).
 *
 * Spaces are physical and few; collections and indexes are key prefixes inside them.
 * A transaction reads one snapshot plus its own writes; its writes stay private until commit, which
 * is atomic: all or nothing, at one position in the order of commits. Snapshot isolation, first
 * committer wins: commit answers LUMA_CONFLICT when a key it wrote (or guarded) was committed by
 * another after its snapshot. Serializable: everything read, ranges too, counts as guarded. In the
 * durable sync modes readers and the feed see durable commits only. For conflicts a range delete
 * counts as a write of every key of its range, an `add` only for those who put or guard its key.
 *
 * Any call may answer LUMA_PENDING (a network or a cold disk is in the way): the caller repeats the
 * same call later, from a thread that may wait if the transaction was begun with `may_block`. mem
 * and lsm never do today, and pg waits instead.
 *
 * A store may limit how long a snapshot is kept; reads, cursors and commits of an older one answer
 * LUMA_SNAPSHOT_TOO_OLD.
 *
 * Values read are borrowed: they stay as long as the `struct store_pins` they were read with (a
 * reference on the block or memtable, not an epoch), or the transaction, whichever ends first.
 *
 * Threads: a store is shared by any number of threads. A transaction, its cursors and pins belong
 * to one thread at a time, but for cursors over parts that store_cut gave. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/core/err.h"
#include "base/mem/arena.h"
#include "base/text/buf.h"

enum {
  STORE_KEY_BYTES_MAX = 8192,
  STORE_VALUE_BYTES_MAX = 128 << 20,
  STORE_BATCH_MAX = 1024,
  STORE_RECORD_BYTES_MIN = 16 /* a header with its version: see STORE_RECORDS */
};

/** What lies apart physically. */
enum store_space {
  STORE_META = 0, /* the catalog: few, small, hot */
  /* documents: large values, ids mostly in time order. The store writes the commit sequence into
   * bytes [8, 16) (little endian) of every value put here, which must be at least 16 bytes long */
  STORE_RECORDS = 1,
  STORE_ENTRIES = 2,  /* index entries: small, random keys */
  STORE_COUNTERS = 3, /* what `add` changes: 8-byte values */
  STORE_SPACES = 4
};

/** Numbers commits: 0 = before everything. Increases along the versions of each key, without
 * telling time. In lsm, mem and pg it is the order of commits, and a snapshot is all of them up to
 * its own. A store over several machines may make commits that have no key in common visible in
 * another order: compare the sequences of one key only. */
typedef uint64_t store_seq;

/** A place in the feed: opaque, compared by store_pos_compare only. All zeroes = before everything.
 */
struct store_pos {
  uint64_t high, low;
};

enum store_isolation { STORE_SNAPSHOT, STORE_SERIALIZABLE };

struct store_begin_options {
  enum store_isolation isolation;
  bool read_only; /* writes are refused; never conflicts */
  bool may_block; /* never answer LUMA_PENDING */
};

enum store_durability {
  STORE_SYNC_DEFAULT, /* as the store's sync mode says */
  /* return when ordered. It becomes durable, and visible in the durable modes, soon after and in
   * order; store_wait(position) waits for that, store_durable tells without waiting, and the
   * listener is called */
  STORE_QUEUED,
};

/** When an acknowledged commit is on disk. */
enum store_sync_mode { STORE_SYNC_ALWAYS, STORE_SYNC_GROUP, STORE_SYNC_PERIODIC, STORE_SYNC_NEVER };

struct store;
struct store_txn;
struct store_cursor;

/** References that keep what was read in place. Zero-initialise; end with store_pins_release. */
struct store_pin {
  void *object;
  void (*release)(void *object);
};
enum { STORE_PINS_INLINE = 4 };
struct store_pins {
  uint32_t count, capacity;
  struct store_pin room[STORE_PINS_INLINE];
  struct store_pin *more; /* used instead of `room` once capacity is over STORE_PINS_INLINE */
};

/** What a get found. */
struct store_value {
  bool found;
  struct slice value; /* borrowed, see above */
  store_seq seq;      /* the commit that wrote it; 0 for the transaction's own uncommitted write */
};

/** Rows of a cursor step: `count` keys and values, borrowed until the next step or the cursor's
 * end. */
struct store_rows {
  uint32_t count;
  struct slice keys[STORE_BATCH_MAX];
  struct slice values[STORE_BATCH_MAX];
};

/** The half-open range [from, to); an empty `to` means no upper bound. Where `to` is not after
 * `from` the range is empty. */
struct store_range {
  struct slice from, to;
};

/** Ranges to be read in one walk: none is empty, they ascend, do not overlap, and lie within the
 * cursor's. They stay in place until the walk ends. */
struct store_pick {
  const struct store_range *ranges;
  uint32_t count;
  uint32_t at; /* ranges before it are done; 0 at the start */
  /* private, zero at the start */
  uint32_t step;
  bool is_within;
};

/** Keys within a range, ascending: where it can be cut. `max` is the room in `keys`. */
struct store_cuts {
  struct slice *keys;
  uint32_t count, max;
  bool
      waits; /* asked by a transaction that may write: it writes nothing until all parts are read */
  bool notes; /* asked by a serializable one: all of the range counts as read by it, and the parts
                 are read in transactions that began later */
};

/** What a range takes in files. */
struct store_measure {
  uint64_t bytes;        /* as written, in what has reached files; not what is in memory and log */
  uint64_t stored_bytes; /* of the same, compressed */
  const char *codec;     /* "lz4", or "none" */
};

/** One feed record: what one commit emitted. */
struct store_feed_record {
  struct store_pos position;
  store_seq seq;
  struct slice payload;
};

struct store_stats {
  uint64_t commits, conflicts, syncs, bytes_written, bytes_read;
  uint64_t memtable_bytes, file_bytes, wal_bytes, files, cache_bytes, cache_hits, cache_misses;
  uint64_t snapshots_open, oldest_snapshot_age_us;
  /* LUMA_OK while everything is written; LUMA_DISK_FULL: only what frees room is, until there is
   * some; else nothing is written any more, with the reason */
  status trouble;
  char reason[ERR_MESSAGE_BYTES];
};

/** Told of each fault a check finds, in words; `place` is a file and offset, or a key. */
typedef void store_check_fn(void *context, const char *place, const char *what);

/** Called after a commit of this process became visible, in commit order, from the committing
 * thread: must be quick and must not call the store. */
struct store_listener {
  void (*committed)(void *context, struct store_pos position);
  void *context;
};

/** The seam. All outputs are set on LUMA_OK only, unless said otherwise. */
struct store_ops {
  const char *name; /* "lsm", "mem", "pg" */
  bool is_shared;   /* other processes may commit too */
  void (*close)(struct store *store);
  status (*begin)(struct store *store, const struct store_begin_options *options,
                  struct store_txn **txn, struct err *err);

  /* ---- inside a transaction ---- */
  /** `count` keys at once (any order, at most STORE_BATCH_MAX). Of the transaction's own adds a get
   * shows nothing: see count. */
  status (*get_many)(struct store_txn *txn, enum store_space space, const struct slice *keys,
                     uint32_t count, struct store_value *values, struct store_pins *pins,
                     struct err *err);
  /** Copies key and value into the transaction. */
  status (*put)(struct store_txn *txn, enum store_space space, struct slice key, struct slice value,
                struct err *err);
  status (*delete)(struct store_txn *txn, enum store_space space, struct slice key,
                   struct err *err);
  /** Deletes all keys of the range, cheaply however many. */
  status (*delete_range)(struct store_txn *txn, enum store_space space, struct store_range range,
                         struct err *err);
  /** Adds to a counter of STORE_COUNTERS at commit, without conflicts; fails at commit with
   * LUMA_LIMIT_REACHED if the sum would leave [least, most]. Several adds to one key in a
   * transaction sum up (the tightest limits hold). A counter never put reads 0. */
  status (*add)(struct store_txn *txn, struct slice key, int64_t delta, int64_t least, int64_t most,
                struct err *err);
  /** The counter in the snapshot plus the transaction's own adds. */
  status (*count)(struct store_txn *txn, struct slice key, int64_t *value, struct err *err);
  /** Commit answers LUMA_CONFLICT if another commits a write of this key after our snapshot, though
   * we do not write it. A transaction that writes nothing is its snapshot and never conflicts. */
  status (*guard)(struct store_txn *txn, enum store_space space, struct slice key, struct err *err);
  /** Appends one payload to the feed with this commit; several payloads of one commit keep their
   * order. */
  status (*emit)(struct store_txn *txn, struct slice payload, struct err *err);
  /** A mark to come back to: undoes puts, deletes, adds, emits since (guards stay). Marks nest like
   * a stack: going back to one keeps it and ends those made after it. */
  status (*savepoint)(struct store_txn *txn, uint64_t *mark, struct err *err);
  status (*rollback_to)(struct store_txn *txn, uint64_t mark, struct err *err);
  /** The snapshot's sequence. */
  store_seq (*snapshot)(const struct store_txn *txn);
  /** Ends the transaction whatever the answer. After LUMA_IO_ERROR or LUMA_DISK_FULL whether it was
   * committed is not known until the store was opened again (it is wholly or not at all); after any
   * other error it was not. `position` (may be NULL): where the commit stands in the feed's order.
   *  `seq` (may be NULL): its sequence. Reading the feed after `position` begins with the next
   * commit. Nothing written: no commit is made, both are those of the snapshot. */
  status (*commit)(struct store_txn *txn, enum store_durability durability,
                   struct store_pos *position, store_seq *seq, struct err *err);
  void (*rollback)(struct store_txn *txn);

  /* ---- cursors: rows of a range, own writes merged in, as of the transaction's snapshot ---- */
  status (*cursor_open)(struct store_txn *txn, enum store_space space, struct store_range range,
                        bool backwards, struct store_cursor **cursor, struct err *err);
  /** Up to `max` (<= STORE_BATCH_MAX) rows; count 0 = the end. Writes made after cursor_open may or
   * may not be seen. */
  status (*cursor_next)(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                        struct err *err);
  /** Jumps forward (or backward) in the cursor's direction to `key`: the next row is the first at
   * or past it. A key the cursor has passed changes nothing; the range stays the limit. */
  status (*cursor_seek)(struct store_cursor *cursor, struct slice key, struct err *err);
  /** Up to `max` rows of the ranges picked; count 0 = the end. For cursors that go forwards and are
   * used for nothing else. NULL: store_cursor_pick steps and seeks. */
  status (*cursor_pick)(struct store_cursor *cursor, struct store_pick *pick, uint32_t max,
                        struct store_rows *rows, struct err *err);
  /** Moves what keeps the last step's rows alive into `pins`: they outlive the next step. */
  status (*cursor_keep)(struct store_cursor *cursor, struct store_pins *pins, struct err *err);
  void (*cursor_close)(struct store_cursor *cursor);
  /** Cuts a range into parts of about equal size. Each may be read by a thread of its own, with a
   * cursor of its own. Keys are borrowed until the transaction ends; count 0: there is too little
   * to cut, or the transaction has written or is serializable and does not note. NULL: this store's
   * cursors are for one thread. */
  status (*cut)(struct store_txn *txn, enum store_space space, struct store_range range,
                struct store_cuts *cuts, struct err *err);

  /** What a range takes in files, to about a block at its ends; old versions that are not merged
   * away yet count. Reads indexes only. NULL: the store does not know. */
  status (*measure)(struct store_txn *txn, enum store_space space, struct store_range range,
                    struct store_measure *measure, struct err *err);

  /* ---- the store ---- */
  /** Returns once everything up to `position` is durable. */
  status (*wait)(struct store *store, struct store_pos position, struct err *err);
  /** A commit is durable if its position is at or before this one. Never waits. */
  struct store_pos (*durable)(struct store *store);
  /** Makes everything committed durable now, whatever the sync mode. */
  status (*sync)(struct store *store, struct err *err);
  /** Moves logged data into its final place and lets old log go. */
  status (*checkpoint)(struct store *store, struct err *err);
  /** Rewrites files so that reads are as fast as they get. */
  status (*compact)(struct store *store, struct err *err);
  /** Verifies everything stored; faults go to `fault`; answers LUMA_CORRUPT if there was one. */
  status (*check)(struct store *store, store_check_fn *fault, void *context, struct err *err);
  status (*stats)(struct store *store, struct store_stats *stats, struct err *err);

  /* ---- the feed ---- */
  /** Records after `after` in commit order, at most `max`, copied into `arena`; stops before
   * commits that are still open or not durable. `*count` 0 = none yet. LUMA_GAP when records after
   * `after` were already trimmed. */
  status (*feed_read)(struct store *store, struct store_pos after, uint32_t max,
                      struct arena *arena, struct store_feed_record **records, uint32_t *count,
                      struct err *err);
  /** The newest position that feed_read comes to (which may wait for older commits under way), and
   * the oldest that it still knows what follows. */
  status (*feed_bounds)(struct store *store, struct store_pos *oldest, struct store_pos *newest,
                        struct err *err);
  /** Lets go of records at and before `position`. */
  status (*feed_trim)(struct store *store, struct store_pos position, struct err *err);
  int (*pos_compare)(struct store_pos a, struct store_pos b);
};

/** The head of every implementation's own structure. */
struct store {
  const struct store_ops *ops;
};
struct store_txn {
  struct store *store;
  bool read_only; /* set by store_begin, which also refuses the writes */
};
struct store_cursor {
  struct store_txn *txn;
};

/* ---- the calls by name: store_put(txn, …) is txn->store->ops->put(txn, …) ----
 * They judge the arguments for every implementation: spaces, sizes (LUMA_TOO_LARGE), batch counts
 * (LUMA_INVALID_ARGUMENT), writes in a read-only transaction (LUMA_READ_ONLY). */

void store_close(struct store *store);
/** `options` NULL: a snapshot transaction that writes. */
status store_begin(struct store *store, const struct store_begin_options *options,
                   struct store_txn **txn, struct err *err);
/** One key: the special case of get_many. */
status store_get(struct store_txn *txn, enum store_space space, struct slice key,
                 struct store_value *value, struct store_pins *pins, struct err *err);
status store_get_many(struct store_txn *txn, enum store_space space, const struct slice *keys,
                      uint32_t count, struct store_value *values, struct store_pins *pins,
                      struct err *err);
status store_put(struct store_txn *txn, enum store_space space, struct slice key,
                 struct slice value, struct err *err);
status store_delete(struct store_txn *txn, enum store_space space, struct slice key,
                    struct err *err);
status store_delete_range(struct store_txn *txn, enum store_space space, struct store_range range,
                          struct err *err);
status store_add(struct store_txn *txn, struct slice key, int64_t delta, int64_t least,
                 int64_t most, struct err *err);
status store_count(struct store_txn *txn, struct slice key, int64_t *value, struct err *err);
status store_guard(struct store_txn *txn, enum store_space space, struct slice key,
                   struct err *err);
status store_emit(struct store_txn *txn, struct slice payload, struct err *err);
status store_savepoint(struct store_txn *txn, uint64_t *mark, struct err *err);
status store_rollback_to(struct store_txn *txn, uint64_t mark, struct err *err);
store_seq store_snapshot(const struct store_txn *txn);
status store_commit(struct store_txn *txn, enum store_durability durability,
                    struct store_pos *position, store_seq *seq, struct err *err);
void store_rollback(struct store_txn *txn);
status store_cursor_open(struct store_txn *txn, enum store_space space, struct store_range range,
                         bool backwards, struct store_cursor **cursor, struct err *err);
status store_cursor_next(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                         struct err *err);
status store_cursor_seek(struct store_cursor *cursor, struct slice key, struct err *err);
status store_cursor_pick(struct store_cursor *cursor, struct store_pick *pick, uint32_t max,
                         struct store_rows *rows, struct err *err);
status store_cursor_keep(struct store_cursor *cursor, struct store_pins *pins, struct err *err);
void store_cursor_close(struct store_cursor *cursor);
status store_cut(struct store_txn *txn, enum store_space space, struct store_range range,
                 struct store_cuts *cuts, struct err *err);
/** All zeroes and "none" from a store that does not know. */
status store_measure(struct store_txn *txn, enum store_space space, struct store_range range,
                     struct store_measure *measure, struct err *err);
status store_wait(struct store *store, struct store_pos position, struct err *err);
struct store_pos store_durable(struct store *store);
status store_sync(struct store *store, struct err *err);
status store_checkpoint(struct store *store, struct err *err);
status store_compact(struct store *store, struct err *err);
status store_check(struct store *store, store_check_fn *fault, void *context, struct err *err);
status store_get_stats(struct store *store, struct store_stats *stats, struct err *err);
status store_feed_read(struct store *store, struct store_pos after, uint32_t max,
                       struct arena *arena, struct store_feed_record **records, uint32_t *count,
                       struct err *err);
status store_feed_bounds(struct store *store, struct store_pos *oldest, struct store_pos *newest,
                         struct err *err);
status store_feed_trim(struct store *store, struct store_pos position, struct err *err);
int store_pos_compare(struct store *store, struct store_pos a, struct store_pos b);

/** Adds a reference; LUMA_OUT_OF_MEMORY leaves `object` with the caller. For implementations. */
status store_pins_add(struct store_pins *pins, void *object, void (*release)(void *object),
                      struct err *err);
/** Moves everything from one to another. On failure what was not moved stays. */
status store_pins_move(struct store_pins *from, struct store_pins *to, struct err *err);
/** Lets go of everything; ready for use again. */
void store_pins_release(struct store_pins *pins);

#endif
