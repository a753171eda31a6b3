/* SPDX-License-Identifier: MIT */
/* A draft: what a transaction has written so far and wants to hold, private until commit. One
 * record for each key touched, steps back to its savepoints, the ranges it erased or guards, the
 * payloads it emits. Knows no store: what lies below (snapshots, conflicts) is the business of the
 * implementation that owns the draft.
 *
 * What was put stays in place until the draft ends, also when it is overwritten or undone: reads
 * may point into it. After a call that failed the draft may hold a part of it: go back to a mark,
 * or end it. One thread at a time. */
#ifndef STORE_DRAFT_DRAFT_H
#define STORE_DRAFT_DRAFT_H

#include "store/draft/fifo.h"
#include "store/draft/keylist.h"
#include "store/store.h"

enum draft_kind { DRAFT_NONE, DRAFT_PUT, DRAFT_DELETE };

/** What was done to one key. Nothing at all (NONE, no add) once a savepoint undid it. */
struct draft_write {
  struct keylist_item item;
  enum draft_kind kind;
  bool has_add;
  struct slice value;         /* of a put */
  int64_t delta, least, most; /* of the adds, on top of the put if there is one */
};

/** Keys [range.from, range.to) of a space; `to` empty = no upper bound. */
struct draft_range {
  enum store_space space;
  struct store_range range;
};

struct draft {
  struct arena arena;
  struct keylist writes[STORE_SPACES]; /* draft_write */
  struct fifo guards;                  /* draft_range; those of one key are [key, key and a zero) */
  struct fifo erased;                  /* draft_range */
  struct fifo emits;                   /* slice; a zero stands after each */
  struct fifo undo;                    /* private; a mark is its length */
  bool keeps_undo;
};

void draft_init(struct draft *draft);
void draft_deinit(struct draft *draft);

/** The write of a key, or NULL. */
const struct draft_write *draft_find(const struct draft *draft, enum store_space space,
                                     struct slice key);
/** Whether the key lies in a range erased: what is below the draft is then not to be seen. */
bool draft_is_erased(const struct draft *draft, enum store_space space, struct slice key);
/** Whether the write does nothing. */
static inline bool draft_is_idle(const struct draft_write *write) {
  return write->kind == DRAFT_NONE && !write->has_add;
}
/** Whether there is nothing to commit. Guards alone are nothing. */
bool draft_is_empty(const struct draft *draft);

status draft_put(struct draft *draft, enum store_space space, struct slice key, struct slice value,
                 struct err *err);
status draft_delete(struct draft *draft, enum store_space space, struct slice key, struct err *err);
/** Notes the range and deletes the draft's own keys in it. */
status draft_erase(struct draft *draft, enum store_space space, struct store_range range,
                   struct err *err);
status draft_add(struct draft *draft, struct slice key, int64_t delta, int64_t least, int64_t most,
                 struct err *err);
/** `base` and the adds of `write`; LUMA_OUT_OF_RANGE when that is over 64 bits. */
status draft_sum(const struct draft_write *write, int64_t base, int64_t *sum, struct err *err);
status draft_guard_key(struct draft *draft, enum store_space space, struct slice key,
                       struct err *err);
status draft_guard_range(struct draft *draft, enum store_space space, struct store_range range,
                         struct err *err);
status draft_emit(struct draft *draft, struct slice payload, struct err *err);

uint64_t draft_mark(struct draft *draft);
/** Undoes all since the mark but guards; LUMA_INVALID_ARGUMENT if there is no such mark. */
status draft_undo(struct draft *draft, uint64_t mark, struct err *err);

#endif
