/* SPDX-License-Identifier: MIT */
#include "query/exec/share.h"

enum {
  KEPT_BYTES_MOST = 4 << 20,
  KEPT_SHARE = 8, /* of the statement's memory, where that is less */
  KEPT_ARENA_BYTES = 16 << 10,
  WAIT_US = 5000 /* for room; and until the run's thread looks at its deadline again */
};

static struct piece *piece_at(struct share *share, uint32_t number) {
  return &share->pieces[number % SHARE_PIECES];
}

/* ---- keeping ---- */

static struct kept *copy(struct arena *arena, const struct batch *batch) {
  struct kept *kept = arena_zalloc(arena, 1, sizeof *kept);
  if (kept) kept->columns = arena_zalloc(arena, batch->columns_count + 1, sizeof *kept->columns);
  if (!kept || !kept->columns) return NULL;
  kept->rows = batch->selected_count;
  for (uint32_t c = 0; c < batch->columns_count; c++) {
    struct val *column = arena_alloc(arena, kept->rows * sizeof *column);
    if (!column) return NULL;
    kept->columns[c] = column;
    for (uint32_t i = 0; i < kept->rows; i++)
      if (expr_copy_value(arena, &batch->columns[c][batch_row(batch, i)], &column[i], NULL))
        return NULL;
  }
  return kept;
}

static void append(struct share *share, struct piece *piece, struct kept *kept) {
  mutex_lock(&share->lock);
  if (piece->last)
    piece->last->next = kept;
  else
    piece->first = kept;
  piece->last = kept;
  if (piece == piece_at(share, share->current)) cond_signal(&share->is_ready);
  mutex_unlock(&share->lock);
}

/* False where there is no room, or no memory: the rows stay where they are. */
static bool keep(struct share *share, struct piece *piece, const struct batch *batch) {
  if (atomic_load(&share->kept_bytes) >= share->kept_bytes_most) return false;
  struct arena_mark mark = arena_mark(&piece->arena);
  size_t before = arena_used_bytes(&piece->arena);
  struct kept *kept = copy(&piece->arena, batch);
  if (!kept) {
    arena_rewind(&piece->arena, mark);
    return false;
  }
  size_t bytes = arena_used_bytes(&piece->arena) - before;
  piece->bytes += bytes;
  atomic_fetch_add(&share->kept_bytes, bytes);
  append(share, piece, kept);
  return true;
}

/* ---- reading ahead ---- */

static enum piece_state read_on(struct share *share, struct reader *reader) {
  struct worker *worker = reader->worker;
  struct piece *piece = reader->piece;
  enum piece_state state = PIECE_IS_READ;
  while (state == PIECE_IS_READ) {
    struct batch *batch = NULL;
    worker->result = op__next(worker->op, &batch, &worker->err);
    if (worker->result != LUMA_OK)
      state = PIECE_FAILED;
    else if (!batch)
      state = PIECE_DONE;
    else if (!keep(share, piece, batch)) {
      piece->left = batch;
      state = PIECE_STOPPED;
    }
  }
  tell_put_off(&worker->env, &piece->told);
  return state;
}

/* What follows is of the lock. */

static bool may_take(const struct share *share) {
  bool is_near =
      share->next < share->workers.parts.count && share->next < share->current + SHARE_PIECES;
  return is_near && !share->has_failed && !share->is_closing &&
         atomic_load(&share->kept_bytes) < share->kept_bytes_most;
}

static void take(struct share *share, struct reader *reader) {
  struct piece *piece = piece_at(share, share->next);
  reader->parts.items = &share->workers.parts.items[share->next++];
  reader->parts.count = 1;
  atomic_store(&reader->parts.next, 0);
  for (struct op *op = reader->worker->op; op; op = op->input) op->is_ended = false;
  reader->piece = piece;
  piece->reader = reader;
  piece->state = PIECE_IS_READ;
}

static void read_piece(struct share *share, struct reader *reader) {
  take(share, reader);
  mutex_unlock(&share->lock);
  enum piece_state state = read_on(share, reader);
  mutex_lock(&share->lock);
  reader->piece->state = state;
  share->has_failed |= state == PIECE_FAILED;
  if (state == PIECE_DONE) reader->piece = NULL;
  cond_signal(&share->is_ready);
}

/* Whether there is a piece to be read; waits a moment for one. */
static bool wait_for_one(struct share *share, const struct reader *reader) {
  while (!reader->piece && !share->is_closing && share->next < share->workers.parts.count) {
    if (may_take(share)) return true;
    if (!cond_wait_timeout(&share->has_room, &share->lock, WAIT_US)) return false;
  }
  return false;
}

static void read_ahead(void *argument) {
  struct reader *reader = argument;
  struct share *share = reader->share;
  mutex_lock(&share->lock);
  while (wait_for_one(share, reader)) read_piece(share, reader);
  reader->runs = false;
  mutex_unlock(&share->lock);
}

/* ---- the run's thread, with the lock ---- */

static struct reader *own_reader(const struct share *share) {
  return &share->readers[share->workers.count - 1];
}

/* Those whose threads have ended, or were never there. */
static void start_readers(struct share *share) {
  for (uint32_t i = 0; i + 1 < share->workers.count && may_take(share); i++) {
    struct reader *reader = &share->readers[i];
    struct worker *worker = reader->worker;
    if (reader->runs || reader->piece) continue;
    if (worker->is_started) thread_join(&worker->thread); /* it has let go of the lock for good */
    worker->is_started =
        thread_start(&worker->thread, "luma-read", read_ahead, reader, NULL) == LUMA_OK;
    reader->runs = worker->is_started;
  }
}

/* Reads the piece in hand by this reader, until the run must end. */
static void go_on_by(struct share *share, struct reader *reader) {
  share->goes_on = reader;
  reader->worker->exec.cancelled = share->exec->cancelled;
  reader->worker->exec.deadline_us = share->exec->deadline_us;
}

static void hand_on(struct share *share, struct piece *piece, struct batch **batch) {
  struct kept *kept = piece->first;
  piece->first = kept->next;
  if (!piece->first) piece->last = NULL;
  batch_reset(&share->batch);
  share->batch.columns = kept->columns;
  share->batch.rows = share->batch.selected_count = kept->rows;
  *batch = &share->batch;
}

static void end_piece(struct share *share, struct piece *piece) {
  tell_now(share->exec->env, &piece->told);
  arena_reset(&piece->arena);
  atomic_fetch_sub(&share->kept_bytes, piece->bytes);
  piece->bytes = 0;
  piece->reader = NULL;
  piece->state = PIECE_UNTAKEN;
  share->current++;
  cond_broadcast(&share->has_room);
}

/* Something to do while another thread reads the piece in hand; else the time passes. */
static void help(struct share *share) {
  struct reader *own = own_reader(share);
  if (!own->piece && may_take(share))
    read_piece(share, own);
  else
    (void)cond_wait_timeout(&share->is_ready, &share->lock, WAIT_US);
}

static status fail(struct share *share, const struct piece *piece, struct err *err) {
  const struct worker *worker = piece->reader->worker;
  (void)share;
  if (err) *err = worker->err;
  return worker->result;
}

/* The next step of the piece in hand. */
static status step(struct share *share, struct batch **batch, struct err *err) {
  struct piece *piece = piece_at(share, share->current);
  start_readers(share);
  if (piece->first) {
    hand_on(share, piece, batch);
    return LUMA_OK;
  }
  switch (piece->state) {
  case PIECE_UNTAKEN:
    take(share, own_reader(share));
    go_on_by(share, own_reader(share));
    break;
  case PIECE_STOPPED:
    go_on_by(share, piece->reader);
    *batch = piece->left;
    piece->left = NULL;
    break;
  case PIECE_IS_READ: help(share); break;
  case PIECE_DONE: end_piece(share, piece); break;
  case PIECE_FAILED: return fail(share, piece, err);
  }
  return LUMA_OK;
}

/* ---- the run's thread ---- */

static status go_on(struct share *share, struct batch **batch, struct err *err) {
  struct reader *reader = share->goes_on;
  struct worker *worker = reader->worker;
  struct piece *piece = reader->piece;
  status result = op__next(worker->op, batch, err);
  tell_put_off(&worker->env, &piece->told);
  tell_now(share->exec->env, &piece->told);
  if (result != LUMA_OK || *batch) return result;
  share->goes_on = NULL;
  worker->exec.cancelled = NULL;
  worker->exec.deadline_us = 0;
  mutex_lock(&share->lock);
  reader->piece = NULL;
  end_piece(share, piece);
  mutex_unlock(&share->lock);
  return LUMA_OK;
}

status share_next(struct share *share, struct batch **batch, struct err *err) {
  *batch = NULL;
  while (!*batch && share->current < share->workers.parts.count) {
    TRY(op__check(share->exec, err));
    if (share->goes_on) {
      TRY(go_on(share, batch, err));
      continue;
    }
    mutex_lock(&share->lock);
    status result = step(share, batch, err);
    mutex_unlock(&share->lock);
    TRY(result);
  }
  return LUMA_OK;
}

/* ---- opening ---- */

static status open_readers(struct share *share, struct err *err) {
  uint32_t count = share->workers.count;
  share->readers = arena_zalloc(share->exec->arena, count, sizeof *share->readers);
  TRY(op__memory(share->exec, share->readers, err));
  for (uint32_t i = 0; i < count; i++) {
    struct worker *worker = &share->workers.items[i];
    share->readers[i].share = share;
    share->readers[i].worker = worker;
    worker->exec.parts = &share->readers[i].parts;
    worker->exec.cancelled = NULL;
    worker->exec.deadline_us = 0;
    err_init(&worker->err);
  }
  return LUMA_OK;
}

status share_open(struct exec *exec, const struct plan *plan, struct slice after,
                  struct share *share, struct err *err) {
  size_t most = exec->memory_bytes / KEPT_SHARE;
  share->exec = exec;
  share->kept_bytes_most = most < KEPT_BYTES_MOST ? most : KEPT_BYTES_MOST;
  mutex_init(&share->lock);
  cond_init(&share->is_ready);
  cond_init(&share->has_room);
  for (uint32_t i = 0; i < SHARE_PIECES; i++)
    arena_init(&share->pieces[i].arena, KEPT_ARENA_BYTES, exec->memory_bytes);
  TRY(batch_init_rows(&share->batch, exec->arena, plan->columns_count, 0, err));
  TRY(workers_open_after(exec, plan, exec->threads + 1, after, &share->workers, err));
  return share->workers.count ? open_readers(share, err) : LUMA_OK;
}

/* Clashes that no batch was handed on for are not told. */
static void end_readers(struct share *share) {
  mutex_lock(&share->lock);
  share->is_closing = true;
  for (uint32_t i = 0; share->readers && i < share->workers.count; i++)
    atomic_store(&share->readers[i].parts.is_stopped, true);
  cond_broadcast(&share->has_room);
  mutex_unlock(&share->lock);
  workers_join(&share->workers, share->exec->env);
}

void share_close(struct share *share) {
  if (!share->exec) return;
  end_readers(share);
  workers_close(&share->workers);
  for (uint32_t i = 0; i < SHARE_PIECES; i++) arena_deinit(&share->pieces[i].arena);
  mutex_deinit(&share->lock);
  cond_deinit(&share->is_ready);
  cond_deinit(&share->has_room);
  *share = (struct share){0};
}
