/* SPDX-License-Identifier: MIT */
/* Playing script files. */
#include "tests/lang/script.h"
#include "tests/lang/script_lines.h"

enum { ANSWER_BYTES_MAX = 64 << 20 };

struct player {
  struct script_db *db;
  const char *path;
  const struct lang *lang;
};

static void play(void *context, unsigned line, struct slice text, struct slice expected) {
  const struct player *player = context;
  struct buf answer;
  buf_init(&answer, ANSWER_BYTES_MAX);
  script_run(player->db, player->lang, text, &answer);
  if (!slice_is_equal(buf_slice(&answer), expected)) {
    print_error("%s:%u: %.*s\nexpected:\n%.*s\nanswered:\n%.*s\n", player->path, line,
                SLICE_ARG(text), SLICE_ARG(expected), SLICE_ARG(buf_slice(&answer)));
    fail();
  }
  buf_deinit(&answer);
}

static void obey(void *context, struct slice line) {
  struct player *player = context;
  if (!script_line_begins(line, "@lang ")) fail_msg("no such order: %.*s", SLICE_ARG(line));
  player->lang = lang_find(script_line_after(line, 6));
  assert_non_null(player->lang);
}

void script_play(struct script_db *db, const char *path) {
  struct player player = {.db = db, .path = path, .lang = &lang_lql};
  struct script_reader reader = {.context = &player, .statement = play, .order = obey};
  script_lines_read(path, &reader);
}
