/* SPDX-License-Identifier: MIT */
#include "model/db/tell/tell.h"

#include "value/json/json.h"

void model__tell_name(struct buf *out, const char *name, bool first) {
  buf_append_format(out, "%s\"%s\":", first ? "{" : ",", name);
}

void model__tell_number(struct buf *out, const char *name, uint64_t value) {
  model__tell_name(out, name, false);
  buf_append_format(out, "%llu", (unsigned long long)value);
}

void model__tell_count(struct buf *out, const char *name, int64_t value) {
  model__tell_number(out, name, value > 0 ? (uint64_t)value : 0);
}

void model__tell_value(struct buf *out, const char *name, const struct val *value) {
  struct json_write_options plain = {0};
  model__tell_name(out, name, false);
  json_write(out, value, &plain);
}

void model__tell_text(struct buf *out, const char *name, struct slice text) {
  model__tell_name(out, name, false);
  json_write_text(out, text);
}

/* ---- what was learned ---- */

struct rows {
  struct buf *out;
  const struct learned *learned;
  uint32_t count;
};

static void append_types(struct buf *out, const struct learned_attribute *attribute) {
  bool first = true;
  model__tell_name(out, "types", false);
  buf_append_byte(out, '{');
  for (int type = VAL_NULL; type < VAL_TYPES; type++) {
    if (attribute->types[type] <= 0) continue;
    buf_append_format(out, "%s\"%s\":%lld", first ? "" : ",", val_type_name((enum val_type)type),
                      (long long)attribute->types[type]);
    first = false;
  }
  buf_append_byte(out, '}');
}

static void append_path(struct buf *out, const struct learned_attribute *attribute) {
  struct buf path;
  buf_init(&path, 64 << 10);
  learned_format_path(&path, attribute);
  json_write_text(out, buf_slice(&path));
  if (path.failed != LUMA_OK) out->failed = path.failed;
  buf_deinit(&path);
}

static void append_row(struct rows *rows, const struct learned_attribute *attribute,
                       bool is_masked) {
  struct buf *out = rows->out;
  if (rows->count++) buf_append_byte(out, ',');
  model__tell_name(out, "attribute", true);
  append_path(out, attribute);
  model__tell_text(out, "type", slice_of_text(soul_kind_name(learned_kind(attribute))));
  append_types(out, attribute);
  model__tell_count(out, "present", attribute->seen);
  model__tell_count(out, "missing", learned_chances(rows->learned, attribute) - attribute->seen);
  model__tell_number(out, "distinct", learned_distinct(attribute));
  bool has_range = attribute->min.type != VAL_MISSING && !is_masked;
  if (has_range) model__tell_value(out, "min", &attribute->min);
  if (has_range) model__tell_value(out, "max", &attribute->max);
  if (attribute->is_vast) buf_append_text(out, ",\"many_names\":true");
  buf_append_byte(out, '}');
}

static void append_rows(struct rows *rows, const struct learned_attribute *attribute,
                        bool is_masked) {
  if (attribute->seen <= 0) return;
  append_row(rows, attribute, is_masked);
  for (uint16_t i = 0; i < attribute->children_count && !attribute->is_vast; i++)
    append_rows(rows, attribute->children[i], is_masked);
}

uint32_t model__tell_learned(struct buf *out, const struct learned *learned,
                             const struct soul *soul, bool undeclared) {
  struct rows rows = {.out = out, .learned = learned};
  for (uint32_t i = 0; i < learned->count; i++) {
    const struct learned_attribute *one = learned->attributes[i];
    const struct soul_attribute *declared = soul ? soul_attribute(soul, one->name) : NULL;
    if (one->parent || (undeclared && declared)) continue;
    append_rows(&rows, one, declared && declared->is_masked);
  }
  return rows.count;
}
