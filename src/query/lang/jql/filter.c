/* SPDX-License-Identifier: MIT */
/* Filters: MongoDB's predicate documents become a tree of matches.
 *
 *   {"age": {"$gt": 21}, "status": "active"}     AND of conditions on paths
 *   {"$or": [filter, …]}                         trees of filters
 *   {"age": {"$not": {"$gt": 21}}}               operators on one path */
#include <stdlib.h>

#include "base/core/assert.h"
#include "query/lang/jql/jql_int.h"
#include "query/plan/words.h"

/** One operator of a value: what it takes and who reads it. */
struct condition {
  const char *name;
  enum match_op op;
  status (*read)(const struct jql *jql, const struct jql_node *node, const struct path *path,
                 struct match **match);
};

static const struct condition *find_condition(struct slice name);

/** The children of a list or map as they are read, for one AND or OR. */
struct children {
  struct match **items;
  uint32_t count;
};

static status make_room(const struct jql *jql, uint32_t count, struct children *children) {
  *children = (struct children){0};
  children->items = arena_zalloc(jql->arena, count ? count : 1, sizeof(struct match *));
  return jql__made(jql, children->items);
}

static status make_tree(const struct jql *jql, enum match_op op, const struct children *children,
                        uint64_t offset, struct match **match) {
  bool is_only = (op == MATCH_AND || op == MATCH_OR) && children->count == 1;
  *match = is_only ? children->items[0]
                   : match_node(jql->arena, op, children->items, children->count, offset);
  return jql__made(jql, *match);
}

/* ---- operators on a path ---- */

static status make_leaf(const struct jql *jql, const struct jql_node *node, enum match_op op,
                        const struct path *path, struct match **match) {
  struct expr *value = NULL;
  TRY(jql__const(jql, node, &value));
  *match = match_node(jql->arena, op, NULL, 0, node->offset);
  TRY(jql__made(jql, *match));
  (*match)->value = value;
  (*match)->path = *path;
  return LUMA_OK;
}

/* The operator of a node that is known to name one. */
static enum match_op op_of(const struct jql_node *node) {
  const struct condition *condition = find_condition(node->name);
  ASSERT(condition);
  return condition->op;
}

/** {"$eq": /x/} is of values that are regular expressions; {a: /x/} of texts, too. */
static status read_regex_value(const struct jql *jql, const struct jql_node *node,
                               const struct path *path, struct match **match) {
  struct jql_node type = *node;
  struct children both;
  type.value = val_text(slice_of_text("regex"));
  TRY(make_room(jql, 2, &both));
  TRY(make_leaf(jql, &type, MATCH_TYPE, path, &both.items[0]));
  TRY(make_leaf(jql, node, MATCH_EQ, path, &both.items[1]));
  both.count = 2;
  return make_tree(jql, MATCH_AND, &both, node->offset, match);
}

static status read_plain(const struct jql *jql, const struct jql_node *node,
                         const struct path *path, struct match **match) {
  enum match_op op = op_of(node);
  bool is_pattern = node->value.type == VAL_REGEX && op != MATCH_EQ && op != MATCH_EXISTS;
  if (is_pattern)
    return jql__fail(jql, node, LUMA_INVALID_ARGUMENT, "`%.*s` takes no regular expression",
                     SLICE_ARG(node->name));
  if (op == MATCH_EQ && node->value.type == VAL_REGEX)
    return read_regex_value(jql, node, path, match);
  return make_leaf(jql, node, op, path, match);
}

/** Whether a map is operators: a reference ({"$ref": …, "$id": …}) and a symbol of older BSON are
 * values. */
static bool is_operators(const struct jql_node *node) {
  static const char *const values[] = {"$ref", "$symbol"};
  if (!jql__has_operators(node)) return false;
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
    if (val_field(&node->value, slice_of_text(values[i])).type != VAL_MISSING) return false;
  return true;
}

static status read_in(const struct jql *jql, const struct jql_node *node, const struct path *path,
                      struct match **match) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node element;
  TRY(jql__check_kind(jql, node, JQL_LIST));
  while (jql__next(&each, &element))
    if (is_operators(&element))
      return jql__fail(jql, &element, LUMA_INVALID_ARGUMENT, "`%.*s` takes values, not operators",
                       SLICE_ARG(node->name));
  return make_leaf(jql, node, op_of(node), path, match);
}

static status read_size(const struct jql *jql, const struct jql_node *node, const struct path *path,
                        struct match **match) {
  TRY(jql__check_kind(jql, node, JQL_WHOLE));
  return make_leaf(jql, node, MATCH_SIZE, path, match);
}

static status read_type(const struct jql *jql, const struct jql_node *node, const struct path *path,
                        struct match **match) {
  bool is_one = node->value.type == VAL_TEXT || val_is_number(&node->value);
  if (node->value.type == VAL_LIST && val_count(&node->value) == 0)
    return jql__fail_code(jql, node, 9, "$type must match at least one type");
  if (is_one || node->value.type == VAL_LIST) return make_leaf(jql, node, MATCH_TYPE, path, match);
  status failed = jql__fail_type(jql, node, "the name or number of a type, or a list of them");
  if (jql->err) jql->err->foreign = JQL_TYPE_MISMATCH;
  return failed;
}

static status read_mod(const struct jql *jql, const struct jql_node *node, const struct path *path,
                       struct match **match) {
  TRY(jql__check_kind(jql, node, JQL_LIST));
  if (val_count(&node->value) != 2)
    return jql__fail(jql, node, LUMA_INVALID_ARGUMENT,
                     "`$mod` takes a list of divisor and remainder");
  struct jql_each each = jql__each(jql, node);
  struct jql_node part;
  while (jql__next(&each, &part)) {
    if (!val_is_number(&part.value)) return jql__fail_type(jql, &part, "a number");
    double real = val_to_float64(&part.value);
    if (!(real >= -0x1p63 && real < 0x1p63))
      return jql__fail(jql, &part, LUMA_INVALID_ARGUMENT, "`$mod` takes numbers of 64 bits");
    if (part.index == 0 && (int64_t)real == 0)
      return jql__fail(jql, &part, LUMA_INVALID_ARGUMENT, "the divisor of `$mod` is zero");
  }
  return make_leaf(jql, node, MATCH_MOD, path, match);
}

static status read_bits(const struct jql *jql, const struct jql_node *node, const struct path *path,
                        struct match **match) {
  bool fits =
      val_is_number(&node->value) || node->value.type == VAL_BYTES || node->value.type == VAL_LIST;
  if (!fits)
    return jql__fail_code(jql, node, 2,
                          "%.*s takes an Array, a number, or a BinData but received: "
                          "%s",
                          SLICE_ARG(node->name), val_type_name((enum val_type)node->value.type));
  return make_leaf(jql, node, op_of(node), path, match);
}

static status read_geo(const struct jql *jql, const struct jql_node *node, const struct path *path,
                       struct match **match) {
  TRY(jql__check_region(jql, node));
  return make_leaf(jql, node, op_of(node), path, match);
}

/** The field beside `node` in its map; MISSING if it is not there. */
static struct val sibling(const struct jql_node *node, const char *name) {
  return val_field(&node->parent->value, slice_of_text(name));
}

/** Of a pattern as of its options. */
static status check_no_null(const struct jql *jql, const struct jql_node *node) {
  struct val text = node->value;
  if (text.type != VAL_TEXT || !text.bytes || !memchr(text.data, 0, text.bytes)) return LUMA_OK;
  return jql__fail_code(jql, node, JQL_BAD_VALUE, "%.*s cannot contain an embedded null byte",
                        SLICE_ARG(node->name));
}

/** MongoDB's code tells which of the two that have flags stands first. */
static status check_flags(const struct jql *jql, const struct jql_node *node,
                          const struct val *options) {
  struct val pattern = node->value;
  struct slice first = {0};
  if (pattern.type != VAL_REGEX || options->type == VAL_MISSING) return LUMA_OK;
  struct slice flags;
  (void)val_regex(&pattern, &flags);
  if (flags.bytes == 0) return LUMA_OK;
  for (uint32_t i = 0; !slice_is_equal(first, node->name); i++) {
    (void)val_field_at(&node->parent->value, i, &first);
    if (slice_is_equal(first, slice_of_text("$options"))) break;
  }
  return jql__fail_code(jql, node, slice_is_equal(first, node->name) ? 51075 : 51074,
                        "options set in both $regex and $options");
}

/** Texts that match, and the values that are this very expression. */
static status read_regex(const struct jql *jql, const struct jql_node *node,
                         const struct path *path, struct match **match) {
  struct jql_node whole = *node;
  struct val options = sibling(node, "$options");
  if (node->value.type != VAL_TEXT && node->value.type != VAL_REGEX)
    return jql__fail_type(jql, node, "text or a regular expression");
  TRY(check_no_null(jql, node));
  TRY(check_flags(jql, node, &options));
  struct slice flags = {0}, pattern = val_slice(&node->value);
  if (node->value.type == VAL_REGEX) pattern = val_regex(&node->value, &flags);
  if (options.type == VAL_TEXT) flags = val_slice(&options);
  TRY(jql__regex(jql, pattern, flags, &whole.value));
  return make_leaf(jql, &whole, MATCH_REGEX, path, match);
}

/** Read with the $regex beside it. */
static status read_options(const struct jql *jql, const struct jql_node *node,
                           const struct path *path, struct match **match) {
  (void)path;
  *match = NULL;
  TRY(jql__check_kind(jql, node, JQL_TEXT));
  TRY(check_no_null(jql, node));
  if (sibling(node, "$regex").type != VAL_MISSING) return LUMA_OK;
  return jql__fail(jql, node, LUMA_INVALID_ARGUMENT, "`$options` needs a `$regex` beside it");
}

status jql__one_value(const struct jql *jql, const struct jql_node *node, struct match **match) {
  const struct path element = {0};
  struct slice first = {0};
  TRY(jql__check_kind(jql, node, JQL_MAP));
  if (val_count(&node->value)) (void)val_field_at(&node->value, 0, &first);
  return find_condition(first) ? jql__conditions(jql, node, &element, match)
                               : jql__filter(jql, node, match);
}

status jql__elem_match(const struct jql *jql, const struct jql_node *node, const struct path *path,
                       struct match **match) {
  struct match *inner = NULL;
  struct jql inside = *jql;
  inside.element = slice_of(NULL, 0);
  inside.near = NULL;
  inside.in_element = true;
  TRY(jql__one_value(&inside, node, &inner));
  *match = match_node(jql->arena, MATCH_ELEM, &inner, 1, node->offset);
  TRY(jql__made(jql, *match));
  (*match)->path = *path;
  return LUMA_OK;
}

/** A list of values, or of $elemMatch. */
static status read_all(const struct jql *jql, const struct jql_node *node, const struct path *path,
                       struct match **match) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node element;
  struct children children;
  TRY(jql__check_kind(jql, node, JQL_LIST));
  TRY(make_room(jql, val_count(&node->value), &children));
  while (jql__next(&each, &element)) {
    if (is_operators(&element)) {
      TRY(jql__conditions(jql, &element, path, &children.items[children.count]));
      if (children.items[children.count++]->op == MATCH_ELEM) continue;
      return jql__fail(jql, &element, LUMA_INVALID_ARGUMENT,
                       "`$all` takes values, or `$elemMatch` alone");
    }
    if (children.count) return jql__fail_type(jql, &element, "an `$elemMatch` like the first");
  }
  if (children.count == 0) return make_leaf(jql, node, MATCH_ALL, path, match);
  if (children.count < val_count(&node->value))
    return jql__fail(jql, node, LUMA_INVALID_ARGUMENT,
                     "`$all` takes values or `$elemMatch`, not both");
  *match = match_node(jql->arena, MATCH_ALL, children.items, children.count, node->offset);
  return jql__made(jql, *match);
}

static status read_not(const struct jql *jql, const struct jql_node *node, const struct path *path,
                       struct match **match) {
  struct match *inner = NULL;
  struct jql inside = *jql;
  inside.near = NULL;
  if (node->value.type == VAL_REGEX) {
    TRY(make_leaf(jql, node, MATCH_REGEX, path, &inner));
  } else {
    if (!is_operators(node))
      return jql__fail(jql, node, LUMA_INVALID_ARGUMENT,
                       "`$not` takes operators, as in {\"$not\": {\"$gt\": 5}}");
    TRY(jql__conditions(&inside, node, path, &inner));
  }
  *match = match_node(jql->arena, MATCH_NOT, &inner, 1, node->offset);
  return jql__made(jql, *match);
}

static const struct condition conditions[] = {
    {"$eq", MATCH_EQ, read_plain},
    {"$ne", MATCH_NE, read_plain},
    {"$gt", MATCH_GT, read_plain},
    {"$gte", MATCH_GTE, read_plain},
    {"$lt", MATCH_LT, read_plain},
    {"$lte", MATCH_LTE, read_plain},
    {"$in", MATCH_IN, read_in},
    {"$nin", MATCH_NIN, read_in},
    {"$exists", MATCH_EXISTS, read_plain},
    {"$type", MATCH_TYPE, read_type},
    {"$regex", MATCH_REGEX, read_regex},
    {"$options", MATCH_REGEX, read_options},
    {"$all", MATCH_ALL, read_all},
    {"$size", MATCH_SIZE, read_size},
    {"$mod", MATCH_MOD, read_mod},
    {"$bitsAllSet", MATCH_BITS_ALL_SET, read_bits},
    {"$bitsAnySet", MATCH_BITS_ANY_SET, read_bits},
    {"$bitsAllClear", MATCH_BITS_ALL_CLEAR, read_bits},
    {"$bitsAnyClear", MATCH_BITS_ANY_CLEAR, read_bits},
    {"$elemMatch", MATCH_ELEM, jql__elem_match},
    {"$not", MATCH_NOT, read_not},
    {"$geoWithin", MATCH_GEO_WITHIN, read_geo},
    {"$within", MATCH_GEO_WITHIN, read_geo},
    {"$geoIntersects", MATCH_GEO_MEETS, read_geo},
    {"$near", MATCH_EXPR, jql__near},
    {"$nearSphere", MATCH_EXPR, jql__near},
    {"$maxDistance", MATCH_EXPR, jql__near_distance},
    {"$minDistance", MATCH_EXPR, jql__near_distance},
};

enum { CONDITIONS = sizeof conditions / sizeof conditions[0] };

static const struct condition *find_condition(struct slice name) {
  for (size_t i = 0; i < CONDITIONS; i++)
    if (slice_is_equal(name, slice_of_text(conditions[i].name))) return &conditions[i];
  return NULL;
}

static status fail_condition(const struct jql *jql, const struct jql_node *node) {
  /* Not misspelt, so there is no suggestion. */
  const struct word *word = word_find(WORD_QUERY, node->name);
  if (word && word->state == WORD_REFUSED)
    return jql__fail(jql, node, LUMA_UNSUPPORTED, "`%.*s` is not supported: %s",
                     SLICE_ARG(node->name), word->why);
  if (jql_is_operator(node->name))
    return jql__fail_unknown(jql, node, "an operator", conditions, CONDITIONS, sizeof *conditions);
  status failed = jql__fail(jql, node, LUMA_SYNTAX_ERROR, "`%.*s` stands among operators",
                            SLICE_ARG(node->name));
  if (jql->err) jql->err->foreign = JQL_BAD_VALUE;
  err_hint(jql->err, "operators begin with `$`; a map of values has none");
  return failed;
}

status jql__conditions(const struct jql *jql, const struct jql_node *map, const struct path *path,
                       struct match **match) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node node;
  struct children children;
  TRY(make_room(jql, val_count(&map->value), &children));
  while (jql__next(&each, &node)) {
    const struct condition *condition = find_condition(node.name);
    struct match *made = NULL;
    if (!condition) return fail_condition(jql, &node);
    TRY(condition->read(jql, &node, path, &made));
    if (made) children.items[children.count++] = made;
  }
  return make_tree(jql, MATCH_AND, &children, map->offset, match);
}

/* ---- whole filters ---- */

static status read_field(const struct jql *jql, const struct jql_node *node, struct match **match) {
  struct path path;
  TRY(jql__filter_path(jql, node, node->name, &path));
  if (jql->element.data) path = (struct path){.count = path.count - 1, .steps = path.steps + 1};
  if (is_operators(node)) return jql__conditions(jql, node, &path, match);
  bool is_pattern = node->value.type == VAL_REGEX;
  return make_leaf(jql, node, is_pattern ? MATCH_REGEX : MATCH_EQ, &path, match);
}

static status read_filters(const struct jql *jql, const struct jql_node *node, enum match_op op,
                           struct match **match) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node element;
  struct children children;
  struct jql inside = *jql;
  if (op != MATCH_AND) inside.near = NULL;
  TRY(jql__check_kind(jql, node, JQL_LIST));
  if (val_count(&node->value) == 0)
    return jql__fail(jql, node, LUMA_INVALID_ARGUMENT, "`%.*s` takes a list that is not empty",
                     SLICE_ARG(node->name));
  TRY(make_room(jql, val_count(&node->value), &children));
  while (jql__next(&each, &element)) {
    TRY(jql__check_kind(jql, &element, JQL_MAP));
    TRY(jql__filter(&inside, &element, &children.items[children.count++]));
  }
  return make_tree(jql, op, &children, node->offset, match);
}

/** Expressions see whole documents alone. */
static status check_is_whole(const struct jql *jql, const struct jql_node *node) {
  if (!jql->in_element) return LUMA_OK;
  return jql__fail_code(jql, node, JQL_BAD_VALUE,
                        "%.*s can only be applied to the top-level document",
                        SLICE_ARG(node->name));
}

static status read_expression(const struct jql *jql, const struct jql_node *node,
                              struct match **match) {
  struct expr *expression = NULL;
  TRY(check_is_whole(jql, node));
  TRY(jql__expression(jql, node, &expression));
  *match = match_node(jql->arena, MATCH_EXPR, NULL, 0, node->offset);
  TRY(jql__made(jql, *match));
  (*match)->expression = expression;
  return LUMA_OK;
}

/** {"$sampleRate": 0.5}: by chance, as $rand is below the rate. */
static status read_sample_rate(const struct jql *jql, const struct jql_node *node,
                               struct match **match) {
  struct expr *rate = NULL, *chance = NULL;
  double real = val_is_number(&node->value) ? val_to_float64(&node->value) : -1;
  TRY(check_is_whole(jql, node));
  if (!(real >= 0 && real <= 1))
    return jql__fail_code(jql, node, 2, "numeric argument to $sampleRate must be in [0, 1]");
  TRY(jql__const(jql, node, &rate));
  chance = expr_node(jql->arena, EXPR_CALL, NULL, 0, node->offset);
  TRY(jql__made(jql, chance));
  chance->name = slice_of_text("$rand");
  chance->mongo = true;
  struct expr *below = expr_binary(jql->arena, EXPR_OP_LT, chance, rate, node->offset);
  TRY(jql__made(jql, below));
  below->mongo = true;
  *match = match_node(jql->arena, MATCH_EXPR, NULL, 0, node->offset);
  TRY(jql__made(jql, *match));
  (*match)->expression = below;
  return LUMA_OK;
}

static status read_schema(const struct jql *jql, const struct jql_node *node,
                          struct match **match) {
  TRY(check_is_whole(jql, node));
  return jql__json_schema(jql, node, match);
}

/** {"$alwaysTrue": 1}, {"$alwaysFalse": 1}: of nothing all hold, and not so the other. */
static status read_always(const struct jql *jql, const struct jql_node *node,
                          struct match **match) {
  const struct children none = {0};
  bool is_one = val_is_number(&node->value) && val_to_float64(&node->value) == 1;
  if (!is_one)
    return jql__fail_code(jql, node, 9, "%.*s must be an integer value of 1",
                          SLICE_ARG(node->name));
  TRY(make_tree(jql, MATCH_AND, &none, node->offset, match));
  if (jql_is_named(node, "$alwaysTrue")) return LUMA_OK;
  *match = match_node(jql->arena, MATCH_NOR, match, 1, node->offset);
  return jql__made(jql, *match);
}

static status fail_tree(const struct jql *jql, const struct jql_node *node) {
  static const char *const names[] = {"$and", "$or", "$nor", "$expr", "$comment"};
  const struct word *word = word_find(WORD_QUERY, node->name);
  if (word && word->state == WORD_REFUSED) return fail_condition(jql, node);
  if (!find_condition(node->name))
    return jql__fail_unknown(jql, node, "an operator", names, 5, sizeof *names);
  status failed = jql__fail(jql, node, LUMA_SYNTAX_ERROR, "`%.*s` stands without a field",
                            SLICE_ARG(node->name));
  if (jql->err) jql->err->foreign = JQL_BAD_VALUE;
  err_hint(jql->err, "write {\"field\": {\"%.*s\": …}}", SLICE_ARG(node->name));
  return failed;
}

/** One entry of a filter; `*match` is NULL for a comment. */
static status read_entry(const struct jql *jql, const struct jql_node *node, struct match **match) {
  *match = NULL;
  if (!jql_is_operator(node->name)) return read_field(jql, node, match);
  if (jql_is_named(node, "$and")) return read_filters(jql, node, MATCH_AND, match);
  if (jql_is_named(node, "$or")) return read_filters(jql, node, MATCH_OR, match);
  if (jql_is_named(node, "$nor")) return read_filters(jql, node, MATCH_NOR, match);
  if (jql_is_named(node, "$expr")) return read_expression(jql, node, match);
  if (jql_is_named(node, "$jsonSchema")) return read_schema(jql, node, match);
  if (jql_is_named(node, "$sampleRate")) return read_sample_rate(jql, node, match);
  if (jql_is_named(node, "$alwaysTrue") || jql_is_named(node, "$alwaysFalse"))
    return read_always(jql, node, match);
  if (jql_is_named(node, "$comment")) return LUMA_OK;
  return fail_tree(jql, node);
}

status jql__filter(const struct jql *jql, const struct jql_node *map, struct match **match) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node node;
  struct children children;
  TRY(make_room(jql, val_count(&map->value), &children));
  while (jql__next(&each, &node)) {
    struct match *made = NULL;
    TRY(read_entry(jql, &node, &made));
    if (made) children.items[children.count++] = made;
  }
  return make_tree(jql, MATCH_AND, &children, map->offset, match);
}

/* ---- upserts ---- */

/** Puts the equalities of the filter into `children` (`items` NULL: only counts them). A list of
 * one element says as much as the element; $all of more says that of each. */
static status add_equality(const struct jql *jql, const struct match *match,
                           struct children *children, const struct val *value, uint32_t literal) {
  struct match *leaf = match_node(jql->arena, MATCH_EQ, NULL, 0, match->offset);
  if (value->type == VAL_REGEX) return LUMA_OK;
  if (children->items) {
    TRY(jql__made(jql, leaf));
    leaf->path = match->path;
    leaf->value = expr_const(jql->arena, *value, match->offset);
    TRY(jql__made(jql, leaf->value));
    leaf->value->literal = literal;
    children->items[children->count] = leaf;
  }
  children->count++;
  return LUMA_OK;
}

static status collect_equalities(const struct jql *jql, const struct match *match,
                                 struct children *children) {
  bool is_leaf = match->path.count && match->value && match->value->kind == EXPR_CONST;
  bool is_one = match->children_count == 1;
  if (match->op == MATCH_AND || (match->op == MATCH_OR && is_one)) {
    for (uint32_t i = 0; i < match->children_count; i++)
      TRY(collect_equalities(jql, match->children[i], children));
    return LUMA_OK;
  }
  if (!is_leaf) return LUMA_OK;
  const struct val *value = &match->value->value;
  if (match->op == MATCH_EQ)
    return add_equality(jql, match, children, value, match->value->literal);
  uint32_t count = value->type == VAL_LIST ? val_count(value) : 0;
  bool says = match->op == MATCH_ALL || (match->op == MATCH_IN && count == 1);
  for (uint32_t i = 0; says && i < count; i++) {
    struct val element = val_at(value, i);
    TRY(add_equality(jql, match, children, &element, 0));
  }
  return LUMA_OK;
}

static int compare_places(const void *a, const void *b) {
  const struct match *left = *(const struct match *const *)a;
  const struct match *right = *(const struct match *const *)b;
  int order = path_compare(&left->path, &right->path);
  return order ? order : (left->offset > right->offset) - (left->offset < right->offset);
}

/** In the order of their paths, as MongoDB keeps them. */
status jql__equalities(const struct jql *jql, const struct match *match, struct match **out) {
  struct children counted = {0}, children;
  TRY(collect_equalities(jql, match, &counted));
  TRY(make_room(jql, counted.count, &children));
  TRY(collect_equalities(jql, match, &children));
  if (children.count) qsort(children.items, children.count, sizeof *children.items, compare_places);
  *out = match_node(jql->arena, MATCH_AND, children.items, children.count, match->offset);
  return jql__made(jql, *out);
}
