/* SPDX-License-Identifier: MIT */
#include "query/exec/sort/runs.h"

#include <stdlib.h>

#include "base/mem/mem.h"

enum { MEMORY_SHARE = 8 };

/** A tuple of the run in hand. */
struct kept_tuple {
  struct val *values;
  size_t arrival;
};

struct runs {
  struct exec *exec;
  struct merge_order order;
  uint32_t columns;
  struct arena arena; /* of the run in hand */
  struct kept_tuple *kept;
  size_t count, capacity;
  struct spill *spill;
  struct merge *merge;
};

status runs_create(struct exec *exec, uint32_t columns, struct merge_order order,
                   struct runs **runs, struct err *err) {
  struct runs *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to sort rows");
  made->exec = exec;
  made->columns = columns;
  made->order = order;
  arena_init(&made->arena, 0, exec->memory_bytes);
  *runs = made;
  return LUMA_OK;
}

void runs_destroy(struct runs *runs) {
  if (!runs) return;
  merge_destroy(runs->merge);
  spill_destroy(runs->spill);
  arena_deinit(&runs->arena);
  mem_free(runs->kept);
  mem_free(runs);
}

static int compare_kept(const void *left, const void *right, void *context) {
  const struct runs *runs = context;
  const struct kept_tuple *a = left, *b = right;
  int order = runs->order.compare(runs->order.context, a->values, b->values);
  return order ? order : (a->arrival > b->arrival) - (a->arrival < b->arrival);
}

static status spill_run(struct runs *runs, struct err *err) {
  if (!runs->spill)
    TRY(spill_create(runs->exec, runs->columns, SPILL_BUFFER_BYTES, &runs->spill, err));
  TRY(op__check(runs->exec, err));
  if (runs->count) qsort_r(runs->kept, runs->count, sizeof *runs->kept, compare_kept, runs);
  for (size_t i = 0; i < runs->count; i++) TRY(spill_add(runs->spill, runs->kept[i].values, err));
  runs->count = 0;
  arena_reset(&runs->arena);
  return spill_end_run(runs->spill, err);
}

status runs_add(struct runs *runs, const struct val *tuple, struct err *err) {
  if (!mem_grow((void **)&runs->kept, &runs->capacity, runs->count + 1, sizeof *runs->kept))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to sort rows");
  struct val *values = arena_alloc(&runs->arena, runs->columns * sizeof *values);
  TRY(plan_check_memory(&runs->arena, values, err));
  for (uint32_t c = 0; c < runs->columns; c++)
    TRY(expr_copy_value(&runs->arena, &tuple[c], &values[c], err));
  runs->kept[runs->count] = (struct kept_tuple){values, runs->count};
  runs->count++;
  size_t used = arena_used_bytes(&runs->arena) + runs->count * sizeof *runs->kept;
  return used > runs->exec->memory_bytes / MEMORY_SHARE ? spill_run(runs, err) : LUMA_OK;
}

status runs_end(struct runs *runs, struct err *err) {
  TRY(spill_run(runs, err));
  return merge_create(runs->exec, runs->spill, runs->order, &runs->merge, err);
}

const struct val *runs_first(const struct runs *runs) {
  return merge_first(runs->merge);
}

status runs_step(struct runs *runs, struct err *err) {
  return merge_step(runs->merge, err);
}
