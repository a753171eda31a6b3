/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/dump/dump.h"

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  (void)command;
  struct target_options options = {.os = cli->os, .must_exist = true};
  struct target *target = command_open(cli, args_at(args, 0), &options);
  if (!target) return CLI_CANNOT_OPEN;
  struct err err = {0};
  status result = dump_write(cli, target, &err);
  target_close(target);
  return result == LUMA_OK ? command_end(cli) : command_fail(cli, NULL, &err);
}

static const struct args_option options[] = {{0}};

const struct command command_dump = {
    .name = "dump",
    .arguments = "TARGET",
    .summary = "write a whole database to standard output",
    .details = "One JSON line for each collection, document and index, as of one moment and with\n"
               "every type kept. `lumadb load` reads it into any target.\n",
    .examples = "  lumadb dump ./db > db.ndjson\n"
                "  lumadb dump ./db | lumadb load http://127.0.0.1:7070\n",
    .positions_min = 1,
    .positions_max = 1,
    .options = options,
    .run = run,
};
