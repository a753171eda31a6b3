/* SPDX-License-Identifier: MIT */
#include "model/db/index/merged.h"

#include "base/ds/heap.h"
#include "base/mem/mem.h"
#include "index/index.h"
#include "model/db/model_int.h"
#include "value/key/key.h"

enum { STEP_MAX = 64, STEP_FACTOR = 4 };

/** One range, as far as it was read. */
struct stream {
  const struct model_stream *of;
  struct store_cursor *cursor;
  struct buf bounds, bytes; /* the range's ends; keys and values read, one behind the other */
  struct slice keys[STEP_MAX], values[STEP_MAX];
  uint32_t at, count, step;
  struct buf order; /* what the entry in hand is compared by: less comes first */
};

struct merged {
  const struct model_merge *merge;
  struct index_def by_key; /* of the streams that have no index */
  struct stream *streams;
  struct heap heap; /* of the numbers of streams that have an entry in hand */
  bool is_begun;
  uint64_t entries, handed;
  struct store_rows rows; /* of the step in hand, for all streams */
};

static bool is_before(const void *context, const void *a, const void *b) {
  const struct merged *merged = context;
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  int order = slice_compare(buf_slice(&merged->streams[left].order),
                            buf_slice(&merged->streams[right].order));
  return order ? order < 0 : left < right;
}

static struct slice behind(struct slice key, size_t bytes) {
  return slice_of(key.data + bytes, key.bytes - bytes);
}

static const struct index_def *def_of(const struct merged *merged, const struct stream *stream) {
  return stream->of->index ? &stream->of->index->def : &merged->by_key;
}

/** Moves over `count` parts from part `first` on, and over the document's key where they go that
 * far. */
static status pass_parts(const struct index_def *def, uint32_t first, uint32_t count,
                         struct slice *rest, struct err *err) {
  for (uint32_t i = first; i < first + count && i < def->keys_count; i++) {
    size_t bytes = key_part_bytes(*rest, def->keys[i].descending);
    if (bytes == 0) FAIL(err, LUMA_CORRUPT, "an entry of an index has too few parts");
    *rest = behind(*rest, bytes);
  }
  if (first + count > def->keys_count) *rest = behind(*rest, rest->bytes);
  return LUMA_OK;
}

/** A range that is read backwards has its greatest bytes first: their complement is least. */
static status take_order(struct merged *merged, struct stream *stream, struct err *err) {
  const struct model_stream *of = stream->of;
  struct slice key = stream->keys[stream->at];
  struct slice from = behind(key, sizeof(uint32_t)); /* the index's number */
  TRY(pass_parts(def_of(merged, stream), 0, of->points, &from, err));
  struct slice rest = from;
  TRY(pass_parts(def_of(merged, stream), of->points, merged->merge->parts, &rest, err));
  buf_reset(&stream->order);
  buf_append(&stream->order, from.data, from.bytes - rest.bytes);
  TRY(buf_check(&stream->order, "a key", err));
  for (size_t i = 0; of->backwards && i < stream->order.bytes; i++)
    stream->order.data[i] = (uint8_t)~stream->order.data[i];
  return LUMA_OK;
}

/** Rows are copied: they are the cursor's until its next step, and what is written meanwhile may
 * move them. Of records the keys are enough. */
static status copy_rows(struct stream *stream, struct store_rows *rows, struct err *err) {
  buf_reset(&stream->bytes);
  for (uint32_t i = 0; i < rows->count; i++) {
    if (!stream->of->index) rows->values[i].bytes = 0;
    buf_append_slice(&stream->bytes, rows->keys[i]);
    buf_append_slice(&stream->bytes, rows->values[i]);
  }
  TRY(buf_check(&stream->bytes, "entries of an index", err));
  const uint8_t *at = stream->bytes.data;
  for (uint32_t i = 0; i < rows->count; i++) {
    stream->keys[i] = slice_of(at, rows->keys[i].bytes);
    stream->values[i] = slice_of(at + rows->keys[i].bytes, rows->values[i].bytes);
    at += rows->keys[i].bytes + rows->values[i].bytes;
  }
  return LUMA_OK;
}

/** As long as few are wanted each entry is read when it is needed, then by ever more. */
static status refill(struct merged *merged, struct stream *stream, struct err *err) {
  TRY(store_cursor_next(stream->cursor, stream->step, &merged->rows, err));
  if (merged->handed >= merged->merge->wanted && stream->step < STEP_MAX)
    stream->step *= STEP_FACTOR;
  stream->at = 0;
  stream->count = merged->rows.count;
  merged->entries += merged->rows.count;
  if (stream->of->entries) *stream->of->entries += merged->rows.count;
  return copy_rows(stream, &merged->rows, err);
}

/** The stream's next entry in hand; `*has` false: it has ended. */
static status step(struct merged *merged, struct stream *stream, bool *has, struct err *err) {
  stream->at++;
  if (stream->at >= stream->count) TRY(refill(merged, stream, err));
  *has = stream->count > 0;
  return *has ? take_order(merged, stream, err) : LUMA_OK;
}

static status begin(struct merged *merged, struct err *err) {
  merged->is_begun = true;
  for (uint32_t i = 0; i < merged->merge->count; i++) {
    bool has = false;
    TRY(step(merged, &merged->streams[i], &has, err));
    if (has && !heap_push(&merged->heap, &i)) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a scan");
  }
  return LUMA_OK;
}

/** The entry handed out last makes room for the next one of its stream. */
static status go_on(struct merged *merged, struct err *err) {
  const uint32_t *first = heap_peek(&merged->heap);
  bool has = false;
  if (!first) return LUMA_OK;
  TRY(step(merged, &merged->streams[*first], &has, err));
  if (has)
    heap_replace(&merged->heap, first);
  else
    (void)heap_pop(&merged->heap, NULL);
  return LUMA_OK;
}

status merged_next(struct merged *merged, struct merged_entry *entry, struct err *err) {
  *entry = (struct merged_entry){0};
  TRY(merged->is_begun ? go_on(merged, err) : begin(merged, err));
  const uint32_t *first = heap_peek(&merged->heap);
  if (!first) return LUMA_OK;
  const struct stream *stream = &merged->streams[*first];
  *entry = (struct merged_entry){stream->of->index ? &stream->of->index->def : NULL,
                                 stream->keys[stream->at], stream->values[stream->at]};
  merged->handed++;
  return LUMA_OK;
}

uint64_t merged_entries(const struct merged *merged) {
  return merged->entries;
}

static status open_stream(struct model_txn *txn, const struct merged *merged, struct stream *stream,
                          struct err *err) {
  const struct model_stream *of = stream->of;
  const struct index_def *def = def_of(merged, stream);
  struct store_range range;
  TRY(index_method(def)->range(def, &of->bounds, &stream->bounds, &range, err));
  return store_cursor_open(txn->store, of->index ? STORE_ENTRIES : STORE_RECORDS, range,
                           of->backwards, &stream->cursor, err);
}

static status open_streams(struct model_txn *txn, struct merged *merged, struct err *err) {
  for (uint32_t i = 0; i < merged->merge->count; i++) {
    struct stream *stream = &merged->streams[i];
    stream->of = &merged->merge->streams[i];
    stream->step = 1;
    buf_init(&stream->bounds, MODEL_SCRATCH_BYTES_MAX);
    buf_init(&stream->bytes, MODEL_SCRATCH_BYTES_MAX);
    buf_init(&stream->order, MODEL_SCRATCH_BYTES_MAX);
  }
  for (uint32_t i = 0; i < merged->merge->count; i++)
    TRY(open_stream(txn, merged, &merged->streams[i], err));
  return LUMA_OK;
}

status merged_create(struct model_txn *txn, const struct collection *collection,
                     const struct model_merge *merge, struct merged **merged, struct err *err) {
  struct merged *made = mem_zalloc(1, sizeof *made);
  *merged = NULL;
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a scan");
  made->merge = merge;
  made->by_key = model__key_def(collection);
  heap_init(&made->heap, sizeof(uint32_t), is_before, made);
  made->streams = mem_zalloc(merge->count + 1u, sizeof *made->streams);
  status done = made->streams ? open_streams(txn, made, err)
                              : err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__,
                                          "no memory for a scan");
  if (done == LUMA_OK)
    *merged = made;
  else
    merged_destroy(made);
  return done;
}

void merged_destroy(struct merged *merged) {
  if (!merged) return;
  for (uint32_t i = 0; merged->streams && i < merged->merge->count; i++) {
    struct stream *stream = &merged->streams[i];
    if (stream->cursor) store_cursor_close(stream->cursor);
    buf_deinit(&stream->bounds);
    buf_deinit(&stream->bytes);
    buf_deinit(&stream->order);
  }
  heap_deinit(&merged->heap);
  mem_free(merged->streams);
  mem_free(merged);
}
