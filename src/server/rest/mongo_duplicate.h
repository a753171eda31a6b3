/* SPDX-License-Identifier: MIT */
/* What MongoDB says when a unique value is taken: its words, which clients read,
 * too. Any thread. */
#ifndef SERVER_REST_MONGO_DUPLICATE_H
#define SERVER_REST_MONGO_DUPLICATE_H

#include "base/text/buf.h"
#include "value/val/val.h"

/** Whether a failure's detail says which values of which index they are. */
bool mongo_duplicate_is_told(const struct val *told);
/** `"E11000 duplicate key error collection: …"`, of one that does. */
void mongo_duplicate_write(const struct val *told, struct slice database, struct buf *out);

#endif
