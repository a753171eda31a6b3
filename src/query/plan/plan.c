/* SPDX-License-Identifier: MIT */
/* Makers and formatter of plans. */
#include "query/plan/plan.h"

#include "model/catalog/catalog.h"

#include "query/plan/stage.h"

struct plan *plan_node(struct arena *arena, enum plan_kind kind, struct plan *input,
                       uint64_t offset) {
  struct plan *plan = arena_zalloc(arena, 1, sizeof *plan);
  if (!plan) return NULL;
  plan->kind = kind;
  plan->input = input;
  plan->offset = offset;
  return plan;
}

/* ---- visiting ---- */

static bool visit_expr(const struct expr *expr, plan_visit_fn *visit, void *context) {
  if (!expr) return true;
  if (expr->subquery && !plan_visit(expr->subquery->plan, visit, context)) return false;
  if (expr->match && expr->match->expression &&
      !visit_expr(expr->match->expression, visit, context))
    return false;
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (!visit_expr(expr->args[i], visit, context)) return false;
  return true;
}

static bool visit_exprs(const struct plan *plan, plan_visit_fn *visit, void *context) {
  if (!visit_expr(plan->condition, visit, context)) return false;
  for (uint32_t i = 0; i < plan->exprs_count; i++)
    if (!visit_expr(plan->exprs[i], visit, context)) return false;
  for (uint32_t i = 0; i < plan->sort_count; i++)
    if (!visit_expr(plan->sort[i].expr, visit, context)) return false;
  for (uint32_t i = 0; i < plan->updates_count; i++)
    if (!visit_expr(plan->updates[i].value, visit, context)) return false;
  for (uint32_t m = 0; m < plan->merges_count; m++)
    for (uint32_t i = 0; i < plan->merges[m]->updates_count; i++)
      if (!visit_expr(plan->merges[m]->updates[i].value, visit, context)) return false;
  return visit_expr(plan->limit, visit, context) && visit_expr(plan->skip, visit, context) &&
         visit_expr(plan->replacement, visit, context);
}

bool plan_visit(const struct plan *plan, plan_visit_fn *visit, void *context) {
  if (!plan) return true;
  if (!visit(context, plan) || !visit_exprs(plan, visit, context)) return false;
  for (uint32_t i = 0; i < plan->ctes_count; i++)
    if (!plan_visit(plan->ctes[i]->plan, visit, context)) return false;
  return plan_visit(plan->input, visit, context) && plan_visit(plan->right, visit, context);
}

bool plan_is_write(const struct plan *plan) {
  if (plan->kind == PLAN_EXPLAIN) return plan->analyze && plan_is_write(plan->input);
  if (plan->kind == PLAN_PROJECT && plan->input) return plan_is_write(plan->input);
  return plan->kind >= PLAN_INSERT && plan->kind <= PLAN_EVOLVE_SOUL;
}

static const char *const kind_names[] = {
    [PLAN_SCAN] = "scan",
    [PLAN_VALUES] = "values",
    [PLAN_FILTER] = "filter",
    [PLAN_PROJECT] = "project",
    [PLAN_SORT] = "sort",
    [PLAN_LIMIT] = "limit",
    [PLAN_DISTINCT] = "distinct",
    [PLAN_AGGREGATE] = "aggregate",
    [PLAN_JOIN] = "join",
    [PLAN_DERIVED] = "derived",
    [PLAN_UNNEST] = "unnest",
    [PLAN_SET_OPERATION] = "set",
    [PLAN_WINDOW] = "window",
    [PLAN_WITH] = "with",
    [PLAN_CTE] = "cte",
    [PLAN_STAGE] = "stage",
    [PLAN_INSERT] = "insert",
    [PLAN_UPDATE] = "update",
    [PLAN_DELETE] = "delete",
    [PLAN_MERGE] = "merge",
    [PLAN_SEQUENCE] = "sequence",
    [PLAN_CREATE_COLLECTION] = "create collection",
    [PLAN_DROP_COLLECTION] = "drop collection",
    [PLAN_RENAME_COLLECTION] = "rename collection",
    [PLAN_CREATE_INDEX] = "create index",
    [PLAN_DROP_INDEX] = "drop index",
    [PLAN_REINDEX] = "reindex",
    [PLAN_CREATE_VIEW] = "create view",
    [PLAN_DROP_VIEW] = "drop view",
    [PLAN_CREATE_SEQUENCE] = "create sequence",
    [PLAN_ALTER_SEQUENCE] = "alter sequence",
    [PLAN_DROP_SEQUENCE] = "drop sequence",
    [PLAN_CREATE_SOUL] = "create soul",
    [PLAN_CHANGE_COLLECTION] = "change collection",
    [PLAN_EVOLVE_SOUL] = "evolve soul",
    [PLAN_TELL_CATALOG] = "tell of the catalog",
    [PLAN_TELL_SOUL] = "tell of soul",
    [PLAN_SHOW_COLLECTIONS] = "show collections",
    [PLAN_SHOW_INDEXES] = "show indexes",
    [PLAN_BEGIN] = "begin",
    [PLAN_COMMIT] = "commit",
    [PLAN_ROLLBACK] = "rollback",
    [PLAN_SAVEPOINT] = "savepoint",
    [PLAN_ROLLBACK_TO] = "rollback to",
    [PLAN_RELEASE] = "release",
    [PLAN_PREPARE] = "prepare",
    [PLAN_EXECUTE] = "execute",
    [PLAN_DEALLOCATE] = "deallocate",
    [PLAN_SET_OPTION] = "set option",
    [PLAN_EXPLAIN] = "explain",
};

bool plan_is_change(enum plan_kind kind) {
  return kind >= PLAN_INSERT && kind <= PLAN_SEQUENCE;
}

status plan_put_failure(struct arena *arena, const struct err *why, struct plan **change,
                        struct err *err) {
  const struct plan *put = *change;
  struct plan *failing = plan_node(arena, put->kind, NULL, put->offset);
  const struct err *kept = arena_copy(arena, why, sizeof *why);
  TRY(plan_check_memory(arena, failing ? kept : NULL, err));
  failing->collection_name = put->collection_name;
  failing->failure = kept;
  *change = failing;
  return LUMA_OK;
}

bool plan_fails_alone(status failed) {
  static const status codes[] = {
      LUMA_DUPLICATE_KEY, LUMA_INVALID_VALUE,    LUMA_TOO_LARGE,     LUMA_CONSTRAINT,
      LUMA_INVALID_BEING, LUMA_LIMIT_REACHED,    LUMA_TYPE_MISMATCH, LUMA_INVALID_ARGUMENT,
      LUMA_OUT_OF_RANGE,  LUMA_UNKNOWN_OPERATOR, LUMA_SYNTAX_ERROR,  LUMA_UNKNOWN_FUNCTION,
      LUMA_UNSUPPORTED,   LUMA_TOO_DEEP,         LUMA_UNKNOWN_INDEX};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (codes[i] == failed) return true;
  return false;
}

bool plan_is_session(enum plan_kind kind) {
  return kind >= PLAN_BEGIN && kind <= PLAN_SET_OPTION;
}

const char *plan_kind_name(enum plan_kind kind) {
  return kind_names[kind];
}

/** " name: expr, name: expr" from `first` to `end`. */
static void format_exprs(const struct plan *plan, uint32_t first, uint32_t end, struct buf *out) {
  for (uint32_t i = first; i < end; i++) {
    buf_append_text(out, i > first ? ", " : " ");
    expr_format(plan->exprs[i], out);
    if (plan->names && plan->names[i].bytes)
      buf_append_format(out, " AS %.*s", SLICE_ARG(plan->names[i]));
  }
}

static void format_sort(const struct plan *plan, struct buf *out) {
  for (uint32_t i = 0; i < plan->sort_count; i++) {
    const struct plan_sort_key *key = &plan->sort[i];
    buf_append_text(out, i ? ", " : " ");
    expr_format(key->expr, out);
    if (key->descending) buf_append_text(out, " DESC");
    if (key->nulls_first) buf_append_text(out, " NULLS FIRST");
    if (key->nulls_last) buf_append_text(out, " NULLS LAST");
  }
}

static void format_aggregate(const struct plan *plan, struct buf *out) {
  format_exprs(plan, plan->keys_count, plan->exprs_count, out);
  if (plan->keys_count == 0) return;
  buf_append_text(out, " BY");
  format_exprs(plan, 0, plan->keys_count, out);
}

static void format_updates(const struct plan *plan, struct buf *out) {
  static const char *const ops[] = {
      [PLAN_SET] = "set",       [PLAN_UNSET] = "unset", [PLAN_INC] = "inc",
      [PLAN_MUL] = "mul",       [PLAN_MIN] = "min",     [PLAN_MAX] = "max",
      [PLAN_RENAME] = "rename", [PLAN_PUSH] = "push",   [PLAN_ADD_TO_SET] = "addToSet",
      [PLAN_POP] = "pop",       [PLAN_PULL] = "pull",   [PLAN_SET_ON_INSERT] = "setOnInsert",
      [PLAN_BIT] = "bit",
  };
  for (uint32_t i = 0; i < plan->updates_count; i++) {
    const struct plan_update_item *item = &plan->updates[i];
    buf_append_format(out, "%s%s ", i ? ", " : " ", ops[item->op]);
    path_format(&item->path, out);
    if (item->value || item->match) buf_append_text(out, " = ");
    if (item->value)
      expr_format(item->value, out);
    else if (item->match)
      match_format(item->match, out);
  }
  if (plan->replacement) {
    buf_append_text(out, " replace by ");
    expr_format(plan->replacement, out);
  }
  if (plan->upsert) buf_append_text(out, " or insert");
}

static void format_index(const struct plan *plan, struct buf *out) {
  if (plan->unique) buf_append_text(out, " unique");
  if (plan->index_name.bytes) buf_append_format(out, " %.*s", SLICE_ARG(plan->index_name));
  for (uint32_t i = 0; i < plan->index_keys_count; i++) {
    buf_append_text(out, i ? ", " : " (");
    if (plan->index_keys[i].expression)
      expr_format(plan->index_keys[i].expression, out);
    else
      path_format(&plan->index_keys[i].path, out);
    if (plan->index_keys[i].descending) buf_append_text(out, " DESC");
  }
  if (plan->index_keys_count) buf_append_byte(out, ')');
}

static void format_names(const struct plan *plan, struct buf *out) {
  if (plan->collection_name.bytes)
    buf_append_format(out, " %.*s", SLICE_ARG(catalog_plain_name(plan->collection_name)));
  if (plan->alias.bytes && !slice_is_equal(plan->alias, catalog_plain_name(plan->collection_name)))
    buf_append_format(out, " AS %.*s", SLICE_ARG(plan->alias));
  if (plan->new_name.bytes) buf_append_format(out, " to %.*s", SLICE_ARG(plan->new_name));
}

static void format_join(const struct plan *plan, struct buf *out) {
  static const char *const kinds[] = {
      [PLAN_JOIN_INNER] = " inner", [PLAN_JOIN_LEFT] = " left", [PLAN_JOIN_CROSS] = " cross",
      [PLAN_JOIN_RIGHT] = " right", [PLAN_JOIN_FULL] = " full", [PLAN_JOIN_SEMI] = " semi",
      [PLAN_JOIN_ANTI] = " anti"};
  if (plan->is_natural) buf_append_text(out, " natural");
  buf_append_text(out, kinds[plan->join]);
  if (plan->is_lateral) buf_append_text(out, " lateral");
  for (uint32_t i = 0; i < plan->using_count; i++)
    buf_append_format(out, "%s%.*s", i ? ", " : " using ", SLICE_ARG(plan->using_names[i]));
  if (!plan->condition) return;
  buf_append_text(out, " on ");
  expr_format(plan->condition, out);
}

static void format_limit(const struct plan *plan, struct buf *out) {
  if (plan->limit) {
    buf_append_byte(out, ' ');
    expr_format(plan->limit, out);
  }
  if (!plan->skip) return;
  buf_append_text(out, " skip ");
  expr_format(plan->skip, out);
}

static void format_set(const struct plan *plan, struct buf *out) {
  static const char *const ops[] = {
      [PLAN_UNION] = " union", [PLAN_INTERSECT] = " intersect", [PLAN_EXCEPT] = " except"};
  buf_append_text(out, ops[plan->set_op]);
  if (plan->all) buf_append_text(out, " all");
}

static bool lists_exprs(const struct plan *plan) {
  return plan->kind == PLAN_PROJECT || plan->kind == PLAN_WINDOW || plan->kind == PLAN_UNNEST ||
         plan->kind == PLAN_DISTINCT;
}

static void format_stage(const struct plan *plan, struct buf *out) {
  static const char *const names[] = {
      [STAGE_ROWS] = "rows",       [STAGE_BRANCH] = "branch",   [STAGE_UNWIND] = "unwind",
      [STAGE_UNION] = "union",     [STAGE_FACET] = "facet",     [STAGE_LOOKUP] = "lookup",
      [STAGE_SAMPLE] = "sample",   [STAGE_WINDOW] = "window",   [STAGE_REDACT] = "redact",
      [STAGE_DENSIFY] = "densify", [STAGE_BUCKETS] = "buckets", [STAGE_GRAPH] = "graph",
      [STAGE_INVERSE] = "inverse", [STAGE_KEYS] = "keys",       [STAGE_OUT] = "out",
      [STAGE_MERGE] = "merge"};
  const struct plan_stage *stage = plan->stage;
  buf_append_format(out, " %s", names[stage->kind]);
  if (stage->name.bytes) buf_append_format(out, " %.*s", SLICE_ARG(stage->name));
  if (stage->path.count) {
    buf_append_byte(out, ' ');
    path_format(&stage->path, out);
  }
  for (uint32_t i = 0; i < stage->windows_count; i++)
    buf_append_format(out, "%s%.*s", i ? ", " : " ", SLICE_ARG(stage->names[i]));
  format_exprs(plan, 0, plan->exprs_count, out);
}

void plan_format_node(const struct plan *plan, struct buf *out) {
  buf_append_text(out, kind_names[plan->kind]);
  format_names(plan, out);
  if (plan->stage) format_stage(plan, out);
  if (plan->kind == PLAN_JOIN) {
    format_join(plan, out);
  } else if (plan->condition) {
    buf_append_byte(out, ' ');
    expr_format(plan->condition, out);
  }
  if (plan->kind == PLAN_VALUES)
    buf_append_format(out, " %u rows", plan->rows_count);
  else if (plan->kind == PLAN_AGGREGATE)
    format_aggregate(plan, out);
  else if (plan->kind == PLAN_SET_OPERATION)
    format_set(plan, out);
  else if (plan->kind == PLAN_INSERT && !plan->input)
    buf_append_format(out, " %u documents", plan->rows_count);
  else if (lists_exprs(plan))
    format_exprs(plan, 0, plan->exprs_count, out);
  if (plan->unwind) buf_append_text(out, " unwound");
  format_sort(plan, out);
  format_limit(plan, out);
  format_updates(plan, out);
  if (plan->failure) buf_append_format(out, " fails: %s", plan->failure->message);
  format_index(plan, out);
}

static void format_tree(const struct plan *plan, unsigned depth, struct buf *out) {
  for (unsigned i = 0; i < depth; i++) buf_append_text(out, "  ");
  plan_format_node(plan, out);
  buf_append_byte(out, '\n');
  for (uint32_t i = 0; i < plan->ctes_count; i++) {
    for (unsigned d = 0; d <= depth; d++) buf_append_text(out, "  ");
    buf_append_format(out, "as %.*s\n", SLICE_ARG(plan->ctes[i]->name));
    format_tree(plan->ctes[i]->plan, depth + 2, out);
  }
  if (plan->input) format_tree(plan->input, depth + 1, out);
  if (plan->right) format_tree(plan->right, depth + 1, out);
}

void plan_format(const struct plan *plan, struct buf *out) {
  format_tree(plan, 0, out);
}
