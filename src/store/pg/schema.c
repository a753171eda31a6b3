/* SPDX-License-Identifier: MIT */
/* The tables: finding or making them, and the lock that says who may write. */
#include <stdio.h>

#include "base/os/process.h"
#include "base/text/num.h"
#include "store/pg/pg_int.h"

enum {
  FORMAT = 1,
  SERVER_VERSION_MIN = 110000, /* the first with sha256(bytea) */
  COMMAND_BYTES_MAX = 8192,
  LOCK_CLASS = 0x6c756d61, /* "luma" */
  LOCK_TRIES = 20,
  LOCK_WAIT_US = 100000,
  HOLDER_BYTES_MAX = 512
};

static const char make_space[] =
    "CREATE TABLE %s (key bytea NOT NULL, mark bytea NOT NULL, rest bytea NOT NULL, value bytea, "
    "seq bigint NOT NULL, PRIMARY KEY (key, mark));"
    "CREATE INDEX %s_deleted ON %s (seq) WHERE value IS NULL;";

static const char make_rest[] =
    "CREATE TABLE luma_erased (space bigint NOT NULL, low bytea NOT NULL, high bytea NOT NULL, "
    "seq bigint NOT NULL);"
    "CREATE INDEX luma_erased_seq ON luma_erased (seq);"
    "CREATE TABLE luma_feed (seq bigint NOT NULL, nr bigint NOT NULL, payload bytea NOT NULL, "
    "PRIMARY KEY (seq, nr));"
    "CREATE TABLE luma_head (one boolean PRIMARY KEY CHECK (one), format integer NOT NULL, "
    "owner bigint NOT NULL, holder text NOT NULL, seq bigint NOT NULL, records bigint NOT NULL, "
    "trimmed_seq bigint NOT NULL, trimmed_nr bigint NOT NULL);"
    "INSERT INTO luma_head VALUES (true, %d, 0, '', 0, 0, 0, 0)";

/* One text is one transaction. */
static status make_tables(struct conn *conn, struct err *err) {
  struct buf sql;
  buf_init(&sql, COMMAND_BYTES_MAX);
  for (int space = 0; space < STORE_SPACES; space++) {
    const char *table = sql_table(space);
    buf_append_format(&sql, make_space, table, table, table);
  }
  buf_append_format(&sql, make_rest, FORMAT);
  buf_append_byte(&sql, 0);
  status answer = buf_check(&sql, "a statement", err);
  if (answer == LUMA_OK) answer = conn_command(conn, (const char *)sql.data, NULL, err);
  buf_deinit(&sql);
  return answer;
}

/* The first field of the first row, as a number; 0 when it is NULL or no number. */
static uint64_t number_of(const PGresult *result) {
  int64_t number = 0;
  const char *text = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
  return num_parse_int64(slice_of_text(text), &number) ? (uint64_t)number : 0;
}

static status ask_number(struct conn *conn, const char *sql, uint64_t *number, struct err *err) {
  PGresult *result = NULL;
  TRY(conn_command(conn, sql, &result, err));
  *number = number_of(result);
  PQclear(result);
  return LUMA_OK;
}

static status has_tables(struct conn *conn, bool *found, struct err *err) {
  uint64_t number = 0;
  TRY(ask_number(conn, "SELECT (to_regclass('luma_head') IS NOT NULL)::integer", &number, err));
  *found = number != 0;
  return LUMA_OK;
}

/* Where two make them at once, one fails and finds them made. */
static status find_or_make(struct conn *conn, bool create, struct err *err) {
  bool found = false;
  TRY(has_tables(conn, &found, err));
  if (found) return LUMA_OK;
  if (!create) {
    FAIL(err, LUMA_NOT_FOUND, "there is no LumaDB database in `%s` on that server",
         PQdb(conn->handle));
  }
  status answer = make_tables(conn, err);
  if (answer == LUMA_OK || answer == LUMA_READ_ONLY) return answer;
  if (has_tables(conn, &found, NULL) != LUMA_OK || !found) return answer;
  if (err) err_reset(err);
  return LUMA_OK;
}

static status check_format(struct conn *conn, struct err *err) {
  uint64_t format = 0;
  TRY(ask_number(conn, "SELECT format FROM luma_head", &format, err));
  if (format == FORMAT) return LUMA_OK;
  if (format == 0) FAIL(err, LUMA_NOT_A_DATABASE, "luma_head is no table of LumaDB's");
  FAIL(err, LUMA_VERSION_TOO_NEW, "the tables have format %llu; this version knows %d",
       (unsigned long long)format, FORMAT);
}

/* ---- who writes ---- */

static status fail_locked(struct conn *conn, struct err *err) {
  PGresult *result = NULL;
  char holder[HOLDER_BYTES_MAX] = "";
  if (conn_command(conn, "SELECT holder FROM luma_head", &result, NULL) == LUMA_OK) {
    if (PQntuples(result) > 0) snprintf(holder, sizeof holder, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
  }
  err_raise(err, LUMA_LOCKED, __FILE__, __LINE__, "the database is open elsewhere%s%s",
            holder[0] ? ": " : "", holder);
  err_hint(err, "close it there, or ask that process instead");
  return LUMA_LOCKED;
}

/* The lock goes with the connection. A holder that just died may take the server a moment to
 * notice. */
static status take_lock(struct pg_store *store, struct err *err) {
  char sql[256];
  snprintf(sql, sizeof sql,
           "SELECT pg_try_advisory_lock%s((%d::bigint << 32) | 'luma_head'::regclass::oid::bigint)"
           "::integer",
           store->read_only ? "_shared" : "", LOCK_CLASS);
  for (int tries = 0; tries < LOCK_TRIES; tries++) {
    uint64_t is_ours = 0;
    TRY(ask_number(store->keeper, sql, &is_ours, err));
    if (is_ours) return LUMA_OK;
    os_sleep_us(store->os, LOCK_WAIT_US);
  }
  return fail_locked(store->keeper, err);
}

/* The number we draw stands in the head from here on; whoever held the lock before us and lost it
 * with its connection finds that at its next commit. */
static status take_over(struct pg_store *store, const char *holder, struct err *err) {
  if (store->read_only) return LUMA_OK;
  char text[HOLDER_BYTES_MAX];
  snprintf(text, sizeof text, "process %u%s%s", process_id(), holder ? ", " : "",
           holder ? holder : "");
  char *quoted = PQescapeLiteral(store->keeper->handle, text, strlen(text));
  if (!quoted) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to open the database");
  struct buf sql;
  buf_init(&sql, COMMAND_BYTES_MAX);
  buf_append_format(&sql, "UPDATE luma_head SET owner = owner + 1, holder = %s RETURNING owner%c",
                    quoted, 0);
  PQfreemem(quoted);
  status answer = buf_check(&sql, "a statement", err);
  if (answer == LUMA_OK) {
    answer = ask_number(store->keeper, (const char *)sql.data, &store->owner, err);
  }
  buf_deinit(&sql);
  return answer;
}

status pg__schema_open(struct pg_store *store, const struct pg_options *options, struct err *err) {
  if (PQserverVersion(store->keeper->handle) < SERVER_VERSION_MIN) {
    FAIL(err, LUMA_UNSUPPORTED, "the server speaks as PostgreSQL %d: it takes 11",
         PQserverVersion(store->keeper->handle) / 10000);
  }
  TRY(find_or_make(store->keeper, options->create && !options->read_only, err));
  TRY(check_format(store->keeper, err));
  TRY(take_lock(store, err));
  TRY(take_over(store, options->holder, err));
  return ask_number(store->keeper, "SELECT seq FROM luma_head", &store->last_seq, err);
}
