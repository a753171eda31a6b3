/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. */
#ifndef CLI_SHELL_SHELL_INT_H
#define CLI_SHELL_SHELL_INT_H

#include "cli/shell/editor.h"
#include "cli/shell/interrupt.h"
#include "cli/shell/shell.h"
#include "cli/show/show.h"

enum { SHELL_TEXT_BYTES_MAX = 256 << 20, SHELL_READ_DEPTH_MAX = 8 };

struct shell {
  struct cli *cli;
  struct target *target;
  struct interrupt interrupt;
  struct editor *editor;
  struct show_options show;
  const char *language; /* NULL: guessed */
  bool has_timer, must_quit, had_problem;
  uint32_t read_depth; /* of .read inside .read */
  struct buf pending;  /* lines of a statement that goes on */
};

/** Runs the statements of `text`; answers the bytes taken. `is_whole`: no more will come, so the
 * last one needs no end. */
size_t shell__run_text(struct shell *shell, struct slice text, bool is_whole);
/** Runs one statement of ours or of the user's. */
void shell__run_statement(struct shell *shell, const char *language, struct slice text);
/** A line that begins with a dot. */
void shell__dot(struct shell *shell, struct slice line);
/** Offers the dot commands, keywords and collections that fit. */
void shell__complete(void *context, struct editor *editor, struct slice line, struct slice word);
/** Offers the names of the dot commands. */
void shell__offer_dots(struct editor *editor);
void shell__fail(struct shell *shell, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
