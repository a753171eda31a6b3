/* SPDX-License-Identifier: MIT */
/* Writing what a statement answers: our own shape, positional rows, MongoDB's replies, lines. */
#include <stdio.h>

#include "server/rest/mongo_admin.h"
#include "server/rest/mongo_bulk.h"
#include "server/rest/mongo_cursor.h"
#include "server/rest/mongo_error.h"
#include "server/rest/statement.h"

/* ---- rows ---- */

static struct json_write_options options_of(const struct statement_run *run) {
  bool mongo = run->form == STATEMENT_MONGO, jql = session_language(run->cursor) == PLAN_JQL;
  /* Tagged rows are read back by programs: the key is `_id` in every language. */
  return (struct json_write_options){.form = run->json,
                                     .key_name = mongo || jql || run->json ? "_id" : NULL};
}

static void write_columns_of_row(const struct statement_run *run, struct buf *out) {
  uint32_t count;
  struct json_write_options options = options_of(run);
  session_columns(run->cursor, &count);
  buf_append_byte(out, '[');
  for (uint32_t i = 0; i < count; i++) {
    struct val value = session_column(run->cursor, i);
    if (i) buf_append_byte(out, ',');
    json_write(out, &value, &options);
  }
  buf_append_byte(out, ']');
}

static void write_row(const struct statement_run *run, const struct val *row, struct buf *out) {
  struct json_write_options options = options_of(run);
  if (run->form == STATEMENT_ROWS)
    write_columns_of_row(run, out);
  else if (run->form == STATEMENT_MONGO && session_reply(run->cursor) == QUERY_REPLY_VALUES) {
    struct val value = session_column(run->cursor, 0);
    json_write(out, &value, &options);
  } else
    json_write(out, row, &options);
}

static status next(struct statement_run *run, struct val *row, bool *has, struct err *err) {
  bool is_there = run->has_pending && !session_cursor_is_closed(run->cursor);
  if (!is_there) return session_next(run->cursor, row, has, err);
  run->has_pending = false;
  *row = run->pending;
  *has = true;
  return LUMA_OK;
}

status statement_write_rows(struct statement_run *run, struct buf *out, size_t bytes_max,
                            uint64_t *count, bool *ended, struct err *err) {
  bool has = true, is_again = false;
  *count = 0;
  while (!run->is_batch_empty && (run->limit == 0 || *count < run->limit) &&
         out->bytes < bytes_max) {
    struct val row;
    TRY(next(run, &row, &has, err));
    /* One that follows a collection has read what was there when it last looked: it looks again. */
    if (!has && !is_again && run->is_continued && session_cursor_tails(run->cursor, NULL)) {
      is_again = true;
      continue;
    }
    if (!has) break;
    if (*count) buf_append_byte(out, ',');
    write_row(run, &row, out);
    (*count)++;
    TRY(buf_check(out, "the reply", err));
  }
  bool has_next = run->has_pending && !session_cursor_is_closed(run->cursor);
  if (has && !has_next) TRY(session_next(run->cursor, &run->pending, &has, err));
  run->has_pending = has;
  *ended = !has && !session_cursor_tails(run->cursor, NULL);
  return LUMA_OK;
}

status statement_peek(struct statement_run *run, bool *has, struct err *err) {
  *has = run->has_pending;
  if (!*has) TRY(session_next(run->cursor, &run->pending, has, err));
  run->has_pending = *has;
  return LUMA_OK;
}

status statement_write_lines(struct statement_run *run, struct buf *out, size_t bytes_max,
                             bool *ended, struct err *err) {
  bool has = true;
  while (out->bytes < bytes_max) {
    struct val row;
    if (run->limit && run->limit == run->lines) break;
    TRY(session_next(run->cursor, &row, &has, err));
    if (!has) break;
    write_row(run, &row, out);
    buf_append_byte(out, '\n');
    run->lines++;
    TRY(buf_check(out, "the reply", err));
  }
  *ended = !has || (run->limit && run->limit == run->lines);
  return LUMA_OK;
}

/* ---- our own shape ---- */

static void write_columns(struct session_cursor *cursor, struct buf *out) {
  uint32_t count;
  const struct plan_column *columns = session_columns(cursor, &count);
  buf_append_text(out, ",\"columns\":[");
  for (uint32_t i = 0; i < count; i++) {
    const struct plan_column *column = &columns[i];
    buf_append_text(out, i ? ",{\"name\":" : "{\"name\":");
    json_write_text(out, column->name);
    const char *type = column->type == VAL_MISSING ? "any" : val_type_name(column->type);
    bool is_document = column->is_document || column->is_spread;
    buf_append_format(out, ",\"type\":\"%s\"", is_document ? "map" : type);
    buf_append_text(out, is_document ? ",\"document\":true}" : "}");
  }
  buf_append_byte(out, ']');
}

static void write_keys(const struct statement_run *run, const struct session_outcome *outcome,
                       struct buf *out) {
  struct json_write_options options = options_of(run);
  buf_append_text(out, ",\"keys\":[");
  for (uint32_t i = 0; i < outcome->keys_count; i++) {
    if (i) buf_append_byte(out, ',');
    json_write(out, &outcome->keys[i], &options);
  }
  buf_append_byte(out, ']');
}

static void write_errors(const struct session_outcome *outcome, struct buf *out) {
  if (outcome->write_errors_count == 0) return;
  buf_append_text(out, ",\"write_errors\":[");
  for (uint32_t i = 0; i < outcome->write_errors_count; i++) {
    const struct query_write_error *error = &outcome->write_errors[i];
    buf_append_format(out, "%s{\"index\":%u,\"code\":\"%s\",\"errmsg\":", i ? "," : "",
                      error->index, status_info(error->code)->name);
    json_write_text(out, slice_of_text(error->message));
    if (error->hint[0]) {
      buf_append_text(out, ",\"hint\":");
      json_write_text(out, slice_of_text(error->hint));
    }
    buf_append_byte(out, '}');
  }
  buf_append_byte(out, ']');
}

static void write_warnings(const struct session_outcome *outcome, struct buf *out) {
  buf_append_text(out, ",\"warnings\":[");
  for (uint32_t i = 0; i < outcome->warnings_count; i++) {
    const struct query_warning *warning = &outcome->warnings[i];
    char text[256];
    if (warning->count > 1)
      snprintf(text, sizeof text, "%s (%llu times)", warning->text,
               (unsigned long long)warning->count);
    else
      snprintf(text, sizeof text, "%s", warning->text);
    if (i) buf_append_byte(out, ',');
    json_write_text(out, slice_of_text(text));
  }
  buf_append_byte(out, ']');
}

static void write_tail(struct statement_run *run, const struct statement_reply *reply,
                       struct buf *out) {
  struct session_outcome outcome = session_outcome(run->cursor);
  write_columns(run->cursor, out);
  buf_append_format(out, ",\"count\":%llu,\"affected\":%llu", (unsigned long long)reply->count,
                    (unsigned long long)outcome.affected);
  if (session_reply(run->cursor) == QUERY_REPLY_CHANGE && outcome.keys_count)
    write_keys(run, &outcome, out);
  write_errors(&outcome, out);
  write_warnings(&outcome, out);
  if (reply->cursor)
    buf_append_format(out, ",\"cursor\":\"%s\"", reply->cursor);
  else
    buf_append_text(out, ",\"cursor\":null");
  buf_append_format(out, ",\"took_us\":%llu}", (unsigned long long)reply->took_us);
}

/* ---- MongoDB's replies ---- */

/* The documents that upserts made, by the number of the change. */
static void write_upserted(const struct session_outcome *outcome,
                           const struct json_write_options *options, struct buf *out) {
  bool any = false;
  if (outcome->steps_count == 0 && outcome->upserted && outcome->keys_count) {
    buf_append_text(out, ",\"upserted\":[{\"index\":0,\"_id\":");
    json_write(out, &outcome->keys[0], options);
    buf_append_text(out, "}]");
  }
  for (uint32_t i = 0; i < outcome->steps_count; i++) {
    if (!outcome->steps[i].upserted) continue;
    buf_append_format(out, "%s{\"index\":%u,\"_id\":", any ? "," : ",\"upserted\":[", i);
    json_write(out, &outcome->steps[i].key, options);
    buf_append_byte(out, '}');
    any = true;
  }
  if (any) buf_append_byte(out, ']');
}

static uint64_t count_upserted(const struct session_outcome *outcome) {
  uint64_t count = outcome->steps_count == 0 && outcome->upserted;
  for (uint32_t i = 0; i < outcome->steps_count; i++) count += outcome->steps[i].upserted;
  return count;
}

static void write_mongo_errors(const struct session_outcome *outcome,
                               const struct mongo_teller *teller, struct buf *out) {
  if (outcome->write_errors_count == 0) return;
  buf_append_text(out, ",\"writeErrors\":[");
  for (uint32_t i = 0; i < outcome->write_errors_count; i++) {
    const struct query_write_error *error = &outcome->write_errors[i];
    buf_append_format(out, "%s{\"index\":%u,", i ? "," : "", error->index);
    mongo_error_write_change(error, teller, out);
    buf_append_byte(out, '}');
  }
  buf_append_byte(out, ']');
}

static bool wants_errors(const struct statement_run *run) {
  struct val only =
      run->is_command ? val_field(&run->command, slice_of_text("errorsOnly")) : val_missing();
  return only.type == VAL_BOOL && only.boolean;
}

static void write_mongo_change(struct statement_run *run, struct buf *out) {
  struct session_outcome outcome = session_outcome(run->cursor);
  struct json_write_options options = options_of(run);
  struct mongo_teller teller = statement_teller(run);
  if (outcome.answer.type == VAL_MAP) {
    json_write(out, &outcome.answer, &options);
    return;
  }
  unsigned long long affected = outcome.affected, matched = outcome.matched;
  unsigned long long upserted = count_upserted(&outcome);
  enum plan_kind kind = session_kind(run->cursor);
  buf_append_byte(out, '{');
  if (outcome.told == PLAN_TOLD_BULK) {
    mongo_bulk_write(&outcome, &teller, wants_errors(run), out);
  } else if (kind == PLAN_UPDATE) {
    buf_append_format(out, "\"n\":%llu,\"nModified\":%llu", matched + upserted,
                      affected - upserted);
    write_upserted(&outcome, &options, out);
  } else {
    buf_append_format(out, "\"n\":%llu", affected);
  }
  if (outcome.told != PLAN_TOLD_BULK) write_mongo_errors(&outcome, &teller, out);
  buf_append_text(out, ",\"ok\":1}");
}

void statement_write_failed(const struct err *failed, const struct mongo_teller *teller,
                            struct buf *out) {
  bool is_update = strcmp(failed->of_change, "update") == 0;
  buf_append_text(out, is_update ? "{\"n\":0,\"nModified\":0" : "{\"n\":0");
  buf_append_text(out, ",\"writeErrors\":[{\"index\":0,");
  mongo_error_write(failed, teller, out);
  buf_append_text(out, "}],\"ok\":1}");
}

/** findAndModify: the only change in this language that answers a document. */
static bool is_modify(const struct statement_run *run) {
  enum plan_kind kind = session_kind(run->cursor);
  return session_language(run->cursor) == PLAN_JQL && (kind == PLAN_UPDATE || kind == PLAN_DELETE);
}

static status write_mongo_modify(struct statement_run *run, struct buf *out, struct err *err) {
  bool has, updates = session_kind(run->cursor) == PLAN_UPDATE;
  struct val row;
  struct json_write_options options = options_of(run);
  TRY(next(run, &row, &has, err));
  struct session_outcome outcome = session_outcome(run->cursor);
  uint64_t touched = outcome.matched + outcome.upserted;
  buf_append_format(out, "{\"lastErrorObject\":{\"n\":%llu", (unsigned long long)touched);
  if (updates)
    buf_append_format(out, ",\"updatedExisting\":%s", outcome.matched ? "true" : "false");
  if (outcome.upserted && outcome.keys_count) {
    buf_append_text(out, ",\"upserted\":");
    json_write(out, &outcome.keys[0], &options);
  }
  buf_append_text(out, "},\"value\":");
  if (has)
    json_write(out, &row, &options);
  else
    buf_append_text(out, "null");
  buf_append_text(out, ",\"ok\":1}");
  return LUMA_OK;
}

static bool is_explain(const struct statement_run *run) {
  return session_language(run->cursor) == PLAN_JQL && session_kind(run->cursor) == PLAN_EXPLAIN;
}

/* The address that the client asked: "name:port". */
static void tell_server(struct slice address, struct buf *out) {
  enum { HTTP_PORT = 80 };
  size_t name = address.bytes;
  while (name > 0 && address.data[name - 1] >= '0' && address.data[name - 1] <= '9') name--;
  bool has_port = name > 0 && name < address.bytes && address.data[name - 1] == ':';
  struct slice host = has_port ? slice_of(address.data, name - 1) : address;
  struct slice port = slice_of(address.data + name, address.bytes - name);
  const struct val told = val_text(host.bytes ? host : slice_of_text("localhost"));
  const struct json_write_options plain = {0};
  buf_append_text(out, ",\"serverInfo\":{\"host\":");
  json_write(out, &told, &plain);
  if (has_port)
    buf_append_format(out, ",\"port\":%.*s", SLICE_ARG(port));
  else
    buf_append_format(out, ",\"port\":%d", HTTP_PORT);
  buf_append_text(out, ",\"version\":\"" STATEMENT_MONGO_VERSION
                       ".0\",\"gitVersion\":\"lumadb-" LUMA_VERSION_TEXT "\"}");
}

/* Behind the last field of the plan: what was explained, and by whom. */
static void tell_explained(const struct statement_run *run, const struct statement_writer *writer,
                           const struct json_write_options *options, struct buf *out) {
  struct val command = val_field(&run->command, slice_of_text("explain"));
  if (out->bytes == 0 || out->data[out->bytes - 1] != '}') return; /* there was no memory */
  out->bytes--;
  if (run->is_command && command.type == VAL_MAP) {
    const struct val database = val_text(mongo_admin_database(run));
    buf_append_text(out, ",\"command\":");
    json_write(out, &command, options);
    out->bytes -= out->bytes > 0; /* the brace */
    buf_append_text(out, ",\"$db\":");
    json_write(out, &database, options);
    buf_append_byte(out, '}');
  }
  tell_server(writer->host, out);
  buf_append_byte(out, '}');
}

/* The plan in MongoDB's shape is complete when its lines in ours were read. */
static status write_mongo_explain(struct statement_run *run, const struct statement_writer *writer,
                                  struct buf *out, struct err *err) {
  struct json_write_options options = options_of(run);
  struct val row;
  bool has = true;
  while (has) TRY(session_next(run->cursor, &row, &has, err));
  struct session_outcome outcome = session_outcome(run->cursor);
  json_write(out, &outcome.answer, &options);
  tell_explained(run, writer, &options, out);
  return LUMA_OK;
}

static status write_mongo_count(struct statement_run *run, struct buf *out, struct err *err) {
  bool has;
  struct val row;
  struct json_write_options plain = {0};
  TRY(session_next(run->cursor, &row, &has, err));
  struct val count = has ? session_column(run->cursor, 0) : val_int64(0);
  buf_append_text(out, "{\"n\":");
  json_write(out, &count, &plain);
  buf_append_text(out, ",\"ok\":1}");
  return LUMA_OK;
}

/* The rows are in `out` from `start`; what stands around them depends on whether more are left. */
static void end_mongo(const struct statement_run *run, const char *cursor, struct buf *out) {
  if (session_reply(run->cursor) == QUERY_REPLY_VALUES) {
    buf_append_text(out, "],\"ok\":1}");
    return;
  }
  mongo_cursor_end(run, cursor, out);
  buf_append_text(out, ",\"ok\":1}");
}

static const char *mongo_head(const struct statement_run *run) {
  if (session_reply(run->cursor) == QUERY_REPLY_VALUES) return "{\"values\":[";
  return run->is_continued ? "{\"cursor\":{\"nextBatch\":[" : "{\"cursor\":{\"firstBatch\":[";
}

/* ---- whole replies ---- */

static const char *head_of(const struct statement_run *run) {
  switch (run->form) {
  case STATEMENT_ROWS: return "{\"rows\":[";
  case STATEMENT_MONGO: return mongo_head(run);
  case STATEMENT_DOCUMENTS: break;
  }
  return "{\"documents\":[";
}

static status write_rows_and_tail(struct statement_run *run, const struct statement_writer *writer,
                                  struct buf *out, struct err *err) {
  struct statement_reply reply = {0};
  bool ended;
  buf_append_text(out, head_of(run));
  TRY(statement_write_rows(run, out, out->bytes + writer->bytes_max, &reply.count, &ended, err));
  if (!ended && writer->keep && !run->is_single)
    TRY(writer->keep(writer->context, run, &reply.cursor, err));
  reply.took_us = os_monotonic_us(writer->os) - writer->began_us;
  if (run->form == STATEMENT_MONGO) {
    end_mongo(run, reply.cursor, out);
  } else {
    buf_append_byte(out, ']');
    write_tail(run, &reply, out);
  }
  return LUMA_OK;
}

status statement_write(struct statement_run *run, const struct statement_writer *writer,
                       struct buf *out, struct err *err) {
  enum query_reply reply = session_reply(run->cursor);
  if (run->form == STATEMENT_MONGO && reply == QUERY_REPLY_CHANGE)
    write_mongo_change(run, out);
  else if (run->form == STATEMENT_MONGO && is_explain(run))
    TRY(write_mongo_explain(run, writer, out, err));
  else if (run->form == STATEMENT_MONGO && is_modify(run))
    TRY(write_mongo_modify(run, out, err));
  else if (run->form == STATEMENT_MONGO && reply == QUERY_REPLY_COUNT)
    TRY(write_mongo_count(run, out, err));
  else
    TRY(write_rows_and_tail(run, writer, out, err));
  return buf_check(out, "the reply", err);
}
