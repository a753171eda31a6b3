/* SPDX-License-Identifier: MIT */
/* Souls: making, reading, evolving them, and their history. */
#include "base/mem/mem.h"
#include "server/rest/rest_int.h"

struct soul_work {
  struct exchange *exchange;
  struct val body;
  bool made, dry_run, undoes; /* `undoes`: a dry run does the work and undoes it */
  struct slice name, other;
};

static struct buf *reply_of(struct soul_work *work) {
  return &work->exchange->request->reply.body;
}

/* ---- reading ---- */

static status list_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  buf_append_text(reply_of(work), "{\"souls\":");
  TRY(model_write_souls(txn, reply_of(work), err));
  buf_append_byte(reply_of(work), '}');
  return LUMA_OK;
}

static status get_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  return model_write_soul(txn, work->name, reply_of(work), err);
}

static status lineage_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  buf_append_text(reply_of(work), "{\"lineage\":");
  TRY(model_write_lineage(txn, work->name, reply_of(work), err));
  buf_append_byte(reply_of(work), '}');
  return LUMA_OK;
}

static status changes_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  buf_append_text(reply_of(work), "{\"changes\":");
  TRY(model_compare_souls(txn, work->name, work->other, reply_of(work), err));
  buf_append_byte(reply_of(work), '}');
  return LUMA_OK;
}

static status describe_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  buf_append_text(reply_of(work), "{\"description\":");
  TRY(model_describe(txn, work->name, reply_of(work), err));
  buf_append_byte(reply_of(work), '}');
  return LUMA_OK;
}

static status storage_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  buf_append_text(reply_of(work), "{\"storage\":");
  TRY(model_describe_storage(txn, work->name, reply_of(work), err));
  buf_append_byte(reply_of(work), '}');
  return LUMA_OK;
}

static status suggest_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  return model_suggest_soul(txn, work->name, reply_of(work), err);
}

static status look(struct exchange *exchange, session_work_fn *run, struct slice other,
                   struct err *err) {
  struct soul_work work = {.exchange = exchange, .name = exchange->first, .other = other};
  TRY(rest__take_session(exchange, err));
  TRY(session_look(exchange->session, run, &work, err));
  rest__json(exchange, 200);
  return buf_check(&exchange->request->reply.body, "the reply", err);
}

status rest__list_souls(struct exchange *exchange, struct err *err) {
  return look(exchange, list_work, slice_of(NULL, 0), err);
}

status rest__get_soul(struct exchange *exchange, struct err *err) {
  return look(exchange, get_work, slice_of(NULL, 0), err);
}

status rest__soul_lineage(struct exchange *exchange, struct err *err) {
  return look(exchange, lineage_work, slice_of(NULL, 0), err);
}

status rest__describe_soul(struct exchange *exchange, struct err *err) {
  return look(exchange, describe_work, slice_of(NULL, 0), err);
}

status rest__soul_storage(struct exchange *exchange, struct err *err) {
  return look(exchange, storage_work, slice_of(NULL, 0), err);
}

status rest__suggest_soul(struct exchange *exchange, struct err *err) {
  return look(exchange, suggest_work, slice_of(NULL, 0), err);
}

status rest__soul_changes(struct exchange *exchange, struct err *err) {
  struct slice to;
  if (!http_argument(exchange->request, "to", &to))
    FAIL(err, LUMA_INVALID_ARGUMENT, "say which soul to compare with: ?to=…");
  return look(exchange, changes_work, to, err);
}

/* ---- making ---- */

static status create_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  struct model_soul_made made;
  struct model_soul_spec spec = {.genotype = &work->body};
  buf_reset(reply_of(work));
  TRY(model_create_soul(txn, &spec, &made, err));
  work->made = made.made;
  return model_write_soul(txn, made.collection->name, reply_of(work), err);
}

/* Making and evolving look at beings, and must see those that are made meanwhile. */
static status change(struct session *session, session_work_fn *run, struct soul_work *work,
                     struct err *err) {
  return work->dry_run && work->undoes ? session_try(session, run, work, err)
                                       : session_change_serializable(session, run, work, err);
}

static status with_body(struct exchange *exchange, session_work_fn *run, struct soul_work *work,
                        struct err *err) {
  struct buf bytes;
  TRY(rest__take_session(exchange, err));
  work->dry_run = rest__is_dry(exchange);
  buf_init(&bytes, DOC_BYTES_MAX);
  status result = rest__read_body(exchange, NULL, &bytes, &work->body, err);
  if (result == LUMA_OK && work->body.type != VAL_MAP)
    result = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "the body is a JSON object");
  if (result == LUMA_OK) result = change(exchange->session, run, work, err);
  buf_deinit(&bytes);
  TRY(result);
  return buf_check(&exchange->request->reply.body, "the reply", err);
}

status rest__create_soul(struct exchange *exchange, struct err *err) {
  struct soul_work work = {.exchange = exchange, .undoes = true};
  TRY(with_body(exchange, create_work, &work, err));
  rest__json(exchange, work.made && !work.dry_run ? 201 : 200);
  return LUMA_OK;
}

/* ---- dropping ---- */

static status drop_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  const struct collection *collection = model_collection_of_soul(txn, work->name);
  uint64_t beings;
  if (!collection) return model_fail_no_collection(txn, work->name, err);
  if (!collection->genotype)
    FAIL(err, LUMA_NOT_FOUND, "`%.*s` has no soul", SLICE_ARG(collection->name));
  buf_reset(reply_of(work));
  TRY(model_count(txn, collection, &beings, err));
  TRY(rest__check_affected(work->exchange, beings, err));
  buf_append_text(reply_of(work), "{\"alias\":");
  json_write_text(reply_of(work), collection->name);
  buf_append_format(reply_of(work), ",\"beings\":%llu}", (unsigned long long)beings);
  return model_drop_collection(txn, collection->name, false, err);
}

status rest__delete_soul(struct exchange *exchange, struct err *err) {
  struct soul_work work = {.exchange = exchange, .name = exchange->first};
  TRY(rest__take_session(exchange, err));
  if (rest__is_dry(exchange)) {
    TRY(session_try(exchange->session, drop_work, &work, err));
    rest__json(exchange, 200);
    return buf_check(reply_of(&work), "the reply", err);
  }
  TRY(session_change(exchange->session, drop_work, &work, err));
  buf_reset(reply_of(&work));
  rest__empty(exchange, 204);
  return LUMA_OK;
}

/* ---- evolving ---- */

static status evolve_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  const struct collection *collection = model_collection_of_soul(txn, work->name);
  struct val dry_run = val_field(&work->body, slice_of_text("dry_run"));
  struct buf report;
  if (!collection) return model_fail_no_collection(txn, work->name, err);
  struct model_evolution evolution = {.alias = collection->name,
                                      .genotype = &work->body,
                                      .merge = work->exchange->route->method == HTTP_PATCH,
                                      .threads = session_threads(work->exchange->session),
                                      .dry_run = work->dry_run ||
                                                 (dry_run.type == VAL_BOOL && dry_run.boolean)};
  buf_reset(reply_of(work));
  buf_init(&report, DOC_BYTES_MAX);
  status result = model_evolve(txn, &evolution, &report, err);
  if (result == LUMA_OK && evolution.dry_run) {
    buf_append_slice(reply_of(work), buf_slice(&report));
  } else if (result == LUMA_OK) {
    /* The soul as it is now, and the report in it. */
    result = model_write_soul(txn, evolution.alias, reply_of(work), err);
    if (reply_of(work)->bytes) reply_of(work)->bytes--;
    buf_append_text(reply_of(work), ",\"evolution\":");
    buf_append_slice(reply_of(work), buf_slice(&report));
    buf_append_byte(reply_of(work), '}');
  }
  buf_deinit(&report);
  return result;
}

status rest__evolve_soul(struct exchange *exchange, struct err *err) {
  struct soul_work work = {.exchange = exchange, .name = exchange->first};
  TRY(with_body(exchange, evolve_work, &work, err));
  rest__json(exchange, 200);
  return LUMA_OK;
}
