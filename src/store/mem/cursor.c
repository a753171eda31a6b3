/* SPDX-License-Identifier: MIT */
/* Cursors: the committed rows of a range and the transaction's own, merged. A cursor keeps no place
 * in the lists but the key it has come to, and finds it again at each step: whatever was written in
 * between, it stays right. */
#include "base/mem/mem.h"
#include "store/mem/mem_store_int.h"

/* Keys still to come are [from, to), `to` only if `has_to`: going forward `from` moves, going
 * backward `to`. */
struct mem_cursor {
  struct store_cursor cursor;
  enum store_space space;
  bool backwards, has_to, is_done;
  struct buf from, to;
};

static void cursor_destroy(struct mem_cursor *cursor) {
  buf_deinit(&cursor->from);
  buf_deinit(&cursor->to);
  mem_free(cursor);
}

static status key_set(struct buf *room, struct slice key, bool just_after, struct err *err) {
  buf_reset(room);
  buf_append_slice(room, key);
  if (just_after) buf_append_byte(room, 0);
  return buf_check(room, "a cursor's key", err);
}

status mem_store__cursor_open(struct store_txn *txn, enum store_space space,
                              struct store_range range, bool backwards,
                              struct store_cursor **cursor, struct err *err) {
  (void)txn;
  struct mem_cursor *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  made->space = space;
  made->backwards = backwards;
  made->has_to = range.to.bytes > 0;
  buf_init(&made->from, SIZE_MAX / 2);
  buf_init(&made->to, SIZE_MAX / 2);
  status answer = key_set(&made->from, range.from, false, err);
  if (answer == LUMA_OK) answer = key_set(&made->to, range.to, false, err);
  if (answer != LUMA_OK) {
    cursor_destroy(made);
    return answer;
  }
  *cursor = &made->cursor;
  return LUMA_OK;
}

void mem_store__cursor_close(struct store_cursor *cursor) {
  cursor_destroy((struct mem_cursor *)cursor);
}

/* One of the two lists that are merged. */
struct side {
  const struct keylist *list;
  struct keylist_gap gap;
  struct keylist_item *item; /* the next one within the range, or NULL */
};

static bool is_within(const struct mem_cursor *cursor, struct slice key) {
  if (cursor->backwards) return slice_compare(key, buf_slice(&cursor->from)) >= 0;
  return !cursor->has_to || slice_compare(key, buf_slice(&cursor->to)) < 0;
}

static void side_load(const struct mem_cursor *cursor, struct side *side) {
  side->item = keylist_peek(side->list, side->gap, cursor->backwards);
  if (side->item && !is_within(cursor, side->item->key)) side->item = NULL;
}

static void side_start(const struct mem_cursor *cursor, const struct keylist *list,
                       struct side *side) {
  side->list = list;
  if (!cursor->backwards) {
    side->gap = keylist_find(list, buf_slice(&cursor->from));
  } else if (cursor->has_to) {
    side->gap = keylist_find(list, buf_slice(&cursor->to));
  } else {
    side->gap = keylist_end(list);
  }
  side_load(cursor, side);
}

static void side_step(const struct mem_cursor *cursor, struct side *side) {
  keylist_step(side->list, &side->gap, cursor->backwards);
  side_load(cursor, side);
}

/* Which side comes next: below 0 the committed one, above 0 our own, 0 both have the key. */
static int sides_compare(const struct mem_cursor *cursor, const struct side *committed,
                         const struct side *own) {
  if (!own->item) return -1;
  if (!committed->item) return 1;
  int order = slice_compare(committed->item->key, own->item->key);
  return cursor->backwards ? -order : order;
}

/* The next row of the merge, whatever is deleted or too new left out; false at the end. */
static bool row_next(const struct mem_cursor *cursor, struct side *committed, struct side *own,
                     struct slice *key, struct slice *value) {
  store_seq snapshot = ((const struct mem_txn *)cursor->cursor.txn)->snapshot;
  while (committed->item || own->item) {
    int order = sides_compare(cursor, committed, own);
    const struct draft_write *write = order >= 0 ? (struct draft_write *)own->item : NULL;
    const struct mem_entry *entry = order <= 0 ? (struct mem_entry *)committed->item : NULL;
    const struct mem_version *version = mem_store__visible(entry, snapshot);
    if (write) side_step(cursor, own);
    if (entry) side_step(cursor, committed);
    if (write && write->kind == DRAFT_PUT) {
      *key = write->item.key;
      *value = write->value;
      return true;
    }
    if (entry && version && !(write && write->kind == DRAFT_DELETE)) {
      *key = entry->item.key;
      *value = mem_store__value(version);
      return true;
    }
  }
  return false;
}

/* The range a step has gone through counts as read: up to its last row, or the whole rest when it
 * came to the end. */
static status note_step(const struct mem_cursor *cursor, const struct store_rows *rows,
                        struct err *err) {
  struct mem_txn *txn = (struct mem_txn *)cursor->cursor.txn;
  if (!txn->is_serializable) return LUMA_OK;
  struct store_range read = {buf_slice(&cursor->from), buf_slice(&cursor->to)};
  bool has_to = cursor->has_to;
  if (!cursor->is_done) {
    struct slice last = rows->keys[rows->count - 1];
    TRY(draft_guard_key(&txn->draft, cursor->space, last, err));
    if (cursor->backwards) {
      read.from = last;
    } else {
      read.to = last;
      has_to = true;
    }
  }
  if (has_to && slice_compare(read.from, read.to) >= 0) return LUMA_OK; /* nothing but the row */
  return draft_guard_range(&txn->draft, cursor->space, read, err);
}

/* Where the next step begins. */
static status move_on(struct mem_cursor *cursor, struct slice last, struct err *err) {
  if (!cursor->backwards) return key_set(&cursor->from, last, true, err);
  cursor->has_to = true;
  return key_set(&cursor->to, last, false, err);
}

status mem_store__cursor_next(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                              struct err *err) {
  struct mem_cursor *mem = (struct mem_cursor *)cursor;
  struct mem_txn *txn = (struct mem_txn *)cursor->txn;
  struct mem_store *store = mem_store__of(cursor->txn);
  rows->count = 0;
  if (mem->is_done) return LUMA_OK;
  struct side committed, own;
  mutex_lock(&store->mutex);
  side_start(mem, &store->spaces[mem->space], &committed);
  side_start(mem, &txn->draft.writes[mem->space], &own);
  while (rows->count < max) {
    uint32_t at = rows->count;
    if (!row_next(mem, &committed, &own, &rows->keys[at], &rows->values[at])) break;
    rows->count++;
  }
  mutex_unlock(&store->mutex);
  mem->is_done = rows->count < max;
  TRY(note_step(mem, rows, err));
  return rows->count ? move_on(mem, rows->keys[rows->count - 1], err) : LUMA_OK;
}

/* A seek against the direction changes nothing: the cursor is already past it. */
status mem_store__cursor_seek(struct store_cursor *cursor, struct slice key, struct err *err) {
  struct mem_cursor *mem = (struct mem_cursor *)cursor;
  if (!mem->backwards) {
    return slice_compare(key, buf_slice(&mem->from)) > 0 ? key_set(&mem->from, key, false, err)
                                                         : LUMA_OK;
  }
  /* `key` itself is still to come: the bound is just after it */
  if (mem->has_to && slice_compare(key, buf_slice(&mem->to)) >= 0) return LUMA_OK;
  mem->has_to = true;
  return key_set(&mem->to, key, true, err);
}

/* Rows stay until the transaction ends. */
status mem_store__cursor_keep(struct store_cursor *cursor, struct store_pins *pins,
                              struct err *err) {
  (void)cursor;
  (void)pins;
  (void)err;
  return LUMA_OK;
}
