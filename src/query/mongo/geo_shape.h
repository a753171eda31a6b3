/* SPDX-License-Identifier: MIT */
/* Places on the sphere, as GeoJSON (RFC 7946) and MongoDB's older pairs have them, and the
 * questions that queries ask of them. Longitudes and latitudes in degrees become unit vectors;
 * edges are arcs of great circles; a polygon is the smaller of the two parts that its outer ring
 * cuts the sphere into, without its holes; what lies on an edge is inside. Memory of the arena; any
 * thread. */
#ifndef QUERY_MONGO_GEO_SHAPE_H
#define QUERY_MONGO_GEO_SHAPE_H

#include "base/core/err.h"
#include "base/mem/arena.h"
#include "value/val/val.h"

struct geo_vec {
  double x, y, z;
};

enum geo_kind { GEO_POINT, GEO_LINE, GEO_RING, GEO_HOLE };

/** A point, a line, or a ring; holes follow their ring. */
struct geo_part {
  enum geo_kind kind;
  uint32_t count;
  struct geo_vec *at;
};

struct geo_shape {
  struct geo_part *parts;
  uint32_t count, capacity;
};

/** A pair of numbers: a list of at least two, or a map whose first two fields are numbers. */
bool geo_shape_read_pair(const struct val *v, double *x, double *y);
/** A GeoJSON geometry; `*what` says what is wrong with one that is none. LUMA_INVALID_VALUE, or the
 * arena's failure. */
status geo_shape_read(struct arena *arena, const struct val *map, struct geo_shape *shape,
                      const char **what);
struct geo_vec geo_vec_of(double longitude, double latitude);
/** The angle between two places, in radians. */
double geo_vec_angle(struct geo_vec a, struct geo_vec b);
/** Whether all of `inner` lies in the polygons of `outer`. */
bool geo_shape_is_within(const struct geo_shape *inner, const struct geo_shape *outer);
bool geo_shape_meets(const struct geo_shape *a, const struct geo_shape *b);
/** The angle, in radians, between a place and what of the shape is nearest; 0 within a polygon. */
double geo_shape_distance(struct geo_vec from, const struct geo_shape *shape);

#endif
