/* SPDX-License-Identifier: MIT */
/* Who may ask. A page of another site must not reach a database on this machine through its
 * visitor's browser: neither by asking across origins (Origin), nor by giving its own name our
 * address (DNS rebinding: Host). A token, when there is one, must be shown. */
#include "server/rest/rest_int.h"

static bool is_listed(const struct config_list *list, struct slice text) {
  for (uint32_t i = 0; i < list->count; i++) {
    if (slice_is_equal_nocase(slice_of_text(list->items[i]), text)) return true;
  }
  return false;
}

/* "localhost:7070" -> "localhost", "[::1]:7070" -> "[::1]". */
static struct slice without_port(struct slice host) {
  size_t bytes = host.bytes;
  while (bytes > 0 && host.data[bytes - 1] >= '0' && host.data[bytes - 1] <= '9') bytes--;
  if (bytes > 0 && bytes < host.bytes && host.data[bytes - 1] == ':')
    return slice_of(host.data, bytes - 1);
  return host;
}

static bool is_loopback_name(struct slice name) {
  static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (slice_is_equal_nocase(name, slice_of_text(names[i]))) return true;
  }
  return false;
}

static bool is_good_host(const struct rest *rest, struct slice host) {
  const struct config_list *names = &rest->options.config->server.names;
  struct slice name = without_port(host);
  if (is_loopback_name(name) || is_listed(names, name) || is_listed(names, host)) return true;
  /* Beyond loopback a token is shown, which a stranger's page does not have. */
  return !rest->options.only_loopback && names->count == 0;
}

static status check_host(const struct exchange *exchange, struct err *err) {
  struct slice host = exchange->request->headers[HTTP_HOST];
  if (is_good_host(exchange->rest, host)) return LUMA_OK;
  err_raise(err, LUMA_FORBIDDEN, __FILE__, __LINE__, "this server is not called `%.*s`",
            (int)(host.bytes < 100 ? host.bytes : 100), (const char *)host.data);
  err_hint(err, "call it localhost or 127.0.0.1, or list the name in [server] names");
  return LUMA_FORBIDDEN;
}

/* The page comes from the server itself. */
static bool is_same_origin(struct slice origin, struct slice host) {
  static const char *const schemes[] = {"http://", "https://"};
  for (size_t i = 0; i < 2; i++) {
    struct slice scheme = slice_of_text(schemes[i]);
    if (!slice_has_prefix(origin, scheme)) continue;
    struct slice rest = slice_of(origin.data + scheme.bytes, origin.bytes - scheme.bytes);
    if (slice_is_equal_nocase(rest, host)) return true;
  }
  return false;
}

static bool is_configured_origin(const struct exchange *exchange) {
  const struct config_list *origins = &exchange->rest->options.config->server.origins;
  struct slice origin = exchange->request->headers[HTTP_ORIGIN];
  return origin.bytes && (is_listed(origins, origin) || is_listed(origins, slice_of_text("*")));
}

static status check_origin(const struct exchange *exchange, struct err *err) {
  const struct http_request *request = exchange->request;
  struct slice origin = request->headers[HTTP_ORIGIN];
  if (origin.bytes == 0 || is_same_origin(origin, request->headers[HTTP_HOST])) return LUMA_OK;
  if (is_configured_origin(exchange)) {
    http_reply_header(exchange->request, "access-control-allow-origin:", origin);
    http_reply_header(exchange->request, "vary:", slice_of_text("origin"));
    return LUMA_OK;
  }
  err_raise(err, LUMA_FORBIDDEN, __FILE__, __LINE__, "pages of `%.*s` may not ask this server",
            (int)(origin.bytes < 100 ? origin.bytes : 100), (const char *)origin.data);
  err_hint(err, "list the origin in [server] origins to allow it");
  return LUMA_FORBIDDEN;
}

/* Takes the same time wherever the first difference is. */
static bool is_same_secret(struct slice shown, struct slice secret) {
  unsigned difference = shown.bytes != secret.bytes;
  for (size_t i = 0; i < shown.bytes && secret.bytes; i++) {
    difference |= (unsigned)(shown.data[i] ^ secret.data[i % secret.bytes]);
  }
  return difference == 0;
}

static status check_token(const struct exchange *exchange, struct err *err) {
  const char *token = exchange->rest->options.config->server.token;
  struct slice shown = exchange->request->headers[HTTP_AUTHORIZATION], scheme = {0};
  if (!token) return LUMA_OK;
  scheme = slice_of_text("bearer ");
  if (shown.bytes > scheme.bytes &&
      slice_is_equal_nocase(slice_of(shown.data, scheme.bytes), scheme)) {
    struct slice secret = slice_of(shown.data + scheme.bytes, shown.bytes - scheme.bytes);
    if (is_same_secret(secret, slice_of_text(token))) return LUMA_OK;
  }
  err_raise(err, LUMA_UNAUTHORIZED, __FILE__, __LINE__,
            shown.bytes ? "this is not the token" : "this server asks for its token");
  err_hint(err, "send the header Authorization: Bearer TOKEN");
  return LUMA_UNAUTHORIZED;
}

status rest__guard(struct exchange *exchange, struct err *err) {
  TRY(check_host(exchange, err));
  TRY(check_origin(exchange, err));
  bool is_public = exchange->route && exchange->route->is_public;
  return is_public || exchange->request->method == HTTP_OPTIONS ? LUMA_OK
                                                                : check_token(exchange, err);
}

bool rest__preflight(struct exchange *exchange) {
  if (exchange->request->method != HTTP_OPTIONS || !is_configured_origin(exchange)) return false;
  http_reply_header(exchange->request, "access-control-allow-methods:",
                    slice_of_text("GET, POST, PUT, PATCH, DELETE"));
  http_reply_header(exchange->request, "access-control-allow-headers:",
                    slice_of_text("authorization, content-type, if-match, if-none-match, "
                                  "idempotency-key, luma-session, luma-query"));
  http_reply_header(exchange->request, "access-control-max-age:", slice_of_text("600"));
  rest__empty(exchange, 204);
  return true;
}
