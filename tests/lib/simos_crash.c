/* SPDX-License-Identifier: MIT */
/* Fates: the countdowns of mutating calls, and what a crash keeps. */
#include <inttypes.h>
#include <string.h>

#include "tests/lib/simos_int.h"

/** Takes one from a countdown; true when it reached its end just now. */
static bool count_down(uint64_t *countdown) {
  return *countdown > 0 && --*countdown == 0;
}

static enum sim_fate draw(struct sim_countdown *countdown) {
  bool crashes = count_down(&countdown->crash), kills = count_down(&countdown->kill);
  bool fails = count_down(&countdown->fail);
  return crashes ? SIM_CRASHES : kills ? SIM_KILLS : fails ? SIM_FAILS : SIM_WORKS;
}

enum sim_fate sim__tick(struct simos *sim, const char *what, const char *path, uint64_t bytes) {
  static const char *const endings[] = {"", " fails", " crashes", " is killed"};
  sim->sequence++;
  sim->monotonic_us += 1 + rng_below(&sim->noise, 64);
  enum sim_fate fate = draw(&sim->countdown);
  if (sim->trace)
    fprintf(sim->trace, "simos %" PRIu64 ": %s %s %" PRIu64 "%s\n", sim->sequence, what, path,
            bytes, endings[fate]);
  return fate;
}

bool sim__takes_place(struct simos *sim, enum sim_fate fate) {
  return fate == SIM_WORKS || fate == SIM_CRASHES || rng_below(&sim->rng, 2) == 0;
}

/** A prefix ends among the last calls, near ones more often than far ones. */
static struct sim_crash draw_crash(struct simos *sim) {
  uint64_t reach = UINT64_C(1) << rng_below(&sim->rng, 12), back = rng_below(&sim->rng, reach);
  return (struct sim_crash){
      .temper = (enum sim_temper)rng_below(&sim->rng, 4),
      .cut = sim->sequence > back ? sim->sequence - back : 0,
      .chance = rng_below(&sim->rng, 1025),
  };
}

bool sim__survives(struct simos *sim, uint64_t sequence) {
  switch (sim->crash.temper) {
  case SIM_LOSE_ALL: return false;
  case SIM_KEEP_ALL: return true;
  case SIM_KEEP_PREFIX: return sequence <= sim->crash.cut;
  case SIM_KEEP_SOME: break;
  }
  return rng_below(&sim->rng, 1024) < sim->crash.chance;
}

static void stop(struct simos *sim) {
  memset(&sim->countdown, 0, sizeof sim->countdown);
  sim->generation++;
  sim->off = true;
  for (struct sim_inode *inode = sim->inodes; inode; inode = inode->next) {
    inode->locked_by = NULL;
    inode->readers = 0;
  }
}

static void lose_power(struct simos *sim) {
  if (sim->off) return;
  stop(sim);
  sim->crash = draw_crash(sim);
  for (struct sim_inode *inode = sim->inodes; inode; inode = inode->next) {
    if (inode->kind == OS_KIND_FILE) sim__file_crash(sim, inode);
  }
  sim__dir_crash(sim);
}

status sim__settle(struct simos *sim, enum sim_fate fate, const char *what, const char *path,
                   struct err *err) {
  switch (fate) {
  case SIM_WORKS: return LUMA_OK;
  case SIM_FAILS: FAIL(err, sim->countdown.fail_code, "%s %s: made to fail", what, path);
  case SIM_CRASHES:
    lose_power(sim);
    FAIL(err, LUMA_IO_ERROR, "%s %s: the power failed", what, path);
  case SIM_KILLS: stop(sim); FAIL(err, LUMA_IO_ERROR, "%s %s: the process was killed", what, path);
  }
  return LUMA_OK;
}

void simos_crash(struct simos *sim) {
  mutex_lock(&sim->lock);
  lose_power(sim);
  mutex_unlock(&sim->lock);
}

void simos_kill(struct simos *sim) {
  mutex_lock(&sim->lock);
  if (!sim->off) stop(sim);
  mutex_unlock(&sim->lock);
}

void simos_reboot(struct simos *sim) {
  mutex_lock(&sim->lock);
  sim->off = false;
  mutex_unlock(&sim->lock);
}

void simos_crash_at(struct simos *sim, uint64_t nth) {
  mutex_lock(&sim->lock);
  sim->countdown.crash = nth;
  mutex_unlock(&sim->lock);
}

void simos_kill_at(struct simos *sim, uint64_t nth) {
  mutex_lock(&sim->lock);
  sim->countdown.kill = nth;
  mutex_unlock(&sim->lock);
}

void simos_fail_at(struct simos *sim, uint64_t nth, status code) {
  mutex_lock(&sim->lock);
  sim->countdown.fail = nth;
  sim->countdown.fail_code = code;
  mutex_unlock(&sim->lock);
}

bool simos_is_off(const struct simos *sim) {
  return sim->off;
}

uint64_t simos_mutations(const struct simos *sim) {
  return sim->sequence;
}
