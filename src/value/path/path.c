/* SPDX-License-Identifier: MIT */
/* Reading from documents by path. */
#include "value/path/path.h"

#include "base/core/assert.h"
#include "value/doc/lens.h"

struct path path_of_name(struct path_step *step, struct slice name) {
  *step = (struct path_step){.name = name, .index = PATH_NO_INDEX, .is_name = true};
  return (struct path){.count = 1, .steps = step};
}

static bool step_is_equal(const struct path_step *a, const struct path_step *b) {
  if (a->is_name != b->is_name || a->is_index != b->is_index) return false;
  if (a->is_index && a->index != b->index) return false;
  return !a->is_name || slice_is_equal(a->name, b->name);
}

bool path_has_prefix(const struct path *path, const struct path *prefix) {
  if (prefix->count > path->count) return false;
  for (uint32_t i = 0; i < prefix->count; i++)
    if (!step_is_equal(&path->steps[i], &prefix->steps[i])) return false;
  return true;
}

bool path_is_equal(const struct path *a, const struct path *b) {
  return a->count == b->count && path_has_prefix(a, b);
}

static int compare_steps(const struct path_step *a, const struct path_step *b) {
  if (a->is_index != b->is_index) return a->is_index ? -1 : 1;
  if (a->is_index && a->index != b->index) return a->index < b->index ? -1 : 1;
  return slice_compare(a->name, b->name);
}

int path_compare(const struct path *a, const struct path *b) {
  for (uint32_t i = 0; i < a->count && i < b->count; i++) {
    int order = compare_steps(&a->steps[i], &b->steps[i]);
    if (order) return order;
  }
  return (a->count > b->count) - (a->count < b->count);
}

static struct val element_at(const struct val *list, int32_t index) {
  int64_t at = index < 0 ? (int64_t)index + val_count(list) : index;
  return at < 0 ? val_missing() : val_at(list, (uint32_t)at);
}

static struct val take_step(const struct path_step *step, const struct val *from) {
  if (from->type == VAL_MAP && step->is_name) return val_field(from, step->name);
  if (from->type == VAL_LIST && step->is_index) return element_at(from, step->index);
  return val_missing();
}

/* The last step answers straight into the caller's value: copying one just made stalls on its
 * stores. */
struct val path_get(const struct path *path, const struct val *root) {
  if (path->count == 0) return *root;
  struct val v = *root;
  uint32_t last = path->count - 1;
  for (uint32_t i = 0; i < last; i++) v = take_step(&path->steps[i], &v);
  return take_step(&path->steps[last], &v);
}

status path_bind(const struct path *path, const struct names *names, struct arena *arena,
                 struct path_bound *bound, struct err *err) {
  uint16_t *ids = arena_alloc(arena, (path->count + 1) * sizeof *ids);
  if (!ids) FAIL(err, LUMA_OUT_OF_MEMORY, "out of memory for a path");
  for (uint32_t i = 0; i < path->count; i++) {
    const struct path_step *step = &path->steps[i];
    ids[i] = step->is_name && names ? names_find(names, step->name) : NAMES_NONE;
  }
  *bound = (struct path_bound){.path = path, .names = names, .ids = ids};
  return LUMA_OK;
}

/* A name without an id may have got one since: then it is looked up as if it were not bound. */
static inline struct val take_bound_step(const struct path_bound *bound, uint32_t at,
                                         const struct val *from) {
  const struct path_step *step = &bound->path->steps[at];
  uint16_t id = bound->ids[at];
  bool by_id = id != NAMES_NONE && from->type == VAL_MAP;
  return by_id ? val_field_id(from, id, step->name) : take_step(step, from);
}

struct val path_bound_get(const struct path_bound *bound, const struct val *root) {
  uint32_t count = bound->path->count;
  if (count == 0 || val_names(root) != bound->names) return path_get(bound->path, root);
  if (count == 1 && root->is_lensed && bound->ids[0] != NAMES_NONE)
    return lens_field(root, bound->ids[0]);
  if (count == 1) return take_bound_step(bound, 0, root);
  struct val v = take_bound_step(bound, 0, root);
  for (uint32_t i = 1; i + 1 < count; i++) v = take_bound_step(bound, i, &v);
  return take_bound_step(bound, count - 1, &v);
}

/* ---- through lists ---- */

struct visit {
  const struct path *path;
  path_visit_fn *each, *placed;
  void *context;
};

static bool visit_from(const struct visit *visit, uint32_t at, const struct val *v);

/* An index leads to the element; a name leads on in every element that is a map. A number that is
 * both leads by name only where there is such a field, so that `a.0` over maps does not answer
 * MISSING beside the element it found. */
static bool visit_list(const struct visit *visit, uint32_t at, const struct val *list) {
  const struct path_step *step = &visit->path->steps[at];
  uint32_t count = val_count(list);
  if (step->is_index) {
    struct val element = element_at(list, step->index);
    bool leads_on = element.type == VAL_MAP || element.type == VAL_LIST;
    bool is_last = at + 1 == visit->path->count;
    if (is_last && element.type != VAL_MISSING && !visit->placed(visit->context, &element))
      return false;
    if (!is_last && leads_on && !visit_from(visit, at + 1, &element)) return false;
  }
  for (uint32_t i = 0; step->is_name && i < count; i++) {
    struct val element = val_at(list, i);
    if (element.type != VAL_MAP) continue;
    struct val field = val_field(&element, step->name);
    if (field.type == VAL_MISSING && step->is_index) continue;
    if (!visit_from(visit, at + 1, &field)) return false;
  }
  return true;
}

static bool visit_from(const struct visit *visit, uint32_t at, const struct val *v) {
  if (at == visit->path->count || v->type == VAL_MISSING) return visit->each(visit->context, v);
  if (v->type == VAL_LIST) return visit_list(visit, at, v);
  struct val next = take_step(&visit->path->steps[at], v);
  return visit_from(visit, at + 1, &next);
}

bool path_visit_placed(const struct path *path, const struct val *root, path_visit_fn *visit,
                       path_visit_fn *placed, void *context) {
  ASSERT(path->count <= PATH_STEPS_MAX);
  return visit_from(&(struct visit){path, visit, placed, context}, 0, root);
}

bool path_visit(const struct path *path, const struct val *root, path_visit_fn *visit,
                void *context) {
  return path_visit_placed(path, root, visit, visit, context);
}
