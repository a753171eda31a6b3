/* SPDX-License-Identifier: MIT */
/* Files into a collection. */
#include "cli/command.h"
#include "cli/io/input.h"
#include "cli/io/progress.h"

enum { TOLD_BYTES_MAX = 256 << 20 };

struct importing {
  struct cli *cli;
  struct target *target;
  struct slice collection;
  const char *type; /* as asked; NULL: by the ending of each file */
  struct query_guard guard;
};

static const struct {
  const char *name;
  enum import_type type;
} types[] = {{"ndjson", IMPORT_NDJSON},
             {"jsonl", IMPORT_NDJSON},
             {"json", IMPORT_JSON},
             {"csv", IMPORT_CSV},
             {"tsv", IMPORT_TSV}};

static bool find_type(struct slice name, enum import_type *type) {
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (!slice_is_equal_nocase(name, slice_of_text(types[i].name))) continue;
    *type = types[i].type;
    return true;
  }
  return false;
}

static status type_of(const struct importing *importing, const char *file, enum import_type *type,
                      struct err *err) {
  const char *ending = strrchr(file, '.');
  if (importing->type) {
    if (find_type(slice_of_text(importing->type), type)) return LUMA_OK;
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no type `%s`",
              importing->type);
  } else {
    if (ending && find_type(slice_of_text(ending + 1), type)) return LUMA_OK;
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "what `%s` holds cannot be told by its ending", file);
  }
  err_hint(err, "--type ndjson, json, csv or tsv");
  return LUMA_INVALID_ARGUMENT;
}

/* ---- one file ---- */

static status feed(struct target *target, struct target_import *import, struct input *input,
                   struct progress *progress, struct err *err) {
  struct slice piece;
  do {
    TRY(input_next(input, &piece, err));
    if (piece.bytes) TRY(target->ops->import_write(import, piece, err));
    struct import_stats done = target->ops->import_progress(import);
    progress_show(progress, done.bytes, done.documents);
  } while (piece.bytes > 0);
  return LUMA_OK;
}

static void show_done(const struct importing *importing, uint64_t count, double seconds) {
  char documents[32], rate[32];
  uint64_t per_second = (uint64_t)((double)count / (seconds > 1e-6 ? seconds : 1e-6));
  out_format(&importing->cli->out, "%s document%s into %.*s in %.2f s (%s/s)\n",
             progress_number(count, documents), count == 1 ? "" : "s",
             SLICE_ARG(importing->collection), seconds, progress_number(per_second, rate));
}

static void show_dry_run(const struct importing *importing, struct buf *told, uint64_t count) {
  char documents[32];
  struct out *out = &importing->cli->out;
  out_slice(out, buf_slice(told));
  if (count > IMPORT_TOLD_MAX) out_text(out, "…\n");
  out_format(out, "%s document%s would go into %.*s; nothing was changed\n",
             progress_number(count, documents), count == 1 ? "" : "s",
             SLICE_ARG(importing->collection));
}

static status import_input(const struct importing *importing, struct input *input,
                           enum import_type type, struct import_stats *stats, struct err *err) {
  struct target *target = importing->target;
  struct target_import *import;
  struct progress progress;
  struct err second = {0};
  struct buf told;
  struct target_importing asked = {importing->collection, type, importing->guard, &told};
  TRY(target->ops->import_open(target, &asked, &import, err));
  buf_init(&told, TOLD_BYTES_MAX);
  progress_begin(&progress, importing->cli, input->bytes_total);
  status result = feed(target, import, input, &progress, err);
  status closed = target->ops->import_close(import, stats, result == LUMA_OK ? err : &second);
  if (result == LUMA_OK) result = closed;
  double seconds = progress_end(&progress);
  if (result == LUMA_OK && importing->guard.dry_run)
    show_dry_run(importing, &told, stats->documents);
  else if (result == LUMA_OK)
    show_done(importing, stats->documents, seconds);
  buf_deinit(&told);
  return result;
}

static enum cli_exit import_file(const struct importing *importing, const char *file) {
  struct cli *cli = importing->cli;
  struct err err = {0};
  struct input input;
  struct import_stats stats = {0};
  struct problem_place place = {.name = strcmp(file, "-") == 0 ? "stdin" : file};
  enum import_type type;
  if (type_of(importing, file, &type, &err) != LUMA_OK)
    return command_usage(cli, &command_import, &err);
  status result = input_open(&input, cli, file, &err);
  if (result == LUMA_OK) result = import_input(importing, &input, type, &stats, &err);
  input_close(&input);
  if (result == LUMA_OK) return CLI_WORKED;
  enum cli_exit code = command_fail(cli, &place, &err);
  if (stats.documents > 0)
    out_format(&cli->problems, "the %llu documents before it are in\n",
               (unsigned long long)stats.documents);
  return code;
}

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  struct importing importing = {
      .cli = cli, .collection = slice_of_text(args_at(args, 1)), .type = args_value(args, "type")};
  struct err err = {0};
  enum import_type type;
  if (command_guard(args, &importing.guard, &err) != LUMA_OK)
    return command_usage(cli, command, &err);
  for (size_t i = 2; i < args->positions_count; i++)
    if (type_of(&importing, args_at(args, i), &type, &err) != LUMA_OK)
      return command_usage(cli, command, &err);
  struct target_options options = {.os = cli->os};
  importing.target = command_open(cli, args_at(args, 0), &options);
  if (!importing.target) return CLI_CANNOT_OPEN;
  enum cli_exit result = CLI_WORKED;
  for (size_t i = 2; i < args->positions_count && result == CLI_WORKED; i++)
    result = import_file(&importing, args_at(args, i));
  target_close(importing.target);
  return result == CLI_WORKED ? command_end(cli) : result;
}

static const struct args_option options[] = {
    {"type", 't', "TYPE", "ndjson, json, csv or tsv (by the ending of the file)"},
    {"max-affected", 0, "N", "take a file of at most so many documents, or nothing of it"},
    {"dry-run", 0, NULL, "change nothing: show what the first documents would be"},
    {0}};

const struct command command_import = {
    .name = "import",
    .arguments = "TARGET COLLECTION FILE… [--type TYPE] [--max-affected N] [--dry-run]",
    .summary = "read files into a collection",
    .details = "`-` is standard input. The collection, and the database, are made if they are\n"
               "missing. Documents go in by the thousand, each batch whole: when a line is wrong,\n"
               "those before it are in; with --max-affected a file goes in whole or not at all.\n"
               "CSV and TSV have a header; numbers, true and false are recognised by whole\n"
               "columns, and nothing is lost (leading zeroes stay).\n",
    .examples = "  lumadb import ./db airports airports.csv\n"
                "  zcat log.ndjson.gz | lumadb import ./db events - --type ndjson\n",
    .positions_min = 3,
    .positions_max = ARGS_MAX,
    .options = options,
    .run = run,
};
