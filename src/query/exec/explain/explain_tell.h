/* SPDX-License-Identifier: MIT */
/* The document of an explain in MongoDB's shape, as the files that write it share it. */
#ifndef QUERY_EXEC_EXPLAIN_TELL_H
#define QUERY_EXEC_EXPLAIN_TELL_H

#include "query/exec/exec_int.h"
#include "value/doc/build.h"

struct telling {
  struct build build;
  const struct op *root; /* NULL: the plan was not run */
  struct buf text;       /* of the value in hand */
  uint64_t keys, documents;
  struct arena *arena;
  status failed;
  struct err *err;
};

void explain__put(struct telling *telling, const char *name, struct val value);
void explain__text(struct telling *telling, const char *name, const char *text);
void explain__number(struct telling *telling, const char *name, uint64_t number);
/** What was written to telling->text. */
void explain__written(struct telling *telling, const char *name);
void explain__begin(struct telling *telling, const char *name, bool is_list);
void explain__end(struct telling *telling);
/** The name of what comes next is that of an attribute. */
void explain__name_path(struct telling *telling, const struct path *path);
/** What the FILTER asks; NULL: nothing. */
void explain__filter(struct telling *telling, const struct plan *filter);
/** What the operator of the node did, if it was run. */
void explain__measured(struct telling *telling, const struct plan *plan);
/** What a stage did: `works` units of work, of which some were rows, the others waits for one and,
 * where it came to it, the end. */
struct explain_work {
  uint64_t rows, works, us;
  bool is_ended;
};
void explain__work(struct telling *telling, const struct explain_work *work);
/** The attributes that a SORT sorts by, and which way. */
void explain__sort_pattern(struct telling *telling, const struct plan_sort_key *keys,
                           uint32_t count);
/** The stages of a SCAN and of a FILTER right above it (NULL: none), by MongoDB's names: FETCH
 * above its index scans, COLLSCAN, IDHACK for a document by its key. (explain_scan.c) */
void explain__scan(struct telling *telling, const struct plan *scan, const struct plan *filter);
/** A way that was considered, and not taken, of the same. */
void explain__rejected(struct telling *telling, const struct plan *scan,
                       const struct plan_access *access, const struct plan *filter);

#endif
