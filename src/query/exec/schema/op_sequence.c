/* SPDX-License-Identifier: MIT */
/* SEQUENCE: changes one after the other; each sees what those before it did. Operators are made
 * when their turn comes, so that no scan reads an older state. A change of documents that fails is
 * undone and reported: with `ordered` those after it are not tried, otherwise they go on. */
#include "model/catalog/catalog.h"
#include "query/exec/exec_int.h"
#include "query/exec/write/write.h"
#include "query/locale/collation.h"
#include "value/order/order.h"

struct sequence {
  struct op op;
  struct arena change;         /* of the change in hand: its operators, its rows */
  struct collation *collation; /* of the last change that had one; NULL: none had */
  const struct val *collated;  /* what it was made of */
};

/** A change was bound before those ahead of it ran: a collection they made is not in its plan. The
 * plan to run is then a copy with it, which reads all of the collection. */
static status find_made(const struct exec *exec, const struct plan **plan, struct err *err) {
  const struct catalog *catalog = model_catalog(exec->txn);
  const struct plan *from = *plan;
  struct plan *made = NULL, **place = &made;
  const struct collection *collection = catalog_find(catalog, from->collection_name);
  if (from->collection || !collection) return LUMA_OK;
  for (; from; from = from->input) {
    *place = arena_copy(exec->arena, from, sizeof *from);
    TRY(op__memory(exec, *place, err));
    if ((*place)->collection_name.bytes) (*place)->collection = collection;
    place = &(*place)->input;
  }
  *plan = made;
  return LUMA_OK;
}

static status run_one(struct exec *exec, const struct plan *plan, struct err *err) {
  struct op *op = NULL;
  struct batch *batch = NULL;
  if (plan->failure) {
    *err = *plan->failure;
    return err->code;
  }
  TRY(exec_open(exec, plan, &op, err));
  status done;
  do done = exec_next(op, &batch, err);
  while (done == LUMA_OK && batch);
  exec_close(op);
  return done;
}

/** What a change did is the difference of the run's sums. */
static struct query_step begin_change(const struct exec *exec, const struct plan *plan) {
  return (struct query_step){
      .kind = (uint8_t)plan->kind, .matched = exec->matched, .affected = exec->affected};
}

static void end_change(struct exec *exec, struct query_step *change) {
  change->matched = exec->matched - change->matched;
  change->affected = exec->affected - change->affected;
  change->upserted = exec->upserted;
  if (change->upserted) change->key = exec->last_key;
}

/** The change is as if it had not been, but for its failure. */
static status undo(struct exec *exec, struct query_step *change, uint64_t mark,
                   const struct err *failed, struct err *err) {
  TRY(model_rollback_to(exec->txn, mark, err));
  exec->matched = change->matched;
  exec->affected = change->affected;
  exec->upserted = false;
  change->failed = exec->write_errors_count + 1;
  return write_report(exec, exec->steps_count, failed, err);
}

static status change_one(struct exec *exec, const struct plan *plan, bool *failed,
                         struct err *err) {
  struct query_step change = begin_change(exec, plan);
  struct err why = {0};
  uint32_t errors = exec->write_errors_count;
  bool had_upserted = exec->upserted;
  uint64_t mark;
  TRY(find_made(exec, &plan, err));
  TRY(model_savepoint(exec->txn, &mark, err));
  exec->upserted = false;
  status done = run_one(exec, plan, &why);
  if (done != LUMA_OK && !plan_fails_alone(done)) {
    if (err) *err = why;
    return done;
  }
  if (done != LUMA_OK) TRY(undo(exec, &change, mark, &why, err));
  /* An INSERT reports for itself, as its first document. */
  if (done == LUMA_OK && exec->write_errors_count > errors) {
    exec->write_errors[errors].index = exec->steps_count;
    change.failed = errors + 1;
  }
  end_change(exec, &change);
  *failed = change.failed != 0;
  exec->steps[exec->steps_count++] = change;
  exec->upserted |= had_upserted;
  return LUMA_OK;
}

/* ---- several inserts at once ---- */

struct sums {
  uint64_t affected;
  uint32_t keys_count, changes_count, errors_count;
};

static void take_back(struct exec *exec, const struct sums *sums) {
  exec->affected = sums->affected;
  exec->keys_count = sums->keys_count;
  exec->changes_count = sums->changes_count;
  exec->write_errors_count = sums->errors_count;
}

/** All documents of an INSERT; nothing remains, and `*failed`, where one of them cannot be. */
static status insert_all(struct exec *exec, const struct plan *plan, bool *failed,
                         struct err *err) {
  struct sums before = {exec->affected, exec->keys_count, exec->changes_count,
                        exec->write_errors_count};
  uint64_t mark;
  TRY(find_made(exec, &plan, err));
  TRY(model_savepoint(exec->txn, &mark, err));
  TRY(run_one(exec, plan, err));
  *failed = exec->write_errors_count > before.errors_count;
  if (*failed) {
    take_back(exec, &before);
    return model_rollback_to(exec->txn, mark, err);
  }
  for (uint32_t i = 0; i < plan->rows_count; i++)
    exec->steps[exec->steps_count++] = (struct query_step){.kind = PLAN_INSERT, .affected = 1};
  return LUMA_OK;
}

/** An INSERT of several documents is as many changes. */
static status change_inserts(struct exec *exec, const struct plan *plan, bool is_ordered,
                             bool *failed, struct err *err) {
  bool stops = false, fails = false;
  *failed = false;
  TRY(insert_all(exec, plan, &fails, err));
  for (uint32_t i = 0; fails && i < plan->rows_count && !stops; i++) {
    bool one_failed = false;
    struct plan one = *plan;
    one.exprs = plan->exprs + i;
    one.exprs_count = one.rows_count = 1;
    TRY(change_one(exec, &one, &one_failed, err));
    *failed |= one_failed;
    stops = one_failed && is_ordered;
  }
  return LUMA_OK;
}

static bool is_inserts(const struct plan *change) {
  return change->kind == PLAN_INSERT && change->rows_count > 1;
}

/** An UPDATE of points is as many as those, and reports for itself. */
static uint32_t count_changes(const struct plan *plan) {
  uint32_t count = 0;
  for (; plan; plan = plan->kind == PLAN_SEQUENCE ? plan->right : NULL) {
    const struct plan *change = plan->kind == PLAN_SEQUENCE ? plan->input : plan;
    count += change->points ? change->points->count : is_inserts(change) ? change->rows_count : 1;
  }
  return count;
}

static status change_points(struct exec *exec, const struct plan *plan, bool *failed,
                            struct err *err) {
  uint32_t errors = exec->write_errors_count;
  TRY(find_made(exec, &plan, err));
  TRY(run_one(exec, plan, err));
  *failed = exec->write_errors_count > errors;
  return LUMA_OK;
}

/** Those that follow each other with one collation share it. */
static status take_collation(struct sequence *op, const struct plan *plan, struct err *err) {
  const struct val *spec = &plan->collation;
  struct expr_env *env = op->op.exec->env;
  env->collation = NULL;
  if (spec->type != VAL_MAP) return LUMA_OK;
  if (!op->collated || !val_is_equal(op->collated, spec)) {
    collation_destroy(op->collation);
    op->collation = NULL;
    op->collated = NULL;
    TRY(collation_create(spec, &op->collation, err));
    op->collated = spec;
  }
  env->collation = op->collation;
  return LUMA_OK;
}

/** The change under its collation; it fails where there is no such. */
static status collate(struct sequence *op, const struct plan **plan, struct err *err) {
  struct err why;
  err_init(&why);
  status done = take_collation(op, *plan, &why);
  if (done == LUMA_OK) return LUMA_OK;
  if (plan_fails_alone(done)) {
    struct plan failing = **plan, *put = &failing;
    TRY(plan_put_failure(op->op.exec->arena, &why, &put, err));
    *plan = put;
    return LUMA_OK;
  }
  if (err) *err = why;
  return done;
}

/** In memory of its own, which the next change uses again. */
static status change_apart(struct sequence *op, const struct plan *plan, bool is_ordered,
                           bool *failed, struct err *err) {
  struct exec *exec = op->op.exec;
  struct arena *arena = exec->arena, *kept = exec->kept;
  exec->kept = exec_kept(exec);
  exec->arena = &op->change;
  struct expr_part part = expr_env_begin_part(exec->env, &op->change);
  status done = collate(op, &plan, err);
  if (done == LUMA_OK)
    done = plan->points       ? change_points(exec, plan, failed, err)
           : is_inserts(plan) ? change_inserts(exec, plan, is_ordered, failed, err)
                              : change_one(exec, plan, failed, err);
  exec_deinit(exec);
  expr_env_end_part(exec->env, part);
  exec->arena = arena;
  exec->kept = kept;
  arena_reset(&op->change);
  return done;
}

/** `*stops`: one failed, and those after it are not to be tried. */
static status run_portion(struct sequence *op, const struct plan *plan, bool *stops,
                          struct err *err) {
  bool is_ordered = plan->ordered, failed = false;
  while (plan && !(failed && is_ordered)) {
    bool is_last = plan->kind != PLAN_SEQUENCE;
    TRY(op__check(op->op.exec, err));
    TRY(change_apart(op, is_last ? plan : plan->input, is_ordered, &failed, err));
    plan = is_last ? NULL : plan->right;
  }
  *stops = failed && is_ordered;
  return LUMA_OK;
}

static status run_changes(struct sequence *op, const struct plan *plan, struct err *err) {
  struct exec *exec = op->op.exec;
  const struct plan_rest *rest = exec->rest;
  uint32_t count = count_changes(plan);
  bool stops = false;
  for (const struct plan_rest *more = rest; more; more = more->next) count += more->changes_count;
  exec->steps = arena_zalloc(exec->arena, count, sizeof *exec->steps);
  TRY(op__memory(exec, exec->steps, err));
  TRY(run_portion(op, plan, &stops, err));
  for (; rest && !stops; rest = rest->next) {
    op->collated = NULL; /* it was the last portion's */
    TRY(exec->planner.plan(exec->planner.context, rest, &plan, err));
    TRY(run_portion(op, plan, &stops, err));
  }
  return LUMA_OK;
}

static status sequence_next(struct op *base, struct batch **batch, struct err *err) {
  struct sequence *op = (struct sequence *)base;
  const struct plan *plan = base->plan;
  enum plan_kind kind = plan->input->kind;
  (void)batch;
  if (kind == PLAN_INSERT || kind == PLAN_UPDATE || kind == PLAN_DELETE) {
    /* There may be many failures, and lines are counted for each: places are not told. */
    base->exec->env->text = slice_of(NULL, 0);
    return run_changes(op, plan, err);
  }
  for (; plan->kind == PLAN_SEQUENCE; plan = plan->right) {
    TRY(op__check(base->exec, err));
    TRY(run_one(base->exec, plan->input, err));
  }
  return run_one(base->exec, plan, err);
}

static void sequence_close(struct op *base) {
  struct sequence *op = (struct sequence *)base;
  collation_destroy(op->collation);
  arena_deinit(&op->change);
}

status op__open_sequence(struct exec *exec, const struct plan *plan, struct op **op,
                         struct err *err) {
  static const struct op_ops ops = {sequence_next, sequence_close};
  struct sequence *sequence = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *sequence, &sequence, err));
  *op = &sequence->op;
  arena_init(&sequence->change, 0, exec->memory_bytes);
  return LUMA_OK;
}
