/* SPDX-License-Identifier: MIT */
/* Paths into documents of closed collections: their genotypes say what there is, so that a misspelt
 * name is an error and not a value that is missing, and of which type it is. */
#include "model/soul/declared.h"
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"
#include "query/expr/program.h"
#include "query/func/func.h"

static status fail(const struct binder *binder, const struct soul_misnamed *wrong, uint64_t offset,
                   struct err *err) {
  status failed =
      wrong->inside.bytes == 0
          ? err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__, "there is no column `%.*s`",
                      SLICE_ARG(wrong->name))
          : err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__, "`%.*s` has no attribute `%.*s`",
                      SLICE_ARG(wrong->inside), SLICE_ARG(wrong->name));
  if (err && wrong->meant.bytes) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(wrong->meant));
  return bind__fail(binder, offset, failed, err);
}

status bind__check_path(const struct binder *binder, const struct collection *collection,
                        const struct path *path, uint64_t offset, struct err *err) {
  struct soul_misnamed wrong;
  bool teaches = binder->language == PLAN_LQL || binder->language == PLAN_NQL;
  if (!teaches || !bind__is_closed(collection) || path->count == 0) return LUMA_OK;
  if (soul_declares(collection->genotype, path, &wrong)) return LUMA_OK;
  return fail(binder, &wrong, offset, err);
}

status bind__check_declared(const struct binder *binder, const struct plan_column *column,
                            const struct expr *field, struct err *err) {
  if (field->key) return LUMA_OK;
  return bind__check_path(binder, column->collection, &field->path, field->offset, err);
}

status bind__check_at(const struct binder *binder, const struct scope *scope,
                      const struct expr *expr, struct err *err) {
  struct path_step steps[PATH_STEPS_MAX];
  struct path path = {.steps = steps};
  const struct expr *field = expr_read_path(expr, &path);
  if (!field || field->key || field->slot >= scope->count) return LUMA_OK;
  const struct plan_column *column = &scope->columns[field->slot];
  if (!column->is_document) return LUMA_OK;
  return bind__check_path(binder, column->collection, &path, expr->offset, err);
}

/* ---- types ---- */

enum val_type bind__declared_type(const struct binder *binder, const struct plan_column *column,
                                  const struct path *path) {
  static const uint8_t types[SOUL_KINDS] = {
      [SOUL_TEXT] = VAL_TEXT,           [SOUL_INT] = VAL_INT64,    [SOUL_FLOAT] = VAL_FLOAT64,
      [SOUL_DECIMAL] = VAL_DECIMAL,     [SOUL_BOOLEAN] = VAL_BOOL, [SOUL_DATE] = VAL_DATE,
      [SOUL_TIMESTAMP] = VAL_TIMESTAMP, [SOUL_LIST] = VAL_LIST,    [SOUL_MAP] = VAL_MAP};
  bool is_asked = binder->language == PLAN_LQL && binder->catalog && path->count;
  if (!is_asked || !bind__is_closed(column->collection)) return VAL_MISSING;
  const struct soul_attribute *attribute = soul_declared(column->collection->genotype, path);
  return attribute ? (enum val_type)types[attribute->type.kind] : VAL_MISSING;
}

/** The text as a value of `type`. */
static status read_text(struct binder *binder, struct expr **text, enum val_type type,
                        struct err *err) {
  struct expr_env env;
  struct expr *args[2] = {
      *text, expr_const(binder->arena, val_text(slice_of_text(val_type_name(type))), 0)};
  struct expr *cast =
      args[1] ? expr_node(binder->arena, EXPR_CALL, args, 2, (*text)->offset) : NULL;
  TRY(bind__memory(binder, cast, err));
  struct val value;
  cast->function = func_find(slice_of_text("cast"));
  expr_env_init(&env, binder->arena);
  status done = program_constant(&env, cast, &value, err);
  expr_env_deinit(&env);
  if (done != LUMA_OK) return bind__fail(binder, (*text)->offset, done, err);
  *text = expr_const(binder->arena, value, (*text)->offset);
  return bind__memory(binder, *text, err);
}

status bind__read_texts(struct binder *binder, struct expr *node, struct err *err) {
  bool is_operator =
      node->kind == EXPR_BINARY && !node->mongo && node->op >= EXPR_OP_EQ && node->op <= EXPR_OP_GE;
  bool compares = is_operator || node->kind == EXPR_IN || node->kind == EXPR_BETWEEN;
  enum val_type type = VAL_MISSING;
  for (uint32_t i = 0; compares && i < node->args_count; i++)
    if (node->args[i]->kind == EXPR_FIELD && node->args[i]->declared)
      type = (enum val_type)node->args[i]->declared;
  bool reads = type == VAL_BOOL || type == VAL_INT64 || type == VAL_FLOAT64 || type == VAL_DECIMAL;
  for (uint32_t i = 0; reads && i < node->args_count; i++) {
    const struct expr *arg = node->args[i];
    if (arg->kind == EXPR_CONST && arg->value.type == VAL_TEXT)
      TRY(read_text(binder, &node->args[i], type, err));
  }
  return LUMA_OK;
}
