/* SPDX-License-Identifier: MIT */
/* Retryable writes of MongoDB's drivers: the answer is kept under the session and the number of the
 * write, in the transaction of the write itself. So one that comes again is answered and not done
 * again, also after a crash. */
#include "server/rest/mongo_session.h"

#include <stdio.h>

enum { ANSWER_BYTES_MAX = 64 << 20, NAME_BYTES = 96 };

struct kept {
  struct slice name; /* of the write */
  struct buf *answer;
  bool is_found;
};

static status find_work(void *context, struct model_txn *txn, struct err *err) {
  struct kept *kept = context;
  store_seq seq;
  return model_once_find(txn, MODEL_ONCE_WRITE_OF_SESSION, kept->name, kept->answer,
                         &kept->is_found, &seq, err);
}

static status keep_work(void *context, struct model_txn *txn, struct err *err) {
  const struct kept *kept = context;
  return model_once_keep(txn, MODEL_ONCE_WRITE_OF_SESSION, kept->name, buf_slice(kept->answer),
                         err);
}

static status write_and_keep(struct exchange *exchange, struct statement_run *run,
                             struct kept *kept, struct err *err) {
  struct statement_writer writer = {.bytes_max = ANSWER_BYTES_MAX,
                                    .os = exchange->rest->options.os,
                                    .began_us = exchange->request->began_us};
  TRY(statement_start(run, err));
  TRY(statement_write(run, &writer, kept->answer, err));
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
  struct kept kept = {.answer = &exchange->request->reply.body};
  int bytes = snprintf(name, sizeof name, "%s:%lld:%lld", asked->id, (long long)asked->number,
                       (long long)asked->statement);
  kept.name = slice_of(name, bytes > 0 ? (size_t)bytes : 0);
  status done;
  do {
    buf_reset(kept.answer);
    done = try_once(exchange, run, &kept, err);
  } while (done == LUMA_CONFLICT && rest__try_again(exchange, &tries));
  if (done == LUMA_OK) rest__json(exchange, 200);
  return done;
}
