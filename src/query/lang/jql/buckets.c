/* SPDX-License-Identifier: MIT */
/* Stages that group by what they count or cut: $sortByCount, $bucket, $bucketAuto. */
#include "query/lang/jql/expression_int.h"
#include "query/lang/jql/stage_int.h"

static status put_order(const struct jql *jql, const struct jql_node *at, const char *name,
                        bool descending, struct plan **plan) {
  struct plan_sort_key *key = arena_zalloc(jql->arena, 1, sizeof *key);
  TRY(jql__made(jql, key));
  key->mongo = true;
  key->descending = descending;
  TRY(jql__name(jql, at, slice_of_text(name), &key->expr));
  TRY(jql__put(jql, PLAN_SORT, at, plan));
  (*plan)->sort = key;
  (*plan)->sort_count = 1;
  return LUMA_OK;
}

/** MongoDB's code tells what was there in place of a path or an expression. */
static uint32_t sort_by_count_code(const struct val *spec) {
  enum { OF_MAP = 40147, OF_TEXT = 40148, OF_OTHER = 40149 };
  if (spec->type == VAL_MAP) return OF_MAP;
  return spec->type == VAL_TEXT ? OF_TEXT : OF_OTHER;
}

status jql__put_sort_by_count(const struct jql *jql, const struct jql_node *spec,
                              struct plan **plan) {
  struct expr *key = NULL;
  bool is_path = spec->value.type == VAL_TEXT && jql_is_operator(val_slice(&spec->value));
  if (!is_path && !jql__has_operators(spec))
    return jql__fail_code(jql, spec, sort_by_count_code(&spec->value),
                          "the sortByCount field must be defined as a $-prefixed "
                          "path or an expression inside an object");
  TRY(jql__expression(jql, spec, &key));
  TRY(jql__put_count(jql, spec, key, slice_of_text("count"), plan));
  return put_order(jql, spec, "count", true, plan);
}

/* ---- $bucket ---- */

static status check_group_by(const struct jql *jql, const struct jql_node *node, uint32_t code) {
  bool is_path = node->value.type == VAL_TEXT && jql_is_operator(val_slice(&node->value));
  if (is_path || node->value.type == VAL_MAP) return LUMA_OK;
  return jql__fail_code(jql, node, code,
                        "The %.*s 'groupBy' field must be defined as a $-prefixed path or an "
                        "expression",
                        SLICE_ARG(node->parent->name));
}

static status check_boundaries(const struct jql *jql, const struct jql_node *list) {
  struct jql_each each = jql__each(jql, list);
  if (list->value.type != VAL_LIST)
    return jql__fail_code(jql, list, 40200, "The $bucket 'boundaries' field must be an array");
  if (each.count < 2)
    return jql__fail_code(jql, list, 40192,
                          "The $bucket 'boundaries' field must have at least 2 "
                          "values");
  return LUMA_OK;
}

static status check_output(const struct jql *jql, const struct jql_node *output, uint32_t code) {
  if (!jql_is_given(output) || output->value.type == VAL_MAP) return LUMA_OK;
  return jql__fail_code(jql, output, code, "The %.*s 'output' field must be an object",
                        SLICE_ARG(output->parent->name));
}

/** COUNT(*) under `count` where no outputs are asked for. */
static status put_buckets(const struct jql *jql, const struct jql_node *spec, struct expr *key,
                          const struct jql_node *output, struct plan **plan) {
  if (jql_is_given(output)) {
    TRY(jql__put_groups(jql, spec, key, output, plan));
  } else {
    TRY(jql__put_count(jql, spec, key, slice_of_text("count"), plan));
  }
  return put_order(jql, spec, "_id", false, plan);
}

status jql__put_bucket(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  static const struct jql_field specs[] = {{"groupBy", JQL_ANY, true},
                                           {"boundaries", JQL_ANY, true},
                                           {"default", JQL_ANY, false},
                                           {"output", JQL_ANY, false}};
  struct jql_node fields[4];
  struct expr *parts[3], *key = NULL;
  const struct jql_args args = {.items = parts, .count = 3};
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 40201, "Argument to $bucket stage must be an object");
  TRY(jql__take_as(jql, spec, specs, 4, (struct jql_codes){40197, 40198}, fields));
  TRY(check_group_by(jql, &fields[0], 40202));
  TRY(check_boundaries(jql, &fields[1]));
  TRY(check_output(jql, &fields[3], 40196));
  TRY(jql__expression(jql, &fields[0], &parts[0]));
  TRY(jql__expression(jql, &fields[1], &parts[1]));
  if (jql__reads_row(parts[1]))
    return jql__fail_code(jql, &fields[1], 40191,
                          "The $bucket 'boundaries' field must be an array of constant values");
  parts[2] = expr_const(jql->arena, word_absent(), spec->offset);
  TRY(jql__made(jql, parts[2]));
  if (jql_is_given(&fields[2])) {
    TRY(jql__expression(jql, &fields[2], &parts[2]));
    if (jql__reads_row(parts[2]))
      return jql__fail_code(jql, &fields[2], 40195,
                            "The $bucket 'default' field must be a constant value");
  }
  TRY(jql__call(jql, spec, "$bucketOf", &args, &key));
  return put_buckets(jql, spec, key, &fields[3], plan);
}

/* ---- $bucketAuto ---- */

static bool is_series(struct slice name) {
  static const char *const names[] = {"R5",  "R10", "R20", "R40", "R80",  "1-2-5",    "E6",
                                      "E12", "E24", "E48", "E96", "E192", "POWERSOF2"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal(name, slice_of_text(names[i]))) return true;
  return false;
}

static status read_granularity(const struct jql *jql, const struct jql_node *node,
                               struct slice *granularity) {
  if (!jql_is_given(node)) return LUMA_OK;
  if (node->value.type != VAL_TEXT)
    return jql__fail_code(jql, node, 40261,
                          "The $bucketAuto 'granularity' field must be a string, but found type: "
                          "%s",
                          val_type_name((enum val_type)node->value.type));
  *granularity = val_slice(&node->value);
  if (is_series(*granularity)) return LUMA_OK;
  return jql__fail_code(jql, node, 40257, "Unknown rounding granularity '%.*s'",
                        SLICE_ARG(*granularity));
}

static status read_buckets(const struct jql *jql, const struct jql_node *node, uint64_t *buckets) {
  int64_t count = 0;
  if (!val_is_number(&node->value))
    return jql__fail_code(jql, node, 40241,
                          "The $bucketAuto 'buckets' field must be a numeric value");
  if (!val_to_int64(&node->value, &count) || count > INT32_MAX)
    return jql__fail_code(jql, node, 40242,
                          "The $bucketAuto 'buckets' field must be representable as a 32-bit "
                          "integer");
  if (count < 1)
    return jql__fail_code(jql, node, 40243,
                          "The $bucketAuto 'buckets' field must be greater than 0");
  *buckets = (uint64_t)count;
  return LUMA_OK;
}

status jql__put_bucket_auto(const struct jql *jql, const struct jql_node *spec,
                            struct plan **plan) {
  static const struct jql_field specs[] = {{"groupBy", JQL_ANY, true},
                                           {"buckets", JQL_ANY, true},
                                           {"output", JQL_ANY, false},
                                           {"granularity", JQL_ANY, false}};
  struct jql_node fields[4];
  struct expr *key = NULL;
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 40240, "The argument to $bucketAuto must be an object");
  TRY(jql__take_as(jql, spec, specs, 4, (struct jql_codes){40245, 40246}, fields));
  TRY(check_group_by(jql, &fields[0], 40239));
  if (jql_is_given(&fields[2]) && fields[2].value.type != VAL_MAP)
    return jql__fail_code(jql, &fields[2], 40244,
                          "The $bucketAuto 'output' field must be an object");
  TRY(jql__put_stage(jql, STAGE_BUCKETS, spec, plan));
  struct plan *stage = *plan;
  TRY(read_buckets(jql, &fields[1], &stage->stage->count));
  TRY(read_granularity(jql, &fields[3], &stage->stage->granularity));
  stage->exprs = arena_zalloc(jql->arena, 1, sizeof *stage->exprs);
  TRY(jql__made(jql, stage->exprs));
  stage->exprs_count = 1;
  TRY(jql__expression(jql, &fields[0], &stage->exprs[0]));
  TRY(jql__slot(jql, spec, 1, &key));
  return put_buckets(jql, spec, key, &fields[2], plan);
}
