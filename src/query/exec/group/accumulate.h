/* SPDX-License-Identifier: MIT */
/* Accumulators: one aggregate of one group. Integers sum exactly (128 bits), floats with
 * compensation, decimals as decimals; the result has the widest kind that was met. Memory is the
 * run's arena. One thread. */
#ifndef QUERY_EXEC_ACCUMULATE_H
#define QUERY_EXEC_ACCUMULATE_H

#include "query/exec/group/tuple_table.h"

__extension__ typedef __int128 accumulator_int;

struct sketch;
struct digest;

/** A value kept, with room for the bytes it borrows. */
struct kept {
  struct val value;
  uint8_t *room;
  uint32_t room_bytes;
};

union origin {
  int64_t integer;
  double real;
};

struct accumulator {
  uint64_t count; /* of values taken */
  union {
    struct {
      accumulator_int integers;
      double reals, lost; /* Neumaier's sum and what it lost */
      uint64_t reals_count;
      struct decimal decimals;
      bool has_wide, has_real, has_decimal; /* kinds met: beyond int32, floats, decimals */
    };
    struct kept kept; /* MIN MAX FIRST LAST ANY_VALUE */
    struct kept *by;  /* MIN_BY MAX_BY: the value, then the key */
    struct {
      union origin first_x, first_y; /* the others are counted from the first values */
      bool is_x_integer, is_y_integer;
      double mean_x, mean_y;
      double xx, yy, xy; /* squares and products around the means */
    };
    struct {
      struct rows *list; /* PUSH ADD_TO_SET ARRAY_AGG OBJECT_AGG; those of percentiles */
      struct val fraction;
    };
    struct {
      uint8_t *text; /* STRING_AGG */
      uint64_t text_bytes, text_capacity;
    };
    struct {
      struct digest *digest;
      double part; /* the fraction asked for */
    };
    struct sketch *sketch;
    struct gather *gather; /* GATHER */
    int64_t bits;          /* BIT_AND BIT_OR BIT_XOR; BOOL_AND BOOL_OR: 0 or 1 */
  };
  struct tuple_table *seen; /* DISTINCT, ADD_TO_SET */
};

/** Takes one row. `values` are the aggregate's args: its operands, then (when it has an ORDER BY)
 * what follows them; NULL for COUNT(*). */
status accumulate(struct exec *exec, const struct expr *aggregate, struct accumulator *accumulator,
                  const struct val *values, struct err *err);
/** Takes what another accumulator of the aggregate has taken: of COUNT, SUM, AVG, MIN, MAX. The
 * values kept are copied. */
status accumulate_join(struct exec *exec, const struct expr *aggregate,
                       struct accumulator *accumulator, const struct accumulator *other,
                       struct err *err);
/** Undoes `accumulate` of a COUNT, SUM, AVG or TOTAL without DISTINCT. False, and the accumulator
 * is spoilt, when that cannot be undone: other aggregates, decimals (which round), infinities. */
bool accumulate_take_back(const struct expr *aggregate, struct accumulator *accumulator,
                          const struct val *values);
/** The result so far; lists live in `arena`. */
status accumulate_result(struct exec *exec, const struct expr *aggregate,
                         const struct accumulator *accumulator, struct arena *arena,
                         struct val *out, struct err *err);

#endif
