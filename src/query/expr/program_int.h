/* SPDX-License-Identifier: MIT */
/* Steps of compiled expressions, as the compiler and the files that implement them share them. */
#ifndef QUERY_EXPR_PROGRAM_INT_H
#define QUERY_EXPR_PROGRAM_INT_H

#include "query/expr/in_set.h"
#include "query/expr/matcher.h"
#include "query/expr/program.h"
#include "query/func/func.h"

enum operand_kind { OPERAND_CONST, OPERAND_COLUMN, OPERAND_REGISTER };
struct operand {
  enum operand_kind kind;
  uint32_t index;
};

/** A column to read: row r is base[r * stride]. */
struct view {
  const struct val *base;
  uint32_t stride;
};

enum { PROGRAM_DEPTH_MAX = 64, PROGRAM_STEPS_MAX = 65536 };

struct step;
typedef status step_run(struct program *program, const struct step *step, struct err *err);

struct step {
  step_run *run;
  const struct expr *expr;
  struct operand a, b, c;
  struct operand *args; /* CALL, LIST, MAP, SHAPE, IN */
  uint32_t args_count;
  uint32_t out;     /* register */
  uint32_t skip_to; /* narrowing steps: where to go on when no row is left */
  struct field_reader *field;
  struct matcher *matcher;
  const struct func *func;
  struct in_set *in_set; /* IN of many constants; may be NULL */
  struct shape_tree *shape;
  struct each *each;
  struct expr_subquery *subquery;
  bool pattern_ready; /* LIKE: `pattern` is the constant pattern, normalised */
  struct slice pattern;
};

/** The rows a step works on: rows[0..count), or all of [0, count) when rows is NULL. */
struct live {
  const uint16_t *rows;
  uint32_t count;
};

struct program {
  struct expr_env *env;
  uint32_t rows_max; /* that a register holds */
  struct step *steps;
  uint32_t steps_count;
  size_t steps_capacity;
  struct val **registers;
  uint32_t registers_count, registers_capacity;
  struct val *constants;
  uint32_t constants_count, constants_capacity;
  uint16_t *rooms[PROGRAM_DEPTH_MAX]; /* rows of each level of narrowing */
  struct live levels[PROGRAM_DEPTH_MAX + 1];
  uint32_t depth, depth_max;
  struct operand result;
  uint32_t next; /* the step after this one */
  /* variables: operands by number, for those of LETs and EACHs around what is being compiled */
  struct operand *variables;
  uint32_t variables_count;
  /* the body of an EACH: what it reads of the program around it, a column of its batch each */
  struct program *outer;
  struct operand *gathered;
  uint32_t gathered_count, gathered_capacity, gathered_first;
  /* of the run in progress */
  const struct batch *batch;
  struct arena *arena;
};

static inline uint32_t live_row(const struct live *live, uint32_t nth) {
  return live->rows ? live->rows[nth] : nth;
}
static inline const struct live *program_live(const struct program *program) {
  return &program->levels[program->depth];
}

static inline struct view program_view(const struct program *program, struct operand operand) {
  if (operand.kind == OPERAND_CONST) return (struct view){&program->constants[operand.index], 0};
  if (operand.kind == OPERAND_COLUMN)
    return (struct view){program->batch->columns[operand.index], 1};
  return (struct view){program->registers[operand.index], 1};
}
static inline const struct val *view_at(struct view view, uint32_t row) {
  return &view.base[row * view.stride];
}

/* ---- compiling, as program.c and each.c share it ---- */

enum { PROGRAM_VARIABLES_MAX = 256 };
status program__compile(struct program *program, const struct expr *expr, struct operand *out,
                        struct err *err);
/** A step whose result is a fresh register. */
status program__add_result(struct program *program, step_run *run, const struct expr *expr,
                           struct step **step, struct operand *out, struct err *err);
status program__add_constant(struct program *program, const struct val *value, struct operand *out,
                             struct err *err);
/** Column `slot` of the rows the outermost program works on. */
status program__column(struct program *program, uint32_t slot, struct operand *out,
                       struct err *err);
status program__compile_variable(struct program *program, const struct expr *expr,
                                 struct operand *out, struct err *err);
status program__compile_let(struct program *program, const struct expr *expr, struct operand *out,
                            struct err *err);
status program__compile_each(struct program *program, const struct expr *expr, struct operand *out,
                             struct err *err);
/** Reads `path` of an operand. */
status program__compile_path(struct program *program, const struct expr *expr,
                             struct operand subject, struct operand *out, struct err *err);

/** A comparison's answer as SQL's truth: clashes are counted and unknown. */
struct val program__compare(struct expr_env *env, enum expr_op op, const struct val *a,
                            const struct val *b);
/** SQL's truth of a value: true, false or NULL; other types are a clash. */
struct val program__truth(struct expr_env *env, const struct val *v);
/** The pattern with backslash as its escape, in env->arena. */
status program__pattern(struct expr_env *env, const struct expr *like, struct slice pattern,
                        struct slice *out, struct err *err);

/* The steps. */
step_run step_field, step_truth_unary, step_negate, step_compare, step_mongo_compare, step_distinct,
    step_between, step_in, step_like;
step_run step_arithmetic, step_concat, step_call, step_list, step_map, step_match, step_shape,
    step_contains, step_at, step_subquery;
step_run step_truth, step_each;
step_run step_copy, step_narrow_not_false, step_narrow_not_true, step_narrow_true, step_narrow_null,
    step_keep_not_true, step_keep_null, step_widen, step_and, step_or, step_null;

/** Compiles a projection's paths into a tree. */
status shape__compile(struct expr_env *env, const struct expr *expr, struct shape_tree **tree,
                      struct err *err);

#endif
