/* SPDX-License-Identifier: MIT */
/* Requests to one server, one after the other over one kept connection. libcurl stands behind it.
 * One thread, but for http_cancel. */
#ifndef CLI_TARGET_REMOTE_HTTP_H
#define CLI_TARGET_REMOTE_HTTP_H

#include <stdatomic.h>

#include "base/text/buf.h"

enum { HTTP_ANSWER_BYTES_MAX = 1 << 30, HTTP_SESSION_BYTES = 128 };

struct http;

struct http_request {
  const char *method;  /* "POST" */
  const char *path;    /* "/v1/query", encoded */
  struct slice body;   /* JSON; sent when there is any */
  const char *session; /* for the header Luma-Session; NULL = none */
};

/** `url` without a slash at its end; `token` may be NULL. Both are copied. */
status http_create(const char *url, const char *token, struct http **out, struct err *err);
void http_destroy(struct http *http);
/** Sends and waits for the whole answer, appended to `answer`; `*code` is its HTTP status.
 * LUMA_CANNOT_OPEN when the server cannot be reached, LUMA_CANCELLED after http_cancel. */
status http_send(struct http *http, const struct http_request *request, struct buf *answer,
                 long *code, struct err *err);
/** Ends the request under way in another thread. */
void http_cancel(struct http *http);
/** Appends `text` percent-encoded as one part of a path. */
status http_append_escaped(struct http *http, struct slice text, struct buf *out, struct err *err);

#endif
