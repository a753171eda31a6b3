/* SPDX-License-Identifier: MIT */
/* PostgreSQL's templates of numbers. Pure; any thread. */
#ifndef QUERY_FUNC_FORMAT_NUMBER_H
#define QUERY_FUNC_FORMAT_NUMBER_H

#include "base/text/buf.h"
#include "value/decimal/decimal.h"

/** Appends the number; one that does not fit becomes #s. False for one that is not finite, or of
 * more digits than are written. */
bool format_number_write(struct buf *out, struct slice template, struct decimal number);
/** The digits of a text, with the point where the template has one and a minus sign anywhere; false
 * when there are none. */
bool format_number_read(struct slice text, struct slice template, struct decimal *out);

#endif
