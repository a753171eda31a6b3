/* SPDX-License-Identifier: MIT */
/* Tests of the simulation: the store is built with a fault planted (base/core/canary.h), and the
 * rounds of the simulation must fail within ROUNDS_MAX of them; without a fault they must not.
 *
 *     canaries [--seed N] [--only NUMBER]
 *
 * Prints how many rounds each fault survived, then `N passed, N failed`. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/core/canary.h"
#include "tests/lib/test.h"
#include "tests/model/targets.h"

enum { ROUNDS_MAX = 10000, ROUNDS_SOUND = 40, CASE_TIMEOUT_S = 600 };

static enum canary planted = CANARY_NONE;

enum canary canary_planted(void) {
  return planted;
}

static const char *const names[CANARIES] = {
    [CANARY_NONE] = "no fault",
    [CANARY_LOG_NOT_SYNCED] = "a commit is acknowledged without a sync",
    [CANARY_SEGMENT_NOT_SYNCED] = "a log segment is left without a sync",
    [CANARY_FRAME_NOT_CHECKED] = "a frame's checksum is not looked at",
    [CANARY_BLOCK_NOT_CHECKED] = "a block's checksum is not looked at",
    [CANARY_EDIT_NOT_CHECKED] = "an edit's checksum is not looked at",
    [CANARY_FILE_NOT_SYNCED] = "an edit is written before its file is synced",
    [CANARY_ENTRY_NOT_SYNCED] = "an edit is written before the directory is synced",
    [CANARY_SEQUENCE_NOT_KEPT] = "the sequence is not restored from the log",
    [CANARY_COUNTER_TWICE] = "a counter takes an addition twice",
    [CANARY_CONFLICT_NOT_SEEN] = "ranges read are not validated",
    [CANARY_RANGE_FORGOTTEN] = "replay passes over range deletes",
    [CANARY_TRIM_TOO_EARLY] = "the log is used again too early",
    [CANARY_WRITE_NOT_NOTED] = "what a commit wrote is not noted",
    [CANARY_HORIZON_TOO_NEW] = "memory that a snapshot needs is used again",
};

/** Shared with the process that runs the rounds. */
struct progress {
  uint64_t rounds; /* passed */
  uint64_t seed;   /* of the one under way */
};

/* In a process of its own, without a word: it is to fail. */
static _Noreturn void work(enum canary fault, uint64_t seed, uint64_t rounds,
                           struct progress *progress) {
  struct rng rng;
  rng_init(&rng, seed);
  planted = fault;
  alarm(CASE_TIMEOUT_S);
  if (fault && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))) exit(0);
  for (progress->rounds = 0; progress->rounds < rounds; progress->rounds++) {
    progress->seed = rng_next(&rng);
    run_round(&targets_harsh, progress->seed, TARGETS_HARSH_OPERATIONS);
  }
  exit(0);
}

/* True when the rounds failed. */
static bool is_found(enum canary fault, uint64_t seed, uint64_t rounds, struct progress *progress) {
  int ended = 0;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) work(fault, seed, rounds, progress);
  return child > 0 && waitpid(child, &ended, 0) == child && ended != 0;
}

/* One line of the table; whether it is as it should be. */
static bool judge(enum canary fault, uint64_t seed, struct progress *progress) {
  bool is_sound = fault == CANARY_NONE;
  bool found = is_found(fault, seed, is_sound ? ROUNDS_SOUND : ROUNDS_MAX, progress);
  printf("%-50s ", names[fault]);
  if (found)
    printf("found in round %" PRIu64 ", seed %" PRIu64 "\n", progress->rounds + 1, progress->seed);
  else
    printf("not found in %" PRIu64 " rounds\n", progress->rounds);
  return found != is_sound;
}

int main(int argc, char **argv) {
  uint64_t seed = 3, only = CANARIES;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--seed") == 0) seed = strtoull(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--only") == 0) only = strtoull(argv[i + 1], NULL, 10);
  }
  struct progress *progress =
      mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (progress == MAP_FAILED) return 2;
  int passed = 0, failed = 0;
  for (int fault = 0; fault < CANARIES; fault++) {
    if (only < CANARIES && only != (uint64_t)fault) continue;
    if (judge((enum canary)fault, seed, progress))
      passed++;
    else
      failed++;
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed ? 1 : 0;
}
