/* SPDX-License-Identifier: MIT */
/* What all operators share: making, asking, ending; rows that are kept; rows as documents. */
#include "query/exec/exec.h"

#include "query/exec/exec_int.h"
#include "query/exec/parts.h"
#include "query/exec/subquery.h"
#include "query/expr/field.h"
#include "query/locale/collation.h"
#include "value/order/order.h"

enum { BATCH_ARENA_BYTES = 64 << 10 };

status op__memory(const struct exec *exec, const void *made, struct err *err) {
  return plan_check_memory(exec->arena, made, err);
}

status op__create(struct exec *exec, const struct plan *plan, const struct op_ops *ops,
                  size_t bytes, void *op, struct err *err) {
  struct op *made = arena_zalloc(exec->arena, 1, bytes);
  TRY(op__memory(exec, made, err));
  made->ops = ops;
  made->exec = exec;
  made->plan = plan;
  arena_init(&made->batch_arena, BATCH_ARENA_BYTES, exec->memory_bytes);
  memcpy(op, &made,
         sizeof made); /* `op` is the address of a pointer to the operator's own struct */
  return LUMA_OK;
}

status op__check(const struct exec *exec, struct err *err) {
  if (exec->parts && atomic_load_explicit(&exec->parts->is_stopped, memory_order_relaxed))
    FAIL(err, LUMA_CANCELLED, "what the statement reads is not needed any more");
  if (exec->cancelled && atomic_load_explicit(exec->cancelled, memory_order_relaxed))
    FAIL(err, LUMA_CANCELLED, "the statement was cancelled");
  if (exec->deadline_us && exec->os && os_monotonic_us(exec->os) > exec->deadline_us)
    FAIL(err, LUMA_TIMEOUT, "the statement took longer than its limit");
  return LUMA_OK;
}

static status next_measured(struct op *op, struct batch **batch, struct err *err) {
  uint64_t start = os_monotonic_us(op->exec->os);
  status ran = op->ops->next(op, batch, err);
  op->us += os_monotonic_us(op->exec->os) - start;
  return ran;
}

status op__next(struct op *op, struct batch **batch, struct err *err) {
  *batch = NULL;
  while (!op->is_ended) {
    *batch = NULL; /* an empty batch came before: an operator at its end leaves this as it is */
    if (op->exec->analyze && op->exec->os)
      TRY(next_measured(op, batch, err));
    else
      TRY(op->ops->next(op, batch, err));
    if (!*batch)
      op->is_ended = true;
    else if ((*batch)->selected_count)
      break;
  }
  if (*batch) op->rows += (*batch)->selected_count;
  return LUMA_OK;
}

status op__collate(const struct exec *exec, struct arena *arena, const struct val *value,
                   struct val *key, struct err *err) {
  struct collation *collation = exec->env->collation;
  struct val collated;
  *key = *value;
  if (!collation || !collation_concerns(value)) return LUMA_OK;
  TRY(collation_key(collation, 0, value, &collated, err));
  return expr_copy_value(arena, &collated, key, err);
}

status op__compare(const struct exec *exec, const struct val *a, const struct val *b, int *order,
                   struct err *err) {
  struct collation *collation = exec->env->collation;
  if (collation && collation_concerns(a) && collation_concerns(b))
    return collation_compare(collation, a, b, order, err);
  *order = val_compare(a, b);
  return LUMA_OK;
}

status op__programs(struct exec *exec, struct expr *const *exprs, uint32_t count,
                    struct program ***programs, struct err *err) {
  *programs = arena_zalloc(exec->arena, count + 1, sizeof **programs);
  TRY(op__memory(exec, *programs, err));
  for (uint32_t i = 0; i < count; i++)
    TRY(program_create(exec->env, exprs[i], &(*programs)[i], err));
  return LUMA_OK;
}

status op__whole_number(struct exec *exec, const struct expr *expr, const char *what,
                        uint64_t *number, struct err *err) {
  struct val value;
  int64_t whole = 0;
  TRY(program_constant(exec->env, expr, &value, err));
  if (!val_is_number(&value) || !val_to_int64(&value, &whole) || whole < 0)
    return expr_env_fail(exec->env, expr->offset,
                         err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                                   "%s takes a whole number that is not negative", what),
                         err);
  *number = (uint64_t)whole;
  return LUMA_OK;
}

/* ---- rows that are kept ---- */

void rows_init(struct rows *rows, struct exec *exec, uint32_t columns) {
  *rows = (struct rows){.exec = exec, .columns = columns};
}

void rows_init_few(struct rows *rows, struct exec *exec, uint32_t columns) {
  *rows = (struct rows){.exec = exec, .columns = columns, .are_few = true};
}

static size_t tuple_bytes(const struct rows *rows) {
  return (rows->columns ? rows->columns : 1) * sizeof(struct val);
}

/** A first block of a few tuples, or of twice as many as before. */
static status grow_first(struct rows *rows, struct err *err) {
  enum { FEW = 4 };
  uint32_t room = rows->first_room ? rows->first_room * 2 : FEW;
  struct val **blocks = rows->blocks, *block = NULL;
  if (!blocks) blocks = arena_alloc(rows->exec->arena, sizeof *blocks);
  TRY(op__memory(rows->exec, blocks, err));
  block = arena_alloc(rows->exec->arena, room * tuple_bytes(rows));
  TRY(op__memory(rows->exec, block, err));
  if (rows->blocks) memcpy(block, rows->blocks[0], rows->count * tuple_bytes(rows));
  rows->blocks = blocks;
  rows->blocks[0] = block;
  rows->blocks_count = rows->blocks_capacity = 1;
  rows->first_room = room;
  return LUMA_OK;
}

static status add_block(struct rows *rows, struct err *err) {
  struct exec *exec = rows->exec;
  if (rows->blocks_count == rows->blocks_capacity) {
    size_t capacity = rows->blocks_capacity ? rows->blocks_capacity * 2 : 16;
    struct val **blocks = arena_alloc(exec->arena, capacity * sizeof *blocks);
    TRY(op__memory(exec, blocks, err));
    if (rows->blocks_count) memcpy(blocks, rows->blocks, rows->blocks_count * sizeof *blocks);
    rows->blocks = blocks;
    rows->blocks_capacity = capacity;
  }
  struct val *block = arena_alloc(exec->arena, ROWS_PER_BLOCK * tuple_bytes(rows));
  TRY(op__memory(exec, block, err));
  rows->blocks[rows->blocks_count++] = block;
  return LUMA_OK;
}

status rows_add(struct rows *rows, struct val **tuple, struct err *err) {
  bool are_few = rows->are_few && rows->first_room < ROWS_PER_BLOCK;
  if (are_few && rows->count == rows->first_room)
    TRY(grow_first(rows, err));
  else if (!are_few && rows->count == rows->blocks_count * ROWS_PER_BLOCK)
    TRY(add_block(rows, err));
  *tuple = rows_at(rows, rows->count++);
  return LUMA_OK;
}

void op__emit(struct batch *batch, const struct rows *rows, uint64_t *at) {
  uint64_t left = rows->count - *at;
  uint32_t most = rows->exec->batch_rows;
  batch_reset(batch);
  batch->rows = batch->selected_count = left < most ? (uint32_t)left : most;
  for (uint32_t i = 0; i < batch->rows; i++) {
    const struct val *tuple = rows_at(rows, *at + i);
    for (uint32_t c = 0; c < batch->columns_count; c++) batch->columns[c][i] = tuple[c];
  }
  *at += batch->rows;
}

/* ---- the tree ---- */

static op_open *open_of_join(const struct plan *plan) {
  if (plan->is_lateral) return op__open_lateral_join;
  enum plan_join_method method = plan->physical ? plan->physical->join : PLAN_JOIN_LOOP;
  if (method == PLAN_JOIN_HASH) return op__open_hash_join;
  return method == PLAN_JOIN_INDEX ? op__open_index_join : op__open_loop_join;
}

op_open *op__open_of(const struct plan *plan) {
  switch (plan->kind) {
  case PLAN_SCAN: return op__open_scan;
  case PLAN_VALUES: return op__open_values;
  case PLAN_FILTER: return op__open_filter;
  case PLAN_PROJECT: return op__open_project;
  case PLAN_SORT: return op__open_sort;
  case PLAN_LIMIT: return op__open_limit;
  case PLAN_DISTINCT: return op__open_distinct;
  case PLAN_AGGREGATE:
    return plan->physical && plan->physical->count_only ? op__open_count : op__open_aggregate;
  case PLAN_JOIN: return open_of_join(plan);
  case PLAN_UNNEST: return op__open_unnest;
  case PLAN_SET_OPERATION: return op__open_set;
  case PLAN_WINDOW: return op__open_window;
  case PLAN_WITH: return op__open_with;
  case PLAN_CTE: return op__open_cte;
  case PLAN_STAGE: return op__open_stage;
  case PLAN_DERIVED: break; /* the binder makes PROJECTs of them */
  case PLAN_INSERT: return plan->stage ? op__open_stage : op__open_insert;
  case PLAN_UPDATE: return op__open_update;
  case PLAN_DELETE: return op__open_delete;
  case PLAN_MERGE: return op__open_merge;
  case PLAN_SEQUENCE: return op__open_sequence;
  case PLAN_CREATE_COLLECTION:
  case PLAN_DROP_COLLECTION:
  case PLAN_RENAME_COLLECTION:
  case PLAN_CHANGE_COLLECTION:
  case PLAN_CREATE_INDEX:
  case PLAN_CREATE_VIEW:
  case PLAN_DROP_VIEW:
  case PLAN_CREATE_SEQUENCE:
  case PLAN_ALTER_SEQUENCE:
  case PLAN_DROP_SEQUENCE:
  case PLAN_REINDEX:
  case PLAN_DROP_INDEX: return op__open_schema;
  case PLAN_CREATE_SOUL:
  case PLAN_EVOLVE_SOUL: return op__open_soul;
  case PLAN_TELL_CATALOG: return op__open_catalog;
  case PLAN_TELL_SOUL: return op__open_tell;
  case PLAN_SHOW_COLLECTIONS:
  case PLAN_SHOW_INDEXES: return op__open_show;
  case PLAN_EXPLAIN: return op__open_explain;
  case PLAN_BEGIN:
  case PLAN_COMMIT:
  case PLAN_ROLLBACK:
  case PLAN_SAVEPOINT:
  case PLAN_ROLLBACK_TO:
  case PLAN_RELEASE:
  case PLAN_PREPARE:
  case PLAN_EXECUTE:
  case PLAN_DEALLOCATE:
  case PLAN_SET_OPTION: break;
  }
  return NULL;
}

status op__open(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  bool gathers = exec->threads > 1 && plan->physical && plan->physical->unordered &&
                 !exec->env->collation; /* a collation belongs to one thread */
  bool shares = !gathers && exec->threads > 1 && plan->physical && plan->physical->in_pieces;
  op_open *open = gathers ? op__open_gather : shares ? op__open_share : op__open_of(plan);
  *op = NULL;
  if (!open)
    FAIL(err, LUMA_INVALID_ARGUMENT, "BEGIN, COMMIT and ROLLBACK are for a session to run");
  /* What a LIMIT above wants of its input goes down only through nodes that pass rows on. */
  uint64_t rows_wanted = exec->rows_wanted;
  bool passes = plan->kind == PLAN_LIMIT || plan->kind == PLAN_PROJECT ||
                plan->kind == PLAN_FILTER || plan->kind == PLAN_SCAN || plan->kind == PLAN_WITH;
  if (!passes) exec->rows_wanted = 0;
  status opened = open(exec, plan, op, err);
  exec->rows_wanted = rows_wanted;
  return opened;
}

static status check(const void *exec, struct err *err) {
  return op__check(exec, err);
}

void exec_watch(struct exec *exec) {
  exec->env->watch = (struct expr_watch){.context = exec, .check = check};
}

void exec_init(struct exec *exec) {
  exec_watch(exec);
  exec->runs_subqueries =
      (struct expr_subqueries){.context = exec, .open = subquery__open, .answer = subquery__answer};
  exec->env->subqueries = &exec->runs_subqueries;
}

void exec_deinit(struct exec *exec) {
  subquery__end(exec);
}

status exec_open(struct exec *exec, const struct plan *plan, struct op **root, struct err *err) {
  status opened = op__open(exec, plan, root, err);
  if (opened == LUMA_OK) return LUMA_OK;
  exec_close(*root);
  *root = NULL;
  return opened;
}

status exec_next(struct op *op, struct batch **batch, struct err *err) {
  return op__next(op, batch, err);
}

void exec_close(struct op *op) {
  if (!op) return;
  exec_close(op->input);
  exec_close(op->right);
  if (op->ops->close) op->ops->close(op);
  arena_deinit(&op->batch_arena);
}

/* ---- rows as documents ---- */

static bool is_without(const struct plan_column *column, struct slice name) {
  for (uint32_t i = 0; i < column->without_count; i++)
    if (slice_is_equal(column->without[i], name)) return true;
  return false;
}

/** Puts the fields of a spread document; a name that stands already is told by its source: `o.id`.
 */
static void put_spread(const struct plan_column *column, const struct val *document,
                       const struct plan_column *before, const struct val *first,
                       struct build *build) {
  for (uint32_t i = 0; i < val_count(document); i++) {
    struct slice name;
    struct val field = val_field_at(document, i, &name);
    if (is_without(column, name)) continue;
    bool is_taken = before && first->type == VAL_MAP && val_field(first, name).type != VAL_MISSING;
    char qualified[512];
    if (is_taken && column->source.bytes + name.bytes + 1 < sizeof qualified) {
      if (slice_is_equal(name, slice_of_text("_id"))) name = slice_of_text("id");
      memcpy(qualified, column->source.data, column->source.bytes);
      qualified[column->source.bytes] = '.';
      memcpy(qualified + column->source.bytes + 1, name.data, name.bytes);
      name = slice_of(qualified, column->source.bytes + 1 + name.bytes);
    }
    build_name(build, name);
    build_put(build, &field);
  }
}

/** A spread column may hold something else than documents: the elements of a list. */
static void put_plain(const struct plan_column *column, const struct val *value,
                      struct build *build) {
  build_name(build, column->name);
  build_put(build, value);
}

static void put_row(const struct plan_column *columns, const struct batch *batch, uint32_t row,
                    struct build *build) {
  const struct plan_column *before = NULL;
  const struct val *first = NULL;
  build_begin_map(build);
  for (uint32_t c = 0; c < batch->columns_count; c++) {
    struct val value = batch->columns[c][row];
    if (columns[c].is_hidden) continue;
    if (columns[c].is_spread) {
      if (value.type == VAL_MAP)
        put_spread(&columns[c], &value, before, first, build);
      else if (value.type != VAL_MISSING)
        put_plain(&columns[c], &value, build);
      if (!before) {
        before = &columns[c];
        first = &batch->columns[c][row];
      }
      continue;
    }
    if (value.type == VAL_MISSING) value = val_null();
    build_name(build, columns[c].name);
    build_put(build, &value);
  }
  build_end(build);
}

status exec_document(struct expr_env *env, const struct plan_column *columns,
                     const struct batch *batch, uint32_t nth, struct arena *arena,
                     struct val *document, struct err *err) {
  uint32_t row = batch_row(batch, nth), visible = 0, only = 0;
  for (uint32_t c = 0; c < batch->columns_count; c++) {
    if (columns[c].is_hidden) continue;
    only = c;
    visible++;
  }
  bool is_whole = visible == 1 && columns[only].is_spread && !columns[only].without_count;
  if (is_whole && batch->columns[only][row].type == VAL_MAP) {
    *document = batch->columns[only][row];
    return LUMA_OK;
  }
  struct build build;
  build_init(&build, &env->scratch, NULL);
  put_row(columns, batch, row, &build);
  status done = field_take_built(env, arena, &build, document, err);
  build_deinit(&build);
  return done;
}
