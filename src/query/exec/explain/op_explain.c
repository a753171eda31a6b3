/* SPDX-License-Identifier: MIT */
/* EXPLAIN: the plan as rows of text, one node a line with its choices below it. ANALYZE runs it
 * first and adds rows and times. */
#include "query/exec/exec_int.h"
#include "query/exec/explain/explain.h"
#include "query/exec/explain/explain_json.h"
#include "query/exec/explain/explain_mongo.h"

struct explaining {
  struct op op;
  struct batch batch;
  struct rows lines;
  uint64_t next_line;
  bool is_done;
};

static status run_through(struct op *op, struct err *err) {
  struct batch *batch = NULL;
  do {
    TRY(op__next(op, &batch, err));
  } while (batch);
  return LUMA_OK;
}

/* As in MongoDB what would be changed is told, and nothing is. */
static status run_and_undo(struct explaining *op, struct err *err) {
  struct exec *exec = op->op.exec;
  uint64_t mark = 0;
  if (!plan_is_write(op->op.plan->input)) return run_through(op->op.input, err);
  TRY(model_savepoint(exec->txn, &mark, err));
  TRY(run_through(op->op.input, err)); /* a failure ends the whole statement */
  exec->affected = exec->matched = 0;
  return model_rollback_to(exec->txn, mark, err);
}

static void add_measured(const struct op *root, const struct plan *plan, struct buf *out) {
  const struct op *op = explain_find_op(root, plan);
  if (!op) return;
  buf_append_format(out, "  (rows %llu", (unsigned long long)op->rows);
  if (op->exec->os) buf_append_format(out, ", %llu us", (unsigned long long)op->us);
  buf_append_byte(out, ')');
}

/* Of an AGGREGATE its input says so, of a PROJECT above a condition the condition. */
static bool is_read_by_threads(const struct plan *plan) {
  const struct plan_physical *physical = plan->physical;
  if (!physical) return false;
  bool is_sifted = physical->in_pieces && plan->kind == PLAN_FILTER;
  return is_sifted || physical->unordered || physical->collected ||
         (physical->by_workers && plan->kind != PLAN_AGGREGATE);
}

static void format_node(const struct explaining *op, const struct plan *plan, unsigned depth,
                        struct buf *out) {
  for (unsigned i = 0; i < depth; i++) buf_append_text(out, "  ");
  explain_node(plan, out);
  if (op->op.exec->threads > 1 && is_read_by_threads(plan))
    buf_append_format(out, "  (by up to %u threads beside its own)", op->op.exec->threads);
  if (op->op.plan->analyze) add_measured(op->op.input, plan, out);
  buf_append_byte(out, '\n');
  explain_access(plan, depth + 1, out);
  if (plan->input) format_node(op, plan->input, depth + 1, out);
  if (plan->right) format_node(op, plan->right, depth + 1, out);
}

static status keep_lines(struct explaining *op, struct slice text, struct err *err) {
  while (text.bytes) {
    const uint8_t *end = memchr(text.data, '\n', text.bytes);
    size_t bytes = end ? (size_t)(end - text.data) : text.bytes;
    struct val line = val_text(slice_of(text.data, bytes)), *place = NULL;
    TRY(rows_add(&op->lines, &place, err));
    TRY(expr_copy_value(op->op.exec->arena, &line, place, err));
    size_t skip = end ? bytes + 1 : bytes;
    text = slice_of(text.data + skip, text.bytes - skip);
  }
  return LUMA_OK;
}

static status keep_document(struct explaining *op, struct err *err) {
  struct val *place = NULL;
  TRY(rows_add(&op->lines, &place, err));
  return explain_json(op->op.exec, op->op.plan->input, op->op.input, place, err);
}

static status explain(struct explaining *op, struct err *err) {
  struct buf text;
  op->is_done = true;
  if (op->op.input) TRY(run_and_undo(op, err));
  if (op->op.plan->as_json) return keep_document(op, err);
  buf_init(&text, 1 << 20);
  format_node(op, op->op.plan->input, 0, &text);
  status done = buf_check(&text, "the plan", err);
  if (done == LUMA_OK && op->op.exec->language == PLAN_JQL)
    done = explain_mongo(op->op.exec, op->op.plan, op->op.input, &op->op.exec->answer, err);
  if (done == LUMA_OK) done = keep_lines(op, buf_slice(&text), err);
  buf_deinit(&text);
  return done;
}

static status explain_next(struct op *base, struct batch **batch, struct err *err) {
  struct explaining *op = (struct explaining *)base;
  if (!op->is_done) TRY(explain(op, err));
  if (op->next_line == op->lines.count) return LUMA_OK;
  op__emit(&op->batch, &op->lines, &op->next_line);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_explain(struct exec *exec, const struct plan *plan, struct op **op,
                        struct err *err) {
  static const struct op_ops ops = {explain_next, NULL};
  struct explaining *explaining = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *explaining, &explaining, err));
  *op = &explaining->op;
  rows_init(&explaining->lines, exec, 1);
  TRY(batch_init(&explaining->batch, exec->arena, 1, err));
  if (!plan->analyze) return LUMA_OK;
  exec->analyze = true;
  exec->threads = 0; /* operators are measured where they run: here */
  return op__open(exec, plan->input, &explaining->op.input, err);
}
