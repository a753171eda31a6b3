/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include "base/text/num.h"
#include "base/text/suggest.h"

const struct command *const *command_all(void) {
  static const struct command *const all[] = {&command_serve,   &command_shell,
                                              &command_query,   &command_import,
                                              &command_export,  &command_dump,
                                              &command_load,    &command_check,
                                              &command_repair,  &command_compact,
                                              &command_stats,   &command_help,
                                              &command_version, NULL};
  return all;
}

const struct command *command_find(struct slice name) {
  for (const struct command *const *c = command_all(); *c; c++) {
    if (slice_is_equal(name, slice_of_text((*c)->name))) return *c;
  }
  return NULL;
}

enum cli_exit command_usage(struct cli *cli, const struct command *command, const struct err *err) {
  struct out *out = &cli->problems;
  struct err shown = *err;
  problem_print(cli, NULL, &shown);
  if (command)
    out_format(out, "usage: lumadb %s %s\n", command->name, command->arguments);
  else
    out_text(out, "`lumadb help` lists the commands\n");
  return CLI_WRONG_COMMAND;
}

enum cli_exit command_fail(struct cli *cli, const struct problem_place *place,
                           const struct err *err) {
  if (err->code != LUMA_CLOSED || out_check(&cli->out, NULL) == LUMA_OK)
    problem_print(cli, place, err);
  return CLI_WRONG_DATA;
}

status command_guard(const struct args *args, struct query_guard *guard, struct err *err) {
  const char *most = args_value(args, "max-affected");
  int64_t number = 0;
  guard->dry_run = args_has(args, "dry-run");
  guard->is_limited = most != NULL;
  if (most && (!num_parse_int64(slice_of_text(most), &number) || number < 0))
    FAIL(err, LUMA_INVALID_ARGUMENT, "--max-affected takes a number that is not negative");
  guard->max_affected = (uint64_t)number;
  return LUMA_OK;
}

struct target *command_open(struct cli *cli, const char *name,
                            const struct target_options *options) {
  struct err err = {0};
  struct target *target;
  if (target_open(name, options, &target, &err) == LUMA_OK) return target;
  problem_print(cli, NULL, &err);
  return NULL;
}

enum cli_exit command_end(struct cli *cli) {
  struct err err = {0};
  out_flush(&cli->out);
  if (out_check(&cli->out, &err) == LUMA_OK) return CLI_WORKED;
  return command_fail(cli, NULL, &err);
}

/* ---- the command line ---- */

static enum cli_exit fail_unknown(struct cli *cli, const char *name) {
  struct err err = {0};
  struct suggest suggest;
  suggest_init(&suggest, slice_of_text(name));
  for (const struct command *const *c = command_all(); *c; c++)
    suggest_offer(&suggest, slice_of_text((*c)->name));
  err_raise(&err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no command `%s`", name);
  if (suggest_is_good(&suggest)) err_hint(&err, "did you mean %.*s?", SLICE_ARG(suggest.best));
  return command_usage(cli, NULL, &err);
}

static status check_positions(const struct command *command, const struct args *args,
                              struct err *err) {
  size_t count = args->positions_count;
  if (count > command->positions_max)
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` is one argument too many",
         args->positions[command->positions_max]);
  if (count < command->positions_min) FAIL(err, LUMA_INVALID_ARGUMENT, "an argument is missing");
  return LUMA_OK;
}

static enum cli_exit run(struct cli *cli, const struct command *command, int argc, char **argv) {
  struct args args;
  struct err err = {0};
  enum cli_exit result;
  status parsed = args_parse(&args, command->options, argc, argv, &err);
  bool wants_help = parsed == LUMA_OK && args_has(&args, "help");
  if (parsed == LUMA_OK && !wants_help) parsed = check_positions(command, &args, &err);
  if (parsed != LUMA_OK) {
    result = command_usage(cli, command, &err);
  } else if (wants_help) {
    command_help_print(&cli->out, command);
    result = command_end(cli);
  } else {
    result = command->run(cli, command, &args);
  }
  args_deinit(&args);
  return result;
}

enum cli_exit command_main(struct cli *cli, int argc, char **argv) {
  if (argc < 2) {
    command_help_print(&cli->problems, NULL);
    return CLI_WRONG_COMMAND;
  }
  struct slice name = slice_of_text(argv[1]);
  if (slice_is_equal(name, slice_of_text("--help")) || slice_is_equal(name, slice_of_text("-h")))
    name = slice_of_text("help");
  if (slice_is_equal(name, slice_of_text("--version"))) name = slice_of_text("version");
  const struct command *command = command_find(name);
  return command ? run(cli, command, argc - 2, argv + 2) : fail_unknown(cli, argv[1]);
}
