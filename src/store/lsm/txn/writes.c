/* SPDX-License-Identifier: MIT */
#include "store/lsm/txn/writes.h"

#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/lsm/feed/feed.h"

enum { SCAN_OPS_MAX = 8 }; /* up to so many operations are looked at one by one */

void writes_init(struct writes *writes, struct spare *spare) {
  *writes = (struct writes){.spare = spare};
  buf_init(&writes->log, WRITES_BYTES_MAX);
  sums_init(&writes->sums);
  for (int space = 0; space < STORE_SPACES; space++) writes->ascending[space] = true;
}

static void free_ranges(struct writes *writes) {
  for (size_t i = 0; i < writes->own_ranges_count; i++) {
    union {
      const uint8_t *borrowed;
      void *owned;
    } memory = {.borrowed = writes->ranges[i].range.from.data};
    mem_free(memory.owned);
  }
  writes->own_ranges_count = 0;
}

void writes_deinit(struct writes *writes) {
  spare_take(writes->spare, &writes->log);
  mem_free(writes->refs);
  sums_deinit(&writes->sums);
  if (writes->overlay) memtable_release(writes->overlay);
  while (writes->retired) {
    struct writes_retired *next = writes->retired->next;
    memtable_release(writes->retired->memtable);
    mem_free(writes->retired);
    writes->retired = next;
  }
  free_ranges(writes);
  mem_free(writes->ranges);
}

/* ---- the log ---- */

static struct slice log_slice(const struct writes *writes) {
  return buf_slice(&writes->log);
}

static struct record_op op_at(const struct writes *writes, size_t at) {
  struct record_op op = {0};
  record_next(log_slice(writes), &at, &op);
  return op;
}

static bool is_write_of_key(enum record_op_kind kind) {
  return kind == RECORD_PUT || kind == RECORD_DELETE;
}

void writes__measure(struct writes *writes, const struct record_op *op, int sign) {
  bool is_emit = op->kind == RECORD_EMIT;
  if (!is_emit && !is_write_of_key(op->kind)) return;
  uint64_t bytes = op->key.bytes + op->value.bytes + (is_emit ? FEED_KEY_BYTES : 0);
  writes->entries += sign > 0 ? 1 : UINT64_MAX;
  writes->bytes += sign > 0 ? bytes : 0 - bytes;
}

/* Keeps the counts and the knowledge of order. */
static void note_op(struct writes *writes, const struct record_op *op) {
  writes->count++;
  writes__measure(writes, op, 1);
  writes->emits += op->kind == RECORD_EMIT;
  writes->adds += op->kind == RECORD_ADD;
  writes->ranges_count += op->kind == RECORD_DELETE_RANGE;
  bool is_key = is_write_of_key(op->kind);
  if (op->kind == RECORD_DELETE_RANGE || (is_key && op->space == STORE_COUNTERS))
    writes->floor = op->end;
  if (op->kind == RECORD_ADD)
    writes->recent_adds[writes->recent_next++ % WRITES_RECENT_ADDS] = op->at;
  if (!is_key) return;
  size_t *last = &writes->last_at[op->space];
  if (*last && writes->ascending[op->space])
    writes->ascending[op->space] = slice_compare(op_at(writes, *last).key, op->key) < 0;
  *last = op->at;
}

static status fail_log(struct writes *writes, size_t kept, struct err *err) {
  status answer = buf_check(&writes->log, "the transaction", err);
  writes->log.failed = LUMA_OK;
  writes->log.bytes = kept;
  return answer;
}

status writes_add_op(struct writes *writes, enum record_op_kind kind, uint8_t space,
                     struct slice key, struct slice value, struct err *err) {
  size_t kept = writes->log.bytes;
  if (kept == 0) record_begin(&writes->log, RECORD_COMMIT);
  size_t at = writes->log.bytes;
  spare_lend(writes->spare, &writes->log, RECORD_OP_BYTES + key.bytes + value.bytes);
  if (!record_add_op(&writes->log, kind, space, key, value)) return fail_log(writes, kept, err);
  struct record_op op = op_at(writes, at);
  note_op(writes, &op);
  return LUMA_OK;
}

/* ---- counters ---- */

/* A recent add to the key, with nothing since that another add must come after. */
static bool find_recent_add(const struct writes *writes, struct slice key,
                            struct record_op *found) {
  for (int i = 0; i < WRITES_RECENT_ADDS; i++) {
    size_t at = writes->recent_adds[i];
    if (at == 0 || at < writes->floor) continue;
    *found = op_at(writes, at);
    if (slice_is_equal(found->key, key)) return true;
  }
  return false;
}

/* The same of all adds. */
static status find_earlier_add(struct writes *writes, struct slice key, struct record_op *op,
                               bool *found, struct err *err) {
  const struct sum *sum;
  TRY(sums_find(&writes->sums, log_slice(writes), key, &sum, err));
  *found = sum && sum->at && sum->at >= writes->floor;
  if (*found) *op = op_at(writes, sum->at);
  return LUMA_OK;
}

static status add_into(struct writes *writes, const struct record_op *op, const int64_t terms[3],
                       struct err *err) {
  uint8_t *value = writes->log.data + op->at + RECORD_OP_BYTES + op->key.bytes;
  int64_t sum, least = (int64_t)load64le(value + 8), most = (int64_t)load64le(value + 16);
  if (__builtin_add_overflow((int64_t)load64le(value), terms[0], &sum))
    FAIL(err, LUMA_OUT_OF_RANGE, "the additions to a counter leave 64 bits");
  store64le(value, (uint64_t)sum);
  store64le(value + 8, (uint64_t)(least > terms[1] ? least : terms[1]));
  store64le(value + 16, (uint64_t)(most < terms[2] ? most : terms[2]));
  return LUMA_OK;
}

status writes_add(struct writes *writes, struct slice key, int64_t delta, int64_t least,
                  int64_t most, struct err *err) {
  struct record_op op;
  const int64_t terms[3] = {delta, least, most};
  bool found = find_recent_add(writes, key, &op);
  if (!found && writes->adds > WRITES_RECENT_ADDS)
    TRY(find_earlier_add(writes, key, &op, &found, err));
  if (found) return add_into(writes, &op, terms, err);
  uint8_t value[RECORD_ADD_BYTES];
  for (int i = 0; i < 3; i++) store64le(value + 8 * i, (uint64_t)terms[i]);
  return writes_add_op(writes, RECORD_ADD, STORE_COUNTERS, key, slice_of(value, sizeof value), err);
}

static bool range_op_has(const struct record_op *op, uint8_t space, struct slice key) {
  return op->kind == RECORD_DELETE_RANGE && op->space == space &&
         slice_compare(op->key, key) <= 0 &&
         (op->value.bytes == 0 || slice_compare(key, op->value) < 0);
}

/* A few are looked at one by one. */
static status count_few(const struct writes *writes, struct slice key, int64_t *delta,
                        struct err *err) {
  struct record_op op;
  for (size_t at = RECORD_HEADER_BYTES; record_next(log_slice(writes), &at, &op);) {
    bool is_key = op.space == STORE_COUNTERS && slice_is_equal(op.key, key);
    if (range_op_has(&op, STORE_COUNTERS, key) || (is_key && is_write_of_key(op.kind))) *delta = 0;
    if (is_key && op.kind == RECORD_ADD &&
        __builtin_add_overflow(*delta, (int64_t)load64le(op.value.data), delta))
      FAIL(err, LUMA_OUT_OF_RANGE, "the additions to a counter leave 64 bits");
  }
  return LUMA_OK;
}

status writes_count(struct writes *writes, struct slice key, int64_t *delta, struct err *err) {
  const struct sum *sum;
  *delta = 0;
  if (writes->adds == 0) return LUMA_OK;
  if (writes->count <= SCAN_OPS_MAX) return count_few(writes, key, delta, err);
  TRY(sums_find(&writes->sums, log_slice(writes), key, &sum, err));
  return sum ? sums_total(sum, log_slice(writes), delta, err) : LUMA_OK;
}

/* ---- savepoints ---- */

uint64_t writes_mark(struct writes *writes) {
  writes->floor = writes->log.bytes;
  return writes->log.bytes;
}

static void recount(struct writes *writes) {
  struct record_op op;
  writes->count = writes->emits = writes->adds = writes->ranges_count = 0;
  writes->entries = writes->bytes = 0;
  memset(writes->recent_adds, 0, sizeof writes->recent_adds);
  for (int space = 0; space < STORE_SPACES; space++) {
    writes->ascending[space] = true;
    writes->last_at[space] = 0;
  }
  for (size_t at = RECORD_HEADER_BYTES; record_next(log_slice(writes), &at, &op);)
    note_op(writes, &op);
  writes->floor = writes->log.bytes;
  sums_reset(&writes->sums);
}

/* The overlay holds what is undone: it is kept for values read from it, and made anew when needed.
 */
static status retire_overlay(struct writes *writes, struct err *err) {
  if (!writes->overlay) return LUMA_OK;
  struct writes_retired *retired = mem_alloc(sizeof *retired);
  if (!retired) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to go back to a savepoint");
  *retired = (struct writes_retired){writes->retired, writes->overlay};
  writes->retired = retired;
  writes->overlay = NULL;
  writes->overlaid = 0;
  free_ranges(writes);
  return LUMA_OK;
}

status writes_rollback(struct writes *writes, uint64_t mark, struct err *err) {
  if (mark > writes->log.bytes || (mark > 0 && mark < RECORD_HEADER_BYTES))
    FAIL(err, LUMA_INVALID_ARGUMENT, "the savepoint is not of this transaction, or was undone");
  if (writes->overlaid > mark) TRY(retire_overlay(writes, err));
  writes->log.bytes = (size_t)mark;
  recount(writes);
  return LUMA_OK;
}

/* ---- the overlay ---- */

/* What comes in the order of keys is looked for behind all that was written. */
static bool is_behind(const struct writes *writes, uint8_t space, struct slice key) {
  size_t last = writes->last_at[space];
  if (writes->ranges_count || !writes->ascending[space]) return false;
  return !last || slice_compare(op_at(writes, last).key, key) < 0;
}

bool writes_is_untouched(const struct writes *writes, uint8_t space, struct slice key) {
  if (writes->count == 0 || is_behind(writes, space, key)) return true;
  if (writes->overlay || writes->count > SCAN_OPS_MAX) return false;
  struct record_op op;
  for (size_t at = RECORD_HEADER_BYTES; record_next(log_slice(writes), &at, &op);) {
    if (is_write_of_key(op.kind) && op.space == space && slice_is_equal(op.key, key)) return false;
    if (range_op_has(&op, space, key)) return false;
  }
  return true;
}

static status overlay_range(struct writes *writes, const struct record_op *op, uint64_t seq,
                            struct err *err) {
  void *ranges = writes->ranges;
  if (!mem_grow(&ranges, &writes->own_ranges_capacity, writes->own_ranges_count + 1,
                sizeof *writes->ranges))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a range delete");
  writes->ranges = ranges;
  uint8_t *keys = mem_alloc(op->key.bytes + op->value.bytes + 1);
  if (!keys) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a range delete");
  if (op->key.bytes) memcpy(keys, op->key.data, op->key.bytes);
  if (op->value.bytes) memcpy(keys + op->key.bytes, op->value.data, op->value.bytes);
  struct merge_range_delete range = {slice_of(keys, op->key.bytes),
                                     slice_of(keys + op->key.bytes, op->value.bytes), seq};
  writes->ranges[writes->own_ranges_count++] = (struct writes_range){op->space, range};
  return LUMA_OK;
}

static status overlay_op(struct writes *writes, const struct record_op *op, struct err *err) {
  uint64_t seq = WRITES_SEQ + ++writes->overlay_seq;
  if (op->kind == RECORD_DELETE_RANGE) return overlay_range(writes, op, seq, err);
  if (!is_write_of_key(op->kind)) return LUMA_OK;
  struct lsm_entry entry = {.space = op->space,
                            .kind = op->kind == RECORD_PUT ? ENTRY_PUT : ENTRY_DELETE,
                            .seq = seq,
                            .key = op->key,
                            .value = op->value};
  return memtable_insert(writes->overlay, &entry, 0, err);
}

status writes_overlay(struct writes *writes, struct err *err) {
  if (!writes->overlay) {
    TRY(memtable_create(&writes->overlay, err));
    writes->overlaid = RECORD_HEADER_BYTES;
  }
  struct record_op op;
  for (size_t at = writes->overlaid; record_next(log_slice(writes), &at, &op);
       writes->overlaid = at)
    TRY(overlay_op(writes, &op, err));
  return LUMA_OK;
}

uint64_t writes_cover(const struct writes *writes, uint8_t space, struct slice key) {
  for (size_t i = writes->own_ranges_count; i > 0; i--) {
    const struct writes_range *own = &writes->ranges[i - 1];
    if (own->space == space && slice_compare(own->range.from, key) <= 0 &&
        (own->range.to.bytes == 0 || slice_compare(key, own->range.to) < 0))
      return own->range.seq;
  }
  return 0;
}
