/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/demo/demo.h"
#include "server/server.h"

struct serving {
  struct cli *cli;
  const char *demo_folder; /* NULL: no demo */
};

static status prepare(void *context, struct db *db, struct err *err) {
  struct serving *serving = context;
  return demo_load(serving->cli, db, serving->demo_folder, err);
}

static void ready(void *context, const char *url) {
  struct serving *serving = context;
  struct out *out = &serving->cli->out;
  out_format(out, "LumaDB is listening at %s (Ctrl-C ends it)\n", url);
  if (serving->demo_folder) {
    out_text(out, "Ask it, in LQL, NQL and JQL:\n");
    demo_print_questions(serving->cli, url);
  }
  out_flush(out);
}

static enum cli_exit fail(struct cli *cli, const struct err *err) {
  problem_print(cli, NULL, err);
  return err->code == LUMA_INVALID_ARGUMENT ? CLI_WRONG_COMMAND : CLI_CANNOT_OPEN;
}

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  (void)command;
  struct err err = {0};
  struct serving serving = {.cli = cli};
  char folder[DEMO_PATH_BYTES];
  const char *listen[SERVER_LISTEN_MAX];
  struct server_options options = {.os = cli->os,
                                   .target = args_value(args, "data"),
                                   .listen = listen,
                                   .config_path = args_value(args, "config"),
                                   .ready = ready,
                                   .context = &serving};
  for (const char *address; (address = args_nth_value(args, "listen", options.listen_count));) {
    if (options.listen_count == SERVER_LISTEN_MAX) {
      err_raise(&err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                "a server listens at %d addresses at most", SERVER_LISTEN_MAX);
      return command_usage(cli, command, &err);
    }
    listen[options.listen_count++] = address;
  }
  if (args_has(args, "demo")) {
    if (demo_folder(cli, folder, &err) != LUMA_OK) return fail(cli, &err);
    serving.demo_folder = folder;
    options.prepare = prepare;
  }
  return server_run(&options, &err) == LUMA_OK ? command_end(cli) : fail(cli, &err);
}

static const struct args_option options[] = {
    {"data", 'd', "DIR", "a directory, memory: or postgres://… (" SERVER_DATA_DEFAULT ")"},
    {"listen", 'l', "HOST:PORT", "where to listen, may be repeated (" SERVER_ADDRESS_DEFAULT ")"},
    {"config", 'c', "FILE", "settings, in TOML"},
    {"demo", 0, NULL, "import the demo data first, unless it is there"},
    {0}};

const struct command command_serve = {
    .name = "serve",
    .arguments = "[--data DIR] [--listen HOST:PORT …] [--config FILE] [--demo]",
    .summary = "serve a database over HTTP",
    .details = "Ends on SIGTERM or Ctrl-C, when the running requests have ended. Listening beyond\n"
               "this machine needs a token in the configuration.\n",
    .examples = "  lumadb serve --data ./db\n  lumadb serve --demo\n"
                "  lumadb serve --config luma.toml --listen 127.0.0.1:8080\n",
    .options = options,
    .run = run,
};
