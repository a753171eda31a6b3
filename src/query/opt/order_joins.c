/* SPDX-License-Identifier: MIT */
/* "order joins": inner and cross joins of several sources are put in an order in which each next
 * source meets the rows so far by an equality and leaves few of them: greedily, from the smallest
 * source on. A PROJECT puts the columns back. (Greedy operator ordering after Fegaras, "A new
 * heuristic for optimizing large queries", 1998, cut down to left-deep trees: the kept side of a
 * hash join is then always a source.) */
#include "query/opt/opt_int.h"

enum { SOURCES_MAX = 128, CONJUNCTS_MAX = 1024 };

struct source {
  struct plan *node;
  uint32_t first;      /* its first column among those of the tree */
  double rows, stored; /* left of its own filters; before them */
  bool is_taken;
};

struct conjunct {
  struct expr *expr;
  uint64_t sources[2]; /* a bit for each source it reads */
  bool is_equality, is_placed;
};

struct ordering {
  struct opt *opt;
  struct source sources[SOURCES_MAX];
  uint32_t count;
  struct conjunct conjuncts[CONJUNCTS_MAX];
  uint32_t conjuncts_count;
  uint32_t order[SOURCES_MAX];
  bool is_full;
};

static bool is_free(const struct plan *node) {
  return node->kind == PLAN_JOIN && !node->is_lateral &&
         (node->join == PLAN_JOIN_INNER || node->join == PLAN_JOIN_CROSS);
}

/* ---- taking the tree apart ---- */

static double stored_rows(struct opt *opt, const struct plan *node) {
  while (node->kind == PLAN_FILTER) node = node->input;
  double rows = opt__rows(opt, node);
  return rows < 1 ? 1 : rows;
}

static void set_bit(uint64_t bits[2], uint32_t at) {
  bits[at / 64] |= UINT64_C(1) << (at % 64);
}

static bool has_bit(const uint64_t bits[2], uint32_t at) {
  return bits[at / 64] >> (at % 64) & 1;
}

static uint32_t source_of(const struct ordering *ordering, uint32_t slot) {
  uint32_t at = ordering->count;
  while (at-- > 0)
    if (slot >= ordering->sources[at].first) return at;
  return 0;
}

static void find_sources(const struct ordering *ordering, const struct expr *expr,
                         uint64_t bits[2]) {
  if (!expr) return;
  if (expr->kind == EXPR_FIELD) set_bit(bits, source_of(ordering, expr->slot));
  for (uint32_t i = 0; i < expr->args_count; i++) find_sources(ordering, expr->args[i], bits);
}

static status add_conjunct(void *context, struct expr *expr, struct err *err) {
  struct ordering *ordering = context;
  (void)err;
  if (ordering->conjuncts_count == CONJUNCTS_MAX || expr->match) {
    ordering->is_full = true;
    return LUMA_OK;
  }
  ordering->conjuncts[ordering->conjuncts_count++] = (struct conjunct){
      .expr = expr,
      .is_equality = expr->kind == EXPR_BINARY && expr->op == EXPR_OP_EQ && !expr->mongo};
  return LUMA_OK;
}

/** Sources from left to right, conditions moved to the columns of the whole tree, which they have
 * already but for their first column. */
static status take_apart(struct ordering *ordering, struct plan *node, uint32_t first,
                         struct err *err) {
  if (!is_free(node)) {
    if (ordering->count == SOURCES_MAX) {
      ordering->is_full = true;
      return LUMA_OK;
    }
    ordering->sources[ordering->count++] =
        (struct source){.node = node,
                        .first = first,
                        .rows = opt__rows(ordering->opt, node),
                        .stored = stored_rows(ordering->opt, node)};
    return LUMA_OK;
  }
  TRY(take_apart(ordering, node->input, first, err));
  TRY(take_apart(ordering, node->right, first + node->input->columns_count, err));
  if (!node->condition) return LUMA_OK;
  struct expr *moved = node->condition;
  if (first) TRY(opt__shift(ordering->opt, moved, first, &moved, err));
  return opt__conjuncts(moved, add_conjunct, ordering, err);
}

/* ---- the order ---- */

/** Whether the conjunct joins `next` to what is taken. */
static bool joins(const struct ordering *ordering, const struct conjunct *conjunct, uint32_t next) {
  bool others = false;
  if (!conjunct->is_equality || !has_bit(conjunct->sources, next)) return false;
  for (uint32_t i = 0; i < ordering->count; i++) {
    if (i == next || !has_bit(conjunct->sources, i)) continue;
    if (!ordering->sources[i].is_taken) return false;
    others = true;
  }
  return others;
}

/** Rows after joining `next` to `rows`: each equality leaves one of as many as the larger side has
 * stored. */
static double joined_rows(const struct ordering *ordering, double rows, uint32_t next,
                          bool *is_joined) {
  const struct source *source = &ordering->sources[next];
  double result = rows * source->rows;
  *is_joined = false;
  for (uint32_t i = 0; i < ordering->conjuncts_count; i++) {
    if (!joins(ordering, &ordering->conjuncts[i], next)) continue;
    result /= *is_joined ? 2 : source->stored;
    *is_joined = true;
  }
  return result;
}

static uint32_t pick_next(const struct ordering *ordering, double *rows) {
  uint32_t best = UINT32_MAX;
  double best_rows = 0;
  bool best_joined = false;
  for (uint32_t i = 0; i < ordering->count; i++) {
    bool is_joined = false;
    if (ordering->sources[i].is_taken) continue;
    double result = joined_rows(ordering, *rows, i, &is_joined);
    bool is_better = best == UINT32_MAX || is_joined > best_joined ||
                     (is_joined == best_joined && result < best_rows);
    if (!is_better) continue;
    best = i;
    best_rows = result;
    best_joined = is_joined;
  }
  *rows = best_rows;
  return best;
}

/** Whether an equality with another source reads this one. */
static bool is_connected(const struct ordering *ordering, uint32_t at) {
  for (uint32_t i = 0; i < ordering->conjuncts_count; i++)
    if (ordering->conjuncts[i].is_equality && has_bit(ordering->conjuncts[i].sources, at))
      return true;
  return false;
}

static void choose(struct ordering *ordering) {
  uint32_t first = 0;
  for (uint32_t i = 1; i < ordering->count; i++) {
    bool here = is_connected(ordering, i), there = is_connected(ordering, first);
    bool is_smaller = ordering->sources[i].rows < ordering->sources[first].rows;
    if (here > there || (here == there && is_smaller)) first = i;
  }
  double rows = ordering->sources[first].rows;
  ordering->order[0] = first;
  ordering->sources[first].is_taken = true;
  for (uint32_t i = 1; i < ordering->count; i++) {
    ordering->order[i] = pick_next(ordering, &rows);
    ordering->sources[ordering->order[i]].is_taken = true;
  }
}

/* ---- putting it together ---- */

static bool is_same_order(const struct ordering *ordering) {
  for (uint32_t i = 0; i < ordering->count; i++)
    if (ordering->order[i] != i) return false;
  return true;
}

/** New slots for old ones, by old slot. */
static status make_slots(struct ordering *ordering, uint32_t width, uint32_t **slots,
                         struct err *err) {
  uint32_t next = 0;
  *slots = arena_zalloc(ordering->opt->arena, width + 1, sizeof **slots);
  TRY(opt__memory(ordering->opt, *slots, err));
  for (uint32_t i = 0; i < ordering->count; i++) {
    const struct source *source = &ordering->sources[ordering->order[i]];
    for (uint32_t c = 0; c < source->node->columns_count; c++) (*slots)[source->first + c] = next++;
  }
  return LUMA_OK;
}

/** A copy of a conjunct over the new slots. */
static status move(struct opt *opt, const struct expr *expr, const uint32_t *slots,
                   struct expr **out, struct err *err) {
  *out = NULL;
  if (!expr) return LUMA_OK;
  struct expr *copy = arena_copy(opt->arena, expr, sizeof *copy);
  TRY(opt__memory(opt, copy, err));
  *out = copy;
  if (copy->kind == EXPR_FIELD) copy->slot = slots[copy->slot];
  if (!copy->args_count) return LUMA_OK;
  copy->args = arena_copy(opt->arena, copy->args, copy->args_count * sizeof *copy->args);
  TRY(opt__memory(opt, copy->args, err));
  for (uint32_t i = 0; i < copy->args_count; i++)
    TRY(move(opt, expr->args[i], slots, &copy->args[i], err));
  return LUMA_OK;
}

/** What can be asked once the sources of `taken` are together. */
static status take_conjuncts(struct ordering *ordering, const uint64_t taken[2],
                             const uint32_t *slots, struct expr **condition, struct err *err) {
  for (uint32_t i = 0; i < ordering->conjuncts_count; i++) {
    struct conjunct *conjunct = &ordering->conjuncts[i];
    bool is_ready = !(conjunct->sources[0] & ~taken[0]) && !(conjunct->sources[1] & ~taken[1]);
    struct expr *moved = NULL;
    if (conjunct->is_placed || !is_ready) continue;
    TRY(move(ordering->opt, conjunct->expr, slots, &moved, err));
    TRY(opt__and(ordering->opt, *condition, moved, condition, err));
    conjunct->is_placed = true;
  }
  return LUMA_OK;
}

static status join_two(struct ordering *ordering, struct plan *left, struct plan *right,
                       uint64_t offset, struct plan **out, struct err *err) {
  struct plan *join = plan_node(ordering->opt->arena, PLAN_JOIN, left, offset);
  TRY(opt__memory(ordering->opt, join, err));
  uint32_t width = left->columns_count + right->columns_count;
  join->right = right;
  join->columns = arena_zalloc(ordering->opt->arena, width + 1, sizeof *join->columns);
  TRY(opt__memory(ordering->opt, join->columns, err));
  if (left->columns_count)
    memcpy(join->columns, left->columns, left->columns_count * sizeof *join->columns);
  if (right->columns_count)
    memcpy(join->columns + left->columns_count, right->columns,
           right->columns_count * sizeof *join->columns);
  join->columns_count = width;
  *out = join;
  return LUMA_OK;
}

static status rebuild(struct ordering *ordering, const uint32_t *slots, uint64_t offset,
                      struct plan **tree, struct err *err) {
  uint64_t taken[2] = {0, 0};
  *tree = ordering->sources[ordering->order[0]].node;
  set_bit(taken, ordering->order[0]);
  for (uint32_t i = 1; i < ordering->count; i++) {
    struct plan *right = ordering->sources[ordering->order[i]].node;
    TRY(join_two(ordering, *tree, right, offset, tree, err));
    set_bit(taken, ordering->order[i]);
    TRY(take_conjuncts(ordering, taken, slots, &(*tree)->condition, err));
    (*tree)->join = (*tree)->condition ? PLAN_JOIN_INNER : PLAN_JOIN_CROSS;
  }
  return LUMA_OK;
}

/** The columns in the order that nodes above know. */
static status put_back(struct opt *opt, const struct plan *old, const uint32_t *slots,
                       struct plan **tree, struct err *err) {
  struct plan *project = plan_node(opt->arena, PLAN_PROJECT, *tree, old->offset);
  TRY(opt__memory(opt, project, err));
  uint32_t count = old->columns_count;
  project->exprs = arena_zalloc(opt->arena, count + 1, sizeof *project->exprs);
  TRY(opt__memory(opt, project->exprs, err));
  for (uint32_t i = 0; i < count; i++) {
    struct expr *field = arena_zalloc(opt->arena, 1, sizeof *field);
    TRY(opt__memory(opt, field, err));
    *field = (struct expr){
        .kind = EXPR_FIELD, .slot = slots[i], .name = old->columns[i].name, .offset = old->offset};
    project->exprs[i] = field;
  }
  project->exprs_count = project->columns_count = count;
  project->columns = old->columns;
  project->is_derived = true;
  *tree = project;
  return LUMA_OK;
}

static status order_tree(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *old = *node, *tree = NULL;
  struct ordering *ordering = arena_zalloc(opt->arena, 1, sizeof *ordering);
  uint32_t *slots = NULL;
  TRY(opt__memory(opt, ordering, err));
  ordering->opt = opt;
  TRY(take_apart(ordering, old, 0, err));
  if (ordering->is_full || ordering->count < 3) return LUMA_OK;
  for (uint32_t i = 0; i < ordering->conjuncts_count; i++)
    find_sources(ordering, ordering->conjuncts[i].expr, ordering->conjuncts[i].sources);
  choose(ordering);
  if (is_same_order(ordering)) return LUMA_OK;
  TRY(make_slots(ordering, old->columns_count, &slots, err));
  TRY(rebuild(ordering, slots, old->offset, &tree, err));
  TRY(put_back(opt, old, slots, &tree, err));
  *node = tree;
  return LUMA_OK;
}

/** The topmost joins of a tree, below a node that is none. */
status opt__order_joins(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *plan = *node;
  if (is_free(plan)) return LUMA_OK; /* its root comes later, or is that of the statement */
  if (plan->input && is_free(plan->input)) TRY(order_tree(opt, &plan->input, err));
  if (plan->right && is_free(plan->right)) TRY(order_tree(opt, &plan->right, err));
  return LUMA_OK;
}
