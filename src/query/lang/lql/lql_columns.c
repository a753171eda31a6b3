/* SPDX-License-Identifier: MIT */
/* What an INSERT names and what an UPDATE sets: no place twice, and columns such as `address.city`
 * made into documents within documents. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_int.h"

static bool overlap(const struct path *a, const struct path *b) {
  return path_has_prefix(a, b) || path_has_prefix(b, a);
}

static bool check_count(struct lql *lql, uint32_t count, uint64_t offset) {
  if (count <= LQL_COLUMNS_MAX) return true;
  lql__fail(lql, LUMA_TOO_LARGE, offset, "the statement names over %d columns", LQL_COLUMNS_MAX);
  return false;
}

static void fail_twice(struct lql *lql, const struct path *path, uint64_t offset) {
  struct buf text;
  buf_init(&text, ERR_MESSAGE_BYTES);
  path_format(path, &text);
  lql__fail(lql, LUMA_INVALID_ARGUMENT, offset, "`%.*s` is given twice",
            SLICE_ARG(buf_slice(&text)));
  buf_deinit(&text);
}

bool lql__check_updates(struct lql *lql, const struct lql_updates *updates) {
  if (!check_count(lql, updates->count, updates->items[0].offset)) return false;
  for (uint32_t i = 1; i < updates->count; i++) {
    for (uint32_t k = 0; k < i; k++) {
      if (!overlap(&updates->items[i].path, &updates->items[k].path)) continue;
      fail_twice(lql, &updates->items[i].path, updates->items[i].offset);
      return false;
    }
  }
  return true;
}

/* ---- columns of an INSERT ---- */

static bool check_column(struct lql *lql, const struct lql_list *columns, uint32_t at) {
  const struct expr *column = columns->items[at];
  for (uint32_t i = 0; i < column->path.count; i++) {
    if (column->path.steps[i].is_name) continue;
    lql__fail(lql, LUMA_SYNTAX_ERROR, column->offset, "an INSERT cannot name an element of a list");
    lql__hint(lql, "give the whole list: [1, 2]");
    return false;
  }
  for (uint32_t i = 0; i < at; i++) {
    if (!overlap(&column->path, &columns->items[i]->path)) continue;
    fail_twice(lql, &column->path, column->offset);
    return false;
  }
  return true;
}

static bool check_columns(struct lql *lql, const struct lql_list *columns, bool *nested) {
  if (!check_count(lql, columns->count, columns->items[0]->offset)) return false;
  *nested = false;
  for (uint32_t i = 0; i < columns->count; i++) {
    if (!check_column(lql, columns, i)) return false;
    *nested |= columns->items[i]->path.count > 1;
  }
  return true;
}

static bool check_row(struct lql *lql, const struct expr *row, uint32_t columns) {
  if (row->args_count == columns) return true;
  lql__fail(lql, LUMA_SYNTAX_ERROR, row->offset, "the row has %u value%s for %u column%s",
            row->args_count, row->args_count == 1 ? "" : "s", columns, columns == 1 ? "" : "s");
  return false;
}

/* A map under construction. */
struct nest {
  struct lql_list *fields;
  struct nest **below; /* per field: NULL for a value */
};

static struct nest *open_nest(struct lql *lql, uint32_t capacity) {
  struct nest *made = arena_zalloc(lql->arena, 1, sizeof *made);
  if (!made) return NULL;
  made->fields = lql__list(lql);
  made->below = arena_zalloc(lql->arena, capacity, sizeof *made->below);
  return made->fields && made->below ? made : NULL;
}

static struct nest *find_below(const struct nest *nest, struct slice name) {
  for (uint32_t i = 0; i < nest->fields->count; i++)
    if (nest->below[i] && slice_is_equal(nest->fields->names[i], name)) return nest->below[i];
  return NULL;
}

/* Puts a value at the column's path, making the maps on the way. A field that stands for a map has
 * a place holder until the map is whole. */
static bool put(struct lql *lql, struct nest *nest, const struct expr *column, struct expr *value,
                uint32_t capacity) {
  uint32_t last = column->path.count - 1;
  for (uint32_t i = 0; i < last; i++) {
    struct slice name = column->path.steps[i].name;
    struct nest *next = find_below(nest, name);
    if (!next) {
      next = open_nest(lql, capacity);
      if (!next || !lql__append(lql, nest->fields, value, name)) return false;
      nest->below[nest->fields->count - 1] = next;
    }
    nest = next;
  }
  return lql__append(lql, nest->fields, value, column->path.steps[last].name) != NULL;
}

static struct expr *close_nest(struct lql *lql, const struct nest *nest, uint64_t offset) {
  for (uint32_t i = 0; i < nest->fields->count; i++)
    if (nest->below[i]) nest->fields->items[i] = close_nest(lql, nest->below[i], offset);
  struct lql_token at = {.offset = offset};
  return lql__map(lql, at, nest->fields);
}

static struct expr *nested_row(struct lql *lql, const struct lql_list *columns,
                               const struct expr *row) {
  struct nest *nest = open_nest(lql, columns->count);
  if (!nest) return NULL;
  for (uint32_t i = 0; i < columns->count; i++)
    if (!put(lql, nest, columns->items[i], row->args[i], columns->count)) return NULL;
  return close_nest(lql, nest, row->offset);
}

static struct plan *insert_nested(struct lql *lql, struct lql_token name,
                                  const struct lql_list *columns, const struct lql_list *rows) {
  struct lql_list *documents = lql__list(lql);
  for (uint32_t r = 0; r < rows->count; r++) {
    if (!check_row(lql, rows->items[r], columns->count)) return NULL;
    struct expr *document = nested_row(lql, columns, rows->items[r]);
    documents = lql__append(lql, documents, document, slice_of(NULL, 0));
  }
  return lql__insert_documents(lql, name, documents);
}

struct plan *lql__insert(struct lql *lql, struct lql_token name, struct lql_list *columns,
                         struct lql_list *rows) {
  bool nested;
  if (!columns || !rows || !check_columns(lql, columns, &nested)) return NULL;
  if (nested) return insert_nested(lql, name, columns, rows);
  struct lql_list *values = lql__list(lql);
  for (uint32_t r = 0; r < rows->count; r++) {
    const struct expr *row = rows->items[r];
    if (!check_row(lql, row, columns->count)) return NULL;
    for (uint32_t i = 0; i < row->args_count; i++)
      values = lql__append(lql, values, row->args[i], slice_of(NULL, 0));
  }
  struct plan *made = lql__insert_node(lql, name, values);
  if (!made) return NULL;
  for (uint32_t i = 0; i < columns->count; i++)
    columns->names[i] = columns->items[i]->path.steps[0].name;
  made->names = columns->names;
  made->names_count = columns->count;
  made->rows_count = rows->count;
  return made;
}
