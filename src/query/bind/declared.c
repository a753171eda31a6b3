/* SPDX-License-Identifier: MIT */
/* Paths into documents of closed collections: their genotypes say what there is, so that a misspelt
 * name is an error and not a value that is missing. */
#include "base/text/suggest.h"
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"

/* One level of names that are known. */
struct level {
  const struct soul_attribute *attributes;
  uint32_t count;
};

static const struct soul_attribute *find(const struct level *level, struct slice name) {
  for (uint32_t i = 0; i < level->count; i++) {
    if (slice_is_equal(level->attributes[i].name, name)) return &level->attributes[i];
  }
  return NULL;
}

static status fail(const struct binder *binder, const struct level *level, const struct expr *field,
                   uint32_t step, struct err *err) {
  const struct path_step *steps = field->path.steps;
  struct suggest suggest;
  suggest_init(&suggest, steps[step].name);
  for (uint32_t i = 0; i < level->count; i++) suggest_offer(&suggest, level->attributes[i].name);
  status failed =
      step == 0
          ? err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__, "there is no column `%.*s`",
                      SLICE_ARG(steps[step].name))
          : err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__, "`%.*s` has no attribute `%.*s`",
                      SLICE_ARG(steps[step - 1].name), SLICE_ARG(steps[step].name));
  if (err && suggest_is_good(&suggest))
    err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  return bind__fail(binder, field->offset, failed, err);
}

/* Values of these types have nothing inside. */
static bool is_plain(const struct soul_type *type) {
  switch ((int)type->kind) {
  case SOUL_INT:
  case SOUL_FLOAT:
  case SOUL_DECIMAL:
  case SOUL_BOOLEAN:
  case SOUL_TEXT:
  case SOUL_ULID:
  case SOUL_UUID: return true;
  default: return false;
  }
}

status bind__check_declared(const struct binder *binder, const struct plan_column *column,
                            const struct expr *field, struct err *err) {
  if (!bind__is_closed(column->collection) || field->path.count == 0 || field->key) return LUMA_OK;
  const struct soul *soul = column->collection->genotype;
  struct level level = {soul->attributes, soul->attributes_count};
  for (uint32_t i = 0; i < field->path.count; i++) {
    const struct path_step *step = &field->path.steps[i];
    if (!step->is_name || step->is_index) return LUMA_OK;
    if (i == 0 && slice_is_equal(step->name, slice_of_text("_id"))) return LUMA_OK;
    const struct soul_attribute *found = find(&level, step->name);
    if (!found) return fail(binder, &level, field, i, err);
    bool is_map = found->type.kind == SOUL_MAP && found->type.fields && !found->type.fields_open;
    if (!is_map && !is_plain(&found->type)) return LUMA_OK;
    level = (struct level){found->type.fields, found->type.fields_count};
  }
  return LUMA_OK;
}
