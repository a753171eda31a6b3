/* SPDX-License-Identifier: MIT */
/* "choose join methods": an equality between the two sides makes a hash join; when the left side is
 * small beside the right, and the right can be read by that attribute through its key or an index,
 * the documents are looked up instead. */
#include "query/opt/access.h"

static const double lookup_advantage =
    8; /* a lookup costs as much as so many rows read in sequence */

struct pairs {
  struct opt *opt;
  uint32_t width; /* columns of the left side */
  struct expr *left[INDEX_KEYS_MAX], *right[INDEX_KEYS_MAX];
  uint32_t count;
};

enum side { SIDE_NONE, SIDE_LEFT, SIDE_RIGHT, SIDE_BOTH };

static enum side side_of(const struct expr *expr, uint32_t width) {
  uint32_t low = 0, high = 0;
  if (!opt__slots(expr, &low, &high)) return SIDE_NONE;
  if (high < width) return SIDE_LEFT;
  return low >= width ? SIDE_RIGHT : SIDE_BOTH;
}

static status find_pair(void *context, struct expr *conjunct, struct err *err) {
  struct pairs *pairs = context;
  if (conjunct->kind != EXPR_BINARY || conjunct->op != EXPR_OP_EQ || conjunct->mongo)
    return LUMA_OK;
  if (pairs->count == INDEX_KEYS_MAX) return LUMA_OK;
  enum side first = side_of(conjunct->args[0], pairs->width),
            second = side_of(conjunct->args[1], pairs->width);
  bool straight = first == SIDE_LEFT && second == SIDE_RIGHT,
       crossed = first == SIDE_RIGHT && second == SIDE_LEFT;
  if (!straight && !crossed) return LUMA_OK;
  pairs->left[pairs->count] = conjunct->args[crossed];
  TRY(opt__shift(pairs->opt, conjunct->args[straight], -(int64_t)pairs->width,
                 &pairs->right[pairs->count], err));
  pairs->count++;
  return LUMA_OK;
}

static status copy_exprs(struct opt *opt, struct expr *const *from, uint32_t count,
                         struct expr ***to, struct err *err) {
  *to = arena_copy(opt->arena, from, count * sizeof **to);
  return opt__memory(opt, *to, err);
}

/** The index (NULL: the key) through which the value of the right side can be looked up; `*found`
 * false if there is none. */
static status find_lookup(struct opt *opt, const struct plan *scan, const struct expr *value,
                          const struct catalog_index **index, bool *found, struct err *err) {
  bool is_path = value->kind == EXPR_FIELD && !value->dotted && value->path.count > 0;
  *index = NULL;
  *found = is_path && access_is_key(scan->collection, &value->path, value->key);
  bool is_out = value->kind == EXPR_FIELD ? !is_path || value->key : opt__has_subquery(value);
  if (*found || is_out) return LUMA_OK;
  for (uint32_t i = 0; !*found && i < scan->collection->indexes_count; i++) {
    const struct catalog_index *candidate = &scan->collection->indexes[i];
    struct expr *const *keys = NULL;
    bool is_read = candidate->state == CATALOG_INDEX_PUBLIC && !candidate->hidden;
    bool is_other = candidate->def.wildcard.bytes || !access_collates(opt, candidate);
    if (!is_read || is_other || catalog_index_is_partial(candidate)) continue;
    TRY(opt__index_keys(opt, candidate, &keys, err));
    *found = is_path ? path_is_equal(&candidate->def.keys[0].path, &value->path)
                     : keys && keys[0] && expr_is_equal(keys[0], value);
    if (*found) *index = candidate;
  }
  return LUMA_OK;
}

/** The SCAN of the right side, below at most one FILTER. */
static struct plan *scan_of(struct plan *right) {
  if (right->kind == PLAN_FILTER) right = right->input;
  return right->kind == PLAN_SCAN && right->collection ? right : NULL;
}

/** A FILTER over the right side becomes part of ON: asked of each pair. */
static status take_filter(struct opt *opt, struct plan *join, struct err *err) {
  struct expr *moved = NULL;
  if (join->right->kind != PLAN_FILTER) return LUMA_OK;
  TRY(opt__shift(opt, join->right->condition, join->input->columns_count, &moved, err));
  TRY(opt__and(opt, join->condition, moved, &join->condition, err));
  join->right = join->right->input;
  return LUMA_OK;
}

static status use_lookup(struct opt *opt, struct plan *join, uint32_t pair,
                         const struct catalog_index *index, struct err *err) {
  struct plan_physical *scan = NULL, *physical = join->physical;
  TRY(take_filter(opt, join, err));
  TRY(opt__physical(opt, join->right, &scan, err));
  scan->access = arena_zalloc(opt->arena, 1, sizeof *scan->access);
  TRY(opt__memory(opt, scan->access, err));
  scan->access->index = index;
  scan->access->rows = 1;
  physical->join = PLAN_JOIN_INDEX;
  physical->left_keys[0] = physical->left_keys[pair];
  physical->right_keys[0] = physical->right_keys[pair];
  physical->keys_count = 1;
  return LUMA_OK;
}

static status consider_lookup(struct opt *opt, struct plan *join, struct err *err) {
  const struct plan *scan = scan_of(join->right);
  const struct catalog_index *index = NULL;
  if (!scan || join->join == PLAN_JOIN_FULL) return LUMA_OK;
  double left = opt__rows(opt, join->input), right = access_count(opt, scan->collection);
  if (left * lookup_advantage > right) return LUMA_OK;
  for (uint32_t i = 0; i < join->physical->keys_count; i++) {
    bool found = false;
    TRY(find_lookup(opt, scan, join->physical->right_keys[i], &index, &found, err));
    if (found) return use_lookup(opt, join, i, index, err);
  }
  return LUMA_OK;
}

status opt__join(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *join = *node;
  struct pairs pairs = {.opt = opt};
  if (join->kind != PLAN_JOIN || !join->condition || join->is_lateral) return LUMA_OK;
  pairs.width = join->input->columns_count;
  TRY(opt__conjuncts(join->condition, find_pair, &pairs, err));
  if (pairs.count == 0) return LUMA_OK;
  struct plan_physical *physical = NULL;
  TRY(opt__physical(opt, join, &physical, err));
  physical->join = PLAN_JOIN_HASH;
  physical->keys_count = pairs.count;
  TRY(copy_exprs(opt, pairs.left, pairs.count, &physical->left_keys, err));
  TRY(copy_exprs(opt, pairs.right, pairs.count, &physical->right_keys, err));
  physical->keeps_left =
      join->join == PLAN_JOIN_INNER && opt__rows(opt, join->input) < opt__rows(opt, join->right);
  return consider_lookup(opt, join, err);
}
