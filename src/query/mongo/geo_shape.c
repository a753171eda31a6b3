/* SPDX-License-Identifier: MIT */
#include "query/mongo/geo_shape.h"

#include <math.h>

#include "value/doc/doc.h"

enum { PARTS_LEAST = 4, LOOKED_AT_MAX = 256 };
static const double radians = 3.14159265358979323846 / 180, tolerance = 1e-12;

/* ---- vectors ---- */

struct geo_vec geo_vec_of(double longitude, double latitude) {
  double l = longitude * radians, b = latitude * radians;
  return (struct geo_vec){cos(b) * cos(l), cos(b) * sin(l), sin(b)};
}

static double dot(struct geo_vec a, struct geo_vec b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

static struct geo_vec cross(struct geo_vec a, struct geo_vec b) {
  return (struct geo_vec){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

double geo_vec_angle(struct geo_vec a, struct geo_vec b) {
  struct geo_vec across = cross(a, b);
  return atan2(sqrt(dot(across, across)), dot(a, b));
}

/* ---- reading ---- */

bool geo_shape_read_pair(const struct val *v, double *x, double *y) {
  struct val first = val_missing(), second = val_missing();
  struct slice name;
  if (v->type == VAL_LIST && val_count(v) >= 2) {
    first = val_at(v, 0);
    second = val_at(v, 1);
  } else if (v->type == VAL_MAP && val_count(v) >= 2) {
    first = val_field_at(v, 0, &name);
    second = val_field_at(v, 1, &name);
  }
  if (!val_is_number(&first) || !val_is_number(&second)) return false;
  *x = val_to_float64(&first);
  *y = val_to_float64(&second);
  return isfinite(*x) && isfinite(*y);
}

static bool read_position(const struct val *v, struct geo_vec *out) {
  double x = 0, y = 0;
  bool is_place =
      v->type == VAL_LIST && geo_shape_read_pair(v, &x, &y) && fabs(x) <= 180 && fabs(y) <= 90;
  if (is_place) *out = geo_vec_of(x, y);
  return is_place;
}

struct reading {
  struct arena *arena;
  struct geo_shape *shape;
  const char **what;
};

static status fail(const struct reading *reading, const char *what) {
  *reading->what = what;
  return LUMA_INVALID_VALUE;
}

static status add_part(const struct reading *reading, enum geo_kind kind, uint32_t count,
                       struct geo_vec **at) {
  struct geo_shape *shape = reading->shape;
  if (shape->count == shape->capacity) {
    uint32_t capacity = shape->capacity ? shape->capacity * 2 : PARTS_LEAST;
    struct geo_part *parts = arena_alloc(reading->arena, capacity * sizeof *parts);
    if (!parts) return LUMA_OUT_OF_MEMORY;
    if (shape->count) memcpy(parts, shape->parts, shape->count * sizeof *parts);
    shape->parts = parts;
    shape->capacity = capacity;
  }
  *at = arena_alloc(reading->arena, (count + 1) * sizeof **at);
  if (!*at) return LUMA_OUT_OF_MEMORY;
  shape->parts[shape->count++] = (struct geo_part){kind, count, *at};
  return LUMA_OK;
}

static status read_point(const struct reading *reading, const struct val *v) {
  struct geo_vec *at = NULL;
  TRY(add_part(reading, GEO_POINT, 1, &at));
  return read_position(v, at) ? LUMA_OK : fail(reading, "a position is [longitude, latitude]");
}

static bool is_same(struct geo_vec a, struct geo_vec b);

/** `least` positions, of which no two that are the same and beside each other count. */
static status read_run(const struct reading *reading, const struct val *list, enum geo_kind kind,
                       uint32_t least) {
  uint32_t count = list->type == VAL_LIST ? val_count(list) : 0, distinct = 0;
  struct geo_vec *at = NULL;
  if (count < least) return fail(reading, "a line has two positions, a ring four");
  TRY(add_part(reading, kind, count, &at));
  for (uint32_t i = 0; i < count; i++) {
    struct val position = val_at(list, i);
    if (!read_position(&position, &at[i]))
      return fail(reading, "a position is [longitude, latitude]");
    distinct += i == 0 || !is_same(at[i - 1], at[i]);
  }
  return distinct < least ? fail(reading, "positions of a line or a ring are the same") : LUMA_OK;
}

static status read_line(const struct reading *reading, const struct val *list) {
  return read_run(reading, list, GEO_LINE, 2);
}

static bool is_crossing(const struct geo_vec a[2], const struct geo_vec b[2]);
static bool is_in_ring(struct geo_vec p, const struct geo_part *ring, bool with_edge);

/** Whether an edge of the ring cuts another; long rings are taken as they are. */
static bool crosses_itself(const struct geo_part *ring) {
  if (ring->count > LOOKED_AT_MAX) return false;
  for (uint32_t i = 0; i + 1 < ring->count; i++)
    for (uint32_t k = i + 2; k + 1 < ring->count; k++)
      if (is_crossing(&ring->at[i], &ring->at[k])) return true;
  return false;
}

static bool has_within(const struct geo_part *ring, const struct geo_part *hole) {
  for (uint32_t i = 0; i < hole->count; i++)
    if (!is_in_ring(hole->at[i], ring, true)) return false;
  return true;
}

/** Rings, each of which ends where it began; those behind the first are holes in it. */
static status read_polygon(const struct reading *reading, const struct val *rings) {
  uint32_t count = rings->type == VAL_LIST ? val_count(rings) : 0;
  uint32_t first = reading->shape->count;
  if (count == 0) return fail(reading, "a polygon has a ring");
  for (uint32_t i = 0; i < count; i++) {
    struct val ring = val_at(rings, i);
    TRY(read_run(reading, &ring, i ? GEO_HOLE : GEO_RING, 4));
    const struct geo_part *part = &reading->shape->parts[reading->shape->count - 1];
    if (geo_vec_angle(part->at[0], part->at[part->count - 1]) > tolerance)
      return fail(reading, "the ring of a polygon ends where it begins");
    if (crosses_itself(part)) return fail(reading, "the edges of a ring do not cross");
    if (i && !has_within(&reading->shape->parts[first], part))
      return fail(reading, "a hole of a polygon lies within its ring");
  }
  return LUMA_OK;
}

typedef status read_fn(const struct reading *reading, const struct val *v);

static status read_each(const struct reading *reading, const struct val *list, read_fn *read) {
  uint32_t count = list->type == VAL_LIST ? val_count(list) : 0;
  if (count == 0) return fail(reading, "there are no coordinates");
  for (uint32_t i = 0; i < count; i++) {
    struct val one = val_at(list, i);
    TRY(read(reading, &one));
  }
  return LUMA_OK;
}

/** A type of GeoJSON: how its coordinates, or each of them, are read. */
struct geo_type {
  const char *name;
  read_fn *read;
  bool many;
};

static status read_simple(const struct reading *reading, const struct val *map) {
  static const struct geo_type types[] = {
      {"Point", read_point, false},     {"MultiPoint", read_point, true},
      {"LineString", read_line, false}, {"MultiLineString", read_line, true},
      {"Polygon", read_polygon, false}, {"MultiPolygon", read_polygon, true}};
  if (map->type != VAL_MAP) return fail(reading, "a geometry is an object");
  struct val type = val_field(map, slice_of_text("type"));
  struct val coordinates = val_field(map, slice_of_text("coordinates"));
  if (type.type != VAL_TEXT) return fail(reading, "a geometry has a type");
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (slice_is_equal(val_slice(&type), slice_of_text(types[i].name)))
      return types[i].many ? read_each(reading, &coordinates, types[i].read)
                           : types[i].read(reading, &coordinates);
  return fail(reading, "Unknown GeoJSON type, or a GeometryCollection in another");
}

static status read_geometry(const struct reading *reading, const struct val *map) {
  struct val type = map->type == VAL_MAP ? val_field(map, slice_of_text("type")) : val_missing();
  bool is_collection = type.type == VAL_TEXT &&
                       slice_is_equal(val_slice(&type), slice_of_text("GeometryCollection"));
  if (!is_collection) return read_simple(reading, map);
  struct val geometries = val_field(map, slice_of_text("geometries"));
  return read_each(reading, &geometries, read_simple);
}

status geo_shape_read(struct arena *arena, const struct val *map, struct geo_shape *shape,
                      const char **what) {
  struct reading reading = {arena, shape, what};
  *shape = (struct geo_shape){0};
  *what = "";
  return read_geometry(&reading, map);
}

/* ---- edges ---- */

static bool is_same(struct geo_vec a, struct geo_vec b) {
  return geo_vec_angle(a, b) < 1e-11;
}

static bool is_on_edge(struct geo_vec p, struct geo_vec a, struct geo_vec b) {
  if (is_same(p, a) || is_same(p, b)) return true;
  struct geo_vec normal = cross(a, b);
  double length = sqrt(dot(normal, normal));
  if (length < tolerance || fabs(dot(p, normal)) / length > 1e-11) return false;
  return geo_vec_angle(a, p) + geo_vec_angle(p, b) <= geo_vec_angle(a, b) + 1e-9;
}

static bool is_on_part(struct geo_vec p, const struct geo_part *part) {
  if (part->count == 1) return is_same(p, part->at[0]);
  for (uint32_t i = 0; i + 1 < part->count; i++)
    if (is_on_edge(p, part->at[i], part->at[i + 1])) return true;
  return false;
}

/** Whether the edges cut each other between their ends. */
static bool is_crossing(const struct geo_vec a[2], const struct geo_vec b[2]) {
  struct geo_vec one = cross(a[0], a[1]), other = cross(b[0], b[1]);
  double b0 = dot(one, b[0]), b1 = dot(one, b[1]), a0 = dot(other, a[0]), a1 = dot(other, a[1]);
  bool cuts = b0 * b1 < 0 && a0 * a1 < 0 && fabs(b0) > tolerance && fabs(b1) > tolerance &&
              fabs(a0) > tolerance && fabs(a1) > tolerance;
  return cuts && dot(a[0], b[0]) + dot(a[0], b[1]) + dot(a[1], b[0]) + dot(a[1], b[1]) > 0;
}

static bool parts_cross(const struct geo_part *a, const struct geo_part *b) {
  for (uint32_t i = 0; i + 1 < a->count; i++)
    for (uint32_t k = 0; k + 1 < b->count; k++)
      if (is_crossing(&a->at[i], &b->at[k])) return true;
  return false;
}

/* ---- polygons ---- */

/** How far one turns at `p` from looking at `a` to looking at `b`. */
static double turn(struct geo_vec p, struct geo_vec a, struct geo_vec b) {
  struct geo_vec to_a = cross(p, a), to_b = cross(p, b);
  return atan2(dot(p, cross(to_a, to_b)), dot(to_a, to_b));
}

static bool is_on_its_side(struct geo_vec p, const struct geo_part *ring) {
  struct geo_vec middle = {0, 0, 0};
  for (uint32_t i = 0; i + 1 < ring->count; i++) {
    middle.x += ring->at[i].x;
    middle.y += ring->at[i].y;
    middle.z += ring->at[i].z;
  }
  return dot(p, middle) > 0;
}

static bool is_in_ring(struct geo_vec p, const struct geo_part *ring, bool with_edge) {
  double sum = 0;
  if (is_on_part(p, ring)) return with_edge;
  if (!is_on_its_side(p, ring)) return false;
  for (uint32_t i = 0; i + 1 < ring->count; i++) sum += turn(p, ring->at[i], ring->at[i + 1]);
  return fabs(sum) > 3.14159265358979323846;
}

/** The polygon whose ring is part `nth`, and the holes behind it. */
static bool is_in_polygon(struct geo_vec p, const struct geo_shape *shape, uint32_t nth) {
  if (!is_in_ring(p, &shape->parts[nth], true)) return false;
  for (uint32_t i = nth + 1; i < shape->count && shape->parts[i].kind == GEO_HOLE; i++)
    if (is_in_ring(p, &shape->parts[i], false)) return false;
  return true;
}

static bool part_is_in_polygon(const struct geo_part *part, const struct geo_shape *shape,
                               uint32_t nth) {
  for (uint32_t i = 0; i < part->count; i++)
    if (!is_in_polygon(part->at[i], shape, nth)) return false;
  if (parts_cross(part, &shape->parts[nth])) return false;
  for (uint32_t i = nth + 1; i < shape->count && shape->parts[i].kind == GEO_HOLE; i++)
    if (parts_cross(part, &shape->parts[i])) return false;
  return true;
}

bool geo_shape_is_within(const struct geo_shape *inner, const struct geo_shape *outer) {
  for (uint32_t i = 0; i < inner->count; i++) {
    bool is_in = inner->parts[i].kind == GEO_HOLE;
    for (uint32_t k = 0; k < outer->count && !is_in; k++)
      is_in = outer->parts[k].kind == GEO_RING && part_is_in_polygon(&inner->parts[i], outer, k);
    if (!is_in) return false;
  }
  return inner->count > 0;
}

/** Whether a position of `part` lies in, or on, what is part `nth` of the shape. */
static bool part_touches(const struct geo_part *part, const struct geo_shape *shape, uint32_t nth) {
  const struct geo_part *other = &shape->parts[nth];
  for (uint32_t i = 0; i < part->count; i++) {
    if (is_on_part(part->at[i], other)) return true;
    if (other->kind == GEO_RING && is_in_polygon(part->at[i], shape, nth)) return true;
  }
  return parts_cross(part, other);
}

bool geo_shape_meets(const struct geo_shape *a, const struct geo_shape *b) {
  for (uint32_t i = 0; i < a->count; i++)
    for (uint32_t k = 0; k < b->count; k++)
      if (part_touches(&a->parts[i], b, k) || part_touches(&b->parts[k], a, i)) return true;
  return false;
}

/* ---- distances ---- */

/** The foot of the perpendicular may lie on the arc; else one of its ends is nearest. */
static double distance_to_edge(struct geo_vec p, struct geo_vec a, struct geo_vec b) {
  struct geo_vec normal = cross(a, b);
  double length = sqrt(dot(normal, normal));
  double ends = fmin(geo_vec_angle(p, a), geo_vec_angle(p, b));
  if (length < tolerance) return ends;
  bool is_beside = dot(cross(normal, a), p) > 0 && dot(cross(b, normal), p) > 0;
  if (!is_beside) return ends;
  return fmin(ends, fabs(asin(fmax(-1, fmin(1, dot(p, normal) / length)))));
}

static double distance_to_part(struct geo_vec p, const struct geo_part *part) {
  double nearest = geo_vec_angle(p, part->at[0]);
  for (uint32_t i = 0; i + 1 < part->count; i++)
    nearest = fmin(nearest, distance_to_edge(p, part->at[i], part->at[i + 1]));
  return nearest;
}

double geo_shape_distance(struct geo_vec from, const struct geo_shape *shape) {
  double nearest = INFINITY;
  for (uint32_t i = 0; i < shape->count; i++) {
    if (shape->parts[i].kind == GEO_RING && is_in_polygon(from, shape, i)) return 0;
    nearest = fmin(nearest, distance_to_part(from, &shape->parts[i]));
  }
  return nearest;
}
