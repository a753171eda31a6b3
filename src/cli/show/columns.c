/* SPDX-License-Identifier: MIT */
#include "base/mem/mem.h"
#include "cli/show/show_int.h"

void show__columns_init(struct show_columns *columns) {
  *columns = (struct show_columns){0};
  arena_init(&columns->arena, 0, 0);
}

void show__columns_deinit(struct show_columns *columns) {
  arena_deinit(&columns->arena);
  mem_free(columns->names);
  mem_free(columns->types);
  mem_free(columns->are_mixed);
}

static status add(struct show_columns *columns, struct slice name, uint8_t type, struct err *err) {
  if (columns->count == SHOW_COLUMNS_MAX) {
    err_raise(err, LUMA_TOO_LARGE, __FILE__, __LINE__, "the documents have more than %d attributes",
              SHOW_COLUMNS_MAX);
    err_hint(err, "name those you want, or use --format ndjson");
    return LUMA_TOO_LARGE;
  }
  void *names = columns->names, *types = columns->types, *mixed = columns->are_mixed;
  size_t need = columns->count + 1;
  bool grown = mem_grow(&names, &columns->names_capacity, need, sizeof *columns->names);
  columns->names = names;
  grown = grown && mem_grow(&types, &columns->types_capacity, need, sizeof *columns->types);
  columns->types = types;
  grown = grown && mem_grow(&mixed, &columns->mixed_capacity, need, sizeof *columns->are_mixed);
  columns->are_mixed = mixed;
  uint8_t *copy = grown ? arena_alloc_text(&columns->arena, name.bytes + 1) : NULL;
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the columns");
  if (name.bytes) memcpy(copy, name.data, name.bytes);
  columns->names[columns->count] = slice_of(copy, name.bytes);
  columns->types[columns->count] = type;
  columns->are_mixed[columns->count++] = false;
  return LUMA_OK;
}

status show__columns_declare(struct show_columns *columns, const struct target_shape *shape,
                             struct err *err) {
  for (uint32_t i = 0; i < shape->columns_count; i++)
    TRY(add(columns, shape->columns[i].name, shape->columns[i].type, err));
  return LUMA_OK;
}

struct slice show__field_name(const struct val *row, uint32_t index, const char *key_name,
                              struct val *value) {
  struct slice name, id = slice_of_text("id");
  *value = val_field_at(row, index, &name);
  if (key_name || !slice_is_equal(name, slice_of_text("_id"))) return name;
  return val_field(row, id).type == VAL_MISSING ? id : name;
}

struct val show__cell(const struct val *row, struct slice name, const char *key_name) {
  struct val value = val_field(row, name);
  if (value.type == VAL_MISSING && !key_name && slice_is_equal(name, slice_of_text("id")))
    value = val_field(row, slice_of_text("_id"));
  return value;
}

/* Documents of a collection mostly have their fields in one order: look there first. */
static uint32_t find(const struct show_columns *columns, struct slice name, uint32_t guess) {
  if (guess < columns->count && slice_is_equal(columns->names[guess], name)) return guess;
  for (uint32_t i = 0; i < columns->count; i++)
    if (slice_is_equal(columns->names[i], name)) return i;
  return columns->count;
}

static bool is_number(uint8_t type) {
  return type >= VAL_INT32 && type <= VAL_DECIMAL;
}

/* A column of several types has none, but for one of numbers: it keeps a number's, to be aligned.
 */
static void note_type(struct show_columns *columns, uint32_t index, uint8_t type) {
  uint8_t *known = &columns->types[index];
  if (type <= VAL_NULL || *known == type) return;
  bool is_first = *known == VAL_MISSING && !columns->are_mixed[index];
  if (!is_first) columns->are_mixed[index] = true;
  if (is_first)
    *known = type;
  else if (!is_number(*known) || !is_number(type))
    *known = VAL_MISSING;
}

status show__columns_see(struct show_columns *columns, const struct val *row, bool may_add,
                         const char *key_name, struct err *err) {
  uint32_t count = val_count(row), guess = 0;
  for (uint32_t i = 0; i < count; i++) {
    struct val value;
    struct slice name = show__field_name(row, i, key_name, &value);
    uint32_t index = find(columns, name, guess);
    if (index == columns->count && !may_add) continue;
    if (index == columns->count) TRY(add(columns, name, VAL_MISSING, err));
    note_type(columns, index, value.type);
    guess = index + 1;
  }
  return LUMA_OK;
}

const char *show__type_text(const struct show_columns *columns, uint32_t index) {
  if (columns->are_mixed[index]) return "mixed";
  uint8_t type = columns->types[index];
  return type <= VAL_NULL ? "" : val_type_name((enum val_type)type);
}
