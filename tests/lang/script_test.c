/* SPDX-License-Identifier: MIT */
/* Plays the script that LUMA_SCRIPT names, in memory; or, where LUMA_TARGET names a PostgreSQL,
 * there. */
#include <stdlib.h>

#include "tests/lang/script.h"

static void answers_as_written(void) {
  const char *path = getenv("LUMA_SCRIPT"), *target = getenv("LUMA_TARGET");
  struct script_db db;
  assert_non_null(path);
  if (target)
    script_open_at(&db, target);
  else
    script_open(&db);
  script_play(&db, path);
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {{"answers_as_written", answers_as_written, 60}};
  return test_main(argc, argv, cases, 1);
}
