/* SPDX-License-Identifier: MIT */
/* What an update does to a document: operators on paths, or a document that replaces it. */
#include <stdlib.h>

#include "query/lang/jql/jql_int.h"

struct change {
  const char *name;
  enum plan_update_op op;
  /** Fills the item's value or match from the field's value. */
  status (*read)(const struct jql *jql, const struct jql_node *field,
                 struct plan_update_item *item);
};

/** Items as they come. */
struct items {
  struct plan_update_item *items;
  uint32_t count;
};

/* ---- operands ---- */

static status read_value(const struct jql *jql, const struct jql_node *field,
                         struct plan_update_item *item) {
  return jql__const(jql, field, &item->value);
}

static status read_nothing(const struct jql *jql, const struct jql_node *field,
                           struct plan_update_item *item) {
  (void)jql, (void)field, (void)item;
  return LUMA_OK;
}

static status read_number(const struct jql *jql, const struct jql_node *field,
                          struct plan_update_item *item) {
  if (!val_is_number(&field->value)) return jql__fail_type(jql, field, "a number");
  return read_value(jql, field, item);
}

static status read_new_name(const struct jql *jql, const struct jql_node *field,
                            struct plan_update_item *item) {
  struct path path;
  TRY(jql__check_kind(jql, field, JQL_TEXT));
  TRY(jql__path(jql, field, val_slice(&field->value), &path));
  if (path_has_prefix(&path, &item->path) || path_has_prefix(&item->path, &path))
    return jql__fail(jql, field, LUMA_INVALID_ARGUMENT, "a field is renamed to itself");
  return read_value(jql, field, item);
}

static status read_end(const struct jql *jql, const struct jql_node *field,
                       struct plan_update_item *item) {
  int64_t end = 0;
  bool is_number = val_is_number(&field->value) && val_to_int64(&field->value, &end);
  if (!is_number || (end != 1 && end != -1))
    return jql__fail(jql, field, LUMA_INVALID_ARGUMENT,
                     "`$pop` takes 1 (the last element) or -1 (the first)");
  return read_value(jql, field, item);
}

/** A value, or {"$each": [value, …]}. */
static status read_elements(const struct jql *jql, const struct jql_node *field,
                            struct plan_update_item *item) {
  static const struct jql_field specs[] = {{"$each", JQL_LIST, true},
                                           {"$position", JQL_UNSUPPORTED, false},
                                           {"$slice", JQL_UNSUPPORTED, false},
                                           {"$sort", JQL_UNSUPPORTED, false}};
  struct jql_node fields[4];
  if (!jql__has_operators(field)) return read_value(jql, field, item);
  TRY(jql__take(jql, field, specs, 4, fields));
  item->each = true;
  return read_value(jql, &fields[0], item);
}

/** A value that elements equal, or a condition on them: a map without operators is one on their
 * fields. */
static status read_pull(const struct jql *jql, const struct jql_node *field,
                        struct plan_update_item *item) {
  const struct path element = {0};
  if (jql__has_operators(field)) return jql__conditions(jql, field, &element, &item->match);
  if (field->value.type == VAL_MAP) return jql__filter(jql, field, &item->match);
  if (field->value.type != VAL_REGEX) return read_value(jql, field, item);
  item->match = match_node(jql->arena, MATCH_REGEX, NULL, 0, field->offset);
  TRY(jql__made(jql, item->match));
  return jql__const(jql, field, &item->match->value);
}

static status read_pull_all(const struct jql *jql, const struct jql_node *field,
                            struct plan_update_item *item) {
  TRY(jql__check_kind(jql, field, JQL_LIST));
  item->match = match_node(jql->arena, MATCH_IN, NULL, 0, field->offset);
  TRY(jql__made(jql, item->match));
  return jql__const(jql, field, &item->match->value);
}

static status read_now(const struct jql *jql, const struct jql_node *field,
                       struct plan_update_item *item) {
  struct val type = val_field(&field->value, slice_of_text("$type"));
  bool is_date = field->value.type == VAL_BOOL && field->value.boolean;
  if (field->value.type == VAL_MAP && type.type == VAL_TEXT)
    is_date = slice_is_equal(val_slice(&type), slice_of_text("date"));
  if (!is_date)
    return jql__fail(jql, field, LUMA_INVALID_ARGUMENT,
                     "`$currentDate` takes true or {\"$type\": \"date\"}");
  item->value = expr_node(jql->arena, EXPR_CALL, NULL, 0, field->offset);
  TRY(jql__made(jql, item->value));
  item->value->name = slice_of_text("now");
  return LUMA_OK;
}

static const struct change changes[] = {
    {"$set", PLAN_SET, read_value},
    {"$unset", PLAN_UNSET, read_nothing},
    {"$inc", PLAN_INC, read_number},
    {"$mul", PLAN_MUL, read_number},
    {"$min", PLAN_MIN, read_value},
    {"$max", PLAN_MAX, read_value},
    {"$rename", PLAN_RENAME, read_new_name},
    {"$push", PLAN_PUSH, read_elements},
    {"$addToSet", PLAN_ADD_TO_SET, read_elements},
    {"$pop", PLAN_POP, read_end},
    {"$pull", PLAN_PULL, read_pull},
    {"$pullAll", PLAN_PULL, read_pull_all},
    {"$setOnInsert", PLAN_SET_ON_INSERT, read_value},
    {"$currentDate", PLAN_SET, read_now},
};

enum { CHANGES = sizeof changes / sizeof changes[0] };

static const struct change *find_change(struct slice name) {
  for (size_t i = 0; i < CHANGES; i++)
    if (slice_is_equal(name, slice_of_text(changes[i].name))) return &changes[i];
  return NULL;
}

/* ---- paths ---- */

/** The positional operators `$`, `$[]`, `$[name]`. */
static bool is_positional(const struct path *path) {
  for (uint32_t i = 1; i < path->count; i++) {
    struct slice name = path->steps[i].name;
    if (slice_is_equal(name, slice_of_text("$")) ||
        (name.bytes > 1 && name.data[0] == '$' && name.data[1] == '['))
      return true;
  }
  return false;
}

static status read_path(const struct jql *jql, const struct jql_node *field, struct path *path) {
  TRY(jql__path(jql, field, field->name, path));
  if (jql_is_operator(field->name))
    return jql__fail(jql, field, LUMA_INVALID_ARGUMENT,
                     "`%.*s` stands where the name of a field is needed", SLICE_ARG(field->name));
  if (is_positional(path))
    return jql__fail(jql, field, LUMA_UNSUPPORTED, "the positional `$` is not supported");
  return LUMA_OK;
}

static int compare_paths(const void *a, const void *b) {
  const struct plan_update_item *left = *(const struct plan_update_item *const *)a;
  const struct plan_update_item *right = *(const struct plan_update_item *const *)b;
  uint32_t l = left->path.count, r = right->path.count;
  for (uint32_t i = 0; i < l && i < r; i++) {
    int order = slice_compare(left->path.steps[i].name, right->path.steps[i].name);
    if (order) return order;
  }
  return (l > r) - (l < r);
}

/** No two changes may concern the same path, or one below the other. In path order such a pair
 * stands side by side. */
static status check_conflicts(const struct jql *jql, const struct jql_node *at,
                              const struct items *items) {
  const struct plan_update_item **sorted = arena_zalloc(jql->arena, items->count, sizeof *sorted);
  TRY(jql__made(jql, sorted));
  for (uint32_t i = 0; i < items->count; i++) sorted[i] = &items->items[i];
  qsort(sorted, items->count, sizeof *sorted, compare_paths);
  for (uint32_t i = 1; i < items->count; i++) {
    if (!path_has_prefix(&sorted[i]->path, &sorted[i - 1]->path)) continue;
    struct buf text;
    buf_init(&text, ERR_MESSAGE_BYTES);
    path_format(&sorted[i]->path, &text);
    status failed = jql__fail(jql, at, LUMA_INVALID_ARGUMENT, "two changes concern `%.*s`",
                              SLICE_ARG(buf_slice(&text)));
    buf_deinit(&text);
    return failed;
  }
  return LUMA_OK;
}

/* ---- whole updates ---- */

/** The key is given once: it can only be set, and then to what it is. */
static status check_key(const struct jql *jql, const struct jql_node *field,
                        const struct plan_update_item *item) {
  bool is_key = slice_is_equal(item->path.steps[0].name, slice_of_text("_id"));
  if (!is_key || item->op == PLAN_SET || item->op == PLAN_SET_ON_INSERT) return LUMA_OK;
  return jql__fail(jql, field, LUMA_INVALID_ARGUMENT, "the key of a document cannot be changed");
}

static status read_fields(const struct jql *jql, const struct change *change,
                          const struct jql_node *map, struct items *items) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node field;
  while (jql__next(&each, &field)) {
    struct plan_update_item *item = &items->items[items->count++];
    item->op = change->op;
    item->offset = field.offset;
    TRY(read_path(jql, &field, &item->path));
    TRY(check_key(jql, &field, item));
    TRY(change->read(jql, &field, item));
  }
  return LUMA_OK;
}

static status put_items(const struct jql *jql, const struct jql_node *at, const struct items *items,
                        struct plan *plan) {
  plan->updates = items->items;
  plan->updates_count = items->count;
  if (items->count < 2) return LUMA_OK;
  return check_conflicts(jql, at, items);
}

static status make_items(const struct jql *jql, uint32_t count, struct items *items) {
  *items = (struct items){.items = arena_zalloc(jql->arena, count + 1, sizeof *items->items)};
  return jql__made(jql, items->items);
}

static status fail_change(const struct jql *jql, const struct jql_node *node) {
  if (jql_is_operator(node->name))
    return jql__fail_unknown(jql, node, "an operator of updates", changes, CHANGES,
                             sizeof *changes);
  status failed = jql__fail(jql, node, LUMA_SYNTAX_ERROR, "`%.*s` stands among operators",
                            SLICE_ARG(node->name));
  err_hint(jql->err, "put it into `$set`, or leave the operators out to replace the document");
  return failed;
}

static status read_operators(const struct jql *jql, const struct jql_node *update,
                             struct plan *plan) {
  struct jql_each each = jql__each(jql, update);
  struct jql_node node;
  struct items items;
  uint32_t count = 0;
  for (struct jql_each sizes = each; jql__next(&sizes, &node);)
    if (node.value.type == VAL_MAP) count += val_count(&node.value);
  TRY(make_items(jql, count, &items));
  while (jql__next(&each, &node)) {
    const struct change *change = find_change(node.name);
    if (!change) return fail_change(jql, &node);
    TRY(jql__check_kind(jql, &node, JQL_MAP));
    TRY(read_fields(jql, change, &node, &items));
  }
  return put_items(jql, update, &items, plan);
}

status jql__changes(const struct jql *jql, const struct jql_node *update, struct plan *plan) {
  struct jql_each each = jql__each(jql, update);
  struct jql_node node;
  if (update->value.type == VAL_LIST)
    return jql__fail(jql, update, LUMA_UNSUPPORTED, "an update by a pipeline is not supported");
  TRY(jql__check_kind(jql, update, JQL_MAP));
  if (jql__has_operators(update)) return read_operators(jql, update, plan);
  while (jql__next(&each, &node))
    if (jql_is_operator(node.name))
      return jql__fail(jql, &node, LUMA_SYNTAX_ERROR,
                       "`%.*s` stands in a document that replaces another", SLICE_ARG(node.name));
  return jql__const(jql, update, &plan->replacement);
}

/* ---- the short form ---- */

/** `unset` may also be the names by themselves: "a" or ["a", "b"]. */
static status read_names(const struct jql *jql, const struct jql_node *node, struct items *items) {
  bool is_list = node->value.type == VAL_LIST;
  struct jql_each each = jql__each(jql, node);
  struct jql_node name = *node;
  while (!is_list || jql__next(&each, &name)) {
    struct plan_update_item *item = &items->items[items->count++];
    item->op = PLAN_UNSET;
    item->offset = name.offset;
    TRY(jql__check_kind(jql, &name, JQL_TEXT));
    TRY(jql__path(jql, &name, val_slice(&name.value), &item->path));
    if (!is_list) break;
  }
  return LUMA_OK;
}

static uint32_t count_items(const struct val *value) {
  return value->type == VAL_MAP || value->type == VAL_LIST ? val_count(value) : 1;
}

status jql__short_changes(const struct jql *jql, const struct jql_change *given, uint32_t count,
                          struct plan *plan) {
  uint32_t total = 0;
  struct items items;
  const struct jql_node *last = NULL;
  for (uint32_t i = 0; i < count; i++)
    if (jql_is_given(given[i].node)) total += count_items(&given[i].node->value);
  TRY(make_items(jql, total, &items));
  for (uint32_t i = 0; i < count; i++) {
    const struct jql_node *node = given[i].node;
    const struct change *change = find_change(slice_of_text(given[i].name));
    if (!jql_is_given(node)) continue;
    last = node;
    if (change->op == PLAN_UNSET && node->value.type != VAL_MAP) {
      TRY(read_names(jql, node, &items));
      continue;
    }
    TRY(jql__check_kind(jql, node, JQL_MAP));
    TRY(read_fields(jql, change, node, &items));
  }
  return last ? put_items(jql, last, &items, plan) : LUMA_OK;
}
