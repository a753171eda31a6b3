/* SPDX-License-Identifier: MIT */
/* Stages that tell of the server: a pipeline that begins with one begins with $documents then, of
 * what it tells. Values stand there as {"$literal": …}, for they are computed. */
#include "server/rest/mongo_current.h"
#include "server/rest/mongo_plans.h"

enum { TOLD_MAX = 1000, INVALID_NAMESPACE = 73 };

/* ---- sessions ---- */

static void put_session(const struct mongo_asked *asked, const struct registry_told *told) {
  int64_t now_us = (int64_t)os_now_us(asked->exchange->rest->options.os);
  build_begin_map(asked->build);
  build_name(asked->build, slice_of_text("_id"));
  build_begin_map(asked->build);
  mongo_put_text(asked->build, "id", told->id);
  build_end(asked->build);
  mongo_put(asked->build, "lastUse", val_timestamp(now_us - (int64_t)told->age_us));
  build_end(asked->build);
}

static status put_sessions(const struct mongo_asked *asked, struct err *err) {
  struct registry *registry = asked->exchange->rest->registry;
  struct registry_told *told =
      arena_zalloc(&asked->exchange->request->arena, TOLD_MAX, sizeof *told);
  if (!told) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for sessions");
  uint32_t count = registry_tell_sessions(registry, told, TOLD_MAX);
  build_begin_list(asked->build);
  for (uint32_t i = 0; i < count; i++) put_session(asked, &told[i]);
  build_end(asked->build);
  return LUMA_OK;
}

/* ---- what runs ---- */

/* What runs is the server's, not a collection's. */
static status check_current(const struct statement_run *run, const struct val *options,
                            struct err *err) {
  struct val target = val_field(&run->command, slice_of_text("aggregate"));
  struct val database = val_field(&run->command, slice_of_text("$db"));
  double number = val_is_number(&target) ? val_to_float64(&target) : 0;
  bool is_admin =
      database.type == VAL_TEXT && slice_is_equal(val_slice(&database), slice_of_text("admin"));
  if (number == 1 && is_admin) return mongo_current_check(options, err);
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "$currentOp must be run against the 'admin' database with {aggregate: 1}");
  err_hint(err, "{\"aggregate\": 1, \"$db\": \"admin\", \"pipeline\": [{\"$currentOp\": {}}]}");
  if (err) err->foreign = INVALID_NAMESPACE;
  return LUMA_INVALID_ARGUMENT;
}

static status put_current(const struct mongo_asked *asked, struct err *err) {
  (void)err;
  mongo_current_put_documents(asked);
  return LUMA_OK;
}

/* ---- the stages ---- */

static const struct stage {
  const char *name;
  /* LUMA_OK unless the stage, with these options, cannot stand there; NULL: it can */
  status (*check)(const struct statement_run *run, const struct val *options, struct err *err);
  /* puts the list of documents */
  status (*put)(const struct mongo_asked *asked, struct err *err);
} stages[] = {{"$currentOp", check_current, put_current},
              {"$listSessions", NULL, put_sessions},
              {"$listLocalSessions", NULL, put_sessions},
              {"$planCacheStats", mongo_plans_check, mongo_plans_put}};

/* The stage that the pipeline of an aggregate begins with; NULL: none of these. */
static const struct stage *find_stage(const struct statement_run *run, struct val *options) {
  struct val pipeline = val_field(&run->command, slice_of_text("pipeline"));
  bool is_aggregate = val_field(&run->command, slice_of_text("aggregate")).type != VAL_MISSING;
  struct slice first = {0};
  if (!is_aggregate || pipeline.type != VAL_LIST || val_count(&pipeline) == 0) return NULL;
  struct val stage = val_at(&pipeline, 0);
  if (stage.type != VAL_MAP || val_count(&stage) != 1) return NULL;
  *options = val_field_at(&stage, 0, &first);
  for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
    if (slice_is_equal(first, slice_of_text(stages[i].name))) return &stages[i];
  return NULL;
}

static status put_pipeline(const struct mongo_asked *asked, const struct val *pipeline,
                           const struct stage *stage, struct err *err) {
  build_begin_list(asked->build);
  build_begin_map(asked->build);
  build_name(asked->build, slice_of_text("$documents"));
  TRY(stage->put(asked, err));
  build_end(asked->build);
  for (uint32_t i = 1; i < val_count(pipeline); i++) {
    struct val next = val_at(pipeline, i);
    build_put(asked->build, &next);
  }
  build_end(asked->build);
  return LUMA_OK;
}

/* The command over documents instead of a collection. */
static status put_command(const struct mongo_asked *asked, const struct stage *stage,
                          struct err *err) {
  const struct val *command = &asked->run->command;
  build_begin_map(asked->build);
  for (uint32_t i = 0; i < val_count(command); i++) {
    struct slice name;
    struct val field = val_field_at(command, i, &name);
    build_name(asked->build, name);
    if (slice_is_equal(name, slice_of_text("pipeline"))) {
      TRY(put_pipeline(asked, &field, stage, err));
      continue;
    }
    if (slice_is_equal(name, slice_of_text("aggregate"))) field = val_int64(1);
    build_put(asked->build, &field);
  }
  build_end(asked->build);
  return LUMA_OK;
}

static status replace(struct exchange *exchange, struct statement_run *run,
                      const struct stage *stage, struct err *err) {
  struct build build;
  struct buf room;
  struct slice built;
  struct mongo_asked asked = {exchange, run, &build};
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  status done = put_command(&asked, stage, err);
  if (done == LUMA_OK) done = build_finish(&build, &built, err);
  build_deinit(&build);
  void *copy = done == LUMA_OK ? arena_copy(&run->arena, built.data, built.bytes) : NULL;
  if (copy) run->command = val_decode(slice_of(copy, built.bytes), NULL);
  if (done == LUMA_OK && !copy)
    done = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for the pipeline");
  buf_deinit(&room);
  return done;
}

status mongo_admin_replace_stage(struct exchange *exchange, struct statement_run *run,
                                 struct err *err) {
  struct val options = val_missing();
  const struct stage *stage = run->is_command ? find_stage(run, &options) : NULL;
  if (!stage) return LUMA_OK;
  if (stage->check) TRY(stage->check(run, &options, err));
  return replace(exchange, run, stage, err);
}
