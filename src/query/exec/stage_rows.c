/* SPDX-License-Identifier: MIT */
/* Rows of a stage beside what its expressions say of them, in order. */
#include "query/exec/stage.h"
#include "value/order/order.h"

status stage_rows_init(struct stage_rows *kept, struct exec *exec, const struct plan *plan,
                       struct err *err) {
  uint32_t count = plan->exprs_count, keys_at = exec->env->collation ? count + 1 : 1;
  *kept = (struct stage_rows){.exec = exec, .exprs_count = count, .keys_at = keys_at};
  rows_init(&kept->rows, exec, count + keys_at);
  return op__programs(exec, plan->exprs, plan->exprs_count, &kept->programs, err);
}

/** The value, and what it is compared by where that is another. */
static status take_value(struct stage_rows *kept, const struct val *value, struct val *tuple,
                         uint32_t nth, struct err *err) {
  struct arena *arena = kept->exec->arena;
  TRY(expr_copy_value(arena, value, &tuple[nth + 1], err));
  if (kept->keys_at == 1) return LUMA_OK;
  return op__collate(kept->exec, arena, &tuple[nth + 1], &tuple[kept->keys_at + nth], err);
}

static status take_batch(struct stage_rows *kept, const struct batch *in, struct arena *arena,
                         struct err *err) {
  uint64_t first = kept->rows.count;
  for (uint32_t i = 0; i < in->selected_count; i++) {
    struct val *tuple = NULL;
    TRY(rows_add(&kept->rows, &tuple, err));
    TRY(expr_copy_value(kept->exec->arena, &in->columns[0][batch_row(in, i)], tuple, err));
  }
  for (uint32_t e = 0; e < kept->exprs_count; e++) {
    const struct val *values = NULL;
    uint32_t stride = 0;
    TRY(program_run(kept->programs[e], in, arena, &values, &stride, err));
    for (uint32_t i = 0; i < in->selected_count; i++)
      TRY(take_value(kept, &values[batch_row(in, i) * stride], rows_at(&kept->rows, first + i), e,
                     err));
  }
  return LUMA_OK;
}

status stage_rows_take(struct stage_rows *kept, struct op *input, struct arena *arena,
                       struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    arena_reset(arena);
    TRY(op__next(input, &in, err));
    if (!in) return LUMA_OK;
    TRY(take_batch(kept, in, arena, err));
  }
}

/** Missing is null here. */
static int compare_values(const struct val *a, const struct val *b) {
  bool no_a = val_is_null(a), no_b = val_is_null(b);
  return no_a || no_b ? no_b - no_a : val_compare(a, b);
}

/** By the values from the second on: of a partition. */
static int compare_partitions(const struct stage_rows *kept, const struct val *a,
                              const struct val *b) {
  int order = 0;
  for (uint32_t e = 1; e < kept->exprs_count && order == 0; e++)
    order = compare_values(&a[kept->keys_at + e], &b[kept->keys_at + e]);
  return order;
}

static int compare_rows(const struct stage_rows *kept, const struct val *a, const struct val *b) {
  int order = compare_partitions(kept, a, b);
  return order ? order : compare_values(stage_rows_key(kept, a), stage_rows_key(kept, b));
}

bool stage_rows_same_partition(const struct stage_rows *kept, const struct val *a,
                               const struct val *b) {
  return compare_partitions(kept, a, b) == 0;
}

/** Two runs become one; of equal rows the earlier stays first. */
static void merge(struct stage_rows *kept, const struct val **room, uint64_t from, uint64_t middle,
                  uint64_t to) {
  uint64_t a = from, b = middle;
  for (uint64_t at = from; at < to; at++) {
    bool first =
        a < middle && (b == to || compare_rows(kept, kept->sorted[a], kept->sorted[b]) <= 0);
    room[at] = kept->sorted[first ? a++ : b++];
  }
  memcpy(kept->sorted + from, room + from, (to - from) * sizeof *room);
}

status stage_rows_sort(struct stage_rows *kept, struct err *err) {
  uint64_t count = kept->rows.count;
  kept->sorted = arena_alloc(kept->exec->arena, (count + 1) * sizeof *kept->sorted);
  TRY(op__memory(kept->exec, kept->sorted, err));
  const struct val **room = arena_alloc(kept->exec->arena, (count + 1) * sizeof *room);
  TRY(op__memory(kept->exec, room, err));
  for (uint64_t i = 0; i < count; i++) kept->sorted[i] = rows_at(&kept->rows, i);
  for (uint64_t width = 1; width < count; width *= 2)
    for (uint64_t from = 0; from + width < count; from += 2 * width)
      merge(kept, room, from, from + width, from + 2 * width < count ? from + 2 * width : count);
  return LUMA_OK;
}
