/* SPDX-License-Identifier: MIT */
/* The table of routes, and finding one. */
#include "server/rest/rest_int.h"

static const struct route routes[] = {
    {"/v1/collections/{c}/documents/{id}", HTTP_GET, ROUTE_NO_BODY, true, false,
     rest__get_document},
    {"/v1/collections/{c}/documents/{id}", HTTP_PUT, ROUTE_JSON, false, false, rest__put_document},
    {"/v1/collections/{c}/documents/{id}", HTTP_PATCH, ROUTE_JSON, false, false,
     rest__patch_document},
    {"/v1/collections/{c}/documents/{id}", HTTP_DELETE, ROUTE_NO_BODY, false, false,
     rest__delete_document},
    {"/v1/collections/{c}/documents", HTTP_GET, ROUTE_NO_BODY, false, false, rest__list_documents},
    {"/v1/collections/{c}/documents", HTTP_POST, ROUTE_DOCUMENTS, false, false,
     rest__insert_documents},
    {"/v1/collections/{c}/documents", HTTP_PATCH, ROUTE_DOCUMENTS, false, false,
     rest__patch_documents},
    {"/v1/collections/{c}/documents", HTTP_DELETE, ROUTE_DOCUMENTS_OPTIONAL, false, false,
     rest__delete_documents},
    {"/v1/souls/{c}/beings/{id}", HTTP_GET, ROUTE_NO_BODY, false, false, rest__get_being},
    {"/v1/souls/{c}/beings/{id}", HTTP_PUT, ROUTE_JSON, false, false, rest__put_being},
    {"/v1/souls/{c}/beings/{id}", HTTP_PATCH, ROUTE_JSON, false, false, rest__patch_being},
    {"/v1/souls/{c}/beings/{id}", HTTP_DELETE, ROUTE_NO_BODY, false, false, rest__delete_being},
    {"/v1/souls/{c}/beings", HTTP_GET, ROUTE_NO_BODY, false, false, rest__list_beings},
    {"/v1/souls/{c}/beings", HTTP_POST, ROUTE_DOCUMENTS, false, false, rest__insert_beings},
    {"/v1/souls/{c}/beings", HTTP_PATCH, ROUTE_DOCUMENTS, false, false, rest__patch_beings},
    {"/v1/souls/{c}/beings", HTTP_DELETE, ROUTE_DOCUMENTS_OPTIONAL, false, false,
     rest__delete_beings},
    {"/v1/souls/{c}/lineage", HTTP_GET, ROUTE_NO_BODY, false, false, rest__soul_lineage},
    {"/v1/souls/{c}/changes", HTTP_GET, ROUTE_NO_BODY, false, false, rest__soul_changes},
    {"/v1/souls/{c}/description", HTTP_GET, ROUTE_NO_BODY, false, false, rest__describe_soul},
    {"/v1/souls/{c}/storage", HTTP_GET, ROUTE_NO_BODY, false, false, rest__soul_storage},
    {"/v1/souls/{c}/suggestion", HTTP_GET, ROUTE_NO_BODY, false, false, rest__suggest_soul},
    {"/v1/souls/{c}", HTTP_GET, ROUTE_NO_BODY, false, false, rest__get_soul},
    {"/v1/souls/{c}", HTTP_PATCH, ROUTE_JSON, false, false, rest__evolve_soul},
    {"/v1/souls/{c}", HTTP_PUT, ROUTE_JSON, false, false, rest__evolve_soul},
    {"/v1/souls/{c}", HTTP_DELETE, ROUTE_NO_BODY, false, false, rest__delete_soul},
    {"/v1/souls", HTTP_GET, ROUTE_NO_BODY, false, false, rest__list_souls},
    {"/v1/souls", HTTP_POST, ROUTE_JSON, false, false, rest__create_soul},
    {"/v1/collections", HTTP_GET, ROUTE_NO_BODY, false, false, rest__list_collections},
    {"/v1/collections/{c}", HTTP_GET, ROUTE_NO_BODY, true, false, rest__get_collection},
    {"/v1/collections/{c}", HTTP_PUT, ROUTE_JSON_OPTIONAL, false, false, rest__put_collection},
    {"/v1/collections/{c}", HTTP_DELETE, ROUTE_NO_BODY, false, false, rest__delete_collection},
    {"/v1/query", HTTP_POST, ROUTE_JSON, false, false, rest__query},
    {"/v1/batch", HTTP_POST, ROUTE_JSON, false, false, rest__batch},
    {"/v1/sessions", HTTP_POST, ROUTE_JSON_OPTIONAL, false, false, rest__open_session},
    {"/v1/sessions/{c}", HTTP_DELETE, ROUTE_NO_BODY, false, false, rest__close_session},
    {"/v1/queries/{c}", HTTP_DELETE, ROUTE_NO_BODY, true, false, rest__cancel_query},
    {"/v1/openapi.json", HTTP_GET, ROUTE_NO_BODY, true, true, rest__openapi},
    {"/healthz", HTTP_GET, ROUTE_NO_BODY, true, true, rest__healthz},
    {"/readyz", HTTP_GET, ROUTE_NO_BODY, true, true, rest__readyz},
    {"/metrics", HTTP_GET, ROUTE_NO_BODY, false, false, rest__metrics},
};
enum { ROUTES_COUNT = sizeof routes / sizeof routes[0] };

/* Takes the next segment (up to '/') off the front of a path that begins with '/'. */
static struct slice take_segment(struct slice *path) {
  size_t bytes = 1;
  while (bytes < path->bytes && path->data[bytes] != '/') bytes++;
  struct slice segment = slice_of(path->data + 1, bytes - 1);
  *path = slice_of(path->data + bytes, path->bytes - bytes);
  return segment;
}

static bool match(const char *pattern, struct slice path, struct slice found[2]) {
  struct slice rest = slice_of_text(pattern);
  int count = 0;
  while (rest.bytes && path.bytes) {
    struct slice wanted = take_segment(&rest);
    if (slice_is_equal(wanted, slice_of_text("{id}"))) {
      found[count] = slice_of(path.data + 1, path.bytes - 1);
      return found[count].bytes > 0;
    }
    struct slice segment = take_segment(&path);
    if (slice_is_equal(wanted, slice_of_text("{c}"))) {
      if (segment.bytes == 0) return false;
      found[count++] = segment;
    } else if (!slice_is_equal(wanted, segment)) {
      return false;
    }
  }
  return rest.bytes == 0 && path.bytes == 0;
}

static bool takes(const struct route *route, enum http_method method) {
  return route->method == method || (route->method == HTTP_GET && method == HTTP_HEAD);
}

static void allow_method(struct buf *allow, enum http_method method) {
  if (allow->bytes) buf_append_text(allow, ", ");
  buf_append_text(allow, http_method_name(method));
  if (method == HTTP_GET) buf_append_text(allow, ", HEAD");
}

static status fail_route(const struct exchange *exchange, bool path_is_known, struct err *err) {
  const struct http_request *request = exchange->request;
  if (path_is_known) {
    FAIL(err, LUMA_METHOD_NOT_ALLOWED, "`%.*s` does not take %s", SLICE_ARG(request->path),
         http_method_name(request->method));
  }
  err_raise(err, LUMA_NOT_FOUND, __FILE__, __LINE__, "there is no address `%.*s`",
            (int)(request->path.bytes < 200 ? request->path.bytes : 200),
            (const char *)request->path.data);
  err_hint(err, "GET /v1/openapi.json lists the addresses");
  return LUMA_NOT_FOUND;
}

status rest__route(struct exchange *exchange, struct buf *allow, struct err *err) {
  const struct http_request *request = exchange->request;
  bool path_is_known = false;
  for (size_t i = 0; i < ROUTES_COUNT; i++) {
    struct slice found[2] = {{0}};
    if (!match(routes[i].pattern, request->path, found)) continue;
    exchange->first = found[0];
    exchange->second = found[1];
    if (takes(&routes[i], request->method)) {
      exchange->route = &routes[i];
      return LUMA_OK;
    }
    path_is_known = true;
    allow_method(allow, routes[i].method);
  }
  return fail_route(exchange, path_is_known, err);
}

uint32_t rest__routes_count(void) {
  return ROUTES_COUNT;
}

uint32_t rest__route_number(const struct route *route) {
  return route ? (uint32_t)(route - routes) : ROUTES_COUNT;
}

void rest__route_name(uint32_t number, const char **method, const char **pattern) {
  *method = number < ROUTES_COUNT ? http_method_name(routes[number].method) : "any";
  *pattern = number < ROUTES_COUNT ? routes[number].pattern : "none";
}
