/* SPDX-License-Identifier: MIT */
/* A document against its soul. */
#include "model/soul/check.h"

#include "model/soul/declared.h"
#include "value/order/order.h"

/* Of one document. */
struct checking {
  struct soul_check *check;
  struct soul_finding *finding;
  const struct soul_place *place; /* of the document in a batch; NULL when it is alone */
  const struct val *root, *old;
};

void soul_fault_unknown(struct soul_faults *faults, const struct soul_place *place,
                        const struct soul_attribute *attributes, uint32_t count) {
  struct soul_fault fault = {.place = place, .rule = "unknown"};
  struct slice meant = soul_nearest(attributes, count, place->name);
  if (meant.bytes)
    soul_faults_add(faults, &fault, "is not an attribute of the soul (did you mean `%.*s`?)",
                    SLICE_ARG(meant));
  else
    soul_faults_add(faults, &fault, "is not an attribute of the soul");
}

static void fault_unknown(struct checking *checking, struct slice name) {
  const struct soul *soul = checking->check->soul;
  struct soul_place place = {.up = checking->place, .name = name};
  soul_fault_unknown(checking->check->faults, &place, soul->attributes, soul->attributes_count);
}

/* The attribute of field `i`: its place + 1, or 0. */
static uint32_t find_attribute(const struct checking *checking, uint32_t i) {
  const struct soul_binding *binding = &checking->check->binding;
  const struct soul *soul = checking->check->soul;
  struct slice name;
  if (binding->names && checking->root->names == binding->names) {
    uint16_t id = val_field_name_id(checking->root, i);
    if (id < binding->count) return binding->by_id[id];
  }
  (void)val_field_at(checking->root, i, &name);
  const struct soul_attribute *found = soul_attribute(soul, name);
  return found ? (uint32_t)(found - soul->attributes) + 1 : 0;
}

static void check_unknown(struct checking *checking, uint32_t i) {
  struct slice name;
  (void)val_field_at(checking->root, i, &name);
  if (!checking->check->open && !slice_is_equal(name, slice_of_text("_id")))
    fault_unknown(checking, name);
}

static status check_field(struct checking *checking, uint32_t i, struct val *value,
                          struct err *err) {
  struct soul_check *check = checking->check;
  uint32_t nth = find_attribute(checking, i);
  if (nth == 0) {
    check_unknown(checking, i);
    return LUMA_OK;
  }
  const struct soul_attribute *attribute = &check->soul->attributes[nth - 1];
  struct soul_place place = {.up = checking->place, .name = attribute->name};
  if (!attribute->computed.bytes)
    TRY(soul_check_value(check, attribute, &place, value, &checking->finding->changed, err));
  checking->finding->values[nth - 1] = *value;
  return LUMA_OK;
}

static status check_fields(struct checking *checking, struct err *err) {
  enum { AT_ONCE = 64 }; /* decoded together */
  struct val values[AT_ONCE];
  uint32_t count = val_count(checking->root);
  uint32_t decoded = val_fields(checking->root, values, AT_ONCE);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    if (i >= decoded) values[0] = val_field_at(checking->root, i, &name);
    TRY(check_field(checking, i, &values[i < decoded ? i : 0], err));
  }
  return LUMA_OK;
}

static void complete(struct checking *checking) {
  const struct soul *soul = checking->check->soul;
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    const struct soul_attribute *attribute = &soul->attributes[i];
    struct val *value = &checking->finding->values[i];
    if (value->type != VAL_MISSING || attribute->computed.bytes ||
        attribute->default_rule != SOUL_NONE)
      continue;
    if (attribute->default_value.type != VAL_MISSING) {
      *value = attribute->default_value;
      checking->finding->changed = true;
    } else if (attribute->required && !slice_is_equal(attribute->name, slice_of_text("id"))) {
      struct soul_place place = {.up = checking->place, .name = attribute->name};
      struct soul_fault fault = {.place = &place, .rule = "required"};
      soul_faults_add(checking->check->faults, &fault, "is required");
    }
  }
}

/* ---- against what it replaces ---- */

static status check_guard(struct checking *checking, const struct soul_transition *transition,
                          bool *holds, struct err *err) {
  struct val answer;
  struct soul_check *check = checking->check;
  *holds = true;
  if (transition->guard_rule == SOUL_NONE || !check->program) return LUMA_OK;
  TRY(check->soul->ops->run(check->program, transition->guard_rule, checking->root, 1, check->arena,
                            &answer, err));
  *holds = answer.type == VAL_BOOL && answer.boolean;
  return LUMA_OK;
}

static status check_transition(struct checking *checking, const struct soul_attribute *attribute,
                               const struct val *from, const struct val *to, struct err *err) {
  struct soul_place place = {.up = checking->place, .name = attribute->name};
  struct soul_fault fault = {&place, "transition", to, attribute->is_masked};
  const struct soul_transition *found = NULL;
  for (uint32_t i = 0; i < attribute->transitions_count && !found; i++) {
    const struct soul_transition *one = &attribute->transitions[i];
    if (val_is_equal(&one->from, from) && val_is_equal(&one->to, to)) found = one;
  }
  struct buf shown;
  buf_init(&shown, 4096);
  soul_show_value(&shown, from, attribute->is_masked);
  if (!found)
    soul_faults_add(checking->check->faults, &fault, "cannot change to this from %.*s",
                    SLICE_ARG(buf_slice(&shown)));
  buf_deinit(&shown);
  bool holds = true;
  if (found) TRY(check_guard(checking, found, &holds, err));
  if (!holds)
    soul_faults_add(checking->check->faults, &fault, "may change to this only when %.*s",
                    SLICE_ARG(found->guard));
  return LUMA_OK;
}

static status check_changes(struct checking *checking, struct err *err) {
  const struct soul *soul = checking->check->soul;
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    const struct soul_attribute *attribute = &soul->attributes[i];
    if (!attribute->immutable && !attribute->has_transitions) continue;
    struct val was = val_field(checking->old, attribute->name);
    const struct val *is = &checking->finding->values[i];
    if (val_is_null(&was) || val_is_equal(&was, is)) continue;
    struct soul_place place = {.up = checking->place, .name = attribute->name};
    struct soul_fault fault = {&place, "immutable", is, attribute->is_masked};
    if (attribute->immutable)
      soul_faults_add(checking->check->faults, &fault, "cannot change once it is set");
    else
      TRY(check_transition(checking, attribute, &was, is, err));
  }
  return LUMA_OK;
}

status soul_check_document(struct soul_check *check, uint32_t nth, const struct val *root,
                           const struct val *old, struct soul_finding *finding, struct err *err) {
  struct soul_place in_batch = {.index = check->first_place + nth};
  struct checking checking = {.check = check,
                              .finding = finding,
                              .place = check->tells_places ? &in_batch : NULL,
                              .root = root,
                              .old = old};
  uint32_t before = check->faults->count;
  *finding = (struct soul_finding){0};
  finding->values =
      arena_zalloc(check->arena, check->soul->attributes_count + 1u, sizeof(struct val));
  if (!finding->values) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to check a being");
  TRY(check_fields(&checking, err));
  complete(&checking);
  if (old) TRY(check_changes(&checking, err));
  finding->is_faulty = check->faults->count > before;
  return LUMA_OK;
}
