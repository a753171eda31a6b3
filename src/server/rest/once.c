/* SPDX-License-Identifier: MIT */
/* Requests with a header Idempotency-Key: what tells one from another is all of it, so that a key
 * that comes again with another address, argument or body is seen to be another request. */
#include "base/hash/sha256.h"
#include "server/rest/rest_int.h"
#include "service/docs/docs.h"

static void put(struct buf *out, struct slice part) {
  buf_append_format(out, "%zu:", part.bytes);
  buf_append_slice(out, part);
}

bool rest__once(const struct exchange *exchange, struct docs_once *once) {
  const struct http_request *request = exchange->request;
  uint8_t body[SHA256_BYTES];
  struct buf whole;
  *once = (struct docs_once){.key = request->headers[HTTP_IDEMPOTENCY_KEY]};
  if (once->key.bytes == 0) return false;
  buf_init(&whole, 1 << 20);
  put(&whole, slice_of_text(http_method_name(request->method)));
  put(&whole, request->path);
  for (uint32_t i = 0; i < request->arguments_count; i++) {
    put(&whole, request->arguments[i].name);
    put(&whole, request->arguments[i].value);
  }
  sha256(buf_slice(&request->body), body);
  buf_append(&whole, body, sizeof body);
  sha256(buf_slice(&whole), once->request);
  buf_deinit(&whole);
  return true;
}
