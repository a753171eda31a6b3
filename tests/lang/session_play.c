/* SPDX-License-Identifier: MIT */
/* Prints the script that LUMA_SCRIPT names with the answers it gives now, on LUMA_TARGET or a
 * database in memory. For writing scripts, and for looking. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lang/session_script.h"

static void print(unsigned line, struct slice text, struct slice expected, struct slice answer) {
  (void)line;
  (void)expected;
  printf("> ");
  for (size_t i = 0; i < text.bytes; i++) {
    putchar(text.data[i]);
    if (text.data[i] == '\n') printf("+ ");
  }
  printf("\n%.*s\n", SLICE_ARG(answer));
}

static void print_answers(void) {
  const char *path = getenv("LUMA_SCRIPT"), *target = getenv("LUMA_TARGET");
  struct session_script script;
  assert_non_null(path);
  session_script_open(&script, target ? target : "memory:");
  session_script_play(&script, path, print);
  session_script_close(&script);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {{"print_answers", print_answers, 3600}};
  (void)argc;
  char no_fork[] = "--no-fork", *args[] = {argv[0], no_fork, NULL};
  return test_main(2, args, cases, 1);
}
