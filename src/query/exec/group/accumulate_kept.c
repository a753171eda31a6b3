/* SPDX-License-Identifier: MIT */
/* Accumulators that keep a value or a summary: the value beside an extreme, truths, bits,
 * sketches. */
#include "query/exec/group/accumulate_int.h"
#include "query/exec/group/sketch.h"
#include "query/expr/env.h"
#include "value/order/order.h"

status accumulate__keep(struct exec *exec, struct kept *kept, const struct val *v,
                        struct err *err) {
  kept->value = *v;
  if (v->bytes == 0) return LUMA_OK;
  if (v->bytes > kept->room_bytes) {
    kept->room = arena_alloc_text(exec->arena, (size_t)v->bytes * 2);
    TRY(op__memory(exec, kept->room, err));
    kept->room_bytes = v->bytes * 2;
  }
  memcpy(kept->room, v->data, v->bytes);
  kept->value.data = kept->room;
  return LUMA_OK;
}

status accumulate__take_by(struct exec *exec, struct accumulator *a, const struct val *values,
                           int sign, struct err *err) {
  if (val_is_null(&values[1])) return LUMA_OK;
  if (!a->by) a->by = arena_zalloc(exec->arena, 2, sizeof *a->by);
  TRY(op__memory(exec, a->by, err));
  if (a->count && val_compare(&values[1], &a->by[1].value) * sign <= 0) return LUMA_OK;
  a->count++;
  TRY(accumulate__keep(exec, &a->by[0], &values[0], err));
  return accumulate__keep(exec, &a->by[1], &values[1], err);
}

void accumulate__take_truth(struct exec *exec, bool is_and, struct accumulator *a,
                            const struct val *v) {
  if (val_is_null(v)) return;
  if (v->type != VAL_BOOL) {
    exec->env->clashes++;
    return;
  }
  if (a->count++ == 0) a->bits = v->boolean;
  a->bits = is_and ? a->bits & v->boolean : a->bits | v->boolean;
}

void accumulate__take_bits(struct exec *exec, enum expr_aggregate kind, struct accumulator *a,
                           const struct val *v) {
  if (val_is_null(v)) return;
  if (!val_is_integer(v)) {
    exec->env->clashes++;
    return;
  }
  if (a->count++ == 0)
    a->bits = v->integer;
  else if (kind == EXPR_BIT_AND)
    a->bits &= v->integer;
  else if (kind == EXPR_BIT_OR)
    a->bits |= v->integer;
  else
    a->bits ^= v->integer;
}

status accumulate__take_sketch(struct exec *exec, struct accumulator *a, const struct val *v,
                               struct err *err) {
  if (val_is_null(v)) return LUMA_OK;
  if (!a->sketch) a->sketch = arena_zalloc(exec->arena, 1, sizeof *a->sketch);
  TRY(op__memory(exec, a->sketch, err));
  a->count++;
  bool done = sketch_add(a->sketch, exec->arena, val_hash(v, 0));
  return op__memory(exec, done ? a->sketch : NULL, err);
}

static status read_fraction(const struct val *v, double *fraction, struct err *err) {
  *fraction = val_is_number(v) ? val_to_float64(v) : -1;
  if (*fraction >= 0 && *fraction <= 1) return LUMA_OK;
  FAIL(err, LUMA_INVALID_ARGUMENT, "a percentile is asked for by a number from 0 to 1");
}

status accumulate__take_digest(struct exec *exec, struct accumulator *a, const struct val *values,
                               struct err *err) {
  if (val_is_null(&values[0])) return LUMA_OK;
  if (!val_is_number(&values[0])) {
    exec->env->clashes++;
    return LUMA_OK;
  }
  TRY(read_fraction(&values[1], &a->part, err));
  if (!a->digest) a->digest = arena_zalloc(exec->arena, 1, sizeof *a->digest);
  TRY(op__memory(exec, a->digest, err));
  a->count++;
  digest_add(a->digest, val_to_float64(&values[0]));
  return LUMA_OK;
}
