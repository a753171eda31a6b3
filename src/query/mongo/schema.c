/* SPDX-License-Identifier: MIT */
/* $jsonSchema: whether a document is as a schema says (JSON Schema draft 4, with bsonType; what
 * MongoDB has of it). The front end has checked the schema; here it is read as it stands. Depth is
 * that of the schema: DOC_DEPTH_MAX. */
#include "base/text/utf8.h"
#include "query/mongo/mongo_int.h"
#include "query/regex/regex_cache.h"

static status test(struct func_env *env, const struct val *schema, const struct val *v, bool *fits,
                   struct err *err);

static struct val part(const struct val *schema, const char *name) {
  return val_field(schema, slice_of_text(name));
}

/* ---- types ---- */

/** By the names of bsonType, and those of `type`, which say "boolean" for "bool". */
static bool is_type(const struct val *v, struct slice name) {
  if (slice_is_equal(name, slice_of_text("number"))) return val_is_number(v);
  if (slice_is_equal(name, slice_of_text("boolean"))) return v->type == VAL_BOOL;
  if (slice_is_equal(name, slice_of_text("long"))) return v->type == VAL_INT64;
  return slice_is_equal(name, slice_of_text(mongo_type_name(v)));
}

static bool is_any_type(const struct val *v, const struct val *names) {
  if (names->type == VAL_TEXT) return is_type(v, val_slice(names));
  for (uint32_t i = 0; i < val_count(names); i++) {
    struct val name = val_at(names, i);
    if (is_type(v, val_slice(&name))) return true;
  }
  return false;
}

static status fits_types(struct func_env *env, const struct val *schema, const struct val *v,
                         bool *fits, struct err *err) {
  struct val type = part(schema, "type"), bson = part(schema, "bsonType");
  struct val any = part(schema, "enum");
  *fits = (type.type == VAL_MISSING || is_any_type(v, &type)) &&
          (bson.type == VAL_MISSING || is_any_type(v, &bson));
  if (any.type != VAL_LIST || !*fits) return LUMA_OK;
  *fits = false;
  for (uint32_t i = 0; i < val_count(&any) && !*fits; i++) {
    struct val value = val_at(&any, i);
    TRY(mongo__is_same_json(env, &value, v, fits, err));
  }
  return LUMA_OK;
}

/* ---- numbers and texts ---- */

static bool is_between(const struct val *schema, const struct val *v) {
  struct val least = part(schema, "minimum"), most = part(schema, "maximum");
  struct val above = part(schema, "exclusiveMinimum"), below = part(schema, "exclusiveMaximum");
  int low = least.type == VAL_MISSING ? 1 : val_compare(v, &least);
  int high = most.type == VAL_MISSING ? -1 : val_compare(v, &most);
  if (low < 0 || (low == 0 && mongo_is_true(&above))) return false;
  return high < 0 || (high == 0 && !mongo_is_true(&below));
}

static status test_number(struct func_env *env, const struct val *schema, const struct val *v,
                          bool *fits, struct err *err) {
  struct val division[] = {*v, part(schema, "multipleOf")}, rest;
  *fits = is_between(schema, v);
  if (!*fits || division[1].type == VAL_MISSING) return LUMA_OK;
  TRY(mongo__mod(env, division, 2, &rest, err));
  *fits = val_to_float64(&rest) == 0;
  return LUMA_OK;
}

/** Whether a count is within two bounds, each of which may be left out. */
static bool is_within(const struct val *schema, const char *least_name, const char *most_name,
                      size_t count) {
  int64_t least = 0, most = INT64_MAX;
  struct val low = part(schema, least_name), high = part(schema, most_name);
  (void)mongo__whole64(&low, &least);
  (void)mongo__whole64(&high, &most);
  return (int64_t)count >= least && (int64_t)count <= most;
}

static status matches(struct func_env *env, struct slice pattern, struct slice text, bool *fits,
                      struct err *err) {
  struct regex *regex = NULL;
  TRY(regex_cache_get(env->regexes, pattern, slice_of(NULL, 0), &regex, err));
  return regex_match(regex, text, fits, err);
}

static status test_text(struct func_env *env, const struct val *schema, const struct val *v,
                        bool *fits, struct err *err) {
  struct val pattern = part(schema, "pattern");
  *fits = is_within(schema, "minLength", "maxLength", utf8_count(val_slice(v)));
  if (!*fits || pattern.type != VAL_TEXT) return LUMA_OK;
  return matches(env, val_slice(&pattern), val_slice(v), fits, err);
}

/* ---- lists ---- */

static status test_unique(struct func_env *env, const struct val *list, bool *fits,
                          struct err *err) {
  bool repeats = false;
  TRY(mongo__has_same_json(env, list, &repeats, err));
  *fits = !repeats;
  return LUMA_OK;
}

/** The schema of an element; MISSING: anything goes; `false`: nothing does. */
static struct val schema_of_element(const struct val *schema, uint32_t nth) {
  struct val items = part(schema, "items");
  if (items.type != VAL_LIST) return items;
  return nth < val_count(&items) ? val_at(&items, nth) : part(schema, "additionalItems");
}

/** A schema, or whether anything is good. */
static status test_either(struct func_env *env, const struct val *schema, const struct val *v,
                          bool *fits, struct err *err) {
  if (schema->type == VAL_MAP) return test(env, schema, v, fits, err);
  *fits = schema->type != VAL_BOOL || schema->boolean;
  return LUMA_OK;
}

static status test_list(struct func_env *env, const struct val *schema, const struct val *v,
                        bool *fits, struct err *err) {
  struct val unique = part(schema, "uniqueItems");
  uint32_t count = val_count(v);
  *fits = is_within(schema, "minItems", "maxItems", count);
  if (*fits && mongo_is_true(&unique)) TRY(test_unique(env, v, fits, err));
  for (uint32_t i = 0; i < count && *fits; i++) {
    struct val element = val_at(v, i), of = schema_of_element(schema, i);
    TRY(test_either(env, &of, &element, fits, err));
  }
  return LUMA_OK;
}

/* ---- documents ---- */

static bool has_all(const struct val *names, const struct val *v) {
  for (uint32_t i = 0; i < val_count(names); i++) {
    struct val name = val_at(names, i);
    if (val_field(v, val_slice(&name)).type == VAL_MISSING) return false;
  }
  return true;
}

/** What every schema that speaks of the field says; `additionalProperties` where none does. */
static status test_field(struct func_env *env, const struct val *schema, struct slice name,
                         const struct val *v, bool *fits, struct err *err) {
  struct val own = part(schema, "properties"), patterns = part(schema, "patternProperties");
  struct val named = own.type == VAL_MAP ? val_field(&own, name) : val_missing();
  bool is_spoken_of = named.type != VAL_MISSING;
  if (is_spoken_of) TRY(test(env, &named, v, fits, err));
  uint32_t count = patterns.type == VAL_MAP ? val_count(&patterns) : 0;
  for (uint32_t i = 0; i < count && *fits; i++) {
    struct slice pattern;
    bool speaks = false;
    struct val of = val_field_at(&patterns, i, &pattern);
    TRY(matches(env, pattern, name, &speaks, err));
    is_spoken_of |= speaks;
    if (speaks) TRY(test(env, &of, v, fits, err));
  }
  struct val others = part(schema, "additionalProperties");
  if (is_spoken_of || !*fits) return LUMA_OK;
  return test_either(env, &others, v, fits, err);
}

/** Where a field is there, others must be, or a schema holds. */
static status test_dependencies(struct func_env *env, const struct val *schema, const struct val *v,
                                bool *fits, struct err *err) {
  struct val dependencies = part(schema, "dependencies");
  uint32_t count = dependencies.type == VAL_MAP ? val_count(&dependencies) : 0;
  for (uint32_t i = 0; i < count && *fits; i++) {
    struct slice name;
    struct val of = val_field_at(&dependencies, i, &name);
    if (val_field(v, name).type == VAL_MISSING) continue;
    if (of.type == VAL_LIST)
      *fits = has_all(&of, v);
    else
      TRY(test(env, &of, v, fits, err));
  }
  return LUMA_OK;
}

static status test_map(struct func_env *env, const struct val *schema, const struct val *v,
                       bool *fits, struct err *err) {
  struct val required = part(schema, "required");
  *fits = is_within(schema, "minProperties", "maxProperties", val_count(v)) &&
          (required.type != VAL_LIST || has_all(&required, v));
  for (uint32_t i = 0; i < val_count(v) && *fits; i++) {
    struct slice name;
    struct val field = val_field_at(v, i, &name);
    TRY(test_field(env, schema, name, &field, fits, err));
  }
  return *fits ? test_dependencies(env, schema, v, fits, err) : LUMA_OK;
}

/* ---- schemas of schemas ---- */

/** How many of a list's schemas hold. */
static status count_fits(struct func_env *env, const struct val *schemas, const struct val *v,
                         uint32_t *count, struct err *err) {
  *count = 0;
  for (uint32_t i = 0; i < val_count(schemas); i++) {
    struct val schema = val_at(schemas, i);
    bool fits = true;
    TRY(test(env, &schema, v, &fits, err));
    *count += fits;
  }
  return LUMA_OK;
}

static status test_combined(struct func_env *env, const struct val *schema, const struct val *v,
                            bool *fits, struct err *err) {
  struct val all = part(schema, "allOf"), any = part(schema, "anyOf"), one = part(schema, "oneOf");
  struct val none = part(schema, "not");
  uint32_t count = 0;
  if (all.type == VAL_LIST) {
    TRY(count_fits(env, &all, v, &count, err));
    *fits &= count == val_count(&all);
  }
  if (any.type == VAL_LIST) {
    TRY(count_fits(env, &any, v, &count, err));
    *fits &= count > 0;
  }
  if (one.type == VAL_LIST) {
    TRY(count_fits(env, &one, v, &count, err));
    *fits &= count == 1;
  }
  if (none.type != VAL_MAP || !*fits) return LUMA_OK;
  TRY(test(env, &none, v, fits, err));
  *fits = !*fits;
  return LUMA_OK;
}

static status test(struct func_env *env, const struct val *schema, const struct val *v, bool *fits,
                   struct err *err) {
  TRY(fits_types(env, schema, v, fits, err));
  if (*fits && val_is_number(v)) TRY(test_number(env, schema, v, fits, err));
  if (*fits && v->type == VAL_TEXT) TRY(test_text(env, schema, v, fits, err));
  if (*fits && v->type == VAL_LIST) TRY(test_list(env, schema, v, fits, err));
  if (*fits && v->type == VAL_MAP) TRY(test_map(env, schema, v, fits, err));
  return *fits ? test_combined(env, schema, v, fits, err) : LUMA_OK;
}

status mongo__matches_schema(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  bool fits = true;
  (void)count;
  if (args[1].type != VAL_MAP) return mongo_fail(err, 14, "$jsonSchema must be an object");
  TRY(test(env, &args[1], &args[0], &fits, err));
  *out = val_bool(fits);
  return LUMA_OK;
}
