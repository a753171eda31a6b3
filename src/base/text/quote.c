/* SPDX-License-Identifier: MIT */
#include "base/text/quote.h"

void quote_append(struct buf *out, struct slice text, uint8_t quote) {
  buf_append_byte(out, quote);
  for (size_t i = 0; i < text.bytes; i++) {
    if (text.data[i] == quote) buf_append_byte(out, quote);
    buf_append_byte(out, text.data[i]);
  }
  buf_append_byte(out, quote);
}
