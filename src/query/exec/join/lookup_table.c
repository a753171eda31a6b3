/* SPDX-License-Identifier: MIT */
#include "query/exec/join/lookup_table.h"

#include <stdlib.h>

#include "base/mem/mem.h"
#include "query/exec/group/tuple_table.h"
#include "query/func/compare.h"

enum { NONE = UINT32_MAX, ARENA_BYTES = 64 << 10 };

/** A document under a value; the values' documents are chained in the order they came. */
struct link {
  uint32_t document, next;
};

struct lookup_table {
  struct arena arena;
  struct exec exec; /* the run's, with this arena */
  const struct path *path;
  struct rows documents;
  struct tuple_table values;
  struct link *links;
  size_t links_count, links_capacity;
  uint32_t *first, *last; /* of each value */
  size_t first_capacity, last_capacity;
  status failed;
  struct err *err;
};

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a $lookup");
}

static status add_link(struct lookup_table *table, uint32_t number, bool is_new, struct err *err) {
  uint32_t document = (uint32_t)(table->documents.count - 1);
  bool has_room =
      mem_grow((void **)&table->links, &table->links_capacity, table->links_count + 1,
               sizeof *table->links) &&
      mem_grow((void **)&table->first, &table->first_capacity, number + 1u, sizeof(uint32_t)) &&
      mem_grow((void **)&table->last, &table->last_capacity, number + 1u, sizeof(uint32_t));
  if (!has_room) return fail_memory(err);
  if (!is_new && table->links[table->last[number]].document == document) return LUMA_OK;
  uint32_t link = (uint32_t)table->links_count++;
  table->links[link] = (struct link){document, NONE};
  if (is_new)
    table->first[number] = link;
  else
    table->links[table->last[number]].next = link;
  table->last[number] = link;
  return LUMA_OK;
}

static status add_value(struct lookup_table *table, const struct val *value, struct err *err) {
  uint32_t number = 0;
  bool is_new = false;
  if (val_is_null(value)) return LUMA_OK;
  TRY(tuple_table_put(&table->values, value, tuple_table_hash(value, 1), &number, &is_new, err));
  return add_link(table, number, is_new, err);
}

static bool visit(void *context, const struct val *value) {
  struct lookup_table *table = context;
  table->failed = add_value(table, value, table->err);
  for (uint32_t i = 0; value->type == VAL_LIST && i < val_count(value); i++) {
    struct val element = val_at(value, i);
    if (table->failed == LUMA_OK) table->failed = add_value(table, &element, table->err);
  }
  return table->failed == LUMA_OK;
}

static status take(struct lookup_table *table, const struct val *document, struct err *err) {
  struct val *place = NULL;
  TRY(rows_add(&table->documents, &place, err));
  TRY(expr_copy_value(&table->arena, document, place, err));
  table->err = err;
  table->failed = LUMA_OK;
  (void)path_visit(table->path, place, visit, table);
  return table->failed;
}

static status fill(struct lookup_table *table, struct op *scan, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(scan, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++)
      TRY(take(table, &in->columns[0][batch_row(in, i)], err));
  }
}

status lookup_table_create(struct exec *exec, const struct plan *scan, const struct path *path,
                           struct lookup_table **table, struct err *err) {
  struct lookup_table *made = mem_zalloc(1, sizeof *made);
  struct op *op = NULL;
  struct err why = {0};
  *table = NULL;
  if (!made) return fail_memory(err);
  arena_init(&made->arena, ARENA_BYTES, exec->memory_bytes / 2);
  made->exec = *exec;
  made->exec.arena = &made->arena;
  made->exec.rows_wanted = 0;
  made->exec.parts = NULL; /* a worker's parts are of what is looked up for */
  made->path = path;
  rows_init(&made->documents, &made->exec, 1);
  tuple_table_init(&made->values, &made->exec, 1);
  status done = op__open(&made->exec, scan, &op, &why);
  if (done == LUMA_OK) done = fill(made, op, &why);
  exec_close(op);
  if (done == LUMA_OK) {
    *table = made;
    return LUMA_OK;
  }
  lookup_table_destroy(made);
  if (done == LUMA_BUDGET_EXCEEDED) return LUMA_OK;
  if (err) *err = why;
  return done;
}

void lookup_table_destroy(struct lookup_table *table) {
  if (!table) return;
  mem_free(table->links);
  mem_free(table->first);
  mem_free(table->last);
  arena_deinit(&table->arena);
  mem_free(table);
}

/* ---- finding ---- */

bool lookup_table_knows(const struct val *value) {
  if (val_is_null(value) || value->type == VAL_REGEX) return false;
  for (uint32_t i = 0; value->type == VAL_LIST && i < val_count(value); i++) {
    struct val element = val_at(value, i);
    if (val_is_null(&element) || element.type == VAL_REGEX) return false;
  }
  return true;
}

static status find_exactly(const struct lookup_table *table, const struct val *value,
                           struct lookup_found *found, struct err *err) {
  uint32_t number = 0;
  if (!tuple_table_find(&table->values, value, tuple_table_hash(value, 1), &number)) return LUMA_OK;
  for (uint32_t link = table->first[number]; link != NONE; link = table->links[link].next) {
    if (!mem_grow((void **)&found->numbers, &found->capacity, found->count + 1,
                  sizeof *found->numbers))
      return fail_memory(err);
    found->numbers[found->count++] = table->links[link].document;
  }
  return LUMA_OK;
}

/** A text may spell an id, which then is equal to it. */
static status find_one(const struct lookup_table *table, const struct val *value,
                       struct lookup_found *found, struct err *err) {
  static const enum val_type types[] = {VAL_ULID, VAL_UUID};
  struct val read;
  TRY(find_exactly(table, value, found, err));
  for (size_t i = 0; value->type == VAL_TEXT && i < sizeof types / sizeof types[0]; i++)
    if (compare_read_text(val_slice(value), types[i], &read))
      TRY(find_exactly(table, &read, found, err));
  return LUMA_OK;
}

static int compare_numbers(const void *a, const void *b) {
  uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
  return (first > second) - (first < second);
}

/** In order, each once. */
static void settle(struct lookup_found *found) {
  size_t kept = 0;
  if (found->count < 2) return;
  qsort(found->numbers, found->count, sizeof *found->numbers, compare_numbers);
  for (size_t i = 0; i < found->count; i++)
    if (!i || found->numbers[i] != found->numbers[i - 1])
      found->numbers[kept++] = found->numbers[i];
  found->count = kept;
}

status lookup_table_find(const struct lookup_table *table, const struct val *value, bool any_of,
                         struct lookup_found *found, struct err *err) {
  found->count = 0;
  if (!any_of) TRY(find_one(table, value, found, err));
  for (uint32_t i = 0; any_of && i < val_count(value); i++) {
    struct val element = val_at(value, i);
    TRY(find_one(table, &element, found, err));
  }
  settle(found);
  return LUMA_OK;
}

void lookup_found_deinit(struct lookup_found *found) {
  mem_free(found->numbers);
}

const struct val *lookup_table_document(const struct lookup_table *table, uint32_t number) {
  return rows_at(&table->documents, number);
}
