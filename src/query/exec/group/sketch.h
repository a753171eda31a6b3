/* SPDX-License-Identifier: MIT */
/* Summaries of many values in little memory.
 *
 * HyperLogLog (Flajolet and others, 2007) counts different values: exactly while they are few, then
 * by 2^14 registers, with a standard error of 0.8 %, estimated as Ertl does ("New cardinality
 * estimation algorithms for HyperLogLog sketches", 2017), which needs no tables of corrections.
 * A t-digest (Dunning and Ertl, 2019) answers percentiles: clusters of numbers, small at both ends.
 * Memory is the arena's. One thread. */
#ifndef QUERY_EXEC_SKETCH_H
#define QUERY_EXEC_SKETCH_H

#include "base/mem/arena.h"

enum { SKETCH_BITS = 14, SKETCH_REGISTERS = 1 << SKETCH_BITS, SKETCH_FEW = 256 };

/** Begins zeroed. */
struct sketch {
  uint64_t few[SKETCH_FEW]; /* hashes in order, until there are more */
  uint32_t count;
  uint8_t *registers;
};

/** False when the arena is out. */
bool sketch_add(struct sketch *sketch, struct arena *arena, uint64_t hash);
uint64_t sketch_count(const struct sketch *sketch);

enum { DIGEST_CLUSTERS = 256, DIGEST_WAITING = 512 };

/** Numbers close to each other: their mean and how many there are. */
struct digest_cluster {
  double mean, weight;
};

/** Begins zeroed. */
struct digest {
  struct digest_cluster clusters[DIGEST_CLUSTERS + DIGEST_WAITING]; /* in order, then waiting */
  uint32_t clusters_count, waiting_count;
  double total, least, most;
};

void digest_add(struct digest *digest, double number);
/** The number at a fraction from 0 to 1; there must be one at least. */
double digest_at(struct digest *digest, double fraction);

#endif
