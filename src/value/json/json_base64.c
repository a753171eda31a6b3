/* SPDX-License-Identifier: MIT */
/* Base 64 (RFC 4648 section 4), padded. */
#include "value/json/json_int.h"

void json_append_base64(struct buf *out, struct slice bytes) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint8_t *to = buf_extend(out, (bytes.bytes + 2) / 3 * 4);
  if (!to) return;
  for (size_t i = 0; i < bytes.bytes; i += 3) {
    size_t left = bytes.bytes - i;
    uint32_t group = (uint32_t)bytes.data[i] << 16;
    if (left > 1) group |= (uint32_t)bytes.data[i + 1] << 8;
    if (left > 2) group |= bytes.data[i + 2];
    *to++ = (uint8_t)alphabet[group >> 18];
    *to++ = (uint8_t)alphabet[group >> 12 & 63];
    *to++ = left > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=';
    *to++ = left > 2 ? (uint8_t)alphabet[group & 63] : '=';
  }
}

/* -1 for what is no digit. */
static int digit_of(uint8_t c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The three bytes of four digits as a number; -1 if one is no digit. Padding counts as 0. */
static int32_t group_of(const uint8_t *text, size_t padding) {
  int32_t group = 0;
  for (size_t i = 0; i < 4; i++) {
    int digit = i < 4 - padding ? digit_of(text[i]) : 0;
    if (digit < 0) return -1;
    group = group << 6 | digit;
  }
  return group;
}

bool json__parse_base64(struct slice text, struct buf *out) {
  if (text.bytes % 4 != 0) return false;
  for (size_t i = 0; i < text.bytes; i += 4) {
    bool is_last = i + 4 == text.bytes;
    size_t padding = 0;
    if (is_last && text.data[i + 3] == '=') padding = text.data[i + 2] == '=' ? 2 : 1;
    int32_t group = group_of(text.data + i, padding);
    uint32_t unused = padding == 2 ? 0xffff : padding == 1 ? 0xff : 0;
    if (group < 0 || ((uint32_t)group & unused) != 0) return false;
    uint8_t bytes[3] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group};
    if (!buf_append(out, bytes, 3 - padding)) return true; /* the buffer tells */
  }
  return true;
}

bool json_parse_base64(struct slice text, struct buf *out) {
  return json__parse_base64(text, out);
}
