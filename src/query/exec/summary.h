/* SPDX-License-Identifier: MIT */
/* What a run did. Memory belongs to the run. */
#ifndef QUERY_EXEC_SUMMARY_H
#define QUERY_EXEC_SUMMARY_H

#include "base/core/err.h"
#include "query/plan/plan.h"
#include "value/val/val.h"

enum { QUERY_KEYS_MAX = 1024, QUERY_WRITE_ERRORS_MAX = 100000, QUERY_CHANGES_MAX = 1000 };

/** How far a statement that writes may go. */
struct query_guard {
  bool is_limited;
  uint64_t max_affected; /* with is_limited: LUMA_MAX_AFFECTED past it */
  bool dry_run;          /* changes are kept for the summary; the caller undoes them */
};

/** How far a statement that tails has come: what it goes on from. */
struct query_tail {
  uint32_t collection;      /* its number; 0: nothing was read */
  uint64_t row;             /* of the document read last */
  uint64_t skipped, passed; /* rows that its LIMIT skipped, and let through */
  bool is_over;             /* the LIMIT lets no more through */
};

/** A change of a dry run: `before` MISSING of an insert, `after` of a delete. */
struct query_change {
  const char *what; /* "insert", "update", "delete"; static */
  struct val key, before, after;
};

struct query_warning {
  const char *text; /* lives as long as the run */
  uint64_t count;   /* how often it was met */
};

/** A document of an INSERT that could not be inserted, or a change of several that failed, in
 * languages that go on: what is told of its struct err. */
struct query_write_error {
  uint32_t index, foreign;
  status code;
  const char *message, *hint, *detail; /* "": none */
  uint32_t path_at;                    /* in the message */
};

/** What one change of several did. */
struct query_step {
  uint8_t kind; /* enum plan_kind: PLAN_INSERT, PLAN_UPDATE, PLAN_DELETE */
  uint64_t matched, affected;
  bool upserted;
  struct val key;  /* of the document an upsert made */
  uint32_t failed; /* 0: it did not; else 1 + its place in write_errors, or more when it is full */
};

struct query_summary {
  uint64_t matched;  /* documents an UPDATE or DELETE found */
  uint64_t affected; /* documents inserted, changed (JQL: really changed), deleted */
  const struct val
      *keys; /* INSERT (and an upsert): keys of the documents made, the first QUERY_KEYS_MAX */
  uint32_t keys_count;
  struct val last_key; /* of the document inserted last; MISSING: none was */
  bool upserted;
  const struct query_write_error
      *write_errors; /* JQL inserts and sequences go on or stop, and report here */
  uint32_t write_errors_count;
  const struct query_step *steps; /* of a sequence, those that were tried, in order */
  uint32_t steps_count;
  const struct query_change *changes; /* of a dry run, the first QUERY_CHANGES_MAX */
  uint32_t changes_count;
  struct val answer; /* JQL's explain, or what was done to the catalog, in MongoDB's shape; MISSING:
                        the statement is neither */
  enum plan_told told;
  const struct query_warning *warnings;
  uint32_t warnings_count;
};

#endif
