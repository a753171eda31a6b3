/* SPDX-License-Identifier: MIT */
/* Collections without a language; import. */
#include <stdio.h>

#include "api/api_int.h"
#include "base/mem/mem.h"
#include "service/docs/docs.h"

static status show_key(const struct val *key, char *out, size_t out_bytes, struct err *err) {
  struct buf text;
  struct json_write_options options = {.form = JSON_PLAIN};
  buf_init(&text, DOC_BYTES_MAX);
  json_write(&text, key, &options);
  status result = buf_check(&text, "a key", err);
  if (result == LUMA_OK && text.bytes >= out_bytes) {
    result = err_raise(err, LUMA_TOO_LARGE, __FILE__, __LINE__, "the key does not fit in %zu bytes",
                       out_bytes);
  }
  if (result == LUMA_OK) {
    memcpy(out, text.data, text.bytes);
    out[text.bytes] = 0;
  }
  buf_deinit(&text);
  return result;
}

enum luma_status luma_insert(luma_session *session, const char *collection, const char *json,
                             size_t json_bytes, char *key_json, size_t key_bytes_max,
                             luma_error *error) {
  session_uncancel(session->session);
  struct err err;
  err_init(&err);
  struct arena arena;
  struct val key;
  struct slice text = api__text(json, json_bytes);
  arena_init(&arena, 0, 0);
  struct docs_batch batch = {
      .jsons = &text, .count = 1, .arena = &arena, .keys = key_json ? &key : NULL};
  status result = docs_insert(session->session, slice_of_text(collection), &batch, &err);
  if (result == LUMA_OK && key_json) result = show_key(&key, key_json, key_bytes_max, &err);
  arena_deinit(&arena);
  return api__answer(error, &err, result);
}

enum luma_status luma_insert_many(luma_session *session, const char *collection,
                                  const char *const *jsons, const size_t *bytes, size_t count,
                                  size_t *failed, luma_error *error) {
  session_uncancel(session->session);
  struct err err;
  err_init(&err);
  if (count > UINT32_MAX / 2)
    return api__fail(error, LUMA_INVALID_ARGUMENT, "too many documents at once");
  struct slice *texts = mem_alloc((count + 1) * sizeof *texts);
  if (!texts) return api__fail(error, LUMA_OUT_OF_MEMORY, "no memory for documents");
  for (size_t i = 0; i < count; i++)
    texts[i] = api__text(jsons[i], bytes ? bytes[i] : LUMA_TEXT_END);
  struct docs_batch batch = {.jsons = texts, .count = (uint32_t)count};
  status result = docs_insert(session->session, slice_of_text(collection), &batch, &err);
  if (failed) *failed = batch.failed;
  mem_free(texts);
  return api__answer(error, &err, result);
}

enum luma_status luma_get(luma_session *session, const char *collection, const luma_param *key,
                          luma_result **result, const luma_value **row, luma_error *error) {
  *result = NULL;
  *row = NULL;
  luma_result *made = api__result_create(session);
  if (!made) return api__fail(error, LUMA_OUT_OF_MEMORY, "no memory for a result");
  struct err err;
  err_init(&err);
  struct val id;
  status answer = api__param(session->session, key, &made->params, &id, &err);
  if (answer == LUMA_OK) {
    answer = docs_get(session->session, slice_of_text(collection), &id, &made->whole, &made->row,
                      NULL, &err);
  }
  if (answer == LUMA_OK) {
    *result = made;
    *row = api__value(&made->row);
  } else {
    luma_result_close(made);
  }
  return api__answer(error, &err, answer);
}

/* A filter or sort is one object: what stands in a command must not be more than it says. */
static status check_object(luma_session *session, const char *what, const char *text,
                           struct err *err) {
  struct json_reader *reader;
  struct json_read_options options = {.form = JSON_TAGGED};
  struct buf room;
  struct val value;
  if (!text) return LUMA_OK;
  TRY(session_json_reader(session->session, &reader, err));
  buf_init(&room, DOC_BYTES_MAX);
  status result = json_read_value(reader, slice_of_text(text), &options, &room, &value, err);
  if (result != LUMA_OK) err_wrap(err, "the %s", what);
  if (result == LUMA_OK && value.type != VAL_MAP)
    result =
        err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "the %s is no JSON object", what);
  buf_deinit(&room);
  return result;
}

static void append_find(struct buf *command, const char *collection,
                        const luma_find_options *options) {
  buf_append_text(command, "{\"find\":");
  json_write_text(command, slice_of_text(collection));
  buf_append_format(command, ",\"skip\":%llu,\"limit\":%llu", (unsigned long long)options->skip,
                    (unsigned long long)options->limit);
  if (options->sort) {
    buf_append_text(command, ",\"sort\":");
    buf_append_text(command, options->sort);
  }
  if (options->filter) {
    buf_append_text(command, ",\"filter\":");
    buf_append_text(command, options->filter);
  }
  buf_append_byte(command, '}');
  buf_append_byte(command, 0);
}

enum luma_status luma_find(luma_session *session, const char *collection,
                           const luma_find_options *options, luma_result **result,
                           luma_error *error) {
  static const luma_find_options everything = {0};
  struct buf command;
  struct err err;
  err_init(&err);
  *result = NULL;
  if (!options) options = &everything;
  status answer = check_object(session, "filter", options->filter, &err);
  if (answer == LUMA_OK) answer = check_object(session, "sort", options->sort, &err);
  if (answer != LUMA_OK) return api__answer(error, &err, answer);
  buf_init(&command, DOC_BYTES_MAX);
  append_find(&command, collection, options);
  answer = buf_check(&command, "the command", &err);
  enum luma_status code = api__answer(error, &err, answer);
  if (answer == LUMA_OK) {
    code = luma_query(session, "jql", (const char *)command.data, NULL, 0, result, error);
    if (code != LUMA_OK && error) error->line = error->column = 0; /* of a text nobody wrote */
  }
  buf_deinit(&command);
  return code;
}

enum luma_status luma_put(luma_session *session, const char *collection, const luma_param *key,
                          const char *json, size_t json_bytes, unsigned flags, luma_error *error) {
  session_uncancel(session->session);
  if ((flags & ~(unsigned)(LUMA_PUT_MERGE | LUMA_PUT_UPSERT)) != 0)
    return api__fail(error, LUMA_INVALID_ARGUMENT, "there is no such flag of luma_put");
  struct err err;
  err_init(&err);
  struct arena arena;
  struct val id;
  struct docs_put_options options = {.merge = (flags & LUMA_PUT_MERGE) != 0,
                                     .upsert = (flags & LUMA_PUT_UPSERT) != 0};
  arena_init(&arena, 0, 0);
  status result = api__param(session->session, key, &arena, &id, &err);
  if (result == LUMA_OK) {
    result = docs_put(session->session, slice_of_text(collection), &id, api__text(json, json_bytes),
                      &options, NULL, &err);
  }
  arena_deinit(&arena);
  return api__answer(error, &err, result);
}

enum luma_status luma_delete(luma_session *session, const char *collection, const luma_param *key,
                             luma_error *error) {
  session_uncancel(session->session);
  struct err err;
  err_init(&err);
  struct arena arena;
  struct val id;
  arena_init(&arena, 0, 0);
  status result = api__param(session->session, key, &arena, &id, &err);
  if (result == LUMA_OK)
    result = docs_delete(session->session, slice_of_text(collection), &id, &err);
  arena_deinit(&arena);
  return api__answer(error, &err, result);
}

enum luma_status luma_count(luma_session *session, const char *collection, uint64_t *count,
                            luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err,
                     docs_count(session->session, slice_of_text(collection), count, &err));
}

/* ---- import ---- */

_Static_assert((int)LUMA_IMPORT_TSV == (int)IMPORT_TSV, "kinds of input have one order");

enum luma_status luma_import_open(luma_session *session, const char *collection,
                                  enum luma_import_type type, luma_import **import,
                                  luma_error *error) {
  *import = NULL;
  luma_import *made = mem_zalloc(1, sizeof *made);
  if (!made) return api__fail(error, LUMA_OUT_OF_MEMORY, "no memory for an import");
  struct err err;
  err_init(&err);
  status result = import_open(session->session, slice_of_text(collection), (enum import_type)type,
                              &made->import, &err);
  if (result == LUMA_OK)
    *import = made;
  else
    mem_free(made);
  return api__answer(error, &err, result);
}

enum luma_status luma_import_write(luma_import *import, const void *data, size_t bytes,
                                   luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err, import_write(import->import, slice_of(data, bytes), &err));
}

luma_import_stats luma_import_progress(const luma_import *import) {
  struct import_stats stats = import_progress(import->import);
  return (luma_import_stats){.documents = stats.documents, .bytes = stats.bytes};
}

enum luma_status luma_import_close(luma_import *import, luma_import_stats *stats,
                                   luma_error *error) {
  struct err err;
  err_init(&err);
  struct import_stats inner = {0};
  status result = import_close(import->import, &inner, &err);
  if (stats) *stats = (luma_import_stats){.documents = inner.documents, .bytes = inner.bytes};
  mem_free(import);
  return api__answer(error, &err, result);
}
