/* SPDX-License-Identifier: MIT */
/* Runs this very binary again and keeps what it printed. */
#include "tests/lib/victim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 256 * 1024 };

static char output[OUTPUT_BYTES];

int victims_main(int argc, char **argv, const struct victims *all) {
  if (getenv("LUMA_VICTIMS")) return test_main(argc, argv, all->victims, all->victims_count);
  return test_main(argc, argv, all->cases, all->cases_count);
}

int victim_run(const char *arguments) {
  char self[512] = {0}, command[1024];
  assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
  snprintf(command, sizeof command, "LUMA_TEST_SCALE=1 LUMA_VICTIMS=1 '%s' %s 2>&1", self,
           arguments);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  size_t got = fread(output, 1, sizeof output - 1, pipe);
  output[got] = '\0';
  int wait_status = pclose(pipe);
  assert_true(WIFEXITED(wait_status));
  return WEXITSTATUS(wait_status);
}

int victim_run_only(const char *name) {
  char arguments[128];
  snprintf(arguments, sizeof arguments, "--seed 42 --only %s", name);
  return victim_run(arguments);
}

const char *victim_output(void) {
  return output;
}

void victim_expect(const char *text) {
  if (!strstr(output, text)) fail_msg("no `%s` in:\n%s", text, output);
}

void victim_expect_not(const char *text) {
  if (strstr(output, text)) fail_msg("`%s` in:\n%s", text, output);
}
