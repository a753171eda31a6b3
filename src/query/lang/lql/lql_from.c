/* SPDX-License-Identifier: MIT */
/* What stands in FROM: collections, joins, queries, lists. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_query.h"
#include "query/lang/lql/lql_record.h"

static struct plan *join(struct lql *lql, struct lql_token at, enum plan_join_kind kind,
                         struct plan *left, struct plan *right) {
  if (!left || !right) return NULL;
  if (++lql->joins > LQL_JOINS_MAX) {
    lql__fail(lql, LUMA_TOO_DEEP, at.offset, "the statement joins over %d collections",
              LQL_JOINS_MAX);
    return NULL;
  }
  struct plan *made = plan_node(lql->arena, PLAN_JOIN, left, at.offset);
  if (!made) return NULL;
  made->right = right;
  made->join = kind;
  return made;
}

/* A join binds closer than a comma. What inner joins ask may speak of all sources before them, so
 * only those that must have the nearest one alone go below the comma. */
static struct plan **place_of(struct plan **left, bool is_close) {
  return is_close && (*left)->kind == PLAN_JOIN && (*left)->is_comma ? &(*left)->right : left;
}

struct plan *lql__join(struct lql *lql, struct lql_token at, int kind, struct plan *left,
                       struct plan *right) {
  struct plan *made = join(lql, at, PLAN_JOIN_CROSS, left, right);
  if (made) made->is_comma = kind == LQL_JOIN_COMMA;
  return made;
}

struct plan *lql__join_on(struct lql *lql, struct lql_token at, int kind, struct plan *left,
                          struct plan *right, struct expr *on) {
  if (!left || !on) return NULL;
  struct plan **place = place_of(&left, kind == PLAN_JOIN_RIGHT || kind == PLAN_JOIN_FULL);
  struct plan *made = join(lql, at, (enum plan_join_kind)kind, *place, right);
  if (!made) return NULL;
  made->condition = on;
  *place = made;
  return left;
}

struct plan *lql__join_using(struct lql *lql, struct lql_token at, int kind, struct plan *left,
                             struct plan *right, struct lql_list *names) {
  if (!left) return NULL;
  struct plan **place = place_of(&left, true);
  struct plan *made = join(lql, at, (enum plan_join_kind)kind, *place, right);
  if (!made) return NULL;
  made->is_natural = !names;
  made->using_names = names ? names->names : NULL;
  made->using_count = names ? names->count : 0;
  *place = made;
  return left;
}

/* ---- sources ---- */

struct lql_list *lql__append_name(struct lql *lql, struct lql_list *list, struct lql_token name) {
  if (!list) list = lql__list(lql);
  struct expr *item = expr_const(lql->arena, val_null(), name.offset);
  return lql__append(lql, list, item, lql__name(lql, name));
}

/* The names as a path, and as one dotted name. */
struct expr *lql__names_path(struct lql *lql, const struct lql_list *names) {
  struct lql_path *path = NULL;
  for (uint32_t i = 0; i < names->count; i++) {
    struct path_step step = {.name = names->names[i], .index = PATH_NO_INDEX, .is_name = true};
    struct lql_token token = {.offset = names->items[0]->offset};
    token.text = lql__quoted(lql, &step);
    if (!token.text.data) return NULL;
    path = i ? lql__path_name(lql, path, token) : lql__path(lql, token);
  }
  return lql__path_expr(lql, path);
}

static struct slice dotted(struct lql *lql, const struct lql_list *names) {
  size_t bytes = names->count - 1, at = 0;
  for (uint32_t i = 0; i < names->count; i++) bytes += names->names[i].bytes;
  uint8_t *text = arena_alloc_text(lql->arena, bytes + 1);
  for (uint32_t i = 0; text && i < names->count; i++) {
    if (i) text[at++] = '.';
    if (names->names[i].bytes) memcpy(text + at, names->names[i].data, names->names[i].bytes);
    at += names->names[i].bytes;
  }
  return slice_of(text, text ? bytes : 0);
}

static struct plan *unnest(struct lql *lql, struct expr *list, const struct lql_alias *alias,
                           bool ordinality) {
  struct plan *made = list ? plan_node(lql->arena, PLAN_UNNEST, NULL, list->offset) : NULL;
  if (!made) return NULL;
  made->exprs = arena_copy(lql->arena, &list, sizeof list);
  made->exprs_count = 1;
  made->alias = alias->name;
  made->has_ordinality = ordinality || alias->ordinal.kind;
  made->from_zero = alias->ordinal.kind != 0;
  made->names = arena_zalloc(lql->arena, 2, sizeof *made->names);
  if (!made->exprs || !made->names) return NULL;
  made->names[0] = alias->name;
  made->names[1] =
      alias->ordinal.kind ? lql__name(lql, alias->ordinal) : slice_of_text("ordinality");
  for (uint32_t i = 0; alias->names && i < alias->names->count; i++) {
    if (i > made->has_ordinality) {
      lql__fail(lql, LUMA_SYNTAX_ERROR, list->offset, "a list has one column of elements");
      return NULL;
    }
    made->names[i] = alias->names->names[i];
  }
  return made;
}

struct plan *lql__source(struct lql *lql, struct lql_list *names, struct slice alias,
                         const struct lql_token *ordinal, bool is_list) {
  if (!names) return NULL;
  struct slice last = names->names[names->count - 1];
  struct expr *path = names->count > 1 || is_list ? lql__names_path(lql, names) : NULL;
  if (is_list) {
    struct lql_alias named = {.name = alias, .ordinal = *ordinal};
    return unnest(lql, path, &named, true);
  }
  struct plan *made = plan_node(lql->arena, PLAN_SCAN, NULL, names->items[0]->offset);
  if (!made) return NULL;
  made->collection_name = names->count > 1 ? dotted(lql, names) : last;
  made->alias = alias.bytes ? alias : last;
  if (!path) return made;
  made->exprs = arena_copy(lql->arena, &path, sizeof path);
  made->exprs_count = 1;
  return made->exprs ? made : NULL;
}

struct plan *lql__derived(struct lql *lql, struct plan *query, const struct lql_alias *alias,
                          bool lateral) {
  struct plan *made = query ? plan_node(lql->arena, PLAN_DERIVED, query, query->offset) : NULL;
  if (!made) return NULL;
  made->alias = alias->name;
  made->names = alias->names ? alias->names->names : NULL;
  made->names_count = alias->names ? alias->names->count : 0;
  made->is_lateral = lateral;
  return made;
}

struct plan *lql__table_of(struct lql *lql, struct expr *list, const struct lql_alias *alias) {
  return unnest(lql, list, alias, false);
}

struct plan *lql__unpivot(struct lql *lql, struct expr *map, const struct lql_alias *alias) {
  struct plan *made = unnest(lql, map, alias, false);
  if (made) made->is_pairs = true;
  return made;
}

/* json_each(…) AS e (k, v): a SELECT of both over the pairs. */
static struct plan *table_of_pairs(struct lql *lql, struct expr *call,
                                   const struct lql_alias *alias) {
  static const char *const names[] = {"key", "value"};
  static const char *const paths[] = {"pair.key", "pair.value"};
  struct lql_alias pair = {.name = slice_of_text("pair")};
  struct plan *made =
      call ? plan_node(lql->arena, PLAN_PROJECT, unnest(lql, call, &pair, false), call->offset)
           : NULL;
  struct lql_list *items = made && made->input ? lql__list(lql) : NULL;
  for (int i = 0; items && i < 2; i++)
    items =
        lql__append(lql, items, expr_name(lql->arena, slice_of_text(paths[i]), false, call->offset),
                    slice_of_text(names[i]));
  if (!items) return NULL;
  made->exprs = items->items;
  made->names = items->names;
  made->exprs_count = items->count;
  return lql__derived(lql, made, alias, true);
}

static bool is_pairs(struct slice function) {
  static const char *const names[] = {"json_each", "jsonb_each", "json_each_text",
                                      "jsonb_each_text"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal_nocase(function, slice_of_text(names[i]))) return true;
  return false;
}

struct plan *lql__table_call(struct lql *lql, struct lql_token name, struct lql_list *args,
                             const struct lql_alias *alias, bool ordinality) {
  struct lql_alias named = *alias;
  if (!args) return NULL;
  if (!named.name.bytes) named.name = name.text;
  struct plan *record = lql__record_call(lql, name, args, &named);
  if (record || lql->failed != LUMA_OK) return record;
  if (is_pairs(name.text) && !ordinality && !alias->ordinal.kind)
    return table_of_pairs(lql, lql__call(lql, name, args, false, NULL), &named);
  if (!slice_is_equal_nocase(name.text, slice_of_text("unnest")))
    return unnest(lql, lql__call(lql, name, args, false, NULL), &named, ordinality);
  if (args->count != 1) return lql__unnest_several(lql, name, args, &named, ordinality);
  return unnest(lql, args->items[0], &named, ordinality);
}
