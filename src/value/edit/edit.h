/* SPDX-License-Identifier: MIT */
/* Changing a document: a tree in an arena whose untouched parts stay borrowed slices of the
 * original, edited by path and written out again. UPDATE, $set/$unset/$inc/$push/$pull and merge
 * patch (RFC 7396) stand on it.
 *
 * A node is opened (its fields become nodes) when a path leads through it, so the cost of an edit
 * is that of the levels it passes. Values and paths given to edits are borrowed until the
 * last write. After a failed call the tree may hold part of the change: abandon it. One thread. */
#ifndef VALUE_EDIT_EDIT_H
#define VALUE_EDIT_EDIT_H

#include "base/mem/arena.h"
#include "value/doc/build.h"
#include "value/path/path.h"

enum { EDIT_PADDING_MAX = 100000 };

struct edit_node;
struct edit {
  struct arena *arena;
  struct edit_node *root;
};

/** Begins with a copy-on-write view of `root` (a MAP, borrowed). */
status edit_init(struct edit *edit, struct arena *arena, const struct val *root, struct err *err);
/** The value at `path` as it is now (deep containers that were edited are re-encoded into the
 * arena); MISSING if none. */
status edit_get(struct edit *edit, const struct path *path, struct val *out, struct err *err);
/** Sets, making missing maps on the way (lists for steps that are only an index) and padding lists
 * with null, at most EDIT_PADDING_MAX of them (LUMA_OUT_OF_RANGE); LUMA_TYPE_MISMATCH when a scalar
 * stands in the way. MISSING removes. */
status edit_set(struct edit *edit, const struct path *path, const struct val *value,
                struct err *err);
/** Removes; nothing happens if it is not there. A list element becomes null. */
status edit_unset(struct edit *edit, const struct path *path, struct err *err);
/** Merge patch, RFC 7396: null removes, maps merge, all else replaces. */
status edit_merge(struct edit *edit, const struct val *patch, struct err *err);
/** Writes the root's fields through `build` (into its open map); answers the builder's status. */
status edit_write(const struct edit *edit, struct build *build, struct err *err);

#endif
