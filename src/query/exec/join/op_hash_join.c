/* SPDX-License-Identifier: MIT */
/* JOIN by hash: one side (the right, unless the left of an inner join is smaller) is kept and
 * chained by the hash of its keys; each left row walks one chain. The ON condition has the last
 * word on every pair, so the table compares hashes only. Rows with a NULL key match nothing. */
#include "query/exec/join/join.h"
#include "query/func/compare.h"

enum { HASH_ROWS_MAX = INT32_MAX };
#define NO_ROW UINT32_MAX
/** Of rows that are kept though they match nothing. A row that has it by chance is compared twice.
 */
#define HASH_OF_NULL UINT64_MAX

struct hash_join {
  struct join join;
  struct rows right;
  struct program **left_keys, **right_keys;
  uint64_t *hashes; /* of the right rows */
  uint32_t *chains; /* the next right row of the same slot */
  uint32_t *slots;
  uint64_t hashes_capacity, mask;
  uint64_t *left_hashes; /* by live row of the left batch */
  bool *left_nulls;
  uint64_t wanted;
  uint32_t at;
  bool is_built;
};

/** The hash of each live row's keys, and whether one of them is null. */
static status hash_keys(struct hash_join *op, struct program **keys, const struct batch *batch,
                        uint64_t *hashes, bool *nulls, struct err *err) {
  struct arena *arena = &op->join.op.batch_arena;
  for (uint32_t i = 0; i < batch->selected_count; i++) {
    hashes[i] = 0;
    nulls[i] = false;
  }
  for (uint32_t k = 0; k < op->join.op.plan->physical->keys_count; k++) {
    const struct val *values = NULL;
    uint32_t stride = 0;
    TRY(program_run(keys[k], batch, arena, &values, &stride, err));
    for (uint32_t i = 0; i < batch->selected_count; i++) {
      const struct val *v = &values[batch_row(batch, i) * stride];
      nulls[i] |= val_is_null(v);
      if (!val_is_null(v)) hashes[i] = compare_sql_hash(v, hashes[i]);
    }
  }
  return LUMA_OK;
}

static status reserve_hashes(struct hash_join *op, uint64_t count, struct err *err) {
  struct exec *exec = op->join.op.exec;
  if (count <= op->hashes_capacity) return LUMA_OK;
  uint64_t capacity = op->hashes_capacity ? op->hashes_capacity * 2 : 4 * BATCH_ROWS;
  uint64_t *hashes = arena_alloc(exec->arena, capacity * sizeof *hashes);
  TRY(op__memory(exec, hashes, err));
  if (op->hashes_capacity) memcpy(hashes, op->hashes, op->hashes_capacity * sizeof *hashes);
  op->hashes = hashes;
  op->hashes_capacity = capacity;
  return LUMA_OK;
}

static status keep_batch(struct hash_join *op, const struct batch *in, struct err *err) {
  struct arena *arena = op->join.op.exec->arena;
  TRY(hash_keys(op, op->right_keys, in, op->left_hashes, op->left_nulls, err));
  TRY(reserve_hashes(op, op->right.count + in->selected_count, err));
  if (op->right.count + in->selected_count > HASH_ROWS_MAX)
    FAIL(err, LUMA_BUDGET_EXCEEDED, "the right side of a join has more than %d rows",
         HASH_ROWS_MAX);
  for (uint32_t i = 0; i < in->selected_count; i++) {
    struct val *tuple = NULL;
    bool is_full = op->join.op.plan->join == PLAN_JOIN_FULL;
    if (op->left_nulls[i] && !is_full) continue;
    op->hashes[op->right.count] = op->left_nulls[i] ? HASH_OF_NULL : op->left_hashes[i];
    TRY(rows_add(&op->right, &tuple, err));
    for (uint32_t c = 0; c < in->columns_count; c++)
      TRY(expr_copy_value(arena, &in->columns[c][batch_row(in, i)], &tuple[c], err));
  }
  return LUMA_OK;
}

/** Chains all right rows; walked backwards so that chains keep their order. */
static status make_slots(struct hash_join *op, struct err *err) {
  struct exec *exec = op->join.op.exec;
  uint64_t capacity = 16;
  while (capacity < op->right.count * 2) capacity *= 2;
  op->mask = capacity - 1;
  op->slots = arena_alloc(exec->arena, capacity * sizeof *op->slots);
  op->chains = arena_alloc(exec->arena, (op->right.count + 1) * sizeof *op->chains);
  TRY(op__memory(exec, op->slots ? op->chains : NULL, err));
  for (uint64_t i = 0; i < capacity; i++) op->slots[i] = NO_ROW;
  for (uint64_t row = op->right.count; row-- > 0;) {
    uint32_t *slot = &op->slots[op->hashes[row] & op->mask];
    op->chains[row] = *slot;
    *slot = (uint32_t)row;
  }
  return LUMA_OK;
}

static status build(struct hash_join *op, struct err *err) {
  op->is_built = true;
  for (;;) {
    struct batch *in = NULL;
    arena_reset(&op->join.op.batch_arena);
    TRY(op__next(op->join.op.right, &in, err));
    if (!in) break;
    TRY(keep_batch(op, in, err));
  }
  return make_slots(op, err);
}

static status hash_begin_batch(struct join *join, const struct batch *left, struct err *err) {
  struct hash_join *op = (struct hash_join *)join;
  if (!op->is_built) {
    TRY(build(op, err));
    TRY(join_note_kept(join, &op->right, err));
  }
  if (left->selected_count == 0) return LUMA_OK; /* a full join without left rows: no columns */
  return hash_keys(op, op->left_keys, left, op->left_hashes, op->left_nulls, err);
}

static void hash_begin_row(struct join *join, uint32_t nth) {
  struct hash_join *op = (struct hash_join *)join;
  op->wanted = op->left_hashes[nth];
  op->at = op->left_nulls[nth] ? NO_ROW : op->slots[op->wanted & op->mask];
}

static const struct val *hash_next(struct join *join) {
  struct hash_join *op = (struct hash_join *)join;
  while (op->at != NO_ROW) {
    uint32_t row = op->at;
    op->at = op->chains[row];
    if (op->hashes[row] != op->wanted) continue;
    join->candidate = row;
    return rows_at(&op->right, row);
  }
  return NULL;
}

status op__open_hash_join(struct exec *exec, const struct plan *plan, struct op **op,
                          struct err *err) {
  static const struct op_ops ops = {join_next, NULL};
  static const struct join_method method = {hash_begin_batch, hash_begin_row, hash_next};
  const struct plan_physical *physical = plan->physical;
  struct hash_join *hash = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *hash, &hash, err));
  *op = &hash->join.op;
  const struct plan *kept = physical->keeps_left ? plan->input : plan->right;
  rows_init(&hash->right, exec, kept->columns_count);
  hash->left_hashes = arena_alloc(exec->arena, BATCH_ROWS * sizeof *hash->left_hashes);
  hash->left_nulls = arena_alloc(exec->arena, BATCH_ROWS * sizeof *hash->left_nulls);
  TRY(op__memory(exec, hash->left_hashes ? hash->left_nulls : NULL, err));
  struct program ***first = physical->keeps_left ? &hash->right_keys : &hash->left_keys;
  struct program ***second = physical->keeps_left ? &hash->left_keys : &hash->right_keys;
  TRY(op__programs(exec, physical->left_keys, physical->keys_count, first, err));
  TRY(op__programs(exec, physical->right_keys, physical->keys_count, second, err));
  TRY(join_init(&hash->join, &method, physical->keeps_left, err));
  return op__open(exec, kept, &hash->join.op.right, err);
}
