/* SPDX-License-Identifier: MIT */
/* Recovery: walks the frames in order, replays their records, and judges what comes after the last
 * good one. */
#include <stdlib.h>
#include <string.h>

#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "store/lsm/wal/wal_int.h"

enum { SCAN_BYTES = 1 << 20 }; /* what the search for later frames reads at once */

struct reader {
  const struct wal_options *options;
  wal_replay_fn *replay;
  void *context;
  struct wal_end *end;

  struct os_file *file;
  struct dbfile_path path;
  uint64_t file_bytes, offset;
  uint8_t *data; /* one frame */
  size_t capacity;
  uint64_t epoch;
  bool any_epoch; /* nothing was read yet: the log may begin in the middle of one */
};

/* ---- segments of the directory ---- */

struct listing {
  struct wal_segments *segments;
  uint64_t least;
  struct err *err;
};

static status list_one(void *context, const char *name) {
  struct listing *listing = context;
  uint64_t number;
  if (dbfile_parse(name, &number) != DBFILE_WAL || number < listing->least) return LUMA_OK;
  TRY(wal__segments_reserve(listing->segments, 1, listing->err));
  listing->segments->items[listing->segments->count++] =
      (struct wal_segment){.start.segment = number};
  return LUMA_OK;
}

static int compare_segments(const void *a, const void *b) {
  uint64_t left = ((const struct wal_segment *)a)->start.segment,
           right = ((const struct wal_segment *)b)->start.segment;
  return (left > right) - (left < right);
}

static status list_segments(const struct wal_options *options, uint64_t least,
                            struct wal_segments *segments, struct err *err) {
  struct listing listing = {segments, least, err};
  TRY(os_list_dir(options->os, options->directory, list_one, &listing, err));
  if (segments->count)
    qsort(segments->items, segments->count, sizeof *segments->items, compare_segments);
  return LUMA_OK;
}

/* ---- one file ---- */

static status reader_close(struct reader *reader, struct err *err) {
  struct os_file *file = reader->file;
  reader->file = NULL;
  return file ? os_close(reader->options->os, file, err) : LUMA_OK;
}

static status reader_open(struct reader *reader, uint64_t number, struct err *err) {
  TRY(reader_close(reader, err));
  TRY(dbfile_make(reader->options->directory, DBFILE_WAL, number, &reader->path, err));
  TRY(os_open(reader->options->os, reader->path.text, OS_OPEN_READ, &reader->file, err));
  reader->offset = 0;
  return os_size(reader->options->os, reader->file, &reader->file_bytes, err);
}

static status reader_reserve(struct reader *reader, size_t bytes, struct err *err) {
  if (bytes <= reader->capacity) return LUMA_OK;
  uint8_t *data = mem_alloc(bytes);
  if (!data) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a log frame of %zu bytes", bytes);
  mem_free(reader->data);
  reader->data = data;
  reader->capacity = bytes;
  return LUMA_OK;
}

/* Reads the frame at `offset` whole; `*intact` false when there is none of this database. */
static status read_frame(struct reader *reader, uint64_t offset, struct frame *frame, bool *intact,
                         struct err *err) {
  struct os *os = reader->options->os;
  size_t got;
  *intact = false;
  if (offset + FRAME_ALIGN > reader->file_bytes) return LUMA_OK;
  TRY(reader_reserve(reader, FRAME_ALIGN, err));
  TRY(os_read_at(os, reader->file, offset, reader->data, FRAME_ALIGN, &got, err));
  if (got < FRAME_ALIGN || !frame_decode(reader->data, frame)) return LUMA_OK;
  uint64_t bytes = frame_bytes(frame->payload_bytes);
  if (frame->database != reader->options->database || offset + bytes > reader->file_bytes)
    return LUMA_OK;
  if (bytes > FRAME_ALIGN) {
    TRY(reader_reserve(reader, (size_t)bytes, err));
    TRY(os_read_at(os, reader->file, offset, reader->data, (size_t)bytes, &got, err));
    struct frame again;
    if (got < bytes || !frame_decode(reader->data, &again) ||
        again.payload_bytes != frame->payload_bytes)
      return LUMA_OK;
  }
  *intact = frame_is_intact(frame, reader->data);
  return LUMA_OK;
}

/* True when `frame` is the one that follows what was read so far. */
static bool continues(const struct reader *reader, const struct frame *frame) {
  const struct wal_end *end = reader->end;
  bool epoch_fits =
      reader->any_epoch || frame->epoch == reader->epoch || (frame->flags & FRAME_FIRST);
  return frame->lsn == end->lsn && frame->previous_crc == end->crc && epoch_fits;
}

static status replay_records(struct reader *reader, const struct frame *frame, struct err *err) {
  const uint8_t *at = reader->data + FRAME_HEADER_BYTES, *end = at + frame->payload_bytes;
  while (at < end) {
    size_t left = (size_t)(end - at);
    uint32_t bytes = left < WAL_RECORD_HEADER_BYTES ? 0 : load32le(at);
    if (left < WAL_RECORD_HEADER_BYTES || bytes > left - WAL_RECORD_HEADER_BYTES)
      FAIL(err, LUMA_CORRUPT, "`%s` has a record that leaves its frame at offset %llu",
           reader->path.text, (unsigned long long)reader->offset);
    status answer =
        reader->replay(reader->context, slice_of(at + WAL_RECORD_HEADER_BYTES, bytes), err);
    if (answer == LUMA_CORRUPT)
      err_wrap(err, "`%s` at offset %llu", reader->path.text, (unsigned long long)reader->offset);
    TRY(answer);
    at += WAL_RECORD_HEADER_BYTES + bytes;
  }
  return LUMA_OK;
}

static void step(struct reader *reader, const struct frame *frame) {
  struct wal_end *end = reader->end;
  reader->offset += frame_bytes(frame->payload_bytes);
  reader->epoch = frame->epoch;
  reader->any_epoch = false;
  end->offset = reader->offset;
  end->lsn = frame->lsn + frame_bytes(frame->payload_bytes);
  end->crc = frame->crc;
  if (frame->edits > end->edits) end->edits = frame->edits;
  if (frame->durable_lsn > end->durable_lsn) end->durable_lsn = frame->durable_lsn;
}

/* Replays the open segment; `*entered` tells whether even its first frame continued the log. */
static status replay_segment(struct reader *reader, bool *entered, struct err *err) {
  *entered = false;
  for (;;) {
    struct frame frame;
    bool intact;
    TRY(read_frame(reader, reader->offset, &frame, &intact, err));
    if (!intact || !continues(reader, &frame)) return LUMA_OK;
    TRY(replay_records(reader, &frame, err));
    step(reader, &frame);
    *entered = true;
  }
}

/* ---- after the last good frame ---- */

static status refuse_claim(const struct reader *reader, uint64_t offset,
                           const struct dbfile_path *stop, uint64_t stop_offset, struct err *err) {
  err_raise(err, LUMA_CORRUPT, __FILE__, __LINE__,
            "`%s` is damaged at offset %llu: the frame in `%s` at offset %llu shows that durable "
            "commits stood there",
            stop->text, (unsigned long long)stop_offset, reader->path.text,
            (unsigned long long)offset);
  err_hint(err, "restore this file from a backup; nothing was changed");
  return LUMA_CORRUPT;
}

/* Looks in the open segment from `offset` on for an intact frame that says more was durable than we
 * found. */
static status search_claims(struct reader *reader, uint64_t offset, uint64_t *found,
                            struct err *err) {
  *found = UINT64_MAX;
  uint8_t *window = mem_alloc(SCAN_BYTES);
  if (!window) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to search the log");
  status answer = LUMA_OK;
  for (; answer == LUMA_OK && offset < reader->file_bytes && *found == UINT64_MAX;
       offset += SCAN_BYTES) {
    size_t got;
    answer = os_read_at(reader->options->os, reader->file, offset, window, SCAN_BYTES, &got, err);
    for (size_t at = 0; answer == LUMA_OK && at + FRAME_HEADER_BYTES <= got; at += FRAME_ALIGN) {
      struct frame frame;
      bool intact;
      if (!frame_decode(window + at, &frame) || frame.durable_lsn <= reader->end->lsn) continue;
      answer = read_frame(reader, offset + at, &frame, &intact, err);
      if (answer == LUMA_OK && intact) {
        *found = offset + at;
        break;
      }
    }
  }
  mem_free(window);
  return answer;
}

/* `all` are the segments of the directory; the log ends in all->items[last]. */
static status judge_tail(struct reader *reader, const struct wal_segments *all, size_t last,
                         struct err *err) {
  struct dbfile_path stop;
  uint64_t stop_offset = reader->end->offset;
  TRY(dbfile_make(reader->options->directory, DBFILE_WAL, all->items[last].start.segment, &stop,
                  err));
  for (size_t i = last; i < all->count; i++) {
    uint64_t found;
    TRY(reader_open(reader, all->items[i].start.segment, err));
    TRY(search_claims(reader, i == last ? stop_offset : 0, &found, err));
    if (found != UINT64_MAX) return refuse_claim(reader, found, &stop, stop_offset, err);
  }
  return LUMA_OK;
}

/* ---- the whole ---- */

static status add_used(struct reader *reader, const struct wal_segments *all, size_t index,
                       struct wal_start start, struct err *err) {
  struct wal_segments *used = &reader->end->used;
  TRY(wal__segments_reserve(used, 1, err));
  start.segment = all->items[index].start.segment;
  used->items[used->count++] = (struct wal_segment){.start = start, .bytes = reader->file_bytes};
  return LUMA_OK;
}

static status add_spares(struct reader *reader, const struct wal_segments *all, size_t from,
                         struct err *err) {
  struct wal_segments *spares = &reader->end->spares;
  for (size_t i = from; i < all->count; i++) {
    TRY(reader_open(reader, all->items[i].start.segment, err));
    TRY(wal__segments_reserve(spares, 1, err));
    spares->items[spares->count++] = (struct wal_segment){
        .start = all->items[i].start, .bytes = reader->file_bytes / FRAME_ALIGN * FRAME_ALIGN};
  }
  return LUMA_OK;
}

/* A segment made but not begun may stand between two used ones only if it gave way to a larger one
 * and its removal was lost; it is then passed over, and left to be removed with the others. */
static status replay_all(struct reader *reader, const struct wal_segments *all, struct err *err) {
  size_t last = 0;
  for (size_t i = 0; i < all->count; i++) {
    struct wal_start start = {0, reader->end->lsn, reader->end->crc};
    bool entered;
    TRY(reader_open(reader, all->items[i].start.segment, err));
    TRY(replay_segment(reader, &entered, err));
    if (i > 0 && !entered) continue;
    TRY(add_used(reader, all, i, start, err));
    last = i;
  }
  TRY(judge_tail(reader, all, last, err));
  return add_spares(reader, all, last + 1, err);
}

status wal_recover(const struct wal_options *options, struct wal_start start, wal_replay_fn *replay,
                   void *context, struct wal_end *end, struct err *err) {
  struct wal_segments all = {0};
  *end = (struct wal_end){.lsn = start.lsn, .crc = start.previous_crc};
  struct reader reader = {
      .options = options, .replay = replay, .context = context, .end = end, .any_epoch = true};
  status answer = list_segments(options, start.segment, &all, err);
  if (answer == LUMA_OK && (all.count == 0 || all.items[0].start.segment != start.segment))
    answer = err_raise(err, LUMA_CORRUPT, __FILE__, __LINE__, "log segment %llu is missing in `%s`",
                       (unsigned long long)start.segment, options->directory);
  if (answer == LUMA_OK) answer = replay_all(&reader, &all, err);
  status closed = reader_close(&reader, answer == LUMA_OK ? err : NULL);
  if (answer == LUMA_OK) answer = closed;
  mem_free(reader.data);
  mem_free(all.items);
  if (answer != LUMA_OK) wal_end_deinit(end);
  return answer;
}

void wal_end_deinit(struct wal_end *end) {
  mem_free(end->used.items);
  mem_free(end->spares.items);
  *end = (struct wal_end){0};
}
