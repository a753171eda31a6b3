/* SPDX-License-Identifier: MIT */
/* The workers: threads that take what may wait (long scans, commits) off the event loops, and the
 * door in front of them: a queue of bounded length, beyond which work is refused instead of piling
 * up. Work that was admitted once and comes back for its next part is never refused. First come,
 * first served. Thread: any. */
#ifndef SERVER_WORK_WORK_H
#define SERVER_WORK_WORK_H

#include "base/core/err.h"

struct work_pool;

/** Part of whatever is to be done; borrowed from work_submit until `run` has begun. */
struct work_item {
  void (*run)(struct work_item *item);
  struct work_item *next;
};

struct work_stats {
  uint32_t workers, busy, queued;
  uint64_t done, refused;
};

status work_pool_create(uint32_t workers, uint32_t queue_max, struct work_pool **pool,
                        struct err *err);
/** Runs what is queued, then ends the workers: nothing is taken any more. NULL is fine. */
void work_pool_stop(struct work_pool *pool);
/** After work_pool_stop, or instead of it. NULL is fine. */
void work_pool_destroy(struct work_pool *pool);
/** LUMA_BUSY when the queue is full. */
status work_submit(struct work_pool *pool, struct work_item *item, struct err *err);
/** The next part of work that was admitted before; false when the workers have ended. */
bool work_resubmit(struct work_pool *pool, struct work_item *item);
/** A worker is about to wait for the work of others: until work_wait_end another one, made if there
 * is none, takes its place, so that those who need not wait do not. False when WORK_WAITING_MAX
 * wait already. */
enum { WORK_WAITING_MAX = 256 };
bool work_wait_begin(struct work_pool *pool);
void work_wait_end(struct work_pool *pool);
struct work_stats work_stats(struct work_pool *pool);

#endif
