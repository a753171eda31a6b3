/* SPDX-License-Identifier: MIT */
/* What all joins share. A join method names candidates: for each left row, right tuples that may
 * match. This part pairs them in batches, lets the ON condition decide, and, for a left join, hands
 * out the left rows that nothing matched after each left batch, for a full join also the right rows
 * that nothing matched. A semi join narrows the left batch to rows that match, an anti join to the
 * others. */
#ifndef QUERY_EXEC_JOIN_H
#define QUERY_EXEC_JOIN_H

#include "query/exec/exec_int.h"
#include "query/expr/program.h"

struct join;

struct join_method {
  /** The next left batch; NULL at the end. NULL: it is read from the input. */
  status (*next_left)(struct join *join, struct batch **left, struct err *err);
  /** Behind the end of the left side: whether more left rows follow, beside other right rows. NULL:
   * none ever do. */
  status (*next_part)(struct join *join, bool *has, struct err *err);
  /** Looks at a new left batch. */
  status (*begin_batch)(struct join *join, const struct batch *left, struct err *err);
  /** Goes to live row `nth` of it. */
  void (*begin_row)(struct join *join, uint32_t nth);
  /** The columns of the row's next candidate, NULL when there is none. Valid until the next
   * begin_batch. */
  const struct val *(*next)(struct join *join);
};

/** The head of every join operator. */
struct join {
  struct op op;
  const struct join_method *method;
  struct filter *condition; /* NULL: every candidate matches */
  struct batch batch;
  struct batch *left;
  uint32_t left_nth, left_columns, right_columns;
  uint32_t left_at, right_at; /* where their columns stand in a pair */
  bool in_row, gives_unmatched;
  bool *matched;       /* by live row of the left batch */
  uint16_t *pair_left; /* the live left row of each pair */
  /* FULL: right rows that nothing matched follow at the end */
  const struct rows *kept; /* all right rows, set by the method */
  uint64_t candidate;      /* the number among them of what `next` answered */
  uint64_t *pair_right;    /* that of each pair */
  bool *kept_matched;
  uint64_t kept_next;
};

/** Sets the common part up; the method's own comes after. Opens the input whose rows are gone
 * through: the plan's left, or
 * (`swapped`, inner joins only) its right, which is then `left` in all that is said here. */
status join_init(struct join *join, const struct join_method *method, bool swapped,
                 struct err *err);
status join_next(struct op *op, struct batch **batch, struct err *err);
/** Called by a method when it has kept all right rows, or those of a part: for full joins. */
status join_note_kept(struct join *join, const struct rows *kept, struct err *err);
/** Reads all of `input` into `rows`: copies of its columns. */
status join_keep_all(struct op *input, struct rows *rows, struct err *err);

#endif
