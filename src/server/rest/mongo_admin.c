/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_admin.h"

#include "query/plan/words.h"
#include "server/rest/mongo_current.h"
#include "server/rest/mongo_server.h"
#include "server/rest/mongo_session.h"
#include "server/rest/mongo_status.h"

enum { TOLD_MAX = 1000, INVALID_OPTIONS = 72, INVALID_NAMESPACE = 73, OPERATION_FAILED = 96 };

typedef status answer_fn(const struct mongo_asked *asked, struct err *err);

struct mongo_admin {
  const char *name;
  answer_fn *answer;
};

struct slice mongo_admin_database(const struct statement_run *run) {
  struct val given = val_field(&run->command, slice_of_text("$db"));
  bool is_named =
      given.type == VAL_TEXT && !slice_is_equal(val_slice(&given), slice_of_text("admin"));
  return is_named ? val_slice(&given) : slice_of_text("luma");
}

/* ---- who is there ---- */

static status answer_nothing(const struct mongo_asked *asked, struct err *err) {
  (void)asked;
  (void)err;
  return LUMA_OK;
}

/* Who may ask is decided before: a token, or nobody else can connect. */
static status answer_connection_status(const struct mongo_asked *asked, struct err *err) {
  struct build *build = asked->build;
  (void)err;
  build_name(build, slice_of_text("authInfo"));
  build_begin_map(build);
  build_name(build, slice_of_text("authenticatedUsers"));
  build_begin_list(build);
  build_end(build);
  build_name(build, slice_of_text("authenticatedUserRoles"));
  build_begin_list(build);
  build_end(build);
  struct val privileges = mongo_asked_field(asked, "showPrivileges");
  if (privileges.type == VAL_BOOL ? privileges.boolean : val_is_number(&privileges)) {
    build_name(build, slice_of_text("authenticatedUserPrivileges"));
    build_begin_list(build);
    build_end(build);
  }
  build_end(build);
  return LUMA_OK;
}

/* ---- parameters, logs, commands ---- */

static void put_version_parameter(struct build *build) {
  build_name(build, slice_of_text("featureCompatibilityVersion"));
  build_begin_map(build);
  mongo_put_text(build, "version", STATEMENT_MONGO_VERSION);
  build_end(build);
}

/* {"getParameter": 1, "name": 1}, or "*" for all there are. */
static status answer_get_parameter(const struct mongo_asked *asked, struct err *err) {
  static const char name[] = "featureCompatibilityVersion";
  struct val what = mongo_asked_field(asked, "getParameter");
  bool is_all = what.type == VAL_TEXT && slice_is_equal(val_slice(&what), slice_of_text("*"));
  if (is_all || mongo_asked_field(asked, name).type != VAL_MISSING) {
    put_version_parameter(asked->build);
    return LUMA_OK;
  }
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "no option found to get");
  if (err) err->foreign = INVALID_OPTIONS;
  return LUMA_INVALID_ARGUMENT;
}

/* The log goes to standard error and is not kept: there were no warnings that a client must see. */
static status answer_get_log(const struct mongo_asked *asked, struct err *err) {
  struct val what = mongo_asked_field(asked, "getLog");
  struct slice name = what.type == VAL_TEXT ? val_slice(&what) : slice_of_text("");
  bool is_names = slice_is_equal(name, slice_of_text("*"));
  if (!is_names && !slice_is_equal(name, slice_of_text("startupWarnings"))) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "no log named '%.*s'",
              SLICE_ARG(name));
    if (err) err->foreign = OPERATION_FAILED;
    return LUMA_INVALID_ARGUMENT;
  }
  if (!is_names) mongo_put_number(asked->build, "totalLinesWritten", 0);
  build_name(asked->build, slice_of_text(is_names ? "names" : "log"));
  build_begin_list(asked->build);
  struct val only = val_text(slice_of_text("startupWarnings"));
  if (is_names) build_put(asked->build, &only);
  build_end(asked->build);
  return LUMA_OK;
}

static status answer_list_commands(const struct mongo_asked *asked, struct err *err) {
  const struct word *words = NULL;
  uint32_t count = words_of(WORD_COMMAND, &words);
  (void)err;
  build_name(asked->build, slice_of_text("commands"));
  build_begin_map(asked->build);
  for (uint32_t i = 0; i < count; i++) {
    if (words[i].state == WORD_REFUSED) continue;
    build_name(asked->build, slice_of_text(words[i].name));
    build_begin_map(asked->build);
    mongo_put_text(asked->build, "help", words[i].why ? words[i].why : "");
    build_end(asked->build);
  }
  build_end(asked->build);
  return LUMA_OK;
}

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

/* ---- the door ---- */

static const struct mongo_admin commands[] = {
    {"ping", answer_nothing},
    {"hello", mongo_hello},
    {"isMaster", mongo_hello_old},
    {"ismaster", mongo_hello_old},
    {"buildInfo", mongo_status_build},
    {"buildinfo", mongo_status_build},
    {"serverStatus", mongo_status_server},
    {"connectionStatus", answer_connection_status},
    {"hostInfo", mongo_status_host},
    {"getParameter", answer_get_parameter},
    {"getLog", answer_get_log},
    {"listCommands", answer_list_commands},
    {"listDatabases", mongo_database_list},
    {"dbStats", mongo_database_stats},
    {"dbstats", mongo_database_stats},
    {"collStats", mongo_database_of_collection},
    {"dataSize", mongo_database_data_size},
    {"collstats", mongo_database_of_collection},
    {"currentOp", mongo_current_answer},
    {"killOp", mongo_current_kill},
    {"startSession", mongo_session_start},
    {"endSessions", mongo_session_kill},
    {"killSessions", mongo_session_kill},
    {"refreshSessions", mongo_session_refresh},
    {"killAllSessions", mongo_session_kill_all},
    {"killAllSessionsByPattern", mongo_session_kill_all},
    {"commitTransaction", answer_nothing},
    {"abortTransaction", answer_nothing},
    {"whatsmyuri", mongo_server_my_uri},
    {"usersInfo", mongo_server_users},
    {"rolesInfo", mongo_server_roles},
    {"getCmdLineOpts", mongo_server_options},
    {"getDefaultRWConcern", mongo_server_concerns},
    {"getFreeMonitoringStatus", mongo_server_monitoring},
    {"profile", mongo_server_profile},
    {"planCacheClear", mongo_server_clear_plans},
    {"planCacheListFilters", mongo_server_plan_filters},
    {"planCacheClearFilters", mongo_server_clear_filters},
    {"compact", mongo_server_compact},
    {"fsync", mongo_server_fsync},
    {"dropDatabase", mongo_server_drop_database},
    {"logout", answer_nothing},
    {"validate", mongo_validate},
};

bool mongo_admin_is_name(struct slice name) {
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (slice_is_equal(name, slice_of_text(commands[i].name))) return true;
  return false;
}

const struct mongo_admin *mongo_admin_find(const struct statement_run *run) {
  struct slice first = {0};
  if (!run->is_command || val_count(&run->command) == 0) return NULL;
  (void)val_field_at(&run->command, 0, &first);
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (slice_is_equal(first, slice_of_text(commands[i].name))) return &commands[i];
  return NULL;
}

static status write_answer(const struct mongo_asked *asked, const struct mongo_admin *admin,
                           struct buf *out, struct err *err) {
  struct json_write_options options = {.form = asked->run->json, .key_name = "_id"};
  struct slice built;
  build_begin_map(asked->build);
  TRY(admin->answer(asked, err));
  mongo_put_number(asked->build, "ok", 1);
  build_end(asked->build);
  TRY(build_finish(asked->build, &built, err));
  struct val answer = val_decode(built, NULL);
  json_write(out, &answer, &options);
  return buf_check(out, "the reply", err);
}

status mongo_admin_run(struct exchange *exchange, const struct statement_run *run,
                       const struct mongo_admin *admin, struct err *err) {
  struct buf room;
  struct build build;
  struct mongo_asked asked = {exchange, run, &build};
  exchange->is_mongo = true;
  atomic_fetch_add_explicit(&exchange->rest->commands, 1, memory_order_relaxed);
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  status done = write_answer(&asked, admin, &exchange->request->reply.body, err);
  build_deinit(&build);
  buf_deinit(&room);
  if (done == LUMA_OK) rest__json(exchange, 200);
  return done;
}

/* ---- stages that tell the same ---- */

static bool is_stage(const struct statement_run *run, const char *name) {
  struct val pipeline = val_field(&run->command, slice_of_text("pipeline"));
  struct slice first = {0};
  if (pipeline.type != VAL_LIST || val_count(&pipeline) == 0) return false;
  struct val stage = val_at(&pipeline, 0);
  if (stage.type != VAL_MAP || val_count(&stage) != 1) return false;
  (void)val_field_at(&stage, 0, &first);
  return slice_is_equal(first, slice_of_text(name));
}

/* What runs is the server's, not a collection's. */
static status check_of_server(const struct statement_run *run, struct err *err) {
  struct val target = val_field(&run->command, slice_of_text("aggregate"));
  struct val database = val_field(&run->command, slice_of_text("$db"));
  double number = val_is_number(&target) ? val_to_float64(&target) : 0;
  bool is_admin =
      database.type == VAL_TEXT && slice_is_equal(val_slice(&database), slice_of_text("admin"));
  if (number == 1 && is_admin) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "$currentOp must be run against the 'admin' database with {aggregate: 1}");
  err_hint(err, "{\"aggregate\": 1, \"$db\": \"admin\", \"pipeline\": [{\"$currentOp\": {}}]}");
  if (err) err->foreign = INVALID_NAMESPACE;
  return LUMA_INVALID_ARGUMENT;
}

static status put_pipeline(const struct mongo_asked *asked, const struct val *pipeline,
                           bool sessions, struct err *err) {
  build_begin_list(asked->build);
  build_begin_map(asked->build);
  build_name(asked->build, slice_of_text("$documents"));
  if (sessions)
    TRY(put_sessions(asked, err));
  else
    mongo_current_put_documents(asked);
  build_end(asked->build);
  for (uint32_t i = 1; i < val_count(pipeline); i++) {
    struct val stage = val_at(pipeline, i);
    build_put(asked->build, &stage);
  }
  build_end(asked->build);
  return LUMA_OK;
}

/* The command over documents instead of a collection. */
static status put_command(const struct mongo_asked *asked, bool sessions, struct err *err) {
  const struct val *command = &asked->run->command;
  build_begin_map(asked->build);
  for (uint32_t i = 0; i < val_count(command); i++) {
    struct slice name;
    struct val field = val_field_at(command, i, &name);
    build_name(asked->build, name);
    if (slice_is_equal(name, slice_of_text("pipeline"))) {
      TRY(put_pipeline(asked, &field, sessions, err));
      continue;
    }
    if (slice_is_equal(name, slice_of_text("aggregate"))) field = val_int64(1);
    build_put(asked->build, &field);
  }
  build_end(asked->build);
  return LUMA_OK;
}

status mongo_admin_replace_stage(struct exchange *exchange, struct statement_run *run,
                                 struct err *err) {
  struct build build;
  struct buf room;
  struct slice built;
  if (!run->is_command || val_field(&run->command, slice_of_text("aggregate")).type == VAL_MISSING)
    return LUMA_OK;
  bool sessions = is_stage(run, "$listSessions") || is_stage(run, "$listLocalSessions");
  if (!sessions && !is_stage(run, "$currentOp")) return LUMA_OK;
  if (!sessions) TRY(check_of_server(run, err));
  struct val list = val_field(&run->command, slice_of_text("pipeline")), stage = val_at(&list, 0);
  struct val options = val_field(&stage, slice_of_text("$currentOp"));
  if (!sessions) TRY(mongo_current_check(&options, err));
  struct mongo_asked asked = {exchange, run, &build};
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  status done = put_command(&asked, sessions, err);
  if (done == LUMA_OK) done = build_finish(&build, &built, err);
  build_deinit(&build);
  void *copy = done == LUMA_OK ? arena_copy(&run->arena, built.data, built.bytes) : NULL;
  if (copy) run->command = val_decode(slice_of(copy, built.bytes), NULL);
  if (done == LUMA_OK && !copy)
    done = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for the pipeline");
  buf_deinit(&room);
  return done;
}
