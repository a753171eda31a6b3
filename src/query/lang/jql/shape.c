/* SPDX-License-Identifier: MIT */
/* The shape of a query: what is asked of which attributes, how the answer is sorted and what of it
 * is shown, whatever the values are. Two queries of one shape have one hash, in every run. */
#include "base/hash/hash.h"
#include "query/lang/jql/jql_int.h"

/* What a hash is of, as seed. */
enum { FILTER = 1, SORT, PROJECTION, COLLATION, KEY, VALUE };

static uint64_t of_text(struct slice text, uint64_t seed) {
  return hash64(text, seed);
}

static uint64_t join(uint64_t a, uint64_t b) {
  uint64_t both[2] = {a, b};
  return hash64(slice_of(both, sizeof both), VALUE);
}

static bool is_named(struct slice name, const char *text) {
  return slice_is_equal(name, slice_of_text(text));
}

/** A value with all that it says; numbers of all types are alike. Depth is bounded by
 * DOC_DEPTH_MAX. */
static uint64_t of_value(const struct val *value, uint64_t seed) {
  uint64_t hash = seed;
  if (val_is_number(value)) {
    double real = val_to_float64(value);
    return hash64(slice_of(&real, sizeof real), seed);
  }
  if (value->type == VAL_TEXT) return of_text(val_slice(value), seed);
  if (value->type == VAL_BOOL) return join(seed, value->boolean);
  bool is_map = value->type == VAL_MAP;
  for (uint32_t i = 0; (is_map || value->type == VAL_LIST) && i < val_count(value); i++) {
    struct slice name = {0};
    struct val item = is_map ? val_field_at(value, i, &name) : val_at(value, i);
    hash = join(hash, of_value(&item, is_map ? of_text(name, seed) : seed));
  }
  return join(hash, value->type);
}

static uint64_t of_filter(const struct val *filter);

/** Operators in any order, without their operands: those of $not and $elemMatch are filters. */
static uint64_t of_operators(const struct val *operators) {
  uint64_t hash = 0;
  for (uint32_t i = 0; i < val_count(operators); i++) {
    struct slice name;
    struct val operand = val_field_at(operators, i, &name);
    bool is_filter = is_named(name, "$not") || is_named(name, "$elemMatch");
    uint64_t within = is_filter && operand.type == VAL_MAP ? of_filter(&operand) : 0;
    hash += join(of_text(name, FILTER), within);
  }
  return hash;
}

static bool is_of_operators(const struct val *value) {
  struct slice name = {0};
  if (value->type != VAL_MAP || !val_count(value)) return false;
  (void)val_field_at(value, 0, &name);
  return name.bytes && name.data[0] == '$';
}

/** Filters of $and, $or and $nor, in any order. */
static uint64_t of_filters(const struct val *list) {
  uint64_t hash = 0;
  for (uint32_t i = 0; list->type == VAL_LIST && i < val_count(list); i++) {
    struct val filter = val_at(list, i);
    hash += join(of_filter(&filter), FILTER);
  }
  return hash;
}

/** What a field of a filter asks: a value is the operand of $eq. */
static uint64_t of_condition(struct slice name, const struct val *asked) {
  if (is_named(name, "$expr")) return of_value(asked, FILTER);
  if (name.bytes && name.data[0] == '$') return of_filters(asked);
  if (is_of_operators(asked)) return of_operators(asked);
  bool is_pattern = asked->type == VAL_REGEX;
  return join(of_text(slice_of_text(is_pattern ? "$regex" : "$eq"), FILTER), 0);
}

static uint64_t of_filter(const struct val *filter) {
  uint64_t hash = 0;
  if (filter->type != VAL_MAP) return 0;
  if (is_of_operators(filter)) {
    struct slice name;
    (void)val_field_at(filter, 0, &name);
    bool is_tree = is_named(name, "$and") || is_named(name, "$or") || is_named(name, "$nor");
    if (!is_tree && !is_named(name, "$expr")) return of_operators(filter);
  }
  for (uint32_t i = 0; i < val_count(filter); i++) {
    struct slice name;
    struct val asked = val_field_at(filter, i, &name);
    hash += join(of_text(name, FILTER), of_condition(name, &asked));
  }
  return hash;
}

/* ---- commands ---- */

struct asked {
  uint64_t filter, sort, projection, collation, key;
};

static void take(struct asked *shape, struct slice name, const struct val *value) {
  if (is_named(name, "filter") || is_named(name, "query") || is_named(name, "q") ||
      is_named(name, "$match"))
    shape->filter += of_filter(value);
  else if (is_named(name, "sort") || is_named(name, "$sort"))
    shape->sort = of_value(value, SORT);
  else if (is_named(name, "projection") || is_named(name, "fields") || is_named(name, "$project"))
    shape->projection = of_value(value, PROJECTION);
  else if (is_named(name, "collation"))
    shape->collation = of_value(value, COLLATION);
  else if (is_named(name, "key"))
    shape->key = of_value(value, KEY);
}

static void take_fields(struct asked *shape, const struct val *map) {
  for (uint32_t i = 0; map->type == VAL_MAP && i < val_count(map); i++) {
    struct slice name;
    struct val value = val_field_at(map, i, &name);
    take(shape, name, &value);
  }
}

uint32_t jql__shape_reads(const struct val *pipeline) {
  static const char *const reads[] = {"$match", "$sort", "$limit", "$skip", "$project"};
  for (uint32_t i = 0; i < val_count(pipeline); i++) {
    struct slice name = {0};
    struct val stage = val_at(pipeline, i);
    bool is = false;
    if (stage.type == VAL_MAP && val_count(&stage)) (void)val_field_at(&stage, 0, &name);
    for (size_t r = 0; r < sizeof reads / sizeof reads[0]; r++) is |= is_named(name, reads[r]);
    if (!is) return i;
  }
  return val_count(pipeline);
}

uint32_t jql_shape(const struct val *command) {
  struct asked shape = {0};
  take_fields(&shape, command);
  struct val pipeline = val_field(command, slice_of_text("pipeline"));
  uint32_t reads = pipeline.type == VAL_LIST ? jql__shape_reads(&pipeline) : 0;
  for (uint32_t i = 0; i < reads; i++) {
    struct val stage = val_at(&pipeline, i);
    take_fields(&shape, &stage);
  }
  static const char *const lists[] = {"updates", "deletes"};
  for (size_t l = 0; l < 2; l++) {
    struct val list = val_field(command, slice_of_text(lists[l]));
    struct val first = list.type == VAL_LIST && val_count(&list) ? val_at(&list, 0) : val_null();
    take_fields(&shape, &first);
  }
  return (uint32_t)hash64(slice_of(&shape, sizeof shape), 0);
}
