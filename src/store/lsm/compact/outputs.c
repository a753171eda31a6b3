/* SPDX-License-Identifier: MIT */
/* Writing entries to files, cut where it pays. */
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

static status open_file(struct compact_outputs *outputs, struct err *err) {
  struct engine *engine = outputs->engine;
  struct dbfile_path path;
  TRY(sorted_path(engine, outputs->number, &path, err));
  struct sorted_open_options options = {
      .os = engine->os, .path = path.text, .cache = engine->cache, .number = outputs->number};
  struct view_added *item = &outputs->items[outputs->count];
  *item = (struct view_added){.cleaned = outputs->cleaned};
  status answer = sorted_open(&options, &item->file, err);
  if (answer == LUMA_OK)
    outputs->count++;
  else
    os_remove(engine->os, path.text, NULL);
  return answer;
}

static status end_file(struct compact_outputs *outputs, struct err *err) {
  struct sorted_info info;
  status answer = sorted_writer_finish(outputs->writer, &info, err);
  if (answer == LUMA_OK) {
    mutex_lock(&outputs->engine->view_lock);
    outputs->engine->counts.bytes_written += info.file_bytes;
    mutex_unlock(&outputs->engine->view_lock);
  }
  sorted_writer_destroy(outputs->writer);
  outputs->writer = NULL;
  return answer == LUMA_OK ? open_file(outputs, err) : answer;
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

status compact__outputs_add(struct compact_outputs *outputs, const struct lsm_entry *entry,
                            struct err *err) {
  bool crosses = crosses_boundary(outputs, entry->key);
  if (outputs->writer) {
    uint64_t bytes = sorted_writer_bytes(outputs->writer);
    if (bytes >= outputs->file_bytes ||
        (crosses && bytes >= outputs->file_bytes / BOUNDARY_FRACTION))
      TRY(end_file(outputs, err));
  }
  if (!outputs->writer) TRY(begin_file(outputs, err));
  return sorted_writer_add(outputs->writer, entry, err);
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
  for (size_t i = 0; i < outputs->count; i++) {
    uint64_t number = sorted_get_info(outputs->items[i].file)->number;
    sorted_release(outputs->items[i].file);
    if (remove && sorted_path(outputs->engine, number, &path, NULL) == LUMA_OK)
      os_remove(outputs->engine->os, path.text, NULL);
  }
  mem_free(outputs->items);
}
