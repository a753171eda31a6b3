/* SPDX-License-Identifier: MIT */
/* The head of a request, copied out of the library: it lives as long as the request and may be read
 * by other threads. */
#include "base/text/num.h"
#include "server/http/http_int.h"

static const char *const method_names[HTTP_METHODS] = {"GET",   "HEAD",   "POST",   "PUT",
                                                       "PATCH", "DELETE", "OPTIONS"};

const char *http_method_name(enum http_method method) {
  return method < HTTP_OTHER ? method_names[method] : "another method";
}

static enum http_method method_of(int library_method) {
  switch (library_method) {
  case LWSHUMETH_GET: return HTTP_GET;
  case LWSHUMETH_HEAD: return HTTP_HEAD;
  case LWSHUMETH_POST: return HTTP_POST;
  case LWSHUMETH_PUT: return HTTP_PUT;
  case LWSHUMETH_PATCH: return HTTP_PATCH;
  case LWSHUMETH_DELETE: return HTTP_DELETE;
  case LWSHUMETH_OPTIONS: return HTTP_OPTIONS;
  default: return HTTP_OTHER;
  }
}

static status no_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a request");
}

static status copy_known(struct http_conn *conn, enum lws_token_indexes token, struct slice *value,
                         struct err *err) {
  int bytes = lws_hdr_total_length(conn->wsi, token);
  *value = (struct slice){0};
  if (bytes <= 0) return LUMA_OK;
  char *copy = arena_alloc_text(&conn->request.arena, (size_t)bytes + 1);
  if (!copy || lws_hdr_copy(conn->wsi, copy, bytes + 1, token) < 0) return no_memory(err);
  *value = slice_of(copy, (size_t)bytes);
  return LUMA_OK;
}

static status copy_custom(struct http_conn *conn, const char *name, struct slice *value,
                          struct err *err) {
  int name_bytes = (int)strlen(name);
  int bytes = lws_hdr_custom_length(conn->wsi, name, name_bytes);
  *value = (struct slice){0};
  if (bytes <= 0) return LUMA_OK;
  char *copy = arena_alloc_text(&conn->request.arena, (size_t)bytes + 1);
  if (!copy || lws_hdr_custom_copy(conn->wsi, copy, bytes + 1, name, name_bytes) < 0)
    return no_memory(err);
  *value = slice_of(copy, (size_t)bytes);
  return LUMA_OK;
}

static status copy_headers(struct http_conn *conn, struct err *err) {
  static const struct {
    enum http_header header;
    enum lws_token_indexes token;
  } known[] = {{HTTP_HOST, WSI_TOKEN_HOST},
               {HTTP_ORIGIN, WSI_TOKEN_ORIGIN},
               {HTTP_AUTHORIZATION, WSI_TOKEN_HTTP_AUTHORIZATION},
               {HTTP_ACCEPT, WSI_TOKEN_HTTP_ACCEPT},
               {HTTP_CONTENT_TYPE, WSI_TOKEN_HTTP_CONTENT_TYPE},
               {HTTP_IF_MATCH, WSI_TOKEN_HTTP_IF_MATCH},
               {HTTP_IF_NONE_MATCH, WSI_TOKEN_HTTP_IF_NONE_MATCH}};
  struct slice *headers = conn->request.headers;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    TRY(copy_known(conn, known[i].token, &headers[known[i].header], err));
  }
  TRY(copy_custom(conn, "idempotency-key:", &headers[HTTP_IDEMPOTENCY_KEY], err));
  TRY(copy_custom(conn, "luma-session:", &headers[HTTP_LUMA_SESSION], err));
  return copy_custom(conn, "luma-query:", &headers[HTTP_LUMA_QUERY], err);
}

static status copy_argument(struct http_conn *conn, int nth, int bytes, struct err *err) {
  struct http_request *request = &conn->request;
  char *copy = arena_alloc_text(&request->arena, (size_t)bytes + 1);
  if (!copy ||
      lws_hdr_copy_fragment(conn->wsi, copy, bytes + 1, WSI_TOKEN_HTTP_URI_ARGS, nth) < 0) {
    return no_memory(err);
  }
  const char *equal = memchr(copy, '=', (size_t)bytes);
  size_t name_bytes = equal ? (size_t)(equal - copy) : (size_t)bytes;
  request->arguments[request->arguments_count++] = (struct http_argument){
      .name = slice_of(copy, name_bytes),
      .value = equal ? slice_of(equal + 1, (size_t)bytes - name_bytes - 1) : (struct slice){0}};
  return LUMA_OK;
}

/* The library tells the length 0 of what stands between two `&`, and of what is not there. */
static bool has_argument(struct http_conn *conn, int nth, int bytes) {
  char empty[1];
  return bytes > 0 ||
         lws_hdr_copy_fragment(conn->wsi, empty, sizeof empty, WSI_TOKEN_HTTP_URI_ARGS, nth) == 0;
}

static status copy_arguments(struct http_conn *conn, struct err *err) {
  struct http_request *request = &conn->request;
  request->arguments_count = 0;
  if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_URI_ARGS) <= 0) return LUMA_OK;
  for (int nth = 0; !request->head_is_bad; nth++) {
    int bytes = lws_hdr_fragment_length(conn->wsi, WSI_TOKEN_HTTP_URI_ARGS, nth);
    if (!has_argument(conn, nth, bytes)) break;
    /* One left out could be that which makes the request harmless. */
    request->head_is_bad |= request->arguments_count == HTTP_ARGUMENTS_MAX;
    if (bytes > 0 && !request->head_is_bad) TRY(copy_argument(conn, nth, bytes, err));
  }
  return LUMA_OK;
}

static bool is_over_limit(const struct http_conn *conn) {
  size_t total = 0;
  for (int token = 0; token < WSI_TOKEN_COUNT; token++) {
    int bytes = lws_hdr_total_length(conn->wsi, (enum lws_token_indexes)token);
    if (bytes > 0) total += (size_t)bytes;
  }
  return total > conn->request.loop->server->options.header_bytes_max;
}

/* Digits alone: what is read differently by others on the way must not be guessed. */
static void read_length(struct http_conn *conn) {
  struct http_request *request = &conn->request;
  char text[24] = "";
  int sent = lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH), bytes = 0;
  if (sent > 0) bytes = lws_hdr_copy(conn->wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  int64_t length = 0;
  bool is_good = sent <= 0 || (bytes > 0 && text[0] != '-' &&
                               num_parse_int64(slice_of(text, (size_t)bytes), &length));
  request->body_bytes = is_good ? (uint64_t)length : 0;
  request->head_is_bad |= !is_good;
  request->is_chunked = lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
  request->wants_continue = lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_EXPECT) > 0;
}

status http__head_read(struct http_conn *conn, struct err *err) {
  struct http_request *request = &conn->request;
  char *path = NULL;
  int path_bytes = 0, method = lws_http_get_uri_and_method(conn->wsi, &path, &path_bytes);
  request->method = method_of(method);
  request->head_too_large = is_over_limit(conn);
  const char *copy = arena_copy(&request->arena, path ? path : "/", path ? (size_t)path_bytes : 1);
  if (!copy) return no_memory(err);
  request->path = slice_of(copy, path ? (size_t)path_bytes : 1);
  request->head_is_bad = false;
  read_length(conn);
  TRY(copy_headers(conn, err));
  request->head_is_bad |= request->headers[HTTP_HOST].bytes == 0;
  return copy_arguments(conn, err);
}

bool http_argument(const struct http_request *request, const char *name, struct slice *value) {
  for (uint32_t i = 0; i < request->arguments_count; i++) {
    if (!slice_is_equal(request->arguments[i].name, slice_of_text(name))) continue;
    *value = request->arguments[i].value;
    return true;
  }
  return false;
}
