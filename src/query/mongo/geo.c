/* SPDX-License-Identifier: MIT */
/* What $geoWithin and $geoIntersects test: a place, or a list of places, against a region. The
 * front end has looked at the region; each call reads it anew. */
#include <math.h>

#include "query/mongo/geo_shape.h"
#include "query/mongo/mongo_int.h"
#include "query/plan/expr.h"

enum { LISTS_DEEP_MAX = 2 };

/** What is asked: of the regions one, all others without type. */
struct asking {
  struct func_env *env;
  struct val box, polygon, center, cap; /* legacy regions */
  bool is_meeting;                      /* $geoIntersects */
  struct geo_shape region;              /* of $geometry */
};

static struct val field(const struct val *map, const char *name) {
  return val_field(map, slice_of_text(name));
}

/** Parts are those of a list, or the fields of a map, whatever their names. */
static struct val part_of(const struct val *v, uint32_t nth) {
  struct slice name;
  return v->type == VAL_MAP ? val_field_at(v, nth, &name) : val_at(v, nth);
}

/* ---- on the plane ---- */

static bool is_in_box(const struct val *box, double x, double y) {
  struct val one = part_of(box, 0), other = part_of(box, 1);
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  if (!geo_shape_read_pair(&one, &x0, &y0) || !geo_shape_read_pair(&other, &x1, &y1)) return false;
  return x >= fmin(x0, x1) && x <= fmax(x0, x1) && y >= fmin(y0, y1) && y <= fmax(y0, y1);
}

static bool is_on_segment(const double a[2], const double b[2], double x, double y) {
  double across = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
  return fabs(across) < 1e-12 && x >= fmin(a[0], b[0]) && x <= fmax(a[0], b[0]) &&
         y >= fmin(a[1], b[1]) && y <= fmax(a[1], b[1]);
}

/** A ray to the right crosses the edges of a polygon that holds the point an odd number of times.
 */
static bool is_in_polygon(const struct val *polygon, double x, double y) {
  uint32_t count = val_count(polygon);
  bool is_in = false;
  for (uint32_t i = 0; i < count; i++) {
    struct val from = part_of(polygon, i), to = part_of(polygon, (i + 1) % count);
    double a[2] = {0, 0}, b[2] = {0, 0};
    if (!geo_shape_read_pair(&from, &a[0], &a[1]) || !geo_shape_read_pair(&to, &b[0], &b[1]))
      return false;
    if (is_on_segment(a, b, x, y)) return true;
    bool spans = (a[1] > y) != (b[1] > y);
    if (spans && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]) is_in = !is_in;
  }
  return is_in;
}

static bool is_in_circle(const struct val *circle, bool sphere, double x, double y) {
  struct val middle = val_at(circle, 0), reach = val_at(circle, 1);
  double mx = 0, my = 0, radius = val_to_float64(&reach);
  if (!geo_shape_read_pair(&middle, &mx, &my)) return false;
  if (!sphere) return hypot(x - mx, y - my) <= radius;
  return geo_vec_angle(geo_vec_of(x, y), geo_vec_of(mx, my)) <= radius;
}

static bool is_in_legacy(const struct asking *asking, double x, double y) {
  if (asking->box.type != VAL_MISSING) return is_in_box(&asking->box, x, y);
  if (asking->polygon.type != VAL_MISSING) return is_in_polygon(&asking->polygon, x, y);
  if (asking->center.type != VAL_MISSING) return is_in_circle(&asking->center, false, x, y);
  return is_in_circle(&asking->cap, true, x, y);
}

/* ---- places ---- */

/** GeoJSON's points alone lie in a legacy region: every position of them. */
static bool all_in_legacy(const struct asking *asking, const struct val *map) {
  struct val type = field(map, "type"), coordinates = field(map, "coordinates");
  bool is_many = slice_is_equal(val_slice(&type), slice_of_text("MultiPoint"));
  bool is_one = slice_is_equal(val_slice(&type), slice_of_text("Point"));
  uint32_t count = is_many && coordinates.type == VAL_LIST ? val_count(&coordinates) : is_one;
  for (uint32_t i = 0; i < count; i++) {
    struct val position = is_many ? val_at(&coordinates, i) : coordinates;
    double x = 0, y = 0;
    if (!geo_shape_read_pair(&position, &x, &y) || !is_in_legacy(asking, x, y)) return false;
  }
  return count > 0;
}

static bool has_legacy(const struct asking *asking) {
  return asking->box.type != VAL_MISSING || asking->polygon.type != VAL_MISSING ||
         asking->center.type != VAL_MISSING || asking->cap.type != VAL_MISSING;
}

static status test_shape(const struct asking *asking, const struct geo_shape *place, bool *fits) {
  *fits = asking->is_meeting ? geo_shape_meets(place, &asking->region)
                             : geo_shape_is_within(place, &asking->region);
  return LUMA_OK;
}

static status test_geometry(const struct asking *asking, const struct val *map, bool *fits,
                            struct err *err) {
  struct geo_shape place;
  const char *what = "";
  if (has_legacy(asking)) {
    *fits = all_in_legacy(asking, map);
    return LUMA_OK;
  }
  status read = geo_shape_read(asking->env->arena, map, &place, &what);
  if (read == LUMA_OUT_OF_MEMORY) return plan_check_memory(asking->env->arena, NULL, err);
  return read == LUMA_OK ? test_shape(asking, &place, fits) : LUMA_OK;
}

static status test_pair(const struct asking *asking, double x, double y, bool *fits) {
  struct geo_vec at = geo_vec_of(x, y);
  struct geo_part part = {GEO_POINT, 1, &at};
  struct geo_shape place = {&part, 1, 1};
  if (has_legacy(asking)) {
    *fits = is_in_legacy(asking, x, y);
    return LUMA_OK;
  }
  return fabs(x) <= 180 && fabs(y) <= 90 ? test_shape(asking, &place, fits) : LUMA_OK;
}

/** A place, or one of several. */
static status test(const struct asking *asking, const struct val *v, uint32_t depth, bool *fits,
                   struct err *err) {
  double x = 0, y = 0;
  bool is_geometry = v->type == VAL_MAP && field(v, "type").type == VAL_TEXT;
  if (is_geometry) return test_geometry(asking, v, fits, err);
  if (geo_shape_read_pair(v, &x, &y)) return test_pair(asking, x, y, fits);
  if (v->type != VAL_LIST || depth == LISTS_DEEP_MAX) return LUMA_OK;
  for (uint32_t i = 0; i < val_count(v) && !*fits; i++) {
    struct val one = val_at(v, i);
    TRY(test(asking, &one, depth + 1, fits, err));
  }
  return LUMA_OK;
}

/** place, region, whether it is to be met instead of entered */
status mongo__geo_test(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  struct asking asking = {.env = env, .is_meeting = args[2].boolean};
  struct val geometry = field(&args[1], "$geometry");
  const char *what = "";
  bool fits = false;
  asking.box = field(&args[1], "$box");
  asking.polygon = field(&args[1], "$polygon");
  asking.center = field(&args[1], "$center");
  asking.cap = field(&args[1], "$centerSphere");
  *out = val_bool(false);
  if (geometry.type == VAL_MAP) {
    status read = geo_shape_read(env->arena, &geometry, &asking.region, &what);
    if (read == LUMA_OUT_OF_MEMORY) return plan_check_memory(env->arena, NULL, err);
    if (read != LUMA_OK) return mongo_fail(err, 2, "$geometry: %s", what);
  }
  TRY(test(&asking, &args[0], 0, &fits, err));
  *out = val_bool(fits);
  return LUMA_OK;
}
