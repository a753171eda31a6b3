/* SPDX-License-Identifier: MIT */
/* information_schema: what the catalog holds, as SQL's standard tells it (ISO/IEC 9075-11), as far
 * as it has a meaning here. A table of it in FROM becomes rows of constants: the statement is bound
 * anew whenever it is run, as with views. */
#ifndef QUERY_BIND_INFORMATION_H
#define QUERY_BIND_INFORMATION_H

#include "query/bind/bind_int.h"

/** Whether a path in FROM names a table of it. */
bool information_is_meant(const struct path *path);
/** Makes the SCAN its rows; LUMA_UNKNOWN_COLLECTION names the nearest table. */
status information_bind(struct binder *binder, struct plan **node, struct slice name,
                        struct err *err);

struct suggest;
/** The SELECT that a table of pg_catalog, or sqlite_master, stands for; NULL: it is none. */
const char *information_catalog(struct slice name);
/** Offers the names of those. */
void information_catalog_names(struct suggest *suggest);
/** Makes the SCAN of such a table its SELECT. */
status information_bind_catalog(struct binder *binder, struct plan **node, struct slice name,
                                struct err *err);
/** Whether a SCAN is of one of them: no collection is called so. */
bool information_is_scanned(const struct binder *binder, const struct plan *scan);
/** Whether a path in FROM names a table of pg_catalog. */
bool information_is_catalog(const struct path *path);

/* ---- between the files ---- */

enum { INFORMATION_COLUMNS_MAX = 16 };

/** Rows being gathered. */
struct information {
  struct binder *binder;
  struct expr **exprs;
  uint32_t count, capacity, width; /* values, not rows */
  uint64_t offset;
};

typedef status information_fill(struct information *rows, struct err *err);

struct information_table {
  const char *name;
  const char *columns[INFORMATION_COLUMNS_MAX]; /* ended by NULL */
  information_fill *fill;
};

/** A row: as many values as the table has columns, texts borrowed from the catalog or static. */
status information_add(struct information *rows, const struct val *values, struct err *err);
/** A text of the arena's; MISSING when it is out (information_add then fails). */
struct val information_text(struct information *rows, struct buf *text);
static inline struct val information_word(const char *word) {
  return val_text(slice_of_text(word));
}

/** Constraints (information_constraints.c). */
information_fill information_constraints, information_keys;
/** Indexes (information_indexes.c). */
information_fill information_indexes;

#endif
