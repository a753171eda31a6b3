/* SPDX-License-Identifier: MIT */
/* Queries around SELECTs: WITH, set operations, VALUES, ORDER BY, LIMIT; SELECTs in expressions. */
#include "query/lang/lql/lql_query.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_record.h"

static struct plan *sorted(struct lql *lql, struct plan *input, const struct lql_sort *sort) {
  if (!sort || !input) return input;
  for (uint32_t i = 0; i < sort->count; i++)
    if (!lql__resolve_windows(lql, sort->keys[i].expr)) return NULL;
  struct plan *made = plan_node(lql->arena, PLAN_SORT, input, sort->keys[0].expr->offset);
  if (!made) return NULL;
  made->sort = sort->keys;
  made->sort_count = sort->count;
  return made;
}

/* WITH TIES is the SORT's business: it alone knows which rows are equal. */
static struct plan *with_ties(struct lql *lql, struct plan *sort, struct lql_limit limit) {
  if (sort->kind == PLAN_SORT) {
    sort->limit = limit.limit;
    sort->skip = limit.skip;
    return sort;
  }
  if (!limit.limit) return NULL; /* no memory for it, which is told already */
  lql__fail(lql, LUMA_SYNTAX_ERROR, limit.limit->offset, "WITH TIES needs an ORDER BY");
  lql__hint(lql, "without an order no rows are equal to the last; write ROWS ONLY");
  return NULL;
}

/* LIMIT NULL is no limit. */
static struct expr *unless_null(struct expr *bound) {
  bool is_null = bound && bound->kind == EXPR_CONST && val_is_null(&bound->value);
  return is_null ? NULL : bound;
}

static struct plan *limited(struct lql *lql, struct plan *input, struct lql_limit limit) {
  limit.limit = unless_null(limit.limit);
  limit.skip = unless_null(limit.skip);
  if (!input || (!limit.limit && !limit.skip)) return input;
  if (limit.has_ties) return with_ties(lql, input, limit);
  struct plan *made = plan_node(lql->arena, PLAN_LIMIT, input,
                                limit.limit ? limit.limit->offset : limit.skip->offset);
  if (!made) return NULL;
  made->limit = limit.limit;
  made->skip = limit.skip;
  return made;
}

/* DISTINCT ON keeps the first row of each value in the order of ORDER BY: it stands above the
 * SORT. */
static struct plan *sorted_distinct(struct lql *lql, struct plan *body,
                                    const struct lql_sort *order) {
  struct plan *made = sorted(lql, body->input, order);
  if (!made) return NULL;
  body->input = made;
  return body;
}

struct plan *lql__query(struct lql *lql, struct lql_ctes *with, struct plan *body,
                        const struct lql_sort *order, struct lql_limit limit) {
  if (!body) return NULL;
  bool is_on = order && body->kind == PLAN_DISTINCT && body->on_count;
  struct plan *made = is_on ? sorted_distinct(lql, body, order) : sorted(lql, body, order);
  made = limited(lql, made, limit);
  if (!with || !made) return made;
  struct plan *outer = plan_node(lql->arena, PLAN_WITH, made, with->items[0]->offset);
  if (!outer) return NULL;
  outer->ctes = with->items;
  outer->ctes_count = with->count;
  for (uint32_t i = 0; i < with->count; i++) with->items[i]->recursive = with->recursive;
  return outer;
}

struct plan *lql__set_operation(struct lql *lql, struct lql_token at, enum plan_set_op op, bool all,
                                struct plan *left, struct plan *right) {
  if (!left || !right) return NULL;
  if (++lql->operators > LQL_OPERATORS_MAX) {
    lql__fail(lql, LUMA_TOO_DEEP, at.offset, "the statement has over %d operators",
              LQL_OPERATORS_MAX);
    return NULL;
  }
  struct plan *made = plan_node(lql->arena, PLAN_SET_OPERATION, left, at.offset);
  if (!made) return NULL;
  made->right = right;
  made->set_op = op;
  made->all = all;
  return made;
}

struct plan *lql__corresponding(struct plan *set, const struct lql_corresponding *corresponding) {
  if (!set || !corresponding->is_asked) return set;
  set->is_corresponding = true;
  set->using_names = corresponding->names ? corresponding->names->names : NULL;
  set->using_count = corresponding->names ? corresponding->names->count : 0;
  return set;
}

struct plan *lql__values(struct lql *lql, struct lql_token at, const struct lql_list *rows) {
  struct lql_list *all = rows ? lql__list(lql) : NULL;
  for (uint32_t r = 0; all && r < rows->count; r++) {
    const struct expr *row = rows->items[r];
    if (row->args_count != rows->items[0]->args_count) {
      lql__fail(lql, LUMA_SYNTAX_ERROR, row->offset, "the rows of VALUES differ in length");
      return NULL;
    }
    for (uint32_t i = 0; i < row->args_count; i++)
      all = lql__append(lql, all, row->args[i], slice_of(NULL, 0));
  }
  struct plan *made = all ? plan_node(lql->arena, PLAN_VALUES, NULL, at.offset) : NULL;
  if (!made) return NULL;
  made->exprs = all->items;
  made->exprs_count = all->count;
  made->rows_count = rows->count;
  return made;
}

/* ---- views ---- */

struct slice lql__text_since(const struct lql *lql, struct lql_token token) {
  size_t from = token.offset + token.text.bytes, to = lql->last.offset;
  while (from < to && lql->text.data[from] <= ' ') from++;
  while (from < to && lql->text.data[to - 1] <= ' ') to--;
  return slice_of(lql->text.data + from, to - from);
}

/* The text of the SELECT: from AS to the token read last, which ends it. */
static struct slice view_text(struct lql *lql, struct lql_token as,
                              const struct lql_list *columns) {
  struct slice select = lql__text_since(lql, as), made = {0};
  struct buf text;
  buf_init(&text, LQL_TEXT_BYTES_MAX);
  if (columns) buf_append_text(&text, "SELECT * FROM (");
  buf_append_slice(&text, select);
  for (uint32_t i = 0; columns && i < columns->count; i++) {
    struct path_step step = {.name = columns->names[i], .index = PATH_NO_INDEX, .is_name = true};
    struct path path = {.count = 1, .steps = &step};
    buf_append_text(&text, i ? ", " : ") AS v (");
    path_format(&path, &text);
  }
  if (columns) buf_append_byte(&text, ')');
  void *copy = arena_copy(lql->arena, text.data, text.bytes);
  if (copy) made = slice_of(copy, text.bytes);
  buf_deinit(&text);
  return made;
}

struct plan *lql__view(struct lql *lql, struct lql_token name, struct lql_token as,
                       const struct lql_list *columns, struct plan *query) {
  struct plan *made = query ? lql__collection(lql, PLAN_CREATE_VIEW, name, name) : NULL;
  if (!made) return NULL;
  made->input = query;
  made->view_text = view_text(lql, as, columns);
  return made;
}

/* ---- WITH ---- */

struct plan_cte *lql__cte(struct lql *lql, struct lql_token name, const struct lql_list *columns,
                          struct plan *query) {
  struct plan_cte *made = query ? arena_zalloc(lql->arena, 1, sizeof *made) : NULL;
  if (!made) return NULL;
  made->name = lql__name(lql, name);
  made->offset = name.offset;
  made->plan = query;
  made->names = columns ? columns->names : NULL;
  made->names_count = columns ? columns->count : 0;
  return made;
}

struct lql_ctes *lql__add_cte(struct lql *lql, struct lql_ctes *ctes, struct plan_cte *cte) {
  if (!ctes) ctes = arena_zalloc(lql->arena, 1, sizeof *ctes);
  if (!ctes || !cte) return NULL;
  for (uint32_t i = 0; i < ctes->count; i++) {
    if (!slice_is_equal(ctes->items[i]->name, cte->name)) continue;
    lql__fail(lql, LUMA_INVALID_ARGUMENT, cte->offset, "WITH names `%.*s` twice",
              SLICE_ARG(cte->name));
    return NULL;
  }
  ctes->items = lql__grow(lql, ctes->items, ctes->count, &ctes->capacity, sizeof(void *));
  if (!ctes->items) return NULL;
  ctes->items[ctes->count++] = cte;
  return ctes;
}

/* ---- SELECTs in expressions ---- */

struct expr *lql__subquery(struct lql *lql, enum expr_subquery_kind kind, struct plan *query,
                           uint64_t offset) {
  struct expr *made = query ? expr_node(lql->arena, EXPR_SUBQUERY, NULL, 0, offset) : NULL;
  struct subquery *subquery = made ? arena_zalloc(lql->arena, 1, sizeof *subquery) : NULL;
  if (!subquery) return NULL;
  subquery->kind = kind;
  subquery->plan = query;
  made->subquery = subquery;
  return made;
}

struct expr *lql__scalar(struct lql *lql, struct plan *query) {
  if (!query) return NULL;
  bool is_list = lql__yields_values(query);
  return lql__subquery(lql, is_list ? EXPR_SUBQUERY_LIST : EXPR_SUBQUERY_SCALAR, query,
                       query->offset);
}

struct expr *lql__exists(struct lql *lql, struct lql_token at, struct plan *query) {
  return lql__subquery(lql, EXPR_SUBQUERY_EXISTS, query, at.offset);
}

struct expr *lql__array_of(struct lql *lql, struct lql_token at, struct plan *query) {
  return lql__subquery(lql, EXPR_SUBQUERY_LIST, query, at.offset);
}

static enum expr_op op_of(struct lql_token token) {
  switch (token.kind) {
  case LQL_NE: return EXPR_OP_NE;
  case LQL_LT: return EXPR_OP_LT;
  case LQL_LE: return EXPR_OP_LE;
  case LQL_GT: return EXPR_OP_GT;
  case LQL_GE: return EXPR_OP_GE;
  default: return EXPR_OP_EQ;
  }
}

/* A row's parts are the left operands. */
static struct expr *compared(struct lql *lql, struct lql_token at, enum expr_op op, bool all,
                             struct expr *left, struct plan *query) {
  struct expr *made = left ? lql__subquery(lql, EXPR_SUBQUERY_COMPARE, query, at.offset) : NULL;
  if (!made) return NULL;
  bool is_row = left->kind == EXPR_LIST && left->is_row;
  made->args_count = is_row ? left->args_count : 1;
  made->args = is_row ? left->args : arena_copy(lql->arena, &left, sizeof left);
  made->subquery->op = op;
  made->subquery->all = all;
  made->subquery->left_count = made->args_count;
  return made->args ? made : NULL;
}

struct expr *lql__in_query(struct lql *lql, struct lql_token at, struct expr *left,
                           struct plan *query, bool negated) {
  struct expr *made = compared(lql, at, EXPR_OP_EQ, false, left, query);
  return negated ? lql__unary(lql, EXPR_OP_NOT, at, made) : made;
}

struct expr *lql__quantified(struct lql *lql, struct lql_token op, struct expr *left, bool all,
                             struct plan *query) {
  return compared(lql, op, op_of(op), all, left, query);
}

/* Nobody knows what is in a list that is NULL: it is one element that is. */
static struct expr *list_or_null(struct lql *lql, struct expr *list) {
  if (!list || list->kind == EXPR_LIST) return list;
  struct expr *null = expr_const(lql->arena, val_null(), list->offset);
  struct expr *nulls = null ? expr_node(lql->arena, EXPR_LIST,
                                        arena_copy(lql->arena, &null, sizeof null), 1, list->offset)
                            : NULL;
  struct expr *args[] = {list, nulls};
  struct expr *call = nulls ? expr_node(lql->arena, EXPR_CALL,
                                        arena_copy(lql->arena, args, sizeof args), 2, list->offset)
                            : NULL;
  if (call) call->name = slice_of_text("coalesce");
  return call;
}

/* The list's elements are the rows of a query of their own. */
struct expr *lql__quantified_list(struct lql *lql, struct lql_token op, struct expr *left, bool all,
                                  struct expr *list) {
  struct lql_alias alias = {.name = slice_of_text("element")};
  bool is_in = list && list->kind == EXPR_LIST && list->args_count && left &&
               !(left->kind == EXPR_LIST && left->is_row) &&
               op_of(op) == (all ? EXPR_OP_NE : EXPR_OP_EQ);
  if (is_in)
    return lql__in(lql, op, left,
                   &(struct lql_list){.items = list->args, .count = list->args_count}, all);
  list = list_or_null(lql, list);
  struct plan *rows = list ? lql__table_of(lql, list, &alias) : NULL;
  struct plan *project = rows ? plan_node(lql->arena, PLAN_PROJECT, rows, list->offset) : NULL;
  struct expr *element = expr_name(lql->arena, alias.name, false, op.offset);
  if (!project || !element) return NULL;
  project->exprs = arena_copy(lql->arena, &element, sizeof element);
  project->exprs_count = 1;
  return project->exprs ? compared(lql, op, op_of(op), all, left, project) : NULL;
}
