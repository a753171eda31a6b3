/* SPDX-License-Identifier: MIT */
/* STAGE_INVERSE: the filter that a document holds is read, compiled and asked of the documents that
 * the stage was given; each filter in memory of its own, which is let go before the next. */
#include "query/exec/stage.h"
#include "query/expr/matcher.h"
#include "query/mongo/mongo.h"
#include "value/path/path.h"

enum { TYPE_MISMATCH = 14 };

struct inverse {
  struct op op;
  struct batch batch;
  struct program **inputs;
  struct arena arena; /* of one filter */
};

static status test_each(const struct matcher *matcher, const struct val *inputs, bool *matches,
                        struct err *err) {
  if (inputs->type == VAL_MAP) return matcher_test_element(matcher, inputs, matches, err);
  for (uint32_t i = 0; i < val_count(inputs) && !*matches; i++) {
    struct val input = val_at(inputs, i);
    TRY(matcher_test_element(matcher, &input, matches, err));
  }
  return LUMA_OK;
}

/** Whether one of the documents satisfies the filter. */
static status ask(struct inverse *op, const struct val *filter, const struct val *inputs,
                  bool *matches, struct err *err) {
  const struct expr_env *outer = op->op.exec->env;
  struct expr_env env;
  struct match *match = NULL;
  struct matcher *matcher = NULL;
  *matches = false;
  arena_reset(&op->arena);
  expr_env_init(&env, &op->arena);
  env.now_us = outer->now_us;
  env.watch = outer->watch;
  env.collation = outer->collation;
  status done = op->op.plan->stage->read_filter(&op->arena, filter, &match, err);
  if (done == LUMA_OK) done = matcher_create(&env, match, &matcher, err);
  if (done == LUMA_OK) done = test_each(matcher, inputs, matches, err);
  expr_env_deinit(&env);
  return done;
}

static status is_kept(struct inverse *op, const struct val *document, const struct val *inputs,
                      bool *kept, struct err *err) {
  const struct plan_stage *stage = op->op.plan->stage;
  struct val filter = path_get(&stage->path, document);
  *kept = stage->keeps_empty;
  if (val_is_null(&filter)) return LUMA_OK;
  if (filter.type != VAL_MAP)
    return mongo_fail(err, TYPE_MISMATCH,
                      "$inverseMatch requires the value at 'path' to be a document, found: %s",
                      mongo_type_name(&filter));
  return ask(op, &filter, inputs, kept, err);
}

static status keep(struct inverse *op, const struct batch *in, struct err *err) {
  const struct val *inputs = NULL;
  uint32_t stride = 0;
  TRY(program_run(op->inputs[0], in, &op->op.batch_arena, &inputs, &stride, err));
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i);
    const struct val *document = &in->columns[0][row];
    bool kept = false;
    TRY(is_kept(op, document, &inputs[(size_t)row * stride], &kept, err));
    if (kept) op->batch.columns[0][op->batch.rows++] = *document;
  }
  return LUMA_OK;
}

static status inverse_next(struct op *base, struct batch **batch, struct err *err) {
  struct inverse *op = (struct inverse *)base;
  struct batch *in = NULL;
  batch_reset(&op->batch);
  while (op->batch.rows == 0) {
    arena_reset(&base->batch_arena);
    TRY(op__next(base->input, &in, err));
    if (!in) return LUMA_OK;
    TRY(keep(op, in, err));
    TRY(op__check(base->exec, err));
  }
  op->batch.selected_count = op->batch.rows;
  *batch = &op->batch;
  return LUMA_OK;
}

static void inverse_close(struct op *base) {
  arena_deinit(&((struct inverse *)base)->arena);
}

status op__open_inverse(struct exec *exec, const struct plan *plan, struct op **op,
                        struct err *err) {
  static const struct op_ops ops = {inverse_next, inverse_close};
  struct inverse *inverse = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *inverse, &inverse, err));
  *op = &inverse->op;
  arena_init(&inverse->arena, 0, exec->memory_bytes);
  TRY(op__programs(exec, plan->exprs, 1, &inverse->inputs, err));
  TRY(batch_init(&inverse->batch, exec->arena, 1, err));
  return op__open(exec, plan->input, &inverse->op.input, err);
}
