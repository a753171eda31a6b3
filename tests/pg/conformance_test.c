/* SPDX-License-Identifier: MIT */
/* The suite of every store, over PostgreSQL. */
#include "tests/pg/schema.h"
#include "tests/unit/store/conformance.h"

int main(int argc, char **argv) {
  static const struct conformance_target target = {
      .name = "pg", .open = schema_open, .is_kept = true};
  return conformance_main(argc, argv, &target);
}
