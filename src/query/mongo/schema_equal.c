/* SPDX-License-Identifier: MIT */
/* Equality as JSON Schema has it (draft 4, core, 3.6): maps are equal that have equal fields,
 * whatever their order. Depth is that of documents: DOC_DEPTH_MAX. */
#include <stdlib.h>

#include "query/mongo/mongo_int.h"
#include "value/order/hash.h"

struct field {
  struct slice name;
  struct val value;
};

static int compare_fields(const void *a, const void *b) {
  return slice_compare(((const struct field *)a)->name, ((const struct field *)b)->name);
}

static status sort_fields(struct func_env *env, const struct val *map, struct field **fields,
                          struct err *err) {
  uint32_t count = val_count(map);
  TRY(mongo__room(env, count, sizeof **fields, fields, err));
  for (uint32_t i = 0; i < count; i++)
    (*fields)[i].value = val_field_at(map, i, &(*fields)[i].name);
  qsort(*fields, count, sizeof **fields, compare_fields);
  return LUMA_OK;
}

static status compare_maps(struct func_env *env, const struct val *a, const struct val *b,
                           bool *same, struct err *err) {
  struct field *left = NULL, *right = NULL;
  TRY(sort_fields(env, a, &left, err));
  TRY(sort_fields(env, b, &right, err));
  for (uint32_t i = 0; i < val_count(a) && *same; i++) {
    *same = slice_is_equal(left[i].name, right[i].name);
    if (*same) TRY(mongo__is_same_json(env, &left[i].value, &right[i].value, same, err));
  }
  return LUMA_OK;
}

static status compare_lists(struct func_env *env, const struct val *a, const struct val *b,
                            bool *same, struct err *err) {
  for (uint32_t i = 0; i < val_count(a) && *same; i++) {
    struct val left = val_at(a, i), right = val_at(b, i);
    TRY(mongo__is_same_json(env, &left, &right, same, err));
  }
  return LUMA_OK;
}

status mongo__is_same_json(struct func_env *env, const struct val *a, const struct val *b,
                           bool *same, struct err *err) {
  *same = val_is_equal(a, b);
  bool is_inner = a->type == b->type && (a->type == VAL_MAP || a->type == VAL_LIST);
  if (*same || !is_inner || val_count(a) != val_count(b)) return LUMA_OK;
  *same = true;
  return a->type == VAL_MAP ? compare_maps(env, a, b, same, err)
                            : compare_lists(env, a, b, same, err);
}

/* ---- lists whose elements differ ---- */

/** What is the same has the same hash. */
static uint64_t hash_json(const struct val *v) {
  bool is_map = v->type == VAL_MAP;
  uint64_t hash = v->type;
  if (!is_map && v->type != VAL_LIST) return val_hash(v, 0);
  for (uint32_t i = 0; i < val_count(v); i++) {
    struct slice name = {0};
    struct val inner = is_map ? val_field_at(v, i, &name) : val_at(v, i);
    uint64_t part = hash_json(&inner);
    hash = is_map ? hash + order_mix(hash64(name, 0), part) : order_mix(hash, part);
  }
  return hash;
}

struct element {
  uint64_t hash;
  struct val value;
};

static int compare_elements(const void *a, const void *b) {
  uint64_t left = ((const struct element *)a)->hash, right = ((const struct element *)b)->hash;
  return (left > right) - (left < right);
}

status mongo__has_same_json(struct func_env *env, const struct val *list, bool *has,
                            struct err *err) {
  uint32_t count = val_count(list);
  struct element *elements = NULL;
  *has = false;
  TRY(mongo__room(env, count, sizeof *elements, &elements, err));
  for (uint32_t i = 0; i < count; i++) {
    elements[i].value = val_at(list, i);
    elements[i].hash = hash_json(&elements[i].value);
  }
  qsort(elements, count, sizeof *elements, compare_elements);
  for (uint32_t i = 1; i < count; i++)
    for (uint32_t j = i; j-- > 0 && elements[j].hash == elements[i].hash && !*has;)
      TRY(mongo__is_same_json(env, &elements[j].value, &elements[i].value, has, err));
  return LUMA_OK;
}
