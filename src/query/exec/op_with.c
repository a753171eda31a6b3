/* SPDX-License-Identifier: MIT */
/* WITH: its names are read into rows once, as far as anything asks for them, and every CTE that
 * reads the name goes through those rows. A recursive one grows by rounds: each runs the step over
 * the rows of the round before, until a round adds nothing. */
#include "query/exec/group/tuple_table.h"
#include "query/exec/subquery.h"
#include "query/expr/tell.h"

struct cte_run {
  struct cte_run *next;
  const struct plan_cte *cte;
  struct exec *exec;       /* that of the WITH */
  struct rows rows;        /* what it has given so far */
  struct tuple_table seen; /* recursive UNION without ALL */
  struct val *tuple;
  struct op *source;             /* the SELECT, or the start of a recursive one; NULL at its end */
  uint64_t round_from, round_to; /* recursive: the rows that the step reads */
  struct exec step_exec;
  struct expr_env step_env;
  struct arena step_arena;
  bool is_done, in_step;
};

static status add_row(struct cte_run *run, const struct batch *in, uint32_t row, struct err *err) {
  struct val *tuple = NULL;
  const struct plan *set = run->cte->plan;
  if (run->cte->reads_itself && !set->all) {
    uint32_t number = 0;
    bool is_new = false;
    for (uint32_t c = 0; c < in->columns_count; c++) {
      run->tuple[c] = in->columns[c][row];
      if (run->tuple[c].type == VAL_MISSING) run->tuple[c] = val_null();
    }
    TRY(tuple_table_put(&run->seen, run->tuple, tuple_table_hash(run->tuple, in->columns_count),
                        &number, &is_new, err));
    if (!is_new) return LUMA_OK;
  }
  TRY(rows_add(&run->rows, &tuple, err));
  for (uint32_t c = 0; c < in->columns_count; c++)
    TRY(expr_copy_value(run->exec->arena, &in->columns[c][row], &tuple[c], err));
  return LUMA_OK;
}

static status add_batch(struct cte_run *run, const struct batch *in, struct err *err) {
  for (uint32_t i = 0; i < in->selected_count; i++) TRY(add_row(run, in, batch_row(in, i), err));
  return LUMA_OK;
}

/* ---- rounds ---- */

static status run_step(struct cte_run *run, struct op **root, struct err *err) {
  TRY(op__open(&run->step_exec, run->cte->plan->right, root, err));
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(*root, &in, err));
    if (!in) return LUMA_OK;
    TRY(add_batch(run, in, err));
  }
}

/** One round of the step over the rows of the last one. */
static status next_round(struct cte_run *run, struct err *err) {
  struct op *root = NULL;
  run->round_from = run->round_to;
  run->round_to = run->rows.count;
  if (run->round_from == run->round_to) {
    run->is_done = true;
    return LUMA_OK;
  }
  TRY(op__check(run->exec, err));
  arena_reset(&run->step_arena);
  expr_env_init(&run->step_env, &run->step_arena);
  subquery__inherit(run->exec, &run->step_exec, &run->step_env, &run->step_arena);
  run->in_step = true;
  status done = run_step(run, &root, err);
  run->in_step = false;
  exec_close(root);
  subquery__end(&run->step_exec);
  tell_take(run->exec->env, &run->step_env);
  expr_env_deinit(&run->step_env);
  return done;
}

/** Reads until there are more than `count` rows, or no more. */
static status read_past(struct cte_run *run, uint64_t count, struct err *err) {
  while (!run->is_done && run->rows.count <= count) {
    struct batch *in = NULL;
    if (run->source) {
      TRY(op__next(run->source, &in, err));
      if (in) {
        TRY(add_batch(run, in, err));
        continue;
      }
      exec_close(run->source);
      run->source = NULL;
      run->is_done = !run->cte->reads_itself;
      continue;
    }
    TRY(next_round(run, err));
  }
  return LUMA_OK;
}

/* ---- WITH ---- */

struct withing {
  struct op op;
  struct cte_run *runs;
};

static status with_next(struct op *base, struct batch **batch, struct err *err) {
  return op__next(base->input, batch, err);
}

static void with_close(struct op *base) {
  struct withing *op = (struct withing *)base;
  for (uint32_t i = 0; op->runs && i < base->plan->ctes_count; i++) {
    exec_close(op->runs[i].source);
    arena_deinit(&op->runs[i].step_arena);
  }
}

static status open_run(struct exec *exec, const struct plan_cte *cte, struct cte_run *run,
                       struct err *err) {
  const struct plan *plan = cte->reads_itself ? cte->plan->input : cte->plan;
  *run = (struct cte_run){.next = exec->ctes, .cte = cte, .exec = exec};
  arena_init(&run->step_arena, 0, exec->memory_bytes);
  rows_init(&run->rows, exec, cte->columns_count);
  tuple_table_init(&run->seen, exec, cte->columns_count);
  run->tuple = arena_alloc(exec->arena, (cte->columns_count + 1) * sizeof *run->tuple);
  TRY(op__memory(exec, run->tuple, err));
  exec->ctes = run;
  return op__open(exec, plan, &run->source, err);
}

status op__open_with(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {with_next, with_close};
  struct withing *withing = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *withing, &withing, err));
  *op = &withing->op;
  uint64_t rows_wanted = exec->rows_wanted;
  withing->runs = arena_zalloc(exec->arena, plan->ctes_count, sizeof *withing->runs);
  TRY(op__memory(exec, withing->runs, err));
  exec->rows_wanted = 0;
  for (uint32_t i = 0; i < plan->ctes_count; i++)
    if (plan->ctes[i]->reads) TRY(open_run(exec, plan->ctes[i], &withing->runs[i], err));
  exec->rows_wanted = rows_wanted;
  return op__open(exec, plan->input, &withing->op.input, err);
}

/* ---- reading ---- */

struct cte_reading {
  struct op op;
  struct batch batch;
  struct cte_run *run;
  uint64_t at, end;
  bool is_step; /* reads the last round's rows only */
};

static struct cte_run *find_run(const struct exec *exec, const struct plan_cte *cte) {
  for (; exec; exec = exec->around)
    for (struct cte_run *at = exec->ctes; at; at = at->next)
      if (at->cte == cte) return at;
  return NULL;
}

static status cte_next(struct op *base, struct batch **batch, struct err *err) {
  struct cte_reading *op = (struct cte_reading *)base;
  TRY(op__check(base->exec, err));
  if (!op->is_step && op->at >= op->run->rows.count) TRY(read_past(op->run, op->at, err));
  struct rows seen = op->run->rows;
  if (op->is_step) seen.count = op->end;
  if (op->at >= seen.count) return LUMA_OK;
  op__emit(&op->batch, &seen, &op->at);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_cte(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {cte_next, NULL};
  struct cte_reading *reading = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *reading, &reading, err));
  *op = &reading->op;
  reading->run = find_run(exec, plan->cte);
  if (!reading->run) FAIL(err, LUMA_INTERNAL, "a name of WITH is read outside of it");
  reading->is_step = reading->run->in_step;
  if (reading->is_step) {
    reading->at = reading->run->round_from;
    reading->end = reading->run->round_to;
  }
  return batch_init(&reading->batch, exec->arena, plan->columns_count, err);
}
