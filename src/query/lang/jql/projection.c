/* SPDX-License-Identifier: MIT */
/* Projections: what of a document is kept, left out, computed. */
#include <math.h>
#include <stdlib.h>

#include "query/lang/jql/jql_int.h"
#include "query/plan/words.h"

/** A shape being put together. */
struct shaping {
  struct shape *shape;
  struct expr **computed; /* values of the computed fields */
  struct path *places;    /* what was said something of, as it was written */
  uint32_t places_count, capacity;
  bool keeps, leaves_out; /* some field other than the key said so */
  bool picks_elements;    /* $elemMatch or `.$`: fields not named are left out */
  bool has_matched;       /* `.$` */
  bool only_adds;         /* $addFields: numbers are values */
  int id;                 /* 1 kept, 0 left out, -1 not said */
};

/** Fields in a projection, those in nested maps counted too: room for the paths. */
static uint32_t count_leaves(const struct jql *jql, const struct jql_node *map) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node node;
  uint32_t count = 0;
  while (jql__next(&each, &node)) {
    bool is_nested = node.value.type == VAL_MAP;
    count += is_nested ? count_leaves(jql, &node) + 1 : 1;
  }
  return count;
}

static status begin(const struct jql *jql, uint32_t capacity, struct shaping *shaping) {
  *shaping = (struct shaping){.capacity = capacity, .id = -1};
  struct shape *shape = shaping->shape = arena_zalloc(jql->arena, 1, sizeof *shape);
  TRY(jql__made(jql, shape));
  shape->paths = arena_zalloc(jql->arena, capacity + 1, sizeof *shape->paths);
  TRY(jql__made(jql, shape->paths));
  shaping->places = arena_zalloc(jql->arena, capacity + 1, sizeof *shaping->places);
  TRY(jql__made(jql, shaping->places));
  shape->picks = arena_zalloc(jql->arena, capacity + 1, sizeof *shape->picks);
  TRY(jql__made(jql, shape->picks));
  shape->computed_names = arena_zalloc(jql->arena, capacity + 1, sizeof *shape->computed_names);
  TRY(jql__made(jql, shape->computed_names));
  shaping->computed = arena_zalloc(jql->arena, capacity + 1, sizeof(struct expr *));
  return jql__made(jql, shaping->computed);
}

/** A path, and when it was written. */
struct place {
  struct path path;
  uint32_t order;
};

static int compare_places(const void *a, const void *b) {
  const struct path *left = &((const struct place *)a)->path;
  const struct path *right = &((const struct place *)b)->path;
  for (uint32_t i = 0; i < left->count && i < right->count; i++) {
    int order = slice_compare(left->steps[i].name, right->steps[i].name);
    if (order) return order;
  }
  return (left->count > right->count) - (left->count < right->count);
}

/** MongoDB's code tells whether what stands later leads through what stood before. */
static status check_pair(const struct jql *jql, const struct jql_node *at,
                         const struct place *shorter, const struct place *longer) {
  if (!path_has_prefix(&longer->path, &shorter->path)) return LUMA_OK;
  bool leads_through = shorter->path.count < longer->path.count && shorter->order < longer->order;
  return jql__fail_code(jql, at, leads_through ? 31249 : 31250,
                        "Path collision: two fields concern `%.*s`",
                        SLICE_ARG(longer->path.steps[0].name));
}

status jql__check_paths(const struct jql *jql, const struct jql_node *at, const struct path *paths,
                        uint32_t count) {
  struct place *places = arena_zalloc(jql->arena, count + 1, sizeof *places);
  TRY(jql__made(jql, places));
  for (uint32_t i = 0; i < count; i++) places[i] = (struct place){.path = paths[i], .order = i};
  qsort(places, count, sizeof *places, compare_places);
  for (uint32_t i = 1; i < count; i++) TRY(check_pair(jql, at, &places[i - 1], &places[i]));
  return LUMA_OK;
}

/** The EXPR_SHAPE of the row. */
static status finish(const struct jql *jql, struct shaping *shaping, const struct jql_node *at,
                     struct expr **out) {
  uint32_t count = shaping->shape->computed_count;
  uint64_t offset = at->offset;
  TRY(jql__check_paths(jql, at, shaping->places, shaping->places_count));
  struct expr *row = NULL;
  TRY(jql__row(jql, at, &row));
  struct expr **args = arena_zalloc(jql->arena, count + 1, sizeof *args);
  TRY(jql__made(jql, args));
  args[0] = row;
  if (count) memcpy(args + 1, shaping->computed, count * sizeof *args);
  *out = expr_node(jql->arena, EXPR_SHAPE, args, count + 1, offset);
  TRY(jql__made(jql, *out));
  (*out)->shape = shaping->shape;
  return LUMA_OK;
}

/** The place of a name, beside those before. */
static status add_place(const struct jql *jql, struct shaping *shaping, const struct jql_node *node,
                        struct slice name, struct path *path) {
  TRY(jql__path(jql, node, name, path));
  shaping->places[shaping->places_count++] = *path;
  return LUMA_OK;
}

static status add_path(const struct jql *jql, struct shaping *shaping, const struct jql_node *node,
                       struct slice name) {
  struct shape *shape = shaping->shape;
  return add_place(jql, shaping, node, name, &shape->paths[shape->paths_count++]);
}

/** MongoDB has a code of its own for an unknown operator that is a field's whole expression. */
enum { UNKNOWN_EXPRESSION = 168, UNKNOWN_IN_PROJECTION = 31325 };

static bool knows_operator(const struct jql_node *node) {
  struct slice name = {0};
  if (node->value.type != VAL_MAP || val_count(&node->value) == 0) return true;
  (void)val_field_at(&node->value, 0, &name);
  return word_find(WORD_EXPRESSION, name) != NULL;
}

/** Known to find's projections alone. */
static bool is_elem_match(const struct jql_node *node) {
  return val_field(&node->value, slice_of_text("$elemMatch")).type != VAL_MISSING;
}

/** Where fields are left out nothing is computed, but for what is known of the document. */
static status check_may_compute(const struct jql *jql, struct shaping *shaping,
                                const struct jql_node *node) {
  struct slice name = {0};
  bool is_operator = node->value.type == VAL_MAP && val_count(&node->value) == 1;
  if (is_operator) (void)val_field_at(&node->value, 0, &name);
  if (shaping->only_adds || slice_is_equal(name, slice_of_text("$meta"))) return LUMA_OK;
  if (shaping->leaves_out)
    return jql__fail_code(jql, node, is_operator ? 31252 : 31310,
                          "Cannot use an expression in an exclusion projection");
  shaping->keeps = true;
  return LUMA_OK;
}

static status add_computed(const struct jql *jql, struct shaping *shaping,
                           const struct jql_node *node, struct slice name) {
  struct shape *shape = shaping->shape;
  struct path path;
  TRY(check_may_compute(jql, shaping, node));
  TRY(add_place(jql, shaping, node, name, &path));
  shape->computed_names[shape->computed_count] = name;
  status read = jql__expression(jql, node, &shaping->computed[shape->computed_count++]);
  bool is_own = read != LUMA_OK && jql->err && jql->err->foreign == UNKNOWN_EXPRESSION &&
                !shaping->only_adds && !knows_operator(node) && !is_elem_match(node);
  if (is_own) jql->err->foreign = UNKNOWN_IN_PROJECTION;
  return read;
}

/** "a" and "b" give "a.b". */
static status join_names(const struct jql *jql, struct slice above, struct slice name,
                         struct slice *joined) {
  *joined = name;
  if (!above.bytes) return LUMA_OK;
  size_t bytes = above.bytes + 1 + name.bytes;
  uint8_t *text = arena_alloc_text(jql->arena, bytes);
  TRY(jql__made(jql, text));
  memcpy(text, above.data, above.bytes);
  text[above.bytes] = '.';
  if (name.bytes) memcpy(text + above.bytes + 1, name.data, name.bytes);
  *joined = slice_of(text, bytes);
  return LUMA_OK;
}

static status take_side(const struct jql *jql, struct shaping *shaping, const struct jql_node *node,
                        bool keep) {
  shaping->keeps |= keep;
  shaping->leaves_out |= !keep;
  if (!shaping->keeps || !shaping->leaves_out) return LUMA_OK;
  status failed = jql__fail_code(jql, node, keep ? 31253 : 31254,
                                 "a projection either keeps fields or leaves them out");
  err_hint(jql->err, "only `_id` may be left out where others are kept");
  return failed;
}

static status read_switch(const struct jql *jql, struct shaping *shaping,
                          const struct jql_node *node, struct slice name) {
  bool keep = jql__truth(&node->value);
  struct path path;
  if (slice_is_equal(name, slice_of_text("_id"))) {
    shaping->id = keep;
    return add_place(jql, shaping, node, name, &path);
  }
  TRY(take_side(jql, shaping, node, keep));
  return add_path(jql, shaping, node, name);
}

/* ---- what find picks from lists ---- */

/** Of 32 bits, with the fraction cut off: what is beyond, is the last there is. */
static int64_t count_of(const struct val *v) {
  double real = val_to_float64(v);
  if (isnan(real)) return 0;
  return (int64_t)fmax(INT32_MIN, fmin(real, INT32_MAX));
}

/** {"$slice": n} or {"$slice": [skip, limit]}; other lists are the arguments of the expression. */
static status read_slice(const struct jql *jql, const struct jql_node *node,
                         struct shape_pick *pick, bool *is_pick) {
  struct val skip = node->value, limit = node->value;
  bool is_list = node->value.type == VAL_LIST;
  if (is_list) {
    skip = val_at(&node->value, 0);
    limit = val_at(&node->value, 1);
  }
  *is_pick =
      val_is_number(&skip) && val_is_number(&limit) && (!is_list || val_count(&node->value) == 2);
  if (!*is_pick && !is_list)
    return jql__fail_code(jql, node, 28667, "$slice takes a number, or an array of two");
  if (!*is_pick) return LUMA_OK;
  pick->kind = SHAPE_SLICE;
  pick->skip = count_of(&skip);
  pick->limit = count_of(&limit);
  if (is_list && pick->limit <= 0)
    return jql__fail_code(jql, node, 28724, "the limit of $slice must be positive");
  if (is_list) return LUMA_OK;
  if (pick->limit < 0)
    pick->limit = -pick->limit;
  else
    pick->skip = 0;
  return LUMA_OK;
}

static status read_element(const struct jql *jql, const struct jql_node *node,
                           struct shape_pick *pick) {
  struct match *match = NULL;
  pick->kind = SHAPE_ELEMENT;
  if (node->value.type != VAL_MAP)
    return jql__fail_code(jql, node, 31274, "elemMatch: Invalid argument, object required");
  TRY(jql__elem_match(jql, node, &pick->path, &match));
  pick->match = match->children[0];
  return LUMA_OK;
}

static status fail_two_picks(const struct jql *jql, const struct jql_node *node, uint32_t code) {
  return jql__fail_code(jql, node, code, "Cannot specify positional operator and $elemMatch.");
}

/** An operator of find's projections: a pick, unless it is an expression. */
static status read_pick(const struct jql *jql, struct shaping *shaping,
                        const struct jql_node *field, struct slice name, bool *is_pick) {
  struct jql_each each = jql__each(jql, field);
  struct jql_node node;
  struct shape_pick *pick = &shaping->shape->picks[shaping->shape->picks_count];
  *is_pick = false;
  if (!jql__next(&each, &node) || each.count != 1) return LUMA_OK;
  bool slices = jql_is_named(&node, "$slice"), elements = jql_is_named(&node, "$elemMatch");
  if (!slices && !elements) return LUMA_OK;
  if (elements && memchr(name.data, '.', name.bytes))
    return jql__fail_code(jql, &node, 31275, "Cannot use $elemMatch projection on a nested field");
  if (elements && shaping->has_matched) return fail_two_picks(jql, &node, 31255);
  TRY(jql__path(jql, field, name, &pick->path));
  *is_pick = elements;
  TRY(slices ? read_slice(jql, &node, pick, is_pick) : read_element(jql, &node, pick));
  if (!*is_pick) return LUMA_OK;
  shaping->places[shaping->places_count++] = pick->path;
  shaping->shape->picks_count++;
  shaping->picks_elements |= elements;
  return LUMA_OK;
}

/** Whether `$` stands where no operator may: alone it is that of places, at the end of a path. */
static status check_names(const struct jql *jql, const struct shaping *shaping,
                          const struct jql_node *node, struct slice name) {
  for (size_t from = 0, to; from < name.bytes; from = to + 1) {
    const uint8_t *dot = memchr(name.data + from, '.', name.bytes - from);
    to = dot ? (size_t)(dot - name.data) : name.bytes;
    struct slice part = slice_of(name.data + from, to - from);
    if (jql__is_field(part)) continue;
    if (part.bytes > 1 || from == 0 || shaping->only_adds)
      return jql__fail_code(jql, node, 16410, "FieldPath field names may not start with '$'");
    if (dot)
      return jql__fail_code(jql, node, 31394,
                            "the positional operator stands at the end of a path alone");
    return jql__fail_code(jql, node, 31324,
                          "Cannot use positional projection in aggregation projection");
  }
  return LUMA_OK;
}

static bool is_switch(const struct val *v) {
  return v->type == VAL_BOOL || val_is_number(v);
}

static bool ends_in_dollar(struct slice name) {
  return name.bytes >= 2 && memcmp(name.data + name.bytes - 2, ".$", 2) == 0;
}

/** {"a.$": 1}: the element that the filter matched, once in a projection. */
static status read_matched(const struct jql *jql, struct shaping *shaping,
                           const struct jql_node *node, struct slice name) {
  struct shape_pick *pick = &shaping->shape->picks[shaping->shape->picks_count];
  name.bytes -= 2;
  if (name.bytes == 0) return jql__fail_code(jql, node, 5392900, "Projection on `.$` is invalid");
  if (node->value.type == VAL_MAP)
    return jql__fail_code(jql, node, 31271,
                          "positional projection cannot be used with an expression or sub object");
  if (!is_switch(&node->value))
    return jql__fail_code(jql, node, 31308, "positional projection cannot be used with a literal");
  if (!jql__truth(&node->value))
    return jql__fail_code(jql, node, 31395, "positional projection cannot be used with exclusion");
  if (shaping->has_matched)
    return jql__fail_code(jql, node, 31276,
                          "Cannot specify more than one positional projection per query.");
  if (shaping->picks_elements) return fail_two_picks(jql, node, 31256);
  if (!jql->found_by)
    return jql__fail_code(jql, node, 51246,
                          "positional operator '.$' needs a condition on the array in the filter");
  TRY(add_place(jql, shaping, node, name, &pick->path));
  TRY(take_side(jql, shaping, node, true));
  pick->kind = SHAPE_MATCHED;
  pick->match = arena_copy(jql->arena, jql->found_by, sizeof *jql->found_by);
  shaping->shape->picks_count++;
  shaping->picks_elements = shaping->has_matched = true;
  return jql__made(jql, pick->match);
}

static status read_field(const struct jql *jql, struct shaping *shaping,
                         const struct jql_node *node, struct slice above);

/** An operator stands alone: beside another it is taken for a field's name, which it cannot be. */
static bool is_expression(const struct jql_node *node) {
  return jql__has_operators(node) && val_count(&node->value) == 1;
}

/** {"a": {"b": …}} says the same as {"a.b": …}. */
static status read_nested(const struct jql *jql, struct shaping *shaping,
                          const struct jql_node *map, struct slice name) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node inner;
  if (each.count == 0)
    return jql__fail_code(jql, map, 51270,
                          "an empty map says nothing: write {\"$literal\": {}} for the value");
  while (jql__next(&each, &inner)) TRY(read_field(jql, shaping, &inner, name));
  return LUMA_OK;
}

static status read_field(const struct jql *jql, struct shaping *shaping,
                         const struct jql_node *node, struct slice above) {
  struct slice name;
  TRY(join_names(jql, above, node->name, &name));
  if (jql_is_operator(node->name))
    return jql__fail_code(jql, node, 16410, "a projection names fields, not operators");
  if (jql->in_find && ends_in_dollar(name)) return read_matched(jql, shaping, node, name);
  TRY(check_names(jql, shaping, node, name));
  if (is_switch(&node->value) && !shaping->only_adds) return read_switch(jql, shaping, node, name);
  if (node->value.type == VAL_MAP && !is_expression(node))
    return read_nested(jql, shaping, node, name);
  bool is_pick = false;
  if (jql->in_find && node->value.type == VAL_MAP)
    TRY(read_pick(jql, shaping, node, name, &is_pick));
  if (is_pick) return LUMA_OK;
  if (slice_is_equal(name, slice_of_text("_id"))) shaping->id = 0;
  return add_computed(jql, shaping, node, name);
}

status jql__projection(const struct jql *jql, const struct jql_node *map, struct expr **shape) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node node;
  struct shaping shaping;
  TRY(begin(jql, count_leaves(jql, map), &shaping));
  while (jql__next(&each, &node)) TRY(read_field(jql, &shaping, &node, slice_of(NULL, 0)));
  bool keeps = shaping.keeps || shaping.shape->computed_count || shaping.picks_elements;
  bool only_slices = shaping.shape->picks_count > 0 && !keeps;
  bool only_id_out = shaping.id == 0 && !keeps;
  shaping.shape->include = !shaping.leaves_out && !only_id_out && !only_slices;
  shaping.shape->id = shaping.id != 0;
  return finish(jql, &shaping, map, shape);
}

status jql__find_projection(const struct jql *jql, const struct jql_node *map,
                            const struct match *filter, struct expr **shape) {
  struct jql inner = *jql;
  inner.in_find = true;
  inner.found_by = filter;
  return jql__projection(&inner, map, shape);
}

status jql__add_fields(const struct jql *jql, const struct jql_node *map, struct expr **shape) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node node;
  struct shaping shaping;
  TRY(jql__check_kind(jql, map, JQL_MAP));
  TRY(begin(jql, count_leaves(jql, map), &shaping));
  shaping.shape->id = true;
  shaping.only_adds = true;
  while (jql__next(&each, &node)) TRY(read_field(jql, &shaping, &node, slice_of(NULL, 0)));
  return finish(jql, &shaping, map, shape);
}

static status leave_out_name(const struct jql *jql, struct shaping *shaping,
                             const struct jql_node *node) {
  if (node->value.type != VAL_TEXT)
    return jql__fail_code(jql, node, 31120, "$unset specification must be names of fields");
  struct slice name = val_slice(&node->value);
  TRY(check_names(jql, shaping, node, name));
  if (!slice_is_equal(name, slice_of_text("_id"))) return add_path(jql, shaping, node, name);
  shaping->shape->id = false;
  return LUMA_OK;
}

status jql__hide(const struct jql *jql, const struct jql_node *at, struct slice name,
                 struct expr **shape) {
  struct shaping shaping;
  TRY(begin(jql, 1, &shaping));
  shaping.shape->id = true;
  TRY(add_path(jql, &shaping, at, name));
  return finish(jql, &shaping, at, shape);
}

status jql__leave_out(const struct jql *jql, const struct jql_node *node, struct expr **shape) {
  bool is_list = node->value.type == VAL_LIST;
  struct shaping shaping;
  TRY(begin(jql, is_list ? val_count(&node->value) : 1, &shaping));
  shaping.shape->id = true;
  if (is_list) {
    struct jql_each each = jql__each(jql, node);
    struct jql_node element;
    while (jql__next(&each, &element)) TRY(leave_out_name(jql, &shaping, &element));
  } else {
    TRY(leave_out_name(jql, &shaping, node));
  }
  return finish(jql, &shaping, node, shape);
}
