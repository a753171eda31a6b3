/* SPDX-License-Identifier: MIT */
/* The server: a database behind HTTP (docs/http.md), until it is told to stop.
 *
 * server_run listens first, so that a taken address costs nothing; opens the database, naming the
 * address to whoever finds it locked; starts one event loop per core and the pool of workers; calls
 * `prepare`, during which /readyz answers 503; calls `ready`; and returns after SIGTERM or SIGINT:
 * it stops accepting, lets running requests end within settings.shutdown_ms, closes the database.
 *
 * What the caller gives wins over the configuration file, which wins over the defaults. Threads:
 * call from the program's first thread, before others start (signals are masked for all). */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/log/log.h"
#include "service/db/db.h"

#define SERVER_ADDRESS_DEFAULT "127.0.0.1:7070"
#define SERVER_DATA_DEFAULT    "./luma-data"
enum { SERVER_PORT_DEFAULT = 7070, SERVER_LISTEN_MAX = 8 };

struct server_options {
  struct os *os;             /* NULL = the machine's */
  const char *target;        /* NULL: the configuration's [server] data, else SERVER_DATA_DEFAULT */
  const char *const *listen; /* "127.0.0.1:7070", "[::1]:7070"; port 0: the system chooses */
  uint32_t listen_count;     /* 0: the configuration's, else SERVER_ADDRESS_DEFAULT */
  const char *config_path;   /* luma.toml; NULL = none */

  /** Runs once on the open database, before requests are served: demo data. NULL = nothing. */
  status (*prepare)(void *context, struct db *db, struct err *err);
  /** Told once, when requests are served; `url` is "http://127.0.0.1:7070". NULL = nobody. */
  void (*ready)(void *context, const char *url);
  void *context; /* of both */

  log_sink_fn *log_sink; /* NULL = log_to_standard_error */
  void *log_context;
};

/** Serves until told to stop. LUMA_LOCKED, LUMA_CANNOT_OPEN and their like when it cannot begin;
 * LUMA_INVALID_ARGUMENT for a wrong configuration, with the line. */
status server_run(const struct server_options *options, struct err *err);

#endif
