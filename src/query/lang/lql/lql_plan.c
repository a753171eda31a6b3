/* SPDX-License-Identifier: MIT */
/* Statements, as the grammar's rules ask for them; how a SELECT is stacked is said in
 * query/plan/plan.h. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_change.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_query.h"

struct plan *lql__plain(struct lql *lql, enum plan_kind kind, struct lql_token at,
                        struct plan *input) {
  if (kind == PLAN_EXPLAIN && !input) return NULL;
  return plan_node(lql->arena, kind, input, at.offset);
}

struct plan *lql__collection(struct lql *lql, enum plan_kind kind, struct lql_token at,
                             struct lql_token name) {
  struct plan *made = lql__plain(lql, kind, at, NULL);
  if (made) {
    made->collection_name = lql__name(lql, name);
    made->offset = name.offset;
  }
  return made;
}

/* ---- SELECT ---- */

struct plan *lql__table(struct lql *lql, struct lql_token name, struct slice alias) {
  struct plan *made = lql__collection(lql, PLAN_SCAN, name, name);
  if (made) made->alias = alias.bytes ? alias : made->collection_name;
  return made;
}

void *lql__grow(struct lql *lql, void *items, uint32_t count, uint32_t *capacity, size_t bytes) {
  if (count < *capacity) return items;
  uint32_t more = *capacity ? *capacity * 2 : 4;
  void *copy = arena_alloc(lql->arena, more * bytes);
  if (!copy) return NULL;
  if (count) memcpy(copy, items, count * bytes);
  *capacity = more;
  return copy;
}

struct lql_sort *lql__sort(struct lql *lql, struct lql_sort *sort, struct expr *expr,
                           bool descending, int nulls) {
  if (!sort) sort = arena_zalloc(lql->arena, 1, sizeof *sort);
  if (!sort || !expr) return NULL;
  sort->keys = lql__grow(lql, sort->keys, sort->count, &sort->capacity, sizeof *sort->keys);
  if (!sort->keys) return NULL;
  sort->keys[sort->count++] = (struct plan_sort_key){
      .expr = expr, .descending = descending, .nulls_first = nulls == 1, .nulls_last = nulls == 2};
  return sort;
}

static struct plan *filter(struct lql *lql, struct plan *input, struct expr *condition) {
  if (!condition) return input;
  struct plan *made = plan_node(lql->arena, PLAN_FILTER, input, condition->offset);
  if (made) made->condition = condition;
  return made;
}

static struct plan *project(struct lql *lql, struct plan *input, const struct lql_select *select) {
  if (!select->items) return NULL;
  struct plan *made = plan_node(lql->arena, PLAN_PROJECT, input, select->at.offset);
  if (!made) return NULL;
  made->exprs = select->items->items;
  made->names = select->items->names;
  made->exprs_count = select->items->count;
  made->is_value = select->is_value;
  if (!made->is_value || made->exprs_count == 1) return made;
  lql__fail(lql, LUMA_SYNTAX_ERROR, select->at.offset, "SELECT VALUE takes one expression");
  lql__hint(lql, "{'a': x, 'b': y} makes a document of several");
  return NULL;
}

static struct plan *distinct(struct lql *lql, struct plan *input, const struct lql_select *select) {
  if (!input || !select->distinct.is_distinct) return input;
  struct plan *made = plan_node(lql->arena, PLAN_DISTINCT, input, select->at.offset);
  if (!made || !select->distinct.on) return made;
  made->exprs = select->distinct.on->items;
  made->exprs_count = made->on_count = select->distinct.on->count;
  return made;
}

struct plan *lql__select(struct lql *lql, const struct lql_select *select) {
  for (uint32_t i = 0; !select->from && select->items && i < select->items->count; i++)
    if (select->items->items[i]->kind == EXPR_STAR) lql->bare_star = select->items->items[i];
  struct expr *qualify = select->qualify;
  if (qualify) qualify = select->items ? lql__by_items(lql, qualify, select->items) : NULL;
  if (select->qualify && !qualify) return NULL;
  lql->windows = select->windows;
  for (uint32_t i = 0; select->items && i < select->items->count; i++)
    select->items->items[i] = lql__uncollated(select->items->items[i]);
  for (uint32_t i = 0; select->items && i < select->items->count; i++)
    if (!lql__resolve_windows(lql, select->items->items[i])) return NULL;
  if (qualify && !lql__resolve_windows(lql, qualify)) return NULL;
  if (select->group && !select->group->sets &&
      (!select->items || !lql__group_items(lql, select->group, select->items)))
    return NULL;
  struct plan *made = filter(lql, select->from, select->where);
  if (select->where && !made) return NULL;
  if (select->group) made = lql__aggregate(lql, made, select->group, select->at.offset);
  if (select->group && !made) return NULL;
  if (select->group && select->group->rows_name.bytes &&
      !lql__group_rows(lql, made, select->from, select->group->rows_name))
    return NULL;
  if (select->having && !select->group) /* HAVING alone: all rows are one group */
    made = plan_node(lql->arena, PLAN_AGGREGATE, made, select->having->offset);
  if (select->having && !made) return NULL;
  made = filter(lql, made, select->having);
  if (select->having && !made) return NULL;
  made = project(lql, made, select);
  if (made) made->condition = qualify;
  return distinct(lql, made, select);
}

/* ---- changes ---- */

struct plan *lql__insert_node(struct lql *lql, struct lql_token name, struct lql_list *exprs) {
  struct plan *made = exprs ? lql__collection(lql, PLAN_INSERT, name, name) : NULL;
  if (!made) return NULL;
  made->exprs = exprs->items;
  made->exprs_count = exprs->count;
  made->ordered = true;
  return made;
}

struct plan *lql__insert_documents(struct lql *lql, struct lql_token name,
                                   struct lql_list *documents) {
  struct lql_list *all = documents ? lql__list(lql) : NULL;
  for (uint32_t i = 0; all && i < documents->count; i++) {
    struct expr *item = documents->items[i];
    if (item->kind != EXPR_LIST) {
      all = lql__append(lql, all, item, slice_of(NULL, 0));
      continue;
    }
    for (uint32_t k = 0; k < item->args_count; k++)
      all = lql__append(lql, all, item->args[k], slice_of(NULL, 0));
  }
  struct plan *made = lql__insert_node(lql, name, all);
  if (made) made->rows_count = all->count;
  return made;
}

struct lql_updates *lql__set(struct lql *lql, struct lql_updates *updates, enum plan_update_op op,
                             struct lql_path *path, struct expr *value) {
  if (!updates) updates = arena_zalloc(lql->arena, 1, sizeof *updates);
  if (!updates || !path || (op == PLAN_SET && !value)) return NULL;
  struct plan_update_item item = {.op = op, .value = value, .offset = path->offset};
  struct err err = {0};
  if (path_parse(lql->arena, path->text, false, &item.path, &err) != LUMA_OK) {
    lql__fail(lql, err.code, path->offset, "%s", err.message);
    return NULL;
  }
  updates->items =
      lql__grow(lql, updates->items, updates->count, &updates->capacity, sizeof *updates->items);
  if (!updates->items) return NULL;
  updates->items[updates->count++] = item;
  return updates;
}

/* ---- indexes ---- */

struct lql_key lql__key_expr(struct lql *lql, struct expr *expr) {
  return (struct lql_key){.expr = expr, .end = lql->last.offset};
}

/* `tags[*]`: the list's elements, each by itself; what stands before it. */
static bool cut_elements(struct slice *text) {
  static const char marks[] = "]*[";
  struct slice cut = *text;
  for (const char *mark = marks; *mark; mark++) {
    while (cut.bytes > 0 && cut.data[cut.bytes - 1] <= ' ') cut.bytes--;
    if (cut.bytes == 0 || cut.data[cut.bytes - 1] != (uint8_t)*mark) return false;
    cut.bytes--;
  }
  *text = cut;
  return true;
}

static struct slice trimmed(const struct lql *lql, size_t from, size_t to) {
  const uint8_t *text = lql->text.data;
  while (from < to && text[from] <= ' ') from++;
  while (from < to && text[to - 1] <= ' ') to--;
  return slice_of(text + from, to - from);
}

/* A path, the elements of one, or an expression. */
static bool read_key(struct lql *lql, struct expr *expr, struct slice text,
                     struct plan_index_key *key, bool *has_elements) {
  if (expr->kind == EXPR_NAME && !expr->dotted) key->path = expr->path;
  *has_elements = lql__is_each(expr) && cut_elements(&text);
  if (!*has_elements) {
    key->expression = expr;
    key->text = text;
    return true;
  }
  struct err err = {0};
  if (path_parse(lql->arena, text, false, &key->path, &err) == LUMA_OK) return true;
  lql__fail(lql, err.code, expr->offset, "%s", err.message);
  return false;
}

struct lql_keys *lql__key(struct lql *lql, struct lql_keys *keys, struct lql_token before,
                          struct lql_key read, bool descending) {
  if (!keys) keys = arena_zalloc(lql->arena, 1, sizeof *keys);
  if (!keys || !read.expr) return NULL;
  struct plan_index_key key = {.descending = descending};
  bool has_elements = false;
  struct slice text = trimmed(lql, before.offset + before.text.bytes, read.end);
  if (!read_key(lql, read.expr, text, &key, &has_elements)) return NULL;
  keys->keys = lql__grow(lql, keys->keys, keys->count, &keys->capacity, sizeof *keys->keys);
  if (!keys->keys) return NULL;
  keys->keys[keys->count++] = key;
  keys->multikey |= has_elements;
  return keys;
}

struct plan *lql__create_index(struct lql *lql, struct lql_token at, struct slice name,
                               struct lql_token collection, struct lql_keys *keys) {
  struct plan *made = keys ? lql__collection(lql, PLAN_CREATE_INDEX, at, collection) : NULL;
  if (!made) return NULL;
  made->index_name = name;
  made->index_keys = keys->keys;
  made->index_keys_count = keys->count;
  made->multikey = keys->multikey;
  made->nulls_distinct = true;
  return made;
}

struct slice lql__index_condition(struct lql *lql, struct lql_token where, struct expr *condition) {
  if (!condition) return slice_of(NULL, 0);
  lql->index_condition = condition;
  return lql__text_since(lql, where);
}
