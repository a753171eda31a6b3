/* SPDX-License-Identifier: MIT */
/* Runs a script statement by statement and prints it with the answers it gives now: `play FILE`, or
 * lines of a language from standard input. For writing scripts, and for looking. */
#include <stdio.h>
#include <string.h>

#include "tests/lang/script.h"

static void answer_line(struct script_db *db, const struct lang *lang, const char *line) {
  struct buf answer;
  buf_init(&answer, 64 << 20);
  printf("> %s\n", line);
  script_run(db, lang, slice_of_text(line), &answer);
  printf("%.*s\n", SLICE_ARG(buf_slice(&answer)));
  buf_deinit(&answer);
}

static void answer_all(void) {
  struct script_db db;
  const struct lang *lang = &lang_lql;
  static char line[1 << 16];
  script_open(&db);
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, "@lang ", 6) == 0) {
      lang = lang_find(slice_of_text(line + 6));
      assert_non_null(lang);
      printf("%s\n\n", line);
    } else if (strncmp(line, "> ", 2) == 0) {
      answer_line(&db, lang, line + 2);
    } else if (line[0] == '#') {
      printf("%s\n", line);
    }
  }
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {{"answer_all", answer_all, 3600}};
  (void)argc;
  char no_fork[] = "--no-fork", *args[] = {argv[0], no_fork, NULL};
  return test_main(2, args, cases, 1);
}
