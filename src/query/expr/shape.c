/* SPDX-License-Identifier: MIT */
/* MongoDB's projection: the listed paths and the computed ones as one tree, walked beside each
 * document. Lists on the way are walked element by element: an inclusion keeps the elements that
 * are maps, an exclusion leaves the others as they are, and what is computed below a list stands in
 * each of its elements, which become maps for it. Fields keep the document's order; computed ones
 * that are new follow. Picks keep a part of a list where it stands. */
#include "query/expr/matcher.h"
#include "query/expr/program_int.h"
#include "query/mongo/mongo.h"
#include "value/doc/extend.h"

struct shape_tree {
  struct slice name;
  struct shape_tree *children, *last, *next; /* children in the order of the projection */
  uint32_t computed;                         /* the step's argument that gives the value; 0: none */
  bool is_end;                               /* a listed path ends here */
  uint32_t
      shown; /* children of which an inclusion shows what the document has: others are computed */
  bool has_computed;                /* here or below */
  const struct shape_pick *pick;    /* NULL: none ends here */
  struct matcher *matcher;          /* of the pick */
  const struct shape_tree *matched; /* of a MATCHED, here or below; NULL: none is */
};

/** A projection at work on one row. */
struct shaping {
  struct program *program;
  const struct step *step;
  uint32_t row;
  struct build *build;
  bool include, is_matched;   /* within the element that a MATCHED shows */
  bool is_nested;             /* within a list of a list: nothing is picked */
  const struct val *document; /* whole */
  status *failed;             /* the first failure of a pick */
  struct err *err;
};

static struct shape_tree *find_child(const struct shape_tree *tree, struct slice name) {
  for (struct shape_tree *at = tree->children; at; at = at->next)
    if (slice_is_equal(at->name, name)) return at;
  return NULL;
}

/* ---- the tree ---- */

static status take_child(struct expr_env *env, struct shape_tree *tree, struct slice name,
                         struct shape_tree **child, struct err *err) {
  *child = find_child(tree, name);
  if (*child) return LUMA_OK;
  *child = arena_zalloc(env->arena, 1, sizeof **child);
  TRY(plan_check_memory(env->arena, *child, err));
  (*child)->name = name;
  if (tree->last)
    tree->last->next = *child;
  else
    tree->children = *child;
  tree->last = *child;
  return LUMA_OK;
}

static status add_path(struct expr_env *env, struct shape_tree *root, const struct path *path,
                       struct err *err) {
  for (uint32_t i = 0; i < path->count; i++)
    TRY(take_child(env, root, path->steps[i].name, &root, err));
  root->is_end = true;
  return LUMA_OK;
}

/** `name` is a dotted path. */
static status add_computed(struct expr_env *env, struct shape_tree *root, struct slice name,
                           uint32_t argument, struct err *err) {
  root->has_computed = true;
  for (size_t at = 0; at <= name.bytes;) {
    const uint8_t *from = name.data + at, *dot = memchr(from, '.', name.bytes - at);
    size_t bytes = dot ? (size_t)(dot - from) : name.bytes - at;
    TRY(take_child(env, root, slice_of(from, bytes), &root, err));
    root->has_computed = true;
    at += bytes + 1;
  }
  root->computed = argument;
  return LUMA_OK;
}

static status add_pick(struct expr_env *env, struct shape_tree *root, const struct shape_pick *pick,
                       struct err *err) {
  struct shape_tree *at = root;
  for (uint32_t i = 0; i < pick->path.count; i++)
    TRY(take_child(env, at, pick->path.steps[i].name, &at, err));
  at->pick = pick;
  if (pick->match) TRY(matcher_create(env, pick->match, &at->matcher, err));
  at->is_end = pick->kind == SHAPE_MATCHED;
  for (uint32_t i = 0; at->is_end && i < pick->path.count; i++) {
    TRY(take_child(env, root, pick->path.steps[i].name, &root, err));
    root->matched = at;
  }
  return LUMA_OK;
}

static void count_shown(struct shape_tree *tree) {
  for (struct shape_tree *at = tree->children; at; at = at->next) {
    tree->shown += !at->computed;
    count_shown(at);
  }
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
  for (uint32_t i = 0; i < shape->computed_count; i++)
    TRY(add_computed(env, *tree, shape->computed_names[i], i + 1, err));
  for (uint32_t i = 0; i < shape->picks_count; i++)
    TRY(add_pick(env, *tree, &shape->picks[i], err));
  count_shown(*tree);
  return LUMA_OK;
}

/* ---- at work ---- */

static const struct val *computed_value(const struct shaping *shaping, uint32_t argument) {
  return view_at(program_view(shaping->program, shaping->step->args[argument]), shaping->row);
}

/** What is computed at and below a place where the document has no map. */
static void put_computed(const struct shaping *shaping, const struct shape_tree *tree) {
  if (tree->computed) {
    build_put(shaping->build, computed_value(shaping, tree->computed));
    return;
  }
  build_begin_map(shaping->build);
  for (const struct shape_tree *at = tree->children; at; at = at->next) {
    if (!at->has_computed) continue;
    build_name(shaping->build, at->name);
    put_computed(shaping, at);
  }
  build_end(shaping->build);
}

/* ---- picks ---- */

/** Elements [from, to) of a list. */
struct picked {
  uint32_t from, to;
};

static struct picked slice_of_list(const struct shape_pick *pick, uint32_t count) {
  int64_t from = pick->skip < 0 ? pick->skip + count : pick->skip;
  if (from < 0) from = 0;
  if (from > count) from = count;
  int64_t left = count - from;
  return (struct picked){(uint32_t)from,
                         (uint32_t)(from + (pick->limit < left ? pick->limit : left))};
}

/** The first element that the predicate finds; none: an empty range. */
static status find_element(const struct shaping *shaping, const struct shape_tree *tree,
                           const struct val *list, struct picked *picked) {
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    bool matches = false;
    TRY(matcher_test_element(tree->matcher, &element, &matches, shaping->err));
    if (!matches) continue;
    *picked = (struct picked){i, i + 1};
    return LUMA_OK;
  }
  *picked = (struct picked){0, 0};
  return LUMA_OK;
}

static status find_matched(const struct shaping *shaping, const struct shape_tree *tree,
                           const struct val *list, struct picked *picked) {
  int64_t position = -1;
  TRY(matcher_position(tree->matcher, shaping->document, &position, shaping->err));
  if (position < 0)
    return mongo_fail(shaping->err, 51246,
                      "positional operator '.$' couldn't find a matching element in the array");
  if (position >= val_count(list))
    return mongo_fail(shaping->err, 51247, "positional operator '.$' element mismatch");
  *picked = (struct picked){(uint32_t)position, (uint32_t)position + 1};
  return LUMA_OK;
}

static status pick(const struct shaping *shaping, const struct shape_tree *tree,
                   const struct val *list, struct picked *picked) {
  *picked = slice_of_list(tree->pick, val_count(list));
  if (tree->pick->kind == SHAPE_ELEMENT) return find_element(shaping, tree, list, picked);
  if (tree->pick->kind == SHAPE_MATCHED) return find_matched(shaping, tree, list, picked);
  return LUMA_OK;
}

/** What is picked of a field; of what is no list, all, or nothing where an element is asked for. */
static void put_picked(const struct shaping *shaping, const struct shape_tree *tree,
                       const struct val *field) {
  bool is_list = field->type == VAL_LIST, of_element = tree->pick->kind == SHAPE_ELEMENT;
  struct picked picked = {0, 0};
  if (is_list && *shaping->failed == LUMA_OK)
    *shaping->failed = pick(shaping, tree, field, &picked);
  if (of_element && picked.from == picked.to) return;
  build_name(shaping->build, tree->name);
  if (!is_list) {
    build_put(shaping->build, field);
    return;
  }
  build_begin_list(shaping->build);
  for (uint32_t i = picked.from; i < picked.to; i++) {
    struct val element = val_at(field, i);
    build_put(shaping->build, &element);
  }
  build_end(shaping->build);
}

static void put_map(const struct shaping *shaping, const struct shape_tree *tree,
                    const struct val *map);
static void put_inner(const struct shaping *shaping, const struct shape_tree *tree,
                      const struct val *value);

/** The element that the filter matched of the first list on the way to a MATCHED. */
static void put_matched(const struct shaping *shaping, const struct shape_tree *tree,
                        const struct val *list) {
  struct shaping inside = *shaping;
  struct picked picked = {0, 0};
  inside.is_matched = true;
  if (*shaping->failed == LUMA_OK)
    *shaping->failed = find_matched(shaping, tree->matched, list, &picked);
  build_begin_list(shaping->build);
  for (uint32_t i = picked.from; i < picked.to; i++) {
    struct val element = val_at(list, i);
    bool is_container = element.type == VAL_MAP || element.type == VAL_LIST;
    if (is_container) put_inner(&inside, tree, &element);
  }
  build_end(shaping->build);
}

/** A value that paths lead into: a map, a list, or a scalar that gives way to what is computed. */
static void put_inner(const struct shaping *shaping, const struct shape_tree *tree,
                      const struct val *value) {
  struct build *build = shaping->build;
  if (value->type == VAL_MAP) {
    build_begin_map(build);
    put_map(shaping, tree, value);
    build_end(build);
    return;
  }
  if (value->type != VAL_LIST) {
    if (tree->has_computed)
      put_computed(shaping, tree);
    else
      build_put(build, value);
    return;
  }
  if (tree->matched && !shaping->is_matched) {
    put_matched(shaping, tree, value);
    return;
  }
  struct shaping nested = *shaping;
  nested.is_nested = true;
  build_begin_list(build);
  for (uint32_t i = 0; i < val_count(value); i++) {
    struct val element = val_at(value, i);
    bool is_list = element.type == VAL_LIST, is_container = is_list || element.type == VAL_MAP;
    if (is_container || tree->has_computed || !shaping->include)
      put_inner(is_list ? &nested : shaping, tree, &element);
  }
  build_end(build);
}

/** A field of the document for which the tree has a node. */
static void put_known(const struct shaping *shaping, const struct shape_tree *child,
                      const struct val *field) {
  bool is_container = field->type == VAL_MAP || field->type == VAL_LIST;
  bool puts = false;
  bool is_shown = shaping->is_matched && child->matched == child;
  if (child->pick && !is_shown && !shaping->is_nested) {
    put_picked(shaping, child, field);
    return;
  }
  if (child->pick && !is_shown)
    puts = true;
  else if (child->computed)
    puts = !shaping->include; /* in an inclusion it follows at the end */
  else if (child->is_end)
    puts = shaping->include;
  else
    puts = is_container || child->has_computed || !shaping->include;
  if (!puts) return;
  build_name(shaping->build, child->name);
  if (child->computed)
    put_computed(shaping, child);
  else if (child->is_end || child->pick)
    build_put(shaping->build, field);
  else
    put_inner(shaping, child, field);
}

/** The fields of `map` that the shape leaves, and those it computes, into the open map. */
static void put_map(const struct shaping *shaping, const struct shape_tree *tree,
                    const struct val *map) {
  uint32_t count = val_count(map), left = tree->shown;
  for (uint32_t i = 0; i < count && (left || !shaping->include); i++) {
    struct slice name;
    struct val field = val_field_at(map, i, &name);
    const struct shape_tree *child = find_child(tree, name);
    if (child) {
      left -= !child->computed;
      put_known(shaping, child, &field);
    } else if (!shaping->include) {
      build_name(shaping->build, name);
      build_put(shaping->build, &field);
    }
  }
  for (const struct shape_tree *at = tree->children; at; at = at->next) {
    bool follows = at->computed && shaping->include;
    if (!at->has_computed) continue;
    if (!follows && val_field(map, at->name).type != VAL_MISSING) continue;
    build_name(shaping->build, at->name);
    put_computed(shaping, at);
  }
}

/* ---- fields behind the document's own ---- */

enum { EXTEND_FIELDS_MAX = 8 };

/** Whether all that is done is to put computed fields at the root. */
static bool only_adds(const struct program *program, const struct step *step) {
  const struct shape *shape = step->expr->shape;
  if (!program->env->only_reads || shape->include || shape->picks_count || shape->paths_count ||
      !shape->id || shape->computed_count > EXTEND_FIELDS_MAX)
    return false;
  for (const struct shape_tree *at = step->shape->children; at; at = at->next)
    if (!at->computed) return false;
  return true;
}

/** Encodes the fields one behind the other in the scratch. */
static status encode_added(const struct shaping *shaping, struct extend_field *fields,
                           uint32_t *count) {
  struct slice encoded;
  *count = 0;
  for (const struct shape_tree *at = shaping->step->shape->children; at; at = at->next) {
    const struct val *value = computed_value(shaping, at->computed);
    bool is_missing = value->type == VAL_MISSING;
    if (is_missing && val_field(shaping->document, at->name).type == VAL_MISSING) continue;
    encoded = slice_of(NULL, 0); /* of what takes a field away: extend_bytes refuses that */
    if (!is_missing) build_put(shaping->build, value);
    if (!is_missing) TRY(build_finish(shaping->build, &encoded, shaping->err));
    fields[(*count)++] = (struct extend_field){at->name, encoded};
  }
  const uint8_t *from = shaping->build->out->data; /* which may have moved */
  for (uint32_t i = 0; i < *count; from += fields[i++].value.bytes) fields[i].value.data = from;
  return LUMA_OK;
}

/** The document with the fields behind its own; `*done` false: it has to be built. */
static status extend(const struct shaping *shaping, struct val *out, bool *done) {
  const struct val *document = shaping->document;
  struct program *program = shaping->program;
  struct extend_field fields[EXTEND_FIELDS_MAX];
  uint32_t count = 0;
  status encoded = encode_added(shaping, fields, &count);
  uint32_t bytes = encoded == LUMA_OK ? extend_bytes(document, fields, count) : 0;
  uint8_t *room = bytes ? arena_alloc_text(program->arena, bytes) : NULL;
  if (room) extend_write(document, fields, count, room);
  if (room) *out = val_decode(slice_of(room, bytes), document->names);
  *done = room != NULL;
  buf_reset(&program->env->scratch);
  return encoded == LUMA_OK && bytes ? plan_check_memory(program->arena, room, shaping->err)
                                     : encoded;
}

static status shape_row(const struct shaping *shaping, struct val *out) {
  struct build *build = shaping->build;
  build_begin_map(build);
  if (shaping->document->type == VAL_MAP) put_map(shaping, shaping->step->shape, shaping->document);
  build_end(build);
  if (*shaping->failed != LUMA_OK) return *shaping->failed;
  return field_take_built(shaping->program->env, shaping->program->arena, build, out, shaping->err);
}

status step_shape(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct build build;
  struct shaping shaping = {
      .program = program, .step = step, .build = &build, .include = step->expr->shape->include};
  status done = LUMA_OK;
  shaping.failed = &done;
  shaping.err = err;
  build_init(&build, &program->env->scratch, NULL);
  bool adds = only_adds(program, step);
  for (uint32_t i = 0; i < live->count && done == LUMA_OK; i++) {
    bool is_extended = false;
    shaping.row = live_row(live, i);
    struct val document = *view_at(program_view(program, step->args[0]), shaping.row);
    struct val *out = &program->registers[step->out][shaping.row];
    shaping.document = &document;
    if (adds) done = extend(&shaping, out, &is_extended);
    if (done == LUMA_OK && !is_extended) done = shape_row(&shaping, out);
  }
  build_deinit(&build);
  if (done != LUMA_OK) buf_reset(&program->env->scratch);
  return done;
}
