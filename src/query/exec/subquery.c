/* SPDX-License-Identifier: MIT */
/* SELECTs in expressions. One that reads nothing of the rows around it runs once; another runs once
 * for each combination of the outer values it reads, and the answers are remembered as long as the
 * memory for them lasts: for the whole statement where they depend on nothing else, however often
 * a SELECT around it is run. Each has an executor of its own: what a run needs is let go after it.
 */
#include "query/exec/subquery.h"

#include "query/exec/group/tuple_table.h"
#include "query/expr/field.h"
#include "query/expr/in_set.h"
#include "query/expr/tell.h"
#include "query/func/compare.h"

enum { RUN_BYTES = 64 << 10 };

/* What a SELECT has answered. */
struct remembered {
  struct remembered *next;
  const struct subquery *subquery;
  struct arena kept;        /* answers */
  struct exec keeper;       /* an executor with memory that is kept */
  struct tuple_table asked; /* outer values (and left operands), each followed by its type */
  struct rows answers;      /* of those, by number */
  struct rows rows;         /* COMPARE without outer values: the rows of the SELECT */
  struct in_set *set;
  bool is_read;
};

struct expr_subquery {
  struct expr_subquery *next;
  const struct expr *expr;
  struct exec *around; /* whose rows it is asked for */
  struct exec exec;    /* of one run */
  struct expr_env env;
  struct arena run;              /* what one run needs */
  struct remembered *remembered; /* its own, or the statement's */
  bool remembers_alone;
  struct val *tuple;
  uint32_t values; /* in a tuple, without types */
};

/* ---- one run ---- */

typedef status each_row(struct expr_subquery *subquery, const struct batch *batch, uint32_t row,
                        void *context, bool *ends, struct err *err);

static status run_rows(struct expr_subquery *subquery, struct op *root, each_row *each,
                       void *context, struct err *err) {
  bool ends = false;
  while (!ends) {
    struct batch *batch = NULL;
    TRY(op__next(root, &batch, err));
    if (!batch) return LUMA_OK;
    for (uint32_t i = 0; i < batch->selected_count && !ends; i++)
      TRY(each(subquery, batch, batch_row(batch, i), context, &ends, err));
  }
  return LUMA_OK;
}

/** Runs the SELECT for `outers`. */
static status run(struct expr_subquery *subquery, const struct val *outers, each_row *each,
                  void *context, struct err *err) {
  struct op *root = NULL;
  arena_reset(&subquery->run);
  expr_env_init(&subquery->env, &subquery->run);
  subquery__inherit(subquery->around, &subquery->exec, &subquery->env, &subquery->run);
  subquery->env.outers = outers;
  subquery->exec.rows_wanted = subquery->expr->subquery->kind == EXPR_SUBQUERY_EXISTS ? 1 : 0;
  status done = op__open(&subquery->exec, subquery->expr->subquery->plan, &root, err);
  if (done == LUMA_OK) done = run_rows(subquery, root, each, context, err);
  exec_close(root);
  subquery__end(&subquery->exec);
  tell_take(subquery->around->env, &subquery->env);
  expr_env_deinit(&subquery->env);
  return done;
}

/* ---- what is made of the rows ---- */

static status take_scalar(struct expr_subquery *subquery, const struct batch *batch, uint32_t row,
                          void *context, bool *ends, struct err *err) {
  struct val *out = context;
  (void)ends;
  if (out->type != VAL_MISSING) {
    status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                              "a SELECT that stands for one value has more than one row");
    if (err) err_hint(err, "LIMIT 1 takes the first, max(…) the greatest, IN asks of all");
    return expr_env_fail(subquery->around->env, subquery->expr->offset, failed, err);
  }
  struct val value = batch->columns[0][row];
  if (value.type == VAL_MISSING) value = val_null();
  return expr_copy_value(&subquery->remembered->kept, &value, out, err);
}

static status take_exists(struct expr_subquery *subquery, const struct batch *batch, uint32_t row,
                          void *context, bool *ends, struct err *err) {
  (void)subquery, (void)batch, (void)row, (void)err;
  *(struct val *)context = val_bool(true);
  *ends = true;
  return LUMA_OK;
}

struct listing {
  struct rows rows;
};

static status take_listed(struct expr_subquery *subquery, const struct batch *batch, uint32_t row,
                          void *context, bool *ends, struct err *err) {
  struct listing *listing = context;
  struct val *place = NULL;
  (void)ends;
  TRY(rows_add(&listing->rows, &place, err));
  return expr_copy_value(&subquery->run, &batch->columns[0][row], place, err);
}

static status make_list(struct expr_subquery *subquery, const struct val *outers, struct val *out,
                        struct err *err) {
  struct listing listing;
  struct build build;
  struct expr_env *env = subquery->around->env;
  rows_init(&listing.rows, &subquery->exec, 1);
  TRY(run(subquery, outers, take_listed, &listing, err));
  struct buf outside = env->scratch; /* an expression may be building a value */
  buf_init(&env->scratch, EXPR_SCRATCH_BYTES_MAX);
  build_init(&build, &env->scratch, NULL);
  build_begin_list(&build);
  for (uint64_t i = 0; i < listing.rows.count; i++) {
    struct val value = *rows_at(&listing.rows, i);
    if (value.type == VAL_MISSING) value = val_null();
    build_put(&build, &value);
  }
  build_end(&build);
  status done = field_take_built(env, &subquery->remembered->kept, &build, out, err);
  build_deinit(&build);
  buf_deinit(&env->scratch);
  env->scratch = outside;
  return done;
}

/* ---- comparison with rows ---- */

static struct val compare_one(struct expr_subquery *subquery, enum expr_op op, const struct val *a,
                              const struct val *b) {
  int order = 0;
  if (val_is_null(a) || val_is_null(b)) return val_null();
  if (!compare_sql(a, b, &order)) {
    subquery->around->env->clashes++;
    return val_null();
  }
  return val_bool(expr_op_keeps(op, order));
}

/** A row equals when all parts do, and is unlike when one part is. */
static struct val compare_row(struct expr_subquery *subquery, const struct val *left,
                              const struct val *row, uint32_t stride) {
  const struct subquery *about = subquery->expr->subquery;
  bool is_unlike = about->op == EXPR_OP_NE;
  struct val result = val_bool(!is_unlike);
  for (uint32_t i = 0; i < about->left_count; i++) {
    struct val part = compare_one(subquery, about->op, &left[i], &row[i * stride]);
    if (about->left_count == 1) return part;
    if (part.type == VAL_BOOL && part.boolean == is_unlike) return part;
    if (part.type != VAL_BOOL) result = val_null();
  }
  return result;
}

/** ANY looks for a true row, ALL for a false one; else unknown ones decide. True when decided. */
static bool weigh(const struct subquery *about, struct val part, struct val *out) {
  if (part.type != VAL_BOOL) *out = val_null();
  bool decides = part.type == VAL_BOOL && part.boolean != about->all;
  if (decides) *out = part;
  return decides;
}

struct comparing {
  const struct val *left;
  struct val out;
};

static status take_compared(struct expr_subquery *subquery, const struct batch *batch, uint32_t row,
                            void *context, bool *ends, struct err *err) {
  struct comparing *comparing = context;
  const struct subquery *about = subquery->expr->subquery;
  struct val parts[SUBQUERY_LEFT_MAX];
  (void)err;
  for (uint32_t i = 0; i < about->left_count; i++) parts[i] = batch->columns[i][row];
  *ends = weigh(about, compare_row(subquery, comparing->left, parts, 1), &comparing->out);
  return LUMA_OK;
}

static status take_kept(struct expr_subquery *subquery, const struct batch *batch, uint32_t row,
                        void *context, bool *ends, struct err *err) {
  struct remembered *known = subquery->remembered;
  struct val *tuple = NULL;
  (void)context, (void)ends;
  TRY(rows_add(&known->rows, &tuple, err));
  for (uint32_t i = 0; i < known->rows.columns; i++)
    TRY(expr_copy_value(&known->kept, &batch->columns[i][row], &tuple[i], err));
  return LUMA_OK;
}

/** = ANY of many rows of one kind of value is a search among them in order. */
static status make_set(struct expr_subquery *subquery, struct err *err) {
  struct remembered *known = subquery->remembered;
  const struct subquery *about = subquery->expr->subquery;
  uint64_t count = known->rows.count;
  if (about->op != EXPR_OP_EQ || about->all || about->left_count != 1 || count > UINT32_MAX)
    return LUMA_OK;
  struct val *values = arena_alloc(&known->kept, (count + 1) * sizeof *values);
  TRY(plan_check_memory(&known->kept, values, err));
  for (uint64_t i = 0; i < count; i++) values[i] = *rows_at(&known->rows, i);
  return in_set_create(&known->kept, values, (uint32_t)count, &known->set, err);
}

static status compare_kept(struct expr_subquery *subquery, const struct val *left, struct val *out,
                           struct err *err) {
  struct remembered *known = subquery->remembered;
  const struct subquery *about = subquery->expr->subquery;
  if (!known->is_read) {
    TRY(run(subquery, NULL, take_kept, NULL, err));
    TRY(make_set(subquery, err));
    known->is_read = true;
  }
  *out = val_bool(about->all);
  if (known->set && val_is_null(left)) *out = val_null();
  if (known->set && (val_is_null(left) || in_set_find(known->set, left, out))) return LUMA_OK;
  for (uint64_t i = 0; i < known->rows.count; i++)
    if (weigh(about, compare_row(subquery, left, rows_at(&known->rows, i), 1), out)) return LUMA_OK;
  return LUMA_OK;
}

/* ---- answers ---- */

static status make_answer(struct expr_subquery *subquery, const struct val *args, struct val *out,
                          struct err *err) {
  const struct subquery *about = subquery->expr->subquery;
  const struct val *outers = args + about->left_count;
  struct comparing comparing = {.left = args, .out = val_bool(about->all)};
  switch (about->kind) {
  case EXPR_SUBQUERY_SCALAR:
    *out = val_missing();
    TRY(run(subquery, outers, take_scalar, out, err));
    if (out->type == VAL_MISSING) *out = val_null();
    return LUMA_OK;
  case EXPR_SUBQUERY_EXISTS:
    *out = val_bool(false);
    return run(subquery, outers, take_exists, out, err);
  case EXPR_SUBQUERY_LIST: return make_list(subquery, outers, out, err);
  case EXPR_SUBQUERY_COMPARE: break;
  }
  TRY(run(subquery, outers, take_compared, &comparing, err));
  *out = comparing.out;
  return LUMA_OK;
}

/** Types count beside values: 1 and 1.0 are equal, and what a SELECT makes of them may not be.
 * Lists and maps are not remembered. */
static bool make_tuple(struct expr_subquery *subquery, const struct val *args) {
  for (uint32_t i = 0; i < subquery->values; i++) {
    if (args[i].type == VAL_LIST || args[i].type == VAL_MAP) return false;
    subquery->tuple[2 * i] = args[i].type == VAL_MISSING ? val_null() : args[i];
    subquery->tuple[2 * i + 1] = val_int64(args[i].type);
  }
  return arena_used_bytes(&subquery->remembered->kept) < subquery->around->memory_bytes / 4;
}

status subquery__answer(struct expr_subquery *subquery, const struct val *args, struct arena *arena,
                        struct val *out, struct err *err) {
  struct remembered *known = subquery->remembered;
  const struct subquery *about = subquery->expr->subquery;
  bool is_alone = subquery->expr->args_count == about->left_count;
  uint32_t number = 0;
  bool is_new = false;
  if (is_alone && about->kind == EXPR_SUBQUERY_COMPARE)
    return compare_kept(subquery, args, out, err);
  if (!make_tuple(subquery, args)) {
    struct arena_mark mark = arena_mark(&known->kept);
    struct val made;
    TRY(make_answer(subquery, args, &made, err));
    TRY(expr_copy_value(arena, &made, out, err));
    arena_rewind(&known->kept, mark);
    return LUMA_OK;
  }
  uint64_t hash = tuple_table_hash(subquery->tuple, 2 * subquery->values);
  TRY(tuple_table_put(&known->asked, subquery->tuple, hash, &number, &is_new, err));
  if (is_new) {
    struct val *place = NULL;
    TRY(rows_add(&known->answers, &place, err));
    *place = val_null();
    TRY(make_answer(subquery, args, place, err));
  }
  *out = *rows_at(&known->answers, number);
  return LUMA_OK;
}

/* ---- life ---- */

/** The executor of the statement. */
static struct exec *outermost(struct exec *exec) {
  while (exec->around) exec = exec->around;
  return exec;
}

static void init_remembered(struct remembered *made, const struct expr *expr, struct exec *exec) {
  made->subquery = expr->subquery;
  arena_init(&made->kept, 0, exec->memory_bytes);
  made->keeper = *exec;
  made->keeper.arena = &made->kept;
  made->keeper.subqueries = NULL;
  tuple_table_init(&made->asked, &made->keeper, 2 * expr->args_count);
  rows_init(&made->answers, &made->keeper, 1);
  rows_init(&made->rows, &made->keeper, expr->subquery->left_count);
}

/** What the SELECT remembers: of the statement where it is steady, else of this run alone. */
static status find_remembered(struct expr_subquery *made, struct err *err) {
  const struct subquery *about = made->expr->subquery;
  struct exec *exec = about->is_steady ? outermost(made->around) : made->around;
  struct remembered *at = about->is_steady ? exec->remembered : NULL;
  while (at && at->subquery != about) at = at->next;
  made->remembered = at;
  if (at) return LUMA_OK;
  at = made->remembered = arena_zalloc(exec->arena, 1, sizeof *at);
  TRY(op__memory(made->around, at, err));
  init_remembered(at, made->expr, exec);
  made->remembers_alone = !about->is_steady;
  if (!about->is_steady) return LUMA_OK;
  at->next = exec->remembered;
  exec->remembered = at;
  return LUMA_OK;
}

status subquery__open(void *context, const struct expr *expr, struct expr_subquery **subquery,
                      struct err *err) {
  struct exec *around = context;
  if (expr->subquery->left_count > SUBQUERY_LEFT_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a row has more than %d values", SUBQUERY_LEFT_MAX);
  struct expr_subquery *made = arena_zalloc(around->arena, 1, sizeof *made);
  TRY(op__memory(around, made, err));
  made->expr = expr;
  made->around = around;
  made->values = expr->args_count;
  made->tuple = arena_alloc(around->arena, (2 * made->values + 1) * sizeof *made->tuple);
  TRY(op__memory(around, made->tuple, err));
  TRY(find_remembered(made, err));
  arena_init(&made->run, RUN_BYTES, around->memory_bytes);
  made->next = around->subqueries;
  around->subqueries = made;
  *subquery = made;
  return LUMA_OK;
}

void subquery__inherit(struct exec *around, struct exec *exec, struct expr_env *env,
                       struct arena *arena) {
  *exec = *around;
  exec->arena = arena;
  exec->env = env;
  exec->around = around;
  exec->subqueries = NULL;
  exec->remembered = NULL;
  exec->ctes = NULL;
  exec->analyze = false;
  exec->threads = 0;
  exec->parts = NULL;
  exec->rows_wanted = 0;
  exec->runs_subqueries.context = exec;
  env->params = around->env->params;
  env->now_us = around->env->now_us;
  env->text = around->env->text;
  env->outers = around->env->outers;
  env->watch = around->env->watch;
  env->subqueries = &exec->runs_subqueries;
}

void subquery__end(struct exec *exec) {
  for (struct expr_subquery *at = exec->subqueries; at; at = at->next) {
    subquery__end(&at->exec);
    arena_deinit(&at->run);
    if (at->remembers_alone) arena_deinit(&at->remembered->kept);
  }
  exec->subqueries = NULL;
  for (struct remembered *at = exec->remembered; at; at = at->next) arena_deinit(&at->kept);
  exec->remembered = NULL;
}
