/* SPDX-License-Identifier: MIT */
#include "cli/io/cli.h"

enum { PIECE_BYTES = 64 << 10 };

const char *cli_default_target(void) {
  const char *named = process_environment("LUMA_TARGET");
  return named && *named ? named : "http://127.0.0.1:7070";
}

static status read_input(struct buf *text, struct err *err) {
  for (size_t got = 1; got > 0; text->bytes += got) {
    uint8_t *room = buf_reserve(text, PIECE_BYTES);
    if (!room) return buf_check(text, "standard input", err);
    TRY(process_read(PROCESS_INPUT, room, PIECE_BYTES, &got, err));
  }
  return LUMA_OK;
}

status cli_read_all(struct cli *cli, const char *path, struct buf *text, struct err *err) {
  return path ? os_read_file(cli->os, path, text, err) : read_input(text, err);
}
