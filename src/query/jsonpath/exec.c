/* SPDX-License-Identifier: MIT */
/* Running a path: each part takes an item and hands what it finds to the part behind it. What an
 * error of the path is and whether it counts depends on where it happens: conditions make
 * `unknown` of it, lax paths forgive what is merely not there. */
#include <stdarg.h>
#include <stdio.h>

#include "query/jsonpath/jsonpath_int.h"
#include "value/doc/doc.h"

/* ---- failures ---- */

enum jsonpath_reach jsonpath__fault(struct jsonpath_exec *exec, status code, const char *hint,
                                    const char *format, ...) {
  char message[512];
  va_list args;
  if (!exec->throws || exec->failed != LUMA_OK) return JSONPATH_FAULT;
  va_start(args, format);
  (void)vsnprintf(message, sizeof message, format, args);
  va_end(args);
  exec->failed = err_raise(exec->err, code, __FILE__, __LINE__, "%s", message);
  if (hint[0]) err_hint(exec->err, "%s", hint);
  return JSONPATH_FAULT;
}

enum jsonpath_reach jsonpath__stop(struct jsonpath_exec *exec, status failed) {
  if (exec->failed == LUMA_OK) exec->failed = failed;
  return JSONPATH_FAULT;
}

bool jsonpath__tick(struct jsonpath_exec *exec) {
  if (exec->failed != LUMA_OK) return false;
  if (++exec->steps <= JSONPATH_STEPS_MAX) return true;
  jsonpath__stop(exec, err_raise(exec->err, LUMA_OUT_OF_RANGE, __FILE__, __LINE__,
                                 "the path takes over %d steps", JSONPATH_STEPS_MAX));
  return false;
}

enum jsonpath_reach jsonpath__add(struct jsonpath_exec *exec, struct jsonpath_list *list,
                                  const struct jsonpath_item *item) {
  struct arena *arena = exec->run->arena;
  if (list->count == list->capacity) {
    uint32_t capacity = list->capacity ? 2 * list->capacity : 4;
    struct jsonpath_item *items = arena_alloc(arena, capacity * sizeof *items);
    if (!items) return jsonpath__stop(exec, jsonpath__fail_memory(arena, exec->err));
    if (list->count) memcpy(items, list->items, list->count * sizeof *items);
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->count++] = *item;
  return JSONPATH_FOUND;
}

/* ---- from part to part ---- */

enum jsonpath_reach jsonpath__item(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *item, struct jsonpath_list *found) {
  return jsonpath__step(exec, node, item, found, exec->is_lax);
}

enum jsonpath_reach jsonpath__next(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *item, struct jsonpath_list *found) {
  if (node->next) return jsonpath__item(exec, node->next, item, found);
  return found ? jsonpath__add(exec, found, item) : JSONPATH_FOUND;
}

enum jsonpath_reach jsonpath__gather(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                     const struct jsonpath_item *item, bool unwraps,
                                     struct jsonpath_list *found) {
  struct jsonpath_list all = {0};
  if (!unwraps || !exec->is_lax) return jsonpath__item(exec, node, item, found);
  enum jsonpath_reach reach = jsonpath__item(exec, node, item, &all);
  for (uint32_t i = 0; reach != JSONPATH_FAULT && i < all.count; i++) {
    const struct jsonpath_item *at = &all.items[i];
    reach = jsonpath__is_list(at) ? jsonpath__each(exec, NULL, at, found, false)
                                  : jsonpath__add(exec, found, at);
  }
  return reach;
}

/* ---- where a path begins ---- */

static struct jsonpath_item number_from(struct jsonpath_exec *exec,
                                        const struct jsonpath_item *item, int64_t id) {
  exec->base = slice_of(NULL, 0);
  if (jsonpath__is_list(item) || jsonpath__is_map(item)) exec->base = val_slice(&item->value);
  exec->base_id = id;
  return *item;
}

static enum jsonpath_reach step_root(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                     const struct jsonpath_item *item, struct jsonpath_list *found,
                                     bool unwraps) {
  struct slice base = exec->base;
  int64_t id = exec->base_id;
  (void)item, (void)unwraps;
  struct jsonpath_item root = number_from(exec, &exec->root, 0);
  enum jsonpath_reach reach = jsonpath__next(exec, node, &root, found);
  exec->base = base;
  exec->base_id = id;
  return reach;
}

static enum jsonpath_reach step_current(struct jsonpath_exec *exec,
                                        const struct jsonpath_node *node,
                                        const struct jsonpath_item *item,
                                        struct jsonpath_list *found, bool unwraps) {
  (void)item, (void)unwraps;
  struct jsonpath_item current = exec->current;
  return jsonpath__next(exec, node, &current, found);
}

static enum jsonpath_reach step_last(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                     const struct jsonpath_item *item, struct jsonpath_list *found,
                                     bool unwraps) {
  (void)item, (void)unwraps;
  struct jsonpath_item last = jsonpath__item_of(val_int64(exec->size - 1));
  return jsonpath__next(exec, node, &last, found);
}

static enum jsonpath_reach step_literal(struct jsonpath_exec *exec,
                                        const struct jsonpath_node *node,
                                        const struct jsonpath_item *item,
                                        struct jsonpath_list *found, bool unwraps) {
  (void)item, (void)unwraps;
  struct jsonpath_item literal = jsonpath__item_of(node->value);
  return jsonpath__next(exec, node, &literal, found);
}

static enum jsonpath_reach step_variable(struct jsonpath_exec *exec,
                                         const struct jsonpath_node *node,
                                         const struct jsonpath_item *item,
                                         struct jsonpath_list *found, bool unwraps) {
  const struct val *variables = &exec->run->variables;
  struct slice name = val_slice(&node->value), base = exec->base;
  struct val value = variables->type == VAL_MAP ? val_field(variables, name) : val_missing();
  int64_t id = exec->base_id;
  (void)item, (void)unwraps;
  if (value.type == VAL_MISSING) { /* silence is of what documents lack, not of this */
    status failed = err_raise(exec->err, LUMA_UNKNOWN_PARAMETER, __FILE__, __LINE__,
                              "the path's variable $%.*s was not given", SLICE_ARG(name));
    err_hint(exec->err, "variables are a document: jsonb_path_query(x, '$.a > $n', {\"n\": 1})");
    return jsonpath__stop(exec, failed);
  }
  struct jsonpath_item given = jsonpath__item_of(value);
  given = number_from(exec, &given, 1);
  enum jsonpath_reach reach = jsonpath__next(exec, node, &given, found);
  exec->base = base;
  exec->base_id = id;
  return reach;
}

/* ---- names, filters, conditions ---- */

static enum jsonpath_reach step_key(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                    const struct jsonpath_item *item, struct jsonpath_list *found,
                                    bool unwraps) {
  struct slice name = val_slice(&node->value);
  if (jsonpath__is_map(item)) {
    struct jsonpath_item field = jsonpath__item_of(val_field(&item->value, name));
    if (field.value.type != VAL_MISSING) return jsonpath__next(exec, node, &field, found);
    if (exec->ignores_structure) return JSONPATH_NOTHING;
    return jsonpath__fault(exec, LUMA_INVALID_VALUE, "lax paths take what is not there for nothing",
                           "an object has no attribute `%.*s`", SLICE_ARG(name));
  }
  if (unwraps && jsonpath__is_list(item)) return jsonpath__each(exec, node, item, found, false);
  if (exec->ignores_structure) return JSONPATH_NOTHING;
  return jsonpath__fault(exec, LUMA_INVALID_VALUE, "lax paths take what is not there for nothing",
                         "`.%.*s` is asked of %s %s, not of an object", SLICE_ARG(name),
                         jsonpath__article(item), jsonpath__type_name(item));
}

static enum jsonpath_reach step_filter(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                       const struct jsonpath_item *item,
                                       struct jsonpath_list *found, bool unwraps) {
  if (unwraps && jsonpath__is_list(item)) return jsonpath__each(exec, node, item, found, false);
  struct jsonpath_item before = exec->current;
  exec->current = *item;
  enum jsonpath_truth truth = jsonpath__condition(exec, node->left, item);
  exec->current = before;
  if (exec->failed != LUMA_OK) return JSONPATH_FAULT;
  return truth == JSONPATH_TRUE ? jsonpath__next(exec, node, item, found) : JSONPATH_NOTHING;
}

static enum jsonpath_reach step_condition(struct jsonpath_exec *exec,
                                          const struct jsonpath_node *node,
                                          const struct jsonpath_item *item,
                                          struct jsonpath_list *found, bool unwraps) {
  (void)unwraps;
  enum jsonpath_truth truth = jsonpath__condition(exec, node, item);
  if (exec->failed != LUMA_OK) return JSONPATH_FAULT;
  struct jsonpath_item made =
      jsonpath__item_of(truth == JSONPATH_UNKNOWN ? val_null() : val_bool(truth == JSONPATH_TRUE));
  return jsonpath__next(exec, node, &made, found);
}

enum jsonpath_reach jsonpath__step(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *item, struct jsonpath_list *found,
                                   bool unwraps) {
  static jsonpath_step *const steps[JSONPATH_AND] = {
      [JSONPATH_ROOT] = step_root,
      [JSONPATH_CURRENT] = step_current,
      [JSONPATH_LAST] = step_last,
      [JSONPATH_LITERAL] = step_literal,
      [JSONPATH_VARIABLE] = step_variable,
      [JSONPATH_KEY] = step_key,
      [JSONPATH_ANY_KEY] = jsonpath__any_key,
      [JSONPATH_ANY_ELEMENT] = jsonpath__any_element,
      [JSONPATH_ELEMENTS] = jsonpath__elements,
      [JSONPATH_ANY] = jsonpath__any,
      [JSONPATH_FILTER] = step_filter,
      [JSONPATH_METHOD] = jsonpath__method,
      [JSONPATH_ADD] = jsonpath__arithmetic,
      [JSONPATH_SUBTRACT] = jsonpath__arithmetic,
      [JSONPATH_MULTIPLY] = jsonpath__arithmetic,
      [JSONPATH_DIVIDE] = jsonpath__arithmetic,
      [JSONPATH_MODULO] = jsonpath__arithmetic,
      [JSONPATH_PLUS] = jsonpath__signed,
      [JSONPATH_MINUS] = jsonpath__signed,
  };
  if (!jsonpath__tick(exec)) return JSONPATH_FAULT;
  if (node->kind >= JSONPATH_AND) return step_condition(exec, node, item, found, unwraps);
  return steps[node->kind](exec, node, item, found, unwraps);
}

/* ---- runs ---- */

static struct jsonpath_exec begin(const struct jsonpath *path, const struct jsonpath_run *run,
                                  const struct val *document, struct err *err) {
  struct jsonpath_item root = jsonpath__item_of(*document);
  struct jsonpath_exec exec = {.run = run,
                               .is_lax = path->is_lax,
                               .ignores_structure = path->is_lax,
                               .throws = !run->silent,
                               .root = root,
                               .current = root,
                               .made = 2,
                               .err = err};
  number_from(&exec, &root, 0);
  return exec;
}

/* A moment that leaves the path is a text. */
static status value_of(struct arena *arena, const struct jsonpath_item *item, struct val *value,
                       struct err *err) {
  char text[JSONPATH_MOMENT_BYTES_MAX];
  *value = item->value;
  if (item->moment.kind == JSONPATH_NO_MOMENT || item->value.type != VAL_MISSING) return LUMA_OK;
  size_t bytes = jsonpath__moment_text(&item->moment, text);
  uint8_t *copy = arena_alloc_text(arena, bytes);
  if (!copy) return jsonpath__fail_memory(arena, err);
  *value = val_text(slice_of(memcpy(copy, text, bytes), bytes));
  return LUMA_OK;
}

status jsonpath_query(const struct jsonpath *path, const struct jsonpath_run *run,
                      const struct val *document, struct val **items, uint32_t *count,
                      struct err *err) {
  struct jsonpath_exec exec = begin(path, run, document, err);
  struct jsonpath_list found = {0};
  (void)jsonpath__item(&exec, path->root, &exec.root, &found);
  TRY(exec.failed);
  *count = found.count;
  *items = arena_alloc(run->arena, (found.count + (size_t)1) * sizeof **items);
  if (!*items) return jsonpath__fail_memory(run->arena, err);
  for (uint32_t i = 0; i < found.count; i++)
    TRY(value_of(run->arena, &found.items[i], &(*items)[i], err));
  return LUMA_OK;
}

status jsonpath_exists(const struct jsonpath *path, const struct jsonpath_run *run,
                       const struct val *document, struct val *out, struct err *err) {
  struct jsonpath_exec exec = begin(path, run, document, err);
  struct jsonpath_list all = {0}; /* a strict path has to be without error as a whole */
  enum jsonpath_reach reach =
      jsonpath__item(&exec, path->root, &exec.root, exec.is_lax ? NULL : &all);
  TRY(exec.failed);
  *out = val_bool(exec.is_lax ? reach == JSONPATH_FOUND : all.count > 0);
  if (reach == JSONPATH_FAULT) *out = val_null();
  return LUMA_OK;
}

status jsonpath_match(const struct jsonpath *path, const struct jsonpath_run *run,
                      const struct val *document, struct val *out, struct err *err) {
  struct jsonpath_exec exec = begin(path, run, document, err);
  struct jsonpath_list found = {0};
  (void)jsonpath__item(&exec, path->root, &exec.root, &found);
  TRY(exec.failed);
  const struct val *only = found.count == 1 ? &found.items[0].value : NULL;
  *out = val_null();
  if (only && (only->type == VAL_BOOL || only->type == VAL_NULL)) {
    *out = *only;
    return LUMA_OK;
  }
  (void)jsonpath__fault(&exec, LUMA_INVALID_VALUE, "compare it: $.a == 1; or ask jsonb_path_exists",
                        "the path leads to no single truth");
  return exec.failed;
}
