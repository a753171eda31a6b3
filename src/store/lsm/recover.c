/* SPDX-License-Identifier: MIT */
#include "store/lsm/recover.h"

#include <string.h>

#include "base/core/canary.h"
#include "base/mem/mem.h"
#include "store/lsm/feed/feed.h"
#include "store/lsm/record/record.h"
#include "store/lsm/txn/txn.h"

enum { BATCH_BYTES = 512 << 10 }; /* a group of commits that is written though the device is busy */

/* ---- the directory ---- */

/* What a directory holds. */
struct survey {
  struct engine *engine;
  uint64_t number_max; /* of manifests and sorted files */
  uint64_t wal_count;
  bool foreign, sorted, current;
};

static status survey_one(void *context, const char *name) {
  struct survey *survey = context;
  uint64_t number = 0;
  switch (dbfile_parse(name, &number)) {
  case DBFILE_OTHER: survey->foreign = true; break;
  case DBFILE_CURRENT: survey->current = true; break;
  case DBFILE_WAL: survey->wal_count++; break;
  case DBFILE_SORTED:
  case DBFILE_BLOB: survey->sorted = true; /* fallthrough */
  case DBFILE_MANIFEST:
    if (number > survey->number_max) survey->number_max = number;
    break;
  case DBFILE_LOCK:
  case DBFILE_BALLAST:
  case DBFILE_CURRENT_MAKING:
  default: break;
  }
  return LUMA_OK;
}

static status survey_directory(struct engine *engine, struct survey *survey, struct err *err) {
  *survey = (struct survey){.engine = engine};
  return os_list_dir(engine->os, engine->directory, survey_one, survey, err);
}

static uint64_t database_of(const uint8_t *uuid) {
  return load64le(uuid);
}

struct wal_options recover__wal_options(struct engine *engine, const uint8_t *uuid) {
  return (struct wal_options){.os = engine->os,
                              .directory = engine->directory,
                              .database = database_of(uuid),
                              .segment_bytes = engine->options.wal_segment_bytes,
                              .batch_bytes = BATCH_BYTES,
                              .batch_records = engine->options.batch_size,
                              .batch_timeout_us = engine->options.batch_timeout_us,
                              .synced_writes = engine->visible_when_durable,
                              .eager = engine->options.sync_mode == STORE_SYNC_ALWAYS,
                              .lost = engine->options.lost,
                              .lost_context = engine->options.lost_context,
                              .synced = engine_synced,
                              .context = engine};
}

/* ---- making ---- */

/* A crash while the database was made leaves a log without records and a manifest that nothing
 * names. */
static status remove_leftover(void *context, const char *name) {
  struct engine *engine = context;
  uint64_t number;
  struct dbfile_path path;
  enum dbfile_kind kind = dbfile_parse(name, &number);
  if (kind != DBFILE_WAL && kind != DBFILE_MANIFEST && kind != DBFILE_CURRENT_MAKING)
    return LUMA_OK;
  TRY(dbfile_make(engine->directory, kind, kind == DBFILE_CURRENT_MAKING ? 0 : number, &path,
                  NULL));
  return os_remove(engine->os, path.text, NULL);
}

static status check_empty_log(struct engine *engine, const char *name, struct err *err) {
  struct os_file *file;
  uint8_t magic[8] = {0};
  size_t got;
  struct dbfile_path path;
  uint64_t number;
  if (dbfile_parse(name, &number) != DBFILE_WAL) return LUMA_OK;
  TRY(dbfile_make(engine->directory, DBFILE_WAL, number, &path, err));
  TRY(os_open(engine->os, path.text, OS_OPEN_READ, &file, err));
  status answer = os_read_at(engine->os, file, 0, magic, sizeof magic, &got, err);
  os_close(engine->os, file, NULL);
  TRY(answer);
  if (load64le(magic))
    FAIL(err, LUMA_CORRUPT, "`%s` has a log but its file CURRENT is missing", engine->directory);
  return LUMA_OK;
}

struct log_check {
  struct engine *engine;
  struct err *err;
};

static status check_one_log(void *context, const char *name) {
  struct log_check *check = context;
  return check_empty_log(check->engine, name, check->err);
}

static status refuse_directory(const struct engine *engine, struct err *err) {
  err_raise(err, LUMA_NOT_A_DATABASE, __FILE__, __LINE__,
            "`%s` holds other files and is not a LumaDB database", engine->directory);
  err_hint(err, "name an empty or a new directory");
  return LUMA_NOT_A_DATABASE;
}

static status refuse_missing(const struct engine *engine, struct err *err) {
  err_raise(err, LUMA_NOT_FOUND, __FILE__, __LINE__, "there is no database in `%s`",
            engine->directory);
  err_hint(err, "check the path; a new database is made when data is first written to it");
  return LUMA_NOT_FOUND;
}

static status make_database(struct engine *engine, struct err *err) {
  uint8_t uuid[MANIFEST_UUID_BYTES];
  struct wal_start start = {.segment = 1};
  os_random(engine->os, uuid, sizeof uuid);
  struct wal_options options = recover__wal_options(engine, uuid);
  TRY(os_list_dir(engine->os, engine->directory, remove_leftover, engine, err));
  TRY(wal_create_first(&options, start, err));
  return manifest_create(engine->os, engine->directory, uuid, start, err);
}

status recover_create(struct engine *engine, struct err *err) {
  struct survey survey;
  TRY(survey_directory(engine, &survey, err));
  if (survey.current) return LUMA_OK;
  if (survey.sorted)
    FAIL(err, LUMA_CORRUPT, "`%s` has data but its file CURRENT is missing", engine->directory);
  struct log_check check = {engine, err};
  TRY(os_list_dir(engine->os, engine->directory, check_one_log, &check, err));
  if (survey.foreign) return refuse_directory(engine, err);
  if (!engine->options.create || engine->options.read_only) return refuse_missing(engine, err);
  return make_database(engine, err);
}

/* ---- files ---- */

static status open_file(struct engine *engine, const struct manifest_file *file,
                        struct view_added *added, struct err *err) {
  struct dbfile_path path;
  TRY(dbfile_make(engine->directory, DBFILE_SORTED, file->number, &path, err));
  struct sorted_open_options options = {.os = engine->os,
                                        .path = path.text,
                                        .cache = engine->cache,
                                        .number = file->number,
                                        .uuid = file->uuid,
                                        .blobs = engine->blobs};
  *added = (struct view_added){.level = file->level, .cleaned = file->cleaned_seq};
  status answer = sorted_open(&options, &added->file, err);
  if (answer == LUMA_NOT_FOUND)
    FAIL(err, LUMA_CORRUPT, "`%s` is missing, which the manifest names", path.text);
  TRY(answer);
  if (sorted_get_info(added->file)->space == file->space && file->space < VIEW_SPACES)
    return LUMA_OK;
  sorted_release(added->file);
  FAIL(err, LUMA_CORRUPT, "`%s` is of another space than the manifest says", path.text);
}

static status open_files(struct engine *engine, const struct manifest_state *state,
                         struct view_added *added, size_t *count, struct err *err) {
  for (; *count < state->files_count; ++*count)
    TRY(open_file(engine, &state->files[*count], &added[*count], err));
  return LUMA_OK;
}

status recover__make_view(struct engine *engine, const struct manifest_state *state,
                          const struct view_added *added, size_t count, struct err *err) {
  struct view_memtable active = {.start = state->log.wal};
  struct view *empty;
  TRY(memtable_create(&active.memtable, err));
  status answer = view_create(active, &empty, err);
  memtable_release(active.memtable);
  TRY(answer);
  struct view_change change = {.added = added, .added_count = count, .has_ranges = true};
  if (state->ranges_count)
    answer = view_ranges_create(state->ranges, (uint32_t)state->ranges_count, &change.ranges, err);
  struct view *made;
  if (answer == LUMA_OK) answer = view_change(empty, &change, &made, err);
  view_ranges_release(change.ranges);
  view_release(empty);
  if (answer == LUMA_OK) engine_set_view(engine, made);
  return answer;
}

static status load_view(struct engine *engine, struct err *err) {
  const struct manifest_state *state = manifest_get_state(engine->manifest);
  struct view_added *added = mem_alloc((state->files_count + 1) * sizeof *added);
  size_t count = 0;
  if (!added) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the list of files");
  status answer = open_files(engine, state, added, &count, err);
  if (answer == LUMA_OK) answer = recover__make_view(engine, state, added, count, err);
  for (size_t i = 0; i < count; i++) sorted_release(added[i].file);
  mem_free(added);
  return answer;
}

/* ---- the log ---- */

static status replay_ranges(struct engine *engine, struct slice record, struct err *err) {
  struct record_op op;
  for (size_t at = RECORD_HEADER_BYTES; record_next(record, &at, &op);) {
    if (op.kind != RECORD_DELETE_RANGE || canary_sings(CANARY_RANGE_FORGOTTEN)) continue;
    struct manifest_range range = {op.space, record_seq(record.data), op.key, op.value};
    struct view *next;
    TRY(engine_view_with_ranges(engine, &range, 1, &next, err));
    engine_set_view(engine, next);
  }
  return LUMA_OK;
}

static status replay_commit(struct engine *engine, struct slice record, struct err *err) {
  uint64_t seq = record_seq(record.data), entries, bytes;
  if (seq <= engine->last_seq) return LUMA_OK;
  if (seq != engine->last_seq + 1 && !engine->options.lost)
    FAIL(err, LUMA_CORRUPT, "commit %llu follows commit %llu", (unsigned long long)seq,
         (unsigned long long)engine->last_seq);
  txn_measure_record(record, &entries, &bytes);
  TRY(replay_ranges(engine, record, err));
  struct memtable *memtable = atomic_load(&engine->view)->active.memtable;
  struct memtable_room room;
  TRY(memtable_reserve(memtable, entries, bytes, &room, err));
  bool done = txn_insert_record(memtable, record, seq - 1, &room, TXN_COUNTERS | TXN_OTHERS);
  memtable_unreserve(memtable, &room);
  if (!done) FAIL(err, LUMA_CORRUPT, "commit %llu writes a key twice", (unsigned long long)seq);
  engine->last_seq = seq;
  engine->last_emits = record_emits(record.data);
  return LUMA_OK;
}

status recover__replay(void *context, struct slice record, struct err *err) {
  struct engine *engine = context;
  TRY(record_check(record, err));
  if (record_kind_of(record.data) == RECORD_COMMIT) return replay_commit(engine, record, err);
  const uint8_t *position = record.data + RECORD_HEADER_BYTES;
  feed_set_trimmed(engine, (struct store_pos){load64le(position), load64le(position + 8)});
  return LUMA_OK;
}

static status check_witness(const struct engine *engine, const struct wal_end *end,
                            struct err *err) {
  if (end->edits <= manifest_get_state(engine->manifest)->edits) return LUMA_OK;
  err_raise(err, LUMA_CORRUPT, __FILE__, __LINE__,
            "the manifest of `%s` is damaged: %llu of its edits were durable and %llu can be read",
            engine->directory, (unsigned long long)end->edits,
            (unsigned long long)manifest_get_state(engine->manifest)->edits);
  err_hint(err, "restore the database from a backup; nothing was changed");
  return LUMA_CORRUPT;
}

static status recover_log(struct engine *engine, struct err *err) {
  const struct manifest_state *state = manifest_get_state(engine->manifest);
  struct wal_options options = recover__wal_options(engine, state->uuid);
  struct wal_end end;
  engine->last_seq = state->log.seq;
  engine->last_emits = state->log.emits;
  engine->trimmed = state->trim;
  TRY(wal_recover(&options, state->log.wal, recover__replay, engine, &end, err));
  status answer = check_witness(engine, &end, err);
  bool writes = answer == LUMA_OK && !engine->options.read_only;
  if (writes) answer = manifest_start(engine->manifest, err);
  if (writes && answer == LUMA_OK)
    answer = wal_open(&options, &end, engine->last_seq, &engine->wal, err);
  wal_end_deinit(&end);
  if (canary_sings(CANARY_SEQUENCE_NOT_KEPT)) engine->last_seq = state->log.seq;
  engine_order_begin(engine);
  return answer;
}

/* ---- orphans ---- */

static bool is_known_file(const struct manifest_state *state, uint64_t number) {
  for (size_t i = 0; i < state->files_count; i++)
    if (state->files[i].number == number) return true;
  return false;
}

/* What a crash left: files no edit names, manifests CURRENT does not name, log that is needed no
 * more. */
static status remove_orphan(void *context, const char *name) {
  struct engine *engine = context;
  const struct manifest_state *state = manifest_get_state(engine->manifest);
  uint64_t number = 0;
  enum dbfile_kind kind = dbfile_parse(name, &number);
  bool orphan = kind == DBFILE_CURRENT_MAKING ||
                (kind == DBFILE_SORTED && !is_known_file(state, number)) ||
                (kind == DBFILE_BLOB && !view_refers(engine->view, number)) ||
                (kind == DBFILE_MANIFEST && number != manifest_file_number(engine->manifest)) ||
                (kind == DBFILE_WAL && number < state->log.wal.segment);
  struct dbfile_path path;
  if (!orphan || dbfile_make(engine->directory, kind, number, &path, NULL) != LUMA_OK)
    return LUMA_OK;
  os_remove(engine->os, path.text, NULL); /* one that stays is tried again at the next opening */
  return LUMA_OK;
}

status recover_open(struct engine *engine, struct err *err) {
  struct survey survey;
  TRY(survey_directory(engine, &survey, err));
  if (!engine->options.read_only) engine_room_open(engine);
  TRY(manifest_open(engine->os, engine->directory, survey.number_max, &engine->manifest, err));
  status answer = load_view(engine, err);
  if (answer == LUMA_OK) answer = recover_log(engine, err);
  if (answer == LUMA_CORRUPT) manifest_suspect(engine->manifest, err);
  TRY(answer);
  if (engine->options.read_only) return LUMA_OK;
  return os_list_dir(engine->os, engine->directory, remove_orphan, engine, err);
}
