/* SPDX-License-Identifier: MIT */
/* Functions in FROM that yield rows of several columns: records of JSON, lists beside each other;
 * and how a source is to be read. */
#include <stdio.h>

#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_query.h"
#include "query/lang/lql/lql_record.h"

struct lql_defs *lql__add_def(struct lql *lql, struct lql_defs *defs, struct lql_token name,
                              struct lql_type type) {
  if (!defs) defs = arena_zalloc(lql->arena, 1, sizeof *defs);
  if (!defs) return NULL;
  uint32_t capacity = defs->capacity;
  defs->names = lql__grow(lql, defs->names, defs->count, &capacity, sizeof *defs->names);
  defs->types = lql__grow(lql, defs->types, defs->count, &defs->capacity, sizeof *defs->types);
  if (!defs->names || !defs->types) return NULL;
  defs->names[defs->count] = name;
  defs->types[defs->count++] = type;
  return defs;
}

static struct expr *call(struct lql *lql, const char *name, struct lql_list *args,
                         uint64_t offset) {
  struct expr *made = expr_node(lql->arena, EXPR_CALL, args->items, args->count, offset);
  if (made) made->name = slice_of_text(name);
  return made;
}

/* SELECT items FROM UNNEST(list) AS row, under the alias. */
static struct plan *rows_of(struct lql *lql, struct plan *rows, struct lql_list *items,
                            const struct lql_alias *alias) {
  struct plan *made =
      rows && items ? plan_node(lql->arena, PLAN_PROJECT, rows, rows->offset) : NULL;
  struct lql_alias only = {.name = alias->name};
  if (!made) return NULL;
  made->exprs = items->items;
  made->names = items->names;
  made->exprs_count = items->count;
  return lql__derived(lql, made, &only, true);
}

static const struct lql_alias element = {.name = {.data = (const uint8_t *)"row", .bytes = 3}};

/* ---- records ---- */

/* row."name" as the type. */
static struct expr *typed_field(struct lql *lql, struct lql_token name, struct lql_type type) {
  struct lql_token row = {.kind = LQL_ID, .text = element.name, .offset = name.offset};
  struct lql_list *names = lql__append_name(lql, lql__append_name(lql, NULL, row), name);
  struct expr *field = names ? lql__names_path(lql, names) : NULL;
  return field ? lql__cast(lql, name, field, type) : NULL;
}

static struct lql_list *typed_fields(struct lql *lql, const struct lql_defs *defs) {
  struct lql_list *items = lql__list(lql);
  for (uint32_t i = 0; items && i < defs->count; i++)
    items = lql__append(lql, items, typed_field(lql, defs->names[i], defs->types[i]),
                        lql__name(lql, defs->names[i]));
  return items;
}

static bool fail_defs(struct lql *lql, struct lql_token at, struct slice function, bool has) {
  lql__fail(lql, LUMA_SYNTAX_ERROR, at.offset,
            has ? "`%.*s` takes no types of columns" : "`%.*s` needs the types of its columns",
            SLICE_ARG(function));
  lql__hint(
      lql, has ? "json_to_record and json_to_recordset do"
               : "FROM json_to_record(x) AS r (a int, b text); or take the document as it is: x.a");
  return false;
}

struct record_function {
  const char *name;
  bool has_defs, has_base;
};

static const struct record_function *find(struct slice name) {
  static const struct record_function functions[] = {
      {"json_to_record", true, false},          {"jsonb_to_record", true, false},
      {"json_to_recordset", true, false},       {"jsonb_to_recordset", true, false},
      {"json_populate_record", false, true},    {"jsonb_populate_record", false, true},
      {"json_populate_recordset", false, true}, {"jsonb_populate_recordset", false, true}};
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
    if (slice_is_equal_nocase(name, slice_of_text(functions[i].name))) return &functions[i];
  return NULL;
}

/* json_populate_record(base, x): what x has replaces what the base has; a record is a document. */
static struct plan *populated(struct lql *lql, struct lql_token name, struct lql_list *args,
                              const struct lql_alias *alias) {
  struct expr *made = call(lql, "json_populate_record", args, name.offset);
  return made ? lql__table_of(lql, made, alias) : NULL;
}

struct plan *lql__record_call(struct lql *lql, struct lql_token name, struct lql_list *args,
                              const struct lql_alias *alias) {
  const struct record_function *function = find(name.text);
  bool has_defs = alias->defs != NULL;
  if (!function && !has_defs) return NULL;
  if (!function || function->has_defs != has_defs)
    return fail_defs(lql, has_defs ? alias->at : name, name.text, has_defs), NULL;
  uint32_t wanted = function->has_base ? 2 : 1;
  if (args->count != wanted) {
    lql__fail(lql, LUMA_INVALID_ARGUMENT, name.offset, "`%.*s` takes %u argument%s",
              SLICE_ARG(name.text), wanted, wanted > 1 ? "s" : "");
    return NULL;
  }
  if (!lql__read_json_args(lql, name.text, args)) return NULL;
  if (function->has_base) return populated(lql, name, args, alias);
  return rows_of(lql, lql__table_of(lql, args->items[0], &element), typed_fields(lql, alias->defs),
                 alias);
}

/* ---- lists beside each other ---- */

static struct expr *nth_of_row(struct lql *lql, uint32_t nth, uint64_t offset) {
  struct lql_token at = {.kind = LQL_LBRACKET, .offset = offset};
  struct expr *row = expr_name(lql->arena, element.name, false, offset);
  struct expr *index = expr_const(lql->arena, val_int64(nth), offset);
  return row && index ? lql__at(lql, at, row, index) : NULL;
}

static struct slice column_name(struct lql *lql, const struct lql_alias *alias, uint32_t nth) {
  char text[24];
  if (alias->names && nth < alias->names->count) return alias->names->names[nth];
  int bytes = snprintf(text, sizeof text, "column%u", nth + 1);
  const void *copy = arena_copy(lql->arena, text, (size_t)bytes);
  return slice_of(copy, copy ? (size_t)bytes : 0);
}

struct plan *lql__unnest_several(struct lql *lql, struct lql_token name, struct lql_list *args,
                                 const struct lql_alias *alias, bool ordinality) {
  uint32_t width = args->count + ordinality;
  if (args->count == 0 || (alias->names && alias->names->count > width)) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset,
              args->count ? "%u names are given to %u columns" : "UNNEST takes a list",
              alias->names ? alias->names->count : 0, width);
    return NULL;
  }
  struct expr *zip = call(lql, "array_zip", args, name.offset);
  struct plan *rows = zip ? lql__table_of(lql, zip, &element) : NULL;
  if (rows) rows->has_ordinality = ordinality;
  struct lql_list *items = lql__list(lql);
  for (uint32_t i = 0; items && i < args->count; i++)
    items = lql__append(lql, items, nth_of_row(lql, i, name.offset), column_name(lql, alias, i));
  bool is_named = alias->names && alias->names->count == width;
  struct slice ordinal = slice_of_text("ordinality");
  if (items && ordinality)
    items = lql__append(lql, items, expr_name(lql->arena, ordinal, false, name.offset),
                        is_named ? alias->names->names[args->count] : ordinal);
  return rows_of(lql, rows, items, alias);
}

/* ---- sources as they are asked for ---- */

struct plan *lql__table_query(struct lql *lql, struct lql_token at,
                              const struct lql_source *source) {
  struct lql_alias none = {0};
  struct lql_select select = {.at = at, .from = lql__source_table(lql, source, &none)};
  struct expr *star = lql__star(lql, at, slice_of(NULL, 0));
  if (!select.from || !star) return NULL;
  select.items = lql__append(lql, lql__list(lql), star, slice_of(NULL, 0));
  return lql__select(lql, &select);
}

struct plan *lql__hinted(struct lql *lql, struct plan *table, const struct lql_index_hint *hint) {
  if (!table || !hint->is_given) return table;
  if (table->kind != PLAN_SCAN || table->exprs) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, hint->name.offset, "only a collection has indexes");
    return NULL;
  }
  table->hint = arena_zalloc(lql->arena, 1, sizeof *table->hint);
  if (!table->hint) return NULL;
  table->hint->is_wish = true;
  if (hint->is_none)
    table->hint->is_key = table->hint->is_natural = true;
  else
    table->hint->name = lql__name(lql, hint->name);
  return table;
}
