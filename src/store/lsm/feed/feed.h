/* SPDX-License-Identifier: MIT */
/* The feed: what commits emitted, in their order, in a space of the engine's own keyed by position.
 * It passes through log, memtable and files like everything else; its files never overlap and are
 * dropped from the oldest end.
 *
 * A position is (sequence of the commit, 1 for its first payload and so on). `trimmed` is the last
 * record let go of: readers that stand before it get LUMA_GAP. Threads: any. */
#ifndef STORE_LSM_FEED_FEED_H
#define STORE_LSM_FEED_FEED_H

#include "base/core/bytes.h"
#include "store/lsm/engine/engine.h"

enum { FEED_KEY_BYTES = 16 };

/** The key of a record: its position, big endian. Answers `room` as a slice. */
static inline struct slice feed_key_of(struct store_pos position, uint8_t room[FEED_KEY_BYTES]) {
  store64be(room, position.high);
  store64be(room + 8, position.low);
  return slice_of(room, FEED_KEY_BYTES);
}
static inline struct store_pos feed_position_of(struct slice key) {
  return (struct store_pos){load64be(key.data), load64be(key.data + 8)};
}

int feed_compare(struct store_pos a, struct store_pos b);
status feed_read(struct store *store, struct store_pos after, uint32_t max, struct arena *arena,
                 struct store_feed_record **records, uint32_t *count, struct err *err);
status feed_bounds(struct store *store, struct store_pos *oldest, struct store_pos *newest,
                   struct err *err);
status feed_trim(struct store *store, struct store_pos position, struct err *err);
/** Everything up to `position` is gone from now on, if it was not already. */
void feed_set_trimmed(struct engine *engine, struct store_pos position);

#endif
