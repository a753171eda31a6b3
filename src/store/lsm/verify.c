/* SPDX-License-Identifier: MIT */
#include "store/lsm/verify.h"

#include <stdio.h>

#include "base/mem/mem.h"
#include "store/lsm/engine/engine.h"
#include "store/lsm/record/record.h"

/** Where a check is, and whom it tells. */
struct checking {
  struct engine *engine;
  const struct view *view;
  store_check_fn *fault;
  void *context;
  uint64_t faults;
  uint64_t snapshot; /* of the reader that holds the view */
  uint64_t seq_max;  /* no commit is newer, as far as is known */
};

static void report(struct checking *checking, const char *place, const char *what) {
  checking->faults++;
  if (checking->fault) checking->fault(checking->context, place, what);
}

/* Those who commit go on meanwhile. */
static bool is_of_the_future(struct checking *checking, uint64_t seq) {
  if (seq <= checking->seq_max) return false;
  mutex_lock(&checking->engine->commit_lock);
  checking->seq_max = checking->engine->last_seq;
  mutex_unlock(&checking->engine->commit_lock);
  return seq > checking->seq_max;
}

static void report_key(struct checking *checking, int space, struct slice key, const char *what) {
  char place[64];
  size_t at = (size_t)snprintf(place, sizeof place, "space %d key ", space);
  for (size_t i = 0; i < key.bytes && at + 3 < sizeof place; i++)
    at += (size_t)snprintf(place + at, sizeof place - at, "%02x", key.data[i]);
  report(checking, place, what);
}

/* Corruption is a finding; anything else ends the check. */
static status judge(struct checking *checking, status answer, const struct err *found,
                    struct err *err) {
  if (answer == LUMA_CORRUPT) {
    if (found) report(checking, found->message, "is damaged");
    return LUMA_OK;
  }
  if (answer != LUMA_OK && err && found) *err = *found;
  return answer;
}

/* ---- files and levels ---- */

static status check_level(struct checking *checking, int space, int depth, struct err *err) {
  const struct view_level *level = &checking->view->levels[space][depth];
  for (uint32_t i = 0; i < level->count; i++) {
    const struct sorted_info *info = sorted_get_info(level->files[i]);
    status answer = sorted_check(level->files[i], checking->fault, checking->context, err);
    if (answer == LUMA_CORRUPT)
      checking->faults++;
    else
      TRY(answer);
    if (is_of_the_future(checking, info->seq_max))
      report_key(checking, space, info->key_min, "begins a file that is of the future");
    if (depth == 0 || i == 0) continue;
    if (slice_compare(sorted_get_info(level->files[i - 1])->key_max, info->key_min) >= 0)
      report_key(checking, space, info->key_min,
                 "begins a file that overlaps another of its level");
  }
  return LUMA_OK;
}

static status check_files(struct checking *checking, struct err *err) {
  for (int space = 0; space < VIEW_SPACES; space++)
    for (int depth = 0; depth < VIEW_LEVELS; depth++) TRY(check_level(checking, space, depth, err));
  return LUMA_OK;
}

/* No blob file is referred to more than it has. */
static status check_blobs(struct checking *checking, struct err *err) {
  struct view_share *shares;
  size_t count;
  TRY(view_shares(checking->view, &shares, &count, err));
  for (size_t i = 0; i < count; i++) {
    const struct view_share *share = &shares[i];
    if (share->live_bytes <= share->value_bytes && share->live_values <= share->values) continue;
    char place[64];
    snprintf(place, sizeof place, "blob file %llu", (unsigned long long)share->number);
    report(checking, place, "is referred to more than it has");
  }
  mem_free(shares);
  return LUMA_OK;
}

/* ---- entries ---- */

static void check_entry(struct checking *checking, const struct lsm_entry *entry) {
  if (is_of_the_future(checking, entry->seq))
    report_key(checking, entry->space, entry->key, "is of the future");
  if (entry->kind != ENTRY_PUT) return;
  bool is_record = entry->space == STORE_RECORDS;
  if (is_record && (entry->value.bytes < STORE_RECORD_BYTES_MIN ||
                    load64le(entry->value.data + 8) != entry->seq))
    report_key(checking, entry->space, entry->key, "does not carry the sequence of its commit");
  if (entry->space == STORE_COUNTERS && entry->value.bytes != sizeof(int64_t))
    report_key(checking, entry->space, entry->key, "is not a counter of 8 bytes");
}

static status check_entries(struct checking *checking, struct merge *merge, struct err *err) {
  for (;;) {
    struct lsm_entry entry;
    bool found;
    struct err own = {0};
    status answer = merge_entry(merge, &entry, &found, &own);
    if (answer != LUMA_OK) return judge(checking, answer, &own, err);
    if (!found) return LUMA_OK;
    check_entry(checking, &entry);
  }
}

static status check_space(struct checking *checking, uint8_t space, struct err *err) {
  struct merge_source *sources =
      mem_alloc(view_sources_count(checking->view, space) * sizeof *sources);
  if (!sources) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to check the store");
  struct merge_options options = {
      .space = space,
      .no_fill = true,
      .sources = sources,
      .sources_count = view_sources(checking->view, space, checking->snapshot, sources)};
  struct merge *merge;
  struct err own = {0};
  status answer = merge_open(&options, &merge, &own);
  if (answer == LUMA_OK) {
    answer = check_entries(checking, merge, err);
    merge_close(merge);
  } else {
    answer = judge(checking, answer, &own, err);
  }
  mem_free(sources);
  return answer;
}

/* ---- the log ---- */

static status check_record(void *context, struct slice record, struct err *err) {
  (void)context;
  return record_check(record, err);
}

/* With the locks that keep segments in place. */
static status check_log(struct checking *checking, struct err *err) {
  struct engine *engine = checking->engine;
  const struct manifest_state *state = manifest_get_state(engine->manifest);
  struct wal_options options = {
      .os = engine->os, .directory = engine->directory, .database = load64le(state->uuid)};
  struct wal_end end;
  struct err own = {0};
  status answer = wal_recover(&options, state->log.wal, check_record, NULL, &end, &own);
  if (answer == LUMA_OK) wal_end_deinit(&end);
  return judge(checking, answer, &own, err);
}

/* Where the manifest could not be read, salvage took the log as it is and told what it missed. */
static status check_log_in_place(struct checking *checking, struct err *err) {
  if (!checking->engine->manifest) return LUMA_OK;
  struct engine *engine = checking->engine;
  mutex_lock(&engine->flush_lock);
  mutex_lock(&engine->edit_lock);
  status answer = check_log(checking, err);
  mutex_unlock(&engine->edit_lock);
  mutex_unlock(&engine->flush_lock);
  return answer;
}

static status check_all(struct checking *checking, struct err *err) {
  TRY(check_files(checking, err));
  TRY(check_blobs(checking, err));
  for (uint8_t space = 0; space < STORE_SPACES; space++) TRY(check_space(checking, space, err));
  return check_log_in_place(checking, err);
}

status verify_store(struct store *store, store_check_fn *fault, void *context, struct err *err) {
  struct engine *engine = (struct engine *)store;
  struct engine_reader reader = {.read_only = true, .is_one_call = true};
  TRY(engine_reader_begin(engine, &reader, err));
  struct checking checking = {.engine = engine,
                              .view = reader.view,
                              .fault = fault,
                              .context = context,
                              .snapshot = reader.seq,
                              .seq_max = reader.seq};
  status answer = check_all(&checking, err);
  engine_reader_end(engine, &reader);
  TRY(answer);
  if (checking.faults == 0) return LUMA_OK;
  FAIL(err, LUMA_CORRUPT, "%llu faults in `%s`", (unsigned long long)checking.faults,
       engine->directory);
}
