/* SPDX-License-Identifier: MIT */
/* Playing script files. */
#include "tests/lang/script.h"

enum { SCRIPT_BYTES_MAX = 64 << 20 };

struct player {
  struct script_db *db;
  const char *path;
  const struct lang *lang;
  struct buf statement, expected, answer;
  unsigned line, statement_line;
};

static void finish(struct player *player) {
  if (player->statement.bytes == 0) return;
  buf_reset(&player->answer);
  script_run(player->db, player->lang, buf_slice(&player->statement), &player->answer);
  if (!slice_is_equal(buf_slice(&player->answer), buf_slice(&player->expected))) {
    print_error("%s:%u: %.*s\nexpected:\n%.*s\nanswered:\n%.*s\n", player->path,
                player->statement_line, SLICE_ARG(buf_slice(&player->statement)),
                SLICE_ARG(buf_slice(&player->expected)), SLICE_ARG(buf_slice(&player->answer)));
    fail();
  }
  buf_reset(&player->statement);
  buf_reset(&player->expected);
}

static bool begins(struct slice line, const char *with) {
  return slice_has_prefix(line, slice_of_text(with));
}

static struct slice after(struct slice line, size_t bytes) {
  return slice_of(line.data + bytes, line.bytes - bytes);
}

static void take_line(struct player *player, struct slice line) {
  player->line++;
  if (line.bytes == 0) {
    finish(player);
  } else if (begins(line, "# ")) {
    return;
  } else if (begins(line, "@lang ")) {
    finish(player);
    player->lang = lang_find(after(line, 6));
    assert_non_null(player->lang);
  } else if (begins(line, "> ")) {
    finish(player);
    player->statement_line = player->line;
    buf_append_slice(&player->statement, after(line, 2));
  } else if (begins(line, "+ ")) {
    buf_append_byte(&player->statement, '\n');
    buf_append_slice(&player->statement, after(line, 2));
  } else {
    buf_append_slice(&player->expected, line);
    buf_append_byte(&player->expected, '\n');
  }
}

void script_play(struct script_db *db, const char *path) {
  struct player player = {.db = db, .path = path, .lang = &lang_lql};
  struct buf file;
  buf_init(&file, SCRIPT_BYTES_MAX);
  buf_init(&player.statement, SCRIPT_BYTES_MAX);
  buf_init(&player.expected, SCRIPT_BYTES_MAX);
  buf_init(&player.answer, SCRIPT_BYTES_MAX);
  assert_ok(os_read_file(os_linux(), path, &file, test_err()));
  struct slice rest = buf_slice(&file);
  while (rest.bytes) {
    const uint8_t *end = memchr(rest.data, '\n', rest.bytes);
    size_t bytes = end ? (size_t)(end - rest.data) : rest.bytes;
    take_line(&player, slice_of(rest.data, bytes));
    rest = after(rest, end ? bytes + 1 : bytes);
  }
  finish(&player);
  buf_deinit(&file);
  buf_deinit(&player.statement);
  buf_deinit(&player.expected);
  buf_deinit(&player.answer);
}
