/* SPDX-License-Identifier: MIT */
/* Statements from the command line or standard input, one after the other. */
#include "base/mem/mem.h"
#include "cli/command.h"
#include "cli/script/script.h"
#include "cli/show/show.h"

enum { TEXT_BYTES_MAX = 256 << 20 };

/* What one run of the command has. */
struct asking {
  struct cli *cli;
  struct target *target;
  struct show_options show;
  const char *language;
  struct target_param *params;
  size_t params_count;
  struct query_guard guard;
};

static status run_statement(const struct asking *asking, const struct script_statement *statement,
                            struct err *err) {
  struct target_statement asked = {.language = statement->language,
                                   .text = statement->text,
                                   .params = asking->params,
                                   .params_count = asking->params_count,
                                   .guard = asking->guard};
  return show_statement(asking->cli, &asking->show, asking->target, &asked, err);
}

static enum cli_exit run_script(const struct asking *asking, struct slice text, const char *name) {
  struct script_statement statement;
  for (size_t offset = 0; script_next(text, &offset, asking->language, &statement);) {
    struct err err = {0};
    if (run_statement(asking, &statement, &err) == LUMA_OK) continue;
    struct problem_place place = {name, text, statement.offset};
    return command_fail(asking->cli, &place, &err);
  }
  return command_end(asking->cli);
}

/* ---- the command line ---- */

/* One argument may be the target or the statement: a statement has blanks and brackets, a target is
 * a URL, memory: or a path that is there or looks like one. */
static bool is_target(struct cli *cli, const char *text) {
  struct os_stat stat;
  struct slice slice = slice_of_text(text);
  if (target_is_url(text) || strcmp(text, "memory:") == 0) return true;
  if (slice_has_prefix(slice, slice_of_text("postgres"))) return true;
  if (strpbrk(text, " \t\r\n{(;")) return false;
  return text[0] == '.' || strchr(text, '/') || os_stat(cli->os, text, &stat, NULL) == LUMA_OK;
}

/* NAME=JSON, or JSON for the next position. A name begins with a letter and JSON values that do
 * have no `=` in them. */
static struct target_param read_param(const char *text) {
  size_t bytes = 0;
  while ((text[bytes] >= '0' && text[bytes] <= '9' && bytes > 0) || text[bytes] == '_' ||
         ((text[bytes] | 32) >= 'a' && (text[bytes] | 32) <= 'z'))
    bytes++;
  if (bytes == 0 || text[bytes] != '=') return (struct target_param){.json = slice_of_text(text)};
  return (struct target_param){slice_of(text, bytes), slice_of_text(text + bytes + 1)};
}

static status read_params(const struct args *args, struct asking *asking, struct err *err) {
  asking->params = mem_zalloc(args->given_count + 1, sizeof *asking->params);
  if (!asking->params) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the parameters");
  for (const char *text; (text = args_nth_value(args, "param", asking->params_count));) {
    struct target_param param = read_param(text);
    if (asking->params_count > 0 && (asking->params[0].name.bytes == 0) != (param.name.bytes == 0))
      FAIL(err, LUMA_INVALID_ARGUMENT, "parameters are either all named or all by position");
    asking->params[asking->params_count++] = param;
  }
  return LUMA_OK;
}

/* JSON that keeps types is written as JSON: lines, unless an array is asked for. */
static status read_format(const struct args *args, struct show_options *show, struct err *err) {
  const char *format = args_value(args, "format");
  show->json = args_has(args, "tagged")    ? JSON_TAGGED
               : args_has(args, "relaxed") ? JSON_RELAXED
                                           : JSON_PLAIN;
  if (show->json != JSON_PLAIN) show->format = SHOW_NDJSON;
  if (format && !show_format_parse(format, &show->format)) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no format `%s`", format);
    err_hint(err, "%s", show_formats());
    return LUMA_INVALID_ARGUMENT;
  }
  return show_check(show, err);
}

static status read_options(const struct args *args, struct asking *asking, struct err *err) {
  asking->language = args_value(args, "lang");
  asking->show.has_type_row = asking->cli->out.is_terminal;
  TRY(command_guard(args, &asking->guard, err));
  TRY(read_format(args, &asking->show, err));
  if (asking->language && !lang_find(slice_of_text(asking->language))) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no language `%s`",
              asking->language);
    err_hint(err, "lql, nql or jql");
    return LUMA_INVALID_ARGUMENT;
  }
  return read_params(args, asking, err);
}

/* A statement that only reads must find its database; one that writes may make it. */
static bool only_reads(struct slice text, const char *language) {
  struct script_statement cut;
  bool reads = true;
  for (size_t at = 0; reads && script_next(text, &at, language, &cut);) {
    struct arena arena;
    struct statement statement = {0};
    size_t offset = 0;
    arena_init(&arena, 0, 0);
    struct lang_context context = {.arena = &arena};
    const struct lang *lang = lang_find(slice_of_text(cut.language));
    status parsed = lang->parse(&context, cut.text, &offset, &statement, NULL);
    reads = parsed != LUMA_OK || !plan_is_write(statement.root);
    arena_deinit(&arena);
  }
  return reads;
}

static enum cli_exit open_and_run(struct asking *asking, const char *target, struct slice text,
                                  const char *name) {
  struct target_options options = {.os = asking->cli->os,
                                   .must_exist = only_reads(text, asking->language)};
  asking->target = command_open(asking->cli, target, &options);
  if (!asking->target) return CLI_CANNOT_OPEN;
  enum cli_exit result = run_script(asking, text, name);
  target_close(asking->target);
  return result;
}

/* A word alone is a statement, and those who meant a directory are told. */
static void doubt_word(struct cli *cli, const char *word) {
  if (!strpbrk(word, " \t\r\n{;"))
    problem_warn(cli, "`%s` was taken for a statement; the directory would be ./%s", word, word);
}

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  struct asking asking = {.cli = cli};
  struct err err = {0};
  struct buf text;
  const char *target = args_at(args, 0), *given = args_at(args, 1);
  enum cli_exit result;
  if (args->positions_count == 1 && !is_target(cli, target)) {
    given = target;
    target = NULL;
  }
  buf_init(&text, TEXT_BYTES_MAX);
  if (read_options(args, &asking, &err) != LUMA_OK) {
    result = command_usage(cli, command, &err);
  } else if (!given && cli_read_all(cli, NULL, &text, &err) != LUMA_OK) {
    result = command_fail(cli, NULL, &err);
  } else {
    struct slice script = given ? slice_of_text(given) : buf_slice(&text);
    result = open_and_run(&asking, target ? target : cli_default_target(), script,
                          given ? "query" : "stdin");
    if (given && !target && result != CLI_WORKED) doubt_word(cli, given);
  }
  buf_deinit(&text);
  mem_free(asking.params);
  return result;
}

static const struct args_option options[] = {
    {"lang", 'l', "lql|nql|jql", "the language (guessed from the text)"},
    {"format", 'f', "FORMAT", "table (default), json, ndjson, csv, tsv"},
    {"param", 'p', "[NAME=]JSON", "a parameter for :name, or the next ?"},
    {"max-affected", 0, "N", "refuse a statement that would change more documents"},
    {"dry-run", 0, NULL, "change nothing: show what would change, before and after"},
    {"tagged", 0, NULL, "JSON that keeps every type (MongoDB's extended JSON)"},
    {"relaxed", 0, NULL, "the same, relaxed: plain numbers, dates as text"},
    {0}};

const struct command command_query = {
    .name = "query",
    .arguments = "[TARGET] [--lang LANG] [--format FORMAT] [--param NAME=JSON …] [TEXT]",
    .summary = "run statements in LQL (SQL-like), NQL (English) or JQL (JSON)",
    .details =
        "Without TEXT the statements come from standard input: LQL statements end with `;`,\n"
        "an NQL sentence is a line, a JQL command is one object.\n",
    .examples = "  lumadb query ./db \"SELECT name, age FROM users WHERE age > 25 ORDER BY age\"\n"
                "  lumadb query ./db \"find all users with age greater than 25\"\n"
                "  lumadb query ./db '{\"find\":\"users\",\"filter\":{\"age\":{\"$gt\":25}}}' "
                "--format json\n"
                "  lumadb query ./db --param age=25 \"SELECT * FROM users WHERE age > :age\"\n"
                "  lumadb query ./db --format ndjson < report.lql\n",
    .positions_max = 2,
    .options = options,
    .run = run,
};
