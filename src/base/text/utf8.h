/* SPDX-License-Identifier: MIT */
/* UTF-8 (RFC 3629): validation, code points, widths on a terminal, case folding. Behind it stands
 * utf8proc. Pure; any thread. */
#ifndef BASE_TEXT_UTF8_H
#define BASE_TEXT_UTF8_H

#include "base/text/buf.h"

/** True when all of `text` is valid; `*bad_offset` (may be NULL) is the first bad byte otherwise.
 */
bool utf8_is_valid(struct slice text, size_t *bad_offset);
/** Code points in valid text. */
size_t utf8_count(struct slice text);
/** Decodes one code point at the front of valid text; answers its bytes (0 at the end). */
size_t utf8_decode(struct slice text, uint32_t *code_point);
/** Writes `code_point` (a scalar value) at `out`, 1-4 bytes; answers them. */
size_t utf8_encode(uint32_t code_point, uint8_t *out);
/** Columns the text takes on a terminal. */
size_t utf8_width(struct slice text);
/** Appends `text` with simple lower or upper case mapping. */
bool utf8_append_lower(struct buf *out, struct slice text);
bool utf8_append_upper(struct buf *out, struct slice text);

/** Unicode's normal forms (UAX #15); BARE: NFKC without the marks on letters. */
enum utf8_form { UTF8_NFC, UTF8_NFD, UTF8_NFKC, UTF8_NFKD, UTF8_BARE };
/** Appends the text in a form; false when memory is out. */
bool utf8_append_form(struct buf *out, struct slice text, enum utf8_form form);

#endif
