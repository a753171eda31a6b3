/* SPDX-License-Identifier: MIT */
#include "query/expr/in_set.h"

#include <stdlib.h>

#include "query/func/compare.h"

static int compare_values(const void *a, const void *b) {
  return val_compare(a, b);
}

/** Texts and the types they may spell compare with each other by what the text reads as: no order
 * serves both. */
static bool is_spelled(enum val_type type) {
  return type != VAL_TEXT && compare_types_fit(VAL_TEXT, type);
}

static bool takes(const struct in_set *set, const struct val *v) {
  return !is_spelled((enum val_type)v->type) &&
         val_order_class((enum val_type)v->type) == set->order_class;
}

status in_set_create(struct arena *arena, const struct val *values, uint32_t count,
                     struct in_set **set, struct err *err) {
  *set = NULL;
  if (count < IN_SET_COUNT_MIN) return LUMA_OK;
  struct in_set *made = arena_zalloc(arena, 1, sizeof *made);
  TRY(plan_check_memory(arena, made, err));
  made->values = arena_alloc(arena, count * sizeof *values);
  TRY(plan_check_memory(arena, made->values, err));
  for (uint32_t i = 0; i < count; i++) {
    if (val_is_null(&values[i])) {
      made->has_null = true;
      continue;
    }
    if (made->count == 0) made->order_class = val_order_class((enum val_type)values[i].type);
    if (!takes(made, &values[i])) return LUMA_OK;
    made->values[made->count++] = values[i];
  }
  qsort(made->values, made->count, sizeof *values, compare_values);
  *set = made->count ? made : NULL;
  return LUMA_OK;
}

bool in_set_find(const struct in_set *set, const struct val *v, struct val *answer) {
  if (!takes(set, v)) return false;
  bool found = bsearch(v, set->values, set->count, sizeof *v, compare_values) != NULL;
  *answer = found || !set->has_null ? val_bool(found) : val_null();
  return true;
}
