/* SPDX-License-Identifier: MIT */
/* Bytes as text: base64 and base64url (RFC 4648), hex, utf8, uuid, and auto. Pure; any thread. */
#ifndef QUERY_MONGO_BYTES_TEXT_H
#define QUERY_MONGO_BYTES_TEXT_H

#include "base/text/buf.h"
#include "value/val/val.h"

bool bytes_text_is_format(struct slice format);
/** Appends BYTES or a UUID in the format; false when they are not of that form. */
bool bytes_text_append(struct buf *out, const struct val *bytes, struct slice format);
/** Appends the bytes that `text` stands for; false if it does not. */
bool bytes_text_read(struct buf *out, struct slice text, struct slice format);

#endif
