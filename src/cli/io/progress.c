/* SPDX-License-Identifier: MIT */
#include "cli/io/progress.h"

#include "base/text/num.h"

enum { REDRAW_US = 100000, BAR_CELLS = 24 };

void progress_begin(struct progress *progress, struct cli *cli, uint64_t bytes_total) {
  uint64_t now_us = os_monotonic_us(cli->os);
  *progress = (struct progress){cli, now_us, now_us, bytes_total};
}

const char *progress_number(uint64_t number, char *text) {
  char digits[NUM_TEXT_BYTES_MAX];
  size_t count = num_format_uint64(number, digits), at = 0;
  for (size_t i = 0; i < count; i++) {
    if (i > 0 && (count - i) % 3 == 0) text[at++] = ',';
    text[at++] = digits[i];
  }
  text[at] = 0;
  return text;
}

static void draw_bar(struct out *out, double part) {
  out_text(out, "[");
  out_colour(out, OUT_GREEN);
  for (int i = 0; i < BAR_CELLS; i++) out_text(out, i < (int)(part * BAR_CELLS) ? "#" : " ");
  out_colour(out, OUT_PLAIN);
  out_format(out, "] %3d %%  ", (int)(part * 100));
}

void progress_show(struct progress *progress, uint64_t bytes, uint64_t documents) {
  struct out *out = &progress->cli->problems;
  uint64_t now_us = os_monotonic_us(progress->cli->os);
  if (!out->is_terminal || now_us - progress->drawn_us < REDRAW_US) return;
  progress->drawn_us = now_us;
  double seconds = (double)(now_us - progress->start_us) / 1e6;
  double total = (double)progress->bytes_total, part = total > 0 ? (double)bytes / total : 0;
  char done[32], rate[32];
  out_erase_line(out);
  if (total > 0) draw_bar(out, part < 1 ? part : 1);
  out_format(out, "%s documents  %s/s", progress_number(documents, done),
             progress_number((uint64_t)((double)documents / seconds), rate));
  if (part > 0.01 && part < 1) out_format(out, "  %.0f s left", seconds / part - seconds);
  out_flush(out);
}

double progress_end(struct progress *progress) {
  out_erase_line(&progress->cli->problems);
  out_flush(&progress->cli->problems);
  return (double)(os_monotonic_us(progress->cli->os) - progress->start_us) / 1e6;
}
