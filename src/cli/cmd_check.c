/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

static void tell_fault(void *context, const char *place, const char *what) {
  struct cli *cli = context;
  out_format(&cli->out, "%s: %s\n", place, what);
}

static enum cli_exit check(struct cli *cli, struct target *target, const char *name, bool deep) {
  struct err err = {0};
  struct target_fault_sink sink = {tell_fault, cli, deep};
  uint64_t start_us = os_monotonic_us(cli->os);
  if (target->ops->check(target, &sink, &err) != LUMA_OK) {
    struct problem_place place = {.name = name};
    return command_fail(cli, &place, &err);
  }
  out_format(&cli->out, "%s: no fault found (%.1f s)\n", name,
             (double)(os_monotonic_us(cli->os) - start_us) / 1e6);
  return command_end(cli);
}

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  (void)command;
  struct target_options options = {.os = cli->os, .must_exist = true, .read_only = true};
  const char *name = args_at(args, 0);
  struct target *target = command_open(cli, name, &options);
  if (!target) return CLI_CANNOT_OPEN;
  enum cli_exit result = check(cli, target, name, args_has(args, "deep"));
  target_close(target);
  return result;
}

static const struct args_option options[] = {
    {"deep", 0, NULL, "compare every way of reading with the others too: takes twice as long"},
    {0}};

const struct command command_check = {
    .name = "check",
    .arguments = "TARGET [--deep]",
    .summary = "verify everything that is stored",
    .details =
        "Reads every file, document and index entry: checksums, order, what the indexes say\n"
        "against what the documents hold. Changes nothing. Prints a line for each fault.\n",
    .examples = "  lumadb check ./db\n  lumadb check ./db --deep\n",
    .positions_min = 1,
    .positions_max = 1,
    .options = options,
    .run = run,
};
