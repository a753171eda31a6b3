/* SPDX-License-Identifier: MIT */
#include "index/index.h"

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "index/ordered/ordered.h"

/* One document's entries: a list of 65,536 elements under the longest key stays within this. */
enum { ENTRIES_BYTES_MAX = 256 << 20 };

const struct index_method *index_method(const struct index_def *def) {
  ASSERT(def->method == INDEX_ORDERED);
  return &ordered_method;
}

void index_entries_init(struct index_entries *entries) {
  *entries = (struct index_entries){0};
  buf_init(&entries->bytes, ENTRIES_BYTES_MAX);
}

void index_entries_deinit(struct index_entries *entries) {
  mem_free(entries->items);
  buf_deinit(&entries->bytes);
  *entries = (struct index_entries){0};
}
