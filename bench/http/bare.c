/* SPDX-License-Identifier: MIT */
/* The peer of the HTTP benchmark: a handler on libwebsockets alone that answers every GET with the
 * bytes of one file, as its examples do it: the head in the HTTP callback, the body when writable.
 * One context and thread per core on one address, as the server has them. Prints its port, serves
 * until killed.   usage: bench_bare FILE */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os/net.h"
#include "base/os/process.h"
#include "base/sync/sync.h"

enum { BODY_BYTES_MAX = 65536, LOOPS_MAX = 64, HEAD_BYTES = 2048 };

struct bare {
  uint8_t body[LWS_PRE + BODY_BYTES_MAX];
  size_t bytes;
};

static void fail(const char *what) {
  fprintf(stderr, "bench_bare: %s\n", what);
  exit(1);
}

static int write_head(struct lws *wsi, const struct bare *bare) {
  uint8_t room[LWS_PRE + HEAD_BYTES], *start = room + LWS_PRE, *at = start,
                                      *end = start + HEAD_BYTES;
  if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "application/json", bare->bytes, &at, end))
    return 1;
  if (lws_add_http_header_by_name(
          wsi, (const uint8_t *)"luma-query:", (const uint8_t *)"0123456789abcdef", 16, &at, end))
    return 1;
  if (lws_add_http_header_by_name(wsi, (const uint8_t *)"etag:", (const uint8_t *)"\"12345\"", 7,
                                  &at, end))
    return 1;
  if (lws_finalize_write_http_header(wsi, start, &at, end)) return 1;
  lws_callback_on_writable(wsi);
  return 0;
}

static int write_body(struct lws *wsi, struct bare *bare) {
  if (lws_write(wsi, bare->body + LWS_PRE, bare->bytes, LWS_WRITE_HTTP_FINAL) != (int)bare->bytes)
    return -1;
  return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t bytes) {
  struct bare *bare = lws_context_user(lws_get_context(wsi));
  if (reason == LWS_CALLBACK_HTTP) return write_head(wsi, bare);
  if (reason == LWS_CALLBACK_HTTP_WRITEABLE) return write_body(wsi, bare);
  return lws_callback_http_dummy(wsi, reason, user, in, bytes);
}

static int on_listener(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t bytes) {
  (void)user, (void)in, (void)bytes;
  int connection;
  if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
  while (net_accept(lws_get_socket_fd(wsi), &connection, NULL, NULL) == LUMA_OK)
    lws_adopt_socket_vhost(lws_get_vhost(wsi), connection);
  return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = on_http},
    {.name = "listener", .callback = on_listener},
    {0},
};

static void run(void *argument) {
  while (lws_service(argument, 0) >= 0) {
  }
}

static void start_loop(struct bare *bare, const struct net_address *address,
                       struct thread *thread) {
  struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN_SERVER,
                                           .protocols = protocols,
                                           .user = bare,
                                           .gid = -1,
                                           .uid = -1,
                                           .server_string = "lumadb",
                                           .keepalive_timeout = 75,
                                           .fd_limit_per_thread = 1024};
  struct net_listen_options shared = {.share_port = true};
  struct lws_context *context = lws_create_context(&info);
  lws_sock_file_fd_type descriptor = {0};
  if (!context || net_listen(address, &shared, &descriptor.filefd, NULL) != LUMA_OK)
    fail("no context or socket");
  struct lws_vhost *vhost = lws_get_vhost_by_name(context, "default");
  if (!lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, descriptor, "listener", NULL))
    fail("the socket was not adopted");
  if (thread_start(thread, "bare", run, context, NULL) != LUMA_OK) fail("no thread");
}

int main(int argc, char **argv) {
  static struct bare bare;
  struct net_address address = {.host = "127.0.0.1"};
  struct net_listen_options alone = {0};
  struct thread threads[LOOPS_MAX];
  int descriptor;
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) fail("usage: bench_bare FILE");
  bare.bytes = fread(bare.body + LWS_PRE, 1, BODY_BYTES_MAX, file);
  (void)fclose(file);
  lws_set_log_level(0, NULL);
  if (net_listen(&address, &alone, &descriptor, NULL) != LUMA_OK ||
      net_local_address(descriptor, &address, NULL) != LUMA_OK)
    fail("no port");
  net_close(descriptor);
  unsigned loops = process_cores_count() < LOOPS_MAX ? process_cores_count() : LOOPS_MAX;
  for (unsigned i = 0; i < loops; i++) start_loop(&bare, &address, &threads[i]);
  printf("%u\n", address.port);
  (void)fflush(stdout);
  thread_join(&threads[0]);
  return 0;
}
