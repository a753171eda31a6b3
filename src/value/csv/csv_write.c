/* SPDX-License-Identifier: MIT */
/* Writing fields: text quoted where it must be, the other types as their plain JSON text. */
#include "value/csv/csv_int.h"
#include "value/json/json.h"

/* Unquoted it would split, vanish, lose its spaces in careless readers, or read as another type. */
static bool needs_quotes(struct slice text, char separator) {
  int64_t integer;
  double real;
  bool boolean;
  if (text.bytes == 0 || text.data[0] == ' ' || text.data[text.bytes - 1] == ' ') return true;
  if (text.data[0] == 0xef) return true; /* may be a byte order mark */
  for (size_t i = 0; i < text.bytes; i++) {
    uint8_t c = text.data[i];
    if (c == (uint8_t)separator || c == '"' || c == '\n' || c == '\r') return true;
  }
  return csv__is_int(text, &integer) || csv__is_float(text, &real) || csv__is_bool(text, &boolean);
}

static void append_quoted(struct buf *out, struct slice text) {
  buf_append_byte(out, '"');
  for (size_t from = 0; from < text.bytes;) {
    const uint8_t *quote = memchr(text.data + from, '"', text.bytes - from);
    size_t to = quote ? (size_t)(quote - text.data) + 1 : text.bytes;
    buf_append(out, text.data + from, to - from);
    if (quote) buf_append_byte(out, '"');
    from = to;
  }
  buf_append_byte(out, '"');
}

static void append_text(struct buf *out, char separator, struct slice text) {
  if (needs_quotes(text, separator)) {
    append_quoted(out, text);
  } else {
    buf_append_slice(out, text);
  }
}

static bool is_number_or_bool(const struct val *v) {
  return val_is_number(v) || v->type == VAL_BOOL;
}

/* Types whose plain JSON text is one quoted word lose its quotes: dates, ids, durations, bytes. */
static struct slice without_quotes(struct slice json) {
  bool quoted = json.bytes >= 2 && json.data[0] == '"';
  return quoted ? slice_of(json.data + 1, json.bytes - 2) : json;
}

static void write_as_json(struct buf *out, char separator, const struct val *value) {
  struct buf json;
  buf_init(&json, out->bytes_max);
  json_write(&json, value, &(struct json_write_options){.form = JSON_PLAIN, .key_name = "_id"});
  if (json.failed) {
    out->failed = json.failed;
  } else if (is_number_or_bool(value)) {
    buf_append_slice(out, without_quotes(buf_slice(&json)));
  } else {
    append_text(out, separator, without_quotes(buf_slice(&json)));
  }
  buf_deinit(&json);
}

void csv_write(struct buf *out, char separator, const struct val *value) {
  if (val_is_null(value)) return;
  if (value->type == VAL_TEXT || value->type == VAL_CODE) {
    append_text(out, separator, val_slice(value));
  } else {
    write_as_json(out, separator, value);
  }
}
