/* SPDX-License-Identifier: MIT */
/* Blocks of a sorted file: some hundred entries in order, laid out for binary search and for
 * reading in place (spec/sorted-file.md has every byte).
 *
 *     header | shared | heads u32[n] | places {offset u32, key bytes u16}[n], end u32
 *            | seq deltas (0, 1, 2, 4 or 8 bytes)[n] | kinds u8[n or 0] | key value key value …
 *
 * Every key stands whole beside its value, so keys and values are handed out without copying. A
 * head is the four bytes of the key after the prefix that all keys of the block share: searches
 * compare heads and look at keys only where heads are equal. Invariants of a checked block: offsets
 * ascend and stay inside; entries ascend by (key, seq descending); heads and flags are true.
 * block_check proves them once, when bytes come from disk; everything else here trusts a checked
 * block.
 *
 * Threads: blocks and views are immutable; a builder belongs to one thread. */
#ifndef STORE_LSM_BLOCK_BLOCK_H
#define STORE_LSM_BLOCK_BLOCK_H

#include "base/core/bytes.h"
#include "base/text/buf.h"
#include "store/lsm/entry/entry.h"

enum {
  BLOCK_HEADER_BYTES = 32,
  BLOCK_ENTRIES_MAX = 65535,
  BLOCK_BYTES_MAX = 1 << 26, /* a raw block; values this large stand apart */
};

/** How the value of an entry is stored. */
enum block_kind {
  BLOCK_PUT = 0,    /* the value stands here */
  BLOCK_DELETE = 1, /* no value */
  BLOCK_APART = 2,  /* the value is a struct block_handle to where it stands in the file */
  BLOCK_BLOB = 3,   /* the value is a struct block_reference to where it stands in a blob file */
};

enum block_flags {
  BLOCK_ALL_PUT = 1 << 0,     /* every kind is BLOCK_PUT (and no kinds are stored) */
  BLOCK_UNIQUE_KEYS = 1 << 1, /* no key has two versions here */
};

enum block_codec { BLOCK_NONE = 0, BLOCK_LZ4 = 1 };

/** Where bytes of a file stand and how they must look. 24 bytes encoded. */
struct block_handle {
  uint64_t offset;
  uint32_t stored_bytes, raw_bytes;
  uint32_t crc; /* CRC-32C of the stored bytes */
  enum block_codec codec;
};
enum { BLOCK_HANDLE_BYTES = 24 };

void block_handle_encode(const struct block_handle *handle, uint8_t out[BLOCK_HANDLE_BYTES]);
/** False when it is not one. */
bool block_handle_decode(struct slice bytes, struct block_handle *handle);

/** Where a value stands in another file. 32 bytes encoded. */
struct block_reference {
  uint64_t file; /* its number */
  struct block_handle handle;
};
enum { BLOCK_REFERENCE_BYTES = 8 + BLOCK_HANDLE_BYTES };

void block_reference_encode(const struct block_reference *reference,
                            uint8_t out[BLOCK_REFERENCE_BYTES]);
/** False when it is not one. */
bool block_reference_decode(struct slice bytes, struct block_reference *reference);

/** A checked block opened for reading; borrows the bytes. Cheap to make. */
struct block_view {
  const uint8_t *shared, *heads, *places, *deltas;
  const uint8_t *kinds; /* NULL when all are BLOCK_PUT */
  const uint8_t *data;  /* the block's first byte; offsets count from it */
  uint64_t seq_min, seq_max;
  uint32_t count, shared_bytes;
  uint8_t delta_bytes, flags;
};

/** Proves every invariant of the raw block `bytes`; LUMA_CORRUPT says which is broken. */
status block_check(struct slice bytes, struct err *err);
/** Opens a checked block. */
void block_view_init(struct block_view *view, const uint8_t *bytes);

enum { BLOCK_PLACE_BYTES = 6 };
static inline const uint8_t *block_place(const struct block_view *view, uint32_t index) {
  return view->places + BLOCK_PLACE_BYTES * (size_t)index;
}
static inline struct slice block_key(const struct block_view *view, uint32_t index) {
  const uint8_t *place = block_place(view, index);
  return slice_of(view->data + load32le(place), load16le(place + 4));
}
static inline struct slice block_value(const struct block_view *view, uint32_t index) {
  const uint8_t *place = block_place(view, index);
  uint32_t from = load32le(place) + load16le(place + 4);
  return slice_of(view->data + from, load32le(place + BLOCK_PLACE_BYTES) - from);
}
static inline enum block_kind block_kind_of(const struct block_view *view, uint32_t index) {
  return view->kinds ? (enum block_kind)view->kinds[index] : BLOCK_PUT;
}
/** The value stands somewhere else. */
static inline bool block_kind_is_apart(enum block_kind kind) {
  return kind == BLOCK_APART || kind == BLOCK_BLOB;
}
uint64_t block_seq(const struct block_view *view, uint32_t index);
/** The index of the first entry at or after (key, seq) in the order of entries; `count` when there
 * is none. UINT64_MAX as `seq`: the first entry of the first key at or after `key`. */
uint32_t block_seek(const struct block_view *view, struct slice key, uint64_t seq);

/** A key looked for in a view; `index` becomes what block_seek with UINT64_MAX answers. */
struct block_search {
  const struct block_view *view;
  struct slice key;
  uint32_t index;
};
enum { BLOCK_TOGETHER = 16 };
/** At most BLOCK_TOGETHER searches side by side, so that memory's latencies overlap. */
void block_seek_many(struct block_search *searches, uint32_t count);

/** Builds one block after another. */
struct block_builder {
  struct buf data;  /* keys and values */
  struct buf table; /* per entry: a struct of the builder's own */
  uint32_t count;
  uint32_t shared_bytes;
  uint64_t seq_min, seq_max;
  bool all_put, unique_keys;
};

void block_builder_init(struct block_builder *builder);
void block_builder_deinit(struct block_builder *builder);
/** Appends an entry; the caller keeps the order. */
status block_builder_add(struct block_builder *builder, struct slice key, uint64_t seq,
                         enum block_kind kind, struct slice value, struct err *err);
/** Bytes the block would have if it were finished now. */
size_t block_builder_bytes(const struct block_builder *builder);
/** Appends the finished raw block to `out` and starts anew. At least one entry. */
status block_builder_finish(struct block_builder *builder, struct buf *out, struct err *err);

/** Stores `raw` at the end of `out`, compressed if `codec` says so and it helps; fills everything
 * of `handle` but the offset. */
status block_pack(struct slice raw, enum block_codec codec, struct buf *out,
                  struct block_handle *handle, struct err *err);
/** Verifies `stored` against `handle` and writes the raw_bytes raw bytes to `raw`. */
status block_unpack(const struct block_handle *handle, struct slice stored, uint8_t *raw,
                    struct err *err);

#endif
