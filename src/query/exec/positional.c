/* SPDX-License-Identifier: MIT */
#include "query/exec/positional.h"

#include <stdio.h>

#include "query/mongo/mongo.h"

status positional_create(struct exec *exec, const struct plan *plan, struct positional *positional,
                         struct err *err) {
  *positional = (struct positional){.plan = plan};
  if (plan->filter_match)
    TRY(matcher_create(exec->env, plan->filter_match, &positional->filter, err));
  positional->filters =
      arena_zalloc(exec->arena, plan->array_filters_count + 1, sizeof *positional->filters);
  TRY(op__memory(exec, positional->filters, err));
  for (uint32_t i = 0; i < plan->array_filters_count; i++)
    TRY(matcher_create(exec->env, plan->array_filters[i].match, &positional->filters[i], err));
  return LUMA_OK;
}

/** One path being written out. */
struct expansion {
  const struct positional *positional;
  const struct val *document;
  const struct path *path;
  struct path_step steps[PATH_STEPS_MAX];
  struct positional_paths *paths;
  struct err *err;
};

static status emit(struct expansion *at) {
  struct positional_paths *paths = at->paths;
  if (paths->count == POSITIONAL_PATHS_MAX)
    FAIL(at->err, LUMA_TOO_LARGE, "an update concerns more than %d elements", POSITIONAL_PATHS_MAX);
  if (paths->count == paths->capacity) {
    uint32_t capacity = paths->capacity ? paths->capacity * 2 : 8;
    struct path *items = arena_alloc(paths->arena, capacity * sizeof *items);
    TRY(plan_check_memory(paths->arena, items, at->err));
    if (paths->count) memcpy(items, paths->items, paths->count * sizeof *items);
    paths->items = items;
    paths->capacity = capacity;
  }
  struct path_step *steps =
      arena_copy(paths->arena, at->steps, at->path->count * sizeof *at->steps);
  TRY(plan_check_memory(paths->arena, steps, at->err));
  paths->items[paths->count++] = (struct path){.count = at->path->count, .steps = steps};
  return LUMA_OK;
}

static status expand(struct expansion *at, uint32_t step, const struct val *v);

static status enter(struct expansion *at, uint32_t step, const struct val *list, uint32_t index) {
  char digits[16];
  int bytes = snprintf(digits, sizeof digits, "%u", index);
  uint8_t *name = arena_alloc_text(at->paths->arena, (size_t)bytes);
  TRY(plan_check_memory(at->paths->arena, name, at->err));
  memcpy(name, digits, (size_t)bytes);
  at->steps[step] = (struct path_step){.name = slice_of(name, (size_t)bytes),
                                       .index = (int32_t)index,
                                       .is_name = true,
                                       .is_index = true};
  struct val element = val_at(list, index);
  return expand(at, step + 1, &element);
}

/** The array filter of `$[name]`; NULL for `$[]`. */
static status find_filter(const struct expansion *at, struct slice step,
                          const struct matcher **filter) {
  const struct plan *plan = at->positional->plan;
  struct slice name = slice_of(step.data + 2, step.bytes - 3);
  *filter = NULL;
  if (name.bytes == 0) return LUMA_OK;
  for (uint32_t i = 0; i < plan->array_filters_count; i++) {
    if (!slice_is_equal(name, plan->array_filters[i].name)) continue;
    *filter = at->positional->filters[i];
    return LUMA_OK;
  }
  return mongo_fail(at->err, 2, "No array filter found for identifier '%.*s'", SLICE_ARG(name));
}

static status expand_elements(struct expansion *at, uint32_t step, const struct val *list) {
  const struct matcher *filter = NULL;
  TRY(find_filter(at, at->path->steps[step].name, &filter));
  if (list->type == VAL_MISSING)
    return mongo_fail(at->err, 2,
                      "The path must exist in the document in order to apply array "
                      "updates.");
  if (list->type != VAL_LIST)
    return mongo_fail(at->err, 2, "Cannot apply array updates to a non-array element of type %s",
                      mongo_type_name(list));
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    bool matches = true;
    if (filter) TRY(matcher_test_pulled(filter, &element, &matches, at->err));
    if (matches) TRY(enter(at, step, list, i));
  }
  return LUMA_OK;
}

static status expand_matched(struct expansion *at, uint32_t step, const struct val *v) {
  int64_t position = -1;
  if (at->positional->filter)
    TRY(matcher_position(at->positional->filter, at->document, &position, at->err));
  if (position < 0)
    return mongo_fail(at->err, 2,
                      "The positional operator did not find the match needed from the "
                      "query.");
  return enter(at, step, v, (uint32_t)position);
}

static status expand(struct expansion *at, uint32_t step, const struct val *v) {
  if (step == at->path->count) return emit(at);
  const struct path_step *next = &at->path->steps[step];
  if (slice_is_equal(next->name, slice_of_text("$"))) return expand_matched(at, step, v);
  bool is_each = next->name.bytes > 2 && next->name.data[0] == '$' && next->name.data[1] == '[';
  if (is_each) return expand_elements(at, step, v);
  struct val inner = val_missing();
  at->steps[step] = *next;
  if (v->type == VAL_MAP) inner = val_field(v, next->name);
  if (v->type == VAL_LIST && next->is_index) inner = val_at(v, (uint32_t)next->index);
  return expand(at, step + 1, &inner);
}

status positional_expand(const struct positional *positional, const struct val *document,
                         const struct path *path, struct positional_paths *paths, struct err *err) {
  struct expansion at = {
      .positional = positional, .document = document, .path = path, .paths = paths, .err = err};
  return expand(&at, 0, document);
}
