/* SPDX-License-Identifier: MIT */
/* Choosing and running compactions. */
#include <string.h>

#include "base/mem/mem.h"
#include "store/lsm/compact/compact_int.h"

/** A compaction: files of one level, and those of the level below that they meet, into that level.
 */
struct job {
  struct engine *engine;
  struct view *view;
  /* The last commit that files and manifest hold together with everything before it. Only range
   * deletes up to here may take effect in files: a later one may be lost in a crash, and what it
   * deleted must then be there again. */
  uint64_t flushed_seq;
  uint64_t edits; /* of the manifest when the view was taken */
  bool is_stale;  /* files changed before it was announced: nothing was done */
  uint8_t space, level, into;
  bool all;                            /* everything of the space, whatever the level */
  struct sorted_file **upper, **lower; /* lower ones in key order */
  uint32_t upper_count, lower_count;
  uint64_t *numbers; /* of all of them */
  size_t numbers_count;
  struct compact_sparse sparse;
};

/* The files as they are now; ends with job_free. */
static void job_begin(struct job *job) {
  struct engine *engine = job->engine;
  engine_revoke_old(engine);
  mutex_lock(&engine->edit_lock);
  job->flushed_seq = manifest_get_state(engine->manifest)->log.seq;
  job->edits = manifest_get_state(engine->manifest)->edits;
  job->view = engine_view(engine);
  mutex_unlock(&engine->edit_lock);
}

/* ---- what is due ---- */

static uint64_t level_bytes(const struct view_level *level) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < level->count; i++) bytes += sorted_get_info(level->files[i])->file_bytes;
  return bytes;
}

static uint64_t level_target(const struct engine *engine, int level) {
  uint64_t bytes = engine->options.file_bytes * COMPACT_LEVEL1_FILES;
  for (int i = 1; i < level; i++) bytes *= COMPACT_LEVEL_RATIO;
  return bytes;
}

/* How much a level has of what it may have; over 1 is due. */
static double level_score(const struct engine *engine, const struct view *view, int space,
                          int level) {
  const struct view_level *files = &view->levels[space][level];
  if (level == 0) return (double)files->count / COMPACT_LEVEL0_FILES;
  if (level == VIEW_LEVELS - 1) return 0;
  return (double)level_bytes(files) / (double)level_target(engine, level);
}

/* The most pressing level of all spaces; false when none is due. */
static bool choose_level(const struct engine *engine, const struct view *view, struct job *job) {
  double best = 1;
  bool due = false;
  for (uint8_t space = 0; space < STORE_SPACES; space++)
    for (uint8_t level = 0; level < VIEW_LEVELS; level++) {
      double score = level_score(engine, view, space, level);
      if (score < best || (level > 0 && score == 1)) continue;
      best = score;
      job->space = space;
      job->level = level;
      job->into = (uint8_t)(level + 1);
      due = true;
    }
  return due;
}

static bool meets(const struct sorted_file *file, struct slice from, struct slice last) {
  const struct sorted_info *info = sorted_get_info(file);
  return slice_compare(info->key_min, last) <= 0 && slice_compare(from, info->key_max) <= 0;
}

static uint64_t bytes_below(const struct job *job, const struct sorted_file *file) {
  const struct view_level *below = &job->view->levels[job->space][job->into];
  const struct sorted_info *info = sorted_get_info(file);
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < below->count; i++)
    if (meets(below->files[i], info->key_min, info->key_max))
      bytes += sorted_get_info(below->files[i])->file_bytes;
  return bytes;
}

/* The file that moves the most for the least rewriting. */
static uint32_t choose_file(const struct job *job) {
  const struct view_level *level = &job->view->levels[job->space][job->level];
  uint32_t best = 0;
  double best_cost = -1;
  for (uint32_t i = 0; i < level->count; i++) {
    double own = (double)sorted_get_info(level->files[i])->file_bytes;
    double cost = (double)bytes_below(job, level->files[i]) / own;
    if (best_cost >= 0 && cost >= best_cost) continue;
    best = i;
    best_cost = cost;
  }
  return best;
}

/* ---- collecting ---- */

static status job_reserve(struct job *job, struct err *err) {
  size_t most = 1;
  for (int level = 0; level < VIEW_LEVELS; level++)
    most += job->view->levels[job->space][level].count;
  job->upper = mem_alloc(most * sizeof(struct sorted_file *));
  job->lower = mem_alloc(most * sizeof(struct sorted_file *));
  job->numbers = mem_alloc(most * sizeof *job->numbers);
  if (!job->upper || !job->lower || !job->numbers)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to compact files");
  return LUMA_OK;
}

static void take_upper(struct job *job, struct sorted_file *file) {
  job->upper[job->upper_count++] = file;
  job->numbers[job->numbers_count++] = sorted_get_info(file)->number;
}

static void span_of(const struct job *job, struct slice *from, struct slice *last) {
  *from = sorted_get_info(job->upper[0])->key_min;
  *last = sorted_get_info(job->upper[0])->key_max;
  for (uint32_t i = 1; i < job->upper_count + job->lower_count; i++) {
    struct sorted_file *file =
        i < job->upper_count ? job->upper[i] : job->lower[i - job->upper_count];
    const struct sorted_info *info = sorted_get_info(file);
    if (slice_compare(info->key_min, *from) < 0) *from = info->key_min;
    if (slice_compare(info->key_max, *last) > 0) *last = info->key_max;
  }
}

static void take_lower(struct job *job) {
  const struct view_level *below = &job->view->levels[job->space][job->into];
  struct slice from, last;
  span_of(job, &from, &last);
  for (uint32_t i = 0; i < below->count; i++) {
    if (!meets(below->files[i], from, last)) continue;
    job->lower[job->lower_count++] = below->files[i];
    job->numbers[job->numbers_count++] = sorted_get_info(below->files[i])->number;
  }
}

static status collect(struct job *job, struct err *err) {
  const struct view_level *level = &job->view->levels[job->space][job->level];
  TRY(job_reserve(job, err));
  if (job->level > 0)
    take_upper(job, level->files[choose_file(job)]);
  else
    for (uint32_t i = 0; i < level->count; i++) take_upper(job, level->files[i]);
  take_lower(job);
  return LUMA_OK;
}

static void job_free(struct job *job) {
  mem_free(job->upper);
  mem_free(job->lower);
  mem_free(job->numbers);
  compact__sparse_deinit(&job->sparse);
  view_release(job->view);
}

/* ---- running ---- */

static uint64_t cleaned_of(const struct job *job, const struct sorted_file *file) {
  const struct view_level *level = &job->view->levels[job->space][job->level];
  for (uint32_t i = 0; i < level->count; i++)
    if (level->files[i] == file) return level->cleaned[i];
  return 0;
}

static bool uppers_meet(const struct job *job) {
  for (uint32_t i = 0; i < job->upper_count; i++)
    for (uint32_t j = 0; j < i; j++) {
      const struct sorted_info *info = sorted_get_info(job->upper[j]);
      if (meets(job->upper[i], info->key_min, info->key_max)) return true;
    }
  return false;
}

/* Nothing to merge with: the files change their level and nothing else. */
static status move_down(struct job *job, struct err *err) {
  struct view_added *added = mem_alloc(job->upper_count * sizeof *added);
  if (!added) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to compact files");
  for (uint32_t i = 0; i < job->upper_count; i++)
    added[i] = (struct view_added){
        .file = job->upper[i], .level = job->into, .cleaned = cleaned_of(job, job->upper[i])};
  struct compact_install install = {.added = added,
                                    .added_count = job->upper_count,
                                    .removed = job->numbers,
                                    .removed_count = job->numbers_count};
  status answer = compact__install(job->engine, &install, err);
  mem_free(added);
  return answer;
}

static uint32_t job_sources(const struct job *job, struct merge_source *sources) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < job->upper_count; i++)
    sources[count++] = (struct merge_source){
        .kind = MERGE_FILES, .seq_max = UINT64_MAX, .files = &job->upper[i], .files_count = 1};
  if (job->lower_count)
    sources[count++] = (struct merge_source){.kind = MERGE_FILES,
                                             .seq_max = UINT64_MAX,
                                             .files = job->lower,
                                             .files_count = job->lower_count};
  return count;
}

static status rewrite_into(struct job *job, struct compact_outputs *outputs, struct err *err) {
  struct merge_source *sources = mem_alloc((job->upper_count + 1) * sizeof *sources);
  if (!sources) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to compact files");
  struct compact_merge merge = {.engine = job->engine,
                                .view = job->view,
                                .space = job->space,
                                .sources = sources,
                                .sources_count = job_sources(job, sources),
                                .bottom = job->into,
                                .ranges_seq = job->flushed_seq,
                                .outputs = outputs};
  if (job->all) merge.bottom = VIEW_LEVELS - 1;
  if (job->level == 0 && job->into == 0) merge.bottom = VIEW_LEVELS;
  status answer = compact__merge(&merge, err);
  mem_free(sources);
  return answer;
}

static status rewrite(struct job *job, struct err *err) {
  struct compact_outputs outputs = {.engine = job->engine,
                                    .space = job->space,
                                    .file_bytes = job->engine->options.file_bytes,
                                    .sparse = &job->sparse};
  status answer = rewrite_into(job, &outputs, err);
  for (size_t i = 0; i < outputs.count; i++) outputs.items[i].level = job->into;
  struct compact_install install = {.added = outputs.items,
                                    .added_count = outputs.count,
                                    .removed = job->numbers,
                                    .removed_count = job->numbers_count};
  if (answer == LUMA_OK) answer = compact__install(job->engine, &install, err);
  compact__outputs_deinit(&outputs, answer != LUMA_OK && answer != LUMA_READ_ONLY);
  return answer;
}

/* While it runs, flushed files that meet its span stay in level 0, and files of the feed are not
 * dropped. What was flushed or dropped since the view was taken did not know that: files were put
 * into gaps of the span, where the outputs would overlap them. Then nothing is announced. */
static bool announce(struct job *job) {
  struct engine *engine = job->engine;
  mutex_lock(&engine->edit_lock);
  job->is_stale = manifest_get_state(engine->manifest)->edits != job->edits;
  if (!job->is_stale) {
    engine->compacting = (struct engine_span){.busy = true, .space = job->space};
    span_of(job, &engine->compacting.from, &engine->compacting.last);
  }
  mutex_unlock(&engine->edit_lock);
  return !job->is_stale;
}

static void withdraw(struct job *job) {
  mutex_lock(&job->engine->edit_lock);
  job->engine->compacting = (struct engine_span){0};
  mutex_unlock(&job->engine->edit_lock);
}

static status run(struct job *job, struct err *err) {
  bool moves = job->lower_count == 0 && job->level != job->into && !job->all && !uppers_meet(job);
  if (!announce(job)) return LUMA_OK;
  status answer = moves ? move_down(job, err) : rewrite(job, err);
  withdraw(job);
  return answer;
}

/* ---- range deletes ---- */

/* Does the range delete hide everything (or, with `some`, may it hide something) of the file? */
static bool hides(const struct job *job, const struct manifest_range *range,
                  const struct sorted_info *info, uint64_t cleaned, bool some) {
  if (range->space != info->space || range->seq > job->flushed_seq || cleaned >= range->seq)
    return false;
  if (some) return info->seq_min < range->seq && range_meets(range->from, range->to, info);
  return info->seq_max < range->seq && range_has(range->from, range->to, info->key_min) &&
         range_has(range->from, range->to, info->key_max);
}

/* The first file that some range delete hides, wholly or in part. */
static bool find_hidden(struct job *job, bool some, struct sorted_file **file) {
  const struct view_ranges *ranges = job->view->ranges;
  for (uint32_t r = 0; ranges && r < ranges->count; r++)
    for (uint8_t depth = 0; depth < VIEW_LEVELS; depth++) {
      uint8_t space = ranges->items[r].space;
      const struct view_level *level = &job->view->levels[space][depth];
      for (uint32_t i = 0; i < level->count; i++) {
        if (!hides(job, &ranges->items[r], sorted_get_info(level->files[i]), level->cleaned[i],
                   some))
          continue;
        *file = level->files[i];
        job->space = space;
        job->level = job->into = depth;
        return true;
      }
    }
  return false;
}

static status drop_hidden(struct job *job, const struct sorted_file *file, struct err *err) {
  uint64_t number = sorted_get_info(file)->number;
  struct compact_install install = {.removed = &number, .removed_count = 1};
  return compact__install(job->engine, &install, err);
}

static status rewrite_one(struct job *job, struct sorted_file *file, struct err *err) {
  TRY(job_reserve(job, err));
  take_upper(job, file);
  return run(job, err);
}

/* ---- blob files ---- */

/* The first file that refers to a sparse blob file. */
static bool find_sparse(struct job *job, struct sorted_file **file) {
  for (uint8_t depth = 0; job->sparse.count > 0 && depth < VIEW_LEVELS; depth++) {
    const struct view_level *level = &job->view->levels[STORE_RECORDS][depth];
    for (uint32_t i = 0; i < level->count; i++) {
      if (!compact__refers_to_sparse(&job->sparse, level->files[i])) continue;
      *file = level->files[i];
      job->space = STORE_RECORDS;
      job->level = job->into = depth;
      return true;
    }
  }
  return false;
}

/* ---- the feed ---- */

/* Files of the feed come one with each flush and never overlap: the newest are joined once there
 * are many, each with newer ones that are as large together, so that a record is rewritten a
 * logarithmic number of times. Full files are let be. */
static uint32_t choose_feed(const struct job *job) {
  const struct view_level *feed = &job->view->levels[VIEW_FEED][1];
  uint64_t newer = 0;
  uint32_t count = 0;
  while (count < feed->count) {
    uint64_t bytes = sorted_get_info(feed->files[feed->count - 1 - count])->file_bytes;
    if (bytes > job->engine->options.file_bytes / 2 ||
        (count >= COMPACT_FEED_FILES && bytes > newer))
      break;
    newer += bytes;
    count++;
  }
  return count >= COMPACT_FEED_FILES ? count : 0;
}

static status join_feed(struct job *job, uint32_t count, struct err *err) {
  const struct view_level *feed = &job->view->levels[VIEW_FEED][1];
  job->space = VIEW_FEED;
  job->level = job->into = 1;
  TRY(job_reserve(job, err));
  for (uint32_t i = feed->count - count; i < feed->count; i++) take_upper(job, feed->files[i]);
  return run(job, err);
}

/* ---- the calls ---- */

static status step_locked(struct job *job, bool *done, struct err *err) {
  struct sorted_file *file;
  TRY(compact__sparse_collect(job->view, &job->sparse, err));
  *done = true;
  if (find_hidden(job, false, &file)) return drop_hidden(job, file, err);
  if (choose_level(job->engine, job->view, job)) {
    TRY(collect(job, err));
    return run(job, err);
  }
  uint32_t feed = choose_feed(job);
  if (feed) return join_feed(job, feed, err);
  if (find_sparse(job, &file) || find_hidden(job, true, &file)) return rewrite_one(job, file, err);
  *done = false;
  return LUMA_OK;
}

status compact__step(struct engine *engine, bool *done, struct err *err) {
  struct err own = {0};
  if (!err) err = &own;
  *done = false;
  mutex_lock(&engine->compact_lock);
  struct job job = {.engine = engine};
  job_begin(&job);
  status answer = engine_check_writable(engine, err);
  if (answer == LUMA_OK) answer = step_locked(&job, done, err);
  if (answer == LUMA_DISK_FULL) (void)engine_starve(engine); /* the next step has its room */
  job_free(&job);
  mutex_unlock(&engine->compact_lock);
  return answer;
}

static status collect_all(struct job *job, struct err *err) {
  TRY(job_reserve(job, err));
  for (int depth = 0; depth < VIEW_LEVELS; depth++)
    for (uint32_t i = 0; i < job->view->levels[job->space][depth].count; i++)
      take_upper(job, job->view->levels[job->space][depth].files[i]);
  return LUMA_OK;
}

/* A space that is one level already, with nothing hidden in it, is as good as it gets. */
static bool is_one_level(const struct job *job) {
  int levels = 0;
  for (int depth = 1; depth < VIEW_LEVELS; depth++)
    levels += job->view->levels[job->space][depth].count > 0;
  return levels <= 1 && job->view->levels[job->space][0].count == 0 && !job->view->ranges &&
         job->sparse.count == 0;
}

static status try_space(struct engine *engine, uint8_t space, bool *stale, struct err *err) {
  struct job job = {.engine = engine, .space = space, .into = VIEW_LEVELS - 1, .all = true};
  job_begin(&job);
  status answer = compact__sparse_collect(job.view, &job.sparse, err);
  if (answer == LUMA_OK && !is_one_level(&job)) {
    answer = collect_all(&job, err);
    if (answer == LUMA_OK && job.upper_count) answer = run(&job, err);
  }
  *stale = job.is_stale;
  job_free(&job);
  return answer;
}

static status compact_space(struct engine *engine, uint8_t space, struct err *err) {
  bool stale = true;
  status answer = LUMA_OK;
  mutex_lock(&engine->compact_lock);
  while (stale && answer == LUMA_OK) answer = try_space(engine, space, &stale, err);
  mutex_unlock(&engine->compact_lock);
  return answer;
}

status compact_everything(struct engine *engine, struct err *err) {
  TRY(compact_flush_all(engine, err));
  for (uint8_t space = 0; space < STORE_SPACES; space++) TRY(compact_space(engine, space, err));
  return LUMA_OK;
}
