/* SPDX-License-Identifier: MIT */
/* Rows of a stage beside what its expressions say of them, in order. */
#include "query/exec/stage.h"
#include "value/order/order.h"

status stage_rows_init(struct stage_rows *kept, struct exec *exec, const struct plan *plan,
                       struct err *err) {
  *kept = (struct stage_rows){.exec = exec, .exprs_count = plan->exprs_count};
  rows_init(&kept->rows, exec, plan->exprs_count + 1);
  return op__programs(exec, plan->exprs, plan->exprs_count, &kept->programs, err);
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
      TRY(expr_copy_value(kept->exec->arena, &values[batch_row(in, i) * stride],
                          &rows_at(&kept->rows, first + i)[e + 1], err));
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

/** By the values from the second on, then by the first: of a partition. */
static int compare_rows(const struct stage_rows *kept, const struct val *a, const struct val *b) {
  for (uint32_t e = 2; e <= kept->exprs_count; e++) {
    int order = compare_values(&a[e], &b[e]);
    if (order) return order;
  }
  return compare_values(&a[1], &b[1]);
}

bool stage_rows_same_partition(const struct stage_rows *kept, const struct val *a,
                               const struct val *b) {
  for (uint32_t e = 2; e <= kept->exprs_count; e++)
    if (compare_values(&a[e], &b[e]) != 0) return false;
  return true;
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
