/* SPDX-License-Identifier: MIT */
/* Lists of documents: filter, sort, fields, limit, offset, after. They are JQL's find, and differ
 * from it in that a missing collection is an error. */
#include "server/rest/rest_int.h"
#include "service/docs/docs.h"
#include "value/order/order.h"

enum { COMMAND_BYTES_MAX = 4 << 20, OFFSET_MAX = INT32_MAX };

struct listing {
  struct exchange *exchange;
  struct val filter; /* MISSING = all */
  struct slice sort, fields;
  uint64_t limit, offset;
  bool by_key, backwards; /* the order of the page */
  bool has_after;
  struct val after;    /* key of the last document before the page */
  uint64_t count;      /* written */
  struct buf last_key; /* of the last document written, as an address names it */
  struct buf filter_room, command_room;
};

/* ---- what is asked for ---- */

static struct slice attribute_of(struct slice name) {
  return slice_is_equal(name, slice_of_text("id")) ? slice_of_text("_id") : name;
}

/* Takes the next name off a list with commas; false at its end. */
static bool take_name(struct slice *list, struct slice *name) {
  if (list->bytes == 0) return false;
  const uint8_t *comma = memchr(list->data, ',', list->bytes);
  size_t bytes = comma ? (size_t)(comma - list->data) : list->bytes;
  *name = slice_of(list->data, bytes);
  size_t used = comma ? bytes + 1 : bytes;
  *list = slice_of(list->data + used, list->bytes - used);
  return true;
}

static bool take_minus(struct slice *name) {
  if (name->bytes == 0 || name->data[0] != '-') return false;
  *name = slice_of(name->data + 1, name->bytes - 1);
  return true;
}

static status check_names(struct slice list, const char *argument, struct err *err) {
  struct slice name;
  while (take_name(&list, &name)) {
    (void)take_minus(&name);
    if (name.bytes == 0)
      FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` takes names with commas between", argument);
  }
  return LUMA_OK;
}

static void read_order(struct listing *listing) {
  struct slice sort = listing->sort, name = slice_of_text("id");
  take_name(&sort, &name);
  listing->backwards = take_minus(&name);
  listing->by_key = slice_is_equal(attribute_of(name), slice_of_text("_id")) && sort.bytes == 0;
}

/* A page goes on after a key only in the order of keys. */
static status read_after(struct listing *listing, struct slice text, struct err *err) {
  listing->has_after = true;
  if (listing->by_key) return rest__key(text, &listing->after, err);
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "`after` goes with the order of keys: leave `sort` out, or give id or -id");
  err_hint(err, "page with offset, or with the cursor of POST /v1/query");
  return LUMA_INVALID_ARGUMENT;
}

static status read_filter(struct listing *listing, struct slice text, struct err *err) {
  struct json_read_options options = {.form = JSON_TAGGED};
  struct json_reader *reader;
  TRY(session_json_reader(listing->exchange->session, &reader, err));
  status result =
      json_read_value(reader, text, &options, &listing->filter_room, &listing->filter, err);
  if (result == LUMA_OK && listing->filter.type != VAL_MAP)
    result = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                       "a filter is a JSON object, not a %s", val_type_name(listing->filter.type));
  if (result != LUMA_OK && err) err_wrap(err, "filter");
  return result;
}

static status read_listing(struct listing *listing, struct err *err) {
  struct exchange *exchange = listing->exchange;
  struct slice text;
  listing->limit = REST_LIST_DEFAULT;
  TRY(rest__integer(exchange, "limit", 1, REST_LIST_MAX, &listing->limit, err));
  TRY(rest__integer(exchange, "offset", 0, OFFSET_MAX, &listing->offset, err));
  if (http_argument(exchange->request, "sort", &listing->sort))
    TRY(check_names(listing->sort, "sort", err));
  read_order(listing);
  if (http_argument(exchange->request, "fields", &listing->fields))
    TRY(check_names(listing->fields, "fields", err));
  if (http_argument(exchange->request, "after", &text)) TRY(read_after(listing, text, err));
  if (http_argument(exchange->request, "filter", &text)) TRY(read_filter(listing, text, err));
  return LUMA_OK;
}

/* ---- the command ---- */

static void put_integer(struct build *build, const char *name, int64_t value) {
  struct val integer = val_int64(value);
  build_name(build, slice_of_text(name));
  build_put(build, &integer);
}

static void put_bound(struct build *build, const struct listing *listing) {
  build_begin_map(build);
  build_name(build, slice_of_text("_id"));
  build_begin_map(build);
  build_name(build, slice_of_text(listing->backwards ? "$lt" : "$gt"));
  build_put(build, &listing->after);
  build_end(build);
  build_end(build);
}

static void put_filter(struct build *build, const struct listing *listing, bool bound) {
  if (!bound && listing->filter.type == VAL_MISSING) return;
  build_name(build, slice_of_text("filter"));
  if (!bound) {
    build_put(build, &listing->filter);
    return;
  }
  if (listing->filter.type == VAL_MISSING) {
    put_bound(build, listing);
    return;
  }
  build_begin_map(build);
  build_name(build, slice_of_text("$and"));
  build_begin_list(build);
  build_put(build, &listing->filter);
  put_bound(build, listing);
  build_end(build);
  build_end(build);
}

/* Ties go by key, so that pages neither repeat nor miss a document. */
static void put_sort(struct build *build, const struct listing *listing) {
  struct slice list = listing->sort, name, key = slice_of_text("_id");
  bool has_key = false;
  build_name(build, slice_of_text("sort"));
  build_begin_map(build);
  while (take_name(&list, &name)) {
    struct val direction = val_int64(take_minus(&name) ? -1 : 1);
    name = attribute_of(name);
    has_key |= slice_is_equal(name, key);
    build_name(build, name);
    build_put(build, &direction);
  }
  struct val up = val_int64(1);
  if (!has_key) {
    build_name(build, key);
    build_put(build, &up);
  }
  build_end(build);
}

static void put_projection(struct build *build, const struct listing *listing) {
  struct slice list = listing->fields, name;
  struct val yes = val_int64(1);
  if (list.bytes == 0) return;
  build_name(build, slice_of_text("projection"));
  build_begin_map(build);
  while (take_name(&list, &name)) {
    build_name(build, attribute_of(name));
    build_put(build, &yes);
  }
  build_end(build);
}

/* `bound`: the key's own condition is in the filter, and the limits count. */
static status build_command(struct listing *listing, bool bound, struct val *command,
                            struct err *err) {
  struct build build;
  struct slice bytes;
  struct val name = val_text(listing->exchange->first);
  buf_reset(&listing->command_room);
  build_init(&build, &listing->command_room, NULL);
  build_begin_map(&build);
  build_name(&build, slice_of_text("find"));
  build_put(&build, &name);
  put_filter(&build, listing, bound);
  put_sort(&build, listing);
  put_projection(&build, listing);
  if (bound || !listing->has_after) {
    put_integer(&build, "limit", (int64_t)listing->limit);
    if (listing->offset) put_integer(&build, "skip", (int64_t)listing->offset);
  }
  build_end(&build);
  status result = build_finish(&build, &bytes, err);
  build_deinit(&build);
  if (result == LUMA_OK) *command = val_decode(bytes, NULL);
  return result;
}

/* ---- rows ---- */

static struct val key_of(const struct val *document) {
  return val_field_id(document, NAMES_KEY_SLOT, slice_of_text("_id"));
}

static status write_document(struct listing *listing, const struct val *document, struct err *err) {
  struct buf *out = &listing->exchange->request->reply.body;
  struct json_write_options options = {0};
  struct val key = key_of(document);
  if (listing->count) buf_append_byte(out, ',');
  json_write(out, document, &options);
  buf_reset(&listing->last_key);
  rest__put_key(&listing->last_key, &key);
  listing->count++;
  return buf_check(out, "the list", err);
}

static bool is_past(const struct listing *listing, const struct val *document) {
  struct val key = key_of(document);
  int order = val_compare(&key, &listing->after);
  return listing->backwards ? order < 0 : order > 0;
}

/* Keys of another type than `after` are not seen by its condition. They come in a second run, which
 * skips what came before. */
static status run_command(struct listing *listing, const struct val *command, bool skip,
                          struct err *err) {
  struct session_request request = {
      .source = {.lang = &lang_jql, .command = command},
      .timeout_us = (uint64_t)listing->exchange->rest->options.config->limits.statement_ms * 1000};
  struct session_cursor *cursor;
  bool has = true;
  TRY(session_run(listing->exchange->session, &request, NULL, &cursor, err));
  status result = LUMA_OK;
  while (result == LUMA_OK && has && listing->count < listing->limit) {
    struct val document;
    result = session_next(cursor, &document, &has, err);
    if (result != LUMA_OK || !has || (skip && !is_past(listing, &document))) continue;
    struct val key = key_of(&document);
    bool seen = skip && val_order_class(key.type) == val_order_class(listing->after.type);
    if (!seen) result = write_document(listing, &document, err);
  }
  session_cursor_close(cursor);
  return result;
}

static status write_pages(struct listing *listing, struct err *err) {
  struct val command;
  TRY(build_command(listing, listing->has_after, &command, err));
  TRY(run_command(listing, &command, false, err));
  if (!listing->has_after || listing->count == listing->limit) return LUMA_OK;
  TRY(build_command(listing, false, &command, err));
  return run_command(listing, &command, true, err);
}

/* ---- the route ---- */

static status check_collection(struct exchange *exchange, struct err *err) {
  uint64_t count;
  return docs_count(exchange->session, exchange->first, &count, err);
}

static status list(struct listing *listing, struct err *err) {
  struct exchange *exchange = listing->exchange;
  struct buf *out = &exchange->request->reply.body;
  TRY(read_listing(listing, err));
  buf_append_text(out, "{\"documents\":[");
  TRY(write_pages(listing, err));
  buf_append_format(out, "],\"count\":%llu,\"after\":", (unsigned long long)listing->count);
  if (listing->by_key && listing->count == listing->limit)
    json_write_text(out, buf_slice(&listing->last_key));
  else
    buf_append_text(out, "null");
  buf_append_byte(out, '}');
  rest__json(exchange, 200);
  return buf_check(out, "the list", err);
}

status rest__list_documents(struct exchange *exchange, struct err *err) {
  struct listing listing = {.exchange = exchange};
  TRY(rest__take_session(exchange, err));
  TRY(check_collection(exchange, err));
  buf_init(&listing.filter_room, COMMAND_BYTES_MAX);
  buf_init(&listing.command_room, COMMAND_BYTES_MAX);
  buf_init(&listing.last_key, COMMAND_BYTES_MAX);
  status result = list(&listing, err);
  buf_deinit(&listing.filter_room);
  buf_deinit(&listing.command_room);
  buf_deinit(&listing.last_key);
  return result;
}
