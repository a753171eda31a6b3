/* SPDX-License-Identifier: MIT */
#include "query/expr/env.h"

#include "value/doc/build.h"
#include "value/doc/lens.h"

struct expr_regex {
  struct expr_regex *next;
  struct regex *regex;
};

void expr_env_init(struct expr_env *env, struct arena *arena) {
  *env = (struct expr_env){.arena = arena};
  buf_init(&env->scratch, EXPR_SCRATCH_BYTES_MAX);
  zones_init(&env->zones);
  regex_cache_init(&env->regex_cache);
  rng_init(&env->chance, (uint64_t)(uintptr_t)env);
}

struct func_env expr_env_call(struct expr_env *env, struct arena *arena) {
  return (struct func_env){.now_us = env->now_us,
                           .arena = arena,
                           .scratch = &env->scratch,
                           .zones = &env->zones,
                           .regexes = &env->regex_cache,
                           .paths = &env->paths,
                           .named = &env->named,
                           .chance = &env->chance,
                           .collation = env->collation,
                           .numbers = env->numbers,
                           .clashes = &env->clashes};
}

static void destroy_regexes(struct expr_env *env, struct expr_regex *before) {
  for (struct expr_regex *at = env->regexes; at != before; at = at->next) regex_destroy(at->regex);
  env->regexes = before;
}

struct expr_part expr_env_begin_part(struct expr_env *env, struct arena *arena) {
  struct expr_part part = {env->arena, env->regexes};
  env->arena = arena;
  return part;
}

void expr_env_end_part(struct expr_env *env, struct expr_part part) {
  destroy_regexes(env, part.regexes);
  env->arena = part.arena;
}

void expr_env_deinit(struct expr_env *env) {
  destroy_regexes(env, NULL);
  zones_deinit(&env->zones);
  regex_cache_deinit(&env->regex_cache);
  jsonpath_cache_deinit(&env->paths);
  collation_named_deinit(&env->named);
  buf_deinit(&env->scratch);
}

status expr_env_regex(struct expr_env *env, struct slice pattern, struct slice options,
                      struct regex **regex, struct err *err) {
  struct expr_regex *node = arena_zalloc(env->arena, 1, sizeof *node);
  TRY(plan_check_memory(env->arena, node, err));
  TRY(regex_create(pattern, options, &node->regex, err));
  node->next = env->regexes;
  env->regexes = node;
  *regex = node->regex;
  return LUMA_OK;
}

static status fail_parameter(const struct expr_env *env, const struct expr *param,
                             struct err *err) {
  status failed;
  if (param->parameter)
    failed =
        err_raise(err, LUMA_UNKNOWN_PARAMETER, __FILE__, __LINE__,
                  "parameter $%u was not given: there are %u", param->parameter, env->params.count);
  else
    failed = err_raise(err, LUMA_UNKNOWN_PARAMETER, __FILE__, __LINE__,
                       "parameter `%.*s` was not given", SLICE_ARG(param->name));
  return expr_env_fail(env, param->offset, failed, err);
}

status expr_env_param(const struct expr_env *env, const struct expr *param, struct val *value,
                      struct err *err) {
  const struct query_params *params = &env->params;
  if (param->parameter && param->parameter <= params->count && !params->names) {
    *value = params->values[param->parameter - 1];
    return LUMA_OK;
  }
  for (uint32_t i = 0; params->names && param->parameter == 0 && i < params->count; i++) {
    if (!slice_is_equal(params->names[i], param->name)) continue;
    *value = params->values[i];
    return LUMA_OK;
  }
  return fail_parameter(env, param, err);
}

status expr_env_fail(const struct expr_env *env, uint64_t offset, status failed, struct err *err) {
  if (failed != LUMA_OK && err && err->line == 0 && env->text.bytes && offset <= env->text.bytes)
    err_position(err, (const char *)env->text.data, env->text.bytes, offset);
  return failed;
}

/* A document with values that are made, or that would be too wide to splice. */
static status copy_built(struct arena *arena, const struct val *root, struct val *copy,
                         struct err *err) {
  struct buf out;
  struct build build;
  struct slice built;
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_put(&build, root);
  status done = build_finish(&build, &built, err);
  const uint8_t *data = done == LUMA_OK ? arena_copy(arena, built.data, built.bytes) : NULL;
  build_deinit(&build);
  buf_deinit(&out);
  TRY(done);
  TRY(plan_check_memory(arena, data, err));
  *copy = val_decode(slice_of(data, built.bytes), NULL);
  return LUMA_OK;
}

static status copy_lensed(struct arena *arena, const struct val *root, struct val *copy,
                          struct err *err) {
  uint8_t *data = arena_alloc_text(arena, lens_bytes_max(root));
  TRY(plan_check_memory(arena, data, err));
  uint32_t bytes = lens_write(root, data);
  if (bytes == 0) return copy_built(arena, root, copy, err);
  *copy = val_decode(slice_of(data, bytes), val_names(root));
  return LUMA_OK;
}

status expr_copy_value(struct arena *arena, const struct val *value, struct val *copy,
                       struct err *err) {
  if (value->is_lensed) return copy_lensed(arena, value, copy, err);
  *copy = *value;
  if (!val_is_borrowed(value) || value->bytes == 0) return LUMA_OK;
  uint8_t *data = arena_alloc_text(arena, value->bytes);
  TRY(plan_check_memory(arena, data, err));
  memcpy(data, value->data, value->bytes);
  copy->data = data;
  return LUMA_OK;
}
