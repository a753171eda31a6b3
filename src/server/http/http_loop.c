/* SPDX-License-Identifier: MIT */
/* One event loop: a context of the library in a thread, its listening sockets, what the library
 * tells it. */
#include "base/mem/mem.h"
#include "server/http/http_int.h"

enum {
  CONTEXT_DESCRIPTORS_SPARE = 16,
  LIBRARY_LATER_S =
      60 /* its time limits know nothing of a loop that stood still: ours come first */
};

/* ---- accepting ---- */

static bool is_full(const struct http_server *server) {
  return atomic_load_explicit(&server->connections_open, memory_order_relaxed) >=
         server->options.connections_max;
}

/* At the limit connections wait in the system's queue. The library asks again and again while one
 * waits, so the loop pauses its socket and looks again at its next tick. */
static void accept_all(struct http_loop *loop, struct lws *wsi) {
  while (!is_full(loop->server)) {
    struct net_address peer;
    int descriptor;
    if (net_accept(lws_get_socket_fd(wsi), &descriptor, &peer, NULL) != LUMA_OK) return;
    http__conn_adopt(loop, descriptor, &peer);
  }
  lws_rx_flow_control(wsi, 0);
  loop->is_paused = true;
}

static void resume_accepting(struct http_loop *loop) {
  for (uint32_t i = 0; i < loop->server->listen_count; i++) {
    if (loop->listeners[i]) lws_rx_flow_control(loop->listeners[i], 1);
  }
  loop->is_paused = false;
}

static int on_listener(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t bytes) {
  (void)user, (void)in, (void)bytes;
  struct http_loop *loop = lws_context_user(lws_get_context(wsi));
  if (reason == LWS_CALLBACK_RAW_RX_FILE) accept_all(loop, wsi);
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
    for (uint32_t i = 0; i < loop->server->listen_count; i++) {
      if (loop->listeners[i] == wsi) loop->listeners[i] = NULL;
    }
  }
  return 0;
}

/* ---- deadlines ---- */

/* How long the loop stood still, since a machine may be busy: nobody was heard meanwhile, and
 * deadlines set since were set by a clock that had stood still too. */
static uint64_t advance_clock(struct http_loop *loop) {
  uint64_t now_us = os_monotonic_us(loop->server->options.os), passed_us = now_us - loop->now_us;
  loop->now_us = now_us;
  return passed_us > 2 * HTTP_TICK_US ? passed_us - HTTP_TICK_US : 0;
}

/* One look at all connections now and then is cheaper than a timer for each request. */
static void tick(struct lws_sorted_usec_list *list) {
  struct http_loop *loop = lws_container_of(list, struct http_loop, tick);
  uint64_t late_us = advance_clock(loop);
  for (struct http_conn *conn = loop->conns; conn; conn = conn->next) {
    if (!conn->deadline_us) continue;
    conn->deadline_us += late_us;
    if (conn->deadline_us <= loop->now_us) http__conn_expire(conn);
  }
  if (loop->is_paused && !is_full(loop->server)) resume_accepting(loop);
  lws_sul_schedule(loop->context, 0, &loop->tick, tick, HTTP_TICK_US);
}

/* ---- waking up ---- */

static void take_returned(struct http_loop *loop) {
  mutex_lock(&loop->lock);
  struct http_conn *conn = loop->returned;
  loop->returned = loop->returned_last = NULL;
  mutex_unlock(&loop->lock);
  while (conn) {
    struct http_conn *next = conn->next_returned;
    http__conn_returned(conn);
    conn = next;
  }
}

static void drain(struct http_loop *loop) {
  loop->is_drained = true;
  for (uint32_t i = 0; i < loop->server->listen_count; i++) {
    struct lws *wsi = loop->listeners[i];
    loop->listeners[i] = NULL;
    if (wsi) lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
  }
  for (struct http_conn *conn = loop->conns; conn; conn = conn->next) {
    if (conn->phase == HTTP_IDLE && conn->wsi)
      lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
  }
}

static void on_wake(struct http_loop *loop) {
  take_returned(loop);
  if (atomic_load(&loop->server->is_draining) && !loop->is_drained) drain(loop);
}

/* ---- what the library tells ---- */

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t bytes) {
  (void)user;
  if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
    on_wake(lws_context_user(lws_get_context(wsi)));
    return 0;
  }
  struct http_conn *conn = wsi ? lws_get_opaque_user_data(wsi) : NULL;
  if (!conn || conn->wsi != wsi) return 0;
  /* The reasons are many and the library's to add to: all others mean nothing here. */
  if (reason == LWS_CALLBACK_HTTP) return http__conn_head(conn);
  if (reason == LWS_CALLBACK_HTTP_BODY) return http__conn_body(conn, in, bytes);
  if (reason == LWS_CALLBACK_HTTP_BODY_COMPLETION) return http__conn_body_end(conn);
  if (reason == LWS_CALLBACK_HTTP_WRITEABLE) return http__write(conn);
  if (reason == LWS_CALLBACK_HTTP_CONFIRM_UPGRADE) return -1;
  if (reason == LWS_CALLBACK_WSI_DESTROY) http__conn_closed(conn);
  return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = on_http},
    {.name = "listener", .callback = on_listener},
    {0},
};

/* ---- life ---- */

static struct lws_context_creation_info context_info(const struct http_loop *loop) {
  const struct http_options *options = &loop->server->options;
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER,
      .protocols = protocols,
      .vhost_name = "luma",
      .server_string = "lumadb",
      .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6,
      .gid = -1,
      .uid = -1,
      .user = (void *)(uintptr_t)loop,
      .alpn = "http/1.1",
      .fd_limit_per_thread = options->connections_max + CONTEXT_DESCRIPTORS_SPARE,
      .max_http_header_data2 = HTTP_HEADER_BYTES_MAX + HTTP_HEAD_BYTES,
      .pt_serv_buf_size = HTTP_SCRATCH_BYTES,
      .keepalive_timeout = (int)(options->idle_timeout_us / 1000000) + LIBRARY_LATER_S,
      .timeout_secs_ah_idle = (unsigned)(options->head_timeout_us / 1000000) + LIBRARY_LATER_S,
      .ssl_cert_filepath = options->certificate_path,
      .ssl_private_key_filepath = options->key_path,
  };
  if (options->certificate_path) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  return info;
}

static status create_context(struct http_loop *loop, struct err *err) {
  struct lws_context_creation_info info = context_info(loop);
  lws_set_log_level(0, NULL);
  loop->context = lws_create_context(&info);
  if (!loop->context) FAIL(err, LUMA_OUT_OF_MEMORY, "an event loop could not be made");
  loop->vhost = lws_create_vhost(loop->context, &info);
  if (loop->vhost) return LUMA_OK;
  err_raise(err, LUMA_CANNOT_OPEN, __FILE__, __LINE__, "the certificate or its key cannot be used");
  err_hint(err, "[server] tls_certificate and tls_key name PEM files that belong together");
  return LUMA_CANNOT_OPEN;
}

status http__loop_create(struct http_server *server, uint32_t index, struct http_loop **loop,
                         struct err *err) {
  struct http_loop *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an event loop");
  made->server = server;
  made->index = index;
  mutex_init(&made->lock);
  for (uint32_t i = 0; i < HTTP_LISTEN_MAX; i++) made->descriptors[i] = -1;
  status result = create_context(made, err);
  if (result != LUMA_OK) {
    http__loop_destroy(made);
    return result;
  }
  *loop = made;
  return LUMA_OK;
}

static void run_loop(void *argument) {
  struct http_loop *loop = argument;
  tick(&loop->tick);
  while (!atomic_load(&loop->stop) && lws_service(loop->context, 0) >= 0) {
  }
}

status http__loop_start(struct http_loop *loop, struct err *err) {
  for (uint32_t i = 0; i < loop->server->listen_count; i++) {
    lws_sock_file_fd_type descriptor = {.filefd = loop->descriptors[i]};
    loop->descriptors[i] = -1; /* the library closes it in any case */
    loop->listeners[i] = lws_adopt_descriptor_vhost(loop->vhost, LWS_ADOPT_RAW_FILE_DESC,
                                                    descriptor, protocols[1].name, NULL);
    if (!loop->listeners[i]) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a listening socket");
  }
  char name[16];
  snprintf(name, sizeof name, "http-%u", loop->index % 10000);
  TRY(thread_start(&loop->thread, name, run_loop, loop, err));
  loop->has_thread = true;
  return LUMA_OK;
}

void http__loop_destroy(struct http_loop *loop) {
  if (!loop) return;
  atomic_store(&loop->stop, true);
  if (loop->has_thread) {
    lws_cancel_service(loop->context);
    thread_join(&loop->thread);
    take_returned(loop);
  }
  lws_sul_cancel(&loop->tick);
  if (loop->context) lws_context_destroy(loop->context);
  for (uint32_t i = 0; i < HTTP_LISTEN_MAX; i++) {
    if (loop->descriptors[i] >= 0) net_close(loop->descriptors[i]);
  }
  mutex_deinit(&loop->lock);
  mem_free(loop);
}
