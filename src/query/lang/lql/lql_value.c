/* SPDX-License-Identifier: MIT */
/* Values as rows and rows as values: SELECT VALUE, PIVOT, LET, GROUP AS, COLL_ functions, and paths
 * that go into all elements (`a[*].b`, `a.*`). All are SELECTs, UNNESTs and aggregates that could
 * be written out. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_query.h"
#include "query/lang/lql/lql_record.h"
#include "query/plan/aggregate.h"

/* ---- parts ---- */

/* A name that no statement can write: it has no closing quote within. */
static struct lql_token fresh_name(struct lql *lql, uint64_t offset) {
  struct buf text;
  buf_init(&text, 64);
  buf_append_format(&text, "\"* %u\"", ++lql->stars);
  void *copy = arena_copy(lql->arena, text.data, text.bytes);
  struct lql_token made = {LQL_QUOTED, slice_of(copy, copy ? text.bytes : 0), offset};
  buf_deinit(&text);
  return made;
}

static struct plan *select_value(struct lql *lql, struct plan *from, struct expr *value,
                                 uint64_t offset) {
  struct plan *made = from && value ? plan_node(lql->arena, PLAN_PROJECT, from, offset) : NULL;
  if (!made) return NULL;
  made->exprs = arena_copy(lql->arena, &value, sizeof value);
  made->names = arena_zalloc(lql->arena, 1, sizeof *made->names);
  made->exprs_count = 1;
  return made->exprs && made->names ? made : NULL;
}

/* The elements of a list under a fresh name, which `*element` reads. */
static struct plan *elements_of(struct lql *lql, struct expr *list, bool pairs,
                                struct expr **element) {
  if (!list) return NULL;
  struct lql_token name = fresh_name(lql, list->offset);
  struct lql_alias alias = {.name = lql__name(lql, name)};
  *element = lql__name_expr(lql, name);
  return pairs ? lql__unpivot(lql, list, &alias) : lql__table_of(lql, list, &alias);
}

/* ---- paths into all elements ---- */

bool lql__is_each(const struct expr *expr) {
  return expr && expr->kind == EXPR_SUBQUERY && expr->subquery->is_path;
}

struct expr **lql__each_value(struct expr *each) {
  return &each->subquery->plan->exprs[0];
}

/* Another wildcard: its elements beside those before. */
static struct expr *each_again(struct lql *lql, struct lql_token at, struct expr *each,
                               bool pairs) {
  struct plan *project = each->subquery->plan;
  struct expr *element = NULL;
  struct plan *more = elements_of(lql, project->exprs[0], pairs, &element);
  struct plan *both = more ? lql__join(lql, at, LQL_JOIN_COMMA, project->input, more) : NULL;
  if (!both || !element) return NULL;
  project->input = both;
  project->exprs[0] = element;
  return each;
}

struct expr *lql__each(struct lql *lql, struct lql_token at, struct expr *value, bool pairs) {
  if (!value || !lql__count_operator(lql, at)) return NULL;
  if (lql__is_each(value)) return each_again(lql, at, value, pairs);
  struct expr *element = NULL;
  struct plan *from = elements_of(lql, value, pairs, &element);
  struct expr *made = lql__subquery(lql, EXPR_SUBQUERY_LIST,
                                    select_value(lql, from, element, at.offset), at.offset);
  if (!made) return NULL;
  made->subquery->plan->is_value = true;
  made->subquery->is_path = true;
  return made;
}

/* ---- sources by a path ---- */

struct lql_source *lql__source_name(struct lql *lql, struct lql_source *source,
                                    struct lql_token name) {
  if (!source) source = arena_zalloc(lql->arena, 1, sizeof *source);
  if (!source) return NULL;
  if (source->value)
    source->value = lql__dot(lql, source->value, name);
  else
    source->names = lql__append_name(lql, source->names, name);
  return source->value || source->names ? source : NULL;
}

/* All documents of a collection, or all elements of a list: names may mean either. */
static struct expr *each_of_source(struct lql *lql, struct lql_token at, struct lql_list *names) {
  struct lql_token name = fresh_name(lql, at.offset);
  struct plan *from = lql__source(lql, names, lql__name(lql, name), NULL, false);
  struct plan *plan = select_value(lql, from, lql__name_expr(lql, name), at.offset);
  struct expr *made = lql__subquery(lql, EXPR_SUBQUERY_LIST, plan, at.offset);
  if (!made) return NULL;
  plan->is_value = true;
  made->subquery->is_path = true;
  return made;
}

struct lql_source *lql__source_step(struct lql *lql, struct lql_token at, struct lql_source *source,
                                    struct expr *index, bool pairs) {
  if (!source) return NULL;
  struct expr *value = source->value ? source->value : NULL;
  if (!value && (index || pairs)) value = lql__names_path(lql, source->names);
  if (index)
    source->value = lql__at(lql, at, value, index);
  else if (value)
    source->value = lql__each(lql, at, value, pairs);
  else
    source->value = each_of_source(lql, at, source->names);
  return source->value ? source : NULL;
}

struct lql_source *lql__source_value(struct lql *lql, struct expr *value) {
  struct lql_source *made = value ? arena_zalloc(lql->arena, 1, sizeof *made) : NULL;
  if (made) made->value = value;
  return made;
}

struct expr *lql__held(struct lql *lql, const struct plan *tables) {
  if (!tables) return NULL;
  bool is_value = tables->kind == PLAN_UNNEST && !tables->alias.bytes && !tables->is_pairs;
  if (is_value) return tables->exprs[0];
  lql__fail(lql, LUMA_SYNTAX_ERROR, tables->offset, "a path begins at a value or a SELECT");
  return NULL;
}

/* FROM a.* AS v AT n: the one UNNEST takes the names itself. */
static struct plan *lone_elements(struct lql *lql, const struct expr *each,
                                  const struct lql_alias *alias) {
  struct plan *from = each->subquery->plan->input;
  const struct expr *value = each->subquery->plan->exprs[0];
  bool is_last = value->kind == EXPR_NAME && value->path.count == 1;
  if (!is_last || from->kind != PLAN_UNNEST) return NULL;
  return from->is_pairs ? lql__unpivot(lql, from->exprs[0], alias)
                        : lql__table_of(lql, from->exprs[0], alias);
}

static struct plan *each_table(struct lql *lql, const struct expr *each,
                               const struct lql_alias *alias) {
  struct plan *lone = lone_elements(lql, each, alias);
  if (lone) return lone;
  if (!alias->ordinal.kind) return lql__derived(lql, each->subquery->plan, alias, true);
  lql__fail(lql, LUMA_SYNTAX_ERROR, alias->ordinal.offset,
            "what several `[*]` lead to has no numbers");
  lql__hint(lql, "write the lists one after the other: FROM a AS x, x.b AS y AT i");
  return NULL;
}

/* Columns of a collection under other names: FROM c AS x (a, b). */
static struct plan *renamed(struct lql *lql, struct plan *scan, const struct lql_alias *alias) {
  struct lql_token at = {.offset = scan ? scan->offset : 0};
  struct plan *made = select_value(lql, scan, lql__star(lql, at, slice_of(NULL, 0)), at.offset);
  return made ? lql__derived(lql, made, alias, false) : NULL;
}

struct plan *lql__source_table(struct lql *lql, const struct lql_source *source,
                               const struct lql_alias *alias) {
  if (!source) return NULL;
  if (lql__is_each(source->value)) return each_table(lql, source->value, alias);
  if (source->value) return lql__table_of(lql, source->value, alias);
  bool is_list = alias->ordinal.kind != 0;
  struct slice name =
      alias->name.bytes ? alias->name : source->names->names[source->names->count - 1];
  struct plan *made =
      lql__source(lql, source->names, is_list ? name : alias->name, &alias->ordinal, is_list);
  return alias->names ? renamed(lql, made, alias) : made;
}

/* ---- aggregates over lists ---- */

static bool takes_distinct(const struct lql_list *args, bool *distinct) {
  const struct expr *word = args->items[0];
  if (args->count != 2 || word->kind != EXPR_CONST || word->value.type != VAL_TEXT) return false;
  *distinct = slice_is_equal_nocase(val_slice(&word->value), slice_of_text("distinct"));
  return *distinct || slice_is_equal_nocase(val_slice(&word->value), slice_of_text("all"));
}

struct expr *lql__collection_call(struct lql *lql, struct lql_token name,
                                  const struct lql_list *args, bool distinct) {
  struct slice prefix = slice_of_text("coll_");
  if (name.text.bytes <= prefix.bytes ||
      !slice_is_equal_nocase(slice_of(name.text.data, prefix.bytes), prefix))
    return NULL;
  struct slice rest = slice_of(name.text.data + prefix.bytes, name.text.bytes - prefix.bytes);
  const struct aggregate *which = aggregate_find(rest);
  if (!which || which->args_min != 1) return NULL;
  bool has_word = takes_distinct(args, &distinct);
  if (args->count != 1u + has_word) {
    lql__fail(lql, LUMA_INVALID_ARGUMENT, name.offset, "%.*s takes one list", SLICE_ARG(name.text));
    return NULL;
  }
  struct expr *list = args->items[args->count - 1], *element = NULL;
  struct expr *checked = lql__apply(lql, "elements", name, list, NULL);
  struct plan *from = elements_of(lql, checked, false, &element);
  if (!from || !element) return NULL;
  struct expr *sum = expr_node(lql->arena, EXPR_AGGREGATE, &element, 1, name.offset);
  if (!sum) return NULL;
  sum->aggregate = which->kind;
  sum->distinct = distinct;
  struct expr *total = lql__subquery(lql, EXPR_SUBQUERY_SCALAR,
                                     select_value(lql, from, sum, name.offset), name.offset);
  struct expr *is_list = lql__unary(lql, EXPR_OP_IS_NOT_NULL, name, checked);
  if (!total || !is_list) return NULL;
  struct expr *parts[2] = {is_list, total};
  return expr_node(lql->arena, EXPR_CASE, parts, 2, name.offset); /* of no list: NULL */
}

struct expr *lql__exists_in(struct lql *lql, struct lql_token at, struct expr *list) {
  struct expr *element = NULL;
  struct plan *from = elements_of(lql, list, list && list->kind == EXPR_MAP, &element);
  return lql__subquery(lql, EXPR_SUBQUERY_EXISTS, select_value(lql, from, element, at.offset),
                       at.offset);
}

/* ---- SELECT VALUE, PIVOT, LET ---- */

bool lql__yields_values(const struct plan *query) {
  while (query &&
         (query->kind == PLAN_SORT || query->kind == PLAN_LIMIT || query->kind == PLAN_DISTINCT ||
          query->kind == PLAN_WITH || query->kind == PLAN_SET_OPERATION))
    query = query->input;
  return query && query->kind == PLAN_PROJECT && query->is_value && !query->is_single;
}

struct plan *lql__pivot_rows(struct lql *lql, const struct lql_select *select, struct expr *value,
                             struct expr *name) {
  struct lql_select rows = *select;
  rows.items = lql__append(lql, lql__list(lql), value, slice_of_text("v"));
  rows.items = lql__append(lql, rows.items, name, slice_of_text("n"));
  return rows.items ? lql__select(lql, &rows) : NULL;
}

struct plan *lql__pivot(struct lql *lql, struct lql_token at, const struct expr *value,
                        const struct expr *name, struct plan *rows) {
  if (!value || !name || !rows) return NULL;
  struct lql_token v = {LQL_ID, slice_of_text("v"), at.offset};
  struct lql_token n = {LQL_ID, slice_of_text("n"), at.offset};
  struct lql_alias alias = {.name = slice_of_text("pivot")};
  struct plan *from = lql__derived(lql, rows, &alias, false);
  struct expr *args[2] = {lql__name_expr(lql, n), lql__name_expr(lql, v)};
  struct expr *named = lql__is_text(lql, at, args[0]);
  if (!from || !args[0] || !args[1] || !named) return NULL;
  struct plan *texts = plan_node(lql->arena, PLAN_FILTER, from, at.offset);
  struct expr *map = expr_node(lql->arena, EXPR_AGGREGATE, args, 2, at.offset);
  if (!texts || !map) return NULL;
  texts->condition = named;
  map->aggregate = EXPR_OBJECT_AGG;
  struct expr *none = lql__map(lql, at, lql__list(lql));
  struct expr *either[2] = {map, none};
  struct expr *whole = none ? expr_node(lql->arena, EXPR_CALL, either, 2, at.offset) : NULL;
  struct plan *made = whole ? select_value(lql, texts, whole, at.offset) : NULL;
  if (!made) return NULL;
  whole->name = slice_of_text("coalesce");
  made->is_value = made->is_single = true;
  return made;
}

struct plan *lql__lets(struct lql *lql, struct plan *from, const struct lql_list *lets) {
  for (uint32_t i = 0; from && lets && i < lets->count; i++) {
    struct lql_token at = {.offset = lets->items[i]->offset};
    struct plan *row = plan_node(lql->arena, PLAN_PROJECT, NULL, at.offset);
    struct lql_alias alias = {0};
    if (!row) return NULL;
    row->exprs = &lets->items[i];
    row->names = &lets->names[i];
    row->exprs_count = 1;
    struct plan *value = lql__derived(lql, row, &alias, true);
    from = lql__join(lql, at, LQL_JOIN_COMMA, from, value);
  }
  return lets ? from : NULL;
}

/* ---- GROUP AS ---- */

static bool add_sources(struct lql *lql, const struct plan *from, struct lql_list *into) {
  if (from->kind == PLAN_JOIN)
    return add_sources(lql, from->input, into) && add_sources(lql, from->right, into);
  if (from->kind == PLAN_FILTER) return add_sources(lql, from->input, into);
  struct path_step step = {.name = from->alias, .index = PATH_NO_INDEX, .is_name = true};
  struct path path = {.count = 1, .steps = &step};
  if (!from->alias.bytes) return true;
  struct buf text;
  buf_init(&text, LQL_TEXT_BYTES_MAX);
  path_format(&path, &text);
  void *copy = arena_copy(lql->arena, text.data, text.bytes);
  struct lql_token name = {LQL_QUOTED, slice_of(copy, copy ? text.bytes : 0), from->offset};
  buf_deinit(&text);
  return copy && lql__append(lql, into, lql__path_expr(lql, lql__path(lql, name)), from->alias);
}

bool lql__group_rows(struct lql *lql, struct plan *aggregate, const struct plan *from,
                     struct slice name) {
  struct lql_list *sources = lql__list(lql);
  struct lql_token at = {.offset = aggregate->offset};
  if (!sources || (from && !add_sources(lql, from, sources))) return false;
  struct expr *row = lql__map(lql, at, sources);
  struct expr *rows = row ? expr_node(lql->arena, EXPR_AGGREGATE, &row, 1, at.offset) : NULL;
  if (!rows) return false;
  rows->aggregate = EXPR_ARRAY_AGG;
  aggregate->group_name = name;
  aggregate->group_rows = rows;
  return true;
}

/* ---- set operations of documents ---- */

/* The row as one document. */
static struct plan *as_documents(struct lql *lql, struct plan *query) {
  if (!query || lql__yields_values(query)) return query;
  struct lql_token at = {.offset = query->offset};
  struct lql_alias alias = {.name = slice_of_text("row")};
  struct plan *made = select_value(lql, lql__derived(lql, query, &alias, false),
                                   lql__star(lql, at, slice_of(NULL, 0)), at.offset);
  if (made) made->is_value = true;
  return made;
}

struct plan *lql__bag(struct lql *lql, struct expr *list) {
  struct expr *element = NULL;
  struct plan *from = elements_of(lql, list, false, &element);
  struct plan *made = from ? select_value(lql, from, element, list->offset) : NULL;
  if (made) made->is_value = true;
  return made;
}

struct plan *lql__outer_set(struct lql *lql, struct lql_token at, enum plan_set_op op, bool all,
                            struct plan *left, struct plan *right) {
  return lql__set_operation(lql, at, op, all, as_documents(lql, left), as_documents(lql, right));
}

/* ---- types, periods ---- */

struct expr *lql__is_text(struct lql *lql, struct lql_token at, struct expr *value) {
  struct lql_type type = {.name = {LQL_ID, slice_of_text("text"), at.offset}};
  return lql__is_type(lql, at, value, type);
}

struct expr *lql__is_type(struct lql *lql, struct lql_token at, struct expr *value,
                          struct lql_type type) {
  struct slice name = lql__name(lql, type.name);
  enum val_type known;
  if (!type.numbers && !type.is_list && !val_type_parse(name, &known) && !lql__is_json(name))
    return lql__binary(lql, EXPR_OP_IS_NOT_DISTINCT, at, value, lql__name_expr(lql, type.name));
  struct expr *made = lql__cast(lql, at, value, type);
  if (made) made->name = slice_of_text("is_type");
  return made;
}

/* The start and the end of a period: of a row as it is written, else of a value, which should be a
 * list of both. */
static bool take_period(struct lql *lql, struct lql_token at, struct expr *expr,
                        struct expr **ends) {
  bool is_list = expr && expr->kind == EXPR_LIST;
  bool is_scalar = expr && expr->kind == EXPR_CONST && !val_is_null(&expr->value);
  if (is_scalar || (is_list && expr->args_count != 2)) {
    lql__fail(lql, LUMA_TYPE_MISMATCH, at.offset, "OVERLAPS stands between periods");
    lql__hint(lql, "(start, end) OVERLAPS (start, end)");
  }
  if (!expr || lql->failed != LUMA_OK) return false;
  for (int i = 0; i < 2; i++) {
    struct expr *args[2] = {expr, expr_const(lql->arena, val_int64(i), at.offset)};
    ends[i] = is_list ? expr->args[i] : expr_node(lql->arena, EXPR_AT, args, 2, at.offset);
  }
  return ends[0] && ends[1];
}

struct expr *lql__overlaps(struct lql *lql, struct lql_token at, struct expr *left,
                           struct expr *right) {
  struct expr *args[4];
  bool good = take_period(lql, at, left, args) && take_period(lql, at, right, args + 2);
  if (!good || !lql__count_operator(lql, at)) return NULL;
  struct expr *made = expr_node(lql->arena, EXPR_CALL, args, 4, at.offset);
  if (made) made->name = slice_of_text("overlaps");
  return made;
}

/* ---- IS JSON, parts of lists ---- */

struct expr *lql__is_json_of(struct lql *lql, struct lql_token at, struct expr *value,
                             struct lql_token kind, bool unique) {
  struct slice name = kind.kind ? kind.text : slice_of_text("value");
  struct expr *args[3] = {value, expr_const(lql->arena, val_text(name), at.offset),
                          expr_const(lql->arena, val_bool(unique), at.offset)};
  if (!value || !args[1] || !args[2] || !lql__count_operator(lql, at)) return NULL;
  struct expr *made = expr_node(lql->arena, EXPR_CALL, args,
                                unique      ? 3
                                : kind.kind ? 2
                                            : 1,
                                at.offset);
  if (made) made->name = slice_of_text("is_json");
  return made;
}

struct expr *lql__range(struct lql *lql, struct lql_token at, struct expr *list,
                        struct lql_limit range) {
  struct expr *open = expr_const(lql->arena, val_missing(), at.offset);
  struct expr *args[3] = {list, range.skip ? range.skip : open, range.limit ? range.limit : open};
  if (!list || !open || !lql__count_operator(lql, at)) return NULL;
  struct expr *made = expr_node(lql->arena, EXPR_CALL, args, 3, at.offset);
  if (made) made->name = slice_of_text("array_range");
  return made;
}
