/* SPDX-License-Identifier: MIT */
#include "query/exec/group/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- HyperLogLog ---- */

enum { RANK_BITS = 64 - SKETCH_BITS };

static void set_register(struct sketch *sketch, uint64_t hash) {
  uint64_t rest = hash << SKETCH_BITS;
  uint8_t rank = (uint8_t)(rest ? __builtin_clzll(rest) + 1 : RANK_BITS + 1);
  uint8_t *place = &sketch->registers[hash >> RANK_BITS];
  if (rank > *place) *place = rank;
}

/** Puts a hash among the few, in order; false when it is there or there is no room. */
static bool put_few(struct sketch *sketch, uint64_t hash) {
  uint32_t from = 0, to = sketch->count;
  while (from < to) {
    uint32_t middle = (from + to) / 2;
    if (sketch->few[middle] < hash)
      from = middle + 1;
    else
      to = middle;
  }
  if (from < sketch->count && sketch->few[from] == hash) return true;
  if (sketch->count == SKETCH_FEW) return false;
  memmove(&sketch->few[from + 1], &sketch->few[from], (sketch->count - from) * sizeof *sketch->few);
  sketch->few[from] = hash;
  sketch->count++;
  return true;
}

bool sketch_add(struct sketch *sketch, struct arena *arena, uint64_t hash) {
  if (!sketch->registers) {
    if (put_few(sketch, hash)) return true;
    sketch->registers = arena_zalloc(arena, SKETCH_REGISTERS, 1);
    if (!sketch->registers) return false;
    for (uint32_t i = 0; i < sketch->count; i++) set_register(sketch, sketch->few[i]);
  }
  set_register(sketch, hash);
  return true;
}

static double sigma(double x) {
  double y = 1, z = x, before = 0;
  if (x == 1) return (double)INFINITY;
  while (z != before) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

static double tau(double x) {
  double y = 1, z = 1 - x, before = 0;
  if (x == 0 || x == 1) return 0;
  while (z != before) {
    x = sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

uint64_t sketch_count(const struct sketch *sketch) {
  if (!sketch->registers) return sketch->count;
  uint32_t with[RANK_BITS + 2] = {0};
  for (uint32_t i = 0; i < SKETCH_REGISTERS; i++) with[sketch->registers[i]]++;
  double m = SKETCH_REGISTERS, z = m * tau(1 - with[RANK_BITS + 1] / m);
  for (uint32_t k = RANK_BITS; k >= 1; k--) z = 0.5 * (z + with[k]);
  z += m * sigma(with[0] / m);
  return (uint64_t)llround(m * m / (2 * log(2) * z));
}

/* ---- t-digest ---- */

static int compare_clusters(const void *a, const void *b) {
  const struct digest_cluster *left = a, *right = b;
  return (left->mean > right->mean) - (left->mean < right->mean);
}

/** The scale of the paper (k1): clusters may span one unit of it. */
static double scale(double fraction) {
  double within = fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
  return DIGEST_CLUSTERS / 2.0 / M_PI * asin(2 * within - 1);
}

static void merge(struct digest *digest) {
  uint32_t count = digest->clusters_count + digest->waiting_count, last = 0;
  struct digest_cluster *all = digest->clusters;
  if (digest->waiting_count == 0) return;
  qsort(all, count, sizeof *all, compare_clusters);
  double before = 0, low = scale(0);
  for (uint32_t i = 1; i < count; i++) {
    double weight = all[last].weight + all[i].weight;
    if (scale((before + weight) / digest->total) - low <= 1) {
      all[last].mean += (all[i].mean - all[last].mean) * all[i].weight / weight;
      all[last].weight = weight;
      continue;
    }
    before += all[last].weight;
    low = scale(before / digest->total);
    all[++last] = all[i];
  }
  digest->clusters_count = last + 1;
  digest->waiting_count = 0;
}

void digest_add(struct digest *digest, double number) {
  if (digest->waiting_count == DIGEST_WAITING) merge(digest);
  if (digest->total == 0 || number < digest->least) digest->least = number;
  if (digest->total == 0 || number > digest->most) digest->most = number;
  digest->total++;
  digest->clusters[digest->clusters_count + digest->waiting_count++] =
      (struct digest_cluster){number, 1};
}

/** Between the middles of neighbouring clusters; the ends are the least and the largest number. */
double digest_at(struct digest *digest, double fraction) {
  merge(digest);
  double wanted = fraction * digest->total, before = 0, place = 0, number = digest->least;
  for (uint32_t i = 0; i < digest->clusters_count; i++) {
    const struct digest_cluster *cluster = &digest->clusters[i];
    double middle = before + cluster->weight / 2;
    if (wanted <= middle)
      return number +
             (cluster->mean - number) * (middle > place ? (wanted - place) / (middle - place) : 1);
    number = cluster->mean;
    place = middle;
    before += cluster->weight;
  }
  double left = digest->total - place;
  return number + (digest->most - number) * (left > 0 ? (wanted - place) / left : 1);
}
