/* SPDX-License-Identifier: MIT */
/* HTTP/1.1 for the server, in our own words; libwebsockets stands behind this folder alone.
 *
 * Event loops, one thread each, share the connections: every loop has its own sockets on the
 * addresses (SO_REUSEPORT deals out connections) and its own context of the library. A connection
 * and its requests stay with one loop. A connection has one request at a time; pipelined ones wait.
 *
 *   head here  -> handler.begin   checks; may answer at once; names the largest body it takes
 *   all here   -> handler.run     HTTP_ANSWERED: request->reply is written
 *                                 HTTP_LATER: the handler keeps the request, another thread may
 *                                 fill the reply, and ends with http_give_back
 *   streams    -> handler.more    what was given is on its way: the next part is wanted
 *   client gone-> handler.lost    while the request was kept: hurry; http_give_back still comes
 *   ended      -> handler.end     the reply is written, or there is nobody to write it to
 *
 * All handler functions are called by the loop's thread. While a request is kept its fields belong
 * to whoever keeps it. Everything a request borrows (path, headers, body) lives until its end. */
#ifndef SERVER_HTTP_HTTP_H
#define SERVER_HTTP_HTTP_H

#include "base/mem/arena.h"
#include "base/os/net.h"
#include "base/os/os.h"

enum http_method {
  HTTP_GET,
  HTTP_HEAD,
  HTTP_POST,
  HTTP_PUT,
  HTTP_PATCH,
  HTTP_DELETE,
  HTTP_OPTIONS,
  HTTP_OTHER
};
enum { HTTP_METHODS = HTTP_OTHER };

/** The headers the server looks at. */
enum http_header {
  HTTP_HOST,
  HTTP_ORIGIN,
  HTTP_AUTHORIZATION,
  HTTP_ACCEPT,
  HTTP_CONTENT_TYPE,
  HTTP_IF_MATCH,
  HTTP_IF_NONE_MATCH,
  HTTP_IDEMPOTENCY_KEY,
  HTTP_LUMA_SESSION,
  HTTP_LUMA_QUERY,
  HTTP_HEADERS
};

enum { HTTP_ARGUMENTS_MAX = 16, HTTP_REPLY_HEADERS_MAX = 8, HTTP_HEADER_BYTES_MAX = 32 << 10 };

/** `name=value` of the address, decoded. */
struct http_argument {
  struct slice name, value;
};

struct http_reply_header {
  const char *name;   /* static, lower case, with its colon: "etag:" */
  struct slice value; /* lives as long as the request: see its arena */
};

/** What is to be written. Empty body and no type: neither is sent. */
struct http_reply {
  unsigned status;
  const char *content_type; /* static */
  struct http_reply_header headers[HTTP_REPLY_HEADERS_MAX];
  uint32_t headers_count;
  struct buf body;
  bool is_stream; /* the body comes in parts: `body` is the next one */
  bool has_more;  /* after this part `more` is to be called */
  bool close;     /* the connection ends after the reply; a stream is cut off unfinished */
};

struct http_loop;

/** One request. Fields after `reply` are private to this folder's user. */
struct http_request {
  enum http_method method;
  struct slice path; /* decoded, begins with '/' */
  struct http_argument arguments[HTTP_ARGUMENTS_MAX];
  uint32_t arguments_count;
  struct slice headers[HTTP_HEADERS]; /* empty = not sent */
  uint64_t body_bytes;                /* announced; 0 = none */
  bool is_chunked;                    /* the body's length was not announced */
  bool wants_continue;                /* it waits for 100 before it sends the body */
  bool head_is_bad;                   /* no Host, a length that is no number, too many arguments */
  bool head_too_large; /* header over the limit: nothing else above is to be trusted */
  struct buf body;
  size_t body_bytes_max; /* set by `begin` */
  struct arena arena;    /* the request's memory */
  uint64_t began_us;     /* monotonic: when its head was here */
  uint64_t sent_bytes;   /* of the body */
  struct http_loop *loop;
  struct net_address peer; /* who sent it */
  struct http_reply reply;
  void *user; /* the handler's own */
};

enum http_answer { HTTP_ANSWERED, HTTP_LATER };

struct http_handler {
  void *context;
  /** True: go on. False: request->reply is the answer, the body is not read. */
  bool (*begin)(void *context, struct http_request *request);
  enum http_answer (*run)(void *context, struct http_request *request);
  enum http_answer (*more)(void *context, struct http_request *request);
  void (*lost)(void *context, struct http_request *request);
  /** The request, its memory and `user` are about to be reused. */
  void (*end)(void *context, struct http_request *request);
  /** A reply of the transport itself is due (408): fill request->reply. */
  void (*timed_out)(void *context, struct http_request *request);
};

struct http_options {
  struct os *os;
  uint32_t loops;
  uint32_t connections_max; /* of all loops together; further ones wait to be accepted */
  size_t header_bytes_max;
  uint64_t head_timeout_us;                /* to send a head */
  uint64_t body_timeout_us;                /* to send a body, beyond what its size allows */
  uint64_t idle_timeout_us;                /* between requests */
  uint64_t send_timeout_us;                /* without taking anything of a reply */
  const char *certificate_path, *key_path; /* NULL = plain HTTP */
};

struct http_server;

/** Figures of the moment; any thread. */
struct http_stats {
  uint64_t connections_open, connections_accepted, bytes_sent, bytes_received;
};

/** Listens on the addresses; ports the system chose are filled in. Nothing is accepted yet. */
status http_open(const struct http_options *options, struct net_address *addresses, uint32_t count,
                 struct http_server **server, struct err *err);
/** Starts the loops. `handler` is copied. */
status http_start(struct http_server *server, const struct http_handler *handler, struct err *err);
/** No more is accepted; idle connections end; requests under way go on. */
void http_drain(struct http_server *server);
/** Requests under way. */
uint32_t http_running(const struct http_server *server);
/** Ends loops and connections. Nobody may keep a request any more. NULL is fine. */
void http_close(struct http_server *server);
struct http_stats http_stats(const struct http_server *server);

/** The kept request's reply is filled. Any thread; the request is the loop's from now on. */
void http_give_back(struct http_request *request);
/** Whether the client is known to be gone; any thread, while the request is kept. */
bool http_is_lost(const struct http_request *request);
uint32_t http_loop_index(const struct http_loop *loop);

/** "GET"; static. */
const char *http_method_name(enum http_method method);
/** The value of an argument; false if it was not given. */
bool http_argument(const struct http_request *request, const char *name, struct slice *value);
/** Adds a header to the reply; the value is copied. What does not fit in memory is left out. */
void http_reply_header(struct http_request *request, const char *name, struct slice value);

#endif
