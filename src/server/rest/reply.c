/* SPDX-License-Identifier: MIT */
/* What all routes share: replies of JSON, errors, numbers in addresses, bodies. */
#include "base/text/num.h"
#include "server/rest/mongo_error.h"
#include "server/rest/rest_int.h"

static const char json_type[] = "application/json";

void rest__json(struct exchange *exchange, unsigned http) {
  exchange->request->reply.status = http;
  exchange->request->reply.content_type = json_type;
}

void rest__empty(struct exchange *exchange, unsigned http) {
  exchange->request->reply.status = http;
}

void rest__put_error(struct buf *out, const struct err *err, bool retryable) {
  buf_append_format(out, "{\"error\":{\"code\":\"%s\",\"message\":", status_info(err->code)->name);
  json_write_text(out, slice_of_text(err->message));
  if (err->hint[0]) {
    buf_append_text(out, ",\"hint\":");
    json_write_text(out, slice_of_text(err->hint));
  }
  if (err->line)
    buf_append_format(out, ",\"position\":{\"line\":%u,\"column\":%u}", err->line, err->column);
  if (err->faults_count && err->faults) {
    buf_append_text(out, ",\"faults\":[");
    buf_append_slice(out, buf_slice(err->faults));
    buf_append_byte(out, ']');
  }
  if (retryable || status_info(err->code)->retryable) buf_append_text(out, ",\"retryable\":true");
  buf_append_text(out, "}}");
}

void rest__fail(struct exchange *exchange, const struct err *err) {
  struct http_reply *reply = &exchange->request->reply;
  unsigned http =
      exchange->http_status ? exchange->http_status : (unsigned)status_info(err->code)->http;
  buf_reset(&reply->body);
  reply->is_stream = reply->has_more = false;
  rest__put_error(&reply->body, err, exchange->retryable);
  if (exchange->is_mongo) {
    reply->body.bytes--; /* the closing brace */
    buf_append_text(&reply->body, ",\"ok\":0,");
    mongo_error_write(err, &exchange->teller, &reply->body);
    if (exchange->is_in_transaction && mongo_error_is_transient(err))
      buf_append_text(&reply->body, ",\"errorLabels\":[\"TransientTransactionError\"]");
    buf_append_byte(&reply->body, '}');
  }
  if (http == 503) http_reply_header(exchange->request, "retry-after:", slice_of_text("1"));
  if (http == 401) {
    http_reply_header(exchange->request, "www-authenticate:", slice_of_text("Bearer"));
  }
  rest__json(exchange, http);
}

status rest__integer(const struct exchange *exchange, const char *name, uint64_t least,
                     uint64_t most, uint64_t *value, struct err *err) {
  struct slice text;
  int64_t number;
  if (!http_argument(exchange->request, name, &text)) return LUMA_OK;
  if (num_parse_int64(text, &number) && number >= 0 && (uint64_t)number >= least &&
      (uint64_t)number <= most) {
    *value = (uint64_t)number;
    return LUMA_OK;
  }
  FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` takes a whole number from %llu to %llu", name,
       (unsigned long long)least, (unsigned long long)most);
}

status rest__read_body(struct exchange *exchange, const char *mongo, struct buf *out,
                       struct val *value, struct err *err) {
  const struct config *config = exchange->rest->options.config;
  struct json_read_options options = {.form = JSON_TAGGED,
                                      .depth_max = (uint32_t)config->limits.json_depth};
  struct json_reader *reader;
  if (mongo) options.floats_in = slice_of_text(mongo);
  if (mongo) options.values_in = slice_of_text("documents"); /* of an insert */
  TRY(session_json_reader(exchange->session, &reader, err));
  return json_read_value(reader, buf_slice(&exchange->request->body), &options, out, value, err);
}
