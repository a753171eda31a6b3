/* SPDX-License-Identifier: MIT */
/* Commands that a server answers itself: no plan comes of them, but their fields are looked at as
 * those of all commands. Names of collections are the server's to judge. What takes any field, as
 * serverStatus, getParameter, hello and currentOp do, is not here. */
#include "query/lang/jql/jql_int.h"

enum { FIELDS_MAX = 8 };

struct served {
  const char *name;
  enum jql_kind kind; /* of what stands under the name */
  struct jql_field fields[FIELDS_MAX];
};

static const struct served commands[] = {
    {"getMore",
     JQL_NUMBER,
     {{"collection", JQL_ANY, true}, {"batchSize", JQL_COUNT, false}, {"term", JQL_ANY, false}}},
    {"killCursors", JQL_ANY, {{"cursors", JQL_LIST, true}}},
    {"ping", JQL_ANY, {{0}}},
    {"connectionStatus", JQL_ANY, {{"showPrivileges", JQL_BOOL, false}}},
    {"listDatabases",
     JQL_ANY,
     {{"filter", JQL_MAP, false},
      {"nameOnly", JQL_BOOL, false},
      {"authorizedDatabases", JQL_BOOL, false}}},
    {"dbStats", JQL_ANY, {{"scale", JQL_NUMBER, false}, {"freeStorage", JQL_NUMBER, false}}},
    {"dbstats", JQL_ANY, {{"scale", JQL_NUMBER, false}, {"freeStorage", JQL_NUMBER, false}}},
    {"collStats",
     JQL_ANY,
     {{"scale", JQL_NUMBER, false},
      {"verbose", JQL_ANY, false},
      {"waitForLock", JQL_TRUTH, false},
      {"numericOnly", JQL_TRUTH, false}}},
    {"collstats",
     JQL_ANY,
     {{"scale", JQL_NUMBER, false},
      {"verbose", JQL_ANY, false},
      {"waitForLock", JQL_TRUTH, false},
      {"numericOnly", JQL_TRUTH, false}}},
    {"dataSize",
     JQL_ANY,
     {{"keyPattern", JQL_MAP, false},
      {"min", JQL_MAP, false},
      {"max", JQL_MAP, false},
      {"estimate", JQL_BOOL, false}}},
    {"validate",
     JQL_ANY,
     {{"full", JQL_BOOL, false},
      {"repair", JQL_BOOL, false},
      {"background", JQL_BOOL, false},
      {"metadata", JQL_BOOL, false},
      {"checkBSONConformance", JQL_BOOL, false},
      {"fixMultikey", JQL_BOOL, false},
      {"scandata", JQL_BOOL, false},
      {"enforceFastCount", JQL_BOOL, false}}},
    {"startSession", JQL_ANY, {{0}}},
    {"endSessions", JQL_LIST, {{"txnNumber", JQL_NUMBER, false}}},
    {"killSessions", JQL_LIST, {{0}}},
    {"refreshSessions", JQL_LIST, {{0}}},
    {"killAllSessions", JQL_LIST, {{0}}},
    {"killAllSessionsByPattern", JQL_LIST, {{0}}},
    {"commitTransaction", JQL_ANY, {{"recoveryToken", JQL_MAP, false}}},
    {"abortTransaction", JQL_ANY, {{"recoveryToken", JQL_MAP, false}}},
    {"usersInfo",
     JQL_ANY,
     {{"showCredentials", JQL_TRUTH, false},
      {"showCustomData", JQL_TRUTH, false},
      {"showPrivileges", JQL_TRUTH, false},
      {"showAuthenticationRestrictions", JQL_TRUTH, false},
      {"filter", JQL_MAP, false}}},
    {"rolesInfo",
     JQL_ANY,
     {{"showBuiltinRoles", JQL_TRUTH, false},
      {"showPrivileges", JQL_ANY, false},
      {"showAuthenticationRestrictions", JQL_TRUTH, false}}},
    {"profile",
     JQL_NUMBER,
     {{"slowms", JQL_NUMBER, false},
      {"sampleRate", JQL_NUMBER, false},
      {"filter", JQL_ANY, false}}},
    {"getLog", JQL_TEXT, {{0}}},
    {"dropDatabase", JQL_NUMBER, {{0}}},
    {"logout", JQL_ANY, {{0}}},
    {"getDefaultRWConcern", JQL_ANY, {{"inMemory", JQL_BOOL, false}}},
};

static const struct served *find(const struct val *command) {
  struct slice first = {0};
  if (command->type != VAL_MAP || val_count(command) == 0) return NULL;
  (void)val_field_at(command, 0, &first);
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (slice_is_equal(first, slice_of_text(commands[i].name))) return &commands[i];
  return NULL;
}

static struct jql reading_of(const struct lang_context *context, struct statement *statement,
                             struct err *err) {
  *statement = (struct statement){.language = PLAN_JQL};
  return (struct jql){
      .context = context, .arena = context->arena, .statement = statement, .err = err};
}

status jql_check_served(const struct lang_context *context, const struct val *command,
                        struct err *err) {
  const struct served *served = find(command);
  struct statement statement;
  struct jql jql = reading_of(context, &statement, err);
  struct jql_node root = {.value = *command, .value_offset = JQL_NOWHERE};
  struct jql_field specs[FIELDS_MAX + 1];
  struct jql_node fields[FIELDS_MAX + 1];
  uint32_t count = 0;
  if (!served) return LUMA_OK;
  specs[count++] = (struct jql_field){served->name, served->kind, false};
  for (size_t i = 0; i < FIELDS_MAX && served->fields[i].name; i++)
    specs[count++] = served->fields[i];
  return jql__take(&jql, &root, specs, count, fields);
}

status jql_check_common(const struct lang_context *context, const struct val *command,
                        struct err *err) {
  struct statement statement;
  struct jql jql = reading_of(context, &statement, err);
  struct jql_node root = {.value = *command, .value_offset = JQL_NOWHERE};
  return command->type == VAL_MAP ? jql__check_common(&jql, &root) : LUMA_OK;
}
