/* SPDX-License-Identifier: MIT */
#include "base/core/assert.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *what, const char *file, int line) {
  fprintf(stderr, "lumadb: broken invariant: %s (%s:%d)\n", what, file, line);
  abort();
}
