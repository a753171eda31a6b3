/* SPDX-License-Identifier: MIT */
/* JSON_TABLE: the items of a path as rows, each column what a path of its own finds in the item.
 * NESTED columns are rows of their own, joined to the item they stand in; an item without any
 * stays, and what stands beside each other is not multiplied. */
#include <stdio.h>

#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_json.h"
#include "query/lang/lql/lql_query.h"

enum { NESTED_MAX = 32 };

struct lql_json_column *lql__json_column(struct lql *lql, const struct lql_json_column *column) {
  return arena_copy(lql->arena, column, sizeof *column);
}

struct lql_json_columns *lql__json_columns(struct lql *lql, struct lql_json_columns *columns,
                                           struct lql_json_column *column) {
  if (!columns) columns = arena_zalloc(lql->arena, 1, sizeof *columns);
  if (!columns || !column) return NULL;
  columns->items =
      lql__grow(lql, columns->items, columns->count, &columns->capacity, sizeof(void *));
  if (!columns->items) return NULL;
  columns->items[columns->count++] = column;
  return columns;
}

/* A JSON_TABLE, or what is NESTED in it, while it is made. */
struct level {
  struct lql *lql;
  struct lql_token at;
  struct slice row; /* the alias of an item */
  const struct lql_json *json;
  uint32_t *nested; /* met so far: each has an alias of its own */
};

static struct slice numbered(struct lql *lql, const char *name, uint32_t number) {
  char room[32];
  int bytes = snprintf(room, sizeof room, "%s %u", name, number);
  const void *copy = arena_copy(lql->arena, room, (size_t)bytes);
  return slice_of(copy, copy ? (size_t)bytes : 0);
}

/* alias.name, both in quotes where they need them. */
static struct expr *field(const struct level *level, struct slice alias, struct slice name) {
  struct lql *lql = level->lql;
  struct lql_list *names = NULL;
  struct slice parts[2] = {alias, name};
  for (int i = 0; i < (name.bytes ? 2 : 1); i++) {
    struct expr *null = expr_const(lql->arena, val_null(), level->at.offset);
    names = lql__append(lql, names ? names : lql__list(lql), null, parts[i]);
  }
  return names ? lql__names_path(lql, names) : NULL;
}

/* ---- columns ---- */

/* '$."name"', where PATH is left out. */
static struct expr *column_path(const struct level *level, const struct lql_json_column *column) {
  struct lql *lql = level->lql;
  if (column->json && column->json->path.kind) return lql__text(lql, column->json->path);
  struct slice name = lql__name(lql, column->name);
  struct buf text;
  buf_init(&text, LQL_TEXT_BYTES_MAX);
  buf_append_text(&text, "$.\"");
  for (size_t i = 0; i < name.bytes; i++) {
    if (name.data[i] == '"' || name.data[i] == '\\') buf_append_byte(&text, '\\');
    buf_append_byte(&text, name.data[i]);
  }
  buf_append_byte(&text, '"');
  const void *copy = arena_copy(lql->arena, text.data, text.bytes);
  struct slice made = slice_of(copy, copy ? text.bytes : 0);
  buf_deinit(&text);
  return copy ? expr_const(lql->arena, val_text(made), column->name.offset) : NULL;
}

/* A column of a document's type, or with a wrapper, is a JSON_QUERY. */
static const char *function_of(struct lql *lql, const struct lql_json_column *column) {
  if (column->is_exists) return "json_exists";
  bool is_document = column->type.is_list || lql__is_json(lql__name(lql, column->type.name));
  const struct lql_json *json = column->json;
  return is_document || (json && (json->wrapper || json->quotes)) ? "json_query" : "json_value";
}

static struct expr *column_value(const struct level *level, const struct lql_json_column *column) {
  struct lql *lql = level->lql;
  if (column->is_ordinality)
    return expr_name(lql->arena, slice_of_text("ordinality"), false, column->name.offset);
  struct lql_json clauses = column->json ? *column->json : (struct lql_json){.at = column->name};
  clauses.passing = level->json ? level->json->passing : NULL;
  if (!column->is_exists) clauses.type = column->type;
  struct lql_list *args = lql__append(
      lql, lql__list(lql), field(level, level->row, slice_of(NULL, 0)), slice_of(NULL, 0));
  args = lql__append(lql, args, column_path(level, column), slice_of(NULL, 0));
  struct lql_token name = {.kind = LQL_ID,
                           .text = slice_of_text(function_of(lql, column)),
                           .offset = column->name.offset};
  struct expr *made = lql__json_call(lql, name, args, &clauses);
  bool casts = made && column->is_exists;
  return casts ? lql__cast(lql, column->name, made, column->type) : made;
}

/* ---- rows ---- */

static struct plan *rows_of(const struct level *level, struct expr *document, struct expr *path,
                            char on_error) {
  struct lql *lql = level->lql;
  struct lql_json clauses = {.at = level->at, .error = on_error};
  if (level->json) clauses.passing = level->json->passing;
  struct lql_list *args = lql__append(lql, lql__list(lql), document, slice_of(NULL, 0));
  args = lql__append(lql, args, path, slice_of(NULL, 0));
  struct lql_token name = {
      .kind = LQL_ID, .text = slice_of_text("json_table"), .offset = level->at.offset};
  struct lql_alias alias = {.name = level->row};
  struct plan *made = lql__table_of(lql, lql__json_call(lql, name, args, &clauses), &alias);
  if (made) made->has_ordinality = true;
  return made;
}

static struct plan *select_of(const struct level *level, struct plan *from,
                              struct lql_list *items) {
  struct plan *made =
      from && items ? plan_node(level->lql->arena, PLAN_PROJECT, from, level->at.offset) : NULL;
  if (!made) return NULL;
  made->exprs = items->items;
  made->names = items->names;
  made->exprs_count = items->count;
  return made;
}

static struct plan *table(const struct level *level, struct expr *document, struct expr *path,
                          const struct lql_json_columns *columns, char on_error);

/* The names of what is NESTED, in order: their own, and what is nested in them. */
static bool add_names(struct lql *lql, const struct lql_json_columns *columns,
                      struct lql_list *names) {
  for (uint32_t i = 0; i < columns->count; i++) {
    const struct lql_json_column *column = columns->items[i];
    struct expr *null = expr_const(lql->arena, val_null(), 0);
    if (!column->name.kind && !add_names(lql, column->columns, names)) return false;
    if (column->name.kind && !lql__append(lql, names, null, lql__name(lql, column->name)))
      return false;
  }
  return true;
}

/* One NESTED as a SELECT of all names of those beside it, NULL but for its own. */
static struct plan *nested_rows(const struct level *level, const struct lql_json_column *column,
                                const struct lql_list *all) {
  struct lql *lql = level->lql;
  struct lql_list *own = lql__list(lql), *items = lql__list(lql);
  struct level below = *level;
  below.at = column->path;
  below.row = numbered(lql, "row", ++*level->nested);
  if (*level->nested > NESTED_MAX) {
    lql__fail(lql, LUMA_TOO_LARGE, column->path.offset, "JSON_TABLE has over %d NESTED columns",
              NESTED_MAX);
    return NULL;
  }
  struct plan *rows = table(&below, field(level, level->row, slice_of(NULL, 0)),
                            lql__text(lql, column->path), column->columns, 'a');
  struct slice name = numbered(lql, "nested", *level->nested);
  struct lql_alias alias = {.name = name};
  struct plan *from = rows ? lql__derived(lql, rows, &alias, true) : NULL;
  if (!own || !add_names(lql, column->columns, own)) return NULL;
  for (uint32_t i = 0; items && i < all->count; i++) {
    bool is_own = false;
    for (uint32_t k = 0; k < own->count; k++)
      is_own |= slice_is_equal(own->names[k], all->names[i]);
    struct expr *item = is_own ? field(level, name, all->names[i])
                               : expr_const(lql->arena, val_null(), level->at.offset);
    items = lql__append(lql, items, item, all->names[i]);
  }
  return select_of(level, from, items);
}

/* All NESTED, one after the other, beside the item's rows. */
static struct plan *join_nested(const struct level *level, struct plan *rows,
                                const struct lql_json_columns *columns, struct slice alias) {
  struct lql *lql = level->lql;
  struct lql_list *all = lql__list(lql);
  struct plan *nested = NULL;
  for (uint32_t i = 0; all && i < columns->count; i++)
    if (!columns->items[i]->name.kind && !add_names(lql, columns->items[i]->columns, all))
      return NULL;
  for (uint32_t i = 0; all && i < columns->count; i++) {
    if (columns->items[i]->name.kind) continue;
    struct plan *one = nested_rows(level, columns->items[i], all);
    nested = nested ? lql__set_operation(lql, level->at, PLAN_UNION, true, nested, one) : one;
    if (!nested) return NULL;
  }
  if (!nested) return rows;
  struct lql_alias named = {.name = alias};
  return lql__join_on(lql, level->at, PLAN_JOIN_LEFT, rows, lql__derived(lql, nested, &named, true),
                      lql__bool(lql, level->at, true));
}

/* Items in the order of the columns. */
static bool add_items(const struct level *level, const struct lql_json_columns *columns,
                      struct slice nested, struct lql_list *items) {
  struct lql *lql = level->lql;
  for (uint32_t i = 0; i < columns->count; i++) {
    const struct lql_json_column *column = columns->items[i];
    if (column->name.kind) {
      if (!lql__append(lql, items, column_value(level, column), lql__name(lql, column->name)))
        return false;
      continue;
    }
    struct lql_list *names = lql__list(lql);
    if (!names || !add_names(lql, column->columns, names)) return false;
    for (uint32_t k = 0; k < names->count; k++)
      if (!lql__append(lql, items, field(level, nested, names->names[k]), names->names[k]))
        return false;
  }
  return true;
}

static struct plan *table(const struct level *level, struct expr *document, struct expr *path,
                          const struct lql_json_columns *columns, char on_error) {
  struct slice nested = numbered(level->lql, "beside", *level->nested);
  struct plan *from = rows_of(level, document, path, on_error);
  struct lql_list *items = lql__list(level->lql);
  if (from) from = join_nested(level, from, columns, nested);
  if (!from || !items || !add_items(level, columns, nested, items)) return NULL;
  return select_of(level, from, items);
}

struct plan *lql__json_table(struct lql *lql, struct lql_token name, const struct lql_list *args,
                             const struct lql_json *json, const struct lql_json_columns *columns,
                             const struct lql_json *end, const struct lql_alias *alias) {
  uint32_t nested = 0;
  bool is_table = slice_is_equal_nocase(name.text, slice_of_text("json_table"));
  if (!args || !columns) return NULL;
  if (!is_table || args->count != 2) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset,
              is_table ? "JSON_TABLE takes a document and a path" : "`%.*s` takes no COLUMNS",
              SLICE_ARG(name.text));
    lql__hint(lql, "JSON_TABLE (x, '$[*]' COLUMNS (a int PATH '$.a'))");
    return NULL;
  }
  struct level level = {
      .lql = lql, .at = name, .row = numbered(lql, "row", 0), .json = json, .nested = &nested};
  struct plan *rows =
      table(&level, args->items[0], args->items[1], columns, end && end->error == 'e' ? 'e' : 'a');
  struct lql_alias named = *alias;
  if (!named.name.bytes) named.name = slice_of_text("json_table");
  return rows ? lql__derived(lql, rows, &named, true) : NULL;
}
