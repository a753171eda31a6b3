/* SPDX-License-Identifier: MIT */
#include "tests/lang/script.h"

#include "store/mem/mem_store.h"
#include "store/pg/pg.h"
#include "value/json/json.h"

static void open_on(struct script_db *db, struct store *store) {
  *db = (struct script_db){.now_us = UINT64_C(1700000000000000)};
  struct model_options model_options = {
      .os = os_linux(), .feed = false, .rules = query_rules(), .kept_bytes_max = 1 << 20};
  assert_ok(model_open(store, &model_options, &db->model, test_err()));
}

void script_open(struct script_db *db) {
  struct mem_options options = {0};
  struct store *store;
  assert_ok(mem_store_open(&options, &store, test_err()));
  open_on(db, store);
}

void script_open_at(struct script_db *db, const char *target) {
  struct pg_options options = {.create = true};
  struct store *store;
  assert_ok(pg_open(os_linux(), target, &options, &store, test_err()));
  open_on(db, store);
}

static void print_fault(void *context, const char *place, const char *what) {
  (void)context;
  print_error("%s: %s\n", place, what);
}

void script_close(struct script_db *db) {
  assert_ok(model_check(db->model, print_fault, NULL, test_err()));
  model_close(db->model);
}

static void append_batch(struct query *query, struct query_run *run, const struct batch *batch,
                         struct buf *answer) {
  struct json_write_options options = {.form = JSON_PLAIN};
  if (query_language(query) == PLAN_JQL)
    options = (struct json_write_options){.form = JSON_PLAIN, .key_name = "_id"};
  for (uint32_t i = 0; i < batch->selected_count; i++) {
    struct val document;
    if (query_reply(query) == QUERY_REPLY_DOCUMENTS)
      assert_ok(query_document(run, batch, i, &document, test_err()));
    else
      document = batch->columns[0][batch_row(batch, i)];
    json_write(answer, &document, &options);
    buf_append_byte(answer, '\n');
  }
}

static void append_summary(struct query *query, const struct query_run *run, struct buf *answer) {
  struct query_summary summary;
  query_summary(run, &summary);
  if (query_reply(query) == QUERY_REPLY_CHANGE) {
    buf_append_format(answer, "affected %llu", (unsigned long long)summary.affected);
    if (summary.matched != summary.affected && summary.matched)
      buf_append_format(answer, " matched %llu", (unsigned long long)summary.matched);
    buf_append_text(answer, summary.upserted ? " upserted\n" : "\n");
  }
  for (uint32_t i = 0; i < summary.write_errors_count; i++)
    buf_append_format(answer, "document %u: %s\n", summary.write_errors[i].index,
                      summary.write_errors[i].err.message);
  for (uint32_t i = 0; i < summary.warnings_count; i++)
    buf_append_format(answer, "warnings %llu\n", (unsigned long long)summary.warnings[i].count);
}

static status run_prepared(struct script_db *db, struct query *query, struct model_txn *txn,
                           struct buf *answer, struct err *err) {
  struct query_open_options options = {.os = db->os ? db->os : os_linux(),
                                       .folder = db->folder,
                                       .now_us = db->now_us,
                                       .memory_bytes = db->memory_bytes,
                                       .params = db->params};
  struct query_run *run = NULL;
  size_t start = answer->bytes;
  status done = query_open(query, txn, &options, &run, err);
  while (done == LUMA_OK) {
    struct batch *batch = NULL;
    done = query_next(run, &batch, err);
    if (done == LUMA_OK && !batch) break;
    if (done == LUMA_OK) append_batch(query, run, batch, answer);
  }
  if (done == LUMA_OK)
    append_summary(query, run, answer);
  else
    answer->bytes = start;
  query_close(run);
  return done;
}

status script_try(struct script_db *db, const struct lang *lang, struct slice text,
                  struct buf *answer, struct err *err) {
  struct query_source source = {.lang = lang, .text = text};
  struct query_prepare_options options = {.now_us = db->now_us, .rules_off = db->rules_off};
  struct store_begin_options begin = {.may_block = true};
  struct model_txn *txn = NULL;
  struct query *query = NULL;
  TRY(model_begin(db->model, &begin, &txn, err));
  status done = query_prepare(db->model, txn, &source, NULL, &options, &query, err);
  if (done == LUMA_OK) done = run_prepared(db, query, txn, answer, err);
  query_destroy(query);
  if (done == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
  model_rollback(txn);
  return done;
}

void script_run(struct script_db *db, const struct lang *lang, struct slice text,
                struct buf *answer) {
  struct err err = {0};
  if (script_try(db, lang, text, answer, &err) == LUMA_OK) return;
  buf_append_format(answer, "error %s: %s", status_info(err.code)->name, err.message);
  if (err.hint[0]) buf_append_format(answer, " (%s)", err.hint);
  if (err.line) buf_append_format(answer, " at %u:%u", err.line, err.column);
  buf_append_byte(answer, '\n');
}
