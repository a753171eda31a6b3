/* SPDX-License-Identifier: MIT */
/* POST /v1/batch: several statements, one transaction: all or none. */
#include "server/rest/rest_int.h"
#include "server/rest/statement.h"

enum { BATCH_STATEMENTS_MAX = 10000 };

static status run_statement(struct exchange *exchange, const struct val *map, struct err *err) {
  const struct config *config = exchange->rest->options.config;
  struct statement_writer writer = {.bytes_max = (size_t)config->limits.reply_bytes,
                                    .os = exchange->rest->options.os,
                                    .began_us = os_monotonic_us(exchange->rest->options.os)};
  struct statement_run *run;
  TRY(statement_create(&run, err));
  run->session = exchange->session;
  status result = statement_read(run, map, err);
  if (!run->request.timeout_us)
    run->request.timeout_us = (uint64_t)config->limits.statement_ms * 1000;
  if (result == LUMA_OK) result = statement_start_one(run, err);
  if (result == LUMA_OK)
    result = statement_write(run, &writer, &exchange->request->reply.body, err);
  statement_destroy(run);
  return result;
}

static status run_all(struct exchange *exchange, const struct val *statements, struct err *err) {
  struct buf *out = &exchange->request->reply.body;
  buf_reset(out);
  buf_append_text(out, "{\"results\":[");
  for (uint32_t i = 0; i < val_count(statements); i++) {
    struct val statement = val_at(statements, i);
    if (i) buf_append_byte(out, ',');
    status result = run_statement(exchange, &statement, err);
    if (result != LUMA_OK && err) err_wrap(err, "statement %u", i + 1);
    TRY(result);
    if (!atomic_load(&exchange->cancelled)) continue;
    FAIL(err, LUMA_CANCELLED, "the batch was cancelled");
  }
  return LUMA_OK;
}

static status run_once(struct exchange *exchange, const struct val *statements, struct err *err) {
  TRY(session_begin(exchange->session, SESSION_SNAPSHOT, err));
  status result = run_all(exchange, statements, err);
  if (result == LUMA_OK) return session_commit(exchange->session, err);
  (void)session_rollback(exchange->session, NULL);
  return result;
}

static status run_batch(struct exchange *exchange, const struct val *body, struct err *err) {
  struct val statements = val_field(body, slice_of_text("statements"));
  if (statements.type != VAL_LIST) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "a batch has a list of statements");
    err_hint(err, "{\"statements\":[{\"lang\":\"lql\",\"query\":\"…\"}]}");
    return LUMA_INVALID_ARGUMENT;
  }
  if (val_count(&statements) > BATCH_STATEMENTS_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a batch takes at most %d statements", BATCH_STATEMENTS_MAX);
  if (session_in_transaction(exchange->session))
    FAIL(err, LUMA_INVALID_ARGUMENT, "a batch is a transaction of its own; the session has one");
  uint32_t tries = 0;
  status result;
  do result = run_once(exchange, &statements, err);
  while (result == LUMA_CONFLICT && rest__try_again(exchange, &tries));
  return result;
}

status rest__batch(struct exchange *exchange, struct err *err) {
  struct buf room;
  struct val body;
  TRY(rest__take_session(exchange, err));
  buf_init(&room, DOC_BYTES_MAX);
  status result = rest__read_body(exchange, NULL, &room, &body, err);
  if (result == LUMA_OK) result = run_batch(exchange, &body, err);
  buf_deinit(&room);
  TRY(result);
  const struct rest_options *options = &exchange->rest->options;
  uint64_t took_us = os_monotonic_us(options->os) - exchange->request->began_us;
  buf_append_format(&exchange->request->reply.body, "],\"took_us\":%llu}",
                    (unsigned long long)took_us);
  rest__json(exchange, 200);
  return buf_check(&exchange->request->reply.body, "the reply", err);
}
