/* SPDX-License-Identifier: MIT */
/* The SQL/JSON path language (ISO/IEC 9075-2, 9.39 and 9.40), as PostgreSQL 15 has it:
 * `strict $.a[*] ? (@.b > 1)`. A path is read once into an arena and run over any value of a
 * document.
 *
 * Numbers: integers stay integers while they fit 64 bits; all else is computed as decimals, doubles
 * by their shortest text, so that 0.1 + 0.2 is 0.3. Texts compare by code points. Moments that
 * .datetime() makes leave a path as texts; dates and timestamps that documents hold are moments
 * without it. Zones are offsets, and a moment without one is of UTC.
 *
 * Differences: the `id` of .keyvalue() is an object's place in our form of the document, and the
 * regular expressions of like_regex are Perl's. A path has at most JSONPATH_BYTES_MAX bytes and
 * JSONPATH_NODES_MAX parts, nested JSONPATH_DEPTH_MAX deep, and takes JSONPATH_STEPS_MAX steps. */
#ifndef QUERY_JSONPATH_JSONPATH_H
#define QUERY_JSONPATH_JSONPATH_H

#include "base/core/err.h"
#include "base/mem/arena.h"
#include "value/path/path.h"
#include "value/val/val.h"

enum {
  JSONPATH_BYTES_MAX = 65536,
  JSONPATH_NODES_MAX = 1000,
  JSONPATH_DEPTH_MAX = 100,
  JSONPATH_STEPS_MAX = 5000000
};

struct jsonpath;    /* a path that was read */
struct regex_cache; /* query/regex */

/** What a moment is; the names are those that .type() tells. */
enum jsonpath_moment_kind {
  JSONPATH_NO_MOMENT,
  JSONPATH_DATE,
  JSONPATH_TIME,
  JSONPATH_TIME_ZONED,
  JSONPATH_TIMESTAMP,
  JSONPATH_TIMESTAMP_ZONED
};

struct jsonpath_moment {
  enum jsonpath_moment_kind kind;
  int32_t zone_s; /* east of UTC */
  int64_t us;     /* of a day (times) or since 1970, in UTC where it is zoned */
};

/** What is another module's: quotients with as many digits as SQL gives them, and moments by a
 * template, which answers false when the text does not fit it. */
struct jsonpath_host {
  struct decimal (*divide)(struct decimal a, struct decimal b);
  bool (*read_moment)(struct slice text, struct slice template, struct jsonpath_moment *moment);
};

/** A run: fields are given by the caller, borrowed, and stay as they are. */
struct jsonpath_run {
  struct arena *arena; /* of results and what is made on the way */
  struct regex_cache *regexes;
  const struct jsonpath_host *host;
  struct val variables; /* a map, or MISSING: there are none */
  bool silent;          /* errors of the path are no errors: nothing more is found */
};

/** Reads a path; it lives in `arena` and borrows nothing of `text`. LUMA_INVALID_ARGUMENT says what
 * does not fit, at which character, and what would; LUMA_TOO_LARGE, LUMA_TOO_DEEP. */
status jsonpath_parse(struct arena *arena, struct slice text, const struct jsonpath **path,
                      struct err *err);
/** Told of a way into the document, which ends with a name. */
typedef void jsonpath_reads_fn(void *context, const struct path *path);
/** Tells of each way that the path goes by names and elements, in its conditions too; names in a
 * list speak of its elements. What lies behind anything else is not known. */
void jsonpath_reads(const struct jsonpath *path, jsonpath_reads_fn *tell, void *context);
/** The way that the path goes, as jsonpath_reads has it, in `way->steps` (room for PATH_STEPS_MAX);
 * false: it is not known. Names borrow from the path. */
bool jsonpath_leads(const struct jsonpath *path, struct path *way);
/** Every item that the path leads to, in order; values borrow from `document` and the arena.
 * LUMA_INVALID_VALUE where the document is not as the path says, unless silent; LUMA_OUT_OF_RANGE
 * for sums that do not fit and for too many steps. */
status jsonpath_query(const struct jsonpath *path, const struct jsonpath_run *run,
                      const struct val *document, struct val **items, uint32_t *count,
                      struct err *err);
/** Whether it leads to anything: a truth, or NULL where it cannot be told. */
status jsonpath_exists(const struct jsonpath *path, const struct jsonpath_run *run,
                       const struct val *document, struct val *out, struct err *err);
/** What a condition says: a truth or NULL. LUMA_INVALID_VALUE of a path that is none, unless
 * silent. */
status jsonpath_match(const struct jsonpath *path, const struct jsonpath_run *run,
                      const struct val *document, struct val *out, struct err *err);

#endif
