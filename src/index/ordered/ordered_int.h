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

/** The same of a wildcard index: adds them, in no order, their keys as lengths. (wildcard.c) */
status ordered__wildcard_entries(const struct index_def *def, const struct doc *document,
                                 struct slice record_key, struct index_entries *entries,
                                 struct err *err);

#endif
