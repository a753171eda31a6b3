/* SPDX-License-Identifier: MIT */
#include "store/lsm/feed/feed.h"

#include "base/mem/mem.h"
#include "store/lsm/record/record.h"

int feed_compare(struct store_pos a, struct store_pos b) {
  if (a.high != b.high) return a.high < b.high ? -1 : 1;
  return (a.low > b.low) - (a.low < b.low);
}

static struct store_pos trimmed(struct engine *engine) {
  mutex_lock(&engine->note_lock);
  struct store_pos position = engine->trimmed;
  mutex_unlock(&engine->note_lock);
  return position;
}

void feed_set_trimmed(struct engine *engine, struct store_pos position) {
  mutex_lock(&engine->note_lock);
  if (feed_compare(engine->trimmed, position) < 0) engine->trimmed = position;
  mutex_unlock(&engine->note_lock);
}

/* ---- reading ---- */

/** A reader of a stretch of the feed. */
struct stretch {
  struct engine *engine;
  struct engine_reader reader;
  struct merge_source *sources;
  struct merge *merge;
  struct store_rows *rows;
  uint8_t from[FEED_KEY_BYTES], to[FEED_KEY_BYTES];
};

static void stretch_close(struct stretch *stretch) {
  if (stretch->merge) merge_close(stretch->merge);
  mem_free(stretch->sources);
  mem_free(stretch->rows);
  engine_reader_end(stretch->engine, &stretch->reader);
}

static struct store_pos just_after(struct store_pos position) {
  return position.low == UINT64_MAX ? (struct store_pos){position.high + 1, 0}
                                    : (struct store_pos){position.high, position.low + 1};
}

/* Records after `after`, up to and with `until`. Ends with stretch_close in every case. */
static status stretch_open(struct stretch *stretch, struct store_pos after, struct store_pos until,
                           bool backwards, struct err *err) {
  const struct view *view = stretch->reader.view;
  stretch->sources = mem_alloc(view_sources_count(view, VIEW_FEED) * sizeof *stretch->sources);
  stretch->rows = mem_alloc(sizeof *stretch->rows);
  if (!stretch->sources || !stretch->rows)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read the feed");
  struct merge_options options = {
      .space = VIEW_FEED,
      .backwards = backwards,
      .range = {feed_key_of(just_after(after), stretch->from),
                feed_key_of(just_after(until), stretch->to)},
      .sources = stretch->sources,
      .sources_count = view_sources(view, VIEW_FEED, stretch->reader.seq, stretch->sources)};
  return merge_open(&options, &stretch->merge, err);
}

static status stretch_begin(struct stretch *stretch, struct engine *engine, struct err *err) {
  *stretch =
      (struct stretch){.engine = engine, .reader.read_only = true, .reader.is_one_call = true};
  return engine_reader_begin(engine, &stretch->reader, err);
}

static status copy_rows(const struct store_rows *rows, struct arena *arena,
                        struct store_feed_record *records, struct err *err) {
  for (uint32_t i = 0; i < rows->count; i++) {
    void *payload = arena_copy(arena, rows->values[i].data, rows->values[i].bytes);
    if (!payload && rows->values[i].bytes)
      FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the feed's records");
    struct store_pos position = feed_position_of(rows->keys[i]);
    records[i] = (struct store_feed_record){position, position.high,
                                            slice_of(payload, rows->values[i].bytes)};
  }
  return LUMA_OK;
}

static status read_rows(struct stretch *stretch, uint32_t max, struct arena *arena,
                        struct store_feed_record **records, uint32_t *count, struct err *err) {
  struct store_feed_record *room = arena_zalloc(arena, (size_t)max + 1, sizeof *room);
  if (!room) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the feed's records");
  uint32_t taken = 0;
  for (bool more = true; more && taken < max;) {
    uint32_t step = max - taken < STORE_BATCH_MAX ? max - taken : STORE_BATCH_MAX;
    TRY(merge_rows(stretch->merge, step, stretch->rows, err));
    TRY(copy_rows(stretch->rows, arena, room + taken, err));
    taken += stretch->rows->count;
    more = stretch->rows->count > 0;
  }
  *records = room;
  *count = taken;
  return LUMA_OK;
}

enum { READ_MAX = 1 << 16 }; /* records of one call */

status feed_read(struct store *store, struct store_pos after, uint32_t max, struct arena *arena,
                 struct store_feed_record **records, uint32_t *count, struct err *err) {
  struct engine *engine = (struct engine *)store;
  struct stretch stretch;
  TRY(stretch_begin(&stretch, engine, err));
  struct store_pos newest = stretch.reader.position;
  status answer = LUMA_OK;
  /* Asked after the reader began: what is trimmed later is still in its view. */
  if (feed_compare(after, trimmed(engine)) < 0)
    answer = err_raise(err, LUMA_GAP, __FILE__, __LINE__,
                       "the feed no longer has all records after this position");
  bool has_more = feed_compare(after, newest) < 0;
  if (!has_more) max = 0;
  if (answer == LUMA_OK && has_more) answer = stretch_open(&stretch, after, newest, false, err);
  if (answer == LUMA_OK)
    answer = read_rows(&stretch, max < READ_MAX ? max : READ_MAX, arena, records, count, err);
  stretch_close(&stretch);
  return answer;
}

status feed_bounds(struct store *store, struct store_pos *oldest, struct store_pos *newest,
                   struct err *err) {
  struct engine *engine = (struct engine *)store;
  (void)err;
  mutex_lock(&engine->note_lock);
  *oldest = engine->trimmed;
  mutex_unlock(&engine->note_lock);
  *newest = engine_newest(engine);
  return LUMA_OK;
}

/* ---- trimming ---- */

/* The last record at or before `position`; all zeroes when there is none that is not trimmed. */
static status last_record(struct engine *engine, struct store_pos position, struct store_pos *last,
                          struct err *err) {
  struct stretch stretch;
  *last = (struct store_pos){0};
  TRY(stretch_begin(&stretch, engine, err));
  struct store_pos newest = stretch.reader.position, from = trimmed(engine);
  if (feed_compare(newest, position) < 0) position = newest;
  status answer = LUMA_OK;
  if (feed_compare(from, position) < 0) {
    answer = stretch_open(&stretch, from, position, true, err);
    if (answer == LUMA_OK) answer = merge_rows(stretch.merge, 1, stretch.rows, err);
    if (answer == LUMA_OK && stretch.rows->count) *last = feed_position_of(stretch.rows->keys[0]);
  }
  stretch_close(&stretch);
  return answer;
}

/* The log remembers it until files do. */
static status log_trim(struct engine *engine, struct store_pos position, struct err *err) {
  uint8_t record[RECORD_HEADER_BYTES + 16] = {RECORD_TRIM};
  store64le(record + RECORD_HEADER_BYTES, position.high);
  store64le(record + RECORD_HEADER_BYTES + 8, position.low);
  mutex_lock(&engine->commit_lock);
  record_finish(record, engine->last_seq, 0);
  status answer = wal_append(engine->wal, engine->last_seq, slice_of(record, sizeof record), err);
  mutex_unlock(&engine->commit_lock);
  return answer;
}

status feed_trim(struct store *store, struct store_pos position, struct err *err) {
  struct engine *engine = (struct engine *)store;
  struct store_pos last;
  TRY(engine_check_writable(engine, err));
  TRY(last_record(engine, position, &last, err));
  if (last.high == 0) return LUMA_OK;
  TRY(log_trim(engine, last, err));
  feed_set_trimmed(engine, last);
  return LUMA_OK;
}
