/* SPDX-License-Identifier: MIT */
#include "cli/target/remote/http.h"

#include <curl/curl.h>

#include "base/mem/mem.h"

enum { CONNECT_TIMEOUT_MS = 10000, HEADER_BYTES = 8192 };

struct http {
  CURL *curl;
  char *url, *token;
  atomic_bool cancelled;
  char problem[CURL_ERROR_SIZE];
};

static char *copy_text(const char *text) {
  return mem_copy(text, strlen(text) + 1);
}

status http_create(const char *url, const char *token, struct http **out, struct err *err) {
  struct http *http = mem_zalloc(1, sizeof *http);
  if (!http) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a connection");
  bool made = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  http->curl = made ? curl_easy_init() : NULL;
  http->url = copy_text(url);
  if (token) http->token = copy_text(token);
  if (!http->curl || !http->url || (token && !http->token)) {
    http_destroy(http);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a connection");
  }
  *out = http;
  return LUMA_OK;
}

void http_destroy(struct http *http) {
  if (!http) return;
  curl_easy_cleanup(http->curl);
  curl_global_cleanup();
  mem_free(http->url);
  mem_free(http->token);
  mem_free(http);
}

void http_cancel(struct http *http) {
  atomic_store(&http->cancelled, true);
}

static size_t take(char *data, size_t size, size_t count, void *context) {
  return buf_append(context, data, size * count) ? size * count : 0;
}

static int is_cancelled(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
  (void)a, (void)b, (void)c, (void)d;
  return atomic_load(&((struct http *)context)->cancelled);
}

/* Adds a header; the list grown, or NULL (the list is then freed). */
static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value) {
  struct buf text;
  buf_init(&text, HEADER_BYTES);
  buf_append_text(&text, name);
  buf_append_text(&text, value);
  buf_append_byte(&text, 0);
  struct curl_slist *longer =
      text.failed == LUMA_OK ? curl_slist_append(list, (const char *)text.data) : NULL;
  if (!longer) curl_slist_free_all(list);
  buf_deinit(&text);
  return longer;
}

static struct curl_slist *make_headers(const struct http *http,
                                       const struct http_request *request) {
  struct curl_slist *list = add_header(NULL, "Content-Type: ", "application/json");
  if (list) list = add_header(list, "Accept: ", "application/json");
  if (list) list = add_header(list, "Expect:", "");
  if (list && http->token) list = add_header(list, "Authorization: Bearer ", http->token);
  if (list && request->session) list = add_header(list, "Luma-Session: ", request->session);
  return list;
}

static void set_up(struct http *http, const struct http_request *request, const char *url,
                   const struct curl_slist *headers, struct buf *answer) {
  CURL *curl = http->curl;
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->problem);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_cancelled);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http);
  if (request->body.bytes == 0 && strcmp(request->method, "POST") != 0) return;
  /* A POST tells its length even when that is 0 (RFC 9110, 8.6). */
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.bytes);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                   request->body.bytes ? (const char *)request->body.data : "");
}

static status judge(struct http *http, CURLcode code, const struct buf *answer, struct err *err) {
  if (code == CURLE_OK) return LUMA_OK;
  if (answer->failed != LUMA_OK) return buf_check(answer, "the server's answer", err);
  if (code == CURLE_ABORTED_BY_CALLBACK) FAIL(err, LUMA_CANCELLED, "the statement was cancelled");
  err_raise(err, LUMA_CANNOT_OPEN, __FILE__, __LINE__, "the server at %s cannot be reached: %s",
            http->url, http->problem[0] ? http->problem : curl_easy_strerror(code));
  err_hint(err, "is it running? `lumadb serve` starts one; or name a directory");
  return LUMA_CANNOT_OPEN;
}

status http_send(struct http *http, const struct http_request *request, struct buf *answer,
                 long *code, struct err *err) {
  struct buf url;
  buf_init(&url, HEADER_BYTES);
  buf_append_text(&url, http->url);
  buf_append_text(&url, request->path);
  buf_append_byte(&url, 0);
  struct curl_slist *headers = make_headers(http, request);
  status result = buf_check(&url, "the address", err);
  if (result == LUMA_OK && !headers)
    result = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for a request");
  if (result == LUMA_OK) {
    atomic_store(&http->cancelled, false);
    http->problem[0] = 0;
    set_up(http, request, (const char *)url.data, headers, answer);
    result = judge(http, curl_easy_perform(http->curl), answer, err);
  }
  if (result == LUMA_OK) curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, code);
  if (headers) curl_slist_free_all(headers);
  buf_deinit(&url);
  return result;
}

status http_append_escaped(struct http *http, struct slice text, struct buf *out, struct err *err) {
  char *escaped =
      curl_easy_escape(http->curl, text.bytes ? (const char *)text.data : "", (int)text.bytes);
  if (!escaped) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an address");
  buf_append_text(out, escaped);
  curl_free(escaped);
  return LUMA_OK;
}
