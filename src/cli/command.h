/* SPDX-License-Identifier: MIT */
/* The commands of lumadb: one table, one file for each (cmd_<name>.c). */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/args/args.h"
#include "cli/io/cli.h"
#include "cli/io/problem.h"
#include "cli/target/target.h"

struct command {
  const char *name, *arguments; /* "query", "[TARGET] [TEXT]" */
  const char *summary;          /* one line */
  const char *details;          /* lines for its help; may be NULL */
  const char *examples;         /* lines for its help */
  size_t positions_min, positions_max;
  const struct args_option *options;
  enum cli_exit (*run)(struct cli *cli, const struct command *command, const struct args *args);
};

extern const struct command command_check, command_compact, command_dump, command_export,
    command_help, command_import, command_load, command_query, command_repair, command_serve,
    command_shell, command_stats, command_version;

/** All of them, in the order of help; NULL-terminated. */
const struct command *const *command_all(void);
const struct command *command_find(struct slice name);
/** Prints the help of one command, or of all when NULL. */
void command_help_print(struct out *out, const struct command *command);
/** Says that the command line was wrong, and how to get help. */
enum cli_exit command_usage(struct cli *cli, const struct command *command, const struct err *err);
/** Says what went wrong with the work, nothing when only the reader of the output went away. */
enum cli_exit command_fail(struct cli *cli, const struct problem_place *place,
                           const struct err *err);
/** --max-affected and --dry-run. LUMA_INVALID_ARGUMENT. */
status command_guard(const struct args *args, struct query_guard *guard, struct err *err);
/** Opens a target, or says why not: NULL, exit CLI_CANNOT_OPEN. */
struct target *command_open(struct cli *cli, const char *name,
                            const struct target_options *options);
/** Ends well only when all output is written. */
enum cli_exit command_end(struct cli *cli);
/** Runs the command line; answers the exit status. */
enum cli_exit command_main(struct cli *cli, int argc, char **argv);

#endif
