/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_current.h"

#include "query/lang/lang.h"
#include "value/doc/doc.h"
#include "value/json/json.h"

/* Commands larger than this are told by their beginning; as much of them is looked at, however
 * large they are: the registry waits meanwhile. */
enum { SHOWN_BYTES_MAX = 1000, VALUES_MAX = 200, TEXT_BYTES_MAX = 256 };

enum { FAILED_TO_PARSE = 9, NO_SUCH_KEY = 4, TYPE_MISMATCH = 14 };

/* ---- what runs ---- */

struct telling {
  const struct mongo_asked *asked;
  struct build *build;
  bool masks;     /* values are not told: some are sensitive */
  bool for_stage; /* each is {"$literal": …}: documents of a pipeline are computed */
  uint32_t left;  /* values that may yet be told */
};

static struct slice cut(struct slice text, size_t most) {
  size_t bytes = text.bytes < most ? text.bytes : most;
  while (bytes && bytes < text.bytes && (text.data[bytes] & 0xc0) == 0x80) bytes--;
  return slice_of(text.data, bytes);
}

static void put_scalar(struct telling *telling, const struct val *value) {
  struct val shown = *value;
  if (telling->masks)
    shown = val_text(slice_of_text("***"));
  else if (value->type == VAL_TEXT)
    shown = val_text(cut(val_slice(value), TEXT_BYTES_MAX));
  build_put(telling->build, &shown);
}

/* As much of the value as there is room for. Depth is bounded by DOC_DEPTH_MAX. */
static void put_value(struct telling *telling, const struct val *value) {
  bool is_map = value->type == VAL_MAP;
  if (telling->left) telling->left--;
  if (!is_map && value->type != VAL_LIST) {
    put_scalar(telling, value);
    return;
  }
  if (is_map)
    build_begin_map(telling->build);
  else
    build_begin_list(telling->build);
  for (uint32_t i = 0; i < val_count(value) && telling->left; i++) {
    struct slice name = {0};
    struct val inner = is_map ? val_field_at(value, i, &name) : val_at(value, i);
    if (is_map) build_name(telling->build, name);
    put_value(telling, &inner);
  }
  build_end(telling->build);
}

void mongo_current_put_value(const struct mongo_asked *asked, const struct val *value) {
  struct telling telling = {.asked = asked,
                            .build = asked->build,
                            .masks = rest__masks(asked->exchange),
                            .left = VALUES_MAX};
  put_value(&telling, value);
}

/* {"$truncated": the beginning of its JSON}, as MongoDB has it. */
static void put_truncated(struct telling *telling, const struct val *command) {
  const struct json_write_options options = {.form = JSON_PLAIN, .key_name = "_id"};
  struct build part, *whole = telling->build;
  struct buf room, text;
  struct slice built;
  buf_init(&room, DOC_BYTES_MAX);
  buf_init(&text, DOC_BYTES_MAX);
  build_init(&part, &room, NULL);
  telling->build = &part;
  put_value(telling, command);
  telling->build = whole;
  if (build_finish(&part, &built, NULL) == LUMA_OK) {
    struct val value = val_decode(built, NULL);
    json_write(&text, &value, &options);
  }
  mongo_put(whole, "$truncated", val_text(cut(buf_slice(&text), SHOWN_BYTES_MAX)));
  build_deinit(&part);
  buf_deinit(&text);
  buf_deinit(&room);
}

/* {"lql": the statement} */
static void put_statement(struct telling *telling, const struct registry_about *about) {
  struct slice text = cut(about->text, SHOWN_BYTES_MAX);
  struct exchange *exchange = telling->asked->exchange;
  const struct lang *lang = about->lang ? about->lang : lang_guess(about->text);
  if (telling->masks) text = rest__redacted_as(exchange, text, lang);
  mongo_put(telling->build, lang->name, val_text(text));
}

static void put_command(struct telling *telling, const struct registry_about *about) {
  telling->left = VALUES_MAX;
  build_name(telling->build, slice_of_text("command"));
  if (about->command.type == VAL_MAP && about->command.bytes <= SHOWN_BYTES_MAX) {
    put_value(telling, &about->command);
    return;
  }
  build_begin_map(telling->build);
  if (about->command.type == VAL_MAP)
    put_truncated(telling, &about->command);
  else if (about->text.bytes)
    put_statement(telling, about);
  build_end(telling->build);
}

struct op {
  const char *command, *name;
};

static const char *op_of(struct slice command) {
  static const struct op ops[] = {{"find", "query"},    {"getMore", "getmore"},
                                  {"insert", "insert"}, {"update", "update"},
                                  {"delete", "remove"}, {"bulkWrite", "bulkWrite"}};
  for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
    if (slice_is_equal(command, slice_of_text(ops[i].command))) return ops[i].name;
  return "command";
}

/* `op`, and `ns`: the database with the collection, or with `$cmd`. */
static void put_op(struct telling *telling, const struct registry_about *about) {
  struct slice name = {0}, database = slice_of_text("luma"), collection = slice_of_text("$cmd");
  struct val target = val_missing(), given = val_missing(), session = val_missing();
  struct buf text;
  if (about->command.type == VAL_MAP && val_count(&about->command)) {
    target = val_field_at(&about->command, 0, &name);
    given = val_field(&about->command, slice_of_text("$db"));
    session = val_field(&about->command, slice_of_text("lsid"));
  }
  if (slice_is_equal(name, slice_of_text("getMore")))
    target = val_field(&about->command, slice_of_text("collection"));
  if (given.type == VAL_TEXT) database = val_slice(&given);
  if (target.type == VAL_TEXT) collection = val_slice(&target);
  buf_init(&text, DOC_BYTES_MAX);
  buf_append_format(&text, "%.*s.%.*s", SLICE_ARG(cut(database, TEXT_BYTES_MAX)),
                    SLICE_ARG(cut(collection, TEXT_BYTES_MAX)));
  mongo_put_text(telling->build, "op", op_of(name));
  mongo_put(telling->build, "ns", val_text(buf_slice(&text)));
  if (session.type == VAL_MAP && session.bytes <= TEXT_BYTES_MAX)
    mongo_put(telling->build, "lsid", session);
  buf_deinit(&text);
}

/* "2026-01-31T12:00:00.000Z" */
static void put_time(const struct telling *telling) {
  const struct json_write_options plain = {.form = JSON_PLAIN};
  struct val now = val_timestamp((int64_t)os_now_us(telling->asked->exchange->rest->options.os));
  struct buf text;
  buf_init(&text, DOC_BYTES_MAX);
  json_write(&text, &now, &plain);
  if (text.bytes > 2)
    mongo_put(telling->build, "currentOpTime",
              val_text(slice_of(text.data + 1, text.bytes - 2))); /* without its quotes */
  buf_deinit(&text);
}

static void put_running(void *context, const struct registry_running *running, uint64_t age_us) {
  struct telling *telling = context;
  struct build *build = telling->build;
  char client[NET_TEXT_BYTES];
  if (telling->for_stage) {
    build_begin_map(build);
    build_name(build, slice_of_text("$literal"));
  }
  build_begin_map(build);
  mongo_put_text(build, "type", "op");
  if (running->about.client) {
    net_format(running->about.client, client);
    mongo_put_text(build, "client", client);
  }
  mongo_put_flag(build, "active", true);
  put_time(telling);
  mongo_put(build, "opid", val_text(running->id));
  mongo_put_number(build, "secs_running", age_us / 1000000);
  mongo_put_number(build, "microsecs_running", age_us);
  put_op(telling, &running->about);
  mongo_put_flag(build, "redacted", telling->masks);
  put_command(telling, &running->about);
  mongo_put_number(build, "numYields", 0);
  mongo_put_flag(build, "waitingForLock", false);
  if (atomic_load(running->cancelled)) mongo_put_flag(build, "killPending", true);
  build_end(build);
  if (telling->for_stage) build_end(build);
}

static void put_all(const struct mongo_asked *asked, bool for_stage) {
  struct telling telling = {.asked = asked,
                            .build = asked->build,
                            .masks = rest__masks(asked->exchange),
                            .for_stage = for_stage};
  build_begin_list(asked->build);
  registry_each_running(asked->exchange->rest->registry, put_running, &telling);
  build_end(asked->build);
}

void mongo_current_put_documents(const struct mongo_asked *asked) {
  put_all(asked, true);
}

/* ---- currentOp ---- */

/* What the command asks of those it tells: its other fields. */
static bool is_condition(uint32_t nth, struct slice name) {
  return nth > 0 && !jql_is_common(name) && !slice_is_equal(name, slice_of_text("$all")) &&
         !slice_is_equal(name, slice_of_text("$ownOps")) &&
         !slice_is_equal(name, slice_of_text("$truncateOps"));
}

static bool has_conditions(const struct mongo_asked *asked) {
  const struct val *command = &asked->run->command;
  for (uint32_t i = 0; i < val_count(command); i++) {
    struct slice name;
    (void)val_field_at(command, i, &name);
    if (is_condition(i, name)) return true;
  }
  return false;
}

static void put_conditions(const struct mongo_asked *asked, struct build *build) {
  const struct val *command = &asked->run->command;
  build_begin_map(build);
  for (uint32_t i = 0; i < val_count(command); i++) {
    struct slice name;
    struct val value = val_field_at(command, i, &name);
    if (!is_condition(i, name)) continue;
    build_name(build, name);
    build_put(build, &value);
  }
  build_end(build);
}

/* {"aggregate": 1, "pipeline": [{"$documents": what runs}, {"$match": the conditions}]} */
static void put_filtering(const struct mongo_asked *asked) {
  struct build *build = asked->build;
  build_begin_map(build);
  mongo_put_number(build, "aggregate", 1);
  build_name(build, slice_of_text("pipeline"));
  build_begin_list(build);
  build_begin_map(build);
  build_name(build, slice_of_text("$documents"));
  put_all(asked, true);
  build_end(build);
  build_begin_map(build);
  build_name(build, slice_of_text("$match"));
  put_conditions(asked, build);
  build_end(build);
  build_end(build);
  build_end(build);
}

static status put_found(const struct mongo_asked *asked, struct slice built, struct err *err) {
  struct session_cursor *cursor = NULL;
  struct val command = val_decode(built, NULL), row;
  struct session_request request = {.source = {.lang = &lang_jql, .command = &command}};
  bool has = true;
  status done = session_run(asked->exchange->session, &request, NULL, &cursor, err);
  while (done == LUMA_OK && has) {
    done = session_next(cursor, &row, &has, err);
    if (done == LUMA_OK && has) build_put(asked->build, &row);
  }
  session_cursor_close(cursor);
  return done;
}

static status put_filtered(const struct mongo_asked *asked, struct err *err) {
  struct build build;
  struct buf room;
  struct slice built;
  struct mongo_asked inner = {asked->exchange, asked->run, &build};
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  put_filtering(&inner);
  status done = build_finish(&build, &built, err);
  build_deinit(&build);
  build_begin_list(asked->build);
  if (done == LUMA_OK) done = put_found(asked, built, err);
  build_end(asked->build);
  buf_deinit(&room);
  return done;
}

status mongo_current_answer(const struct mongo_asked *asked, struct err *err) {
  build_name(asked->build, slice_of_text("inprog"));
  if (has_conditions(asked)) return put_filtered(asked, err);
  put_all(asked, false);
  return LUMA_OK;
}

static status fail_option(struct err *err, const char *before, struct slice name,
                          const char *behind) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "%s'%.*s'%s", before, SLICE_ARG(name),
            behind);
  if (err) err->foreign = FAILED_TO_PARSE;
  return LUMA_INVALID_ARGUMENT;
}

static bool is_option(struct slice name) {
  static const char *const names[] = {"allUsers", "idleConnections", "idleCursors", "idleSessions",
                                      "localOps", "targetAllNodes",  "truncateOps", "backtrace"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal(name, slice_of_text(names[i]))) return true;
  return false;
}

status mongo_current_check(const struct val *options, struct err *err) {
  if (options->type != VAL_MAP)
    return fail_option(err, "the options of ", slice_of_text("$currentOp"), " are an object");
  for (uint32_t i = 0; i < val_count(options); i++) {
    struct slice name;
    struct val value = val_field_at(options, i, &name);
    if (!is_option(name))
      return fail_option(err, "Unrecognized option ", name, " in $currentOp stage.");
    if (value.type != VAL_BOOL)
      return fail_option(err, "The ", name,
                         " parameter of the $currentOp stage must be a boolean value");
  }
  return LUMA_OK;
}

/* ---- killOp ---- */

/* MongoDB's are numbers, ours are not: none has one. */
status mongo_current_kill(const struct mongo_asked *asked, struct err *err) {
  struct val op = mongo_asked_field(asked, "op");
  if (op.type == VAL_TEXT) {
    (void)registry_cancel(asked->exchange->rest->registry, val_slice(&op), NULL);
  } else if (!val_is_number(&op)) {
    err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__,
              "`op` takes the text that `currentOp` gave as opid");
    if (err) err->foreign = op.type == VAL_MISSING ? NO_SUCH_KEY : TYPE_MISMATCH;
    return LUMA_TYPE_MISMATCH;
  }
  mongo_put_text(asked->build, "info", "attempting to kill op");
  return LUMA_OK;
}
