/* SPDX-License-Identifier: MIT */
/* A question to many documents of one dictionary, answered on their stored bytes: is the value at a
 * path among some texts or numbers, or on one side of one? No value is made, nothing is copied.
 * What needs more than that (other types, names that stand inline, lists on the way) is left to
 * whoever asks: the answer is PROBE_UNSURE. Pure; any thread. */
#ifndef VALUE_DOC_PROBE_H
#define VALUE_DOC_PROBE_H

#include "value/doc/doc.h"

enum probe_answer { PROBE_NO, PROBE_YES, PROBE_UNSURE };

/** What a stored value has to do with the operand, by the total order: bits to be joined. */
enum probe_keep { PROBE_LESS = 1, PROBE_EQUAL = 2, PROBE_GREATER = 4 };

struct probe {
  uint32_t keep;            /* of enum probe_keep, about values[0]; with several values: EQUAL */
  uint32_t count;           /* at least 1 */
  const struct val *values; /* all TEXT, or all numbers as probe_takes says; ascending; borrowed */
  bool into_lists;          /* a list answers for its elements: YES if one does */
  bool knows_nulls;         /* NULL and nothing at all are NO; else PROBE_UNSURE */
  bool others_differ;       /* a value of another class is NO; else PROBE_UNSURE */
};

/** Whether values can be asked for: texts; integers; or one float64 that is a number. */
bool probe_takes(const struct val *values, uint32_t count);
/** What the document `root` (any value) answers. `ids` are the names of the path, each of
 * `names`; a path that ends early leads to nothing. */
enum probe_answer probe_ask(const struct probe *probe, const struct names *names,
                            const uint16_t *ids, uint32_t ids_count, const struct val *root);

#endif
