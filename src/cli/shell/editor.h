/* SPDX-License-Identifier: MIT */
/* Lines from the person at the terminal, with editing, history and completion (libedit stands
 * behind), or from standard input when that is no terminal. One thread. */
#ifndef CLI_SHELL_EDITOR_H
#define CLI_SHELL_EDITOR_H

#include "cli/io/cli.h"

struct editor;

/** Offers `word` (from `start` of the line to the cursor) its completions, through
 * editor_offer. */
typedef void editor_complete_fn(void *context, struct editor *editor, struct slice line,
                                struct slice word);

enum editor_answer { EDITOR_LINE, EDITOR_END, EDITOR_INTERRUPT };

/** `history`: the file of earlier lines; NULL = none is kept. */
status editor_open(struct cli *cli, const char *history_path, editor_complete_fn *complete_fn,
                   void *context, struct editor **out, struct err *err);
/** Writes the history. NULL is fine. */
void editor_close(struct editor *editor);
/** The next line without its end, valid until the next call. EDITOR_INTERRUPT: Ctrl-C was
 * pressed. */
status editor_next(struct editor *editor, const char *prompt, struct slice *line,
                   enum editor_answer *answer, struct err *err);
/** A completion of the word asked about. */
void editor_offer(struct editor *editor, struct slice candidate);

#endif
