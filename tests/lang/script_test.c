/* SPDX-License-Identifier: MIT */
/* Plays the script that LUMA_SCRIPT names. */
#include <stdlib.h>

#include "tests/lang/script.h"

static void answers_as_written(void) {
  const char *path = getenv("LUMA_SCRIPT");
  struct script_db db;
  assert_non_null(path);
  script_open(&db);
  script_play(&db, path);
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {{"answers_as_written", answers_as_written, 60}};
  return test_main(argc, argv, cases, 1);
}
