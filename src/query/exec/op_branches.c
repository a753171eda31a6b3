/* SPDX-License-Identifier: MIT */
/* STAGE_UNION and STAGE_FACET, whose branches are whole pipelines; STAGE_SAMPLE. */
#include "query/exec/stage.h"
#include "query/expr/field.h"

/* ---- one after the other ---- */

struct uniting {
  struct op op;
  struct batch batch;
  bool is_second;
};

/** A batch whose only column holds the rows as documents. */
static status as_documents(struct uniting *op, struct batch *in, struct err *err) {
  const struct plan *branch = op->op.plan->right->input;
  arena_reset(&op->op.batch_arena);
  batch_reset(&op->batch);
  for (uint32_t i = 0; i < in->selected_count; i++)
    TRY(exec_document(op->op.exec->env, branch->columns, in, i, &op->op.batch_arena,
                      &op->batch.columns[0][op->batch.rows++], err));
  op->batch.selected_count = op->batch.rows;
  return LUMA_OK;
}

static status union_next(struct op *base, struct batch **batch, struct err *err) {
  struct uniting *op = (struct uniting *)base;
  if (!op->is_second) {
    TRY(op__next(base->input, batch, err));
    if (*batch) return LUMA_OK;
    op->is_second = true;
  }
  struct batch *in = NULL;
  TRY(op__next(base->right, &in, err));
  if (!in) return LUMA_OK;
  TRY(as_documents(op, in, err));
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_union(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {union_next, NULL};
  struct uniting *uniting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *uniting, &uniting, err));
  *op = &uniting->op;
  TRY(batch_init(&uniting->batch, exec->arena, 1, err));
  TRY(op__open(exec, plan->input, &uniting->op.input, err));
  return op__open(exec, plan->right, &uniting->op.right, err);
}

/* ---- side by side ---- */

struct faceting {
  struct op op;
  struct batch batch;
  bool is_done;
};

static status put_facet(struct faceting *op, const struct plan *branch, const struct rows *source,
                        struct build *build, struct err *err) {
  struct exec *exec = op->op.exec;
  struct subplan sub;
  struct rows rows;
  rows_init(&rows, exec, 1);
  TRY(subplan_init(&sub, exec, branch->input));
  status done =
      subplan_run(&sub, source, exec->env->variables, exec->env->variables_count, &rows, err);
  subplan_deinit(&sub);
  TRY(done);
  build_name(build, branch->stage->name);
  build_begin_list(build);
  for (uint64_t i = 0; i < rows.count; i++) build_put(build, rows_at(&rows, i));
  build_end(build);
  return LUMA_OK;
}

static status facet_next(struct op *base, struct batch **batch, struct err *err) {
  struct faceting *op = (struct faceting *)base;
  struct exec *exec = base->exec;
  struct rows source;
  struct buf out;
  struct build build;
  struct slice built;
  if (op->is_done) return LUMA_OK;
  op->is_done = true;
  rows_init(&source, exec, 1);
  TRY(stage_take_all(base->input, &source, err));
  buf_init(&out, EXPR_SCRATCH_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  status done = LUMA_OK;
  for (const struct plan *at = base->plan->right; at && done == LUMA_OK; at = at->right)
    done = put_facet(op, at, &source, &build, err);
  if (done == LUMA_OK) {
    build_end(&build);
    done = build_finish(&build, &built, err);
  }
  if (done == LUMA_OK) {
    struct val v = val_decode(built, NULL);
    done = expr_copy_value(exec->arena, &v, &op->batch.columns[0][0], err);
  }
  build_deinit(&build);
  buf_deinit(&out);
  op->batch.rows = op->batch.selected_count = 1;
  *batch = &op->batch;
  return done;
}

status op__open_facet(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {facet_next, NULL};
  struct faceting *faceting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *faceting, &faceting, err));
  *op = &faceting->op;
  TRY(batch_init(&faceting->batch, exec->arena, 1, err));
  return op__open(exec, plan->input, &faceting->op.input, err);
}

/* ---- by chance: every choice of so many rows is as likely (reservoir sampling, Vitter 1985) ----
 */

struct sampling {
  struct op op;
  struct batch batch;
  struct rows rows;
  uint64_t at;
  bool is_done;
};

static status choose(struct sampling *op, struct err *err) {
  uint64_t wanted = op->op.plan->stage->count, seen = 0;
  struct rng *chance = &op->op.exec->env->chance;
  op->is_done = true;
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(op->op.input, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++, seen++) {
      struct val *place = NULL;
      uint64_t at = seen < wanted ? seen : rng_below(chance, seen + 1);
      if (at >= wanted) continue;
      if (seen < wanted)
        TRY(rows_add(&op->rows, &place, err));
      else
        place = rows_at(&op->rows, at);
      TRY(expr_copy_value(op->op.exec->arena, &in->columns[0][batch_row(in, i)], place, err));
    }
  }
}

static status sample_next(struct op *base, struct batch **batch, struct err *err) {
  struct sampling *op = (struct sampling *)base;
  if (!op->is_done) TRY(choose(op, err));
  if (op->at == op->rows.count) return LUMA_OK;
  op__emit(&op->batch, &op->rows, &op->at);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_sample(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {sample_next, NULL};
  struct sampling *sampling = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *sampling, &sampling, err));
  *op = &sampling->op;
  rows_init(&sampling->rows, exec, 1);
  TRY(batch_init(&sampling->batch, exec->arena, 1, err));
  return op__open(exec, plan->input, &sampling->op.input, err);
}
