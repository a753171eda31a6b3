/* SPDX-License-Identifier: MIT */
/* SORT: keeps the rows with their keys, sorts, hands them out. When only the first rows are needed
 * (a LIMIT above), a heap of that many is all that is kept. What is more than a part of the
 * statement's memory is sorted by parts, which wait on disk and are merged. Where workers read,
 * each keeps the first of its own rows. Stable: rows of equal keys stay in the order they came in.
 */
#include <stdlib.h>

#include "query/exec/exec_int.h"
#include "query/exec/sort/merge.h"
#include "query/exec/sort/sort_key.h"
#include "query/exec/workers.h"
#include "query/expr/field.h"
#include "query/expr/program.h"

enum { TOP_ROWS_MAX = 1 << 20, MEMORY_SHARE = 4 };

/** A kept row: its tuple has the keys first, then the columns. */
struct sorted {
  struct val *tuple;
  uint64_t arrival;
};

struct sorting {
  struct op op;
  struct program **programs;
  struct batch batch;
  struct sorted *rows; /* all of them, or a heap with the last of the first at its root */
  uint64_t count, capacity, top, next_row, arrivals;
  bool is_sorted;
  const struct path **paths; /* of keys that may share a list; NULL: none do */
  uint32_t documents;        /* the column that these paths lead into */
  struct field_reader first; /* of the first key, where it is an attribute: for first_probe */
  struct probe
      first_probe; /* whether a row may come before the last of the heap; count 0: unknown */
  bool reads_first;
  struct arena top_arena; /* rows of the heap; rebuilt when what left it has grown large */
  size_t top_bytes;
  bool spills;            /* what is too much goes to disk */
  struct arena run_arena; /* then, rows of the run in hand */
  struct spill *spill;
  struct merge *merge;
  struct workers workers; /* none: the input is read here */
};

static int compare_sorted(const struct sorting *op, const struct sorted *a,
                          const struct sorted *b) {
  int order = sort_key_compare(op->op.plan->sort, op->op.plan->sort_count, a->tuple, b->tuple);
  return order ? order : (a->arrival > b->arrival) - (a->arrival < b->arrival);
}

static int compare_rows(const void *a, const void *b, void *op) {
  return compare_sorted(op, a, b);
}

static struct arena *row_arena(struct sorting *op) {
  if (op->top) return &op->top_arena;
  return op->spills ? &op->run_arena : op->op.exec->arena;
}

static uint32_t tuple_values(const struct sorting *op) {
  return op->op.plan->sort_count + op->batch.columns_count;
}

/* ---- the heap ---- */

static void sift_up(struct sorting *op, uint64_t at) {
  while (at > 0) {
    uint64_t parent = (at - 1) / 2;
    if (compare_sorted(op, &op->rows[at], &op->rows[parent]) <= 0) return;
    struct sorted swap = op->rows[at];
    op->rows[at] = op->rows[parent];
    op->rows[parent] = swap;
    at = parent;
  }
}

static void sift_down(struct sorting *op) {
  for (uint64_t at = 0;;) {
    uint64_t child = 2 * at + 1;
    if (child >= op->count) return;
    if (child + 1 < op->count && compare_sorted(op, &op->rows[child + 1], &op->rows[child]) > 0)
      child++;
    if (compare_sorted(op, &op->rows[child], &op->rows[at]) <= 0) return;
    struct sorted swap = op->rows[at];
    op->rows[at] = op->rows[child];
    op->rows[child] = swap;
    at = child;
  }
}

/** Copies the rows in the heap to a new arena: what left it is let go. */
static status compact_top(struct sorting *op, struct err *err) {
  struct arena fresh;
  arena_init(&fresh, 0, op->op.exec->memory_bytes);
  for (uint64_t i = 0; i < op->count; i++) {
    struct val *tuple = arena_alloc(&fresh, tuple_values(op) * sizeof *tuple);
    status done = plan_check_memory(&fresh, tuple, err);
    for (uint32_t v = 0; done == LUMA_OK && v < tuple_values(op); v++)
      done = expr_copy_value(&fresh, &op->rows[i].tuple[v], &tuple[v], err);
    if (done != LUMA_OK) {
      arena_deinit(&fresh);
      return done;
    }
    op->rows[i].tuple = tuple;
  }
  arena_deinit(&op->top_arena);
  op->top_arena = fresh;
  op->top_bytes = arena_used_bytes(&fresh);
  return LUMA_OK;
}

/* ---- rows that are too late for the heap ---- */

/** NULL and what is not there come after all values. */
static bool are_nulls_last(const struct plan_sort_key *key) {
  if (key->mongo) return key->descending;
  return key->descending ? key->nulls_last : !key->nulls_first;
}

/** What is asked of a row's first key: nothing once the heap's last key is of other types. */
static void renew_probe(struct sorting *op) {
  const struct plan_sort_key *key = &op->op.plan->sort[0];
  const struct val *last = &op->rows[0].tuple[0];
  uint32_t ahead = key->descending ? PROBE_GREATER : PROBE_LESS;
  uint32_t tied = op->op.plan->sort_count > 1 ? PROBE_EQUAL : 0;
  op->first_probe = (struct probe){.keep = ahead | tied,
                                   .count = probe_takes(last, 1),
                                   .values = last,
                                   .knows_nulls = are_nulls_last(key)};
}

/** Leaves out the rows whose first key alone is too late, as they are stored. */
static status drop_late(struct sorting *op, struct batch *batch, struct err *err) {
  const struct val *documents = batch->columns[op->op.plan->sort[0].expr->slot];
  uint32_t kept = 0;
  renew_probe(op);
  if (op->first_probe.count == 0) return LUMA_OK;
  TRY(field_reader_bind(&op->first, op->op.exec->env, &documents[batch_row(batch, 0)], err));
  for (uint32_t i = 0; i < batch->selected_count; i++) {
    uint32_t row = batch_row(batch, i);
    batch->selection_room[kept] = (uint16_t)row;
    kept += field_ask(&op->first, &op->first_probe, &documents[row]) != PROBE_NO;
  }
  batch->selected = batch->selection_room;
  batch->selected_count = kept;
  return LUMA_OK;
}

/* ---- taking rows in ---- */

static status grow(struct sorting *op, struct err *err) {
  if (op->count < op->capacity) return LUMA_OK;
  uint64_t capacity = op->capacity ? op->capacity * 2 : 1024;
  struct sorted *rows = arena_alloc(op->op.exec->arena, capacity * sizeof *rows);
  TRY(op__memory(op->op.exec, rows, err));
  if (op->count) memcpy(rows, op->rows, op->count * sizeof *rows);
  op->rows = rows;
  op->capacity = capacity;
  return LUMA_OK;
}

/** A tuple of copies: keys (already chosen values), then the row's columns. */
static status copy_tuple(struct sorting *op, const struct val *keys, const struct batch *batch,
                         uint32_t row, struct val **tuple, struct err *err) {
  struct arena *arena = row_arena(op);
  uint32_t keys_count = op->op.plan->sort_count;
  *tuple = arena_alloc(arena, tuple_values(op) * sizeof **tuple);
  TRY(plan_check_memory(arena, *tuple, err));
  for (uint32_t i = 0; i < keys_count; i++)
    TRY(expr_copy_value(arena, &keys[i], &(*tuple)[i], err));
  for (uint32_t c = 0; c < batch->columns_count; c++)
    TRY(expr_copy_value(arena, &batch->columns[c][row], &(*tuple)[keys_count + c], err));
  return LUMA_OK;
}

static status keep_top(struct sorting *op, struct val *keys, const struct batch *batch,
                       uint32_t row, struct err *err) {
  struct sorted candidate = {.tuple = keys,
                             .arrival = workers_arrival(op->op.exec, op->arrivals++)};
  bool full = op->count == op->top;
  if (full && compare_sorted(op, &candidate, &op->rows[0]) >= 0) return LUMA_OK;
  TRY(copy_tuple(op, keys, batch, row, &candidate.tuple, err));
  if (full) {
    op->rows[0] = candidate;
    sift_down(op);
  } else {
    TRY(grow(op, err));
    op->rows[op->count++] = candidate;
    sift_up(op, op->count - 1);
  }
  bool wasteful = arena_used_bytes(&op->top_arena) > 2 * op->top_bytes + (4 << 20);
  return wasteful && full ? compact_top(op, err) : LUMA_OK;
}

/* ---- runs on disk ---- */

/** Tuples have the keys first. */
static int compare_keys(const void *plan, const struct val *a, const struct val *b) {
  const struct plan *sort = plan;
  return sort_key_compare(sort->sort, sort->sort_count, a, b);
}

static void sort_kept(struct sorting *op) {
  if (op->count) qsort_r(op->rows, op->count, sizeof *op->rows, compare_rows, op);
}

static status spill_run(struct sorting *op, struct err *err) {
  if (!op->spill)
    TRY(spill_create(op->op.exec, tuple_values(op), SPILL_BUFFER_BYTES, &op->spill, err));
  TRY(op__check(op->op.exec, err));
  sort_kept(op);
  for (uint64_t i = 0; i < op->count; i++) TRY(spill_add(op->spill, op->rows[i].tuple, err));
  op->count = 0;
  arena_reset(&op->run_arena);
  return spill_end_run(op->spill, err);
}

static bool is_run_full(const struct sorting *op) {
  size_t used = arena_used_bytes(&op->run_arena) + op->count * sizeof *op->rows;
  return op->spills && used > op->op.exec->memory_bytes / MEMORY_SHARE;
}

static status merge_next(struct sorting *op, struct batch **batch, struct err *err) {
  uint32_t keys_count = op->op.plan->sort_count, rows = 0;
  const struct val *tuple = NULL;
  arena_reset(&op->op.batch_arena);
  batch_reset(&op->batch);
  for (; rows < op->op.exec->batch_rows &&
         arena_used_bytes(&op->op.batch_arena) < BATCH_BYTES_ENOUGH &&
         (tuple = merge_first(op->merge));
       rows++) {
    for (uint32_t c = 0; c < op->batch.columns_count; c++)
      TRY(expr_copy_value(&op->op.batch_arena, &tuple[keys_count + c], &op->batch.columns[c][rows],
                          err));
    TRY(merge_step(op->merge, err));
  }
  op->batch.rows = op->batch.selected_count = rows;
  if (rows) *batch = &op->batch;
  return LUMA_OK;
}

static status keep_all(struct sorting *op, struct val *keys, const struct batch *batch,
                       uint32_t row, struct err *err) {
  TRY(grow(op, err));
  struct sorted *sorted = &op->rows[op->count];
  sorted->arrival = op->arrivals++;
  TRY(copy_tuple(op, keys, batch, row, &sorted->tuple, err));
  op->count++;
  return is_run_full(op) ? spill_run(op, err) : LUMA_OK;
}

/** A key that is an attribute of a document, found through lists on the way. */
static bool is_through_lists(const struct plan_sort_key *key) {
  return key->mongo && key->expr->kind == EXPR_FIELD && key->expr->dotted &&
         key->expr->path.count > 1;
}

/** The column each key reads: its own, or that of the documents. */
static status run_keys(struct sorting *op, const struct batch *batch, const struct val **columns,
                       uint32_t *strides, struct err *err) {
  const struct plan *plan = op->op.plan;
  for (uint32_t k = 0; k < plan->sort_count; k++) {
    if (is_through_lists(&plan->sort[k]))
      columns[k] = batch->columns[plan->sort[k].expr->slot];
    else
      TRY(program_run(op->programs[k], batch, &op->op.batch_arena, &columns[k], &strides[k], err));
  }
  return LUMA_OK;
}

/** The key as the statement's collation orders it. */
static status collate(struct sorting *op, struct val *key, struct err *err) {
  struct val collated;
  TRY(op__collate(op->op.exec, &op->op.batch_arena, key, &collated, err));
  *key = collated;
  return LUMA_OK;
}

/** Which element of a list is the least is the collation's to say, so it is asked before one is
 * taken; of lists that several keys share it is asked after. */
static status key_of_row(struct sorting *op, const struct plan_sort_key *key, struct val value,
                         struct val *out, struct err *err) {
  bool is_through = is_through_lists(key);
  bool is_early = !op->paths && (is_through || value.type == VAL_LIST);
  if (is_early) TRY(collate(op, &value, err));
  *out = is_through ? sort_key_of_path(key, &key->expr->path, &value) : sort_key_of(key, &value);
  return is_early || op->paths ? LUMA_OK : collate(op, out, err);
}

static status take_batch(struct sorting *op, const struct batch *batch, struct err *err) {
  const struct plan *plan = op->op.plan;
  struct arena *arena = &op->op.batch_arena;
  const struct val **columns = arena_alloc(arena, plan->sort_count * sizeof *columns);
  uint32_t *strides = arena_zalloc(arena, plan->sort_count, sizeof *strides);
  struct val *keys = arena_alloc(arena, plan->sort_count * sizeof *keys);
  TRY(plan_check_memory(arena, columns && strides ? keys : NULL, err));
  TRY(run_keys(op, batch, columns, strides, err));
  for (uint32_t i = 0; i < batch->selected_count; i++) {
    uint32_t row = batch_row(batch, i);
    for (uint32_t k = 0; k < plan->sort_count; k++) {
      bool is_through = is_through_lists(&plan->sort[k]);
      struct val value = columns[k][is_through ? row : row * strides[k]];
      TRY(key_of_row(op, &plan->sort[k], value, &keys[k], err));
    }
    if (op->paths)
      sort_key_share(plan->sort, op->paths, plan->sort_count, &batch->columns[op->documents][row],
                     keys);
    for (uint32_t k = 0; op->paths && k < plan->sort_count; k++) TRY(collate(op, &keys[k], err));
    if (op->top)
      TRY(keep_top(op, keys, batch, row, err));
    else
      TRY(keep_all(op, keys, batch, row, err));
  }
  return LUMA_OK;
}

/** WITH TIES: the rows asked for, and those whose keys equal the last one's. */
static status cut_behind_ties(struct sorting *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  uint64_t limit = 0, skip = 0;
  TRY(op__whole_number(op->op.exec, plan->limit, "LIMIT", &limit, err));
  if (plan->skip) TRY(op__whole_number(op->op.exec, plan->skip, "SKIP", &skip, err));
  op->next_row = skip < op->count ? skip : op->count;
  if (limit >= op->count - op->next_row) return LUMA_OK;
  uint64_t end = op->next_row + limit;
  while (limit && end < op->count &&
         sort_key_compare(plan->sort, plan->sort_count, op->rows[end - 1].tuple,
                          op->rows[end].tuple) == 0)
    end++;
  op->count = end;
  return LUMA_OK;
}

static status take_input(struct sorting *op, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    arena_reset(&op->op.batch_arena);
    TRY(op__next(op->op.input, &in, err));
    if (!in) return LUMA_OK;
    if (op->reads_first && op->count == op->top) TRY(drop_late(op, in, err));
    if (in->selected_count) TRY(take_batch(op, in, err));
  }
}

static status take_part(struct worker *worker, struct err *err) {
  return take_input((struct sorting *)worker->op, err);
}

/** The first rows of all are among the first of each; their tuples stay with the workers. */
static status take_by_workers(struct sorting *op, struct err *err) {
  TRY(workers_run(&op->workers, take_part, op->op.exec->env, err));
  for (uint32_t i = 0; i < op->workers.count; i++) {
    const struct sorting *other = (const struct sorting *)op->workers.items[i].op;
    for (uint64_t row = 0; row < other->count; row++) {
      TRY(grow(op, err));
      op->rows[op->count++] = other->rows[row];
    }
  }
  return LUMA_OK;
}

static status sort_all(struct sorting *op, struct err *err) {
  TRY(op->workers.count ? take_by_workers(op, err) : take_input(op, err));
  op->is_sorted = true;
  TRY(op__check(op->op.exec, err));
  if (op->spill) {
    if (op->count) TRY(spill_run(op, err));
    return merge_create(op->op.exec, op->spill, (struct merge_order){compare_keys, op->op.plan},
                        &op->merge, err);
  }
  sort_kept(op);
  if (op->top && op->count > op->top) op->count = op->top;
  return op->op.plan->limit ? cut_behind_ties(op, err) : LUMA_OK;
}

static status sort_next(struct op *base, struct batch **batch, struct err *err) {
  struct sorting *op = (struct sorting *)base;
  if (!op->is_sorted) TRY(sort_all(op, err));
  if (op->merge) return merge_next(op, batch, err);
  batch_reset(&op->batch);
  uint32_t keys_count = base->plan->sort_count, rows = 0;
  for (; rows < base->exec->batch_rows && op->next_row < op->count; rows++, op->next_row++)
    for (uint32_t c = 0; c < op->batch.columns_count; c++)
      op->batch.columns[c][rows] = op->rows[op->next_row].tuple[keys_count + c];
  op->batch.rows = op->batch.selected_count = rows;
  if (rows) *batch = &op->batch;
  return LUMA_OK;
}

static void sort_close(struct op *base) {
  struct sorting *op = (struct sorting *)base;
  workers_close(&op->workers);
  merge_destroy(op->merge);
  spill_destroy(op->spill);
  arena_deinit(&op->run_arena);
  arena_deinit(&op->top_arena);
}

/** How many first rows are needed: LIMIT and SKIP of the node above. */
static status find_top(struct sorting *op, struct err *err) {
  const struct plan_physical *physical = op->op.plan->physical;
  uint64_t limit = 0, skip = 0;
  if (!physical || !physical->top_limit) return LUMA_OK;
  TRY(op__whole_number(op->op.exec, physical->top_limit, "LIMIT", &limit, err));
  if (physical->top_skip)
    TRY(op__whole_number(op->op.exec, physical->top_skip, "SKIP", &skip, err));
  bool fits = limit <= TOP_ROWS_MAX && skip <= TOP_ROWS_MAX && limit + skip > 0;
  op->top = fits ? limit + skip : 0;
  return LUMA_OK;
}

/** Finds the keys that go together where their paths begin at a list. */
static status find_shared(struct sorting *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  const struct path **paths = arena_zalloc(op->op.exec->arena, plan->sort_count + 1, sizeof *paths);
  TRY(op__memory(op->op.exec, paths, err));
  for (uint32_t k = 0; k < plan->sort_count; k++) {
    if (!is_through_lists(&plan->sort[k])) continue;
    paths[k] = &plan->sort[k].expr->path;
    op->documents = plan->sort[k].expr->slot;
  }
  if (sort_key_is_shared(paths, plan->sort_count)) op->paths = paths;
  return LUMA_OK;
}

/** Texts that a collation orders are not told by their bytes; and keys that are more than
 * attributes have failures and warnings of their own, of each row. */
static status read_first(struct sorting *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  const struct expr *expr = plan->sort[0].expr;
  op->reads_first = op->top && expr->path.count && !expr->key && !op->op.exec->env->collation;
  for (uint32_t k = 0; k < plan->sort_count; k++)
    op->reads_first &= plan->sort[k].expr->kind == EXPR_FIELD;
  if (!op->reads_first) return LUMA_OK;
  return field_reader_init(&op->first, op->op.exec->env, &expr->path, false, expr->dotted, err);
}

status op__open_sort(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {sort_next, sort_close};
  struct sorting *sorting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *sorting, &sorting, err));
  *op = &sorting->op;
  arena_init(&sorting->top_arena, 0, exec->memory_bytes);
  arena_init(&sorting->run_arena, 0, exec->memory_bytes);
  TRY(find_top(sorting, err));
  sorting->spills = spill_is_possible(exec) && !sorting->top && !plan->limit;
  TRY(find_shared(sorting, err));
  TRY(read_first(sorting, err));
  struct expr **keys = arena_zalloc(exec->arena, plan->sort_count + 1, sizeof *keys);
  TRY(op__memory(exec, keys, err));
  for (uint32_t i = 0; i < plan->sort_count; i++) keys[i] = plan->sort[i].expr;
  TRY(op__programs(exec, keys, plan->sort_count, &sorting->programs, err));
  TRY(batch_init(&sorting->batch, exec->arena, plan->columns_count, err));
  if (sorting->top && workers_may_share(exec, plan))
    TRY(workers_open(exec, plan, exec->threads + 1, &sorting->workers, err));
  return sorting->workers.count ? LUMA_OK : op__open(exec, plan->input, &sorting->op.input, err);
}
