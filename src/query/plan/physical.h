/* SPDX-License-Identifier: MIT */
/* How nodes are to be run: what the optimizer decides and the executor follows. No node needs one:
 * without it a SCAN reads everything in key order, a JOIN compares all pairs, a SORT sorts. Lives
 * in the statement's arena, immutable. */
#ifndef QUERY_PLAN_PHYSICAL_H
#define QUERY_PLAN_PHYSICAL_H

#include "query/plan/plan.h"

struct catalog_index;

/** What is asked of one part of a key. The values are known when the statement is opened. */
struct plan_part {
  bool is_equal; /* the part is one of `values` (a value that is a list, with `spread`: one of its
                    elements); else a range */
  bool spread;
  bool mongo;   /* by MongoDB's type brackets; else SQL's comparison */
  bool is_null; /* the part is missing or null */
  bool prefix;  /* LIKE: `low` is a pattern whose literal beginning bounds the part; `high`: a value
                   that the part may be besides, NULL: none */
  struct expr **values; /* is_equal */
  uint32_t values_count;
  struct expr *low, *high;
  bool low_open, high_open;
  struct expr
      *also; /* is_equal: of an index of elements, the list must hold this, too; a constant
                that equals nothing else, as values[0] does. NULL: nothing is asked besides */
};

/** What a SCAN hands out of the entries of its index, without reading documents. */
enum plan_cover {
  PLAN_COVER_NONE,
  PLAN_COVER_VALUES, /* maps of the index's attributes: nothing else is looked at */
  PLAN_COVER_ROWS    /* rows without values: they are only counted */
};

/** How a SCAN reads. */
struct plan_access {
  const struct catalog_index *index; /* NULL: the key itself */
  struct plan_part *parts;           /* conditions on leading parts; only the last may be a range */
  uint32_t parts_count;
  bool backwards;
  bool with_lists; /* lists are one entry and the predicate looks into them: read those entries too
                    */
  bool with_missing; /* and those of documents without the attribute */
  bool nulls_apart; /* an order with NULLs last (ascending) or first (descending): their entries are
                       read at that end */
  enum plan_cover cover;
  bool tells_apart; /* with cover, but not of a union: a document may have several of the entries,
                       and comes once */
  bool covers_key;  /* with cover VALUES: the maps have the document's key as `_id`, too */
  bool skips;       /* with cover VALUES: of entries that begin with one value not all are wanted */
  bool is_ordered;  /* a SORT above was dropped because of this order */
  struct plan_access *branches; /* a union: each read on its own, and what several find comes once;
                                   then the rest of this says nothing but rows and cost */
  uint32_t branches_count;
  bool merges;     /* a union: what its branches find comes in the order of `order`, which that of
                      their entries is behind their points (of a branch without an index that of
                      keys); `index` and `parts`, where they are set, are those that the branches
                      were made of */
  uint32_t points; /* a branch that is merged: parts that lead and are one value each */
  const struct plan_sort_key *order; /* merges */
  uint32_t order_count;
  struct val *from, *to; /* of all parts of the index, or the key: see struct plan_hint */
  bool is_hinted;        /* the statement asked for it */
  struct expr *bounded;  /* what a FILTER asked before what the bounds say went from it, or all of
                            it; for EXPLAIN. NULL: none did */
  double rows, cost;     /* estimated */
  struct slice *refused; /* why each other index was not chosen, a line each */
  uint32_t refused_count;
  struct plan_access *rejected; /* of these, the ways that fit and are dearer; for EXPLAIN */
  uint32_t rejected_count;
};

enum plan_join_method { PLAN_JOIN_LOOP, PLAN_JOIN_HASH, PLAN_JOIN_INDEX };

struct plan_physical {
  struct plan_access *access; /* SCAN */
  bool count_only;            /* AGGREGATE: a count of a whole collection */
  bool unordered;  /* SCAN, FILTER, PROJECT: rows of a whole collection are wanted in any order */
  bool collected;  /* SCAN, FILTER below an UPDATE: the same, and nothing is written until all of
                      them  are there */
  bool in_pieces;  /* FILTER, PROJECT over a FILTER: the same rows may be found by several threads,
                      and  come in the order of one */
  bool by_workers; /* AGGREGATE, DISTINCT unwound, SORT of first rows over such an input: several
                      threads may each do it for parts of it */
  struct expr *top_limit, *top_skip; /* SORT: only so many first rows are needed */
  enum plan_join_method join;
  struct expr **left_keys,
      **right_keys; /* JOIN: equal pairs; left over the left's columns, right over the right's */
  uint32_t keys_count;
  bool keeps_left; /* hash JOIN: the left side is the smaller one, and is kept in memory */
};

#endif
