/* SPDX-License-Identifier: MIT */
/* MongoDB's filters whose attributes get other names. They are documents: a name is a key that is
 * no operator, or within $expr a text that begins with one dollar. */
#include "query/rule/rule_int.h"
#include "value/doc/build.h"
#include "value/json/json.h"

struct matching {
  const struct val *renames;
  struct build build;
  struct buf room; /* of one name */
};

/* A dotted path, or one behind `prefix`, with its first step under its new name. */
static struct slice renamed(struct matching *matching, struct slice path, const char *prefix) {
  size_t begin = strlen(prefix), end = begin;
  if (path.bytes < begin || memcmp(path.data, prefix, begin) != 0) return path;
  while (end < path.bytes && path.data[end] != '.') end++;
  struct val to = val_field(matching->renames, slice_of(path.data + begin, end - begin));
  if (to.type != VAL_TEXT) return path;
  buf_reset(&matching->room);
  buf_append_text(&matching->room, prefix);
  buf_append_slice(&matching->room, val_slice(&to));
  buf_append(&matching->room, path.data + end, path.bytes - end);
  return buf_slice(&matching->room);
}

static bool is(struct slice name, const char *text) {
  return slice_is_equal(name, slice_of_text(text));
}

/* ---- $expr ---- */

static void put_path(struct matching *matching, struct slice text) {
  static const char *const prefixes[] = {"$$ROOT.", "$$CURRENT.", "$"};
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
    size_t bytes = strlen(prefixes[i]);
    if (text.bytes < bytes || memcmp(text.data, prefixes[i], bytes) != 0) continue;
    text = renamed(matching, text, prefixes[i]);
    break;
  }
  struct val value = val_text(text);
  build_put(&matching->build, &value);
}

static void put_expression(struct matching *matching, const struct val *value) {
  if (value->type == VAL_TEXT) {
    put_path(matching, val_slice(value));
  } else if (value->type == VAL_LIST) {
    build_begin_list(&matching->build);
    for (uint32_t i = 0; i < val_count(value); i++) {
      struct val one = val_at(value, i);
      put_expression(matching, &one);
    }
    build_end(&matching->build);
  } else if (value->type == VAL_MAP) {
    build_begin_map(&matching->build);
    for (uint32_t i = 0; i < val_count(value); i++) {
      struct slice name;
      struct val one = val_field_at(value, i, &name);
      build_name(&matching->build, name);
      if (is(name, "$literal"))
        build_put(&matching->build, &one);
      else
        put_expression(matching, &one);
    }
    build_end(&matching->build);
  } else {
    build_put(&matching->build, value);
  }
}

/* ---- $jsonSchema ---- */

static void put_schema(struct matching *matching, const struct val *schema);

static void put_schemas(struct matching *matching, const struct val *list) {
  build_begin_list(&matching->build);
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val one = val_at(list, i);
    put_schema(matching, &one);
  }
  build_end(&matching->build);
}

static void put_required(struct matching *matching, const struct val *names) {
  build_begin_list(&matching->build);
  for (uint32_t i = 0; i < val_count(names); i++) {
    struct val name = val_at(names, i);
    if (name.type == VAL_TEXT) name = val_text(renamed(matching, val_slice(&name), ""));
    build_put(&matching->build, &name);
  }
  build_end(&matching->build);
}

static void put_properties(struct matching *matching, const struct val *map) {
  build_begin_map(&matching->build);
  for (uint32_t i = 0; i < val_count(map); i++) {
    struct slice name;
    struct val value = val_field_at(map, i, &name);
    build_name(&matching->build, renamed(matching, name, ""));
    build_put(&matching->build, &value);
  }
  build_end(&matching->build);
}

/* What speaks of the document itself; what is inside an attribute has names of its own. */
static void put_schema(struct matching *matching, const struct val *schema) {
  if (schema->type != VAL_MAP) {
    build_put(&matching->build, schema);
    return;
  }
  build_begin_map(&matching->build);
  for (uint32_t i = 0; i < val_count(schema); i++) {
    struct slice name;
    struct val value = val_field_at(schema, i, &name);
    build_name(&matching->build, name);
    if (is(name, "required") && value.type == VAL_LIST)
      put_required(matching, &value);
    else if (is(name, "properties") && value.type == VAL_MAP)
      put_properties(matching, &value);
    else if ((is(name, "allOf") || is(name, "anyOf") || is(name, "oneOf")) &&
             value.type == VAL_LIST)
      put_schemas(matching, &value);
    else if (is(name, "not"))
      put_schema(matching, &value);
    else
      build_put(&matching->build, &value);
  }
  build_end(&matching->build);
}

/* ---- the filter ---- */

static void put_filter(struct matching *matching, const struct val *filter) {
  build_begin_map(&matching->build);
  for (uint32_t i = 0; i < val_count(filter); i++) {
    struct slice name;
    struct val value = val_field_at(filter, i, &name);
    bool is_operator = name.bytes && name.data[0] == '$';
    build_name(&matching->build, is_operator ? name : renamed(matching, name, ""));
    if (is(name, "$expr")) {
      put_expression(matching, &value);
    } else if (is(name, "$jsonSchema")) {
      put_schema(matching, &value);
    } else if (is_operator && value.type == VAL_LIST) {
      build_begin_list(&matching->build);
      for (uint32_t k = 0; k < val_count(&value); k++) {
        struct val one = val_at(&value, k);
        put_filter(matching, &one);
      }
      build_end(&matching->build);
    } else {
      build_put(&matching->build, &value);
    }
  }
  build_end(&matching->build);
}

static status rename_filter(struct matching *matching, const struct val *filter, struct buf *out,
                            struct err *err) {
  struct json_write_options options = {.form = JSON_TAGGED, .key_name = "_id"};
  struct slice built;
  if (filter->type != VAL_MAP) FAIL(err, LUMA_INVALID_ARGUMENT, "a filter is a document");
  put_filter(matching, filter);
  TRY(build_finish(&matching->build, &built, err));
  struct val made = val_decode(built, NULL);
  json_write(out, &made, &options);
  return buf_check(out, "a filter", err);
}

status rule__rename_match(const struct soul_rule *rule, const struct val *renames, struct buf *out,
                          struct err *err) {
  struct matching matching = {.renames = renames};
  struct json_read_options options = {.form = JSON_TAGGED};
  struct buf read, room;
  struct val filter;
  buf_init(&read, DOC_BYTES_MAX);
  buf_init(&room, DOC_BYTES_MAX);
  buf_init(&matching.room, DOC_BYTES_MAX);
  build_init(&matching.build, &room, NULL);
  status result = json_read_once(rule->text, &options, &read, &filter, err);
  if (result == LUMA_OK) result = rename_filter(&matching, &filter, out, err);
  build_deinit(&matching.build);
  buf_deinit(&matching.room);
  buf_deinit(&room);
  buf_deinit(&read);
  return result;
}
