/* SPDX-License-Identifier: MIT */
#include "cli/io/out.h"

#include <stdarg.h>
#include <stdio.h>

enum { FLUSH_BYTES = 64 << 10, BYTES_MAX = 1 << 30, FORMAT_BYTES = 2048 };

/* https://no-color.org: set and not empty. */
static bool wants_colour(void) {
  const char *no = process_environment("NO_COLOR"), *term = process_environment("TERM");
  return !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

void out_init(struct out *out, enum process_stream stream) {
  *out = (struct out){.stream = stream, .is_terminal = process_is_terminal(stream)};
  out->has_colour = out->is_terminal && wants_colour();
  out->width = process_terminal_width(stream);
  buf_init(&out->text, BYTES_MAX);
}

void out_deinit(struct out *out) {
  out_flush(out);
  buf_deinit(&out->text);
}

void out_flush(struct out *out) {
  if (out->failed == LUMA_OK) out->failed = out->text.failed;
  if (out->failed == LUMA_OK && out->text.bytes > 0)
    out->failed = process_write(out->stream, buf_slice(&out->text), NULL);
  buf_reset(&out->text);
}

struct buf *out_buf(struct out *out) {
  return &out->text;
}

void out_settle(struct out *out) {
  if (out->text.bytes >= FLUSH_BYTES || out->text.failed != LUMA_OK) out_flush(out);
}

void out_slice(struct out *out, struct slice text) {
  buf_append_slice(&out->text, text);
  out_settle(out);
}

void out_text(struct out *out, const char *text) {
  out_slice(out, slice_of_text(text));
}

void out_format(struct out *out, const char *format, ...) {
  char text[FORMAT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  out_text(out, text);
}

void out_colour(struct out *out, enum out_colour colour) {
  static const char *const sequences[] = {"\x1b[0m",  "\x1b[1m",  "\x1b[2m",
                                          "\x1b[31m", "\x1b[32m", "\x1b[36m"};
  if (out->has_colour) out_text(out, sequences[colour]);
}

void out_erase_line(struct out *out) {
  if (out->is_terminal) out_text(out, "\r\x1b[K");
}

status out_check(const struct out *out, struct err *err) {
  switch ((int)out->failed) {
  case LUMA_OK: return LUMA_OK;
  case LUMA_CLOSED: FAIL(err, LUMA_CLOSED, "nobody reads the output any more");
  case LUMA_OUT_OF_MEMORY: FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the output");
  default: FAIL(err, out->failed, "the output cannot be written (is the disk full?)");
  }
}
