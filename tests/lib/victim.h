/* SPDX-License-Identifier: MIT */
/* Tests of tests: cases that must fail ("victims") stand in the same binary, which runs itself with
 * LUMA_VICTIMS set and reads what the harness says.
 *
 *     return victims_main(argc, argv, &(struct victims){cases, cases_count, victims,
 * victims_count});
 */
#ifndef TESTS_LIB_VICTIM_H
#define TESTS_LIB_VICTIM_H

#include "tests/lib/test.h"

/** The cases of a binary, and the ones that fail on purpose. */
struct victims {
  const struct test_case *cases;
  size_t cases_count;
  const struct test_case *victims;
  size_t victims_count;
};

/** test_main of the cases, or of the victims when this process was started by victim_run. */
int victims_main(int argc, char **argv, const struct victims *all);

/** Runs this binary's victims with `arguments`; answers the exit status. */
int victim_run(const char *arguments);
/** The same for one victim, with seed 42. */
int victim_run_only(const char *name);
/** What the last run printed; valid until the next. */
const char *victim_output(void);
/** Fail the case unless the last output has, or has not, `text`. */
void victim_expect(const char *text);
void victim_expect_not(const char *text);

#endif
