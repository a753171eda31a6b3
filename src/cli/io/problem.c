/* SPDX-License-Identifier: MIT */
#include "cli/io/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text/utf8.h"

enum { SHOWN_COLUMNS_MAX = 100, MESSAGE_BYTES = 1024 };

/* A line and column (in letters) of a text, from a byte offset. */
struct spot {
  uint32_t line, column;
  struct slice text; /* the line itself */
};

static struct spot spot_of(struct slice text, size_t offset) {
  struct spot spot = {.line = 1};
  size_t start = 0, end;
  if (offset > text.bytes) offset = text.bytes;
  for (size_t i = 0; i < offset; i++) {
    if (text.data[i] != '\n') continue;
    spot.line++;
    start = i + 1;
  }
  for (end = offset; end < text.bytes && text.data[end] != '\n';) end++;
  spot.text = slice_of(text.data + start, end - start);
  uint32_t letter;
  for (size_t at = start, bytes; at < offset; at += bytes, spot.column++) {
    bytes = utf8_decode(slice_of(text.data + at, offset - at), &letter);
    if (bytes == 0) break;
  }
  spot.column++;
  return spot;
}

/* Text, or as many blanks as it takes on the terminal. Tabs and controls are one blank each. */
static void print_visible(struct out *out, struct slice text, bool as_blanks) {
  uint32_t letter;
  for (size_t at = 0, bytes;
       (bytes = utf8_decode(slice_of(text.data + at, text.bytes - at), &letter)); at += bytes) {
    struct slice one = slice_of(text.data + at, bytes);
    bool is_control = letter < 0x20 || letter == 0x7f;
    if (is_control)
      out_text(out, " ");
    else if (as_blanks)
      out_slice(out, slice_of("  ", utf8_width(one)));
    else
      out_slice(out, one);
  }
}

/* The bytes of the first `count` letters. */
static size_t letters_bytes(struct slice text, size_t count) {
  uint32_t letter;
  size_t at = 0;
  for (size_t bytes; count > 0; count--, at += bytes) {
    bytes = utf8_decode(slice_of(text.data + at, text.bytes - at), &letter);
    if (bytes == 0) break;
  }
  return at;
}

/* The line around the column, with the caret under it. Long lines are cut on both sides. */
static void print_caret(struct out *out, const struct spot *spot) {
  size_t column = spot->column - 1, first = 0;
  if (column > SHOWN_COLUMNS_MAX / 2) first = column - SHOWN_COLUMNS_MAX / 2;
  size_t skipped = letters_bytes(spot->text, first);
  struct slice shown = slice_of(spot->text.data + skipped, spot->text.bytes - skipped);
  shown.bytes = letters_bytes(shown, SHOWN_COLUMNS_MAX);
  out_text(out, "  ");
  print_visible(out, shown, false);
  out_text(out, "\n  ");
  shown.bytes = letters_bytes(shown, column - first);
  print_visible(out, shown, true);
  out_colour(out, OUT_RED);
  out_text(out, "^\n");
  out_colour(out, OUT_PLAIN);
}

static void print_message(struct out *out, const struct err *err) {
  out_colour(out, OUT_RED);
  out_text(out, "error: ");
  out_colour(out, OUT_PLAIN);
  print_visible(out, slice_of_text(err->message[0] ? err->message : status_info(err->code)->text),
                false);
  out_format(out, " (%s)\n", status_info(err->code)->name);
}

void problem_print(struct cli *cli, const struct problem_place *place, const struct err *err) {
  struct out *out = &cli->problems;
  out_flush(&cli->out);
  out_erase_line(out);
  bool has_text = place && place->text.bytes > 0 && err->line > 0;
  struct spot spot = {.line = err->line, .column = err->column};
  if (has_text) spot = spot_of(place->text, place->before + err->offset);
  if (place && place->name) {
    out_text(out, place->name);
    if (spot.line > 0) out_format(out, ":%u:%u", spot.line, spot.column);
    out_text(out, ": ");
  }
  print_message(out, err);
  if (has_text) print_caret(out, &spot);
  if (err->hint[0]) {
    out_colour(out, OUT_CYAN);
    out_text(out, "hint: ");
    out_colour(out, OUT_PLAIN);
    print_visible(out, slice_of_text(err->hint), false);
    out_text(out, "\n");
  }
  out_flush(out);
}

void problem_warn(struct cli *cli, const char *format, ...) {
  char text[MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  out_flush(&cli->out);
  out_colour(&cli->problems, OUT_CYAN);
  out_text(&cli->problems, "warning: ");
  out_colour(&cli->problems, OUT_PLAIN);
  out_text(&cli->problems, text);
  out_text(&cli->problems, "\n");
  out_flush(&cli->problems);
}
