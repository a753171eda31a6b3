/* SPDX-License-Identifier: MIT */
#include "base/text/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/mem/mem.h"

enum { CAPACITY_MIN = 64, FORMAT_BYTES = 256 };

void buf_init(struct buf *buf, size_t bytes_max) {
  ASSERT(bytes_max > 0);
  *buf = (struct buf){.bytes_max = bytes_max};
}

void buf_deinit(struct buf *buf) {
  mem_free(buf->data);
  *buf = (struct buf){.bytes_max = buf->bytes_max};
}

void buf_reset(struct buf *buf) {
  buf->bytes = 0;
  buf->failed = LUMA_OK;
}

static bool fail(struct buf *buf, status why) {
  buf->failed = why;
  return false;
}

/* Doubles the capacity until it holds `need` bytes, never beyond bytes_max. */
static bool grow(struct buf *buf, size_t need) {
  size_t wanted = buf->capacity > buf->bytes_max / 2 ? buf->bytes_max : buf->capacity * 2;
  if (wanted < need) wanted = need;
  if (wanted < CAPACITY_MIN) wanted = CAPACITY_MIN;
  uint8_t *grown = mem_realloc(buf->data, wanted);
  if (!grown) return fail(buf, LUMA_OUT_OF_MEMORY);
  buf->data = grown;
  buf->capacity = wanted;
  return true;
}

uint8_t *buf_reserve(struct buf *buf, size_t bytes) {
  if (buf->failed) return NULL;
  if (bytes > buf->bytes_max - buf->bytes) {
    fail(buf, LUMA_TOO_LARGE);
    return NULL;
  }
  bool has_room = buf->data && bytes <= buf->capacity - buf->bytes;
  if (!has_room && !grow(buf, buf->bytes + bytes)) return NULL;
  return buf->data + buf->bytes;
}

uint8_t *buf_extend(struct buf *buf, size_t bytes) {
  uint8_t *at = buf_reserve(buf, bytes);
  if (at) buf->bytes += bytes;
  return at;
}

bool buf_append(struct buf *buf, const void *data, size_t bytes) {
  uint8_t *at = buf_extend(buf, bytes);
  if (at && bytes) memcpy(at, data, bytes);
  return at != NULL;
}

bool buf_append_byte(struct buf *buf, uint8_t byte) {
  return buf_append(buf, &byte, 1);
}

bool buf_append_slice(struct buf *buf, struct slice slice) {
  return buf_append(buf, slice.data, slice.bytes);
}

bool buf_append_text(struct buf *buf, const char *text) {
  return buf_append(buf, text, strlen(text));
}

/* The text did not fit on the stack: once more into memory of its size. */
__attribute__((format(printf, 2, 0))) static bool
append_long_format(struct buf *buf, const char *format, size_t bytes, va_list arguments) {
  char *text = mem_alloc(bytes + 1);
  if (!text) return fail(buf, LUMA_OUT_OF_MEMORY);
  vsnprintf(text, bytes + 1, format, arguments);
  bool appended = buf_append(buf, text, bytes);
  mem_free(text);
  return appended;
}

bool buf_append_format(struct buf *buf, const char *format, ...) {
  if (buf->failed) return false;
  char text[FORMAT_BYTES];
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int bytes = vsnprintf(text, sizeof text, format, arguments);
  ASSERT(bytes >= 0);
  bool appended = (size_t)bytes < sizeof text
                      ? buf_append(buf, text, (size_t)bytes)
                      : append_long_format(buf, format, (size_t)bytes, again);
  va_end(again);
  va_end(arguments);
  return appended;
}

bool buf_append_varint(struct buf *buf, uint64_t v) {
  uint8_t encoded[VARINT_BYTES_MAX];
  return buf_append(buf, encoded, varint_encode(encoded, v));
}

bool buf_append16le(struct buf *buf, uint16_t v) {
  uint8_t *at = buf_extend(buf, sizeof v);
  if (at) store16le(at, v);
  return at != NULL;
}

bool buf_append32le(struct buf *buf, uint32_t v) {
  uint8_t *at = buf_extend(buf, sizeof v);
  if (at) store32le(at, v);
  return at != NULL;
}

bool buf_append64le(struct buf *buf, uint64_t v) {
  uint8_t *at = buf_extend(buf, sizeof v);
  if (at) store64le(at, v);
  return at != NULL;
}

uint8_t *buf_take(struct buf *buf, size_t *bytes) {
  uint8_t *data = buf->data;
  *bytes = buf->bytes;
  *buf = (struct buf){.bytes_max = buf->bytes_max};
  return data;
}

status buf_check(const struct buf *buf, const char *what, struct err *err) {
  if (buf->failed == LUMA_OK) return LUMA_OK;
  if (buf->failed == LUMA_TOO_LARGE)
    FAIL(err, LUMA_TOO_LARGE, "%s is larger than %zu bytes", what, buf->bytes_max);
  FAIL(err, buf->failed, "no memory is left for %s of %zu bytes", what, buf->bytes);
}
