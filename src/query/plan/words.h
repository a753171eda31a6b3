/* SPDX-License-Identifier: MIT */
/* The words of MongoDB's language, from spec/mongo.tsv: expression operators, accumulators, stages,
 * query and update operators, commands; which there are, and what arguments they take. The page
 * docs/mongodb.md is made of the same rows. Constant; any thread. */
#ifndef QUERY_PLAN_WORDS_H
#define QUERY_PLAN_WORDS_H

#include "value/val/val.h"

enum word_kind {
  WORD_EXPRESSION,
  WORD_ACCUMULATOR,
  WORD_STAGE,
  WORD_QUERY,
  WORD_UPDATE,
  WORD_COMMAND
};

/** Whether it is there, and as MongoDB has it. */
enum word_state { WORD_WORKS, WORD_DIFFERS, WORD_REFUSED };

struct word {
  const char *name; /* first: tables of names are searched for the nearest */
  enum word_kind kind;
  enum word_state state;
  const char *params; /* names of arguments, spaces between, `?` behind those that may be left out;
                         NULL: by position */
  uint16_t least, most; /* arguments by position; WORD_ANY: no limit */
  bool alone;           /* the first argument by name may also stand by itself */
  bool listed;          /* the first is a list, which may also stand by itself */
  bool called;          /* an expression that is a function */
  const char *why;      /* how it differs, or why it is not there */
};

enum { WORD_ANY = UINT16_MAX, WORD_PARAMS_MAX = 12 };

/** NULL if there is none. */
const struct word *word_find(enum word_kind kind, struct slice name);
/** The words of a kind, side by side; answers how many. */
uint32_t words_of(enum word_kind kind, const struct word **first);

/** What a function sees for an argument that was not given: told from one that has no value. */
static inline struct val word_absent(void) {
  return (struct val){.type = VAL_MISSING, .sub = 1};
}
static inline bool word_is_given(const struct val *v) {
  return v->type != VAL_MISSING || v->sub == 0;
}

#endif
