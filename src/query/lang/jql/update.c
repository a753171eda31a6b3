/* SPDX-License-Identifier: MIT */
/* What an update does to a document: operators on paths, or a document that replaces it. */
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
  bool has_matched; /* a path has `$` */
};

/** MongoDB's codes. */
enum { FAILED_TO_PARSE = 9, TYPE_MISMATCH = 14, DOLLAR_NAME = 52, IMMUTABLE_FIELD = 66 };

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
  if (val_is_number(&field->value)) return read_value(jql, field, item);
  status failed = jql__fail_type(jql, field, "a number");
  if (jql->err) jql->err->foreign = TYPE_MISMATCH;
  return failed;
}

static status read_new_name(const struct jql *jql, const struct jql_node *field,
                            struct plan_update_item *item) {
  struct path path;
  TRY(jql__check_kind(jql, field, JQL_TEXT));
  TRY(jql__path(jql, field, val_slice(&field->value), &path));
  for (uint32_t i = 0; i < path.count; i++)
    if (jql_is_operator(path.steps[i].name))
      return jql__fail_code(jql, field, 2, "The destination field for $rename may not be dynamic");
  if (slice_is_equal(path.steps[0].name, slice_of_text("_id")))
    return jql__fail_code(jql, field, 66, "the key of a document cannot be changed");
  if (item->positional)
    return jql__fail_code(jql, field, 2, "The source field for $rename may not be dynamic");
  if (path_has_prefix(&path, &item->path) || path_has_prefix(&item->path, &path))
    return jql__fail(jql, field, LUMA_INVALID_ARGUMENT, "a field is renamed to itself");
  return read_value(jql, field, item);
}

static status read_end(const struct jql *jql, const struct jql_node *field,
                       struct plan_update_item *item) {
  int64_t end = 0;
  bool is_number = val_is_number(&field->value) && val_to_int64(&field->value, &end);
  if (!is_number || (end != 1 && end != -1))
    return jql__fail_code(jql, field, FAILED_TO_PARSE,
                          "`$pop` takes 1 (the last element) or -1 (the first)");
  return read_value(jql, field, item);
}

/** A whole number of a $push. */
static status read_modifier(const struct jql *jql, const struct jql_node *node,
                            struct expr **modifier) {
  int64_t whole = 0;
  *modifier = NULL;
  if (!jql_is_given(node)) return LUMA_OK;
  if (!val_is_number(&node->value) || !val_to_int64(&node->value, &whole))
    return jql__fail_code(jql, node, 2, "The value for %.*s must be an integer value",
                          SLICE_ARG(node->name));
  return jql__const(jql, node, modifier);
}

/** A path has names between its dots. */
static status check_sort_path(const struct jql *jql, const struct jql_node *key) {
  struct slice path = key->name;
  bool is_empty = path.bytes == 0, after_dot = true;
  for (size_t i = 0; i < path.bytes; i++) {
    is_empty |= after_dot && path.data[i] == '.';
    after_dot = path.data[i] == '.';
  }
  if (path.bytes == 0) return jql__fail_code(jql, key, 2, "The $sort field cannot be empty");
  if (!is_empty && !after_dot) return LUMA_OK;
  return jql__fail_code(jql, key, 2,
                        "The $sort field is a dotted field but has an empty part: %.*s",
                        SLICE_ARG(path));
}

static status read_push_sort(const struct jql *jql, const struct jql_node *node,
                             struct expr **modifier) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node key = *node;
  int64_t direction = 0;
  bool is_map = node->value.type == VAL_MAP;
  *modifier = NULL;
  if (!jql_is_given(node)) return LUMA_OK;
  if (is_map && each.count == 0)
    return jql__fail_code(jql, node, 2,
                          "The $sort pattern is empty when it should be a set of fields.");
  while (!is_map || jql__next(&each, &key)) {
    bool is_number = val_is_number(&key.value) && val_to_int64(&key.value, &direction);
    if (!is_number || (direction != 1 && direction != -1))
      return jql__fail_code(jql, &key, 2,
                            is_map ? "The $sort element value must be either 1 or -1"
                                   : "The $sort is invalid: use 1/-1 to sort the whole "
                                     "element, or {field:1/-1} to sort embedded fields");
    if (!is_map) break;
    TRY(check_sort_path(jql, &key));
  }
  return jql__const(jql, node, modifier);
}

/** A value, or {"$each": [value, …]} with what tells where the values go. */
static status read_elements(const struct jql *jql, const struct jql_node *field,
                            struct plan_update_item *item) {
  static const struct jql_field specs[] = {{"$each", JQL_ANY, true},
                                           {"$position", JQL_ANY, false},
                                           {"$slice", JQL_ANY, false},
                                           {"$sort", JQL_ANY, false}};
  struct jql_node fields[4];
  bool has_each = field->value.type == VAL_MAP &&
                  val_field(&field->value, slice_of_text("$each")).type != VAL_MISSING;
  if (!has_each) return read_value(jql, field, item);
  status taken = jql__take(jql, field, specs, item->op == PLAN_PUSH ? 4 : 1, fields);
  if (taken != LUMA_OK && jql->err) jql->err->foreign = 2; /* an unknown clause */
  TRY(taken);
  TRY(jql__check_kind_as(jql, &fields[0], JQL_LIST, item->op == PLAN_PUSH ? 2 : TYPE_MISMATCH));
  item->each = true;
  bool is_plain = item->op != PLAN_PUSH || (!jql_is_given(&fields[1]) &&
                                            !jql_is_given(&fields[2]) && !jql_is_given(&fields[3]));
  if (is_plain) return read_value(jql, &fields[0], item);
  item->push = arena_zalloc(jql->arena, 1, sizeof *item->push);
  TRY(jql__made(jql, item->push));
  TRY(read_modifier(jql, &fields[1], &item->push->position));
  TRY(read_modifier(jql, &fields[2], &item->push->slice));
  TRY(read_push_sort(jql, &fields[3], &item->push->sort));
  return read_value(jql, &fields[0], item);
}

static status read_all_elements(const struct jql *jql, const struct jql_node *field,
                                struct plan_update_item *item) {
  TRY(jql__check_kind(jql, field, JQL_LIST));
  item->each = true;
  return read_value(jql, field, item);
}

/** {"and": 1}, {"or": 2}, {"xor": 4} */
static status read_bits(const struct jql *jql, const struct jql_node *field,
                        struct plan_update_item *item) {
  struct jql_each each = jql__each(jql, field);
  struct jql_node bits;
  if (field->value.type != VAL_MAP)
    return jql__fail_code(jql, field, 2,
                          "The $bit modifier takes a document of the form "
                          "{'and'|'or'|'xor': <integer>}");
  if (each.count == 0)
    return jql__fail_code(jql, field, 2, "You must pass in at least one bitwise operation");
  while (jql__next(&each, &bits)) {
    bool is_known =
        jql_is_named(&bits, "and") || jql_is_named(&bits, "or") || jql_is_named(&bits, "xor");
    if (!is_known)
      return jql__fail_code(jql, &bits, 2,
                            "The $bit modifier only supports 'and', 'or', and "
                            "'xor', not '%.*s'",
                            SLICE_ARG(bits.name));
    if (!val_is_integer(&bits.value))
      return jql__fail_code(jql, &bits, 2,
                            "The $bit modifier field must be an Integer (32/64 bit)");
  }
  return read_value(jql, field, item);
}

/** A value that elements equal, or a condition on them: a map without operators is one on their
 * fields. */
static status read_pull(const struct jql *jql, const struct jql_node *field,
                        struct plan_update_item *item) {
  struct jql inside = *jql;
  inside.in_element = true;
  if (field->value.type == VAL_MAP) return jql__one_value(&inside, field, &item->match);
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
  bool is_date = field->value.type == VAL_BOOL, is_timestamp = false;
  if (field->value.type == VAL_MAP && val_count(&field->value) == 1 && type.type == VAL_TEXT) {
    is_date = slice_is_equal(val_slice(&type), slice_of_text("date"));
    is_timestamp = slice_is_equal(val_slice(&type), slice_of_text("timestamp"));
  }
  if (!is_date && !is_timestamp)
    return jql__fail_code(jql, field, 2,
                          "`$currentDate` takes true, {\"$type\": \"date\"} or {\"$type\": "
                          "\"timestamp\"}");
  item->value = expr_node(jql->arena, EXPR_CALL, NULL, 0, field->offset);
  TRY(jql__made(jql, item->value));
  item->value->name = slice_of_text(is_date ? "$now" : "$currentTimestamp");
  item->value->mongo = true;
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
    {"$pushAll", PLAN_PUSH, read_all_elements},
    {"$bit", PLAN_BIT, read_bits},
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

/** `$`, `$[]`, `$[name]`. */
static bool is_positional_step(struct slice name) {
  bool is_each = name.bytes > 2 && name.data[0] == '$' && name.data[1] == '[' &&
                 name.data[name.bytes - 1] == ']';
  return is_each || slice_is_equal(name, slice_of_text("$"));
}

/** Notes what the positional operators of a path need. */
static status take_positional(const struct jql *jql, const struct jql_node *field,
                              struct plan_update_item *item, struct items *items) {
  const struct path *path = &item->path;
  uint32_t matched = 0;
  for (uint32_t i = 0; i < path->count; i++) {
    struct slice name = path->steps[i].name;
    if (!is_positional_step(name)) continue;
    if (i == 0)
      return jql__fail_code(jql, field, 2, "a positional operator needs an array before it");
    item->positional = true;
    if (name.bytes == 1) matched++;
    if (name.bytes > 3)
      TRY(jql__use_array_filter(jql, field, slice_of(name.data + 2, name.bytes - 3)));
  }
  if (matched > 1)
    return jql__fail_code(jql, field, 2, "Too many positional (i.e. '$') elements found in path");
  items->has_matched |= matched == 1;
  return LUMA_OK;
}

static status read_path(const struct jql *jql, const struct jql_node *field,
                        struct plan_update_item *item, struct items *items) {
  TRY(jql__path(jql, field, field->name, &item->path));
  return take_positional(jql, field, item, items);
}

/* ---- whole updates ---- */

/** Whether the operator may leave a value as it is. */
static bool may_keep(enum plan_update_op op) {
  return op == PLAN_SET || op == PLAN_SET_ON_INSERT || op == PLAN_INC || op == PLAN_MUL ||
         op == PLAN_MIN || op == PLAN_MAX;
}

/** The key is given once: what it can become is what it is. */
static status check_key(const struct jql *jql, const struct jql_node *field,
                        const struct plan_update_item *item) {
  bool is_key = slice_is_equal(item->path.steps[0].name, slice_of_text("_id"));
  if (!is_key || may_keep(item->op)) return LUMA_OK;
  return jql__fail_code(jql, field, IMMUTABLE_FIELD, "the key of a document cannot be changed");
}

static status read_fields(const struct jql *jql, const struct change *change,
                          const struct jql_node *map, struct items *items) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node field;
  while (jql__next(&each, &field)) {
    struct plan_update_item *item = &items->items[items->count++];
    item->op = change->op;
    item->written = items->count - 1;
    item->offset = field.offset;
    TRY(read_path(jql, &field, item, items));
    TRY(check_key(jql, &field, item));
    TRY(change->read(jql, &field, item));
  }
  return LUMA_OK;
}

/** Of the filter what may say through which element it matched: conditions on paths, and what all
 * of must hold. Expressions see the whole document, and say nothing of elements. */
static status keep_leaves(const struct jql *jql, struct match *match, struct match **out) {
  bool is_tree = match->op >= MATCH_AND && match->op <= MATCH_EXPR;
  struct match **children = NULL;
  uint32_t count = 0;
  *out = match;
  if (!is_tree) return LUMA_OK;
  children = arena_zalloc(jql->arena, match->children_count + 1, sizeof(struct match *));
  TRY(jql__made(jql, children));
  for (uint32_t i = 0; match->op == MATCH_AND && i < match->children_count; i++)
    TRY(keep_leaves(jql, match->children[i], &children[count++]));
  *out = match_node(jql->arena, MATCH_AND, children, count, match->offset);
  return jql__made(jql, *out);
}

static status put_items(const struct jql *jql, const struct jql_node *at, const struct items *items,
                        struct plan *plan) {
  plan->updates = items->items;
  plan->updates_count = items->count;
  const struct plan *source = plan->input;
  while (source->kind == PLAN_LIMIT || source->kind == PLAN_SORT) source = source->input;
  if (items->has_matched && source->kind == PLAN_FILTER)
    TRY(keep_leaves(jql, source->condition->match, &plan->filter_match));
  return items->count < 2 ? LUMA_OK : jql__order_changes(jql, at, items->items, items->count);
}

static status make_items(const struct jql *jql, uint32_t count, struct items *items) {
  *items = (struct items){.items = arena_zalloc(jql->arena, count + 1, sizeof *items->items)};
  return jql__made(jql, items->items);
}

static status fail_change(const struct jql *jql, const struct jql_node *node) {
  if (jql_is_operator(node->name)) {
    status unknown =
        jql__fail_unknown(jql, node, "an operator of updates", changes, CHANGES, sizeof *changes);
    if (jql->err) jql->err->foreign = FAILED_TO_PARSE;
    return unknown;
  }
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
    TRY(jql__check_kind_as(jql, &node, JQL_MAP, FAILED_TO_PARSE));
    TRY(read_fields(jql, change, &node, &items));
  }
  return put_items(jql, update, &items, plan);
}

status jql__changes(const struct jql *jql, const struct jql_node *update, struct plan *plan) {
  struct jql_each each = jql__each(jql, update);
  struct jql_node node;
  if (update->value.type == VAL_LIST) return jql__update_pipeline(jql, update, plan);
  TRY(jql__check_kind_as(jql, update, JQL_MAP, FAILED_TO_PARSE));
  if (jql__has_operators(update)) return read_operators(jql, update, plan);
  while (jql__next(&each, &node))
    if (jql_is_operator(node.name))
      return jql__fail_code(jql, &node, DOLLAR_NAME,
                            "`%.*s` stands in a document that replaces another",
                            SLICE_ARG(node.name));
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
    item->written = items->count - 1;
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
