/* SPDX-License-Identifier: MIT */
/* Types in CAST and ::, with their numbers and their names of several words. */
#include "base/text/num.h"
#include "base/text/suggest.h"
#include "model/catalog/catalog.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"

enum { TYPE_NUMBER_MAX = 1 << 24 };

struct lql_type lql__type(struct lql *lql, struct lql_token name, struct lql_token first,
                          const struct lql_token *second) {
  struct lql_type type = {.name = name, .numbers = second ? 2 : 1};
  bool good = num_parse_int64(first.text, &type.first) && type.first <= TYPE_NUMBER_MAX;
  if (second) good &= num_parse_int64(second->text, &type.second) && type.second <= type.first;
  if (!good) lql__fail(lql, LUMA_SYNTAX_ERROR, first.offset, "the type's numbers are out of range");
  return type;
}

static void hint_type(struct lql *lql, struct slice name) {
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (int type = VAL_NULL; type <= VAL_MAP; type++)
    suggest_offer(&suggest, slice_of_text(val_type_name((enum val_type)type)));
  if (suggest_is_good(&suggest)) lql__hint(lql, "did you mean %.*s?", SLICE_ARG(suggest.best));
}

bool lql__is_json(struct slice name) {
  return slice_is_equal_nocase(name, slice_of_text("json")) ||
         slice_is_equal_nocase(name, slice_of_text("jsonb"));
}

/* "int[]" for a list of integers. */
static struct slice type_text(struct lql *lql, struct slice name, bool is_list) {
  if (!is_list) return name;
  uint8_t *text = arena_alloc_text(lql->arena, name.bytes + 2);
  if (!text) return name;
  memcpy(text, name.data, name.bytes);
  memcpy(text + name.bytes, "[]", 2);
  return slice_of(text, name.bytes + 2);
}

/* A number written with a point is numeric to PostgreSQL: its halves round away from zero. */
static struct expr *as_numeric(struct lql *lql, struct expr *value) {
  if (!value || value->kind != EXPR_CONST || value->value.type != VAL_FLOAT64) return value;
  return expr_const(lql->arena, val_decimal(val_to_decimal(&value->value)), value->offset);
}

/* NULL::collection, a row of it of which nothing is known: for json_populate_record. */
static bool is_empty_row(const struct lql *lql, const struct expr *value, struct slice name) {
  bool is_null = value && value->kind == EXPR_CONST && value->value.type == VAL_NULL;
  return is_null && lql->context->catalog && catalog_find(lql->context->catalog, name);
}

struct lql_type lql__zoned(struct lql *lql, struct lql_token name) {
  if (slice_is_equal_nocase(name.text, slice_of_text("time"))) lql__refuse_zone(lql, name);
  return (struct lql_type){.name = name};
}

void lql__refuse_zone(struct lql *lql, struct lql_token name) {
  lql__fail(lql, LUMA_UNSUPPORTED, name.offset, "a time of day has no zone");
  lql__hint(lql, "TIME for one, TIMESTAMP for a moment (kept in UTC)");
}

struct expr *lql__cast(struct lql *lql, struct lql_token at, struct expr *value,
                       struct lql_type type) {
  struct slice name = lql__name(lql, type.name);
  enum val_type known = VAL_MISSING;
  if (slice_is_equal_nocase(name, slice_of_text("timetz"))) {
    lql__refuse_zone(lql, type.name);
    return NULL;
  }
  bool is_type = val_type_parse(name, &known) || lql__is_json(name);
  if (!is_type && is_empty_row(lql, value, name)) return value;
  if (!is_type) {
    lql__fail(lql, LUMA_INVALID_ARGUMENT, type.name.offset, "there is no type `%.*s`",
              SLICE_ARG(name));
    hint_type(lql, name);
    lql__hint(lql, "types are text, int, float, decimal, boolean, timestamp, date, …");
    return NULL;
  }
  if (!lql__count_operator(lql, at)) return NULL;
  uint64_t offset = type.name.offset;
  struct slice text = type_text(lql, name, type.is_list);
  if (known == VAL_INT32 || known == VAL_INT64) value = as_numeric(lql, value);
  struct expr *args[4] = {value, expr_const(lql->arena, val_text(text), offset),
                          expr_const(lql->arena, val_int64(type.first), offset),
                          expr_const(lql->arena, val_int64(type.second), offset)};
  struct expr *made =
      value ? expr_node(lql->arena, EXPR_CALL, args, 2 + type.numbers, at.offset) : NULL;
  if (made) made->name = slice_of_text("cast");
  return made;
}
