/* SPDX-License-Identifier: MIT */
/* Field expressions of $project, $group, $addFields and $expr: paths, variables, literals, and
 * operators by the table of words. Those that are more than functions are in operators.c. */
#include "base/core/assert.h"
#include "query/lang/jql/expression_int.h"

/* ---- arguments by position: a list of them, or one by itself ---- */

static status fail_count(const struct jql *jql, const struct word *word,
                         const struct jql_node *node, uint32_t count) {
  if (strcmp(word->name, "$rand") == 0)
    return jql__fail_code(jql, node, 3040501, "$rand does not currently accept arguments");
  if (jql__is_date_part(word->name))
    return jql__fail_code(jql, node, 40536,
                          "%s accepts exactly one argument if given an array, but was given %u",
                          word->name, count);
  if (word->least == word->most)
    return jql__fail_code(jql, node, 16020,
                          "Expression %s takes exactly %u arguments. %u were passed in.",
                          word->name, word->least, count);
  if (word->most == WORD_ANY)
    return jql__fail_code(jql, node, strcmp(word->name, "$setEquals") == 0 ? 17045 : 1257300,
                          "Expression %s takes at least %u arguments, %u were passed in.",
                          word->name, word->least, count);
  return jql__fail_code(jql, node, 28667,
                        "Expression %s takes at least %u arguments, and at most %u, but %u were "
                        "passed in.",
                        word->name, word->least, word->most, count);
}

status jql__args(const struct jql *jql, const struct word *word, const struct jql_node *node,
                 struct jql_args *args) {
  bool is_list = node->value.type == VAL_LIST;
  uint32_t count = is_list ? val_count(&node->value) : 1;
  if (word->most == 0 && !is_list && node->value.type == VAL_MAP && val_count(&node->value) == 0)
    count = 0; /* {$rand: {}} */
  if (count < word->least || (word->most != WORD_ANY && count > word->most))
    return fail_count(jql, word, node, count);
  *args = (struct jql_args){.count = count};
  args->items = arena_zalloc(jql->arena, count + 1, sizeof *args->items);
  TRY(jql__made(jql, args->items));
  if (count == 0) return LUMA_OK;
  if (!is_list) return jql__expression(jql, node, &args->items[0]);
  struct jql_each each = jql__each(jql, node);
  struct jql_node arg;
  while (jql__next(&each, &arg)) TRY(jql__expression(jql, &arg, &args->items[arg.index]));
  return LUMA_OK;
}

/* ---- arguments by name ---- */

/** Takes the next of the names in `*params`; false at the end. */
static bool next_param(const char **params, struct slice *name, bool *optional) {
  const char *at = *params;
  if (!at || !*at) return false;
  size_t bytes = strcspn(at, " ?");
  *name = slice_of(at, bytes);
  *optional = at[bytes] == '?';
  at += bytes + *optional;
  *params = *at == ' ' ? at + 1 : at;
  return true;
}

/** What stands in these places is a value, not an expression. */
static bool is_literal(struct slice name) {
  return slice_is_equal(name, slice_of_text("sortBy"));
}

static status read_param(const struct jql *jql, const struct word *word, struct jql_args *args,
                         const struct jql_node *field) {
  const char *params = word->params;
  struct slice name;
  bool optional = false;
  for (uint32_t i = 0; next_param(&params, &name, &optional); i++) {
    if (!slice_is_equal(name, field->name)) continue;
    return is_literal(name) ? jql__const(jql, field, &args->items[i])
                            : jql__expression(jql, field, &args->items[i]);
  }
  return jql__fail_code(jql, field, jql__unknown_code(word->name),
                        "%s found an unknown argument: %.*s", word->name, SLICE_ARG(field->name));
}

/** Fills the places of arguments that were not given; those that must be are an error. */
static status fill_params(const struct jql *jql, const struct word *word, struct jql_args *args,
                          const struct jql_node *map) {
  const char *params = word->params;
  struct slice name;
  bool optional = false;
  for (uint32_t i = 0; next_param(&params, &name, &optional); i++) {
    args->count = i + 1;
    if (args->items[i]) continue;
    if (!optional)
      return jql__fail_code(jql, map, jql__missing_code(word->name, name),
                            "%s requires '%.*s' to be specified", word->name, SLICE_ARG(name));
    args->items[i] = expr_const(jql->arena, word_absent(), map->offset);
    TRY(jql__made(jql, args->items[i]));
  }
  return LUMA_OK;
}

status jql__named_args(const struct jql *jql, const struct word *word, const struct jql_node *node,
                       struct jql_args *args) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node field;
  *args = (struct jql_args){0};
  args->items = arena_zalloc(jql->arena, WORD_PARAMS_MAX + 1, sizeof *args->items);
  TRY(jql__made(jql, args->items));
  bool is_map = node->value.type == VAL_MAP && !jql__has_operators(node);
  if (is_map) {
    while (jql__next(&each, &field)) TRY(read_param(jql, word, args, &field));
  } else if (word->listed) {
    TRY(jql__expression(jql, node, &args->items[0]));
  } else if (word->alone) {
    struct word one = *word;
    struct jql_args only = {0};
    one.least = one.most = 1;
    TRY(jql__args(jql, &one, node, &only));
    ASSERT(only.items);
    args->items[0] = only.items[0];
    if (strcmp(word->name, "$getField") == 0) { /* {"$getField": "a"} is that of the document */
      TRY(jql__row(jql, node, &args->items[1]));
    }
  } else {
    return jql__fail_code(jql, node, jql__shape_code(word->name),
                          "%s only supports an object as its argument, not %s", word->name,
                          val_type_name((enum val_type)node->value.type));
  }
  return fill_params(jql, word, args, node);
}

/* ---- operators ---- */

status jql__call(const struct jql *jql, const struct jql_node *node, const char *name,
                 const struct jql_args *args, struct expr **expr) {
  *expr = expr_node(jql->arena, EXPR_CALL, args->items, args->count, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->name = slice_of_text(name);
  (*expr)->mongo = true;
  return LUMA_OK;
}

static status fail_word(const struct jql *jql, const struct jql_node *node) {
  const struct word *words = NULL, *word = word_find(WORD_EXPRESSION, node->name);
  uint32_t count = words_of(WORD_EXPRESSION, &words);
  if (word && word->state == WORD_REFUSED)
    return jql__fail(jql, node, LUMA_UNSUPPORTED, "`%s` is not supported: %s", word->name,
                     word->why);
  status failed =
      jql__fail_unknown(jql, node, "an operator of expressions", words, count, sizeof *words);
  if (jql->err) jql->err->foreign = 168;
  return failed;
}

static status read_operator(const struct jql *jql, const struct jql_node *map, struct expr **expr) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node node;
  struct jql_args args = {0};
  (void)jql__next(&each, &node);
  const struct word *word = word_find(WORD_EXPRESSION, node.name);
  if (each.count > 1)
    return jql__fail_code(jql, &node, 15983,
                          "an expression is an object of exactly one field, its operator: `%.*s` "
                          "stands beside others",
                          SLICE_ARG(node.name));
  if (!word || word->state == WORD_REFUSED) return fail_word(jql, &node);
  if (!word->called) return jql__special(jql, word, &node, expr);
  if (word->params)
    TRY(jql__named_args(jql, word, &node, &args));
  else
    TRY(jql__args(jql, word, &node, &args));
  return jql__call(jql, &node, word->name, &args, expr);
}

/* ---- paths ---- */

/** In expressions a number in a path is a name, never an index. */
static void only_names(struct path *path) {
  for (uint32_t i = 0; i < path->count; i++) {
    path->steps[i].is_index = false;
    path->steps[i].index = PATH_NO_INDEX;
  }
}

static status check_path(const struct jql *jql, const struct jql_node *node,
                         const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++)
    if (!jql__is_field(path->steps[i].name))
      return jql__fail_code(jql, node, 16410,
                            "FieldPath field names may not start with '$'. Consider using "
                            "$getField or $setField.");
  return LUMA_OK;
}

static const struct jql_variable *find_variable(const struct jql *jql, struct slice name) {
  const struct jql_variable *at = jql->variables;
  while (at && !slice_is_equal(at->name, name)) at = at->outer;
  return at;
}

static status put_variable(const struct jql *jql, const struct jql_node *node,
                           const struct jql_variable *variable, struct slice rest,
                           struct expr **expr) {
  *expr = expr_node(jql->arena, EXPR_VARIABLE, NULL, 0, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->variable = variable->number;
  (*expr)->dotted = true;
  if (!rest.data) return LUMA_OK;
  TRY(jql__path(jql, node, rest, &(*expr)->path));
  only_names(&(*expr)->path);
  return check_path(jql, node, &(*expr)->path);
}

static status read_path(const struct jql *jql, const struct jql_node *node, struct slice text,
                        struct expr **expr) {
  const struct jql_variable *current = find_variable(jql, slice_of_text("CURRENT"));
  if (current) return put_variable(jql, node, current, text, expr);
  TRY(jql__name(jql, node, text, expr));
  only_names(&(*expr)->path);
  return check_path(jql, node, &(*expr)->path);
}

/* ---- variables ---- */

/** `rest` is the path behind the variable: a moment and what is missing have no fields. */
static status read_system(const struct jql *jql, const struct jql_node *node, struct slice name,
                          struct slice rest, struct expr **expr) {
  bool is_now = slice_is_equal(name, slice_of_text("NOW"));
  if (is_now && !rest.data) {
    const struct jql_args none = {0};
    return jql__call(jql, node, "$now", &none, expr);
  }
  if (is_now || slice_is_equal(name, slice_of_text("REMOVE"))) {
    *expr = expr_const(jql->arena, val_missing(), node->offset);
    return jql__made(jql, *expr);
  }
  if (slice_is_equal(name, slice_of_text("CLUSTER_TIME")))
    return jql__fail_code(jql, node, 51144, "Builtin variable '$$CLUSTER_TIME' is not available");
  status failed =
      jql__fail_code(jql, node, 17276, "Use of undefined variable: %.*s", SLICE_ARG(name));
  err_hint(jql->err, "there are $$ROOT, $$CURRENT, $$NOW, $$REMOVE");
  return failed;
}

static status read_variable(const struct jql *jql, const struct jql_node *node, struct slice name,
                            struct expr **expr) {
  const uint8_t *dot = memchr(name.data, '.', name.bytes);
  struct slice rest = {0}, first = name;
  if (dot) {
    first.bytes = (size_t)(dot - name.data);
    rest = slice_of(dot + 1, name.bytes - first.bytes - 1);
  }
  const struct jql_variable *variable = find_variable(jql, first);
  if (variable) return put_variable(jql, node, variable, rest, expr);
  bool is_row = slice_is_equal(first, slice_of_text("ROOT")) ||
                slice_is_equal(first, slice_of_text("CURRENT"));
  if (!is_row) return read_system(jql, node, first, rest, expr);
  if (rest.data) {
    TRY(jql__name(jql, node, rest, expr));
    only_names(&(*expr)->path);
    return check_path(jql, node, &(*expr)->path);
  }
  *expr = expr_node(jql->arena, EXPR_STAR, NULL, 0, node->offset);
  return jql__made(jql, *expr);
}

static status read_text(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  struct slice text = val_slice(&node->value);
  if (!jql_is_operator(text)) return jql__const(jql, node, expr);
  if (text.bytes == 1)
    return jql__fail_code(jql, node, 16872, "'$' by itself is not a valid FieldPath");
  if (text.data[1] != '$')
    return read_path(jql, node, slice_of(text.data + 1, text.bytes - 1), expr);
  if (text.bytes == 2)
    return jql__fail_code(jql, node, 16869, "empty variable names are not allowed");
  return read_variable(jql, node, slice_of(text.data + 2, text.bytes - 2), expr);
}

/** A map or list whose parts are expressions. */
static status read_parts(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node part;
  bool is_map = node->value.type == VAL_MAP;
  struct expr **items = arena_zalloc(jql->arena, each.count + 1, sizeof *items);
  TRY(jql__made(jql, items));
  struct slice *names = arena_zalloc(jql->arena, each.count + 1, sizeof *names);
  TRY(jql__made(jql, names));
  while (jql__next(&each, &part)) {
    bool is_dotted = is_map && part.name.bytes && memchr(part.name.data, '.', part.name.bytes);
    if (jql_is_operator(part.name))
      return jql__fail_code(jql, &part, 15983, "`%.*s` stands beside other fields",
                            SLICE_ARG(part.name));
    if (is_dotted)
      return jql__fail_code(jql, &part, 16405,
                            "FieldPath field names may not contain '.'. Consider using $getField "
                            "or $setField.");
    names[part.index] = part.name;
    TRY(jql__expression(jql, &part, &items[part.index]));
  }
  *expr = expr_node(jql->arena, is_map ? EXPR_MAP : EXPR_LIST, items, each.count, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->names = is_map ? names : NULL;
  return LUMA_OK;
}

status jql__regex(const struct jql *jql, struct slice pattern, struct slice options,
                  struct val *regex) {
  uint8_t *text = arena_alloc_text(jql->arena, pattern.bytes + options.bytes + 1);
  TRY(jql__made(jql, text));
  if (pattern.bytes) memcpy(text, pattern.data, pattern.bytes);
  text[pattern.bytes] = 0;
  if (options.bytes) memcpy(text + pattern.bytes + 1, options.data, options.bytes);
  val_sort_options(text + pattern.bytes + 1, options.bytes);
  *regex = (struct val){.type = VAL_REGEX, .bytes = (uint32_t)(pattern.bytes + options.bytes + 1)};
  regex->data = text;
  return LUMA_OK;
}

/** {"$regex": "a", "$options": "i"}: how regular expressions were written before. */
static status read_regex(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  struct val pattern = val_field(&node->value, slice_of_text("$regex"));
  struct val options = val_field(&node->value, slice_of_text("$options")), regex;
  TRY(jql__regex(jql, val_slice(&pattern), val_slice(&options), &regex));
  *expr = expr_const(jql->arena, regex, node->offset);
  return jql__made(jql, *expr);
}

static bool is_regex(const struct val *map) {
  return map->type == VAL_MAP && val_count(map) == 2 &&
         val_field(map, slice_of_text("$regex")).type == VAL_TEXT &&
         val_field(map, slice_of_text("$options")).type == VAL_TEXT;
}

bool jql__reads_row(const struct expr *expr) {
  if (expr->kind == EXPR_NAME || expr->kind == EXPR_STAR || expr->kind == EXPR_FIELD) return true;
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (expr->args[i] && jql__reads_row(expr->args[i])) return true;
  return false;
}

status jql__row(const struct jql *jql, const struct jql_node *at, struct expr **row) {
  const struct jql_variable *current = find_variable(jql, slice_of_text("CURRENT"));
  if (current) return put_variable(jql, at, current, slice_of(NULL, 0), row);
  *row = expr_node(jql->arena, EXPR_STAR, NULL, 0, at->offset);
  return jql__made(jql, *row);
}

status jql__expression(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  if (is_regex(&node->value)) return read_regex(jql, node, expr);
  if (node->value.type == VAL_TEXT) return read_text(jql, node, expr);
  if (jql__has_operators(node)) return read_operator(jql, node, expr);
  if (node->value.type == VAL_MAP || node->value.type == VAL_LIST)
    return read_parts(jql, node, expr);
  return jql__const(jql, node, expr);
}
