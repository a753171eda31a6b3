/* SPDX-License-Identifier: MIT */
/* A file or standard input, read in pieces from front to back. */
#ifndef CLI_IO_INPUT_H
#define CLI_IO_INPUT_H

#include "cli/io/cli.h"

enum { INPUT_PIECE_BYTES = 256 << 10 };

struct input {
  struct cli *cli;
  struct os_file *file; /* NULL: standard input */
  uint64_t offset;
  uint64_t bytes_total; /* 0 = not known */
  uint8_t *piece;
};

/** "-" is standard input. Ends with input_close, also after a failure. */
status input_open(struct input *input, struct cli *cli, const char *path, struct err *err);
/** The next piece, valid until the next call; empty at the end. */
status input_next(struct input *input, struct slice *piece, struct err *err);
void input_close(struct input *input);

#endif
