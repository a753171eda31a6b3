/* SPDX-License-Identifier: MIT */
/* Filtering: the conjuncts of a condition one after the other, each narrowing the rows the next one
 * sees. The commonest conjunct, an attribute against a constant, reads the attribute and decides in
 * one pass without a column in between. */
#include "query/expr/program_int.h"
#include "query/expr/tell.h"
#include "query/func/compare.h"

/** `field op constant`; `keep` has a bit for each order that passes: 1 less, 2 equal, 4 greater. */
struct quick {
  struct field_reader field;
  uint32_t slot, keep;
  enum expr_op op;
  struct val constant;
  struct probe probe;      /* of the constant; count 0: there is none */
  const struct expr *expr; /* what it was made of */
  bool swapped;            /* the constant is its first operand */
};

/** One conjunct: quick, a match, or a program. */
struct conjunct {
  struct quick *quick;
  struct matcher *matcher;
  struct program *program;
  const struct expr *expr;
};

struct filter {
  struct expr_env *env;
  struct conjunct *conjuncts;
  uint32_t count, capacity;
  uint32_t sure; /* so many of the first ones can tell by stored bytes; after filter_prepare */
};

static uint32_t keep_bits(enum expr_op op) {
  switch ((int)op) {
  case EXPR_OP_LT: return 1;
  case EXPR_OP_EQ: return 2;
  case EXPR_OP_LE: return 3;
  case EXPR_OP_GT: return 4;
  case EXPR_OP_NE: return 5;
  case EXPR_OP_GE: return 6;
  default: return 0;
  }
}

static bool is_constant(const struct expr *expr) {
  return expr->kind == EXPR_CONST || expr->kind == EXPR_PARAM;
}

static bool is_plain_field(const struct expr *expr) {
  return expr->kind == EXPR_FIELD && expr->path.count > 0 && !expr->dotted;
}

static status make_quick(struct filter *filter, const struct expr *expr, struct quick **out,
                         struct err *err) {
  *out = NULL;
  if (expr->kind != EXPR_BINARY || expr->mongo || keep_bits(expr->op) == 0) return LUMA_OK;
  bool swapped = is_constant(expr->args[0]);
  const struct expr *field = expr->args[swapped], *constant = expr->args[!swapped];
  if (!is_plain_field(field) || !is_constant(constant)) return LUMA_OK;
  struct quick *quick = arena_zalloc(filter->env->arena, 1, sizeof *quick);
  TRY(plan_check_memory(filter->env->arena, quick, err));
  TRY(program_constant(filter->env, constant, &quick->constant, err));
  TRY(field_reader_init(&quick->field, filter->env, &field->path, field->key, false, err));
  quick->op = swapped ? expr_op_swapped(expr->op) : expr->op;
  quick->keep = keep_bits(quick->op);
  quick->slot = field->slot;
  quick->expr = expr;
  quick->swapped = swapped;
  if (probe_takes(&quick->constant, 1))
    quick->probe = (struct probe){
        .keep = quick->keep, .count = 1, .values = &quick->constant, .knows_nulls = true};
  *out = quick;
  return LUMA_OK;
}

static status add_room(struct filter *filter, const struct expr *expr, struct conjunct **conjunct,
                       struct err *err) {
  if (filter->count == filter->capacity) {
    uint32_t capacity = filter->capacity ? filter->capacity * 2 : 2;
    struct conjunct *conjuncts = arena_zalloc(filter->env->arena, capacity, sizeof *conjuncts);
    TRY(plan_check_memory(filter->env->arena, conjuncts, err));
    if (filter->count) memcpy(conjuncts, filter->conjuncts, filter->count * sizeof *conjuncts);
    filter->conjuncts = conjuncts;
    filter->capacity = capacity;
  }
  *conjunct = &filter->conjuncts[filter->count++];
  (*conjunct)->expr = expr;
  return LUMA_OK;
}

/** Each child of an AND narrows what the next one sees. */
static status add_match(struct filter *filter, const struct expr *expr, const struct match *match,
                        struct err *err) {
  struct conjunct *conjunct = NULL;
  if (match->op == MATCH_AND) {
    for (uint32_t i = 0; i < match->children_count; i++)
      TRY(add_match(filter, expr, match->children[i], err));
    return LUMA_OK;
  }
  TRY(add_room(filter, expr, &conjunct, err));
  return matcher_create(filter->env, match, &conjunct->matcher, err);
}

static status add_conjunct(struct filter *filter, const struct expr *expr, struct err *err) {
  struct conjunct *conjunct = NULL;
  if (expr->kind == EXPR_BINARY && expr->op == EXPR_OP_AND) {
    TRY(add_conjunct(filter, expr->args[0], err));
    return add_conjunct(filter, expr->args[1], err);
  }
  if (expr->kind == EXPR_MATCH) return add_match(filter, expr, expr->match, err);
  TRY(add_room(filter, expr, &conjunct, err));
  TRY(make_quick(filter, expr, &conjunct->quick, err));
  return conjunct->quick ? LUMA_OK : program_create(filter->env, expr, &conjunct->program, err);
}

status filter_create(struct expr_env *env, const struct expr *condition, struct filter **filter,
                     struct err *err) {
  struct filter *made = arena_zalloc(env->arena, 1, sizeof *made);
  TRY(plan_check_memory(env->arena, made, err));
  made->env = env;
  *filter = made;
  return add_conjunct(made, condition, err);
}

/** The comparison met a value that does not compare, and counted it. */
static void tell_quick(const struct quick *quick, struct expr_env *env, const struct val *v) {
  const struct val straight[2] = {*v, quick->constant}, crossed[2] = {quick->constant, *v};
  env->clashes--;
  tell_clash(env, quick->expr, quick->swapped ? crossed : straight, 2);
}

static bool passes_quick(const struct quick *quick, struct expr_env *env, const struct val *v) {
  uint64_t before = env->clashes;
  struct val truth = program__compare(env, quick->op, v, &quick->constant);
  if (env->clashes != before) tell_quick(quick, env, v);
  return truth.type == VAL_BOOL && truth.boolean;
}

static bool keeps_quick(const struct quick *quick, struct expr_env *env,
                        const struct val *document) {
  enum probe_answer answer =
      quick->probe.count ? field_ask(&quick->field, &quick->probe, document) : PROBE_UNSURE;
  if (answer != PROBE_UNSURE) return answer == PROBE_YES;
  struct val v = field_read(&quick->field, document);
  return passes_quick(quick, env, &v);
}

static status run_quick(struct filter *filter, struct quick *quick, struct batch *batch,
                        uint32_t *kept, struct err *err) {
  const struct val *first = &batch->columns[quick->slot][batch_row(batch, 0)];
  TRY(field_reader_bind(&quick->field, filter->env, first, err));
  *kept = 0;
  for (uint32_t i = 0; i < batch->selected_count; i++) {
    uint32_t row = batch_row(batch, i);
    batch->selection_room[*kept] = (uint16_t)row;
    *kept += keeps_quick(quick, filter->env, &batch->columns[quick->slot][row]);
  }
  return LUMA_OK;
}

static status run_matcher(struct filter *filter, struct matcher *matcher, struct batch *batch,
                          struct arena *arena, uint32_t *kept, struct err *err) {
  TRY(matcher_begin(matcher, filter->env, batch, arena, err));
  return matcher_keep(matcher, batch, kept, err);
}

static status run_program(struct filter *filter, const struct conjunct *conjunct,
                          struct batch *batch, struct arena *arena, uint32_t *kept,
                          struct err *err) {
  const struct val *values = NULL;
  uint32_t stride = 0;
  *kept = 0;
  TRY(program_run(conjunct->program, batch, arena, &values, &stride, err));
  for (uint32_t i = 0; i < batch->selected_count; i++) {
    uint32_t row = batch_row(batch, i);
    const struct val *v = &values[row * stride];
    if (v->type != VAL_BOOL && !val_is_null(v)) tell_no_truth(filter->env, conjunct->expr, v);
    batch->selection_room[*kept] = (uint16_t)row;
    *kept += v->type == VAL_BOOL && v->boolean;
  }
  return LUMA_OK;
}

static status prepare_quick(struct filter *filter, struct quick *quick, const struct names *names,
                            bool *can, struct err *err) {
  const struct val document = {.type = VAL_MAP, .names = names};
  *can = quick->probe.count && quick->slot == 0;
  return *can ? field_reader_bind(&quick->field, filter->env, &document, err) : LUMA_OK;
}

status filter_prepare(struct filter *filter, const struct names *names, bool *can,
                      struct err *err) {
  bool is_sure = true;
  for (filter->sure = 0; filter->sure < filter->count; filter->sure += is_sure) {
    struct conjunct *conjunct = &filter->conjuncts[filter->sure];
    is_sure = false;
    if (conjunct->quick)
      TRY(prepare_quick(filter, conjunct->quick, names, &is_sure, err));
    else if (conjunct->matcher)
      TRY(matcher_prepare(conjunct->matcher, filter->env, names, &is_sure, err));
    if (!is_sure) break;
  }
  *can = filter->sure > 0;
  return LUMA_OK;
}

bool filter_drops(const void *context, const struct doc *document) {
  const struct filter *filter = context;
  struct val root = doc_root(document);
  for (uint32_t i = 0; i < filter->sure; i++) {
    const struct quick *quick = filter->conjuncts[i].quick;
    enum probe_answer answer = quick ? field_ask(&quick->field, &quick->probe, &root) : PROBE_YES;
    if (answer == PROBE_UNSURE) return false;
    if (answer == PROBE_NO) return true;
    if (!quick && matcher_refuses(filter->conjuncts[i].matcher, &root)) return true;
  }
  return false;
}

status filter_run(struct filter *filter, struct batch *batch, struct arena *arena,
                  struct err *err) {
  for (uint32_t i = 0; i < filter->count && batch->selected_count; i++) {
    struct conjunct *conjunct = &filter->conjuncts[i];
    uint32_t kept = 0;
    status ran;
    if (conjunct->quick)
      ran = run_quick(filter, conjunct->quick, batch, &kept, err);
    else if (conjunct->matcher)
      ran = run_matcher(filter, conjunct->matcher, batch, arena, &kept, err);
    else
      ran = run_program(filter, conjunct, batch, arena, &kept, err);
    if (ran != LUMA_OK) return expr_env_fail(filter->env, conjunct->expr->offset, ran, err);
    batch->selected = batch->selection_room;
    batch->selected_count = kept;
  }
  return LUMA_OK;
}
