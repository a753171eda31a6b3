/* SPDX-License-Identifier: MIT */
#include "query/mongo/bytes_text.h"

#include "base/text/num.h"
#include "base/text/utf8.h"

static bool is(struct slice format, const char *name) {
  return slice_is_equal(format, slice_of_text(name));
}

bool bytes_text_is_format(struct slice format) {
  static const char *const names[] = {"base64", "base64url", "hex", "utf8", "uuid", "auto"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (is(format, names[i])) return true;
  return false;
}

static void append_base64(struct buf *out, struct slice bytes, bool url) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static const char of_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const char *digits = url ? of_url : plain;
  for (size_t i = 0; i < bytes.bytes; i += 3) {
    size_t left = bytes.bytes - i;
    uint32_t three = (uint32_t)bytes.data[i] << 16;
    if (left > 1) three |= (uint32_t)bytes.data[i + 1] << 8;
    if (left > 2) three |= bytes.data[i + 2];
    buf_append_byte(out, (uint8_t)digits[three >> 18]);
    buf_append_byte(out, (uint8_t)digits[three >> 12 & 63]);
    if (left > 1 || !url) buf_append_byte(out, left > 1 ? (uint8_t)digits[three >> 6 & 63] : '=');
    if (left > 2 || !url) buf_append_byte(out, left > 2 ? (uint8_t)digits[three & 63] : '=');
  }
}

static void append_uuid(struct buf *out, const uint8_t *id) {
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) buf_append_byte(out, '-');
    buf_append_format(out, "%02x", id[i]);
  }
}

bool bytes_text_append(struct buf *out, const struct val *v, struct slice format) {
  bool is_uuid = v->type == VAL_UUID;
  struct slice bytes = is_uuid ? slice_of(v->id, 16) : slice_of(v->data, v->bytes);
  if (is(format, "uuid") || (is(format, "auto") && is_uuid)) {
    if (!is_uuid) return false;
    append_uuid(out, v->id);
  } else if (is(format, "hex")) {
    for (size_t i = 0; i < bytes.bytes; i++) buf_append_format(out, "%02X", bytes.data[i]);
  } else if (is(format, "utf8")) {
    if (!utf8_is_valid(bytes, NULL)) return false;
    buf_append_slice(out, bytes);
  } else {
    append_base64(out, bytes, is(format, "base64url"));
  }
  return true;
}

static int base64_digit(uint8_t c, bool url) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == (url ? '-' : '+')) return 62;
  return c == (url ? '_' : '/') ? 63 : -1;
}

static bool read_base64(struct buf *out, struct slice text, bool url) {
  uint32_t bits = 0, count = 0;
  if (!url && text.bytes % 4) return false;
  while (text.bytes && text.data[text.bytes - 1] == '=' && count < 2) text.bytes--, count++;
  count = 0;
  for (size_t i = 0; i < text.bytes; i++) {
    int digit = base64_digit(text.data[i], url);
    if (digit < 0) return false;
    bits = bits << 6 | (uint32_t)digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    buf_append_byte(out, (uint8_t)(bits >> count));
  }
  return count < 6;
}

/** Pairs of digits; `dashes`: where UUIDs have them. */
static bool read_hex(struct buf *out, struct slice text, bool dashes) {
  if (dashes && text.bytes != 36) return false;
  for (size_t i = 0; i < text.bytes;) {
    if (dashes && (i == 8 || i == 13 || i == 18 || i == 23)) {
      if (text.data[i++] != '-') return false;
      continue;
    }
    int high = num_hex_digit(text.data[i]),
        low = i + 1 < text.bytes ? num_hex_digit(text.data[i + 1]) : -1;
    if (high < 0 || low < 0) return false;
    buf_append_byte(out, (uint8_t)(high << 4 | low));
    i += 2;
  }
  return true;
}

bool bytes_text_read(struct buf *out, struct slice text, struct slice format) {
  if (is(format, "uuid")) return read_hex(out, text, true);
  if (is(format, "hex")) return read_hex(out, text, false);
  if (is(format, "utf8")) return buf_append_slice(out, text);
  return read_base64(out, text, is(format, "base64url"));
}
