/* SPDX-License-Identifier: MIT */
/* What the command writes: a standard stream behind a buffer, which knows whether a person is
 * looking. Failures are sticky (a full disk, a reader that went away) and told by out_check.
 * Colours are names here and escape sequences only on a terminal that wants them. One thread. */
#ifndef CLI_IO_OUT_H
#define CLI_IO_OUT_H

#include "base/os/process.h"
#include "base/text/buf.h"

enum out_colour { OUT_PLAIN, OUT_BOLD, OUT_DIM, OUT_RED, OUT_GREEN, OUT_CYAN };

/** Read `is_terminal` and `width`; the rest is private. */
struct out {
  enum process_stream stream;
  struct buf text; /* not written yet */
  status failed;
  bool is_terminal, has_colour;
  size_t width; /* columns of the terminal; 0 = none, or not known */
};

void out_init(struct out *out, enum process_stream stream);
/** Flushes; what failed is lost. */
void out_deinit(struct out *out);
void out_slice(struct out *out, struct slice text);
void out_text(struct out *out, const char *text);
void out_format(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** From here on in this colour, until OUT_PLAIN. */
void out_colour(struct out *out, enum out_colour colour);
/** Begins to erase the line the cursor stands in; only on a terminal. */
void out_erase_line(struct out *out);
void out_flush(struct out *out);
/** Where others append directly (tables, JSON); out_settle after. */
struct buf *out_buf(struct out *out);
/** Writes when much is waiting. */
void out_settle(struct out *out);
/** The sticky failure in `err`, or LUMA_OK. LUMA_CLOSED: nobody reads any more. */
status out_check(const struct out *out, struct err *err);

#endif
