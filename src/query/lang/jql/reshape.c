/* SPDX-License-Identifier: MIT */
/* $redact, which cuts parts of documents away, and $densify, which adds documents where there are
 * gaps. */
#include "query/lang/jql/stage_int.h"
#include "value/order/order.h"

status jql__field_path(const struct jql *jql, const struct jql_node *node, struct path *path) {
  if (node->value.type != VAL_TEXT) return jql__fail_type(jql, node, "the name of a field");
  struct slice text = val_slice(&node->value);
  if (text.bytes == 0)
    return jql__fail_code(jql, node, 40352, "FieldPath cannot be constructed with empty string");
  TRY(jql__path(jql, node, text, path));
  for (uint32_t i = 0; i < path->count; i++)
    if (!jql__is_field(path->steps[i].name) || (i == 0 && jql_is_operator(text)))
      return jql__fail_code(jql, node, 16410, "FieldPath field names may not start with '$'");
  return LUMA_OK;
}

/* ---- $redact ---- */

status jql__let_slot(const struct jql *jql, const struct jql_node *at, uint32_t variable,
                     uint32_t slot, struct expr *body, struct expr **expr) {
  struct expr *parts[2] = {NULL, body};
  TRY(jql__slot(jql, at, slot, &parts[0]));
  *expr = expr_node(jql->arena, EXPR_LET, parts, 2, at->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->variable = variable;
  return LUMA_OK;
}

/** `body` with the part that is looked at as CURRENT, and the verdicts, which are texts as MongoDB
 * has them. */
static status put_decision(const struct jql *jql, const struct jql_node *at, uint32_t first,
                           struct expr *body, struct plan *plan) {
  static const char *const verdicts[] = {"keep", "prune", "descend"};
  struct expr *parts[5] = {NULL, NULL, NULL, NULL, body};
  TRY(jql__slot(jql, at, 1, &parts[0]));
  for (uint32_t i = 0; i < 3; i++) {
    parts[i + 1] = expr_const(jql->arena, val_text(slice_of_text(verdicts[i])), at->offset);
    TRY(jql__made(jql, parts[i + 1]));
  }
  plan->exprs = arena_zalloc(jql->arena, 1, sizeof *plan->exprs);
  TRY(jql__made(jql, plan->exprs));
  plan->exprs[0] = expr_node(jql->arena, EXPR_LET, parts, 5, at->offset);
  TRY(jql__made(jql, plan->exprs[0]));
  plan->exprs[0]->variable = first;
  plan->exprs_count = 1;
  return LUMA_OK;
}

status jql__put_redact(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  static const char *const names[] = {"CURRENT", "KEEP", "PRUNE", "DESCEND"};
  struct jql inner = *jql;
  struct jql_variable variables[4];
  struct expr *body = NULL;
  uint32_t first = jql_next_variable(jql);
  for (uint32_t i = 0; i < 4; i++) {
    variables[i] = (struct jql_variable){slice_of_text(names[i]), first + i, inner.variables};
    inner.variables = &variables[i];
  }
  TRY(jql__expression(&inner, spec, &body));
  TRY(jql__put_stage(jql, STAGE_REDACT, spec, plan));
  return put_decision(jql, spec, first, body, *plan);
}

/* ---- $densify ---- */

static bool is_date(const struct val *v) {
  return v->type == VAL_TIMESTAMP || v->type == VAL_DATE;
}

/** Of one kind: whole numbers are, however wide. */
static bool is_like(const struct val *a, const struct val *b) {
  bool whole_a = a->type == VAL_INT32 || a->type == VAL_INT64;
  bool whole_b = b->type == VAL_INT32 || b->type == VAL_INT64;
  return (whole_a && whole_b) || a->type == b->type;
}

static status read_step(const struct jql *jql, const struct jql_node *step,
                        const struct jql_node *unit, struct stage_densify *densify) {
  int64_t whole = 0;
  if (!val_is_number(&step->value) || !(val_to_float64(&step->value) > 0))
    return jql__fail_code(jql, step, 5733401,
                          "The step parameter in a range statement must be a strictly positive "
                          "numeric value");
  densify->step = step->value;
  if (!jql_is_given(unit)) return LUMA_OK;
  if (unit->value.type != VAL_TEXT || !jql__is_unit(val_slice(&unit->value)))
    return jql__fail_code(jql, unit, 9, "unknown time unit value");
  if (!val_to_int64(&step->value, &whole))
    return jql__fail_code(jql, step, 6586400,
                          "The step parameter in a range statement must be a whole number when "
                          "densifying a date range");
  densify->unit = val_slice(&unit->value);
  return LUMA_OK;
}

static status fail_bounds(const struct jql *jql, const struct jql_node *bounds) {
  return jql__fail_code(jql, bounds, 5733402,
                        "Bounds must be 'full', 'partition', or an ascending array of two numbers "
                        "or two dates");
}

static status read_bounds(const struct jql *jql, const struct jql_node *bounds, bool has_partition,
                          struct stage_densify *densify) {
  const struct val *value = &bounds->value;
  struct slice text = value->type == VAL_TEXT ? val_slice(value) : slice_of(NULL, 0);
  densify->range = STAGE_RANGE_FULL;
  if (slice_is_equal(text, slice_of_text("full"))) return LUMA_OK;
  densify->range = STAGE_RANGE_PARTITION;
  if (slice_is_equal(text, slice_of_text("partition"))) {
    if (has_partition) return LUMA_OK;
    return jql__fail_code(jql, bounds, 5733403,
                          "Cannot specify 'partition' bounds without specifying a "
                          "'partitionByFields'");
  }
  densify->range = STAGE_RANGE_EXPLICIT;
  if (value->type != VAL_LIST || val_count(value) != 2) return fail_bounds(jql, bounds);
  densify->low = val_at(value, 0);
  densify->high = val_at(value, 1);
  bool same = is_like(&densify->low, &densify->high) && is_like(&densify->low, &densify->step);
  bool dates = is_date(&densify->low) && is_date(&densify->high);
  bool numbers = val_is_number(&densify->low) && val_is_number(&densify->high);
  if ((!dates && !numbers) || val_compare(&densify->low, &densify->high) > 0)
    return fail_bounds(jql, bounds);
  if (numbers && !same)
    return jql__fail_code(jql, bounds, 5876900,
                          "Upper bound, lower bound, and step must all have the same type");
  if (dates != (densify->unit.data != NULL))
    return jql__fail_code(jql, bounds, 5733501,
                          "Numeric bounds may not have a unit parameter, and dates need one");
  return LUMA_OK;
}

static status read_range(const struct jql *jql, const struct jql_node *range, bool has_partition,
                         struct stage_densify *densify) {
  static const struct jql_field specs[] = {
      {"step", JQL_ANY, true}, {"bounds", JQL_ANY, true}, {"unit", JQL_ANY, false}};
  struct jql_node fields[3];
  TRY(jql__take(jql, range, specs, 3, fields));
  TRY(read_step(jql, &fields[0], &fields[2], densify));
  return read_bounds(jql, &fields[1], has_partition, densify);
}

/** exprs: the field, then those of the partition; paths: those of the partition. */
static status read_fields(const struct jql *jql, const struct jql_node *field,
                          const struct jql_node *partition, struct plan *plan) {
  struct jql_each each = jql__each(jql, partition);
  struct jql_node name;
  struct plan_stage *stage = plan->stage;
  plan->exprs = arena_zalloc(jql->arena, each.count + 1, sizeof *plan->exprs);
  stage->paths = arena_zalloc(jql->arena, each.count + 1, sizeof *stage->paths);
  TRY(jql__made(jql, plan->exprs ? stage->paths : NULL));
  TRY(jql__field_path(jql, field, &stage->path));
  TRY(jql__name(jql, field, val_slice(&field->value), &plan->exprs[0]));
  while (jql__next(&each, &name)) {
    TRY(jql__field_path(jql, &name, &stage->paths[name.index]));
    if (path_has_prefix(&stage->paths[name.index], &stage->path) ||
        path_has_prefix(&stage->path, &stage->paths[name.index]))
      return jql__fail_code(jql, &name, 8993000,
                            "the field that $densify fills cannot be one of the partition's");
    TRY(jql__name(jql, &name, val_slice(&name.value), &plan->exprs[name.index + 1]));
  }
  stage->paths_count = each.count;
  plan->exprs_count = each.count + 1;
  return LUMA_OK;
}

status jql__put_densify(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  static const struct jql_field specs[] = {
      {"field", JQL_TEXT, true}, {"partitionByFields", JQL_LIST, false}, {"range", JQL_MAP, true}};
  struct jql_node fields[3];
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 5733201, "The $densify stage specification must be an object");
  TRY(jql__take(jql, spec, specs, 3, fields));
  bool has_partition = jql_is_given(&fields[1]) && val_count(&fields[1].value) > 0;
  TRY(jql__put_stage(jql, STAGE_DENSIFY, spec, plan));
  TRY(read_fields(jql, &fields[0], &fields[1], *plan));
  return read_range(jql, &fields[2], has_partition, &(*plan)->stage->densify);
}
