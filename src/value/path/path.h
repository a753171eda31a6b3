/* SPDX-License-Identifier: MIT */
/* Document paths: `a.b[2].c`, with names in backquotes or double quotes where they are not plain
 * (`"first name".x`). A path is parsed once, bound to a dictionary once, and then read from many
 * documents by comparing ids. Two ways to read: strictly (LQL: a step into a list needs an index)
 * and through lists (JQL: a name step into a list visits its elements, a number step is an index
 * and a name). Immutable after parse; any thread. */
#ifndef VALUE_PATH_PATH_H
#define VALUE_PATH_PATH_H

#include "base/core/err.h"
#include "base/mem/arena.h"
#include "base/text/buf.h"
#include "value/doc/doc.h"

enum { PATH_STEPS_MAX = DOC_DEPTH_MAX, PATH_NO_INDEX = INT32_MIN };

struct path_step {
  struct slice name; /* empty for an index step */
  int32_t index; /* index steps: 0-based, negative from the end; PATH_NO_INDEX else. In dotted form
                    digits give both name and index */
  bool is_name, is_index;
};

struct path {
  uint32_t count;
  struct path_step *steps;
};

/** Parses into `arena` (copies the names). `dotted`: MongoDB's form, where only dots separate and
 * digits may be an index. */
status path_parse(struct arena *arena, struct slice text, bool dotted, struct path *path,
                  struct err *err);
/** MongoDB's form as filters have it: a name may be empty, as in `a.` and `a..b`. */
status path_parse_filter(struct arena *arena, struct slice text, struct path *path,
                         struct err *err);
/** A path of one name, borrowed. `step` is the caller's room. */
struct path path_of_name(struct path_step *step, struct slice name);
/** Appends the text form. */
void path_format(const struct path *path, struct buf *out);
bool path_is_equal(const struct path *a, const struct path *b);
/** True when `prefix` leads to or above `path`. */
bool path_has_prefix(const struct path *path, const struct path *prefix);
/** The order of dotted paths: step by step, digits first, by their number, then names by their
 * bytes; a path stands right before those below it. */
int path_compare(const struct path *a, const struct path *b);

/** Reads strictly from a map or list; MISSING if it is not there. */
struct val path_get(const struct path *path, const struct val *root);

/** A path with its names looked up in one dictionary: the fast way over many documents of one
 * collection. */
struct path_bound {
  const struct path *path;
  const struct names *names;
  uint16_t *ids; /* per step; in the caller's arena */
};
status path_bind(const struct path *path, const struct names *names, struct arena *arena,
                 struct path_bound *bound, struct err *err);
/** path_get through bound ids; documents of another dictionary are read by name. */
struct val path_bound_get(const struct path_bound *bound, const struct val *root);

/** Called for each value a path reaches; answer false to stop. */
typedef bool path_visit_fn(void *context, const struct val *value);
/** Reads through lists as MongoDB does: each branch yields its value, or MISSING where it ends
 * early; list elements that are not maps are no branches, and a list at the path's end is yielded
 * whole. True if not stopped. */
bool path_visit(const struct path *path, const struct val *root, path_visit_fn *visit,
                void *context);
/** The same, where an element that the path's last step names by its place is given to `placed`. */
bool path_visit_placed(const struct path *path, const struct val *root, path_visit_fn *visit,
                       path_visit_fn *placed, void *context);

#endif
