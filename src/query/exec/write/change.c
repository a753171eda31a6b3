/* SPDX-License-Identifier: MIT */
#include "query/exec/write/change.h"

#include "query/expr/field.h"
#include "query/expr/program.h"
#include "query/func/arith.h"
#include "query/locale/collation.h"
#include "query/mongo/mongo.h"
#include "value/order/order.h"

status change_compile(struct exec *exec, const struct plan_update_item *item,
                      const struct positional *positional, struct change *change, struct err *err) {
  struct val name;
  *change = (struct change){.item = item, .positional = positional};
  if (item->match) return matcher_create(exec->env, item->match, &change->match, err);
  if (!item->value) return LUMA_OK;
  TRY(program_create(exec->env, item->value, &change->value, err));
  if (item->op != PLAN_RENAME) return LUMA_OK;
  TRY(program_constant(exec->env, item->value, &name, err));
  if (name.type != VAL_TEXT) FAIL(err, LUMA_INVALID_ARGUMENT, "$rename takes a name");
  return path_parse(exec->arena, val_slice(&name), true, &change->renamed, err);
}

status change_take(struct slice built, const struct names *names, struct val *changed,
                   struct err *err) {
  struct doc document;
  TRY(doc_open(built, names, &document, err));
  *changed = doc_root(&document);
  return LUMA_OK;
}

status change_write(const struct edit *edit, struct build *build, struct val *changed,
                    struct err *err) {
  struct slice built;
  buf_reset(build->out);
  build_begin_document(build);
  status done = edit_write(edit, build, err);
  if (done != LUMA_OK) {
    (void)build_finish(build, &built, NULL);
    return done;
  }
  TRY(build_finish(build, &built, err));
  return change_take(built, build->names, changed, err);
}

/** MongoDB's code for an operator that meets a value of a kind it does not take. */
static uint32_t kind_code(enum plan_update_op op) {
  enum { BAD_VALUE = 2, TYPE_MISMATCH = 14 };
  return op == PLAN_INC || op == PLAN_MUL || op == PLAN_POP ? TYPE_MISMATCH : BAD_VALUE;
}

/** The error of an operator that does not fit the value it finds. */
static status fail_kind(const struct change *change, const char *what, const struct val *found,
                        struct err *err) {
  struct buf path;
  buf_init(&path, ERR_MESSAGE_BYTES);
  path_format(&change->item->path, &path);
  status failed =
      err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__, "cannot %s `%.*s`: it is %s", what,
                SLICE_ARG(buf_slice(&path)), val_type_name((enum val_type)found->type));
  buf_deinit(&path);
  if (err) err->foreign = kind_code(change->item->op);
  return failed;
}

/** The order of two values under the run's collation. */
static status compare(const struct exec *exec, const struct val *a, const struct val *b, int *order,
                      struct err *err) {
  struct collation *collation = exec->env->collation;
  if (collation && collation_concerns(a) && collation_concerns(b))
    return collation_compare(collation, a, b, order, err);
  *order = val_compare(a, b);
  return LUMA_OK;
}

/* ---- numbers ---- */

/** MongoDB's sum or product: int32 stays int32 while it fits, then int64; beyond that an error. */
static status calculate(const struct change *change, const struct val *a, const struct val *b,
                        struct val *out, struct err *err) {
  bool clash = false;
  enum expr_op op = change->item->op == PLAN_MUL ? EXPR_OP_MULTIPLY : EXPR_OP_ADD;
  if (!val_is_number(a)) return fail_kind(change, "calculate with", a, err);
  if (!val_is_number(b))
    return mongo_fail_as(err, LUMA_TYPE_MISMATCH, kind_code(change->item->op),
                         "cannot add or multiply by %s", val_type_name((enum val_type)b->type));
  if (a->type == VAL_DECIMAL || b->type == VAL_DECIMAL) { /* past the greatest lies infinity */
    struct decimal left = val_to_decimal_15(a), right = val_to_decimal_15(b);
    *out = val_decimal(op == EXPR_OP_MULTIPLY ? decimal_multiply(left, right)
                                              : decimal_add(left, right));
    return LUMA_OK;
  }
  TRY(arith_binary(op, a, b, out, &clash, err));
  bool small = a->type == VAL_INT32 && b->type == VAL_INT32 && out->integer >= INT32_MIN &&
               out->integer <= INT32_MAX;
  if (small) *out = val_int32((int32_t)out->integer);
  return LUMA_OK;
}

static status apply_number(const struct change *change, struct edit *edit,
                           const struct val *operand, struct err *err) {
  struct val current, result;
  TRY(edit_get(edit, &change->item->path, &current, err));
  if (current.type == VAL_MISSING) {
    struct val zero = {.type = operand->type == VAL_INT32 ? VAL_INT32 : VAL_INT64};
    if (change->item->op == PLAN_INC)
      current = zero; /* checks the operand's kind and keeps its value */
    TRY(calculate(change, current.type == VAL_MISSING ? &zero : &current, operand, &result, err));
    return edit_set(edit, &change->item->path, change->item->op == PLAN_INC ? operand : &result,
                    err);
  }
  TRY(calculate(change, &current, operand, &result, err));
  return edit_set(edit, &change->item->path, &result, err);
}

static status apply_extreme(struct exec *exec, const struct change *change, struct edit *edit,
                            const struct val *operand, struct err *err) {
  struct val current;
  int order = 0;
  TRY(edit_get(edit, &change->item->path, &current, err));
  TRY(compare(exec, operand, &current, &order, err));
  bool replaces = change->item->op == PLAN_MIN ? order < 0 : order > 0;
  if (current.type != VAL_MISSING && !replaces) return LUMA_OK;
  return edit_set(edit, &change->item->path, operand, err);
}

/** {"and": 5, "or": 3}, one after the other. */
static status apply_bits(const struct change *change, struct edit *edit, const struct val *operand,
                         struct err *err) {
  struct val current;
  TRY(edit_get(edit, &change->item->path, &current, err));
  if (current.type == VAL_MISSING) current = val_int32(0);
  if (!val_is_integer(&current))
    return mongo_fail(err, 2, "Cannot apply $bit to a value of non-integral type %s",
                      mongo_type_name(&current));
  for (uint32_t i = 0; i < val_count(operand); i++) {
    struct slice name;
    struct val bits = val_field_at(operand, i, &name);
    if (slice_is_equal(name, slice_of_text("and")))
      current.integer &= bits.integer;
    else if (slice_is_equal(name, slice_of_text("or")))
      current.integer |= bits.integer;
    else
      current.integer ^= bits.integer;
    if (bits.type == VAL_INT64) current.type = VAL_INT64;
  }
  return edit_set(edit, &change->item->path, &current, err);
}

/* ---- lists ---- */

struct list_edit {
  struct exec *exec;
  const struct change *change;
  struct val current; /* a list, or MISSING */
  struct build build;
};

/** Whether one of the first `count` elements of `values` equals `wanted`. */
static status has_equal(const struct list_edit *list, const struct val *values, uint32_t count,
                        const struct val *wanted, bool *has, struct err *err) {
  for (uint32_t i = 0; values->type == VAL_LIST && i < count && !*has; i++) {
    struct val element = val_at(values, i);
    int order = 0;
    TRY(compare(list->exec, &element, wanted, &order, err));
    *has = order == 0;
  }
  return LUMA_OK;
}

/** Puts an element of $push or $addToSet; the first `index` of the operand are put already. */
static status put_added(struct list_edit *list, const struct val *operand, uint32_t index,
                        const struct val *element, struct err *err) {
  bool has = false;
  if (list->change->item->op == PLAN_ADD_TO_SET) {
    uint32_t count = list->current.type == VAL_LIST ? val_count(&list->current) : 0;
    TRY(has_equal(list, &list->current, count, element, &has, err));
    if (operand) TRY(has_equal(list, operand, index, element, &has, err));
  }
  if (!has) build_put(&list->build, element);
  return LUMA_OK;
}

static status put_pushed(struct list_edit *list, const struct val *operand, struct err *err) {
  for (uint32_t i = 0; list->current.type == VAL_LIST && i < val_count(&list->current); i++) {
    struct val element = val_at(&list->current, i);
    build_put(&list->build, &element);
  }
  if (!list->change->item->each || operand->type != VAL_LIST) {
    return put_added(list, NULL, 0, operand, err);
  }
  for (uint32_t i = 0; i < val_count(operand); i++) {
    struct val element = val_at(operand, i);
    TRY(put_added(list, operand, i, &element, err));
  }
  return LUMA_OK;
}

static void put_popped(struct list_edit *list, const struct val *operand) {
  bool first = val_is_number(operand) && val_to_float64(operand) < 0;
  uint32_t count = val_count(&list->current), from = first,
           to = first || count == 0 ? count : count - 1;
  for (uint32_t i = from; i < to; i++) {
    struct val element = val_at(&list->current, i);
    build_put(&list->build, &element);
  }
}

static status put_pulled(struct list_edit *list, const struct val *operand, struct err *err) {
  for (uint32_t i = 0; i < val_count(&list->current); i++) {
    struct val element = val_at(&list->current, i);
    bool goes = false;
    int order = 0;
    if (list->change->match)
      TRY(matcher_test_pulled(list->change->match, &element, &goes, err));
    else
      TRY(compare(list->exec, &element, operand, &order, err));
    goes |= !list->change->match && order == 0;
    if (!goes) build_put(&list->build, &element);
  }
  return LUMA_OK;
}

static status put_elements(struct list_edit *list, const struct val *operand, struct err *err) {
  enum plan_update_op op = list->change->item->op;
  if (op == PLAN_PULL) return put_pulled(list, operand, err);
  if (op != PLAN_POP) return put_pushed(list, operand, err);
  put_popped(list, operand);
  return LUMA_OK;
}

/** What takes elements away says so where the path leads on through no map and no list. */
static status check_viable(const struct change *change, struct edit *edit, struct err *err) {
  enum { PATH_NOT_VIABLE = 28 };
  const struct path *path = &change->item->path;
  for (uint32_t i = 0; i < path->count; i++) {
    const struct path above = {.steps = path->steps, .count = i};
    struct val v;
    TRY(edit_get(edit, &above, &v, err));
    if (v.type == VAL_MISSING) return LUMA_OK;
    if (v.type == VAL_MAP || (v.type == VAL_LIST && path->steps[i].is_index)) continue;
    return mongo_fail(err, PATH_NOT_VIABLE, "Cannot create field '%.*s' in element of type %s",
                      SLICE_ARG(path->steps[i].name), mongo_type_name(&v));
  }
  return LUMA_OK;
}

static status apply_list(struct exec *exec, const struct change *change, struct edit *edit,
                         const struct val *operand, struct arena *arena, struct err *err) {
  struct list_edit list = {.exec = exec, .change = change};
  bool adds = change->item->op == PLAN_PUSH || change->item->op == PLAN_ADD_TO_SET;
  struct val *result = arena_alloc(arena, sizeof *result); /* edits borrow */
  TRY(plan_check_memory(arena, result, err));
  TRY(edit_get(edit, &change->item->path, &list.current, err));
  if (list.current.type == VAL_MISSING && !adds) return check_viable(change, edit, err);
  if (list.current.type != VAL_MISSING && list.current.type != VAL_LIST)
    return fail_kind(change, "change elements of", &list.current, err);
  if (change->item->push) {
    TRY(change__push(exec, change->item, &list.current, operand, arena, result, err));
    return edit_set(edit, &change->item->path, result, err);
  }
  build_init(&list.build, &exec->env->scratch, NULL);
  build_begin_list(&list.build);
  status done = put_elements(&list, operand, err);
  if (done == LUMA_OK) {
    build_end(&list.build);
    done = field_take_built(exec->env, arena, &list.build, result, err);
  }
  build_deinit(&list.build);
  buf_reset(&exec->env->scratch);
  return done == LUMA_OK ? edit_set(edit, &change->item->path, result, err) : done;
}

/* ---- all ---- */

/** A rename goes through maps only. */
static status check_maps(const struct val *document, const struct path *path, struct err *err) {
  struct val v = *document;
  for (uint32_t i = 0; i < path->count && v.type != VAL_MISSING; i++) {
    if (v.type == VAL_LIST)
      return mongo_fail(err, 2, "The source and destination of $rename cannot be in an array");
    if (v.type != VAL_MAP)
      return mongo_fail(err, 28, "Cannot create field '%.*s' in an element of type %s",
                        SLICE_ARG(path->steps[i].name), mongo_type_name(&v));
    v = val_field(&v, path->steps[i].name);
  }
  return LUMA_OK;
}

static status rename(const struct change *change, struct edit *edit, const struct val *document,
                     struct err *err) {
  struct val current;
  TRY(check_maps(document, &change->item->path, err));
  TRY(edit_get(edit, &change->item->path, &current, err));
  if (current.type == VAL_MISSING) return LUMA_OK;
  TRY(check_maps(document, &change->renamed, err));
  TRY(edit_unset(edit, &change->item->path, err));
  return edit_set(edit, &change->renamed, &current, err);
}

/** Outside JQL `id` is the key, where the document has no attribute of that name. */
static status set(struct exec *exec, const struct change *change, struct edit *edit,
                  const struct batch *batch, struct val operand, struct err *err) {
  struct path path = change->item->path;
  struct path_step key = {.name = slice_of_text("_id"), .index = PATH_NO_INDEX, .is_name = true};
  if (exec->language != PLAN_JQL && operand.type == VAL_MISSING) operand = val_null();
  bool is_id = path.count == 1 && path.steps[0].is_name &&
               slice_is_equal(path.steps[0].name, slice_of_text("id"));
  if (is_id && exec->language != PLAN_JQL &&
      val_field(&batch->columns[0][0], path.steps[0].name).type == VAL_MISSING)
    path.steps = &key;
  return edit_set(edit, &path, &operand, err);
}

static status apply(struct exec *exec, const struct change *change, struct edit *edit,
                    const struct batch *batch, const struct val *operand, struct arena *arena,
                    struct err *err) {
  switch (change->item->op) {
  case PLAN_SET:
  case PLAN_SET_ON_INSERT: return set(exec, change, edit, batch, *operand, err);
  case PLAN_UNSET: return edit_unset(edit, &change->item->path, err);
  case PLAN_INC:
  case PLAN_MUL: return apply_number(change, edit, operand, err);
  case PLAN_MIN:
  case PLAN_MAX: return apply_extreme(exec, change, edit, operand, err);
  case PLAN_RENAME: return rename(change, edit, &batch->columns[0][0], err);
  case PLAN_BIT: return apply_bits(change, edit, operand, err);
  case PLAN_PUSH:
  case PLAN_ADD_TO_SET:
  case PLAN_POP:
  case PLAN_PULL: return apply_list(exec, change, edit, operand, arena, err);
  }
  return LUMA_OK;
}

/** MongoDB's code for what stands in the way of a path. */
static void name_failure(status failed, struct err *err) {
  if (!err || err->foreign) return;
  if (failed == LUMA_TYPE_MISMATCH) err->foreign = 28;
  if (failed == LUMA_OUT_OF_RANGE) err->foreign = 2;
}

static status apply_here(const struct change_site *site, const struct change *change,
                         const struct val *operand, struct err *err) {
  status done = apply(site->exec, change, site->edit, site->batch, operand, site->arena, err);
  name_failure(done, err);
  return done;
}

status change__apply_at(const struct change_site *site, const struct change *change,
                        const struct path *path, const struct val *operand, struct err *err) {
  struct plan_update_item item = *change->item;
  struct change one = *change;
  item.path = *path;
  one.item = &item;
  return expr_env_fail(site->exec->env, item.offset, apply_here(site, &one, operand, err), err);
}

status change__operand(const struct change_site *site, const struct change *change,
                       const struct val **operand, struct err *err) {
  struct val *own = arena_alloc(site->arena, sizeof *own); /* edits borrow */
  TRY(plan_check_memory(site->arena, own, err));
  *own = val_missing();
  *operand = own;
  if (change->given) {
    *own = *change->given;
  } else if (change->value) {
    const struct val *values = NULL;
    uint32_t stride = 0;
    TRY(program_run(change->value, site->batch, site->arena, &values, &stride, err));
    *own = values[0];
  }
  return LUMA_OK;
}

status change_apply(const struct change_site *site, const struct change *change, struct err *err) {
  const struct val *operand = NULL;
  if (change->item->op == PLAN_SET_ON_INSERT && !site->inserting) return LUMA_OK;
  TRY(change__operand(site, change, &operand, err));
  return expr_env_fail(site->exec->env, change->item->offset,
                       apply_here(site, change, operand, err), err);
}
