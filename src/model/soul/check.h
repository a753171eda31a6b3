/* SPDX-License-Identifier: MIT */
/* Validating beings: types (coerced where nothing is lost), required attributes, defaults, ranges,
 * lengths, patterns, choices, what is immutable, transitions. All faults are gathered. Expressions
 * (computed attributes, defaults, checks) are run by the caller over whole batches: see
 * model/db/soul/conform.c. One thread. */
#ifndef MODEL_SOUL_CHECK_H
#define MODEL_SOUL_CHECK_H

#include "model/soul/soul.h"
#include "value/doc/doc.h"

/** Where attributes stand in a dictionary: by name id, place in soul->attributes + 1, or 0. */
struct soul_binding {
  const struct names *names;
  const uint16_t *by_id;
  uint32_t count;
};

/** One way of checking, for many documents. */
struct soul_check {
  const struct soul *soul;
  bool open; /* attributes the soul does not name are allowed */
  struct soul_binding binding;
  struct soul_program *program; /* for patterns and guards; NULL when the soul has no rules */
  struct arena *arena;          /* values made */
  struct soul_faults *faults;
  bool tells_places;    /* places begin with the document's number … */
  uint32_t first_place; /* … counted from this one */
  /** Finds what a reference names: `*value` may be replaced by the key it stands for. NULL: taken
   * as it is. */
  status (*resolve)(void *context, const struct soul_attribute *attribute, struct val *value,
                    bool *changed, struct err *err);
  void *context;
};

/** What a document was found to be. */
struct soul_finding {
  bool changed;       /* `values` differ from the document's, or more come after it */
  bool is_faulty;     /* faults were added */
  struct val *values; /* by attribute; MISSING where it has none */
};

/** Checks document `nth` of the batch. `old` (may be NULL) is what it replaces. Faults go to
 * check->faults; only failures of the machine are the answer. */
status soul_check_document(struct soul_check *check, uint32_t nth, const struct val *root,
                           const struct val *old, struct soul_finding *finding, struct err *err);
/** Says that the name of `place` is none of these attributes, with what was probably meant. */
void soul_fault_unknown(struct soul_faults *faults, const struct soul_place *place,
                        const struct soul_attribute *attributes, uint32_t count);
/** One value against an attribute. `place` names it. */
status soul_check_value(struct soul_check *check, const struct soul_attribute *attribute,
                        const struct soul_place *place, struct val *value, bool *changed,
                        struct err *err);

#endif
