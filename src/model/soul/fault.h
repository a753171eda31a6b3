/* SPDX-License-Identifier: MIT */
/* Faults of a genotype or a being, gathered so that an error lists all of them: path, rule, value,
 * and what is wrong in words. Values of sensitive attributes are masked here, once for all ways
 * out. One thread. */
#ifndef MODEL_SOUL_FAULT_H
#define MODEL_SOUL_FAULT_H

#include "base/core/err.h"
#include "base/text/buf.h"
#include "value/val/val.h"

enum { SOUL_FAULTS_SHOWN_MAX = 100, SOUL_VALUE_SHOWN_BYTES = 120 };

/** Where in a document: a chain of steps on the callers' stacks. */
struct soul_place {
  const struct soul_place *up;
  struct slice name; /* empty: an index */
  uint32_t index;
};

struct soul_faults {
  uint32_t count;
  struct buf json;      /* objects, separated by commas */
  struct buf text;      /* "`path` what; …" */
  const struct val *id; /* the key of the being, told with each fault; NULL: it is not */
};

void soul_faults_init(struct soul_faults *faults);
void soul_faults_deinit(struct soul_faults *faults);
/** One fault. `value` NULL or MISSING: there is none to show. */
struct soul_fault {
  const struct soul_place *place;
  const char *rule; /* "required", "min", …; static */
  const struct val *value;
  bool sensitive;
};
void soul_faults_add(struct soul_faults *faults, const struct soul_fault *fault, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));
/** Fills `err` with the faults (the first ones in its message, all in its list); answers `code`, or
 * LUMA_OK when there is none. `subject`: "the genotype", "a being of `users`". */
status soul_faults_raise(struct soul_faults *faults, status code, const char *subject,
                         struct err *err);
/** Appends the place as a path: `address.city`, `tags[2]`. */
void soul_place_format(const struct soul_place *place, struct buf *out);
/** Appends a value as people may see it: short, or masked. */
void soul_show_value(struct buf *out, const struct val *value, bool sensitive);

#endif
