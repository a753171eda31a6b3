/* SPDX-License-Identifier: MIT */
/* Accumulators: one aggregate of one group. Integers sum exactly (128 bits), floats with
 * compensation, decimals as decimals; the result has the widest kind that was met. Memory is the
 * run's arena. One thread. */
#ifndef QUERY_EXEC_ACCUMULATE_H
#define QUERY_EXEC_ACCUMULATE_H

#include "query/exec/tuple_table.h"

__extension__ typedef __int128 accumulator_int;

struct accumulator {
  uint64_t count; /* of values taken */
  union {
    struct {
      accumulator_int integers;
      double reals, lost; /* Neumaier's sum and what it lost */
      struct decimal decimals;
      bool has_wide, has_real, has_decimal; /* kinds met: beyond int32, floats, decimals */
    };
    struct {
      struct val value; /* MIN MAX FIRST LAST */
      uint8_t *room;    /* for a borrowed value's bytes */
      uint32_t room_bytes;
    };
    struct rows *list;     /* PUSH, ADD_TO_SET */
    struct gather *gather; /* GATHER */
  };
  struct tuple_table *seen; /* DISTINCT, ADD_TO_SET */
};

/** Takes one value of one row; for COUNT(*) `value` is NULL. */
status accumulate(struct exec *exec, const struct expr *aggregate, struct accumulator *accumulator,
                  const struct val *value, struct err *err);
/** The result so far; lists live in `arena`. */
status accumulate_result(struct exec *exec, const struct expr *aggregate,
                         const struct accumulator *accumulator, struct arena *arena,
                         struct val *out, struct err *err);

#endif
