/* SPDX-License-Identifier: MIT */
/* Between the files of the harness: the state of the case that runs in this process, and the runner
 * of one case. */
#ifndef TESTS_LIB_TEST_INT_H
#define TESTS_LIB_TEST_INT_H

#include <stdbool.h>

#include "tests/lib/test.h"

enum { TEST_DIR_BYTES = 256, TEST_TIMEOUT_S = 120 };

/** What the command line asked for. */
struct test_options {
  const char *program, *only;
  uint64_t seed;
  bool list, no_fork;
};

/** What a case said that it does: in memory that its process shares with the runner's. */
struct test_doing {
  uint64_t count, since_ms; /* how often it said so; when it last did (monotonic) */
  uint32_t bytes;
  char text[TEST_DOING_BYTES];
};

/** How a case ended. */
struct test_outcome {
  bool passed, timed_out;
  int stopped_by; /* the signal that the runner was sent; 0: none */
  int wait_status;
  uint64_t took_ms;
};

/** Begins a case in this process: its seed, where its directory will stand, where it says what it
 * does (NULL: nowhere). */
void test__begin(uint64_t seed, const char *dir, struct test_doing *doing);
uint64_t test__monotonic_ms(void);
/** Removes `dir` and all in it, if it is there. */
void test__remove_dir(const char *dir);
/** How many times the usual limits apply here: sanitizers and long runs are slower. */
unsigned test__timeout_factor(void);
/** LUMA_TEST_SCALE, at least 1. */
size_t test__scale(void);

/** Runs the case here and now; true when it passed. */
bool test__run_here(const struct test_case *c, const struct test_options *options);
/** Runs the case in a process of its own; what it printed is shown if it failed. */
struct test_outcome test__run_forked(const struct test_case *c, const struct test_options *options);

#endif
