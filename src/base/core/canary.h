/* SPDX-License-Identifier: MIT */
/* Canaries: faults planted on purpose, to show that the tests would find such a fault. Ordinary
 * builds have none: canary_sings is the constant false there and nothing of them is compiled. The
 * program tests/model/canaries is built with LUMA_CANARIES, supplies canary_planted, and tells how
 * many rounds of the simulation each survives (`make canaries`).
 *
 * Pure; any thread. */
#ifndef BASE_CORE_CANARY_H
#define BASE_CORE_CANARY_H

#include <stdbool.h>

enum canary {
  CANARY_NONE,
  CANARY_LOG_NOT_SYNCED,     /* a commit is acknowledged without a sync of the log */
  CANARY_SEGMENT_NOT_SYNCED, /* the log goes to its next segment without a sync of the last */
  CANARY_FRAME_NOT_CHECKED,  /* the checksum of a log frame is not looked at */
  CANARY_BLOCK_NOT_CHECKED,  /* nor that of a block of a sorted file */
  CANARY_EDIT_NOT_CHECKED,   /* nor that of an edit of the manifest */
  CANARY_FILE_NOT_SYNCED,    /* the manifest names a file before it is synced */
  CANARY_ENTRY_NOT_SYNCED,   /* … before its entry in the directory is */
  CANARY_SEQUENCE_NOT_KEPT,  /* after an opening sequences go on from the manifest's, not the log's
                              */
  CANARY_COUNTER_TWICE,      /* now and then a counter takes an addition twice */
  CANARY_CONFLICT_NOT_SEEN,  /* ranges read are not validated */
  CANARY_RANGE_FORGOTTEN,    /* replay passes over range deletes */
  CANARY_TRIM_TOO_EARLY,     /* a file of the log is used again before its records are in files */
  CANARY_WRITE_NOT_NOTED,    /* now and then the keys a commit wrote are not noted for conflicts */
  CANARY_HORIZON_TOO_NEW,    /* memory of versions is used again though a snapshot needs them */
  CANARIES
};

#ifdef LUMA_CANARIES
/** The fault of this process; supplied by the program. */
enum canary canary_planted(void);
static inline bool canary_sings(enum canary which) {
  return canary_planted() == which;
}
#else
static inline bool canary_sings(enum canary which) {
  (void)which;
  return false;
}
#endif

#endif
