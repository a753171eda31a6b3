/* SPDX-License-Identifier: MIT */
/* A log on the simulated system that knows what it was given, for the tests of the log. */
#ifndef TESTS_UNIT_STORE_WAL_LOG_H
#define TESTS_UNIT_STORE_WAL_LOG_H

#include "store/lsm/wal/wal.h"
#include "tests/lib/simos.h"

enum { LOG_RECORDS_MAX = 4000, LOG_RECORD_BYTES_MAX = 20000, LOG_DATABASE = 42 };

/** Record n is n and then bytes that follow from n: so the expectation needs no memory. */
struct log {
  struct simos *sim;
  struct wal_options options;
  struct wal *wal;
  struct wal_start start;
  uint64_t start_seq; /* records above are to be replayed from `start` */
  uint64_t appended, synced, replayed;
  uint64_t sync_calls;
};

/** A new log of random settings. */
void log_create(struct log *log, uint64_t seed);
/** Recovers and opens; everything synced must be there, and nothing that was not appended. */
void log_open(struct log *log);
/** What wal_recover replays a record by. */
status log_replay_one(void *context, struct slice record, struct err *err);
/** Writes record `seq` to `room` of LOG_RECORD_BYTES_MAX + 8 bytes; answers how many it has. */
size_t log_record(uint64_t seq, uint8_t *room);
/** Appends the next record. */
status log_append(struct log *log);
/** A mark, what was appended before it, and the release of what came before. */
status log_move_start(struct log *log);

#endif
