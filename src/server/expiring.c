/* SPDX-License-Identifier: MIT */
#include "server/expiring.h"

void expiring_begin(struct expiring *expiring, struct db *db, struct log *log, uint64_t every_us) {
  expiring->db = db;
  expiring->log = log;
  expiring->every_us = db->options.read_only ? 0 : every_us;
  expiring->next_us = os_monotonic_us(db->os) + every_us;
}

static void report(const struct expiring *expiring, uint64_t deleted, const struct err *err) {
  struct log_field fields[] = {log_integer("deleted", (int64_t)deleted),
                               log_text("error", slice_of_text(err->message))};
  if (err->code != LUMA_OK)
    log_write(expiring->log, LOG_WARN, fields, 2, "documents that expired could not be deleted");
  else if (deleted)
    log_write(expiring->log, LOG_DEBUG, fields, 1, "documents expired");
}

static void run(struct work_item *item) {
  struct expiring *expiring = (struct expiring *)item; /* it begins with its item */
  struct expiry_options options = {.stop = &expiring->stop};
  struct err err = {0};
  uint64_t deleted = 0;
  if (!atomic_load(&expiring->stop)) (void)expiry_run(expiring->db, &options, &deleted, &err);
  report(expiring, deleted, &err);
  atomic_store(&expiring->runs, false);
}

void expiring_step(struct expiring *expiring, struct work_pool *pool) {
  if (!expiring->every_us || atomic_load(&expiring->runs)) return;
  uint64_t now_us = os_monotonic_us(expiring->db->os);
  if (now_us < expiring->next_us) return;
  expiring->next_us = now_us + expiring->every_us;
  expiring->item.run = run;
  atomic_store(&expiring->runs, true);
  if (work_submit(pool, &expiring->item, NULL) != LUMA_OK) atomic_store(&expiring->runs, false);
}

void expiring_stop(struct expiring *expiring) {
  expiring->every_us = 0;
  atomic_store(&expiring->stop, true);
}
