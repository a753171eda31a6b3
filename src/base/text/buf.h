/* SPDX-License-Identifier: MIT */
/* A growable byte buffer with a stated maximum and a sticky failure: append freely, look at the
 * end. After a failed append the buffer keeps what it had and every later append is refused. Not
 * thread-safe. */
#ifndef BASE_TEXT_BUF_H
#define BASE_TEXT_BUF_H

#include "base/core/err.h"
#include "base/text/slice.h"

struct buf {
  uint8_t *data;
  size_t bytes, capacity, bytes_max;
  status failed; /* LUMA_OK, LUMA_OUT_OF_MEMORY or LUMA_TOO_LARGE */
};

/** Ready without allocating; `bytes_max` must be given (no buffer is unbounded). */
void buf_init(struct buf *buf, size_t bytes_max);
void buf_deinit(struct buf *buf);
/** Empty again, failure cleared, capacity kept. */
void buf_reset(struct buf *buf);

/** Room for `bytes` more: answers where to write, or NULL (failure is then sticky). Does not change
 * buf->bytes. */
uint8_t *buf_reserve(struct buf *buf, size_t bytes);
/** Appends `bytes` uninitialised and answers where they are, or NULL. Valid until the next append.
 */
uint8_t *buf_extend(struct buf *buf, size_t bytes);
bool buf_append(struct buf *buf, const void *data, size_t bytes);
bool buf_append_byte(struct buf *buf, uint8_t byte);
bool buf_append_slice(struct buf *buf, struct slice slice);
/** A NUL-terminated string, without its NUL. */
bool buf_append_text(struct buf *buf, const char *text);
bool buf_append_format(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool buf_append_varint(struct buf *buf, uint64_t v);
bool buf_append16le(struct buf *buf, uint16_t v);
bool buf_append32le(struct buf *buf, uint32_t v);
bool buf_append64le(struct buf *buf, uint64_t v);

/** What is in it; valid until the next append. */
static inline struct slice buf_slice(const struct buf *buf) {
  return slice_of(buf->data, buf->bytes);
}
/** Takes the memory out (mem_free ends it); the buffer is empty after. */
uint8_t *buf_take(struct buf *buf, size_t *bytes);
/** LUMA_OK, or the sticky failure described in `err`. `what` names the thing built, e.g. "the
 * document". */
status buf_check(const struct buf *buf, const char *what, struct err *err);

#endif
