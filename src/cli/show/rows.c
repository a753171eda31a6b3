/* SPDX-License-Identifier: MIT */
#include "base/mem/mem.h"
#include "cli/show/show_int.h"
#include "value/doc/build.h"

void show__rows_init(struct show_rows *rows) {
  *rows = (struct show_rows){0};
  arena_init(&rows->arena, 0, SHOW_KEPT_BYTES);
  buf_init(&rows->scratch, DOC_BYTES_MAX);
}

void show__rows_deinit(struct show_rows *rows) {
  arena_deinit(&rows->arena);
  buf_deinit(&rows->scratch);
  mem_free(rows->items);
}

void show__rows_reset(struct show_rows *rows) {
  arena_reset(&rows->arena);
  rows->count = 0;
}

static status fail_room(const struct show_rows *rows, struct err *err) {
  if (!arena_is_over_budget(&rows->arena)) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the rows");
  err_raise(err, LUMA_TOO_LARGE, __FILE__, __LINE__,
            "the answer is too large to find its columns (over %d MiB)", SHOW_KEPT_BYTES >> 20);
  err_hint(err, "name the columns in SELECT, or use --format ndjson");
  return LUMA_TOO_LARGE;
}

status show__rows_add(struct show_rows *rows, const struct val *row, struct err *err) {
  void *items = rows->items;
  if (!mem_grow(&items, &rows->capacity, rows->count + 1, sizeof *rows->items))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the rows");
  rows->items = items;
  struct build build;
  struct slice bytes;
  buf_reset(&rows->scratch);
  build_init(&build, &rows->scratch, NULL);
  build_put(&build, row);
  status result = build_finish(&build, &bytes, err);
  build_deinit(&build);
  TRY(result);
  const uint8_t *copy = arena_copy(&rows->arena, bytes.data, bytes.bytes);
  if (!copy) return fail_room(rows, err);
  rows->items[rows->count++] = val_decode(slice_of(copy, bytes.bytes), NULL);
  return LUMA_OK;
}

status show__rows_read(struct show_rows *rows, struct showing *showing, size_t rows_max,
                       struct err *err) {
  struct val row;
  bool has = true;
  while (rows->count < rows_max) {
    TRY(showing->target->ops->next(showing->reply, &row, &has, err));
    if (!has) return LUMA_OK;
    TRY(show__rows_add(rows, &row, err));
  }
  return LUMA_OK;
}
