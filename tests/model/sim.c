/* SPDX-License-Identifier: MIT */
/* The whole store on the simulated os: rounds of random work and trouble (run.h), from one seed,
 * until so many crashes were survived.
 *
 *     sim [--crashes N] [--jobs N] [--seed N]     (1,000,000; 2; of the clock)
 *     sim --round SEED                            one round again, with every operation printed
 *
 * A round that fails prints its trace and seed. Ends with a table of what was met, the rate, and
 * `N passed, N failed` (rounds). */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/test.h"
#include "tests/model/targets.h"

enum { JOBS_MAX = 64, REPORT_S = 10 };

/** What the processes share. */
struct shared {
  struct run_tally tallies[JOBS_MAX];
  uint64_t rounds[JOBS_MAX]; /* the seed under way */
  atomic_bool is_over;
};

struct options {
  uint64_t crashes, seed, round;
  unsigned jobs;
  bool has_round;
};

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct run_tally sum_up(const struct shared *shared) {
  struct run_tally sum = {0};
  for (int i = 0; i < JOBS_MAX; i++) {
    const struct run_tally *one = &shared->tallies[i];
    sum.rounds += one->rounds;
    sum.operations += one->operations;
    sum.commits += one->commits;
    for (int t = 0; t < RUN_TROUBLES; t++) sum.met[t] += one->met[t];
    sum.rot_refused += one->rot_refused;
    sum.rot_told += one->rot_told;
    sum.rot_idle += one->rot_idle;
  }
  return sum;
}

static uint64_t crashes_of(const struct run_tally *tally) {
  return tally->met[RUN_CRASH] + tally->met[RUN_KILL];
}

static _Noreturn void work(struct shared *shared, const struct options *options, unsigned job) {
  struct run_target target = targets_harsh;
  struct rng rng;
  rng_init(&rng, options->seed + job * UINT64_C(0x9E3779B97F4A7C15));
  target.tally = &shared->tallies[job];
  while (!shared->is_over) {
    shared->rounds[job] = rng_next(&rng);
    run_round(&target, shared->rounds[job], TARGETS_HARSH_OPERATIONS);
  }
  exit(0);
}

/* Waits for one to end, or for all to have done enough; answers how many failed. */
static unsigned watch(struct shared *shared, const struct options *options, const pid_t *jobs) {
  unsigned failed = 0, left = options->jobs;
  double begun = seconds(), told = begun;
  while (left > 0) {
    int ended = 0;
    pid_t one = waitpid(-1, &ended, WNOHANG);
    struct run_tally sum = sum_up(shared);
    if (crashes_of(&sum) >= options->crashes || failed) shared->is_over = true;
    if (seconds() - told > REPORT_S) {
      told = seconds();
      printf("%" PRIu64 " crashes in %.0f s, %.0f/s\n", crashes_of(&sum), told - begun,
             (double)crashes_of(&sum) / (told - begun));
      fflush(stdout);
    }
    if (one <= 0) {
      usleep(50000);
      continue;
    }
    left--;
    if (ended == 0) continue;
    failed++;
    for (unsigned i = 0; i < options->jobs; i++)
      if (jobs[i] == one) printf("FAILED: repeat with --round %" PRIu64 "\n", shared->rounds[i]);
  }
  return failed;
}

static void print_result(const struct shared *shared, double took, unsigned failed) {
  struct run_tally sum = sum_up(shared);
  uint64_t crashes = crashes_of(&sum);
  printf("rounds        %12" PRIu64 "\noperations    %12" PRIu64 "\ncommits       %12" PRIu64 "\n",
         sum.rounds, sum.operations, sum.commits);
  printf("power cuts    %12" PRIu64 "\nkills         %12" PRIu64 "\nfailed calls  %12" PRIu64
         "\nfull disks    %12" PRIu64 "\n",
         sum.met[RUN_CRASH], sum.met[RUN_KILL], sum.met[RUN_FAULT], sum.met[RUN_FULL]);
  printf("bit rot       %12" PRIu64 "  (%" PRIu64 " refused, %" PRIu64
         " told by the check, %" PRIu64 " without effect)\n",
         sum.met[RUN_ROT], sum.rot_refused, sum.rot_told, sum.rot_idle);
  printf("%" PRIu64 " crashes in %.1f s: %.0f/s\n", crashes, took, (double)crashes / took);
  printf("%" PRIu64 " passed, %u failed\n", sum.rounds, failed);
}

static bool parse(int argc, char **argv, struct options *options) {
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return false;
    uint64_t number = strtoull(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--crashes") == 0) {
      options->crashes = number;
    } else if (strcmp(argv[i], "--jobs") == 0) {
      options->jobs = number < JOBS_MAX ? (unsigned)number : JOBS_MAX;
    } else if (strcmp(argv[i], "--seed") == 0) {
      options->seed = number;
    } else if (strcmp(argv[i], "--round") == 0) {
      options->round = number;
      options->has_round = true;
    } else {
      return false;
    }
  }
  return options->jobs > 0;
}

int main(int argc, char **argv) {
  struct options options = {.crashes = 1000000, .jobs = 2, .seed = (uint64_t)time(NULL)};
  if (!parse(argc, argv, &options)) {
    fprintf(stderr, "usage: sim [--crashes N] [--jobs N] [--seed N] | sim --round SEED\n");
    return 2;
  }
  if (options.has_round) {
    setenv("MODEL_TRACE", "1", 1);
    run_round(&targets_harsh, options.round, TARGETS_HARSH_OPERATIONS);
    return 0;
  }
  struct shared *shared =
      mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 2;
  pid_t jobs[JOBS_MAX];
  double begun = seconds();
  printf("seed %" PRIu64 "\n", options.seed);
  fflush(stdout);
  for (unsigned i = 0; i < options.jobs; i++) {
    jobs[i] = fork();
    if (jobs[i] == 0) work(shared, &options, i);
    if (jobs[i] < 0) return 2;
  }
  unsigned failed = watch(shared, &options, jobs);
  print_result(shared, seconds() - begun, failed);
  return failed ? 1 : 0;
}
