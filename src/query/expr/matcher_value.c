/* SPDX-License-Identifier: MIT */
/* A predicate on one value: what $gt, $in, $type and their kin say about it, lists aside. */
#include <math.h>

#include "query/expr/matcher_int.h"
#include "query/func/compare.h"
#include "query/mongo/mongo.h"

bool matcher__is_true(const struct val *v) {
  if (val_is_null(v)) return false;
  if (v->type == VAL_BOOL) return v->boolean;
  return !val_is_number(v) || val_to_float64(v) != 0;
}

static bool is_nan(const struct val *v) {
  struct decimal_parts parts;
  if (v->type == VAL_FLOAT64) return isnan(v->real);
  return v->type == VAL_DECIMAL && decimal_unpack(v->decimal, &parts) == DECIMAL_NAN;
}

/** The operand as the value's type when it is a text that spells a ULID or UUID, else the operand.
 */
static struct val spelled(const struct val *operand, const struct val *v) {
  struct val read;
  bool is_id = v->type == VAL_ULID || v->type == VAL_UUID;
  if (is_id && operand->type == VAL_TEXT &&
      compare_read_text(val_slice(operand), (enum val_type)v->type, &read))
    return read;
  return *operand;
}

static bool is_equal(const struct val *v, const struct val *operand) {
  struct val wanted = spelled(operand, v);
  return val_is_equal(v, &wanted);
}

static bool keeps(enum match_op op, int order) {
  if (op == MATCH_GT) return order > 0;
  if (op == MATCH_GTE) return order >= 0;
  return op == MATCH_LT ? order < 0 : order <= 0;
}

static bool test_order(const struct matcher *matcher, const struct val *v) {
  bool or_equal = matcher->op == MATCH_GTE || matcher->op == MATCH_LTE;
  if (matcher->has_null) return or_equal && val_is_null(v);
  /* The least and the greatest key are compared with values of all types, what is missing too. */
  if (matcher->value.type == VAL_MINKEY || matcher->value.type == VAL_MAXKEY)
    return keeps(matcher->op, val_compare(v, &matcher->value));
  if (val_is_null(v)) return false;
  struct val operand = spelled(&matcher->value, v);
  if (val_order_class((enum val_type)v->type) != val_order_class((enum val_type)operand.type))
    return false;
  if (is_nan(v) || is_nan(&operand)) return or_equal && is_nan(v) && is_nan(&operand);
  return keeps(matcher->op, val_compare(v, &operand));
}

static status test_regexes(const struct matcher *matcher, const struct val *v, bool *matches,
                           struct err *err) {
  for (uint32_t i = 0; i < matcher->regexes_count; i++) {
    if (v->type == VAL_TEXT) {
      TRY(regex_match(matcher->regexes[i], val_slice(v), matches, err));
      if (*matches) return LUMA_OK;
    }
    *matches = v->type == VAL_REGEX && val_is_equal(v, &matcher->regex_values[i]);
    if (*matches) return LUMA_OK;
  }
  *matches = false;
  return LUMA_OK;
}

static bool is_in_sorted(const struct val *values, uint32_t count, const struct val *v) {
  uint32_t low = 0, high = count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = val_compare(&values[middle], v);
    if (order == 0) return true;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

static status test_in(const struct matcher *matcher, const struct val *v, bool *matches,
                      struct err *err) {
  *matches = (matcher->has_null && val_is_null(v)) ||
             is_in_sorted(matcher->values, matcher->values_count, v);
  bool may_be_spelled = v->type == VAL_ULID || v->type == VAL_UUID;
  for (uint32_t i = 0; may_be_spelled && !*matches && i < matcher->values_count; i++)
    *matches = is_equal(v, &matcher->values[i]);
  if (*matches || matcher->regexes_count == 0) return LUMA_OK;
  return test_regexes(matcher, v, matches, err);
}

static bool test_type(const struct matcher *matcher, const struct val *v) {
  if (matcher->types >> v->type & 1) return true;
  bool is_small = v->type == VAL_INT64 && v->integer >= INT32_MIN && v->integer <= INT32_MAX;
  return (matcher->type_int && is_small) || (matcher->type_long && v->type == VAL_INT64);
}

bool matcher__truncate(const struct val *number, int64_t *whole) {
  if (val_to_int64(number, whole)) return true;
  double real = trunc(val_to_float64(number));
  if (!(real >= -0x1p63 && real < 0x1p63)) return false;
  *whole = (int64_t)real;
  return true;
}

static bool test_mod(const struct matcher *matcher, const struct val *v) {
  int64_t whole = 0;
  if (!val_is_number(v) || !matcher__truncate(v, &whole)) return false;
  int64_t rest = matcher->divisor == -1 ? 0 : whole % matcher->divisor;
  return rest == matcher->remainder;
}

/** $elemMatch: some element satisfies all children. */
static status test_elements(const struct matcher *matcher, const struct val *v, bool *matches,
                            struct err *err) {
  *matches = false;
  if (v->type != VAL_LIST) return LUMA_OK;
  for (uint32_t i = 0; i < val_count(v) && !*matches; i++) {
    struct val element = val_at(v, i);
    *matches = !matcher->on_fields || element.type == VAL_MAP || element.type == VAL_LIST;
    for (uint32_t c = 0; c < matcher->children_count && *matches; c++)
      TRY(matcher_test_element(matcher->children[c], &element, matches, err));
  }
  return LUMA_OK;
}

static status test_value(const struct matcher *matcher, const struct val *v, bool *matches,
                         struct err *err) {
  switch (matcher->op) {
  case MATCH_EQ:
  case MATCH_NE:
    *matches = matcher->has_null ? val_is_null(v) : is_equal(v, &matcher->value);
    if (!*matches && matcher->regexes_count) return test_regexes(matcher, v, matches, err);
    return LUMA_OK;
  case MATCH_GT:
  case MATCH_GTE:
  case MATCH_LT:
  case MATCH_LTE: *matches = test_order(matcher, v); return LUMA_OK;
  case MATCH_IN:
  case MATCH_NIN: return test_in(matcher, v, matches, err);
  case MATCH_EXISTS: *matches = v->type != VAL_MISSING; return LUMA_OK;
  case MATCH_TYPE: *matches = test_type(matcher, v); return LUMA_OK;
  case MATCH_REGEX: return test_regexes(matcher, v, matches, err);
  case MATCH_SIZE: *matches = v->type == VAL_LIST && val_count(v) == matcher->size; return LUMA_OK;
  case MATCH_MOD: *matches = test_mod(matcher, v); return LUMA_OK;
  case MATCH_BITS_ALL_SET:
  case MATCH_BITS_ANY_SET:
  case MATCH_BITS_ALL_CLEAR:
  case MATCH_BITS_ANY_CLEAR: *matches = matcher__test_bits(matcher, v); return LUMA_OK;
  case MATCH_GEO_WITHIN:
  case MATCH_GEO_MEETS: return matcher__test_geo(matcher, v, matches, err);
  case MATCH_ELEM: return test_elements(matcher, v, matches, err);
  case MATCH_ALL:
  case MATCH_AND:
  case MATCH_OR:
  case MATCH_NOR:
  case MATCH_NOT:
  case MATCH_EXPR: break;
  }
  *matches = false;
  return LUMA_OK;
}

status matcher__test_value(const struct matcher *matcher, const struct val *v, bool *matches,
                           struct err *err) {
  bool is_compared = matcher->op <= MATCH_NIN && matcher->collation && collation_concerns(v);
  struct val key;
  if (!is_compared) return test_value(matcher, v, matches, err);
  TRY(collation_key(matcher->collation, 1, v, &key, err));
  TRY(test_value(matcher, &key, matches, err));
  if (*matches || matcher->regexes_count == 0) return LUMA_OK;
  return test_regexes(matcher, v, matches, err);
}

/* ---- $type ---- */

struct type_alias {
  const char *name;
  int number; /* BSON's */
  uint32_t types;
};

static const struct type_alias *find_alias(const struct val *operand) {
  static const struct type_alias aliases[] = {
      {"double", 1, 1u << VAL_FLOAT64},
      {"string", 2, 1u << VAL_TEXT},
      {"object", 3, 1u << VAL_MAP},
      {"array", 4, 1u << VAL_LIST | 1u << VAL_VECTOR},
      {"binData", 5, 1u << VAL_BYTES | 1u << VAL_UUID},
      {"undefined", 6, 0}, /* kinds of older BSON that no value has */
      {"objectId", 7, 1u << VAL_OBJECTID},
      {"bool", 8, 1u << VAL_BOOL},
      {"date", 9, 1u << VAL_TIMESTAMP | 1u << VAL_DATE},
      {"null", 10, 1u << VAL_NULL},
      {"regex", 11, 1u << VAL_REGEX},
      {"dbPointer", 12, 0},
      {"javascript", 13, 1u << VAL_CODE},
      {"symbol", 14, 0},
      {"javascriptWithScope", 15, 0},
      {"int", 16, 1u << VAL_INT32},
      {"timestamp", 17, 1u << VAL_BSONTIME},
      {"long", 18, 0},
      {"decimal", 19, 1u << VAL_DECIMAL},
      {"minKey", -1, 1u << VAL_MINKEY},
      {"maxKey", 127, 1u << VAL_MAXKEY},
      {"number", 1000, 1u << VAL_INT32 | 1u << VAL_INT64 | 1u << VAL_FLOAT64 | 1u << VAL_DECIMAL},
  };
  int64_t number = 0;
  bool is_number = val_is_number(operand) && val_to_int64(operand, &number);
  for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
    if (is_number && aliases[i].number == number && number != 1000) return &aliases[i];
    if (operand->type == VAL_TEXT &&
        slice_is_equal(val_slice(operand), slice_of_text(aliases[i].name)))
      return &aliases[i];
  }
  return NULL;
}

static status set_type(struct matcher *matcher, const struct val *operand, struct err *err) {
  const struct type_alias *alias = find_alias(operand);
  enum val_type type = VAL_MISSING;
  if (alias) {
    matcher->types |= alias->types;
    matcher->type_int |= alias->number == 16;
    matcher->type_long |= alias->number == 18;
    return LUMA_OK;
  }
  if (operand->type == VAL_TEXT && val_type_parse(val_slice(operand), &type)) {
    matcher->types |= 1u << type;
    return LUMA_OK;
  }
  if (operand->type == VAL_TEXT)
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%.*s` is not a type", SLICE_ARG(val_slice(operand)));
  if (!val_is_number(operand)) return mongo_fail(err, 14, "$type takes names or numbers of types");
  FAIL(err, LUMA_INVALID_ARGUMENT, "$type takes names or numbers of types");
}

status matcher__set_types(struct matcher *matcher, const struct val *operand, struct err *err) {
  if (operand->type != VAL_LIST) return set_type(matcher, operand, err);
  for (uint32_t i = 0; i < val_count(operand); i++) {
    struct val element = val_at(operand, i);
    TRY(set_type(matcher, &element, err));
  }
  return LUMA_OK;
}
