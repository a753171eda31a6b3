/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only.
 * Inv 1: a connection is in its loop's list from adoption until nobody needs it.
 * Inv 2: `wsi` is NULL once the library has closed the socket; a connection that is kept by the
 * handler then waits for http_give_back.
 * Inv 3: everything but `returned`, the counters and the flags marked atomic belongs to the loop's
 * thread. */
#ifndef SERVER_HTTP_HTTP_INT_H
#define SERVER_HTTP_HTTP_INT_H

#include <libwebsockets.h>
#include <stdatomic.h>

#include "base/sync/sync.h"
#include "server/http/http.h"

enum {
  HTTP_SCRATCH_BYTES = 64 << 10,
  HTTP_HEAD_BYTES = 4096,
  HTTP_LISTEN_MAX = 8,
  HTTP_TICK_US = 100000
};

enum http_phase {
  HTTP_IDLE,    /* between requests, or a head is on its way */
  HTTP_READING, /* the body */
  HTTP_KEPT,    /* by the handler */
  HTTP_WRITING, /* the reply */
};

struct http_conn {
  struct http_request request; /* first: a request is its connection */
  struct lws *wsi;
  struct http_conn *next, *previous; /* of the loop */
  struct http_conn *next_returned;
  enum http_phase phase;
  uint64_t deadline_us; /* of the phase; 0 = none */
  bool has_request;     /* handler.end is owed */
  bool head_written;    /* of the reply */
  size_t written;       /* of the reply's body, or of the stream's part */
  atomic_bool is_lost;
};

struct http_loop {
  struct http_server *server;
  uint32_t index;
  struct lws_context *context;
  struct lws_vhost *vhost;
  struct lws *listeners[HTTP_LISTEN_MAX];
  int descriptors[HTTP_LISTEN_MAX]; /* not yet given to the library; -1 = given */
  struct http_conn *conns;
  lws_sorted_usec_list_t tick; /* looks at the deadlines */
  uint64_t now_us;             /* when it last did */
  struct thread thread;
  bool has_thread, is_drained;
  bool is_paused;    /* accepts nothing: the limit of connections is reached */
  struct mutex lock; /* of `returned` */
  struct http_conn *returned, *returned_last;
  atomic_bool stop;
  uint8_t scratch[LWS_PRE + HTTP_SCRATCH_BYTES];
};

struct http_server {
  struct http_options options;
  struct http_handler handler;
  uint32_t listen_count;
  struct http_loop **loops;
  uint32_t loops_count;
  atomic_bool is_draining;
  atomic_uint running;
  atomic_uint_fast64_t connections_open, connections_accepted, bytes_sent, bytes_received;
};

/* http_loop.c */
status http__loop_create(struct http_server *server, uint32_t index, struct http_loop **loop,
                         struct err *err);
status http__loop_start(struct http_loop *loop, struct err *err);
/** Ends the thread, the context and what is left of connections. NULL is fine. */
void http__loop_destroy(struct http_loop *loop);

/* http_conn.c */
/** Takes an accepted socket over. */
void http__conn_adopt(struct http_loop *loop, int descriptor, const struct net_address *peer);
/** The library has closed the socket. */
void http__conn_closed(struct http_conn *conn);
int http__conn_head(struct http_conn *conn);
int http__conn_body(struct http_conn *conn, const void *data, size_t bytes);
int http__conn_body_end(struct http_conn *conn);
/** Its deadline passed. */
void http__conn_expire(struct http_conn *conn);
/** The client took something of the reply: it has time for the next piece. */
void http__conn_taken(struct http_conn *conn);
/** The loop has it back from the handler. */
void http__conn_returned(struct http_conn *conn);
/** Asks the handler for the next part of a stream. Below 0: close. */
int http__conn_more(struct http_conn *conn);
/** The reply is out. Below 0: close. */
int http__conn_done(struct http_conn *conn);

/* http_head.c */
/** Copies what the handler needs out of the library's head. */
status http__head_read(struct http_conn *conn, struct err *err);

/* http_write.c */
/** The interim reply 100. */
int http__write_continue(struct http_conn *conn);
/** Writes as much of the reply as may be written now. Below 0: close the connection. */
int http__write(struct http_conn *conn);

#endif
