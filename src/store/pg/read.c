/* SPDX-License-Identifier: MIT */
/* Reads by key: the transaction's own write first, then what its snapshot has, all keys of a batch
 * in one statement. */
#include "base/core/bytes.h"
#include "store/pg/pg_int.h"

static void clear_result(void *object) {
  PQclear(object);
}

/** Keys a batch has to ask the server for, and the places of their values. */
struct asked {
  struct conn_array keys;
  uint32_t places[STORE_BATCH_MAX];
};

/* The draft's answer to a key, if it has one. */
static bool read_own(const struct pg_txn *txn, enum store_space space, struct slice key,
                     struct store_value *value) {
  *value = (struct store_value){0};
  const struct draft_write *own = draft_find(&txn->draft, space, key);
  if (own && own->kind != DRAFT_NONE) {
    *value = (struct store_value){own->kind == DRAFT_PUT, own->value, 0};
    return true;
  }
  return draft_is_erased(&txn->draft, space, key);
}

static void take_rows(struct pg_store *store, const PGresult *result, const struct asked *asked,
                      struct store_value *values) {
  uint64_t bytes = 0;
  for (int row = 0; row < PQntuples(result); row++) {
    uint64_t place = conn_number(result, row, 0);
    struct slice value = conn_bytes(result, row, 1);
    values[asked->places[place - 1]] =
        (struct store_value){true, value, conn_number(result, row, 2)};
    bytes += value.bytes;
  }
  atomic_fetch_add(&store->bytes_read, bytes);
}

static status ask_server(struct pg_txn *txn, enum store_space space, struct asked *asked,
                         PGresult **result, struct err *err) {
  struct conn_params params = {0};
  TRY(conn_param_array(&params, &asked->keys, err));
  TRY(conn_ask(txn->conn, SQL_GET, (int)space, &params, err));
  return conn_run(txn->conn, result, err);
}

/* `result` is what the values stand in; NULL when nothing came from the server. */
static status read_many(struct pg_txn *txn, enum store_space space, const struct slice *keys,
                        uint32_t count, struct store_value *values, PGresult **result,
                        struct err *err) {
  struct asked asked;
  *result = NULL;
  conn_array_init(&asked.keys);
  for (uint32_t i = 0; i < count; i++) {
    if (keys[i].bytes > STORE_KEY_BYTES_MAX) {
      values[i] = (struct store_value){0};
    } else if (!read_own(txn, space, keys[i], &values[i])) {
      asked.places[asked.keys.count] = i;
      conn_array_add(&asked.keys, keys[i]);
    }
  }
  status answer = LUMA_OK;
  if (asked.keys.count > 0) answer = ask_server(txn, space, &asked, result, err);
  conn_array_deinit(&asked.keys);
  if (answer == LUMA_OK && *result) take_rows(pg__of(&txn->txn), *result, &asked, values);
  return answer;
}

static status guard_reads(struct pg_txn *txn, enum store_space space, const struct slice *keys,
                          uint32_t count, struct err *err) {
  for (uint32_t i = 0; txn->is_serializable && i < count; i++) {
    TRY(draft_guard_key(&txn->draft, space, keys[i], err));
  }
  return LUMA_OK;
}

status pg__get_many(struct store_txn *txn, enum store_space space, const struct slice *keys,
                    uint32_t count, struct store_value *values, struct store_pins *pins,
                    struct err *err) {
  struct pg_txn *pg = (struct pg_txn *)txn;
  PGresult *result;
  TRY(guard_reads(pg, space, keys, count, err));
  TRY(read_many(pg, space, keys, count, values, &result, err));
  if (!result) return LUMA_OK;
  status answer = PQntuples(result) > 0 ? store_pins_add(pins, result, clear_result, err) : LUMA_OK;
  if (answer != LUMA_OK || PQntuples(result) == 0) PQclear(result);
  return answer;
}

status pg__count(struct store_txn *txn, struct slice key, int64_t *value, struct err *err) {
  struct pg_txn *pg = (struct pg_txn *)txn;
  struct store_value found;
  PGresult *result;
  TRY(guard_reads(pg, STORE_COUNTERS, &key, 1, err));
  TRY(read_many(pg, STORE_COUNTERS, &key, 1, &found, &result, err));
  int64_t base =
      found.found && found.value.bytes == sizeof base ? (int64_t)load64le(found.value.data) : 0;
  PQclear(result);
  const struct draft_write *own = draft_find(&pg->draft, STORE_COUNTERS, key);
  if (own) return draft_sum(own, base, value, err);
  *value = base;
  return LUMA_OK;
}
