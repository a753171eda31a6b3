/* SPDX-License-Identifier: MIT */
#include "model/soul/learn.h"

#include <math.h>

#include "base/core/bytes.h"
#include "base/core/err.h"
#include "base/mem/mem.h"
#include "value/doc/doc.h"
#include "value/order/hash.h"
#include "value/order/order.h"

void learned_init(struct learned *learned) {
  *learned = (struct learned){0};
  arena_init(&learned->arena, 0, 0);
  hashmap_init(&learned->by_name);
}

void learned_deinit(struct learned *learned) {
  mem_free(learned->attributes);
  mem_free(learned->by_id);
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

status learned__add(struct learned *learned, struct learned_attribute *parent, struct slice name,
                    struct learned_attribute **made, struct err *err) {
  struct learned_attribute *attribute = arena_zalloc(&learned->arena, 1, sizeof *attribute);
  const uint8_t *copy = arena_copy(&learned->arena, name.data, name.bytes);
  bool room = mem_grow((void **)&learned->attributes, &learned->capacity, learned->count + 1u,
                       sizeof(struct learned_attribute *));
  if (!attribute || !copy || !room) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to learn attributes");
  attribute->name = slice_of(copy, name.bytes);
  attribute->parent = parent;
  attribute->depth = parent ? (uint8_t)(parent->depth + 1) : 0;
  attribute->place = learned->count;
  learned->attributes[learned->count++] = attribute;
  learned->nested_count += parent != NULL;
  *made = attribute;
  return LUMA_OK;
}

status learned__find(struct learned *learned, struct slice name, struct learned_attribute **found,
                     struct err *err) {
  uint64_t *place = hashmap_get(&learned->by_name, name);
  bool is_full = learned->count - learned->nested_count == LEARN_ATTRIBUTES_MAX;
  *found = place ? learned->attributes[*place] : NULL;
  learned->is_partial |= !place && is_full;
  if (place || is_full) return LUMA_OK;
  struct learned_attribute *made;
  TRY(learned__add(learned, NULL, name, &made, err));
  place = hashmap_put(&learned->by_name, made->name, NULL);
  if (!place) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to learn attributes");
  *place = made->place;
  *found = made;
  return LUMA_OK;
}

/* ---- ranges ---- */

static void keep_extreme(struct val *kept, uint8_t *room, const struct val *value, int sign) {
  if (kept->type != VAL_MISSING && val_compare(value, kept) * sign <= 0) return;
  *kept = *value;
  if (value->bytes == 0) return;
  memcpy(room, value->data, value->bytes);
  kept->data = room;
}

static void keep_extremes(struct learned_attribute *attribute, const struct val *value) {
  keep_extreme(&attribute->min, attribute->min_room, value, -1);
  keep_extreme(&attribute->max, attribute->max_room, value, 1);
}

/* Up to eight bytes as a number whose order is theirs, by loads that overlap. */
static uint64_t word_of(const uint8_t *p, uint32_t bytes) {
  if (bytes >= 8) return load64be(p);
  uint32_t above = 8 * (8 - bytes); /* bits, of the last byte */
  if (bytes >= 4) return (uint64_t)load32be(p) << 32 | (uint64_t)load32be(p + bytes - 4) << above;
  if (bytes == 0) return 0;
  uint64_t middle = (uint64_t)p[bytes / 2] << (56 - 8 * (bytes / 2));
  return (uint64_t)p[0] << 56 | middle | (uint64_t)p[bytes - 1] << above;
}

/* What follows in a text of which at least `from` bytes are there: where it differs, it orders. */
static uint64_t start_of(const struct val *text, uint32_t from) {
  return word_of(text->data + from, text->bytes - from);
}

static uint32_t common_start(const struct val *a, const struct val *b) {
  uint32_t most = a->bytes < b->bytes ? a->bytes : b->bytes, at = 0;
  while (at < most && a->data[at] == b->data[at]) at++;
  return at;
}

/* Whether a text that goes on like `end` after the common start, for a word, is it. */
static bool is_end(const struct val *text, const struct val *end, uint32_t from) {
  return text->bytes == end->bytes && text->bytes - from <= sizeof(uint64_t);
}

/* Most texts lie within the range, as what follows its common start tells. */
static bool is_within(const struct learned_attribute *attribute, const struct val *text) {
  const struct val *min = &attribute->min, *max = &attribute->max;
  uint32_t from = attribute->common_bytes;
  if (min->type != VAL_TEXT || max->type != VAL_TEXT || text->bytes < from) return false;
  if (from && memcmp(text->data, min->data, from) != 0) return false;
  uint64_t start = start_of(text, from);
  if (start == attribute->min_start) return is_end(text, min, from);
  if (start == attribute->max_start) return is_end(text, max, from);
  return start > attribute->min_start && start < attribute->max_start;
}

static void keep_text(struct learned_attribute *attribute, const struct val *text) {
  struct val *min = &attribute->min, *max = &attribute->max;
  if (text->bytes > LEARN_KEPT_BYTES || is_within(attribute, text)) return;
  keep_extremes(attribute, text);
  if (min->type != VAL_TEXT || max->type != VAL_TEXT) return;
  attribute->common_bytes = common_start(min, max);
  attribute->min_start = start_of(min, attribute->common_bytes);
  attribute->max_start = start_of(max, attribute->common_bytes);
}

static void keep_integer(struct learned_attribute *attribute, const struct val *value) {
  const struct val *min = &attribute->min, *max = &attribute->max;
  bool is_within = min->type == value->type && max->type == value->type &&
                   value->integer >= min->integer && value->integer <= max->integer;
  if (!is_within) keep_extremes(attribute, value);
}

static void keep_float(struct learned_attribute *attribute, const struct val *value) {
  const struct val *min = &attribute->min, *max = &attribute->max;
  bool is_within = min->type == VAL_FLOAT64 && max->type == VAL_FLOAT64 &&
                   value->real > min->real && value->real < max->real;
  if (!is_within) keep_extremes(attribute, value);
}

static void keep_range(struct learned_attribute *attribute, const struct val *value) {
  switch ((int)value->type) {
  case VAL_TEXT: keep_text(attribute, value); return;
  case VAL_INT64:
  case VAL_TIMESTAMP:
  case VAL_DATE: keep_integer(attribute, value); return;
  case VAL_FLOAT64: keep_float(attribute, value); return;
  case VAL_BOOL:
  case VAL_LIST:
  case VAL_MAP: return;
  default:
    if (value->bytes == 0 && value->type > VAL_BOOL) keep_extremes(attribute, value);
  }
}

/* ---- distinct values ---- */

/* Of long values the ends and the length, so that every value costs the same. */
static uint64_t hash_of(const struct val *value) {
  enum { ENDS_BYTES = 64 };
  bool is_long = value->bytes > 2 * ENDS_BYTES;
  if (value->type == VAL_INT64) return val_hash_integer(value->integer);
  if (value->type == VAL_BOOL) return val_hash_bool(value->boolean);
  if (value->type == VAL_TEXT && !is_long) return val_hash_text(val_slice(value));
  if (!is_long && value->type != VAL_LIST && value->type != VAL_MAP) return val_hash(value, 0);
  if (!is_long) return hash64(slice_of(value->data, value->bytes), value->type);
  uint64_t hash = hash64(slice_of(value->data, ENDS_BYTES), value->bytes);
  return hash64(slice_of(value->data + value->bytes - ENDS_BYTES, ENDS_BYTES), hash);
}

static void count_distinct(struct learned_attribute *attribute, const struct val *value) {
  uint64_t hash = hash_of(value);
  uint8_t *reg = &attribute->registers[hash & (LEARN_REGISTERS - 1)];
  uint64_t rest = hash >> 8 | 1ull << 56;
  uint8_t rank = (uint8_t)(__builtin_ctzll(rest) + 1);
  if (rank > *reg) *reg = rank;
}

/* ---- values ---- */

static void count_value(struct learned_attribute *attribute, const struct val *value, int sign) {
  attribute->seen += sign;
  attribute->types[value->type] += sign;
  attribute->bytes += sign * (int64_t)learned_value_bytes(value);
  if (value->type == VAL_NULL) attribute->nulls += sign;
}

static void note_value(struct learned_attribute *attribute, const struct val *value) {
  count_value(attribute, value, 1);
  if (value->type == VAL_NULL) return;
  if (value->type == VAL_TEXT && value->bytes > attribute->max_length)
    attribute->max_length = value->bytes;
  keep_range(attribute, value);
  count_distinct(attribute, value);
}

static bool is_extreme(const struct learned_attribute *attribute, const struct val *value) {
  return value->type != VAL_NULL &&
         (val_is_equal(value, &attribute->min) || val_is_equal(value, &attribute->max));
}

void learned__count(struct learned *learned, struct learned_attribute *attribute,
                    const struct val *value, int sign) {
  if (sign > 0) {
    note_value(attribute, value);
    return;
  }
  count_value(attribute, value, -1);
  learned->is_loose = learned->is_loose || is_extreme(attribute, value);
}

static status take_value(struct learned *learned, struct learned_attribute *attribute,
                         const struct val *value, int sign, struct err *err) {
  learned__count(learned, attribute, value, sign);
  if (value->type != VAL_MAP && value->type != VAL_LIST) return LUMA_OK;
  return learned__look_inside(learned, attribute, value, sign, err);
}

/* ---- documents ---- */

/* The place in `by_id` for a name of the documents' dictionary; NULL when there is none. */
static uint16_t *place_of(struct learned *learned, const struct val *root, uint32_t i) {
  enum { IDS_FIRST = 64 };
  uint16_t id = val_field_name_id(root, i);
  if (!root->names || id == NAMES_NONE) return NULL;
  if (!learned->names) learned->names = root->names;
  if (learned->names != root->names) return NULL;
  if (id < learned->by_id_capacity) return &learned->by_id[id];
  size_t before = learned->by_id_capacity, wanted = id < IDS_FIRST ? IDS_FIRST : id + 1u;
  if (!mem_grow((void **)&learned->by_id, &learned->by_id_capacity, wanted, sizeof(uint16_t)))
    return NULL;
  memset(learned->by_id + before, 0, (learned->by_id_capacity - before) * sizeof(uint16_t));
  return &learned->by_id[id];
}

static status attribute_of(struct learned *learned, const struct val *root, uint32_t i,
                           struct learned_attribute **found, struct err *err) {
  struct slice name;
  uint16_t *place = place_of(learned, root, i);
  *found = place && *place ? learned->attributes[*place - 1] : NULL;
  if (*found) return LUMA_OK;
  (void)val_field_at(root, i, &name);
  TRY(learned__find(learned, name, found, err));
  uint64_t *nth = place ? hashmap_get(&learned->by_name, name) : NULL;
  if (nth) *place = (uint16_t)(*nth + 1);
  return LUMA_OK;
}

/* A document of a shape that cannot be kept. */
static status take_odd(struct learned *learned, const struct val *root, int sign, struct err *err) {
  uint32_t count = val_count(root);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val value = val_field_at(root, i, &name);
    struct learned_attribute *attribute;
    TRY(attribute_of(learned, root, i, &attribute, err));
    if (attribute) TRY(take_value(learned, attribute, &value, sign, err));
  }
  return LUMA_OK;
}

static status keep_shape(struct learned *learned, const struct val *root, struct slice shape,
                         struct err *err) {
  struct learned_shape *kept = &learned->shape;
  kept->bytes = 0;
  for (uint32_t i = 0; i < shape.bytes / SPLICE_NAME_BYTES; i++)
    TRY(attribute_of(learned, root, i, &kept->attributes[i], err));
  memcpy(kept->ids, shape.data, shape.bytes);
  kept->bytes = (uint32_t)shape.bytes;
  return LUMA_OK;
}

static status take_document(struct learned *learned, const struct doc *document, int sign,
                            struct err *err) {
  struct learned_shape *shape = &learned->shape;
  struct val root = doc_root(document), values[SPLICE_FIELDS_MAX];
  struct slice ids;
  bool is_same = shape->bytes && learned->names == document->names &&
                 splice_has_shape(document, slice_of(shape->ids, shape->bytes));
  if (!is_same) {
    if (!splice_shape(document, &ids)) return take_odd(learned, &root, sign, err);
    TRY(keep_shape(learned, &root, ids, err));
  }
  uint32_t count = val_fields(&root, values, SPLICE_FIELDS_MAX);
  for (uint32_t i = 0; i < count; i++) {
    struct learned_attribute *attribute = shape->attributes[i];
    if (attribute) TRY(take_value(learned, attribute, &values[i], sign, err));
  }
  return LUMA_OK;
}

status learned_observe(struct learned *learned, const struct doc *document, struct err *err) {
  learned->documents++;
  return take_document(learned, document, 1, err);
}

status learned_forget(struct learned *learned, const struct doc *document, struct err *err) {
  learned->documents--;
  return take_document(learned, document, -1, err);
}

/* ---- replaced documents ---- */

static bool is_same_value(const struct val *a, const struct val *b) {
  if (a->type != b->type) return false;
  bool is_nested = a->type == VAL_LIST || a->type == VAL_MAP;
  if (!is_nested) return val_is_equal(a, b);
  return a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0;
}

/* Takes the fields of a document that the other has not, or otherwise. Fields mostly stand in the
 * same places. */
static status take_differing(struct learned *learned, const struct val *root,
                             const struct val *other, int sign, struct err *err) {
  uint32_t count = val_count(root);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name, other_name;
    struct val value = val_field_at(root, i, &name), there = val_missing();
    uint16_t id = val_field_name_id(root, i);
    if (id != NAMES_NONE && val_field_name_id(other, i) == id)
      there = val_field_at(other, i, &other_name);
    else
      there = val_field_id(other, id, name);
    if (is_same_value(&value, &there)) continue;
    struct learned_attribute *attribute;
    TRY(attribute_of(learned, root, i, &attribute, err));
    if (attribute) TRY(take_value(learned, attribute, &value, sign, err));
  }
  return LUMA_OK;
}

status learned_replace(struct learned *learned, const struct doc *stale, const struct doc *fresh,
                       struct err *err) {
  struct val before = doc_root(stale), after = doc_root(fresh);
  if (stale->is_lensed || fresh->is_lensed || stale->names != fresh->names) {
    TRY(take_document(learned, fresh, 1, err));
    return take_document(learned, stale, -1, err);
  }
  TRY(take_differing(learned, &after, &before, 1, err));
  return take_differing(learned, &before, &after, -1, err);
}

void learned__merge_one(struct learned_attribute *to, const struct learned_attribute *from) {
  to->is_vast |= from->is_vast;
  to->seen += from->seen;
  to->nulls += from->nulls;
  to->bytes += from->bytes;
  for (int i = 0; i < VAL_TYPES; i++) to->types[i] += from->types[i];
  if (from->min.type != VAL_MISSING) keep_range(to, &from->min);
  if (from->max.type != VAL_MISSING) keep_range(to, &from->max);
  if (from->max_length > to->max_length) to->max_length = from->max_length;
  for (int i = 0; i < LEARN_REGISTERS; i++)
    if (from->registers[i] > to->registers[i]) to->registers[i] = from->registers[i];
}

status learned_merge(struct learned *learned, const struct learned *other, struct err *err) {
  learned->documents += other->documents;
  learned->is_partial |= other->is_partial;
  learned->is_loose |= other->is_loose;
  for (uint32_t i = 0; i < other->count; i++) {
    struct learned_attribute *to;
    if (other->attributes[i]->parent) continue;
    TRY(learned__find(learned, other->attributes[i]->name, &to, err));
    if (to) TRY(learned__merge_below(learned, to, other->attributes[i], err));
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
  int64_t values = attribute->seen - attribute->nulls;
  uint64_t count = (uint64_t)(estimate + 0.5), most = values > 0 ? (uint64_t)values : 0;
  return count < most ? count : most;
}

enum soul_kind learned_kind(const struct learned_attribute *attribute) {
  bool kinds[SOUL_KINDS] = {0};
  uint32_t count = 0;
  enum soul_kind last = SOUL_ANY;
  for (int type = VAL_BOOL; type < VAL_TYPES; type++) {
    enum soul_kind kind = soul_kind_of((enum val_type)type);
    if (attribute->types[type] <= 0) continue;
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
