/* SPDX-License-Identifier: MIT */
/* Values: reading them, showing them, making them from parameters. */
#include "api/api_int.h"
#include "value/doc/lens.h"
#include "value/json/json.h"

enum luma_type luma_value_type(const luma_value *value) {
  return value ? (enum luma_type)api__val(value)->type : LUMA_MISSING;
}

bool luma_value_bool(const luma_value *value, bool *out) {
  if (!value || api__val(value)->type != VAL_BOOL) return false;
  *out = api__val(value)->boolean;
  return true;
}

bool luma_value_int64(const luma_value *value, int64_t *out) {
  if (!value) return false;
  const struct val *v = api__val(value);
  switch (v->type) {
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION:
  case VAL_BSONTIME: *out = v->integer; return true;
  default: return val_is_number(v) && val_to_int64(v, out);
  }
}

bool luma_value_float64(const luma_value *value, double *out) {
  if (!value || !val_is_number(api__val(value))) return false;
  *out = val_to_float64(api__val(value));
  return true;
}

const void *luma_value_bytes(const luma_value *value, size_t *bytes) {
  *bytes = 0;
  if (!value) return NULL;
  const struct val *v = api__val(value);
  switch (v->type) {
  case VAL_TEXT:
  case VAL_BYTES:
  case VAL_REGEX:
  case VAL_CODE:
  case VAL_VECTOR:
  case VAL_LIGHT: *bytes = v->bytes; return v->data ? (const void *)v->data : "";
  case VAL_ULID:
  case VAL_UUID: *bytes = sizeof v->id; return v->id;
  case VAL_OBJECTID: *bytes = 12; return v->id;
  default: return NULL;
  }
}

static bool is_container(const struct val *v) {
  return v->type == VAL_LIST || v->type == VAL_MAP;
}

uint32_t luma_value_count(const luma_value *value) {
  return value && is_container(api__val(value)) ? val_count(api__val(value)) : 0;
}

/* A value handed out lives in the result's step arena. */
static const luma_value *keep(luma_result *holder, struct val value) {
  if (value.type == VAL_MISSING) return NULL;
  struct val *kept = arena_copy(&holder->step, &value, sizeof value);
  return kept ? api__value(kept) : NULL;
}

const luma_value *luma_value_at(luma_result *holder, const luma_value *value, uint32_t index) {
  if (index >= luma_value_count(value)) return NULL;
  const struct val *v = api__val(value);
  struct slice name;
  return keep(holder, v->type == VAL_LIST ? val_at(v, index) : val_field_at(v, index, &name));
}

const char *luma_value_name(const luma_value *value, uint32_t index, size_t *bytes) {
  struct slice name = slice_of(NULL, 0);
  if (value && api__val(value)->type == VAL_MAP && index < val_count(api__val(value))) {
    (void)val_field_at(api__val(value), index, &name);
  }
  *bytes = name.bytes;
  return (const char *)name.data;
}

static bool is_id(const char *name) {
  return strcmp(name, "id") == 0;
}

/* The name's id in a dictionary. What was looked up last is remembered: loops read one field of
 * many documents. */
static uint16_t field_id(luma_result *holder, const struct names *names, const char *name) {
  struct api_field *last = &holder->field;
  if (last->names == names && strcmp(last->name, name) == 0) return last->id;
  uint16_t id = names_find(names, slice_of_text(name));
  if (id == NAMES_NONE && is_id(name)) id = NAMES_KEY_SLOT;
  size_t bytes = strlen(name);
  if (id != NAMES_NONE && bytes < sizeof last->name) {
    last->names = names;
    last->id = id;
    memcpy(last->name, name, bytes + 1);
  }
  return id;
}

const luma_value *luma_value_field(luma_result *holder, const luma_value *value, const char *name) {
  if (!value || api__val(value)->type != VAL_MAP) return NULL;
  const struct val *map = api__val(value);
  struct slice text = slice_of_text(name);
  const struct names *names = val_names(map);
  uint16_t id = names ? field_id(holder, names, name) : NAMES_NONE;
  struct val field = names ? val_field_id(map, id, text) : val_field(map, text);
  if (field.type == VAL_MISSING && is_id(name)) field = val_field(map, slice_of_text("_id"));
  return keep(holder, field);
}

static const char *show(luma_result *holder, const luma_value *value, enum json_form form,
                        size_t *bytes) {
  struct buf out;
  bool is_jql = holder->cursor && session_language(holder->cursor) == PLAN_JQL;
  struct json_write_options options = {.form = form, .key_name = is_jql ? "_id" : NULL};
  struct val missing = val_missing();
  buf_init(&out, (size_t)DOC_BYTES_MAX * 8);
  json_write(&out, value ? api__val(value) : &missing, &options);
  const char *text = NULL;
  if (buf_append_byte(&out, 0)) text = arena_copy(&holder->step, out.data, out.bytes);
  if (bytes) *bytes = text ? out.bytes - 1 : 0;
  buf_deinit(&out);
  return text;
}

const char *luma_json(luma_result *holder, const luma_value *value, size_t *bytes) {
  return show(holder, value, JSON_PLAIN, bytes);
}

const char *luma_tagged_json(luma_result *holder, const luma_value *value, size_t *bytes) {
  return show(holder, value, JSON_TAGGED, bytes);
}

/* ---- parameters ---- */

static status param_json(struct session *session, const luma_param *param, struct arena *arena,
                         struct val *value, struct err *err) {
  struct json_reader *reader;
  struct json_read_options options = {.form = JSON_TAGGED};
  struct buf out;
  TRY(session_json_reader(session, &reader, err));
  buf_init(&out, DOC_BYTES_MAX);
  status result =
      json_read_value(reader, api__text(param->data, param->bytes), &options, &out, value, err);
  if (result == LUMA_OK) {
    const uint8_t *copy = arena_copy(arena, out.data, out.bytes);
    if (copy)
      *value = val_decode(slice_of(copy, out.bytes), NULL);
    else
      result = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for a parameter");
  }
  buf_deinit(&out);
  return result;
}

static status param_id(const luma_param *param, enum val_type type, struct val *value,
                       struct err *err) {
  if (param->bytes != sizeof value->id)
    FAIL(err, LUMA_INVALID_ARGUMENT, "a ULID or UUID has 16 bytes");
  *value = (struct val){.type = (uint8_t)type};
  memcpy(value->id, param->data, sizeof value->id);
  return LUMA_OK;
}

status api__param(struct session *session, const luma_param *param, struct arena *arena,
                  struct val *value, struct err *err) {
  switch ((int)param->type) {
  case LUMA_MISSING:
  case LUMA_NULL: *value = val_null(); return LUMA_OK;
  case LUMA_BOOL: *value = val_bool(param->boolean); return LUMA_OK;
  case LUMA_INT32:
  case LUMA_INT64: *value = val_int64(param->integer); return LUMA_OK;
  case LUMA_FLOAT64: *value = val_float64(param->real); return LUMA_OK;
  case LUMA_TEXT: *value = val_text(api__text(param->data, param->bytes)); return LUMA_OK;
  case LUMA_BYTES:
    *value = val_text(slice_of(param->data, param->bytes));
    value->type = VAL_BYTES;
    return LUMA_OK;
  case LUMA_TIMESTAMP: *value = val_timestamp(param->integer); return LUMA_OK;
  case LUMA_DATE:
    *value = (struct val){.type = VAL_DATE, .integer = param->integer};
    return LUMA_OK;
  case LUMA_ULID: return param_id(param, VAL_ULID, value, err);
  case LUMA_UUID: return param_id(param, VAL_UUID, value, err);
  case LUMA_LIST:
  case LUMA_MAP: return param_json(session, param, arena, value, err);
  default:
    FAIL(err, LUMA_INVALID_ARGUMENT, "a parameter of type %s is given as JSON in a map or list",
         luma_type_name(param->type));
  }
}

status api__params(struct session *session, const luma_param *params, size_t count,
                   struct arena *arena, struct query_params *out, struct err *err) {
  *out = (struct query_params){0};
  if (count == 0) return LUMA_OK;
  struct val *values = arena_zalloc(arena, count, sizeof *values);
  struct slice *names = arena_zalloc(arena, count, sizeof *names);
  if (!values || !names || count > UINT32_MAX)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for parameters");
  bool has_names = false;
  for (size_t i = 0; i < count; i++) {
    TRY(api__param(session, &params[i], arena, &values[i], err));
    if (params[i].name) names[i] = slice_of_text(params[i].name);
    has_names |= params[i].name != NULL;
  }
  *out = (struct query_params){
      .values = values, .names = has_names ? names : NULL, .count = (uint32_t)count};
  return LUMA_OK;
}
