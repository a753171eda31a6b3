/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_admin.h"

#include "query/plan/words.h"
#include "server/rest/mongo_current.h"
#include "server/rest/mongo_plans.h"
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
    {"planCacheClear", mongo_plans_clear},
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
