/* SPDX-License-Identifier: MIT */
/* What souls cost, and what they are worth. Figures are medians of pairs: both sides of a row do
 * the same work turn by turn in this process, and the ratio is that of each pair. Prints a table,
 * or with FORMAT=tsv lines of name, figure, unit, peer, peer_figure, ratio, target, met. QUICK=1:
 * under 50 seconds. --tiny: a test; figures are not shown. Without BENCH_POSTGRES there is no row
 * with PostgreSQL.
 * usage: bench_souls [--tiny|--inserts|--learning|--looks|--evolution|--computed|--made] DIRECTORY
 */
#include "bench/souls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void open_luma(struct souls *souls) {
  char path[1024];
  /* Both sides of a pair are in the cache: else what is compared is which of them it keeps. */
  luma_options options = {.sync = LUMA_SYNC_NEVER, .cache_bytes = 3ull << 30};
  (void)snprintf(path, sizeof path, "%s/luma", souls->directory);
  souls_check(souls, luma_open(path, &options, &souls->db, &souls->error), "open");
  souls_check(souls, luma_session_open(souls->db, &souls->session, &souls->error), "session");
}

static const struct part {
  const char *option;
  void (*measure)(struct souls *souls);
} parts[] = {
    {"--inserts", souls_measure_inserts},   {"--learning", souls_measure_learning},
    {"--looks", souls_measure_looks},       {"--evolution", souls_measure_evolution},
    {"--computed", souls_measure_computed}, {"--made", souls_measure_made},
};

int main(int argc, char **argv) {
  struct souls souls = {.directory = argv[argc - 1]};
  const char *format = getenv("FORMAT"), *quick = getenv("QUICK");
  const char *only = argc > 2 ? argv[1] : "";
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
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (argc < 3 || souls.tiny || strcmp(only, parts[i].option) == 0) parts[i].measure(&souls);
  luma_session_close(souls.session);
  luma_close(souls.db);
  return 0;
}
