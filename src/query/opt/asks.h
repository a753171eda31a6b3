/* SPDX-License-Identifier: MIT */
/* What a condition asks of attributes in a way a key could answer: equality, ranges, prefixes,
 * null. */
#ifndef QUERY_OPT_ASKS_H
#define QUERY_OPT_ASKS_H

#include "query/opt/opt_int.h"

enum { ASKS_MAX = 64 };

enum ask_kind { ASK_EQUAL, ASK_RANGE, ASK_PREFIX, ASK_NULL, ASK_EXISTS };

struct ask {
  enum ask_kind kind;
  struct path path;
  const struct expr *computed; /* it is of this expression, and the path is empty; NULL: of it */
  bool is_key; /* the path may mean the key: `id` where the document has none of its own */
  bool mongo, spread;
  struct expr **values; /* EQUAL; PREFIX: the pattern, and perhaps a value that counts besides */
  uint32_t values_count;
  struct expr *low, *high; /* RANGE */
  bool low_open, high_open;
  bool may_be_missing; /* it may be true of what is missing, or of a list of none, which an index
                          of elements has in that place */
};

struct asks {
  struct opt *opt;
  struct ask items[ASKS_MAX];
  uint32_t count;
  const struct expr *condition, *also; /* what was asked, whole; NULL: nothing */
  const struct match *also_match;
};

/** Collects from a condition over one document column. What does not fit in ASKS_MAX is left out:
 * asks only narrow. */
status asks_collect(struct opt *opt, struct expr *condition, struct asks *asks, struct err *err);

/** How much of all documents a regular expression may match, roughly. */
double asks_share_of_regex(const struct val *value);

/** Adds what another condition asks besides: one of the two, the other NULL. */
status asks_add(struct asks *asks, struct expr *expr, const struct match *match, struct err *err);

#endif
