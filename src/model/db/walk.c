/* SPDX-License-Identifier: MIT */
#include "model/db/model_int.h"

static status look(const struct model_walk *walk, struct model_txn *txn, struct model_scan *scan,
                   bool *goes_on, struct err *err) {
  struct doc documents[MODEL_WALK_AT_ONCE];
  uint32_t count = 0;
  TRY(model_scan_next(scan, MODEL_WALK_AT_ONCE, documents, &count, err));
  if (count) TRY(walk->look(walk->context, documents, count, goes_on, err));
  *goes_on &= !model_scan_is_done(scan);
  return model__go_on(txn, err);
}

status model_walk(struct model_txn *txn, const struct collection *collection,
                  const struct model_walk *walk, struct err *err) {
  struct model_scan_options options = {
      .reads = walk->reads, .sieve = walk->sieve, .part = walk->part};
  struct model_scan *scan = NULL;
  bool goes_on = true;
  TRY(model_scan_open(txn, collection, &options, &scan, err));
  status result = LUMA_OK;
  while (result == LUMA_OK && goes_on) result = look(walk, txn, scan, &goes_on, err);
  model_scan_close(scan);
  return result;
}
