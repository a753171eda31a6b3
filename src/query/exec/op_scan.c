/* SPDX-License-Identifier: MIT */
/* SCAN: documents of a collection, in key order or through ranges of an index, one after the other.
 *
 * JQL reads a small collection in the order in which its documents were put in, as MongoDB does
 * where nothing asks for another; a large one comes in the order of its keys. */
#include <stdlib.h>

#include "base/ds/hashmap.h"
#include "query/exec/exec_int.h"
#include "query/exec/parts.h"
#include "query/exec/ranges.h"

struct scan {
  struct op op;
  struct batch batch;
  struct doc *documents;
  struct model_scan *scan;          /* of the range in progress */
  const struct plan_access *access; /* of the ranges: the node's, or one of its branches */
  struct ranges ranges;
  uint32_t next_range, next_branch;
  uint64_t entries;        /* of the range in progress, read so far */
  uint32_t step, rows_max; /* documents of the next batch: few under a LIMIT, then up to this */
  bool is_natural;         /* in the order of insertion: all documents are one batch */
  bool is_prepared, sees_twice; /* several ranges of a multikey index may hold one document */
  struct hashmap seen;          /* keys are row numbers, in the run's arena */
};

/** Opens the next range, or a worker's next part; `op->scan` stays NULL when there is none left. */
static status open_range(struct scan *op, struct err *err) {
  const struct plan_access *access = op->access;
  const struct range *range = op->ranges.items ? &op->ranges.items[op->next_range] : NULL;
  struct index_bounds bounds = range ? range->bounds : (struct index_bounds){0};
  const struct store_range *part = op->op.exec->parts ? parts_take(op->op.exec->parts) : NULL;
  struct model_scan_options options = {.index = access ? access->index : NULL,
                                       .bounds = range ? &bounds : NULL,
                                       .reads = op->op.exec->reads,
                                       .backwards = access && access->backwards,
                                       .part = part};
  if (op->op.exec->parts && !part) return LUMA_OK;
  if (!part) op->next_range++;
  return model_scan_open(op->op.exec->txn, op->op.plan->collection, &options, &op->scan, err);
}

static status make_ranges(struct scan *op, const struct plan_access *access, struct err *err) {
  op->access = access;
  op->next_range = 0;
  return ranges_make(op->op.exec->env, access, &op->ranges, err);
}

static status prepare(struct scan *op, struct err *err) {
  const struct plan_access *access = op->op.plan->physical ? op->op.plan->physical->access : NULL;
  op->is_prepared = true;
  op->ranges.count = 1; /* everything */
  if (!access) return LUMA_OK;
  if (access->branches_count) {
    op->ranges.count = 0; /* next_ranges makes those of each branch */
    op->sees_twice = true;
    return LUMA_OK;
  }
  TRY(make_ranges(op, access, err));
  op->sees_twice = access->index && op->ranges.count > 1 &&
                   model_meets_twice(op->op.exec->txn, op->op.plan->collection, access->index);
  return LUMA_OK;
}

/** Goes on to the ranges of the next branch; `*has` false when there is none. */
static status next_ranges(struct scan *op, bool *has, struct err *err) {
  const struct plan_access *access = op->op.plan->physical ? op->op.plan->physical->access : NULL;
  *has = access && op->next_branch < access->branches_count;
  return *has ? make_ranges(op, &access->branches[op->next_branch++], err) : LUMA_OK;
}

/** True the first time a document is met. */
static status is_first(struct scan *op, const struct doc *document, bool *first, struct err *err) {
  uint64_t row = doc_header(document).row;
  void *key = arena_copy(op->op.exec->arena, &row, sizeof row);
  TRY(op__memory(op->op.exec, key, err));
  if (!hashmap_put(&op->seen, slice_of(key, sizeof row), first))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a scan");
  return LUMA_OK;
}

/** Rows are numbered as they come, and keep their numbers. */
static int compare_rows(const void *a, const void *b) {
  uint64_t left = doc_header(a).row, right = doc_header(b).row;
  return (left > right) - (left < right);
}

static void sort_rows(struct scan *op, uint32_t count) {
  qsort(op->documents, count, sizeof *op->documents, compare_rows);
  bool backwards = op->access && op->access->backwards;
  for (uint32_t i = 0; backwards && i < count / 2; i++) {
    struct doc other = op->documents[i];
    op->documents[i] = op->documents[count - 1 - i];
    op->documents[count - 1 - i] = other;
  }
}

static status fill(struct scan *op, uint32_t count, struct err *err) {
  uint32_t kept = 0;
  batch_reset(&op->batch);
  for (uint32_t i = 0; i < count; i++) {
    bool first = true;
    if (op->sees_twice) TRY(is_first(op, &op->documents[i], &first, err));
    if (first) op->batch.columns[0][kept++] = doc_root(&op->documents[i]);
  }
  op->batch.rows = op->batch.selected_count = kept;
  return LUMA_OK;
}

/** What was read, for EXPLAIN. */
static void note(struct scan *op, uint32_t documents) {
  uint64_t entries = model_scan_entries(op->scan);
  op->op.keys += entries - op->entries;
  op->op.documents += documents;
  op->entries = entries;
}

static void end_range(struct scan *op) {
  model_scan_close(op->scan);
  op->scan = NULL;
  op->entries = 0;
}

static status scan_next(struct op *base, struct batch **batch, struct err *err) {
  struct scan *op = (struct scan *)base;
  if (!base->plan->collection) return LUMA_OK;
  if (!op->is_prepared) TRY(prepare(op, err));
  for (;;) {
    uint32_t count = 0;
    TRY(op__check(base->exec, err));
    if (!op->scan) {
      bool has = op->next_range < op->ranges.count;
      if (!has) TRY(next_ranges(op, &has, err));
      if (!has) return LUMA_OK;
      if (op->next_range == op->ranges.count) continue;
      TRY(open_range(op, err));
      if (!op->scan) return LUMA_OK;
    }
    TRY(model_scan_next(op->scan, op->step, op->documents, &count, err));
    note(op, count);
    if (op->is_natural && count < BATCH_ROWS) sort_rows(op, count);
    op->step = op->step * 2 < op->rows_max ? op->step * 2 : op->rows_max;
    if (count) {
      TRY(fill(op, count, err));
      if (!op->batch.rows) continue;
      *batch = &op->batch;
      return LUMA_OK;
    }
    end_range(op);
  }
}

static void scan_close(struct op *base) {
  struct scan *op = (struct scan *)base;
  if (op->scan) end_range(op);
  hashmap_deinit(&op->seen);
}

/** Whether no index and no order is asked for, and all documents fit one batch. */
static bool is_natural(const struct exec *exec, const struct plan *plan) {
  enum { NATURAL_ROWS_MAX = 1000 };
  const struct plan_access *access = plan->physical ? plan->physical->access : NULL;
  bool is_whole = !access || (!access->index && !access->parts_count && !access->branches_count &&
                              !access->is_ordered);
  return exec->language == PLAN_JQL && plan->collection && is_whole && !exec->parts &&
         model_estimate_count(exec->txn, plan->collection) <= NATURAL_ROWS_MAX;
}

status op__open_scan(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {scan_next, scan_close};
  struct scan *scan = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *scan, &scan, err));
  *op = &scan->op;
  hashmap_init(&scan->seen);
  scan->is_natural = is_natural(exec, plan);
  scan->rows_max = scan->is_natural ? BATCH_ROWS : exec->batch_rows; /* it sees all or none */
  bool wants_few = exec->rows_wanted && exec->rows_wanted < scan->rows_max && !scan->is_natural;
  scan->step = wants_few ? (uint32_t)exec->rows_wanted : scan->rows_max;
  scan->documents = arena_alloc(exec->arena, BATCH_ROWS * sizeof *scan->documents);
  TRY(op__memory(exec, scan->documents, err));
  return batch_init(&scan->batch, exec->arena, 1, err);
}
