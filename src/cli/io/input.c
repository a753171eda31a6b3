/* SPDX-License-Identifier: MIT */
#include "cli/io/input.h"

#include "base/mem/mem.h"

static status open_file(struct input *input, const char *path, struct err *err) {
  struct os *os = input->cli->os;
  struct os_stat stat;
  TRY(os_stat(os, path, &stat, err));
  if (stat.kind == OS_KIND_DIRECTORY)
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` is a directory, not a file", path);
  if (stat.kind == OS_KIND_FILE) input->bytes_total = stat.bytes;
  return os_open(os, path, OS_OPEN_READ, &input->file, err);
}

status input_open(struct input *input, struct cli *cli, const char *path, struct err *err) {
  *input = (struct input){.cli = cli, .piece = mem_alloc(INPUT_PIECE_BYTES)};
  if (!input->piece) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read `%s`", path);
  return strcmp(path, "-") == 0 ? LUMA_OK : open_file(input, path, err);
}

status input_next(struct input *input, struct slice *piece, struct err *err) {
  size_t got = 0;
  if (input->file)
    TRY(os_read_at(input->cli->os, input->file, input->offset, input->piece, INPUT_PIECE_BYTES,
                   &got, err));
  else
    TRY(process_read(PROCESS_INPUT, input->piece, INPUT_PIECE_BYTES, &got, err));
  input->offset += got;
  *piece = slice_of(input->piece, got);
  return LUMA_OK;
}

void input_close(struct input *input) {
  if (input->file) (void)os_close(input->cli->os, input->file, NULL);
  mem_free(input->piece);
}
