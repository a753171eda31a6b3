/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/shell/shell.h"

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  (void)command;
  struct target_options options = {.os = cli->os};
  const char *name = args_at(args, 0) ? args_at(args, 0) : cli_default_target();
  struct target *target = command_open(cli, name, &options);
  if (!target) return CLI_CANNOT_OPEN;
  enum cli_exit result = shell_run(cli, target, name);
  target_close(target);
  enum cli_exit ended = command_end(cli);
  return result == CLI_WORKED ? ended : result;
}

static const struct args_option options[] = {{0}};

const struct command command_shell = {
    .name = "shell",
    .arguments = "[TARGET]",
    .summary = "ask and change a database interactively",
    .details = "History in ~/.lumadb_history, Tab completes, Ctrl-C ends a statement, .help tells "
               "the rest.\n",
    .examples =
        "  lumadb shell ./db\n  lumadb shell memory:\n  lumadb shell http://127.0.0.1:7070\n",
    .positions_max = 1,
    .options = options,
    .run = run,
};
