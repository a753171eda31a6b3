/* SPDX-License-Identifier: MIT */
#include "query/exec/join/lookup_share.h"

#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "query/exec/parts.h"

struct lookup_share {
  struct lookup_share *next; /* of the same parts */
  const struct plan *lookup;
  atomic_uint users;
  struct mutex lock; /* of what follows */
  struct lookup_table *table;
  bool was_tried;
};

status lookup_share_acquire(struct parts *parts, const struct plan *lookup,
                            struct lookup_share **share, struct err *err) {
  *share = NULL;
  if (!parts) return LUMA_OK;
  for (*share = parts->lookups; *share && (*share)->lookup != lookup;) *share = (*share)->next;
  if (!*share) {
    *share = mem_zalloc(1, sizeof **share);
    if (!*share) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a $lookup");
    mutex_init(&(*share)->lock);
    (*share)->lookup = lookup;
    (*share)->next = parts->lookups;
    parts->lookups = *share;
  }
  atomic_fetch_add(&(*share)->users, 1);
  return LUMA_OK;
}

void lookup_share_release(struct lookup_share *share) {
  if (!share || atomic_fetch_sub(&share->users, 1) > 1) return;
  lookup_table_destroy(share->table);
  mutex_deinit(&share->lock);
  mem_free(share);
}

status lookup_share_table(struct lookup_share *share, struct exec *exec, const struct plan *scan,
                          const struct path *path, struct lookup_table **table, struct err *err) {
  status done = LUMA_OK;
  if (!share) return lookup_table_create(exec, scan, path, table, err);
  mutex_lock(&share->lock);
  if (!share->was_tried) done = lookup_table_create(exec, scan, path, &share->table, err);
  share->was_tried = true;
  *table = share->table;
  mutex_unlock(&share->lock);
  return done;
}
