/* SPDX-License-Identifier: MIT */
/* A draft's writes, as statements: ranges first, then keys in batches, counters with their sums,
 * and what it emits. */
#include "base/core/bytes.h"
#include "store/pg/pg_int.h"

/** What is being sent. */
struct applying {
  struct pg_txn *txn;
  store_seq seq;
  const struct pg_sum *next_sum;
  enum store_space space; /* of the keys gathered */
  struct conn_array keys, values;
};

static void count_bytes(struct applying *applying, const struct conn_array *array) {
  atomic_fetch_add(&pg__of(&applying->txn->txn)->bytes_written, array->buf.bytes);
}

/* ---- ranges ---- */

static status apply_range(struct applying *applying, const struct draft_range *where,
                          struct err *err) {
  struct pg_store *store = pg__of(&applying->txn->txn);
  struct slice to = pg__to(store, where->range.to);
  struct conn_params erase = {0}, note = {0};
  conn_param_bytes(&erase, where->range.from);
  conn_param_bytes(&erase, to);
  TRY(conn_ask(applying->txn->conn, SQL_ERASE, (int)where->space, &erase, err));
  conn_param_number(&note, (uint64_t)where->space);
  conn_param_bytes(&note, where->range.from);
  conn_param_bytes(&note, to);
  conn_param_number(&note, applying->seq);
  store->forgettable++;
  return conn_ask(applying->txn->conn, SQL_NOTE_ERASED, 0, &note, err);
}

static status apply_ranges(struct applying *applying, struct err *err) {
  const struct fifo *ranges = &applying->txn->draft.erased;
  for (size_t i = 0; i < ranges->count; i++) {
    TRY(apply_range(applying, fifo_at(ranges, i), err));
  }
  return LUMA_OK;
}

/* ---- keys ---- */

static status send_keys(struct applying *applying, struct err *err) {
  if (applying->keys.count == 0) return LUMA_OK;
  struct conn_params params = {0};
  TRY(conn_param_array(&params, &applying->keys, err));
  TRY(conn_param_array(&params, &applying->values, err));
  conn_param_number(&params, applying->seq);
  TRY(conn_ask(applying->txn->conn, SQL_PUT, (int)applying->space, &params, err));
  count_bytes(applying, &applying->keys);
  count_bytes(applying, &applying->values);
  conn_array_reset(&applying->keys);
  conn_array_reset(&applying->values);
  return LUMA_OK;
}

static int64_t base_of(struct applying *applying, const struct draft_write *write) {
  if (pg__takes_base(&applying->txn->draft, write)) return (applying->next_sum++)->base;
  return write->kind == DRAFT_PUT ? (int64_t)load64le(write->value.data) : 0;
}

static status apply_sum(struct applying *applying, const struct draft_write *write,
                        struct err *err) {
  int64_t sum;
  TRY(draft_sum(write, base_of(applying, write), &sum, err));
  if (sum < write->least || sum > write->most) {
    FAIL(err, LUMA_LIMIT_REACHED, "a counter would become %lld; it may be %lld to %lld",
         (long long)sum, (long long)write->least, (long long)write->most);
  }
  uint8_t *room = conn_array_extend(&applying->values, sizeof sum);
  if (room) store64le(room, (uint64_t)sum);
  return LUMA_OK;
}

static void apply_value(struct applying *applying, struct slice value) {
  uint8_t *room = conn_array_extend(&applying->values, value.bytes);
  if (!room) return;
  if (value.bytes) memcpy(room, value.data, value.bytes);
  if (applying->space == STORE_RECORDS) store64le(room + 8, applying->seq);
}

static status apply_write(void *context, enum store_space space, const struct draft_write *write,
                          struct err *err) {
  struct applying *applying = context;
  bool is_full = conn_array_is_full(&applying->keys) || conn_array_is_full(&applying->values);
  if (space != applying->space || is_full) TRY(send_keys(applying, err));
  applying->space = space;
  conn_array_add(&applying->keys, write->item.key);
  if (write->has_add) return apply_sum(applying, write, err);
  if (write->kind == DRAFT_PUT) {
    apply_value(applying, write->value);
  } else {
    conn_array_add_null(&applying->values);
    pg__of(&applying->txn->txn)->forgettable++;
  }
  return LUMA_OK;
}

/* ---- the feed ---- */

static status send_payloads(struct applying *applying, uint64_t before, struct err *err) {
  if (applying->values.count == 0) return LUMA_OK;
  struct conn_params params = {0};
  conn_param_number(&params, applying->seq);
  TRY(conn_param_array(&params, &applying->values, err));
  conn_param_number(&params, before);
  TRY(conn_ask(applying->txn->conn, SQL_EMIT, 0, &params, err));
  count_bytes(applying, &applying->values);
  conn_array_reset(&applying->values);
  return LUMA_OK;
}

static status apply_emits(struct applying *applying, struct err *err) {
  const struct fifo *emits = &applying->txn->draft.emits;
  uint64_t before = 0;
  for (size_t i = 0; i < emits->count; i++) {
    if (conn_array_is_full(&applying->values)) {
      TRY(send_payloads(applying, before, err));
      before = i;
    }
    conn_array_add(&applying->values, *(const struct slice *)fifo_at(emits, i));
  }
  return send_payloads(applying, before, err);
}

static status apply_head(struct applying *applying, struct err *err) {
  struct conn_params params = {0};
  conn_param_number(&params, applying->seq);
  conn_param_number(&params, applying->txn->draft.emits.count);
  return conn_ask(applying->txn->conn, SQL_HEAD_SET, 0, &params, err);
}

status pg__apply(struct pg_txn *txn, store_seq seq, const struct pg_sum *sums, struct err *err) {
  struct applying applying = {.txn = txn, .seq = seq, .next_sum = sums};
  conn_array_init(&applying.keys);
  conn_array_init(&applying.values);
  status answer = apply_ranges(&applying, err);
  if (answer == LUMA_OK) answer = pg__each_write(&txn->draft, apply_write, &applying, err);
  if (answer == LUMA_OK) answer = send_keys(&applying, err);
  if (answer == LUMA_OK) answer = apply_emits(&applying, err);
  if (answer == LUMA_OK) answer = apply_head(&applying, err);
  conn_array_deinit(&applying.keys);
  conn_array_deinit(&applying.values);
  return answer;
}
