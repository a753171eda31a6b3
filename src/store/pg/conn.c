/* SPDX-License-Identifier: MIT */
#include "store/pg/conn.h"

#include "base/core/bytes.h"
#include "base/mem/mem.h"

enum { SQL_BYTES_MAX = 4096, BYTEA = 17, ARRAY_HEAD_BYTES = 20, ARRAY_BYTES_MAX = 1 << 29 };

/* ---- parameters ---- */

void conn_param_number(struct conn_params *params, uint64_t number) {
  uint8_t *room = params->numbers[params->count];
  store64be(room, number);
  conn_param_bytes(params, slice_of(room, sizeof number));
}

void conn_param_bytes(struct conn_params *params, struct slice bytes) {
  params->values[params->count] = bytes.bytes ? (const char *)bytes.data : "";
  params->bytes[params->count++] = (int)bytes.bytes;
}

static void append32be(struct buf *buf, uint32_t number) {
  uint8_t *at = buf_extend(buf, sizeof number);
  if (at) store32be(at, number);
}

/* Dimensions, whether it has NULLs, type of the items, their number, the first one's number. */
void conn_array_reset(struct conn_array *array) {
  buf_reset(&array->buf);
  array->count = 0;
  const uint32_t head[] = {1, 1, BYTEA, 0, 1};
  for (size_t i = 0; i < sizeof head / sizeof head[0]; i++) append32be(&array->buf, head[i]);
}

void conn_array_init(struct conn_array *array) {
  buf_init(&array->buf, ARRAY_BYTES_MAX);
  conn_array_reset(array);
}

void conn_array_deinit(struct conn_array *array) {
  buf_deinit(&array->buf);
}

uint8_t *conn_array_extend(struct conn_array *array, size_t bytes) {
  array->count++;
  append32be(&array->buf, (uint32_t)bytes);
  return buf_extend(&array->buf, bytes);
}

void conn_array_add(struct conn_array *array, struct slice value) {
  uint8_t *at = conn_array_extend(array, value.bytes);
  if (at && value.bytes) memcpy(at, value.data, value.bytes);
}

void conn_array_add_null(struct conn_array *array) {
  array->count++;
  append32be(&array->buf, UINT32_MAX);
}

bool conn_array_is_full(const struct conn_array *array) {
  return array->count >= CONN_ARRAY_ITEMS || array->buf.bytes >= CONN_ARRAY_BYTES;
}

status conn_param_array(struct conn_params *params, struct conn_array *array, struct err *err) {
  TRY(buf_check(&array->buf, "what is sent to PostgreSQL", err));
  store32be(array->buf.data + 12, array->count);
  conn_param_bytes(params, buf_slice(&array->buf));
  return LUMA_OK;
}

/* ---- errors ---- */

/** What the server's five letters mean to us; the first that fits, by their beginning. */
static const struct {
  const char *begins;
  status code;
} codes[] = {
    {"40", LUMA_CONFLICT},          {"53100", LUMA_DISK_FULL}, {"53200", LUMA_OUT_OF_MEMORY},
    {"53300", LUMA_BUSY},           {"25006", LUMA_READ_ONLY}, {"42501", LUMA_FORBIDDEN},
    {"57014", LUMA_CANCELLED},      {"54", LUMA_TOO_LARGE},    {"42P01", LUMA_NOT_A_DATABASE},
    {"42703", LUMA_NOT_A_DATABASE}, {"XX001", LUMA_CORRUPT},   {"XX002", LUMA_CORRUPT},
};

static status code_of(const char *state) {
  for (size_t i = 0; state && i < sizeof codes / sizeof codes[0]; i++) {
    if (strncmp(state, codes[i].begins, strlen(codes[i].begins)) == 0) return codes[i].code;
  }
  return LUMA_IO_ERROR;
}

/* libpq's messages end in a line feed, and may have several lines. */
static int first_line(const char *message) {
  return (int)strcspn(message, "\n");
}

static status fail_handle(const struct conn *conn, status code, struct err *err) {
  const char *message = PQerrorMessage(conn->handle);
  FAIL(err, code, "PostgreSQL: %.*s", first_line(message), message);
}

static status fail_result(const struct conn *conn, const PGresult *result, struct err *err) {
  const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (!message) return fail_handle(conn, LUMA_IO_ERROR, err);
  FAIL(err, code_of(state), "PostgreSQL: %s", message);
}

static bool is_good(const PGresult *result) {
  ExecStatusType code = PQresultStatus(result);
  return code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK;
}

bool conn_is_lost(const struct conn *conn) {
  return PQstatus(conn->handle) != CONNECTION_OK;
}

/* ---- opening ---- */

/* libpq would print what the server only remarks. */
static void hear_notice(void *context, const PGresult *result) {
  (void)context;
  (void)result;
}

status conn_open(const char *target, struct conn **conn, struct err *err) {
  const char *const names[] = {"connect_timeout", "fallback_application_name", "dbname", NULL};
  const char *const values[] = {"10", "lumadb", target, NULL};
  struct conn *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a connection");
  made->handle = PQconnectdbParams(names, values, 1);
  if (!made->handle) {
    mem_free(made);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a connection");
  }
  if (conn_is_lost(made)) {
    status answer = fail_handle(made, LUMA_CANNOT_OPEN, err);
    conn_close(made);
    return answer;
  }
  PQsetNoticeReceiver(made->handle, hear_notice, NULL);
  *conn = made;
  return LUMA_OK;
}

void conn_close(struct conn *conn) {
  PQfinish(conn->handle);
  mem_free(conn);
}

static status prepare_one(struct conn *conn, enum sql_kind kind, int space, struct buf *room,
                          struct err *err) {
  char name[SQL_NAME_BYTES];
  sql_name(kind, space, name);
  buf_reset(room);
  sql_text(kind, space, room);
  buf_append_byte(room, 0);
  TRY(buf_check(room, "a statement", err));
  if (!PQsendPrepare(conn->handle, name, (const char *)room->data, 0, NULL)) {
    return fail_handle(conn, LUMA_IO_ERROR, err);
  }
  conn->asked++;
  return LUMA_OK;
}

static status prepare_all(struct conn *conn, int spaces, struct buf *room, struct err *err) {
  for (int kind = 0; kind < SQL_KINDS; kind++) {
    int count = kind < SQL_SPACE_KINDS ? spaces : 1;
    for (int space = 0; space < count; space++) {
      TRY(prepare_one(conn, (enum sql_kind)kind, space, room, err));
    }
  }
  return conn_run(conn, NULL, err);
}

status conn_prepare(struct conn *conn, struct err *err) {
  if (!PQenterPipelineMode(conn->handle)) return fail_handle(conn, LUMA_IO_ERROR, err);
  struct buf room;
  buf_init(&room, SQL_BYTES_MAX);
  status answer = prepare_all(conn, SQL_SPACES, &room, err);
  buf_deinit(&room);
  return answer;
}

status conn_command(struct conn *conn, const char *sql, PGresult **result, struct err *err) {
  PGresult *got = PQexec(conn->handle, sql);
  status answer = is_good(got) ? LUMA_OK : fail_result(conn, got, err);
  if (answer == LUMA_OK && result) {
    *result = got;
  } else {
    PQclear(got);
  }
  return answer;
}

/* ---- the pipeline ---- */

status conn_ask(struct conn *conn, enum sql_kind kind, int space, const struct conn_params *params,
                struct err *err) {
  static const int binary[CONN_PARAMS_MAX] = {1, 1, 1, 1};
  static const struct conn_params none;
  char name[SQL_NAME_BYTES];
  sql_name(kind, space, name);
  if (!params) params = &none;
  if (!PQsendQueryPrepared(conn->handle, name, params->count, params->values, params->bytes, binary,
                           1)) {
    return fail_handle(conn, LUMA_IO_ERROR, err);
  }
  conn->asked++;
  return LUMA_OK;
}

/* The next answer: each is followed by one NULL, but for the one that ends a run. NULL when the
 * connection is gone. */
static PGresult *next_result(struct conn *conn) {
  for (int i = 0; i < 2; i++) {
    PGresult *result = PQgetResult(conn->handle);
    if (result) return result;
  }
  return NULL;
}

static void skip_unread(struct conn *conn) {
  while (conn->unread > 0) {
    PGresult *result = next_result(conn);
    if (!result || PQresultStatus(result) == PGRES_PIPELINE_SYNC) conn->unread--;
    PQclear(result);
  }
}

/* What was answered to one statement. After a failure the server skips the rest of the run. */
static status read_one(struct conn *conn, PGresult **result, struct err *err) {
  PGresult *got = next_result(conn);
  if (!got) return fail_handle(conn, LUMA_IO_ERROR, err);
  status answer = is_good(got) ? LUMA_OK : fail_result(conn, got, err);
  conn->rows += (uint64_t)PQntuples(got);
  if (answer == LUMA_OK && result) {
    *result = got;
  } else {
    PQclear(got);
  }
  return answer;
}

/* To the end of the run, whatever is still there. */
static void read_rest(struct conn *conn) {
  conn->unread = 1;
  skip_unread(conn);
}

status conn_run(struct conn *conn, PGresult **results, struct err *err) {
  uint32_t asked = conn->asked, got = 0;
  conn->asked = 0;
  conn->rows = 0;
  if (!PQpipelineSync(conn->handle)) return fail_handle(conn, LUMA_IO_ERROR, err);
  skip_unread(conn);
  status answer = LUMA_OK;
  for (; answer == LUMA_OK && got < asked; got++) {
    answer = read_one(conn, results ? &results[got] : NULL, err);
  }
  read_rest(conn);
  if (answer == LUMA_OK || !results) return answer;
  for (uint32_t i = 0; i + 1 < got; i++) PQclear(results[i]);
  return answer;
}

bool conn_abandon(struct conn *conn) {
  if (conn->asked > 0 && !PQpipelineSync(conn->handle)) return false;
  conn->unread += conn->asked > 0;
  if (conn_ask(conn, SQL_ROLLBACK, 0, NULL, NULL) != LUMA_OK) return false;
  if (!PQpipelineSync(conn->handle)) return false;
  conn->unread++;
  conn->asked = 0;
  return true;
}

/* ---- rows ---- */

struct slice conn_bytes(const PGresult *result, int row, int column) {
  return slice_of(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

uint64_t conn_number(const PGresult *result, int row, int column) {
  return load64be(PQgetvalue(result, row, column));
}
