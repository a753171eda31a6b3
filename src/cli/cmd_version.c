/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "luma/luma.h"

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  (void)command, (void)args;
  out_format(&cli->out, "lumadb %s\n", luma_version());
  return command_end(cli);
}

static const struct args_option options[] = {{0}};

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "print the version",
    .examples = "  lumadb version\n",
    .options = options,
    .run = run,
};
