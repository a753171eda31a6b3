/* SPDX-License-Identifier: MIT */
/* Putting the server together, running it, taking it apart. */
#include "server/server.h"

#include <stdio.h>

#include "base/os/net.h"
#include "base/os/process.h"
#include "server/config/config.h"
#include "server/expiring.h"
#include "server/rest/rest.h"

enum {
  WATCH_US = 250000,        /* how often idle sessions are looked for */
  DRAIN_STEP_US = 5000,     /* how often the end of requests is looked for */
  CANCEL_GRACE_US = 2000000 /* for statements to notice that they are cancelled */
};

/* Everything of a running server, in the order it is made. */
struct server {
  const struct server_options *options;
  struct os *os;
  struct arena arena;
  struct config config;
  struct log log;
  struct process_signals signals;
  bool has_signals, has_log;
  struct net_address addresses[SERVER_LISTEN_MAX];
  uint32_t addresses_count, loops;
  bool only_loopback;
  struct http_server *http;
  struct db *db;
  struct work_pool *pool;
  struct rest *rest;
  struct expiring expiring;
};

/* ---- settings ---- */

static status read_config(struct server *server, struct err *err) {
  config_init(&server->config);
  if (!server->options->config_path) return LUMA_OK;
  return config_read_file(&server->config, server->os, server->options->config_path, &server->arena,
                          err);
}

static status add_address(struct server *server, const char *text, struct err *err) {
  if (server->addresses_count == SERVER_LISTEN_MAX)
    FAIL(err, LUMA_INVALID_ARGUMENT, "a server listens on at most %d addresses", SERVER_LISTEN_MAX);
  struct net_address *address = &server->addresses[server->addresses_count++];
  TRY(net_resolve(slice_of_text(text), SERVER_PORT_DEFAULT, address, err));
  server->only_loopback &= net_is_loopback(address);
  return LUMA_OK;
}

static status read_addresses(struct server *server, struct err *err) {
  const struct config_list *listed = &server->config.server.listen;
  server->only_loopback = true;
  for (uint32_t i = 0; i < server->options->listen_count; i++)
    TRY(add_address(server, server->options->listen[i], err));
  if (server->addresses_count) return LUMA_OK;
  for (uint32_t i = 0; i < listed->count; i++) TRY(add_address(server, listed->items[i], err));
  return server->addresses_count ? LUMA_OK : add_address(server, SERVER_ADDRESS_DEFAULT, err);
}

static status check_safety(const struct server *server, struct err *err) {
  const struct config *config = &server->config;
  if (!config->server.tls_certificate != !config->server.tls_key) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "tls_certificate and tls_key go together");
  }
  if (server->only_loopback || (config->server.token && config->server.token[0])) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "listening beyond this machine needs a token");
  err_hint(err, "set [server] token in the configuration file, or listen on 127.0.0.1");
  return LUMA_INVALID_ARGUMENT;
}

static void open_log(struct server *server) {
  const struct server_options *options = server->options;
  struct log_options log = {.level = server->config.log.level,
                            .form = server->config.log.form,
                            .sink = options->log_sink ? options->log_sink : log_to_standard_error,
                            .context = options->log_context};
  log_init(&server->log, server->os, &log);
  server->has_log = true;
}

static status configure(struct server *server, struct err *err) {
  TRY(read_config(server, err));
  TRY(read_addresses(server, err));
  TRY(check_safety(server, err));
  open_log(server);
  return LUMA_OK;
}

/* ---- beginning ---- */

static uint64_t us_of(int64_t ms) {
  return (uint64_t)ms * 1000;
}

static status open_http(struct server *server, struct err *err) {
  const struct config *config = &server->config;
  struct http_options options = {
      .os = server->os,
      .loops = server->loops,
      .connections_max = (uint32_t)config->limits.connections,
      .header_bytes_max = (size_t)config->limits.header_bytes,
      .head_timeout_us = us_of(config->limits.head_ms),
      .body_timeout_us = us_of(config->limits.request_ms),
      .idle_timeout_us = us_of(config->limits.idle_ms),
      .send_timeout_us = us_of(config->limits.send_ms),
      .certificate_path = config->server.tls_certificate,
      .key_path = config->server.tls_key,
  };
  return http_open(&options, server->addresses, server->addresses_count, &server->http, err);
}

static void put_url(const struct server *server, char *out, size_t bytes) {
  char address[NET_TEXT_BYTES];
  net_format(&server->addresses[0], address);
  snprintf(out, bytes, "%s://%s", server->config.server.tls_certificate ? "https" : "http",
           address);
}

static bool wait_begin(void *pool) {
  return work_wait_begin(pool);
}

static void wait_end(void *pool) {
  work_wait_end(pool);
}

static status open_db(struct server *server, struct err *err) {
  const struct config *config = &server->config;
  const char *target = server->options->target ? server->options->target : config->server.data;
  char url[NET_TEXT_BYTES + 16], holder[NET_TEXT_BYTES + 48];
  put_url(server, url, sizeof url);
  snprintf(holder, sizeof holder, "lumadb serve at %s", url);
  struct db_options options = {.os = server->os,
                               .sync_mode = config->wal.sync_mode,
                               .batch_size = (uint32_t)config->wal.batch_size,
                               .batch_timeout_us = (uint64_t)config->wal.batch_timeout_us,
                               .cache_bytes = (uint64_t)config->cache.block_cache_size,
                               .statement_bytes = (uint64_t)config->limits.statement_bytes,
                               .threads = (uint32_t)config->limits.statement_threads,
                               .waits = {wait_begin, wait_end, server->pool},
                               .holder = holder};
  return db_open(target ? target : SERVER_DATA_DEFAULT, &options, &server->db, err);
}

static status start(struct server *server, struct err *err) {
  const struct config *config = &server->config;
  uint32_t cores = process_cores_count();
  server->loops = config->server.loops ? (uint32_t)config->server.loops : cores;
  uint32_t workers = config->server.workers ? (uint32_t)config->server.workers : 2 * cores + 2;
  TRY(process_signals_open(&server->signals, err));
  server->has_signals = true;
  process_errors_not_signals();
  TRY(open_http(server, err));
  TRY(work_pool_create(workers, (uint32_t)config->limits.queue, &server->pool, err));
  TRY(open_db(server, err));
  struct rest_options rest = {.os = server->os,
                              .db = server->db,
                              .config = config,
                              .log = &server->log,
                              .pool = server->pool,
                              .loops = server->loops,
                              .only_loopback = server->only_loopback};
  TRY(rest_create(&rest, &server->rest, err));
  rest_set_http(server->rest, server->http);
  struct http_handler handler = rest_handler(server->rest);
  return http_start(server->http, &handler, err);
}

static status begin(struct server *server, struct err *err) {
  const struct server_options *options = server->options;
  char url[NET_TEXT_BYTES + 16];
  TRY(configure(server, err));
  TRY(start(server, err));
  if (options->prepare) TRY(options->prepare(options->context, server->db, err));
  expiring_begin(&server->expiring, server->db, &server->log,
                 us_of(server->config.limits.expire_ms));
  rest_set_ready(server->rest, true);
  put_url(server, url, sizeof url);
  struct log_field fields[] = {log_text("address", slice_of_text(url)),
                               log_integer("process", process_id())};
  log_write(&server->log, LOG_INFO, fields, 2, "serving");
  if (options->ready) options->ready(options->context, url);
  return LUMA_OK;
}

/* ---- running and ending ---- */

static void watch(struct server *server) {
  for (;;) {
    process_signals_wait(&server->signals, WATCH_US);
    enum process_request request = process_signals_next(&server->signals);
    if (request == PROCESS_STOP || request == PROCESS_INTERRUPT) return;
    rest_expire(server->rest);
    expiring_step(&server->expiring, server->pool);
  }
}

/* Whether all requests ended in time. */
static bool wait_for_requests(struct server *server, uint64_t limit_us, bool cancel) {
  uint64_t deadline = os_monotonic_us(server->os) + limit_us;
  while (http_running(server->http) > 0) {
    if (cancel) rest_cancel_all(server->rest);
    if (os_monotonic_us(server->os) >= deadline) return false;
    os_sleep_us(server->os, DRAIN_STEP_US);
  }
  return true;
}

static void finish_requests(struct server *server) {
  log_write(&server->log, LOG_INFO, NULL, 0, "stopping");
  rest_set_ready(server->rest, false);
  expiring_stop(&server->expiring);
  http_drain(server->http);
  if (wait_for_requests(server, us_of(server->config.server.shutdown_ms), false)) return;
  log_write(&server->log, LOG_WARN, NULL, 0, "cancelling requests that did not end in time");
  (void)wait_for_requests(server, CANCEL_GRACE_US, true);
}

/* Workers end before the loops they give requests back to, their queue after. */
static void end(struct server *server) {
  work_pool_stop(server->pool);
  http_close(server->http);
  work_pool_destroy(server->pool);
  rest_destroy(server->rest);
  db_close(server->db);
  if (server->has_log) {
    log_write(&server->log, LOG_INFO, NULL, 0, "stopped");
    log_deinit(&server->log);
  }
  if (server->has_signals) process_signals_close(&server->signals);
  arena_deinit(&server->arena);
}

status server_run(const struct server_options *options, struct err *err) {
  struct server server = {.options = options, .os = options->os ? options->os : os_linux()};
  arena_init(&server.arena, 0, 0);
  status result = begin(&server, err);
  if (result == LUMA_OK) {
    watch(&server);
    finish_requests(&server);
  }
  end(&server);
  return result;
}
