/* SPDX-License-Identifier: MIT */
/* Upper and lower case as Unicode's full mappings have it, through ICU: one letter may become
 * several ('ß' is 'SS') and a final sigma has a form of its own. No language's own rules (Turkish
 * i) are used. */
#ifndef QUERY_LOCALE_LETTERS_H
#define QUERY_LOCALE_LETTERS_H

#include "base/core/err.h"
#include "base/text/buf.h"
#include "base/text/slice.h"

/** Appends `text` (UTF-8) in lower case, or (upper) in upper case. LUMA_OUT_OF_MEMORY. */
status letters_append(struct buf *out, struct slice text, bool upper, struct err *err);

#endif
