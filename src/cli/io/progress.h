/* SPDX-License-Identifier: MIT */
/* A progress line on standard error, redrawn a few times a second; nothing when that is no
 * terminal.
 *
 *     [#########           ]  45 %  12,000 documents  60,000/s  3 s left
 */
#ifndef CLI_IO_PROGRESS_H
#define CLI_IO_PROGRESS_H

#include "cli/io/cli.h"

struct progress {
  struct cli *cli;
  uint64_t start_us, drawn_us;
  uint64_t bytes_total; /* 0 = not known: no bar */
};

void progress_begin(struct progress *progress, struct cli *cli, uint64_t bytes_total);
/** What is done so far. */
void progress_show(struct progress *progress, uint64_t bytes, uint64_t documents);
/** Erases the line; answers the seconds since the beginning. */
double progress_end(struct progress *progress);
/** "12,345". Answers `text`, of at least 32 bytes. */
const char *progress_number(uint64_t number, char *text);

#endif
