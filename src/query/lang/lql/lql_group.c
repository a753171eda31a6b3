/* SPDX-License-Identifier: MIT */
/* GROUP BY: its keys, ROLLUP, CUBE and GROUPING SETS as the sets they stand for. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_query.h"

static struct lql_sets *add_set(struct lql *lql, struct lql_sets *sets, struct lql_list *set) {
  if (!sets) sets = arena_zalloc(lql->arena, 1, sizeof *sets);
  if (!sets || !set) return NULL;
  if (sets->count == LQL_SETS_MAX) {
    lql__fail(lql, LUMA_TOO_LARGE, set->count ? set->items[0]->offset : 0,
              "GROUP BY has over %d grouping sets", LQL_SETS_MAX);
    return NULL;
  }
  sets->items = lql__grow(lql, sets->items, sets->count, &sets->capacity, sizeof(void *));
  if (!sets->items) return NULL;
  sets->items[sets->count++] = set;
  return sets;
}

/* A row stands for its parts. */
static struct lql_list *add_keys(struct lql *lql, struct lql_list *set, struct expr *expr) {
  if (!expr->is_row || expr->kind != EXPR_LIST)
    return lql__append(lql, set, expr, slice_of(NULL, 0));
  for (uint32_t i = 0; set && i < expr->args_count; i++)
    set = lql__append(lql, set, expr->args[i], slice_of(NULL, 0));
  return set;
}

struct lql_sets *lql__set_of(struct lql *lql, struct expr *expr) {
  struct lql_list *set = lql__list(lql);
  return add_set(lql, NULL, expr && set ? add_keys(lql, set, expr) : set);
}

struct lql_sets *lql__named_key(struct lql *lql, struct expr *expr, struct slice name) {
  struct lql_list *set = expr ? lql__append(lql, lql__list(lql), expr, name) : NULL;
  return set ? add_set(lql, NULL, set) : NULL;
}

struct lql_sets *lql__rollup(struct lql *lql, const struct lql_list *keys) {
  struct lql_sets *sets = NULL;
  for (uint32_t count = keys ? keys->count + 1 : 0; count-- > 0;) {
    struct lql_list *set = lql__list(lql);
    for (uint32_t i = 0; set && i < count; i++) set = add_keys(lql, set, keys->items[i]);
    sets = add_set(lql, sets, set);
    if (!sets) return NULL;
  }
  return sets;
}

struct lql_sets *lql__cube(struct lql *lql, struct lql_token at, const struct lql_list *keys) {
  struct lql_sets *sets = NULL;
  if (!keys) return NULL;
  if (keys->count > 8) {
    lql__fail(lql, LUMA_TOO_LARGE, at.offset, "GROUP BY has over %d grouping sets", LQL_SETS_MAX);
    return NULL;
  }
  for (uint32_t mask = 1u << keys->count; mask-- > 0;) {
    struct lql_list *set = lql__list(lql);
    for (uint32_t i = 0; set && i < keys->count; i++)
      if (mask >> (keys->count - 1 - i) & 1) set = add_keys(lql, set, keys->items[i]);
    sets = add_set(lql, sets, set);
    if (!sets) return NULL;
  }
  return sets;
}

struct lql_sets *lql__join_sets(struct lql *lql, struct lql_sets *a, const struct lql_sets *b) {
  for (uint32_t i = 0; a && b && i < b->count; i++) a = add_set(lql, a, b->items[i]);
  return b ? a : NULL;
}

static struct lql_list *both(struct lql *lql, const struct lql_list *a, const struct lql_list *b) {
  struct lql_list *made = lql__list(lql);
  for (uint32_t i = 0; made && i < a->count; i++)
    made = lql__append(lql, made, a->items[i], a->names[i]);
  for (uint32_t i = 0; made && i < b->count; i++)
    made = lql__append(lql, made, b->items[i], b->names[i]);
  return made;
}

struct lql_group *lql__group(struct lql *lql, struct lql_group *group, struct lql_sets *item) {
  if (!item) return NULL;
  if (!group) {
    group = arena_zalloc(lql->arena, 1, sizeof *group);
    if (group) group->sets = item;
    return group;
  }
  struct lql_sets *product = NULL;
  for (uint32_t a = 0; a < group->sets->count; a++) {
    for (uint32_t b = 0; b < item->count; b++) {
      product = add_set(lql, product, both(lql, group->sets->items[a], item->items[b]));
      if (!product) return NULL;
    }
  }
  group->sets = product;
  return group;
}

/* The number of a key, which is appended if no equal one is there. */
static uint32_t key_number(struct lql *lql, struct lql_list **keys, struct expr *key,
                           struct slice name) {
  for (uint32_t i = 0; i < (*keys)->count; i++)
    if (expr_is_equal((*keys)->items[i], key)) return i;
  *keys = lql__append(lql, *keys, key, name);
  return *keys ? (*keys)->count - 1 : 0;
}

/* Sets of the same keys stand once; how many are left. */
static uint32_t keep_different(uint64_t *masks, uint32_t count) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t at = 0;
    while (at < kept && masks[at] != masks[i]) at++;
    if (at == kept) masks[kept++] = masks[i];
  }
  return kept;
}

struct plan *lql__aggregate(struct lql *lql, struct plan *input, const struct lql_group *group,
                            uint64_t offset) {
  const struct lql_sets *sets = group->sets;
  struct lql_list *keys = lql__list(lql);
  uint64_t *masks = arena_zalloc(lql->arena, sets->count, sizeof *masks);
  if (!masks) return NULL;
  for (uint32_t s = 0; s < sets->count; s++) {
    for (uint32_t i = 0; keys && i < sets->items[s]->count; i++) {
      uint32_t number = key_number(lql, &keys, sets->items[s]->items[i], sets->items[s]->names[i]);
      if (number < LQL_SET_KEYS_MAX) masks[s] |= UINT64_C(1) << number;
    }
  }
  if (!keys) return NULL;
  struct plan *made = plan_node(lql->arena, PLAN_AGGREGATE, input, offset);
  if (!made) return NULL;
  if (keys->count) made->offset = keys->items[0]->offset;
  made->exprs = keys->items;
  made->exprs_count = made->keys_count = keys->count;
  for (uint32_t i = 0; i < keys->count; i++)
    if (keys->names[i].bytes) made->key_names = keys->names;
  bool is_plain = sets->count == 1 && keys->count;
  if (is_plain) return made;
  if (keys->count > LQL_SET_KEYS_MAX) {
    lql__fail(lql, LUMA_TOO_LARGE, offset, "grouping sets have over %d keys", LQL_SET_KEYS_MAX);
    return NULL;
  }
  made->sets = masks;
  made->sets_count = group->is_distinct ? keep_different(masks, sets->count) : sets->count;
  return made;
}
