/* SPDX-License-Identifier: MIT */
#include "store/lsm/engine/conflicts.h"

#include "base/mem/mem.h"

status conflicts_init(struct conflicts *conflicts, struct err *err) {
  conflicts->last = mem_zalloc(CONFLICTS_PLACES, sizeof *conflicts->last);
  if (!conflicts->last) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look for conflicts");
  return LUMA_OK;
}

void conflicts_deinit(struct conflicts *conflicts) {
  mem_free(conflicts->last);
}
