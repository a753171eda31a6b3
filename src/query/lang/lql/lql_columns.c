/* SPDX-License-Identifier: MIT */
/* What an INSERT names and what an UPDATE sets: no place twice, and columns such as `address.city`
 * made into documents within documents. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_change.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_query.h"

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

static bool check_width(struct lql *lql, uint32_t values, uint32_t columns, uint64_t offset) {
  if (values == columns) return true;
  lql__fail(lql, LUMA_SYNTAX_ERROR, offset, "the row has %u value%s for %u column%s", values,
            values == 1 ? "" : "s", columns, columns == 1 ? "" : "s");
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
                               struct expr *const *values, uint64_t offset) {
  struct nest *nest = open_nest(lql, columns->count);
  if (!nest) return NULL;
  for (uint32_t i = 0; i < columns->count; i++)
    if (!put(lql, nest, columns->items[i], values[i], columns->count)) return NULL;
  return close_nest(lql, nest, offset);
}

struct expr *lql__row_document(struct lql *lql, struct lql_list *columns, const struct expr *row) {
  bool nested;
  if (!columns || !row || !check_columns(lql, columns, &nested) ||
      !check_width(lql, row->args_count, columns->count, row->offset))
    return NULL;
  return nested_row(lql, columns, row->args, row->offset);
}

static struct plan *insert_nested(struct lql *lql, struct lql_token name,
                                  const struct lql_list *columns, const struct plan *values) {
  struct lql_list *documents = lql__list(lql);
  for (uint32_t r = 0; r < values->rows_count; r++) {
    struct expr *const *row = values->exprs + (size_t)r * columns->count;
    struct expr *document = nested_row(lql, columns, row, row[0]->offset);
    documents = lql__append(lql, documents, document, slice_of(NULL, 0));
  }
  return lql__insert_documents(lql, name, documents);
}

static void take_names(struct plan *insert, struct lql_list *columns) {
  for (uint32_t i = 0; columns && i < columns->count; i++)
    columns->names[i] = columns->items[i]->path.steps[0].name;
  insert->names = columns ? columns->names : NULL;
  insert->names_count = columns ? columns->count : 0;
}

/* Rows written in the statement. */
static struct plan *insert_values(struct lql *lql, struct lql_token name, struct lql_list *columns,
                                  const struct plan *values, bool nested) {
  uint32_t width = values->exprs_count / values->rows_count;
  if (columns && !check_width(lql, width, columns->count, values->exprs[0]->offset)) return NULL;
  if (nested) return insert_nested(lql, name, columns, values);
  struct plan *made = lql__collection(lql, PLAN_INSERT, name, name);
  if (!made) return NULL;
  made->exprs = values->exprs;
  made->exprs_count = values->exprs_count;
  made->rows_count = values->rows_count;
  made->ordered = true;
  made->is_positional = !columns;
  take_names(made, columns);
  if (!columns) made->names_count = width;
  return made;
}

struct plan *lql__insert(struct lql *lql, struct lql_token name, struct lql_list *columns,
                         struct plan *query) {
  bool nested = false;
  if (!query || (columns && !check_columns(lql, columns, &nested))) return NULL;
  if (query->kind == PLAN_VALUES) return insert_values(lql, name, columns, query, nested);
  if (nested) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, columns->items[0]->offset,
              "an INSERT of a SELECT names whole attributes");
    lql__hint(lql, "SELECT {…} AS address makes documents within documents");
    return NULL;
  }
  struct plan *made = lql__collection(lql, PLAN_INSERT, name, name);
  if (!made) return NULL;
  made->input = query;
  made->ordered = true;
  take_names(made, columns);
  return made;
}
