/* SPDX-License-Identifier: MIT */
/* The HTTP API (docs/http.md): routes, and what each does with the sessions, documents and
 * statements of the service layer. Point reads run on the loop that read the request; all that may
 * wait or last goes to the workers. Thread: see server/http/http.h; the rest is inside. */
#ifndef SERVER_REST_REST_H
#define SERVER_REST_REST_H

#include "server/config/config.h"
#include "server/http/http.h"
#include "server/work/work.h"
#include "service/db/db.h"

struct rest;

/** What the API stands on; borrowed until rest_destroy. */
struct rest_options {
  struct os *os;
  struct db *db;
  const struct config *config;
  struct log *log;
  struct work_pool *pool;
  uint32_t loops;
  bool only_loopback; /* Host must be a name of this machine itself */
};

status rest_create(const struct rest_options *options, struct rest **rest, struct err *err);
/** Every request must have ended. NULL is fine. */
void rest_destroy(struct rest *rest);
/** The functions to give to the event loops. */
struct http_handler rest_handler(struct rest *rest);
/** For /metrics; before the loops start. */
void rest_set_http(struct rest *rest, const struct http_server *http);
/** From now on requests are served; before, they answer 503. Any thread. */
void rest_set_ready(struct rest *rest, bool ready);
/** Ends sessions and cursors that nobody used for long: to be called now and then. Any thread. */
void rest_expire(struct rest *rest);
/** Cancels every statement that runs. Any thread. */
void rest_cancel_all(struct rest *rest);

#endif
