/* SPDX-License-Identifier: MIT */
/* The stored form of what is known of an attribute. */
#include "model/soul/learn.h"
#include "value/doc/build.h"

static void put(struct build *build, const char *name, struct val value) {
  build_name(build, slice_of_text(name));
  build_put(build, &value);
}

status learned_encode(struct buf *out, const struct learned_attribute *attribute, struct err *err) {
  struct build build;
  struct slice built;
  struct val registers = {
      .type = VAL_BYTES, .bytes = LEARN_REGISTERS, {.data = attribute->registers}};
  build_init(&build, out, NULL);
  build_begin_map(&build);
  put(&build, "name", val_text(attribute->name));
  put(&build, "parent", val_int64(attribute->parent ? attribute->parent->place + 1 : 0));
  put(&build, "vast", val_int64(attribute->is_vast));
  put(&build, "seen", val_int64(attribute->seen));
  put(&build, "nulls", val_int64(attribute->nulls));
  put(&build, "bytes", val_int64(attribute->bytes));
  put(&build, "max_length", val_int64(attribute->max_length));
  put(&build, "registers", registers);
  put(&build, "min", attribute->min);
  put(&build, "max", attribute->max);
  build_name(&build, slice_of_text("types"));
  build_begin_list(&build);
  for (int i = 0; i < VAL_TYPES; i++) {
    struct val count = val_int64(attribute->types[i]);
    build_put(&build, &count);
  }
  build_end(&build);
  build_end(&build);
  status result = build_finish(&build, &built, err);
  build_deinit(&build);
  return result;
}

static int64_t number(const struct val *map, const char *name) {
  struct val value = val_field(map, slice_of_text(name));
  return value.type == VAL_INT64 ? value.integer : 0;
}

static bool take_extreme(const struct val *map, const char *name, struct val *kept, uint8_t *room) {
  *kept = val_field(map, slice_of_text(name));
  if (kept->type == VAL_MISSING || kept->bytes == 0) return true;
  if (kept->type != VAL_TEXT || kept->bytes > LEARN_KEPT_BYTES) return false;
  memcpy(room, kept->data, kept->bytes);
  kept->data = room;
  return true;
}

static status fail(struct err *err) {
  FAIL(err, LUMA_CORRUPT, "what was learned of an attribute cannot be read");
}

/* A new attribute in its place: at the top, or below the one of number `parent` - 1. */
static status find_place(struct learned *learned, int64_t parent, struct slice name,
                         struct learned_attribute **made, struct err *err) {
  if (parent < 0 || parent > (int64_t)learned->count) return fail(err);
  if (parent == 0) return learned__find(learned, name, made, err);
  return learned__add_below(learned, learned->attributes[parent - 1], name, made, err);
}

status learned_decode(struct learned *learned, struct slice bytes, struct err *err) {
  TRY(doc_check_value(bytes, NULL, err));
  struct val map = val_decode(bytes, NULL);
  struct val name = val_field(&map, slice_of_text("name"));
  struct val types = val_field(&map, slice_of_text("types"));
  struct val registers = val_field(&map, slice_of_text("registers"));
  struct learned_attribute *made = NULL;
  if (map.type != VAL_MAP || name.type != VAL_TEXT || registers.type != VAL_BYTES ||
      registers.bytes != LEARN_REGISTERS)
    return fail(err);
  TRY(find_place(learned, number(&map, "parent"), val_slice(&name), &made, err));
  if (!made) return LUMA_OK;
  made->is_vast = number(&map, "vast") != 0;
  made->seen = number(&map, "seen");
  made->nulls = number(&map, "nulls");
  made->bytes = number(&map, "bytes");
  made->max_length = (uint32_t)number(&map, "max_length");
  memcpy(made->registers, registers.data, LEARN_REGISTERS);
  for (uint32_t i = 0; i < VAL_TYPES && i < val_count(&types); i++) {
    struct val count = val_at(&types, i);
    made->types[i] = count.type == VAL_INT64 ? count.integer : 0;
  }
  bool is_sound = take_extreme(&map, "min", &made->min, made->min_room) &&
                  take_extreme(&map, "max", &made->max, made->max_room);
  return is_sound ? LUMA_OK : fail(err);
}
