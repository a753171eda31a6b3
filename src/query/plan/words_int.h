/* SPDX-License-Identifier: MIT */
/* The table that words.gen.c has, ordered by kind. */
#ifndef QUERY_PLAN_WORDS_INT_H
#define QUERY_PLAN_WORDS_INT_H

#include "query/plan/words.h"

extern const struct word words__table[];
extern const uint32_t words__count;

#endif
