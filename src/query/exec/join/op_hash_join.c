/* SPDX-License-Identifier: MIT */
/* JOIN by hash: one side (the right, unless the left of an inner join is smaller) is kept and
 * chained by the hash of its keys; each left row walks one chain. The ON condition has the last
 * word on every pair, so the table compares hashes only. Rows with a NULL key match nothing. Where
 * the kept side is more than a part of the statement's memory, both sides are parted on disk and
 * joined pair by pair (parting.h); what still does not fit then has one key many times over, and
 * may take all of the memory. */
#include "query/exec/join/join.h"
#include "query/exec/join/parting.h"
#include "query/func/compare.h"

enum { HASH_ROWS_MAX = INT32_MAX, MEMORY_SHARE = 4 };
#define NO_ROW UINT32_MAX

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
  uint64_t wanted, nulls_met;
  uint32_t at;
  bool is_built;
  struct batch *first_left;            /* read before the right side was */
  struct exec kept;                    /* the executor with the memory of the right rows */
  bool spills;                         /* that is `kept_arena` */
  bool is_parted;                      /* the pair in hand is what is read: no input has more */
  struct arena kept_arena, left_arena; /* the second: of a left batch from disk */
  struct parting parting;
  struct parting_pair pair;
  struct parting_rows sides[PARTING_SIDES];
};

/** The hash of each live row's keys, and whether one of them is null: then it is a number that
 * spreads such rows. A row that has it by chance is compared twice. */
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
  for (uint32_t i = 0; i < batch->selected_count; i++)
    if (nulls[i]) hashes[i] = op->nulls_met++;
  return LUMA_OK;
}

static status reserve_hashes(struct hash_join *op, uint64_t count, struct err *err) {
  struct exec *exec = &op->kept;
  if (count <= op->hashes_capacity) return LUMA_OK;
  uint64_t capacity = op->hashes_capacity ? op->hashes_capacity * 2 : 4 * BATCH_ROWS;
  uint64_t *hashes = arena_alloc(exec->arena, capacity * sizeof *hashes);
  TRY(op__memory(exec, hashes, err));
  if (op->hashes_capacity) memcpy(hashes, op->hashes, op->hashes_capacity * sizeof *hashes);
  op->hashes = hashes;
  op->hashes_capacity = capacity;
  return LUMA_OK;
}

/** Whether a right row can come out; one with a NULL key only by itself. */
static bool is_wanted(const struct hash_join *op, uint32_t nth) {
  return !op->left_nulls[nth] || op->join.op.plan->join == PLAN_JOIN_FULL;
}

static status keep_batch(struct hash_join *op, const struct batch *in, struct err *err) {
  struct arena *arena = op->kept.arena;
  TRY(hash_keys(op, op->right_keys, in, op->left_hashes, op->left_nulls, err));
  TRY(reserve_hashes(op, op->right.count + in->selected_count, err));
  if (op->right.count + in->selected_count > HASH_ROWS_MAX)
    FAIL(err, LUMA_BUDGET_EXCEEDED, "the right side of a join has more than %d rows",
         HASH_ROWS_MAX);
  for (uint32_t i = 0; i < in->selected_count; i++) {
    struct val *tuple = NULL;
    if (!is_wanted(op, i)) continue;
    op->hashes[op->right.count] = op->left_hashes[i];
    TRY(rows_add(&op->right, &tuple, err));
    for (uint32_t c = 0; c < in->columns_count; c++)
      TRY(expr_copy_value(arena, &in->columns[c][batch_row(in, i)], &tuple[c], err));
  }
  return LUMA_OK;
}

/** Chains all right rows; walked backwards so that chains keep their order. */
static status make_slots(struct hash_join *op, struct err *err) {
  struct exec *exec = &op->kept;
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

/* ---- parts on disk ---- */

static status read_side(struct hash_join *op, enum parting_side side, struct arena *arena,
                        struct batch **batch, struct err *err) {
  arena_reset(arena);
  if (op->is_parted)
    return parting_rows_next(&op->sides[side], op->join.op.exec, arena, batch, err);
  return op__next(side == PARTING_RIGHT ? op->join.op.right : op->join.op.input, batch, err);
}

/** What is kept of the pair before is let go. */
static void forget_kept(struct hash_join *op) {
  arena_reset(&op->kept_arena);
  rows_init(&op->right, &op->kept, op->join.right_columns);
  op->hashes = NULL;
  op->hashes_capacity = 0;
}

static bool is_to_part(const struct hash_join *op) {
  return op->spills && parting_is_possible(&op->parting) &&
         arena_used_bytes(&op->kept_arena) > op->kept.memory_bytes / MEMORY_SHARE;
}

/** Left rows with a NULL key come out of left, full and anti joins. */
static bool wants_left_nulls(const struct hash_join *op) {
  enum plan_join_kind kind = op->join.op.plan->join;
  return kind == PLAN_JOIN_LEFT || kind == PLAN_JOIN_FULL || kind == PLAN_JOIN_ANTI;
}

static status part_batch(struct hash_join *op, enum parting_side side, const struct batch *in,
                         struct err *err) {
  bool is_right = side == PARTING_RIGHT;
  TRY(hash_keys(op, is_right ? op->right_keys : op->left_keys, in, op->left_hashes, op->left_nulls,
                err));
  for (uint32_t i = 0; i < in->selected_count; i++) {
    bool is_of_use = is_right ? is_wanted(op, i) : !op->left_nulls[i] || wants_left_nulls(op);
    if (is_of_use)
      TRY(parting_add_row(&op->parting, side, op->left_hashes[i], in, batch_row(in, i),
                          &op->join.op.batch_arena, err));
  }
  return LUMA_OK;
}

static status part_side(struct hash_join *op, enum parting_side side, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    arena_reset(&op->join.op.batch_arena);
    TRY(read_side(op, side, &op->left_arena, &in, err));
    if (!in) return LUMA_OK;
    TRY(part_batch(op, side, in, err));
  }
}

/** Parts what was kept and all that is still to be read of both sides. */
static status part(struct hash_join *op, struct err *err) {
  for (uint64_t i = 0; i < op->right.count; i++)
    TRY(parting_add(&op->parting, PARTING_RIGHT, op->hashes[i], rows_at(&op->right, i), err));
  forget_kept(op);
  if (op->first_left) TRY(part_batch(op, PARTING_LEFT, op->first_left, err));
  op->first_left = NULL;
  TRY(part_side(op, PARTING_RIGHT, err));
  TRY(part_side(op, PARTING_LEFT, err));
  return parting_end(&op->parting, err);
}

/* ---- building ---- */

/** Keeps the right side of what is read; false in `*is_kept`: it was too much, and is parted. */
static status build(struct hash_join *op, bool *is_kept, struct err *err) {
  *is_kept = false;
  for (;;) {
    struct batch *in = NULL;
    arena_reset(&op->join.op.batch_arena);
    TRY(read_side(op, PARTING_RIGHT, &op->left_arena, &in, err));
    if (!in) break;
    TRY(keep_batch(op, in, err));
    if (is_to_part(op)) return part(op, err);
  }
  *is_kept = true;
  TRY(make_slots(op, err));
  return join_note_kept(&op->join, &op->right, err);
}

static void end_pair(struct hash_join *op) {
  for (int side = 0; side < PARTING_SIDES; side++) parting_rows_close(&op->sides[side]);
  parting_pair_deinit(&op->pair);
}

/** Goes to the next pair whose right side is kept; false when all are joined. */
static status begin_pair(struct hash_join *op, bool *has, struct err *err) {
  uint32_t columns[PARTING_SIDES] = {op->join.left_columns, op->join.right_columns};
  for (*has = false; !*has;) {
    end_pair(op);
    if (!parting_take(&op->parting, &op->pair)) return LUMA_OK;
    op->is_parted = true;
    forget_kept(op);
    for (int side = 0; side < PARTING_SIDES; side++)
      TRY(parting_rows_open(&op->sides[side], op->join.op.exec, op->pair.sides[side], columns[side],
                            err));
    TRY(build(op, has, err));
  }
  return LUMA_OK;
}

/** The right side is not read where there is no left row, unless its rows come out by themselves.
 */
static status begin(struct hash_join *op, struct err *err) {
  bool is_kept = false;
  op->is_built = true;
  TRY(op__next(op->join.op.input, &op->first_left, err));
  if (!op->first_left && op->join.op.plan->join != PLAN_JOIN_FULL) return LUMA_OK;
  TRY(build(op, &is_kept, err));
  return is_kept ? LUMA_OK : begin_pair(op, &is_kept, err);
}

static status hash_next_left(struct join *join, struct batch **left, struct err *err) {
  struct hash_join *op = (struct hash_join *)join;
  if (!op->is_built) TRY(begin(op, err));
  *left = op->first_left;
  op->first_left = NULL;
  return *left ? LUMA_OK : read_side(op, PARTING_LEFT, &op->left_arena, left, err);
}

static status hash_next_part(struct join *join, bool *has, struct err *err) {
  return begin_pair((struct hash_join *)join, has, err);
}

/* ---- candidates ---- */

static status hash_begin_batch(struct join *join, const struct batch *left, struct err *err) {
  struct hash_join *op = (struct hash_join *)join;
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

static void hash_close(struct op *base) {
  struct hash_join *op = (struct hash_join *)base;
  end_pair(op);
  parting_deinit(&op->parting);
  arena_deinit(&op->kept_arena);
  arena_deinit(&op->left_arena);
}

static void open_memory(struct hash_join *op, const struct plan *left, const struct plan *right) {
  struct exec *exec = op->join.op.exec;
  arena_init(&op->kept_arena, 0, exec->memory_bytes);
  arena_init(&op->left_arena, 0, exec->memory_bytes);
  op->spills = spill_is_possible(exec) && left->columns_count && right->columns_count;
  op->kept = *exec;
  if (op->spills) op->kept.arena = &op->kept_arena;
  rows_init(&op->right, &op->kept, right->columns_count);
  parting_init(&op->parting, exec, left->columns_count, right->columns_count);
}

status op__open_hash_join(struct exec *exec, const struct plan *plan, struct op **op,
                          struct err *err) {
  static const struct op_ops ops = {join_next, hash_close};
  static const struct join_method method = {hash_next_left, hash_next_part, hash_begin_batch,
                                            hash_begin_row, hash_next};
  const struct plan_physical *physical = plan->physical;
  struct hash_join *hash = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *hash, &hash, err));
  *op = &hash->join.op;
  const struct plan *kept = physical->keeps_left ? plan->input : plan->right;
  open_memory(hash, physical->keeps_left ? plan->right : plan->input, kept);
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
