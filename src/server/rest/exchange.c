/* SPDX-License-Identifier: MIT */
/* A request's way: checks at its head, its work on the loop or by a worker, its end with what is
 * counted and logged. */
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "base/text/num.h"
#include "base/text/suggest.h"
#include "server/rest/rest_int.h"
#include "server/rest/statement.h"

enum {
  QUERY_ID_BYTES = 16,
  QUERY_ID_BYTES_MAX = 64,
  HTTP_CLIENT_LEFT = 499,
  BACKOFF_FIRST_US = 100,
  BACKOFF_MAX_US = 20000
};

/* ---- life of the API ---- */

static status open_loop_sessions(struct rest *rest, struct err *err) {
  uint32_t loops = rest->options.loops;
  rest->loop_sessions = mem_zalloc(loops, sizeof(struct session *));
  if (!rest->loop_sessions) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the loops' sessions");
  for (uint32_t i = 0; i < loops; i++) {
    TRY(session_open(rest->options.db, &rest->loop_sessions[i], err));
  }
  return LUMA_OK;
}

static status create_parts(struct rest *rest, struct err *err) {
  const struct config *config = rest->options.config;
  struct registry_options registry = {
      .os = rest->options.os,
      .db = rest->options.db,
      .sessions_max = (uint32_t)config->limits.sessions,
      .cursors_max = (uint32_t)config->limits.cursors,
      .session_idle_us = (uint64_t)config->limits.session_idle_ms * 1000,
      .cursor_idle_us = (uint64_t)config->limits.cursor_idle_ms * 1000,
  };
  TRY(registry_create(&registry, &rest->registry, err));
  TRY(metrics_create(rest->options.loops, rest__routes_count(), &rest->metrics, err));
  return open_loop_sessions(rest, err);
}

status rest_create(const struct rest_options *options, struct rest **rest, struct err *err) {
  struct rest *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the HTTP interface");
  made->options = *options;
  os_random(options->os, &made->id_seed, sizeof made->id_seed);
  os_random(options->os, made->process, sizeof made->process);
  status result = create_parts(made, err);
  if (result != LUMA_OK) {
    rest_destroy(made);
    return result;
  }
  *rest = made;
  return LUMA_OK;
}

void rest_destroy(struct rest *rest) {
  if (!rest) return;
  registry_destroy(rest->registry);
  metrics_destroy(rest->metrics);
  for (uint32_t i = 0; rest->loop_sessions && i < rest->options.loops; i++) {
    session_close(rest->loop_sessions[i]);
  }
  mem_free(rest->loop_sessions);
  mem_free(rest);
}

void rest_set_http(struct rest *rest, const struct http_server *http) {
  rest->http = http;
}
void rest_set_ready(struct rest *rest, bool ready) {
  atomic_store(&rest->is_ready, ready);
}
void rest_expire(struct rest *rest) {
  registry_expire(rest->registry);
}
void rest_cancel_all(struct rest *rest) {
  registry_cancel_all(rest->registry);
}

/* ---- sessions ---- */

static status read_most(struct slice text, struct query_guard *guard, struct err *err) {
  int64_t most = 0;
  if (!num_parse_int64(text, &most) || most < 0)
    FAIL(err, LUMA_INVALID_ARGUMENT, "`max_affected` takes a number that is not negative");
  if (!guard->is_limited || guard->max_affected > (uint64_t)most)
    guard->max_affected = (uint64_t)most;
  guard->is_limited = true;
  return LUMA_OK;
}

/* ?max_affected= and ?dry_run= limit the request, beside what the session says. */
static status take_guard(struct exchange *exchange, struct err *err) {
  struct slice most, dry_run;
  struct query_guard guard = exchange->guard = *session_guard(exchange->session);
  bool has_most = http_argument(exchange->request, "max_affected", &most);
  bool has_dry_run = http_argument(exchange->request, "dry_run", &dry_run);
  if (has_most) TRY(read_most(most, &guard, err));
  if (has_dry_run) guard.dry_run |= !slice_is_equal(dry_run, slice_of_text("false"));
  exchange->has_guard = has_most || has_dry_run;
  if (exchange->has_guard) session_set_guard(exchange->session, &guard);
  return LUMA_OK;
}

/* The exchange has a session: what it runs there can be cancelled. */
static status list_running(struct exchange *exchange, struct err *err) {
  session_uncancel(exchange->session);
  exchange->running = (struct registry_running){.id = exchange->query_id,
                                                .session = exchange->session,
                                                .cancelled = &exchange->cancelled,
                                                .began_us = exchange->request->began_us};
  TRY(registry_add_running(exchange->rest->registry, &exchange->running, err));
  exchange->is_listed = true;
  /* Its client may have left a moment before it was listed. */
  if (atomic_load(&exchange->cancelled)) session_cancel(exchange->session);
  return take_guard(exchange, err);
}

status rest__enter_session(struct exchange *exchange, struct registry_session *named,
                           struct err *err) {
  rest__release(exchange);
  exchange->named = named;
  exchange->session = named->session;
  return list_running(exchange, err);
}

status rest__take_session(struct exchange *exchange, struct err *err) {
  struct registry *registry = exchange->rest->registry;
  struct slice id = exchange->request->headers[HTTP_LUMA_SESSION];
  if (id.bytes) {
    status result = registry_take_session(registry, id, &exchange->named, err);
    /* Not the server is busy, but what was asked for: trying elsewhere would not help. */
    if (result == LUMA_BUSY) exchange->http_status = 409;
    TRY(result);
    exchange->session = exchange->named->session;
  } else {
    TRY(registry_borrow(registry, &exchange->session, err));
  }
  return list_running(exchange, err);
}

bool rest__try_again(struct exchange *exchange, uint32_t *tries) {
  if (*tries == SESSION_RETRIES_MAX || atomic_load(&exchange->cancelled)) return false;
  uint64_t pause_us = (uint64_t)BACKOFF_FIRST_US << *tries;
  os_sleep_us(exchange->rest->options.os, pause_us < BACKOFF_MAX_US ? pause_us : BACKOFF_MAX_US);
  ++*tries;
  return true;
}

void rest__unlist(struct exchange *exchange) {
  if (exchange->is_listed) registry_remove_running(exchange->rest->registry, &exchange->running);
  exchange->is_listed = false;
}

void rest__release(struct exchange *exchange) {
  struct registry *registry = exchange->rest->registry;
  rest__unlist(exchange);
  statement_destroy(exchange->stream);
  exchange->stream = NULL;
  if (exchange->has_guard) session_set_guard(exchange->session, &exchange->guard);
  exchange->has_guard = false;
  if (exchange->named)
    registry_give_session(registry, exchange->named);
  else if (exchange->session)
    registry_return(registry, exchange->session);
  exchange->named = NULL;
  exchange->session = NULL;
}

/* ---- the head ---- */

static bool is_good_id(struct slice id) {
  for (size_t i = 0; i < id.bytes; i++) {
    uint8_t c = id.data[i];
    bool good = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' ||
                c == '_' || c == '.';
    if (!good) return false;
  }
  return id.bytes > 0 && id.bytes <= QUERY_ID_BYTES_MAX;
}

/* The client's own name for the statement, or one that nobody guesses. */
static void name_query(struct exchange *exchange) {
  static const char digits[] = "0123456789abcdef";
  struct slice given = exchange->request->headers[HTTP_LUMA_QUERY];
  char id[QUERY_ID_BYTES];
  uint64_t number = atomic_fetch_add_explicit(&exchange->rest->ids, 1, memory_order_relaxed);
  uint64_t hash = hash64(slice_of(&number, sizeof number), exchange->rest->id_seed);
  for (int i = 0; i < QUERY_ID_BYTES; i++) id[i] = digits[hash >> (4 * i) & 15];
  http_reply_header(exchange->request,
                    "luma-query:", is_good_id(given) ? given : slice_of(id, sizeof id));
  const struct http_reply *reply = &exchange->request->reply;
  if (reply->headers_count) exchange->query_id = reply->headers[0].value;
}

static bool has_media(struct slice type, const char *wanted) {
  size_t bytes = strlen(wanted);
  return type.bytes >= bytes &&
         slice_is_equal_nocase(slice_of(type.data, bytes), slice_of_text(wanted)) &&
         (type.bytes == bytes || type.data[bytes] == ';' || type.data[bytes] == ' ');
}

/* curl -d names this type whatever the body is. A browser that sends a form names its origin, too,
 * and a page of another origin must not reach us by a form. */
static bool is_curls(const struct exchange *exchange, struct slice type) {
  return has_media(type, "application/x-www-form-urlencoded") &&
         exchange->request->headers[HTTP_ORIGIN].bytes == 0;
}

static status check_media(const struct exchange *exchange, struct err *err) {
  struct slice type = exchange->request->headers[HTTP_CONTENT_TYPE];
  if (is_curls(exchange, type)) return LUMA_OK;
  if (type.bytes == 0 || has_media(type, "application/json")) return LUMA_OK;
  if (exchange->route->method == HTTP_PATCH && has_media(type, "application/merge-patch+json"))
    return LUMA_OK;
  bool is_list =
      exchange->route->body == ROUTE_DOCUMENTS || exchange->route->body == ROUTE_DOCUMENTS_OPTIONAL;
  if (is_list && has_media(type, "application/x-ndjson")) return LUMA_OK;
  err_raise(err, LUMA_UNSUPPORTED_MEDIA, __FILE__, __LINE__, "the body is of type `%.*s`",
            (int)(type.bytes < 100 ? type.bytes : 100), (const char *)type.data);
  err_hint(err, "send JSON, with the header Content-Type: application/json");
  return LUMA_UNSUPPORTED_MEDIA;
}

static status check_body(struct exchange *exchange, struct err *err) {
  struct http_request *request = exchange->request;
  uint64_t most = (uint64_t)exchange->rest->options.config->limits.body_bytes;
  if (request->is_chunked) {
    exchange->http_status = 411;
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "the body's length is not announced");
    err_hint(err, "send the header Content-Length instead of Transfer-Encoding");
    return LUMA_INVALID_ARGUMENT;
  }
  if (request->body_bytes > most) {
    FAIL(err, LUMA_TOO_LARGE, "the body has %llu bytes, at most %llu are taken",
         (unsigned long long)request->body_bytes, (unsigned long long)most);
  }
  request->body_bytes_max = (size_t)most;
  if (request->body_bytes) return check_media(exchange, err);
  if (exchange->route->body == ROUTE_JSON || exchange->route->body == ROUTE_DOCUMENTS)
    FAIL(err, LUMA_INVALID_ARGUMENT, "the request has no body");
  return LUMA_OK;
}

/* A request that changes something and says a word that is not known here, as `dryrun`, is not
 * done: it may have meant to be careful. */
static status check_arguments(const struct exchange *exchange, struct err *err) {
  static const char *const names[] = {"filter", "dry_run", "max_affected", "atomic"};
  const struct http_request *request = exchange->request;
  if (exchange->route->method == HTTP_GET) return LUMA_OK;
  for (uint32_t i = 0; i < request->arguments_count; i++) {
    struct slice name = request->arguments[i].name;
    struct suggest suggest;
    size_t at = 0, count = sizeof names / sizeof names[0];
    suggest_init(&suggest, name);
    for (; at < count && !slice_is_equal(name, slice_of_text(names[at])); at++)
      suggest_offer(&suggest, slice_of_text(names[at]));
    if (at < count) continue;
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "the address has no argument `%.*s`",
              (int)(name.bytes < 100 ? name.bytes : 100), (const char *)name.data);
    if (suggest_is_good(&suggest)) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
    return LUMA_INVALID_ARGUMENT;
  }
  return LUMA_OK;
}

static status check_head(struct exchange *exchange, struct err *err) {
  struct http_request *request = exchange->request;
  if (request->head_too_large) {
    exchange->http_status = 431;
    request->reply.close = true;
    FAIL(err, LUMA_TOO_LARGE, "the request's head is over its limit of %lld bytes",
         (long long)exchange->rest->options.config->limits.header_bytes);
  }
  if (request->head_is_bad) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "the request's head is malformed");
    err_hint(err,
             "it has one Host, at most one Content-Length, a whole number, and an address with at "
             "most %d arguments",
             HTTP_ARGUMENTS_MAX);
    return LUMA_INVALID_ARGUMENT;
  }
  struct buf allow;
  buf_init(&allow, 256);
  status routed = rest__route(exchange, &allow, err);
  status guarded = rest__guard(exchange, routed == LUMA_OK ? err : NULL);
  if (routed == LUMA_METHOD_NOT_ALLOWED) http_reply_header(request, "allow:", buf_slice(&allow));
  buf_deinit(&allow);
  if (guarded != LUMA_OK && routed != LUMA_OK) return rest__guard(exchange, err);
  TRY(guarded);
  if (rest__preflight(exchange)) return LUMA_OK;
  TRY(routed);
  if (!exchange->route->is_public && !atomic_load(&exchange->rest->is_ready))
    FAIL(err, LUMA_BUSY, "the server is starting or stopping");
  TRY(check_arguments(exchange, err));
  return check_body(exchange, err);
}

static bool begin(void *context, struct http_request *request) {
  struct exchange *exchange = arena_zalloc(&request->arena, 1, sizeof *exchange);
  if (!exchange) {
    request->reply.status = 507;
    request->reply.close = true;
    return false;
  }
  exchange->rest = context;
  exchange->request = request;
  request->user = exchange;
  buf_init(&exchange->faults, 2 << 20);
  exchange->err.faults = &exchange->faults;
  name_query(exchange);
  if (check_head(exchange, &exchange->err) != LUMA_OK) {
    rest__fail(exchange, &exchange->err);
    return false;
  }
  return request->reply.status == 0;
}

/* ---- the work ---- */

static void run_route(struct exchange *exchange, route_run_fn *run) {
  status result = atomic_load(&exchange->cancelled)
                      ? err_raise(&exchange->err, LUMA_CANCELLED, __FILE__, __LINE__,
                                  "the statement was cancelled")
                      : run(exchange, &exchange->err);
  if (result != LUMA_OK) rest__fail(exchange, &exchange->err);
  if (!exchange->request->reply.has_more) rest__release(exchange);
}

static void run_by_worker(struct work_item *item) {
  struct exchange *exchange = (struct exchange *)item;
  bool is_first = !exchange->request->reply.is_stream;
  run_route(exchange, is_first ? exchange->route->run : rest__stream_part);
  http_give_back(exchange->request);
}

static enum http_answer run(void *context, struct http_request *request) {
  struct rest *rest = context;
  struct exchange *exchange = request->user;
  if (exchange->route->on_loop) {
    run_route(exchange, exchange->route->run);
    return HTTP_ANSWERED;
  }
  exchange->item.run = run_by_worker;
  if (work_submit(rest->options.pool, &exchange->item, &exchange->err) == LUMA_OK)
    return HTTP_LATER;
  rest__fail(exchange, &exchange->err);
  return HTTP_ANSWERED;
}

static enum http_answer more(void *context, struct http_request *request) {
  struct rest *rest = context;
  struct exchange *exchange = request->user;
  if (work_resubmit(rest->options.pool, &exchange->item)) return HTTP_LATER;
  request->reply.has_more = false;
  request->reply.close = true; /* without its end: the client sees that it was cut off */
  return HTTP_ANSWERED;
}

static void lost(void *context, struct http_request *request) {
  struct rest *rest = context;
  struct exchange *exchange = request->user;
  atomic_store(&exchange->cancelled, true);
  if (exchange->query_id.bytes)
    registry_cancel_own(rest->registry, exchange->query_id, &exchange->running);
}

static void timed_out(void *context, struct http_request *request) {
  (void)context;
  struct exchange *exchange = request->user;
  exchange->http_status = 408;
  err_raise(&exchange->err, LUMA_TIMEOUT, __FILE__, __LINE__, "the body did not arrive in time");
  rest__fail(exchange, &exchange->err);
}

/* ---- the end ---- */

static void log_request(struct exchange *exchange, unsigned http, uint64_t took_us) {
  const struct rest_options *options = &exchange->rest->options;
  const struct http_request *request = exchange->request;
  uint64_t slow_us = (uint64_t)options->config->log.slow_ms * 1000;
  bool is_slow = slow_us && took_us > slow_us, is_fault = http >= 500;
  enum log_level level = is_slow || is_fault ? LOG_WARN : LOG_INFO;
  if (!(options->config->log.access || is_slow || is_fault) || !log_is_on(options->log, level))
    return;
  size_t count = 6;
  struct log_field fields[8] = {
      log_text("method", slice_of_text(http_method_name(request->method))),
      log_text("path", rest__redacted_path(exchange)),
      log_integer("status", http),
      log_integer("took_us", (int64_t)took_us),
      log_integer("bytes", (int64_t)request->sent_bytes),
      log_text("query", exchange->query_id),
  };
  if (is_slow && exchange->statement_text.bytes)
    fields[count++] = log_text("statement", rest__redacted(exchange, exchange->statement_text));
  if (exchange->err.message[0]) fields[count++] = log_text("error", rest__redacted_error(exchange));
  log_write(options->log, level, fields, count, is_slow ? "slow request" : "request");
}

static void end(void *context, struct http_request *request) {
  struct rest *rest = context;
  struct exchange *exchange = request->user;
  uint64_t took_us = os_monotonic_us(rest->options.os) - request->began_us;
  if (!exchange) return;
  unsigned http = request->reply.status ? request->reply.status : (unsigned)HTTP_CLIENT_LEFT;
  rest__release(exchange);
  buf_deinit(&exchange->faults);
  metrics_count(rest->metrics, http_loop_index(request->loop), rest__route_number(exchange->route),
                http, took_us);
  log_request(exchange, http, took_us);
}

struct http_handler rest_handler(struct rest *rest) {
  return (struct http_handler){.context = rest,
                               .begin = begin,
                               .run = run,
                               .more = more,
                               .lost = lost,
                               .end = end,
                               .timed_out = timed_out};
}
