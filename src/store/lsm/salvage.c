/* SPDX-License-Identifier: MIT */
/* Opening what is damaged, for reading: whatever can be read is there, the newest version of each
 * key by its sequence; all else is told.
 *
 * The manifest counts when it can be read and every file it names is there. Otherwise all files of
 * the directory do: then range deletes that only the manifest knew are lost, and files that a
 * compaction had replaced may bring back what was deleted since. */
#include <stdio.h>

#include "base/mem/mem.h"
#include "store/lsm/recover.h"

struct salvage {
  struct engine *engine;
  uint64_t *numbers; /* of the sorted files that are there */
  size_t count, capacity;
  uint64_t first_segment; /* of the log; 0 = none */
  uint64_t number_max;
  struct manifest_state all; /* stands in for a manifest that does not count */
};

static void tell(const struct salvage *salvage, const char *place, const char *what) {
  salvage->engine->options.lost(salvage->engine->options.lost_context, place, what);
}

/* ---- the directory ---- */

static status survey_one(void *context, const char *name) {
  struct salvage *salvage = context;
  uint64_t number = 0;
  enum dbfile_kind kind = dbfile_parse(name, &number);
  if (kind == DBFILE_WAL && (!salvage->first_segment || number < salvage->first_segment))
    salvage->first_segment = number;
  if (kind != DBFILE_SORTED && kind != DBFILE_MANIFEST) return LUMA_OK;
  if (number > salvage->number_max) salvage->number_max = number;
  if (kind != DBFILE_SORTED) return LUMA_OK;
  void *numbers = salvage->numbers;
  if (!mem_grow(&numbers, &salvage->capacity, salvage->count + 1, sizeof *salvage->numbers))
    return LUMA_OUT_OF_MEMORY;
  salvage->numbers = numbers;
  salvage->numbers[salvage->count++] = number;
  return LUMA_OK;
}

static bool is_there(const struct salvage *salvage, uint64_t number) {
  for (size_t i = 0; i < salvage->count; i++)
    if (salvage->numbers[i] == number) return true;
  return false;
}

static bool names_what_is_there(const struct salvage *salvage, const struct manifest_state *state) {
  for (size_t i = 0; i < state->files_count; i++)
    if (!is_there(salvage, state->files[i].number)) return false;
  return true;
}

/* ---- the manifest ---- */

static status give_up_manifest(struct salvage *salvage, const char *why) {
  struct engine *engine = salvage->engine;
  tell(
      salvage, why,
      "the list of files cannot be used: every file of the directory is read, and what was deleted "
      "lately may be back");
  if (engine->manifest) manifest_close(engine->manifest);
  engine->manifest = NULL;
  return LUMA_OK;
}

static status read_manifest(struct salvage *salvage, struct err *err) {
  struct engine *engine = salvage->engine;
  struct err failure = {0};
  status answer = manifest_open(engine->os, engine->directory, salvage->number_max,
                                &engine->manifest, &failure);
  if (answer == LUMA_OUT_OF_MEMORY) {
    if (err) *err = failure;
    return answer;
  }
  if (answer == LUMA_VERSION_TOO_NEW) {
    if (err) *err = failure;
    return answer;
  }
  if (answer != LUMA_OK) return give_up_manifest(salvage, failure.message);
  if (names_what_is_there(salvage, manifest_get_state(engine->manifest))) return LUMA_OK;
  return give_up_manifest(salvage, "the manifest names files that are missing");
}

static const struct manifest_state *state_of(const struct salvage *salvage) {
  const struct engine *engine = salvage->engine;
  return engine->manifest ? manifest_get_state(engine->manifest) : &salvage->all;
}

/* ---- files ---- */

/* `file` is what the manifest says of it, or NULL. `*is_open` false: it is told as lost. */
static status open_file(struct salvage *salvage, uint64_t number, const struct manifest_file *file,
                        struct view_added *added, bool *is_open, struct err *err) {
  struct engine *engine = salvage->engine;
  struct dbfile_path path;
  struct err failure = {0};
  TRY(dbfile_make(engine->directory, DBFILE_SORTED, number, &path, err));
  struct sorted_open_options options = {.os = engine->os,
                                        .path = path.text,
                                        .cache = engine->cache,
                                        .blobs = engine->blobs,
                                        .number = number,
                                        .uuid = file ? file->uuid : NULL,
                                        .lost = engine->options.lost,
                                        .lost_context = engine->options.lost_context};
  *added =
      (struct view_added){.level = file ? file->level : 0, .cleaned = file ? file->cleaned_seq : 0};
  status answer = sorted_open(&options, &added->file, &failure);
  *is_open = answer == LUMA_OK;
  if (answer == LUMA_OUT_OF_MEMORY || answer == LUMA_VERSION_TOO_NEW) {
    if (err) *err = failure;
    return answer;
  }
  char what[64] = "a whole file cannot be read";
  if (file)
    snprintf(what, sizeof what, "a file of %llu entries cannot be read",
             (unsigned long long)file->entries);
  if (!*is_open) tell(salvage, failure.message, what);
  return LUMA_OK;
}

static status open_files(struct salvage *salvage, struct view_added *added, size_t *count,
                         struct err *err) {
  const struct manifest_state *state = state_of(salvage);
  bool listed = salvage->engine->manifest != NULL;
  for (size_t i = 0; i < (listed ? state->files_count : salvage->count); i++) {
    const struct manifest_file *file = listed ? &state->files[i] : NULL;
    bool is_open;
    TRY(open_file(salvage, file ? file->number : salvage->numbers[i], file, &added[*count],
                  &is_open, err));
    *count += is_open;
  }
  return LUMA_OK;
}

static status load_view(struct salvage *salvage, struct err *err) {
  struct engine *engine = salvage->engine;
  size_t count = 0, most = salvage->count + state_of(salvage)->files_count;
  struct view_added *added = mem_alloc((most + 1) * sizeof *added);
  if (!added) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the list of files");
  status answer = open_files(salvage, added, &count, err);
  if (answer == LUMA_OK) answer = recover__make_view(engine, state_of(salvage), added, count, err);
  for (size_t i = 0; i < count; i++) {
    uint64_t seq = sorted_get_info(added[i].file)->seq_max;
    if (seq > engine->visible) engine->visible = seq;
    sorted_release(added[i].file);
  }
  mem_free(added);
  return answer;
}

/* ---- the log ---- */

static status replay(void *context, struct slice record, struct err *err) {
  struct salvage *salvage = context;
  struct err failure = {0};
  status answer = recover__replay(salvage->engine, record, &failure);
  if (answer == LUMA_CORRUPT) {
    tell(salvage, failure.message, "a commit in the log makes no sense");
    return LUMA_OK;
  }
  if (answer != LUMA_OK && err) *err = failure;
  return answer;
}

static status read_log(struct salvage *salvage, struct err *err) {
  struct engine *engine = salvage->engine;
  const struct manifest_state *state = state_of(salvage);
  struct wal_options options = recover__wal_options(engine, state->uuid);
  struct wal_end end;
  engine->last_seq = state->log.seq;
  engine->last_emits = state->log.emits;
  TRY(wal_recover(&options, state->log.wal, replay, salvage, &end, err));
  wal_end_deinit(&end);
  if (engine->last_seq < engine->visible) engine->last_seq = engine->visible;
  engine_order_begin(engine);
  return LUMA_OK;
}

/* ---- the whole ---- */

static status open_all(struct salvage *salvage, struct err *err) {
  struct engine *engine = salvage->engine;
  TRY(os_list_dir(engine->os, engine->directory, survey_one, salvage, err));
  if (!salvage->count && !salvage->first_segment && !salvage->number_max)
    FAIL(err, LUMA_NOT_A_DATABASE, "`%s` holds nothing of a LumaDB database", engine->directory);
  salvage->all.log.wal.segment = salvage->first_segment;
  TRY(read_manifest(salvage, err));
  TRY(load_view(salvage, err));
  return read_log(salvage, err);
}

status recover_salvage(struct engine *engine, struct err *err) {
  struct salvage salvage = {.engine = engine};
  status answer = open_all(&salvage, err);
  mem_free(salvage.numbers);
  return answer;
}
