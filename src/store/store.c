/* SPDX-License-Identifier: MIT */
/* The calls by name. Arguments are judged here, once for every implementation, so that each of them
 * may trust what it gets. */
#include "store/store.h"

static status check_space(enum store_space space, struct err *err) {
  if ((unsigned)space >= STORE_SPACES) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "there is no storage space number %u", (unsigned)space);
  }
  return LUMA_OK;
}

static status check_key(struct slice key, struct err *err) {
  if (key.bytes <= STORE_KEY_BYTES_MAX) return LUMA_OK;
  status code =
      err_raise(err, LUMA_TOO_LARGE, __FILE__, __LINE__, "the key has %zu bytes", key.bytes);
  err_hint(err, "a key may have at most %d bytes", STORE_KEY_BYTES_MAX);
  return code;
}

static status check_value_size(struct slice value, struct err *err) {
  if (value.bytes <= STORE_VALUE_BYTES_MAX) return LUMA_OK;
  status code =
      err_raise(err, LUMA_TOO_LARGE, __FILE__, __LINE__, "the value has %zu bytes", value.bytes);
  err_hint(err, "a value may have at most %d MiB", STORE_VALUE_BYTES_MAX >> 20);
  return code;
}

static status check_writes(const struct store_txn *txn, struct err *err) {
  if (txn->read_only) FAIL(err, LUMA_READ_ONLY, "the transaction is read only");
  return LUMA_OK;
}

static status check_write(const struct store_txn *txn, enum store_space space, struct slice key,
                          struct err *err) {
  TRY(check_writes(txn, err));
  TRY(check_space(space, err));
  return check_key(key, err);
}

/* The two spaces whose values have a form of their own. */
static status check_value(enum store_space space, struct slice value, struct err *err) {
  TRY(check_value_size(value, err));
  if (space == STORE_RECORDS && value.bytes < STORE_RECORD_BYTES_MIN) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "a record of %zu bytes has no room for its version",
         value.bytes);
  }
  if (space == STORE_COUNTERS && value.bytes != sizeof(int64_t)) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "a counter of %zu bytes: it takes 8", value.bytes);
  }
  return LUMA_OK;
}

void store_close(struct store *store) {
  store->ops->close(store);
}

status store_begin(struct store *store, const struct store_begin_options *options,
                   struct store_txn **txn, struct err *err) {
  static const struct store_begin_options usual = {0};
  if (!options) options = &usual;
  TRY(store->ops->begin(store, options, txn, err));
  (*txn)->store = store;
  (*txn)->read_only = options->read_only;
  return LUMA_OK;
}

status store_get(struct store_txn *txn, enum store_space space, struct slice key,
                 struct store_value *value, struct store_pins *pins, struct err *err) {
  return store_get_many(txn, space, &key, 1, value, pins, err);
}

status store_get_many(struct store_txn *txn, enum store_space space, const struct slice *keys,
                      uint32_t count, struct store_value *values, struct store_pins *pins,
                      struct err *err) {
  TRY(check_space(space, err));
  if (count > STORE_BATCH_MAX) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "%u keys in one batch: at most %d", count, STORE_BATCH_MAX);
  }
  if (count == 0) return LUMA_OK;
  return txn->store->ops->get_many(txn, space, keys, count, values, pins, err);
}

status store_put(struct store_txn *txn, enum store_space space, struct slice key,
                 struct slice value, struct err *err) {
  TRY(check_write(txn, space, key, err));
  TRY(check_value(space, value, err));
  return txn->store->ops->put(txn, space, key, value, err);
}

status store_delete(struct store_txn *txn, enum store_space space, struct slice key,
                    struct err *err) {
  TRY(check_write(txn, space, key, err));
  return txn->store->ops->delete (txn, space, key, err);
}

static bool range_is_empty(struct store_range range) {
  return range.to.bytes > 0 && slice_compare(range.from, range.to) >= 0;
}

status store_delete_range(struct store_txn *txn, enum store_space space, struct store_range range,
                          struct err *err) {
  TRY(check_write(txn, space, range.from, err));
  TRY(check_key(range.to, err));
  if (range_is_empty(range)) return LUMA_OK;
  return txn->store->ops->delete_range(txn, space, range, err);
}

status store_add(struct store_txn *txn, struct slice key, int64_t delta, int64_t least,
                 int64_t most, struct err *err) {
  TRY(check_write(txn, STORE_COUNTERS, key, err));
  if (least > most) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "no counter is at least %lld and at most %lld",
         (long long)least, (long long)most);
  }
  return txn->store->ops->add(txn, key, delta, least, most, err);
}

status store_count(struct store_txn *txn, struct slice key, int64_t *value, struct err *err) {
  return txn->store->ops->count(txn, key, value, err);
}

status store_guard(struct store_txn *txn, enum store_space space, struct slice key,
                   struct err *err) {
  TRY(check_space(space, err));
  TRY(check_key(key, err));
  if (txn->read_only) return LUMA_OK;
  return txn->store->ops->guard(txn, space, key, err);
}

status store_emit(struct store_txn *txn, struct slice payload, struct err *err) {
  TRY(check_writes(txn, err));
  TRY(check_value_size(payload, err));
  return txn->store->ops->emit(txn, payload, err);
}

status store_savepoint(struct store_txn *txn, uint64_t *mark, struct err *err) {
  return txn->store->ops->savepoint(txn, mark, err);
}

status store_rollback_to(struct store_txn *txn, uint64_t mark, struct err *err) {
  return txn->store->ops->rollback_to(txn, mark, err);
}

store_seq store_snapshot(const struct store_txn *txn) {
  return txn->store->ops->snapshot(txn);
}

status store_commit(struct store_txn *txn, enum store_durability durability,
                    struct store_pos *position, store_seq *seq, struct err *err) {
  return txn->store->ops->commit(txn, durability, position, seq, err);
}

void store_rollback(struct store_txn *txn) {
  txn->store->ops->rollback(txn);
}

status store_cursor_open(struct store_txn *txn, enum store_space space, struct store_range range,
                         bool backwards, struct store_cursor **cursor, struct err *err) {
  TRY(check_space(space, err));
  TRY(txn->store->ops->cursor_open(txn, space, range, backwards, cursor, err));
  (*cursor)->txn = txn;
  return LUMA_OK;
}

status store_cursor_next(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                         struct err *err) {
  if (max == 0 || max > STORE_BATCH_MAX) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "a step of %u rows: 1 to %d", max, STORE_BATCH_MAX);
  }
  return cursor->txn->store->ops->cursor_next(cursor, max, rows, err);
}

status store_cursor_seek(struct store_cursor *cursor, struct slice key, struct err *err) {
  return cursor->txn->store->ops->cursor_seek(cursor, key, err);
}

status store_cursor_keep(struct store_cursor *cursor, struct store_pins *pins, struct err *err) {
  return cursor->txn->store->ops->cursor_keep(cursor, pins, err);
}

void store_cursor_close(struct store_cursor *cursor) {
  cursor->txn->store->ops->cursor_close(cursor);
}

status store_cut(struct store_txn *txn, enum store_space space, struct store_range range,
                 struct store_cuts *cuts, struct err *err) {
  TRY(check_space(space, err));
  cuts->count = 0;
  if (!txn->store->ops->cut || !(txn->read_only || cuts->waits || cuts->notes) ||
      range_is_empty(range))
    return LUMA_OK;
  return txn->store->ops->cut(txn, space, range, cuts, err);
}

status store_measure(struct store_txn *txn, enum store_space space, struct store_range range,
                     struct store_measure *measure, struct err *err) {
  TRY(check_space(space, err));
  *measure = (struct store_measure){.codec = "none"};
  if (!txn->store->ops->measure || range_is_empty(range)) return LUMA_OK;
  return txn->store->ops->measure(txn, space, range, measure, err);
}

status store_wait(struct store *store, struct store_pos position, struct err *err) {
  return store->ops->wait(store, position, err);
}

status store_sync(struct store *store, struct err *err) {
  return store->ops->sync(store, err);
}

struct store_pos store_durable(struct store *store) {
  return store->ops->durable(store);
}

status store_checkpoint(struct store *store, struct err *err) {
  return store->ops->checkpoint(store, err);
}

status store_compact(struct store *store, struct err *err) {
  return store->ops->compact(store, err);
}

status store_check(struct store *store, store_check_fn *fault, void *context, struct err *err) {
  return store->ops->check(store, fault, context, err);
}

status store_get_stats(struct store *store, struct store_stats *stats, struct err *err) {
  return store->ops->stats(store, stats, err);
}

status store_feed_read(struct store *store, struct store_pos after, uint32_t max,
                       struct arena *arena, struct store_feed_record **records, uint32_t *count,
                       struct err *err) {
  return store->ops->feed_read(store, after, max, arena, records, count, err);
}

status store_feed_bounds(struct store *store, struct store_pos *oldest, struct store_pos *newest,
                         struct err *err) {
  return store->ops->feed_bounds(store, oldest, newest, err);
}

status store_feed_trim(struct store *store, struct store_pos position, struct err *err) {
  return store->ops->feed_trim(store, position, err);
}

int store_pos_compare(struct store *store, struct store_pos a, struct store_pos b) {
  return store->ops->pos_compare(a, b);
}
