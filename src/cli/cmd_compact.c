/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  (void)command;
  struct target_options options = {.os = cli->os, .must_exist = true};
  struct target *target = command_open(cli, args_at(args, 0), &options);
  if (!target) return CLI_CANNOT_OPEN;
  struct err err = {0};
  status result = target->ops->compact(target, &err);
  target_close(target);
  return result == LUMA_OK ? command_end(cli) : command_fail(cli, NULL, &err);
}

static const struct args_option options[] = {{0}};

const struct command command_compact = {
    .name = "compact",
    .arguments = "TARGET",
    .summary = "rewrite the files so that reads are as fast as they get",
    .examples = "  lumadb compact ./db\n",
    .positions_min = 1,
    .positions_max = 1,
    .options = options,
    .run = run,
};
