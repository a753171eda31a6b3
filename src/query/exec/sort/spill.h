/* SPDX-License-Identifier: MIT */
/* Tuples of values on disk, in runs that are written and read one after the other: what does not
 * fit into the memory of a statement. The file has a name only while it is opened, so that it goes
 * with the statement, or with the process, whatever ends them; values stand in it as in memory
 * (names and lenses by their address), so that no other process could read it. A full disk is
 * LUMA_DISK_FULL. One thread. */
#ifndef QUERY_EXEC_SPILL_H
#define QUERY_EXEC_SPILL_H

#include "query/exec/exec_int.h"

enum { SPILL_RUNS_MAX = 1024, SPILL_BUFFER_BYTES = 256 << 10 };

struct spill;

/** Whether the statement has a place on disk. */
bool spill_is_possible(const struct exec *exec);
/** For tuples of so many columns, written by so many bytes at once; ended with spill_destroy. */
status spill_create(struct exec *exec, uint32_t columns, size_t buffer_bytes, struct spill **spill,
                    struct err *err);
/** NULL is fine. */
void spill_destroy(struct spill *spill);
/** Appends a tuple, without values that are lensed, to the run in hand. */
status spill_add(struct spill *spill, const struct val *tuple, struct err *err);
/** Appends a row of a batch; `arena` is for what it needs on the way. */
status spill_add_row(struct spill *spill, const struct batch *batch, uint32_t row,
                     struct arena *arena, struct err *err);
/** Ends the run in hand. LUMA_BUDGET_EXCEEDED beyond SPILL_RUNS_MAX. */
status spill_end_run(struct spill *spill, struct err *err);
uint32_t spill_runs(const struct spill *spill);

/** Reads one run from its start, through a buffer of its own. */
struct spill_reader {
  struct spill *spill;
  uint64_t offset, end; /* in the file, of what is not yet in the buffer */
  uint8_t *buffer;
  size_t room, got, at;
  struct arena memory; /* of `tuple` */
  struct val *tuple;   /* the one in hand; NULL: the run has ended */
};

/** Before the first tuple; `run` is below spill_runs. Ended with spill_reader_deinit. */
status spill_reader_init(struct spill_reader *reader, struct spill *spill, uint32_t run,
                         size_t buffer_bytes, struct err *err);
void spill_reader_deinit(struct spill_reader *reader);
/** Takes the next tuple in hand; the one before is gone. */
status spill_reader_step(struct spill_reader *reader, struct err *err);
/** The next rows from the tuple in hand on, at most so many, their values in `arena`; none at the
 * end. */
status spill_reader_fill(struct spill_reader *reader, uint32_t rows_max, struct arena *arena,
                         struct batch *batch, struct err *err);

#endif
