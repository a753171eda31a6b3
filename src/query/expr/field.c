/* SPDX-License-Identifier: MIT */
#include "query/expr/field.h"

#include "value/doc/lens.h"

static struct slice key_name(void) {
  return slice_of_text("_id");
}

static struct slice alias_name(void) {
  return slice_of_text("id");
}

status field_reader_init(struct field_reader *reader, struct expr_env *env, const struct path *path,
                         bool is_key, bool dotted, struct err *err) {
  *reader = (struct field_reader){.path = *path, .is_key = is_key, .dotted = dotted};
  if (!is_key) return LUMA_OK;
  reader->key_path = (struct path){.count = path->count};
  reader->key_path.steps = arena_copy(env->arena, path->steps, path->count * sizeof *path->steps);
  TRY(plan_check_memory(env->arena, reader->key_path.steps, err));
  reader->key_path.steps[0].name = key_name();
  return LUMA_OK;
}

static bool knows_all(const struct path_bound *bound) {
  for (uint32_t i = 0; i < bound->path->count; i++)
    if (bound->ids[i] == NAMES_NONE) return false;
  return true;
}

status field_reader_bind(struct field_reader *reader, struct expr_env *env,
                         const struct val *document, struct err *err) {
  if (document->type != VAL_MAP && document->type != VAL_LIST) return LUMA_OK;
  const struct names *names = val_names(document);
  if (reader->is_bound && reader->bound.names == names) return LUMA_OK;
  TRY(path_bind(&reader->path, names, env->arena, &reader->bound, err));
  if (reader->is_key) TRY(path_bind(&reader->key_path, names, env->arena, &reader->key_bound, err));
  reader->is_bound = true;
  reader->is_known = knows_all(&reader->bound);
  return LUMA_OK;
}

/** Whether the document's own `id` stands beside its key. */
static bool has_own_id(const struct val *document) {
  if (document->type != VAL_MAP) return true;
  return val_field(document, alias_name()).type != VAL_MISSING;
}

static struct val read_bound(const struct path *path, const struct path_bound *bound, bool is_bound,
                             const struct val *document) {
  return is_bound ? path_bound_get(bound, document) : path_get(path, document);
}

struct val field_read(const struct field_reader *reader, const struct val *document) {
  struct val v = read_bound(&reader->path, &reader->bound, reader->is_bound, document);
  if (v.type != VAL_MISSING || !reader->is_key || has_own_id(document)) return v;
  return read_bound(&reader->key_path, &reader->key_bound, reader->is_bound, document);
}

bool field_visit_placed(const struct field_reader *reader, const struct val *document,
                        path_visit_fn *visit, path_visit_fn *placed, void *context) {
  bool by_key = reader->is_key && !has_own_id(document);
  const struct path *path = by_key ? &reader->key_path : &reader->path;
  return path_visit_placed(path, document, visit, placed, context);
}

bool field_visit(const struct field_reader *reader, const struct val *document,
                 path_visit_fn *visit, void *context) {
  return field_visit_placed(reader, document, visit, visit, context);
}

status field_take_built(struct expr_env *env, struct arena *arena, struct build *build,
                        struct val *out, struct err *err) {
  struct slice built;
  status done = build_finish(build, &built, err);
  if (done == LUMA_OK) {
    void *copy = arena_copy(arena, built.data, built.bytes);
    done = plan_check_memory(arena, copy, err);
    if (done == LUMA_OK) *out = val_decode(slice_of(copy, built.bytes), NULL);
  }
  buf_reset(&env->scratch);
  return done;
}

status field_take_edited(struct expr_env *env, struct arena *arena, const struct edit *edit,
                         struct val *out, struct err *err) {
  struct build build;
  build_init(&build, &env->scratch, NULL);
  build_begin_map(&build);
  status done = edit_write(edit, &build, err);
  build_end(&build);
  if (done == LUMA_OK) done = field_take_built(env, arena, &build, out, err);
  build_deinit(&build);
  buf_reset(&env->scratch);
  return done;
}

/* MongoDB's expression path: each list on the way becomes the list of its elements' values, missing
 * ones left out. */
static void put_dotted(struct build *build, const struct path *path, uint32_t at,
                       const struct val *v) {
  if (at == path->count) {
    build_put(build, v);
    return;
  }
  const struct path_step *step = &path->steps[at];
  if (v->type == VAL_MAP && step->is_name) {
    struct val next = val_field(v, step->name);
    put_dotted(build, path, at + 1, &next);
    return;
  }
  if (v->type != VAL_LIST) return;
  build_begin_list(build);
  for (uint32_t i = 0; i < val_count(v); i++) {
    struct val element = val_at(v, i);
    put_dotted(build, path, at, &element);
  }
  build_end(build);
}

/** Whether a list stands before the end of the path. */
static bool meets_list(const struct path *path, const struct val *document) {
  struct val v = *document;
  for (uint32_t i = 0; i < path->count; i++) {
    if (v.type == VAL_LIST) return true;
    if (v.type != VAL_MAP || !path->steps[i].is_name) return false;
    v = val_field(&v, path->steps[i].name);
  }
  return false;
}

status field_read_dotted(const struct field_reader *reader, struct expr_env *env,
                         struct arena *arena, const struct val *document, struct val *out,
                         struct err *err) {
  *out = field_read(reader, document);
  bool may_meet = reader->path.count > 1 || document->type == VAL_LIST;
  if (out->type != VAL_MISSING || !may_meet) return LUMA_OK;
  const struct path *path =
      reader->is_key && !has_own_id(document) ? &reader->key_path : &reader->path;
  if (!meets_list(path, document)) return LUMA_OK;
  struct build build;
  build_init(&build, &env->scratch, NULL);
  put_dotted(&build, path, 0, document);
  status done = field_take_built(env, arena, &build, out, err);
  build_deinit(&build);
  return done;
}
