/* SPDX-License-Identifier: MIT */
/* The harness judged from outside: this binary runs itself with cases that fail in every way a case
 * can, and reads what the harness said about them. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/victim.h"

/* The victims. */

static void victim_passes(void) {
  puts("this stays hidden");
}

static void victim_fails(void) {
  puts("seen because it failed");
  assert_int_equal(1, 2);
}

static void victim_crashes(void) {
  raise(SIGSEGV);
}

static void victim_exits(void) {
  exit(7);
}

/* How long a child sleeps: a number of this test's own, by which it is told from others' children.
 */
static const char sleep_variable[] = "VICTIM_SLEEP_SECONDS";

static void victim_hangs(void) {
  if (fork() == 0) execlp("sleep", "sleep", getenv(sleep_variable), (char *)NULL);
  for (;;) pause();
}

static void victim_stops_its_runner(void) {
  test_doing(slice_of_text("first things"));
  test_doing(slice_of_text("killing the messenger"));
  kill(getppid(), SIGTERM);
  for (;;) pause();
}

static void victim_answers(void) {
  snprintf(test_err()->hint, sizeof test_err()->hint, "try the other door");
  assert_ok(LUMA_DISK_FULL);
}

static void victim_draws(void) {
  printf("drew %llu\n", (unsigned long long)rng_next(test_rng()));
  printf("dir %s.\n", test_dir());
  char path[512];
  snprintf(path, sizeof path, "%s/deep", test_dir());
  assert_int_equal(0, mkdir(path, 0500));
  fail();
}

static void victim_floods(void) {
  for (int i = 0; i < 100000; i++) puts("a line of output that nobody needs");
  puts("the last word");
  fail();
}

static void a_pass_is_quiet(void) {
  assert_int_equal(0, victim_run_only("victim_passes"));
  victim_expect("ok   victim_passes");
  victim_expect("1 passed, 0 failed\n");
  victim_expect_not("hidden");
}

static void a_failure_is_shown_with_its_seed(void) {
  assert_int_equal(1, victim_run_only("victim_fails"));
  victim_expect("seen because it failed");
  victim_expect("harness_test.c:");
  victim_expect("--seed 42 --only victim_fails");
  victim_expect("0 passed, 1 failed\n");
}

static void crashes_and_exits_are_failures(void) {
  assert_int_equal(1, victim_run_only("victim_crashes"));
  victim_expect("0 passed, 1 failed\n");
  assert_int_equal(1, victim_run_only("victim_exits"));
  victim_expect("exit status 7");
}

/** Processes whose command line holds `text`. */
static bool is_running(const char *text) {
  char command[128];
  snprintf(command, sizeof command, "grep -lszF -x '%s' /proc/[0-9]*/cmdline >/dev/null", text);
  return system(command) == 0;
}

static void a_hang_is_killed_with_its_children(void) {
  char seconds[32];
  snprintf(seconds, sizeof seconds, "1000.%d", (int)getpid());
  setenv(sleep_variable, seconds, 1);
  assert_int_equal(1, victim_run_only("victim_hangs"));
  victim_expect("over its time limit");
  for (int i = 0; i < 100 && is_running(seconds); i++) usleep(10000);
  assert_false(is_running(seconds));
}

static void one_that_is_stopped_says_where_it_was(void) {
  assert_int_equal(1, victim_run("--seed 42 --only victim_stops_its_runner"));
  victim_expect("seed 42\n");
  victim_expect("doing no. 2, for ");
  victim_expect(" ms: killing the messenger\n");
  victim_expect("stopped by signal 15");
  victim_expect("--seed 42 --only victim_stops_its_runner");
  victim_expect("0 passed, 1 failed\n");
}

static void a_status_is_explained(void) {
  assert_int_equal(1, victim_run_only("victim_answers"));
  victim_expect("disk_full");
  victim_expect("try the other door");
}

static void output_is_cut_at_the_front(void) {
  assert_int_equal(1, victim_run_only("victim_floods"));
  victim_expect("bytes before]");
  victim_expect("the last word");
}

/** Copies what stands between `from` and the end of its line. */
static void line_after(const char *from, char *line, size_t bytes) {
  const char *at = strstr(victim_output(), from);
  assert_non_null(at);
  at += strlen(from);
  snprintf(line, bytes, "%.*s", (int)strcspn(at, "\n"), at);
}

static void a_seed_repeats_and_a_directory_goes(void) {
  char first[64], second[64], dir[256];
  assert_int_equal(1, victim_run_only("victim_draws"));
  line_after("drew ", first, sizeof first);
  line_after("dir ", dir, sizeof dir);
  assert_int_equal(1, victim_run_only("victim_draws"));
  line_after("drew ", second, sizeof second);
  assert_string_equal(first, second);
  dir[strlen(dir) - 1] = '\0';
  assert_int_not_equal(0, access(dir, F_OK));
}

static void the_command_line_is_checked(void) {
  assert_int_equal(0, victim_run("--list"));
  victim_expect("victim_passes\nvictim_fails\n");
  assert_int_equal(2, victim_run("--only nobody"));
  assert_int_equal(2, victim_run("--seed x"));
  victim_expect("usage:");
  assert_int_equal(0, victim_run("--no-fork --only victim_passes"));
  victim_expect("hidden");
}

static void this_case_has_its_own_state(void) {
  struct stat stat_of_dir;
  assert_int_equal(0, stat(test_dir(), &stat_of_dir));
  assert_true(S_ISDIR(stat_of_dir.st_mode));
  assert_ptr_equal(test_dir(), test_dir());
  assert_status(LUMA_CONFLICT, LUMA_CONFLICT);
  assert_true(test_rounds(10) >= 10);
}

int main(int argc, char **argv) {
  static const struct test_case victims[] = {
      {"victim_passes", victim_passes, 0},
      {"victim_fails", victim_fails, 0},
      {"victim_crashes", victim_crashes, 0},
      {"victim_exits", victim_exits, 0},
      {"victim_hangs", victim_hangs, 1},
      {"victim_answers", victim_answers, 0},
      {"victim_draws", victim_draws, 0},
      {"victim_floods", victim_floods, 0},
      {"victim_stops_its_runner", victim_stops_its_runner, 0},
  };
  static const struct test_case cases[] = {
      {"a_pass_is_quiet", a_pass_is_quiet, 0},
      {"a_failure_is_shown_with_its_seed", a_failure_is_shown_with_its_seed, 0},
      {"crashes_and_exits_are_failures", crashes_and_exits_are_failures, 0},
      {"a_hang_is_killed_with_its_children", a_hang_is_killed_with_its_children, 0},
      {"one_that_is_stopped_says_where_it_was", one_that_is_stopped_says_where_it_was, 0},
      {"a_status_is_explained", a_status_is_explained, 0},
      {"output_is_cut_at_the_front", output_is_cut_at_the_front, 0},
      {"a_seed_repeats_and_a_directory_goes", a_seed_repeats_and_a_directory_goes, 0},
      {"the_command_line_is_checked", the_command_line_is_checked, 0},
      {"this_case_has_its_own_state", this_case_has_its_own_state, 0},
  };
  const struct victims all = {cases, sizeof cases / sizeof cases[0], victims,
                              sizeof victims / sizeof victims[0]};
  return victims_main(argc, argv, &all);
}
