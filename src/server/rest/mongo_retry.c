/* SPDX-License-Identifier: MIT */
/* Retryable writes of MongoDB's drivers: the answer is kept under the session and the number of the
 * write, in the transaction of the write itself. So one that comes again is answered and not done
 * again, also after a crash. The last number of a session is kept beside it: a lower one is
 * refused, as it may be an old one that was long on its way. */
#include "server/rest/mongo_session.h"

#include <stdio.h>

#include "base/core/bytes.h"

enum { ANSWER_BYTES_MAX = 64 << 20, NAME_BYTES = 96, TRANSACTION_TOO_OLD = 225 };

/* ---- the last number of a session ---- */

static struct slice name_last(const char *id, char name[NAME_BYTES]) {
  int bytes = snprintf(name, NAME_BYTES, "%s:last", id);
  return slice_of(name, bytes > 0 ? (size_t)bytes : 0);
}

/* -1: the session has written nothing for a day. */
static status find_last(struct model_txn *txn, const char *id, int64_t *number, struct err *err) {
  char name[NAME_BYTES];
  struct buf kept;
  bool found = false;
  store_seq seq;
  *number = -1;
  buf_init(&kept, NAME_BYTES);
  status done = model_once_find(txn, MODEL_ONCE_WRITE_OF_SESSION, name_last(id, name), &kept,
                                &found, &seq, err);
  if (done == LUMA_OK && found && kept.bytes == sizeof *number)
    *number = (int64_t)load64be(kept.data);
  buf_deinit(&kept);
  return done;
}

static status keep_last(struct model_txn *txn, const char *id, int64_t number, struct err *err) {
  char name[NAME_BYTES];
  uint8_t bytes[sizeof number];
  store64be(bytes, (uint64_t)number);
  return model_once_keep(txn, MODEL_ONCE_WRITE_OF_SESSION, name_last(id, name),
                         slice_of(bytes, sizeof bytes), err);
}

struct last {
  const char *id;
  int64_t number;
};

static status find_last_work(void *context, struct model_txn *txn, struct err *err) {
  struct last *last = context;
  return find_last(txn, last->id, &last->number, err);
}

status mongo_session_last_write(struct session *session, const char *id, int64_t *number,
                                struct err *err) {
  struct last last = {id, -1};
  TRY(session_look(session, find_last_work, &last, err));
  *number = last.number;
  return LUMA_OK;
}

static status fail_old(const struct mongo_session *asked, int64_t last, const char *what,
                       struct err *err) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "Retryable write with txnNumber %lld is prohibited on session %s because a newer %s "
            "with txnNumber %lld has already started on this session.",
            (long long)asked->number, asked->id, what, (long long)last);
  if (err) err->foreign = TRANSACTION_TOO_OLD;
  return LUMA_INVALID_ARGUMENT;
}

/* The number of the last transaction is known as long as the session is open. */
static status check_transaction(struct exchange *exchange, const struct mongo_session *asked,
                                struct err *err) {
  struct registry *registry = exchange->rest->registry;
  struct registry_session *named = exchange->named;
  int64_t last = -1;
  bool is_it = named && memcmp(named->id, asked->id, REGISTRY_ID_BYTES) == 0;
  if (is_it) {
    last = named->transaction_number;
  } else if (registry_join_session(registry, asked->id, false, &named, NULL) == LUMA_OK) {
    last = named->transaction_number;
    registry_give_session(registry, named);
  }
  return last > asked->number ? fail_old(asked, last, "transaction", err) : LUMA_OK;
}

/* ---- what is answered when it comes again ---- */

static uint32_t count_statements(const struct statement_run *run) {
  static const char *const lists[] = {"documents", "updates", "deletes", "ops"};
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    struct val list = val_field(&run->command, slice_of_text(lists[i]));
    if (list.type == VAL_LIST) return val_count(&list);
  }
  return 1;
}

static long long id_of(const struct statement_run *run, const struct mongo_session *asked,
                       uint32_t nth) {
  struct val ids = val_field(&run->command, slice_of_text("stmtIds")), id;
  int64_t number = asked->statement + nth;
  if (ids.type == VAL_LIST && nth < val_count(&ids)) {
    id = val_at(&ids, nth);
    if (val_is_number(&id)) (void)val_to_int64(&id, &number);
  }
  return (long long)number;
}

/* Statements that were done: not those that failed, nor (`ordered`) those behind them. */
static void put_ids(const struct statement_run *run, const struct mongo_session *asked,
                    struct buf *out) {
  struct session_outcome outcome = session_outcome(run->cursor);
  struct val ordered = val_field(&run->command, slice_of_text("ordered"));
  bool is_ordered = ordered.type != VAL_BOOL || ordered.boolean, any = false;
  uint32_t count = count_statements(run), error = 0;
  for (uint32_t i = 0; i < count; i++) {
    bool failed = error < outcome.write_errors_count && outcome.write_errors[error].index == i;
    if (failed && is_ordered) break;
    error += failed;
    if (failed) continue;
    buf_append_format(out, any ? ",%lld" : "%lld", id_of(run, asked, i));
    any = true;
  }
}

/* The answer, and which statements it is about, as MongoDB tells a driver that asks again. */
static status put_again(const struct statement_run *run, const struct mongo_session *asked,
                        const struct buf *answer, struct buf *again, struct err *err) {
  static const char end[] = ",\"ok\":1}";
  size_t head = answer->bytes - (sizeof end - 1);
  struct slice first = {0};
  bool is_whole = run->form == STATEMENT_MONGO && answer->bytes >= sizeof end &&
                  memcmp(answer->data + head, end, sizeof end - 1) == 0;
  if (val_count(&run->command)) (void)val_field_at(&run->command, 0, &first);
  bool is_one = slice_is_equal(first, slice_of_text("findAndModify")) ||
                slice_is_equal(first, slice_of_text("findandmodify"));
  if (!is_whole) {
    buf_append(again, answer->data, answer->bytes);
  } else {
    buf_append(again, answer->data, head);
    buf_append_text(again, is_one ? ",\"retriedStmtId\":" : ",\"retriedStmtIds\":[");
    put_ids(run, asked, again);
    if (!is_one) buf_append_byte(again, ']');
    buf_append_text(again, end);
  }
  return buf_check(again, "what is answered", err);
}

/* ---- doing it once ---- */

struct kept {
  const struct mongo_session *asked;
  struct slice name; /* of the write */
  struct buf *answer;
  struct buf again; /* what is answered the next time */
  int64_t last;
  bool is_found;
};

static status find_work(void *context, struct model_txn *txn, struct err *err) {
  struct kept *kept = context;
  store_seq seq;
  TRY(find_last(txn, kept->asked->id, &kept->last, err));
  if (kept->last > kept->asked->number)
    return fail_old(kept->asked, kept->last, "retryable write", err);
  return model_once_find(txn, MODEL_ONCE_WRITE_OF_SESSION, kept->name, kept->answer,
                         &kept->is_found, &seq, err);
}

static status keep_work(void *context, struct model_txn *txn, struct err *err) {
  const struct kept *kept = context;
  TRY(model_once_keep(txn, MODEL_ONCE_WRITE_OF_SESSION, kept->name, buf_slice(&kept->again), err));
  return keep_last(txn, kept->asked->id, kept->asked->number, err);
}

static status write_and_keep(struct exchange *exchange, struct statement_run *run,
                             struct kept *kept, struct err *err) {
  struct statement_writer writer = {.bytes_max = ANSWER_BYTES_MAX,
                                    .os = exchange->rest->options.os,
                                    .began_us = exchange->request->began_us};
  TRY(statement_start(run, err));
  TRY(statement_write(run, &writer, kept->answer, err));
  buf_reset(&kept->again);
  TRY(put_again(run, kept->asked, kept->answer, &kept->again, err));
  session_cursor_close(run->cursor);
  run->cursor = NULL;
  return session_change(run->session, keep_work, kept, err);
}

static status try_once(struct exchange *exchange, struct statement_run *run, struct kept *kept,
                       struct err *err) {
  TRY(session_begin(run->session, SESSION_SNAPSHOT, err));
  status done = session_look(run->session, find_work, kept, err);
  if (done == LUMA_OK && !kept->is_found) done = write_and_keep(exchange, run, kept, err);
  session_cursor_close(run->cursor);
  run->cursor = NULL;
  if (done == LUMA_OK && !kept->is_found) return session_commit(run->session, err);
  if (session_in_transaction(run->session)) (void)session_rollback(run->session, NULL);
  return done;
}

status mongo_session_retry(struct exchange *exchange, struct statement_run *run,
                           const struct mongo_session *asked, struct err *err) {
  char name[NAME_BYTES];
  uint32_t tries = 0;
  struct kept kept = {.asked = asked, .answer = &exchange->request->reply.body};
  int bytes = snprintf(name, sizeof name, "%s:%lld:%lld", asked->id, (long long)asked->number,
                       (long long)asked->statement);
  kept.name = slice_of(name, bytes > 0 ? (size_t)bytes : 0);
  TRY(check_transaction(exchange, asked, err));
  status done;
  buf_init(&kept.again, ANSWER_BYTES_MAX);
  do {
    buf_reset(kept.answer);
    done = try_once(exchange, run, &kept, err);
  } while (done == LUMA_CONFLICT && rest__try_again(exchange, &tries));
  buf_deinit(&kept.again);
  if (done == LUMA_OK) rest__json(exchange, 200);
  return done;
}
