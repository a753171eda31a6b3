/* SPDX-License-Identifier: MIT */
/* How script files and pages are read.
 *
 * `> text` begins a statement, `+ text` goes on with it; the lines after it up to a blank line or
 * the next statement are the expected answer. `# …` is a comment, `@word …` an order for whoever
 * plays the script. In a page (*.md) only what stands between ``` lines counts. */
#ifndef TESTS_LANG_SCRIPT_LINES_H
#define TESTS_LANG_SCRIPT_LINES_H

#include "base/text/buf.h"
#include "tests/lib/test.h"

struct script_reader {
  void *context;
  /** A statement, the number of its first line, and the answer that is expected. */
  void (*statement)(void *context, unsigned line, struct slice text, struct slice expected);
  /** An order, from its `@` on; the statement before it has been told. */
  void (*order)(void *context, struct slice line);
};

/** Reads the file from its first line to its last; fails the case if it cannot be read, or when
 * there is no statement in it. */
void script_lines_read(const char *path, const struct script_reader *reader);
/** True if the line begins with the text. */
bool script_line_begins(struct slice line, const char *with);
/** What stands behind so many bytes. */
struct slice script_line_after(struct slice line, size_t bytes);

#endif
