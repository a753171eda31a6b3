/* SPDX-License-Identifier: MIT */
/* The native engine on real files, with threads in the background and settings so small that
 * everything happens. */
#include <stdio.h>

#include "store/lsm/lsm.h"
#include "tests/lib/test.h"
#include "tests/unit/store/conformance.h"

static status open_lsm(const struct store_listener *listener, struct store **store,
                       struct err *err) {
  char path[512];
  snprintf(path, sizeof path, "%s/db", test_dir());
  struct lsm_options options = {.create = true,
                                .sync_mode = STORE_SYNC_GROUP,
                                .wal_segment_bytes = 64 << 10,
                                .memtable_bytes = 16 << 10,
                                .block_bytes = 512,
                                .file_bytes = 16 << 10,
                                .background_threads = 2};
  if (listener) options.listener = *listener;
  return lsm_open(os_linux(), path, &options, store, err);
}

int main(int argc, char **argv) {
  static const struct conformance_target target = {
      .name = "lsm", .open = open_lsm, .is_kept = true};
  return conformance_main(argc, argv, &target);
}
