/* SPDX-License-Identifier: MIT */
/* The lumadb command. */
#include "cli/command.h"

int main(int argc, char **argv) {
  process_errors_not_signals();
  struct cli cli = {.os = os_linux(), .program = argc > 0 ? argv[0] : "lumadb"};
  out_init(&cli.out, PROCESS_OUTPUT);
  out_init(&cli.problems, PROCESS_ERROR);
  enum cli_exit result = command_main(&cli, argc, argv);
  out_deinit(&cli.out);
  out_deinit(&cli.problems);
  return (int)result;
}
