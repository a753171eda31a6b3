/* SPDX-License-Identifier: MIT */
/* What souls cost, and what they are worth. Figures are medians of pairs: both sides of a row do
 * the same work turn by turn in this process, and the ratio is that of each pair. Prints a table,
 * or with FORMAT=tsv lines of name, figure, unit, peer, peer_figure, ratio, target, met. QUICK=1:
 * under 50 seconds. --tiny: a test; figures are not shown. --inserts, --learning, --evolution: only
 * these rows. Without BENCH_POSTGRES there is no row with PostgreSQL.
 * usage: bench_souls [--tiny|--inserts|--learning|--evolution] DIRECTORY */
#include "bench/souls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void open_luma(struct souls *souls) {
  char path[1024];
  luma_options options = {.sync = LUMA_SYNC_NEVER};
  (void)snprintf(path, sizeof path, "%s/luma", souls->directory);
  souls_check(souls, luma_open(path, &options, &souls->db, &souls->error), "open");
  souls_check(souls, luma_session_open(souls->db, &souls->session, &souls->error), "session");
}

int main(int argc, char **argv) {
  struct souls souls = {.directory = argv[argc - 1]};
  const char *format = getenv("FORMAT"), *quick = getenv("QUICK");
  const char *only = argc > 2 ? argv[1] : "";
  bool some = strcmp(only, "--inserts") == 0 || strcmp(only, "--learning") == 0 ||
              strcmp(only, "--evolution") == 0;
  if (argc < 2) return 2;
  souls.tiny = strcmp(only, "--tiny") == 0;
  souls.tsv = format && strcmp(format, "tsv") == 0;
  souls.sizes = (struct souls_sizes){.inserts = 2000,
                                     .insert_pairs = 60,
                                     .beings = 1000000,
                                     .scan_pairs = 15,
                                     .get_pairs = 60,
                                     .gets = 2000};
  if (quick && strcmp(quick, "1") == 0)
    souls.sizes = (struct souls_sizes){1000, 20, 300000, 9, 30, 1000};
  if (souls.tiny) souls.sizes = (struct souls_sizes){50, 3, 500, 1, 1, 20};
  open_luma(&souls);
  if (!some || strcmp(only, "--inserts") == 0) souls_measure_inserts(&souls);
  if (!some || strcmp(only, "--learning") == 0) souls_measure_learning(&souls);
  if (!some || strcmp(only, "--evolution") == 0) souls_measure_evolution(&souls);
  luma_session_close(souls.session);
  luma_close(souls.db);
  return 0;
}
