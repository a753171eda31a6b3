/* SPDX-License-Identifier: MIT */
/* Parts of updates: array filters, and updates that are pipelines. */
#include "query/lang/jql/expression_int.h"

static status check_maps(const struct jql *jql, const struct jql_node *list) {
  struct jql_each each = jql__each(jql, list);
  struct jql_node element;
  while (list->value.type == VAL_LIST && jql__next(&each, &element))
    TRY(jql__check_kind_as(jql, &element, JQL_MAP, JQL_TYPE_MISMATCH));
  return LUMA_OK;
}

status jql__check_types(const struct jql *jql, const struct jql_write *write) {
  enum { FAILED_TO_PARSE = 9 };
  if (write->changes.value.type != VAL_MAP && write->changes.value.type != VAL_LIST)
    return jql__fail_code(jql, &write->changes, FAILED_TO_PARSE,
                          "Update argument must be either an object or an array");
  TRY(check_maps(jql, &write->changes));
  return check_maps(jql, &write->array_filters);
}

/* ---- array filters ---- */

/** The first step of a path as written. */
static struct slice first_step(struct slice path) {
  const uint8_t *dot = path.bytes ? memchr(path.data, '.', path.bytes) : NULL;
  return dot ? slice_of(path.data, (size_t)(dot - path.data)) : path;
}

/** The name that the conditions of a filter begin with: the same for all. */
static status find_name(const struct jql *jql, const struct jql_node *map, struct slice *name) {
  struct jql_each each = jql__each(jql, map), inner;
  struct jql_node node, element;
  while (jql__next(&each, &node)) {
    if (jql_is_operator(node.name)) {
      inner = jql__each(jql, &node);
      while (node.value.type == VAL_LIST && jql__next(&inner, &element))
        TRY(find_name(jql, &element, name));
      continue;
    }
    struct slice first = first_step(node.name);
    if (name->data && !slice_is_equal(first, *name))
      return jql__fail_code(jql, &node, 9,
                            "Error parsing array filter :: caused by :: Expected a single "
                            "top-level field name, found '%.*s' and '%.*s'",
                            SLICE_ARG(*name), SLICE_ARG(first));
    *name = first;
  }
  return LUMA_OK;
}

static bool is_name(struct slice name) {
  bool good = name.bytes && name.data[0] >= 'a' && name.data[0] <= 'z';
  for (size_t i = 0; i < name.bytes; i++) {
    uint8_t c = name.data[i];
    good &= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
  return good;
}

static status read_filter(const struct jql *jql, const struct jql_node *node,
                          struct plan_array_filter *filter) {
  struct jql inner = *jql;
  TRY(jql__check_kind_as(jql, node, JQL_MAP, JQL_TYPE_MISMATCH));
  TRY(find_name(jql, node, &filter->name));
  if (!filter->name.data)
    return jql__fail_code(jql, node, 9,
                          "Cannot use an expression without a top-level field name "
                          "in arrayFilters");
  if (!is_name(filter->name))
    return jql__fail_code(jql, node, 2,
                          "The top-level field name must be an alphanumeric string beginning with "
                          "a lowercase letter, found '%.*s'",
                          SLICE_ARG(filter->name));
  inner.element = filter->name;
  inner.in_element = true;
  return jql__filter(&inner, node, &filter->match);
}

status jql__array_filters(const struct jql *jql, const struct jql_node *list,
                          struct jql_filters *filters) {
  struct jql_each each = jql__each(jql, list);
  struct jql_node node;
  *filters = (struct jql_filters){0};
  if (!jql_is_given(list)) return LUMA_OK;
  filters->items = arena_zalloc(jql->arena, each.count + 1, sizeof *filters->items);
  TRY(jql__made(jql, filters->items));
  filters->used = arena_zalloc(jql->arena, each.count + 1, sizeof *filters->used);
  TRY(jql__made(jql, filters->used));
  while (jql__next(&each, &node)) {
    struct plan_array_filter *filter = &filters->items[filters->count];
    TRY(read_filter(jql, &node, filter));
    for (uint32_t i = 0; i < filters->count; i++)
      if (slice_is_equal(filters->items[i].name, filter->name))
        return jql__fail_code(
            jql, &node, 9, "Found multiple array filters with the same top-level field name %.*s",
            SLICE_ARG(filter->name));
    filters->count++;
  }
  return LUMA_OK;
}

status jql__use_array_filter(const struct jql *jql, const struct jql_node *at, struct slice name) {
  struct jql_filters *filters = jql->filters;
  for (uint32_t i = 0; filters && i < filters->count; i++) {
    if (!slice_is_equal(filters->items[i].name, name)) continue;
    filters->used[i] = true;
    return LUMA_OK;
  }
  return jql__fail_code(jql, at, 2, "No array filter found for identifier '%.*s'", SLICE_ARG(name));
}

status jql__check_array_filters(const struct jql *jql, const struct jql_node *at,
                                const struct jql_filters *filters) {
  for (uint32_t i = 0; i < filters->count; i++)
    if (!filters->used[i])
      return jql__fail_code(jql, at, 9,
                            "The array filter for identifier '%.*s' was not used in the update",
                            SLICE_ARG(filters->items[i].name));
  return LUMA_OK;
}

/* ---- pipelines ---- */

static status read_root(const struct jql *jql, const struct jql_node *spec, struct expr **expr) {
  static const struct jql_field specs[] = {{"newRoot", JQL_ANY, true}};
  struct jql_node field;
  TRY(jql__check_kind(jql, spec, JQL_MAP));
  TRY(jql__take(jql, spec, specs, 1, &field));
  return jql__new_root(jql, &field, expr);
}

/** One stage as an expression of the document as it is then. */
static status read_stage(const struct jql *jql, const struct jql_node *stage, struct expr **expr) {
  struct jql_each each = jql__each(jql, stage);
  struct jql_node spec;
  TRY(jql__check_kind(jql, stage, JQL_MAP));
  if (each.count != 1)
    return jql__fail_code(jql, stage, 40323,
                          "A pipeline stage specification object must contain "
                          "exactly one field.");
  (void)jql__next(&each, &spec);
  if (jql_is_named(&spec, "$set") || jql_is_named(&spec, "$addFields"))
    return jql__add_fields(jql, &spec, expr);
  if (jql_is_named(&spec, "$unset")) return jql__leave_out(jql, &spec, expr);
  if (jql_is_named(&spec, "$project")) return jql__projection(jql, &spec, expr);
  if (jql_is_named(&spec, "$replaceWith")) return jql__new_root(jql, &spec, expr);
  if (jql_is_named(&spec, "$replaceRoot")) return read_root(jql, &spec, expr);
  return jql__fail_code(jql, &spec, 72, "%.*s is not allowed to be used within an update",
                        SLICE_ARG(spec.name));
}

/** Each stage sees the document of the one before as $$ROOT and $$CURRENT: let(x = stage, rest). */
static status read_stages(const struct jql *jql, struct jql_each *each, struct expr **expr) {
  struct jql_node stage;
  struct expr *parts[3] = {0};
  struct jql inner = *jql;
  uint32_t number = jql->variables ? jql->variables->number + 1 : 0;
  (void)jql__next(each, &stage);
  TRY(read_stage(jql, &stage, &parts[0]));
  *expr = parts[0];
  if (each->at == each->count) return LUMA_OK;
  const struct jql_variable root = {slice_of_text("ROOT"), number, jql->variables};
  const struct jql_variable current = {slice_of_text("CURRENT"), number, &root};
  inner.variables = &current;
  TRY(read_stages(&inner, each, &parts[1]));
  *expr = expr_node(jql->arena, EXPR_LET, parts, 2, stage.offset);
  TRY(jql__made(jql, *expr));
  (*expr)->variable = number;
  return LUMA_OK;
}

status jql__update_pipeline(const struct jql *jql, const struct jql_node *list, struct plan *plan) {
  struct jql_each each = jql__each(jql, list);
  if (each.count > JQL_UPDATE_STAGES_MAX)
    return jql__fail(jql, list, LUMA_TOO_LARGE, "an update has at most %d stages",
                     JQL_UPDATE_STAGES_MAX);
  if (each.count == 0) return jql__row(jql, list, &plan->replacement);
  return read_stages(jql, &each, &plan->replacement);
}
