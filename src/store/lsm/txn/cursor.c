/* SPDX-License-Identifier: MIT */
/* Cursors: a merge over the view and the transaction's own writes. */
#include <string.h>

#include "base/mem/mem.h"
#include "store/lsm/txn/txn.h"

struct cursor {
  struct store_cursor head; /* first */
  struct merge *merge;
  uint8_t space;
  bool backwards, done;
  struct merge_source *sources;
  struct merge_range_delete *ranges;
  uint32_t sources_count, ranges_count;
  /* For a serializable transaction: the bound in the direction of reading, and up to where it was
   * read. */
  struct buf bound, reached;
};

static struct txn *txn_of(struct cursor *cursor) {
  return (struct txn *)cursor->head.txn;
}

/* ---- opening ---- */

static status collect_sources(struct cursor *cursor, struct txn *txn, struct err *err) {
  const struct view *view = txn->reader.view;
  cursor->sources =
      mem_alloc((view_sources_count(view, cursor->space) + 1) * sizeof *cursor->sources);
  if (!cursor->sources) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  cursor->sources_count = view_sources(view, cursor->space, txn->reader.seq, cursor->sources);
  if (txn->writes.count == 0) return LUMA_OK;
  TRY(writes_overlay(&txn->writes, err));
  cursor->sources[cursor->sources_count++] = (struct merge_source){
      .kind = MERGE_MEMTABLE, .seq_max = UINT64_MAX, .memtable = txn->writes.overlay};
  return LUMA_OK;
}

static status collect_ranges(struct cursor *cursor, struct txn *txn, struct err *err) {
  const struct view_ranges *committed = txn->reader.view->ranges;
  size_t most = (committed ? committed->count : 0) + txn->writes.own_ranges_count;
  if (most == 0) return LUMA_OK;
  cursor->ranges = mem_alloc(most * sizeof *cursor->ranges);
  if (!cursor->ranges) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  for (uint32_t i = 0; committed && i < committed->count; i++) {
    const struct manifest_range *range = &committed->items[i];
    if (range->space == cursor->space && range->seq <= txn->reader.seq)
      cursor->ranges[cursor->ranges_count++] =
          (struct merge_range_delete){range->from, range->to, range->seq};
  }
  for (size_t i = 0; i < txn->writes.own_ranges_count; i++)
    if (txn->writes.ranges[i].space == cursor->space)
      cursor->ranges[cursor->ranges_count++] = txn->writes.ranges[i].range;
  return LUMA_OK;
}

static status set_key(struct buf *buf, struct slice key, bool just_after, struct err *err) {
  buf_reset(buf);
  buf_append_slice(buf, key);
  if (just_after) buf_append_byte(buf, 0);
  return buf_check(buf, "a cursor's key", err);
}

static status open_parts(struct cursor *cursor, struct txn *txn, struct store_range range,
                         struct err *err) {
  TRY(collect_sources(cursor, txn, err));
  TRY(collect_ranges(cursor, txn, err));
  if (txn->serializable) {
    TRY(set_key(&cursor->reached, cursor->backwards ? range.to : range.from, false, err));
    TRY(set_key(&cursor->bound, cursor->backwards ? range.from : range.to, false, err));
  }
  struct merge_options options = {.space = cursor->space,
                                  .backwards = cursor->backwards,
                                  .range = range,
                                  .sources = cursor->sources,
                                  .sources_count = cursor->sources_count,
                                  .range_deletes = cursor->ranges,
                                  .range_deletes_count = cursor->ranges_count};
  return merge_open(&options, &cursor->merge, err);
}

status txn_cursor_open(struct store_txn *txn, enum store_space space, struct store_range range,
                       bool backwards, struct store_cursor **cursor, struct err *err) {
  struct cursor *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  made->head.txn = txn;
  made->space = (uint8_t)space;
  made->backwards = backwards;
  buf_init(&made->bound, STORE_KEY_BYTES_MAX + 2);
  buf_init(&made->reached, STORE_KEY_BYTES_MAX + 2);
  status answer = txn__enter((struct txn *)txn, err);
  if (answer == LUMA_OK) {
    answer = open_parts(made, (struct txn *)txn, range, err);
    txn__leave((struct txn *)txn);
  }
  if (answer != LUMA_OK) {
    txn_cursor_close(&made->head);
    return answer;
  }
  *cursor = &made->head;
  return LUMA_OK;
}

void txn_cursor_close(struct store_cursor *cursor) {
  struct cursor *own = (struct cursor *)cursor;
  if (own->merge) merge_close(own->merge);
  mem_free(own->sources);
  mem_free(own->ranges);
  buf_deinit(&own->bound);
  buf_deinit(&own->reached);
  mem_free(own);
}

/* ---- reading ---- */

/* What a step went through counts as read: up to its last row, or to the bound when there were no
 * more. */
static status note_step(struct cursor *cursor, const struct store_rows *rows, struct err *err) {
  struct txn *txn = txn_of(cursor);
  if (!txn->serializable || cursor->done) return LUMA_OK;
  struct slice from = buf_slice(&cursor->reached), to = buf_slice(&cursor->bound);
  uint8_t after[STORE_KEY_BYTES_MAX + 1];
  cursor->done = rows->count == 0;
  if (rows->count > 0) {
    to = rows->keys[rows->count - 1];
    if (cursor->backwards) {
      cursor->done = to.bytes == 0; /* the empty key is the first; as a bound it would mean none */
    } else {
      memcpy(after, to.data, to.bytes);
      after[to.bytes] = 0;
      to = slice_of(after, to.bytes + 1);
    }
  }
  struct store_range range =
      cursor->backwards ? (struct store_range){to, from} : (struct store_range){from, to};
  if (range.to.bytes > 0 && slice_compare(range.from, range.to) >= 0) return LUMA_OK;
  TRY(txn__note_range(txn, cursor->space, range, err));
  return rows->count ? set_key(&cursor->reached, to, false, err) : LUMA_OK;
}

status txn_cursor_next(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                       struct err *err) {
  struct cursor *own = (struct cursor *)cursor;
  TRY(txn__enter(txn_of(own), err));
  status answer = merge_rows(own->merge, max, rows, err);
  txn__leave(txn_of(own));
  return answer == LUMA_OK ? note_step(own, rows, err) : answer;
}

static status note_seek(struct cursor *cursor, struct slice key, struct err *err) {
  if (!txn_of(cursor)->serializable) return LUMA_OK;
  struct slice reached = buf_slice(&cursor->reached);
  if (!cursor->backwards)
    return slice_compare(key, reached) > 0 ? set_key(&cursor->reached, key, false, err) : LUMA_OK;
  bool is_before = reached.bytes == 0 || slice_compare(key, reached) < 0;
  return is_before ? set_key(&cursor->reached, key, true, err) : LUMA_OK;
}

status txn_cursor_seek(struct store_cursor *cursor, struct slice key, struct err *err) {
  struct cursor *own = (struct cursor *)cursor;
  TRY(note_seek(own, key, err));
  TRY(txn__enter(txn_of(own), err));
  status answer = merge_seek(own->merge, key, err);
  txn__leave(txn_of(own));
  return answer;
}

/* Ranges that were begun count as read. */
static status note_picked(struct cursor *cursor, const struct store_pick *pick, uint32_t from,
                          struct err *err) {
  struct txn *txn = txn_of(cursor);
  for (uint32_t i = from; txn->serializable && i < pick->count && i <= pick->at; i++)
    TRY(txn__note_range(txn, cursor->space, pick->ranges[i], err));
  return LUMA_OK;
}

status txn_cursor_pick(struct store_cursor *cursor, struct store_pick *pick, uint32_t max,
                       struct store_rows *rows, struct err *err) {
  struct cursor *own = (struct cursor *)cursor;
  uint32_t from = pick->at;
  TRY(txn__enter(txn_of(own), err));
  status answer = merge_pick(own->merge, pick, max, rows, err);
  txn__leave(txn_of(own));
  return answer == LUMA_OK ? note_picked(own, pick, from, err) : answer;
}

status txn_cursor_keep(struct store_cursor *cursor, struct store_pins *pins, struct err *err) {
  return merge_keep(((struct cursor *)cursor)->merge, pins, err);
}
