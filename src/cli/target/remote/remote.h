/* SPDX-License-Identifier: MIT */
/* A server as a target: statements, imports and figures over its HTTP interface, through libcurl.
 * Rows come in pages through the server's cursor, so that an answer is never held whole.
 * BEGIN opens a session on the server, in which the statements after it run. */
#ifndef CLI_TARGET_REMOTE_REMOTE_H
#define CLI_TARGET_REMOTE_REMOTE_H

#include "cli/target/target.h"

/** Opens http(s)://host[:port]; asks the server whether it is there. $LUMA_TOKEN, when set, is sent
 * as the bearer token. LUMA_CANNOT_OPEN. */
status remote_open(const char *url, const struct target_options *options, struct target **target,
                   struct err *err);

#endif
