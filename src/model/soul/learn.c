/* SPDX-License-Identifier: MIT */
#include "model/soul/learn.h"

#include <math.h>

#include "base/core/err.h"
#include "base/mem/mem.h"
#include "value/doc/doc.h"
#include "value/order/order.h"

void learned_init(struct learned *learned) {
  *learned = (struct learned){0};
  arena_init(&learned->arena, 0, 0);
  hashmap_init(&learned->by_name);
}

void learned_deinit(struct learned *learned) {
  mem_free(learned->attributes);
  hashmap_deinit(&learned->by_name);
  arena_deinit(&learned->arena);
}

static uint64_t integer_bytes(int64_t value) {
  if (value >= INT8_MIN && value <= INT8_MAX) return 2;
  if (value >= INT16_MIN && value <= INT16_MAX) return 3;
  return value >= INT32_MIN && value <= INT32_MAX ? 5 : 9;
}

uint64_t learned_value_bytes(const struct val *value) {
  switch ((int)value->type) {
  case VAL_INT32:
  case VAL_INT64:
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION: return integer_bytes(value->integer);
  case VAL_FLOAT64:
  case VAL_BSONTIME: return 9;
  case VAL_DECIMAL:
  case VAL_INTERVAL:
  case VAL_ULID:
  case VAL_UUID: return 17;
  case VAL_OBJECTID: return 13;
  case VAL_LIST:
  case VAL_MAP: return value->bytes;
  default: return value->bytes ? value->bytes + (value->bytes < 256 ? 2u : 5u) : 1;
  }
}

static status find(struct learned *learned, struct slice name, struct learned_attribute **found,
                   struct err *err) {
  uint64_t *place = hashmap_get(&learned->by_name, name);
  *found = place ? learned->attributes[*place] : NULL;
  if (place || learned->count == LEARN_ATTRIBUTES_MAX) return LUMA_OK;
  struct learned_attribute *made = arena_zalloc(&learned->arena, 1, sizeof *made);
  const uint8_t *copy = arena_copy(&learned->arena, name.data, name.bytes);
  bool room = mem_grow((void **)&learned->attributes, &learned->capacity, learned->count + 1u,
                       sizeof(struct learned_attribute *));
  if (!made || !copy || !room) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to learn attributes");
  made->name = slice_of(copy, name.bytes);
  place = hashmap_put(&learned->by_name, made->name, NULL);
  if (!place) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to learn attributes");
  *place = learned->count;
  learned->attributes[learned->count++] = made;
  *found = made;
  return LUMA_OK;
}

static void keep_extreme(struct val *kept, uint8_t *room, const struct val *value, int sign) {
  if (kept->type != VAL_MISSING && val_compare(value, kept) * sign <= 0) return;
  *kept = *value;
  if (value->bytes == 0) return;
  memcpy(room, value->data, value->bytes);
  kept->data = room;
}

static bool has_range(const struct val *value) {
  bool is_scalar = value->bytes == 0 && value->type > VAL_BOOL && value->type != VAL_LIST &&
                   value->type != VAL_MAP;
  return is_scalar || (value->type == VAL_TEXT && value->bytes <= LEARN_KEPT_BYTES);
}

static void note_value(struct learned_attribute *attribute, const struct val *value) {
  attribute->seen++;
  attribute->types[value->type]++;
  attribute->bytes += learned_value_bytes(value);
  if (value->type == VAL_NULL) {
    attribute->nulls++;
    return;
  }
  if (value->type == VAL_TEXT && value->bytes > attribute->max_length)
    attribute->max_length = value->bytes;
  if (has_range(value)) {
    keep_extreme(&attribute->min, attribute->min_room, value, -1);
    keep_extreme(&attribute->max, attribute->max_room, value, 1);
  }
  uint64_t hash = val_hash(value, 0);
  uint8_t *reg = &attribute->registers[hash & (LEARN_REGISTERS - 1)];
  uint64_t rest = hash >> 8 | 1ull << 56;
  uint8_t rank = (uint8_t)(__builtin_ctzll(rest) + 1);
  if (rank > *reg) *reg = rank;
}

status learned_observe(struct learned *learned, const struct val *root, struct err *err) {
  learned->documents++;
  uint32_t count = val_count(root);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val value = val_field_at(root, i, &name);
    struct learned_attribute *attribute;
    TRY(find(learned, name, &attribute, err));
    if (attribute) note_value(attribute, &value);
  }
  return LUMA_OK;
}

uint64_t learned_distinct(const struct learned_attribute *attribute) {
  static const double alpha = 0.7213 / (1 + 1.079 / LEARN_REGISTERS);
  double sum = 0, zeros = 0;
  for (int i = 0; i < LEARN_REGISTERS; i++) {
    sum += ldexp(1, -attribute->registers[i]);
    zeros += attribute->registers[i] == 0;
  }
  double estimate = alpha * LEARN_REGISTERS * LEARN_REGISTERS / sum;
  if (estimate <= 2.5 * LEARN_REGISTERS && zeros > 0)
    estimate = LEARN_REGISTERS * log(LEARN_REGISTERS / zeros);
  uint64_t count = (uint64_t)(estimate + 0.5), values = attribute->seen - attribute->nulls;
  return count < values ? count : values;
}

enum soul_kind learned_kind(const struct learned_attribute *attribute) {
  bool kinds[SOUL_KINDS] = {0};
  uint32_t count = 0;
  enum soul_kind last = SOUL_ANY;
  for (int type = VAL_BOOL; type < VAL_TYPES; type++) {
    enum soul_kind kind = soul_kind_of((enum val_type)type);
    if (attribute->types[type] == 0) continue;
    if (kind == SOUL_ANY) return SOUL_ANY;
    count += !kinds[kind];
    kinds[kind] = true;
    last = kind;
  }
  if (count <= 1) return last;
  bool numbers = kinds[SOUL_INT] + kinds[SOUL_FLOAT] + kinds[SOUL_DECIMAL] == (int)count;
  if (numbers) return kinds[SOUL_DECIMAL] ? SOUL_DECIMAL : SOUL_FLOAT;
  return count == 2 && kinds[SOUL_DATE] && kinds[SOUL_TIMESTAMP] ? SOUL_TIMESTAMP : SOUL_ANY;
}
