/* SPDX-License-Identifier: MIT */
/* Paths into documents of closed collections: their genotypes say what there is, so that a misspelt
 * name is an error and not a value that is missing, and of which type it is. Columns of SELECTs
 * within a SELECT, of WITH and of UNNEST remember which attribute their values are. */
#include "model/soul/declared.h"
#include "base/text/num.h"
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"
#include "query/expr/program.h"
#include "query/func/compare.h"
#include "query/func/func.h"

static status fail(const struct binder *binder, const struct soul_misnamed *wrong, uint64_t offset,
                   struct err *err) {
  status failed =
      wrong->inside.bytes == 0
          ? err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__, "there is no column `%.*s`",
                      SLICE_ARG(wrong->name))
          : err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__, "`%.*s` has no attribute `%.*s`",
                      SLICE_ARG(wrong->inside), SLICE_ARG(wrong->name));
  if (err && wrong->meant.bytes) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(wrong->meant));
  return bind__fail(binder, offset, failed, err);
}

static bool teaches(const struct binder *binder) {
  return binder->language == PLAN_LQL || binder->language == PLAN_NQL;
}

static bool is_taken_away(const struct collection *collection, const struct path *path) {
  return collection && collection->without.bytes &&
         slice_is_equal(path->steps[0].name, collection->without);
}

/* Whether it is known which names there are, or that one is not. */
static bool knows_names(const struct collection *collection) {
  return bind__is_closed(collection) || (collection && collection->without.bytes);
}

status bind__check_path(const struct binder *binder, const struct collection *collection,
                        const struct path *path, uint64_t offset, struct err *err) {
  struct soul_misnamed wrong = {0};
  if (path->count && is_taken_away(collection, path)) {
    wrong.name = path->steps[0].name;
    return fail(binder, &wrong, offset, err);
  }
  if (!teaches(binder) || !bind__is_closed(collection) || path->count == 0) return LUMA_OK;
  if (soul_declares(collection->genotype, path, &wrong)) return LUMA_OK;
  return fail(binder, &wrong, offset, err);
}

/* ---- what a column's values are ---- */

/* The path in documents of a collection of what is at `path` in a column's values. NULL: not known.
 * `whole->steps` has room for PATH_STEPS_MAX. */
static const struct collection *trace(const struct plan_column *column, const struct path *path,
                                      struct path *whole) {
  const struct path *start = &column->origin_path;
  bool is_document = column->is_document && column->collection;
  const struct collection *collection = is_document ? column->collection : column->origin;
  uint32_t before = is_document ? 0 : start->count;
  if (!knows_names(collection) || before + path->count > PATH_STEPS_MAX) return NULL;
  for (uint32_t i = 0; i < before; i++) whole->steps[i] = start->steps[i];
  for (uint32_t i = 0; i < path->count; i++) whole->steps[before + i] = path->steps[i];
  whole->count = before + path->count;
  return collection;
}

bool bind__may_have(const struct binder *binder, const struct plan_column *column,
                    struct slice name) {
  struct path_step steps[PATH_STEPS_MAX], step = {.name = name, .is_name = true};
  struct path whole = {.steps = steps}, path = {.count = 1, .steps = &step};
  struct soul_misnamed wrong;
  step.index = PATH_NO_INDEX;
  const struct collection *collection = column->origin ? trace(column, &path, &whole) : NULL;
  return !teaches(binder) || !collection || !bind__is_closed(collection) ||
         soul_declares(collection->genotype, &whole, &wrong);
}

const struct expr *bind__step_out(const struct binder *binder, const struct scope **scope,
                                  const struct expr *expr) {
  const struct frame *frame = binder->frame;
  while (frame && expr->kind == EXPR_OUTER && expr->slot < frame->count) {
    expr = frame->outers[expr->slot];
    *scope = frame->scope;
    frame = frame->parent;
  }
  return expr;
}

status bind__note_origin(const struct binder *binder, const struct scope *scope,
                         const struct expr *expr, const struct path *inside,
                         struct plan_column *column, struct err *err) {
  struct path_step steps[PATH_STEPS_MAX], more[PATH_STEPS_MAX];
  struct path path = {.steps = more}, whole = {.steps = steps};
  uint32_t further = inside ? inside->count : 0;
  if (!teaches(binder)) return LUMA_OK;
  const struct expr *field = expr_read_path(bind__step_out(binder, &scope, expr), &path);
  if (!field || field->key || scope->aggregate || field->slot >= scope->count ||
      path.count + further > PATH_STEPS_MAX)
    return LUMA_OK;
  for (uint32_t i = 0; i < further; i++) path.steps[path.count++] = inside->steps[i];
  const struct collection *collection = trace(&scope->columns[field->slot], &path, &whole);
  if (!collection || whole.count == 0) return LUMA_OK;
  column->origin_path.steps = arena_copy(binder->arena, steps, whole.count * sizeof *steps);
  TRY(bind__memory(binder, column->origin_path.steps, err));
  column->origin_path.count = whole.count;
  column->origin = collection;
  return LUMA_OK;
}

/* ---- looking at names ---- */

status bind__check_column_path(const struct binder *binder, const struct plan_column *column,
                               const struct path *path, uint64_t offset, struct err *err) {
  struct path_step steps[PATH_STEPS_MAX];
  struct path whole = {.steps = steps};
  const struct collection *collection = trace(column, path, &whole);
  return collection ? bind__check_path(binder, collection, &whole, offset, err) : LUMA_OK;
}

status bind__check_declared(const struct binder *binder, const struct plan_column *column,
                            const struct expr *field, struct err *err) {
  return field->key || field->path.count == 0
             ? LUMA_OK
             : bind__check_column_path(binder, column, &field->path, field->offset, err);
}

/* Calls that lead along steps: `->`, `->>` and the functions that they are, and (`one_path`) `#>`,
 * `#>>`, whose steps are one value. */
static bool leads(const struct expr *expr, bool *one_path) {
  static const char *const calls[] = {"json_get_path",      "json_get_path_text",
                                      "json_get",           "json_get_text",
                                      "json_extract_path",  "json_extract_path_text",
                                      "jsonb_extract_path", "jsonb_extract_path_text"};
  if (expr->kind != EXPR_CALL || !expr->function) return false;
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    *one_path = i < 2;
    if (strcmp(expr->function->name, calls[i]) == 0) return true;
  }
  return false;
}

/* A text that is a number may be the place of an element as well as a name. */
static bool take_step(const struct val *step, bool may_be_place, struct path *path) {
  int64_t place = 0;
  bool is_name = step->type == VAL_TEXT;
  bool is_place =
      is_name ? may_be_place && num_parse_int64(val_slice(step), &place) : val_is_integer(step);
  if (path->count == PATH_STEPS_MAX || (!is_name && !is_place)) return false;
  struct path_step *last = &path->steps[path->count++];
  *last = (struct path_step){.is_name = is_name, .is_index = is_place};
  last->index = is_place ? 0 : PATH_NO_INDEX;
  if (is_name) last->name = val_slice(step);
  return true;
}

static bool take_path(const struct val *value, struct path *path) {
  struct val steps[FUNC_STEPS_MAX];
  uint32_t count;
  if (!func_read_steps(value, steps, FUNC_STEPS_MAX, &count)) return false;
  for (uint32_t i = 0; i < count; i++)
    if (!take_step(&steps[i], true, path)) return false;
  return true;
}

/* ARRAY['a', 'b']. */
static bool take_list(const struct expr *list, struct path *path) {
  for (uint32_t i = 0; i < list->args_count; i++)
    if (list->args[i]->kind != EXPR_CONST || !take_step(&list->args[i]->value, true, path))
      return false;
  return true;
}

static bool take_argument(const struct expr *step, bool one_path, struct path *path) {
  if (one_path && step->kind == EXPR_LIST) return take_list(step, path);
  if (step->kind != EXPR_CONST) return false;
  return one_path ? take_path(&step->value, path) : take_step(&step->value, false, path);
}

/* The path that arrows lead along, as expr_read_path has it. */
static const struct expr *read_arrows(const struct expr *expr, struct path *path) {
  bool one_path;
  if (!leads(expr, &one_path)) return expr_read_path(expr, path);
  const struct expr *field = read_arrows(expr->args[0], path);
  for (uint32_t i = 1; field && i < expr->args_count; i++)
    if (!take_argument(expr->args[i], one_path, path)) return NULL;
  return field;
}

status bind__check_at(const struct binder *binder, const struct scope *scope,
                      const struct expr *expr, struct err *err) {
  struct path_step steps[PATH_STEPS_MAX];
  struct path path = {.steps = steps};
  const struct expr *field = read_arrows(expr, &path);
  if (!field || field->key || field->slot >= scope->count)
    return bind__check_json(binder, scope, expr, err);
  return bind__check_column_path(binder, &scope->columns[field->slot], &path, expr->offset, err);
}

const struct expr *bind__read_arrows(const struct expr *expr, struct path *path) {
  return read_arrows(expr, path);
}

const struct soul_attribute *bind__declared_at(const struct plan_column *column,
                                               const struct path *path, bool *is_being) {
  struct path_step steps[PATH_STEPS_MAX];
  struct path whole = {.steps = steps};
  const struct collection *collection = trace(column, path, &whole);
  *is_being = collection && whole.count == 0;
  bool is_closed = collection && bind__is_closed(collection);
  *is_being &= is_closed;
  return is_closed && whole.count ? soul_declared(collection->genotype, &whole) : NULL;
}

/* ---- types ---- */

enum val_type bind__declared_type(const struct binder *binder, const struct plan_column *column,
                                  const struct path *path) {
  static const uint8_t types[SOUL_KINDS] = {
      [SOUL_TEXT] = VAL_TEXT,           [SOUL_INT] = VAL_INT64,    [SOUL_FLOAT] = VAL_FLOAT64,
      [SOUL_DECIMAL] = VAL_DECIMAL,     [SOUL_BOOLEAN] = VAL_BOOL, [SOUL_DATE] = VAL_DATE,
      [SOUL_TIMESTAMP] = VAL_TIMESTAMP, [SOUL_LIST] = VAL_LIST,    [SOUL_MAP] = VAL_MAP};
  bool is_asked = binder->language == PLAN_LQL && binder->catalog && path->count;
  if (!is_asked || !bind__is_closed(column->collection)) return VAL_MISSING;
  const struct soul_attribute *attribute = soul_declared(column->collection->genotype, path);
  return attribute ? (enum val_type)types[attribute->type.kind] : VAL_MISSING;
}

/** The text as a value of `type`. */
static status read_text(struct binder *binder, struct expr **text, enum val_type type,
                        struct err *err) {
  struct expr_env env;
  struct expr *args[2] = {
      *text, expr_const(binder->arena, val_text(slice_of_text(val_type_name(type))), 0)};
  struct expr *cast =
      args[1] ? expr_node(binder->arena, EXPR_CALL, args, 2, (*text)->offset) : NULL;
  if (!cast) return bind__memory(binder, NULL, err);
  struct val value;
  cast->function = func_find(slice_of_text("cast"));
  expr_env_init(&env, binder->arena);
  status done = program_constant(&env, cast, &value, err);
  expr_env_deinit(&env);
  if (done != LUMA_OK) return bind__fail(binder, (*text)->offset, done, err);
  *text = expr_const(binder->arena, value, (*text)->offset);
  return bind__memory(binder, *text, err);
}

/** Beside dates and moments a text is compared as what it reads as; one that reads as neither is
 * equal to none of them. */
static status check_moment(struct binder *binder, struct expr *text, struct err *err) {
  struct expr *copy = text;
  struct val date;
  if (compare_read_text(val_slice(&text->value), VAL_DATE, &date)) return LUMA_OK;
  return read_text(binder, &copy, VAL_TIMESTAMP, err);
}

/** Whether texts of the statement stand for values of the type. */
static bool reads(enum val_type type) {
  return type == VAL_BOOL || type == VAL_INT64 || type == VAL_FLOAT64 || type == VAL_DECIMAL;
}

static status read_if_text(struct binder *binder, struct expr **arg, enum val_type type,
                           struct err *err) {
  bool is_text = (*arg)->kind == EXPR_CONST && (*arg)->value.type == VAL_TEXT;
  if (is_text && (type == VAL_DATE || type == VAL_TIMESTAMP))
    return check_moment(binder, *arg, err);
  return is_text && reads(type) ? read_text(binder, arg, type, err) : LUMA_OK;
}

status bind__read_texts(struct binder *binder, struct expr *node, struct err *err) {
  bool is_operator =
      node->kind == EXPR_BINARY && !node->mongo && node->op >= EXPR_OP_EQ && node->op <= EXPR_OP_GE;
  bool compares = is_operator || node->kind == EXPR_IN || node->kind == EXPR_BETWEEN;
  enum val_type type = VAL_MISSING;
  if (!compares || binder->language != PLAN_LQL) return LUMA_OK;
  for (uint32_t i = 0; i < node->args_count; i++) {
    enum val_type of = node->args[i]->kind == EXPR_CONST ? VAL_MISSING : bind__type(node->args[i]);
    if (of != VAL_MISSING) type = of;
  }
  for (uint32_t i = 0; i < node->args_count; i++)
    TRY(read_if_text(binder, &node->args[i], type, err));
  return LUMA_OK;
}

status bind__read_members(struct binder *binder, struct expr *node, struct err *err) {
  const struct subquery *subquery = node->subquery;
  const struct plan_column *columns = subquery->plan->columns;
  for (uint32_t i = 0; i < subquery->left_count; i++)
    TRY(read_if_text(binder, &node->args[i], (enum val_type)columns[i].type, err));
  return LUMA_OK;
}
