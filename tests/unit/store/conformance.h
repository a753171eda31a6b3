/* SPDX-License-Identifier: MIT */
/* One suite of scripted tests of every call and rule of store/store.h, run over each implementation
 * by a binary of its own:
 *
 *     int main(int argc, char **argv) {
 *       static const struct conformance_target target = {.name = "mem", .open = open_mem};
 *       return conformance_main(argc, argv, &target);
 *     } */
#ifndef TESTS_UNIT_STORE_CONFORMANCE_H
#define TESTS_UNIT_STORE_CONFORMANCE_H

#include "store/store.h"

/** An implementation under test. */
struct conformance_target {
  const char *name;
  /** Opens the store of this case: new at the first call, what the last close left at later ones if
   * `is_kept`. */
  status (*open)(const struct store_listener *listener, struct store **store, struct err *err);
  bool is_kept; /* what was committed outlives close */
  /** Makes the next open find nothing; no store is open. Given where the calling thread does all
   * work in memory, so that memory can be made to run out at each allocation in turn: the case that
   * does so is run then only. */
  void (*wipe)(void);
};

/** Runs the suite; answers what main answers. */
int conformance_main(int argc, char **argv, const struct conformance_target *target);

#endif
