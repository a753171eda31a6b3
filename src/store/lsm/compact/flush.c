/* SPDX-License-Identifier: MIT */
/* Flush: the oldest immutable memtable becomes sorted files. */
#include "store/lsm/compact/compact_int.h"

/* The files of all spaces, in one list. */
struct flush {
  struct engine *engine;
  const struct view *view;
  const struct view_memtable *memtable;
  struct compact_outputs outputs;
};

static status flush_space(struct flush *flush, uint8_t space, struct err *err) {
  struct merge_source source = {
      .kind = MERGE_MEMTABLE, .seq_max = UINT64_MAX, .memtable = flush->memtable->memtable};
  struct compact_merge merge = {.engine = flush->engine,
                                .view = flush->view,
                                .space = space,
                                .sources = &source,
                                .sources_count = 1,
                                .bottom = VIEW_LEVELS,
                                .ranges_seq = flush->memtable->seq,
                                .outputs = &flush->outputs};
  flush->outputs.space = space;
  for (int depth = 0; depth < VIEW_LEVELS; depth++) flush->outputs.boundaries[depth] = 0;
  return memtable_entries(flush->memtable->memtable, space) ? compact__merge(&merge, err) : LUMA_OK;
}

static status flush_files(struct flush *flush, struct err *err) {
  for (uint8_t space = 0; space < VIEW_SPACES; space++) TRY(flush_space(flush, space, err));
  struct compact_install install = {
      .added = flush->outputs.items, .added_count = flush->outputs.count, .flushed = true};
  return compact__install(flush->engine, &install, err);
}

/* Files hold durable commits only, and only the newest version of a key: so everything must be
 * visible before. */
static status flush_memtable(struct engine *engine, const struct view *view, struct err *err) {
  const struct view_memtable *oldest = &view->immutables[view->immutables_count - 1];
  status answer = wal_write(engine->wal, oldest->seq, true, err);
  if (answer != LUMA_OK && err) engine_fail(engine, err);
  TRY(answer);
  engine_show(engine, oldest->seq);
  struct flush flush = {.engine = engine, .view = view, .memtable = oldest};
  flush.outputs = (struct compact_outputs){
      .engine = engine, .view = view, .file_bytes = engine->options.file_bytes};
  answer = flush_files(&flush, err);
  compact__outputs_deinit(&flush.outputs, answer != LUMA_OK && answer != LUMA_READ_ONLY);
  return answer;
}

status compact__flush_one(struct engine *engine, struct err *err) {
  struct err own = {0};
  if (!err) err = &own;
  mutex_lock(&engine->flush_lock);
  struct view *view = engine_view(engine);
  status answer = engine_check_writable(engine, err);
  bool is_due = answer == LUMA_OK && view->immutables_count > 0;
  if (is_due) answer = flush_memtable(engine, view, err);
  if (answer == LUMA_DISK_FULL && engine_starve(engine)) answer = flush_memtable(engine, view, err);
  view_release(view);
  mutex_unlock(&engine->flush_lock);
  return answer;
}

static bool has_immutables(struct engine *engine) {
  return atomic_load(&engine->immutables_count) > 0;
}

static status rotate_active(struct engine *engine, struct err *err) {
  mutex_lock(&engine->commit_lock);
  struct view *view = engine_view(engine);
  bool empty = memtable_seq_max(view->active.memtable) == 0 && !view->ranges;
  view_release(view);
  status answer = empty ? LUMA_OK : engine_rotate(engine, err);
  mutex_unlock(&engine->commit_lock);
  return answer;
}

status compact_flush_all(struct engine *engine, struct err *err) {
  TRY(engine_check_writable(engine, err));
  while (has_immutables(engine)) TRY(compact__flush_one(engine, err));
  status answer = rotate_active(engine, err);
  if (answer != LUMA_OK && answer != LUMA_BUSY) return answer;
  while (has_immutables(engine)) TRY(compact__flush_one(engine, err));
  return LUMA_OK;
}
