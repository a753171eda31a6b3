/* SPDX-License-Identifier: MIT */
/* What a status code means, from the one table in spec/errors.tsv. */
#ifndef BASE_CORE_STATUS_H
#define BASE_CORE_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#include "luma/status.h"

/** The answer of every fallible function. */
typedef enum luma_status status;

/** One row of spec/errors.tsv. All strings are static. */
struct status_info {
  const char *name;  /* "syntax_error": what users see as the code */
  const char *class; /* user, not_found, conflict, resource, io, corrupt, state, auth, bug, … */
  const char *text;  /* what it means, lower case, no full stop */
  int number;
  int http;
  bool retryable;
};

/** The row of `code`; never NULL: an unknown code answers the row of LUMA_INTERNAL. */
const struct status_info *status_info(status code);

/** The code of that name ("syntax_error"); LUMA_INTERNAL where no row has it. */
status status_by_name(const char *name, size_t bytes);

#endif
