/* SPDX-License-Identifier: MIT */
/* Operators that are calls of functions, and SQL's forms with words among the arguments. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "value/json/json.h"

static struct expr *call(struct lql *lql, const char *name, struct expr *const *args,
                         uint32_t count, uint64_t offset) {
  struct expr *made = expr_node(lql->arena, EXPR_CALL, args, count, offset);
  if (made) made->name = slice_of_text(name);
  return made;
}

struct expr *lql__apply(struct lql *lql, const char *function, struct lql_token at, struct expr *a,
                        struct expr *b) {
  struct expr *args[2] = {a, b};
  if (!a || !lql__count_operator(lql, at)) return NULL;
  return call(lql, function, args, b ? 2 : 1, at.offset);
}

static bool is_named(struct slice name, const char *text) {
  return slice_is_equal_nocase(name, slice_of_text(text));
}

struct form {
  const char *text, *function;
  bool swaps, negated, no_case;
  bool reads_json, reads_left; /* texts of the statement on both sides, or the left, are JSON */
  bool reads_any;              /* the left is JSON even if it is not a list or map */
};

/* A text of the statement that looks so is JSON. */
static struct expr *read_json(struct lql *lql, struct expr *expr) {
  bool is_text = expr && expr->kind == EXPR_CONST && expr->value.type == VAL_TEXT;
  bool looks =
      is_text && expr->value.bytes && (expr->value.data[0] == '{' || expr->value.data[0] == '[');
  if (!looks) return expr;
  struct expr *args[2] = {expr,
                          expr_const(lql->arena, val_text(slice_of_text("json")), expr->offset)};
  return call(lql, "cast", args, 2, expr->offset);
}

/* Where a text is JSON although it need not look so: a new value. */
static struct expr *read_value(struct lql *lql, struct expr *expr) {
  struct json_read_options options = {.form = JSON_PLAIN};
  struct buf room;
  struct val value;
  if (expr->kind != EXPR_CONST || expr->value.type != VAL_TEXT) return expr;
  buf_init(&room, LQL_TEXT_BYTES_MAX);
  status good = json_read_once(val_slice(&expr->value), &options, &room, &value, NULL);
  buf_deinit(&room);
  struct expr *args[2] = {expr,
                          expr_const(lql->arena, val_text(slice_of_text("json")), expr->offset)};
  return good == LUMA_OK ? call(lql, "cast", args, 2, expr->offset) : expr;
}

static struct expr *apply(struct lql *lql, const struct form *form, struct lql_token op,
                          struct expr *left, struct expr *right) {
  if (form->reads_json || form->reads_left) left = read_json(lql, left);
  if (form->reads_json) right = read_json(lql, right);
  if (form->reads_any) left = read_value(lql, left);
  struct expr *args[3] = {form->swaps ? right : left, form->swaps ? left : right, NULL};
  if (!lql__count_operator(lql, op)) return NULL;
  if (form->no_case) args[2] = expr_const(lql->arena, val_text(slice_of_text("i")), op.offset);
  struct expr *made = call(lql, form->function, args, form->no_case ? 3 : 2, op.offset);
  return form->negated ? lql__unary(lql, EXPR_OP_NOT, op, made) : made;
}

struct expr *lql__operator(struct lql *lql, struct lql_token op, struct expr *left,
                           struct expr *right) {
  static const struct form forms[] = {
      {.text = "->", .function = "json_get", .reads_left = true},
      {.text = "->>", .function = "json_get_text", .reads_left = true},
      {.text = "#>", .function = "json_get_path", .reads_left = true},
      {.text = "#>>", .function = "json_get_path_text", .reads_left = true},
      {.text = "@?", .function = "json_path_finds", .reads_any = true},
      {.text = "@@", .function = "json_path_says", .reads_any = true},
      {.text = "@>", .function = "json_contains", .reads_json = true},
      {.text = "<@", .function = "json_contains", .swaps = true, .reads_json = true},
      {.text = "?", .function = "json_exists", .reads_left = true},
      {.text = "?|", .function = "json_exists_any", .reads_left = true},
      {.text = "?&", .function = "json_exists_all", .reads_left = true},
      {.text = "#-", .function = "json_remove_path", .reads_left = true},
      {.text = "^@", .function = "starts_with"},
      {.text = "&&", .function = "array_overlap"},
      {.text = "&", .function = "bitand"},
      {.text = "|", .function = "bitor"},
      {.text = "#", .function = "bitxor"},
      {.text = "<<", .function = "shift_left"},
      {.text = ">>", .function = "shift_right"},
      {.text = "^", .function = "power"},
      {.text = "~", .function = "regexp_like"},
      {.text = "~*", .function = "regexp_like", .no_case = true},
      {.text = "!~", .function = "regexp_like", .negated = true},
      {.text = "!~*", .function = "regexp_like", .negated = true, .no_case = true},
  };
  for (size_t i = 0; left && right && i < sizeof forms / sizeof forms[0]; i++)
    if (slice_is_equal(op.text, slice_of_text(forms[i].text)))
      return apply(lql, &forms[i], op, left, right);
  if (left && right)
    lql__fail(lql, LUMA_SYNTAX_ERROR, op.offset, "`%.*s` does not fit here", SLICE_ARG(op.text));
  return NULL;
}

struct expr *lql__in_list(struct lql *lql, struct lql_token at, struct expr *left,
                          struct expr *list, bool negated) {
  struct expr *made =
      lql__in(lql, at, left, lql__append(lql, lql__list(lql), list, slice_of(NULL, 0)), negated);
  if (made && list->kind == EXPR_NAME) made->is_bare = true;
  return made;
}

struct expr *lql__similar(struct lql *lql, struct lql_token at, struct expr *text,
                          struct expr *pattern, struct expr *escape, bool negated) {
  struct expr *args[3] = {text, pattern, escape};
  if (!text || !pattern || !lql__count_operator(lql, at)) return NULL;
  struct expr *made = call(lql, "similar_to", args, escape ? 3 : 2, at.offset);
  return negated ? lql__unary(lql, EXPR_OP_NOT, at, made) : made;
}

struct expr *lql__between_symmetric(struct lql *lql, struct lql_token at, struct expr *value,
                                    struct expr *low, struct expr *high, bool negated) {
  struct expr *made =
      lql__binary(lql, EXPR_OP_OR, at, lql__between(lql, at, value, low, high, false),
                  lql__between(lql, at, value, high, low, false));
  return negated ? lql__unary(lql, EXPR_OP_NOT, at, made) : made;
}

/* What stands behind json_ or jsonb_. */
static struct slice json_deed(struct slice name) {
  static const char *const starts[] = {"jsonb_", "json_"};
  for (size_t i = 0; i < 2; i++) {
    size_t bytes = strlen(starts[i]);
    if (name.bytes > bytes &&
        slice_is_equal_nocase(slice_of(name.data, bytes), slice_of_text(starts[i])))
      return slice_of(name.data + bytes, name.bytes - bytes);
  }
  return slice_of(NULL, 0);
}

/* path_query and its kin: their third argument is a document. */
static bool is_path(struct slice deed) {
  static const char start[] = "path_";
  return deed.bytes > 5 && slice_is_equal_nocase(slice_of(deed.data, 5), slice_of_text(start));
}

bool lql__read_json_args(struct lql *lql, struct slice function, struct lql_list *args) {
  struct slice deed = json_deed(function);
  bool makes = is_named(deed, "build_array") || is_named(deed, "build_object") ||
               is_named(deed, "object") || is_named(deed, "array") || is_named(deed, "valid") ||
               is_named(deed, "agg") || is_named(deed, "object_agg") || is_named(deed, "quote") ||
               is_named(deed, "unquote");
  if (!deed.bytes || makes || args->count == 0) return true;
  bool is_any = is_named(deed, "typeof") || is_named(deed, "type") || is_path(deed);
  args->items[0] = is_any ? read_value(lql, args->items[0]) : read_json(lql, args->items[0]);
  bool has_variables = is_path(deed) && args->count > 2;
  if (has_variables) args->items[2] = read_json(lql, args->items[2]);
  bool has_new = is_named(deed, "set") || is_named(deed, "replace") || is_named(deed, "set_lax") ||
                 is_named(deed, "insert");
  if (has_new && args->count > 2) args->items[2] = read_value(lql, args->items[2]);
  bool has_second = is_named(deed, "contains") || is_named(deed, "populate_record") ||
                    is_named(deed, "populate_recordset") || is_named(deed, "patch") ||
                    is_named(deed, "merge_patch");
  if (has_second && args->count > 1) args->items[1] = read_json(lql, args->items[1]);
  return args->items[0] != NULL;
}

bool lql__is_collated(const struct expr *expr) {
  return expr && expr->kind == EXPR_CALL && slice_is_equal(expr->name, slice_of_text("collate"));
}

struct expr *lql__uncollated(struct expr *expr) {
  return lql__is_collated(expr) ? expr->args[0] : expr;
}

struct expr *lql__collate_as(struct lql *lql, const struct expr *like, struct expr *value) {
  if (!lql__is_collated(like) || !value || lql__is_collated(value)) return value;
  struct expr *args[2] = {value, like->args[1]};
  return call(lql, "collate", args, 2, value->offset);
}

/* Texts are in the order of their code points already. */
struct expr *lql__collate(struct lql *lql, struct lql_token at, struct expr *value,
                          struct lql_token collation) {
  static const char *const plain[] = {"C", "POSIX", "ucs_basic", "binary", "default"};
  struct slice name = lql__name(lql, collation);
  if (slice_is_equal_nocase(name, slice_of_text("nocase"))) name = slice_of_text("en-u-ks-level2");
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
    if (slice_is_equal_nocase(name, slice_of_text(plain[i]))) return value;
  struct expr *args[2] = {value, expr_const(lql->arena, val_text(name), collation.offset)};
  return call(lql, "collate", args, 2, at.offset);
}

/* ---- SQL's forms ---- */

struct expr *lql__call_for(struct lql *lql, struct lql_token name, struct expr *text,
                           struct expr *count) {
  struct expr *args[3] = {text, expr_const(lql->arena, val_int64(1), name.offset), count};
  if (is_named(name.text, "substring")) return call(lql, "substring", args, 3, name.offset);
  lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset, "`%.*s` takes no FOR", SLICE_ARG(name.text));
  return NULL;
}

struct expr *lql__overlay(struct lql *lql, struct lql_token name, struct expr *text,
                          struct expr *by, struct expr *from, struct expr *count) {
  struct expr *args[4] = {text, by, from, count};
  if (is_named(name.text, "overlay")) return call(lql, "overlay", args, count ? 4 : 3, name.offset);
  lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset, "`%.*s` takes no PLACING", SLICE_ARG(name.text));
  return NULL;
}

struct expr *lql__name_expr(struct lql *lql, struct lql_token name) {
  static const char *const functions[] = {"current_date",   "current_timestamp", "localtimestamp",
                                          "current_time",   "localtime",         "current_catalog",
                                          "current_schema", "current_user",      "session_user"};
  for (size_t i = 0; name.kind != LQL_QUOTED && i < sizeof functions / sizeof functions[0]; i++)
    if (is_named(name.text, functions[i])) return call(lql, functions[i], NULL, 0, name.offset);
  return lql__path_expr(lql, lql__path(lql, name));
}

/* position(a IN b) came as an IN. */
static bool open_position(struct lql_list *args) {
  const struct expr *in = args->items[0];
  if (args->count != 1 || in->kind != EXPR_IN || in->args_count != 2) return true;
  args->items = in->args;
  args->count = 2;
  return true;
}

/* datetime('now', …), and nothing at all: a call of now(), so that the rest stays the same for
 * ever.
 */
static bool call_now(struct lql *lql, struct slice function, struct lql_list *args) {
  static const char *const names[] = {"date", "time", "datetime", "julianday", "unixepoch"};
  bool is_one = false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    is_one |= is_named(function, names[i]);
  if (!is_one) return true;
  if (args->count == 0) {
    struct expr *now = call(lql, "now", NULL, 0, lql->last.offset);
    return now && lql__append(lql, args, now, slice_of(NULL, 0));
  }
  const struct expr *first = args->items[0];
  if (first->kind != EXPR_CONST || first->value.type != VAL_TEXT ||
      !is_named(val_slice(&first->value), "now"))
    return true;
  args->items[0] = call(lql, "now", NULL, 0, first->offset);
  return args->items[0] != NULL;
}

bool lql__name_words(struct lql *lql, struct slice function, struct lql_list *args) {
  if (!call_now(lql, function, args)) return false;
  static const char *const units[] = {"date_diff", "datediff", "timestampdiff", "date_trunc",
                                      "date_part"};
  if (args->count == 0) return true;
  if (is_named(function, "position")) return open_position(args);
  uint32_t at = is_named(function, "normalize") ? 1 : UINT32_MAX;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (is_named(function, units[i]) && args->count >= 2) at = 0;
  if (at >= args->count) return true;
  const struct expr *word = args->items[at];
  if (word->kind != EXPR_NAME || word->path.count != 1 || (at == 0 && args->count < 3)) return true;
  args->items[at] = expr_const(lql->arena, val_text(word->name), word->offset);
  return args->items[at] != NULL;
}
