/* SPDX-License-Identifier: MIT */
/* Paths that were read: the last few stay, for a statement reads the same ones for every row. One
 * thread. */
#ifndef QUERY_JSONPATH_CACHE_H
#define QUERY_JSONPATH_CACHE_H

#include "query/jsonpath/jsonpath.h"

enum { JSONPATH_CACHE_SIZE = 8 };

struct jsonpath_cached {
  struct arena arena;
  struct slice text;
  const struct jsonpath *path; /* NULL: free */
};

/** Fields are private to query/jsonpath; all zero is empty. */
struct jsonpath_cache {
  struct jsonpath_cached items[JSONPATH_CACHE_SIZE];
  uint32_t next; /* to be replaced */
};

void jsonpath_cache_deinit(struct jsonpath_cache *cache);
/** The path, good until JSONPATH_CACHE_SIZE others were asked for. Errors as jsonpath_parse. */
status jsonpath_cache_get(struct jsonpath_cache *cache, struct slice text,
                          const struct jsonpath **path, struct err *err);

#endif
