/* SPDX-License-Identifier: MIT */
/* INSERT: documents in batches. A collection that is not there is made. In JQL a document that
 * cannot be inserted is reported beside what was inserted: `ordered` stops at it, otherwise the
 * others go on; elsewhere it fails the statement. */
#include "query/exec/exec_int.h"
#include "query/exec/write/conflict.h"
#include "query/exec/write/guard.h"
#include "query/exec/write/write.h"
#include "query/expr/field.h"

/** What one transaction inserts before it looks for more is not looked for among its own writes. */
enum { INSERT_AT_ONCE = STORE_BATCH_MAX };

struct inserting {
  struct op op;
  const struct collection *collection;
  struct val *documents;      /* room for `at_once` */
  struct model_write *writes; /* the same */
  uint32_t at_once;
  uint32_t pending, taken; /* documents waiting; those before them */
  bool is_stopped, is_done;
  struct conflict *conflict; /* NULL: nothing is asked */
  struct write_yield yield;
  struct arena row_arena; /* of documents made of a SELECT's rows */
};

static status insert_some(struct inserting *op, uint32_t from, uint32_t count, struct err *err) {
  uint32_t failed = 0;
  struct exec *exec = op->op.exec;
  TRY(model_insert(exec->txn, op->collection, op->writes + from, count, &failed, err));
  TRY(guard_inserted(exec, op->collection, op->writes + from, count, err));
  for (uint32_t i = 0; i < count; i++)
    TRY(write_yield_inserted(&op->yield, exec, op->op.plan, op->collection, &op->writes[from + i],
                             err));
  return write_note_keys(exec, op->writes + from, count, err);
}

static status insert_conflicting(struct inserting *op, struct err *err) {
  for (uint32_t i = 0; i < op->pending; i++)
    TRY(conflict_insert(op->conflict, op->collection, &op->documents[i], &op->yield, err));
  return LUMA_OK;
}

/** One by one, because each may fail alone. */
static status insert_each(struct inserting *op, struct err *err) {
  for (uint32_t i = 0; i < op->pending && !op->is_stopped; i++) {
    struct err failed = {0};
    status done = insert_some(op, i, 1, &failed);
    if (done != LUMA_OK && !plan_fails_alone(done)) {
      if (err) *err = failed;
      return done;
    }
    if (done == LUMA_OK) continue;
    TRY(write_report(op->op.exec, op->taken + i, &failed, err));
    op->is_stopped = op->op.plan->ordered;
  }
  return LUMA_OK;
}

/** All at once, which costs least; where one fails, one by one. */
static status insert_reporting(struct inserting *op, struct err *err) {
  struct exec *exec = op->op.exec;
  struct err failed = {0};
  uint64_t mark;
  if (op->pending == 1) return insert_each(op, err);
  TRY(model_savepoint(exec->txn, &mark, err));
  status done = insert_some(op, 0, op->pending, &failed);
  if (done == LUMA_OK || !plan_fails_alone(done)) {
    if (done != LUMA_OK && err) *err = failed;
    return done;
  }
  TRY(model_rollback_to(exec->txn, mark, err));
  return insert_each(op, err);
}

/* Faults tell which of the statement's rows they are in, where it has several. */
static status insert_told(struct inserting *op, struct err *err) {
  struct model_txn *txn = op->op.exec->txn;
  model_tell_places(txn, op->taken + op->pending > 1, op->taken);
  status done = insert_some(op, 0, op->pending, err);
  model_tell_places(txn, false, 0);
  return done;
}

static status flush(struct inserting *op, struct err *err) {
  if (op->pending == 0) return LUMA_OK;
  if (op->op.exec->language == PLAN_JQL)
    TRY(insert_reporting(op, err));
  else if (op->conflict)
    TRY(insert_conflicting(op, err));
  else
    TRY(insert_told(op, err));
  op->taken += op->pending;
  op->pending = 0;
  arena_reset(&op->op.batch_arena);
  arena_reset(&op->row_arena);
  return LUMA_OK;
}

/** A document for the next insert; its memory lives until the flush. */
static status take(struct inserting *op, const struct val *document, uint64_t offset,
                   struct err *err) {
  struct exec *exec = op->op.exec;
  struct val *place = &op->documents[op->pending];
  if (document->type != VAL_MAP) {
    status failed = err_raise(err, LUMA_INVALID_VALUE, __FILE__, __LINE__,
                              "a document is a map of attributes, not %s",
                              val_type_name((enum val_type)document->type));
    return expr_env_fail(exec->env, offset, failed, err);
  }
  TRY(write_name_key(exec, &op->op.batch_arena, document, place, err));
  op->writes[op->pending++] = (struct model_write){
      .document = place, .knows_names = op->op.plan->knows_names && document->names};
  return op->pending == op->at_once ? flush(op, err) : LUMA_OK;
}

/** Documents that came as they are stored. */
static status insert_stored(struct inserting *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  for (uint32_t row = 0; row < plan->rows_count && !op->is_stopped; row++) {
    op->documents[op->pending] = plan->documents[row];
    op->writes[op->pending] = (struct model_write){.document = &op->documents[op->pending],
                                                   .knows_names = plan->knows_names,
                                                   .has_header = true};
    if (++op->pending < op->at_once) continue;
    TRY(op__check(op->op.exec, err));
    TRY(flush(op, err));
  }
  return flush(op, err);
}

/** A row of values under the statement's names, as a document. */
static status take_row(struct inserting *op, struct expr *const *values, struct err *err) {
  const struct plan *plan = op->op.plan;
  struct expr_env *env = op->op.exec->env;
  struct val document;
  struct build build;
  build_init(&build, &env->scratch, NULL);
  build_begin_map(&build);
  status done = LUMA_OK;
  for (uint32_t i = 0; i < plan->names_count && done == LUMA_OK; i++) {
    struct val value = val_null();
    struct buf kept = env->scratch; /* an expression may build values of its own */
    buf_init(&env->scratch, EXPR_SCRATCH_BYTES_MAX);
    done = program_constant(env, values[i], &value, err);
    buf_deinit(&env->scratch);
    env->scratch = kept;
    build_name(&build, plan->names[i]);
    build_put(&build, &value);
  }
  if (done == LUMA_OK) {
    build_end(&build);
    done = field_take_built(env, &op->op.batch_arena, &build, &document, err);
  }
  build_deinit(&build);
  buf_reset(&env->scratch);
  return done == LUMA_OK ? take(op, &document, plan->offset, err) : done;
}

static status insert_written(struct inserting *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  for (uint32_t row = 0; row < plan->rows_count && !op->is_stopped; row++) {
    TRY(op__check(op->op.exec, err));
    if (plan->names_count) {
      TRY(take_row(op, plan->exprs + (size_t)row * plan->names_count, err));
      continue;
    }
    struct val document;
    TRY(program_constant(op->op.exec->env, plan->exprs[row], &document, err));
    TRY(take(op, &document, plan->exprs[row]->offset, err));
  }
  return flush(op, err);
}

/** The rows of a SELECT, all of them before the first is inserted: it may read the collection. */
static status insert_selected(struct inserting *op, struct err *err) {
  const struct plan *input = op->op.plan->input;
  struct exec *exec = op->op.exec;
  struct rows documents;
  rows_init(&documents, exec, 1);
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(op->op.input, &in, err));
    if (!in) break;
    for (uint32_t i = 0; i < in->selected_count; i++) {
      struct val *place = NULL, made;
      arena_reset(&op->row_arena);
      TRY(exec_document(exec->env, input->columns, in, i, &op->row_arena, &made, err));
      TRY(rows_add(&documents, &place, err));
      TRY(expr_copy_value(exec->arena, &made, place, err));
    }
  }
  for (uint64_t i = 0; i < documents.count; i++) {
    TRY(op__check(exec, err));
    TRY(take(op, rows_at(&documents, i), op->op.plan->offset, err));
  }
  return flush(op, err);
}

static status insert_next(struct op *base, struct batch **batch, struct err *err) {
  struct inserting *op = (struct inserting *)base;
  if (!op->is_done) {
    op->is_done = true;
    TRY(write_collection(base->exec, base->plan, &op->collection, err));
    TRY(base->input             ? insert_selected(op, err)
        : base->plan->documents ? insert_stored(op, err)
                                : insert_written(op, err));
  }
  write_yield_next(&op->yield, batch);
  return LUMA_OK;
}

static void insert_close(struct op *base) {
  struct inserting *op = (struct inserting *)base;
  conflict_destroy(op->conflict);
  arena_deinit(&op->row_arena);
}

status op__open_insert(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {insert_next, insert_close};
  struct inserting *inserting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *inserting, &inserting, err));
  *op = &inserting->op;
  arena_init(&inserting->row_arena, 0, exec->memory_bytes);
  bool is_few = !plan->input && plan->rows_count < INSERT_AT_ONCE;
  inserting->at_once = is_few ? plan->rows_count : INSERT_AT_ONCE;
  size_t room = inserting->at_once + 1u;
  inserting->documents = arena_alloc(exec->arena, room * sizeof *inserting->documents);
  inserting->writes = arena_alloc(exec->arena, room * sizeof *inserting->writes);
  TRY(op__memory(exec, inserting->documents ? inserting->writes : NULL, err));
  TRY(write_yield_init(&inserting->yield, exec, plan, err));
  TRY(conflict_create(exec, plan, &inserting->conflict, err));
  return plan->input ? op__open(exec, plan->input, &inserting->op.input, err) : LUMA_OK;
}
