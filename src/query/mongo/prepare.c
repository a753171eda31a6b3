/* SPDX-License-Identifier: MIT */
/* What constant operands tell before any document is met: patterns that are wrong. */
#include "query/mongo/mongo_int.h"
#include "query/regex/regex_cache.h"

static status check_schema(struct func_env *env, const struct val *schema, struct err *err);

static status check_pattern(struct func_env *env, struct slice pattern, struct err *err) {
  struct regex *regex = NULL;
  return regex_cache_get(env->regexes, pattern, slice_of(NULL, 0), &regex, err);
}

/** The schemas that are the values of a map. */
static status check_values(struct func_env *env, const struct val *map, bool names_are_patterns,
                           struct err *err) {
  for (uint32_t i = 0; map->type == VAL_MAP && i < val_count(map); i++) {
    struct slice name;
    struct val schema = val_field_at(map, i, &name);
    if (names_are_patterns) TRY(check_pattern(env, name, err));
    TRY(check_schema(env, &schema, err));
  }
  return LUMA_OK;
}

/** What a keyword has: a schema or a list of them; a flag is neither. */
static status check_within(struct func_env *env, const struct val *value, struct err *err) {
  if (value->type != VAL_LIST) return check_schema(env, value, err);
  for (uint32_t i = 0; i < val_count(value); i++) {
    struct val schema = val_at(value, i);
    TRY(check_schema(env, &schema, err));
  }
  return LUMA_OK;
}

static bool is_among(struct slice name, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (slice_is_equal(name, slice_of_text(names[i]))) return true;
  return false;
}

static status check_keyword(struct func_env *env, struct slice name, const struct val *value,
                            struct err *err) {
  static const char *const maps[] = {"properties", "dependencies"};
  static const char *const within[] = {
      "items", "allOf", "anyOf", "oneOf", "not", "additionalItems", "additionalProperties"};
  if (value->type == VAL_TEXT && slice_is_equal(name, slice_of_text("pattern")))
    return check_pattern(env, val_slice(value), err);
  if (slice_is_equal(name, slice_of_text("patternProperties")))
    return check_values(env, value, true, err);
  if (is_among(name, maps, sizeof maps / sizeof *maps)) return check_values(env, value, false, err);
  if (is_among(name, within, sizeof within / sizeof *within)) return check_within(env, value, err);
  return LUMA_OK;
}

static status check_schema(struct func_env *env, const struct val *schema, struct err *err) {
  for (uint32_t i = 0; schema->type == VAL_MAP && i < val_count(schema); i++) {
    struct slice name;
    struct val value = val_field_at(schema, i, &name);
    TRY(check_keyword(env, name, &value, err));
  }
  return LUMA_OK;
}

status mongo_prepare(struct func_env *env, const struct func *function, const struct val *operands,
                     struct err *err) {
  if (function->call == mongo__matches_schema) return check_schema(env, &operands[0], err);
  if (function->call == mongo__regex_match || function->call == mongo__regex_find ||
      function->call == mongo__regex_find_all)
    return mongo__check_search(env, function->name, operands, err);
  return LUMA_OK;
}
