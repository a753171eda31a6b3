/* SPDX-License-Identifier: MIT */
/* The tree of an edit. A removed field stays as a node whose value is MISSING, which a builder
 * leaves out; if it is set again it gets its place back. */
#include "value/edit/edit.h"

#include "base/core/assert.h"

enum edit_kind { EDIT_VALUE, EDIT_MAP, EDIT_LIST };
enum { CHILDREN_MIN = 8, ENCODED_BYTES_MAX = DOC_BYTES_MAX };

struct edit_node {
  struct slice name;        /* in a map */
  struct val value;         /* EDIT_VALUE: MISSING when removed */
  const struct val *origin; /* EDIT_MAP: whose fields the first children are; NULL: of none */
  struct edit_node *children;
  uint32_t count, capacity;
  enum edit_kind kind;
  bool is_origins; /* the child of a map is the field of the origin in its place, unchanged */
};

static status out_of_memory(const struct edit *edit, struct err *err) {
  status failure = arena_is_over_budget(edit->arena) ? LUMA_BUDGET_EXCEEDED : LUMA_OUT_OF_MEMORY;
  err_raise(err, failure, __FILE__, __LINE__, "no memory to change a document");
  return failure;
}

/* ---- nodes ---- */

/* Room for `count` children; whoever counts one fills it. */
static status reserve(struct edit *edit, struct edit_node *node, uint32_t count, struct err *err) {
  if (count <= node->capacity) return LUMA_OK;
  uint32_t capacity = node->capacity ? node->capacity * 2 : CHILDREN_MIN;
  if (capacity < count) capacity = count;
  struct edit_node *children = arena_alloc(edit->arena, capacity * sizeof *children);
  if (!children) return out_of_memory(edit, err);
  if (node->children) memcpy(children, node->children, node->count * sizeof *children);
  node->children = children;
  node->capacity = capacity;
  return LUMA_OK;
}

/* Makes the fields or elements of a borrowed list or map nodes of their own. */
static status open_node(struct edit *edit, struct edit_node *node, struct err *err) {
  if (node->kind != EDIT_VALUE) return LUMA_OK;
  struct val value = node->value;
  uint32_t count = val_count(&value);
  bool opens_map = value.type == VAL_MAP;
  if (opens_map) {
    node->origin = arena_copy(edit->arena, &value, sizeof value);
    if (!node->origin) return out_of_memory(edit, err);
  }
  TRY(reserve(edit, node, count, err));
  for (uint32_t i = 0; i < count; i++) {
    struct edit_node *child = &node->children[i];
    *child = (struct edit_node){.is_origins = opens_map};
    child->value = opens_map ? val_field_at(&value, i, &child->name) : val_at(&value, i);
  }
  node->count = count;
  node->kind = opens_map ? EDIT_MAP : EDIT_LIST;
  node->is_origins = false;
  return LUMA_OK;
}

static bool is_map(const struct edit_node *node) {
  return node->kind == EDIT_MAP || (node->kind == EDIT_VALUE && node->value.type == VAL_MAP);
}

static bool is_list(const struct edit_node *node) {
  return node->kind == EDIT_LIST || (node->kind == EDIT_VALUE && node->value.type == VAL_LIST);
}

static bool is_missing(const struct edit_node *node) {
  return node->kind == EDIT_VALUE && node->value.type == VAL_MISSING;
}

static void set_value(struct edit_node *node, struct val value) {
  *node = (struct edit_node){.name = node->name, .value = value};
}

static void make_empty(struct edit_node *node, enum edit_kind kind) {
  *node = (struct edit_node){.name = node->name, .kind = kind};
}

/* ---- finding ---- */

/* The child of an opened node that a step leads to; NULL if there is none. */
static struct edit_node *find_child(const struct edit_node *node, const struct path_step *step) {
  if (node->kind == EDIT_LIST) {
    int64_t at = step->index < 0 ? (int64_t)step->index + node->count : step->index;
    return step->is_index && at >= 0 && at < node->count ? &node->children[at] : NULL;
  }
  for (uint32_t i = 0; step->is_name && i < node->count; i++)
    if (slice_is_equal(node->children[i].name, step->name)) return &node->children[i];
  return NULL;
}

static status add_field(struct edit *edit, struct edit_node *map, struct slice name,
                        struct edit_node **child, struct err *err) {
  TRY(reserve(edit, map, map->count + 1, err));
  ASSERT(map->children);
  *child = &map->children[map->count++];
  *(*child) = (struct edit_node){.name = name};
  return LUMA_OK;
}

/* Pads a list with nulls up to an index past its end. */
static status add_element(struct edit *edit, struct edit_node *list, int32_t index,
                          struct edit_node **child, struct err *err) {
  if (index < 0)
    FAIL(err, LUMA_OUT_OF_RANGE, "element %d lies before the start of a list of %u", (int)index,
         list->count);
  if ((uint32_t)index - list->count > EDIT_PADDING_MAX)
    FAIL(err, LUMA_OUT_OF_RANGE, "element %d lies too far past the end of a list of %u", (int)index,
         list->count);
  TRY(reserve(edit, list, (uint32_t)index + 1, err));
  for (; list->count <= (uint32_t)index; list->count++)
    list->children[list->count] = (struct edit_node){.value = val_null()};
  *child = &list->children[index];
  return LUMA_OK;
}

static status fail_in_the_way(const struct edit_node *node, const struct path_step *step,
                              struct err *err) {
  enum val_type type = node->kind == EDIT_VALUE ? (enum val_type)node->value.type
                       : node->kind == EDIT_MAP ? VAL_MAP
                                                : VAL_LIST;
  if (step->is_name)
    err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__, "cannot set the field `%.*s` of a %s",
              SLICE_ARG(step->name), val_type_name(type));
  else
    err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__, "cannot set element %d of a %s",
              (int)step->index, val_type_name(type));
  err_hint(err, "set the whole value instead, or remove it first");
  return LUMA_TYPE_MISMATCH;
}

/* The child a step leads to, made if it is not there. */
static status make_child(struct edit *edit, struct edit_node *node, const struct path_step *step,
                         struct edit_node **child, struct err *err) {
  if (is_missing(node)) make_empty(node, step->is_name ? EDIT_MAP : EDIT_LIST);
  bool fits = (is_map(node) && step->is_name) || (is_list(node) && step->is_index);
  if (!fits) return fail_in_the_way(node, step, err);
  TRY(open_node(edit, node, err));
  *child = find_child(node, step);
  if (*child) return LUMA_OK;
  if (node->kind == EDIT_MAP) return add_field(edit, node, step->name, child, err);
  return add_element(edit, node, step->index, child, err);
}

/* ---- writing ---- */

static void write_children(const struct edit_node *node, struct build *build);

static void write_child(const struct edit_node *node, const struct edit_node *child,
                        struct build *build) {
  if (node->kind == EDIT_MAP) build_name(build, child->name); /* MISSING takes it back */
  if (child->kind == EDIT_VALUE) {
    build_put(build, &child->value);
    return;
  }
  if (child->kind == EDIT_MAP)
    build_begin_map(build);
  else
    build_begin_list(build);
  write_children(child, build);
  build_end(build);
}

/* What stands as it stood is written in runs. */
static void write_children(const struct edit_node *node, struct build *build) {
  for (uint32_t i = 0, end; i < node->count; i = end) {
    for (end = i; end < node->count && node->children[end].is_origins; end++) {
    }
    if (end > i)
      build_put_run(build, node->origin, i, end);
    else
      write_child(node, &node->children[end++], build);
  }
}

/* An opened node as one value in the arena, its names inline. */
static status encode_node(const struct edit *edit, const struct edit_node *node, struct val *out,
                          struct err *err) {
  struct buf buf;
  struct build build;
  struct slice encoded = {0};
  buf_init(&buf, ENCODED_BYTES_MAX);
  build_init(&build, &buf, NULL);
  if (node->kind == EDIT_MAP)
    build_begin_map(&build);
  else
    build_begin_list(&build);
  write_children(node, &build);
  build_end(&build);
  status built = build_finish(&build, &encoded, err);
  uint8_t *copy = built == LUMA_OK ? arena_copy(edit->arena, encoded.data, encoded.bytes) : NULL;
  if (copy) *out = val_decode(slice_of(copy, encoded.bytes), NULL);
  build_deinit(&build);
  buf_deinit(&buf);
  return built == LUMA_OK && !copy ? out_of_memory(edit, err) : built;
}

/* ---- the calls ---- */

status edit_init(struct edit *edit, struct arena *arena, const struct val *root, struct err *err) {
  ASSERT(root->type == VAL_MAP);
  *edit = (struct edit){.arena = arena};
  edit->root = arena_zalloc(arena, 1, sizeof *edit->root);
  if (!edit->root) return out_of_memory(edit, err);
  edit->root->value = *root;
  return LUMA_OK;
}

status edit_get(struct edit *edit, const struct path *path, struct val *out, struct err *err) {
  const struct edit_node *node = edit->root;
  uint32_t at = 0;
  *out = val_missing();
  while (node && node->kind != EDIT_VALUE && at < path->count)
    node = find_child(node, &path->steps[at++]);
  if (!node) return LUMA_OK;
  if (node->kind != EDIT_VALUE) return encode_node(edit, node, out, err);
  struct path rest = {.count = path->count - at, .steps = path->steps + at};
  *out = path_get(&rest, &node->value);
  return LUMA_OK;
}

status edit_set(struct edit *edit, const struct path *path, const struct val *value,
                struct err *err) {
  if (value->type == VAL_MISSING) return edit_unset(edit, path, err);
  struct edit_node *node = edit->root;
  for (uint32_t i = 0; i < path->count; i++)
    TRY(make_child(edit, node, &path->steps[i], &node, err));
  set_value(node, *value);
  return LUMA_OK;
}

status edit_unset(struct edit *edit, const struct path *path, struct err *err) {
  struct edit_node *node = edit->root, *parent = NULL;
  for (uint32_t i = 0; node && i < path->count; i++) {
    if (!is_map(node) && !is_list(node)) return LUMA_OK;
    TRY(open_node(edit, node, err));
    parent = node;
    node = find_child(parent, &path->steps[i]);
  }
  if (node && parent) set_value(node, parent->kind == EDIT_LIST ? val_null() : val_missing());
  return LUMA_OK;
}

static status merge_node(struct edit *edit, struct edit_node *node, const struct val *patch,
                         struct err *err) {
  if (patch->type != VAL_MAP) {
    set_value(node, *patch);
    return LUMA_OK;
  }
  if (!is_map(node)) make_empty(node, EDIT_MAP);
  TRY(open_node(edit, node, err));
  for (uint32_t i = 0; i < val_count(patch); i++) {
    struct path_step step = {.is_name = true};
    struct val field = val_field_at(patch, i, &step.name);
    struct edit_node *child = find_child(node, &step);
    if (field.type == VAL_NULL) {
      if (child) set_value(child, val_missing());
      continue;
    }
    if (!child) TRY(add_field(edit, node, step.name, &child, err));
    TRY(merge_node(edit, child, &field, err));
  }
  return LUMA_OK;
}

status edit_merge(struct edit *edit, const struct val *patch, struct err *err) {
  if (patch->type != VAL_MAP)
    FAIL(err, LUMA_TYPE_MISMATCH, "a document is merged with a map, not a %s",
         val_type_name((enum val_type)patch->type));
  return merge_node(edit, edit->root, patch, err);
}

status edit_write(const struct edit *edit, struct build *build, struct err *err) {
  const struct edit_node *root = edit->root;
  if (root->kind == EDIT_VALUE)
    build_put_run(build, &root->value, 0, val_count(&root->value));
  else
    write_children(root, build);
  return build_status(build, err);
}
