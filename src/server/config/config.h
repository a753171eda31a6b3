/* SPDX-License-Identifier: MIT */
/* The settings of a server, from luma.toml (a subset of TOML: sections, text, integers, booleans,
 * lists of text) or their defaults. A setting that does not exist is an error, with the one that
 * was meant. docs/http.md lists them. Immutable once read. */
#ifndef SERVER_CONFIG_CONFIG_H
#define SERVER_CONFIG_CONFIG_H

#include "base/log/log.h"
#include "base/mem/arena.h"
#include "store/store.h"

enum { CONFIG_BYTES_MAX = 1 << 20, CONFIG_LIST_MAX = 32 };

/** A list of text; each is NUL-terminated. */
struct config_list {
  const char *items[CONFIG_LIST_MAX];
  uint32_t count;
};

/** Text is in the arena given, or static; NULL = not set. */
struct config {
  struct {
    const char *data, *token, *tls_certificate, *tls_key;
    struct config_list listen, names, origins;
    int64_t loops, workers, shutdown_ms; /* loops, workers: 0 = by the cores */
  } server;
  struct {
    int64_t body_bytes, header_bytes, json_depth, reply_bytes;
    int64_t connections, queue, sessions, cursors;
    int64_t statement_ms, statement_bytes, statement_threads, session_idle_ms, cursor_idle_ms,
        expire_ms;
    int64_t head_ms, request_ms, idle_ms, send_ms;
  } limits;
  struct {
    enum store_sync_mode sync_mode;
    int64_t batch_size, batch_timeout_us; /* 0 = the engine's default */
  } wal;
  struct {
    int64_t block_cache_size; /* bytes; 0 = the engine's default */
  } cache;
  struct {
    enum log_level level;
    enum log_form form;
    bool access;
    int64_t slow_ms;
  } log;
};

void config_init(struct config *config);
/** Reads the text of a file over what is set. `name` is its name in errors, which have line and
 * column. */
status config_read(struct config *config, struct slice text, const char *name, struct arena *arena,
                   struct err *err);
/** The same from a file. */
status config_read_file(struct config *config, struct os *os, const char *path, struct arena *arena,
                        struct err *err);

#endif
