/* SPDX-License-Identifier: MIT */
/* Plays the script that LUMA_SCRIPT names on a database in memory and on one in a directory; or,
 * where LUMA_TARGET names another, on that one. */
#include <stdlib.h>

#include "tests/lang/session_script.h"

static void judge(unsigned line, struct slice text, struct slice expected, struct slice answer) {
  if (slice_is_equal(expected, answer)) return;
  fail_msg("line %u: %.*s\nexpected:\n%.*s\nanswered:\n%.*s", line, SLICE_ARG(text),
           SLICE_ARG(expected), SLICE_ARG(answer));
}

static void play(const char *target) {
  const char *path = getenv("LUMA_SCRIPT");
  struct session_script script;
  assert_non_null(path);
  session_script_open(&script, target);
  session_script_play(&script, path, judge);
  session_script_close(&script);
}

static void answers_in_memory(void) {
  play("memory:");
}

static void answers_in_a_directory(void) {
  play(test_dir());
}

static void answers_on_the_target(void) {
  play(getenv("LUMA_TARGET"));
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {{"answers_in_memory", answers_in_memory, 60},
                                           {"answers_in_a_directory", answers_in_a_directory, 0}};
  static const struct test_case other = {"answers_on_the_target", answers_on_the_target, 300};
  if (getenv("LUMA_TARGET")) return test_main(argc, argv, &other, 1);
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
