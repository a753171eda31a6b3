/* SPDX-License-Identifier: MIT */
/* {"$jsonSchema": …}: the schema is checked here, keyword by keyword, and tested by a function of
 * query/mongo. */
#include <stdlib.h>

#include "query/lang/jql/expression_int.h"
#include "value/order/order.h"

enum keyword_kind {
  KEYWORD_TEXT,
  KEYWORD_COUNT,
  KEYWORD_NUMBER,
  KEYWORD_POSITIVE,
  KEYWORD_BOOL,
  KEYWORD_TYPES,
  KEYWORD_BSON_TYPES,
  KEYWORD_VALUES,
  KEYWORD_NAMES,
  KEYWORD_SCHEMA,
  KEYWORD_SCHEMAS,
  KEYWORD_SCHEMA_MAP,
  KEYWORD_EITHER, /* a schema, or true or false */
  KEYWORD_ITEMS,  /* a schema, or a list of them */
  KEYWORD_DEPENDENCIES,
  KEYWORD_REFUSED
};

struct keyword {
  const char *name;
  enum keyword_kind kind;
};

static const struct keyword keywords[] = {
    {"additionalItems", KEYWORD_EITHER},
    {"additionalProperties", KEYWORD_EITHER},
    {"allOf", KEYWORD_SCHEMAS},
    {"anyOf", KEYWORD_SCHEMAS},
    {"bsonType", KEYWORD_BSON_TYPES},
    {"dependencies", KEYWORD_DEPENDENCIES},
    {"description", KEYWORD_TEXT},
    {"enum", KEYWORD_VALUES},
    {"exclusiveMaximum", KEYWORD_BOOL},
    {"exclusiveMinimum", KEYWORD_BOOL},
    {"items", KEYWORD_ITEMS},
    {"maxItems", KEYWORD_COUNT},
    {"maxLength", KEYWORD_COUNT},
    {"maxProperties", KEYWORD_COUNT},
    {"maximum", KEYWORD_NUMBER},
    {"minItems", KEYWORD_COUNT},
    {"minLength", KEYWORD_COUNT},
    {"minProperties", KEYWORD_COUNT},
    {"minimum", KEYWORD_NUMBER},
    {"multipleOf", KEYWORD_POSITIVE},
    {"not", KEYWORD_SCHEMA},
    {"oneOf", KEYWORD_SCHEMAS},
    {"pattern", KEYWORD_TEXT},
    {"patternProperties", KEYWORD_SCHEMA_MAP},
    {"properties", KEYWORD_SCHEMA_MAP},
    {"required", KEYWORD_NAMES},
    {"title", KEYWORD_TEXT},
    {"type", KEYWORD_TYPES},
    {"uniqueItems", KEYWORD_BOOL},
    {"$ref", KEYWORD_REFUSED},
    {"$schema", KEYWORD_REFUSED},
    {"default", KEYWORD_REFUSED},
    {"definitions", KEYWORD_REFUSED},
    {"format", KEYWORD_REFUSED},
    {"id", KEYWORD_REFUSED},
};

enum { KEYWORDS = sizeof keywords / sizeof keywords[0] };

static status check_schema(const struct jql *jql, const struct jql_node *schema);

static status fail_kind(const struct jql *jql, const struct jql_node *node, const char *wanted) {
  return jql__fail_code(jql, node, 14, "$jsonSchema keyword '%.*s' must be %s",
                        SLICE_ARG(node->name), wanted);
}

/* ---- types ---- */

static bool is_among(struct slice name, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (slice_is_equal(name, slice_of_text(names[i]))) return true;
  return false;
}

static status check_type(const struct jql *jql, const struct jql_node *node, bool is_bson) {
  static const char *const json[] = {"object", "array", "number", "boolean", "string", "null"};
  static const char *const bson[] = {"double",   "string",
                                     "object",   "array",
                                     "binData",  "undefined",
                                     "objectId", "bool",
                                     "date",     "null",
                                     "regex",    "dbPointer",
                                     "symbol",   "javascript",
                                     "int",      "timestamp",
                                     "long",     "decimal",
                                     "minKey",   "maxKey",
                                     "number",   "javascriptWithScope"};
  struct slice name = val_slice(&node->value);
  bool known = is_bson ? is_among(name, bson, sizeof bson / sizeof *bson)
                       : is_among(name, json, sizeof json / sizeof *json);
  if (known) return LUMA_OK;
  if (!is_bson && slice_is_equal(name, slice_of_text("integer")))
    return jql__fail_code(jql, node, 9, "$jsonSchema type 'integer' is not currently supported.");
  return jql__fail_code(jql, node, 2, "Unknown type name alias: %.*s", SLICE_ARG(name));
}

/** Texts, each once, and at least one. */
static status check_names(const struct jql *jql, const struct jql_node *node) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node name;
  if (node->value.type != VAL_LIST) return fail_kind(jql, node, "an array");
  if (each.count == 0)
    return jql__fail_code(jql, node, 9, "$jsonSchema keyword '%.*s' cannot be an empty array",
                          SLICE_ARG(node->name));
  while (jql__next(&each, &name)) {
    if (name.value.type != VAL_TEXT) return fail_kind(jql, node, "an array of strings");
    for (uint32_t i = 0; i < name.index; i++) {
      struct val other = val_at(&node->value, i);
      if (slice_is_equal(val_slice(&other), val_slice(&name.value)))
        return jql__fail_code(jql, &name, 9,
                              "$jsonSchema keyword '%.*s' array cannot contain duplicate values",
                              SLICE_ARG(node->name));
    }
  }
  return LUMA_OK;
}

static status check_types(const struct jql *jql, const struct jql_node *node, bool is_bson) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node name;
  if (node->value.type == VAL_TEXT) return check_type(jql, node, is_bson);
  if (node->value.type != VAL_LIST)
    return fail_kind(jql, node, "either a string or an array of strings");
  TRY(check_names(jql, node));
  while (jql__next(&each, &name)) TRY(check_type(jql, &name, is_bson));
  return LUMA_OK;
}

/* ---- numbers ---- */

static status check_number(const struct jql *jql, const struct jql_node *node,
                           enum keyword_kind kind) {
  int64_t whole = 0;
  if (!val_is_number(&node->value) && kind != KEYWORD_COUNT)
    return fail_kind(jql, node, "a number");
  if (kind == KEYWORD_POSITIVE && !(val_to_float64(&node->value) > 0))
    return jql__fail_code(jql, node, 9, "$jsonSchema keyword '%.*s' must have a positive value",
                          SLICE_ARG(node->name));
  if (kind == KEYWORD_COUNT &&
      (!val_is_number(&node->value) || !val_to_int64(&node->value, &whole) || whole < 0))
    return jql__fail_code(jql, node, 9,
                          "$jsonSchema keyword '%.*s' must be a whole number that is not negative",
                          SLICE_ARG(node->name));
  return LUMA_OK;
}

/** draft 4: exclusiveMinimum speaks of the minimum beside it. */
static status check_bool(const struct jql *jql, const struct jql_node *node) {
  bool low = jql_is_named(node, "exclusiveMinimum"), high = jql_is_named(node, "exclusiveMaximum");
  const char *beside = low ? "minimum" : "maximum";
  if (node->value.type != VAL_BOOL) return fail_kind(jql, node, "a boolean");
  if (!low && !high) return LUMA_OK;
  if (val_field(&node->parent->value, slice_of_text(beside)).type != VAL_MISSING) return LUMA_OK;
  return jql__fail_code(jql, node, 9, "$jsonSchema keyword '%.*s' needs '%s' beside it",
                        SLICE_ARG(node->name), beside);
}

/* ---- schemas within ---- */

static status check_list(const struct jql *jql, const struct jql_node *node) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node schema;
  if (node->value.type != VAL_LIST) return fail_kind(jql, node, "an array");
  if (each.count == 0 && !jql_is_named(node, "items"))
    return jql__fail_code(jql, node, 9, "$jsonSchema keyword '%.*s' must be a non-empty array",
                          SLICE_ARG(node->name));
  while (jql__next(&each, &schema)) TRY(check_schema(jql, &schema));
  return LUMA_OK;
}

static status check_map(const struct jql *jql, const struct jql_node *node, bool takes_names) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node schema;
  if (node->value.type != VAL_MAP) return fail_kind(jql, node, "an object");
  while (jql__next(&each, &schema)) {
    if (takes_names && schema.value.type == VAL_LIST)
      TRY(check_names(jql, &schema));
    else
      TRY(check_schema(jql, &schema));
  }
  return LUMA_OK;
}

static int compare_values(const void *a, const void *b) {
  return val_compare(a, b);
}

static status check_values(const struct jql *jql, const struct jql_node *node) {
  if (node->value.type != VAL_LIST) return fail_kind(jql, node, "an array");
  uint32_t count = val_count(&node->value);
  if (count == 0)
    return jql__fail_code(jql, node, 9, "$jsonSchema keyword 'enum' cannot be an empty array");
  struct val *values = arena_alloc(jql->arena, count * sizeof *values);
  TRY(jql__made(jql, values));
  for (uint32_t i = 0; i < count; i++) values[i] = val_at(&node->value, i);
  qsort(values, count, sizeof *values, compare_values);
  for (uint32_t i = 1; i < count; i++)
    if (val_compare(&values[i - 1], &values[i]) == 0)
      return jql__fail_code(jql, node, 9,
                            "$jsonSchema keyword 'enum' array cannot contain duplicate values");
  return LUMA_OK;
}

static status check_keyword(const struct jql *jql, const struct jql_node *node,
                            enum keyword_kind kind) {
  switch (kind) {
  case KEYWORD_TEXT:
    return node->value.type == VAL_TEXT ? LUMA_OK : fail_kind(jql, node, "a string");
  case KEYWORD_COUNT:
  case KEYWORD_NUMBER:
  case KEYWORD_POSITIVE: return check_number(jql, node, kind);
  case KEYWORD_BOOL: return check_bool(jql, node);
  case KEYWORD_TYPES: return check_types(jql, node, false);
  case KEYWORD_BSON_TYPES: return check_types(jql, node, true);
  case KEYWORD_VALUES: return check_values(jql, node);
  case KEYWORD_NAMES: return check_names(jql, node);
  case KEYWORD_SCHEMA: return check_schema(jql, node);
  case KEYWORD_SCHEMAS: return check_list(jql, node);
  case KEYWORD_SCHEMA_MAP: return check_map(jql, node, false);
  case KEYWORD_DEPENDENCIES: return check_map(jql, node, true);
  case KEYWORD_EITHER: return node->value.type == VAL_BOOL ? LUMA_OK : check_schema(jql, node);
  case KEYWORD_ITEMS:
    return node->value.type == VAL_LIST ? check_list(jql, node) : check_schema(jql, node);
  case KEYWORD_REFUSED: break;
  }
  return jql__fail_code(jql, node, 9, "$jsonSchema keyword '%.*s' is not currently supported",
                        SLICE_ARG(node->name));
}

static status check_schema(const struct jql *jql, const struct jql_node *schema) {
  struct jql_each each = jql__each(jql, schema);
  struct jql_node node;
  bool has_type = val_field(&schema->value, slice_of_text("type")).type != VAL_MISSING;
  if (schema->value.type != VAL_MAP) return fail_kind(jql, schema, "an object");
  if (has_type && val_field(&schema->value, slice_of_text("bsonType")).type != VAL_MISSING)
    return jql__fail_code(jql, schema, 9,
                          "Cannot specify both $jsonSchema keywords 'type' and 'bsonType'");
  while (jql__next(&each, &node)) {
    const struct keyword *keyword = NULL;
    for (size_t i = 0; i < KEYWORDS && !keyword; i++)
      if (jql_is_named(&node, keywords[i].name)) keyword = &keywords[i];
    if (keyword) {
      TRY(check_keyword(jql, &node, keyword->kind));
      continue;
    }
    status failed = jql__fail_unknown(jql, &node, "a keyword of $jsonSchema", keywords, KEYWORDS,
                                      sizeof *keywords);
    if (jql->err) jql->err->foreign = 9;
    return failed;
  }
  return LUMA_OK;
}

status jql__json_schema(const struct jql *jql, const struct jql_node *node, struct match **match) {
  struct expr *parts[2], *call = NULL;
  const struct jql_args args = {.items = parts, .count = 2};
  if (node->value.type != VAL_MAP)
    return jql__fail_code(jql, node, 14, "$jsonSchema must be an object");
  TRY(check_schema(jql, node));
  TRY(jql__row(jql, node, &parts[0]));
  TRY(jql__const(jql, node, &parts[1]));
  TRY(jql__call(jql, node, "$matchesSchema", &args, &call));
  *match = match_node(jql->arena, MATCH_EXPR, NULL, 0, node->offset);
  TRY(jql__made(jql, *match));
  (*match)->expression = call;
  return LUMA_OK;
}
