/* SPDX-License-Identifier: MIT */
/* Paths into documents of closed collections: their genotypes say what there is, so that a misspelt
 * name is an error and not a value that is missing. */
#include "model/soul/declared.h"
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"

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
