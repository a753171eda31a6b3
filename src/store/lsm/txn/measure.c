/* SPDX-License-Identifier: MIT */
/* What a range takes in the sorted files of a transaction's view. */
#include "store/lsm/txn/txn.h"

status txn_measure(struct store_txn *txn, enum store_space space, struct store_range range,
                   struct store_measure *measure, struct err *err) {
  const struct view *view = ((struct txn *)txn)->reader.view;
  struct sorted_measure sum = {0};
  for (int level = 0; level < VIEW_LEVELS; level++) {
    for (uint32_t i = 0; i < view->levels[space][level].count; i++)
      TRY(sorted_measure(view->levels[space][level].files[i], range, &sum, err));
  }
  *measure = (struct store_measure){.bytes = sum.raw_bytes,
                                    .stored_bytes = sum.stored_bytes,
                                    .codec = sum.is_compressed ? "lz4" : "none"};
  return LUMA_OK;
}
