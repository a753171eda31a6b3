/* SPDX-License-Identifier: MIT */
/* Segments as files: made ahead, used again, removed. */
#include <string.h>

#include "base/core/assert.h"
#include "base/core/canary.h"
#include "base/mem/mem.h"
#include "store/lsm/wal/wal_int.h"

status wal__segments_reserve(struct wal_segments *segments, size_t more, struct err *err) {
  void *items = segments->items;
  if (!mem_grow(&items, &segments->capacity, segments->count + more, sizeof *segments->items))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the list of log segments");
  segments->items = items;
  return LUMA_OK;
}

void wal__segments_drop_first(struct wal_segments *segments) {
  ASSERT(segments->count > 0);
  segments->count--;
  memmove(segments->items, segments->items + 1, segments->count * sizeof *segments->items);
}

static status allocate_and_sync(struct os *os, struct os_file *file, uint64_t bytes,
                                struct err *err) {
  TRY(os_allocate(os, file, bytes, err));
  return os_sync(os, file, err);
}

status wal__segment_create(const struct wal_options *options, uint64_t number, uint64_t bytes,
                           struct err *err) {
  struct dbfile_path path;
  struct os_file *file;
  TRY(dbfile_make(options->directory, DBFILE_WAL, number, &path, err));
  unsigned direct = options->synced_writes ? OS_OPEN_DIRECT : 0;
  TRY(os_open(options->os, path.text, OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_EXCLUSIVE | direct,
              &file, err));
  status answer = allocate_and_sync(options->os, file, bytes, err);
  status closed = os_close(options->os, file, answer == LUMA_OK ? err : NULL);
  if (answer == LUMA_OK) answer = closed;
  if (answer == LUMA_OK) answer = os_sync_dir(options->os, options->directory, err);
  if (answer != LUMA_OK) os_remove(options->os, path.text, NULL);
  return answer;
}

status wal__segment_open(const struct wal_options *options, uint64_t number, struct os_file **file,
                         struct err *err) {
  struct dbfile_path path;
  TRY(dbfile_make(options->directory, DBFILE_WAL, number, &path, err));
  unsigned synced = options->synced_writes ? OS_OPEN_DIRECT | OS_OPEN_SYNCED : 0;
  if (canary_sings(CANARY_LOG_NOT_SYNCED)) synced &= ~(unsigned)OS_OPEN_SYNCED;
  return os_open(options->os, path.text, OS_OPEN_WRITE | synced, file, err);
}

status wal_create_first(const struct wal_options *options, struct wal_start start,
                        struct err *err) {
  uint64_t bytes = options->segment_bytes;
  if (bytes > WAL_FIRST_SEGMENT_BYTES) bytes = WAL_FIRST_SEGMENT_BYTES;
  return wal__segment_create(options, start.segment, bytes, err);
}

/* Segments grow with the database: each is twice the one before, up to the setting. */
static uint64_t next_segment_bytes(const struct wal *wal, uint64_t least) {
  uint64_t bytes = wal->used.items[wal->used.count - 1].bytes * 2;
  if (bytes > wal->options.segment_bytes) bytes = wal->options.segment_bytes;
  return bytes < least ? least : bytes;
}

static void remove_segment(const struct wal_options *options, uint64_t number) {
  struct dbfile_path path;
  if (dbfile_make(options->directory, DBFILE_WAL, number, &path, NULL) == LUMA_OK)
    os_remove(options->os, path.text, NULL);
}

/* A spare that is too small for the group gives way; its number is not used again. */
static void drop_small_spares(struct wal *wal, uint64_t bytes) {
  while (wal->spares.count > 0 && wal->spares.items[0].bytes < bytes) {
    remove_segment(&wal->options, wal->spares.items[0].start.segment);
    wal__segments_drop_first(&wal->spares);
  }
}

status wal__spare_ensure(struct wal *wal, uint64_t bytes, struct err *err) {
  if (wal->making) {
    cond_wait(&wal->changed, &wal->lock);
    return LUMA_OK;
  }
  TRY(wal__segments_reserve(&wal->spares, 1, err));
  TRY(wal__segments_reserve(&wal->used, wal->spares.count + 1, err));
  struct wal_segment made = {.start.segment = wal->segment_next++,
                             .bytes = next_segment_bytes(wal, bytes)};
  wal->making = true;
  mutex_unlock(&wal->lock);
  status answer = wal__segment_create(&wal->options, made.start.segment, made.bytes, err);
  mutex_lock(&wal->lock);
  wal->making = false;
  if (answer == LUMA_OK) {
    wal->spares.items[wal->spares.count++] = made;
    drop_small_spares(wal, bytes); /* not before: what is pending may count on one of them */
    wal__set_limit(wal);
  }
  cond_broadcast(&wal->changed);
  return answer;
}

status wal_prepare(struct wal *wal, struct err *err) {
  status answer = LUMA_OK;
  mutex_lock(&wal->lock);
  if (wal->failed == LUMA_OK && wal->spares.count == 0 && !wal->making)
    answer = wal__spare_ensure(wal, 0, err);
  mutex_unlock(&wal->lock);
  return answer;
}

/* ---- release ---- */

/* Renames a released segment to the next number: its frames are then of the past by their lsn. */
static bool recycle(struct wal *wal, struct wal_segment old, struct wal_segment *spare) {
  struct dbfile_path from, to;
  const struct wal_options *options = &wal->options;
  return dbfile_make(options->directory, DBFILE_WAL, old.start.segment, &from, NULL) == LUMA_OK &&
         dbfile_make(options->directory, DBFILE_WAL, spare->start.segment, &to, NULL) == LUMA_OK &&
         os_rename(options->os, from.text, to.text, NULL) == LUMA_OK &&
         os_sync_dir(options->os, options->directory, NULL) == LUMA_OK;
}

static bool is_worth_keeping(const struct wal *wal, struct wal_segment segment) {
  return wal->spares.count < WAL_SPARES_MAX && segment.bytes <= wal->options.segment_bytes &&
         segment.bytes >= next_segment_bytes(wal, 0) / 2;
}

/* With the lock held, and let go of while files are renamed or removed. `making` keeps others from
 * numbering spares. */
static void release_first(struct wal *wal) {
  struct wal_segment old = wal->used.items[0];
  struct wal_segment spare = {.bytes = old.bytes};
  wal__segments_drop_first(&wal->used);
  bool keep = is_worth_keeping(wal, old) &&
              wal__segments_reserve(&wal->spares, 1, NULL) == LUMA_OK &&
              wal__segments_reserve(&wal->used, wal->spares.count + 1, NULL) == LUMA_OK;
  if (keep) spare.start.segment = wal->segment_next++;
  wal->making = true;
  mutex_unlock(&wal->lock);
  if (keep) keep = recycle(wal, old, &spare);
  if (!keep) remove_segment(&wal->options, old.start.segment);
  mutex_lock(&wal->lock);
  wal->making = false;
  if (keep) {
    wal->spares.items[wal->spares.count++] = spare;
    wal__set_limit(wal);
  }
  cond_broadcast(&wal->changed);
}

void wal_release(struct wal *wal, struct wal_start start) {
  mutex_lock(&wal->lock);
  while (wal->used.count > 1 && wal->used.items[0].start.segment < start.segment) {
    if (wal->making)
      cond_wait(&wal->changed, &wal->lock);
    else
      release_first(wal);
  }
  mutex_unlock(&wal->lock);
}
