/* SPDX-License-Identifier: MIT */
#include "model/soul/type_change.h"

/* A decimal has room for all digits of the others. */
static bool has_room(const struct soul_type *old, const struct soul_type *fresh) {
  enum { INT_DIGITS = 19 };
  int before = fresh->precision - fresh->scale;
  if (fresh->precision == 0) return true;
  if (old->kind == SOUL_INT) return before >= INT_DIGITS;
  return old->kind == SOUL_DECIMAL && old->precision && fresh->scale >= old->scale &&
         before >= old->precision - old->scale;
}

bool soul_type_is_wider(const struct soul_type *old, const struct soul_type *fresh) {
  static const struct {
    enum soul_kind from, to;
  } wider[] = {{SOUL_INT, SOUL_DECIMAL}, {SOUL_INT, SOUL_FLOAT},      {SOUL_FLOAT, SOUL_DECIMAL},
               {SOUL_ULID, SOUL_TEXT},   {SOUL_DATE, SOUL_TIMESTAMP}, {SOUL_UUID, SOUL_TEXT},
               {SOUL_ULID, SOUL_UUID}};
  if (fresh->kind == SOUL_ANY) return true;
  if (fresh->kind == old->kind && (fresh->kind == SOUL_LIST || fresh->kind == SOUL_MAP))
    return !fresh->element && !fresh->fields;
  if (fresh->kind == old->kind && fresh->kind == SOUL_VECTOR) return fresh->dimensions == 0;
  if (fresh->kind == SOUL_DECIMAL && !has_room(old, fresh)) return false;
  if (fresh->kind == old->kind && fresh->kind == SOUL_DECIMAL) return true;
  for (size_t i = 0; i < sizeof wider / sizeof wider[0]; i++) {
    if (wider[i].from == old->kind && wider[i].to == fresh->kind) return true;
  }
  return false;
}

bool soul_type_is_same(const struct soul_type *old, const struct soul_type *fresh) {
  const struct soul_attribute left = {.type = *old}, right = {.type = *fresh};
  if (!soul_type_is_equal(old, fresh)) return false;
  if (!old->fields && !fresh->fields && !old->item && !fresh->item) return true;
  struct buf a, b;
  buf_init(&a, SOUL_TEXT_BYTES_MAX);
  buf_init(&b, SOUL_TEXT_BYTES_MAX);
  soul_write_attributes(&a, &left, 1);
  soul_write_attributes(&b, &right, 1);
  bool sound = a.failed == LUMA_OK && b.failed == LUMA_OK;
  bool same = sound && slice_is_equal(buf_slice(&a), buf_slice(&b));
  buf_deinit(&a);
  buf_deinit(&b);
  return same;
}

bool soul_type_changes_inside(const struct soul_type *old, const struct soul_type *fresh) {
  for (uint32_t i = 0; i < fresh->fields_count; i++) {
    const struct soul_type *type = &fresh->fields[i].type;
    for (uint32_t k = 0; k < old->fields_count; k++)
      if (slice_is_equal(old->fields[k].name, fresh->fields[i].name) && type->kind != SOUL_ANY &&
          (!soul_type_is_equal(&old->fields[k].type, type) ||
           soul_type_changes_inside(&old->fields[k].type, type)))
        return true;
  }
  return old->item && fresh->item && soul_type_changes_inside(&old->item->type, &fresh->item->type);
}
