/* SPDX-License-Identifier: MIT */
#include "model/db/model_int.h"

status model_walk(struct model_txn *txn, const struct collection *collection,
                  const struct model_walk *walk, struct err *err) {
  struct doc documents[MODEL_WALK_AT_ONCE];
  struct model_scan_options options = {.reads = walk->reads};
  struct model_scan *scan = NULL;
  uint32_t count = 0;
  bool goes_on = true;
  TRY(model_scan_open(txn, collection, &options, &scan, err));
  status result;
  do {
    result = model_scan_next(scan, MODEL_WALK_AT_ONCE, documents, &count, err);
    if (result == LUMA_OK && count)
      result = walk->look(walk->context, documents, count, &goes_on, err);
    if (result == LUMA_OK) result = model__go_on(txn, err);
  } while (result == LUMA_OK && count > 0 && goes_on);
  model_scan_close(scan);
  return result;
}
