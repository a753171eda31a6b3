/* SPDX-License-Identifier: MIT */
/* Building documents and values front to back into a buffer: begin, name, put, end. One pass, no
 * tree. Errors are sticky and answered by build_finish; until then the calls that follow do
 * nothing. Calls out of order (a value in a map without a name, an end without a begin) are faults
 * of the caller and asserted. Duplicate names in one map: the last one wins and keeps the first
 * one's place.
 *
 * How: values go straight to the end of the buffer; names and offsets of the open lists and maps
 * wait in `scratch`. The end of a list or map moves its values up by the directory's size and
 * writes the directory before them. A builder belongs to one thread and keeps its working memory
 * from one document to the next. */
#ifndef VALUE_DOC_BUILD_H
#define VALUE_DOC_BUILD_H

#include "base/text/buf.h"
#include "value/doc/doc.h"

struct build_frame;

/** Fields are private to value/doc, but for only_known and depth_max, which may be lowered before a
 * document begins. */
struct build {
  struct buf *out;
  struct names *names;
  struct buf scratch; /* names and offsets of the open lists and maps */
  struct build_frame *frames;
  size_t frames_capacity;
  uint32_t depth, depth_max;
  size_t start;
  bool is_started, is_document;
  bool only_known; /* names that have no id stay inline, and get none; set before it begins */
  struct err err;  /* the first failure */
};

/** Builds at the end of `out` (borrowed until deinit). `names`: where field names are interned;
 * NULL = inline. */
void build_init(struct build *build, struct buf *out, struct names *names);
void build_deinit(struct build *build);
/** Starts a document: header, then the root map is open. Or begin with any put: then one bare value
 * is built. */
void build_begin_document(struct build *build);
void build_begin_map(struct build *build);
void build_begin_list(struct build *build);
/** Ends the open list or map. */
void build_end(struct build *build);
/** Names the next value of the open map (copied). "_id" is the key slot. True when the name has an
 * id. */
bool build_name(struct build *build, struct slice name);
/** Puts a value; lists and maps are copied deeply (names re-resolved when the dictionaries differ).
 * MISSING puts nothing and drops the name. A DATE beyond what a TIMESTAMP can express is
 * LUMA_OUT_OF_RANGE. */
void build_put(struct build *build, const struct val *value);
/** Fields `from` up to `to` (exclusive) of `map` into the open map. At the top of a document those
 * of the builder's own dictionary are copied in one piece. */
void build_put_run(struct build *build, const struct val *map, uint32_t from, uint32_t to);
/** Field by field of `map` into the open map. */
void build_put_fields(struct build *build, const struct val *map);
/** Appends the document whose root is `map` as it stands, with its dictionary: what a builder with
 * that dictionary made. `*result` borrows from `out`. LUMA_TOO_LARGE past DOC_BYTES_MAX. */
status build_document_of(struct buf *out, const struct val *map, struct slice *result,
                         struct err *err);
/** The first failure so far, described in `err`, or LUMA_OK: lets a long producer stop early. */
status build_status(const struct build *build, struct err *err);
/** Ends the document or value: `*result` borrows from `out`; on failure `out` is cut back to where
 * it was. The builder may begin again. LUMA_TOO_LARGE past DOC_BYTES_MAX, LUMA_TOO_DEEP past
 * depth_max. */
status build_finish(struct build *build, struct slice *result, struct err *err);

#endif
