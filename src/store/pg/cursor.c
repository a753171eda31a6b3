/* SPDX-License-Identifier: MIT */
/* Cursors: pages of committed rows from the server and the transaction's own rows, merged. Nothing
 * is open on the server between two pages, so any number of cursors share the connection: a page is
 * asked for by the range that is still to come. */
#include "base/mem/mem.h"
#include "store/pg/pg_int.h"

/* What a page may take, going by the last one. */
enum { PAGE_BYTES = 8 << 20 };

/** Rows of the server's. A cursor holds the one it reads, pins those whose rows are in use. */
struct page {
  PGresult *result;
  uint32_t references;
};

/* Keys still to come are [from, to), `to` only if `has_to`: going forward `from` moves, going
 * backward `to`. */
struct pg_cursor {
  struct store_cursor cursor;
  enum store_space space;
  bool backwards, has_to, is_done;
  struct buf from, to;
  struct buf begun; /* the moving end at the step's beginning, */
  bool begun_has_to;
  struct page *page; /* or NULL */
  int at, count;     /* the next row of the page, and how many it has */
  bool is_drained;   /* nothing is to come from the server after the page */
  bool is_page_held; /* by `held` */
  uint32_t page_rows, page_rows_max;
  struct store_pins held; /* of the last step */
};

/* ---- pages ---- */

static void page_release(void *object) {
  struct page *page = object;
  if (--page->references > 0) return;
  PQclear(page->result);
  mem_free(page);
}

static void page_drop(struct pg_cursor *cursor) {
  if (cursor->page) page_release(cursor->page);
  cursor->page = NULL;
  cursor->at = cursor->count = 0;
  cursor->is_page_held = false;
}

/* The next page is twice this one, as far as rows of this size allow. */
static void page_measure(struct pg_cursor *cursor) {
  uint64_t bytes = 1, count = (uint64_t)cursor->count;
  for (int row = 0; row < cursor->count; row++) {
    bytes += (uint64_t)PQgetlength(cursor->page->result, row, 0) +
             (uint64_t)PQgetlength(cursor->page->result, row, 1);
  }
  uint64_t fit = (uint64_t)PAGE_BYTES * (count + 1) / bytes + 1;
  cursor->page_rows_max = fit < STORE_BATCH_MAX ? (uint32_t)fit : STORE_BATCH_MAX;
  cursor->page_rows = (uint32_t)count * 2;
  atomic_fetch_add(&pg__of(cursor->cursor.txn)->bytes_read, bytes);
}

static status page_ask(struct pg_cursor *cursor, uint32_t rows, PGresult **result,
                       struct err *err) {
  struct pg_txn *txn = (struct pg_txn *)cursor->cursor.txn;
  struct slice to = buf_slice(&cursor->to);
  struct conn_params params = {0};
  conn_param_bytes(&params, buf_slice(&cursor->from));
  conn_param_bytes(&params, cursor->has_to ? to : pg__to(pg__of(&txn->txn), (struct slice){0}));
  conn_param_number(&params, rows);
  TRY(conn_ask(txn->conn, cursor->backwards ? SQL_SCAN_DOWN : SQL_SCAN_UP, (int)cursor->space,
               &params, err));
  return conn_run(txn->conn, result, err);
}

/* Sees to it that the page has a row, unless none is to come. `want` rows are wanted now. */
static status page_fill(struct pg_cursor *cursor, uint32_t want, struct err *err) {
  if (cursor->at < cursor->count || cursor->is_drained) return LUMA_OK;
  page_drop(cursor);
  uint32_t rows = want > cursor->page_rows ? want : cursor->page_rows;
  if (rows > cursor->page_rows_max) rows = cursor->page_rows_max;
  struct page *page = mem_zalloc(1, sizeof *page);
  if (!page) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the rows of a cursor");
  status answer = page_ask(cursor, rows, &page->result, err);
  if (answer != LUMA_OK) {
    mem_free(page);
    return answer;
  }
  page->references = 1;
  cursor->page = page;
  cursor->count = PQntuples(page->result);
  cursor->is_drained = (uint32_t)cursor->count < rows;
  page_measure(cursor);
  return LUMA_OK;
}

/* The rows of the page outlive the step that gave them. */
static status page_hold(struct pg_cursor *cursor, struct err *err) {
  if (cursor->is_page_held) return LUMA_OK;
  TRY(store_pins_add(&cursor->held, cursor->page, page_release, err));
  cursor->page->references++;
  cursor->is_page_held = true;
  return LUMA_OK;
}

/* ---- opening and closing ---- */

static void cursor_destroy(struct pg_cursor *cursor) {
  page_drop(cursor);
  store_pins_release(&cursor->held);
  buf_deinit(&cursor->from);
  buf_deinit(&cursor->to);
  buf_deinit(&cursor->begun);
  mem_free(cursor);
}

static status key_set(struct buf *room, struct slice key, bool just_after, struct err *err) {
  buf_reset(room);
  buf_append_slice(room, key);
  if (just_after) buf_append_byte(room, 0);
  return buf_check(room, "a cursor's key", err);
}

status pg__cursor_open(struct store_txn *txn, enum store_space space, struct store_range range,
                       bool backwards, struct store_cursor **cursor, struct err *err) {
  struct pg_cursor *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  made->cursor.txn = txn;
  made->space = space;
  made->backwards = backwards;
  made->has_to = range.to.bytes > 0;
  made->page_rows_max = STORE_BATCH_MAX;
  buf_init(&made->from, SIZE_MAX / 2);
  buf_init(&made->to, SIZE_MAX / 2);
  buf_init(&made->begun, SIZE_MAX / 2);
  status answer = key_set(&made->from, range.from, false, err);
  if (answer == LUMA_OK) answer = key_set(&made->to, range.to, false, err);
  if (answer != LUMA_OK) {
    cursor_destroy(made);
    return answer;
  }
  *cursor = &made->cursor;
  return LUMA_OK;
}

void pg__cursor_close(struct store_cursor *cursor) {
  cursor_destroy((struct pg_cursor *)cursor);
}

/* ---- a step ---- */

static bool is_within(const struct pg_cursor *cursor, struct slice key) {
  if (cursor->backwards) return slice_compare(key, buf_slice(&cursor->from)) >= 0;
  return !cursor->has_to || slice_compare(key, buf_slice(&cursor->to)) < 0;
}

/* The transaction's own write that comes next, or NULL. */
static const struct draft_write *own_next(const struct pg_cursor *cursor) {
  const struct pg_txn *txn = (const struct pg_txn *)cursor->cursor.txn;
  const struct keylist *list = &txn->draft.writes[cursor->space];
  if (list->items_count == 0) return NULL;
  struct keylist_gap gap;
  if (!cursor->backwards) {
    gap = keylist_find(list, buf_slice(&cursor->from));
  } else {
    gap = cursor->has_to ? keylist_find(list, buf_slice(&cursor->to)) : keylist_end(list);
  }
  struct keylist_item *item = keylist_peek(list, gap, cursor->backwards);
  return item && is_within(cursor, item->key) ? (const struct draft_write *)item : NULL;
}

/* Which comes next: below 0 the server's row, above 0 our own, 0 both have the key. */
static int compare_next(const struct pg_cursor *cursor, const struct draft_write *own) {
  if (!own) return -1;
  if (cursor->at >= cursor->count) return 1;
  int order = slice_compare(conn_bytes(cursor->page->result, cursor->at, 0), own->item.key);
  return cursor->backwards ? -order : order;
}

static status move_past(struct pg_cursor *cursor, struct slice key, struct err *err) {
  if (!cursor->backwards) return key_set(&cursor->from, key, true, err);
  cursor->has_to = true;
  return key_set(&cursor->to, key, false, err);
}

/* Takes the next key off the merge; `*is_row` tells whether there is something to be seen there. */
static status take_next(struct pg_cursor *cursor, const struct draft_write *own, struct slice *key,
                        struct slice *value, bool *is_row, struct err *err) {
  const struct pg_txn *txn = (const struct pg_txn *)cursor->cursor.txn;
  int order = compare_next(cursor, own);
  const struct draft_write *write = order >= 0 ? own : NULL;
  bool has_committed = order <= 0;
  *key = write ? write->item.key : conn_bytes(cursor->page->result, cursor->at, 0);
  *is_row = true;
  if (write && write->kind == DRAFT_PUT) {
    *value = write->value;
  } else if (!has_committed || (write && write->kind == DRAFT_DELETE) ||
             draft_is_erased(&txn->draft, cursor->space, *key)) {
    *is_row = false;
  } else {
    *key = conn_bytes(cursor->page->result, cursor->at, 0);
    *value = conn_bytes(cursor->page->result, cursor->at, 1);
    TRY(page_hold(cursor, err));
  }
  TRY(move_past(cursor, *key, err));
  if (has_committed) cursor->at++;
  return LUMA_OK;
}

/* Whatever a step has gone through counts as read: up to where it came, or the whole rest. */
static status note_step(const struct pg_cursor *cursor, struct err *err) {
  struct pg_txn *txn = (struct pg_txn *)cursor->cursor.txn;
  struct slice from = buf_slice(&cursor->from), to = buf_slice(&cursor->to);
  struct slice begun = buf_slice(&cursor->begun);
  struct store_range read = {begun, cursor->is_done ? to : from};
  bool has_to = cursor->is_done ? cursor->has_to : true;
  if (cursor->backwards) {
    read = (struct store_range){cursor->is_done ? from : to, begun};
    has_to = cursor->begun_has_to;
  }
  if (has_to && slice_compare(read.from, read.to) >= 0) return LUMA_OK;
  return draft_guard_range(&txn->draft, cursor->space, read, err);
}

static status step_begin(struct pg_cursor *cursor, struct err *err) {
  store_pins_release(&cursor->held);
  cursor->is_page_held = false;
  if (!((const struct pg_txn *)cursor->cursor.txn)->is_serializable) return LUMA_OK;
  cursor->begun_has_to = cursor->has_to;
  return key_set(&cursor->begun, buf_slice(cursor->backwards ? &cursor->to : &cursor->from), false,
                 err);
}

status pg__cursor_next(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                       struct err *err) {
  struct pg_cursor *pg = (struct pg_cursor *)cursor;
  rows->count = 0;
  TRY(step_begin(pg, err));
  while (!pg->is_done && rows->count < max) {
    uint32_t place = rows->count;
    bool is_row = false;
    TRY(page_fill(pg, max - place, err));
    const struct draft_write *own = own_next(pg);
    pg->is_done = !own && pg->at >= pg->count;
    if (pg->is_done) break;
    TRY(take_next(pg, own, &rows->keys[place], &rows->values[place], &is_row, err));
    if (is_row) rows->count++;
  }
  return ((struct pg_txn *)cursor->txn)->is_serializable ? note_step(pg, err) : LUMA_OK;
}

/* Rows of the page that the jump leaves behind. */
static void skip_rows(struct pg_cursor *cursor) {
  for (; cursor->at < cursor->count; cursor->at++) {
    struct slice key = conn_bytes(cursor->page->result, cursor->at, 0);
    bool is_ahead = cursor->backwards ? slice_compare(key, buf_slice(&cursor->to)) < 0
                                      : slice_compare(key, buf_slice(&cursor->from)) >= 0;
    if (is_ahead) return;
  }
}

/* A jump against the direction changes nothing: the cursor is already past it. */
status pg__cursor_seek(struct store_cursor *cursor, struct slice key, struct err *err) {
  struct pg_cursor *pg = (struct pg_cursor *)cursor;
  if (!pg->backwards) {
    if (slice_compare(key, buf_slice(&pg->from)) <= 0) return LUMA_OK;
    TRY(key_set(&pg->from, key, false, err));
  } else {
    if (pg->has_to && slice_compare(key, buf_slice(&pg->to)) >= 0) return LUMA_OK;
    pg->has_to = true;
    TRY(key_set(&pg->to, key, true, err)); /* `key` itself is still to come */
  }
  skip_rows(pg);
  return LUMA_OK;
}

status pg__cursor_keep(struct store_cursor *cursor, struct store_pins *pins, struct err *err) {
  struct pg_cursor *pg = (struct pg_cursor *)cursor;
  TRY(store_pins_move(&pg->held, pins, err));
  pg->is_page_held = false;
  return LUMA_OK;
}
