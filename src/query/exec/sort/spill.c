/* SPDX-License-Identifier: MIT */
#include "query/exec/sort/spill.h"

#include <stdio.h>

#include "base/mem/mem.h"
#include "base/os/os.h"

enum { PATH_BYTES = 4096 };

struct spill {
  struct exec *exec;
  struct os_file *file;
  uint32_t columns, runs;
  uint64_t ends[SPILL_RUNS_MAX]; /* of the runs, in the file */
  uint64_t written;
  uint8_t *buffer; /* what is not written yet */
  size_t room, used;
};

bool spill_is_possible(const struct exec *exec) {
  return exec->folder != NULL && exec->os != NULL;
}

/** A name that nothing has, given back at once. */
static status open_nameless(struct exec *exec, struct os_file **file, struct err *err) {
  char path[PATH_BYTES];
  uint64_t chance = 0;
  os_random(exec->os, &chance, sizeof chance);
  int bytes =
      snprintf(path, sizeof path, "%s/spill-%016llx", exec->folder, (unsigned long long)chance);
  if (bytes < 0 || (size_t)bytes >= sizeof path)
    FAIL(err, LUMA_TOO_LARGE, "the path of the database is too long");
  TRY(os_open(exec->os, path, OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_EXCLUSIVE, file, err));
  status done = os_remove(exec->os, path, err);
  if (done == LUMA_OK) return LUMA_OK;
  os_close(exec->os, *file, NULL);
  *file = NULL;
  return done;
}

static status open_parts(struct spill *spill, struct err *err) {
  spill->buffer = mem_alloc(spill->room);
  if (!spill->buffer) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to put rows aside");
  return open_nameless(spill->exec, &spill->file, err);
}

status spill_create(struct exec *exec, uint32_t columns, size_t buffer_bytes, struct spill **spill,
                    struct err *err) {
  struct spill *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to put rows aside");
  made->exec = exec;
  made->columns = columns;
  made->room = buffer_bytes;
  status done = open_parts(made, err);
  if (done == LUMA_OK)
    *spill = made;
  else
    spill_destroy(made);
  return done;
}

void spill_destroy(struct spill *spill) {
  if (!spill) return;
  if (spill->file) os_close(spill->exec->os, spill->file, NULL);
  mem_free(spill->buffer);
  mem_free(spill);
}

/* ---- writing ---- */

static status flush(struct spill *spill, struct err *err) {
  if (spill->used == 0) return LUMA_OK;
  TRY(os_write_at(spill->exec->os, spill->file, spill->written, spill->buffer, spill->used, err));
  spill->written += spill->used;
  spill->used = 0;
  return op__check(spill->exec, err);
}

static status put(struct spill *spill, const void *data, size_t bytes, struct err *err) {
  const uint8_t *from = data;
  while (bytes) {
    size_t room = spill->room - spill->used, part = bytes < room ? bytes : room;
    memcpy(spill->buffer + spill->used, from, part);
    spill->used += part;
    from += part;
    bytes -= part;
    if (spill->used == spill->room) TRY(flush(spill, err));
  }
  return LUMA_OK;
}

status spill_add(struct spill *spill, const struct val *tuple, struct err *err) {
  TRY(put(spill, tuple, spill->columns * sizeof *tuple, err));
  for (uint32_t c = 0; c < spill->columns; c++)
    if (tuple[c].bytes) TRY(put(spill, tuple[c].data, tuple[c].bytes, err));
  return LUMA_OK;
}

status spill_add_row(struct spill *spill, const struct batch *batch, uint32_t row,
                     struct arena *arena, struct err *err) {
  struct val *tuple = arena_alloc(arena, (spill->columns + 1) * sizeof *tuple);
  TRY(plan_check_memory(arena, tuple, err));
  for (uint32_t c = 0; c < spill->columns; c++) {
    tuple[c] = batch->columns[c][row];
    if (tuple[c].is_lensed) TRY(expr_copy_value(arena, &batch->columns[c][row], &tuple[c], err));
  }
  return spill_add(spill, tuple, err);
}

status spill_end_run(struct spill *spill, struct err *err) {
  if (spill->runs == SPILL_RUNS_MAX)
    FAIL(err, LUMA_BUDGET_EXCEEDED, "the statement needs more memory than its budget");
  TRY(flush(spill, err));
  spill->ends[spill->runs++] = spill->written;
  return LUMA_OK;
}

uint32_t spill_runs(const struct spill *spill) {
  return spill->runs;
}

/* ---- reading ---- */

status spill_reader_init(struct spill_reader *reader, struct spill *spill, uint32_t run,
                         size_t buffer_bytes, struct err *err) {
  *reader = (struct spill_reader){.spill = spill,
                                  .offset = run ? spill->ends[run - 1] : 0,
                                  .end = spill->ends[run],
                                  .room = buffer_bytes};
  arena_init(&reader->memory, 0, spill->exec->memory_bytes);
  reader->buffer = mem_alloc(buffer_bytes);
  if (!reader->buffer) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read sorted rows");
  return LUMA_OK;
}

void spill_reader_deinit(struct spill_reader *reader) {
  mem_free(reader->buffer);
  arena_deinit(&reader->memory);
  reader->buffer = NULL;
}

static status refill(struct spill_reader *reader, struct err *err) {
  struct spill *spill = reader->spill;
  uint64_t left = reader->end - reader->offset;
  size_t wanted = left < reader->room ? (size_t)left : reader->room;
  TRY(op__check(spill->exec, err));
  TRY(os_read_at(spill->exec->os, spill->file, reader->offset, reader->buffer, wanted, &reader->got,
                 err));
  if (reader->got == 0) FAIL(err, LUMA_CORRUPT, "rows that were put aside on disk are cut short");
  reader->offset += reader->got;
  reader->at = 0;
  return LUMA_OK;
}

static status take(struct spill_reader *reader, void *data, size_t bytes, struct err *err) {
  uint8_t *to = data;
  while (bytes) {
    if (reader->at == reader->got) TRY(refill(reader, err));
    size_t has = reader->got - reader->at, part = bytes < has ? bytes : has;
    memcpy(to, reader->buffer + reader->at, part);
    reader->at += part;
    to += part;
    bytes -= part;
  }
  return LUMA_OK;
}

status spill_reader_step(struct spill_reader *reader, struct err *err) {
  uint32_t columns = reader->spill->columns;
  reader->tuple = NULL;
  if (reader->at == reader->got && reader->offset == reader->end) return LUMA_OK;
  arena_reset(&reader->memory);
  struct val *tuple = arena_alloc(&reader->memory, columns * sizeof *tuple);
  TRY(plan_check_memory(&reader->memory, tuple, err));
  TRY(take(reader, tuple, columns * sizeof *tuple, err));
  for (uint32_t c = 0; c < columns; c++) {
    if (!tuple[c].bytes) continue;
    uint8_t *data = arena_alloc_text(&reader->memory, tuple[c].bytes);
    TRY(plan_check_memory(&reader->memory, data, err));
    TRY(take(reader, data, tuple[c].bytes, err));
    tuple[c].data = data;
  }
  reader->tuple = tuple;
  return LUMA_OK;
}

status spill_reader_fill(struct spill_reader *reader, uint32_t rows_max, struct arena *arena,
                         struct batch *batch, struct err *err) {
  uint32_t rows = 0;
  size_t before = arena_used_bytes(arena);
  batch_reset(batch);
  for (; rows < rows_max && reader->tuple; rows++) {
    if (arena_used_bytes(arena) - before > BATCH_BYTES_ENOUGH) break;
    for (uint32_t c = 0; c < batch->columns_count; c++)
      TRY(expr_copy_value(arena, &reader->tuple[c], &batch->columns[c][rows], err));
    TRY(spill_reader_step(reader, err));
  }
  batch->rows = batch->selected_count = rows;
  return LUMA_OK;
}
