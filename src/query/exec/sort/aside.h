/* SPDX-License-Identifier: MIT */
/* Rows that are put aside on disk and read once more: an operator that has no memory for more
 * groups goes on with those it has, and takes the others in another pass over what was put aside,
 * as often as needed. Rows keep their order. One thread. */
#ifndef QUERY_EXEC_ASIDE_H
#define QUERY_EXEC_ASIDE_H

#include "query/exec/sort/spill.h"

struct aside {
  struct exec *exec;
  uint32_t columns, run; /* of a row; the run that is read */
  bool is_pending;       /* rows were put aside in this pass */
  bool is_reading;
  struct spill *spill;
  struct spill_reader reader;
  struct batch batch;
};

/** For rows of so many columns. Ended with aside_deinit; nothing is on disk until a row is. */
status aside_init(struct aside *aside, struct exec *exec, uint32_t columns, struct err *err);
void aside_deinit(struct aside *aside);
/** Puts a row of a batch aside; `arena` is for what it needs on the way. */
status aside_add(struct aside *aside, const struct batch *batch, uint32_t row, struct arena *arena,
                 struct err *err);
/** Begins to read what was put aside since the last pass; false in `*has`: nothing was. */
status aside_begin_pass(struct aside *aside, bool *has, struct err *err);
/** The next rows of the pass, their values in `arena`; NULL at its end. */
status aside_next(struct aside *aside, struct arena *arena, struct batch **batch, struct err *err);

#endif
