/* SPDX-License-Identifier: MIT */
/* What a select list may say in short: `*` but for some columns, GROUP BY ALL, and QUALIFY, which
 * knows the items by their names. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_query.h"

/* ---- * EXCLUDE, REPLACE, RENAME ---- */

struct lql_but *lql__but(struct lql *lql, struct lql_but *but, struct lql_token at,
                         const struct lql_but *more) {
  if (!but) but = arena_zalloc(lql->arena, 1, sizeof *but);
  if (!but || (!more->without && !more->replaced && !more->renamed)) return NULL;
  bool is_twice = (more->without && but->without) || (more->replaced && but->replaced) ||
                  (more->renamed && but->renamed);
  if (is_twice) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, at.offset, "`%.*s` is said twice of one star",
              SLICE_ARG(at.text));
    return NULL;
  }
  if (more->without) but->without = more->without;
  if (more->replaced) but->replaced = more->replaced;
  if (more->renamed) but->renamed = more->renamed;
  return but;
}

struct expr *lql__star_but(struct lql *lql, struct expr *star, const struct lql_but *but) {
  if (!star || !but) return star;
  if (star->kind != EXPR_STAR) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, star->offset,
              "EXCLUDE, REPLACE and RENAME follow the star of a source");
    lql__hint(lql, "SELECT * EXCLUDE (a) FROM c, SELECT c.* EXCLUDE (a) FROM c");
    return NULL;
  }
  struct expr_star *made = arena_zalloc(lql->arena, 1, sizeof *made);
  if (!made) return NULL;
  if (but->without) {
    made->without = but->without->names;
    made->without_count = but->without->count;
  }
  if (but->renamed) {
    made->renamed = but->renamed->items;
    made->renamed_names = but->renamed->names;
    made->renamed_count = but->renamed->count;
  }
  star->star = made;
  if (!but->replaced) return star;
  star->args = but->replaced->items;
  star->args_count = but->replaced->count;
  star->names = but->replaced->names;
  return star;
}

/* ---- GROUP BY ALL ---- */

struct lql_group *lql__group_all(struct lql *lql) {
  return arena_zalloc(lql->arena, 1, sizeof(struct lql_group));
}

static bool is_of_groups(const struct expr *expr) {
  bool is = expr->kind == EXPR_AGGREGATE || expr->kind == EXPR_WINDOW;
  for (uint32_t i = 0; !is && i < expr->args_count; i++) is = is_of_groups(expr->args[i]);
  return is;
}

bool lql__group_items(struct lql *lql, struct lql_group *group, const struct lql_list *items) {
  struct lql_list *keys = lql__list(lql);
  for (uint32_t i = 0; keys && i < items->count; i++) {
    struct expr *item = items->items[i];
    if (item->kind == EXPR_STAR || item->spreads) {
      lql__fail(lql, LUMA_SYNTAX_ERROR, item->offset, "GROUP BY ALL groups by what is named");
      lql__hint(lql, "name the columns in place of `*`");
      return false;
    }
    bool is_constant = item->kind == EXPR_CONST || item->kind == EXPR_PARAM;
    if (!is_constant && !is_of_groups(item)) keys = lql__append(lql, keys, item, slice_of(NULL, 0));
  }
  group->sets = arena_zalloc(lql->arena, 1, sizeof *group->sets);
  if (!keys || !group->sets) return false;
  *group->sets = (struct lql_sets){.count = 1, .capacity = 1};
  group->sets->items = arena_copy(lql->arena, &keys, sizeof keys);
  return group->sets->items != NULL;
}

/* ---- QUALIFY ---- */

struct expr *lql__by_items(struct lql *lql, struct expr *expr, const struct lql_list *items) {
  bool is_name = expr->kind == EXPR_NAME && expr->path.count == 1 && expr->path.steps[0].is_name;
  for (uint32_t i = 0; is_name && i < items->count; i++)
    if (items->names[i].bytes && slice_is_equal_nocase(items->names[i], expr->path.steps[0].name))
      return items->items[i];
  if (expr->args_count == 0) return expr;
  struct expr *made = arena_copy(lql->arena, expr, sizeof *expr);
  struct expr **args = made ? arena_alloc(lql->arena, expr->args_count * sizeof *args) : NULL;
  for (uint32_t i = 0; args && i < expr->args_count; i++) {
    args[i] = lql__by_items(lql, expr->args[i], items);
    if (!args[i]) return NULL;
  }
  if (!args) return NULL;
  made->args = args;
  return made;
}
