/* SPDX-License-Identifier: MIT */
#include "query/exec/sort_key.h"

#include "value/doc/doc.h"
#include "value/order/order.h"

/** Below null: an empty list, and only in this order. */
static const struct val empty_list_key = {.type = VAL_MISSING};

static struct val extreme(const struct val *list, int sign) {
  struct val best = empty_list_key;
  uint32_t count = val_count(list);
  for (uint32_t i = 0; i < count; i++) {
    struct val element = val_at(list, i);
    if (i == 0 || val_compare(&element, &best) * sign > 0) best = element;
  }
  return best;
}

struct val sort_key_of(const struct plan_sort_key *key, const struct val *value) {
  if (value->type == VAL_MISSING) return val_null();
  if (!key->mongo || value->type != VAL_LIST) return *value;
  return extreme(value, key->descending ? 1 : -1);
}

static int compare_one(const struct plan_sort_key *key, const struct val *a, const struct val *b) {
  if (!key->mongo && (val_is_null(a) || val_is_null(b))) {
    bool first = key->nulls_first || (key->descending && !key->nulls_last);
    int order = val_is_null(a) - val_is_null(b);
    return first ? -order : order;
  }
  int order = val_compare(a, b);
  return key->descending ? -order : order;
}

int sort_key_compare(const struct plan_sort_key *keys, uint32_t count, const struct val *a,
                     const struct val *b) {
  for (uint32_t i = 0; i < count; i++) {
    int order = compare_one(&keys[i], &a[i], &b[i]);
    if (order) return order;
  }
  return 0;
}
