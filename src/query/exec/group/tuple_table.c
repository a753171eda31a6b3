/* SPDX-License-Identifier: MIT */
#include "query/exec/group/tuple_table.h"

#include "value/order/order.h"

enum { SLOTS_MIN = 256, SLOTS_FEW = 8 };

void tuple_table_init(struct tuple_table *table, struct exec *exec, uint32_t columns) {
  *table = (struct tuple_table){.exec = exec};
  rows_init(&table->tuples, exec, columns);
}

void tuple_table_init_few(struct tuple_table *table, struct exec *exec, uint32_t columns) {
  *table = (struct tuple_table){.exec = exec};
  rows_init_few(&table->tuples, exec, columns);
}

uint64_t tuple_table_hash(const struct val *tuple, uint32_t columns) {
  uint64_t hash = 0;
  for (uint32_t i = 0; i < columns; i++) hash = val_hash(&tuple[i], hash);
  return hash;
}

static bool is_same(const struct tuple_table *table, uint32_t number, const struct val *tuple) {
  const struct val *kept = rows_at(&table->tuples, number);
  for (uint32_t i = 0; i < table->tuples.columns; i++) {
    const struct val *a = &kept[i], *b = &tuple[i];
    bool both_texts = a->type == VAL_TEXT && b->type == VAL_TEXT;
    if (both_texts ? !slice_is_equal(val_slice(a), val_slice(b)) : !val_is_equal(a, b))
      return false;
  }
  return true;
}

/** Doubles the slots. The old ones stay in the arena: all of them together are less than the new
 * ones. */
static status grow(struct tuple_table *table, struct err *err) {
  uint64_t least = table->tuples.are_few ? SLOTS_FEW : SLOTS_MIN;
  uint64_t capacity = table->capacity ? table->capacity * 2 : least;
  struct tuple_slot *slots = arena_zalloc(table->exec->arena, capacity, sizeof *slots);
  TRY(op__memory(table->exec, slots, err));
  for (uint64_t i = 0; i < table->tuples.count; i++) {
    uint64_t hash = tuple_table_hash(rows_at(&table->tuples, i), table->tuples.columns);
    uint64_t at = hash & (capacity - 1);
    while (slots[at].number) at = (at + 1) & (capacity - 1);
    slots[at] = (struct tuple_slot){(uint32_t)(hash >> 32), (uint32_t)i + 1};
  }
  table->slots = slots;
  table->capacity = capacity;
  return LUMA_OK;
}

static status add_tuple(struct tuple_table *table, const struct val *tuple, struct err *err) {
  struct val *kept = NULL;
  if (table->tuples.count == TUPLES_MAX)
    FAIL(err, LUMA_BUDGET_EXCEEDED, "more than %d distinct rows", TUPLES_MAX);
  TRY(rows_add(&table->tuples, &kept, err));
  for (uint32_t i = 0; i < table->tuples.columns; i++)
    TRY(expr_copy_value(table->exec->arena, &tuple[i], &kept[i], err));
  return LUMA_OK;
}

status tuple_table_put(struct tuple_table *table, const struct val *tuple, uint64_t hash,
                       uint32_t *number, bool *is_new, struct err *err) {
  if (table->tuples.count * 4 >= table->capacity * 3) TRY(grow(table, err));
  uint64_t mask = table->capacity - 1, at = hash & mask;
  for (; table->slots[at].number; at = (at + 1) & mask) {
    if (table->slots[at].hash != (uint32_t)(hash >> 32) ||
        !is_same(table, table->slots[at].number - 1, tuple))
      continue;
    *number = table->slots[at].number - 1;
    *is_new = false;
    return LUMA_OK;
  }
  TRY(add_tuple(table, tuple, err));
  *number = (uint32_t)(table->tuples.count - 1);
  *is_new = true;
  table->slots[at] = (struct tuple_slot){(uint32_t)(hash >> 32), *number + 1};
  return LUMA_OK;
}

bool tuple_table_find(const struct tuple_table *table, const struct val *tuple, uint64_t hash,
                      uint32_t *number) {
  uint64_t mask = table->capacity - 1;
  if (table->capacity == 0) return false;
  for (uint64_t at = hash & mask; table->slots[at].number; at = (at + 1) & mask) {
    *number = table->slots[at].number - 1;
    if (table->slots[at].hash == (uint32_t)(hash >> 32) && is_same(table, *number, tuple))
      return true;
  }
  return false;
}
