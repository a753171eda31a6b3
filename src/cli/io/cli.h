/* SPDX-License-Identifier: MIT */
/* The lumadb command: what its subcommands share. One command runs in a process, on one thread. */
#ifndef CLI_IO_CLI_H
#define CLI_IO_CLI_H

#include "base/os/os.h"
#include "cli/io/out.h"

/** Exit statuses: a contract with scripts. */
enum cli_exit {
  CLI_WORKED = 0,
  CLI_WRONG_DATA = 1,    /* the statement or the data was wrong, or the work failed */
  CLI_WRONG_COMMAND = 2, /* the command line was wrong */
  CLI_CANNOT_OPEN = 3    /* the database could not be opened */
};

struct cli {
  struct os *os;
  const char *program; /* as it was called: "build/lumadb" */
  struct out out;      /* standard output: answers */
  struct out problems; /* standard error: problems and progress */
};

/** The target used when none is named: $LUMA_TARGET, else the server on this machine. */
const char *cli_default_target(void);
/** Reads standard input to its end, or the file `path`, appending to `text`. */
status cli_read_all(struct cli *cli, const char *path, struct buf *text, struct err *err);

#endif
