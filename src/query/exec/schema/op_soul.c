/* SPDX-License-Identifier: MIT */
/* Statements about souls: making and evolving them, and what is told about them, a document a row.
 */
#include "base/core/assert.h"
#include "query/exec/exec_int.h"
#include "value/json/json.h"

enum { TOLD_BYTES_MAX = 256 << 20, DRY_TRIES = 10 };

/** Reads JSON (as the model writes it, or as a statement has it) into the run's arena. */
static status read_json(struct exec *exec, struct slice json, struct val *value, struct err *err) {
  struct json_read_options options = {.form = JSON_TAGGED, .bytes_max = TOLD_BYTES_MAX};
  struct buf out;
  struct val read;
  buf_init(&out, TOLD_BYTES_MAX);
  status result = json_read_once(json, &options, &out, &read, err);
  if (result == LUMA_OK) result = expr_copy_value(exec->arena, &read, value, err);
  buf_deinit(&out);
  return result;
}

/** Those of the statement's columns that number themselves. */
static status create_sequences(struct exec *exec, const struct plan_soul *soul, bool if_not_exists,
                               struct err *err) {
  for (uint32_t i = 0; i < soul->sequences_count; i++) {
    const struct plan_made_sequence *one = &soul->sequences[i];
    struct model_sequence sequence = op__sequence(one->name, &one->options);
    TRY(model_create_sequence(exec->txn, &sequence, if_not_exists, err));
  }
  return LUMA_OK;
}

static status create(struct exec *exec, const struct plan *plan, struct err *err) {
  struct val genotype;
  struct model_soul_made made;
  TRY(read_json(exec, plan->soul->json, &genotype, err));
  struct model_soul_spec spec = {
      .alias = plan->collection_name, .genotype = &genotype, .if_not_exists = plan->if_not_exists};
  bool is_there = catalog_find(model_catalog(exec->txn), plan->collection_name) != NULL;
  if (plan->if_not_exists && is_there && plan->soul->is_table) return LUMA_OK;
  if (plan->if_not_exists && is_there) return model_create_soul(exec->txn, &spec, &made, err);
  TRY(create_sequences(exec, plan->soul, false, err));
  TRY(model_create_soul(exec->txn, &spec, &made, err));
  if (made.made || !plan->soul->is_table) return LUMA_OK;
  status failed =
      err_raise(err, LUMA_ALREADY_EXISTS, __FILE__, __LINE__,
                "there is a collection `%.*s` already", SLICE_ARG(plan->collection_name));
  err_hint(err, "CREATE TABLE IF NOT EXISTS leaves it as it is");
  return failed;
}

static status evolve(struct exec *exec, const struct plan *plan, struct model_txn *txn,
                     bool dry_run, struct buf *report, struct err *err) {
  struct val genotype;
  ASSERT(plan->collection);
  TRY(read_json(exec, plan->soul->json, &genotype, err));
  struct model_evolution evolution = {.alias = plan->collection->name,
                                      .genotype = &genotype,
                                      .merge = plan->soul->merge,
                                      .dry_run = dry_run,
                                      .threads = exec->threads};
  return model_evolve(txn, &evolution, report, err);
}

static status soul_next(struct op *op, struct batch **batch, struct err *err) {
  struct buf report;
  (void)batch;
  if (op->plan->kind == PLAN_CREATE_SOUL) return create(op->exec, op->plan, err);
  if (!op->plan->collection) return LUMA_OK; /* ALTER TABLE IF EXISTS */
  TRY(create_sequences(op->exec, op->plan->soul, true, err));
  buf_init(&report, TOLD_BYTES_MAX);
  status result = evolve(op->exec, op->plan, op->exec->txn, false, &report, err);
  buf_deinit(&report);
  return result;
}

status op__open_soul(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {soul_next, NULL};
  return op__create(exec, plan, &ops, sizeof **op, op, err);
}

/* ---- telling ---- */

struct telling {
  struct op op;
  struct batch batch;
  struct rows rows;
  uint64_t next_row;
  bool is_done;
};

static status ask(void *context, struct err *err) {
  return op__check(context, err);
}

static status try_once(struct exec *exec, const struct plan *plan, struct model_tries *tries,
                       struct buf *out, struct err *err) {
  struct store_begin_options options = {.isolation = STORE_SERIALIZABLE, .may_block = true};
  struct model_txn *txn;
  const struct model_caller caller = {.ask = ask, .context = exec};
  TRY(model_begin(exec->model, &options, &txn, err));
  model_set_caller(txn, &caller);
  model_allow_restart(txn, tries);
  status result = evolve(exec, plan, txn, true, out, err);
  model_rollback(txn);
  return result;
}

/** A dry run writes, and takes it back, in a transaction of its own: in several where many values
 * are to be compared. */
static status try_evolution(struct exec *exec, const struct plan *plan, struct buf *out,
                            struct err *err) {
  struct model_tries tries;
  status result = LUMA_CONFLICT;
  model_tries_begin(exec->model, &tries);
  for (int i = 0; i < DRY_TRIES && result == LUMA_CONFLICT; i++)
    result = try_once(exec, plan, &tries, out, err);
  model_tries_end(&tries);
  return result;
}

static status tell(struct exec *exec, const struct plan *plan, struct buf *out, struct err *err) {
  struct slice name = plan->collection ? plan->collection->name : plan->collection_name;
  switch (plan->soul->about) {
  case PLAN_ABOUT_SOULS: return model_write_souls(exec->txn, out, err);
  case PLAN_ABOUT_COLLECTION: return model_describe(exec->txn, name, out, err);
  case PLAN_ABOUT_STORAGE: return model_describe_storage(exec->txn, name, out, err);
  case PLAN_ABOUT_LINEAGE: return model_write_lineage(exec->txn, name, out, err);
  case PLAN_ABOUT_SOURCE: return model_write_source(exec->txn, name, out, err);
  case PLAN_ABOUT_CHANGES: return model_compare_souls(exec->txn, name, plan->soul->other, out, err);
  case PLAN_ABOUT_EVOLUTION: return try_evolution(exec, plan, out, err);
  case PLAN_ABOUT_SUGGESTION: break;
  }
  return model_suggest_soul(exec->txn, name, out, err);
}

static status keep_row(struct telling *op, const struct val *document, struct err *err) {
  struct val *row = NULL;
  TRY(rows_add(&op->rows, &row, err));
  row[0] = *document;
  return LUMA_OK;
}

static status tell_all(struct telling *op, struct err *err) {
  struct buf out;
  struct val told;
  op->is_done = true;
  buf_init(&out, TOLD_BYTES_MAX);
  status result = tell(op->op.exec, op->op.plan, &out, err);
  if (result == LUMA_OK) result = read_json(op->op.exec, buf_slice(&out), &told, err);
  buf_deinit(&out);
  TRY(result);
  if (told.type != VAL_LIST) return keep_row(op, &told, err);
  for (uint32_t i = 0; i < val_count(&told); i++) {
    struct val one = val_at(&told, i);
    TRY(keep_row(op, &one, err));
  }
  return LUMA_OK;
}

static status tell_next(struct op *base, struct batch **batch, struct err *err) {
  struct telling *op = (struct telling *)base;
  if (!op->is_done) TRY(tell_all(op, err));
  if (op->next_row == op->rows.count) return LUMA_OK;
  op__emit(&op->batch, &op->rows, &op->next_row);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_tell(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {tell_next, NULL};
  struct telling *telling = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *telling, &telling, err));
  *op = &telling->op;
  rows_init(&telling->rows, exec, 1);
  return batch_init(&telling->batch, exec->arena, 1, err);
}
