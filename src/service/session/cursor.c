/* SPDX-License-Identifier: MIT */
/* Cursors: rows one by one out of a run's batches, and what a statement did. */
#include "base/mem/mem.h"
#include "service/session/session_int.h"

status session__cursor_create(struct session *session, struct query *query, bool owns_query,
                              struct session_cursor **cursor, struct err *err) {
  if (session->cursors_count >= SESSION_CURSORS_MAX) {
    err_raise(err, LUMA_BUSY, __FILE__, __LINE__, "the session has %d open results",
              SESSION_CURSORS_MAX);
    err_hint(err, "close results that are no longer read");
    return LUMA_BUSY;
  }
  struct session_cursor *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a result");
  made->session = session;
  made->query = query;
  made->owns_query = owns_query;
  made->kind = query_kind(query);
  arena_init(&made->arena, 0, 0);
  made->next = session->cursors;
  if (made->next) made->next->previous = made;
  session->cursors = made;
  session->cursors_count++;
  *cursor = made;
  return LUMA_OK;
}

void session__cursor_end(struct session_cursor *cursor) {
  query_close(cursor->run);
  cursor->run = NULL;
  model_rollback(cursor->own);
  cursor->own = NULL;
  cursor->batch = NULL;
  cursor->has_row = false;
  cursor->ended = true;
}

void session_cursor_close(struct session_cursor *cursor) {
  if (!cursor) return;
  session__cursor_end(cursor);
  if (cursor->owns_query) plans_give(cursor->session->db->plans, cursor->query);
  if (cursor->next) cursor->next->previous = cursor->previous;
  if (cursor->previous)
    cursor->previous->next = cursor->next;
  else
    cursor->session->cursors = cursor->next;
  cursor->session->cursors_count--;
  arena_deinit(&cursor->arena);
  arena_deinit(&cursor->values);
  mem_free(cursor);
}

void session__close_runs(struct session *session) {
  for (struct session_cursor *cursor = session->cursors; cursor; cursor = cursor->next) {
    if (!cursor->run || cursor->own) continue;
    session__cursor_end(cursor);
    cursor->was_closed = true;
  }
}

/* ---- outcome ---- */

static bool has_bytes(const struct val *value) {
  return value->bytes > 0 || value->is_lensed;
}

/* A value of its own bytes, encoded by `build` and copied into the cursor's arena. */
static status copy_bytes(struct session_cursor *cursor, struct build *build,
                         const struct val *value, struct val *copy, struct err *err) {
  struct slice bytes;
  buf_reset(build->out);
  build_put(build, value);
  TRY(build_finish(build, &bytes, err));
  const uint8_t *kept = arena_copy(&cursor->arena, bytes.data, bytes.bytes);
  if (!kept) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what the statement did");
  *copy = val_decode(slice_of(kept, bytes.bytes), NULL);
  return LUMA_OK;
}

/* Copies values into the cursor's arena, with all names inline. */
static status copy_values(struct session_cursor *cursor, const struct val *values, uint32_t count,
                          struct val **kept, struct err *err) {
  struct val *copies = arena_alloc(&cursor->arena, (count + 1u) * sizeof *copies);
  if (!copies) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what the statement did");
  struct buf encoded;
  struct build build;
  status result = LUMA_OK;
  buf_init(&encoded, DOC_BYTES_MAX);
  build_init(&build, &encoded, NULL);
  for (uint32_t i = 0; i < count && result == LUMA_OK; i++) {
    copies[i] = values[i];
    if (has_bytes(&values[i])) result = copy_bytes(cursor, &build, &values[i], &copies[i], err);
  }
  build_deinit(&build);
  buf_deinit(&encoded);
  *kept = copies;
  return result;
}

static status copy_keys(struct session_cursor *cursor, const struct val *keys, uint32_t count,
                        struct err *err) {
  struct val *copies = NULL;
  TRY(copy_values(cursor, keys, count, &copies, err));
  cursor->outcome.keys = copies;
  cursor->outcome.keys_count = count;
  return LUMA_OK;
}

/* ---- rows of statements that write ---- */

status session__cursor_keep_row(struct session_cursor *cursor, const struct val *document,
                                const struct val *columns, uint32_t count, struct err *err) {
  struct session_kept *row = arena_zalloc(&cursor->arena, 1, sizeof *row);
  struct val *copy = NULL;
  if (!row) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what the statement did");
  TRY(copy_values(cursor, document, 1, &copy, err));
  TRY(copy_values(cursor, columns, count, &row->columns, err));
  row->document = *copy;
  if (cursor->last_kept)
    cursor->last_kept->next = row;
  else
    cursor->kept = row;
  cursor->last_kept = row;
  return LUMA_OK;
}

static status keep_row(struct session_cursor *cursor, const struct batch *batch, uint32_t nth,
                       struct err *err) {
  struct val document,
      *columns = arena_alloc(&cursor->arena, (batch->columns_count + 1u) * sizeof *columns);
  if (!columns) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what the statement did");
  for (uint32_t c = 0; c < batch->columns_count; c++)
    columns[c] = batch->columns[c][batch_row(batch, nth)];
  TRY(query_document(cursor->run, batch, nth, &document, err));
  return session__cursor_keep_row(cursor, &document, columns, batch->columns_count, err);
}

status session__cursor_keep_rows(struct session_cursor *cursor, const struct batch *batch,
                                 struct err *err) {
  for (uint32_t i = 0; i < batch->selected_count; i++) TRY(keep_row(cursor, batch, i, err));
  return LUMA_OK;
}

void session__cursor_drop_rows(struct session_cursor *cursor) {
  cursor->kept = cursor->last_kept = cursor->kept_row = NULL;
  arena_reset(&cursor->arena);
}

static status copy_array(struct session_cursor *cursor, const void *items, size_t bytes,
                         const void **copy, struct err *err) {
  *copy = arena_copy(&cursor->arena, items, bytes);
  if (bytes && !*copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what the statement did");
  return LUMA_OK;
}

static status copy_steps(struct session_cursor *cursor, const struct query_summary *summary,
                         const void **steps, struct err *err) {
  TRY(copy_array(cursor, summary->steps, summary->steps_count * sizeof *summary->steps, steps,
                 err));
  for (uint32_t i = 0; i < summary->steps_count; i++) {
    const struct query_step *step = &summary->steps[i];
    struct val *copy = NULL;
    if (!step->upserted) continue;
    TRY(copy_values(cursor, &step->key, 1, &copy, err));
    ((struct query_step *)(uintptr_t)*steps)[i].key = *copy;
  }
  return LUMA_OK;
}

/** Texts of warnings belong to the run, which ends before the answer is told. */
static status copy_warnings(struct session_cursor *cursor, const struct query_summary *summary,
                            struct query_warning **copy, struct err *err) {
  const void *made;
  TRY(copy_array(cursor, summary->warnings, summary->warnings_count * sizeof *summary->warnings,
                 &made, err));
  *copy = (struct query_warning *)(uintptr_t)made;
  for (uint32_t i = 0; i < summary->warnings_count; i++) {
    const char *text = summary->warnings[i].text;
    TRY(copy_array(cursor, text, strlen(text) + 1, &made, err));
    (*copy)[i].text = made;
  }
  return LUMA_OK;
}

/** Theirs do as well. */
static status copy_errors(struct session_cursor *cursor, const struct query_summary *summary,
                          struct query_write_error **copy, struct err *err) {
  const void *made;
  TRY(copy_array(cursor, summary->write_errors,
                 summary->write_errors_count * sizeof *summary->write_errors, &made, err));
  *copy = (struct query_write_error *)(uintptr_t)made;
  for (uint32_t i = 0; i < summary->write_errors_count; i++) {
    const struct query_write_error *error = &summary->write_errors[i];
    TRY(copy_array(cursor, error->message, strlen(error->message) + 1, &made, err));
    (*copy)[i].message = made;
    TRY(copy_array(cursor, error->hint, strlen(error->hint) + 1, &made, err));
    (*copy)[i].hint = made;
    TRY(copy_array(cursor, error->detail, strlen(error->detail) + 1, &made, err));
    (*copy)[i].detail = made;
  }
  return LUMA_OK;
}

status session__cursor_keep_outcome(struct session_cursor *cursor, struct err *err) {
  struct query_summary summary;
  query_summary(cursor->run, &summary);
  const void *steps;
  struct query_write_error *errors;
  struct query_warning *warnings;
  TRY(copy_warnings(cursor, &summary, &warnings, err));
  TRY(copy_errors(cursor, &summary, &errors, err));
  TRY(copy_steps(cursor, &summary, &steps, err));
  cursor->outcome = (struct session_outcome){.matched = summary.matched,
                                             .affected = summary.affected,
                                             .upserted = summary.upserted,
                                             .warnings = warnings,
                                             .warnings_count = summary.warnings_count,
                                             .write_errors = errors,
                                             .write_errors_count = summary.write_errors_count,
                                             .steps = steps,
                                             .steps_count = summary.steps_count,
                                             .told = summary.told};
  if (summary.answer.type == VAL_MAP) {
    struct val *copy = NULL;
    TRY(copy_values(cursor, &summary.answer, 1, &copy, err));
    cursor->outcome.answer = *copy;
  }
  if (!summary.keys_count) return LUMA_OK;
  struct val *last = NULL;
  TRY(copy_values(cursor, &summary.last_key, 1, &last, err));
  cursor->outcome.last_key = *last;
  return copy_keys(cursor, summary.keys, summary.keys_count, err);
}

struct session_outcome session_outcome(struct session_cursor *cursor) {
  if (!cursor->run) return cursor->outcome;
  struct query_summary summary;
  query_summary(cursor->run, &summary);
  return (struct session_outcome){.matched = summary.matched,
                                  .affected = summary.affected,
                                  .warnings = summary.warnings,
                                  .warnings_count = summary.warnings_count};
}

/* ---- rows ---- */

/* Nothing more is there now. One that has read nothing at all has ended, as in MongoDB. */
static status wait_or_end(struct session_cursor *cursor, struct err *err) {
  arena_reset(&cursor->arena); /* of what it told the time before */
  TRY(session__cursor_keep_outcome(cursor, err));
  session__cursor_end(cursor);
  cursor->is_waiting = cursor->tails && cursor->tail.row && !cursor->tail.is_over;
  cursor->ended = !cursor->is_waiting;
  return LUMA_OK;
}

static status next_batch(struct session_cursor *cursor, struct err *err) {
  cursor->nth = 0;
  if (cursor->is_waiting) TRY(session__go_on(cursor, err));
  TRY(query_next(cursor->run, &cursor->batch, err));
  if (cursor->batch) {
    atomic_fetch_add_explicit(&cursor->session->db->counters.documents_read,
                              cursor->batch->selected_count, memory_order_relaxed);
    return LUMA_OK;
  }
  return wait_or_end(cursor, err);
}

status session_next(struct session_cursor *cursor, struct val *document, bool *has,
                    struct err *err) {
  *has = false;
  if (cursor->kept) {
    cursor->kept_row = cursor->kept;
    cursor->kept = cursor->kept->next;
    *document = cursor->kept_row->document;
    *has = true;
    return LUMA_OK;
  }
  cursor->kept_row = NULL;
  if (cursor->was_closed) {
    FAIL(err, LUMA_CLOSED, "the transaction this result was read in has ended");
  }
  if (cursor->ended) return LUMA_OK;
  if (!cursor->batch || cursor->nth == cursor->batch->selected_count) {
    TRY(next_batch(cursor, err));
    if (cursor->ended || cursor->is_waiting) return LUMA_OK;
  }
  TRY(query_document(cursor->run, cursor->batch, cursor->nth, document, err));
  cursor->row = batch_row(cursor->batch, cursor->nth);
  cursor->nth++;
  cursor->has_row = true;
  *has = true;
  return LUMA_OK;
}

bool session_cursor_tails(const struct session_cursor *cursor, bool *awaits) {
  if (awaits) *awaits = cursor->awaits;
  return cursor->is_waiting;
}

bool session_cursor_is_closed(const struct session_cursor *cursor) {
  return cursor->was_closed;
}

struct val session_column(const struct session_cursor *cursor, uint32_t index) {
  uint32_t count = 0;
  if (cursor->kept_row) {
    (void)session_columns(cursor, &count);
    return index < count ? cursor->kept_row->columns[index] : val_missing();
  }
  if (!cursor->has_row || index >= cursor->batch->columns_count) return val_missing();
  return cursor->batch->columns[index][cursor->row];
}

const struct plan_column *session_columns(const struct session_cursor *cursor, uint32_t *count) {
  return cursor->is_dry_run ? session__change_columns(count) : query_columns(cursor->query, count);
}

enum query_reply session_reply(const struct session_cursor *cursor) {
  return cursor->is_dry_run ? QUERY_REPLY_DOCUMENTS : query_reply(cursor->query);
}

enum plan_kind session_kind(const struct session_cursor *cursor) {
  return cursor->kind;
}

enum plan_language session_language(const struct session_cursor *cursor) {
  return query_language(cursor->query);
}
