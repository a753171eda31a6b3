/* SPDX-License-Identifier: MIT */
/* The commands that begin with a dot. */
#include "cli/shell/shell_int.h"
#include "cli/target/names.h"

#include "base/text/suggest.h"

enum { STATEMENT_BYTES_MAX = 4096, PATH_BYTES_MAX = 4096 };

typedef void dot_fn(struct shell *shell, struct slice argument);

struct dot {
  const char *name, *argument, *help;
  dot_fn *run;
};

static const struct dot *dots(size_t *count);

static bool is_text(struct slice slice, const char *text) {
  return slice_is_equal_nocase(slice, slice_of_text(text));
}

static void show_help(struct shell *shell, struct slice argument) {
  struct out *out = &shell->cli->out;
  size_t count;
  const struct dot *all = dots(&count);
  (void)argument;
  for (size_t i = 0; i < count; i++)
    out_format(out, "  .%-12s %-24s %s\n", all[i].name, all[i].argument, all[i].help);
  out_text(out, "\nLQL statements end with `;`, JQL commands with their last brace, NQL sentences "
                "with the line.\n");
}

static void show_collections(struct shell *shell, struct slice argument) {
  (void)argument;
  shell__run_statement(shell, "lql", slice_of_text("SHOW COLLECTIONS"));
}

static void show_indexes(struct shell *shell, struct slice argument) {
  struct buf text;
  buf_init(&text, STATEMENT_BYTES_MAX);
  buf_append_text(&text, "SHOW INDEXES");
  if (argument.bytes) {
    buf_append_text(&text, " FROM ");
    names_quote(&text, argument);
  }
  if (text.failed == LUMA_OK) shell__run_statement(shell, "lql", buf_slice(&text));
  buf_deinit(&text);
}

static void set_mode(struct shell *shell, struct slice argument) {
  char name[16] = {0};
  if (argument.bytes < sizeof name) memcpy(name, argument.data, argument.bytes);
  if (argument.bytes == 0 || !show_format_parse(name, &shell->show.format))
    shell__fail(shell, show_formats(), "there is no mode `%.*s`", SLICE_ARG(argument));
}

static void set_timer(struct shell *shell, struct slice argument) {
  if (is_text(argument, "on") || is_text(argument, "off"))
    shell->has_timer = is_text(argument, "on");
  else
    shell__fail(shell, ".timer on, .timer off", "the timer is on or off");
}

static void set_language(struct shell *shell, struct slice argument) {
  const struct lang *lang = lang_find(argument);
  if (is_text(argument, "auto"))
    shell->language = NULL;
  else if (lang)
    shell->language = lang->name;
  else
    shell__fail(shell, "lql, nql, jql, or auto", "there is no language `%.*s`",
                SLICE_ARG(argument));
}

static void read_file(struct shell *shell, struct slice argument) {
  char path[PATH_BYTES_MAX];
  struct buf text;
  struct err err = {0};
  if (argument.bytes == 0 || argument.bytes >= sizeof path ||
      shell->read_depth == SHELL_READ_DEPTH_MAX) {
    shell__fail(shell, "files may read files, eight deep", ".read needs the path of a file");
    return;
  }
  memcpy(path, argument.data, argument.bytes);
  path[argument.bytes] = 0;
  buf_init(&text, SHELL_TEXT_BYTES_MAX);
  shell->read_depth++;
  if (os_read_file(shell->cli->os, path, &text, &err) == LUMA_OK)
    (void)shell__run_text(shell, buf_slice(&text), true);
  else
    shell__fail(shell, err.hint, "%s", err.message);
  shell->read_depth--;
  buf_deinit(&text);
}

static void quit(struct shell *shell, struct slice argument) {
  (void)argument;
  shell->must_quit = true;
}

static const struct dot *dots(size_t *count) {
  static const struct dot all[] = {
      {"help", "", "show this", show_help},
      {"collections", "", "the collections, their documents and indexes", show_collections},
      {"indexes", "[COLLECTION]", "the indexes", show_indexes},
      {"mode", "FORMAT", "table, json, ndjson, csv or tsv", set_mode},
      {"timer", "on|off", "tell how long statements take", set_timer},
      {"lang", "lql|nql|jql|auto", "the language; auto: guessed from the text", set_language},
      {"read", "FILE", "run the statements of a file", read_file},
      {"quit", "", "leave (also Ctrl-D)", quit},
  };
  *count = sizeof all / sizeof all[0];
  return all;
}

void shell__offer_dots(struct editor *editor) {
  size_t count;
  const struct dot *all = dots(&count);
  for (size_t i = 0; i < count; i++) {
    char text[32];
    struct buf name;
    buf_init(&name, sizeof text);
    buf_append_format(&name, ".%s", all[i].name);
    editor_offer(editor, buf_slice(&name));
    buf_deinit(&name);
  }
}

static struct slice trim(struct slice text) {
  while (text.bytes > 0 && text.data[text.bytes - 1] <= ' ') text.bytes--;
  while (text.bytes > 0 && *text.data <= ' ') text = slice_of(text.data + 1, text.bytes - 1);
  return text;
}

void shell__dot(struct shell *shell, struct slice line) {
  struct slice name = trim(slice_of(line.data + 1, line.bytes - 1));
  size_t bytes = 0, count;
  while (bytes < name.bytes && name.data[bytes] > ' ') bytes++;
  struct slice argument = trim(slice_of(name.data + bytes, name.bytes - bytes));
  name.bytes = bytes;
  const struct dot *all = dots(&count);
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (size_t i = 0; i < count; i++) {
    if (is_text(name, all[i].name)) {
      all[i].run(shell, argument);
      return;
    }
    suggest_offer(&suggest, slice_of_text(all[i].name));
  }
  shell__fail(shell, suggest_is_good(&suggest) ? (const char *)suggest.best.data : ".help",
              "there is no command `.%.*s`", SLICE_ARG(name));
}
