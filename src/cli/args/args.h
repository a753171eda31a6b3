/* SPDX-License-Identifier: MIT */
/* The command line after the command's name: options in any order (--name value, --name=value, -n
 * value), the rest by position; `--` ends the options and `-` alone is a position. Borrows argv. */
#ifndef CLI_ARGS_ARGS_H
#define CLI_ARGS_ARGS_H

#include "base/core/err.h"

enum { ARGS_MAX = 4096 };

/** One option; a list of them ends with a NULL name. */
struct args_option {
  const char *name;  /* "format" */
  char letter;       /* 'f', or 0 */
  const char *value; /* what help calls its value, "NAME"; NULL: it has none */
  const char *help;
};

struct args_given {
  const struct args_option *option;
  const char *value;
};

struct args {
  const struct args_option *options;
  const char **positions;
  size_t positions_count;
  struct args_given *given;
  size_t given_count;
};

/** LUMA_INVALID_ARGUMENT with a hint for an unknown option, a missing or an unwanted value. The
 * options `help` and `-h` are always known. Ends with args_deinit, also after a failure. */
status args_parse(struct args *args, const struct args_option *options, int argc, char **argv,
                  struct err *err);
void args_deinit(struct args *args);
bool args_has(const struct args *args, const char *name);
/** The value given last, or NULL. */
const char *args_value(const struct args *args, const char *name);
/** The value `nth` of an option that may be repeated; NULL past the end. */
const char *args_nth_value(const struct args *args, const char *name, size_t nth);
/** Position `nth`, or NULL. */
const char *args_at(const struct args *args, size_t nth);

#endif
