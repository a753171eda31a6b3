/* SPDX-License-Identifier: MIT */
/* What the server tells of itself, the machine and its work: hello, buildInfo, hostInfo and
 * serverStatus. Figures are counted or asked; what cannot be known is left out. */
#ifndef SERVER_REST_MONGO_STATUS_H
#define SERVER_REST_MONGO_STATUS_H

#include "server/rest/mongo_admin.h"

enum { MONGO_DOCUMENT_BYTES_MAX = 16 << 20 /* that this language stores */ };

/* mongo_hello.c */
status mongo_hello(const struct mongo_asked *asked, struct err *err);
status mongo_hello_old(const struct mongo_asked *asked, struct err *err);

/* mongo_status.c */
status mongo_status_build(const struct mongo_asked *asked, struct err *err);
status mongo_status_host(const struct mongo_asked *asked, struct err *err);
status mongo_status_server(const struct mongo_asked *asked, struct err *err);

/** The time, as MongoDB's dates have it. */
static inline struct val mongo_status_now(const struct mongo_asked *asked) {
  return val_timestamp((int64_t)os_now_us(asked->exchange->rest->options.os) / 1000 * 1000);
}

#endif
