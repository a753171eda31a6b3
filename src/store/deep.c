/* SPDX-License-Identifier: MIT */
#include "store/deep.h"

#include <stdio.h>

#include "base/core/bytes.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"

enum { ROWS = 256, FEED_RECORDS = 1024, PLACE_BYTES = 96 };

/** What a walk over a space met: equal for the same rows in any order. */
struct tally {
  uint64_t rows, sum;
};

struct deep {
  struct store_txn *txn;
  store_check_fn *fault;
  void *context;
  uint64_t faults;
  enum store_space space;
  struct buf last; /* the key before */
  struct store_rows rows;
  struct store_value values[ROWS];
};

static void report(struct deep *deep, struct slice key, const char *what) {
  char place[PLACE_BYTES];
  size_t at = (size_t)snprintf(place, sizeof place, "space %d key ", (int)deep->space);
  for (size_t i = 0; i < key.bytes && at + 3 < sizeof place; i++)
    at += (size_t)snprintf(place + at, sizeof place - at, "%02x", key.data[i]);
  deep->faults++;
  if (deep->fault) deep->fault(deep->context, place, what);
}

/* Damage is a finding and ends the walk; anything else ends the check. */
static status judge(struct deep *deep, status answer, const struct err *found, struct err *err) {
  if (answer == LUMA_CORRUPT) {
    deep->faults++;
    if (deep->fault) deep->fault(deep->context, found->message, "cannot be read");
    return LUMA_OK;
  }
  if (answer != LUMA_OK && err) *err = *found;
  return answer;
}

/* ---- rows ---- */

static void check_row(struct deep *deep, uint32_t row, const struct store_value *got) {
  struct slice key = deep->rows.keys[row], value = deep->rows.values[row];
  if (!got->found || !slice_is_equal(got->value, value))
    report(deep, key, "is not found by its key as it is in its range");
  if (got->found && (got->seq == 0 || got->seq > store_snapshot(deep->txn)))
    report(deep, key, "is of a commit that the snapshot does not have");
  if (deep->space == STORE_RECORDS && value.bytes < STORE_RECORD_BYTES_MIN)
    report(deep, key, "is too short for a record");
  else if (deep->space == STORE_RECORDS && got->found && load64le(value.data + 8) != got->seq)
    report(deep, key, "does not carry the sequence of its commit");
  if (deep->space == STORE_COUNTERS && value.bytes != sizeof(int64_t))
    report(deep, key, "is not a counter of 8 bytes");
}

static void check_order(struct deep *deep, struct slice key, bool is_first, bool backwards) {
  int compared = slice_compare(key, buf_slice(&deep->last));
  if (!is_first && (backwards ? compared >= 0 : compared <= 0))
    report(deep, key, "is out of order");
  buf_reset(&deep->last);
  buf_append_slice(&deep->last, key);
}

static void add_rows(struct deep *deep, bool backwards, struct tally *tally) {
  for (uint32_t i = 0; i < deep->rows.count; i++) {
    check_order(deep, deep->rows.keys[i], tally->rows == 0, backwards);
    tally->rows++;
    tally->sum += hash64(deep->rows.values[i], hash64(deep->rows.keys[i], 0));
  }
}

static status look_up(struct deep *deep, struct err *err) {
  struct store_pins pins = {0};
  struct err found = {0};
  status answer = store_get_many(deep->txn, deep->space, deep->rows.keys, deep->rows.count,
                                 deep->values, &pins, &found);
  for (uint32_t i = 0; answer == LUMA_OK && i < deep->rows.count; i++)
    check_row(deep, i, &deep->values[i]);
  store_pins_release(&pins);
  return judge(deep, answer, &found, err);
}

static status walk(struct deep *deep, bool backwards, struct tally *tally, struct err *err) {
  struct store_cursor *cursor;
  struct err found = {0};
  status answer = store_cursor_open(deep->txn, deep->space, (struct store_range){{0}, {0}},
                                    backwards, &cursor, &found);
  if (answer != LUMA_OK) return judge(deep, answer, &found, err);
  do {
    answer = judge(deep, store_cursor_next(cursor, ROWS, &deep->rows, &found), &found, err);
    if (found.code != LUMA_OK) break;
    add_rows(deep, backwards, tally);
    if (!backwards && deep->rows.count) answer = look_up(deep, err);
  } while (answer == LUMA_OK && deep->rows.count > 0);
  store_cursor_close(cursor);
  return answer;
}

static status check_space(struct deep *deep, struct err *err) {
  struct tally forwards = {0}, backwards = {0};
  TRY(walk(deep, false, &forwards, err));
  TRY(walk(deep, true, &backwards, err));
  if (forwards.rows != backwards.rows || forwards.sum != backwards.sum)
    report(deep, slice_of(NULL, 0), "has other rows backwards than forwards");
  return buf_check(&deep->last, "a key", err);
}

/* ---- the feed ---- */

/* Reads on from `*at`; `*more` false at the end. */
static status read_feed(struct deep *deep, struct store_pos *at, bool *more, struct err *err) {
  struct store *store = deep->txn->store;
  struct store_feed_record *records;
  struct arena arena;
  struct err found = {0};
  uint32_t count = 0;
  arena_init(&arena, 0, 0);
  status answer = store_feed_read(store, *at, FEED_RECORDS, &arena, &records, &count, &found);
  for (uint32_t i = 0; answer == LUMA_OK && i < count; i++) {
    if (store_pos_compare(store, *at, records[i].position) >= 0)
      report(deep, records[i].payload, "a record of the feed does not come after the one before");
    *at = records[i].position;
  }
  arena_deinit(&arena);
  *more = answer == LUMA_OK && count > 0;
  return judge(deep, answer, &found, err);
}

/* What is trimmed or committed meanwhile does not count. */
static status check_feed(struct deep *deep, struct err *err) {
  struct store *store = deep->txn->store;
  struct store_pos at, newest;
  TRY(store_feed_bounds(store, &at, &newest, err));
  bool more = true;
  while (more) {
    status answer = read_feed(deep, &at, &more, err);
    if (answer == LUMA_GAP) {
      if (err) err_reset(err);
      return LUMA_OK;
    }
    TRY(answer);
  }
  return LUMA_OK;
}

/* ---- the whole ---- */

static status check_all(struct deep *deep, struct err *err) {
  for (int space = 0; space < STORE_SPACES; space++) {
    deep->space = (enum store_space)space;
    TRY(check_space(deep, err));
  }
  return check_feed(deep, err);
}

status store_check_deep(struct store *store, store_check_fn *fault, void *context,
                        struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct deep *deep = mem_zalloc(1, sizeof *deep);
  if (!deep) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the check");
  deep->fault = fault;
  deep->context = context;
  buf_init(&deep->last, STORE_KEY_BYTES_MAX);
  status answer = store_begin(store, &options, &deep->txn, err);
  if (answer == LUMA_OK) {
    answer = check_all(deep, err);
    store_rollback(deep->txn);
  }
  uint64_t faults = deep->faults;
  buf_deinit(&deep->last);
  mem_free(deep);
  TRY(answer);
  if (faults > 0) FAIL(err, LUMA_CORRUPT, "%llu faults were found", (unsigned long long)faults);
  return LUMA_OK;
}
