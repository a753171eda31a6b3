/* SPDX-License-Identifier: MIT */
/* A connection: from its adoption through its requests, one after the other, to its end. */
#include "base/mem/mem.h"
#include "server/http/http_int.h"

enum {
  ARENA_CHUNK_BYTES = 4096,
  BODY_KEPT_BYTES = 16 << 10,          /* buffers larger than this do not outlive their request */
  REPLY_BYTES_MAX = 256 << 20,         /* no reply is larger, in one part */
  BODY_BYTES_A_SECOND_LEAST = 64 << 10 /* slower senders run out of time */
};

static const struct http_handler *handler_of(const struct http_conn *conn) {
  return &conn->request.loop->server->handler;
}

static const struct http_options *options_of(const struct http_conn *conn) {
  return &conn->request.loop->server->options;
}

/* By the loop's own coarse clock, at least `us`; 0 = no deadline. */
static void set_timer(struct http_conn *conn, uint64_t us) {
  conn->deadline_us = us ? conn->request.loop->now_us + us + HTTP_TICK_US : 0;
}

/* ---- beginning and end ---- */

static void link_conn(struct http_conn *conn, struct http_loop *loop) {
  conn->next = loop->conns;
  if (conn->next) conn->next->previous = conn;
  loop->conns = conn;
}

static void unlink_conn(struct http_conn *conn) {
  if (conn->next) conn->next->previous = conn->previous;
  if (conn->previous)
    conn->previous->next = conn->next;
  else
    conn->request.loop->conns = conn->next;
}

void http__conn_adopt(struct http_loop *loop, int descriptor, const struct net_address *peer) {
  struct http_conn *conn = mem_zalloc(1, sizeof *conn);
  struct lws *wsi = conn ? lws_adopt_socket_vhost(loop->vhost, descriptor) : NULL;
  if (!conn) net_close(descriptor); /* the library closes what it does not take */
  if (!wsi) {
    mem_free(conn);
    return;
  }
  conn->wsi = wsi;
  conn->request.loop = loop;
  conn->request.peer = *peer;
  arena_init(&conn->request.arena, ARENA_CHUNK_BYTES, 0);
  buf_init(&conn->request.body, 1); /* until `begin` names the limit */
  buf_init(&conn->request.reply.body, REPLY_BYTES_MAX);
  link_conn(conn, loop);
  lws_set_opaque_user_data(wsi, conn);
  set_timer(conn, options_of(conn)->head_timeout_us);
  atomic_fetch_add_explicit(&loop->server->connections_open, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&loop->server->connections_accepted, 1, memory_order_relaxed);
}

static void end_request(struct http_conn *conn) {
  struct http_request *request = &conn->request;
  if (!conn->has_request) return;
  handler_of(conn)->end(handler_of(conn)->context, request);
  conn->has_request = false;
  request->user = NULL;
  atomic_fetch_sub(&request->loop->server->running, 1);
  struct buf *reply = &request->reply.body;
  buf_reset(&request->body); /* the next request may have none */
  if (request->body.capacity > BODY_KEPT_BYTES) buf_deinit(&request->body);
  if (reply->capacity > BODY_KEPT_BYTES) buf_deinit(reply);
  struct buf body = *reply;
  request->reply = (struct http_reply){.body = body};
  buf_reset(&request->reply.body);
  arena_reset(&request->arena);
  conn->head_written = false;
  conn->written = 0;
}

static void free_conn(struct http_conn *conn) {
  end_request(conn);
  unlink_conn(conn);
  buf_deinit(&conn->request.body);
  buf_deinit(&conn->request.reply.body);
  arena_deinit(&conn->request.arena);
  mem_free(conn);
}

void http__conn_closed(struct http_conn *conn) {
  struct http_loop *loop = conn->request.loop;
  conn->wsi = NULL;
  atomic_fetch_sub_explicit(&loop->server->connections_open, 1, memory_order_relaxed);
  if (conn->phase != HTTP_KEPT) {
    free_conn(conn);
    return;
  }
  atomic_store(&conn->is_lost, true);
  handler_of(conn)->lost(handler_of(conn)->context, &conn->request);
}

/* ---- a request ---- */

static int reply_now(struct http_conn *conn) {
  conn->phase = HTTP_WRITING;
  return http__write(conn);
}

static int run(struct http_conn *conn) {
  const struct http_handler *handler = handler_of(conn);
  set_timer(conn, 0);
  conn->phase = HTTP_KEPT;
  if (handler->run(handler->context, &conn->request) == HTTP_LATER) return 0;
  return reply_now(conn);
}

static uint64_t body_time_us(const struct http_conn *conn) {
  uint64_t extra_s = conn->request.body_bytes / BODY_BYTES_A_SECOND_LEAST;
  return options_of(conn)->body_timeout_us + extra_s * 1000000;
}

int http__conn_head(struct http_conn *conn) {
  struct http_request *request = &conn->request;
  const struct http_handler *handler = handler_of(conn);
  lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
  set_timer(conn, 0);
  conn->has_request = true;
  atomic_fetch_add(&request->loop->server->running, 1);
  request->began_us = os_monotonic_us(options_of(conn)->os);
  request->sent_bytes = 0;
  if (http__head_read(conn, NULL) != LUMA_OK) return -1;
  if (!handler->begin(handler->context, request)) {
    /* An unread body would be taken for the next request. */
    request->reply.close |= request->body_bytes > 0 || request->is_chunked || request->head_is_bad;
    return reply_now(conn);
  }
  if (request->body_bytes == 0) return run(conn);
  request->body.bytes_max = request->body_bytes_max;
  buf_reset(&request->body);
  conn->phase = HTTP_READING;
  set_timer(conn, body_time_us(conn));
  return request->wants_continue ? http__write_continue(conn) : 0;
}

int http__conn_body(struct http_conn *conn, const void *data, size_t bytes) {
  if (conn->phase != HTTP_READING) return 0;
  atomic_fetch_add_explicit(&conn->request.loop->server->bytes_received, bytes,
                            memory_order_relaxed);
  lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
  return buf_append(&conn->request.body, data, bytes) ? 0 : -1;
}

int http__conn_body_end(struct http_conn *conn) {
  if (conn->phase != HTTP_READING) return 0;
  lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
  return run(conn);
}

void http__conn_expire(struct http_conn *conn) {
  conn->deadline_us = 0;
  if (!conn->wsi) return;
  if (conn->phase != HTTP_READING) {
    lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    return;
  }
  handler_of(conn)->timed_out(handler_of(conn)->context, &conn->request);
  conn->request.reply.close = true;
  conn->phase = HTTP_WRITING;
  set_timer(conn, options_of(conn)->send_timeout_us);
  lws_callback_on_writable(conn->wsi);
}

void http__conn_taken(struct http_conn *conn) {
  set_timer(conn, options_of(conn)->send_timeout_us);
}

/* ---- back from the handler ---- */

void http__conn_returned(struct http_conn *conn) {
  conn->phase = HTTP_WRITING;
  if (!conn->wsi) {
    free_conn(conn);
    return;
  }
  set_timer(conn, options_of(conn)->send_timeout_us);
  lws_callback_on_writable(conn->wsi);
}

int http__conn_more(struct http_conn *conn) {
  const struct http_handler *handler = handler_of(conn);
  set_timer(conn, 0);
  conn->phase = HTTP_KEPT;
  conn->written = 0;
  buf_reset(&conn->request.reply.body);
  if (handler->more(handler->context, &conn->request) == HTTP_LATER) return 0;
  conn->phase = HTTP_WRITING;
  lws_callback_on_writable(conn->wsi);
  return 0;
}

int http__conn_done(struct http_conn *conn) {
  bool close = conn->request.reply.close || atomic_load(&conn->request.loop->server->is_draining);
  end_request(conn);
  conn->phase = HTTP_IDLE;
  set_timer(conn, options_of(conn)->idle_timeout_us);
  if (close) return -1;
  return lws_http_transaction_completed(conn->wsi) ? -1 : 0;
}
