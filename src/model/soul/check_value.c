/* SPDX-License-Identifier: MIT */
/* One value against what its attribute says. */
#include "base/text/utf8.h"
#include "model/soul/check.h"
#include "model/soul/coerce.h"
#include "value/doc/build.h"
#include "value/order/order.h"

enum { VALUE_BYTES_MAX = 64 << 20 };

/* A fault of the value at `place`. */
#define FAULT(check, place, attribute, rule, value, ...)                                           \
  soul_faults_add((check)->faults,                                                                 \
                  &(struct soul_fault){place, rule, value, (attribute)->is_masked}, __VA_ARGS__)

static status check_deep(struct soul_check *check, const struct soul_attribute *attribute,
                         const struct soul_type *type, const struct soul_place *place,
                         struct val *value, bool *changed, struct err *err);

/* A vector of another length; false: it is none at all. */
static bool fault_dimensions(struct soul_check *check, const struct soul_attribute *attribute,
                             const struct soul_type *type, const struct soul_place *place,
                             const struct val *value) {
  uint32_t count;
  if (type->kind != SOUL_VECTOR || !soul_vector_dimensions(value, check->arena, &count))
    return false;
  FAULT(check, place, attribute, "dimensions", value, "must have %u numbers, not %u",
        type->dimensions, count);
  return true;
}

/* The first element of a list that is no number, where only numbers may stand. */
static void append_element(struct buf *out, const struct soul_type *type, const struct val *value) {
  for (uint32_t i = 0; type->kind == SOUL_VECTOR && value->type == VAL_LIST && i < val_count(value);
       i++) {
    struct val item = val_at(value, i);
    if (val_is_number(&item)) continue;
    buf_append_format(out, ": [%u] is %s", i, val_type_name((enum val_type)item.type));
    return;
  }
}

static void fault_type(struct soul_check *check, const struct soul_attribute *attribute,
                       const struct soul_type *type, const struct soul_place *place,
                       const struct val *value) {
  struct buf shown;
  if (fault_dimensions(check, attribute, type, place, value)) return;
  buf_init(&shown, 4096);
  soul_type_format(&shown, type);
  buf_append_text(&shown, ", not ");
  buf_append_text(&shown, val_type_name((enum val_type)value->type));
  if (value->type != VAL_LIST && value->type != VAL_MAP && value->type != VAL_NULL) {
    buf_append_byte(&shown, ' ');
    soul_show_value(&shown, value, attribute->is_masked);
  }
  append_element(&shown, type, value);
  bool is_made = value->type == VAL_ULID && slice_is_equal(attribute->name, slice_of_text("id"));
  if (is_made) buf_append_text(&shown, " (an id that is not given is a ULID)");
  FAULT(check, place, attribute, "type", value, "must be %.*s", SLICE_ARG(buf_slice(&shown)));
  buf_deinit(&shown);
}

/* ---- lists and maps ---- */

/* Writes a changed list or map anew. */
struct rewriting {
  struct buf bytes;
  struct build build;
  bool is_list, any; /* `any`: a value is another one now */
};

static void begin_rewriting(struct rewriting *rewriting, const struct val *value) {
  buf_init(&rewriting->bytes, VALUE_BYTES_MAX);
  build_init(&rewriting->build, &rewriting->bytes, NULL);
  rewriting->is_list = value->type == VAL_LIST;
  rewriting->any = false;
  if (rewriting->is_list)
    build_begin_list(&rewriting->build);
  else
    build_begin_map(&rewriting->build);
}

static status end_rewriting(struct soul_check *check, struct rewriting *rewriting,
                            struct val *value, struct err *err) {
  struct slice built = {0};
  build_end(&rewriting->build);
  status result = build_finish(&rewriting->build, &built, err);
  if (result == LUMA_OK && rewriting->any) {
    const uint8_t *copy = arena_copy(check->arena, built.data, built.bytes);
    if (!copy)
      result = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for a value");
    if (copy) *value = val_decode(slice_of(copy, built.bytes), NULL);
  }
  build_deinit(&rewriting->build);
  buf_deinit(&rewriting->bytes);
  return result;
}

/* Each element of a list, or each value of a map of one type. */
static status check_elements(struct soul_check *check, const struct soul_attribute *attribute,
                             const struct soul_type *type, const struct soul_place *place,
                             struct val *value, bool *changed, struct err *err) {
  struct rewriting rewriting;
  status result = LUMA_OK;
  begin_rewriting(&rewriting, value);
  uint32_t count = val_count(value);
  for (uint32_t i = 0; i < count && result == LUMA_OK; i++) {
    struct soul_place here = {.up = place, .index = i};
    struct val item = rewriting.is_list ? val_at(value, i) : val_field_at(value, i, &here.name);
    if (type->item && !val_is_null(&item))
      result = soul_check_value(check, type->item, &here, &item, &rewriting.any, err);
    else
      result = check_deep(check, attribute, type->element, &here, &item, &rewriting.any, err);
    if (!rewriting.is_list) build_name(&rewriting.build, here.name);
    build_put(&rewriting.build, &item);
  }
  *changed |= rewriting.any;
  status ended = end_rewriting(check, &rewriting, value, result == LUMA_OK ? err : NULL);
  return result == LUMA_OK ? ended : result;
}

static const struct soul_attribute *field_named(const struct soul_type *type, struct slice name) {
  for (uint32_t i = 0; i < type->fields_count; i++) {
    if (slice_is_equal(type->fields[i].name, name)) return &type->fields[i];
  }
  return NULL;
}

/* The fields that stand in the map. */
static status check_present(struct soul_check *check, const struct soul_type *type,
                            const struct soul_place *place, const struct val *value,
                            struct rewriting *rewriting, struct err *err) {
  uint32_t count = val_count(value);
  for (uint32_t i = 0; i < count; i++) {
    struct soul_place here = {.up = place};
    struct val item = val_field_at(value, i, &here.name);
    const struct soul_attribute *field = field_named(type, here.name);
    if (field) TRY(soul_check_value(check, field, &here, &item, &rewriting->any, err));
    if (!field && !type->fields_open)
      soul_fault_unknown(check->faults, &here, type->fields, type->fields_count);
    build_name(&rewriting->build, here.name);
    build_put(&rewriting->build, &item);
  }
  return LUMA_OK;
}

static status check_fields(struct soul_check *check, const struct soul_type *type,
                           const struct soul_place *place, struct val *value, bool *changed,
                           struct err *err) {
  struct rewriting rewriting;
  begin_rewriting(&rewriting, value);
  status result = check_present(check, type, place, value, &rewriting, err);
  for (uint32_t i = 0; i < type->fields_count && result == LUMA_OK; i++) {
    const struct soul_attribute *field = &type->fields[i];
    struct soul_place here = {.up = place, .name = field->name};
    struct val item = val_field(value, field->name);
    if (item.type != VAL_MISSING) continue;
    if (field->default_value.type != VAL_MISSING) {
      build_name(&rewriting.build, field->name);
      build_put(&rewriting.build, &field->default_value);
      rewriting.any = true;
    } else if (field->required) {
      FAULT(check, &here, field, "required", NULL, "is required");
    }
  }
  *changed |= rewriting.any;
  status ended = end_rewriting(check, &rewriting, value, result == LUMA_OK ? err : NULL);
  return result == LUMA_OK ? ended : result;
}

static status check_deep(struct soul_check *check, const struct soul_attribute *attribute,
                         const struct soul_type *type, const struct soul_place *place,
                         struct val *value, bool *changed, struct err *err) {
  struct val out;
  bool mine = false;
  if (type->kind == SOUL_LIST || type->kind == SOUL_MAP) {
    enum val_type wanted = type->kind == SOUL_LIST ? VAL_LIST : VAL_MAP;
    /* From CSV, and from who writes SQL, they come as the text of JSON. */
    if (value->type == VAL_TEXT && soul_coerce_json(val_slice(value), wanted, check->arena, &out)) {
      *value = out;
      *changed = true;
    }
    if (value->type != wanted) {
      fault_type(check, attribute, type, place, value);
      return LUMA_OK;
    }
    if (type->fields) return check_fields(check, type, place, value, changed, err);
    if (type->element) return check_elements(check, attribute, type, place, value, changed, err);
    return LUMA_OK;
  }
  if (type->kind == SOUL_REF && check->resolve)
    return check->resolve(check->context, attribute, value, changed, err);
  if (!soul_coerce(type, value, check->arena, &out, &mine)) {
    fault_type(check, attribute, type, place, value);
    return LUMA_OK;
  }
  *changed |= mine;
  *value = out;
  return LUMA_OK;
}

/* ---- rules ---- */

static void check_range(struct soul_check *check, const struct soul_attribute *attribute,
                        const struct soul_place *place, const struct val *value) {
  struct buf shown;
  buf_init(&shown, 4096);
  if (attribute->min.type != VAL_MISSING && val_compare(value, &attribute->min) < 0) {
    soul_show_value(&shown, &attribute->min, false);
    FAULT(check, place, attribute, "min", value, "must be at least %.*s",
          SLICE_ARG(buf_slice(&shown)));
  }
  buf_reset(&shown);
  if (attribute->max.type != VAL_MISSING && val_compare(value, &attribute->max) > 0) {
    soul_show_value(&shown, &attribute->max, false);
    FAULT(check, place, attribute, "max", value, "must be at most %.*s",
          SLICE_ARG(buf_slice(&shown)));
  }
  buf_deinit(&shown);
}

static void check_length(struct soul_check *check, const struct soul_attribute *attribute,
                         const struct soul_place *place, const struct val *value) {
  size_t length = value->bytes;
  const char *unit = "bytes";
  if (value->type == VAL_TEXT) {
    length = utf8_count(val_slice(value));
    unit = "characters";
  } else if (value->type == VAL_LIST || value->type == VAL_MAP) {
    length = val_count(value);
    unit = "elements";
  } else if (value->type != VAL_BYTES) {
    return;
  }
  if (attribute->min_length != SOUL_NONE && length < attribute->min_length)
    FAULT(check, place, attribute, "min_length", value, "must have at least %u %s, not %zu",
          attribute->min_length, unit, length);
  if (attribute->max_length != SOUL_NONE && length > attribute->max_length)
    FAULT(check, place, attribute, "max_length", value, "must have at most %u %s, not %zu",
          attribute->max_length, unit, length);
}

static void check_choice(struct soul_check *check, const struct soul_attribute *attribute,
                         const struct soul_place *place, const struct val *value) {
  uint32_t count = val_count(&attribute->allowed);
  for (uint32_t i = 0; i < count; i++) {
    struct val allowed = val_at(&attribute->allowed, i);
    if (val_is_equal(&allowed, value)) return;
  }
  struct buf shown;
  buf_init(&shown, 64 << 10);
  soul_show_value(&shown, &attribute->allowed, false);
  FAULT(check, place, attribute, "enum", value, "must be one of %.*s",
        SLICE_ARG(buf_slice(&shown)));
  buf_deinit(&shown);
}

static status check_pattern(struct soul_check *check, const struct soul_attribute *attribute,
                            const struct soul_place *place, const struct val *value,
                            struct err *err) {
  bool matches = false;
  if (value->type != VAL_TEXT || !check->program) return LUMA_OK;
  status result = check->soul->ops->match(check->program, attribute->pattern_rule, val_slice(value),
                                          &matches, err);
  if (result != LUMA_OK && result != LUMA_OUT_OF_RANGE) return result;
  if (result == LUMA_OUT_OF_RANGE) err_reset(err); /* too many steps: it cannot be said to match */
  if (!matches)
    FAULT(check, place, attribute, "pattern", value, "must match the pattern %.*s",
          SLICE_ARG(attribute->pattern));
  return LUMA_OK;
}

status soul_check_value(struct soul_check *check, const struct soul_attribute *attribute,
                        const struct soul_place *place, struct val *value, bool *changed,
                        struct err *err) {
  uint32_t before = check->faults->count;
  if (val_is_null(value)) {
    if (attribute->required)
      FAULT(check, place, attribute, "required", value, "is required and cannot be null");
    return LUMA_OK;
  }
  TRY(check_deep(check, attribute, &attribute->type, place, value, changed, err));
  if (check->faults->count > before) return LUMA_OK;
  if (attribute->min.type || attribute->max.type) check_range(check, attribute, place, value);
  if (attribute->min_length != SOUL_NONE || attribute->max_length != SOUL_NONE)
    check_length(check, attribute, place, value);
  if (attribute->allowed.type == VAL_LIST) check_choice(check, attribute, place, value);
  if (attribute->pattern_rule != SOUL_NONE)
    return check_pattern(check, attribute, place, value, err);
  return LUMA_OK;
}
