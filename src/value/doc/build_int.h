/* SPDX-License-Identifier: MIT */
/* What the files of the builder share: the frame of an open list or map, and the entries of its
 * directory to be. */
#ifndef VALUE_DOC_BUILD_INT_H
#define VALUE_DOC_BUILD_INT_H

#include "value/doc/build.h"
#include "value/doc/doc_int.h"

/* Bit 31 of an entry's name: inline, the rest is its offset. Offsets count from the frame's heap.
 */
enum { BUILD_SMALL_MAP = 64 };
static const uint32_t build_inline_bit = 0x80000000u;
static const uint32_t build_dropped = UINT32_MAX;

/** A name (maps) and an offset, waiting in scratch. */
struct build_entry {
  uint32_t name, offset;
};

struct build_frame {
  size_t heap;    /* where its values begin in `out` */
  size_t entries; /* where its entries begin in scratch */
  size_t name_at; /* where `out` ended before the pending name */
  uint64_t seen;  /* a bit for each name, by hash: an unset bit proves a name new */
  uint32_t name;  /* pending: of the value to come */
  bool is_map, has_name, has_inline, has_duplicates;
};

static inline struct build_entry *build__entries(struct build *build,
                                                 const struct build_frame *frame) {
  return (struct build_entry *)(void *)(build->scratch.data + frame->entries);
}

static inline uint32_t build__count(const struct build *build, const struct build_frame *frame) {
  return (uint32_t)((build->scratch.bytes - frame->entries) / sizeof(struct build_entry));
}

/** What stands before the bytes of a text or blob: its type, and the sub byte of those that have
 * one. */
struct build_prefix {
  enum val_type type;
  uint8_t sub;
  bool has_sub;
};

/** Makes the failure of `buf` the builder's. */
void build__fail_buf(struct build *build, const struct buf *buf);
void build__fail_size(struct build *build);
/** Room for `bytes` at the end of `out`, within DOC_BYTES_MAX; NULL after a failure. Does not
 * change out->bytes. */
uint8_t *build__room(struct build *build, size_t bytes);
/** Gives the value about to be written its place in the open list or map; false after a failure. */
bool build__place(struct build *build);
/** Names the next value by an id of the builder's own dictionary. */
void build__name_id(struct build *build, uint16_t id);
/** Takes the pending name back, when there is to be no value. */
void build__drop_name(struct build *build);
/** Appends tag, length and bytes; false after a failure. */
bool build__append_sized(struct build *build, struct build_prefix prefix, struct slice bytes);
bool build__is_same_name(const struct build *build, const struct build_frame *frame, uint32_t a,
                         uint32_t b);
/** Removes duplicate names of the map in `frame` and closes the gaps their values leave. */
void build__drop_duplicates(struct build *build, struct build_frame *frame);

#endif
