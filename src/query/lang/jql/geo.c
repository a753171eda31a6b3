/* SPDX-License-Identifier: MIT */
/* {"$geoWithin": region}, {"$geoIntersects": {"$geometry": …}}: a test that looks at each document,
 * for there is no index of places yet. Regions are looked at here, so that a wrong one is an error
 * whatever the documents are. */
#include <math.h>

#include "query/lang/jql/expression_int.h"

enum { BAD_VALUE = 2, POLYGON_LEAST = 3 };

static bool is_pair(const struct val *v) {
  struct val parts[2] = {val_missing(), val_missing()};
  struct slice name;
  bool is_list = v->type == VAL_LIST, is_map = v->type == VAL_MAP;
  if ((!is_list && !is_map) || val_count(v) < 2) return false;
  for (uint32_t i = 0; i < 2; i++) {
    parts[i] = is_list ? val_at(v, i) : val_field_at(v, i, &name);
    if (!val_is_number(&parts[i]) || !isfinite(val_to_float64(&parts[i]))) return false;
  }
  return true;
}

static struct val part_of(const struct val *v, uint32_t nth) {
  struct slice name;
  if (v->type == VAL_LIST) return val_at(v, nth);
  return v->type == VAL_MAP ? val_field_at(v, nth, &name) : val_missing();
}

static status check_pairs(const struct jql *jql, const struct jql_node *node, uint32_t least,
                          uint32_t most) {
  bool has_parts = node->value.type == VAL_LIST || node->value.type == VAL_MAP;
  uint32_t count = has_parts ? val_count(&node->value) : 0;
  if (count < least || count > most)
    return jql__fail_code(jql, node, BAD_VALUE, "%.*s takes a list of points",
                          SLICE_ARG(node->name));
  for (uint32_t i = 0; i < count; i++) {
    struct val point = part_of(&node->value, i);
    if (!is_pair(&point))
      return jql__fail_code(jql, node, BAD_VALUE,
                            "Point must be an array or object of two numbers");
  }
  return LUMA_OK;
}

static status check_circle(const struct jql *jql, const struct jql_node *node, bool sphere) {
  struct val middle = part_of(&node->value, 0), radius = part_of(&node->value, 1);
  bool has_two = node->value.type == VAL_LIST && val_count(&node->value) == 2;
  double reach = val_is_number(&radius) ? val_to_float64(&radius) : -1;
  if (!has_two || !is_pair(&middle) || !(reach >= 0))
    return jql__fail_code(jql, node, BAD_VALUE,
                          "%.*s takes a point and a radius that is not negative",
                          SLICE_ARG(node->name));
  struct val x = part_of(&middle, 0), y = part_of(&middle, 1);
  bool is_place = fabs(val_to_float64(&x)) <= 180 && fabs(val_to_float64(&y)) <= 90;
  if (!sphere || is_place) return LUMA_OK;
  return jql__fail_code(jql, node, BAD_VALUE, "longitude/latitude is out of bounds");
}

static status fail_crs(const struct jql *jql, const struct jql_node *node, const char *what) {
  return jql__fail_code(jql, node, BAD_VALUE, "%s", what);
}

/** {"type": "name", "properties": {"name": …}}: longitude and latitude are the only ones. */
status jql__crs(const struct jql *jql, const struct jql_node *node, const struct val *crs) {
  static const char *const same[] = {"urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"};
  static const char strict[] = "urn:x-mongodb:crs:strictwinding:EPSG:4326";
  struct val type, properties, name;
  if (crs->type == VAL_MISSING) return LUMA_OK;
  if (crs->type != VAL_MAP) return fail_crs(jql, node, "GeoJSON CRS must be an object");
  type = val_field(crs, slice_of_text("type"));
  properties = val_field(crs, slice_of_text("properties"));
  if (type.type != VAL_TEXT || !slice_is_equal(val_slice(&type), slice_of_text("name")))
    return fail_crs(jql, node, "GeoJSON CRS must have field \"type\": \"name\"");
  if (properties.type != VAL_MAP)
    return fail_crs(jql, node, "CRS must have field \"properties\" which is an object");
  name = val_field(&properties, slice_of_text("name"));
  if (name.type != VAL_TEXT)
    return fail_crs(jql, node, "In CRS, \"properties.name\" must be a string");
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
    if (slice_is_equal(val_slice(&name), slice_of_text(same[i]))) return LUMA_OK;
  if (slice_is_equal(val_slice(&name), slice_of_text(strict)))
    return jql__fail(jql, node, LUMA_UNSUPPORTED, "the crs `%s` is not supported", strict);
  return jql__fail_code(jql, node, BAD_VALUE, "Unknown CRS name: %.*s",
                        SLICE_ARG(val_slice(&name)));
}

/** The geometry is read when the test runs; here by a test of nothing. */
static status check_geometry(const struct jql *jql, const struct jql_node *node, bool within) {
  struct val type = val_field(&node->value, slice_of_text("type"));
  struct val crs = val_field(&node->value, slice_of_text("crs"));
  if (node->value.type != VAL_MAP)
    return jql__fail_code(jql, node, BAD_VALUE, "unknown geo specifier: $geometry is an object");
  bool is_area =
      type.type == VAL_TEXT && (slice_is_equal(val_slice(&type), slice_of_text("Polygon")) ||
                                slice_is_equal(val_slice(&type), slice_of_text("MultiPolygon")));
  TRY(jql__crs(jql, node, &crs));
  if (!within || is_area) return LUMA_OK;
  return jql__fail_code(jql, node, BAD_VALUE,
                        "$geoWithin not supported with provided geometry: it takes areas");
}

static status check_region(const struct jql *jql, const struct jql_node *region, bool within) {
  if (jql_is_named(region, "$geometry")) return check_geometry(jql, region, within);
  if (within && jql_is_named(region, "$box")) return check_pairs(jql, region, 2, 2);
  if (within && jql_is_named(region, "$polygon"))
    return check_pairs(jql, region, POLYGON_LEAST, UINT32_MAX);
  if (within && jql_is_named(region, "$center")) return check_circle(jql, region, false);
  if (within && jql_is_named(region, "$centerSphere")) return check_circle(jql, region, true);
  return jql__fail_code(jql, region, BAD_VALUE, "unknown geo specifier: %.*s",
                        SLICE_ARG(region->name));
}

status jql__place(const struct jql *jql, const struct jql_node *node, const struct path *path,
                  struct expr **place) {
  *place = expr_node(jql->arena, EXPR_NAME, NULL, 0, node->offset);
  TRY(jql__made(jql, *place));
  (*place)->path = *path;
  (*place)->name = path->count ? path->steps[0].name : slice_of(NULL, 0);
  (*place)->dotted = true;
  return LUMA_OK;
}

status jql__check_region(const struct jql *jql, const struct jql_node *node) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node region;
  if (node->value.type != VAL_MAP || each.count != 1)
    return jql__fail_code(jql, node, BAD_VALUE, "%.*s takes an object with one region",
                          SLICE_ARG(node->name));
  (void)jql__next(&each, &region);
  return check_region(jql, &region, !jql_is_named(node, "$geoIntersects"));
}
