/* SPDX-License-Identifier: MIT */
/* A condition is a list of comparisons of attributes with constants; each must be the very one that
 * a part of the access was made of, over values whose order in the index is the language's. */
#include "query/opt/exact.h"

#include "query/regex/regex.h"

/* Points are multiplied; past RANGES_MAX of the executor a part is left out. */
enum { EXACT_VALUES_MAX = 64, EXACT_RANGES_MAX = 4096 };

struct exact {
  const struct opt *opt;
  const struct collection *collection;
  const struct plan_access *access;
};

static bool is_scalar(const struct val *value, bool mongo) {
  if (value->type == VAL_INT32 || value->type == VAL_INT64) return true;
  if (value->type == VAL_FLOAT64) return value->real == value->real; /* not NaN */
  return mongo && (value->type == VAL_TEXT || value->type == VAL_BOOL);
}

/** What has one place in an index, and equals nothing that has another. */
static bool is_point(const struct val *value, bool mongo) {
  bool is_other = value->type == VAL_OBJECTID || value->type == VAL_TIMESTAMP;
  return is_scalar(value, mongo) || (mongo && is_other);
}

static bool are_points(const struct val *list) {
  if (list->type != VAL_LIST || val_count(list) > EXACT_VALUES_MAX) return false;
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    if (!is_point(&element, true)) return false;
  }
  return true;
}

/** Whether the part becomes points, behind which the next one bounds what is read. */
static bool is_of_points(const struct plan_part *part) {
  bool is = part->is_equal && part->values_count > 0;
  for (uint32_t i = 0; is && i < part->values_count; i++) {
    const struct expr *value = part->values[i];
    is = value->kind == EXPR_CONST &&
         (part->spread && value->value.type == VAL_LIST ? are_points(&value->value)
                                                        : is_point(&value->value, part->mongo));
  }
  return is;
}

/** The part that is of the path, and bounds what is read. Where it may lead to lists, of which SQL
 * compares the whole, there is none for SQL. */
static const struct plan_part *part_of(const struct exact *exact, const struct path *path,
                                       bool mongo) {
  const struct plan_access *access = exact->access;
  if (access->index->def.wildcard.bytes) return NULL; /* its parts are of any path */
  for (uint32_t i = 0; i < access->parts_count; i++) {
    bool is_here = path_is_equal(&access->index->def.keys[i].path, path);
    bool is_whole =
        mongo || !access_part_has_lists(exact->opt, exact->collection, access->index, i);
    if (is_here) return is_whole ? &access->parts[i] : NULL;
    if (!is_of_points(&access->parts[i])) return NULL;
  }
  return NULL;
}

static bool is_equality(const struct exact *exact, const struct path *path,
                        const struct expr *value, bool mongo) {
  const struct plan_part *part = part_of(exact, path, mongo);
  return part && part->is_equal && !part->spread && part->values_count == 1 &&
         part->values[0] == value && value->kind == EXPR_CONST && is_point(&value->value, mongo);
}

static bool is_any_of(const struct exact *exact, const struct match *match) {
  const struct plan_part *part = part_of(exact, &match->path, true);
  return part && part->is_equal && part->spread && part->values_count == 1 &&
         part->values[0] == match->value && match->value->kind == EXPR_CONST &&
         are_points(&match->value->value);
}

/** Texts that begin so, and nothing else. */
static bool is_beginning(const struct exact *exact, const struct match *match) {
  const struct plan_part *part = part_of(exact, &match->path, true);
  if (!part || !part->prefix || part->high != match->value) return false;
  struct slice options, pattern = val_regex(&match->value->value, &options);
  return regex_is_prefix(pattern, options);
}

/** Ranges end with the class of their value; where those of booleans do the executor does not know.
 */
static bool is_bound(const struct exact *exact, const struct path *path, enum expr_op op,
                     const struct expr *value, bool mongo) {
  const struct plan_part *part = part_of(exact, path, mongo);
  bool is_low = op == EXPR_OP_GT || op == EXPR_OP_GE;
  bool is_open = op == EXPR_OP_GT || op == EXPR_OP_LT;
  if (!part || part->is_equal || part->prefix || part->is_null) return false;
  if (value->kind != EXPR_CONST || !is_scalar(&value->value, mongo)) return false;
  if (value->value.type == VAL_BOOL) return false;
  return is_low ? part->low == value && part->low_open == is_open
                : part->high == value && part->high_open == is_open;
}

/** Both ends are of one class, or they bound nothing together. */
static bool are_alike(const struct plan_part *part) {
  if (!part->low || !part->high) return true;
  if (part->low->kind != EXPR_CONST || part->high->kind != EXPR_CONST) return false;
  const struct val *low = &part->low->value, *high = &part->high->value;
  return val_is_number(low) ? val_is_number(high) : low->type == high->type;
}

/** Ranges that become of the part, at most: a text may be an id, too. */
static uint64_t count_points(const struct plan_part *part) {
  enum { SPELLINGS = 2 };
  const struct expr *first = part->is_equal && part->values_count == 1 ? part->values[0] : NULL;
  bool is_list =
      first && part->spread && first->kind == EXPR_CONST && first->value.type == VAL_LIST;
  uint64_t count = 0;
  for (uint32_t i = 0; is_list && i < val_count(&first->value); i++) {
    struct val element = val_at(&first->value, i);
    count += element.type == VAL_TEXT ? SPELLINGS : 1;
  }
  return is_list ? count : part->values_count ? part->values_count : 1;
}

/** An index has the elements of a list that stands at a place, of which the condition knows none.
 */
static bool ends_with_place(const struct path *path) {
  return path->count && path->steps[path->count - 1].is_index;
}

static bool check_match(const struct exact *exact, const struct match *match) {
  if (ends_with_place(&match->path)) return false;
  if (match->key || (match->op != MATCH_AND && !match->value)) return false;
  switch ((int)match->op) {
  case MATCH_AND:
    for (uint32_t i = 0; i < match->children_count; i++)
      if (!check_match(exact, match->children[i])) return false;
    return true;
  case MATCH_EQ: return is_equality(exact, &match->path, match->value, true);
  case MATCH_IN: return is_any_of(exact, match);
  case MATCH_REGEX: return is_beginning(exact, match);
  case MATCH_GT: return is_bound(exact, &match->path, EXPR_OP_GT, match->value, true);
  case MATCH_GTE: return is_bound(exact, &match->path, EXPR_OP_GE, match->value, true);
  case MATCH_LT: return is_bound(exact, &match->path, EXPR_OP_LT, match->value, true);
  case MATCH_LTE: return is_bound(exact, &match->path, EXPR_OP_LE, match->value, true);
  default: return false;
  }
}

/** SQL's comparison of an attribute, on the left, with a number. */
static bool check_expr(const struct exact *exact, const struct expr *expr) {
  if (expr->kind == EXPR_MATCH) return check_match(exact, expr->match);
  if (expr->kind != EXPR_BINARY || expr->mongo) return false;
  if (expr->op == EXPR_OP_AND)
    return check_expr(exact, expr->args[0]) && check_expr(exact, expr->args[1]);
  const struct expr *field = expr->args[0], *value = expr->args[1];
  if (field->kind != EXPR_FIELD || field->dotted || field->key || !field->path.count) return false;
  if (expr->op == EXPR_OP_EQ) return is_equality(exact, &field->path, value, false);
  bool is_range = expr->op >= EXPR_OP_LT && expr->op <= EXPR_OP_GE;
  return is_range && is_bound(exact, &field->path, expr->op, value, false);
}

/** Numbers that are not, or kinds that are not noted, may stand where the order says otherwise. */
static bool has_plain_values(const struct collection *collection,
                             const struct plan_access *access) {
  for (uint32_t i = 0; i < access->parts_count; i++)
    if (collection_kinds(collection, access->index, i) & INDEX_KIND_OTHER) return false;
  return true;
}

/** Whether entries of the access tell documents apart as the predicates do. */
static bool begin(const struct opt *opt, const struct collection *collection,
                  const struct plan_access *access, struct exact *exact) {
  uint64_t points = 1;
  *exact = (struct exact){opt, collection, access};
  if (!access->index || access->with_lists || access->with_missing || access->nulls_apart)
    return false;
  for (uint32_t i = 0; i < access->parts_count; i++) {
    if (!are_alike(&access->parts[i])) return false;
    points *= count_points(&access->parts[i]);
    if (points > EXACT_RANGES_MAX) return false;
  }
  return has_plain_values(collection, access);
}

bool exact_condition(const struct opt *opt, const struct collection *collection,
                     const struct plan_access *access, const struct expr *condition) {
  struct exact exact;
  return begin(opt, collection, access, &exact) && check_expr(&exact, condition);
}

bool exact_match(const struct opt *opt, const struct collection *collection,
                 const struct plan_access *access, const struct match *match) {
  struct exact exact;
  return begin(opt, collection, access, &exact) && check_match(&exact, match);
}

/** One value of a list has one entry; other keys come once for each of its elements. */
bool exact_meets_twice(const struct opt *opt, const struct collection *collection,
                       const struct plan_access *access) {
  const struct catalog_index *index = access->index;
  if (!access_has_lists(opt, collection, index)) return false;
  for (uint32_t i = 0; i < index->def.keys_count; i++) {
    const struct plan_part *part = i < access->parts_count ? &access->parts[i] : NULL;
    bool is_one = part && part->is_equal && !part->spread && part->values_count == 1 &&
                  access_is_point(part->values[0]);
    if (!is_one && access_part_has_lists(opt, collection, index, i)) return true;
  }
  return false;
}
