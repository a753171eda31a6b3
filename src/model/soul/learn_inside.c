/* SPDX-License-Identifier: MIT */
/* What is inside maps and lists: attributes below attributes. */
#include "model/soul/learn.h"
#include "value/doc/doc.h"
#include "value/path/path.h"

static struct learned_attribute *find_child(struct learned_attribute *parent, struct slice name) {
  uint16_t count = parent->children_count;
  for (uint16_t i = 0; i < count; i++) {
    uint16_t nth = (uint16_t)((parent->last + 1u + i) % count);
    if (!slice_is_equal(parent->children[nth]->name, name)) continue;
    parent->last = nth;
    return parent->children[nth];
  }
  return NULL;
}

status learned__add_below(struct learned *learned, struct learned_attribute *parent,
                          struct slice name, struct learned_attribute **made, struct err *err) {
  if (parent->children_count == LEARN_FIELDS_MAX)
    FAIL(err, LUMA_CORRUPT, "a map cannot have so many fields that are followed");
  if (!parent->children)
    parent->children =
        arena_zalloc(&learned->arena, LEARN_FIELDS_MAX, sizeof(struct learned_attribute *));
  if (!parent->children) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to learn attributes");
  TRY(learned__add(learned, parent, name, made, err));
  parent->last = parent->children_count;
  parent->children[parent->children_count++] = *made;
  return LUMA_OK;
}

status learned__find_below(struct learned *learned, struct learned_attribute *parent,
                           struct slice name, struct learned_attribute **found, struct err *err) {
  *found = parent->is_vast ? NULL : find_child(parent, name);
  if (*found || parent->is_vast) return LUMA_OK;
  if (parent->children_count == LEARN_FIELDS_MAX || learned->nested_count == LEARN_NESTED_MAX) {
    parent->is_vast = true;
    return LUMA_OK;
  }
  return learned__add_below(learned, parent, name, found, err);
}

/* A value of what stands below. */
static status take_below(struct learned *learned, struct learned_attribute *parent,
                         struct slice name, const struct val *value, int sign, struct err *err) {
  struct learned_attribute *attribute;
  TRY(learned__find_below(learned, parent, name, &attribute, err));
  if (!attribute) return LUMA_OK;
  learned__count(learned, attribute, value, sign);
  if (value->type != VAL_MAP && value->type != VAL_LIST) return LUMA_OK;
  return learned__look_inside(learned, attribute, value, sign, err);
}

status learned__look_inside(struct learned *learned, struct learned_attribute *attribute,
                            const struct val *value, int sign, struct err *err) {
  bool is_list = value->type == VAL_LIST;
  uint32_t count = val_count(value);
  if (attribute->depth >= LEARN_DEPTH_MAX) return LUMA_OK;
  if (is_list && count > LEARN_ELEMENTS_MAX) count = LEARN_ELEMENTS_MAX;
  for (uint32_t i = 0; i < count && !attribute->is_vast; i++) {
    struct slice name = slice_of(NULL, 0);
    struct val inside = is_list ? val_at(value, i) : val_field_at(value, i, &name);
    /* A field without a name would pass for the elements of a list. */
    attribute->is_vast |= !is_list && name.bytes == 0;
    TRY(take_below(learned, attribute, name, &inside, sign, err));
  }
  return LUMA_OK;
}

status learned__merge_below(struct learned *learned, struct learned_attribute *to,
                            const struct learned_attribute *from, struct err *err) {
  learned__merge_one(to, from);
  for (uint16_t i = 0; i < from->children_count; i++) {
    struct learned_attribute *below;
    TRY(learned__find_below(learned, to, from->children[i]->name, &below, err));
    if (below) TRY(learned__merge_below(learned, below, from->children[i], err));
  }
  return LUMA_OK;
}

void learned_format_path(struct buf *out, const struct learned_attribute *attribute) {
  struct path_step step;
  if (attribute->parent) learned_format_path(out, attribute->parent);
  if (attribute->name.bytes == 0 && attribute->parent) {
    buf_append_text(out, "[]");
    return;
  }
  if (!attribute->parent && slice_is_equal(attribute->name, slice_of_text("_id"))) {
    buf_append_text(out, "id");
    return;
  }
  if (attribute->parent) buf_append_byte(out, '.');
  if (!attribute->parent) {
    buf_append_slice(out, attribute->name);
    return;
  }
  struct path path = path_of_name(&step, attribute->name);
  path_format(&path, out);
}

int64_t learned_chances(const struct learned *learned, const struct learned_attribute *attribute) {
  if (!attribute->parent) return learned->documents;
  return attribute->name.bytes ? attribute->parent->types[VAL_MAP] : attribute->seen;
}
