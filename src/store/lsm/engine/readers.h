/* SPDX-License-Identifier: MIT */
/* Who reads: the open snapshots, in places of their own, so that beginning and ending one takes no
 * lock and waits for nobody.
 *
 * A snapshot is a view and a sequence that fit: at some moment the view was in place and the
 * sequence was what is visible. Its place says so to others: while it names a view, the view is not
 * freed; while it names a sequence, nothing that this sequence needs is used again. The memory
 * order that makes this true is argued in the folder's README.
 *
 * Once a snapshot is older than the setting, and others have committed since, it may be revoked: if
 * no call is under way in it, what it held of files and range deletes goes. Memtables stay with it,
 * for values that were read may lie in them. Later calls are told. */
#ifndef STORE_LSM_ENGINE_READERS_H
#define STORE_LSM_ENGINE_READERS_H

#include <stdatomic.h>

#include "base/sync/sync.h"
#include "store/lsm/engine/view.h"

enum {
  READERS_PLACES = 64, /* of a group */
  READERS_GROUPS_MAX = 1024,
  READERS_LINE_BYTES = 64
};

/** One snapshot's place, on a cache line of its own. */
struct readers_place {
  _Alignas(READERS_LINE_BYTES) _Atomic(struct view *) view; /* must not be freed; NULL: none */
  _Atomic uint64_t seq;                                     /* 0: not known yet, so it may be any */
  _Atomic uint32_t users; /* calls under way, or READERS_REVOKED */
  atomic_bool read_only;
  _Atomic uint64_t begun_us;
};
#define READERS_REVOKED (UINT32_C(1) << 31)

struct readers_group {
  _Alignas(READERS_LINE_BYTES) _Atomic uint64_t taken; /* a bit for each place */
  struct readers_place places[READERS_PLACES];
};

struct readers {
  _Atomic(struct readers_group *) groups[READERS_GROUPS_MAX];
  _Atomic uint32_t groups_count;
  struct mutex grow;
};

void readers_init(struct readers *readers);
/** Every place must have been given back. */
void readers_deinit(struct readers *readers);

/** A free place with its bit set, or NULL: out of memory, or all are taken. */
struct readers_place *readers_take(struct readers *readers);
/** Gives it back. */
void readers_give(struct readers *readers, struct readers_place *place);
/** How many are taken. */
uint64_t readers_count(struct readers *readers);

/** Calls `visit` with each taken place; ends early when it answers false. */
typedef bool readers_visit(void *context, struct readers_place *place);
void readers_visit_all(struct readers *readers, readers_visit *visit, void *context);

/** A call begins; false: it was revoked. */
static inline bool readers_enter(struct readers_place *place) {
  uint32_t before = atomic_fetch_add_explicit(&place->users, 1, memory_order_acquire);
  if (!(before & READERS_REVOKED)) return true;
  atomic_fetch_sub_explicit(&place->users, 1, memory_order_relaxed);
  return false;
}
static inline void readers_leave(struct readers_place *place) {
  atomic_fetch_sub_explicit(&place->users, 1, memory_order_release);
}
static inline bool readers_is_revoked(struct readers_place *place) {
  return (atomic_load(&place->users) & READERS_REVOKED) != 0;
}
/** Revokes it if no call is under way. */
static inline void readers_revoke(struct readers_place *place) {
  uint32_t none = 0;
  atomic_compare_exchange_strong(&place->users, &none, READERS_REVOKED);
}

#endif
