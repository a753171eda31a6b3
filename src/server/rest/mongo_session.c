/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_session.h"

enum {
  TYPE_MISMATCH = 14,
  INVALID_OPTIONS = 72,
  CONFLICTING_OPERATION = 117,
  COMMAND_FAILED = 125,
  TRANSACTION_TOO_OLD = 225,
  NO_SUCH_TRANSACTION = 251,
  TRANSACTION_COMMITTED = 256,
  NOT_RETRYABLE = 50768,
  BEGUN_ALREADY = 50911,
  UUID_BYTES = REGISTRY_ID_BYTES / 2
};

static status fail(struct err *err, uint32_t foreign, const char *message) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "%s", message);
  if (err) err->foreign = foreign;
  return LUMA_INVALID_ARGUMENT;
}

/* ---- what a command says ---- */

static struct val field_of(const struct statement_run *run, const char *name) {
  return val_field(&run->command, slice_of_text(name));
}

/* {"id": UUID}; binary data of its length is one, too. */
static status read_id(const struct val *lsid, char id[REGISTRY_ID_BYTES + 1], struct err *err) {
  static const char digits[] = "0123456789abcdef";
  struct val uuid = lsid->type == VAL_MAP ? val_field(lsid, slice_of_text("id")) : val_missing();
  const uint8_t *bytes = uuid.id;
  if (uuid.type == VAL_BYTES && uuid.bytes == UUID_BYTES)
    bytes = val_slice(&uuid).data;
  else if (uuid.type != VAL_UUID)
    return fail(err, TYPE_MISMATCH, "`lsid` takes {\"id\": {\"$uuid\": text}}");
  for (size_t i = 0; i < UUID_BYTES; i++) {
    id[2 * i] = digits[bytes[i] >> 4];
    id[2 * i + 1] = digits[bytes[i] & 15];
  }
  id[REGISTRY_ID_BYTES] = 0;
  return LUMA_OK;
}

static status read_number(const struct val *value, const char *name, int64_t *number,
                          struct err *err) {
  if (val_is_number(value) && val_to_int64(value, number) && *number >= 0) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "`%s` takes a whole number that is not negative", name);
  if (err) err->foreign = val_is_number(value) ? INVALID_OPTIONS : TYPE_MISMATCH;
  return LUMA_INVALID_ARGUMENT;
}

static struct slice command_name(const struct statement_run *run) {
  struct slice first = {0};
  if (val_count(&run->command)) (void)val_field_at(&run->command, 0, &first);
  return first;
}

static enum mongo_session_kind ending_of(const struct statement_run *run) {
  struct slice name = command_name(run);
  if (slice_is_equal(name, slice_of_text("commitTransaction"))) return MONGO_SESSION_COMMIT;
  if (slice_is_equal(name, slice_of_text("abortTransaction"))) return MONGO_SESSION_ABORT;
  return MONGO_SESSION_NONE;
}

/* A write of one document at a time. */
static status check_retryable(const struct statement_run *run, struct err *err) {
  static const char *const names[] = {"insert",        "update",        "delete",
                                      "findAndModify", "findandmodify", "bulkWrite"};
  struct slice name = command_name(run);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal(name, slice_of_text(names[i]))) return LUMA_OK;
  return fail(err, NOT_RETRYABLE,
              "txnNumber may only be provided for multi-document transactions and retryable write "
              "commands");
}

static status read_flags(const struct statement_run *run, struct mongo_session *asked,
                         struct err *err) {
  struct val autocommit = field_of(run, "autocommit"), start = field_of(run, "startTransaction");
  bool has_start = start.type != VAL_MISSING, has_autocommit = autocommit.type != VAL_MISSING;
  if (has_autocommit && autocommit.type != VAL_BOOL)
    return fail(err, TYPE_MISMATCH, "`autocommit` takes false");
  if (has_start && start.type != VAL_BOOL)
    return fail(err, TYPE_MISMATCH, "`startTransaction` takes true");
  if (has_autocommit && autocommit.boolean)
    return fail(err, INVALID_OPTIONS, "Specifying autocommit=true is not allowed.");
  if (has_start && !has_autocommit)
    return fail(err, INVALID_OPTIONS,
                "'startTransaction' field requires 'autocommit' field to also be specified");
  if (has_start && !start.boolean)
    return fail(err, INVALID_OPTIONS, "Specifying startTransaction=false is not allowed.");
  if (has_autocommit) asked->kind = has_start ? MONGO_SESSION_BEGIN : MONGO_SESSION_GO_ON;
  return LUMA_OK;
}

/* What is waited for is said with the end of a transaction, what it sees with its beginning. */
static status check_concerns(const struct statement_run *run, const struct mongo_session *asked,
                             struct err *err) {
  bool is_inside = asked->kind == MONGO_SESSION_BEGIN || asked->kind == MONGO_SESSION_GO_ON;
  if (is_inside && field_of(run, "writeConcern").type != VAL_MISSING)
    return fail(err, INVALID_OPTIONS,
                "writeConcern is not allowed within a multi-statement transaction");
  if (asked->kind == MONGO_SESSION_GO_ON && field_of(run, "readConcern").type != VAL_MISSING)
    return fail(err, INVALID_OPTIONS,
                "Only the first command in a transaction may specify a readConcern");
  return LUMA_OK;
}

static status read_transaction(const struct statement_run *run, const struct val *number,
                               struct mongo_session *asked, struct err *err) {
  struct val statement = field_of(run, "stmtId");
  enum mongo_session_kind ending = ending_of(run);
  TRY(read_flags(run, asked, err));
  bool goes_on = asked->kind == MONGO_SESSION_GO_ON;
  if (number->type == VAL_MISSING && asked->kind != MONGO_SESSION_NONE)
    return fail(err, INVALID_OPTIONS,
                "'autocommit' field requires a transaction number to also be specified");
  if (ending != MONGO_SESSION_NONE && !goes_on) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "%.*s must be run within a transaction", SLICE_ARG(command_name(run)));
    if (err) err->foreign = COMMAND_FAILED;
    return LUMA_INVALID_ARGUMENT;
  }
  if (number->type == VAL_MISSING) return LUMA_OK;
  if (!asked->id[0])
    return fail(err, INVALID_OPTIONS,
                "Transaction number requires a session ID to also be specified");
  TRY(read_number(number, "txnNumber", &asked->number, err));
  if (statement.type != VAL_MISSING) TRY(read_number(&statement, "stmtId", &asked->statement, err));
  if (goes_on && ending != MONGO_SESSION_NONE) asked->kind = ending;
  TRY(check_concerns(run, asked, err));
  if (asked->kind != MONGO_SESSION_NONE) return LUMA_OK;
  asked->kind = MONGO_SESSION_RETRY;
  return check_retryable(run, err);
}

status mongo_session_read(const struct statement_run *run, struct mongo_session *asked,
                          struct err *err) {
  *asked = (struct mongo_session){.kind = MONGO_SESSION_NONE};
  if (!run->is_command) return LUMA_OK;
  struct val lsid = field_of(run, "lsid"), number = field_of(run, "txnNumber");
  if (lsid.type != VAL_MISSING) TRY(read_id(&lsid, asked->id, err));
  return read_transaction(run, &number, asked, err);
}

/* ---- a transaction ---- */

static status fail_state(const struct registry_session *session, const struct mongo_session *asked,
                         struct err *err) {
  bool is_done = session && session->transaction == REGISTRY_DONE;
  bool is_same = session && session->transaction_number == asked->number;
  long long number = asked->number, active = session ? session->transaction_number : -1;
  if (is_same && is_done)
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "Transaction with { txnNumber: %lld } has been committed.", number);
  else if (is_same)
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "Transaction with { txnNumber: %lld } has been aborted.", number);
  else
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "Given transaction number %lld does not match any in-progress transactions. The "
              "active transaction number is %lld",
              number, active);
  if (err) err->foreign = is_same && is_done ? TRANSACTION_COMMITTED : NO_SUCH_TRANSACTION;
  return LUMA_INVALID_ARGUMENT;
}

static status fail_number(int64_t last, const struct mongo_session *asked, struct err *err) {
  bool is_same = last == asked->number;
  long long number = asked->number, active = last;
  if (is_same)
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "Cannot start a transaction at given transaction number %lld a transaction with the "
              "same number is known already",
              number);
  else
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "Cannot start transaction with { txnNumber: %lld } because a newer transaction with "
              "txnNumber %lld has already started on this session",
              number, active);
  if (err) err->foreign = is_same ? BEGUN_ALREADY : TRANSACTION_TOO_OLD;
  return LUMA_INVALID_ARGUMENT;
}

static void undo(struct registry_session *named) {
  if (session_in_transaction(named->session)) (void)session_rollback(named->session, NULL);
  named->transaction = REGISTRY_UNDONE;
}

/* A number that is higher takes the place of a transaction that was left open. */
static status begin(struct registry_session *named, const struct mongo_session *asked,
                    struct err *err) {
  int64_t last = -1;
  if (named->transaction_number >= asked->number)
    return fail_number(named->transaction_number, asked, err);
  if (named->transaction == REGISTRY_OPEN) undo(named);
  TRY(mongo_session_last_write(named->session, asked->id, &last, err));
  if (last >= asked->number) return fail_number(last, asked, err);
  TRY(session_begin(named->session, SESSION_SNAPSHOT, err));
  named->transaction_number = asked->number;
  named->transaction = REGISTRY_OPEN;
  return LUMA_OK;
}

static status find(const struct registry_session *named, const struct mongo_session *asked,
                   struct err *err) {
  bool is_same = named->transaction_number == asked->number;
  bool is_open = named->transaction == REGISTRY_OPEN && session_in_transaction(named->session);
  bool again = asked->kind == MONGO_SESSION_COMMIT && named->transaction == REGISTRY_DONE;
  return is_same && (is_open || again) ? LUMA_OK : fail_state(named, asked, err);
}

status mongo_session_enter(struct exchange *exchange, const struct mongo_session *asked,
                           struct err *err) {
  struct registry_session *named = exchange->named;
  bool begins = asked->kind == MONGO_SESSION_BEGIN;
  exchange->is_in_transaction = true;
  if (!named) {
    status taken = registry_join_session(exchange->rest->registry, asked->id, begins, &named, err);
    if (taken == LUMA_UNKNOWN_SESSION) return fail_state(NULL, asked, err);
    if (taken == LUMA_BUSY && err) err->foreign = CONFLICTING_OPERATION;
    TRY(taken);
    TRY(rest__enter_session(exchange, named, err));
  }
  return begins ? begin(named, asked, err) : find(named, asked, err);
}

void mongo_session_abort(struct exchange *exchange) {
  if (exchange->named) undo(exchange->named);
}

status mongo_session_end(struct exchange *exchange, const struct mongo_session *asked,
                         struct err *err) {
  struct registry_session *named = exchange->named;
  bool is_open = named->transaction == REGISTRY_OPEN;
  if (asked->kind == MONGO_SESSION_ABORT) {
    undo(named);
  } else if (is_open) {
    named->transaction = REGISTRY_UNDONE;
    TRY(session_commit(named->session, err));
    named->transaction = REGISTRY_DONE;
  }
  buf_append_text(&exchange->request->reply.body, "{\"ok\":1}");
  rest__json(exchange, 200);
  return LUMA_OK;
}

/* ---- commands about sessions ---- */

status mongo_session_start(const struct mongo_asked *asked, struct err *err) {
  const struct rest_options *options = &asked->exchange->rest->options;
  struct val id = {.type = VAL_UUID};
  (void)err;
  os_random(options->os, id.id, UUID_BYTES);
  id.id[6] = (uint8_t)((id.id[6] & 0x0f) | 0x40); /* RFC 9562, version 4 */
  id.id[8] = (uint8_t)((id.id[8] & 0x3f) | 0x80);
  build_name(asked->build, slice_of_text("id"));
  build_begin_map(asked->build);
  mongo_put(asked->build, "id", id);
  build_end(asked->build);
  mongo_put_number(asked->build, "timeoutMinutes",
                   (uint64_t)options->config->limits.session_idle_ms / 60000);
  return LUMA_OK;
}

/* Calls for each session of the list that is open, taken. */
static status each_session(const struct mongo_asked *asked, bool ends, struct err *err) {
  enum { SESSIONS_MAX = 10000 };
  struct registry *registry = asked->exchange->rest->registry;
  struct slice first = {0};
  struct val list = val_field_at(&asked->run->command, 0, &first);
  if (list.type != VAL_LIST || val_count(&list) > SESSIONS_MAX)
    return fail(err, TYPE_MISMATCH, "the command takes a list of [{\"id\": {\"$uuid\": text}}]");
  for (uint32_t i = 0; i < val_count(&list); i++) {
    struct val lsid = val_at(&list, i);
    struct registry_session *named;
    char id[REGISTRY_ID_BYTES + 1];
    TRY(read_id(&lsid, id, err));
    if (registry_join_session(registry, id, false, &named, NULL) != LUMA_OK) continue;
    if (ends)
      registry_end_session(registry, named);
    else
      registry_give_session(registry, named);
  }
  return LUMA_OK;
}

status mongo_session_refresh(const struct mongo_asked *asked, struct err *err) {
  return each_session(asked, false, err);
}

status mongo_session_kill(const struct mongo_asked *asked, struct err *err) {
  return each_session(asked, true, err);
}

status mongo_session_kill_all(const struct mongo_asked *asked, struct err *err) {
  (void)err;
  (void)registry_end_sessions(asked->exchange->rest->registry);
  return LUMA_OK;
}
