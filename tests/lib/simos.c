/* SPDX-License-Identifier: MIT */
/* The life of a simulated system, its clocks and its randomness. */
#include "tests/lib/simos.h"

#include "tests/lib/fault.h"
#include "tests/lib/simos_int.h"

/* Where the wall clock starts: somewhere in 2026. */
static const int64_t epoch_us = INT64_C(1767225600000000), year_us = INT64_C(31536000000000);
static const int64_t jump_us_max = INT64_C(3600000000);

static struct simos *sim_of(struct os *os) {
  return (struct simos *)(void *)os;
}

struct simos *simos_create(uint64_t seed) {
  struct simos *sim = fault_exempt_alloc(1, sizeof *sim);
  sim->os.ops = &sim__ops;
  mutex_init(&sim->lock);
  rng_init(&sim->rng, seed);
  rng_init(&sim->noise, rng_next(&sim->rng));
  sim->monotonic_us = rng_below(&sim->noise, 1000000);
  sim->wall_offset_us = epoch_us + rng_range(&sim->noise, 0, year_us);
  sim->root = sim__inode_create(sim, OS_KIND_DIRECTORY);
  sim__inode_acquire(sim->root);
  return sim;
}

void simos_destroy(struct simos *sim) {
  sim__dir_wipe(sim);
  sim__inode_release(sim, sim->root);
  fault_exempt_free(sim->ops);
  mutex_deinit(&sim->lock);
  fault_exempt_free(sim);
}

struct os *simos_os(struct simos *sim) {
  return &sim->os;
}

void simos_wipe(struct simos *sim) {
  mutex_lock(&sim->lock);
  sim__dir_wipe(sim);
  mutex_unlock(&sim->lock);
}

void simos_take_direct(struct simos *sim, bool is_taken) {
  mutex_lock(&sim->lock);
  sim->refuses_direct = !is_taken;
  mutex_unlock(&sim->lock);
}

void simos_set_capacity(struct simos *sim, uint64_t bytes) {
  mutex_lock(&sim->lock);
  sim->capacity_bytes = bytes;
  mutex_unlock(&sim->lock);
}

static status flip(struct simos *sim, const char *path, uint64_t bit) {
  struct sim_place place;
  TRY(sim__find_there(sim, path, &place, NULL));
  if (bit / 8 >= place.inode->seen.bytes) return LUMA_INVALID_ARGUMENT;
  sim__file_flip(place.inode, bit);
  return LUMA_OK;
}

status simos_flip_bit(struct simos *sim, const char *path, uint64_t bit) {
  mutex_lock(&sim->lock);
  status answer = flip(sim, path, bit);
  mutex_unlock(&sim->lock);
  return answer;
}

void simos_trace(struct simos *sim, FILE *out) {
  mutex_lock(&sim->lock);
  sim->trace = out;
  mutex_unlock(&sim->lock);
}

/* Time. Reading a clock takes some, so that two readings differ mostly but not always. */

static uint64_t tick_clock(struct simos *sim) {
  return sim->monotonic_us += rng_below(&sim->noise, 8);
}

uint64_t sim__monotonic_us(struct os *os) {
  struct simos *sim = sim_of(os);
  mutex_lock(&sim->lock);
  uint64_t now = tick_clock(sim);
  mutex_unlock(&sim->lock);
  return now;
}

uint64_t sim__now_us(struct os *os) {
  struct simos *sim = sim_of(os);
  mutex_lock(&sim->lock);
  if (sim->jump_one_in > 0 && rng_below(&sim->noise, sim->jump_one_in) == 0)
    sim->wall_offset_us += rng_range(&sim->noise, -jump_us_max, jump_us_max);
  uint64_t now = tick_clock(sim) + (uint64_t)sim->wall_offset_us;
  mutex_unlock(&sim->lock);
  return now;
}

void sim__sleep_us(struct os *os, uint64_t us) {
  simos_advance_us(sim_of(os), us);
}

void simos_advance_us(struct simos *sim, uint64_t us) {
  mutex_lock(&sim->lock);
  sim->monotonic_us += us;
  mutex_unlock(&sim->lock);
}

void simos_set_now_us(struct simos *sim, uint64_t now_us) {
  mutex_lock(&sim->lock);
  sim->wall_offset_us = (int64_t)(now_us - sim->monotonic_us);
  mutex_unlock(&sim->lock);
}

void simos_let_clock_jump(struct simos *sim, uint64_t one_in) {
  mutex_lock(&sim->lock);
  sim->jump_one_in = one_in;
  mutex_unlock(&sim->lock);
}

void sim__random(struct os *os, void *data, size_t bytes) {
  struct simos *sim = sim_of(os);
  mutex_lock(&sim->lock);
  rng_fill(&sim->noise, data, bytes);
  mutex_unlock(&sim->lock);
}
