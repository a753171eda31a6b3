/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

static void print_all(struct out *out) {
  out_text(out, "LumaDB, a multi-model database: documents in one engine, asked in three "
                "languages.\n\nusage: lumadb COMMAND …\n\n");
  for (const struct command *const *c = command_all(); *c; c++) {
    out_text(out, "  ");
    out_colour(out, OUT_BOLD);
    out_format(out, "%-8s", (*c)->name);
    out_colour(out, OUT_PLAIN);
    out_format(out, "  %s\n", (*c)->summary);
  }
  out_text(
      out,
      "\nA TARGET is a directory, memory:, postgres://user@host/name or http://host:port of a\n"
      "running server; without one, $LUMA_TARGET or http://127.0.0.1:7070. `lumadb help\n"
      "COMMAND` tells more.\n\n"
      "exit status: 0 worked, 1 the statement or the data was wrong, 2 the command line was\n"
      "wrong, 3 the database could not be opened\n");
}

static void print_option(struct out *out, const struct args_option *option) {
  char text[64];
  struct buf left;
  buf_init(&left, sizeof text);
  if (option->letter)
    buf_append_format(&left, "-%c, ", option->letter);
  else
    buf_append_text(&left, "    ");
  buf_append_format(&left, "--%s", option->name);
  if (option->value) buf_append_format(&left, " %s", option->value);
  out_format(out, "  %-28.*s %s\n", SLICE_ARG(buf_slice(&left)), option->help);
  buf_deinit(&left);
}

static void print_one(struct out *out, const struct command *command) {
  static const struct args_option help = {"help", 'h', NULL, "show this help"};
  const char *blank = command->arguments[0] ? " " : "";
  out_format(out, "lumadb %s: %s\n\nusage: lumadb %s%s%s\n", command->name, command->summary,
             command->name, blank, command->arguments);
  if (command->details) out_format(out, "\n%s", command->details);
  out_text(out, "\noptions:\n");
  for (const struct args_option *o = command->options; o->name; o++) print_option(out, o);
  print_option(out, &help);
  out_format(out, "\nexamples:\n%s", command->examples);
}

void command_help_print(struct out *out, const struct command *command) {
  if (command)
    print_one(out, command);
  else
    print_all(out);
}

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  const char *name = args_at(args, 0);
  const struct command *wanted = name ? command_find(slice_of_text(name)) : NULL;
  if (name && !wanted) {
    struct err err = {0};
    err_raise(&err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no command `%s`", name);
    return command_usage(cli, command, &err);
  }
  command_help_print(&cli->out, wanted);
  return command_end(cli);
}

static const struct args_option options[] = {{0}};

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "tell what the commands do",
    .examples = "  lumadb help\n  lumadb help query\n",
    .positions_max = 1,
    .options = options,
    .run = run,
};
