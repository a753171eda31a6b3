/* SPDX-License-Identifier: MIT */
#include "cli/shell/shell_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text/utf8.h"
#include "cli/io/problem.h"
#include "cli/script/script.h"
#include "luma/luma.h"

enum { HISTORY_PATH_BYTES = 4096, MESSAGE_BYTES = 512 };

void shell__fail(struct shell *shell, const char *hint, const char *format, ...) {
  char message[MESSAGE_BYTES];
  struct err err = {0};
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  err_raise(&err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "%s", message);
  if (hint && *hint) err_hint(&err, "%s", hint);
  problem_print(shell->cli, NULL, &err);
  shell->had_problem = true;
}

/* ---- statements ---- */

static void tell_time(struct shell *shell, uint64_t start_us) {
  uint64_t us = os_monotonic_us(shell->cli->os) - start_us;
  struct out *out = &shell->cli->out;
  if (!shell->has_timer) return;
  out_colour(out, OUT_DIM);
  if (us < 1000000)
    out_format(out, "%.1f ms\n", (double)us / 1e3);
  else
    out_format(out, "%.2f s\n", (double)us / 1e6);
  out_colour(out, OUT_PLAIN);
}

static void run_at(struct shell *shell, const char *language, struct slice text,
                   const struct problem_place *place) {
  struct target_statement asked = {.language = language, .text = text};
  struct err err = {0};
  shell->cli->out.width = process_terminal_width(PROCESS_OUTPUT);
  uint64_t start_us = os_monotonic_us(shell->cli->os);
  interrupt_begin(&shell->interrupt);
  status result = show_statement(shell->cli, &shell->show, shell->target, &asked, &err);
  interrupt_end(&shell->interrupt);
  if (result == LUMA_OK) {
    tell_time(shell, start_us);
    return;
  }
  shell->had_problem = true;
  if (out_check(&shell->cli->out, NULL) != LUMA_OK) shell->must_quit = true;
  problem_print(shell->cli, place, &err);
}

void shell__run_statement(struct shell *shell, const char *language, struct slice text) {
  run_at(shell, language, text, NULL);
}

size_t shell__run_text(struct shell *shell, struct slice text, bool is_whole) {
  struct script_statement statement;
  size_t taken = 0;
  for (size_t offset = 0; !shell->must_quit; taken = offset) {
    bool has = script_next(text, &offset, shell->language, &statement);
    if (!has) return text.bytes;
    if (!statement.is_ended && !is_whole) return statement.offset;
    struct problem_place place = {.text = text, .before = statement.offset};
    run_at(shell, statement.language, statement.text, &place);
  }
  return taken;
}

/* ---- lines ---- */

static void take_line(struct shell *shell, struct slice line) {
  struct buf *pending = &shell->pending;
  if (pending->bytes == 0 && line.bytes > 0 && *line.data == '.') {
    shell__dot(shell, line);
    return;
  }
  buf_append_slice(pending, line);
  buf_append_byte(pending, '\n');
  struct err err = {0};
  if (buf_check(pending, "the statement", &err) != LUMA_OK) {
    shell__fail(shell, "", "%s", err.message);
    buf_reset(pending);
    return;
  }
  size_t taken = shell__run_text(shell, buf_slice(pending), false);
  if (taken > 0) memmove(pending->data, pending->data + taken, pending->bytes - taken);
  pending->bytes -= taken;
}

/* What is left at the end of the input needs no end of its own. */
static void take_rest(struct shell *shell) {
  if (shell->pending.bytes && !shell->must_quit)
    (void)shell__run_text(shell, buf_slice(&shell->pending), true);
}

static status read_lines(struct shell *shell, struct err *err) {
  while (!shell->must_quit && !atomic_load(&shell->interrupt.must_stop)) {
    struct slice line;
    enum editor_answer answer;
    const char *prompt = shell->pending.bytes ? "   ...> " : "lumadb> ";
    TRY(editor_next(shell->editor, prompt, &line, &answer, err));
    if (answer == EDITOR_END) break;
    if (answer == EDITOR_LINE)
      take_line(shell, line);
    else
      buf_reset(&shell->pending);
  }
  take_rest(shell);
  return LUMA_OK;
}

/* ---- beginning and end ---- */

static void greet(struct shell *shell, const char *name) {
  struct out *out = &shell->cli->out;
  if (!out->is_terminal) return;
  out_format(out, "LumaDB %s, %s. Statements in LQL (end with `;`), NQL or JQL; .help for more.\n",
             luma_version(), name);
}

/* ~/.lumadb_history; libedit makes it readable by its owner alone. */
static const char *history_path(char *path, size_t path_bytes) {
  const char *home = process_environment("HOME");
  int bytes = home ? snprintf(path, path_bytes, "%s/.lumadb_history", home) : -1;
  return bytes > 0 && (size_t)bytes < path_bytes ? path : NULL;
}

enum cli_exit shell_run(struct cli *cli, struct target *target, const char *name) {
  struct shell shell = {.cli = cli, .target = target, .has_timer = cli->out.is_terminal};
  struct err err = {0};
  char path[HISTORY_PATH_BYTES];
  shell.show.has_type_row = cli->out.is_terminal;
  buf_init(&shell.pending, SHELL_TEXT_BYTES_MAX);
  status result = interrupt_open(&shell.interrupt, cli->os, target, &err);
  if (result == LUMA_OK) {
    result = editor_open(cli, history_path(path, sizeof path), shell__complete, &shell,
                         &shell.editor, &err);
    if (result == LUMA_OK) {
      greet(&shell, name);
      result = read_lines(&shell, &err);
    }
    editor_close(shell.editor);
    interrupt_close(&shell.interrupt);
  }
  buf_deinit(&shell.pending);
  if (result != LUMA_OK) problem_print(cli, NULL, &err);
  return result != LUMA_OK || shell.had_problem ? CLI_WRONG_DATA : CLI_WORKED;
}
