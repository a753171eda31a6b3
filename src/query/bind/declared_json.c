/* SPDX-License-Identifier: MIT */
/* Paths of SQL/JSON into documents of closed collections, and `?`: what they name is looked at as
 * plain names are, where it is constant. */
#include <string.h>

#include "model/soul/declared.h"
#include "query/bind/bind_int.h"
#include "query/func/func.h"
#include "query/jsonpath/jsonpath.h"

/* A call over a value of a column. */
struct looking {
  const struct binder *binder;
  const struct plan_column *column;
  const struct path *start; /* of the value */
  uint64_t offset;
  struct err *err;
  status failed;
};

static status check_below(const struct looking *looking, const struct path *path) {
  struct path_step steps[PATH_STEPS_MAX];
  struct path whole = {.steps = steps, .count = looking->start->count + path->count};
  if (whole.count > PATH_STEPS_MAX) return LUMA_OK;
  for (uint32_t i = 0; i < whole.count; i++)
    steps[i] = i < looking->start->count ? looking->start->steps[i]
                                         : path->steps[i - looking->start->count];
  bool is_key = whole.count && slice_is_equal(steps[0].name, slice_of_text("id"));
  if (is_key) return LUMA_OK;
  return bind__check_column_path(looking->binder, looking->column, &whole, looking->offset,
                                 looking->err);
}

/* ---- paths ---- */

static bool takes_path(const struct expr *call) {
  static const char *const calls[] = {"extract",
                                      "path_query",
                                      "path_query_first",
                                      "path_query_array",
                                      "path_exists",
                                      "path_match",
                                      "path_finds",
                                      "path_says",
                                      "exists_at",
                                      "query",
                                      "value",
                                      "rows",
                                      "type"};
  const char *name = call->function->name;
  if (strncmp(name, "json", 4) != 0) return false;
  name += name[4] == 'b' ? 5 : 4;
  size_t bytes = strlen(name);
  if (bytes > 3 && strcmp(name + bytes - 3, "_tz") == 0) bytes -= 3;
  for (size_t i = 0; i < sizeof calls / sizeof calls[0] && *name == '_'; i++)
    if (strlen(calls[i]) == bytes - 1 && memcmp(calls[i], name + 1, bytes - 1) == 0) return true;
  return false;
}

static void look_at(void *context, const struct path *path) {
  struct looking *looking = context;
  if (looking->failed == LUMA_OK) looking->failed = check_below(looking, path);
}

/* One that cannot be read is told of where it is run. */
static status check_path(struct looking *looking, struct slice text) {
  const struct jsonpath *path = NULL;
  struct arena arena;
  arena_init(&arena, 0, 0);
  if (jsonpath_parse(&arena, text, &path, NULL) == LUMA_OK) jsonpath_reads(path, look_at, looking);
  arena_deinit(&arena);
  return looking->failed;
}

/* ---- whether a map has a name ---- */

static bool asks_for_name(const struct expr *call) {
  static const char *const calls[] = {"json_exists",  "json_exists_any",  "json_exists_all",
                                      "jsonb_exists", "jsonb_exists_any", "jsonb_exists_all"};
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    if (strcmp(call->function->name, calls[i]) == 0) return true;
  return false;
}

/* In a list it is a text that is looked for. */
static bool is_record(const struct looking *looking) {
  bool is_being;
  const struct soul_attribute *said = bind__declared_at(looking->column, looking->start, &is_being);
  return is_being || (said && said->type.kind == SOUL_MAP && said->type.fields);
}

static status check_name(const struct looking *looking, const struct val *name) {
  if (name->type != VAL_TEXT) return LUMA_OK;
  struct path_step step = {.name = val_slice(name), .is_name = true, .index = PATH_NO_INDEX};
  const struct path path = {.count = 1, .steps = &step};
  return check_below(looking, &path);
}

static status check_names(const struct looking *looking, const struct expr *names) {
  if (!is_record(looking)) return LUMA_OK;
  if (names->kind == EXPR_CONST && names->value.type != VAL_LIST)
    return check_name(looking, &names->value);
  for (uint32_t i = 0; names->kind == EXPR_CONST && i < val_count(&names->value); i++) {
    struct val name = val_at(&names->value, i);
    TRY(check_name(looking, &name));
  }
  for (uint32_t i = 0; names->kind == EXPR_LIST && i < names->args_count; i++)
    if (names->args[i]->kind == EXPR_CONST) TRY(check_name(looking, &names->args[i]->value));
  return LUMA_OK;
}

status bind__check_json(const struct binder *binder, const struct scope *scope,
                        const struct expr *call, struct err *err) {
  struct path_step steps[PATH_STEPS_MAX];
  struct path start = {.steps = steps};
  if (call->kind != EXPR_CALL || !call->function || call->args_count < 2) return LUMA_OK;
  bool has_path = takes_path(call), has_name = !has_path && asks_for_name(call);
  if (!has_path && !has_name) return LUMA_OK;
  const struct expr *field =
      bind__read_arrows(bind__step_out(binder, &scope, call->args[0]), &start);
  if (!field || field->key || field->slot >= scope->count) return LUMA_OK;
  struct looking looking = {.binder = binder,
                            .column = &scope->columns[field->slot],
                            .start = &start,
                            .offset = call->args[1]->offset,
                            .err = err};
  if (has_name) return check_names(&looking, call->args[1]);
  bool is_fixed = call->args[1]->kind == EXPR_CONST && call->args[1]->value.type == VAL_TEXT;
  return is_fixed ? check_path(&looking, val_slice(&call->args[1]->value)) : LUMA_OK;
}

/* ---- elements ---- */

/* Of JSON_TABLE: what its path leads to. */
static status note_rows(const struct binder *binder, const struct expr *call,
                        struct plan_column *column, struct err *err) {
  const struct scope nothing = {0};
  const struct jsonpath *path;
  struct path_step steps[PATH_STEPS_MAX];
  struct path way = {.steps = steps};
  const struct expr *text = call->args[1];
  if (text->kind != EXPR_CONST || text->value.type != VAL_TEXT) return LUMA_OK;
  if (jsonpath_parse(binder->arena, val_slice(&text->value), &path, NULL) != LUMA_OK)
    return LUMA_OK;
  if (!jsonpath_leads(path, &way)) return LUMA_OK;
  return bind__note_origin(binder, &nothing, call->args[0], &way, column, err);
}

status bind__note_elements(const struct binder *binder, const struct expr *list,
                           struct plan_column *column, struct err *err) {
  const struct scope nothing = {0};
  struct path_step element = {.is_index = true};
  const struct path any = {.count = 1, .steps = &element};
  bool is_rows = list->kind == EXPR_CALL && list->function && list->args_count >= 2 &&
                 strcmp(list->function->name, "json_rows") == 0;
  if (is_rows) return note_rows(binder, list, column, err);
  return bind__note_origin(binder, &nothing, list, &any, column, err);
}

/* ---- keys ---- */

static bool reads_key(const struct scope *scope, const struct expr *call, bool *as_text) {
  if (call->kind != EXPR_CALL || !call->function || call->args_count != 2) return false;
  const struct expr *being = call->args[0], *step = call->args[1];
  *as_text = strcmp(call->function->name, "json_get_text") == 0;
  if (!*as_text && strcmp(call->function->name, "json_get") != 0) return false;
  bool is_being = being->kind == EXPR_FIELD && being->path.count == 0 && !being->key &&
                  being->slot < scope->count && scope->columns[being->slot].is_document &&
                  scope->columns[being->slot].collection;
  return is_being && step->kind == EXPR_CONST && step->value.type == VAL_TEXT &&
         slice_is_equal(val_slice(&step->value), slice_of_text("id"));
}

status bind__arrow_to_key(const struct binder *binder, const struct scope *scope,
                          struct expr **expr, struct err *err) {
  struct expr *call = *expr;
  bool as_text;
  if (!reads_key(scope, call, &as_text)) return LUMA_OK;
  struct expr *key = arena_copy(binder->arena, call->args[0], sizeof *key);
  struct path_step *step = arena_zalloc(binder->arena, 1, sizeof *step);
  TRY(bind__memory(binder, key, err));
  TRY(bind__memory(binder, step, err));
  *step = (struct path_step){.name = slice_of_text("id"), .is_name = true, .index = PATH_NO_INDEX};
  key->path = (struct path){.count = 1, .steps = step};
  key->key = true;
  key->declared = (uint8_t)bind__declared_type(binder, &scope->columns[key->slot], &key->path);
  if (!as_text) {
    *expr = key;
    return LUMA_OK;
  }
  call->function = func_find(slice_of_text("cast"));
  call->args[0] = key;
  call->args[1] = expr_const(binder->arena, val_text(slice_of_text("text")), call->offset);
  return bind__memory(binder, call->args[1], err);
}
