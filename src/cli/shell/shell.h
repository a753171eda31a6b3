/* SPDX-License-Identifier: MIT */
/* The shell: statements in any language as they are typed, and commands that begin with a dot.
 * Works without a terminal too: then it reads a script, goes on after a problem and answers that
 * there was one. */
#ifndef CLI_SHELL_SHELL_H
#define CLI_SHELL_SHELL_H

#include "cli/io/cli.h"
#include "cli/target/target.h"

/** Runs until the end of the input or `.quit`. `name` is the target's, for the greeting. */
enum cli_exit shell_run(struct cli *cli, struct target *target, const char *name);

#endif
