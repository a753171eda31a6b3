/* SPDX-License-Identifier: MIT */
/* What a change of many documents asks for: a list of {"id", "patch", "version"} (of keys, or of
 * {"id", "version"}, to delete), or {"filter", "patch", "max_affected", "dry_run"}. */
#include "base/mem/mem.h"
#include "base/text/num.h"
#include "server/rest/documents_bulk.h"

enum { FOUND_MAX = 1000000, COMMAND_BYTES_MAX = 4 << 20 };

/* ---- values that stay ---- */

/* A copy in the request's arena. `is_document`: a top-level "id" is the key unless "_id" stands
 * beside it. */
static status keep(struct exchange *exchange, const struct val *value, bool is_document,
                   struct val *kept, struct err *err) {
  bool renames = is_document && val_field(value, slice_of_text("_id")).type == VAL_MISSING;
  struct buf room;
  struct build build;
  struct slice bytes;
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  if (is_document) build_begin_map(&build);
  for (uint32_t i = 0; is_document && i < val_count(value); i++) {
    struct slice name;
    struct val field = val_field_at(value, i, &name);
    bool is_key = renames && slice_is_equal(name, slice_of_text("id"));
    build_name(&build, is_key ? slice_of_text("_id") : name);
    build_put(&build, &field);
  }
  if (is_document)
    build_end(&build);
  else
    build_put(&build, value);
  status result = build_finish(&build, &bytes, err);
  build_deinit(&build);
  const uint8_t *copy =
      result == LUMA_OK ? arena_copy(&exchange->request->arena, bytes.data, bytes.bytes) : NULL;
  if (copy) *kept = val_decode(slice_of(copy, bytes.bytes), NULL);
  buf_deinit(&room);
  TRY(result);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for changes");
  return LUMA_OK;
}

status rest__bulk_add(struct exchange *exchange, struct bulk *bulk, const struct val *key,
                      const struct val *patch, struct err *err) {
  struct docs_change change = {.patch = val_missing()};
  TRY(keep(exchange, key, false, &change.key, err));
  if (patch->type != VAL_MISSING) TRY(keep(exchange, patch, true, &change.patch, err));
  if (!mem_grow((void **)&bulk->items, &bulk->capacity, bulk->count + 1, sizeof *bulk->items))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for changes");
  bulk->items[bulk->count++] = change;
  return LUMA_OK;
}

void rest__bulk_deinit(struct bulk *bulk) {
  mem_free(bulk->items);
}

/* ---- members ---- */

static status fail_member(struct slice name, const char *what, struct err *err) {
  FAIL(err, LUMA_INVALID_ARGUMENT, "`%.*s` %s", (int)(name.bytes < 100 ? name.bytes : 100),
       (const char *)name.data, what);
}

/* A number, or an entity tag as a reply's header has it. */
static status read_version(const struct val *value, uint64_t *version, struct err *err) {
  int64_t number = -1;
  if (value->type == VAL_INT32 || value->type == VAL_INT64) number = value->integer;
  if (value->type == VAL_TEXT) {
    struct slice text = val_slice(value);
    bool is_quoted = text.bytes > 2 && text.data[0] == '"' && text.data[text.bytes - 1] == '"';
    if (is_quoted) text = slice_of(text.data + 1, text.bytes - 2);
    if (!num_parse_int64(text, &number)) number = -1;
  }
  if (number < 0)
    return fail_member(slice_of_text("version"),
                       "takes the version of a document, as its ETag has it", err);
  *version = (uint64_t)number;
  return LUMA_OK;
}

static bool is_key_name(struct slice name) {
  return slice_is_equal(name, slice_of_text("id")) || slice_is_equal(name, slice_of_text("_id"));
}

static status fail_unknown(const struct bulk *bulk, struct slice name, struct err *err) {
  (void)fail_member(name, "is no member of a change", err);
  err_hint(err, bulk->is_delete ? "a deletion is {\"id\", \"version\"}, or a key alone"
                                : "a change is {\"id\", \"patch\", \"version\"}");
  return LUMA_INVALID_ARGUMENT;
}

static status read_item(struct exchange *exchange, struct bulk *bulk, const struct val *item,
                        struct err *err) {
  struct val key = val_missing(), patch = val_missing();
  bool has_version = false;
  uint64_t version = 0;
  if (bulk->is_delete && item->type != VAL_MAP)
    return rest__bulk_add(exchange, bulk, item, &patch, err);
  if (item->type != VAL_MAP)
    FAIL(err, LUMA_INVALID_ARGUMENT, "a change is a JSON object, not a %s",
         val_type_name(item->type));
  for (uint32_t i = 0; i < val_count(item); i++) {
    struct slice name;
    struct val value = val_field_at(item, i, &name);
    if (is_key_name(name)) {
      key = value;
    } else if (slice_is_equal(name, slice_of_text("version"))) {
      TRY(read_version(&value, &version, err));
      has_version = true;
    } else if (!bulk->is_delete && slice_is_equal(name, slice_of_text("patch"))) {
      patch = value;
    } else {
      return fail_unknown(bulk, name, err);
    }
  }
  if (val_is_null(&key)) return fail_member(slice_of_text("id"), "is missing", err);
  if (!bulk->is_delete && patch.type != VAL_MAP)
    return fail_member(slice_of_text("patch"), "is to be a JSON object", err);
  TRY(rest__bulk_add(exchange, bulk, &key, &patch, err));
  bulk->items[bulk->count - 1].has_version = has_version;
  bulk->items[bulk->count - 1].version = version;
  return LUMA_OK;
}

static status read_most(struct bulk *bulk, const struct val *value, struct err *err) {
  bool is_integer = value->type == VAL_INT32 || value->type == VAL_INT64;
  if (!is_integer || value->integer < 0)
    return fail_member(slice_of_text("max_affected"), "takes a number that is not negative", err);
  bulk->has_most = true;
  bulk->most = (uint64_t)value->integer;
  return LUMA_OK;
}

/* {"filter": …} */
static status read_filter_member(struct exchange *exchange, struct bulk *bulk, struct slice name,
                                 const struct val *value, struct err *err) {
  bool is_filter = slice_is_equal(name, slice_of_text("filter"));
  bool is_patch = !bulk->is_delete && slice_is_equal(name, slice_of_text("patch"));
  if (slice_is_equal(name, slice_of_text("max_affected"))) return read_most(bulk, value, err);
  if (slice_is_equal(name, slice_of_text("dry_run"))) {
    if (value->type != VAL_BOOL) return fail_member(name, "is true or false", err);
    bulk->is_dry |= value->boolean;
    return LUMA_OK;
  }
  if (!is_filter && !is_patch) {
    (void)fail_member(name, "is not known here", err);
    err_hint(err, "send a list of changes, or an object with a `filter`%s",
             bulk->is_delete ? "" : " and a `patch`");
    return LUMA_INVALID_ARGUMENT;
  }
  if (value->type != VAL_MAP) return fail_member(name, "is to be a JSON object", err);
  return keep(exchange, value, is_patch, is_filter ? &bulk->filter : &bulk->patch, err);
}

static status read_filter(struct exchange *exchange, struct bulk *bulk, const struct val *body,
                          struct err *err) {
  if (body->type != VAL_MAP)
    FAIL(err, LUMA_INVALID_ARGUMENT, "the body is a JSON list or object, not a %s",
         val_type_name(body->type));
  for (uint32_t i = 0; i < val_count(body); i++) {
    struct slice name;
    struct val value = val_field_at(body, i, &name);
    TRY(read_filter_member(exchange, bulk, name, &value, err));
  }
  if (bulk->filter.type == VAL_MISSING) {
    (void)fail_member(slice_of_text("filter"), "is missing", err);
    err_hint(err, "{} is the filter of all documents");
    return LUMA_INVALID_ARGUMENT;
  }
  if (!bulk->is_delete && bulk->patch.type == VAL_MISSING)
    return fail_member(slice_of_text("patch"), "is missing", err);
  return LUMA_OK;
}

/* ---- the whole ---- */

typedef status read_fn(struct exchange *exchange, struct bulk *bulk, const struct val *value,
                       struct err *err);

static status read_text(struct exchange *exchange, struct bulk *bulk, struct slice text,
                        read_fn *read, struct err *err) {
  struct json_read_options options = {.form = JSON_TAGGED};
  struct json_reader *reader;
  struct buf room;
  struct val value;
  TRY(session_json_reader(exchange->session, &reader, err));
  buf_init(&room, DOC_BYTES_MAX);
  status result = json_read_value(reader, text, &options, &room, &value, err);
  if (result == LUMA_OK) result = read(exchange, bulk, &value, err);
  buf_deinit(&room);
  return result;
}

static status read_body(struct exchange *exchange, struct bulk *bulk, struct err *err) {
  struct rest_texts texts = {0};
  status result = rest__split(exchange, &texts, err);
  for (size_t i = 0; i < texts.count && result == LUMA_OK; i++) {
    result =
        read_text(exchange, bulk, texts.items[i], texts.is_array ? read_item : read_filter, err);
    if (result != LUMA_OK && texts.is_array)
      rest__place_error(exchange, texts.items[i], (uint32_t)i, err);
  }
  mem_free(texts.items);
  return result;
}

static status read_filter_alone(struct exchange *exchange, struct bulk *bulk,
                                const struct val *value, struct err *err) {
  return read_filter_member(exchange, bulk, slice_of_text("filter"), value, err);
}

/* DELETE has its filter in the address, too: not every client sends a body with it. */
static status read_argument(struct exchange *exchange, struct bulk *bulk, struct err *err) {
  struct slice text;
  if (http_argument(exchange->request, "filter", &text))
    return read_text(exchange, bulk, text, read_filter_alone, err);
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "the request does not say which documents to delete");
  err_hint(err, "send a list of keys, or ?filter={…}; {} is the filter of all");
  return LUMA_INVALID_ARGUMENT;
}

bool rest__is_alone(const struct exchange *exchange) {
  struct slice text;
  return http_argument(exchange->request, "atomic", &text) &&
         slice_is_equal(text, slice_of_text("false"));
}

status rest__read_bulk(struct exchange *exchange, struct bulk *bulk, struct err *err) {
  struct http_request *request = exchange->request;
  if (request->headers[HTTP_IF_MATCH].bytes || request->headers[HTTP_IF_NONE_MATCH].bytes) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "If-Match speaks of one document, and this request of many");
    err_hint(err, "give each change its `version`");
    return LUMA_INVALID_ARGUMENT;
  }
  bulk->filter = bulk->patch = val_missing();
  bulk->is_alone = rest__is_alone(exchange);
  TRY(request->body_bytes ? read_body(exchange, bulk, err) : read_argument(exchange, bulk, err));
  bool is_free = bulk->filter.type == VAL_MISSING && !request->headers[HTTP_IDEMPOTENCY_KEY].bytes;
  if (bulk->is_alone && !is_free)
    FAIL(err, LUMA_INVALID_ARGUMENT,
         "changes by a filter, and those with an idempotency key, are done all or none");
  if (http_argument(request, "max_affected", &(struct slice){0}))
    TRY(rest__integer(exchange, "max_affected", 0, INT64_MAX, &bulk->most, err));
  bulk->has_most |= http_argument(request, "max_affected", &(struct slice){0});
  bulk->is_dry |= rest__is_dry(exchange);
  return LUMA_OK;
}

/* ---- what a filter finds ---- */

static status build_find(struct exchange *exchange, const struct bulk *bulk, struct buf *room,
                         struct val *command, struct err *err) {
  struct val name = val_text(exchange->first), yes = val_int64(1);
  struct val most =
      val_int64(bulk->has_most && bulk->most < FOUND_MAX ? (int64_t)bulk->most + 1 : FOUND_MAX + 1);
  struct build build;
  struct slice bytes;
  build_init(&build, room, NULL);
  build_begin_map(&build);
  build_name(&build, slice_of_text("find"));
  build_put(&build, &name);
  build_name(&build, slice_of_text("filter"));
  build_put(&build, &bulk->filter);
  build_name(&build, slice_of_text("projection"));
  build_begin_map(&build);
  build_name(&build, slice_of_text("_id"));
  build_put(&build, &yes);
  build_end(&build);
  build_name(&build, slice_of_text("limit"));
  build_put(&build, &most);
  build_end(&build);
  status result = build_finish(&build, &bytes, err);
  build_deinit(&build);
  if (result == LUMA_OK) *command = val_decode(bytes, NULL);
  return result;
}

static status take_found(struct exchange *exchange, struct bulk *bulk,
                         struct session_cursor *cursor, struct err *err) {
  bool has = true;
  for (;;) {
    struct val document;
    TRY(session_next(cursor, &document, &has, err));
    if (!has) return LUMA_OK;
    if (bulk->count == FOUND_MAX)
      FAIL(err, LUMA_TOO_LARGE, "a request changes at most %d documents", FOUND_MAX);
    struct val key = val_field_id(&document, NAMES_KEY_SLOT, slice_of_text("_id"));
    struct val none = val_missing();
    TRY(rest__bulk_add(exchange, bulk, &key, &none, err));
    bulk->items[bulk->count - 1].patch = bulk->patch;
  }
}

status rest__bulk_find(struct exchange *exchange, struct bulk *bulk, struct err *err) {
  struct session_request request = {
      .source = {.lang = &lang_jql},
      .timeout_us = (uint64_t)exchange->rest->options.config->limits.statement_ms * 1000};
  struct session_cursor *cursor;
  struct buf room;
  struct val command;
  uint64_t count;
  TRY(docs_count(exchange->session, exchange->first, &count, err)); /* it is there */
  bulk->count = 0;
  buf_init(&room, COMMAND_BYTES_MAX);
  status result = build_find(exchange, bulk, &room, &command, err);
  request.source.command = &command;
  if (result == LUMA_OK) result = session_run(exchange->session, &request, NULL, &cursor, err);
  if (result == LUMA_OK) {
    result = take_found(exchange, bulk, cursor, err);
    session_cursor_close(cursor);
  }
  buf_deinit(&room);
  return result;
}
