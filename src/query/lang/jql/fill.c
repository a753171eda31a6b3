/* SPDX-License-Identifier: MIT */
/* $fill: windows that carry values on, and a PROJECT of the values that are given. */
#include <stdio.h>

#include "query/lang/jql/stage_int.h"
#include "value/doc/build.h"

/** {"method": "linear"}, {"method": "locf"}; false for {"value": …}. */
static status read_method(const struct jql *jql, const struct jql_node *field, bool *is_method,
                          enum stage_function *function, struct jql_node *value) {
  static const struct jql_field specs[] = {{"method", JQL_TEXT, false}, {"value", JQL_ANY, false}};
  struct jql_node fields[2];
  if (jql_is_operator(field->name))
    return jql__fail_code(jql, field, 16410, "FieldPath field names may not start with '$'");
  TRY(jql__check_kind(jql, field, JQL_MAP));
  struct val method = val_field(&field->value, slice_of_text("method"));
  struct val other = val_field(&field->value, slice_of_text("value"));
  TRY(jql__take(jql, field, specs, 2, fields));
  if ((method.type == VAL_MISSING) == (other.type == VAL_MISSING))
    return jql__fail_code(jql, field, 6050202,
                          "The output of $fill takes either 'value' or "
                          "'method'");
  *is_method = method.type != VAL_MISSING;
  *value = fields[1];
  value->value = other;
  if (!*is_method) return LUMA_OK;
  struct slice name = method.type == VAL_TEXT ? val_slice(&method) : slice_of(NULL, 0);
  bool linear = slice_is_equal(name, slice_of_text("linear"));
  if (!linear && !slice_is_equal(name, slice_of_text("locf")))
    return jql__fail_code(jql, field, 6050202, "Method must be either locf or linear");
  *function = linear ? STAGE_LINEAR_FILL : STAGE_LOCF;
  return LUMA_OK;
}

/** $addFields {f: {$ifNull: ["$f", value]}} for each output that is a value. */
static status put_values(const struct jql *jql, const struct jql_node *output, struct plan **plan) {
  struct jql_each each = jql__each(jql, output);
  struct jql_node field, value;
  while (jql__next(&each, &field)) {
    struct expr *parts[2], *filled = NULL;
    bool is_method = false;
    enum stage_function function;
    TRY(read_method(jql, &field, &is_method, &function, &value));
    if (is_method) continue;
    TRY(jql__name(jql, &field, field.name, &parts[0]));
    TRY(jql__expression(jql, &value, &parts[1]));
    filled = expr_node(jql->arena, EXPR_CALL, parts, 2, field.offset);
    TRY(jql__made(jql, filled));
    filled->name = slice_of_text("coalesce");
    TRY(jql__put_computed(jql, &field, field.name, filled, plan));
  }
  return LUMA_OK;
}

static status put_methods(const struct jql *jql, const struct jql_node *output,
                          struct jql_outputs *outputs, struct plan *plan) {
  struct jql_each each = jql__each(jql, output);
  struct jql_node field, value;
  while (jql__next(&each, &field)) {
    struct stage_window *window = &outputs->windows[outputs->count];
    struct expr *argument = NULL;
    bool is_method = false;
    TRY(read_method(jql, &field, &is_method, &window->function, &value));
    if (!is_method) continue;
    window->name = window->function == STAGE_LOCF ? "$locf" : "$linearFill";
    if (!plan->stage->has_order ||
        (window->function == STAGE_LINEAR_FILL && plan->stage->order_count != 1))
      return jql__fail_code(jql, &field, 605001,
                            "%s must be specified with a top level sortBy "
                            "expression%s",
                            window->name,
                            window->function == STAGE_LOCF ? "" : " with exactly one element");
    TRY(jql__name(jql, &field, field.name, &argument));
    jql__set_argument(plan, window, argument);
    outputs->names[outputs->count++] = field.name;
  }
  plan->stage->windows_count = outputs->count;
  return LUMA_OK;
}

/** The list of the fields' values as the partition's key. */
static status read_partition_fields(const struct jql *jql, const struct jql_node *list,
                                    struct jql_node *partition) {
  struct jql_each each = jql__each(jql, list);
  struct jql_node name;
  struct build build;
  struct buf out;
  struct slice built;
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  status done = LUMA_OK;
  while (done == LUMA_OK && jql__next(&each, &name)) {
    char path[256], label[16];
    done = jql__check_kind(jql, &name, JQL_TEXT);
    if (done == LUMA_OK && (name.value.bytes == 0 || name.value.data[0] == '$'))
      done = jql__fail_code(jql, &name, 16410, "FieldPath field names may not start with '$'");
    if (done == LUMA_OK && name.value.bytes > 250)
      done = jql__fail(jql, &name, LUMA_TOO_LARGE, "the name of a field is too long");
    if (done != LUMA_OK) break;
    int bytes = snprintf(path, sizeof path, "$%.*s", SLICE_ARG(val_slice(&name.value)));
    int label_bytes = snprintf(label, sizeof label, "p%u", name.index);
    struct val text = val_text(slice_of(path, (size_t)bytes));
    build_name(&build, slice_of(label, (size_t)label_bytes));
    build_put(&build, &text);
  }
  if (done == LUMA_OK) {
    build_end(&build);
    done = build_finish(&build, &built, jql->err);
  }
  if (done == LUMA_OK) {
    void *copy = arena_copy(jql->arena, built.data, built.bytes);
    done = jql__made(jql, copy);
    *partition = *list;
    partition->value_offset = JQL_NOWHERE;
    if (copy) partition->value = val_decode(slice_of(copy, built.bytes), NULL);
  }
  build_deinit(&build);
  buf_deinit(&out);
  return done;
}

status jql__put_fill(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  static const struct jql_field specs[] = {{"partitionBy", JQL_ANY, false},
                                           {"partitionByFields", JQL_LIST, false},
                                           {"sortBy", JQL_MAP, false},
                                           {"output", JQL_MAP, true}};
  struct jql_node fields[4], partition;
  struct jql_outputs outputs;
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 9, "The $fill stage specification must be an object");
  TRY(jql__take(jql, spec, specs, 4, fields));
  if (jql_is_given(&fields[0]) && jql_is_given(&fields[1]))
    return jql__fail_code(jql, spec, 6050204,
                          "Maximum one of 'partitionBy' and "
                          "'partitionByFields can be specified in '$fill'");
  partition = fields[0];
  if (jql_is_given(&fields[0]) && fields[0].value.type == VAL_TEXT &&
      !jql_is_operator(val_slice(&fields[0].value)))
    return jql__fail_code(jql, &fields[0], 9, "partitionBy must be an expression");
  if (jql_is_given(&fields[1])) TRY(read_partition_fields(jql, &fields[1], &partition));
  if (jql_is_given(&fields[2])) TRY(jql__check_order(jql, &fields[2]));
  if (val_count(&fields[3].value) == 0)
    return jql__fail_code(jql, &fields[3], 6050203,
                          "The output field must contain at least one "
                          "specification");
  TRY(jql__begin_windows(jql, spec, &partition, &fields[2], &fields[3], &outputs, plan));
  TRY(put_methods(jql, &fields[3], &outputs, *plan));
  TRY(jql__put_outputs(jql, spec, outputs.names, outputs.count, plan));
  return put_values(jql, &fields[3], plan);
}
