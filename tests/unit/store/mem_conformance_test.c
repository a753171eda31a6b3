/* SPDX-License-Identifier: MIT */
/* The suite over the store in memory. */
#include "store/mem/mem_store.h"
#include "tests/unit/store/conformance.h"

static status open_mem(const struct store_listener *listener, struct store **store,
                       struct err *err) {
  struct mem_options options = {.listener = *listener};
  return mem_store_open(&options, store, err);
}

/* It is new whenever it is opened. */
static void wipe(void) {}

int main(int argc, char **argv) {
  static const struct conformance_target target = {.name = "mem", .open = open_mem, .wipe = wipe};
  return conformance_main(argc, argv, &target);
}
