/* SPDX-License-Identifier: MIT */
/* How far a place, or the nearest of several, is from another: what $near, $nearSphere and $geoNear
 * sort by. From GeoJSON distances are metres, from a pair on the sphere radians, from a pair on the
 * plane whatever its numbers measure. */
#include <math.h>

#include "query/mongo/geo_shape.h"
#include "query/mongo/mongo_int.h"
#include "query/plan/expr.h"

enum { LISTS_DEEP_MAX = 2 };
/* The Earth's radius as MongoDB has it: 6378.1 km. */
static const double earth_metres = 6378100;

enum { PLACE, NEAR, SPHERICAL, LEAST, MOST, MULTIPLIER, WANTS_PLACE };

struct looking {
  struct func_env *env;
  bool on_plane, in_metres;
  double x, y; /* where from */
  double nearest;
  struct val place; /* what was nearest; MISSING: nothing */
};

static struct val field(const struct val *map, const char *name) {
  return val_field(map, slice_of_text(name));
}

static void take_if_nearer(struct looking *looking, double distance, const struct val *place) {
  bool is_nearer = looking->place.type == VAL_MISSING || distance < looking->nearest;
  if (!is_nearer || isnan(distance)) return;
  looking->nearest = distance;
  looking->place = *place;
}

static void look_at_pair(struct looking *looking, const struct val *place, double x, double y) {
  if (looking->on_plane) {
    take_if_nearer(looking, hypot(x - looking->x, y - looking->y), place);
  } else if (fabs(x) <= 180 && fabs(y) <= 90) {
    struct geo_vec from = geo_vec_of(looking->x, looking->y);
    take_if_nearer(looking, geo_vec_angle(from, geo_vec_of(x, y)), place);
  }
}

/** Of GeoJSON the plane has the points alone. */
static status look_at_geometry(struct looking *looking, const struct val *map, struct err *err) {
  struct geo_shape shape;
  const char *what = "";
  struct val coordinates = field(map, "coordinates");
  double x = 0, y = 0;
  if (looking->on_plane) {
    if (geo_shape_read_pair(&coordinates, &x, &y)) look_at_pair(looking, map, x, y);
    return LUMA_OK;
  }
  status read = geo_shape_read(looking->env->arena, map, &shape, &what);
  if (read == LUMA_OUT_OF_MEMORY) return plan_check_memory(looking->env->arena, NULL, err);
  if (read != LUMA_OK || shape.count == 0) return LUMA_OK;
  take_if_nearer(looking, geo_shape_distance(geo_vec_of(looking->x, looking->y), &shape), map);
  return LUMA_OK;
}

static status look_at(struct looking *looking, const struct val *v, uint32_t depth,
                      struct err *err) {
  double x = 0, y = 0;
  if (v->type == VAL_MAP && field(v, "type").type == VAL_TEXT)
    return look_at_geometry(looking, v, err);
  if (geo_shape_read_pair(v, &x, &y)) {
    look_at_pair(looking, v, x, y);
    return LUMA_OK;
  }
  if (v->type != VAL_LIST || depth == LISTS_DEEP_MAX) return LUMA_OK;
  for (uint32_t i = 0; i < val_count(v); i++) {
    struct val one = val_at(v, i);
    TRY(look_at(looking, &one, depth + 1, err));
  }
  return LUMA_OK;
}

/** Where distances are measured from, and how. */
static status begin(struct func_env *env, const struct val *args, struct looking *looking,
                    struct err *err) {
  const struct val *near = &args[NEAR];
  struct val pair = near->type == VAL_MAP ? field(near, "coordinates") : val_missing();
  *looking = (struct looking){.env = env, .place = val_missing()};
  looking->in_metres = pair.type != VAL_MISSING;
  looking->on_plane = !looking->in_metres && !args[SPHERICAL].boolean;
  if (!looking->in_metres) pair = *near;
  if (!geo_shape_read_pair(&pair, &looking->x, &looking->y))
    return mongo_fail(err, 2, "`near` is a GeoJSON point or a pair of coordinates");
  bool is_place = fabs(looking->x) <= 180 && fabs(looking->y) <= 90;
  if (is_place || looking->on_plane) return LUMA_OK;
  return mongo_fail(err, 2, "longitude/latitude is out of bounds, lng: %g lat: %g", looking->x,
                    looking->y);
}

/** place, near, whether a pair lies on the sphere, least and greatest distance, what it is
 * multiplied by, and whether the place is asked for instead. MISSING where nothing is as near. */
status mongo__geo_distance(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  struct looking looking;
  TRY(begin(env, args, &looking, err));
  TRY(look_at(&looking, &args[PLACE], 0, err));
  *out = val_missing();
  if (looking.place.type == VAL_MISSING) return LUMA_OK;
  double distance = looking.nearest * (looking.in_metres ? earth_metres : 1);
  if (val_is_number(&args[LEAST]) && distance < val_to_float64(&args[LEAST])) return LUMA_OK;
  if (val_is_number(&args[MOST]) && distance > val_to_float64(&args[MOST])) return LUMA_OK;
  *out = args[WANTS_PLACE].boolean ? looking.place
                                   : val_float64(distance * val_to_float64(&args[MULTIPLIER]));
  return LUMA_OK;
}
