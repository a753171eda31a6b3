/* SPDX-License-Identifier: MIT */
/* Statements that change documents: what conflicts do, RETURNING, UPDATE and DELETE with other
 * sources, MERGE. */
#include "query/lang/lql/lql_change.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_query.h"

/* ---- RETURNING ---- */

struct plan *lql__returning(struct lql *lql, struct plan *change, const struct lql_list *items) {
  if (!change || !items) return change;
  struct plan *made = plan_node(lql->arena, PLAN_PROJECT, change, items->items[0]->offset);
  if (!made) return NULL;
  change->yields = true;
  made->exprs = items->items;
  made->names = items->names;
  made->exprs_count = items->count;
  return made;
}

/* ---- INSERT ---- */

static enum plan_overriding overriding_of(struct lql_token word) {
  bool is_user = slice_is_equal_nocase(word.text, slice_of_text("user"));
  return is_user ? PLAN_OVERRIDING_USER : PLAN_OVERRIDING_SYSTEM;
}

struct plan_conflict *lql__conflict(struct lql *lql, struct lql_token at,
                                    enum plan_conflict_action action, const struct lql_list *target,
                                    struct lql_updates *updates, struct expr *where) {
  struct plan_conflict *made = arena_zalloc(lql->arena, 1, sizeof *made);
  if (!made || (action == PLAN_CONFLICT_UPDATES && !updates)) return NULL;
  if (updates && !lql__check_updates(lql, updates)) return NULL;
  made->action = action;
  made->offset = at.offset;
  made->condition = where;
  made->updates = updates ? updates->items : NULL;
  made->updates_count = updates ? updates->count : 0;
  if (!target) return made;
  made->targets = arena_zalloc(lql->arena, target->count, sizeof *made->targets);
  if (!made->targets) return NULL;
  for (uint32_t i = 0; i < target->count; i++) {
    struct expr *item = target->items[i];
    bool is_path = item->kind == EXPR_NAME && !item->dotted;
    made->targets[i].path = is_path ? item->path : (struct path){0};
    made->targets[i].expression = is_path ? NULL : item;
  }
  made->targets_count = target->count;
  return made;
}

struct plan *lql__inserted(struct lql *lql, const struct lql_into *into, struct plan *insert,
                           struct plan_conflict *conflict, const struct lql_list *returning) {
  if (!insert) return NULL;
  bool rolls_back = into->action == PLAN_CONFLICT_ROLLS_BACK;
  bool is_plain = into->action == PLAN_CONFLICT_FAILS || rolls_back;
  if (into->action != PLAN_CONFLICT_FAILS && conflict) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, conflict->offset, "what a conflict does is said twice");
    return NULL;
  }
  if (into->overriding.kind) insert->overriding = overriding_of(into->overriding);
  if (!is_plain) conflict = lql__conflict(lql, into->name, into->action, NULL, NULL, NULL);
  insert->conflict = conflict;
  struct plan *made = lql__returning(lql, insert, returning);
  if (made) made->rolls_back = rolls_back;
  return made;
}

enum plan_conflict_action lql__refuse_action(struct lql *lql, struct lql_token action) {
  lql__fail(lql, LUMA_SYNTAX_ERROR, action.offset, "OR takes REPLACE, IGNORE, ABORT or ROLLBACK");
  lql__hint(lql, "a statement that fails changes nothing: OR FAIL has no place");
  return PLAN_CONFLICT_FAILS;
}

struct plan *lql__update_or(struct lql *lql, enum plan_conflict_action action,
                            struct plan *update) {
  if (update) update->rolls_back = action == PLAN_CONFLICT_ROLLS_BACK;
  if (!update || action == PLAN_CONFLICT_FAILS || update->rolls_back) return update;
  struct plan *change = update->kind == PLAN_PROJECT ? update->input : update; /* RETURNING */
  change->conflict = arena_zalloc(lql->arena, 1, sizeof *change->conflict);
  if (!change->conflict) return NULL;
  change->conflict->action = action;
  return update;
}

/* ---- UPDATE, DELETE ---- */

struct lql_updates *lql__set_row(struct lql *lql, struct lql_token at, struct lql_updates *updates,
                                 const struct lql_list *columns, const struct expr *row) {
  if (!columns || !row) return NULL;
  if (row->kind != EXPR_LIST || !row->is_row || row->args_count != columns->count) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, at.offset, "%u columns are set to a row of as many values",
              columns->count);
    return NULL;
  }
  for (uint32_t i = 0; i < columns->count; i++) {
    struct lql_path path = {.text = columns->names[i],
                            .offset = columns->items[i]->offset,
                            .steps = columns->items[i]->path.count};
    updates = lql__set(lql, updates, PLAN_SET, &path, row->args[i]);
    if (!updates) return NULL;
  }
  return updates;
}

static struct plan *above(struct lql *lql, enum plan_kind kind, struct plan *input,
                          uint64_t offset) {
  return input ? plan_node(lql->arena, kind, input, offset) : NULL;
}

/* The rows of a change: its target's, beside those of other sources. */
static struct plan *rows_of(struct lql *lql, const struct lql_rows *rows) {
  struct plan *made = rows->target;
  if (!made) return NULL;
  if (rows->others) {
    struct lql_token at = {.offset = rows->others->offset};
    made = lql__join(lql, at, PLAN_JOIN_CROSS, made, rows->others);
  }
  if (rows->where) {
    made = above(lql, PLAN_FILTER, made, rows->where->offset);
    if (made) made->condition = rows->where;
  }
  if (rows->order) {
    made = above(lql, PLAN_SORT, made, rows->order->keys[0].expr->offset);
    if (made) made->sort = rows->order->keys;
    if (made) made->sort_count = rows->order->count;
  }
  if (!rows->limit.limit && !rows->limit.skip) return made;
  if (rows->limit.has_ties) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, rows->target->offset, "WITH TIES is for queries");
    return NULL;
  }
  made = above(lql, PLAN_LIMIT, made, rows->target->offset);
  if (made) made->limit = rows->limit.limit;
  if (made) made->skip = rows->limit.skip;
  return made;
}

/* The changed collection is the target's. */
static struct plan *change(struct lql *lql, enum plan_kind kind, const struct lql_rows *rows) {
  struct plan *input = rows_of(lql, rows);
  struct plan *made = above(lql, kind, input, input ? rows->target->offset : 0);
  if (!made) return NULL;
  made->collection_name = rows->target->collection_name;
  made->alias = rows->target->alias;
  made->multi = true;
  made->is_apart = rows->others != NULL;
  return made;
}

struct plan *lql__update(struct lql *lql, const struct lql_rows *rows,
                         struct lql_updates *updates) {
  if (updates && !lql__check_updates(lql, updates)) return NULL;
  struct plan *made = updates ? change(lql, PLAN_UPDATE, rows) : NULL;
  if (!made) return NULL;
  made->updates = updates->items;
  made->updates_count = updates->count;
  for (uint32_t i = 0; i < updates->count; i++)
    made->is_apart |= updates->items[i].value && expr_has_subquery(updates->items[i].value);
  return made;
}

struct plan *lql__delete(struct lql *lql, const struct lql_rows *rows) {
  return change(lql, PLAN_DELETE, rows);
}

/* ---- MERGE ---- */

struct plan_merge *lql__merge_when(struct lql *lql, struct lql_token at,
                                   enum plan_merge_action action, struct expr *condition,
                                   struct expr *document) {
  struct plan_merge *made = arena_zalloc(lql->arena, 1, sizeof *made);
  if (!made || (action == PLAN_MERGE_INSERT && !document)) return NULL;
  made->action = action;
  made->condition = condition;
  made->document = document;
  made->offset = at.offset;
  return made;
}

struct plan_merge *lql__merge_update(struct lql *lql, struct lql_token at, struct expr *condition,
                                     struct lql_updates *updates) {
  if (!updates || !lql__check_updates(lql, updates)) return NULL;
  struct plan_merge *made = lql__merge_when(lql, at, PLAN_MERGE_UPDATE, condition, NULL);
  if (!made) return NULL;
  made->updates = updates->items;
  made->updates_count = updates->count;
  return made;
}

struct lql_merges *lql__add_merge(struct lql *lql, struct lql_merges *merges,
                                  struct plan_merge *merge) {
  if (!merges) merges = arena_zalloc(lql->arena, 1, sizeof *merges);
  if (!merges || !merge) return NULL;
  merges->items = lql__grow(lql, merges->items, merges->count, &merges->capacity, sizeof(void *));
  if (!merges->items) return NULL;
  merges->items[merges->count++] = merge;
  return merges;
}

struct plan *lql__merge(struct lql *lql, struct lql_token at, struct plan *target,
                        struct plan *source, struct expr *on, struct lql_merges *merges) {
  struct plan *join = lql__join_on(lql, at, PLAN_JOIN_LEFT, source, target, on);
  struct plan *made = join && merges ? plan_node(lql->arena, PLAN_MERGE, join, at.offset) : NULL;
  if (!made) return NULL;
  made->collection_name = target->collection_name;
  made->alias = target->alias;
  made->merges = merges->items;
  made->merges_count = merges->count;
  return made;
}

struct plan *lql__truncate(struct lql *lql, struct lql_token name) {
  struct lql_rows rows = {.target = lql__table(lql, name, slice_of(NULL, 0))};
  struct plan *made = lql__delete(lql, &rows);
  if (made) made->is_truncate = true;
  return made;
}
