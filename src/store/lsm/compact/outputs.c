/* SPDX-License-Identifier: MIT */
/* Writing entries to files, cut where it pays. Large documents go to a blob file that is begun and
 * ended with the sorted file. */
#include <string.h>

#include "base/core/canary.h"
#include "base/mem/mem.h"
#include "store/lsm/compact/compact_int.h"

enum {
  BOUNDARY_FRACTION = 16
}; /* a file is cut at a boundary once it has this part of its full size */

static status sorted_path(const struct engine *engine, uint64_t number, struct dbfile_path *path,
                          struct err *err) {
  return dbfile_make(engine->directory, DBFILE_SORTED, number, path, err);
}

static status begin_file(struct compact_outputs *outputs, struct err *err) {
  struct engine *engine = outputs->engine;
  struct dbfile_path path;
  void *items = outputs->items;
  if (!mem_grow(&items, &outputs->capacity, outputs->count + 1, sizeof *outputs->items))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a list of files");
  outputs->items = items;
  outputs->number = manifest_take_number(engine->manifest);
  TRY(sorted_path(engine, outputs->number, &path, err));
  struct sorted_writer_options options = {.os = engine->os,
                                          .path = path.text,
                                          .number = outputs->number,
                                          .space = outputs->space,
                                          .codec = BLOCK_NONE,
                                          .block_bytes = (uint32_t)engine->options.block_bytes,
                                          .has_places = outputs->space == STORE_RECORDS};
  os_random(engine->os, options.uuid, sizeof options.uuid);
  return sorted_writer_create(&options, &outputs->writer, err);
}

/* ---- blob files ---- */

static status blob_path(const struct engine *engine, uint64_t number, struct dbfile_path *path,
                        struct err *err) {
  return dbfile_make(engine->directory, DBFILE_BLOB, number, path, err);
}

static status begin_blob(struct compact_outputs *outputs, struct err *err) {
  struct engine *engine = outputs->engine;
  struct dbfile_path path;
  outputs->blob_name = (struct blob_info){.number = manifest_take_number(engine->manifest)};
  os_random(engine->os, outputs->blob_name.uuid, sizeof outputs->blob_name.uuid);
  TRY(blob_path(engine, outputs->blob_name.number, &path, err));
  return blob_writer_create(engine->os, path.text, &outputs->blob_name, &outputs->blob, err);
}

static void count_written(struct compact_outputs *outputs, uint64_t bytes) {
  atomic_fetch_add_explicit(&outputs->engine->counts.bytes_written, bytes, memory_order_relaxed);
}

static void remove_blob(const struct compact_outputs *outputs, uint64_t number) {
  struct dbfile_path path;
  if (blob_path(outputs->engine, number, &path, NULL) == LUMA_OK)
    os_remove(outputs->engine->os, path.text, NULL);
}

/* `*number` is the finished file's, 0 when there was none to finish. */
static status end_blob(struct compact_outputs *outputs, uint64_t *number, struct err *err) {
  struct blob_info info;
  *number = 0;
  if (!outputs->blob) return LUMA_OK;
  status answer = blob_writer_finish(outputs->blob, &info, err);
  blob_writer_destroy(outputs->blob);
  outputs->blob = NULL;
  TRY(answer);
  count_written(outputs, info.file_bytes);
  *number = info.number;
  return LUMA_OK;
}

/* The value leaves the entry for the blob file; `room` gets the reference. */
static status put_in_blob(struct compact_outputs *outputs, struct lsm_entry *entry,
                          uint8_t room[BLOCK_REFERENCE_BYTES], struct err *err) {
  struct block_reference reference;
  if (!outputs->blob) TRY(begin_blob(outputs, err));
  TRY(blob_writer_add(outputs->blob, entry->value, &reference, err));
  block_reference_encode(&reference, room);
  entry->value = slice_of(room, BLOCK_REFERENCE_BYTES);
  entry->blob_uuid = outputs->blob_name.uuid;
  return LUMA_OK;
}

/* A value of a blob file with few living ones is read, to be written again. */
static status take_from_sparse(const struct compact_outputs *outputs, struct lsm_entry *entry,
                               struct cache_block **value, struct err *err) {
  struct block_reference reference;
  struct blob_file *blob;
  bool is_sparse = entry->blob_uuid && outputs->sparse &&
                   block_reference_decode(entry->value, &reference) &&
                   compact__is_sparse(outputs->sparse, reference.file);
  if (!is_sparse) return LUMA_OK;
  TRY(blobs_open(outputs->engine->blobs, reference.file, entry->blob_uuid, &blob, err));
  status answer = blob_load(blob, &reference.handle, BLOB_NO_FILL, value, err);
  blob_release(blob);
  TRY(answer);
  entry->value = slice_of((*value)->data, (*value)->bytes);
  entry->blob_uuid = NULL;
  return LUMA_OK;
}

static bool is_large(const struct compact_outputs *outputs, const struct lsm_entry *entry) {
  return outputs->space == STORE_RECORDS && entry->kind == ENTRY_PUT && !entry->blob_uuid &&
         entry->value.bytes > outputs->engine->options.blob_value_bytes;
}

/* ---- sorted files ---- */

static status open_file(struct compact_outputs *outputs, struct err *err) {
  struct engine *engine = outputs->engine;
  struct dbfile_path path;
  TRY(sorted_path(engine, outputs->number, &path, err));
  struct sorted_open_options options = {.os = engine->os,
                                        .path = path.text,
                                        .cache = engine->cache,
                                        .number = outputs->number,
                                        .blobs = engine->blobs};
  struct view_added *item = &outputs->items[outputs->count];
  *item = (struct view_added){.cleaned = outputs->cleaned};
  status answer = sorted_open(&options, &item->file, err);
  if (answer == LUMA_OK)
    outputs->count++;
  else
    os_remove(engine->os, path.text, NULL);
  return answer;
}

static status end_sorted(struct compact_outputs *outputs, struct err *err) {
  struct sorted_info info;
  status answer = sorted_writer_finish(outputs->writer, &info, err);
  if (answer == LUMA_OK) count_written(outputs, info.file_bytes);
  sorted_writer_destroy(outputs->writer);
  outputs->writer = NULL;
  return answer == LUMA_OK ? open_file(outputs, err) : answer;
}

/* The blob file is whole before a file refers to it. */
static status end_file(struct compact_outputs *outputs, struct err *err) {
  uint64_t blob;
  TRY(end_blob(outputs, &blob, err));
  status answer = end_sorted(outputs, err);
  if (answer == LUMA_OK)
    outputs->items[outputs->count - 1].blob = blob;
  else if (blob)
    remove_blob(outputs, blob);
  return answer;
}

/* Does a file of a lower level begin between the last key and this one? A file that spans none of
 * those fits between them and need not be merged with them. */
static bool crosses_boundary(struct compact_outputs *outputs, struct slice key) {
  bool crosses = false;
  for (int depth = 1; outputs->view && depth < VIEW_LEVELS; depth++) {
    const struct view_level *level = &outputs->view->levels[outputs->space][depth];
    uint32_t *at = &outputs->boundaries[depth];
    for (;
         *at < level->count && slice_compare(sorted_get_info(level->files[*at])->key_min, key) <= 0;
         ++*at)
      crosses = true;
  }
  return crosses;
}

static uint64_t bytes_so_far(const struct compact_outputs *outputs) {
  return sorted_writer_bytes(outputs->writer) +
         (outputs->blob ? blob_writer_bytes(outputs->blob) : 0);
}

static status add_entry(struct compact_outputs *outputs, const struct lsm_entry *given,
                        struct err *err) {
  struct lsm_entry entry = *given;
  struct cache_block *value = NULL;
  uint8_t reference[BLOCK_REFERENCE_BYTES];
  TRY(take_from_sparse(outputs, &entry, &value, err));
  status answer =
      is_large(outputs, &entry) ? put_in_blob(outputs, &entry, reference, err) : LUMA_OK;
  if (answer == LUMA_OK) answer = sorted_writer_add(outputs->writer, &entry, err);
  if (value) cache_block_release(value);
  return answer;
}

status compact__outputs_add(struct compact_outputs *outputs, const struct lsm_entry *entry,
                            struct err *err) {
  bool crosses = crosses_boundary(outputs, entry->key);
  if (outputs->writer) {
    uint64_t bytes = bytes_so_far(outputs);
    if (bytes >= outputs->file_bytes ||
        (crosses && bytes >= outputs->file_bytes / BOUNDARY_FRACTION))
      TRY(end_file(outputs, err));
  }
  if (!outputs->writer) TRY(begin_file(outputs, err));
  return add_entry(outputs, entry, err);
}

status compact__outputs_finish(struct compact_outputs *outputs, struct err *err) {
  if (outputs->writer) TRY(end_file(outputs, err));
  if (canary_sings(CANARY_ENTRY_NOT_SYNCED)) return LUMA_OK;
  return outputs->count ? os_sync_dir(outputs->engine->os, outputs->engine->directory, err)
                        : LUMA_OK;
}

void compact__outputs_deinit(struct compact_outputs *outputs, bool remove) {
  struct dbfile_path path;
  if (outputs->writer) sorted_writer_destroy(outputs->writer);
  blob_writer_destroy(outputs->blob);
  for (size_t i = 0; i < outputs->count; i++) {
    uint64_t number = sorted_get_info(outputs->items[i].file)->number;
    sorted_release(outputs->items[i].file);
    if (remove && outputs->items[i].blob) remove_blob(outputs, outputs->items[i].blob);
    if (remove && sorted_path(outputs->engine, number, &path, NULL) == LUMA_OK)
      os_remove(outputs->engine->os, path.text, NULL);
  }
  mem_free(outputs->items);
}
