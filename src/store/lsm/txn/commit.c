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
  uint64_t seq, entries, bytes, horizon;
  struct memtable_room room;
  struct ring_place place; /* of the record in the log */
};

/* ---- conflicts ---- */

static status fail_conflict(struct commit *commit, struct err *err) {
  atomic_fetch_add_explicit(&commit->engine->counts.conflicts, 1, memory_order_relaxed);
  err_raise(err, LUMA_CONFLICT, __FILE__, __LINE__,
            "another transaction changed the same data first");
  err_hint(err, "run the transaction again");
  return LUMA_CONFLICT;
}

/* Most often the hash of the key tells that nobody wrote it since. If not, one who did may still be
 * inserting it. */
static status key_is_newer(struct commit *commit, uint8_t space, struct slice key, bool *newer,
                           struct err *err) {
  struct engine *engine = commit->engine;
  uint64_t snapshot = commit->txn->reader.seq;
  uint64_t last = conflicts_last(&engine->conflicts, space, key);
  *newer = false;
  if (last <= snapshot) return LUMA_OK;
  engine_wait_inserted(engine, last);
  return view_is_newer(commit->view, space, key, snapshot, newer, err);
}

/* Whoever was ordered before has inserted: nobody inserts while the range is read. */
static status range_is_newer(struct commit *commit, uint8_t space, struct store_range range,
                             bool *newer, struct err *err) {
  engine_wait_inserted(commit->engine, commit->engine->last_seq);
  return view_range_is_newer(commit->view, space, range, commit->txn->reader.seq, newer, err);
}

static status check_guards(struct commit *commit, struct err *err) {
  for (const struct txn_guard *guard = commit->txn->guards; guard; guard = guard->next) {
    bool newer;
    if (guard->is_key)
      TRY(key_is_newer(commit, guard->space, guard->range.from, &newer, err));
    else
      TRY(range_is_newer(commit, guard->space, guard->range, &newer, err));
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
  bool newer = false;
  if (op->kind == RECORD_PUT || op->kind == RECORD_DELETE)
    TRY(key_is_newer(commit, op->space, op->key, &newer, err));
  if (op->kind == RECORD_DELETE_RANGE)
    TRY(range_is_newer(commit, op->space, (struct store_range){op->key, op->value}, &newer, err));
  return newer ? fail_conflict(commit, err) : LUMA_OK;
}

static status check_conflicts(struct commit *commit, struct err *err) {
  if (commit->engine->last_seq == commit->txn->reader.seq) return LUMA_OK;
  TRY(check_guards(commit, err));
  struct slice log = slice_of(commit->txn->writes.log.data, checked_end(commit));
  struct record_op op = {0};
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
  struct record_op op = {0};
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

/** Where the entries of a record go. */
struct inserting {
  struct memtable *memtable;
  struct memtable_room *room;
  uint64_t seq, horizon, emits;
  unsigned which;
  struct memtable_node *place; /* of the next, if that was looked for */
};

static bool insert_op(struct inserting *inserting, const struct record_op *op) {
  uint8_t feed_key[FEED_KEY_BYTES];
  struct lsm_entry entry = {.space = op->space,
                            .kind = ENTRY_PUT,
                            .seq = inserting->seq,
                            .key = op->key,
                            .value = op->value};
  switch (op->kind) {
  case RECORD_PUT: break;
  case RECORD_DELETE: entry.kind = ENTRY_DELETE; break;
  case RECORD_EMIT:
    entry.space = VIEW_FEED;
    entry.key = feed_key_of((struct store_pos){inserting->seq, ++inserting->emits}, feed_key);
    break;
  case RECORD_NOP:
  case RECORD_DELETE_RANGE:
  case RECORD_ADD:
  default: return true;
  }
  unsigned kind = entry.space == STORE_COUNTERS ? TXN_COUNTERS : TXN_OTHERS;
  return !(inserting->which & kind) ||
         memtable_put_near(inserting->memtable, &entry, inserting->horizon, inserting->room,
                           inserting->place);
}

bool txn_insert_record(struct memtable *memtable, struct slice record, uint64_t horizon,
                       struct memtable_room *room, unsigned which) {
  struct inserting inserting = {memtable, room, record_seq(record.data), horizon, 0, which, NULL};
  struct record_op op;
  bool done = true;
  for (size_t at = RECORD_HEADER_BYTES; done && record_next(record, &at, &op);)
    done = insert_op(&inserting, &op);
  return done;
}

/* Puts of documents carry the version. */
static bool insert_stamped(struct commit *commit, struct inserting *inserting,
                           const struct record_op *op) {
  if (op->kind == RECORD_PUT && op->space == STORE_RECORDS) {
    uint8_t *log = commit->txn->writes.log.data;
    store64le(log + op->at + RECORD_OP_BYTES + op->key.bytes + 8, commit->seq);
  }
  return insert_op(inserting, op);
}

/* The places of some are looked for together. */
static bool insert_some(struct commit *commit, struct inserting *inserting, const struct head *refs,
                        uint32_t count) {
  struct record_op ops[MEMTABLE_TOGETHER] = {0};
  struct slice keys[MEMTABLE_TOGETHER];
  struct memtable_node *places[MEMTABLE_TOGETHER];
  bool done = true;
  for (uint32_t i = 0; i < count; i++) {
    size_t at = refs[i].at;
    record_next(buf_slice(&commit->txn->writes.log), &at, &ops[i]);
    keys[i] = ops[i].key;
  }
  memtable_places(inserting->memtable, ops[0].space, keys, count, places);
  for (uint32_t i = 0; done && i < count; i++) {
    inserting->place = places[i];
    done = insert_stamped(commit, inserting, &ops[i]);
  }
  inserting->place = NULL;
  return done;
}

/* What came in any order is inserted by key: neighbours go to the same leaf. */
static bool insert_sorted(struct commit *commit, struct inserting *inserting,
                          const struct writes_refs *sorted) {
  const struct head *refs = commit->txn->writes.refs + sorted->from;
  bool done = true;
  for (size_t i = 0; done && i < sorted->count; i += MEMTABLE_TOGETHER) {
    size_t left = sorted->count - i;
    uint32_t some = left < MEMTABLE_TOGETHER ? (uint32_t)left : MEMTABLE_TOGETHER;
    done = insert_some(commit, inserting, refs + i, some);
  }
  return done;
}

static bool insert_entries(struct commit *commit) {
  struct writes *writes = &commit->txn->writes;
  struct inserting inserting = {commit->view->active.memtable,
                                &commit->room,
                                commit->seq,
                                commit->horizon,
                                0,
                                TXN_OTHERS,
                                NULL};
  struct record_op op = {0};
  bool done = true;
  for (int space = 0; done && space < STORE_SPACES; space++)
    done = insert_sorted(commit, &inserting, &writes->sorted[space]);
  for (size_t at = RECORD_HEADER_BYTES; done && record_next(buf_slice(&writes->log), &at, &op);) {
    bool is_inserted = op.kind != RECORD_EMIT && writes->sorted[op.space].count > 0;
    if (!is_inserted) done = insert_stamped(commit, &inserting, &op);
  }
  return done;
}

/* Counters that were added to stand at the end of the log; most commits have no others. */
static bool insert_counters(struct commit *commit) {
  struct writes *writes = &commit->txn->writes;
  struct inserting inserting = {commit->view->active.memtable,
                                &commit->room,
                                commit->seq,
                                commit->horizon,
                                0,
                                TXN_COUNTERS,
                                NULL};
  struct record_op op = {0};
  bool done = true, has_puts = writes->last_at[STORE_COUNTERS] != 0;
  size_t at = has_puts ? RECORD_HEADER_BYTES : checked_end(commit);
  while (done && record_next(buf_slice(&writes->log), &at, &op)) done = insert_op(&inserting, &op);
  return done;
}

/* Who wrote what, for the commits that follow. */
static void note_writes(struct commit *commit) {
  struct conflicts *conflicts = &commit->engine->conflicts;
  struct record_op op;
  if (canary_sings(CANARY_WRITE_NOT_NOTED) && commit->seq % 4 == 3) return;
  for (size_t at = RECORD_HEADER_BYTES;
       record_next(buf_slice(&commit->txn->writes.log), &at, &op);) {
    if (op.kind == RECORD_PUT || op.kind == RECORD_DELETE)
      conflicts_note(conflicts, op.space, op.key, commit->seq);
    if (op.kind == RECORD_DELETE_RANGE) conflicts->range_seq = commit->seq;
  }
}

/* The memory of old versions is used again; how old is looked up now and then. */
static uint64_t horizon_of(struct engine *engine, uint64_t seq) {
  enum { LOOK_EVERY = 8 };
  uint64_t horizon = seq % LOOK_EVERY == 0 ? engine_horizon(engine) : 0;
  if (horizon > engine->horizon) engine->horizon = horizon;
  return engine->horizon;
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

/* Counters are inserted under the commit lock, for the next commit adds to them. */
static void apply_ordered(struct commit *commit, struct view *next) {
  struct engine *engine = commit->engine;
  record_finish(commit->txn->writes.log.data, commit->seq, commit->txn->writes.emits);
  note_writes(commit);
  commit->horizon = horizon_of(engine, commit->seq);
  bool inserted = insert_counters(commit);
  ASSERT(inserted);
  if (next) engine_set_view(engine, next);
  engine->last_seq = commit->seq;
  engine->last_emits = commit->txn->writes.emits;
  engine_order(engine, commit->seq, commit->txn->writes.emits);
}

/* The record gets its place in the log: from then on nothing can fail. The log writes nothing at or
 * behind that place before the record is copied there, which is done last: so what is durable is in
 * memory. */
static status apply(struct commit *commit, struct err *err) {
  struct view *next;
  TRY(prepare_view(commit, &next, err));
  status answer = wal_reserve(commit->engine->wal, commit->seq, commit->txn->writes.log.bytes,
                              &commit->place, err);
  if (answer != LUMA_OK) {
    view_release(next);
    return answer;
  }
  apply_ordered(commit, next);
  return LUMA_OK;
}

/* Does the commit make room in the end? It deletes, and puts no document. */
static bool frees(const struct commit *commit) {
  struct record_op op;
  bool deletes = false;
  for (size_t at = RECORD_HEADER_BYTES;
       record_next(buf_slice(&commit->txn->writes.log), &at, &op);) {
    if (op.kind == RECORD_PUT && op.space == STORE_RECORDS) return false;
    deletes |= op.kind == RECORD_DELETE || op.kind == RECORD_DELETE_RANGE;
  }
  return deletes;
}

static status check_room(struct commit *commit, struct err *err) {
  bool starved = atomic_load(&commit->engine->starved);
  return starved ? engine_check_room(commit->engine, frees(commit), err) : LUMA_OK;
}

static status prepare(struct commit *commit, struct err *err) {
  struct engine *engine = commit->engine;
  TRY(engine_check_writable(engine, err));
  TRY(check_room(commit, err));
  TRY(compact_make_room(engine, &commit->view, err));
  TRY(check_conflicts(commit, err));
  for (size_t i = 0; i < commit->counters_count; i++)
    TRY(fill_counter(commit, &commit->counters[i], err));
  TRY(engine_order_reserve(engine, err));
  commit->seq = engine->last_seq + 1;
  return memtable_reserve(commit->view->active.memtable, commit->entries, commit->bytes,
                          &commit->room, err);
}

static status order_locked(struct commit *commit, struct err *err) {
  bool edits = commit->txn->writes.ranges_count > 0;
  TRY(prepare(commit, err));
  if (edits) mutex_lock(&commit->engine->edit_lock);
  status answer = apply(commit, err);
  if (edits) mutex_unlock(&commit->engine->edit_lock);
  if (answer != LUMA_OK) memtable_unreserve(commit->view->active.memtable, &commit->room);
  return answer;
}

/* Beside other commits. The snapshot is open meanwhile, which keeps what this insert stands on. */
static void insert(struct commit *commit) {
  struct memtable *memtable = commit->view->active.memtable;
  bool inserted = insert_entries(commit);
  ASSERT(inserted); /* the write set has each key once, and whoever wrote it since conflicts */
  memtable_unreserve(memtable, &commit->room);
  engine_inserted(commit->engine, commit->seq);
  wal_fill(&commit->place, buf_slice(&commit->txn->writes.log));
  engine_show(commit->engine, commit->seq);
}

/* The commit gets its place in the order. */
static status order(struct commit *commit, struct err *err) {
  struct engine *engine = commit->engine;
  mutex_lock(&engine->commit_lock);
  status answer = order_locked(commit, err);
  mutex_unlock(&engine->commit_lock);
  if (answer == LUMA_OK) insert(commit);
  view_release(commit->view);
  commit->view = NULL;
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
  commit->entries = writes->entries;
  commit->bytes = writes->bytes;
  if (answer == LUMA_OK) answer = order(commit, err);
  if (answer == LUMA_DISK_FULL && engine_starve(commit->engine) && frees(commit))
    answer = order(commit, err);
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
  status answer = writes ? txn__enter(own, err) : LUMA_OK;
  if (answer == LUMA_OK && writes) answer = resolve_and_order(&commit, err);
  if (writes) place = (struct store_pos){commit.seq, own->writes.emits};
  engine_reader_end(engine, &own->reader);
  txn__destroy(own);
  if (answer == LUMA_OK && writes) answer = settle(engine, commit.seq, durability, err);
  if (answer == LUMA_OK && position) *position = place;
  if (answer == LUMA_OK && seq) *seq = commit.seq;
  if (writes) compact_due(engine);
  return answer;
}
