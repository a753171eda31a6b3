/* SPDX-License-Identifier: MIT */
#include "query/exec/explain/explain_mongo.h"

#include <ctype.h>

#include "query/exec/explain/explain_filter.h"
#include "query/exec/explain/explain_json.h"
#include "query/exec/explain/explain_tell.h"
#include "query/expr/field.h"
#include "query/plan/stage.h"

enum { TEXT_BYTES_MAX = 64 << 10, STAGE_NAME_BYTES = 32 };

/* ---- other stages ---- */

static void put_stage_name(struct telling *telling, const struct plan *plan) {
  static const char *const stages[] = {
      [STAGE_ROWS] = "ROWS",     [STAGE_BRANCH] = "BRANCH",
      [STAGE_UNWIND] = "UNWIND", [STAGE_UNION] = "UNION",
      [STAGE_FACET] = "FACET",   [STAGE_LOOKUP] = "LOOKUP",
      [STAGE_SAMPLE] = "SAMPLE", [STAGE_WINDOW] = "SET_WINDOW_FIELDS"};
  char name[STAGE_NAME_BYTES];
  const char *kind = plan_kind_name(plan->kind);
  size_t count = 0;
  if (plan->kind == PLAN_STAGE && plan->stage->kind < sizeof stages / sizeof stages[0]) {
    explain__text(telling, "stage", stages[plan->stage->kind]);
    return;
  }
  for (; kind[count] && count + 1 < sizeof name; count++)
    name[count] = kind[count] == ' ' ? '_' : (char)toupper((unsigned char)kind[count]);
  name[count] = 0;
  explain__text(telling, "stage", name);
}

static void put_sort(struct telling *telling, const struct plan *sort) {
  explain__text(telling, "stage", "SORT");
  explain__measured(telling, sort);
  explain__sort_pattern(telling, sort->sort, sort->sort_count);
}

static void put_amount(struct telling *telling, const char *name, const struct expr *amount) {
  if (amount && amount->kind == EXPR_CONST) explain__put(telling, name, amount->value);
}

static void put_plan(struct telling *telling, const char *name, const struct plan *plan);

static void put_limit(struct telling *telling, const struct plan *limit) {
  explain__text(telling, "stage", limit->limit ? "LIMIT" : "SKIP");
  explain__measured(telling, limit);
  put_amount(telling, "limitAmount", limit->limit);
  put_amount(telling, "skipAmount", limit->skip);
}

/** Whether what the node reads comes from the entries of an index. */
static bool is_covered(const struct plan *plan) {
  while (plan->kind == PLAN_FILTER || plan->kind == PLAN_SORT || plan->kind == PLAN_LIMIT)
    plan = plan->input;
  return plan->kind == PLAN_SCAN && plan->physical && plan->physical->access &&
         plan->physical->access->cover == PLAN_COVER_VALUES;
}

/** A projection that keeps, or leaves out, attributes by their names; NULL: another. */
static const struct shape *plain_shape(const struct plan *plan) {
  const struct shape *shape =
      plan->exprs_count == 1 && plan->exprs[0]->kind == EXPR_SHAPE ? plan->exprs[0]->shape : NULL;
  return shape && !shape->computed_count && !shape->picks_count ? shape : NULL;
}

static bool is_of_names(const struct shape *shape) {
  for (uint32_t i = 0; i < shape->paths_count; i++)
    if (shape->paths[i].count != 1) return false;
  return true;
}

static void put_projection(struct telling *telling, const struct plan *plan) {
  const struct shape *shape = plain_shape(plan);
  bool is_simple = shape && is_of_names(shape);
  struct val each = val_int32(shape && shape->include);
  explain__text(telling, "stage",
                is_covered(plan->input) ? "PROJECTION_COVERED"
                : is_simple             ? "PROJECTION_SIMPLE"
                                        : "PROJECTION_DEFAULT");
  explain__measured(telling, plan);
  if (!shape) return;
  explain__begin(telling, "transformBy", false);
  for (uint32_t i = 0; i < shape->paths_count; i++) {
    explain__name_path(telling, &shape->paths[i]);
    build_put(&telling->build, &each);
  }
  if (!shape->id || !shape->paths_count) explain__put(telling, "_id", val_int32(shape->id));
  explain__end(telling);
}

static void put_node(struct telling *telling, const struct plan *plan) {
  bool counts = plan->physical && plan->physical->count_only;
  switch ((int)plan->kind) {
  case PLAN_SORT: put_sort(telling, plan); break;
  case PLAN_LIMIT: put_limit(telling, plan); break;
  case PLAN_PROJECT: put_projection(telling, plan); break;
  case PLAN_AGGREGATE:
    explain__text(telling, "stage",
                  counts             ? "RECORD_STORE_FAST_COUNT"
                  : plan->keys_count ? "GROUP"
                                     : "COUNT");
    explain__measured(telling, plan);
    break;
  default:
    put_stage_name(telling, plan);
    if (plan->kind == PLAN_FILTER) explain__filter(telling, plan);
    explain__measured(telling, plan);
  }
  if (plan->input && !counts) put_plan(telling, "inputStage", plan->input);
  if (plan->right && !counts) put_plan(telling, "otherStage", plan->right);
}

static void put_plan(struct telling *telling, const char *name, const struct plan *plan) {
  bool names_groups = plan->kind == PLAN_PROJECT && plan->input->kind == PLAN_AGGREGATE;
  if (names_groups && !plain_shape(plan)) plan = plan->input; /* what it makes is the groups' own */
  const struct plan *filter =
      plan->kind == PLAN_FILTER && plan->input->kind == PLAN_SCAN ? plan : NULL;
  explain__begin(telling, name, false);
  if (filter || plan->kind == PLAN_SCAN)
    explain__scan(telling, filter ? filter->input : plan, filter);
  else
    put_node(telling, plan);
  explain__end(telling);
}

/* ---- the whole ---- */

static const struct plan *first_scan(const struct plan *plan) {
  while (plan && plan->kind != PLAN_SCAN) plan = plan->input;
  return plan;
}

/** What is asked of documents where they are read. */
static void put_query(struct telling *telling, const struct plan *plan) {
  const struct expr *asked = NULL;
  for (; plan && plan->kind != PLAN_SCAN; plan = plan->input)
    asked = plan->kind == PLAN_FILTER ? plan->condition : NULL;
  const struct plan_access *access = plan && plan->physical ? plan->physical->access : NULL;
  if (!asked && access) asked = access->bounded;
  if (asked) {
    explain_filter(&telling->build, "parsedQuery", asked, &telling->text);
    return;
  }
  explain__begin(telling, "parsedQuery", false);
  explain__end(telling);
}

static void put_refused(struct telling *telling, const struct plan *scan) {
  const struct plan_access *access = scan && scan->physical ? scan->physical->access : NULL;
  explain__begin(telling, "rejectedPlans", true);
  for (uint32_t i = 0; access && i < access->refused_count; i++) {
    build_begin_map(&telling->build);
    explain__put(telling, "reason", val_text(access->refused[i]));
    explain__end(telling);
  }
  explain__end(telling);
}

static void put_planner(struct telling *telling, const struct plan *plan) {
  const struct plan *scan = first_scan(plan);
  const struct op *root = telling->root;
  telling->root = NULL; /* what was planned, without what was measured */
  explain__begin(telling, "queryPlanner", false);
  buf_append_format(&telling->text, "luma.%.*s",
                    SLICE_ARG(scan ? scan->collection_name : plan->collection_name));
  explain__written(telling, "namespace");
  explain__put(telling, "indexFilterSet", val_bool(false));
  put_query(telling, plan);
  put_plan(telling, "winningPlan", plan);
  put_refused(telling, scan);
  explain__end(telling);
  telling->root = root;
}

static void put_execution(struct telling *telling, const struct plan *plan) {
  enum { US_PER_MS = 1000 };
  const struct op *root = telling->root;
  if (!root) return;
  explain__begin(telling, "executionStats", false);
  explain__put(telling, "executionSuccess", val_bool(true));
  explain__number(telling, "nReturned", root->rows);
  explain__number(telling, "executionTimeMillis", root->us / US_PER_MS);
  telling->keys = telling->documents = 0;
  put_plan(telling, "executionStages", plan);
  explain__number(telling, "totalKeysExamined", telling->keys);
  explain__number(telling, "totalDocsExamined", telling->documents);
  explain__end(telling);
}

status explain_mongo(struct exec *exec, const struct plan *plan, const struct op *root,
                     struct val *document, struct err *err) {
  struct telling telling = {.root = root, .arena = exec->arena, .err = err};
  buf_init(&telling.text, TEXT_BYTES_MAX);
  build_init(&telling.build, &exec->env->scratch, NULL);
  build_begin_map(&telling.build);
  explain__text(&telling, "explainVersion", "1");
  put_planner(&telling, plan);
  put_execution(&telling, plan);
  explain__put(&telling, "ok", val_int32(1));
  build_end(&telling.build);
  status done = telling.failed;
  if (done == LUMA_OK) done = buf_check(&telling.text, "the plan", err);
  if (done == LUMA_OK)
    done = field_take_built(exec->env, exec->arena, &telling.build, document, err);
  build_deinit(&telling.build);
  buf_deinit(&telling.text);
  buf_reset(&exec->env->scratch);
  return done;
}
