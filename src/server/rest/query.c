/* SPDX-License-Identifier: MIT */
/* POST /v1/query: one reply, a cursor's next part, or a stream of lines; and cancelling. */
#include "base/mem/mem.h"
#include "query/lang/lang.h"
#include "server/rest/mongo_admin.h"
#include "server/rest/mongo_cursor.h"
#include "server/rest/mongo_session.h"
#include "server/rest/mongo_text.h"
#include "server/rest/rest_int.h"
#include "server/rest/statement.h"

enum { LOGGED_TEXT_BYTES = 512 };

static bool wants_lines(const struct exchange *exchange) {
  static const char type[] = "application/x-ndjson";
  struct slice accept = exchange->request->headers[HTTP_ACCEPT];
  for (size_t i = 0; i + sizeof type - 1 <= accept.bytes; i++) {
    if (memcmp(accept.data + i, type, sizeof type - 1) == 0) return true;
  }
  return false;
}

/* ---- cursors ---- */

/* What is left of a statement goes to the registry, with the session it borrowed. */
static status keep_cursor(void *context, struct statement_run *run, const char **id,
                          struct err *err) {
  struct exchange *exchange = context;
  char *copy = arena_alloc(&exchange->request->arena, REGISTRY_ID_BYTES + 1);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  run->is_kept = true;
  *id = memcpy(copy, run->id, REGISTRY_ID_BYTES + 1);
  return LUMA_OK;
}

static struct statement_writer writer_of(struct exchange *exchange) {
  return (struct statement_writer){.host = exchange->request->headers[HTTP_HOST],
                                   .bytes_max =
                                       (size_t)exchange->rest->options.config->limits.reply_bytes,
                                   .os = exchange->rest->options.os,
                                   .began_us = exchange->request->began_us,
                                   .keep = keep_cursor,
                                   .context = exchange};
}

/* The session leaves the exchange together with the cursor, which needs it; its guard with it, for
 * nothing is changed there any more. Once it is kept another request may take and end it. */
static status leave_cursor(struct exchange *exchange, struct statement_run *run, struct err *err) {
  bool is_own = !run->named;
  rest__unlist(exchange);
  TRY(registry_keep_cursor(exchange->rest->registry, run, err));
  if (!is_own) return LUMA_OK;
  exchange->session = NULL;
  exchange->has_guard = false;
  return LUMA_OK;
}

/* A write whose outcome its client does not ask for: {"w": 0}, and not that it is in the log. What
 * is wrong with the command is told all the same. */
static bool is_unacknowledged(const struct statement_run *run) {
  static const char *const writes[] = {"insert", "update", "delete"};
  struct slice first = {0};
  struct val concern = val_field(&run->command, slice_of_text("writeConcern"));
  if (!run->is_command || run->form != STATEMENT_MONGO || concern.type != VAL_MAP) return false;
  struct val servers = val_field(&concern, slice_of_text("w"));
  struct val logged = val_field(&concern, slice_of_text("j"));
  bool is_logged = logged.type == VAL_BOOL ? logged.boolean
                                           : val_is_number(&logged) && val_to_float64(&logged) != 0;
  (void)val_field_at(&run->command, 0, &first);
  for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++)
    if (slice_is_equal(first, slice_of_text(writes[i])))
      return val_is_number(&servers) && val_to_float64(&servers) == 0 && !is_logged;
  return false;
}

static void acknowledge_nothing(struct exchange *exchange) {
  buf_reset(&exchange->request->reply.body);
  buf_append_text(&exchange->request->reply.body, "{\"ok\":1}");
  rest__json(exchange, 200);
}

/* Writes the reply; `*run` is NULL after when a cursor was left. */
static status write_reply(struct exchange *exchange, struct statement_run **run, struct err *err) {
  struct statement_writer writer = writer_of(exchange);
  if (is_unacknowledged(*run)) {
    acknowledge_nothing(exchange);
    return LUMA_OK;
  }
  registry_name_cursor(exchange->rest->registry, *run);
  TRY(statement_write(*run, &writer, &exchange->request->reply.body, err));
  rest__json(exchange, 200);
  if (!(*run)->is_kept) return LUMA_OK;
  TRY(leave_cursor(exchange, *run, err));
  *run = NULL;
  return LUMA_OK;
}

/* One that follows a capped collection waits for what comes into it: as long as it may, if another
 * worker takes this one's place meanwhile. */
static status await_rows(struct exchange *exchange, struct statement_run *run, struct err *err) {
  enum { PAUSE_US = 5000 };
  struct os *os = exchange->rest->options.os;
  struct work_pool *pool = exchange->rest->options.pool;
  uint64_t until_us = os_monotonic_us(os) + run->await_us;
  bool has = false, awaits = false;
  TRY(statement_peek(run, &has, err));
  if (has || !session_cursor_tails(run->cursor, &awaits) || !awaits || !work_wait_begin(pool))
    return LUMA_OK;
  status result = LUMA_OK;
  while (result == LUMA_OK && !has && os_monotonic_us(os) < until_us) {
    os_sleep_us(os, PAUSE_US);
    if (!session_cursor_tails(run->cursor, NULL)) break;
    result = statement_peek(run, &has, err);
  }
  work_wait_end(pool);
  return result;
}

/* A cursor that was taken goes on: one without a named session brings its own. */
static status go_on(struct exchange *exchange, struct statement_run *run, struct err *err) {
  if (!run->named) {
    registry_move_running(exchange->rest->registry, &exchange->running, run->session);
    registry_return(exchange->rest->registry, exchange->session);
    exchange->has_guard = false;
    exchange->session = run->session;
  }
  run->is_continued = true;
  run->is_kept = run->is_batch_empty = false;
  registry_wait_for(exchange->rest->registry, &exchange->running, run);
  status result = await_rows(exchange, run, err);
  registry_wait_for(exchange->rest->registry, &exchange->running, NULL);
  if (result == LUMA_CANCELLED) mongo_cursor_tell_killed(err);
  if (result == LUMA_OK) result = write_reply(exchange, &run, err);
  statement_destroy(run);
  return result;
}

static status continue_cursor(struct exchange *exchange, const struct val *map,
                              const struct val *cursor, struct err *err) {
  struct statement_run *run;
  struct val limit = val_field(map, slice_of_text("limit"));
  int64_t count = 0;
  if (cursor->type != VAL_TEXT)
    FAIL(err, LUMA_INVALID_ARGUMENT, "`cursor` takes the text a reply gave");
  if (!val_is_null(&limit) &&
      (!val_is_number(&limit) || !val_to_int64(&limit, &count) || count < 1))
    FAIL(err, LUMA_INVALID_ARGUMENT, "`limit` takes a whole number, at least 1");
  TRY(registry_take_cursor(exchange->rest->registry, val_slice(cursor), exchange->named, &run,
                           err));
  if (count) run->limit = (uint64_t)count;
  return go_on(exchange, run, err);
}

/* getMore and killCursors are about cursors of replies: no language knows them. */
static status run_cursor_command(struct exchange *exchange, const struct statement_run *command,
                                 struct err *err) {
  struct registry *registry = exchange->rest->registry;
  struct statement_run *run;
  if (mongo_cursor_command_of(command) == MONGO_CURSOR_KILL) {
    TRY(mongo_cursor_kill(registry, command, exchange->named, &exchange->request->reply.body, err));
    rest__json(exchange, 200);
    return LUMA_OK;
  }
  atomic_fetch_add_explicit(&exchange->rest->get_mores, 1, memory_order_relaxed);
  TRY(mongo_cursor_take(registry, command, exchange->named, &run, err));
  return go_on(exchange, run, err);
}

/* ---- streams ---- */

status rest__stream_part(struct exchange *exchange, struct err *err) {
  struct http_reply *reply = &exchange->request->reply;
  bool ended = false, is_first = !reply->is_stream;
  status result =
      atomic_load(&exchange->cancelled)
          ? err_raise(err, LUMA_CANCELLED, __FILE__, __LINE__, "the statement was cancelled")
          : statement_write_lines(exchange->stream, &reply->body, REST_STREAM_PART_BYTES, &ended,
                                  err);
  if (result != LUMA_OK && is_first) return result;
  if (result != LUMA_OK) { /* the head is out: the last line tells */
    rest__put_error(&reply->body, err, false);
    buf_append_byte(&reply->body, '\n');
  }
  reply->status = 200;
  reply->content_type = "application/x-ndjson";
  reply->is_stream = true;
  reply->has_more = result == LUMA_OK && !ended;
  return LUMA_OK;
}

/* ---- the route ---- */

/* For the log: the statement itself may be gone by then. */
static void keep_text(struct exchange *exchange, const struct query_source *source) {
  struct slice text = source->text;
  size_t bytes = text.bytes < LOGGED_TEXT_BYTES ? text.bytes : (size_t)LOGGED_TEXT_BYTES;
  const char *copy = arena_copy(&exchange->request->arena, text.data, bytes);
  if (copy) exchange->statement_text = slice_of(copy, bytes);
  const struct lang *lang = source->lang ? source->lang : lang_guess(text);
  exchange->is_english = lang == &lang_nql;
  exchange->is_jql = lang == &lang_jql;
}

static void fill_limits(struct exchange *exchange, struct statement_run *run, bool lines) {
  const struct config *config = exchange->rest->options.config;
  run->session = exchange->session;
  run->named = exchange->named;
  /* A stream lasts as long as its reader takes. */
  if (!run->request.timeout_us && !lines)
    run->request.timeout_us = (uint64_t)config->limits.statement_ms * 1000;
  keep_text(exchange, &run->request.source);
}

/* To who asks what runs. */
static void describe(struct exchange *exchange, const struct statement_run *run) {
  const struct query_source *source = &run->request.source;
  struct registry_about about = {.command = run->is_command ? run->command : val_missing(),
                                 .text = source->text,
                                 .lang = source->lang,
                                 .client = &exchange->request->peer};
  registry_describe(exchange->rest->registry, &exchange->running, &about);
}

static status run_statement(struct exchange *exchange, struct statement_run **run,
                            const struct mongo_session *asked, struct err *err) {
  bool lines = wants_lines(exchange);
  describe(exchange, *run);
  if (mongo_cursor_command_of(*run) != MONGO_CURSOR_NONE)
    return run_cursor_command(exchange, *run, err);
  const struct mongo_admin *admin = mongo_admin_find(*run);
  if (admin) return mongo_admin_run(exchange, *run, admin, err);
  TRY(mongo_admin_replace_stage(exchange, *run, err));
  mongo_cursor_read(*run);
  fill_limits(exchange, *run, lines);
  mongo_cursor_note(*run);
  if (asked->kind == MONGO_SESSION_RETRY && !session_in_transaction(exchange->session))
    return mongo_session_retry(exchange, *run, asked, err);
  TRY(statement_start(*run, err));
  if (!lines || session_reply((*run)->cursor) == QUERY_REPLY_CHANGE)
    return write_reply(exchange, run, err);
  exchange->stream = *run;
  *run = NULL;
  return rest__stream_part(exchange, err);
}

/* A statement of several changes tells what failed in its reply. */
static bool has_write_errors(const struct statement_run *run) {
  return run && run->cursor && session_outcome(run->cursor).write_errors_count > 0;
}

static status run_in_transaction(struct exchange *exchange, struct statement_run **run,
                                 const struct mongo_session *asked, struct err *err) {
  TRY(mongo_session_enter(exchange, asked, err));
  if (asked->kind == MONGO_SESSION_COMMIT || asked->kind == MONGO_SESSION_ABORT)
    return mongo_session_end(exchange, asked, err);
  status result = run_statement(exchange, run, asked, err);
  if (result != LUMA_OK || has_write_errors(*run)) mongo_session_abort(exchange);
  return result;
}

/* The only change of a list failed: not the command, as MongoDB has it. */
static void tell_failed(struct exchange *exchange, const struct err *failed) {
  struct buf *body = &exchange->request->reply.body;
  buf_reset(body);
  statement_write_failed(failed, &exchange->teller, body);
  rest__json(exchange, 200);
}

/* For failures: the statement itself may be gone by then. */
static status keep_teller(struct exchange *exchange, const struct statement_run *run,
                          struct err *err) {
  struct mongo_teller teller = statement_teller(run);
  struct slice name = teller.database;
  const void *copy = arena_copy(&exchange->request->arena, name.data, name.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the name of a database");
  teller.database = slice_of(copy, name.bytes);
  exchange->teller = teller;
  return LUMA_OK;
}

/* What the server itself reads of a command. Fields of a wrong kind are told first. */
static status read_command(struct statement_run *run, struct mongo_session *asked,
                           struct err *err) {
  struct lang_context context = {.arena = &run->arena};
  if (run->is_command) TRY(jql_check_served(&context, &run->command, err));
  status read = mongo_session_read(run, asked, err);
  if (read != LUMA_OK) TRY(jql_check_common(&context, &run->command, err));
  return read;
}

static status run_query(struct exchange *exchange, struct statement_run **run,
                        const struct val *map, struct err *err) {
  struct mongo_session asked;
  TRY(statement_read(*run, map, err));
  exchange->is_mongo = (*run)->form == STATEMENT_MONGO;
  TRY(mongo_text_read(exchange, *run, err));
  TRY(keep_teller(exchange, *run, err));
  TRY(read_command(*run, &asked, err));
  bool is_alone = asked.kind == MONGO_SESSION_NONE || asked.kind == MONGO_SESSION_RETRY;
  status result = is_alone ? run_statement(exchange, run, &asked, err)
                           : run_in_transaction(exchange, run, &asked, err);
  if (result == LUMA_OK || !err->of_change || !exchange->is_mongo) return result;
  if (*run && is_unacknowledged(*run))
    acknowledge_nothing(exchange);
  else
    tell_failed(exchange, err);
  return LUMA_OK;
}

/* Whether a body that cannot be read asks for replies of MongoDB's shape: its failure is to have
 * it. */
static bool asks_for_mongo(struct slice body) {
  static const char reply[] = "\"reply\"", mongo[] = "\"mongo\"";
  const uint8_t *end = body.data + body.bytes, *at = body.data;
  for (; at < end && (at = memchr(at, '"', (size_t)(end - at))); at++) {
    if ((size_t)(end - at) < sizeof reply + sizeof mongo ||
        memcmp(at, reply, sizeof reply - 1) != 0)
      continue;
    for (at += sizeof reply - 1; at < end && (*at == ' ' || *at == ':');) at++;
    if ((size_t)(end - at) >= sizeof mongo && memcmp(at, mongo, sizeof mongo - 1) == 0) return true;
    at--;
  }
  return false;
}

status rest__query(struct exchange *exchange, struct err *err) {
  struct statement_run *run;
  struct val map;
  TRY(rest__take_session(exchange, err));
  TRY(statement_create(&run, err));
  status result = rest__read_body(exchange, "query", &run->encoded, &map, err);
  if (result != LUMA_OK) exchange->is_mongo = asks_for_mongo(buf_slice(&exchange->request->body));
  struct val cursor = result == LUMA_OK && map.type == VAL_MAP
                          ? val_field(&map, slice_of_text("cursor"))
                          : val_missing();
  if (result == LUMA_OK && !val_is_null(&cursor))
    result = continue_cursor(exchange, &map, &cursor, err);
  else if (result == LUMA_OK)
    result = run_query(exchange, &run, &map, err);
  registry_describe(exchange->rest->registry, &exchange->running, &(struct registry_about){0});
  statement_destroy(run);
  return result;
}

status rest__cancel_query(struct exchange *exchange, struct err *err) {
  TRY(registry_cancel(exchange->rest->registry, exchange->first, err));
  rest__empty(exchange, 204);
  return LUMA_OK;
}
