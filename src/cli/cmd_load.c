/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/dump/dump.h"

static enum cli_exit load(struct cli *cli, struct target *target, const char *file) {
  struct problem_place place = {.name = strcmp(file, "-") == 0 ? "stdin" : file};
  struct dump_counts counts = {0};
  struct err err = {0};
  struct input input;
  status result = input_open(&input, cli, file, &err);
  if (result == LUMA_OK) result = dump_read(cli, target, &input, &counts, &err);
  input_close(&input);
  if (result != LUMA_OK) return command_fail(cli, &place, &err);
  out_format(&cli->out, "%llu collections, %llu documents, %llu indexes",
             (unsigned long long)counts.collections, (unsigned long long)counts.documents,
             (unsigned long long)counts.indexes);
  if (counts.souls) out_format(&cli->out, ", %llu souls", (unsigned long long)counts.souls);
  if (counts.views) out_format(&cli->out, ", %llu views", (unsigned long long)counts.views);
  out_text(&cli->out, "\n");
  return command_end(cli);
}

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  (void)command;
  struct target_options options = {.os = cli->os};
  struct target *target = command_open(cli, args_at(args, 0), &options);
  if (!target) return CLI_CANNOT_OPEN;
  const char *file = args_at(args, 1);
  enum cli_exit result = load(cli, target, file ? file : "-");
  target_close(target);
  return result;
}

static const struct args_option options[] = {{0}};

const struct command command_load = {
    .name = "load",
    .arguments = "TARGET [FILE]",
    .summary = "read what dump wrote, from a file or standard input",
    .examples = "  lumadb load ./copy db.ndjson\n  lumadb dump ./db | lumadb load ./copy\n",
    .positions_min = 1,
    .positions_max = 2,
    .options = options,
    .run = run,
};
