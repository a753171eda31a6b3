/* SPDX-License-Identifier: MIT */
/* Reads one attribute from many documents: the path is bound to the dictionary of the documents
 * once and read by ids after. Knows the key's two names, and MongoDB's way of reading through
 * lists. One thread. */
#ifndef QUERY_EXPR_FIELD_H
#define QUERY_EXPR_FIELD_H

#include "query/expr/env.h"
#include "value/doc/build.h"
#include "value/doc/probe.h"
#include "value/edit/edit.h"

struct field_reader {
  struct path path;
  struct path key_path; /* the same with the key slot as its first step */
  struct path_bound bound, key_bound;
  bool is_key; /* the path begins with `id` */
  bool dotted;
  bool is_bound;
  bool is_known; /* bound, and the dictionary has all names of the path */
};

status field_reader_init(struct field_reader *reader, struct expr_env *env, const struct path *path,
                         bool is_key, bool dotted, struct err *err);
/** Binds to the dictionary of `document`, unless it is. Before each batch. */
status field_reader_bind(struct field_reader *reader, struct expr_env *env,
                         const struct val *document, struct err *err);
/** The strict value: MISSING where the path ends early. */
struct val field_read(const struct field_reader *reader, const struct val *document);
/** What the document answers to a probe of the value, as far as its bytes alone tell. */
static inline enum probe_answer field_ask(const struct field_reader *reader,
                                          const struct probe *probe, const struct val *document) {
  if (!reader->is_known || reader->is_key) return PROBE_UNSURE;
  return probe_ask(probe, reader->bound.names, reader->bound.ids, reader->path.count, document);
}
/** MongoDB's value: a name step into a list gives the list of what its elements have. New lists
 * live in `arena`. */
status field_read_dotted(const struct field_reader *reader, struct expr_env *env,
                         struct arena *arena, const struct val *document, struct val *out,
                         struct err *err);
/** Visits as path_visit does. */
bool field_visit(const struct field_reader *reader, const struct val *document,
                 path_visit_fn *visit, void *context);
/** Visits as path_visit_placed does. */
bool field_visit_placed(const struct field_reader *reader, const struct val *document,
                        path_visit_fn *visit, path_visit_fn *placed, void *context);
/** Takes the value standing in env->scratch (built with build_*) into `arena` and empties the
 * scratch. */
status field_take_built(struct expr_env *env, struct arena *arena, struct build *build,
                        struct val *out, struct err *err);
/** Takes the edited document into `arena`; uses env->scratch, which is empty before and after. */
status field_take_edited(struct expr_env *env, struct arena *arena, const struct edit *edit,
                         struct val *out, struct err *err);

#endif
