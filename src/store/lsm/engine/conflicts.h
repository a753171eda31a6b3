/* SPDX-License-Identifier: MIT */
/* Who wrote last, by the hash of the key: a quick answer to "has this key been written since my
 * snapshot?" that is never a wrong no. A yes may mean another key of the same hash, or a range
 * delete: then who asks looks closely. What was written before the store was opened is older than
 * any snapshot.
 *
 * Threads: the caller's (the engine's commit_lock). */
#ifndef STORE_LSM_ENGINE_CONFLICTS_H
#define STORE_LSM_ENGINE_CONFLICTS_H

#include "base/core/err.h"
#include "base/hash/hash.h"

enum { CONFLICTS_PLACES = 1 << 14 };

struct conflicts {
  uint64_t *last;     /* by hash: the highest sequence of a commit that wrote such a key */
  uint64_t range_seq; /* of a commit that deleted a range */
};

status conflicts_init(struct conflicts *conflicts, struct err *err);
void conflicts_deinit(struct conflicts *conflicts);

static inline uint64_t *conflicts__place(const struct conflicts *conflicts, uint8_t space,
                                         struct slice key) {
  return &conflicts->last[hash64(key, space) % CONFLICTS_PLACES];
}
/** No commit after this one wrote the key. */
static inline uint64_t conflicts_last(const struct conflicts *conflicts, uint8_t space,
                                      struct slice key) {
  uint64_t seq = *conflicts__place(conflicts, space, key);
  return seq > conflicts->range_seq ? seq : conflicts->range_seq;
}
static inline void conflicts_note(struct conflicts *conflicts, uint8_t space, struct slice key,
                                  uint64_t seq) {
  *conflicts__place(conflicts, space, key) = seq;
}

#endif
