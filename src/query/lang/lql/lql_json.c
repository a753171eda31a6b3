/* SPDX-License-Identifier: MIT */
/* Calls of SQL/JSON: their clauses become arguments of the functions, in one order. */
#include "query/lang/lql/lql_json.h"

#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"

/* ---- clauses ---- */

static bool has_word(struct slice text, const char *word) {
  for (; text.bytes; text = slice_of(text.data + 1, text.bytes - 1))
    if (slice_begins_nocase(text, word)) return true;
  return false;
}

struct lql_json *lql__json_begin(struct lql *lql, struct lql_json *json, struct lql_token at) {
  if (json) return json;
  json = arena_zalloc(lql->arena, 1, sizeof *json);
  if (json) json->at = at;
  return json;
}

static struct lql_json *fail_twice(struct lql *lql, struct lql_token at) {
  lql__fail(lql, LUMA_SYNTAX_ERROR, at.offset, "`%.*s` says what was said already",
            SLICE_ARG(at.text));
  return NULL;
}

struct lql_json *lql__json_passing(struct lql *lql, struct lql_json *json, struct lql_token at,
                                   struct lql_list *values) {
  json = lql__json_begin(lql, json, at);
  if (!json || !values) return NULL;
  if (json->passing) return fail_twice(lql, at);
  json->passing = values;
  return json;
}

struct lql_json *lql__json_returning(struct lql *lql, struct lql_json *json, struct lql_token at,
                                     struct lql_type type) {
  json = lql__json_begin(lql, json, at);
  if (!json) return NULL;
  if (json->type.name.kind) return fail_twice(lql, at);
  json->type = type;
  return json;
}

struct lql_json *lql__json_path(struct lql *lql, struct lql_json *json, struct lql_token at,
                                struct lql_token path) {
  json = lql__json_begin(lql, json, at);
  if (!json) return NULL;
  if (json->path.kind) return fail_twice(lql, at);
  json->path = path;
  return json;
}

/* What a behaviour is, by its first letter but for EMPTY OBJECT. */
static char letter_of(struct slice text) {
  if (slice_begins_nocase(text, "empty")) return has_word(text, "object") ? 'o' : 'a';
  return (char)(text.data[0] | 32);
}

static struct lql_json *set(struct lql *lql, struct lql_json *json, char *place, char letter,
                            struct lql_token at) {
  if (*place) return fail_twice(lql, at);
  *place = letter;
  return json;
}

struct lql_json *lql__json_word(struct lql *lql, struct lql_json *json, struct lql_token word) {
  struct slice text = word.text;
  json = lql__json_begin(lql, json, word);
  if (!json) return NULL;
  bool is_none = slice_begins_nocase(text, "without") || slice_begins_nocase(text, "keep");
  if (slice_ends_nocase(text, "wrapper"))
    return set(lql, json, &json->wrapper,
               is_none                          ? 'n'
               : has_word(text, " conditional") ? 'c'
                                                : 'u',
               word);
  if (has_word(text, "quotes")) return set(lql, json, &json->quotes, is_none ? 'k' : 'o', word);
  bool is_null = slice_ends_nocase(text, "null");
  if (is_null) return set(lql, json, &json->nulls, letter_of(text), word);
  bool is_empty = slice_ends_nocase(text, "empty");
  return set(lql, json, is_empty ? &json->empty : &json->error, letter_of(text), word);
}

struct lql_json *lql__json_default(struct lql *lql, struct lql_json *json, struct expr *value,
                                   struct lql_token on) {
  json = lql__json_begin(lql, json, on);
  if (!json || !value) return NULL;
  bool is_empty = slice_ends_nocase(on.text, "empty");
  *(is_empty ? &json->on_empty : &json->on_error) = value;
  return set(lql, json, is_empty ? &json->empty : &json->error, 'd', on);
}

/* ---- JSON_VALUE, JSON_QUERY, JSON_EXISTS ---- */

struct function {
  const char *name, *function;
  const char *mode;    /* what holds where nothing is said */
  const char *letters; /* of ON ERROR */
  bool wraps, has_type, has_empty;
};

static const struct function *find(struct slice name) {
  static const struct function functions[] = {
      {"json_value", "json_value", "nknn", "end", false, true, true},
      {"json_query", "json_query", "nknn", "endao", true, true, true},
      {"json_exists", "json_exists_at", "nknf", "tfue", false, false, false},
      {"json_table", "json_rows", "nkna", "ea", false, false, false}};
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
    if (slice_is_equal_nocase(name, slice_of_text(functions[i].name))) return &functions[i];
  return NULL;
}

static bool fail_clause(struct lql *lql, const struct lql_json *json, struct slice name,
                        const char *hint) {
  lql__fail(lql, LUMA_SYNTAX_ERROR, json->at.offset, "`%.*s` takes no such clause",
            SLICE_ARG(name));
  lql__hint(lql, "%s", hint);
  return false;
}

static bool fits(struct lql *lql, const struct function *function, const struct lql_json *json,
                 struct slice name) {
  static const char *const hints[] = {
      "JSON_VALUE (x, path PASSING v AS name RETURNING type DEFAULT v ON EMPTY NULL ON ERROR)",
      "JSON_QUERY (x, path RETURNING type WITH WRAPPER OMIT QUOTES EMPTY ARRAY ON EMPTY)",
      "JSON_EXISTS (x, path PASSING v AS name ERROR ON ERROR)"};
  const char *hint = function->wraps ? hints[1] : function->has_type ? hints[0] : hints[2];
  bool bad = json->nulls || (!function->wraps && (json->wrapper || json->quotes)) ||
             (!function->has_type && json->type.name.kind) ||
             (!function->has_empty && json->empty) ||
             (json->error && !strchr(function->letters, json->error)) ||
             (json->empty && !strchr(function->letters, json->empty));
  if (bad) return fail_clause(lql, json, name, hint);
  bool wraps = json->wrapper == 'u' || json->wrapper == 'c';
  return !wraps || json->quotes != 'o' ||
         fail_clause(lql, json, name, "WITH WRAPPER there are no quotes to omit");
}

static struct expr *text(struct lql *lql, struct slice value, uint64_t offset) {
  return expr_const(lql->arena, val_text(value), offset);
}

static struct expr *number_of(struct lql *lql, const struct lql_type *type, uint32_t nth,
                              uint64_t offset) {
  struct val value = type->numbers > nth ? val_int64(nth ? type->second : type->first) : val_null();
  return expr_const(lql->arena, value, offset);
}

static struct expr *mode_of(struct lql *lql, const struct function *function,
                            const struct lql_json *json, uint64_t offset) {
  char letters[4];
  memcpy(letters, function->mode, sizeof letters);
  if (json->wrapper) letters[0] = json->wrapper;
  if (json->quotes) letters[1] = json->quotes;
  if (json->empty) letters[2] = json->empty;
  if (json->error) letters[3] = json->error;
  const void *copy = arena_copy(lql->arena, letters, sizeof letters);
  return copy ? text(lql, slice_of(copy, sizeof letters), offset) : NULL;
}

/* The type as CAST takes it; JSON: the value as it is. */
static struct expr *type_of(struct lql *lql, const struct lql_json *json, uint64_t offset) {
  struct expr *null = expr_const(lql->arena, val_null(), offset);
  if (!json->type.name.kind || !null) return null;
  struct expr *cast = lql__cast(lql, json->type.name, null, json->type);
  bool is_plain = cast && !json->type.is_list && lql__is_json(lql__name(lql, json->type.name));
  if (!cast || is_plain) return cast ? null : NULL;
  return cast->kind == EXPR_CALL && cast->args_count > 1 ? cast->args[1] : null;
}

static struct expr *variables_of(struct lql *lql, const struct lql_json *json, uint64_t offset) {
  struct lql_token at = {.offset = offset};
  return json->passing ? lql__map(lql, at, json->passing)
                       : expr_const(lql->arena, val_null(), offset);
}

struct expr *lql__json_call(struct lql *lql, struct lql_token name, struct lql_list *args,
                            const struct lql_json *json) {
  const struct function *function = find(name.text);
  if (!args || !json) return NULL;
  if (!function) return lql__json_array(lql, name, args, json);
  if (args->count != 2) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset, "%s takes a document and a path",
              function->name);
    return NULL;
  }
  if (!fits(lql, function, json, name.text)) return NULL;
  uint64_t offset = name.offset;
  struct expr *null = expr_const(lql->arena, val_null(), offset);
  struct expr *all[] = {args->items[0],
                        args->items[1],
                        variables_of(lql, json, offset),
                        mode_of(lql, function, json, offset),
                        type_of(lql, json, offset),
                        number_of(lql, &json->type, 0, offset),
                        number_of(lql, &json->type, 1, offset),
                        json->on_empty ? json->on_empty : null,
                        json->on_error ? json->on_error : null};
  struct expr *made =
      expr_node(lql->arena, EXPR_CALL, all, sizeof all / sizeof all[0], name.offset);
  if (made) made->name = slice_of_text(function->function);
  return made;
}

/* A path begins with $, strict or lax; else the second argument is the name of an attribute. */
struct expr *lql__json_plain(struct lql *lql, struct lql_token name, const struct lql_list *args) {
  if (args->count != 2 || !slice_is_equal_nocase(name.text, slice_of_text("json_exists")))
    return NULL;
  const struct expr *path = args->items[1];
  struct slice said = path->kind == EXPR_CONST && path->value.type == VAL_TEXT
                          ? val_slice(&path->value)
                          : slice_of(NULL, 0);
  if (!slice_begins_nocase(said, "$") && !slice_begins_nocase(said, "strict ") &&
      !slice_begins_nocase(said, "lax "))
    return NULL;
  struct expr *made = expr_node(lql->arena, EXPR_CALL, args->items, 2, name.offset);
  if (made) made->name = slice_of_text("json_exists_at");
  return made;
}

/* ---- JSON_OBJECT, JSON_ARRAY ---- */

static struct expr *without_nulls(struct lql *lql, struct lql_token at, struct expr *made,
                                  const struct lql_json *json) {
  bool is_absent = json && json->nulls == 'a';
  return made && is_absent ? lql__apply(lql, "json_without_nulls", at, made, NULL) : made;
}

/* RETURNING json says nothing; a text is the JSON of it. */
static struct expr *returned(struct lql *lql, struct lql_token at, struct expr *made,
                             const struct lql_json *json) {
  if (!made || !json || !json->type.name.kind) return made;
  return lql__cast(lql, at, made, json->type);
}

static bool only_nulls(struct lql *lql, const struct lql_json *json, struct slice name) {
  bool bad = json && (json->passing || json->wrapper || json->quotes || json->empty || json->error);
  return !bad ||
         fail_clause(lql, json, name, "it takes NULL ON NULL, ABSENT ON NULL, RETURNING type");
}

struct expr *lql__json_array(struct lql *lql, struct lql_token name, struct lql_list *args,
                             const struct lql_json *json) {
  bool is_array = slice_is_equal_nocase(name.text, slice_of_text("json_array")) ||
                  slice_is_equal_nocase(name.text, slice_of_text("json_arrayagg"));
  if (!is_array)
    return fail_clause(lql, json, name.text, "JSON_VALUE, JSON_QUERY and JSON_EXISTS have clauses"),
           NULL;
  if (!only_nulls(lql, json, name.text)) return NULL;
  struct expr *made = lql__call(lql, name, args, false, NULL);
  return returned(lql, name, without_nulls(lql, name, made, json), json);
}

struct lql_list *lql__json_pair(struct lql *lql, struct lql_list *pairs, struct expr *name,
                                struct expr *value) {
  pairs = lql__append(lql, pairs, name, slice_of(NULL, 0));
  return lql__append(lql, pairs, value, slice_of(NULL, 0));
}

struct expr *lql__json_pairs(struct lql *lql, struct lql_token name, struct lql_list *pairs,
                             const struct lql_json *json) {
  bool is_object = slice_is_equal_nocase(name.text, slice_of_text("json_object"));
  bool is_all = slice_is_equal_nocase(name.text, slice_of_text("json_objectagg"));
  if (!pairs || !only_nulls(lql, json, name.text)) return NULL;
  if (!is_object && (!is_all || pairs->count != 2)) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset, "`%.*s` takes no pairs", SLICE_ARG(name.text));
    lql__hint(lql, "JSON_OBJECT ('a': 1, 'b' VALUE 2), JSON_OBJECTAGG (name: value)");
    return NULL;
  }
  struct expr *made;
  if (is_all)
    made = lql__call(lql, name, pairs, false, NULL);
  else
    made = expr_node(lql->arena, EXPR_CALL, pairs->items, pairs->count, name.offset);
  if (made && is_object) made->name = slice_of_text("json_build_object");
  return returned(lql, name, without_nulls(lql, name, made, json), json);
}
