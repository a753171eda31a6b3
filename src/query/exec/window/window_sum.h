/* SPDX-License-Identifier: MIT */
/* Aggregates over frames, row after row: as a frame moves on, what enters it is taken and what
 * leaves it is taken back (counts, sums, means) or found past in a queue (least, greatest). What
 * cannot be taken back is computed anew. */
#ifndef QUERY_EXEC_WINDOW_SUM_H
#define QUERY_EXEC_WINDOW_SUM_H

#include "query/exec/group/accumulate.h"
#include "query/exec/window/window.h"

/** What holds for one partition, from its first row to its last. */
struct window_sum {
  struct exec *held; /* the executor with the memory of the accumulator, and of nothing else */
  struct accumulator accumulator;
  uint32_t from, to; /* the places it holds */
  uint32_t taken_back;
  uint32_t *queue, head, tail; /* MIN, MAX: places of which each is better than those behind it */
  struct val last;             /* what it said of those places, where it was asked */
  bool has_last;
};

/** For a new partition; `queue` has room for all rows of the window. What the arena of `held` had
 * is forgotten. */
void window_sum_begin(struct window_sum *sum, struct exec *held, uint32_t *queue);
/** For the next bit of a partition that is taken bit by bit: what was summed so far stays. Of
 * COUNT, SUM and AVG over frames that begin with the partition. */
void window_sum_go_on(struct window_sum *sum, uint32_t *queue);
/** The aggregate over the frame of the row at `place`. The result may borrow from the rows. */
status window_sum_at(struct exec *exec, const struct window_part *part, uint32_t place,
                     struct window_sum *sum, struct val *out, struct err *err);

#endif
