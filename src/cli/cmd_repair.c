/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/command.h"
#include "service/repair/repair.h"

enum { PATH_BYTES = 1024 };

static void tell_lost(void *context, const char *place, const char *what) {
  struct cli *cli = context;
  out_format(&cli->out, "lost: %s: %s\n", place, what);
}

/* DIRECTORY.repaired beside it, whatever slashes it ends in. */
static void name_new(const char *from, char into[PATH_BYTES]) {
  size_t bytes = strlen(from);
  while (bytes > 1 && from[bytes - 1] == '/') bytes--;
  (void)snprintf(into, PATH_BYTES, "%.*s.repaired", (int)(bytes < PATH_BYTES / 2 ? bytes : 0),
                 from);
}

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  (void)command;
  const char *from = args_at(args, 0), *into = args_at(args, 1);
  char beside[PATH_BYTES];
  struct repair_counts counts;
  struct err err = {0};
  name_new(from, beside);
  if (!into) into = beside;
  if (repair_database(cli->os, from, into, tell_lost, cli, &counts, &err) != LUMA_OK) {
    struct problem_place place = {.name = from};
    (void)command_fail(cli, &place, &err);
    return CLI_CANNOT_OPEN;
  }
  out_format(&cli->out, "%s: %llu documents in %llu collections, with %llu indexes", into,
             (unsigned long long)counts.documents, (unsigned long long)counts.collections,
             (unsigned long long)counts.indexes);
  if (counts.lost)
    out_format(&cli->out, "; %llu losses\n", (unsigned long long)counts.lost);
  else
    out_text(&cli->out, "; nothing is lost\n");
  enum cli_exit ended = command_end(cli);
  return ended == CLI_WORKED && counts.lost ? CLI_WRONG_DATA : ended;
}

static const struct args_option options[] = {{0}};

const struct command command_repair = {
    .name = "repair",
    .arguments = "DIRECTORY [NEW]",
    .summary = "save what can be read of a damaged database",
    .details =
        "Reads a database that does not open, or in which `check` finds faults, and puts all that\n"
        "can be read into the new directory NEW (DIRECTORY.repaired): documents, souls, indexes\n"
        "made again. DIRECTORY is not changed. Prints a line for each thing that is lost; the "
        "exit\n"
        "status is 0 if there was none, else 1. The change feed begins anew.\n",
    .examples = "  lumadb repair ./db\n  mv ./db ./db.damaged && mv ./db.repaired ./db\n",
    .positions_min = 1,
    .positions_max = 2,
    .options = options,
    .run = run,
};
