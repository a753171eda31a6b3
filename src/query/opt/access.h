/* SPDX-License-Identifier: MIT */
/* Ways to read a collection for a condition, and what they cost. */
#ifndef QUERY_OPT_ACCESS_H
#define QUERY_OPT_ACCESS_H

#include "model/catalog/catalog.h"
#include "query/opt/asks.h"

/** Why an index cannot serve. */
enum access_refusal {
  ACCESS_FITS,
  ACCESS_NOT_READY,
  ACCESS_NO_CONDITION,
  ACCESS_LISTS,
  ACCESS_SPARSE,
  ACCESS_PARTIAL,
  ACCESS_HIDDEN,
  ACCESS_NO_PATH,
  ACCESS_COLLATION,
  ACCESS_NO_ORDER,
  ACCESS_COSTLIER
};

/** Fills `access` for reading by `index` (NULL: by key) within what is asked; without conditions it
 * reads everything. */
status access_make(struct opt *opt, const struct collection *collection,
                   const struct catalog_index *index, const struct asks *asks,
                   struct plan_access *access, enum access_refusal *refusal, struct err *err);
enum { ACCESS_BRANCHES_MAX = 64 };
/** Fills `access` with the parts of a wildcard index that one of the asks bounds, behind those of
 * the keys before the path; no parts: none does. `share`: of all documents, roughly, is made less.
 * (wildcard.c) */
status access_make_wildcard(struct opt *opt, const struct collection *collection,
                            const struct catalog_index *index, const struct asks *asks,
                            struct plan_access *access, double *share, struct err *err);
/** Whether a wildcard index is read at one of its paths alone; true of other indexes. Documents may
 * lack a path, or have several. */
bool access_is_of_one_path(const struct plan_access *access);
/** Whether that is this path. */
bool access_wildcard_is_of(const struct plan_access *access, const struct path *path);
/** Whether lists may be met there, or on the way. */
bool access_wildcard_has_lists(const struct opt *opt, const struct collection *collection,
                               const struct plan_access *access);

/** Fills `access` for a condition that holds a disjunction whose alternatives can each be read by
 * the key or an index. `*fits` false: it does not. */
status access_make_union(struct opt *opt, const struct plan *scan, struct expr *condition,
                         struct plan_access *access, bool *fits, struct err *err);
/** Adds to `chosen`, which has room, why the index is not used. */
status access_note_refusal(struct opt *opt, struct plan_access *chosen,
                           const struct catalog_index *index, enum access_refusal refusal,
                           struct err *err);
/** Whether the line says why this index is not used. */
bool access_refuses(struct slice line, const struct catalog_index *index);
/** Calls `each` with what every alternative of the disjunction in the condition asks, together with
 * the rest of it, as long as `*fits`; false when there is none, or it has too many. */
typedef status access_alternative(void *context, struct asks *asks, bool *fits, struct err *err);
status access_each_alternative(struct opt *opt, struct expr *condition, access_alternative *each,
                               void *context, bool *fits, struct err *err);
/** Counts what the way's ranges hold, as far as that is soon done, and weighs it by that. (probe.c)
 */
void access_probe(struct opt *opt, const struct collection *collection, struct plan_access *access);
/** Whether lists may be met in the index while the statement runs: then a document may have several
 * entries in it. */
bool access_has_lists(const struct opt *opt, const struct collection *collection,
                      const struct catalog_index *index);
/** The same of one of its keys: then that one may lead to several values. */
bool access_part_has_lists(const struct opt *opt, const struct collection *collection,
                           const struct catalog_index *index, uint32_t part);
/** What was asked for, whether or not it is worth it. As in MongoDB, an index that lacks documents
 * is followed too. (hint.c) */
status access_follow_hint(struct opt *opt, struct plan *scan, struct expr *condition,
                          struct err *err);
/** Whether the value is the same in each collation. */
bool access_is_plain(const struct val *value);
/** Whether texts stand in the index (NULL: the key) as the statement compares them. */
bool access_collates(const struct opt *opt, const struct catalog_index *index);
/** Whether the values of the ask are none that a collation concerns. */
bool access_is_uncollated(const struct ask *ask);
/** Equal to exactly one value of keys, whatever it is spelled as. */
bool access_is_point(const struct expr *value);
/** True when the path names the key of the collection's documents. `is_alias`: it is `id`, which
 * names the key only while no document has an attribute of that name. */
bool access_is_key(const struct collection *collection, const struct path *path, bool is_alias);
/** Documents in the collection, roughly. */
double access_count(const struct opt *opt, const struct collection *collection);

#endif
