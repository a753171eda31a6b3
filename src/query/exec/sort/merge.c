/* SPDX-License-Identifier: MIT */
#include "query/exec/sort/merge.h"

enum { BUFFER_BYTES_MIN = 4 << 10, BUFFER_BYTES_MAX = 256 << 10 };

struct merge {
  struct merge_order order;
  struct spill_reader *readers; /* a run each */
  uint32_t made;                /* readers to be ended */
  uint32_t *heap, count;        /* runs with a tuple; the one that comes next is first */
};

static bool comes_before(const struct merge *merge, uint32_t a, uint32_t b) {
  int order =
      merge->order.compare(merge->order.context, merge->readers[a].tuple, merge->readers[b].tuple);
  return order ? order < 0 : a < b;
}

static void sift_down(struct merge *merge, uint32_t at) {
  uint32_t *heap = merge->heap;
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= merge->count) return;
    if (child + 1 < merge->count && comes_before(merge, heap[child + 1], heap[child])) child++;
    if (comes_before(merge, heap[at], heap[child])) return;
    uint32_t swap = heap[at];
    heap[at] = heap[child];
    heap[child] = swap;
    at = child;
  }
}

/** The runs share a part of the statement's memory. */
static size_t buffer_bytes(const struct exec *exec, uint32_t runs) {
  size_t share = exec->memory_bytes / 4 / runs;
  if (share > BUFFER_BYTES_MAX) return BUFFER_BYTES_MAX;
  return share < BUFFER_BYTES_MIN ? BUFFER_BYTES_MIN : share;
}

static status open_runs(struct merge *merge, struct exec *exec, struct spill *spill,
                        struct err *err) {
  uint32_t runs = spill_runs(spill);
  for (uint32_t i = 0; i < runs; i++) {
    merge->made++;
    TRY(spill_reader_init(&merge->readers[i], spill, i, buffer_bytes(exec, runs), err));
    TRY(spill_reader_step(&merge->readers[i], err));
    if (merge->readers[i].tuple) merge->heap[merge->count++] = i;
  }
  for (uint32_t i = merge->count / 2; i-- > 0;) sift_down(merge, i);
  return LUMA_OK;
}

status merge_create(struct exec *exec, struct spill *spill, struct merge_order order,
                    struct merge **merge, struct err *err) {
  uint32_t runs = spill_runs(spill);
  struct merge *made = arena_zalloc(exec->arena, 1, sizeof *made);
  TRY(op__memory(exec, made, err));
  made->order = order;
  made->readers = arena_zalloc(exec->arena, runs + 1, sizeof *made->readers);
  made->heap = arena_zalloc(exec->arena, runs + 1, sizeof *made->heap);
  TRY(op__memory(exec, made->readers && made->heap ? made : NULL, err));
  *merge = made;
  return open_runs(made, exec, spill, err);
}

void merge_destroy(struct merge *merge) {
  for (uint32_t i = 0; merge && i < merge->made; i++) spill_reader_deinit(&merge->readers[i]);
  if (merge) merge->made = merge->count = 0;
}

const struct val *merge_first(const struct merge *merge) {
  return merge->count ? merge->readers[merge->heap[0]].tuple : NULL;
}

status merge_step(struct merge *merge, struct err *err) {
  struct spill_reader *first = &merge->readers[merge->heap[0]];
  TRY(spill_reader_step(first, err));
  if (!first->tuple) merge->heap[0] = merge->heap[--merge->count];
  sift_down(merge, 0);
  return LUMA_OK;
}
