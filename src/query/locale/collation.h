/* SPDX-License-Identifier: MIT */
/* Collations: the order and equality of texts that a language has, through ICU. A text becomes its
 * sort key, bytes whose order is the collation's; then everything that compares values works as it
 * does without. Made from MongoDB's specification: locale, strength, caseLevel, caseFirst,
 * numericOrdering, alternate, maxVariable, normalization, backwards. One thread. */
#ifndef QUERY_LOCALE_COLLATION_H
#define QUERY_LOCALE_COLLATION_H

#include "base/core/err.h"
#include "base/text/slice.h"
#include "value/val/val.h"

struct collation;

/** `spec` is a MAP. NULL in `*collation` for the simple one, which compares bytes.
 * LUMA_INVALID_ARGUMENT says what is wrong with it. */
status collation_create(const struct val *spec, struct collation **collation, struct err *err);
void collation_destroy(struct collation *collation);

/** SQL's COLLATE: a collation by its name, a BCP 47 tag ("de", "en-u-ks-level2"; "de_DE" and
 * PostgreSQL's "de-x-icu" too). The one asked for last stays open. */
struct collation_named {
  struct collation *collation;
  char name[64];
};
/** Borrowed, until another is asked for or the end. LUMA_INVALID_ARGUMENT: there is none. */
status collation_named_get(struct collation_named *named, struct slice name,
                           struct collation **collation, struct err *err);
void collation_named_deinit(struct collation_named *named);

/** The value with each of its texts as a sort key. It borrows from room `which` (0 or 1) of the
 * collation until that is used again. */
status collation_key(struct collation *collation, int which, const struct val *value,
                     struct val *key, struct err *err);
/** Whether collation_key would change it. */
static inline bool collation_concerns(const struct val *value) {
  return value->type == VAL_TEXT || value->type == VAL_LIST || value->type == VAL_MAP;
}
/** Compares two values; `*order` as val_compare. */
status collation_compare(struct collation *collation, const struct val *a, const struct val *b,
                         int *order, struct err *err);

#endif
