/* SPDX-License-Identifier: MIT */
#include "tests/model/targets.h"

#include "store/lsm/lsm.h"

status targets_open_lsm(struct run *run, struct store **store, struct err *err) {
  const struct run_tuning *tuning = &run->tuning;
  struct lsm_options options = {
      .create = true,
      .sync_mode = tuning->sync_mode,
      .wal_segment_bytes = tuning->wal_segment_bytes,
      .memtable_bytes = tuning->memtable_bytes,
      .block_bytes = tuning->block_bytes,
      .block_cache_bytes = tuning->block_cache_bytes,
      .kept_bytes = tuning->kept_bytes,
      .file_bytes = tuning->file_bytes,
      .blob_value_bytes = tuning->blob_value_bytes,
      .feed_bytes_max = tuning->feed_bytes_max,
  };
  return lsm_open(simos_os(run->sim), "db", &options, store, err);
}

const struct run_target targets_harsh = {.name = "lsm, harsh",
                                         .open = targets_open_lsm,
                                         .is_kept = true,
                                         .is_on_sim = true,
                                         .can_crash = true,
                                         .is_harsh = true};
