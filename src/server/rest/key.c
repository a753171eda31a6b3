/* SPDX-License-Identifier: MIT */
/* Keys in addresses: `42` is an integer, `"42"` text, 26 characters of Crockford's base 32 a ULID,
 * anything else text. */
#include "base/text/num.h"
#include "base/text/utf8.h"
#include "server/rest/rest_int.h"

static bool is_integer(struct slice text, int64_t *integer) {
  /* -0 and 007 are no integers that would be written back the same. */
  if (!num_parse_int64(text, integer)) return false;
  char again[NUM_TEXT_BYTES_MAX];
  size_t bytes = num_format_int64(*integer, again);
  return slice_is_equal(text, slice_of(again, bytes));
}

static bool is_quoted(struct slice text) {
  return text.bytes >= 2 && text.data[0] == '"' && text.data[text.bytes - 1] == '"';
}

status rest__key(struct slice text, struct val *key, struct err *err) {
  int64_t integer;
  if (text.bytes == 0) FAIL(err, LUMA_INVALID_ARGUMENT, "the address names no key");
  if (!utf8_is_valid(text, NULL))
    FAIL(err, LUMA_INVALID_ARGUMENT, "the key in the address is not UTF-8");
  if (memchr(text.data, '/', text.bytes)) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "a key with a slash cannot be named in an address");
    err_hint(err, "use POST /v1/query with the key as a parameter");
    return LUMA_INVALID_ARGUMENT;
  }
  *key = (struct val){.type = VAL_ULID};
  if (is_integer(text, &integer))
    *key = val_int64(integer);
  else if (is_quoted(text))
    *key = val_text(slice_of(text.data + 1, text.bytes - 2));
  else if (!ulid_parse(text, key->id))
    *key = val_text(text);
  return LUMA_OK;
}

static void put_text(struct buf *out, struct slice text) {
  int64_t integer;
  uint8_t ulid[ULID_BYTES];
  bool quoted =
      is_integer(text, &integer) || ulid_parse(text, ulid) || is_quoted(text) || text.bytes == 0;
  if (quoted) buf_append_byte(out, '"');
  buf_append_slice(out, text);
  if (quoted) buf_append_byte(out, '"');
}

void rest__put_key(struct buf *out, const struct val *key) {
  if (key->type == VAL_TEXT) {
    put_text(out, val_slice(key));
    return;
  }
  struct json_write_options options = {0};
  size_t start = out->bytes;
  json_write(out, key, &options);
  /* A ULID is written as text in quotes; in an address it stands without. */
  if (key->type == VAL_ULID && out->bytes - start == ULID_TEXT_BYTES + 2) {
    memmove(out->data + start, out->data + start + 1, ULID_TEXT_BYTES);
    out->bytes = start + ULID_TEXT_BYTES;
  }
}
