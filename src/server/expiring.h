/* SPDX-License-Identifier: MIT */
/* Documents that expire, deleted from time to time by a worker (service/expiry). One at a time:
 * what takes longer than the interval delays the next. Threads: one calls begin, step and stop. */
#ifndef SERVER_EXPIRING_H
#define SERVER_EXPIRING_H

#include "base/log/log.h"
#include "server/work/work.h"
#include "service/expiry/expiry.h"

struct expiring {
  struct work_item item;
  struct db *db;
  struct log *log;
  uint64_t every_us, next_us; /* every_us 0: never */
  atomic_bool runs, stop;
};

/** `db` and `log` are borrowed until the workers have ended. */
void expiring_begin(struct expiring *expiring, struct db *db, struct log *log, uint64_t every_us);
/** Hands it to the workers when it is time; a full queue puts it off. */
void expiring_step(struct expiring *expiring, struct work_pool *pool);
/** What runs ends behind its transaction under way, nothing begins. Before work_pool_stop. */
void expiring_stop(struct expiring *expiring);

#endif
