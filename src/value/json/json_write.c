/* SPDX-License-Identifier: MIT */
/* Writing values as JSON text: structure and texts here, the other types in json_scalar.c. */
#include "base/core/bytes.h"
#include "base/text/utf8.h"
#include "value/json/json_int.h"

/* ---- texts ---- */

/* What stands after the backslash for each byte: 0 nothing to escape, 'u' four hexadecimal digits.
 */
static const uint8_t ESCAPES[256] = {
    [0x00] = 'u', [0x01] = 'u', [0x02] = 'u', [0x03] = 'u', [0x04] = 'u', [0x05] = 'u',
    [0x06] = 'u', [0x07] = 'u', [0x08] = 'b', [0x09] = 't', [0x0a] = 'n', [0x0b] = 'u',
    [0x0c] = 'f', [0x0d] = 'r', [0x0e] = 'u', [0x0f] = 'u', [0x10] = 'u', [0x11] = 'u',
    [0x12] = 'u', [0x13] = 'u', [0x14] = 'u', [0x15] = 'u', [0x16] = 'u', [0x17] = 'u',
    [0x18] = 'u', [0x19] = 'u', [0x1a] = 'u', [0x1b] = 'u', [0x1c] = 'u', [0x1d] = 'u',
    [0x1e] = 'u', [0x1f] = 'u', ['"'] = '"',  ['\\'] = '\\'};

static const uint64_t ONES = UINT64_C(0x0101010101010101), TOPS = UINT64_C(0x8080808080808080);

/* Nonzero when one of eight bytes needs an escape: is below 0x20, a quote or a backslash. */
static inline uint64_t needs_escape(uint64_t x) {
  uint64_t quote = x ^ (ONES * '"'), slash = x ^ (ONES * '\\');
  uint64_t control = (x - ONES * 0x20) & ~x;
  return (control | ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash)) & TOPS;
}

/* Bytes in front that stand for themselves. Bits that are not ASCII gather in `*seen`. */
static size_t plain_run(const uint8_t *at, size_t bytes, uint64_t *seen) {
  size_t i = 0;
  for (; i + 8 <= bytes; i += 8) {
    uint64_t eight = load64le(at + i);
    if (needs_escape(eight)) break;
    *seen |= eight;
  }
  for (; i < bytes && !ESCAPES[at[i]]; i++) *seen |= at[i];
  return i;
}

static void append_escape(struct buf *out, uint8_t byte) {
  static const char hex[] = "0123456789abcdef";
  uint8_t escape[6] = {'\\', ESCAPES[byte],           '0',
                       '0',  (uint8_t)hex[byte >> 4], (uint8_t)hex[byte & 15]};
  buf_append(out, escape, escape[1] == 'u' ? 6 : 2);
}

/* Text that is not valid UTF-8 (which documents never hold) still gives valid JSON: U+FFFD stands
 * for each bad byte. */
static void append_repaired(struct buf *out, struct slice text) {
  size_t bad = 0;
  while (!utf8_is_valid(text, &bad)) {
    buf_append(out, text.data, bad);
    buf_append_text(out, "\xef\xbf\xbd");
    text = slice_of(text.data + bad + 1, text.bytes - bad - 1);
  }
  buf_append_slice(out, text);
}

void json_write_text(struct buf *out, struct slice text) {
  uint8_t *room = buf_reserve(out, text.bytes + 2);
  if (!room) return;
  *room = '"';
  out->bytes++;
  while (text.bytes > 0) {
    uint64_t seen = 0;
    size_t run = plain_run(text.data, text.bytes, &seen);
    /* An escape never splits a sequence of UTF-8, so each run can be judged by itself. */
    bool is_valid = !(seen & TOPS) || utf8_is_valid(slice_of(text.data, run), NULL);
    if (is_valid) {
      buf_append(out, text.data, run);
    } else {
      append_repaired(out, slice_of(text.data, run));
    }
    if (run < text.bytes) append_escape(out, text.data[run++]);
    text = slice_of(text.data + run, text.bytes - run);
  }
  buf_append_byte(out, '"');
}

/* ---- structure ---- */

static void write_value(const struct json__writer *w, const struct val *v, uint32_t depth);

static void new_line(const struct json__writer *w, uint32_t depth) {
  if (w->indent == 0) return;
  buf_append_byte(w->out, '\n');
  size_t spaces = (size_t)w->indent * depth;
  uint8_t *room = buf_extend(w->out, spaces);
  if (room) memset(room, ' ', spaces);
}

static void write_list(const struct json__writer *w, const struct val *list, uint32_t depth) {
  uint32_t count = val_count(list);
  buf_append_byte(w->out, '[');
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) buf_append_byte(w->out, ',');
    new_line(w, depth + 1);
    struct val element = val_at(list, i);
    write_value(w, &element, depth + 1);
  }
  if (count > 0) new_line(w, depth);
  buf_append_byte(w->out, ']');
}

static bool is_key_slot(struct slice name) {
  return name.bytes == 3 && memcmp(name.data, "_id", 3) == 0;
}

static void write_fields(const struct json__writer *w, const struct val *map, uint32_t depth) {
  uint32_t count = val_count(map);
  buf_append_byte(w->out, '{');
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val field = val_field_at(map, i, &name);
    if (i > 0) buf_append_byte(w->out, ',');
    new_line(w, depth + 1);
    if (depth == 0 && is_key_slot(name)) name = w->key_name;
    json_write_text(w->out, name);
    buf_append(w->out, ": ", w->indent ? 2 : 1);
    write_value(w, &field, depth + 1);
  }
  if (count > 0) new_line(w, depth);
  buf_append_byte(w->out, '}');
}

/* In the tagged form a map whose first name is a tag would read as that tag's value: it stands
 * inside $plain. */
static bool needs_plain(const struct json__writer *w, const struct val *map) {
  struct slice first;
  if (w->form != JSON_TAGGED || val_count(map) == 0) return false;
  val_field_at(map, 0, &first);
  return json__tag_find(first) != NULL;
}

static void write_map(const struct json__writer *w, const struct val *map, uint32_t depth) {
  bool plain = needs_plain(w, map);
  if (plain) buf_append_text(w->out, "{\"$plain\":");
  write_fields(w, map, depth);
  if (plain) buf_append_byte(w->out, '}');
}

static void write_value(const struct json__writer *w, const struct val *v, uint32_t depth) {
  if (v->type == VAL_TEXT) {
    json_write_text(w->out, val_slice(v));
  } else if (v->type == VAL_MAP) {
    write_map(w, v, depth);
  } else if (v->type == VAL_LIST) {
    write_list(w, v, depth);
  } else {
    json__write_scalar(w, v);
  }
}

/* `id`, unless the map has an attribute of that name beside its key. */
static const char *key_name_of(const struct val *v) {
  if (v->type != VAL_MAP) return "id";
  struct val own = val_field(v, slice_of_text("id"));
  return own.type == VAL_MISSING ? "id" : "_id";
}

void json_write(struct buf *out, const struct val *value,
                const struct json_write_options *options) {
  const char *key_name = options->key_name ? options->key_name : key_name_of(value);
  struct json__writer w = {.out = out,
                           .form = options->form,
                           .indent = options->indent,
                           .key_name = slice_of_text(key_name)};
  write_value(&w, value, 0);
}
