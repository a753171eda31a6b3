/* SPDX-License-Identifier: MIT */
/* Operators, as the files of the executor share them. */
#ifndef QUERY_EXEC_EXEC_INT_H
#define QUERY_EXEC_EXEC_INT_H

#include "query/exec/exec.h"
#include "query/expr/program.h"
#include "query/plan/physical.h"

struct op_ops {
  status (*next)(struct op *op, struct batch **batch, struct err *err);
  /** Frees what is not in an arena; NULL: nothing. */
  void (*close)(struct op *op);
};

/** What a SCAN read for one branch of its union. */
struct op_reading {
  uint64_t keys, rows, seeks;
};

/** The head of every operator's struct. */
struct op {
  const struct op_ops *ops;
  struct exec *exec;
  const struct plan *plan;
  struct op *input, *right;
  struct arena batch_arena; /* reset with each batch */
  uint64_t rows, us;        /* yielded; spent here and below (EXPLAIN ANALYZE) */
  /* SCAN: */
  uint64_t keys, documents;    /* index entries and documents it has read */
  uint64_t seeks, repeats;     /* ranges it went to; documents it met once more */
  struct op_reading *readings; /* of a union, by branch, where operators are measured; else NULL */
  bool is_ended;
};

/** A batch of as many bytes is handed on before it has all the rows it may have: operators above
 * copy its documents, and large ones would not fit the budget a thousand at once. */
enum { BATCH_BYTES_ENOUGH = 4 << 20 };

/** Room for an operator's struct (whose first member is `op`), set up. */
status op__create(struct exec *exec, const struct plan *plan, const struct op_ops *ops,
                  size_t bytes, void *op, struct err *err);
/** Asks an operator and counts. */
status op__next(struct op *op, struct batch **batch, struct err *err);
/** LUMA_TIMEOUT or LUMA_CANCELLED when it is time to stop. */
status op__check(const struct exec *exec, struct err *err);
/** The arena's failure unless `made`. */
status op__memory(const struct exec *exec, const void *made, struct err *err);
/** What a value is told apart by under the run's collation: itself without one. Memory of `arena`.
 */
status op__collate(const struct exec *exec, struct arena *arena, const struct val *value,
                   struct val *key, struct err *err);
/** `*order` as val_compare, under the run's collation. */
status op__compare(const struct exec *exec, const struct val *a, const struct val *b, int *order,
                   struct err *err);
/** Programs for `count` expressions. */
status op__programs(struct exec *exec, struct expr *const *exprs, uint32_t count,
                    struct program ***programs, struct err *err);
/** Fills `batch` (of `columns` columns, whose memory it has) with rows `from`… of `rows`; at most
 * `batch_rows` of the rows' exec. */
struct rows;
void op__emit(struct batch *batch, const struct rows *rows, uint64_t *at);
/** A non-negative whole number of LIMIT or SKIP. */
status op__whole_number(struct exec *exec, const struct expr *expr, const char *what,
                        uint64_t *number, struct err *err);

/** Rows kept: tuples of copied values, in blocks. */
struct rows {
  struct exec *exec;
  struct val **blocks; /* of ROWS_PER_BLOCK tuples */
  size_t blocks_count, blocks_capacity;
  uint32_t columns;
  uint32_t first_room; /* few: tuples that the only block has room for */
  bool are_few;
  uint64_t count;
};
enum { ROWS_PER_BLOCK = 1024 };
void rows_init(struct rows *rows, struct exec *exec, uint32_t columns);
/** The same for what is often a handful, of which there are many: it begins small, and tuples may
 * move when another is added. */
void rows_init_few(struct rows *rows, struct exec *exec, uint32_t columns);
static inline struct val *rows_at(const struct rows *rows, uint64_t row) {
  return rows->blocks[row / ROWS_PER_BLOCK] + (row % ROWS_PER_BLOCK) * rows->columns;
}
/** A new tuple, uninitialised. */
status rows_add(struct rows *rows, struct val **tuple, struct err *err);

/** Each makes the operator of its kind of node. `*op` is set as soon as there is something to
 * close. */
typedef status op_open(struct exec *exec, const struct plan *plan, struct op **op, struct err *err);
op_open op__open_scan, op__open_values, op__open_filter, op__open_project, op__open_sort,
    op__open_limit, op__open_distinct;
op_open op__open_aggregate, op__open_count, op__open_hash_join, op__open_index_join,
    op__open_loop_join;
op_open op__open_lateral_join, op__open_unnest, op__open_set, op__open_window, op__open_with,
    op__open_cte, op__open_stage;
op_open op__open_soul, op__open_tell, op__open_catalog;
op_open op__open_merge, op__open_insert, op__open_update, op__open_delete, op__open_sequence,
    op__open_schema, op__open_show, op__open_explain, op__open_gather, op__open_share;
/** Lets an operator that is a SCAN, and not yet asked, hand out no documents that `filter` drops:
 * they need not come up to be left out. Nothing happens to others. */
struct filter;
status op__scan_sieve(struct op *op, struct filter *filter, struct err *err);
/** Has an operator that is a SCAN in the order of the keys end for once when it has read so many
 * documents; false where it is not. */
bool op__scan_pause(struct op *op, uint64_t documents);
/** Whether it has ended so; `*place`: the key of the record it read last, borrowed until it goes
 * on.
 */
bool op__scan_has_paused(const struct op *op, struct slice *place);
/** It goes on and does not pause again. */
void op__scan_go_on(struct op *op);
/** What makes the operator of a node; NULL: nothing does. */
op_open *op__open_of(const struct plan *plan);
/** Any node. */
op_open op__open;

/** CREATE SEQUENCE's as the model takes it. */
struct model_sequence op__sequence(struct slice name, const struct plan_sequence *asked);

#endif
