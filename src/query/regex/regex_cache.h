/* SPDX-License-Identifier: MIT */
/* Compiled regular expressions whose patterns come from documents: the last few stay compiled. One
 * thread. */
#ifndef QUERY_REGEX_REGEX_CACHE_H
#define QUERY_REGEX_REGEX_CACHE_H

#include "base/text/buf.h"
#include "query/regex/regex.h"

enum { REGEX_CACHE_SIZE = 8 };

struct regex_cached {
  struct regex *regex;
  struct buf key; /* options, NUL, pattern */
};

/** Fields are private to query/regex. */
struct regex_cache {
  struct regex_cached items[REGEX_CACHE_SIZE];
  uint32_t next; /* to be replaced */
};

void regex_cache_init(struct regex_cache *cache);
void regex_cache_deinit(struct regex_cache *cache);
/** The compiled expression, good until the next call. Errors as regex_create. */
status regex_cache_get(struct regex_cache *cache, struct slice pattern, struct slice options,
                       struct regex **regex, struct err *err);

#endif
