/* SPDX-License-Identifier: MIT */
/* Quotes as SQL has them. Pure; any thread. */
#ifndef BASE_TEXT_QUOTE_H
#define BASE_TEXT_QUOTE_H

#include "base/text/buf.h"

/** Appends `text` between two of `quote`; each one inside stands twice. */
void quote_append(struct buf *out, struct slice text, uint8_t quote);

#endif
