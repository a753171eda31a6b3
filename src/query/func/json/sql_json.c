/* SPDX-License-Identifier: MIT */
/* JSON_VALUE, JSON_QUERY, JSON_EXISTS and the rows of JSON_TABLE, as SQL:2016 and PostgreSQL 17
 * have them: what a path leads to, made a value of a type, and what stands for it where there is
 * nothing or where it cannot be made. What a statement says of that comes in `mode`, four letters.
 */
#include "query/func/func_int.h"
#include "query/func/json/json_paths.h"
#include "value/doc/build.h"
#include "value/json/json.h"

/* Arguments behind document and path; those at the end may be left out. */
enum {
  ARG_VARIABLES = 2, /* a document, or NULL */
  ARG_MODE,          /* MODE_LETTERS letters */
  ARG_TYPE,          /* a type's name and numbers, or NULL: the value as it is */
  ARG_FIRST,
  ARG_SECOND,
  ARG_ON_EMPTY, /* of DEFAULT */
  ARG_ON_ERROR
};

/* In `mode`: the wrapper (n none, u always, c where there are several), the quotes of a text (k
 * kept, o omitted), what stands for nothing and for an error (n NULL, e an error, a [], o {}, d
 * DEFAULT, t true, f false, u unknown). */
enum { MODE_WRAPPER, MODE_QUOTES, MODE_EMPTY, MODE_ERROR, MODE_LETTERS };

struct picking {
  struct func_env *env;
  const struct val *args;
  uint32_t count;
  const char *name;
  uint8_t mode[MODE_LETTERS];
  struct val document;
  struct val *items;
  uint32_t found;
};

static bool has(const struct picking *picking, uint32_t arg) {
  return arg < picking->count && !val_is_null(&picking->args[arg]);
}

static status begin(struct picking *picking, struct func_env *env, const struct val *args,
                    uint32_t count, const char *name, const char *mode, struct err *err) {
  *picking = (struct picking){.env = env, .args = args, .count = count, .name = name};
  memcpy(picking->mode, mode, MODE_LETTERS);
  if (!has(picking, ARG_MODE)) return LUMA_OK;
  const struct val *given = &args[ARG_MODE];
  if (given->type != VAL_TEXT || given->bytes != MODE_LETTERS)
    FAIL(err, LUMA_INVALID_ARGUMENT, "%s takes a mode of %d letters", name, MODE_LETTERS);
  memcpy(picking->mode, given->data, MODE_LETTERS);
  return LUMA_OK;
}

/** A text that looks so is JSON; any other value stands for itself. */
static status read_document(struct func_env *env, const struct val *given, struct val *document,
                            struct err *err) {
  size_t at = 0;
  *document = *given;
  if (given->type != VAL_TEXT) return LUMA_OK;
  while (at < given->bytes && given->data[at] <= ' ') at++;
  bool looks = at < given->bytes && (given->data[at] == '{' || given->data[at] == '[');
  return looks ? func__read_json(env, val_slice(given), document, err) : LUMA_OK;
}

static status find_items(struct picking *picking, struct err *err) {
  const struct val *args = picking->args;
  struct val asked[3] = {picking->document, args[1], val_null()};
  bool has_variables = has(picking, ARG_VARIABLES);
  if (has_variables) asked[2] = args[ARG_VARIABLES];
  return func__path_items(picking->env, asked, has_variables ? 3 : 2, &picking->items,
                          &picking->found, err);
}

/* ---- what stands for nothing, and for errors ---- */

static status as_type(const struct picking *picking, const struct val *value, struct val *out,
                      struct err *err) {
  *out = *value;
  if (!has(picking, ARG_TYPE) || val_is_null(value)) return LUMA_OK;
  struct val args[4] = {*value, picking->args[ARG_TYPE]};
  uint32_t count = 2;
  if (has(picking, ARG_FIRST)) args[count++] = picking->args[ARG_FIRST];
  if (has(picking, ARG_SECOND)) args[count++] = picking->args[ARG_SECOND];
  return func__cast(picking->env, args, count, out, err);
}

static status made_empty(struct func_env *env, bool is_map, struct val *out, struct err *err) {
  struct build build;
  if (is_map)
    func__map_begin(env, &build);
  else
    func__list_begin(env, &build);
  return func__built(env, &build, out, err);
}

static status stand_for(const struct picking *picking, uint8_t letter, uint32_t arg,
                        const struct err *why, struct val *out, struct err *err) {
  *out = val_null();
  if (letter == 't' || letter == 'f') *out = val_bool(letter == 't');
  if (letter == 'a' || letter == 'o') return made_empty(picking->env, letter == 'o', out, err);
  if (letter == 'd' && has(picking, arg)) return as_type(picking, &picking->args[arg], out, err);
  if (letter != 'e') return LUMA_OK;
  if (err) *err = *why;
  return why->code;
}

static status on_empty(const struct picking *picking, struct val *out, struct err *err) {
  struct err why = {0};
  err_raise(&why, LUMA_INVALID_VALUE, __FILE__, __LINE__, "%s: the path leads to nothing",
            picking->name);
  return stand_for(picking, picking->mode[MODE_EMPTY], ARG_ON_EMPTY, &why, out, err);
}

/** What a document cannot give is told by ON ERROR; a path that cannot be read, or memory that is
 * out, is an error of its own. */
static status on_error(const struct picking *picking, const struct err *why, struct val *out,
                       struct err *err) {
  bool is_of_values = why->code == LUMA_INVALID_VALUE || why->code == LUMA_OUT_OF_RANGE ||
                      why->code == LUMA_INVALID_JSON;
  uint8_t letter = is_of_values ? picking->mode[MODE_ERROR] : 'e';
  return stand_for(picking, letter, ARG_ON_ERROR, why, out, err);
}

/* ---- JSON_VALUE ---- */

static status pick_value(struct picking *picking, struct val *out, bool *is_none, struct err *err) {
  TRY(read_document(picking->env, &picking->args[0], &picking->document, err));
  TRY(find_items(picking, err));
  *is_none = picking->found == 0;
  if (*is_none) return LUMA_OK;
  const struct val *item = &picking->items[0];
  if (picking->found > 1)
    FAIL(err, LUMA_INVALID_VALUE, "%s: the path leads to %u values", picking->name, picking->found);
  if (item->type == VAL_LIST || item->type == VAL_MAP)
    FAIL(err, LUMA_INVALID_VALUE, "%s: the path leads to a %s, which is no single value",
         picking->name, item->type == VAL_LIST ? "list" : "document");
  TRY(as_type(picking, item, out, err));
  /* A text may be the path's own, which does not live as long as the answer. */
  return out->type == VAL_TEXT ? func__text(picking->env, val_slice(out), out, err) : LUMA_OK;
}

typedef status pick_fn(struct picking *picking, struct val *out, bool *is_none, struct err *err);

static status pick(struct picking *picking, pick_fn *by, struct val *out, struct err *err) {
  struct err why = {0};
  bool is_none = false;
  *out = val_null();
  if (val_is_null(&picking->args[0]) || val_is_null(&picking->args[1])) return LUMA_OK;
  if (picking->args[1].type != VAL_TEXT) return func__clash(picking->env, out);
  status done = by(picking, out, &is_none, &why);
  buf_reset(picking->env->scratch);
  if (done != LUMA_OK) return on_error(picking, &why, out, err);
  return is_none ? on_empty(picking, out, err) : LUMA_OK;
}

status func__json_value(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  struct picking picking;
  TRY(begin(&picking, env, args, count, "JSON_VALUE", "nknn", err));
  return pick(&picking, pick_value, out, err);
}

/* ---- JSON_QUERY ---- */

static bool is_text_type(const struct picking *picking) {
  enum val_type type = VAL_MISSING;
  return has(picking, ARG_TYPE) && val_type_parse(val_slice(&picking->args[ARG_TYPE]), &type) &&
         type == VAL_TEXT;
}

/** The items as one value: the only one, or (wrapped) a list of them. */
static status join_items(struct picking *picking, struct val *out, struct err *err) {
  uint8_t wrapper = picking->mode[MODE_WRAPPER];
  bool wraps = wrapper == 'u' || (wrapper == 'c' && picking->found > 1);
  if (!wraps && picking->found > 1)
    FAIL(err, LUMA_INVALID_VALUE, "%s: the path leads to %u values, and there is no wrapper",
         picking->name, picking->found);
  *out = picking->items[0];
  if (!wraps)
    return out->type == VAL_TEXT ? func__text(picking->env, val_slice(out), out, err) : LUMA_OK;
  struct build build;
  func__list_begin(picking->env, &build);
  for (uint32_t i = 0; i < picking->found; i++) build_put(&build, &picking->items[i]);
  return func__built(picking->env, &build, out, err);
}

static status pick_document(struct picking *picking, struct val *out, bool *is_none,
                            struct err *err) {
  TRY(read_document(picking->env, &picking->args[0], &picking->document, err));
  TRY(find_items(picking, err));
  *is_none = picking->found == 0;
  if (*is_none) return LUMA_OK;
  struct val joined;
  TRY(join_items(picking, &joined, err));
  bool omits = picking->mode[MODE_QUOTES] == 'o' && joined.type == VAL_TEXT;
  *out = joined;
  if (omits && !is_text_type(picking)) {
    TRY(func__read_json(picking->env, val_slice(&joined), &joined, err));
    return as_type(picking, &joined, out, err);
  }
  if (!omits && is_text_type(picking)) { /* the text is JSON */
    struct json_write_options options = {.form = JSON_PLAIN};
    json_write(picking->env->scratch, &joined, &options);
    TRY(func__scratch_text(picking->env, &joined, err));
  }
  return as_type(picking, &joined, out, err);
}

status func__json_query(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  struct picking picking;
  TRY(begin(&picking, env, args, count, "JSON_QUERY", "nknn", err));
  return pick(&picking, pick_document, out, err);
}

/* ---- JSON_EXISTS ---- */

static status pick_truth(struct picking *picking, struct val *out, bool *is_none, struct err *err) {
  TRY(read_document(picking->env, &picking->args[0], &picking->document, err));
  TRY(find_items(picking, err));
  *is_none = false;
  *out = val_bool(picking->found > 0);
  return LUMA_OK;
}

status func__json_exists_at(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  struct picking picking;
  TRY(begin(&picking, env, args, count, "JSON_EXISTS", "nknf", err));
  return pick(&picking, pick_truth, out, err);
}

/* ---- JSON_TABLE ---- */

static status pick_rows(struct picking *picking, struct val *out, bool *is_none, struct err *err) {
  TRY(read_document(picking->env, &picking->args[0], &picking->document, err));
  TRY(find_items(picking, err));
  *is_none = false;
  struct build build;
  func__list_begin(picking->env, &build);
  for (uint32_t i = 0; i < picking->found; i++) build_put(&build, &picking->items[i]);
  return func__built(picking->env, &build, out, err);
}

status func__json_rows(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  struct picking picking;
  TRY(begin(&picking, env, args, count, "JSON_TABLE", "nkna", err));
  return pick(&picking, pick_rows, out, err);
}

/** Without the attributes, or elements, that are NULL: ABSENT ON NULL. */
status func__json_without_nulls(struct func_env *env, const struct val *args, uint32_t count,
                                struct val *out, struct err *err) {
  struct build build;
  bool is_map = args[0].type == VAL_MAP;
  (void)count;
  if (!is_map && args[0].type != VAL_LIST) return func__clash(env, out);
  if (is_map)
    func__map_begin(env, &build);
  else
    func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct slice name;
    struct val value = is_map ? val_field_at(&args[0], i, &name) : val_at(&args[0], i);
    if (val_is_null(&value)) continue;
    if (is_map) build_name(&build, name);
    build_put(&build, &value);
  }
  return func__built(env, &build, out, err);
}
