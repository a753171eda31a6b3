/* SPDX-License-Identifier: MIT */
/* Operators of objects, and of the sizes of values in BSON. */
#include "query/mongo/mongo_int.h"

status mongo__merge_objects(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  struct mongo_build made;
  bool is_list = count == 1 && args[0].type == VAL_LIST;
  uint32_t objects = is_list ? val_count(&args[0]) : count;
  mongo__begin(&made, env);
  build_begin_map(&made.build);
  for (uint32_t i = 0; i < objects; i++) {
    struct val object = is_list ? val_at(&args[0], i) : args[i];
    if (val_is_null(&object)) continue;
    if (object.type != VAL_MAP)
      return mongo__abandon(&made, mongo_fail(err, 40400,
                                              "$mergeObjects requires object inputs, but input is "
                                              "of type %s",
                                              mongo_type_name(&object)));
    build_put_fields(&made.build, &object);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

status mongo__object_to_array(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  (void)count;
  struct mongo_build made;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_MAP)
    return mongo_fail(err, 40390, "$objectToArray requires a document input, found: %s",
                      mongo_type_name(&args[0]));
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct slice name;
    struct val value = val_field_at(&args[0], i, &name), key = val_text(name);
    build_begin_map(&made.build);
    build_name(&made.build, slice_of_text("k"));
    build_put(&made.build, &key);
    build_name(&made.build, slice_of_text("v"));
    build_put(&made.build, &value);
    build_end(&made.build);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

static status check_key(const struct val *key, uint32_t code, struct err *err) {
  if (key->type != VAL_TEXT)
    return mongo_fail(err, code, "$arrayToObject requires a key to be a string, found: %s",
                      mongo_type_name(key));
  if (memchr(key->data, 0, key->bytes))
    return mongo_fail(err, 4940401, "Key field cannot contain an embedded null byte");
  return LUMA_OK;
}

/** A pair of $arrayToObject: [k, v] or {k, v}. */
static status read_pair(const struct val *pair, struct val *key, struct val *value,
                        struct err *err) {
  if (pair->type == VAL_LIST) {
    if (val_count(pair) != 2)
      return mongo_fail(
          err, 40397, "$arrayToObject requires an array of size 2 arrays, found array of size: %u",
          val_count(pair));
    *key = val_at(pair, 0);
    *value = val_at(pair, 1);
    return check_key(key, 40395, err);
  }
  *key = val_field(pair, slice_of_text("k"));
  *value = val_field(pair, slice_of_text("v"));
  if (val_count(pair) != 2)
    return mongo_fail(err, 40392,
                      "$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect "
                      "number of keys: %u",
                      val_count(pair));
  if (key->type == VAL_MISSING || value->type == VAL_MISSING)
    return mongo_fail(err, 40393, "$arrayToObject requires an object with keys 'k' and 'v'");
  return check_key(key, 40394, err);
}

status mongo__array_to_object(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  (void)count;
  struct mongo_build made;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_LIST)
    return mongo_fail(err, 40386, "$arrayToObject requires an array input, found: %s",
                      mongo_type_name(&args[0]));
  uint8_t first = val_count(&args[0]) ? val_at(&args[0], 0).type : VAL_LIST;
  if (first != VAL_LIST && first != VAL_MAP)
    return mongo_fail(err, 40398, "Unrecognised input type format for $arrayToObject");
  mongo__begin(&made, env);
  build_begin_map(&made.build);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct val pair = val_at(&args[0], i), key = {0}, value = {0};
    if (pair.type != first)
      return mongo__abandon(&made, mongo_fail(err, first == VAL_LIST ? 40396 : 40391,
                                              "$arrayToObject requires a consistent input format; "
                                              "elements must all be arrays or all be objects"));
    status read = read_pair(&pair, &key, &value, err);
    if (read != LUMA_OK) return mongo__abandon(&made, read);
    build_name(&made.build, val_slice(&key));
    mongo__put(&made, &value);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

/* ---- fields by name: field, input, value ---- */

status mongo__get_field(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)env, (void)count;
  if (!word_is_given(&args[0]))
    return mongo_fail(err, 3041702, "$getField requires 'field' to be specified");
  if (!word_is_given(&args[1]))
    return mongo_fail(err, 3041703, "$getField requires 'input' to be specified");
  if (args[0].type != VAL_TEXT)
    return mongo_fail(err, 3041704,
                      "$getField requires 'field' to evaluate to type String, but got %s",
                      mongo_type_name(&args[0]));
  *out = val_is_null(&args[1]) ? args[1] : val_missing();
  if (args[1].type == VAL_MAP) *out = val_field(&args[1], val_slice(&args[0]));
  return LUMA_OK;
}

static status put_field(struct func_env *env, const struct val *args, const struct val *value,
                        struct val *out, struct err *err) {
  struct mongo_build made;
  bool placed = false;
  mongo__begin(&made, env);
  build_begin_map(&made.build);
  for (uint32_t i = 0; i < val_count(&args[1]); i++) {
    struct slice name;
    struct val field = val_field_at(&args[1], i, &name);
    bool is_it = slice_is_equal(name, val_slice(&args[0]));
    placed |= is_it;
    build_name(&made.build, name);
    build_put(&made.build, is_it ? value : &field);
  }
  if (!placed) {
    build_name(&made.build, val_slice(&args[0]));
    build_put(&made.build, value);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

static status change_field(struct func_env *env, const char *name, const struct val *args,
                           const struct val *value, struct val *out, struct err *err) {
  *out = val_null();
  if (!word_is_given(&args[0]))
    return mongo_fail(err, 4161102, "%s requires 'field' to be specified", name);
  if (!word_is_given(&args[1]))
    return mongo_fail(err, 4161109, "%s requires 'input' to be specified", name);
  if (!word_is_given(value))
    return mongo_fail(err, 4161103, "%s requires 'value' to be specified", name);
  if (args[0].type != VAL_TEXT)
    return mongo_fail(err, 4161107, "%s requires 'field' to evaluate to type String, but got %s",
                      name, mongo_type_name(&args[0]));
  if (val_is_null(&args[1])) return LUMA_OK;
  if (args[1].type != VAL_MAP)
    return mongo_fail(err, 4161105, "%s requires 'input' to evaluate to type Object", name);
  return put_field(env, args, value, out, err);
}

status mongo__set_field(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  return change_field(env, "$setField", args, &args[2], out, err);
}

status mongo__unset_field(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  struct val nothing = val_missing();
  return change_field(env, "$unsetField", args, &nothing, out, err);
}

/* ---- sizes ---- */

static uint64_t bson_bytes(const struct val *v);

static uint64_t bson_bytes_of_list(const struct val *list) {
  uint64_t bytes = 5, digits = 1, limit = 10;
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    if (i == limit) digits++, limit *= 10;
    bytes += 2 + digits + bson_bytes(&element);
  }
  return bytes;
}

static uint64_t bson_bytes_of_map(const struct val *map) {
  uint64_t bytes = 5;
  for (uint32_t i = 0; i < val_count(map); i++) {
    struct slice name;
    struct val field = val_field_at(map, i, &name);
    bytes += 2 + name.bytes + bson_bytes(&field);
  }
  return bytes;
}

/** Bytes of a value in BSON (https://bsonspec.org/spec.html), its name and tag aside. */
static uint64_t bson_bytes(const struct val *v) {
  switch ((int)v->type) {
  case VAL_NULL:
  case VAL_MISSING:
  case VAL_MINKEY:
  case VAL_MAXKEY: return 0;
  case VAL_BOOL: return 1;
  case VAL_INT32: return 4;
  case VAL_INT64: return v->integer >= INT32_MIN && v->integer <= INT32_MAX ? 4 : 8;
  case VAL_OBJECTID: return 12;
  case VAL_DECIMAL: return 16;
  case VAL_UUID:
  case VAL_ULID: return 21;
  case VAL_TEXT:
  case VAL_CODE: return 5 + (uint64_t)v->bytes;
  case VAL_BYTES: return 5 + (uint64_t)v->bytes;
  case VAL_REGEX: return 1 + (uint64_t)v->bytes;
  case VAL_LIST: return bson_bytes_of_list(v);
  case VAL_MAP: return bson_bytes_of_map(v);
  default: break;
  }
  return 8;
}

status mongo__bson_size(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)env, (void)count;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_MAP)
    return mongo_fail(err, 31393, "$bsonSize requires a document input, found: %s",
                      mongo_type_name(&args[0]));
  *out = mongo__integer((int64_t)bson_bytes(&args[0]));
  return LUMA_OK;
}

status mongo__binary_size(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)env, (void)count;
  const struct val *v = &args[0];
  *out = val_null();
  if (val_is_null(v)) return LUMA_OK;
  if (v->type != VAL_TEXT && v->type != VAL_BYTES && v->type != VAL_UUID)
    return mongo_fail(err, 51276, "$binarySize requires a string or BinData argument, found: %s",
                      mongo_type_name(v));
  *out = val_int32(v->type == VAL_UUID ? 16 : (int32_t)v->bytes);
  return LUMA_OK;
}

/* ---- what $lookup looks up ---- */

/** Counts the values that a path leads to; `build` takes them, unless it is NULL. */
struct visit {
  struct mongo_build *made;
  uint32_t count;
  struct val last;
};

static void visit_value(struct visit *visit, const struct val *v) {
  if (v->type == VAL_MISSING) return;
  visit->count++;
  visit->last = *v;
  if (visit->made) mongo__put(visit->made, v);
}

/** The elements of a list at the path's end are values, lists among them. */
static void visit_end(struct visit *visit, const struct val *v) {
  if (v->type != VAL_LIST) {
    visit_value(visit, v);
    return;
  }
  for (uint32_t i = 0; i < val_count(v); i++) {
    struct val element = val_at(v, i);
    visit_value(visit, &element);
  }
}

static bool is_place(struct slice name, uint32_t *place) {
  uint64_t number = 0;
  bool is_one = name.bytes > 0 && name.bytes < 10 && (name.bytes == 1 || name.data[0] != '0');
  for (size_t i = 0; is_one && i < name.bytes; i++) {
    is_one = name.data[i] >= '0' && name.data[i] <= '9';
    number = number * 10 + (uint64_t)(name.data[i] - '0');
  }
  *place = (uint32_t)number;
  return is_one;
}

/** Each step of the path takes one level of the document: it ends as that does. */
static void visit_path(struct visit *visit, const struct val *v, struct slice path) {
  const uint8_t *dot = path.bytes ? memchr(path.data, '.', path.bytes) : NULL;
  struct slice name = dot ? slice_of(path.data, (size_t)(dot - path.data)) : path;
  struct slice rest = dot ? slice_of(dot + 1, path.bytes - name.bytes - 1) : slice_of(NULL, 0);
  struct val next = val_missing();
  uint32_t place = 0;
  if (path.bytes == 0) {
    visit_end(visit, v);
  } else if (v->type == VAL_MAP) {
    next = val_field(v, name);
    visit_path(visit, &next, rest);
  } else if (v->type == VAL_LIST && is_place(name, &place)) {
    next = val_at(v, place);
    visit_path(visit, &next, rest);
  } else if (v->type == VAL_LIST) {
    for (uint32_t i = 0; i < val_count(v); i++) {
      next = val_at(v, i);
      if (next.type == VAL_MAP) visit_path(visit, &next, path);
    }
  }
}

/** document, path: the only value that the path leads to, or a list of them; null for none. */
status mongo__lookup_values(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)count;
  struct visit visit = {0};
  struct mongo_build made;
  visit_path(&visit, &args[0], val_slice(&args[1]));
  *out = visit.count ? visit.last : val_null();
  if (visit.count < 2 && out->type != VAL_LIST) return LUMA_OK;
  mongo__begin(&made, env);
  visit.made = &made;
  build_begin_list(&made.build);
  visit_path(&visit, &args[0], val_slice(&args[1]));
  build_end(&made.build);
  return mongo__end(&made, out, err);
}
