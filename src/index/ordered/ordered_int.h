/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. */
#ifndef INDEX_ORDERED_ORDERED_INT_H
#define INDEX_ORDERED_ORDERED_INT_H

#include "index/ordered/ordered.h"

enum { ORDERED_NUMBER_BYTES = 4 };

/** The value as the index has it. */
static inline status ordered__fold(const struct index_entries *entries, const struct val *value,
                                   struct val *key, struct err *err) {
  *key = *value;
  return entries->fold ? entries->fold->key(entries->fold->context, value, key, err) : LUMA_OK;
}
/** struct index_method, `entries`. */
status ordered__entries(const struct index_def *def, const struct doc *document,
                        const struct val *computed, struct slice record_key,
                        struct index_entries *entries, struct err *err);

/** Shows the paths of the document that a wildcard index has, and what is there. (wildcard.c) */
struct ordered_leaves {
  status (*visit)(void *context, struct slice path, const struct val *value, struct err *err);
  void *context;
  void (*list)(void *context,
               struct slice path); /* one stands there, or several fields may be meant */
};
status ordered__wildcard_walk(const struct index_def *def, const struct doc *document,
                              struct ordered_leaves *leaves, struct err *err);

#endif
