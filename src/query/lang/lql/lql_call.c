/* SPDX-License-Identifier: MIT */
/* Calls of functions and aggregates, and what may follow them: WITHIN GROUP, FILTER, OVER. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_json.h"
#include "query/lang/lql/lql_query.h"
#include "query/lang/lql/lql_record.h"
#include "query/plan/aggregate.h"

/* ---- what follows the operands ---- */

static bool append_all(struct lql *lql, struct lql_list *to, struct expr *const *items,
                       uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (!lql__append(lql, to, items[i], slice_of(NULL, 0))) return false;
  return true;
}

/* Appends the keys of an ORDER BY and remembers their directions. */
static bool append_sort(struct lql *lql, struct lql_list *to, struct expr_over *over,
                        const struct lql_sort *sort) {
  over->order_count = sort ? sort->count : 0;
  if (!sort) return true;
  over->order = arena_zalloc(lql->arena, sort->count, sizeof *over->order);
  if (!over->order) return false;
  for (uint32_t i = 0; i < sort->count; i++) {
    const struct plan_sort_key *key = &sort->keys[i];
    over->order[i] = (struct expr_order){key->descending, key->nulls_first, key->nulls_last};
    if (!lql__append(lql, to, key->expr, slice_of(NULL, 0))) return false;
  }
  return true;
}

/* The call with its operands and, from `more` on, what follows them. */
static bool set_args(struct expr *call, const struct lql_list *args, struct expr_over *over) {
  call->args = args->items;
  call->args_count = args->count;
  call->over = over;
  return true;
}

static bool order_call(struct lql *lql, struct expr *call, const struct lql_sort *order) {
  struct expr_over *over = arena_zalloc(lql->arena, 1, sizeof *over);
  struct lql_list *args = lql__list(lql);
  if (!over || !args || !append_all(lql, args, call->args, call->args_count)) return false;
  over->operands = call->args_count;
  return append_sort(lql, args, over, order) && set_args(call, args, over);
}

/* ---- calls ---- */

static struct expr *aggregate_call(struct lql *lql, struct lql_token name,
                                   const struct aggregate *which, const struct lql_list *args,
                                   bool distinct) {
  bool is_extreme_of_row = (which->kind == EXPR_MIN || which->kind == EXPR_MAX) &&
                           args->count > 1 && !distinct; /* SQLite's max(a, b) */
  if (is_extreme_of_row) {
    struct expr *call = expr_node(lql->arena, EXPR_CALL, args->items, args->count, name.offset);
    if (call) call->name = slice_of_text(which->kind == EXPR_MAX ? "max_of" : "min_of");
    return call;
  }
  bool of_key = which->within == AGGREGATE_WITHIN_KEY; /* counted when the call is whole */
  if (args->count + of_key < which->args_min || args->count > which->args_max) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset, "%.*s takes %s", SLICE_ARG(name.text),
              which->args_max == 1 ? "one argument" : "other arguments");
    if (which->kind == EXPR_COUNT)
      lql__hint(lql, "COUNT(*) counts all rows");
    else
      lql__hint(lql, "it is %s", which->usage);
    return NULL;
  }
  struct expr *made = expr_node(lql->arena, EXPR_AGGREGATE, args->items, args->count, name.offset);
  if (!made) return NULL;
  made->aggregate = which->kind;
  made->distinct = distinct;
  bool is_extreme = which->kind == EXPR_MIN || which->kind == EXPR_MAX;
  if (!is_extreme || !lql__is_collated(args->items[0])) return made;
  made->name = slice_of_text(expr_aggregate_name(made->aggregate)); /* as it is written */
  struct expr *by[2] = {lql__uncollated(args->items[0]), args->items[0]};
  made->aggregate = which->kind == EXPR_MIN ? EXPR_MIN_BY : EXPR_MAX_BY;
  made->args = arena_copy(lql->arena, by, sizeof by);
  made->args_count = 2;
  return made->args ? made : NULL;
}

static struct expr *fail_only_aggregates(struct lql *lql, struct lql_token name, const char *what) {
  lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset, "%s stands in aggregates only, and `%.*s` is none",
            what, SLICE_ARG(name.text));
  return NULL;
}

/* if(condition, then, otherwise), iif: a CASE. */
static struct expr *choice(struct lql *lql, struct lql_token name, const struct lql_list *args) {
  bool is_choice = slice_is_equal_nocase(name.text, slice_of_text("if")) ||
                   slice_is_equal_nocase(name.text, slice_of_text("iif"));
  if (!is_choice || args->count != 3) return NULL;
  struct lql_list *whens = lql__append(lql, lql__list(lql), args->items[0], slice_of(NULL, 0));
  whens = whens ? lql__append(lql, whens, args->items[1], slice_of(NULL, 0)) : NULL;
  return whens ? lql__case(lql, name, NULL, whens, args->items[2]) : NULL;
}

struct expr *lql__call(struct lql *lql, struct lql_token name, struct lql_list *args, bool distinct,
                       struct lql_sort *order) {
  if (!args) return NULL;
  struct expr *chosen = distinct || order ? NULL : choice(lql, name, args);
  if (!chosen && lql->failed == LUMA_OK) chosen = lql__inserted_value(lql, name, args);
  if (!chosen && lql->failed == LUMA_OK) chosen = lql__json_plain(lql, name, args);
  if (chosen || lql->failed != LUMA_OK) return chosen;
  const struct aggregate *which = aggregate_find(name.text);
  if (which) {
    struct expr *made = aggregate_call(lql, name, which, args, distinct);
    return made && order && !order_call(lql, made, order) ? NULL : made;
  }
  struct expr *collection = lql__collection_call(lql, name, args, distinct);
  if (collection || lql->failed != LUMA_OK) return collection;
  if (distinct) return fail_only_aggregates(lql, name, "DISTINCT");
  if (order) return fail_only_aggregates(lql, name, "ORDER BY");
  if (!lql__name_words(lql, name.text, args)) return NULL;
  if (!lql__read_json_args(lql, name.text, args)) return NULL;
  struct expr *made = expr_node(lql->arena, EXPR_CALL, args->items, args->count, name.offset);
  if (made) made->name = name.text;
  return made;
}

struct expr *lql__call_star(struct lql *lql, struct lql_token name) {
  const struct aggregate *which = aggregate_find(name.text);
  if (!which || which->kind != EXPR_COUNT) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset, "only COUNT takes `*`");
    return NULL;
  }
  struct expr *made = expr_node(lql->arena, EXPR_AGGREGATE, NULL, 0, name.offset);
  if (made) made->aggregate = EXPR_COUNT;
  return made;
}

/* ---- OVER ---- */

/* The definition an OVER builds on: the named window's, itself resolved when it was added. */
static const struct lql_window *find_window(struct lql *lql, struct slice name) {
  for (uint32_t i = 0; lql->windows && i < lql->windows->count; i++)
    if (slice_is_equal_nocase(lql->windows->items[i]->name, name)) return lql->windows->items[i];
  return NULL;
}

static bool append_frame(struct lql *lql, struct lql_list *args, struct expr_over *over,
                         const struct lql_window *frame) {
  if (!frame->has_frame) {
    over->start = EXPR_BOUND_UNBOUNDED_PRECEDING;
    over->end = EXPR_BOUND_CURRENT;
    return true;
  }
  over->has_frame = true;
  over->mode = frame->mode;
  over->start = frame->start.bound;
  over->end = frame->end.bound;
  over->has_start = frame->start.offset != NULL;
  over->has_end = frame->end.offset != NULL;
  over->exclude = frame->exclude;
  if (over->has_start && !append_all(lql, args, &frame->start.offset, 1)) return false;
  return !over->has_end || append_all(lql, args, &frame->end.offset, 1);
}

/* Gives a call, whose first `kept` args stay, its window. */
static bool set_window(struct lql *lql, struct expr *call, uint32_t kept,
                       const struct lql_window *own, const struct lql_window *base) {
  struct expr_over *over = arena_copy(lql->arena, call->over, sizeof *over);
  struct lql_list *args = lql__list(lql);
  const struct lql_list *partition = base && !own->partition ? base->partition : own->partition;
  const struct lql_sort *order = base && !own->order ? base->order : own->order;
  if (!over || !args || !append_all(lql, args, call->args, kept)) return false;
  over->base = base || !own->base.bytes ? slice_of(NULL, 0) : own->base;
  over->partition_count = partition ? partition->count : 0;
  if (partition && !append_all(lql, args, partition->items, partition->count)) return false;
  if (!append_sort(lql, args, over, order)) return false;
  bool whole = base && own->is_name;
  if (!append_frame(lql, args, over, whole ? base : own)) return false;
  return set_args(call, args, over);
}

static struct expr *make_window(struct lql *lql, struct expr *call, const struct expr *filter,
                                struct lql_window *window) {
  struct expr *made = arena_copy(lql->arena, call, sizeof *made);
  struct expr_over *over = arena_zalloc(lql->arena, 1, sizeof *over);
  if (!made || !over) return NULL;
  made->kind = EXPR_WINDOW;
  over->is_aggregate = call->kind == EXPR_AGGREGATE;
  over->has_filter = filter != NULL;
  over->operands = call->args_count - over->has_filter;
  made->over = over;
  made->window = window;
  return set_window(lql, made, call->args_count, window, NULL) ? made : NULL;
}

static bool resolve_one(struct lql *lql, struct expr *expr) {
  const struct lql_window *own = expr->window;
  if (expr->kind != EXPR_WINDOW || !expr->over->base.bytes) return true;
  const struct lql_window *base = find_window(lql, own->base);
  if (!base) {
    lql__fail(lql, LUMA_INVALID_ARGUMENT, own->offset, "there is no window `%.*s`",
              SLICE_ARG(own->base));
    lql__hint(lql, "name it after HAVING: WINDOW %.*s AS (ORDER BY …)", SLICE_ARG(own->base));
    return false;
  }
  if ((own->partition && !own->is_name) || (own->order && base->order)) {
    lql__fail(lql, LUMA_INVALID_ARGUMENT, own->offset,
              "a window built on another takes its PARTITION BY, and its ORDER BY if it has one");
    return false;
  }
  return set_window(lql, expr, expr->over->operands + expr->over->has_filter, own, base);
}

bool lql__resolve_windows(struct lql *lql, struct expr *expr) {
  if (!expr || !resolve_one(lql, expr)) return false;
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (!lql__resolve_windows(lql, expr->args[i])) return false;
  return true;
}

/* ---- what may follow a call ---- */

bool lql__add_filter(struct lql *lql, struct expr *call, struct expr *filter) {
  struct expr_over *over = call->over;
  struct lql_list *args = lql__list(lql);
  uint32_t operands = expr_operands(call);
  if (!over) over = arena_zalloc(lql->arena, 1, sizeof *over);
  if (!over || !args) return false;
  over->operands = operands;
  over->has_filter = true;
  return append_all(lql, args, call->args, operands) && append_all(lql, args, &filter, 1) &&
         append_all(lql, args, call->args + operands, call->args_count - operands) &&
         set_args(call, args, over);
}

/* Percentiles and mode have all their operands: the key of WITHIN GROUP is the last. */
static bool check_within(struct lql *lql, const struct expr *call, const struct lql_sort *within) {
  const char *name = expr_aggregate_name(call->aggregate);
  const struct aggregate *which = aggregate_find(slice_of_text(name));
  bool of_key = which && which->within == AGGREGATE_WITHIN_KEY;
  if (within && which && which->within == AGGREGATE_WITHIN_NO) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, call->offset, "%s takes no WITHIN GROUP", name);
    return false;
  }
  if (!of_key || expr_operands(call) + (within ? within->count : 0) == which->args_max) return true;
  lql__fail(lql, LUMA_SYNTAX_ERROR, call->offset, "%s takes other arguments", name);
  lql__hint(lql, "it is %s", which->usage);
  return false;
}

static bool check_followers(struct lql *lql, const struct expr *call, const struct lql_sort *within,
                            const struct expr *filter, const struct lql_window *over) {
  struct lql_token name = {.text = call->name, .offset = call->offset};
  bool is_aggregate = call->kind == EXPR_AGGREGATE;
  if (filter && !is_aggregate) return fail_only_aggregates(lql, name, "FILTER") != NULL;
  if (within && !is_aggregate) return fail_only_aggregates(lql, name, "WITHIN GROUP") != NULL;
  if (over && !is_aggregate && !expr_is_window_function(call->name)) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, call->offset,
              "OVER follows aggregates and window functions, and `%.*s` is none",
              SLICE_ARG(call->name));
    return false;
  }
  if (is_aggregate && !check_within(lql, call, within)) return false;
  if (over && is_aggregate && (within || (call->over && call->over->order_count))) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, call->offset,
              "an aggregate with OVER takes its order from the window");
    return false;
  }
  if (!over && !is_aggregate && expr_is_window_function(call->name)) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, call->offset, "`%.*s` needs a window", SLICE_ARG(call->name));
    lql__hint(lql, "write %.*s(…) OVER (ORDER BY …)", SLICE_ARG(call->name));
    return false;
  }
  return true;
}

struct expr *lql__finish_call(struct lql *lql, struct expr *call, struct lql_sort *within,
                              struct expr *filter, struct lql_window *over) {
  if (call && within && !over) {
    struct expr *rank = lql__hypothetical(lql, call, within, filter);
    if (rank || lql->failed != LUMA_OK) return rank;
  }
  if (!call || !check_followers(lql, call, within, filter, over)) return NULL;
  if (within) {
    if (!order_call(lql, call, within)) return NULL;
    call->over->within_group = true;
  }
  if (filter && !lql__add_filter(lql, call, filter)) return NULL;
  return over ? make_window(lql, call, filter, over) : call;
}

/* ---- windows ---- */

struct lql_window *lql__window(struct lql *lql, const struct lql_token *base,
                               struct lql_list *partition, struct lql_sort *order,
                               struct lql_window *frame) {
  struct lql_window *made = frame ? frame : arena_zalloc(lql->arena, 1, sizeof *made);
  if (!made) return NULL;
  if (base) {
    made->base = lql__name(lql, *base);
    made->offset = base->offset;
  }
  made->partition = partition;
  made->order = order;
  return made;
}

static bool check_frame(struct lql *lql, struct lql_bound start, struct lql_bound end) {
  if (start.bound == EXPR_BOUND_UNBOUNDED_FOLLOWING || start.bound > end.bound) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, start.at, "a frame cannot begin after its end");
    return false;
  }
  if (end.bound != EXPR_BOUND_UNBOUNDED_PRECEDING) return true;
  lql__fail(lql, LUMA_SYNTAX_ERROR, end.at, "a frame cannot end before all rows");
  return false;
}

struct lql_window *lql__frame(struct lql *lql, int mode, struct lql_bound start,
                              struct lql_bound end, int exclude) {
  struct lql_window *made = arena_zalloc(lql->arena, 1, sizeof *made);
  if (!made || !check_frame(lql, start, end)) return NULL;
  made->has_frame = true;
  made->mode = (enum expr_frame_mode)mode;
  made->start = start;
  made->end = end;
  made->exclude = (enum expr_exclude)exclude;
  return made;
}

struct lql_windows *lql__add_window(struct lql *lql, struct lql_windows *windows,
                                    struct lql_token name, struct lql_window *window) {
  if (!windows) windows = arena_zalloc(lql->arena, 1, sizeof *windows);
  if (!windows || !window) return NULL;
  window->name = lql__name(lql, name);
  for (uint32_t i = 0; window->base.bytes && i < windows->count; i++) {
    const struct lql_window *base = windows->items[i];
    if (!slice_is_equal_nocase(base->name, window->base)) continue;
    if (!window->partition) window->partition = base->partition;
    if (!window->order) window->order = base->order;
  }
  windows->items =
      lql__grow(lql, windows->items, windows->count, &windows->capacity, sizeof(void *));
  if (!windows->items) return NULL;
  windows->items[windows->count++] = window;
  return windows;
}
