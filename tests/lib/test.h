/* SPDX-License-Identifier: MIT */
/* The test harness: every case in its own process with a time limit and a seed that repeats it.
 *
 *     static void grows(void) { … assert_int_equal(2, 1 + 1); … }
 *     int main(int argc, char **argv) {
 *       static const struct test_case cases[] = {{"grows", grows, 0}};
 *       return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
 *     }
 *
 * The assertions are cmocka's. What a case prints is shown only when it fails. A case fails by an
 * assertion, a signal, an exit status, a leak or by passing its time limit (its whole process group
 * is then killed). So it is when the test is told to end (SIGTERM, SIGINT, SIGHUP), which tells all
 * that a failure does. Options: --list, --only NAME, --seed N, --no-fork (for a debugger). The
 * first line is the seed, the last one `N passed, N failed`. There is no way to skip a case.
 *
 * Inside a case: test_rng() is the only source of randomness, test_dir() the only place for files.
 * Thread: a case may start threads; these functions belong to its first one. */
#ifndef TESTS_LIB_TEST_H
#define TESTS_LIB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/core/err.h"
#include "base/ds/rng.h"
#include "base/text/slice.h"

struct test_case {
  const char *name;
  void (*run)(void);
  unsigned timeout_s; /* 0 = 120; sanitizer builds and long runs get more */
};

/** Runs the cases; answers 0 when all passed, 1 when some failed, 2 when the arguments are wrong.
 */
int test_main(int argc, char **argv, const struct test_case *cases, size_t count);

/** The seed of this run: printed on failure, given again by --seed. */
uint64_t test_seed(void);

/** A generator begun from test_seed() when the case starts. */
struct rng *test_rng(void);

/** A fresh empty directory, made by the first call of a case and removed with all in it when the
 * case ends. */
const char *test_dir(void);

/** How often a random test should repeat: `quick` in an ordinary run, times LUMA_TEST_SCALE in a
 * long one. */
size_t test_rounds(size_t quick);

/** The error of this case, to give to the calls that assert_ok and assert_status judge. Each of
 * them empties it when it is content. */
struct err *test_err(void);

/** Says what the case does next: the last that was said is shown, with how many there were and the
 * time since, when the case fails, passes its limit or is stopped. Cheap enough to be called before
 * every statement; texts are cut at TEST_DOING_BYTES. */
enum { TEST_DOING_BYTES = 16 << 10 };
void test_doing(struct slice text);

/** Fails the case, showing the message of test_err(), unless `call` answers LUMA_OK. */
#define assert_ok(call) test__expect(LUMA_OK, (call), #call, __FILE__, __LINE__)

/** Fails the case unless `call` answers `expected`. */
#define assert_status(expected, call) test__expect((expected), (call), #call, __FILE__, __LINE__)

/** Behind the two macros. */
void test__expect(status expected, status answer, const char *call, const char *file, int line);

#endif
