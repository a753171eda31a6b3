/* SPDX-License-Identifier: MIT */
/* Conflicts: whether commits after the snapshot wrote a key, or into a range, that this transaction
 * wrote or guards. A deleted key keeps its row, and a deleted range is noted, until nobody can
 * conflict with them. */
#include "store/pg/pg_int.h"

/** The keys of one space that are being gathered. */
struct looking {
  struct pg_txn *txn;
  enum store_space space;
  struct conn_array keys;
};

static status ask_keys(struct looking *looking, struct err *err) {
  if (looking->keys.count == 0) return LUMA_OK;
  struct conn_params params = {0};
  TRY(conn_param_array(&params, &looking->keys, err));
  conn_param_number(&params, looking->txn->snapshot);
  TRY(conn_ask(looking->txn->conn, SQL_CHANGED_KEYS, (int)looking->space, &params, err));
  conn_array_reset(&looking->keys);
  return LUMA_OK;
}

static status look_for_key(struct looking *looking, enum store_space space, struct slice key,
                           struct err *err) {
  if (space != looking->space || conn_array_is_full(&looking->keys)) TRY(ask_keys(looking, err));
  looking->space = space;
  conn_array_add(&looking->keys, key);
  return LUMA_OK;
}

/* A key that was only added to takes whatever others made of it. */
static status look_for_write(void *context, enum store_space space, const struct draft_write *write,
                             struct err *err) {
  if (write->kind == DRAFT_NONE) return LUMA_OK;
  return look_for_key(context, space, write->item.key, err);
}

static bool is_one_key(struct store_range range) {
  return range.to.bytes == range.from.bytes + 1 && range.to.data[range.from.bytes] == 0 &&
         slice_has_prefix(range.to, range.from);
}

static status look_for_range(struct looking *looking, const struct draft_range *where,
                             struct err *err) {
  if (is_one_key(where->range)) return look_for_key(looking, where->space, where->range.from, err);
  struct conn_params params = {0};
  conn_param_bytes(&params, where->range.from);
  conn_param_bytes(&params, pg__to(pg__of(&looking->txn->txn), where->range.to));
  conn_param_number(&params, looking->txn->snapshot);
  return conn_ask(looking->txn->conn, SQL_CHANGED_RANGE, (int)where->space, &params, err);
}

static status look_for_ranges(struct looking *looking, const struct fifo *ranges, struct err *err) {
  for (size_t i = 0; i < ranges->count; i++) {
    TRY(look_for_range(looking, fifo_at(ranges, i), err));
  }
  return LUMA_OK;
}

static status look_for_all(struct looking *looking, struct err *err) {
  const struct draft *draft = &looking->txn->draft;
  TRY(pg__each_write(draft, look_for_write, looking, err));
  TRY(look_for_ranges(looking, &draft->guards, err));
  TRY(look_for_ranges(looking, &draft->erased, err));
  TRY(ask_keys(looking, err));
  return conn_run(looking->txn->conn, NULL, err);
}

status pg__check_changes(struct pg_txn *txn, struct err *err) {
  struct looking looking = {.txn = txn};
  conn_array_init(&looking.keys);
  status answer = look_for_all(&looking, err);
  conn_array_deinit(&looking.keys);
  if (answer != LUMA_OK || txn->conn->rows == 0) return answer;
  err_raise(err, LUMA_CONFLICT, __FILE__, __LINE__,
            "another transaction changed the same data first");
  err_hint(err, "run the transaction again");
  return LUMA_CONFLICT;
}
