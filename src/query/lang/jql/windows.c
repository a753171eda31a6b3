/* SPDX-License-Identifier: MIT */
/* $setWindowFields: a SORT by the partition and the order, the windows, and a PROJECT that puts
 * their outputs into the document. */
#include <math.h>

#include "query/lang/jql/stage_int.h"

enum { EXPR_PARTITION, EXPR_ORDER, EXPR_ARGUMENTS };

struct function {
  const char *name;
  enum stage_function function;
};

static const struct function functions[] = {
    {"$rank", STAGE_RANK},
    {"$denseRank", STAGE_DENSE_RANK},
    {"$documentNumber", STAGE_DOCUMENT_NUMBER},
    {"$shift", STAGE_SHIFT},
    {"$derivative", STAGE_DERIVATIVE},
    {"$integral", STAGE_INTEGRAL},
    {"$expMovingAvg", STAGE_MOVING_AVERAGE},
    {"$covariancePop", STAGE_COVARIANCE_POP},
    {"$covarianceSamp", STAGE_COVARIANCE_SAMP},
    {"$linearFill", STAGE_LINEAR_FILL},
    {"$locf", STAGE_LOCF},
    {"$minMaxScaler", STAGE_MIN_MAX_SCALER},
};

/* ---- the order below ---- */

/** SORT by the partition's key, then by `order`. */
static status put_sort(const struct jql *jql, const struct jql_node *at,
                       const struct jql_node *partition, const struct jql_node *order,
                       struct plan **plan) {
  struct jql_each each = jql__each(jql, order);
  struct jql_node node;
  uint32_t count = 0;
  struct plan_sort_key *keys = arena_zalloc(jql->arena, each.count + 1, sizeof *keys);
  TRY(jql__made(jql, keys));
  if (jql_is_given(partition)) {
    keys[count].mongo = true;
    TRY(jql__expression(jql, partition, &keys[count++].expr));
  }
  while (jql__next(&each, &node)) {
    keys[count].mongo = true;
    keys[count].descending = val_to_float64(&node.value) < 0;
    TRY(jql__name(jql, &node, node.name, &keys[count++].expr));
  }
  if (count == 0) return LUMA_OK;
  TRY(jql__put(jql, PLAN_SORT, at, plan));
  (*plan)->sort = keys;
  (*plan)->sort_count = count;
  return LUMA_OK;
}

status jql__begin_outputs(const struct jql *jql, struct plan *plan, const struct jql_node *map,
                          uint32_t first, struct jql_outputs *outputs) {
  uint32_t count = map->value.type == VAL_MAP ? val_count(&map->value) : 1;
  outputs->count = 0;
  outputs->windows = arena_zalloc(jql->arena, count + 1, sizeof *outputs->windows);
  outputs->names = arena_zalloc(jql->arena, count + 1, sizeof *outputs->names);
  plan->exprs = arena_zalloc(jql->arena, first + count + 1, sizeof *plan->exprs);
  TRY(jql__made(jql, outputs->windows && outputs->names ? plan->exprs : NULL));
  plan->stage->windows = outputs->windows;
  plan->stage->names = outputs->names;
  return LUMA_OK;
}

void jql__set_argument(struct plan *plan, struct stage_window *window, struct expr *expr) {
  window->has_argument = true;
  window->argument = plan->exprs_count;
  plan->exprs[plan->exprs_count++] = expr;
}

/** An EXPR_AGGREGATE whose first argument is computed by the stage. */
static void set_aggregate(struct plan *plan, struct stage_window *window, struct expr *aggregate) {
  window->function = STAGE_AGGREGATE;
  window->aggregate = aggregate;
  if (aggregate->args_count) jql__set_argument(plan, window, aggregate->args[0]);
}

/* ---- windows ---- */

struct unit {
  const char *name;
  int64_t ms;
  int32_t months;
};

static bool read_unit(struct slice name, int64_t *ms, int32_t *months) {
  static const struct unit units[] = {
      {"year", 0, 12},        {"quarter", 0, 3},    {"month", 0, 1},
      {"week", 604800000, 0}, {"day", 86400000, 0}, {"hour", 3600000, 0},
      {"minute", 60000, 0},   {"second", 1000, 0},  {"millisecond", 1, 0}};
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    if (!slice_is_equal(name, slice_of_text(units[i].name))) continue;
    *ms = units[i].ms;
    *months = units[i].months;
    return true;
  }
  return false;
}

bool jql__is_unit(struct slice name) {
  int64_t ms = 0;
  int32_t months = 0;
  return read_unit(name, &ms, &months);
}

static status read_bound(const struct jql *jql, const struct jql_node *node, bool documents,
                         enum stage_bound *bound, double *offset) {
  struct slice text = node->value.type == VAL_TEXT ? val_slice(&node->value) : slice_of(NULL, 0);
  int64_t whole = 0;
  *bound = STAGE_OFFSET;
  *offset = 0;
  if (slice_is_equal(text, slice_of_text("unbounded"))) {
    *bound = STAGE_UNBOUNDED;
  } else if (slice_is_equal(text, slice_of_text("current"))) {
    *bound = STAGE_CURRENT;
  } else if (!val_is_number(&node->value)) {
    return jql__fail_code(jql, node, 5339902,
                          "Window bounds must be 'unbounded', 'current' or a "
                          "number");
  } else if (documents &&
             (!val_to_int64(&node->value, &whole) || whole > INT32_MAX || whole < INT32_MIN)) {
    return jql__fail_code(jql, node, 5339901, "Numeric document-based bounds must be an integer");
  } else {
    *offset = val_to_float64(&node->value);
  }
  return LUMA_OK;
}

static status read_bounds(const struct jql *jql, const struct jql_node *list, bool documents,
                          struct stage_window *window) {
  struct jql_each each = jql__each(jql, list);
  struct jql_node low, high;
  if (list->value.type != VAL_LIST || each.count != 2)
    return jql__fail_code(jql, list, 5339900, "Window bounds must be a 2-element array");
  (void)jql__next(&each, &low);
  (void)jql__next(&each, &high);
  TRY(read_bound(jql, &low, documents, &window->low, &window->low_offset));
  TRY(read_bound(jql, &high, documents, &window->high, &window->high_offset));
  bool bounded = window->low != STAGE_UNBOUNDED && window->high != STAGE_UNBOUNDED;
  if (bounded && window->low_offset > window->high_offset)
    return jql__fail_code(jql, list, 5339900, "Lower bound must not exceed upper bound");
  return LUMA_OK;
}

/** {"documents": [low, high]} or {"range": [low, high], "unit": …} */
static status read_window(const struct jql *jql, const struct jql_node *node,
                          const struct plan_stage *stage, struct stage_window *window) {
  static const struct jql_field specs[] = {
      {"documents", JQL_ANY, false}, {"range", JQL_ANY, false}, {"unit", JQL_ANY, false}};
  struct jql_node fields[3];
  if (node->value.type != VAL_MAP)
    return jql__fail_code(jql, node, 9, "'window' field must be an object");
  window->has_window = true;
  if (val_count(&node->value) == 0) {
    window->has_window = false;
    return LUMA_OK;
  }
  TRY(jql__take(jql, node, specs, 3, fields));
  bool documents = jql_is_given(&fields[0]), range = jql_is_given(&fields[1]);
  if (documents == range || (documents && jql_is_given(&fields[2])))
    return jql__fail_code(jql, node, 9,
                          "'window' field can only contain 'documents' as the only "
                          "argument or 'range' with an optional 'unit' field");
  window->by_range = range;
  TRY(read_bounds(jql, &fields[range], documents, window));
  bool is_whole = window->low == STAGE_UNBOUNDED && window->high == STAGE_UNBOUNDED;
  if (documents && !is_whole && !stage->has_order)
    return jql__fail_code(jql, node, 5339901, "Document-based bounds require a sortBy");
  if (range && (!stage->has_order || stage->order_count != 1 || stage->is_descending))
    return jql__fail_code(jql, node, 5339902,
                          "Range-based bounds require a sortBy of a single "
                          "ascending field");
  if (!jql_is_given(&fields[2])) return LUMA_OK;
  if (fields[2].value.type != VAL_TEXT)
    return jql__fail_code(jql, &fields[2], 9, "'unit' must be a string");
  if (!read_unit(val_slice(&fields[2].value), &window->range_unit_ms, &window->range_unit_months))
    return jql__fail_code(jql, &fields[2], 9, "unknown time unit value: %.*s",
                          SLICE_ARG(val_slice(&fields[2].value)));
  bool is_whole_low = trunc(window->low_offset) == window->low_offset;
  bool is_whole_high = trunc(window->high_offset) == window->high_offset;
  if (!is_whole_low || !is_whole_high)
    return jql__fail_code(jql, node, 5339902, "With 'unit', range-based bounds must be integers");
  return LUMA_OK;
}

/* ---- functions ---- */

enum { NO_ORDER = 5371602, NO_ORDER_FOR_LINES = 605001 };

static status need_order(const struct jql *jql, const struct jql_node *node,
                         const struct plan_stage *stage, bool single, uint32_t code) {
  if (!stage->has_order)
    return jql__fail_code(jql, node, code,
                          "%.*s must be specified with a top level sortBy "
                          "expression",
                          SLICE_ARG(node->name));
  if (single && stage->order_count != 1)
    return jql__fail_code(jql, node, code,
                          "%.*s must be specified with a top level sortBy "
                          "expression with exactly one element",
                          SLICE_ARG(node->name));
  return LUMA_OK;
}

static status no_window(const struct jql *jql, const struct jql_node *node, bool has_window) {
  if (!has_window) return LUMA_OK;
  return jql__fail_code(jql, node, 5371601, "%.*s does not accept a 'window' field",
                        SLICE_ARG(node->name));
}

static status read_rank(const struct jql *jql, const struct jql_node *node,
                        const struct plan_stage *stage, bool has_window,
                        struct stage_window *window) {
  if (node->value.type != VAL_MAP || val_count(&node->value))
    return jql__fail_code(jql, node, 5371603, "%.*s must be specified with '{}' as the value",
                          SLICE_ARG(node->name));
  TRY(no_window(jql, node, has_window));
  return need_order(jql, node, stage, window->function != STAGE_DOCUMENT_NUMBER, NO_ORDER);
}

/** Does it mean itself wherever an expression may stand? */
static bool is_itself(const struct val *v) {
  bool is_map = v->type == VAL_MAP, is_good = true;
  if (v->type == VAL_TEXT) return !jql_is_operator(val_slice(v));
  for (uint32_t i = 0; is_good && (is_map || v->type == VAL_LIST) && i < val_count(v); i++) {
    struct slice name = {0};
    struct val inner = is_map ? val_field_at(v, i, &name) : val_at(v, i);
    is_good = !(is_map && jql_is_operator(name)) && is_itself(&inner);
  }
  return is_good;
}

/** What stands where there is no row: one value for all rows, which may have to be computed. */
static status read_otherwise(const struct jql *jql, const struct jql_node *node,
                             struct stage_window *window, struct expr **output) {
  struct expr *otherwise = NULL;
  window->otherwise = val_null();
  if (!jql_is_given(node)) return LUMA_OK;
  TRY(jql__expression(jql, node, &otherwise));
  if (otherwise->kind == EXPR_CONST || is_itself(&node->value)) {
    window->otherwise = otherwise->kind == EXPR_CONST ? otherwise->value : node->value;
    return LUMA_OK;
  }
  if (jql__reads_row(otherwise))
    return jql__fail_code(jql, node, 9, "'$shift:default' expression must yield a constant value");
  struct expr **pair = arena_zalloc(jql->arena, 2, sizeof *pair);
  TRY(jql__made(jql, pair));
  pair[0] = *output;
  pair[1] = otherwise;
  window->has_otherwise = true;
  *output = expr_node(jql->arena, EXPR_LIST, pair, 2, node->offset);
  return jql__made(jql, *output);
}

static status read_shift(const struct jql *jql, const struct jql_node *node, struct plan *plan,
                         bool has_window, struct stage_window *window) {
  static const struct jql_field specs[] = {
      {"output", JQL_ANY, true}, {"by", JQL_ANY, true}, {"default", JQL_ANY, false}};
  struct jql_node fields[3];
  struct expr *output = NULL;
  if (node->value.type != VAL_MAP)
    return jql__fail_code(jql, node, 9, "Argument to $shift must be an object");
  TRY(no_window(jql, node, has_window));
  TRY(jql__take_as(jql, node, specs, 3, (struct jql_codes){.unknown = 9, .missing = 9}, fields));
  TRY(need_order(jql, node, plan->stage, false, NO_ORDER));
  if (!val_is_number(&fields[1].value) || !val_to_int64(&fields[1].value, &window->by) ||
      window->by > INT32_MAX || window->by < INT32_MIN)
    return jql__fail_code(jql, &fields[1], 9, "'$shift:by' field must be an integer");
  TRY(jql__expression(jql, &fields[0], &output));
  TRY(read_otherwise(jql, &fields[2], window, &output));
  jql__set_argument(plan, window, output);
  return LUMA_OK;
}

/** {"input": …, "unit": …} */
static status read_slope(const struct jql *jql, const struct jql_node *node, struct plan *plan,
                         bool has_window, struct stage_window *window) {
  static const struct jql_field specs[] = {{"input", JQL_ANY, true}, {"unit", JQL_ANY, false}};
  struct jql_node fields[2];
  struct expr *input = NULL;
  int32_t months = 0;
  if (node->value.type != VAL_MAP)
    return jql__fail_code(jql, node, 9, "%.*s expects an object", SLICE_ARG(node->name));
  TRY(jql__take(jql, node, specs, 2, fields));
  TRY(need_order(jql, node, plan->stage, true, NO_ORDER));
  if (window->function == STAGE_DERIVATIVE && !has_window)
    return jql__fail_code(jql, node, 9, "$derivative requires explicit window bounds");
  if (jql_is_given(&fields[1])) {
    if (fields[1].value.type != VAL_TEXT ||
        !read_unit(val_slice(&fields[1].value), &window->unit_ms, &months) || months)
      return jql__fail_code(jql, &fields[1], 9, "unit must be 'week' or smaller");
  }
  TRY(jql__expression(jql, &fields[0], &input));
  jql__set_argument(plan, window, input);
  return LUMA_OK;
}

/** {"input": …, "N": …} or {"input": …, "alpha": …} */
static status read_moving_average(const struct jql *jql, const struct jql_node *node,
                                  struct plan *plan, bool has_window, struct stage_window *window) {
  static const struct jql_field specs[] = {
      {"input", JQL_ANY, true}, {"N", JQL_ANY, false}, {"alpha", JQL_ANY, false}};
  struct jql_node fields[3];
  struct expr *input = NULL;
  int64_t n = 0;
  if (node->value.type != VAL_MAP)
    return jql__fail_code(jql, node, 9,
                          "$expMovingAvg must have exactly one argument that is an "
                          "object");
  TRY(no_window(jql, node, has_window));
  TRY(jql__take(jql, node, specs, 3, fields));
  TRY(need_order(jql, node, plan->stage, false, NO_ORDER));
  if (jql_is_given(&fields[1]) == jql_is_given(&fields[2]))
    return jql__fail_code(jql, node, 9,
                          "$expMovingAvg sub object must have exactly two fields: An "
                          "'input' field, and either an 'N' field or an 'alpha' field");
  if (jql_is_given(&fields[1])) {
    if (!val_is_number(&fields[1].value) || !val_to_int64(&fields[1].value, &n) || n <= 0)
      return jql__fail_code(jql, &fields[1], 9, "'N' field must be an integer greater than 0");
    window->alpha = 2.0 / ((double)n + 1);
  } else {
    window->alpha = val_is_number(&fields[2].value) ? val_to_float64(&fields[2].value) : 0;
    if (!(window->alpha > 0 && window->alpha < 1))
      return jql__fail_code(jql, &fields[2], 9, "'alpha' must be between 0 and 1 (exclusive)");
  }
  TRY(jql__expression(jql, &fields[0], &input));
  jql__set_argument(plan, window, input);
  return LUMA_OK;
}

/** {"input": …, "min": …, "max": …} */
static status read_scaler(const struct jql *jql, const struct jql_node *node, struct plan *plan,
                          struct stage_window *window) {
  static const struct jql_field specs[] = {
      {"input", JQL_ANY, true}, {"min", JQL_ANY, false}, {"max", JQL_ANY, false}};
  struct jql_node fields[3];
  struct expr *input = NULL;
  double bounds[2] = {0, 1};
  if (node->value.type != VAL_MAP)
    return jql__fail_code(jql, node, 9, "$minMaxScaler takes an object with an 'input' field");
  TRY(jql__take(jql, node, specs, 3, fields));
  for (int i = 0; i < 2; i++) {
    const struct jql_node *bound = &fields[i + 1];
    if (!jql_is_given(bound)) continue;
    if (!val_is_number(&bound->value))
      return jql__fail_code(jql, bound, 9, "'%.*s' of $minMaxScaler must be a number",
                            SLICE_ARG(bound->name));
    bounds[i] = val_to_float64(&bound->value);
  }
  if (!(bounds[0] < bounds[1]))
    return jql__fail_code(jql, node, 9, "'max' of $minMaxScaler must be above its 'min'");
  window->scale_low = bounds[0];
  window->scale_high = bounds[1];
  TRY(jql__expression(jql, &fields[0], &input));
  jql__set_argument(plan, window, input);
  return LUMA_OK;
}

static status read_function(const struct jql *jql, const struct jql_node *node, struct plan *plan,
                            bool has_window, struct stage_window *window) {
  struct expr *argument = NULL;
  switch ((int)window->function) {
  case STAGE_RANK:
  case STAGE_DENSE_RANK:
  case STAGE_DOCUMENT_NUMBER: return read_rank(jql, node, plan->stage, has_window, window);
  case STAGE_SHIFT: return read_shift(jql, node, plan, has_window, window);
  case STAGE_DERIVATIVE:
  case STAGE_INTEGRAL: return read_slope(jql, node, plan, has_window, window);
  case STAGE_MOVING_AVERAGE: return read_moving_average(jql, node, plan, has_window, window);
  case STAGE_MIN_MAX_SCALER: return read_scaler(jql, node, plan, window);
  case STAGE_LINEAR_FILL:
    TRY(no_window(jql, node, has_window));
    TRY(need_order(jql, node, plan->stage, true, NO_ORDER_FOR_LINES));
    break;
  case STAGE_LOCF: TRY(no_window(jql, node, has_window)); break;
  default: break;
  }
  TRY(jql__expression(jql, node, &argument));
  jql__set_argument(plan, window, argument);
  return LUMA_OK;
}

static const struct function *find_function(const struct jql_node *node) {
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
    if (jql_is_named(node, functions[i].name)) return &functions[i];
  return NULL;
}

/** {"$sum": "$a", "window": {…}} */
static status read_output(const struct jql *jql, const struct jql_node *field, struct plan *plan,
                          struct stage_window *window) {
  struct jql_each each = jql__each(jql, field);
  struct jql_node node, call = {0}, bounds = {0};
  if (field->value.type != VAL_MAP)
    return jql__fail_code(jql, field, 9, "Window function specification must be an object");
  while (jql__next(&each, &node)) {
    if (jql_is_named(&node, "window"))
      bounds = node;
    else if (!jql_is_operator(node.name))
      return jql__fail_code(jql, &node, 9, "Window function found an unknown argument: %.*s",
                            SLICE_ARG(node.name));
    else if (call.name.data)
      return jql__fail_code(jql, &node, 9, "Cannot specify two functions in window function spec");
    else
      call = node;
  }
  if (!call.name.data)
    return jql__fail_code(jql, field, 9, "Expected a $-prefixed window function");
  const struct function *function = find_function(&call);
  if (jql_is_given(&bounds)) TRY(read_window(jql, &bounds, plan->stage, window));
  if (function) {
    window->function = function->function;
    window->name = function->name;
    return read_function(jql, &call, plan, jql_is_given(&bounds), window);
  }
  struct expr *aggregate = NULL;
  TRY(jql__accumulator(jql, &call, &aggregate));
  set_aggregate(plan, window, aggregate);
  return LUMA_OK;
}

static status check_name(const struct jql *jql, const struct jql_node *field, struct path *path) {
  if (jql_is_operator(field->name) || field->name.bytes == 0)
    return jql__fail_code(jql, field, 16410, "FieldPath field names may not start with '$'");
  return jql__path(jql, field, field->name, path);
}

status jql__begin_windows(const struct jql *jql, const struct jql_node *spec,
                          const struct jql_node *partition, const struct jql_node *order,
                          const struct jql_node *output, struct jql_outputs *outputs,
                          struct plan **plan) {
  struct jql_each each = jql__each(jql, order);
  struct jql_node first = {0};
  TRY(put_sort(jql, spec, partition, order, plan));
  TRY(jql__put_stage(jql, STAGE_WINDOW, spec, plan));
  struct plan_stage *stage = (*plan)->stage;
  stage->has_order = each.count > 0;
  stage->order_count = each.count;
  TRY(jql__begin_outputs(jql, *plan, output, EXPR_ARGUMENTS, outputs));
  struct expr **exprs = (*plan)->exprs;
  exprs[EXPR_PARTITION] = exprs[EXPR_ORDER] = expr_const(jql->arena, val_null(), spec->offset);
  TRY(jql__made(jql, exprs[EXPR_ORDER]));
  (*plan)->exprs_count = EXPR_ARGUMENTS;
  if (jql_is_given(partition)) TRY(jql__expression(jql, partition, &exprs[EXPR_PARTITION]));
  if (!jql__next(&each, &first)) return LUMA_OK;
  stage->is_descending = val_to_float64(&first.value) < 0;
  return jql__name(jql, &first, first.name, &exprs[EXPR_ORDER]);
}

status jql__put_set_window_fields(const struct jql *jql, const struct jql_node *spec,
                                  struct plan **plan) {
  static const struct jql_field specs[] = {
      {"partitionBy", JQL_ANY, false}, {"sortBy", JQL_ANY, false}, {"output", JQL_ANY, true}};
  struct jql_node fields[3], field;
  struct jql_outputs outputs;
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 9,
                          "the $setWindowFields stage specification must be an "
                          "object");
  TRY(jql__take(jql, spec, specs, 3, fields));
  if (jql_is_given(&fields[1])) TRY(jql__check_order(jql, &fields[1]));
  TRY(jql__check_kind(jql, &fields[2], JQL_MAP));
  TRY(jql__begin_windows(jql, spec, &fields[0], &fields[1], &fields[2], &outputs, plan));
  struct jql_each each = jql__each(jql, &fields[2]);
  struct path *places = arena_zalloc(jql->arena, each.count + 1, sizeof *places);
  TRY(jql__made(jql, places));
  while (jql__next(&each, &field)) {
    TRY(check_name(jql, &field, &places[outputs.count]));
    outputs.names[outputs.count] = field.name;
    TRY(read_output(jql, &field, *plan, &outputs.windows[outputs.count++]));
  }
  (*plan)->stage->windows_count = outputs.count;
  TRY(jql__check_paths(jql, &fields[2], places, outputs.count));
  return jql__put_outputs(jql, spec, outputs.names, outputs.count, plan);
}
