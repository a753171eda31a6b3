/* SPDX-License-Identifier: MIT */
/* Rows of both sides of a join that there is no memory for: parted by the hashes of their keys into
 * pairs of files, of which each is joined by itself, and parted anew where one side of it is still
 * too much (GRACE: D. DeWitt et al., "Implementation techniques for main memory database systems",
 * 1984). Rows of one hash keep their order. One thread. */
#ifndef QUERY_EXEC_PARTING_H
#define QUERY_EXEC_PARTING_H

#include "query/exec/sort/spill.h"

enum { PARTING_WAYS = 8, PARTING_LEVELS_MAX = 7 };
enum parting_side { PARTING_LEFT, PARTING_RIGHT, PARTING_SIDES };

/** Rows whose hashes begin alike. NULL: there are none of a side. */
struct parting_pair {
  struct spill *sides[PARTING_SIDES];
  uint32_t level; /* how often they were parted */
};

struct parting {
  struct exec *exec;
  uint32_t columns[PARTING_SIDES];
  uint32_t level;               /* of the pair taken last, whose rows are what is parted next */
  struct parting_pair *waiting; /* the next one last */
  size_t count, capacity;
  struct parting_pair ways[PARTING_WAYS]; /* being filled */
};

/** For rows of so many columns; nothing is on disk until a row is. Ended with parting_deinit. */
void parting_init(struct parting *parting, struct exec *exec, uint32_t left_columns,
                  uint32_t right_columns);
void parting_deinit(struct parting *parting);

/** Whether rows of the pair in hand can be parted once more. */
bool parting_is_possible(const struct parting *parting);
/** Adds a row of a batch; `arena` is for what it needs on the way. */
status parting_add_row(struct parting *parting, enum parting_side side, uint64_t hash,
                       const struct batch *batch, uint32_t row, struct arena *arena,
                       struct err *err);
/** The same with a tuple that is not lensed. */
status parting_add(struct parting *parting, enum parting_side side, uint64_t hash,
                   const struct val *tuple, struct err *err);
/** The ways are filled: they wait, in front of others. */
status parting_end(struct parting *parting, struct err *err);
/** Takes the next pair, to be ended with parting_pair_deinit; false when there is none. */
bool parting_take(struct parting *parting, struct parting_pair *pair);
void parting_pair_deinit(struct parting_pair *pair);

/** What a side of a pair holds, batch by batch. */
struct parting_rows {
  struct spill_reader reader;
  struct batch batch;
  bool is_open;
};

/** Reads from the start of a file; NULL has no rows. Ended with parting_rows_close. */
status parting_rows_open(struct parting_rows *rows, struct exec *exec, struct spill *spill,
                         uint32_t columns, struct err *err);
/** The next rows, their values in `arena`; NULL at the end. */
status parting_rows_next(struct parting_rows *rows, const struct exec *exec, struct arena *arena,
                         struct batch **batch, struct err *err);
/** What is not open is fine. */
void parting_rows_close(struct parting_rows *rows);

#endif
