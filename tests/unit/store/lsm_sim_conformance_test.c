/* SPDX-License-Identifier: MIT */
/* The native engine on the simulated system: the same suite without a disk. */
#include "store/lsm/lsm.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"
#include "tests/unit/store/conformance.h"

/* One disk for each case: cases are processes. */
static struct simos *disk(void) {
  static struct simos *sim;
  if (!sim) sim = simos_create(test_seed());
  return sim;
}

static void wipe(void) {
  simos_wipe(disk());
}

static status open_lsm(const struct store_listener *listener, struct store **store,
                       struct err *err) {
  struct lsm_options options = {.create = true,
                                .sync_mode = STORE_SYNC_ALWAYS,
                                .wal_segment_bytes = 64 << 10,
                                .memtable_bytes = 8 << 10,
                                .block_bytes = 256,
                                .file_bytes = 8 << 10,
                                .listener = *listener};
  return lsm_open(simos_os(disk()), "db", &options, store, err);
}

int main(int argc, char **argv) {
  static const struct conformance_target target = {
      .name = "lsm on a simulated system", .open = open_lsm, .is_kept = true, .wipe = wipe};
  return conformance_main(argc, argv, &target);
}
