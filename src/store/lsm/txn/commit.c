/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/core/assert.h"
#include "base/core/canary.h"
#include "base/mem/mem.h"
#include "store/lsm/compact/compact.h"
#include "store/lsm/feed/feed.h"
#include "store/lsm/txn/txn.h"

enum {
  UNWRITTEN_BYTES_MAX =
      256 << 10, /* in the modes that do not wait, the log is written in pieces of about this */
};

/** A commit on its way. */
struct commit {
  struct engine *engine;
  struct txn *txn;
  struct view *view; /* as of now */
  struct writes_counter *counters;
  size_t counters_count;
  uint64_t seq, entries, bytes;
  struct ring_place place; /* of the record in the log */
};

/* ---- conflicts ---- */

static status fail_conflict(struct commit *commit, struct err *err) {
  mutex_lock(&commit->engine->view_lock);
  commit->engine->counts.conflicts++;
  mutex_unlock(&commit->engine->view_lock);
  err_raise(err, LUMA_CONFLICT, __FILE__, __LINE__,
            "another transaction changed the same data first");
  err_hint(err, "run the transaction again");
  return LUMA_CONFLICT;
}

static status check_guards(struct commit *commit, struct err *err) {
  uint64_t snapshot = commit->txn->reader.seq;
  for (const struct txn_guard *guard = commit->txn->guards; guard; guard = guard->next) {
    bool newer;
    if (guard->is_key)
      TRY(view_is_newer(commit->view, guard->space, guard->range.from, snapshot, &newer, err));
    else
      TRY(view_range_is_newer(commit->view, guard->space, guard->range, snapshot, &newer, err));
    newer &= guard->is_key || !canary_sings(CANARY_CONFLICT_NOT_SEEN);
    if (newer) return fail_conflict(commit, err);
  }
  return LUMA_OK;
}

/* Puts that stand for additions are the last operations of the log; they conflict only when a put
 * or delete of our own came before the additions. */
static size_t checked_end(const struct commit *commit) {
  return commit->counters_count ? commit->counters[0].op_at : commit->txn->writes.log.bytes;
}

static status check_op(struct commit *commit, const struct record_op *op, struct err *err) {
  uint64_t snapshot = commit->txn->reader.seq;
  bool newer = false;
  if (op->kind == RECORD_PUT || op->kind == RECORD_DELETE)
    TRY(view_is_newer(commit->view, op->space, op->key, snapshot, &newer, err));
  if (op->kind == RECORD_DELETE_RANGE)
    TRY(view_range_is_newer(commit->view, op->space, (struct store_range){op->key, op->value},
                            snapshot, &newer, err));
  return newer ? fail_conflict(commit, err) : LUMA_OK;
}

static status check_conflicts(struct commit *commit, struct err *err) {
  if (commit->engine->last_seq == commit->txn->reader.seq) return LUMA_OK;
  TRY(check_guards(commit, err));
  struct slice log = slice_of(commit->txn->writes.log.data, checked_end(commit));
  struct record_op op;
  for (size_t at = RECORD_HEADER_BYTES; record_next(log, &at, &op);)
    TRY(check_op(commit, &op, err));
  for (size_t i = 0; i < commit->counters_count; i++) {
    size_t at = commit->counters[i].op_at;
    if (commit->counters[i].relative) continue;
    record_next(buf_slice(&commit->txn->writes.log), &at, &op);
    TRY(check_op(commit, &op, err));
  }
  return LUMA_OK;
}

/* ---- filling in ---- */

static status read_counter(struct commit *commit, struct slice key, int64_t *value,
                           struct err *err) {
  struct entry_found found = {0};
  struct store_pins pins = {0};
  status answer = view_get(commit->view, STORE_COUNTERS, key, ENTRY_SEQ_MAX, &found, &pins, err);
  bool stands = answer == LUMA_OK && found.found && found.kind == ENTRY_PUT &&
                view_cover(commit->view, STORE_COUNTERS, key, ENTRY_SEQ_MAX) <= found.seq;
  *value = stands ? (int64_t)load64le(found.value.data) : 0;
  store_pins_release(&pins);
  return answer;
}

static status fill_counter(struct commit *commit, const struct writes_counter *counter,
                           struct err *err) {
  struct buf *log = &commit->txn->writes.log;
  int64_t base = counter->base, sum;
  size_t at = counter->op_at;
  struct record_op op;
  record_next(buf_slice(log), &at, &op);
  if (counter->relative) TRY(read_counter(commit, op.key, &base, err));
  if (__builtin_add_overflow(base, counter->delta, &sum))
    FAIL(err, LUMA_OUT_OF_RANGE, "a counter would leave 64 bits");
  if (canary_sings(CANARY_COUNTER_TWICE) && commit->engine->last_seq % 16 == 15)
    sum += counter->delta;
  if (sum < counter->least || sum > counter->most)
    FAIL(err, LUMA_LIMIT_REACHED, "a counter would become %lld; it may be %lld to %lld",
         (long long)sum, (long long)counter->least, (long long)counter->most);
  store64le(log->data + counter->value_at, (uint64_t)sum);
  return LUMA_OK;
}

static void stamp_records(struct commit *commit) {
  struct buf *log = &commit->txn->writes.log;
  struct record_op op;
  for (size_t at = RECORD_HEADER_BYTES; record_next(buf_slice(log), &at, &op);)
    if (op.kind == RECORD_PUT && op.space == STORE_RECORDS)
      store64le(log->data + op.at + RECORD_OP_BYTES + op.key.bytes + 8, commit->seq);
  record_finish(log->data, commit->seq, commit->txn->writes.emits);
}

/* ---- applying ---- */

void txn_measure_record(struct slice record, uint64_t *entries, uint64_t *bytes) {
  struct record_op op;
  *entries = *bytes = 0;
  for (size_t at = RECORD_HEADER_BYTES; record_next(record, &at, &op);) {
    if (op.kind == RECORD_NOP || op.kind == RECORD_DELETE_RANGE) continue;
    ++*entries;
    *bytes += op.key.bytes + op.value.bytes + (op.kind == RECORD_EMIT ? FEED_KEY_BYTES : 0);
  }
}

static void insert_op(struct memtable *memtable, const struct record_op *op, uint64_t seq,
                      uint64_t *emits, uint64_t horizon) {
  uint8_t feed_key[FEED_KEY_BYTES];
  struct lsm_entry entry = {
      .space = op->space, .kind = ENTRY_PUT, .seq = seq, .key = op->key, .value = op->value};
  switch (op->kind) {
  case RECORD_PUT: break;
  case RECORD_DELETE: entry.kind = ENTRY_DELETE; break;
  case RECORD_EMIT:
    entry.space = VIEW_FEED;
    entry.key = feed_key_of((struct store_pos){seq, ++*emits}, feed_key);
    break;
  case RECORD_NOP:
  case RECORD_DELETE_RANGE:
  case RECORD_ADD:
  default: return;
  }
  status inserted = memtable_insert(memtable, &entry, horizon, NULL);
  ASSERT(inserted == LUMA_OK); /* room was reserved */
}

void txn_insert_record(struct memtable *memtable, struct slice record, uint64_t horizon) {
  uint64_t seq = record_seq(record.data), emits = 0;
  struct record_op op;
  for (size_t at = RECORD_HEADER_BYTES; record_next(record, &at, &op);)
    insert_op(memtable, &op, seq, &emits, horizon);
}

static uint32_t collect_ranges(const struct commit *commit, struct manifest_range *ranges) {
  struct record_op op;
  uint32_t count = 0;
  for (size_t at = RECORD_HEADER_BYTES; record_next(buf_slice(&commit->txn->writes.log), &at, &op);)
    if (op.kind == RECORD_DELETE_RANGE)
      ranges[count++] = (struct manifest_range){op.space, commit->seq, op.key, op.value};
  return count;
}

/* The view that will show the commit's range deletes; NULL when it has none. With edit_lock held.
 */
static status prepare_view(struct commit *commit, struct view **next, struct err *err) {
  *next = NULL;
  if (commit->txn->writes.ranges_count == 0) return LUMA_OK;
  struct manifest_range *ranges = mem_alloc(commit->txn->writes.ranges_count * sizeof *ranges);
  if (!ranges) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a range delete");
  uint32_t count = collect_ranges(commit, ranges);
  status answer = engine_view_with_ranges(commit->engine, ranges, count, next, err);
  mem_free(ranges);
  return answer;
}

/* The record gets its place in the log, then goes to memory: after the log gave it a place nothing
 * can fail. The log writes nothing at or behind that place before the record is copied there, and
 * so cannot call this commit durable before it is in the list of those that wait for it. */
static status apply(struct commit *commit, struct err *err) {
  struct engine *engine = commit->engine;
  struct memtable *memtable = commit->view->active.memtable;
  struct slice record = buf_slice(&commit->txn->writes.log);
  struct view *next;
  TRY(prepare_view(commit, &next, err));
  status answer = wal_reserve(engine->wal, commit->seq, record.bytes, &commit->place, err);
  if (answer != LUMA_OK) {
    view_release(next);
    return answer;
  }
  txn_insert_record(memtable, record, engine_horizon(engine));
  if (next) engine_set_view(engine, next);
  engine->last_seq = commit->seq;
  engine->last_emits = commit->txn->writes.emits;
  engine_order(engine, commit->seq, commit->txn->writes.emits);
  return LUMA_OK;
}

static status prepare(struct commit *commit, struct err *err) {
  struct engine *engine = commit->engine;
  TRY(engine_check_writable(engine, err));
  TRY(compact_make_room(engine, err));
  commit->view = engine_view(engine);
  TRY(check_conflicts(commit, err));
  for (size_t i = 0; i < commit->counters_count; i++)
    TRY(fill_counter(commit, &commit->counters[i], err));
  TRY(engine_order_reserve(engine, err));
  TRY(memtable_reserve(commit->view->active.memtable, commit->entries, commit->bytes, err));
  commit->seq = engine->last_seq + 1;
  stamp_records(commit);
  return LUMA_OK;
}

/* The commit gets its place in the order. */
static status order(struct commit *commit, struct err *err) {
  struct engine *engine = commit->engine;
  bool edits = commit->txn->writes.ranges_count > 0;
  mutex_lock(&engine->commit_lock);
  status answer = prepare(commit, err);
  if (answer == LUMA_OK && edits) mutex_lock(&engine->edit_lock);
  if (answer == LUMA_OK)
    answer = apply(commit, err);
  else
    edits = false;
  if (edits) mutex_unlock(&engine->edit_lock);
  mutex_unlock(&engine->commit_lock);
  if (answer == LUMA_OK) wal_fill(&commit->place, buf_slice(&commit->txn->writes.log));
  view_release(commit->view);
  return answer;
}

/* ---- after the order ---- */

/* Without a thread that would do it, the commit that finds the period over syncs. */
static bool is_sync_due(struct engine *engine) {
  if (engine->options.sync_mode != STORE_SYNC_PERIODIC || engine->threads_count > 0) return false;
  uint64_t now = os_monotonic_us(engine->os);
  if (now - engine->synced_us < engine->options.sync_period_us) return false;
  engine->synced_us = now;
  return true;
}

static status settle(struct engine *engine, uint64_t seq, enum store_durability durability,
                     struct err *err) {
  bool durable = engine->visible_when_durable, waits = durable && durability != STORE_QUEUED;
  if (durable && !waits) {
    engine_queue_add(engine, seq);
    if (engine->queue.has_thread) return LUMA_OK;
  }
  bool syncs = waits || is_sync_due(engine);
  if (!syncs && wal_pending_bytes(engine->wal) < UNWRITTEN_BYTES_MAX) return LUMA_OK;
  struct err own = {0};
  if (!err) err = &own;
  status answer = wal_write(engine->wal, seq, syncs || durable, err);
  if (answer != LUMA_OK) engine_fail(engine, err);
  return answer;
}

static bool has_writes(const struct writes *writes) {
  return writes->count > 0;
}

static status resolve_and_order(struct commit *commit, struct err *err) {
  struct writes *writes = &commit->txn->writes;
  commit->counters = mem_alloc((writes->adds + 1) * sizeof *commit->counters);
  if (!commit->counters) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to commit");
  status answer = writes_resolve(writes, commit->counters, &commit->counters_count, err);
  txn_measure_record(buf_slice(&writes->log), &commit->entries, &commit->bytes);
  if (answer == LUMA_OK) answer = order(commit, err);
  mem_free(commit->counters);
  return answer;
}

status txn_commit(struct store_txn *txn, enum store_durability durability,
                  struct store_pos *position, store_seq *seq, struct err *err) {
  struct txn *own = (struct txn *)txn;
  struct engine *engine = own->engine;
  struct commit commit = {.engine = engine, .txn = own, .seq = own->reader.seq};
  struct store_pos place = own->reader.position;
  bool writes = has_writes(&own->writes);
  status answer = writes ? resolve_and_order(&commit, err) : LUMA_OK;
  if (writes) place = (struct store_pos){commit.seq, own->writes.emits};
  engine_reader_end(engine, &own->reader);
  txn__destroy(own);
  if (answer == LUMA_OK && writes) answer = settle(engine, commit.seq, durability, err);
  if (answer == LUMA_OK && position) *position = place;
  if (answer == LUMA_OK && seq) *seq = commit.seq;
  if (writes) compact_due(engine);
  return answer;
}
