/* SPDX-License-Identifier: MIT */
/* The loops together: sockets, start, drain, end. */
#include "base/mem/mem.h"
#include "server/http/http_int.h"

/* Sockets of a shared port would let a second server join in silence: an address is first taken
 * alone, which fails if anybody has it. */
static status claim(struct net_address *address, struct err *err) {
  struct net_listen_options alone = {0};
  int descriptor;
  TRY(net_listen(address, &alone, &descriptor, err));
  status result = address->port ? LUMA_OK : net_local_address(descriptor, address, err);
  net_close(descriptor);
  return result;
}

static status listen_for(struct http_loop *loop, const struct net_address *addresses,
                         struct err *err) {
  struct net_listen_options shared = {.share_port = true};
  for (uint32_t i = 0; i < loop->server->listen_count; i++) {
    TRY(net_listen(&addresses[i], &shared, &loop->descriptors[i], err));
  }
  return LUMA_OK;
}

static status open_loops(struct http_server *server, struct net_address *addresses,
                         struct err *err) {
  for (uint32_t i = 0; i < server->listen_count; i++) TRY(claim(&addresses[i], err));
  for (uint32_t i = 0; i < server->options.loops; i++) {
    TRY(http__loop_create(server, i, &server->loops[i], err));
    server->loops_count++;
    TRY(listen_for(server->loops[i], addresses, err));
  }
  return LUMA_OK;
}

status http_open(const struct http_options *options, struct net_address *addresses, uint32_t count,
                 struct http_server **server, struct err *err) {
  if (count == 0 || count > HTTP_LISTEN_MAX) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "a server listens on 1 to %d addresses", HTTP_LISTEN_MAX);
  }
  struct http_server *made = mem_zalloc(1, sizeof *made);
  struct http_loop **loops = mem_zalloc(options->loops, sizeof *loops);
  if (!made || !loops) {
    mem_free(made);
    mem_free(loops);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the event loops");
  }
  made->options = *options;
  made->listen_count = count;
  made->loops = loops;
  status result = open_loops(made, addresses, err);
  if (result != LUMA_OK) {
    http_close(made);
    return result;
  }
  *server = made;
  return LUMA_OK;
}

status http_start(struct http_server *server, const struct http_handler *handler, struct err *err) {
  server->handler = *handler;
  for (uint32_t i = 0; i < server->loops_count; i++) TRY(http__loop_start(server->loops[i], err));
  return LUMA_OK;
}

void http_drain(struct http_server *server) {
  atomic_store(&server->is_draining, true);
  for (uint32_t i = 0; i < server->loops_count; i++) lws_cancel_service(server->loops[i]->context);
}

uint32_t http_running(const struct http_server *server) {
  return atomic_load(&server->running);
}

void http_close(struct http_server *server) {
  if (!server) return;
  for (uint32_t i = 0; i < server->loops_count; i++) http__loop_destroy(server->loops[i]);
  mem_free(server->loops);
  mem_free(server);
}

struct http_stats http_stats(const struct http_server *server) {
  return (struct http_stats){
      .connections_open = atomic_load_explicit(&server->connections_open, memory_order_relaxed),
      .connections_accepted =
          atomic_load_explicit(&server->connections_accepted, memory_order_relaxed),
      .bytes_sent = atomic_load_explicit(&server->bytes_sent, memory_order_relaxed),
      .bytes_received = atomic_load_explicit(&server->bytes_received, memory_order_relaxed),
  };
}

uint32_t http_loop_index(const struct http_loop *loop) {
  return loop->index;
}

void http_give_back(struct http_request *request) {
  struct http_conn *conn = (struct http_conn *)request;
  struct http_loop *loop = request->loop;
  conn->next_returned = NULL;
  mutex_lock(&loop->lock);
  if (loop->returned_last)
    loop->returned_last->next_returned = conn;
  else
    loop->returned = conn;
  loop->returned_last = conn;
  mutex_unlock(&loop->lock);
  lws_cancel_service(loop->context);
}

bool http_is_lost(const struct http_request *request) {
  const struct http_conn *conn = (const struct http_conn *)request;
  return atomic_load_explicit(&conn->is_lost, memory_order_relaxed);
}
