/* SPDX-License-Identifier: MIT */
/* Writing values as JSON text: structure, texts and the common numbers here, the other types in
 * json_scalar.c.
 *
 * This is the way out of every answer, so it writes through a bare cursor: room is asked for once
 * per name or value, and what is written between is not checked again. */
#include <math.h>

#include "base/core/bytes.h"
#include "base/text/num.h"
#include "base/text/utf8.h"
#include "value/json/json_int.h"

/* ---- the cursor ---- */

/* Where to write next, and what there is room for. After a failure there is never room again. */
struct cursor {
  uint8_t *at, *end;
};

struct writer {
  struct json__writer w;
  struct cursor cursor;
};

static void load(struct writer *writer) {
  struct buf *out = writer->w.out;
  writer->cursor = (struct cursor){NULL, NULL};
  if (out->failed || !out->data) return;
  size_t limit = out->capacity < out->bytes_max ? out->capacity : out->bytes_max;
  writer->cursor = (struct cursor){out->data + out->bytes, out->data + limit};
}

static void store(struct writer *writer) {
  if (writer->cursor.at) writer->w.out->bytes = (size_t)(writer->cursor.at - writer->w.out->data);
}

__attribute__((noinline, cold)) static uint8_t *grow(struct writer *writer, size_t bytes) {
  store(writer);
  (void)buf_reserve(writer->w.out, bytes);
  load(writer);
  return writer->cursor.at;
}

/* Room for `bytes` at the cursor, NULL when there is none. The caller moves the cursor. */
static inline uint8_t *room(struct writer *writer, size_t bytes) {
  struct cursor *c = &writer->cursor;
  bool fits = c->at && bytes <= (size_t)(c->end - c->at);
  return fits ? c->at : grow(writer, bytes);
}

static inline void put_byte(struct writer *writer, uint8_t byte) {
  uint8_t *at = room(writer, 1);
  if (!at) return;
  *at = byte;
  writer->cursor.at = at + 1;
}

static inline void put(struct writer *writer, const void *data, size_t bytes) {
  uint8_t *at = room(writer, bytes);
  if (!at) return;
  memcpy(at, data, bytes);
  writer->cursor.at = at + bytes;
}

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

static uint8_t *put_escape(uint8_t *at, uint8_t byte) {
  static const char hex[] = "0123456789abcdef";
  *at++ = '\\';
  *at++ = ESCAPES[byte];
  if (ESCAPES[byte] != 'u') return at;
  *at++ = '0';
  *at++ = '0';
  *at++ = (uint8_t)hex[byte >> 4];
  *at++ = (uint8_t)hex[byte & 15];
  return at;
}

/* Text that is not valid UTF-8 (which documents never hold) still gives valid JSON: U+FFFD stands
 * for each bad byte. */
static void put_repaired(struct writer *writer, struct slice text) {
  size_t bad = 0;
  while (!utf8_is_valid(text, &bad)) {
    put(writer, text.data, bad);
    put(writer, "\xef\xbf\xbd", 3);
    text = slice_of(text.data + bad + 1, text.bytes - bad - 1);
  }
  put(writer, text.data, text.bytes);
}

/* Copies what stands for itself, eight bytes at a time; answers how much that is. Bits that are not
 * ASCII gather in `*seen`. */
static inline size_t copy_plain(uint8_t *to, struct slice text, uint64_t *seen) {
  size_t i = 0;
  for (; i + 8 <= text.bytes; i += 8) {
    uint64_t eight = load64le(text.data + i);
    store64le(to + i, eight);
    if (needs_escape(eight)) break;
    *seen |= eight;
  }
  for (; i < text.bytes && !ESCAPES[text.data[i]]; i++) {
    to[i] = text.data[i];
    *seen |= text.data[i];
  }
  return i;
}

/* The text between the quotes. */
static void put_escaped(struct writer *writer, struct slice text) {
  enum { ESCAPE_BYTES = 6 };
  while (text.bytes > 0) {
    uint64_t seen = 0;
    uint8_t *at = room(writer, text.bytes + ESCAPE_BYTES);
    if (!at) return;
    size_t run = copy_plain(at, text, &seen);
    /* An escape never splits a sequence of UTF-8, so each run can be judged by itself. */
    if ((seen & TOPS) && !utf8_is_valid(slice_of(text.data, run), NULL)) {
      put_repaired(writer, slice_of(text.data, run));
      at = room(writer, ESCAPE_BYTES);
      if (!at) return;
    } else {
      at += run;
    }
    if (run < text.bytes) at = put_escape(at, text.data[run++]);
    writer->cursor.at = at;
    text = slice_of(text.data + run, text.bytes - run);
  }
}

static void put_text(struct writer *writer, struct slice text) {
  uint64_t seen = 0;
  uint8_t *at = room(writer, text.bytes + 2);
  if (!at) return;
  *at = '"';
  bool is_plain = copy_plain(at + 1, text, &seen) == text.bytes && !(seen & TOPS);
  if (is_plain) { /* nearly always: nothing to escape, nothing to check */
    at[text.bytes + 1] = '"';
    writer->cursor.at = at + text.bytes + 2;
    return;
  }
  writer->cursor.at = at + 1;
  put_escaped(writer, text);
  put_byte(writer, '"');
}

void json_write_text(struct buf *out, struct slice text) {
  struct writer writer = {.w = {.out = out}};
  load(&writer);
  put_text(&writer, text);
  store(&writer);
}

/* ---- structure ---- */

static void write_value(struct writer *writer, const struct val *v, uint32_t depth);

static void new_line(struct writer *writer, uint32_t depth) {
  size_t spaces = (size_t)writer->w.indent * depth;
  uint8_t *at = writer->w.indent ? room(writer, spaces + 1) : NULL;
  if (!at) return;
  *at = '\n';
  memset(at + 1, ' ', spaces);
  writer->cursor.at = at + 1 + spaces;
}

static void write_list(struct writer *writer, const struct val *list, uint32_t depth) {
  uint32_t count = val_count(list);
  put_byte(writer, '[');
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) put_byte(writer, ',');
    new_line(writer, depth + 1);
    struct val element = val_at(list, i);
    write_value(writer, &element, depth + 1);
  }
  if (count > 0) new_line(writer, depth);
  put_byte(writer, ']');
}

static bool is_key_slot(struct slice name) {
  return name.bytes == 3 && memcmp(name.data, "_id", 3) == 0;
}

static void write_fields(struct writer *writer, const struct val *map, uint32_t depth) {
  uint32_t count = val_count(map);
  put_byte(writer, '{');
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val field = val_field_at(map, i, &name);
    if (i > 0) put_byte(writer, ',');
    new_line(writer, depth + 1);
    if (depth == 0 && is_key_slot(name)) name = writer->w.key_name;
    put_text(writer, name);
    put_byte(writer, ':');
    if (writer->w.indent) put_byte(writer, ' ');
    write_value(writer, &field, depth + 1);
  }
  if (count > 0) new_line(writer, depth);
  put_byte(writer, '}');
}

/* In the tagged forms a map whose first name is a tag would read as that tag's value: it stands
 * inside $plain. */
static bool needs_plain(const struct writer *writer, const struct val *map) {
  struct slice first;
  if (writer->w.form == JSON_PLAIN || val_count(map) == 0) return false;
  val_field_at(map, 0, &first);
  return json__tag_find(first) != NULL;
}

static void write_map(struct writer *writer, const struct val *map, uint32_t depth) {
  static const char open[] = "{\"$plain\":";
  bool plain = needs_plain(writer, map);
  if (plain) put(writer, open, sizeof open - 1);
  write_fields(writer, map, depth);
  if (plain) put_byte(writer, '}');
}

static void write_scalar(struct writer *writer, const struct val *v) {
  store(writer);
  json__write_scalar(&writer->w, v);
  load(writer);
}

/* The numbers of nearly all answers. */
static void write_plain_number(struct writer *writer, const struct val *v) {
  uint8_t *at = room(writer, NUM_TEXT_BYTES_MAX);
  if (!at) return;
  bool is_real = v->type == VAL_FLOAT64;
  writer->cursor.at +=
      is_real ? num_format_float64(v->real, (char *)at) : num_format_int64(v->integer, (char *)at);
}

static bool is_plain_number(const struct writer *writer, const struct val *v) {
  if (writer->w.form == JSON_TAGGED) return false;
  return val_is_integer(v) || (v->type == VAL_FLOAT64 && isfinite(v->real));
}

static void write_value(struct writer *writer, const struct val *v, uint32_t depth) {
  if (v->type == VAL_TEXT) {
    put_text(writer, val_slice(v));
  } else if (is_plain_number(writer, v)) {
    write_plain_number(writer, v);
  } else if (v->type == VAL_MAP) {
    write_map(writer, v, depth);
  } else if (v->type == VAL_LIST) {
    write_list(writer, v, depth);
  } else {
    write_scalar(writer, v);
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
  struct writer writer = {.w = {.out = out,
                                .form = options->form,
                                .indent = options->indent,
                                .key_name = slice_of_text(key_name)}};
  load(&writer);
  write_value(&writer, value, 0);
  store(&writer);
}
