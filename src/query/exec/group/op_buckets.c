/* SPDX-License-Identifier: MIT */
/* STAGE_BUCKETS: rows in the order of a value, each beside the bucket it falls into: as many rows
 * in each as can be, equal values always in the same. A bucket is {min, max}. */
#include <math.h>

#include "query/exec/stage.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"
#include "query/mongo/step.h"
#include "value/order/order.h"

struct bucketing {
  struct op op;
  struct batch batch;
  struct stage_rows kept;
  uint64_t at, bucket_end; /* of kept.sorted */
  uint64_t bucket_rows, buckets;
  struct val edge;   /* of the bucket before: where the next begins; MISSING: there is none */
  struct val bucket; /* of the rows at hand */
  bool is_ready;
};

static const struct val *value_at(const struct bucketing *op, uint64_t row) {
  static const struct val null = {.type = VAL_NULL};
  const struct val *value = &op->kept.sorted[row][1];
  return value->type == VAL_MISSING ? &null : value;
}

static struct slice series_of(const struct bucketing *op) {
  return op->op.plan->stage->granularity;
}

static status check_numbers(const struct bucketing *op, struct err *err) {
  for (uint64_t i = 0; i < op->kept.rows.count; i++) {
    const struct val *value = value_at(op, i);
    if (!val_is_number(value))
      return mongo_fail(err, 40258,
                        "$bucketAuto can specify a 'granularity' with numeric boundaries only, but "
                        "found a value with type: %s",
                        mongo_type_name(value));
    double number = val_to_float64(value);
    if (isnan(number) || isinf(number))
      return mongo_fail(err, 40259,
                        "$bucketAuto can specify a 'granularity' with numeric "
                        "boundaries only, but found a value that is no finite number");
    if (number < 0)
      return mongo_fail(err, 40260,
                        "$bucketAuto can specify a 'granularity' with non-negative "
                        "numbers only, but found: %f",
                        number);
  }
  return LUMA_OK;
}

static status prepare(struct bucketing *op, struct err *err) {
  uint64_t buckets = op->op.plan->stage->count;
  op->is_ready = true;
  op->edge = val_missing();
  TRY(stage_rows_take(&op->kept, op->op.input, &op->op.batch_arena, err));
  TRY(stage_rows_sort(&op->kept, err));
  if (series_of(op).bytes) TRY(check_numbers(op, err));
  op->bucket_rows = (uint64_t)llround((double)op->kept.rows.count / (double)buckets);
  if (op->bucket_rows == 0) op->bucket_rows = 1;
  return LUMA_OK;
}

static status make_bucket(struct bucketing *op, const struct val *min, const struct val *max,
                          struct err *err) {
  struct exec *exec = op->op.exec;
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_map(&build);
  build_name(&build, slice_of_text("min"));
  build_put(&build, min);
  build_name(&build, slice_of_text("max"));
  build_put(&build, max);
  build_end(&build);
  status done = field_take_built(exec->env, exec->arena, &build, &op->bucket, err);
  build_deinit(&build);
  return done;
}

/** Whether two rows have one value, as the collation has it. */
static bool is_like(const struct bucketing *op, uint64_t a, uint64_t b) {
  const struct val *key_a = stage_rows_key(&op->kept, op->kept.sorted[a]);
  const struct val *key_b = stage_rows_key(&op->kept, op->kept.sorted[b]);
  return val_is_null(key_a) ? val_is_null(key_b) : val_compare(key_a, key_b) == 0;
}

/** Where the bucket of rows [at, end) ends: `end` grows over rows that belong to it, too. */
static struct val find_edge(const struct bucketing *op, uint64_t *end) {
  struct slice series = series_of(op);
  uint64_t count = op->kept.rows.count;
  if (series.bytes) {
    struct val edge =
        val_float64(step_series_above(series, val_to_float64(value_at(op, *end - 1))));
    while (*end < count && val_compare(value_at(op, *end), &edge) < 0) ++*end;
    return edge;
  }
  while (*end < count && is_like(op, *end, *end - 1)) ++*end;
  return *value_at(op, *end < count ? *end : count - 1);
}

static status open_bucket(struct bucketing *op, struct err *err) {
  struct slice series = series_of(op);
  uint64_t count = op->kept.rows.count, end = op->at + op->bucket_rows;
  bool is_last = ++op->buckets == op->op.plan->stage->count || end > count;
  if (is_last) end = count;
  struct val min = op->edge;
  if (min.type == VAL_MISSING)
    min = series.bytes
              ? val_float64(step_series_below(series, val_to_float64(value_at(op, op->at))))
              : *value_at(op, op->at);
  op->edge = find_edge(op, &end);
  op->bucket_end = end;
  return make_bucket(op, &min, &op->edge, err);
}

static status buckets_next(struct op *base, struct batch **batch, struct err *err) {
  struct bucketing *op = (struct bucketing *)base;
  if (!op->is_ready) TRY(prepare(op, err));
  batch_reset(&op->batch);
  uint32_t rows_max = base->exec->batch_rows;
  for (; op->batch.rows < rows_max && op->at < op->kept.rows.count; op->at++, op->batch.rows++) {
    if (op->at == op->bucket_end) TRY(open_bucket(op, err));
    op->batch.columns[0][op->batch.rows] = op->kept.sorted[op->at][0];
    op->batch.columns[1][op->batch.rows] = op->bucket;
  }
  op->batch.selected_count = op->batch.rows;
  if (op->batch.rows) *batch = &op->batch;
  return LUMA_OK;
}

status op__open_buckets(struct exec *exec, const struct plan *plan, struct op **op,
                        struct err *err) {
  static const struct op_ops ops = {buckets_next, NULL};
  struct bucketing *bucketing = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *bucketing, &bucketing, err));
  *op = &bucketing->op;
  TRY(stage_rows_init(&bucketing->kept, exec, plan, err));
  TRY(batch_init(&bucketing->batch, exec->arena, 2, err));
  return op__open(exec, plan->input, &bucketing->op.input, err);
}
