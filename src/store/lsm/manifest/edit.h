/* SPDX-License-Identifier: MIT */
/* Edits as bytes, and what they do to the state. The frame around an edit:
 *
 *      0 u32 magic      4 u32 crc32c of bytes [8, 32 + payload)      8 u32 version     12 u32
 * payload bytes 16 u64 number of the edit      24 u64 the first 8 bytes of the database's uuid (0
 * in no edit: it is checked)
 *
 * padded with zeroes to a multiple of EDIT_ALIGN. The payload is a sequence of items, each a tag
 * byte and its fields (spec/files.md). Threads: pure over the state given. */
#ifndef STORE_LSM_MANIFEST_EDIT_H
#define STORE_LSM_MANIFEST_EDIT_H

#include "store/lsm/manifest/manifest.h"

enum {
  EDIT_HEADER_BYTES = 32,
  EDIT_ALIGN = 32,
  EDIT_VERSION = 1,
  EDIT_PAYLOAD_BYTES_MAX = 256 << 20
};

enum edit_look {
  EDIT_NONE, /* no magic here, or lengths that cannot be */
  EDIT_BAD,  /* magic, but the checksum says no */
  EDIT_GOOD,
  EDIT_TOO_NEW, /* intact, of a later version */
};

/** What stands at the beginning of `bytes`. */
struct edit_frame {
  enum edit_look look;
  uint64_t number, database;
  size_t bytes; /* with padding */
  struct slice payload;
};
struct edit_frame edit_look_at(struct slice bytes);

/** Appends the framed edit to `out`, numbered `number`, with `next_number`. */
status edit_encode(const struct manifest_state *state, const struct manifest_edit *edit,
                   uint64_t number, struct buf *out, struct err *err);
/** Appends a framed picture of the whole state, numbered `number`. */
status edit_encode_picture(const struct manifest_state *state, uint64_t number, struct buf *out,
                           struct err *err);

/** Applies a payload to the state: all of it, or LUMA_CORRUPT or LUMA_OUT_OF_MEMORY and the state
 * is of no use any more. */
status edit_apply(struct manifest_state *state, struct slice payload, struct err *err);
void manifest_state_deinit(struct manifest_state *state);

#endif
