/* SPDX-License-Identifier: MIT */
#include "base/core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formatting may have cut a text inside a UTF-8 sequence: drops the part that is left of it. */
static void drop_partial_sequence(char *text) {
  size_t bytes = strlen(text);
  size_t tail = 0; /* continuation bytes at the end */
  while (tail < bytes && tail < 3 && ((uint8_t)text[bytes - 1 - tail] & 0xc0) == 0x80) tail++;
  if (tail == bytes) return;
  uint8_t lead = (uint8_t)text[bytes - 1 - tail];
  size_t wanted = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  if (tail < wanted) text[bytes - 1 - tail] = 0;
}

__attribute__((format(printf, 3, 0))) static void
format_text(char *out, size_t out_bytes, const char *format, va_list arguments) {
  int wanted = vsnprintf(out, out_bytes, format, arguments);
  if (wanted < 0) out[0] = 0;
  if (wanted >= (int)out_bytes) drop_partial_sequence(out);
}

status err_raise(struct err *err, status code, const char *file, int source_line,
                 const char *format, ...) {
  if (!err) return code;
  err_reset(err);
  err->code = code;
  err->file = file;
  err->source_line = source_line;
  va_list arguments;
  va_start(arguments, format);
  format_text(err->message, sizeof err->message, format, arguments);
  va_end(arguments);
  return code;
}

void err_path(struct err *err, const char *path) {
  if (!err) return;
  size_t at = strlen(err->message);
  int wanted = snprintf(err->message + at, sizeof err->message - at, " (%s)", path);
  if (wanted >= 0 && at + (size_t)wanted < sizeof err->message)
    err->path_at = (uint32_t)at;
  else
    err->message[at] = 0;
}

void err_hint(struct err *err, const char *format, ...) {
  if (!err) return;
  va_list arguments;
  va_start(arguments, format);
  format_text(err->hint, sizeof err->hint, format, arguments);
  va_end(arguments);
}

void err_detail(struct err *err, const uint8_t *json, size_t bytes) {
  if (!err) return;
  err->detail[0] = 0;
  if (bytes >= sizeof err->detail) return;
  memcpy(err->detail, json, bytes);
  err->detail[bytes] = 0;
}

void err_position(struct err *err, const char *text, size_t text_bytes, size_t offset) {
  if (!err) return;
  if (offset > text_bytes) offset = text_bytes;
  err->offset = offset;
  err->line = 1;
  err->column = 1;
  for (size_t i = 0; i < offset; i++) {
    if (text[i] == '\n') {
      err->line++;
      err->column = 1;
    } else if (((uint8_t)text[i] & 0xc0) != 0x80) {
      err->column++;
    }
  }
}

void err_wrap(struct err *err, const char *format, ...) {
  if (!err) return;
  char context[ERR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  format_text(context, sizeof context - 2, format, arguments);
  va_end(arguments);
  size_t context_bytes = strlen(context);
  memcpy(context + context_bytes, ": ", 2);
  context_bytes += 2;
  size_t message_bytes = strlen(err->message);
  size_t room = sizeof err->message - 1 - context_bytes;
  bool is_cut = message_bytes > room;
  if (is_cut) message_bytes = room;
  memmove(err->message + context_bytes, err->message, message_bytes);
  memcpy(err->message, context, context_bytes);
  err->message[context_bytes + message_bytes] = 0;
  if (is_cut) drop_partial_sequence(err->message);
  err->path_at = err->path_at && !is_cut ? err->path_at + (uint32_t)context_bytes : 0;
}

void err_reset(struct err *err) {
  struct buf *faults = err ? err->faults : NULL;
  if (!err) return;
  err_init(err);
  err->faults = faults;
}
