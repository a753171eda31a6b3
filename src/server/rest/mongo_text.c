/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_text.h"

#include "base/mem/mem.h"
#include "query/lang/lang.h"
#include "server/rest/mongo_admin.h"
#include "server/rest/mongo_cursor.h"
#include "server/rest/rest_int.h"

static size_t skip_space(struct slice text, size_t at) {
  while (at < text.bytes && (text.data[at] == ' ' || text.data[at] == '\t' ||
                             text.data[at] == '\n' || text.data[at] == '\r'))
    at++;
  return at;
}

/* The name of the first field, as it is written; empty where the text is no object. */
static struct slice first_name(struct slice text) {
  size_t at = skip_space(text, 0);
  if (at == text.bytes || text.data[at] != '{') return slice_of(NULL, 0);
  at = skip_space(text, at + 1);
  if (at == text.bytes || text.data[at] != '"') return slice_of(NULL, 0);
  const uint8_t *name = text.data + at + 1;
  const uint8_t *end = memchr(name, '"', text.bytes - at - 1);
  return end ? slice_of(name, (size_t)(end - name)) : slice_of(NULL, 0);
}

static bool has_any(struct slice text, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (memmem(text.data, text.bytes, words[i], strlen(words[i]))) return true;
  return false;
}

/* Whether what the server does with the command is asked of its fields. */
static bool is_for_server(const struct statement_run *run, struct slice text) {
  static const char *const stages[] = {"$currentOp", "$listSessions", "$listLocalSessions",
                                       "$planCacheStats"};
  static const char *const numbered[] = {"txnNumber"};
  static const char *const batches[] = {"batchSize", "singleBatch", "noCursorTimeout",
                                        "errorsOnly"};
  struct slice name = first_name(text);
  if (name.bytes == 0) return false;
  if (mongo_admin_is_name(name) || mongo_cursor_is_name(name)) return true;
  if (has_any(text, numbered, 1)) return true;
  if (slice_is_equal(name, slice_of_text("aggregate")) && has_any(text, stages, 4)) return true;
  return run->form == STATEMENT_MONGO && has_any(text, batches, 4);
}

/* Whether an object begins as no JSON does. */
static bool is_script(struct slice text, size_t start) {
  size_t name = skip_space(text, start + 1);
  return text.data[start] == '{' && name < text.bytes && text.data[name] != '"' &&
         text.data[name] != '}';
}

/* Of a call of the shell, or an object of JavaScript, the command it means. False: what stands
 * there is for the language to tell. */
static bool read_plain(struct statement_run *run, struct slice *text) {
  struct lang_context context = {.arena = &run->arena};
  size_t start = skip_space(*text, 0);
  if (start == text->bytes || (!jql_is_call(*text, start) && !is_script(*text, start))) return true;
  return jql_as_json(&context, *text, start, text, NULL) == LUMA_OK;
}

static status take_command(struct statement_run *run, const struct buf *encoded, struct err *err) {
  const uint8_t *copy = arena_copy(&run->arena, encoded->data, encoded->bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the command");
  run->command = val_decode(slice_of(copy, encoded->bytes), NULL);
  run->is_command = true;
  run->request.source.text = slice_of(NULL, 0);
  run->request.source.command = &run->command;
  return LUMA_OK;
}

status mongo_text_read(struct exchange *exchange, struct statement_run *run, struct err *err) {
  const struct query_source *source = &run->request.source;
  struct slice text = source->text;
  struct json_read_options options = {
      .form = JSON_TAGGED,
      .big_are_floats = true,
      .depth_max = (uint32_t)exchange->rest->options.config->limits.json_depth};
  struct json_reader *reader;
  struct buf encoded;
  struct val value;
  if (run->is_command || (source->lang && source->lang != &lang_jql)) return LUMA_OK;
  if (!read_plain(run, &text) || !is_for_server(run, text)) return LUMA_OK;
  TRY(session_json_reader(exchange->session, &reader, err));
  buf_init(&encoded, DOC_BYTES_MAX);
  status done = json_read_value(reader, text, &options, &encoded, &value, NULL);
  status taken = LUMA_OK; /* what cannot be read is for the language to tell, with its place */
  if (done == LUMA_OK && value.type == VAL_MAP) taken = take_command(run, &encoded, err);
  buf_deinit(&encoded);
  return taken;
}
