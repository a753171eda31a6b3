/* SPDX-License-Identifier: MIT */
/* STAGE_REDACT: cuts away parts of documents. An expression says of a document, and where it says
 * "descend" of each document in it, whether it stays. */
#include "query/exec/stage.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"

struct redacting {
  struct op op;
  struct batch batch;
  struct batch part; /* one row: the whole document, and the part that is looked at */
  struct program **decision;
  struct buf out; /* of the document being built: expressions have the scratch */
};

enum verdict { KEEP, PRUNE, DESCEND };

static status decide(struct redacting *op, const struct val *part, enum verdict *verdict,
                     struct err *err) {
  const struct val *values = NULL;
  uint32_t stride = 0;
  op->part.columns[1][0] = *part;
  op->part.rows = op->part.selected_count = 1;
  TRY(program_run(op->decision[0], &op->part, &op->op.batch_arena, &values, &stride, err));
  struct slice said = values[0].type == VAL_TEXT ? val_slice(&values[0]) : slice_of(NULL, 0);
  if (slice_is_equal(said, slice_of_text("keep")))
    *verdict = KEEP;
  else if (slice_is_equal(said, slice_of_text("prune")))
    *verdict = PRUNE;
  else if (slice_is_equal(said, slice_of_text("descend")))
    *verdict = DESCEND;
  else
    return mongo_fail(err, 17053,
                      "$redact's expression should not return anything aside from the variables "
                      "$$KEEP, $$DESCEND, and $$PRUNE, but returned %s",
                      mongo_type_name(&values[0]));
  return LUMA_OK;
}

static status put_part(struct redacting *op, struct build *build, const struct slice *name,
                       const struct val *part, struct err *err);

/** What is left of the elements. */
static status put_list(struct redacting *op, struct build *build, const struct val *list,
                       struct err *err) {
  build_begin_list(build);
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    TRY(put_part(op, build, NULL, &element, err));
  }
  build_end(build);
  return LUMA_OK;
}

static status put_fields(struct redacting *op, struct build *build, const struct val *map,
                         struct err *err) {
  build_begin_map(build);
  for (uint32_t i = 0; i < val_count(map); i++) {
    struct slice name;
    struct val field = val_field_at(map, i, &name);
    TRY(put_part(op, build, &name, &field, err));
  }
  build_end(build);
  return LUMA_OK;
}

/** A value within a document that is descended into; depth is bounded by DOC_DEPTH_MAX. */
static status put_part(struct redacting *op, struct build *build, const struct slice *name,
                       const struct val *part, struct err *err) {
  enum verdict verdict = KEEP;
  if (part->type == VAL_MAP) TRY(decide(op, part, &verdict, err));
  if (verdict == PRUNE) return LUMA_OK;
  if (name) build_name(build, *name);
  if (part->type == VAL_LIST) return put_list(op, build, part, err);
  if (verdict == DESCEND) return put_fields(op, build, part, err);
  build_put(build, part);
  return LUMA_OK;
}

static status put_descended(struct redacting *op, const struct val *document, struct err *err) {
  struct build build;
  struct slice built;
  buf_reset(&op->out);
  build_init(&build, &op->out, NULL);
  status done = put_fields(op, &build, document, err);
  if (done == LUMA_OK) done = build_finish(&build, &built, err);
  build_deinit(&build);
  if (done != LUMA_OK) return done;
  void *copy = arena_copy(&op->op.batch_arena, built.data, built.bytes);
  TRY(plan_check_memory(&op->op.batch_arena, copy, err));
  op->batch.columns[0][op->batch.rows++] = val_decode(slice_of(copy, built.bytes), NULL);
  return LUMA_OK;
}

static status redact(struct redacting *op, const struct val *document, struct err *err) {
  enum verdict verdict = KEEP;
  op->part.columns[0][0] = *document;
  TRY(decide(op, document, &verdict, err));
  if (verdict == KEEP) op->batch.columns[0][op->batch.rows++] = *document;
  return verdict == DESCEND ? put_descended(op, document, err) : LUMA_OK;
}

static status redact_next(struct op *base, struct batch **batch, struct err *err) {
  struct redacting *op = (struct redacting *)base;
  struct batch *in = NULL;
  arena_reset(&base->batch_arena);
  batch_reset(&op->batch);
  while (op->batch.rows == 0) {
    TRY(op__next(base->input, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++)
      TRY(redact(op, &in->columns[0][batch_row(in, i)], err));
    TRY(op__check(base->exec, err));
  }
  op->batch.selected_count = op->batch.rows;
  *batch = &op->batch;
  return LUMA_OK;
}

static void redact_close(struct op *base) {
  buf_deinit(&((struct redacting *)base)->out);
}

status op__open_redact(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {redact_next, redact_close};
  struct redacting *redacting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *redacting, &redacting, err));
  *op = &redacting->op;
  buf_init(&redacting->out, EXPR_SCRATCH_BYTES_MAX);
  TRY(op__programs(exec, plan->exprs, 1, &redacting->decision, err));
  TRY(batch_init(&redacting->batch, exec->arena, 1, err));
  TRY(batch_init(&redacting->part, exec->arena, 2, err));
  return op__open(exec, plan->input, &redacting->op.input, err);
}
