/* SPDX-License-Identifier: MIT */
/* The memory of one large buffer, kept for the next that grows large: what the system hands out
 * anew it clears first, and growing by doubling copies, which costs more than filling the buffer
 * does. Small buffers neither take it nor leave any. Any thread. */
#ifndef BASE_TEXT_SPARE_H
#define BASE_TEXT_SPARE_H

#include <stdatomic.h>

#include "base/text/buf.h"

enum { SPARE_BYTES_MIN = 64 << 10, SPARE_BYTES_MAX = 16 << 20 };

/** All zeroes: nothing is kept. */
struct spare {
  _Atomic(uint8_t *) memory; /* its first bytes say how many they are */
};

void spare_deinit(struct spare *spare);
/** Before `bytes` more are appended: a buffer that would outgrow its memory, and is not small,
 * moves to the memory that is kept, if that is larger. */
void spare_lend(struct spare *spare, struct buf *buf, size_t bytes);
/** The end of a buffer: keeps its memory, if it is neither small nor too large, in the place of
 * what was kept. */
void spare_take(struct spare *spare, struct buf *buf);

#endif
