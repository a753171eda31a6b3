/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. */
#ifndef CLI_TARGET_REMOTE_REMOTE_INT_H
#define CLI_TARGET_REMOTE_REMOTE_INT_H

#include "cli/target/remote/http.h"
#include "cli/target/remote/remote.h"

enum { REMOTE_PAGE_ROWS = 1000 };

struct remote {
  struct target target;
  struct target_options options;
  struct http *http;
  struct json_reader *reader;
  bool has_session;
  char session[HTTP_SESSION_BYTES];
};

static inline struct remote *remote__of(struct target *target) {
  return (struct remote *)target;
}

/** Sends a request in the session, if there is one, and reads the JSON it is answered with into
 * `values`; `*answer` borrows from that. What the server says is wrong becomes `err`. `text` is
 * room for the answer's text. */
status remote__ask(struct remote *remote, const struct http_request *request, struct buf *text,
                   struct buf *values, struct val *answer, struct err *err);

/** Raises what the server tells of a refusal, a map of "code", "hint" and `message_name`. */
status remote__raise(const struct val *told, const char *message_name, struct err *err);

status remote__run(struct target *target, const struct target_statement *statement,
                   struct target_reply **reply, struct err *err);
status remote__shape(struct target_reply *reply, struct target_shape *shape, struct err *err);
status remote__next(struct target_reply *reply, struct val *row, bool *has, struct err *err);
status remote__outcome(struct target_reply *reply, struct target_outcome *outcome, struct err *err);
void remote__end(struct target_reply *reply);

status remote__import_open(struct target *target, const struct target_importing *importing,
                           struct target_import **import, struct err *err);
status remote__import_write(struct target_import *import, struct slice bytes, struct err *err);
struct import_stats remote__import_progress(const struct target_import *import);
status remote__import_close(struct target_import *import, struct import_stats *stats,
                            struct err *err);

#endif
