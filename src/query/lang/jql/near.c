/* SPDX-License-Identifier: MIT */
/* What is nearest: {"$near": place}, {"$nearSphere": place} in the filter of commands, and
 * the stage $geoNear. There is no index of places: the filter keeps what has a
 * distance, and a SORT puts it in order. Of MongoDB's rules two fall away with the index: none need
 * be there, and a pair is a point of the plane unless the operator says sphere. */
#include <math.h>

#include "query/lang/jql/expression_int.h"
#include "query/lang/jql/stage_int.h"

enum { BAD_VALUE = 2, NOT_FIRST = 40602, GEO_ARGS = 7 };

/** One question for the nearest, its parts as expressions. */
struct asked {
  const struct jql_node *at;
  struct path path;
  struct expr *near, *least, *most, *multiplier;
  bool spherical;
};

static status make_const(const struct jql *jql, const struct asked *asked, struct val value,
                         struct expr **out) {
  *out = expr_const(jql->arena, value, asked->at->offset);
  return jql__made(jql, *out);
}

/** The distance of a document's nearest place, or (wants_place) that place. */
static status call_distance(const struct jql *jql, const struct asked *asked, bool wants_place,
                            struct expr **call) {
  struct expr *parts[GEO_ARGS] = {NULL, asked->near, NULL, asked->least, asked->most};
  const struct jql_args args = {.items = parts, .count = GEO_ARGS};
  TRY(jql__place(jql, asked->at, &asked->path, &parts[0]));
  TRY(make_const(jql, asked, val_bool(asked->spherical), &parts[2]));
  for (uint32_t i = 3; i < 5; i++)
    if (!parts[i]) TRY(make_const(jql, asked, val_null(), &parts[i]));
  parts[5] = asked->multiplier;
  if (!parts[5]) TRY(make_const(jql, asked, val_float64(1), &parts[5]));
  TRY(make_const(jql, asked, val_bool(wants_place), &parts[6]));
  return jql__call(jql, asked->at, "$geoDistance", &args, call);
}

/** {distance: {$gte: least}}, which what has no distance is not. */
static status make_match(const struct jql *jql, const struct asked *asked, struct match **match) {
  struct expr *distance = NULL, *floor = NULL;
  TRY(call_distance(jql, asked, false, &distance));
  TRY(make_const(jql, asked, val_float64(-INFINITY), &floor));
  struct expr *there = expr_binary(jql->arena, EXPR_OP_GE, distance, floor, asked->at->offset);
  TRY(jql__made(jql, there));
  there->mongo = true;
  *match = match_node(jql->arena, MATCH_EXPR, NULL, 0, asked->at->offset);
  TRY(jql__made(jql, *match));
  (*match)->expression = there;
  return LUMA_OK;
}

/* ---- where from ---- */

static bool is_pair(const struct val *v, double *x, double *y) {
  struct slice name;
  struct val first = val_missing(), second = val_missing();
  bool is_list = v->type == VAL_LIST;
  if ((!is_list && v->type != VAL_MAP) || val_count(v) != 2) return false;
  first = is_list ? val_at(v, 0) : val_field_at(v, 0, &name);
  second = is_list ? val_at(v, 1) : val_field_at(v, 1, &name);
  if (!val_is_number(&first) || !val_is_number(&second)) return false;
  *x = val_to_float64(&first);
  *y = val_to_float64(&second);
  return isfinite(*x) && isfinite(*y);
}

static status check_bounds(const struct jql *jql, const struct jql_node *node, double x, double y) {
  if (fabs(x) <= 180 && fabs(y) <= 90) return LUMA_OK;
  return jql__fail_code(jql, node, BAD_VALUE,
                        "longitude/latitude is out of bounds, lng: %g lat: %g", x, y);
}

/** {"type": "Point", "coordinates": [x, y]}, where the type may be left out. */
static status check_point(const struct jql *jql, const struct jql_node *node) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node field;
  struct val coordinates = val_field(&node->value, slice_of_text("coordinates"));
  double x = 0, y = 0;
  while (jql__next(&each, &field)) {
    bool is_type = jql_is_named(&field, "type") && field.value.type == VAL_TEXT;
    if (is_type && !slice_is_equal(val_slice(&field.value), slice_of_text("Point")))
      return jql__fail_code(jql, &field, BAD_VALUE, "$near expected a GeoJSON point");
    bool is_crs = jql_is_named(&field, "crs");
    if (is_crs) TRY(jql__crs(jql, &field, &field.value));
    if (!is_type && !is_crs && !jql_is_named(&field, "coordinates"))
      return jql__fail_code(jql, &field, BAD_VALUE, "invalid argument in geo near query: %.*s",
                            SLICE_ARG(field.name));
  }
  if (coordinates.type == VAL_LIST && is_pair(&coordinates, &x, &y))
    return check_bounds(jql, node, x, y);
  return jql__fail_code(jql, node, BAD_VALUE,
                        "$near requires a point: its coordinates are two numbers");
}

/** A constant point, or pair; `spherical`: a pair lies on the sphere. */
static status check_place(const struct jql *jql, const struct jql_node *node, bool spherical) {
  double x = 0, y = 0;
  if (is_pair(&node->value, &x, &y)) return spherical ? check_bounds(jql, node, x, y) : LUMA_OK;
  bool is_point = node->value.type == VAL_MAP &&
                  (val_field(&node->value, slice_of_text("coordinates")).type != VAL_MISSING ||
                   val_field(&node->value, slice_of_text("type")).type != VAL_MISSING);
  if (is_point) return check_point(jql, node);
  return jql__fail_code(jql, node, BAD_VALUE,
                        "invalid argument in geo near query: a place is a GeoJSON point, or a list "
                        "or object of two numbers");
}

/** A distance that is not negative. */
static status read_distance(const struct jql *jql, const struct jql_node *node, bool is_finite,
                            struct expr **out) {
  double distance = val_is_number(&node->value) ? val_to_float64(&node->value) : 0;
  if (!val_is_number(&node->value))
    return jql__fail_code(jql, node, 14, "%.*s must be a number", SLICE_ARG(node->name));
  if (!(distance >= 0) || (is_finite && isinf(distance)))
    return jql__fail_code(jql, node, BAD_VALUE, "%.*s must be non-negative", SLICE_ARG(node->name));
  return jql__const(jql, node, out);
}

/* ---- $near, $nearSphere ---- */

/** {"$geometry": point, "$maxDistance": m, "$minDistance": m}. */
static status read_geometry(const struct jql *jql, const struct jql_node *node,
                            struct asked *asked) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node field;
  while (jql__next(&each, &field)) {
    if (jql_is_named(&field, "$geometry")) {
      if (field.value.type != VAL_MAP)
        return jql__fail_code(jql, &field, BAD_VALUE, "$geometry must be an object");
      TRY(check_point(jql, &field));
      TRY(jql__const(jql, &field, &asked->near));
    } else if (jql_is_named(&field, "$maxDistance")) {
      TRY(read_distance(jql, &field, true, &asked->most));
    } else if (jql_is_named(&field, "$minDistance")) {
      TRY(read_distance(jql, &field, true, &asked->least));
    } else {
      return jql__fail_code(jql, &field, BAD_VALUE, "invalid argument in geo near query: %.*s",
                            SLICE_ARG(field.name));
    }
  }
  return LUMA_OK;
}

/** The distances that stand beside the operator. */
static status read_siblings(const struct jql *jql, const struct jql_node *node,
                            struct asked *asked) {
  struct jql_each each = jql__each(jql, node->parent);
  struct jql_node field;
  while (jql__next(&each, &field)) {
    if (jql_is_named(&field, "$maxDistance")) TRY(read_distance(jql, &field, false, &asked->most));
    if (jql_is_named(&field, "$minDistance")) TRY(read_distance(jql, &field, false, &asked->least));
  }
  return LUMA_OK;
}

/** `$` of an update is the first element that has a place, as in MongoDB: what $exists finds. */
static status add_position(const struct jql *jql, const struct asked *asked, struct match **match) {
  struct match *both[2] = {*match, match_node(jql->arena, MATCH_EXISTS, NULL, 0, 0)};
  TRY(jql__made(jql, both[1]));
  both[1]->path = asked->path;
  TRY(make_const(jql, asked, val_bool(true), &both[1]->value));
  *match = match_node(jql->arena, MATCH_AND, both, 2, asked->at->offset);
  return jql__made(jql, *match);
}

status jql__near(const struct jql *jql, const struct jql_node *node, const struct path *path,
                 struct match **match) {
  struct asked asked = {.at = node, .path = *path, .spherical = jql_is_named(node, "$nearSphere")};
  bool has_geometry = node->value.type == VAL_MAP &&
                      val_field(&node->value, slice_of_text("$geometry")).type != VAL_MISSING;
  if (!jql->near)
    return jql__fail_code(jql, node, 5626500,
                          "%.*s is not allowed in this context: it stands at the top of the filter "
                          "of a command. Where no order matters, use $geoWithin",
                          SLICE_ARG(node->name));
  if (jql->near->distance)
    return jql__fail_code(jql, node, BAD_VALUE, "Too many geoNear expressions");
  TRY(read_siblings(jql, node, &asked));
  if (has_geometry) {
    TRY(read_geometry(jql, node, &asked));
  } else {
    TRY(check_place(jql, node, asked.spherical));
    TRY(jql__const(jql, node, &asked.near));
  }
  TRY(call_distance(jql, &asked, false, &jql->near->distance));
  TRY(make_match(jql, &asked, match));
  return jql->near->of_change ? add_position(jql, &asked, match) : LUMA_OK;
}

status jql__near_distance(const struct jql *jql, const struct jql_node *node,
                          const struct path *path, struct match **match) {
  (void)path;
  *match = NULL;
  const struct val *beside = &node->parent->value;
  bool has_near = val_field(beside, slice_of_text("$near")).type != VAL_MISSING ||
                  val_field(beside, slice_of_text("$nearSphere")).type != VAL_MISSING;
  if (has_near) return LUMA_OK;
  return jql__fail_code(jql, node, BAD_VALUE, "%.*s needs a $near or $nearSphere beside it",
                        SLICE_ARG(node->name));
}

static status put_order(const struct jql *jql, const struct jql_node *at, struct expr *distance,
                        struct plan **plan) {
  TRY(jql__put(jql, PLAN_SORT, at, plan));
  (*plan)->sort = arena_zalloc(jql->arena, 1, sizeof *(*plan)->sort);
  TRY(jql__made(jql, (*plan)->sort));
  (*plan)->sort[0] = (struct plan_sort_key){.expr = distance, .mongo = true};
  (*plan)->sort_count = 1;
  return LUMA_OK;
}

status jql__put_nearest_first(const struct jql *jql, const struct jql_node *at,
                              const struct jql_near *near, struct plan **plan) {
  return near->distance ? put_order(jql, at, near->distance, plan) : LUMA_OK;
}

/* ---- $geoNear ---- */

enum { NEAR, FIELD, SPHERICAL, MOST, LEAST, QUERY, MULTIPLIER, PLACES, KEY, OPTIONS };

/** A constant place is looked at here; one that is computed, when it is known. */
static status read_near(const struct jql *jql, const struct jql_node *node, struct asked *asked) {
  bool is_computed = node->value.type == VAL_TEXT || jql__has_operators(node);
  if (!is_computed) TRY(check_place(jql, node, asked->spherical));
  TRY(jql__expression(jql, node, &asked->near));
  if (!jql__reads_row(asked->near)) return LUMA_OK;
  return jql__fail_code(jql, node, 5860402,
                        "$geoNear requires a constant near argument, or one of variables");
}

static status read_asked(const struct jql *jql, const struct jql_node *fields,
                         struct asked *asked) {
  const struct jql_node *multiplier = &fields[MULTIPLIER], *key = &fields[KEY];
  asked->spherical = jql__flag(&fields[SPHERICAL], false);
  TRY(read_near(jql, &fields[NEAR], asked));
  if (jql_is_given(&fields[LEAST])) TRY(read_distance(jql, &fields[LEAST], false, &asked->least));
  if (jql_is_given(&fields[MOST])) TRY(read_distance(jql, &fields[MOST], false, &asked->most));
  if (jql_is_given(multiplier)) TRY(read_distance(jql, multiplier, true, &asked->multiplier));
  if (!jql_is_given(key) || key->value.bytes == 0) {
    status failed = jql__fail_code(jql, asked->at, 27,
                                   "$geoNear needs a `key`, the path of the places to look at");
    err_hint(jql->err, "there are no geospatial indexes, of which MongoDB would take the only one");
    return failed;
  }
  return jql__path(jql, key, val_slice(&key->value), &asked->path);
}

static status put_places(const struct jql *jql, const struct jql_node *fields,
                         const struct asked *asked, struct plan **plan) {
  struct expr *order = NULL, *values[3] = {NULL};
  const struct slice names[2] = {val_slice(&fields[FIELD].value), val_slice(&fields[PLACES].value)};
  TRY(call_distance(jql, asked, false, &order));
  TRY(put_order(jql, asked->at, order, plan));
  TRY(jql__row(jql, asked->at, &values[0]));
  TRY(call_distance(jql, asked, false, &values[1]));
  TRY(call_distance(jql, asked, true, &values[2]));
  uint32_t count = jql_is_given(&fields[PLACES]) ? 2 : 1;
  return jql__put_shape(jql, asked->at, names, values, count, plan);
}

static status take_options(const struct jql *jql, const struct jql_node *spec,
                           struct jql_node *fields) {
  static const struct jql_field specs[OPTIONS] = {
      [NEAR] = {"near", JQL_ANY, false},
      [FIELD] = {"distanceField", JQL_ANY, false},
      [SPHERICAL] = {"spherical", JQL_ANY, false},
      [MOST] = {"maxDistance", JQL_ANY, false},
      [LEAST] = {"minDistance", JQL_ANY, false},
      [QUERY] = {"query", JQL_ANY, false},
      [MULTIPLIER] = {"distanceMultiplier", JQL_ANY, false},
      [PLACES] = {"includeLocs", JQL_TEXT, false},
      [KEY] = {"key", JQL_TEXT, false},
  };
  const char *const gone[] = {"limit", "num", "start"};
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 10065, "invalid parameter: expected an object ($geoNear)");
  for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
    if (val_field(&spec->value, slice_of_text(gone[i])).type != VAL_MISSING)
      return jql__fail_code(jql, spec, 50858 - (i == 2),
                            "$geoNear no longer supports the '%s' parameter. Use a $%s stage",
                            gone[i], i == 2 ? "skip" : "limit");
  TRY(jql__take(jql, spec, specs, OPTIONS, fields));
  if (!jql_is_given(&fields[NEAR]))
    return jql__fail_code(jql, spec, 5860400, "$geoNear requires a 'near' argument");
  const struct jql_node *field = &fields[FIELD], *query = &fields[QUERY];
  if (field->value.type != VAL_TEXT || field->value.bytes == 0)
    return jql__fail_code(jql, spec, 16605,
                          "$geoNear requires a 'distanceField' option as a String");
  if (jql_is_given(query) && query->value.type != VAL_MAP)
    return jql__fail_code(jql, query, 14, "$geoNear's `query` is an object");
  return LUMA_OK;
}

status jql__put_geo_near(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct jql_node fields[OPTIONS] = {0};
  struct asked asked = {.at = spec};
  struct match *match = NULL;
  TRY(take_options(jql, spec, fields));
  TRY(read_asked(jql, fields, &asked));
  TRY(jql__put_filter(jql, &fields[QUERY], plan));
  TRY(make_match(jql, &asked, &match));
  TRY(jql__put_match(jql, spec, match, plan));
  jql->scores->kind = JQL_SCORE_DISTANCE;
  jql->scores->field = val_slice(&fields[FIELD].value);
  return put_places(jql, fields, &asked, plan);
}
