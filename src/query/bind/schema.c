/* SPDX-License-Identifier: MIT */
/* Statements about the catalog: what SHOW, EXPLAIN and souls tell, and definitions. */
#include "model/catalog/catalog.h"
#include "model/model.h"
#include "query/bind/bind_int.h"
#include "query/func/func.h"

/** A column of what SHOW and EXPLAIN tell. */
struct told {
  const char *name;
  uint8_t type;
};

static status make_told_columns(struct binder *binder, struct plan *node, const struct told *told,
                                uint32_t count, struct err *err) {
  TRY(bind__room(binder, count, sizeof *node->columns, &node->columns, err));
  for (uint32_t i = 0; i < count; i++)
    node->columns[i] =
        (struct plan_column){.name = slice_of_text(told[i].name), .type = told[i].type};
  node->columns_count = count;
  return LUMA_OK;
}

status bind__show(struct binder *binder, struct plan *node, struct err *err) {
  static const struct told collections[] = {
      {"name", VAL_TEXT}, {"documents", VAL_INT64}, {"indexes", VAL_INT64}};
  static const struct told indexes[] = {
      {"collection", VAL_TEXT},     {"name", VAL_TEXT},     {"keys", VAL_TEXT},
      {"unique", VAL_BOOL},         {"multikey", VAL_BOOL}, {"sparse", VAL_BOOL},
      {"nulls_distinct", VAL_BOOL}, {"state", VAL_TEXT},    {"condition", VAL_TEXT}};
  if (node->kind == PLAN_SHOW_COLLECTIONS)
    return make_told_columns(binder, node, collections, 3, err);
  if (node->collection_name.bytes) TRY(bind__find_collection(binder, node, err));
  return make_told_columns(binder, node, indexes, 9, err);
}

/** What is told are documents. A collection that is told about must be there; a soul may be named
 * by its id or hash as well. */
/** Expressions of an evolution whose types clash, over beings as they are. What else may be wrong
 * with them is told by the evolution, which knows the functions of the genotype. */
static status check_usings(struct binder *binder, const struct plan *node, struct err *err) {
  const struct plan_soul *soul = node->soul;
  if (!node->collection || !soul || soul->usings_count == 0) return LUMA_OK;
  struct plan *scan = plan_node(binder->arena, PLAN_SCAN, NULL, node->offset);
  TRY(bind__memory(binder, scan, err));
  scan->collection_name = scan->alias = node->collection_name;
  TRY(bind__scan(binder, &scan, QUERY_READ, err));
  struct scope scope = bind__scope(scan);
  for (uint32_t i = 0; i < soul->usings_count; i++) {
    struct expr *bound;
    struct err why = {.faults = err ? err->faults : NULL};
    status result = bind__expr(binder, &scope, soul->usings[i], &bound, &why);
    if (result != LUMA_TYPE_MISMATCH) continue;
    if (err) *err = why;
    return result;
  }
  return LUMA_OK;
}

status bind__told(struct binder *binder, struct plan *node, struct err *err) {
  enum plan_about about = node->soul->about;
  bool is_about_one = about == PLAN_ABOUT_COLLECTION || about == PLAN_ABOUT_STORAGE ||
                      about == PLAN_ABOUT_SUGGESTION;
  if (is_about_one) bind__look_up(binder, node);
  if (about == PLAN_ABOUT_EVOLUTION ||
      (is_about_one && !node->collection && !model_may_name_soul(node->collection_name)))
    TRY(bind__find_collection(binder, node, err));
  if (about == PLAN_ABOUT_EVOLUTION) TRY(check_usings(binder, node, err));
  TRY(bind__document_column(binder, node, slice_of_text("soul"), err));
  node->columns[0].collection = NULL;
  return bind__check_write(binder, node, about == PLAN_ABOUT_EVOLUTION ? QUERY_SCHEMA : QUERY_READ,
                           err);
}

/** A collection that is not there is told of as the operator sees fit. */
status bind__told_catalog(struct binder *binder, struct plan *node, struct err *err) {
  if (node->collection_name.bytes) {
    node->missing_is_empty = true;
    TRY(bind__find_collection(binder, node, err));
  }
  TRY(bind__document_column(binder, node, slice_of_text("catalog"), err));
  node->columns[0].collection = NULL;
  return node->collection ? bind__check_write(binder, node, QUERY_READ, err) : LUMA_OK;
}

status bind__explain(struct binder *binder, struct plan *node, struct err *err) {
  static const struct told names[] = {{"plan", VAL_TEXT}};
  TRY(bind__plan(binder, &node->input, err));
  return make_told_columns(binder, node, names, 1, err);
}

/* What an index computes must depend on the document alone. */
static bool depends_on_document(const struct expr *expr) {
  bool is_fixed = expr->kind != EXPR_PARAM && expr->kind != EXPR_SUBQUERY &&
                  expr->kind != EXPR_AGGREGATE && expr->kind != EXPR_WINDOW &&
                  (expr->kind != EXPR_CALL || expr->function->volatility == FUNC_IMMUTABLE);
  for (uint32_t i = 0; is_fixed && i < expr->args_count; i++)
    is_fixed = depends_on_document(expr->args[i]);
  return is_fixed;
}

static status check_fixed(struct binder *binder, const struct expr *expr, const char *what,
                          struct err *err) {
  if (depends_on_document(expr)) return LUMA_OK;
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "the %s of an index reads the document alone", what);
  if (err) err_hint(err, "no parameters, SELECTs or functions that change by themselves");
  return bind__fail(binder, expr->offset, failed, err);
}

static bool is_computed(const struct plan *node) {
  for (uint32_t i = 0; i < node->index_keys_count; i++)
    if (node->index_keys[i].expression) return true;
  return node->condition != NULL;
}

/* The expressions of an index; they are kept as text. */
static status bind_index(struct binder *binder, struct plan *node, struct err *err) {
  if (!is_computed(node)) return LUMA_OK;
  struct plan *scan = plan_node(binder->arena, PLAN_SCAN, NULL, node->offset);
  TRY(bind__memory(binder, scan, err));
  scan->collection_name = scan->alias = catalog_plain_name(node->collection_name);
  TRY(bind__scan(binder, &scan, QUERY_READ, err));
  struct scope scope = bind__scope(scan);
  if (node->condition) {
    TRY(bind__condition(binder, &scope, node->condition, &node->condition, err));
    TRY(check_fixed(binder, node->condition, "WHERE", err));
  }
  for (uint32_t i = 0; i < node->index_keys_count; i++) {
    struct plan_index_key *key = &node->index_keys[i];
    struct expr *bound = NULL;
    if (!key->expression) continue;
    TRY(bind__expr(binder, &scope, key->expression, &bound, err));
    TRY(check_fixed(binder, bound, "expression", err));
    bool is_path = bound->kind == EXPR_FIELD && bound->path.count;
    if (is_path) *key = (struct plan_index_key){.path = bound->path, .descending = key->descending};
    if (!is_path) key->expression = bound;
  }
  return LUMA_OK;
}

status bind__schema(struct binder *binder, struct plan *node, struct err *err) {
  bool needs = node->kind == PLAN_CREATE_INDEX || node->kind == PLAN_RENAME_COLLECTION ||
               node->kind == PLAN_DROP_COLLECTION || node->kind == PLAN_EVOLVE_SOUL ||
               node->kind == PLAN_CHANGE_COLLECTION;
  TRY(bind__place_temporary(binder, node, err));
  bool may = node->kind == PLAN_DROP_INDEX || node->kind == PLAN_REINDEX;
  if (needs || (may && node->collection_name.bytes)) TRY(bind__find_collection(binder, node, err));
  if (node->kind == PLAN_CREATE_INDEX) TRY(bind_index(binder, node, err));
  if (node->kind == PLAN_EVOLVE_SOUL) TRY(check_usings(binder, node, err));
  return bind__check_write(binder, node, QUERY_SCHEMA, err);
}

/** The SELECT is bound to see that it can be, and not kept: each use binds it anew. */
status bind__create_view(struct binder *binder, struct plan *node, struct err *err) {
  uint64_t session = binder->session;
  TRY(bind__place_temporary(binder, node, err));
  if (!node->is_temporary) binder->session = 0; /* it lasts, and what is temporary does not */
  binder->view = node->collection_name;
  status done = bind__plan(binder, &node->input, err);
  binder->session = session;
  binder->view = slice_of(NULL, 0);
  TRY(done);
  node->input = NULL;
  return bind__check_write(binder, node, QUERY_SCHEMA, err);
}
