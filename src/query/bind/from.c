/* SPDX-License-Identifier: MIT */
/* What stands in FROM: joins, SELECTs under an alias, lists, paths. */
#include "query/bind/bind.h"

#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"
#include "query/bind/information.h"

/* ---- columns passed on ---- */

static status make_pass(struct binder *binder, const struct plan *input, uint32_t slot,
                        uint64_t offset, struct expr **out, struct err *err) {
  TRY(bind__room(binder, 1, sizeof **out, out, err));
  **out = (struct expr){
      .kind = EXPR_FIELD, .slot = slot, .name = input->columns[slot].name, .offset = offset};
  return LUMA_OK;
}

/** A PROJECT of the input's columns, hidden ones left out unless `all`. */
static status pass_columns(struct binder *binder, struct plan **node, bool all, struct err *err) {
  struct plan *input = *node;
  struct plan *made = plan_node(binder->arena, PLAN_PROJECT, input, input->offset);
  TRY(bind__memory(binder, made, err));
  TRY(bind__room(binder, input->columns_count, sizeof *made->exprs, &made->exprs, err));
  TRY(bind__room(binder, input->columns_count, sizeof *made->columns, &made->columns, err));
  for (uint32_t i = 0; i < input->columns_count; i++) {
    if (input->columns[i].is_hidden && !all) continue;
    TRY(make_pass(binder, input, i, input->offset, &made->exprs[made->exprs_count], err));
    made->columns[made->exprs_count++] = input->columns[i];
  }
  made->columns_count = made->exprs_count;
  made->is_derived = true;
  *node = made;
  return LUMA_OK;
}

status bind__pass_on(struct binder *binder, struct plan **node, struct err *err) {
  return pass_columns(binder, node, true, err);
}

status bind__strip_hidden(struct binder *binder, struct plan **node, struct err *err) {
  for (uint32_t i = 0; i < (*node)->columns_count; i++)
    if ((*node)->columns[i].is_hidden) return pass_columns(binder, node, false, err);
  return LUMA_OK;
}

/* ---- SELECTs under an alias ---- */

status bind__derived(struct binder *binder, struct plan **node, struct err *err) {
  struct plan *derived = *node;
  struct frame *frame = binder->frame;
  bool hides = frame && frame->is_lateral && !derived->is_lateral && !frame->is_opaque;
  if (hides) frame->is_opaque = true;
  status done = bind__plan(binder, &derived->input, err);
  if (hides) frame->is_opaque = false;
  TRY(done);
  if (derived->names_count > derived->input->columns_count) {
    status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                              "%u names are given to a SELECT of %u columns", derived->names_count,
                              derived->input->columns_count);
    return bind__fail(binder, derived->offset, failed, err);
  }
  *node = derived->input;
  TRY(pass_columns(binder, node, false, err));
  for (uint32_t i = 0; i < (*node)->columns_count; i++) {
    struct plan_column *column = &(*node)->columns[i];
    column->source = derived->alias;
    column->is_qualified = false;
    if (i < derived->names_count) column->name = derived->names[i];
    if (column->is_document && column->is_spread && derived->alias.bytes)
      column->name = derived->alias;
  }
  return LUMA_OK;
}

/* ---- lists ---- */

status bind__unnest(struct binder *binder, struct plan *node, struct err *err) {
  const struct scope nothing = {0};
  struct expr *list = NULL;
  TRY(bind__expr(binder, &nothing, node->exprs[0], &list, err));
  TRY(bind__room(binder, 1, sizeof *node->exprs, &node->exprs, err));
  node->exprs[0] = list;
  TRY(bind__room(binder, 2, sizeof *node->columns, &node->columns, err));
  struct slice name = node->names[0].bytes ? node->names[0] : slice_of_text("element");
  /* AS t (x): a column x of t, else the elements themselves go by the alias */
  bool is_column = node->alias.bytes && !slice_is_equal(node->alias, node->names[0]);
  node->columns[0] = (struct plan_column){.name = name,
                                          .source = is_column ? node->alias : node->names[0],
                                          .is_document = true,
                                          .is_spread = !is_column};
  if (!node->is_pairs) TRY(bind__note_elements(binder, list, &node->columns[0], err));
  node->columns[1] = (struct plan_column){
      .name = node->names[1], .source = node->alias, .type = node->is_pairs ? VAL_TEXT : VAL_INT64};
  node->columns_count = node->has_ordinality ? 2 : 1;
  node->names = NULL;
  return LUMA_OK;
}

/** The last step of the path, where the others are `public` or `main`. */
static struct slice without_schema(const struct path *path) {
  struct slice schema = path->steps[0].name;
  static const char *const schemas[] = {"public", "main", "pg_temp", "temp"};
  bool is_default = false;
  for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++)
    is_default |= slice_is_equal_nocase(schema, slice_of_text(schemas[i]));
  return path->count == 2 && is_default ? path->steps[1].name : slice_of(NULL, 0);
}

/** A SCAN whose name turned out to lead to a value: its elements. */
static status unnest_instead(struct binder *binder, struct plan **node, struct expr *value,
                             struct err *err) {
  struct plan *scan = *node, *unnest = plan_node(binder->arena, PLAN_UNNEST, NULL, scan->offset);
  TRY(bind__memory(binder, unnest, err));
  TRY(bind__room(binder, 2, sizeof *unnest->names, &unnest->names, err));
  TRY(bind__room(binder, 1, sizeof *unnest->exprs, &unnest->exprs, err));
  unnest->names[0] = unnest->alias = scan->alias;
  unnest->exprs[0] = value;
  unnest->exprs_count = 1;
  *node = unnest;
  return bind__unnest(binder, unnest, err);
}

/** Whether no collection and no name of WITH is called so: it may be a source before it. */
static bool may_be_variable(const struct binder *binder, const struct plan *scan) {
  return binder->language == PLAN_LQL && binder->catalog && scan->collection_name.bytes &&
         !bind__has_cte(binder, scan->collection_name) &&
         !bind__named(binder, scan->collection_name);
}

status bind__variable_source(struct binder *binder, struct plan **node, bool *found,
                             struct err *err) {
  struct plan *scan = *node;
  struct path_step *step = NULL;
  *found = false;
  if (!binder->frame || !may_be_variable(binder, scan)) return LUMA_OK;
  TRY(bind__room(binder, 1, sizeof *step, &step, err));
  *step =
      (struct path_step){.name = scan->collection_name, .index = PATH_NO_INDEX, .is_name = true};
  struct expr *name = expr_node(binder->arena, EXPR_NAME, NULL, 0, scan->offset);
  TRY(bind__memory(binder, name, err));
  name->name = scan->collection_name;
  name->path = (struct path){.count = 1, .steps = step};
  TRY(bind__find_variable(binder, name, found, err));
  return *found ? unnest_instead(binder, node, name, err) : LUMA_OK;
}

/** FROM c AS x AT i, and `c` is a collection or a name of WITH. */
static status is_numbered_collection(struct binder *binder, const struct plan *unnest, bool *is,
                                     struct err *err) {
  const struct expr *name = unnest->exprs[0];
  bool is_name = unnest->from_zero && name->kind == EXPR_NAME && name->path.count == 1 &&
                 name->path.steps[0].is_name && binder->catalog;
  bool is_variable = false;
  *is = false;
  if (!is_name) return LUMA_OK;
  struct slice word = name->path.steps[0].name;
  if (!bind__has_cte(binder, word) && !bind__named(binder, word)) return LUMA_OK;
  TRY(bind__find_variable(binder, name, &is_variable, err));
  *is = !is_variable;
  return LUMA_OK;
}

/** What an order would number, were there one: the columns, and one that is MISSING. */
static status add_missing(struct binder *binder, struct plan *project, struct slice name,
                          struct slice source, struct err *err) {
  struct expr *missing = expr_const(binder->arena, val_missing(), project->offset);
  TRY(bind__memory(binder, missing, err));
  return bind__append_column(binder, project, missing,
                             &(struct plan_column){.name = name, .source = source}, err);
}

status bind__numbered_source(struct binder *binder, struct plan **node, struct err *err) {
  struct plan *unnest = *node;
  bool is_collection = false;
  TRY(is_numbered_collection(binder, unnest, &is_collection, err));
  if (!is_collection) return bind__unnest(binder, unnest, err);
  struct plan *scan = plan_node(binder->arena, PLAN_SCAN, NULL, unnest->offset);
  TRY(bind__memory(binder, scan, err));
  scan->collection_name = unnest->exprs[0]->path.steps[0].name;
  scan->alias = unnest->alias;
  *node = scan;
  TRY(bind__plan(binder, node, err));
  TRY(bind__pass_on(binder, node, err));
  return add_missing(binder, *node, unnest->names[1], unnest->alias, err);
}

status bind__path_source(struct binder *binder, struct plan **node, struct err *err) {
  const struct scope nothing = {0};
  struct plan *scan = *node;
  struct expr *path = scan->exprs[0], *bound = NULL;
  bool is_known = bind__named(binder, scan->collection_name) != NULL, found = false;
  scan->exprs_count = 0;
  scan->exprs = NULL;
  if (!is_known) TRY(bind__find_name(binder, &nothing, path, &bound, &found, err));
  if (found) return unnest_instead(binder, node, path, err);
  if (!is_known && information_is_meant(&path->path))
    return information_bind(binder, node, path->path.steps[1].name, err);
  if (!is_known && information_is_catalog(&path->path))
    return information_bind_catalog(binder, node, path->path.steps[1].name, err);
  struct slice plain = without_schema(&path->path);
  if (!is_known && plain.bytes) scan->collection_name = plain;
  return bind__plan(binder, node, err);
}

/* ---- joins ---- */

/** Whether a side of a join may read the rows of the side before it. */
static bool is_lateral(const struct binder *binder, const struct plan *side) {
  switch ((int)side->kind) {
  case PLAN_UNNEST: return true;
  case PLAN_SCAN: return side->exprs_count > 0 || may_be_variable(binder, side);
  case PLAN_DERIVED: return side->is_lateral;
  case PLAN_JOIN: return is_lateral(binder, side->input) || is_lateral(binder, side->right);
  default: return false;
  }
}

static status check_aliases(struct binder *binder, const struct plan *join, struct err *err) {
  for (uint32_t l = 0; l < join->input->columns_count; l++) {
    for (uint32_t r = 0; r < join->right->columns_count; r++) {
      struct slice name = join->right->columns[r].source;
      if (!name.bytes || !slice_is_equal(join->input->columns[l].source, name)) continue;
      status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                                "two sources are called `%.*s`", SLICE_ARG(name));
      if (err) err_hint(err, "name one of them: JOIN %.*s AS other", SLICE_ARG(name));
      return bind__fail(binder, join->right->offset, failed, err);
    }
  }
  return LUMA_OK;
}

static status join_columns(struct binder *binder, struct plan *node, struct err *err) {
  uint32_t left = node->input->columns_count, right = node->right->columns_count;
  TRY(bind__room(binder, left + right, sizeof *node->columns, &node->columns, err));
  if (left) memcpy(node->columns, node->input->columns, left * sizeof *node->columns);
  if (right) memcpy(node->columns + left, node->right->columns, right * sizeof *node->columns);
  node->columns_count = left + right;
  return LUMA_OK;
}

/** Outer values become what they are over the left side: the list is read beside its row. */
static status lower_outers(struct binder *binder, const struct frame *frame, struct expr **expr,
                           struct err *err) {
  if ((*expr)->kind == EXPR_OUTER) {
    *expr = frame->outers[(*expr)->slot];
    return LUMA_OK;
  }
  for (uint32_t i = 0; i < (*expr)->args_count; i++)
    TRY(lower_outers(binder, frame, &(*expr)->args[i], err));
  return LUMA_OK;
}

static bool is_true(const struct expr *condition) {
  return !condition || (condition->kind == EXPR_CONST && condition->value.type == VAL_BOOL &&
                        condition->value.boolean);
}

/** A lateral join with a list alone is an UNNEST of the left side. */
static status unnest_left(struct binder *binder, struct plan **node, const struct frame *frame,
                          struct err *err) {
  struct plan *join = *node, *unnest = join->right;
  TRY(lower_outers(binder, frame, &unnest->exprs[0], err));
  unnest->input = join->input;
  unnest->is_outer = join->join == PLAN_JOIN_LEFT;
  unnest->columns = join->columns;
  unnest->columns_count = join->columns_count;
  *node = unnest;
  if (is_true(join->condition)) return LUMA_OK;
  TRY(bind__put_above(binder, node, PLAN_FILTER, err));
  (*node)->condition = join->condition;
  return LUMA_OK;
}

static status bind_right(struct binder *binder, struct plan *node, struct frame *frame,
                         struct err *err) {
  if (!is_lateral(binder, node->right)) return bind__plan(binder, &node->right, err);
  binder->frame = frame;
  status done = bind__plan(binder, &node->right, err);
  binder->frame = frame->parent;
  return done;
}

static status use_lateral(struct binder *binder, struct plan **node, const struct frame *frame,
                          struct err *err) {
  struct plan *join = *node;
  bool is_inner = join->join == PLAN_JOIN_INNER || join->join == PLAN_JOIN_CROSS;
  bool fits = is_inner || (join->join == PLAN_JOIN_LEFT && is_true(join->condition));
  if (join->right->kind == PLAN_UNNEST && !join->right->input && fits)
    return unnest_left(binder, node, frame, err);
  if (!is_inner && join->join != PLAN_JOIN_LEFT) {
    status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                              "the right side of this join cannot read the rows of its left");
    return bind__fail(binder, join->offset, failed, err);
  }
  join->is_lateral = true;
  join->exprs = frame->outers;
  join->exprs_count = frame->count;
  return LUMA_OK;
}

/* ---- USING, NATURAL ---- */

static bool has_name(const struct slice *names, uint32_t count, struct slice name) {
  for (uint32_t i = 0; i < count; i++)
    if (slice_is_equal_nocase(names[i], name)) return true;
  return false;
}

/** Whether the side has a column of the name, as NATURAL sees it: documents by what is known. */
static bool side_has(const struct plan *side, struct slice name) {
  struct scope scope = {.columns = side->columns, .count = side->columns_count};
  for (uint32_t i = 0; i < scope.count; i++) {
    const struct plan_column *column = &scope.columns[i];
    if (column->is_hidden || column->is_qualified) continue;
    if (!column->is_document && slice_is_equal_nocase(column->name, name)) return true;
    if (column->collection && names_find(column->collection->names, name) != NAMES_NONE)
      return true;
  }
  return false;
}

static void add_natural(struct plan *join, struct slice name, uint32_t room) {
  if (!name.bytes || slice_is_equal(name, slice_of_text("_id")) || join->using_count == room)
    return;
  if (side_has(join->right, name) && !has_name(join->using_names, join->using_count, name))
    join->using_names[join->using_count++] = name;
}

/** USING all names that both sides have. */
static status find_natural(struct binder *binder, struct plan *join, struct err *err) {
  enum { NATURAL_MAX = 64 };
  TRY(bind__room(binder, NATURAL_MAX, sizeof *join->using_names, &join->using_names, err));
  for (uint32_t i = 0; i < join->input->columns_count; i++) {
    const struct plan_column *column = &join->input->columns[i];
    if (column->is_hidden || column->is_qualified) continue;
    if (!column->is_document) add_natural(join, column->name, NATURAL_MAX);
    const struct names *names = column->collection ? column->collection->names : NULL;
    for (uint32_t id = 0; names && id < names_count(names); id++)
      add_natural(join, names_get(names, (uint16_t)id), NATURAL_MAX);
  }
  return LUMA_OK;
}

/** The name on one side, over the columns of the join. */
static status side_name(struct binder *binder, const struct plan *join, bool is_right,
                        struct slice name, struct expr **out, struct err *err) {
  const struct plan *side = is_right ? join->right : join->input;
  struct scope scope = {.columns = side->columns, .count = side->columns_count};
  struct path_step *step = arena_zalloc(binder->arena, 1, sizeof *step);
  TRY(bind__memory(binder, step, err));
  *step = (struct path_step){.name = name, .index = PATH_NO_INDEX, .is_name = true};
  struct expr unbound = {
      .kind = EXPR_NAME, .name = name, .path = {.count = 1, .steps = step}, .offset = join->offset};
  TRY(bind__name(binder, &scope, &unbound, out, err));
  if (is_right && (*out)->kind == EXPR_FIELD) (*out)->slot += join->input->columns_count;
  return LUMA_OK;
}

/** The columns of a USING join: the common ones, then those of both sides without them. */
static status merge_columns(struct binder *binder, struct plan **node, struct expr **merged,
                            struct err *err) {
  struct plan *join = *node;
  uint32_t count = join->using_count, total = join->columns_count;
  TRY(bind__pass_on(binder, node, err));
  struct plan *project = *node;
  struct expr **exprs = NULL;
  struct plan_column *columns = NULL;
  TRY(bind__room(binder, total + count, sizeof *exprs, &exprs, err));
  TRY(bind__room(binder, total + count, sizeof *columns, &columns, err));
  for (uint32_t i = 0; i < count; i++) {
    exprs[i] = merged[i];
    columns[i] =
        (struct plan_column){.name = join->using_names[i], .type = (uint8_t)bind__type(merged[i])};
  }
  for (uint32_t i = 0; i < total; i++) {
    struct plan_column *column = &columns[count + i];
    exprs[count + i] = project->exprs[i];
    *column = project->columns[i];
    if (!column->is_document)
      column->is_qualified |= has_name(join->using_names, count, column->name);
    if (!column->is_document) continue;
    struct slice *without = NULL;
    TRY(bind__room(binder, count + column->without_count, sizeof *without, &without, err));
    memcpy(without, join->using_names, count * sizeof *without);
    if (column->without_count)
      memcpy(without + count, column->without, column->without_count * sizeof *without);
    column->without = without;
    column->without_count += count;
  }
  project->exprs = exprs;
  project->columns = columns;
  project->exprs_count = project->columns_count = total + count;
  return LUMA_OK;
}

/** What the common column is: of a FULL join that side's which has it. */
static status merge_name(struct binder *binder, const struct plan *join, struct expr *left,
                         struct expr *right, struct expr **out, struct err *err) {
  *out = join->join == PLAN_JOIN_RIGHT ? right : left;
  if (join->join != PLAN_JOIN_FULL) return LUMA_OK;
  const struct scope nothing = {0};
  struct expr *args[2] = {left, right};
  struct expr *call = expr_node(binder->arena, EXPR_CALL, args, 2, join->offset);
  TRY(bind__memory(binder, call, err));
  call->name = slice_of_text("coalesce");
  return bind__expr(binder, &nothing, call, out, err);
}

static status bind_using(struct binder *binder, struct plan *join, struct expr ***merged,
                         struct err *err) {
  if (join->is_natural) TRY(find_natural(binder, join, err));
  TRY(bind__room(binder, join->using_count, sizeof **merged, merged, err));
  for (uint32_t i = 0; i < join->using_count; i++) {
    struct expr *left = NULL, *right = NULL, *equal = NULL;
    TRY(side_name(binder, join, false, join->using_names[i], &left, err));
    TRY(side_name(binder, join, true, join->using_names[i], &right, err));
    TRY(merge_name(binder, join, left, right, &(*merged)[i], err));
    left = arena_copy(binder->arena, left, sizeof *left); /* the merged column has its own */
    right = arena_copy(binder->arena, right, sizeof *right);
    equal = expr_binary(binder->arena, EXPR_OP_EQ, left, right, join->offset);
    if (join->condition)
      equal = expr_binary(binder->arena, EXPR_OP_AND, join->condition, equal, join->offset);
    TRY(bind__memory(binder, equal, err));
    join->condition = equal;
  }
  return LUMA_OK;
}

/* ---- sides exchanged ---- */

static void exchange_slots(struct expr *expr, uint32_t left, uint32_t right) {
  if (expr->kind == EXPR_FIELD)
    expr->slot = expr->slot < left ? expr->slot + right : expr->slot - left;
  for (uint32_t i = 0; i < expr->args_count; i++) exchange_slots(expr->args[i], left, right);
}

/** RIGHT JOIN is LEFT JOIN with the sides exchanged, below a PROJECT that puts the columns back.
 * The condition is bound: its tree is the join's own. */
static status exchange(struct binder *binder, struct plan **node, struct err *err) {
  struct plan *join = *node;
  uint32_t left = join->input->columns_count, right = join->right->columns_count;
  struct plan *swap = join->input;
  join->input = join->right;
  join->right = swap;
  join->join = PLAN_JOIN_LEFT;
  if (join->condition) exchange_slots(join->condition, left, right);
  struct plan_column *columns = join->columns;
  TRY(join_columns(binder, join, err));
  TRY(bind__pass_on(binder, node, err));
  struct plan *project = *node;
  project->columns = columns;
  for (uint32_t i = 0; i < left + right; i++) {
    project->exprs[i]->slot = i < left ? i + right : i - left;
    project->exprs[i]->name = columns[i].name;
  }
  return LUMA_OK;
}

/** A join whose left side is bound. */
static status join_bound(struct binder *binder, struct plan **node, struct err *err) {
  struct plan *join = *node;
  struct expr **merged = NULL;
  struct scope left = {.columns = join->input->columns, .count = join->input->columns_count};
  struct frame frame = {.parent = binder->frame, .scope = &left, .is_lateral = true};
  TRY(bind_right(binder, join, &frame, err));
  TRY(check_aliases(binder, join, err));
  TRY(join_columns(binder, join, err));
  bool is_using = join->is_natural || join->using_count;
  if (is_using) TRY(bind_using(binder, join, &merged, err));
  struct scope scope = {.columns = join->columns, .count = join->columns_count};
  if (join->condition && !is_using)
    TRY(bind__condition(binder, &scope, join->condition, &join->condition, err));
  if (join->join == PLAN_JOIN_INNER && !join->condition) join->join = PLAN_JOIN_CROSS;
  if (frame.count) TRY(use_lateral(binder, node, &frame, err));
  if (join->join == PLAN_JOIN_RIGHT && *node == join) TRY(exchange(binder, node, err));
  if (!is_using) return LUMA_OK;
  return merge_columns(binder, node, merged, err);
}

status bind__changed_join(struct binder *binder, struct plan **node, enum query_access access,
                          struct err *err) {
  TRY(bind__scan(binder, &(*node)->input, access, err));
  return join_bound(binder, node, err);
}

status bind__join(struct binder *binder, struct plan **node, struct err *err) {
  TRY(bind__plan(binder, &(*node)->input, err));
  return join_bound(binder, node, err);
}
