/* SPDX-License-Identifier: MIT */
#include "query/exec/explain/explain_mongo.h"

#include <ctype.h>

#include "model/catalog/catalog.h"
#include "query/exec/explain/explain_bounds.h"
#include "query/exec/explain/explain_filter.h"
#include "query/exec/write/index_document.h"
#include "query/expr/field.h"
#include "query/plan/stage.h"

enum { TEXT_BYTES_MAX = 64 << 10, STAGE_NAME_BYTES = 32, INDEX_VERSION = 2 };

struct telling {
  struct build build;
  const struct op *root; /* NULL: the plan was not run */
  struct buf text;       /* of the value in hand */
  uint64_t keys, documents;
  struct arena *arena;
  status failed;
  struct err *err;
};

static void put(struct telling *telling, const char *name, struct val value) {
  build_name(&telling->build, slice_of_text(name));
  build_put(&telling->build, &value);
}

static void put_text(struct telling *telling, const char *name, const char *text) {
  put(telling, name, val_text(slice_of_text(text)));
}

static void put_number(struct telling *telling, const char *name, uint64_t number) {
  put(telling, name, val_int64((int64_t)number));
}

/* What was written to telling->text. */
static void put_written(struct telling *telling, const char *name) {
  put(telling, name, val_text(buf_slice(&telling->text)));
  buf_reset(&telling->text);
}

static void begin(struct telling *telling, const char *name, bool is_list) {
  build_name(&telling->build, slice_of_text(name));
  if (is_list)
    build_begin_list(&telling->build);
  else
    build_begin_map(&telling->build);
}

static void end(struct telling *telling) {
  build_end(&telling->build);
}

static const struct op *find_op(const struct op *op, const struct plan *plan) {
  if (!op || op->plan == plan) return op;
  const struct op *found = find_op(op->input, plan);
  return found ? found : find_op(op->right, plan);
}

/** What the operator of the node did, if it was run. */
static void put_measured(struct telling *telling, const struct plan *plan) {
  enum { US_PER_MS = 1000 };
  const struct op *op = find_op(telling->root, plan);
  if (!op) return;
  put_number(telling, "nReturned", op->rows);
  put_number(telling, "executionTimeMillisEstimate", op->us / US_PER_MS);
}

/* ---- indexes ---- */

static void name_path(struct telling *telling, const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++) {
    if (i) buf_append_byte(&telling->text, '.');
    if (path->steps[i].is_name)
      buf_append_slice(&telling->text, path->steps[i].name);
    else
      buf_append_format(&telling->text, "%d", (int)path->steps[i].index);
  }
  build_name(&telling->build, buf_slice(&telling->text));
  buf_reset(&telling->text);
}

/** Of a wildcard index the parts are the path, called so, and what is at the path. */
static void name_wildcard(struct telling *telling, const struct plan_access *access, uint32_t i) {
  uint32_t at = index_wildcard_at(&access->index->def);
  const struct plan_part *path = access->parts_count == at + 2 ? &access->parts[at] : NULL;
  if (i == at || !path)
    build_name(&telling->build, slice_of_text(i > at ? "$**" : "$_path"));
  else
    build_name(&telling->build, val_slice(&path->values[0]->value));
}

static void name_key(struct telling *telling, const struct plan_access *access, uint32_t i) {
  const struct index_def *def = &access->index->def;
  const struct index_key *key = &def->keys[i];
  uint32_t nth = i - index_wildcard_at(def);
  if (def->wildcard.bytes && nth < 2) {
    name_wildcard(telling, access, i);
    return;
  }
  if (index_key_is_computed(key)) index_key_format(key, &telling->text);
  name_path(telling, &key->path);
}

static void put_bounds(struct telling *telling, const struct plan_access *access) {
  const struct catalog_index *index = access->index;
  begin(telling, "indexBounds", false);
  for (uint32_t i = 0; i < (index ? index->def.keys_count : 1); i++) {
    if (index)
      name_key(telling, access, i);
    else
      build_name(&telling->build, slice_of_text("_id"));
    build_begin_list(&telling->build);
    if (telling->failed == LUMA_OK)
      telling->failed =
          explain_bounds(&telling->build, access, i, telling->arena, &telling->text, telling->err);
    end(telling);
  }
  end(telling);
}

static void put_pattern(struct telling *telling, const struct plan_access *access) {
  const struct catalog_index *index = access->index;
  begin(telling, "keyPattern", false);
  for (uint32_t i = 0; index && i < index->def.keys_count; i++) {
    struct val way = index_document_way(&index->def.keys[i]);
    name_key(telling, access, i);
    build_put(&telling->build, &way);
  }
  if (!index) put(telling, "_id", val_int32(1));
  end(telling);
}

/* ---- reading ---- */

static void put_filter(struct telling *telling, const struct plan *filter) {
  if (filter) explain_filter(&telling->build, "filter", filter->condition, &telling->text);
}

/** Whether lists were met; of several paths which of them led to some is not known. */
static void put_lists(struct telling *telling, const struct collection *collection,
                      const struct catalog_index *index) {
  bool has_lists = index && collection_has_lists(collection, index);
  put(telling, "isMultiKey", val_bool(has_lists));
  if (!index || has_lists || index->def.wildcard.bytes || index_def_is_computed(&index->def))
    return;
  begin(telling, "multiKeyPaths", false);
  for (uint32_t i = 0; i < index->def.keys_count; i++) {
    name_path(telling, &index->def.keys[i].path);
    build_begin_list(&telling->build);
    end(telling);
  }
  end(telling);
}

static void put_index_scan(struct telling *telling, const struct plan *scan,
                           const struct plan_access *access, const struct plan *filter,
                           const struct op *op) {
  const struct catalog_index *index = access->index;
  const char *stage = access->skips                      ? "DISTINCT_SCAN"
                      : access->cover == PLAN_COVER_ROWS ? "COUNT_SCAN"
                                                         : "IXSCAN";
  put_text(telling, "stage", stage);
  put_filter(telling, filter);
  if (op) put_number(telling, "nReturned", access->cover ? op->rows : op->documents);
  if (op) put_number(telling, "keysExamined", op->keys);
  put_pattern(telling, access);
  put(telling, "indexName", val_text(index ? index->name : slice_of_text("_id_")));
  put_lists(telling, scan->collection, index);
  put(telling, "isUnique", val_bool(!index || index->def.unique));
  put(telling, "isSparse", val_bool(index && index->def.sparse));
  put(telling, "isPartial", val_bool(index && catalog_index_is_partial(index)));
  put(telling, "indexVersion", val_int32(INDEX_VERSION));
  if (index && index->def.collation.bytes)
    put(telling, "collation", val_text(index->def.collation));
  put_text(telling, "direction", access->backwards ? "backward" : "forward");
  put_bounds(telling, access);
}

static void put_collection_scan(struct telling *telling, const struct plan *scan,
                                const struct plan *filter, const struct plan_access *access) {
  const struct op *op = find_op(telling->root, scan);
  put_text(telling, "stage", scan->collection ? "COLLSCAN" : "EOF");
  if (!scan->collection) return;
  put_filter(telling, filter);
  put_measured(telling, filter ? filter : scan);
  if (op) put_number(telling, "docsExamined", op->documents);
  put_text(telling, "direction", access && access->backwards ? "backward" : "forward");
}

static bool is_point(const struct plan_access *access) {
  const struct plan_part *part = access->parts;
  return !access->index && access->parts_count == 1 && part->is_equal && part->values_count == 1 &&
         !part->spread;
}

/** By MongoDB's names of stages: FETCH above its index scans, COLLSCAN, IDHACK for a document by
 * its key. */
static void put_scan(struct telling *telling, const struct plan *scan, const struct plan *filter) {
  const struct plan_access *access = scan->physical ? scan->physical->access : NULL;
  const struct op *op = find_op(telling->root, scan);
  bool by_index = access && (access->index || access->parts_count || access->branches_count);
  if (op) {
    telling->keys += op->keys;
    telling->documents += op->documents;
  }
  if (!by_index) {
    put_collection_scan(telling, scan, filter, access);
    return;
  }
  if (access->cover && !access->branches_count) {
    put_index_scan(telling, scan, access, filter, op);
    return;
  }
  put_text(telling, "stage", is_point(access) ? "IDHACK" : "FETCH");
  put_filter(telling, filter);
  put_measured(telling, filter ? filter : scan);
  if (op) put_number(telling, "docsExamined", op->documents);
  if (is_point(access)) return;
  begin(telling, "inputStage", false);
  if (access->branches_count) {
    put_text(telling, "stage", "OR");
    begin(telling, "inputStages", true);
    for (uint32_t i = 0; i < access->branches_count; i++) {
      build_begin_map(&telling->build);
      put_index_scan(telling, scan, &access->branches[i], NULL, NULL);
      end(telling);
    }
    end(telling);
  } else {
    put_index_scan(telling, scan, access, NULL, op);
  }
  end(telling);
}

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
    put_text(telling, "stage", stages[plan->stage->kind]);
    return;
  }
  for (; kind[count] && count + 1 < sizeof name; count++)
    name[count] = kind[count] == ' ' ? '_' : (char)toupper((unsigned char)kind[count]);
  name[count] = 0;
  put_text(telling, "stage", name);
}

static void put_sort(struct telling *telling, const struct plan *sort) {
  put_text(telling, "stage", "SORT");
  put_measured(telling, sort);
  begin(telling, "sortPattern", false);
  for (uint32_t i = 0; i < sort->sort_count; i++) {
    const struct expr *key = sort->sort[i].expr;
    struct val direction = val_int32(sort->sort[i].descending ? -1 : 1);
    if (key->kind == EXPR_FIELD && key->path.count) {
      name_path(telling, &key->path);
    } else {
      expr_format(key, &telling->text);
      build_name(&telling->build, buf_slice(&telling->text));
      buf_reset(&telling->text);
    }
    build_put(&telling->build, &direction);
  }
  end(telling);
}

static void put_amount(struct telling *telling, const char *name, const struct expr *amount) {
  if (amount && amount->kind == EXPR_CONST) put(telling, name, amount->value);
}

static void put_plan(struct telling *telling, const char *name, const struct plan *plan);

static void put_limit(struct telling *telling, const struct plan *limit) {
  put_text(telling, "stage", limit->limit ? "LIMIT" : "SKIP");
  put_measured(telling, limit);
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
  put_text(telling, "stage",
           is_covered(plan->input) ? "PROJECTION_COVERED"
           : is_simple             ? "PROJECTION_SIMPLE"
                                   : "PROJECTION_DEFAULT");
  put_measured(telling, plan);
  if (!shape) return;
  begin(telling, "transformBy", false);
  for (uint32_t i = 0; i < shape->paths_count; i++) {
    name_path(telling, &shape->paths[i]);
    build_put(&telling->build, &each);
  }
  if (!shape->id || !shape->paths_count) put(telling, "_id", val_int32(shape->id));
  end(telling);
}

static void put_node(struct telling *telling, const struct plan *plan) {
  bool counts = plan->physical && plan->physical->count_only;
  switch ((int)plan->kind) {
  case PLAN_SORT: put_sort(telling, plan); break;
  case PLAN_LIMIT: put_limit(telling, plan); break;
  case PLAN_PROJECT: put_projection(telling, plan); break;
  case PLAN_AGGREGATE:
    put_text(telling, "stage",
             counts             ? "RECORD_STORE_FAST_COUNT"
             : plan->keys_count ? "GROUP"
                                : "COUNT");
    put_measured(telling, plan);
    break;
  default:
    put_stage_name(telling, plan);
    if (plan->kind == PLAN_FILTER) put_filter(telling, plan);
    put_measured(telling, plan);
  }
  if (plan->input && !counts) put_plan(telling, "inputStage", plan->input);
  if (plan->right && !counts) put_plan(telling, "otherStage", plan->right);
}

static void put_plan(struct telling *telling, const char *name, const struct plan *plan) {
  bool names_groups = plan->kind == PLAN_PROJECT && plan->input->kind == PLAN_AGGREGATE;
  if (names_groups && !plain_shape(plan)) plan = plan->input; /* what it makes is the groups' own */
  const struct plan *filter =
      plan->kind == PLAN_FILTER && plan->input->kind == PLAN_SCAN ? plan : NULL;
  begin(telling, name, false);
  if (filter || plan->kind == PLAN_SCAN)
    put_scan(telling, filter ? filter->input : plan, filter);
  else
    put_node(telling, plan);
  end(telling);
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
  begin(telling, "parsedQuery", false);
  end(telling);
}

static void put_refused(struct telling *telling, const struct plan *scan) {
  const struct plan_access *access = scan && scan->physical ? scan->physical->access : NULL;
  begin(telling, "rejectedPlans", true);
  for (uint32_t i = 0; access && i < access->refused_count; i++) {
    build_begin_map(&telling->build);
    put(telling, "reason", val_text(access->refused[i]));
    end(telling);
  }
  end(telling);
}

static void put_planner(struct telling *telling, const struct plan *plan) {
  const struct plan *scan = first_scan(plan);
  const struct op *root = telling->root;
  telling->root = NULL; /* what was planned, without what was measured */
  begin(telling, "queryPlanner", false);
  buf_append_format(&telling->text, "luma.%.*s",
                    SLICE_ARG(scan ? scan->collection_name : plan->collection_name));
  put_written(telling, "namespace");
  put(telling, "indexFilterSet", val_bool(false));
  put_query(telling, plan);
  put_plan(telling, "winningPlan", plan);
  put_refused(telling, scan);
  end(telling);
  telling->root = root;
}

static void put_execution(struct telling *telling, const struct plan *plan) {
  enum { US_PER_MS = 1000 };
  const struct op *root = telling->root;
  if (!root) return;
  begin(telling, "executionStats", false);
  put(telling, "executionSuccess", val_bool(true));
  put_number(telling, "nReturned", root->rows);
  put_number(telling, "executionTimeMillis", root->us / US_PER_MS);
  telling->keys = telling->documents = 0;
  put_plan(telling, "executionStages", plan);
  put_number(telling, "totalKeysExamined", telling->keys);
  put_number(telling, "totalDocsExamined", telling->documents);
  end(telling);
}

status explain_mongo(struct exec *exec, const struct plan *plan, const struct op *root,
                     struct val *document, struct err *err) {
  struct telling telling = {.root = root, .arena = exec->arena, .err = err};
  buf_init(&telling.text, TEXT_BYTES_MAX);
  build_init(&telling.build, &exec->env->scratch, NULL);
  build_begin_map(&telling.build);
  put_text(&telling, "explainVersion", "1");
  put_planner(&telling, plan);
  put_execution(&telling, plan);
  put(&telling, "ok", val_int32(1));
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
