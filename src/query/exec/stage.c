/* SPDX-License-Identifier: MIT */
#include "query/exec/stage.h"
#include "query/expr/tell.h"

#include "query/plan/stage.h"

status subplan_init(struct subplan *sub, const struct exec *exec, const struct plan *plan) {
  *sub = (struct subplan){.plan = plan, .outer = exec};
  arena_init(&sub->arena, 0, exec->memory_bytes);
  return LUMA_OK;
}

void subplan_deinit(struct subplan *sub) {
  arena_deinit(&sub->arena);
}

static status drain(struct subplan *sub, struct op *root, struct rows *rows, struct err *err) {
  for (;;) {
    struct batch *batch = NULL;
    TRY(exec_next(root, &batch, err));
    if (!batch) return LUMA_OK;
    for (uint32_t i = 0; i < batch->selected_count; i++) {
      struct val document, *place = NULL;
      TRY(exec_document(&sub->env, sub->plan->columns, batch, i, &sub->arena, &document, err));
      TRY(rows_add(rows, &place, err));
      TRY(expr_copy_value(rows->exec->arena, &document, place, err));
    }
  }
}

status subplan_run(struct subplan *sub, const struct rows *source, const struct val *variables,
                   uint32_t variables_count, struct rows *rows, struct err *err) {
  struct op *root = NULL;
  struct exec exec = *sub->outer;
  arena_reset(&sub->arena);
  expr_env_init(&sub->env, &sub->arena);
  sub->env.params = sub->outer->env->params;
  sub->env.now_us = sub->outer->env->now_us;
  sub->env.text = sub->outer->env->text;
  sub->env.watch = sub->outer->env->watch;
  sub->env.collation = sub->outer->env->collation;
  sub->env.variables = variables;
  sub->env.variables_count = variables_count;
  exec.env = &sub->env;
  exec.arena = &sub->arena;
  exec.source = source;
  exec.rows_wanted = 0;
  exec.parts = NULL; /* of a worker: what its own SCAN reads */
  status done = exec_open(&exec, sub->plan, &root, err);
  if (done == LUMA_OK) done = drain(sub, root, rows, err);
  exec_close(root);
  tell_take(sub->outer->env, &sub->env);
  expr_env_deinit(&sub->env);
  return done;
}

status stage_take_all(struct op *input, struct rows *rows, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(input, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++) {
      struct val *place = NULL;
      TRY(rows_add(rows, &place, err));
      for (uint32_t c = 0; c < rows->columns; c++)
        TRY(expr_copy_value(rows->exec->arena, &in->columns[c][batch_row(in, i)], &place[c], err));
    }
  }
}

/* ---- what a stage hands to its sub-pipeline ---- */

struct source {
  struct op op;
  struct batch batch;
  uint64_t at;
};

static status source_next(struct op *base, struct batch **batch, struct err *err) {
  struct source *op = (struct source *)base;
  const struct rows *rows = base->exec->source;
  (void)err;
  if (!rows || op->at == rows->count) return LUMA_OK;
  op__emit(&op->batch, rows, &op->at);
  *batch = &op->batch;
  return LUMA_OK;
}

static status open_source(struct exec *exec, const struct plan *plan, struct op **op,
                          struct err *err) {
  static const struct op_ops ops = {source_next, NULL};
  struct source *source = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *source, &source, err));
  *op = &source->op;
  return batch_init(&source->batch, exec->arena, 1, err);
}

status op__open_stage(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  switch (plan->stage->kind) {
  case STAGE_ROWS: return open_source(exec, plan, op, err);
  case STAGE_BRANCH: return op__open(exec, plan->input, op, err);
  case STAGE_UNWIND: return op__open_unwind(exec, plan, op, err);
  case STAGE_UNION: return op__open_union(exec, plan, op, err);
  case STAGE_FACET: return op__open_facet(exec, plan, op, err);
  case STAGE_LOOKUP: return op__open_lookup(exec, plan, op, err);
  case STAGE_SAMPLE: return op__open_sample(exec, plan, op, err);
  case STAGE_WINDOW: return op__open_stage_window(exec, plan, op, err);
  case STAGE_REDACT: return op__open_redact(exec, plan, op, err);
  case STAGE_DENSIFY: return op__open_densify(exec, plan, op, err);
  case STAGE_BUCKETS: return op__open_buckets(exec, plan, op, err);
  case STAGE_GRAPH: return op__open_graph(exec, plan, op, err);
  case STAGE_INVERSE: return op__open_inverse(exec, plan, op, err);
  case STAGE_KEYS: return op__open_keys(exec, plan, op, err);
  case STAGE_OUT:
  case STAGE_MERGE: return op__open_store(exec, plan, op, err);
  }
  FAIL(err, LUMA_INTERNAL, "a stage has no operator");
}
