/* SPDX-License-Identifier: MIT */
/* MongoDB's projection: the listed paths as a tree, walked beside each document. Lists on the way
 * are walked element by element: an inclusion keeps the elements that are maps, an exclusion leaves
 * the others as they are. Fields keep the document's order; computed ones follow. */
#include "query/expr/program_int.h"

struct shape_tree {
  struct slice name;
  struct shape_tree *children, *next;
  bool is_end; /* a listed path ends here */
};

static struct shape_tree *find_child(const struct shape_tree *tree, struct slice name) {
  for (struct shape_tree *at = tree->children; at; at = at->next)
    if (slice_is_equal(at->name, name)) return at;
  return NULL;
}

static status add_path(struct expr_env *env, struct shape_tree *root, const struct path *path,
                       struct err *err) {
  struct shape_tree *at = root;
  for (uint32_t i = 0; i < path->count; i++) {
    struct shape_tree *child = find_child(at, path->steps[i].name);
    if (!child) {
      child = arena_zalloc(env->arena, 1, sizeof *child);
      TRY(plan_check_memory(env->arena, child, err));
      child->name = path->steps[i].name;
      child->next = at->children;
      at->children = child;
    }
    at = child;
  }
  at->is_end = true;
  return LUMA_OK;
}

status shape__compile(struct expr_env *env, const struct expr *expr, struct shape_tree **tree,
                      struct err *err) {
  const struct shape *shape = expr->shape;
  *tree = arena_zalloc(env->arena, 1, sizeof **tree);
  TRY(plan_check_memory(env->arena, *tree, err));
  struct path_step step;
  struct path key = path_of_name(&step, slice_of_text("_id"));
  if (shape->id == shape->include) TRY(add_path(env, *tree, &key, err));
  for (uint32_t i = 0; i < shape->paths_count; i++)
    TRY(add_path(env, *tree, &shape->paths[i], err));
  return LUMA_OK;
}

static void put_map(const struct shape_tree *tree, bool include, const struct val *map,
                    struct build *build);

static void put_list(const struct shape_tree *tree, bool include, const struct val *list,
                     struct build *build) {
  build_begin_list(build);
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    if (element.type == VAL_MAP) {
      build_begin_map(build);
      put_map(tree, include, &element, build);
      build_end(build);
    } else if (element.type == VAL_LIST) {
      put_list(tree, include, &element, build);
    } else if (!include) {
      build_put(build, &element);
    }
  }
  build_end(build);
}

/** The fields of `map` that the shape leaves, into the open map. */
static void put_map(const struct shape_tree *tree, bool include, const struct val *map,
                    struct build *build) {
  for (uint32_t i = 0; i < val_count(map); i++) {
    struct slice name;
    struct val field = val_field_at(map, i, &name);
    const struct shape_tree *child = find_child(tree, name);
    bool is_inner = child && !child->is_end;
    bool is_container = field.type == VAL_MAP || field.type == VAL_LIST;
    if (is_inner && is_container) {
      build_name(build, name);
      if (field.type == VAL_LIST) {
        put_list(child, include, &field, build);
        continue;
      }
      build_begin_map(build);
      put_map(child, include, &field, build);
      build_end(build);
    } else if (is_inner ? !include : (child != NULL) == include) {
      build_name(build, name);
      build_put(build, &field);
    }
  }
}

static void put_shape(struct program *program, const struct step *step, uint32_t row,
                      struct build *build) {
  const struct shape *shape = step->expr->shape;
  const struct val *document = view_at(program_view(program, step->args[0]), row);
  build_begin_map(build);
  if (document->type == VAL_MAP) put_map(step->shape, shape->include, document, build);
  for (uint32_t i = 0; i < shape->computed_count; i++) {
    build_name(build, shape->computed_names[i]);
    build_put(build, view_at(program_view(program, step->args[i + 1]), row));
  }
  build_end(build);
}

status step_shape(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct build build;
  status done = LUMA_OK;
  build_init(&build, &program->env->scratch, NULL);
  for (uint32_t i = 0; i < live->count && done == LUMA_OK; i++) {
    uint32_t row = live_row(live, i);
    put_shape(program, step, row, &build);
    done = field_take_built(program->env, program->arena, &build,
                            &program->registers[step->out][row], err);
  }
  build_deinit(&build);
  return done;
}
