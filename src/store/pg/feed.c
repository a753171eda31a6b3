/* SPDX-License-Identifier: MIT */
/* The feed: a table by position, (sequence of the commit, 1, 2, … within it). Commits are one after
 * the other, so whatever a reader sees is complete up to there. */
#include "store/pg/pg_int.h"

enum { FEED_ROWS_MAX = 4096 };

int pg__pos_compare(struct store_pos a, struct store_pos b) {
  if (a.high != b.high) return a.high < b.high ? -1 : 1;
  return (a.low > b.low) - (a.low < b.low);
}

/* The server's numbers have a sign, a position of someone else's making may be over that. */
static void param_position(struct conn_params *params, struct store_pos position) {
  bool is_over = position.high > INT64_MAX;
  conn_param_number(params, is_over ? INT64_MAX : position.high);
  conn_param_number(params, is_over || position.low > INT64_MAX ? INT64_MAX : position.low);
}

/* ---- reading ---- */

/* Rows: trimmed_seq, trimmed_nr, seq, nr, payload; one row without the rest where there is none. */
static status copy_records(const PGresult *result, struct store_pos after, struct arena *arena,
                           struct store_feed_record **records, uint32_t *count, struct err *err) {
  int rows = PQntuples(result);
  if (rows == 0) FAIL(err, LUMA_CORRUPT, "luma_head has lost its row");
  struct store_pos trimmed = {conn_number(result, 0, 0), conn_number(result, 0, 1)};
  if (pg__pos_compare(after, trimmed) < 0) {
    FAIL(err, LUMA_GAP, "the feed no longer has all records after this position");
  }
  if (PQgetisnull(result, 0, 2)) rows = 0;
  struct store_feed_record *room = arena_zalloc(arena, (size_t)rows + 1, sizeof *room);
  for (int row = 0; room && row < rows; row++) {
    struct slice payload = conn_bytes(result, row, 4);
    struct store_pos position = {conn_number(result, row, 2), conn_number(result, row, 3)};
    void *copy = arena_copy(arena, payload.data, payload.bytes);
    room[row] = (struct store_feed_record){position, position.high, slice_of(copy, payload.bytes)};
  }
  if (arena_has_refused(arena)) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the feed's records");
  *records = room;
  *count = (uint32_t)rows;
  return LUMA_OK;
}

status pg__feed_read(struct store *store, struct store_pos after, uint32_t max, struct arena *arena,
                     struct store_feed_record **records, uint32_t *count, struct err *err) {
  struct conn_params params = {0};
  PGresult *result;
  param_position(&params, after);
  conn_param_number(&params, max < FEED_ROWS_MAX ? max : FEED_ROWS_MAX);
  TRY(pg__query((struct pg_store *)store, SQL_FEED_READ, 0, &params, &result, err));
  status answer = copy_records(result, after, arena, records, count, err);
  PQclear(result);
  return answer;
}

status pg__feed_bounds(struct store *store, struct store_pos *oldest, struct store_pos *newest,
                       struct err *err) {
  PGresult *result;
  TRY(pg__query((struct pg_store *)store, SQL_HEAD_READ, 0, NULL, &result, err));
  bool has_head = PQntuples(result) == 1;
  if (has_head) {
    *newest = (struct store_pos){conn_number(result, 0, 0), conn_number(result, 0, 1)};
    *oldest = (struct store_pos){conn_number(result, 0, 2), conn_number(result, 0, 3)};
  }
  PQclear(result);
  if (!has_head) FAIL(err, LUMA_CORRUPT, "luma_head has lost its row");
  return LUMA_OK;
}

/* ---- trimming ---- */

static status trim(struct pg_store *store, struct conn *conn, struct store_pos position,
                   struct err *err) {
  PGresult *results[2];
  struct pg_head head;
  TRY(conn_ask(conn, SQL_BEGIN_WRITE, 0, NULL, err));
  TRY(conn_ask(conn, SQL_HEAD_LOCK, 0, NULL, err));
  conn->in_transaction = true;
  TRY(conn_run(conn, results, err));
  status answer = pg__head_of(store, results[1], &head, err);
  PQclear(results[0]);
  PQclear(results[1]);
  if (answer != LUMA_OK) return answer;
  if (pg__pos_compare(position, head.newest) > 0) position = head.newest;
  if (pg__pos_compare(position, head.trimmed) <= 0) return LUMA_OK;
  struct conn_params params = {0};
  param_position(&params, position);
  TRY(conn_ask(conn, SQL_FEED_DROP, 0, &params, err));
  TRY(conn_ask(conn, SQL_FEED_TRIMMED, 0, &params, err));
  TRY(conn_ask(conn, SQL_COMMIT, 0, NULL, err));
  TRY(conn_run(conn, NULL, err));
  conn->in_transaction = false;
  return LUMA_OK;
}

status pg__feed_trim(struct store *store, struct store_pos position, struct err *err) {
  struct pg_store *pg = (struct pg_store *)store;
  struct conn *conn;
  if (pg->read_only) FAIL(err, LUMA_READ_ONLY, "the database is open for reading only");
  TRY(pg__conn_acquire(pg, false, &conn, err));
  status answer = trim(pg, conn, position, err);
  pg__conn_release(pg, conn);
  return answer;
}
