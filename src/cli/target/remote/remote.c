/* SPDX-License-Identifier: MIT */
#include "cli/target/remote/remote_int.h"

#include "base/mem/mem.h"
#include "base/os/process.h"

enum { HTTP_REFUSED = 400, TEXT_MAX = 64 << 20 };

/* ---- answers ---- */

static uint32_t small_number(const struct val *map, const char *name) {
  struct val value = val_field(map, slice_of_text(name));
  int64_t number = 0;
  bool fits = val_is_number(&value) && val_to_int64(&value, &number);
  return fits && number > 0 && number < UINT32_MAX ? (uint32_t)number : 0;
}

static struct slice text_field(const struct val *map, const char *name) {
  struct val value = val_field(map, slice_of_text(name));
  return value.type == VAL_TEXT ? val_slice(&value) : slice_of(NULL, 0);
}

status remote__raise(const struct val *told, const char *message_name, struct err *err) {
  struct slice name = text_field(told, "code");
  struct slice message = text_field(told, message_name), hint = text_field(told, "hint");
  status result = status_by_name((const char *)name.data, name.bytes);
  if (result == LUMA_OK) result = LUMA_INTERNAL; /* a refusal is none */
  err_raise(err, result, __FILE__, __LINE__, "%.*s", SLICE_ARG(message));
  if (hint.bytes) err_hint(err, "%.*s", SLICE_ARG(hint));
  return result;
}

/* {"error":{"code","message","hint","position":{"line","column"}}} */
static status refuse(const struct val *answer, long code, struct err *err) {
  struct val error =
      answer->type == VAL_MAP ? val_field(answer, slice_of_text("error")) : val_missing();
  if (error.type != VAL_MAP)
    FAIL(err, LUMA_INTERNAL, "the server answered with HTTP status %ld and no reason", code);
  struct val position = val_field(&error, slice_of_text("position"));
  status result = remote__raise(&error, "message", err);
  if (err && position.type == VAL_MAP) {
    err->line = small_number(&position, "line");
    err->column = small_number(&position, "column");
    err->offset = small_number(&position, "offset");
  }
  return result;
}

status remote__ask(struct remote *remote, const struct http_request *request, struct buf *text,
                   struct buf *values, struct val *answer, struct err *err) {
  static const struct json_read_options tagged = {.form = JSON_TAGGED,
                                                  .bytes_max = HTTP_ANSWER_BYTES_MAX};
  struct http_request sent = *request;
  long code = 0;
  sent.session = remote->has_session ? remote->session : NULL;
  buf_reset(text);
  buf_reset(values);
  *answer = val_missing();
  TRY(http_send(remote->http, &sent, text, &code, err));
  status read = LUMA_OK;
  if (text->bytes > 0)
    read = json_read_value(remote->reader, buf_slice(text), &tagged, values, answer, err);
  if (code >= HTTP_REFUSED) return refuse(answer, code, err);
  if (read != LUMA_OK) err_wrap(err, "the server's answer cannot be read");
  return read;
}

/* ---- care ---- */

static status stats(struct target *target, struct buf *out, struct err *err) {
  struct target_statement statement = {.language = "lql",
                                       .text = slice_of_text("SHOW COLLECTIONS")};
  struct target_reply *reply;
  TRY(target_run(target, &statement, &reply, err));
  static const struct json_write_options plain = {.form = JSON_PLAIN};
  struct val row;
  bool has = true;
  status result = LUMA_OK;
  buf_append_text(out, "{\"engine\":\"server\",\"collections\":[");
  for (bool is_first = true;; is_first = false) {
    result = target->ops->next(reply, &row, &has, err);
    if (result != LUMA_OK || !has) break;
    if (!is_first) buf_append_byte(out, ',');
    json_write(out, &row, &plain);
  }
  buf_append_text(out, "]}");
  target->ops->end(reply);
  return result == LUMA_OK ? buf_check(out, "the statistics", err) : result;
}

static status refuse_care(const char *what, struct err *err) {
  err_raise(err, LUMA_UNSUPPORTED, __FILE__, __LINE__, "%s works on a directory", what);
  err_hint(err, "run it where the database is, while no server has it open");
  return LUMA_UNSUPPORTED;
}

static status check(struct target *target, const struct target_fault_sink *sink, struct err *err) {
  (void)target, (void)sink;
  return refuse_care("check", err);
}

static status compact(struct target *target, struct err *err) {
  (void)target;
  return refuse_care("compact", err);
}

static void cancel(struct target *target) {
  http_cancel(remote__of(target)->http);
}

/* ---- open, close ---- */

static void end_session(struct remote *remote) {
  struct buf path, text, values;
  struct val answer;
  buf_init(&path, HTTP_SESSION_BYTES + 32);
  buf_init(&text, TEXT_MAX);
  buf_init(&values, TEXT_MAX);
  buf_append_format(&path, "/v1/sessions/%s", remote->session);
  buf_append_byte(&path, 0);
  remote->has_session = false;
  struct http_request request = {.method = "DELETE", .path = (const char *)path.data};
  if (path.failed == LUMA_OK) (void)remote__ask(remote, &request, &text, &values, &answer, NULL);
  buf_deinit(&path);
  buf_deinit(&text);
  buf_deinit(&values);
}

static void close_remote(struct target *target) {
  struct remote *remote = remote__of(target);
  if (remote->has_session) end_session(remote);
  json_reader_destroy(remote->reader);
  http_destroy(remote->http);
  mem_free(remote);
}

static status greet(struct remote *remote, struct err *err) {
  struct http_request request = {.method = "GET", .path = "/healthz"};
  struct buf text;
  long code = 0;
  buf_init(&text, TEXT_MAX);
  status result = http_send(remote->http, &request, &text, &code, err);
  buf_deinit(&text);
  TRY(result);
  if (code >= HTTP_REFUSED)
    FAIL(err, LUMA_CANNOT_OPEN, "the server answered with HTTP status %ld: is it LumaDB?", code);
  return LUMA_OK;
}

static status create(struct remote *remote, const char *url, struct err *err) {
  struct buf base;
  struct slice text = slice_of_text(url);
  while (text.bytes > 0 && text.data[text.bytes - 1] == '/') text.bytes--;
  buf_init(&base, TEXT_MAX);
  buf_append_slice(&base, text);
  buf_append_byte(&base, 0);
  status result = buf_check(&base, "the address", err);
  const char *token = process_environment("LUMA_TOKEN");
  if (result == LUMA_OK)
    result =
        http_create((const char *)base.data, token && *token ? token : NULL, &remote->http, err);
  buf_deinit(&base);
  if (result == LUMA_OK) result = json_reader_create(&remote->reader, err);
  return result == LUMA_OK ? greet(remote, err) : result;
}

status remote_open(const char *url, const struct target_options *options, struct target **target,
                   struct err *err) {
  static const struct target_ops ops = {.close = close_remote,
                                        .run = remote__run,
                                        .shape = remote__shape,
                                        .next = remote__next,
                                        .outcome = remote__outcome,
                                        .end = remote__end,
                                        .import_open = remote__import_open,
                                        .import_write = remote__import_write,
                                        .import_progress = remote__import_progress,
                                        .import_close = remote__import_close,
                                        .stats = stats,
                                        .check = check,
                                        .compact = compact,
                                        .cancel = cancel};
  struct remote *remote = mem_zalloc(1, sizeof *remote);
  if (!remote) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a connection");
  remote->target.ops = &ops;
  remote->options = *options;
  status result = create(remote, url, err);
  if (result != LUMA_OK)
    close_remote(&remote->target);
  else
    *target = &remote->target;
  return result;
}
