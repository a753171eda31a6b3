/* SPDX-License-Identifier: MIT */
/* Expressions and paths, as the grammar's rules ask for them. */
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql.h"

bool lql__count_operator(struct lql *lql, struct lql_token at) {
  if (++lql->operators <= LQL_OPERATORS_MAX) return true;
  lql__fail(lql, LUMA_TOO_DEEP, at.offset, "the statement has over %d operators",
            LQL_OPERATORS_MAX);
  lql__hint(lql, "many alternatives are better given as x IN (…)");
  return false;
}

struct expr *lql__unary(struct lql *lql, enum expr_op op, struct lql_token at, struct expr *arg) {
  return lql__count_operator(lql, at) ? expr_unary(lql->arena, op, arg, at.offset) : NULL;
}

static bool is_row(const struct expr *expr) {
  return expr && expr->kind == EXPR_LIST && expr->is_row;
}

/* A row is NULL when all its parts are, and is not when none is. */
struct expr *lql__is_null(struct lql *lql, enum expr_op op, struct lql_token at, struct expr *arg) {
  struct expr *made = NULL;
  if (!is_row(arg)) return lql__unary(lql, op, at, arg);
  for (uint32_t i = 0; i < arg->args_count; i++) {
    struct expr *part = lql__is_null(lql, op, at, arg->args[i]);
    made = i ? lql__binary(lql, EXPR_OP_AND, at, made, part) : part;
    if (!made) return NULL;
  }
  return made;
}

/* (a, b) < (c, d) is a < c OR (a = c AND b < d); from the part `at` on. */
static struct expr *order_rows(struct lql *lql, enum expr_op op, struct lql_token token,
                               const struct expr *a, const struct expr *b, uint32_t at) {
  bool is_last = at + 1 == a->args_count;
  enum expr_op strict = op == EXPR_OP_LE ? EXPR_OP_LT : op == EXPR_OP_GE ? EXPR_OP_GT : op;
  struct expr *here = lql__binary(lql, is_last ? op : strict, token, a->args[at], b->args[at]);
  if (is_last) return here;
  struct expr *same = lql__binary(lql, EXPR_OP_EQ, token, a->args[at], b->args[at]);
  struct expr *rest = order_rows(lql, op, token, a, b, at + 1);
  return lql__binary(lql, EXPR_OP_OR, token, here,
                     lql__binary(lql, EXPR_OP_AND, token, same, rest));
}

/* All parts are equal; for the others some part differs. */
static struct expr *match_rows(struct lql *lql, enum expr_op op, struct lql_token at,
                               const struct expr *a, const struct expr *b) {
  bool any = op == EXPR_OP_NE || op == EXPR_OP_IS_DISTINCT;
  struct expr *made = NULL;
  for (uint32_t i = 0; i < a->args_count; i++) {
    struct expr *part = lql__binary(lql, op, at, a->args[i], b->args[i]);
    made = i ? lql__binary(lql, any ? EXPR_OP_OR : EXPR_OP_AND, at, made, part) : part;
    if (!made) return NULL;
  }
  return made;
}

static struct expr *compare_rows(struct lql *lql, enum expr_op op, struct lql_token at,
                                 const struct expr *a, const struct expr *b) {
  if (a->args_count != b->args_count) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, at.offset, "a row of %u values is compared with one of %u",
              a->args_count, b->args_count);
    return NULL;
  }
  bool ordered = op >= EXPR_OP_LT && op <= EXPR_OP_GE;
  return ordered ? order_rows(lql, op, at, a, b, 0) : match_rows(lql, op, at, a, b);
}

struct expr *lql__binary(struct lql *lql, enum expr_op op, struct lql_token at, struct expr *left,
                         struct expr *right) {
  if (op >= EXPR_OP_EQ && op <= EXPR_OP_IS_NOT_DISTINCT && is_row(left) && is_row(right))
    return compare_rows(lql, op, at, left, right);
  if (op >= EXPR_OP_EQ && op <= EXPR_OP_IS_NOT_DISTINCT) {
    right = lql__collate_as(lql, left, right);
    left = lql__collate_as(lql, right, left);
  }
  return lql__count_operator(lql, at) ? expr_binary(lql->arena, op, left, right, at.offset) : NULL;
}

/* Whether the number written at `offset` has neither point nor exponent. */
static bool begins_integer(const struct lql *lql, uint64_t offset) {
  size_t at = (size_t)offset;
  while (at < lql->text.bytes &&
         ((lql->text.data[at] >= '0' && lql->text.data[at] <= '9') || lql->text.data[at] == '_'))
    at++;
  uint8_t next = at < lql->text.bytes ? lql->text.data[at] : 0;
  return next != '.' && next != 'e' && next != 'E';
}

/* -9223372036854775808 is an integer though its digits alone are not. */
struct expr *lql__negate(struct lql *lql, struct lql_token at, struct expr *arg) {
  if (!arg || arg->kind != EXPR_CONST || !val_is_number(&arg->value)) {
    return lql__unary(lql, EXPR_OP_NEGATE, at, arg);
  }
  struct val value = arg->value;
  int64_t integer;
  if (val_is_integer(&value) && value.integer != INT64_MIN)
    value.integer = -value.integer;
  else if (value.type == VAL_FLOAT64)
    value.real = -value.real;
  else if (value.type == VAL_DECIMAL)
    value.decimal = decimal_negate(value.decimal);
  else
    return lql__unary(lql, EXPR_OP_NEGATE, at, arg);
  if (value.type == VAL_DECIMAL && begins_integer(lql, arg->offset) &&
      decimal_to_int64(value.decimal, &integer)) {
    value = val_int64(integer);
  }
  return expr_const(lql->arena, value, at.offset);
}

struct expr *lql__like(struct lql *lql, enum expr_op op, struct lql_token at, struct expr *left,
                       struct expr *pattern, struct expr *escape) {
  struct expr *args[3] = {left, pattern, escape};
  if (!left || !pattern || !lql__count_operator(lql, at)) return NULL;
  struct expr *made = expr_node(lql->arena, EXPR_BINARY, args, escape ? 3 : 2, at.offset);
  if (made) made->op = op;
  return made;
}

static struct expr *in_rows(struct lql *lql, struct lql_token at, struct expr *left,
                            const struct lql_list *list, bool negated) {
  struct expr *made = NULL;
  for (uint32_t i = 0; i < list->count; i++) {
    struct expr *same = lql__binary(lql, EXPR_OP_EQ, at, left, list->items[i]);
    made = i ? lql__binary(lql, EXPR_OP_OR, at, made, same) : same;
    if (!made) return NULL;
  }
  return negated ? lql__unary(lql, EXPR_OP_NOT, at, made) : made;
}

/* Nothing is among no values, NULL neither; what stands left is still looked at. */
static struct expr *in_nothing(struct lql *lql, struct lql_token at, struct expr *left,
                               bool negated) {
  return lql__binary(lql, negated ? EXPR_OP_OR : EXPR_OP_AND, at,
                     lql__unary(lql, EXPR_OP_IS_NULL, at, left), lql__bool(lql, at, negated));
}

struct expr *lql__in(struct lql *lql, struct lql_token at, struct expr *left, struct lql_list *list,
                     bool negated) {
  if (!left || !list || !lql__count_operator(lql, at)) return NULL;
  if (list->count == 0) return in_nothing(lql, at, left, negated);
  if (is_row(left) && is_row(list->items[0])) return in_rows(lql, at, left, list, negated);
  struct lql_list *all = lql__append(lql, lql__list(lql), left, slice_of(NULL, 0));
  for (uint32_t i = 0; all && i < list->count; i++)
    all = lql__append(lql, all, lql__collate_as(lql, left, list->items[i]), slice_of(NULL, 0));
  struct expr *made =
      all ? expr_node(lql->arena, EXPR_IN, all->items, all->count, at.offset) : NULL;
  if (made) made->negated = negated;
  return made;
}

struct expr *lql__between(struct lql *lql, struct lql_token at, struct expr *value,
                          struct expr *low, struct expr *high, bool negated) {
  struct expr *args[3] = {value, lql__collate_as(lql, value, low),
                          lql__collate_as(lql, value, high)};
  if (!value || !low || !high || !lql__count_operator(lql, at)) return NULL;
  struct expr *made = expr_node(lql->arena, EXPR_BETWEEN, args, 3, at.offset);
  if (made) made->negated = negated;
  return made;
}

struct expr *lql__case(struct lql *lql, struct lql_token at, struct expr *operand,
                       struct lql_list *pairs, struct expr *otherwise) {
  struct lql_list *args = pairs ? lql__list(lql) : NULL;
  for (uint32_t i = 0; args && i < pairs->count; i++) {
    struct expr *item = pairs->items[i];
    if (operand && i % 2 == 0) item = lql__binary(lql, EXPR_OP_EQ, at, operand, item);
    args = lql__append(lql, args, item, slice_of(NULL, 0));
  }
  if (otherwise) args = lql__append(lql, args, otherwise, slice_of(NULL, 0));
  struct expr *made =
      args ? expr_node(lql->arena, EXPR_CASE, args->items, args->count, at.offset) : NULL;
  if (made) made->has_else = otherwise != NULL;
  return made;
}

static struct expr *call(struct lql *lql, struct slice name, struct expr *const *args,
                         uint32_t count, uint64_t offset) {
  struct expr *made = expr_node(lql->arena, EXPR_CALL, args, count, offset);
  if (made) made->name = name;
  return made;
}

/* ---- SQL's forms with FROM ---- */

/* The function that trims the side: "both", "leading", "trailing"; NULL for another word. */
static const char *trim_function(struct slice side) {
  if (slice_is_equal_nocase(side, slice_of_text("both"))) return "trim";
  if (slice_is_equal_nocase(side, slice_of_text("leading"))) return "ltrim";
  return slice_is_equal_nocase(side, slice_of_text("trailing")) ? "rtrim" : NULL;
}

static struct expr *fail_word(struct lql *lql, struct lql_token name, const char *word) {
  lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset, "`%.*s` takes no %s", SLICE_ARG(name.text), word);
  lql__hint(lql, "extract, substring and trim do; others take arguments with commas");
  return NULL;
}

struct expr *lql__trim(struct lql *lql, struct lql_token name, struct lql_token side,
                       struct expr *characters, struct expr *text) {
  const char *function = trim_function(side.text);
  if (!function || !slice_is_equal_nocase(name.text, slice_of_text("trim")))
    return fail_word(lql, name, "FROM");
  struct expr *args[2] = {text, characters};
  return call(lql, slice_of_text(function), args, 2, name.offset);
}

static struct expr *extract(struct lql *lql, struct lql_token name, struct expr *field,
                            struct expr *from) {
  if (field->kind == EXPR_NAME)
    field = expr_const(lql->arena, val_text(field->name), field->offset);
  struct expr *args[2] = {field, from};
  return call(lql, name.text, args, 2, name.offset);
}

struct expr *lql__call_from(struct lql *lql, struct lql_token name, struct expr *left,
                            struct expr *from, struct expr *count) {
  struct expr *args[3] = {left, from, count};
  if (!left || !from) return NULL;
  bool is_substring = slice_is_equal_nocase(name.text, slice_of_text("substring"));
  bool is_pattern =
      is_substring && !count && from->kind == EXPR_CONST && from->value.type == VAL_TEXT;
  if (is_pattern) { /* the part in parentheses of what matches, else all of it */
    struct expr *match = call(lql, slice_of_text("regexp_match"), args, 2, name.offset);
    return match ? lql__at(lql, name, match, expr_const(lql->arena, val_int64(0), name.offset))
                 : NULL;
  }
  if (is_substring) return call(lql, name.text, args, count ? 3 : 2, name.offset);
  if (count) return fail_word(lql, name, "FOR");
  if (slice_is_equal_nocase(name.text, slice_of_text("extract")))
    return extract(lql, name, left, from);
  if (!slice_is_equal_nocase(name.text, slice_of_text("trim"))) return fail_word(lql, name, "FROM");
  const char *side = left->kind == EXPR_NAME ? trim_function(left->name) : NULL;
  args[0] = from;
  args[1] = left;
  return call(lql, slice_of_text(side ? side : "trim"), args, side ? 1 : 2, name.offset);
}

/* ---- maps, lists, stars ---- */

/* Pairs [from, to), whose names are written. */
static struct expr *written_map(struct lql *lql, struct lql_token at, const struct lql_list *pairs,
                                uint32_t from, uint32_t to) {
  struct expr *made = expr_node(lql->arena, EXPR_MAP, pairs->items + from, to - from, at.offset);
  if (made) made->names = pairs->names + from;
  return made;
}

static bool is_computed(const struct lql_list *pairs, uint32_t i) {
  const struct expr *item = pairs->items[i];
  return item && item->kind == EXPR_CALL && !pairs->names[i].data &&
         slice_is_equal(item->name, slice_of_text("json_build_object"));
}

/* Maps of written names and of computed ones, joined in their order. */
struct expr *lql__map(struct lql *lql, struct lql_token at, struct lql_list *pairs) {
  struct expr *made = NULL;
  if (!pairs) return NULL;
  for (uint32_t i = 0, from = 0; i <= pairs->count; i++) {
    bool is_end = i == pairs->count;
    if (!is_end && !is_computed(pairs, i)) continue;
    if (i > from || (is_end && !made)) {
      struct expr *part = written_map(lql, at, pairs, from, i);
      made = made ? lql__binary(lql, EXPR_OP_CONCAT, at, made, part) : part;
    }
    if (!is_end && made) made = lql__binary(lql, EXPR_OP_CONCAT, at, made, pairs->items[i]);
    if (!is_end && !made) made = pairs->items[i];
    from = i + 1;
    if (lql->failed != LUMA_OK) return NULL;
  }
  return made;
}

struct lql_list *lql__computed_pair(struct lql *lql, struct lql_list *pairs, struct expr *name,
                                    struct expr *value) {
  struct lql_token at = {.offset = name ? name->offset : 0};
  struct expr *pair = value ? lql__apply(lql, "json_build_object", at, name, value) : NULL;
  return lql__append(lql, pairs, pair, slice_of(NULL, 0));
}

struct expr *lql__array(struct lql *lql, struct lql_token at, struct lql_list *items) {
  return items ? expr_node(lql->arena, EXPR_LIST, items->items, items->count, at.offset) : NULL;
}

struct expr *lql__star(struct lql *lql, struct lql_token at, struct slice qualifier) {
  struct expr *made = expr_node(lql->arena, EXPR_STAR, NULL, 0, at.offset);
  if (made) made->name = qualifier;
  return made;
}

struct expr *lql__star_of(struct lql *lql, struct lql_token at, const struct expr *source) {
  if (!source) return NULL;
  bool is_source =
      source->kind == EXPR_NAME && source->path.count == 1 && source->path.steps[0].is_name;
  if (is_source) return lql__star(lql, at, source->path.steps[0].name);
  struct expr *made = arena_copy(lql->arena, source, sizeof *source);
  if (made) made->spreads = true;
  return made;
}

struct lql_list *lql__list(struct lql *lql) {
  return arena_zalloc(lql->arena, 1, sizeof(struct lql_list));
}

struct lql_list *lql__append(struct lql *lql, struct lql_list *list, struct expr *item,
                             struct slice name) {
  if (!list || !item) return NULL;
  if (list->count == list->capacity) {
    uint32_t capacity = list->capacity ? list->capacity * 2 : 8;
    struct expr **items = arena_alloc(lql->arena, capacity * sizeof *items);
    struct slice *names = arena_alloc(lql->arena, capacity * sizeof *names);
    if (!items || !names) return NULL;
    if (list->count) {
      memcpy(items, list->items, list->count * sizeof *items);
      memcpy(names, list->names, list->count * sizeof *names);
    }
    list->items = items;
    list->names = names;
    list->capacity = capacity;
  }
  list->items[list->count] = item;
  list->names[list->count++] = name;
  return list;
}

/* ---- paths ---- */

static struct lql_path *extend(struct lql *lql, const struct lql_path *path, struct slice a,
                               struct slice b, struct slice c) {
  if (!path) return NULL;
  if (path->steps == PATH_STEPS_MAX) {
    lql__fail(lql, LUMA_TOO_DEEP, path->offset, "a path has more than %d steps", PATH_STEPS_MAX);
    return NULL;
  }
  size_t bytes = path->text.bytes + a.bytes + b.bytes + c.bytes;
  uint8_t *text = arena_alloc_text(lql->arena, bytes + 1);
  struct lql_path *made = arena_alloc(lql->arena, sizeof *made);
  if (!text || !made) return NULL;
  struct slice parts[4] = {path->text, a, b, c};
  size_t at = 0;
  for (int i = 0; i < 4; i++) {
    if (parts[i].bytes) memcpy(text + at, parts[i].data, parts[i].bytes);
    at += parts[i].bytes;
  }
  *made = (struct lql_path){
      .text = slice_of(text, bytes), .offset = path->offset, .steps = path->steps + 1};
  return made;
}

struct lql_path *lql__path(struct lql *lql, struct lql_token name) {
  struct lql_path *made = arena_alloc(lql->arena, sizeof *made);
  if (made) *made = (struct lql_path){.text = name.text, .offset = name.offset, .steps = 1};
  return made;
}

struct lql_path *lql__path_name(struct lql *lql, struct lql_path *path, struct lql_token name) {
  return extend(lql, path, slice_of_text("."), name.text, slice_of(NULL, 0));
}

struct lql_path *lql__path_text(struct lql *lql, struct lql_path *path, struct lql_token text) {
  struct expr *name = lql__text(lql, text);
  if (!name || !path) return NULL;
  struct path_step step = {
      .name = val_slice(&name->value), .index = PATH_NO_INDEX, .is_name = true};
  text.text = lql__quoted(lql, &step);
  return text.text.data ? lql__path_name(lql, path, text) : NULL;
}

struct slice lql__quoted(struct lql *lql, const struct path_step *step) {
  struct buf quoted;
  struct path one = {.count = 1, .steps = (struct path_step *)(uintptr_t)step};
  buf_init(&quoted, LQL_TEXT_BYTES_MAX);
  path_format(&one, &quoted);
  const void *copy = arena_copy(lql->arena, quoted.data, quoted.bytes);
  struct slice made = slice_of(copy, copy ? quoted.bytes : 0);
  buf_deinit(&quoted);
  return made;
}

struct lql_path *lql__path_index(struct lql *lql, struct lql_path *path, struct lql_token index,
                                 bool from_end) {
  return extend(lql, path, slice_of_text(from_end ? "[-" : "["), index.text, slice_of_text("]"));
}

struct lql_path *lql__path_elements(struct lql *lql, struct lql_path *path) {
  (void)lql;
  if (path) path->has_elements = true;
  return path;
}

struct expr *lql__row(struct lql *lql, struct lql_token at, struct expr *first,
                      const struct lql_list *rest) {
  struct lql_list *all = rest ? lql__append(lql, lql__list(lql), first, slice_of(NULL, 0)) : NULL;
  for (uint32_t i = 0; all && i < rest->count; i++)
    all = lql__append(lql, all, rest->items[i], slice_of(NULL, 0));
  struct expr *made = lql__array(lql, at, all);
  if (made) made->is_row = true;
  return made;
}

static struct expr *step_into(struct lql *lql, struct expr *value, struct slice text,
                              uint64_t offset) {
  struct expr *made = expr_node(lql->arena, EXPR_AT, &value, 1, offset);
  if (made && path_parse(lql->arena, text, false, &made->path, NULL) != LUMA_OK) return NULL;
  return made;
}

struct expr *lql__dot(struct lql *lql, struct expr *value, struct lql_token name) {
  if (!value) return NULL;
  if (lql__is_each(value)) {
    struct expr **each = lql__each_value(value);
    *each = lql__dot(lql, *each, name);
    return *each ? value : NULL;
  }
  if (value->kind != EXPR_NAME) return step_into(lql, value, name.text, name.offset);
  struct lql_path path = {.text = value->name, .offset = value->offset, .steps = value->path.count};
  return lql__path_expr(lql, lql__path_name(lql, &path, name));
}

/* "[3]" or "[-3]" */
static struct slice index_text(struct lql *lql, int64_t index) {
  struct buf text;
  buf_init(&text, 64);
  buf_append_format(&text, "[%lld]", (long long)index);
  void *copy = arena_copy(lql->arena, text.data, text.bytes);
  struct slice made = slice_of(copy, copy ? text.bytes : 0);
  buf_deinit(&text);
  return made;
}

struct expr *lql__at(struct lql *lql, struct lql_token at, struct expr *value, struct expr *index) {
  if (!value || !index || !lql__count_operator(lql, at)) return NULL;
  if (lql__is_each(value)) {
    struct expr **each = lql__each_value(value);
    *each = lql__at(lql, at, *each, index);
    return *each ? value : NULL;
  }
  bool is_known = index->kind == EXPR_CONST && val_is_integer(&index->value) &&
                  index->value.integer >= -INT32_MAX && index->value.integer <= INT32_MAX;
  if (!is_known) {
    struct expr *args[2] = {value, index};
    return expr_node(lql->arena, EXPR_AT, args, 2, at.offset);
  }
  struct slice text = index_text(lql, index->value.integer);
  if (value->kind != EXPR_NAME) {
    struct path_step step = {.index = (int32_t)index->value.integer, .is_index = true};
    struct expr *made = expr_node(lql->arena, EXPR_AT, &value, 1, at.offset);
    if (!made) return NULL;
    made->path = (struct path){.count = 1, .steps = arena_copy(lql->arena, &step, sizeof step)};
    return made->path.steps ? made : NULL;
  }
  struct lql_path path = {.text = value->name, .offset = value->offset, .steps = value->path.count};
  struct slice none = slice_of(NULL, 0);
  return lql__path_expr(lql, extend(lql, &path, text, none, none));
}

/* Why a path cannot be one. */
static struct expr *fail_path(struct lql *lql, const struct lql_path *path) {
  struct path steps;
  struct err err = {0};
  if (path_parse(lql->arena, path->text, false, &steps, &err) != LUMA_OK)
    lql__fail(lql, err.code, path->offset, "%s", err.message);
  return NULL;
}

struct expr *lql__path_expr(struct lql *lql, const struct lql_path *path) {
  if (!path) return NULL;
  struct expr *made = expr_name(lql->arena, path->text, false, path->offset);
  return made ? made : fail_path(lql, path);
}
