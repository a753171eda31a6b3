/* SPDX-License-Identifier: MIT */
/* A collection to standard output. */
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/target/names.h"

enum { TEXT_BYTES_MAX = 4096 };

static status export(struct cli *cli, struct target *target, const struct show_options *show,
                     struct slice collection, struct err *err) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_text(&text, "SELECT * FROM ");
  names_quote(&text, collection);
  struct target_statement statement = {.language = "lql", .text = buf_slice(&text)};
  status result = buf_check(&text, "the name of the collection", err);
  if (result == LUMA_OK) result = show_statement(cli, show, target, &statement, err);
  /* The statement is ours: its positions would mean nothing. */
  if (result != LUMA_OK) err->line = 0;
  buf_deinit(&text);
  return result;
}

static status read_type(const struct args *args, struct show_options *show, struct err *err) {
  const char *type = args_value(args, "type");
  show->format = SHOW_NDJSON;
  show->json = args_has(args, "tagged") ? JSON_TAGGED : JSON_PLAIN;
  if (!type || (show_format_parse(type, &show->format) && show->format != SHOW_TABLE))
    return show_check(show, err);
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no type `%s`", type);
  err_hint(err, "ndjson, json, csv or tsv");
  return LUMA_INVALID_ARGUMENT;
}

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  struct show_options show = {0};
  struct err err = {0};
  struct target_options options = {.os = cli->os, .must_exist = true};
  if (read_type(args, &show, &err) != LUMA_OK) return command_usage(cli, command, &err);
  struct target *target = command_open(cli, args_at(args, 0), &options);
  if (!target) return CLI_CANNOT_OPEN;
  status result = export(cli, target, &show, slice_of_text(args_at(args, 1)), &err);
  target_close(target);
  return result == LUMA_OK ? command_end(cli) : command_fail(cli, NULL, &err);
}

static const struct args_option options[] = {
    {"type", 't', "TYPE", "ndjson (default), json, csv or tsv"},
    {"tagged", 0, NULL, "JSON that keeps every type (MongoDB's extended JSON)"},
    {0}};

const struct command command_export = {
    .name = "export",
    .arguments = "TARGET COLLECTION [--type TYPE] [--tagged]",
    .summary = "write a collection to standard output",
    .details = "Reading back what --tagged wrote gives the same documents, types and all.\n",
    .examples = "  lumadb export ./db airports --type csv > airports.csv\n"
                "  lumadb export ./db users --tagged > users.ndjson\n",
    .positions_min = 2,
    .positions_max = 2,
    .options = options,
    .run = run,
};
