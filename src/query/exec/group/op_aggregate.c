/* SPDX-License-Identifier: MIT */
/* AGGREGATE: groups rows by their keys in a hash table and accumulates. Keys, then one aggregate
 * after the other, are worked a batch at a time: the rows' group numbers are found once and used by
 * all. Without keys there is one group, also over no rows. Groups come out in the order they were
 * first met. Where workers read, each has groups of its own, which are joined when all has been
 * read; where those are too many, the run's thread begins anew by itself. When a part of the
 * statement's memory is full of groups, rows of others are put aside on disk, for another pass. */
#include "base/mem/mem.h"
#include "query/exec/group/aggregate_order.h"
#include "query/exec/sort/aside.h"
#include "query/exec/stage.h"
#include "query/exec/workers.h"
#include "query/expr/program.h"
#include "query/plan/aggregate.h"

enum { ACCUMULATORS_PER_BLOCK = 1024, MEMORY_SHARE = 4 };

struct aggregating {
  struct op op;
  struct batch batch;
  struct program **keys, ***arguments; /* by aggregate: those of its operands */
  struct filter **filters;             /* FILTER of an aggregate; NULL: every row counts */
  struct aggregate_order **orders;     /* ORDER BY of an aggregate; NULL: rows as they come */
  struct tuple_table groups;
  struct rows shown;           /* of a collation: the groups' keys, as they were first met */
  struct accumulator **blocks; /* of ACCUMULATORS_PER_BLOCK groups */
  size_t blocks_count, blocks_capacity;
  uint32_t aggregates_count;
  uint32_t *numbers; /* the group of each live row */
  /* over a LOOKUP whose documents alone give the keys: the group of each, and 1; 0 not met */
  bool by_found;
  uint32_t *of_found;
  size_t of_found_count;
  uint64_t next_group;
  bool is_done;
  struct workers workers; /* none: the input is read here */
  struct exec kept;       /* the executor with the memory of the groups */
  bool spills;            /* that is `groups_arena` */
  struct arena groups_arena;
  struct aside aside;
};

static struct accumulator *accumulators_of(const struct aggregating *op, uint64_t group) {
  return op->blocks[group / ACCUMULATORS_PER_BLOCK] +
         (group % ACCUMULATORS_PER_BLOCK) * op->aggregates_count;
}

static status reserve(struct aggregating *op, uint64_t groups, struct err *err) {
  struct exec *exec = &op->kept;
  while (op->blocks_count * ACCUMULATORS_PER_BLOCK < groups) {
    if (op->blocks_count == op->blocks_capacity) {
      size_t capacity = op->blocks_capacity ? op->blocks_capacity * 2 : 16;
      struct accumulator **blocks = arena_alloc(exec->arena, capacity * sizeof *blocks);
      TRY(op__memory(exec, blocks, err));
      if (op->blocks_count) memcpy(blocks, op->blocks, op->blocks_count * sizeof *blocks);
      op->blocks = blocks;
      op->blocks_capacity = capacity;
    }
    struct accumulator *block = arena_zalloc(
        exec->arena, (size_t)ACCUMULATORS_PER_BLOCK * op->aggregates_count + 1, sizeof *block);
    TRY(op__memory(exec, block, err));
    op->blocks[op->blocks_count++] = block;
  }
  return LUMA_OK;
}

/** The columns of a group's tuple: its keys, then the number of the grouping set, if there are. */
static uint32_t tuple_width(const struct plan *plan) {
  return plan->keys_count + (plan->sets_count > 0);
}

static bool is_grouped_by(const struct plan *plan, uint32_t set, uint32_t key) {
  return plan->sets_count == 0 || (plan->sets[set] >> key & 1);
}

/** Puts a row's keys, of which a collation may see less than there is. */
static status put_group(struct aggregating *op, const struct val *tuple, uint32_t *number,
                        struct err *err) {
  struct exec *exec = op->op.exec;
  uint32_t keys_count = op->op.plan->keys_count, width = tuple_width(op->op.plan);
  bool is_new = false;
  struct val *keys = NULL, *place = NULL;
  if (!exec->env->collation)
    return tuple_table_put(&op->groups, tuple, tuple_table_hash(tuple, width), number, &is_new,
                           err);
  keys = arena_alloc(&op->op.batch_arena, (width + 1) * sizeof *keys);
  TRY(plan_check_memory(&op->op.batch_arena, keys, err));
  memcpy(keys, tuple, width * sizeof *keys);
  for (uint32_t k = 0; k < keys_count; k++)
    TRY(op__collate(exec, &op->op.batch_arena, &tuple[k], &keys[k], err));
  TRY(tuple_table_put(&op->groups, keys, tuple_table_hash(keys, width), number, &is_new, err));
  if (!is_new) return LUMA_OK;
  TRY(rows_add(&op->shown, &place, err));
  for (uint32_t k = 0; k < width; k++) TRY(expr_copy_value(exec->arena, &tuple[k], &place[k], err));
  return LUMA_OK;
}

/* ---- groups by what was looked up ---- */

/** Whether a key is that of the document found, whatever row it stands in. */
static bool is_of_found(const struct expr *key) {
  bool is_made = key->kind == EXPR_MAP || key->kind == EXPR_LIST;
  if (key->kind == EXPR_CONST) return true;
  if (key->kind == EXPR_FIELD) return key->slot == 1 && !key->key;
  for (uint32_t i = 0; is_made && i < key->args_count; i++) is_made = is_of_found(key->args[i]);
  return is_made;
}

static bool groups_by_found(const struct plan *plan) {
  const struct plan *input = plan->input;
  bool is = input->kind == PLAN_STAGE && input->stage->kind == STAGE_LOOKUP &&
            input->stage->unwinds && plan->keys_count && !plan->sets_count;
  for (uint32_t k = 0; is && k < plan->keys_count; k++) is = is_of_found(plan->exprs[k]);
  return is;
}

static status remember(struct aggregating *op, const struct val *found, uint32_t group,
                       struct err *err) {
  size_t before = op->of_found_count, number = (size_t)found->integer;
  if (found->type == VAL_MISSING) return LUMA_OK;
  if (!mem_grow((void **)&op->of_found, &op->of_found_count, number + 1, sizeof *op->of_found))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for groups");
  if (op->of_found_count > before)
    memset(op->of_found + before, 0, (op->of_found_count - before) * sizeof *op->of_found);
  op->of_found[number] = group + 1;
  return LUMA_OK;
}

/** Leaves in `rest` the rows whose groups are not known from what was found for them, and says
 * which of the live ones they are. */
static status find_known(struct aggregating *op, const struct batch *in, struct batch *rest,
                         uint16_t **places, struct err *err) {
  struct arena *arena = &op->op.batch_arena;
  uint16_t *rows = arena_alloc(arena, BATCH_ROWS * sizeof *rows);
  *places = arena_alloc(arena, BATCH_ROWS * sizeof **places);
  TRY(plan_check_memory(arena, rows ? *places : NULL, err));
  rest->selected = rows;
  rest->selected_count = 0;
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i);
    const struct val *found = &in->columns[LOOKUP_NUMBERS][row];
    bool is_numbered = found->type != VAL_MISSING && (size_t)found->integer < op->of_found_count;
    if (is_numbered && op->of_found[found->integer]) {
      op->numbers[i] = op->of_found[found->integer] - 1;
      continue;
    }
    (*places)[rest->selected_count] = (uint16_t)i;
    rows[rest->selected_count++] = (uint16_t)row;
  }
  return LUMA_OK;
}

/* ---- memory ---- */

static bool is_share_used(const struct aggregating *op) {
  return op->groups.tuples.count > 0 &&
         arena_used_bytes(op->kept.arena) > op->kept.memory_bytes / MEMORY_SHARE;
}

static bool is_full(const struct aggregating *op) {
  return op->spills && is_share_used(op);
}

/** Whether groups may be made pass by pass, by one thread. Of what was looked up there are no more
 * groups than documents, which are in memory. */
static bool may_spill(const struct aggregating *op) {
  const struct plan *plan = op->op.plan;
  const struct exec *exec = op->op.exec;
  bool may = spill_is_possible(exec) && plan->keys_count && !plan->sets_count &&
             !exec->env->collation && !op->by_found;
  for (uint32_t a = plan->keys_count; a < plan->exprs_count; a++) {
    const struct expr_over *over = plan->exprs[a]->over;
    may &= !over || !over->order_count;
  }
  return may;
}

static void forget_groups(struct aggregating *op) {
  arena_reset(&op->groups_arena);
  tuple_table_init(&op->groups, &op->kept, tuple_width(op->op.plan));
  op->blocks = NULL;
  op->blocks_count = op->blocks_capacity = 0;
  op->next_group = 0;
}

/** The row's group; false where it is a new one that there is no memory for: the row waits. */
static status place_row(struct aggregating *op, const struct batch *in, uint32_t row,
                        const struct val *tuple, uint32_t *number, bool *has, struct err *err) {
  *has =
      !is_full(op) || tuple_table_find(&op->groups, tuple,
                                       tuple_table_hash(tuple, tuple_width(op->op.plan)), number);
  return *has ? put_group(op, tuple, number, err)
              : aside_add(&op->aside, in, row, &op->op.batch_arena, err);
}

/** Finds the group of each live row in a grouping set. */
static status find_groups(struct aggregating *op, struct batch *in, uint32_t set, struct err *err) {
  const struct plan *plan = op->op.plan;
  uint32_t keys_count = plan->keys_count;
  uint16_t *places = NULL;
  struct batch rest = *in;
  struct arena *arena = &op->op.batch_arena;
  const struct val **columns = arena_alloc(arena, (keys_count + 1) * sizeof *columns);
  uint32_t *strides = arena_alloc(arena, (keys_count + 1) * sizeof *strides);
  struct val *tuple = arena_alloc(arena, (keys_count + 2) * sizeof *tuple);
  TRY(plan_check_memory(arena, columns && strides ? tuple : NULL, err));
  tuple[keys_count] = val_int64(set);
  uint32_t kept = 0;
  if (op->by_found) TRY(find_known(op, in, &rest, &places, err));
  for (uint32_t k = 0; rest.selected_count && k < keys_count; k++)
    TRY(program_run(op->keys[k], &rest, arena, &columns[k], &strides[k], err));
  for (uint32_t i = 0; i < rest.selected_count; i++) {
    uint32_t row = batch_row(&rest, i), *number = &op->numbers[places ? places[i] : kept];
    bool has = false;
    for (uint32_t k = 0; k < keys_count; k++) {
      tuple[k] = is_grouped_by(plan, set, k) ? columns[k][row * strides[k]] : val_null();
      if (tuple[k].type == VAL_MISSING) tuple[k] = val_null();
    }
    TRY(place_row(op, &rest, row, tuple, number, &has, err));
    if (op->by_found) TRY(remember(op, &in->columns[LOOKUP_NUMBERS][row], *number, err));
    if (op->spills) in->selection_room[kept] = (uint16_t)row;
    kept += has;
  }
  if (op->spills) in->selected = in->selection_room;
  if (op->spills) in->selected_count = kept;
  return reserve(op, op->groups.tuples.count, err);
}

/** The live rows that an aggregate's FILTER keeps, with their groups. */
static status filter_rows(struct aggregating *op, uint32_t nth, const struct batch *in,
                          struct batch *kept, uint32_t **numbers, struct err *err) {
  struct arena *arena = &op->op.batch_arena;
  *kept = *in;
  *numbers = op->numbers;
  if (!op->filters[nth]) return LUMA_OK;
  kept->selection_room = arena_alloc(arena, BATCH_ROWS * sizeof *kept->selection_room);
  *numbers = arena_alloc(arena, BATCH_ROWS * sizeof **numbers);
  TRY(plan_check_memory(arena, kept->selection_room ? *numbers : NULL, err));
  TRY(filter_run(op->filters[nth], kept, arena, err));
  for (uint32_t i = 0, k = 0; k < kept->selected_count; i++)
    if (batch_row(in, i) == batch_row(kept, k)) (*numbers)[k++] = op->numbers[i];
  return LUMA_OK;
}

/** Gives an aggregate the operands of each row. */
static status take_rows(struct aggregating *op, uint32_t nth, const struct batch *rows,
                        const uint32_t *numbers, struct err *err) {
  const struct expr *aggregate = op->op.plan->exprs[op->op.plan->keys_count + nth];
  uint32_t count = expr_operands(aggregate), strides[AGGREGATE_ARGS_MAX];
  const struct val *columns[AGGREGATE_ARGS_MAX];
  struct val tuple[AGGREGATE_ARGS_MAX];
  for (uint32_t o = 0; o < count; o++)
    TRY(program_run(op->arguments[nth][o], rows, &op->op.batch_arena, &columns[o], &strides[o],
                    err));
  for (uint32_t i = 0; i < rows->selected_count; i++) {
    uint32_t row = batch_row(rows, i);
    const struct val *values = count == 1 ? &columns[0][row * strides[0]] : count ? tuple : NULL;
    for (uint32_t o = 0; count > 1 && o < count; o++) tuple[o] = columns[o][row * strides[o]];
    TRY(accumulate(&op->kept, aggregate, &accumulators_of(op, numbers[i])[nth], values, err));
  }
  return LUMA_OK;
}

static status accumulate_batch(struct aggregating *op, uint32_t nth, const struct batch *in,
                               struct err *err) {
  const struct expr *aggregate = op->op.plan->exprs[op->op.plan->keys_count + nth];
  uint32_t *numbers = NULL;
  struct batch rows;
  if (aggregate->aggregate == EXPR_GROUPING) return LUMA_OK;
  TRY(filter_rows(op, nth, in, &rows, &numbers, err));
  if (op->orders[nth])
    return aggregate_order_take(op->orders[nth], &rows, numbers, &op->op.batch_arena, err);
  return take_rows(op, nth, &rows, numbers, err);
}

/** Groups that are there without a row: of everything, in each set that groups by nothing. */
static status add_empty(struct aggregating *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  struct val *tuple = arena_zalloc(&op->op.batch_arena, tuple_width(plan) + 1, sizeof *tuple);
  TRY(plan_check_memory(&op->op.batch_arena, tuple, err));
  for (uint32_t s = 0; s < plan->sets_count || s == 0; s++) {
    bool is_all = plan->sets_count ? plan->sets[s] == 0 : plan->keys_count == 0;
    uint32_t number = 0;
    if (!is_all) continue;
    for (uint32_t k = 0; k < plan->keys_count; k++) tuple[k] = val_null();
    if (plan->sets_count) tuple[plan->keys_count] = val_int64(s);
    TRY(put_group(op, tuple, &number, err));
  }
  return reserve(op, op->groups.tuples.count, err);
}

/** Gives the aggregates with an ORDER BY their rows. */
static status take_ordered(struct aggregating *op, struct err *err) {
  for (uint32_t a = 0; a < op->aggregates_count; a++) {
    if (!op->orders[a]) continue;
    const struct expr *aggregate = op->op.plan->exprs[op->op.plan->keys_count + a];
    uint64_t count = aggregate_order_sort(op->orders[a]);
    for (uint64_t i = 0; i < count; i++) {
      uint32_t group = 0;
      const struct val *value = aggregate_order_at(op->orders[a], i, &group);
      TRY(accumulate(&op->kept, aggregate, &accumulators_of(op, group)[a], value, err));
    }
  }
  return LUMA_OK;
}

/** Rows of the input, then of what was put aside. */
static status read_rows(struct aggregating *op, struct batch **in, struct err *err) {
  return op->aside.is_reading ? aside_next(&op->aside, &op->op.batch_arena, in, err)
                              : op__next(op->op.input, in, err);
}

/** Groups all that there is to read. */
static status take_input(struct op *base, struct err *err) {
  struct aggregating *op = (struct aggregating *)base;
  uint32_t sets = base->plan->sets_count ? base->plan->sets_count : 1;
  for (;;) {
    struct batch *in = NULL;
    arena_reset(&base->batch_arena);
    TRY(read_rows(op, &in, err));
    if (!in) return LUMA_OK;
    if (base->exec->parts && is_share_used(op) && may_spill(op))
      FAIL(err, LUMA_BUDGET_EXCEEDED, "a thread has no memory for more groups");
    for (uint32_t s = 0; s < sets; s++) {
      TRY(find_groups(op, in, s, err));
      for (uint32_t a = 0; a < op->aggregates_count; a++) TRY(accumulate_batch(op, a, in, err));
    }
  }
}

/** Takes over the groups of a worker. */
static status join_groups(struct aggregating *op, const struct aggregating *other,
                          struct err *err) {
  struct expr *const *aggregates = op->op.plan->exprs + op->op.plan->keys_count;
  for (uint64_t i = 0; i < other->groups.tuples.count; i++) {
    uint32_t number = 0;
    TRY(put_group(op, rows_at(&other->groups.tuples, i), &number, err));
    TRY(reserve(op, op->groups.tuples.count, err));
    for (uint32_t a = 0; a < op->aggregates_count; a++)
      TRY(accumulate_join(&op->kept, aggregates[a], &accumulators_of(op, number)[a],
                          &accumulators_of(other, i)[a], err));
  }
  return LUMA_OK;
}

static status take_part(struct worker *worker, struct err *err) {
  return take_input(worker->op, err);
}

static status run_workers(struct aggregating *op, struct err *err) {
  TRY(workers_run(&op->workers, take_part, op->op.exec->env, err));
  for (uint32_t i = 0; i < op->workers.count; i++)
    TRY(join_groups(op, (struct aggregating *)op->workers.items[i].op, err));
  return LUMA_OK;
}

/** Pass by pass, from here on. */
static status begin_spilling(struct aggregating *op, struct err *err) {
  op->spills = true;
  return aside_init(&op->aside, op->op.exec, op->op.plan->input->columns_count, err);
}

/** Nothing has come out yet: what does not fit is taken anew. */
static status take_by_workers(struct aggregating *op, struct err *err) {
  struct expr_env *env = op->op.exec->env;
  uint64_t clashes = env->clashes;
  struct err failed = {0};
  status done = run_workers(op, &failed);
  bool goes_on = done == LUMA_BUDGET_EXCEEDED && may_spill(op);
  if (!goes_on && done != LUMA_OK && err) *err = failed;
  if (!goes_on) return done;
  env->clashes = clashes;
  workers_close(&op->workers);
  op->workers = (struct workers){0};
  forget_groups(op);
  TRY(begin_spilling(op, err));
  TRY(op__open(op->op.exec, op->op.plan->input, &op->op.input, err));
  return take_input(&op->op, err);
}

static status take_all(struct aggregating *op, struct err *err) {
  op->is_done = true;
  TRY(op->workers.count ? take_by_workers(op, err) : take_input(&op->op, err));
  TRY(add_empty(op, err));
  return take_ordered(op, err);
}

/** GROUPING: a bit for each key asked of, 1 when the group's set leaves it out. */
static struct val grouping_of(const struct plan *plan, const struct expr *grouping,
                              const struct val *tuple) {
  uint32_t set = plan->sets_count ? (uint32_t)tuple[plan->keys_count].integer : 0;
  int64_t bits = 0;
  for (uint32_t i = 0; i < grouping->args_count; i++)
    bits = bits << 1 | !is_grouped_by(plan, set, (uint32_t)grouping->args[i]->value.integer);
  return val_int64(bits);
}

static status emit_group(struct aggregating *op, uint64_t group, uint32_t row, struct err *err) {
  const struct plan *plan = op->op.plan;
  bool is_collated = op->op.exec->env->collation != NULL;
  const struct val *keys = rows_at(is_collated ? &op->shown : &op->groups.tuples, group);
  for (uint32_t k = 0; k < plan->keys_count; k++) op->batch.columns[k][row] = keys[k];
  for (uint32_t a = 0; a < op->aggregates_count; a++) {
    uint32_t column = plan->keys_count + a;
    struct accumulator *accumulator = &accumulators_of(op, group)[a];
    if (plan->exprs[column]->aggregate == EXPR_GROUPING) {
      op->batch.columns[column][row] = grouping_of(plan, plan->exprs[column], keys);
      continue;
    }
    TRY(accumulate_result(&op->kept, plan->exprs[column], accumulator, &op->op.batch_arena,
                          &op->batch.columns[column][row], err));
  }
  return LUMA_OK;
}

/** The groups were given: those that had no memory come now. */
static status take_others(struct aggregating *op, struct err *err) {
  bool has = false;
  TRY(aside_begin_pass(&op->aside, &has, err));
  if (!has) return LUMA_OK;
  forget_groups(op);
  return take_input(&op->op, err);
}

static status aggregate_next(struct op *base, struct batch **batch, struct err *err) {
  struct aggregating *op = (struct aggregating *)base;
  if (!op->is_done) TRY(take_all(op, err));
  if (op->spills && op->next_group == op->groups.tuples.count) TRY(take_others(op, err));
  arena_reset(&base->batch_arena);
  batch_reset(&op->batch);
  uint32_t rows = 0;
  for (; rows < base->exec->batch_rows && op->next_group < op->groups.tuples.count; rows++)
    TRY(emit_group(op, op->next_group++, rows, err));
  op->batch.rows = op->batch.selected_count = rows;
  if (rows) *batch = &op->batch;
  return LUMA_OK;
}

static status make_argument(struct aggregating *op, uint32_t nth, const struct expr *aggregate,
                            struct err *err) {
  struct exec *exec = op->op.exec;
  const struct expr_over *over = aggregate->over;
  if (aggregate->aggregate == EXPR_GROUPING) return LUMA_OK;
  if (over && over->has_filter)
    TRY(filter_create(exec->env, aggregate->args[over->operands], &op->filters[nth], err));
  if (over && over->order_count)
    return aggregate_order_create(exec, aggregate, &op->orders[nth], err);
  if (expr_operands(aggregate) == 0) return LUMA_OK;
  return op__programs(exec, aggregate->args, expr_operands(aggregate), &op->arguments[nth], err);
}

static status make_arguments(struct aggregating *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  struct arena *arena = op->op.exec->arena;
  op->arguments = arena_zalloc(arena, op->aggregates_count + 1, sizeof *op->arguments);
  op->filters = arena_zalloc(arena, op->aggregates_count + 1, sizeof *op->filters);
  op->orders = arena_zalloc(arena, op->aggregates_count + 1, sizeof *op->orders);
  TRY(op__memory(op->op.exec, op->arguments && op->filters ? op->orders : NULL, err));
  for (uint32_t a = 0; a < op->aggregates_count; a++)
    TRY(make_argument(op, a, plan->exprs[plan->keys_count + a], err));
  return LUMA_OK;
}

static void aggregate_close(struct op *base) {
  struct aggregating *op = (struct aggregating *)base;
  workers_close(&op->workers);
  aside_deinit(&op->aside);
  arena_deinit(&op->groups_arena);
  mem_free(op->of_found);
}

/** Workers, where the plan allows them and there is enough to read; else the input. */
static status open_input(struct aggregating *op, struct err *err) {
  struct exec *exec = op->op.exec;
  const struct plan *plan = op->op.plan;
  if (workers_may_share(exec, plan))
    TRY(workers_open(exec, plan, exec->threads + 1, &op->workers, err));
  return op->workers.count ? LUMA_OK : op__open(exec, plan->input, &op->op.input, err);
}

static status open_groups(struct aggregating *op, struct err *err) {
  struct exec *exec = op->op.exec;
  const struct plan *plan = op->op.plan;
  arena_init(&op->groups_arena, 0, exec->memory_bytes);
  bool may = may_spill(op) && !exec->parts;
  op->kept = *exec;
  if (may) op->kept.arena = &op->groups_arena;
  tuple_table_init(&op->groups, &op->kept, tuple_width(plan));
  rows_init(&op->shown, exec, tuple_width(plan));
  return may && !op->workers.count ? begin_spilling(op, err) : LUMA_OK;
}

status op__open_aggregate(struct exec *exec, const struct plan *plan, struct op **op,
                          struct err *err) {
  static const struct op_ops ops = {aggregate_next, aggregate_close};
  struct aggregating *aggregating = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *aggregating, &aggregating, err));
  *op = &aggregating->op;
  aggregating->aggregates_count = plan->exprs_count - plan->keys_count;
  aggregating->by_found = groups_by_found(plan) && !exec->env->collation;
  aggregating->numbers = arena_alloc(exec->arena, BATCH_ROWS * sizeof *aggregating->numbers);
  TRY(op__memory(exec, aggregating->numbers, err));
  TRY(op__programs(exec, plan->exprs, plan->keys_count, &aggregating->keys, err));
  TRY(make_arguments(aggregating, err));
  TRY(batch_init(&aggregating->batch, exec->arena, plan->exprs_count, err));
  TRY(open_input(aggregating, err));
  return open_groups(aggregating, err);
}

/* ---- a count of a whole collection ---- */

struct counting {
  struct op op;
  struct batch batch;
};

static status count_next(struct op *base, struct batch **batch, struct err *err) {
  struct counting *op = (struct counting *)base;
  const struct collection *collection = base->plan->input->collection;
  uint64_t count = 0;
  if (op->batch.rows) return LUMA_OK;
  if (collection) TRY(model_count(base->exec->txn, collection, &count, err));
  op->batch.rows = op->batch.selected_count = 1;
  for (uint32_t c = 0; c < op->batch.columns_count; c++)
    op->batch.columns[c][0] = val_int64((int64_t)count);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_count(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {count_next, NULL};
  struct counting *counting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *counting, &counting, err));
  *op = &counting->op;
  return batch_init(&counting->batch, exec->arena, plan->exprs_count, err);
}
