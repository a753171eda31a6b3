/* SPDX-License-Identifier: MIT */
/* One partition of a window: its rows in order, their peers, and the frame of each. */
#ifndef QUERY_EXEC_WINDOW_H
#define QUERY_EXEC_WINDOW_H

#include "query/exec/exec_int.h"

/** Rows [from, to) of those that are kept, in the window's order: a partition, or what comes next
 * of one that is taken bit by bit. */
struct window_part {
  const struct expr *call;
  const struct rows *rows; /* tuples; the call's arguments stand at `first_arg` */
  const uint32_t *order;   /* the numbers of the rows, sorted */
  const uint32_t *group;   /* by place: the number of the row's peers within the partition */
  const uint32_t *starts;  /* by number of peers: where they start; one more than there are */
  uint32_t groups, from, to, first_arg;
  uint64_t rows_before, groups_before; /* of the partition, in the bits that came before */
  const uint32_t *known; /* IGNORE NULLS: the places whose operand is not NULL, in order */
  uint32_t known_count;
};

/** Places [from, to), without those excluded: [hole_from, hole_to), but `keeps` stays. */
struct window_frame {
  uint32_t from, to, hole_from, hole_to, keeps;
};
#define WINDOW_KEEPS_NONE UINT32_MAX

static inline const struct val *window_arg(const struct window_part *part, uint32_t place,
                                           uint32_t arg) {
  return rows_at(part->rows, part->order[place]) + part->first_arg + arg;
}
/** How many of the known places stand before `place`. */
static inline uint32_t window_known_before(const struct window_part *part, uint32_t place) {
  uint32_t low = 0, high = part->known_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (part->known[middle] < place)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}
/** Where the first key of ORDER BY stands among the arguments. */
static inline uint32_t window_keys(const struct expr *call) {
  return call->over->operands + call->over->has_filter + call->over->partition_count;
}
/** The frame of the row at `place`. LUMA_INVALID_ARGUMENT for offsets that are none. */
status window_frame_of(const struct exec *exec, const struct window_part *part, uint32_t place,
                       struct window_frame *frame, struct err *err);
static inline bool window_frame_has(const struct window_frame *frame, uint32_t place) {
  bool is_out = place >= frame->hole_from && place < frame->hole_to && place != frame->keeps;
  return place >= frame->from && place < frame->to && !is_out;
}

#endif
