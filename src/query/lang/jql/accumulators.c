/* SPDX-License-Identifier: MIT */
/* Accumulators of $group, $bucket and $setWindowFields, and $group. */
#include "query/lang/jql/expression_int.h"
#include "query/lang/jql/stage_int.h"

struct accumulator {
  const char *name;
  enum expr_aggregate aggregate;
};

static const struct accumulator plain[] = {
    {"$sum", EXPR_SUM},           {"$avg", EXPR_AVG},
    {"$min", EXPR_MIN},           {"$max", EXPR_MAX},
    {"$first", EXPR_FIRST},       {"$last", EXPR_LAST},
    {"$push", EXPR_PUSH},         {"$addToSet", EXPR_ADD_TO_SET},
    {"$count", EXPR_COUNT},       {"$stdDevPop", EXPR_GATHER},
    {"$stdDevSamp", EXPR_GATHER}, {"$mergeObjects", EXPR_GATHER},
    {"$setUnion", EXPR_GATHER},   {"$concatArrays", EXPR_GATHER},
};

static status make(const struct jql *jql, const struct jql_node *node,
                   enum expr_aggregate aggregate, struct expr *const *args, uint32_t count,
                   struct expr **out) {
  *out = expr_node(jql->arena, EXPR_AGGREGATE, args, count, node->offset);
  TRY(jql__made(jql, *out));
  (*out)->aggregate = aggregate;
  (*out)->name = node->name;
  (*out)->mongo = true;
  return LUMA_OK;
}

/** What keeps values takes a list as a list; what counts takes the only element of one. */
static bool keeps_lists(enum expr_aggregate aggregate) {
  return aggregate == EXPR_PUSH || aggregate == EXPR_ADD_TO_SET || aggregate == EXPR_FIRST ||
         aggregate == EXPR_LAST || aggregate == EXPR_GATHER;
}

static status read_plain(const struct jql *jql, const struct jql_node *node,
                         enum expr_aggregate aggregate, struct expr **out) {
  struct expr *arg = NULL;
  struct jql_node only = *node;
  bool is_count = aggregate == EXPR_COUNT;
  if (is_count && (node->value.type != VAL_MAP || val_count(&node->value)))
    return jql__fail_code(jql, node, 40238, "$count takes no arguments, i.e. $count:{}");
  if (is_count) return make(jql, node, aggregate, NULL, 0, out);
  if (node->value.type == VAL_LIST && !keeps_lists(aggregate)) {
    struct jql_each each = jql__each(jql, node);
    if (each.count != 1)
      return jql__fail_code(jql, node, 40237, "The %.*s accumulator is a unary operator",
                            SLICE_ARG(node->name));
    (void)jql__next(&each, &only);
  }
  TRY(jql__expression(jql, &only, &arg));
  return make(jql, node, aggregate, &arg, 1, out);
}

static status check_map(const struct jql *jql, const struct jql_node *node, uint32_t code) {
  if (node->value.type == VAL_MAP) return LUMA_OK;
  return jql__fail_code(jql, node, code, "specification of %.*s must be an object",
                        SLICE_ARG(node->name));
}

/** The list that a gathering accumulator takes. */
static status make_listed(const struct jql *jql, const struct jql_node *node,
                          struct expr *const *parts, uint32_t count, struct expr *order,
                          struct expr **out) {
  struct expr *args[2] = {NULL, order};
  args[0] = expr_node(jql->arena, EXPR_LIST, parts, count, node->offset);
  TRY(jql__made(jql, args[0]));
  return make(jql, node, EXPR_GATHER, args, order ? 2 : 1, out);
}

/** {"input": …, "n": …} */
static status read_some(const struct jql *jql, const struct jql_node *node, struct expr **out) {
  static const struct jql_field specs[] = {{"n", JQL_ANY, true}, {"input", JQL_ANY, true}};
  struct jql_node fields[2];
  struct expr *parts[2];
  TRY(check_map(jql, node, 5787900));
  TRY(jql__take_arguments(jql, "an accumulator of n", node, specs, 2, fields));
  TRY(jql__expression(jql, &fields[0], &parts[0]));
  TRY(jql__expression(jql, &fields[1], &parts[1]));
  return make_listed(jql, node, parts, 2, NULL, out);
}

/** {"output": …, "sortBy": …, "n": …} */
static status read_top(const struct jql *jql, const struct jql_node *node, bool has_n,
                       struct expr **out) {
  static const struct jql_field specs[] = {
      {"output", JQL_ANY, true}, {"sortBy", JQL_MAP, true}, {"n", JQL_ANY, true}};
  struct jql_node fields[3];
  struct expr *parts[3], *order = NULL;
  const char *kind = "an accumulator of the first in an order";
  TRY(check_map(jql, node, 5788001));
  TRY(jql__take_arguments(jql, kind, node, specs, has_n ? 3 : 2, fields));
  TRY(jql__check_order(jql, &fields[1]));
  parts[0] = expr_const(jql->arena, val_int32(1), node->offset);
  TRY(jql__made(jql, parts[0]));
  if (has_n) TRY(jql__expression(jql, &fields[2], &parts[0]));
  TRY(jql__expression(jql, &fields[0], &parts[1]));
  TRY(jql__row(jql, node, &parts[2]));
  TRY(jql__const(jql, &fields[1], &order));
  return make_listed(jql, node, parts, 3, order, out);
}

static status check_method(const struct jql *jql, const struct jql_node *node) {
  bool is_text = node->value.type == VAL_TEXT;
  if (is_text && slice_is_equal(val_slice(&node->value), slice_of_text("approximate")))
    return LUMA_OK;
  return jql__fail_code(jql, node, is_text ? 2 : 14,
                        "Currently only 'approximate' can be used as percentile 'method'.");
}

static status check_p(const struct jql *jql, const struct jql_node *node) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node p;
  if (node->value.type != VAL_LIST)
    return jql__fail_code(jql, node, 7750300, "'p' must be an array of numbers");
  if (each.count == 0) return jql__fail_code(jql, node, 7750301, "'p' cannot be an empty array");
  while (jql__next(&each, &p)) {
    if (!val_is_number(&p.value))
      return jql__fail_code(jql, &p, 7750302, "'p' must be an array of numbers");
    if (!(val_to_float64(&p.value) >= 0 && val_to_float64(&p.value) <= 1))
      return jql__fail_code(jql, &p, 7750303, "'p' must have numbers in the range [0.0, 1.0]");
  }
  return LUMA_OK;
}

/** {"input": …, "p": […], "method": "approximate"}; $median has no p. */
static status read_percentile(const struct jql *jql, const struct jql_node *node, bool has_p,
                              struct expr **out) {
  static const struct jql_field specs[] = {
      {"input", JQL_ANY, true}, {"method", JQL_ANY, true}, {"p", JQL_ANY, true}};
  struct jql_node fields[3];
  struct expr *args[2];
  TRY(check_map(jql, node, has_p ? 7429703 : 7436100));
  TRY(jql__take(jql, node, specs, has_p ? 3 : 2, fields));
  TRY(check_method(jql, &fields[1]));
  TRY(jql__expression(jql, &fields[0], &args[0]));
  if (!has_p) return make(jql, node, EXPR_GATHER, args, 1, out);
  TRY(check_p(jql, &fields[2]));
  TRY(jql__const(jql, &fields[2], &args[1]));
  return make(jql, node, EXPR_GATHER, args, 2, out);
}

static status fail_accumulator(const struct jql *jql, const struct jql_node *node) {
  const struct word *words = NULL, *word = word_find(WORD_ACCUMULATOR, node->name);
  uint32_t count = words_of(WORD_ACCUMULATOR, &words);
  if (word && word->state == WORD_REFUSED)
    return jql__fail(jql, node, LUMA_UNSUPPORTED, "`%s` is not supported: %s", word->name,
                     word->why);
  if (word)
    return jql__fail_code(jql, node, 15952, "`%s` is a function of $setWindowFields alone",
                          word->name);
  status failed = jql__fail_unknown(jql, node, "an accumulator", words, count, sizeof *words);
  if (jql->err) jql->err->foreign = 15952;
  return failed;
}

status jql__accumulator(const struct jql *jql, const struct jql_node *node, struct expr **out) {
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
    if (jql_is_named(node, plain[i].name)) return read_plain(jql, node, plain[i].aggregate, out);
  bool some = jql_is_named(node, "$firstN") || jql_is_named(node, "$lastN") ||
              jql_is_named(node, "$minN") || jql_is_named(node, "$maxN");
  if (some) return read_some(jql, node, out);
  if (jql_is_named(node, "$top") || jql_is_named(node, "$bottom"))
    return read_top(jql, node, false, out);
  if (jql_is_named(node, "$topN") || jql_is_named(node, "$bottomN"))
    return read_top(jql, node, true, out);
  if (jql_is_named(node, "$percentile")) return read_percentile(jql, node, true, out);
  if (jql_is_named(node, "$median")) return read_percentile(jql, node, false, out);
  return fail_accumulator(jql, node);
}

status jql__accumulator_field(const struct jql *jql, const struct jql_node *field,
                              struct expr **out) {
  struct jql_each each = jql__each(jql, field);
  struct jql_node node;
  bool is_dotted = memchr(field->name.data, '.', field->name.bytes) != NULL;
  if (is_dotted)
    return jql__fail_code(jql, field, 40235, "The field name '%.*s' cannot contain '.'",
                          SLICE_ARG(field->name));
  if (jql_is_operator(field->name))
    return jql__fail_code(jql, field, 40236, "The field name '%.*s' cannot be an operator name",
                          SLICE_ARG(field->name));
  if (!jql__has_operators(field) || each.count != 1) {
    status failed = jql__fail_code(jql, field, jql__has_operators(field) ? 40238 : 40234,
                                   "The field '%.*s' must be an object of one accumulator",
                                   SLICE_ARG(field->name));
    err_hint(jql->err, "as in {\"total\": {\"$sum\": \"$price\"}}");
    return failed;
  }
  (void)jql__next(&each, &node);
  bool deviates = jql_is_named(&node, "$stdDevPop") || jql_is_named(&node, "$stdDevSamp") ||
                  jql_is_named(&node, "$mergeObjects");
  if (deviates && node.value.type == VAL_LIST)
    return jql__fail_code(jql, &node, 40237, "The %.*s accumulator is a unary operator",
                          SLICE_ARG(node.name));
  return jql__accumulator(jql, &node, out);
}

/* ---- $group ---- */

status jql__put_groups(const struct jql *jql, const struct jql_node *at, struct expr *key,
                       const struct jql_node *fields, struct plan **plan) {
  struct jql_each each = jql__each(jql, fields);
  struct jql_node field;
  uint32_t count = 1;
  struct expr **exprs = arena_zalloc(jql->arena, each.count + 2, sizeof *exprs);
  TRY(jql__made(jql, exprs));
  struct slice *names = arena_zalloc(jql->arena, each.count + 2, sizeof *names);
  TRY(jql__made(jql, names));
  exprs[0] = key;
  names[0] = slice_of_text("_id");
  while (jql__next(&each, &field)) {
    if (jql_is_named(&field, "_id")) continue;
    names[count] = field.name;
    TRY(jql__accumulator_field(jql, &field, &exprs[count++]));
  }
  TRY(jql__put(jql, PLAN_AGGREGATE, at, plan));
  (*plan)->exprs = exprs;
  (*plan)->names = names;
  (*plan)->exprs_count = count;
  (*plan)->keys_count = 1;
  return LUMA_OK;
}

status jql__put_group(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct jql_each each = jql__each(jql, spec);
  struct jql_node field;
  struct expr *key = NULL;
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 15947, "a group's fields must be specified in an object");
  while (jql__next(&each, &field))
    if (jql_is_named(&field, "_id")) TRY(jql__expression(jql, &field, &key));
  if (!key) return jql__fail_code(jql, spec, 15955, "a group specification must include an _id");
  return jql__put_groups(jql, spec, key, spec, plan);
}
