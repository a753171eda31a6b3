/* SPDX-License-Identifier: MIT */
/* Sessions and transactions as MongoDB's drivers ask for them: a session has the name `lsid` that
 * the client made, its transactions and retryable writes a `txnNumber` that grows.
 *
 * A transaction begins with the command that has `startTransaction: true` and goes on with those
 * that have `autocommit: false` and its number, until commitTransaction or abortTransaction. It
 * runs in a session of the registry whose name is the lsid in hexadecimal, so the header
 * Luma-Session reaches it, too. A command that fails ends it. */
#ifndef SERVER_REST_MONGO_SESSION_H
#define SERVER_REST_MONGO_SESSION_H

#include "server/rest/mongo_admin.h"

enum mongo_session_kind {
  MONGO_SESSION_NONE,  /* nothing but the command */
  MONGO_SESSION_RETRY, /* a write that is done once, however often it comes */
  MONGO_SESSION_BEGIN, /* the first command of a transaction */
  MONGO_SESSION_GO_ON, /* another */
  MONGO_SESSION_COMMIT,
  MONGO_SESSION_ABORT
};

struct mongo_session {
  enum mongo_session_kind kind;
  char id[REGISTRY_ID_BYTES + 1]; /* of the registry's session; empty: no lsid */
  int64_t number, statement;      /* txnNumber; stmtId, 0 if it is not given */
};

/** What the command says of sessions. MongoDB's codes for what does not fit together. */
status mongo_session_read(const struct statement_run *run, struct mongo_session *asked,
                          struct err *err);
/** Takes the session of a transaction for the exchange, and begins or finds it there. */
status mongo_session_enter(struct exchange *exchange, const struct mongo_session *asked,
                           struct err *err);
/** Answers commitTransaction or abortTransaction, in the session that was entered. */
status mongo_session_end(struct exchange *exchange, const struct mongo_session *asked,
                         struct err *err);
/** Rolls the transaction back: a command of it failed. */
void mongo_session_abort(struct exchange *exchange);
/** Runs a write that is to be done once: what was answered is kept for a day, with the write. */
status mongo_session_retry(struct exchange *exchange, struct statement_run *run,
                           const struct mongo_session *asked, struct err *err);

/** The number of the session's last write that is done once; -1: there was none for a day. */
status mongo_session_last_write(struct session *session, const char *id, int64_t *number,
                                struct err *err);

/* commands */
status mongo_session_start(const struct mongo_asked *asked, struct err *err);
status mongo_session_refresh(const struct mongo_asked *asked, struct err *err);
status mongo_session_kill(const struct mongo_asked *asked, struct err *err);
status mongo_session_kill_all(const struct mongo_asked *asked, struct err *err);

#endif
