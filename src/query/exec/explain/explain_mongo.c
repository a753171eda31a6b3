/* SPDX-License-Identifier: MIT */
#include "query/exec/explain/explain_mongo.h"

#include <ctype.h>

#include "base/hash/hash.h"
#include "model/catalog/catalog.h"
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
  if (access && access->bounded) asked = access->bounded;
  if (asked) {
    explain_filter(&telling->build, "parsedQuery", asked, &telling->text);
    return;
  }
  explain__begin(telling, "parsedQuery", false);
  explain__end(telling);
}

static const struct plan *filter_of(const struct plan *plan) {
  for (; plan && plan->kind != PLAN_SCAN; plan = plan->input)
    if (plan->kind == PLAN_FILTER && plan->input->kind == PLAN_SCAN) return plan;
  return NULL;
}

/** A way that was not taken. By its bounds all is asked that those of the one taken say. */
static void put_rejected(struct telling *telling, const struct plan *plan, const struct plan *scan,
                         uint32_t nth) {
  const struct plan_access *access = scan->physical->access;
  const struct plan whole = {.kind = PLAN_FILTER, .condition = access->bounded};
  explain__rejected(telling, scan, &access->rejected[nth],
                    access->bounded ? &whole : filter_of(plan));
}

/** Ways that fit and were dearer; what does not fit is told with its reason. */
static void put_refused(struct telling *telling, const struct plan *plan) {
  const struct plan *scan = first_scan(plan);
  const struct plan_access *access = scan && scan->physical ? scan->physical->access : NULL;
  explain__begin(telling, "rejectedPlans", true);
  for (uint32_t i = 0; access && i < access->rejected_count; i++) {
    build_begin_map(&telling->build);
    put_rejected(telling, plan, scan, i);
    explain__end(telling);
  }
  explain__end(telling);
  if (!access || !access->refused_count) return;
  explain__begin(telling, "notUsed", true);
  for (uint32_t i = 0; i < access->refused_count; i++) {
    struct val reason = val_text(access->refused[i]);
    build_put(&telling->build, &reason);
  }
  explain__end(telling);
}

/** As long as the shape is one, and the indexes that a plan may read. */
static uint32_t cache_key(const struct plan_shown *shown, const struct plan *scan) {
  uint64_t key = shown->query_hash;
  const struct collection *collection = scan ? scan->collection : NULL;
  for (uint32_t i = 0; collection && i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    bool may = !index->hidden && index->state == CATALOG_INDEX_PUBLIC;
    if (may) key = hash64(index->name, key);
  }
  return (uint32_t)(key ^ key >> 32);
}

static void put_hash(struct telling *telling, const char *name, uint32_t hash) {
  buf_append_format(&telling->text, "%08X", hash);
  explain__written(telling, name);
}

static void put_planner(struct telling *telling, const struct plan *plan,
                        const struct plan_shown *shown) {
  const struct plan *scan = first_scan(plan);
  const struct op *root = telling->root;
  telling->root = NULL; /* what was planned, without what was measured */
  explain__begin(telling, "queryPlanner", false);
  buf_append_format(&telling->text, "luma.%.*s",
                    SLICE_ARG(scan ? scan->collection_name : plan->collection_name));
  explain__written(telling, "namespace");
  explain__put(telling, "indexFilterSet", val_bool(false));
  put_query(telling, plan);
  if (shown) put_hash(telling, "queryHash", shown->query_hash);
  if (shown) put_hash(telling, "planCacheKey", cache_key(shown, scan));
  explain__put(telling, "optimizationTimeMillis", val_int32(0));
  explain__put(telling, "maxIndexedOrSolutionsReached", val_bool(false));
  explain__put(telling, "maxIndexedAndSolutionsReached", val_bool(false));
  explain__put(telling, "maxScansToExplodeReached", val_bool(false));
  put_plan(telling, "winningPlan", plan);
  put_refused(telling, plan);
  explain__end(telling);
  telling->root = root;
}

/** What the planner thinks of a way. */
static void put_estimates(struct telling *telling, const struct plan_access *access) {
  explain__put(telling, "estimatedRows", val_float64(access->rows));
  explain__put(telling, "estimatedCost", val_float64(access->cost));
}

/** One is run, by what it is thought to cost: of the others what was thought is told, and nothing
 * that was measured. Nothing where there were none. */
static void put_considered(struct telling *telling, const struct plan *plan) {
  const struct plan *scan = first_scan(plan);
  const struct plan_access *access = scan && scan->physical ? scan->physical->access : NULL;
  const struct op *root = telling->root, *op = explain_find_op(root, plan);
  explain__begin(telling, "allPlansExecution", true);
  if (access && access->rejected_count) {
    build_begin_map(&telling->build);
    explain__number(telling, "nReturned", op ? op->rows : 0);
    explain__number(telling, "totalKeysExamined", telling->keys);
    explain__number(telling, "totalDocsExamined", telling->documents);
    put_estimates(telling, access);
    put_plan(telling, "executionStages", plan);
    explain__end(telling);
  }
  telling->root = NULL;
  for (uint32_t i = 0; access && i < access->rejected_count; i++) {
    build_begin_map(&telling->build);
    put_estimates(telling, &access->rejected[i]);
    explain__begin(telling, "executionStages", false);
    put_rejected(telling, plan, scan, i);
    explain__end(telling);
    explain__end(telling);
  }
  telling->root = root;
  explain__end(telling);
}

static void put_execution(struct telling *telling, const struct plan *plan,
                          const struct plan_shown *shown) {
  enum { US_PER_MS = 1000 };
  const struct op *op = explain_find_op(telling->root, plan);
  if (!telling->root) return;
  explain__begin(telling, "executionStats", false);
  explain__put(telling, "executionSuccess", val_bool(true));
  explain__number(telling, "nReturned", op ? op->rows : 0);
  explain__number(telling, "executionTimeMillis", telling->root->us / US_PER_MS);
  telling->keys = telling->documents = 0;
  put_plan(telling, "executionStages", plan);
  explain__number(telling, "totalKeysExamined", telling->keys);
  explain__number(telling, "totalDocsExamined", telling->documents);
  if (shown && shown->all_plans) put_considered(telling, plan);
  explain__end(telling);
}

/* ---- pipelines ---- */

/** What the stages that a find could ask became: the others stand above it. NULL: it is not told
 * from them. */
static const struct plan *reading_of(const struct plan *plan, uint32_t reads) {
  for (; plan; plan = plan->input) {
    bool reads_all = plan->kind == PLAN_FILTER && plan->input && plan->input->kind == PLAN_SCAN;
    bool is_first = plan->kind == PLAN_SCAN || reads_all;
    if (plan->written ? plan->written <= reads : is_first) return plan;
    if (is_first && plan->kind == PLAN_SCAN) return plan;
  }
  return NULL;
}

static const struct plan *find_written(const struct plan *plan, uint32_t nth) {
  while (plan && plan->written != nth) plan = plan->input;
  return plan;
}

static void put_stage_run(struct telling *telling, const struct plan *root, uint32_t nth) {
  enum { US_PER_MS = 1000 };
  const struct plan *plan = find_written(root, nth);
  const struct op *op = plan ? explain_find_op(telling->root, plan) : NULL;
  if (!op) return;
  explain__number(telling, "nReturned", op->rows);
  explain__number(telling, "executionTimeMillisEstimate", op->us / US_PER_MS);
}

/** $cursor for what is read, then the stages above it, as they are written. */
static void put_stages(struct telling *telling, const struct plan *plan, const struct plan *reading,
                       const struct plan_shown *shown) {
  explain__begin(telling, "stages", true);
  build_begin_map(&telling->build);
  explain__begin(telling, "$cursor", false);
  put_planner(telling, reading, shown);
  put_execution(telling, reading, shown);
  explain__end(telling);
  explain__end(telling);
  for (uint32_t i = shown->pipeline_reads; i < val_count(&shown->pipeline); i++) {
    struct val stage = val_at(&shown->pipeline, i);
    build_begin_map(&telling->build);
    build_put_fields(&telling->build, &stage);
    put_stage_run(telling, plan, i + 1);
    explain__end(telling);
  }
  explain__end(telling);
}

static void put_whole(struct telling *telling, const struct plan *plan,
                      const struct plan_shown *shown) {
  bool is_more = shown && shown->pipeline.type == VAL_LIST &&
                 shown->pipeline_reads < val_count(&shown->pipeline);
  const struct plan *reading = is_more ? reading_of(plan, shown->pipeline_reads) : NULL;
  if (reading) {
    put_stages(telling, plan, reading, shown);
    return;
  }
  put_planner(telling, plan, shown);
  put_execution(telling, plan, shown);
}

status explain_mongo(struct exec *exec, const struct plan *explain, const struct op *root,
                     struct val *document, struct err *err) {
  struct telling telling = {.root = root, .arena = exec->arena, .err = err};
  buf_init(&telling.text, TEXT_BYTES_MAX);
  build_init(&telling.build, &exec->env->scratch, NULL);
  build_begin_map(&telling.build);
  explain__text(&telling, "explainVersion", "1");
  put_whole(&telling, explain->input, explain->shown);
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
