/* SPDX-License-Identifier: MIT */
/* Cutting the input into documents: lines of NDJSON, elements of a JSON array. Only quotes and
 * brackets are looked at here; whether an element is JSON is for the reader to say. */
#include "service/import/import_int.h"

static bool is_blank(struct slice text) {
  for (size_t i = 0; i < text.bytes; i++) {
    uint8_t c = text.data[i];
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return false;
  }
  return true;
}

static status take_line(struct import *import, struct slice line, struct err *err) {
  uint64_t number = import->split.line++;
  if (line.bytes >= 3 && number == 1 && memcmp(line.data, "\xef\xbb\xbf", 3) == 0) {
    line = slice_of(line.data + 3, line.bytes - 3);
  }
  return is_blank(line) ? LUMA_OK : import__object(import, line, number, err);
}

status import__ndjson(struct import *import, bool last, struct err *err) {
  struct buf *pending = &import->pending;
  size_t start = 0;
  for (;;) {
    /* What was searched before holds no line end. */
    size_t from = start > import->split.at ? start : import->split.at;
    const uint8_t *end =
        pending->bytes > from ? memchr(pending->data + from, '\n', pending->bytes - from) : NULL;
    if (!end) break;
    size_t bytes = (size_t)(end - pending->data) - start;
    TRY(take_line(import, slice_of(pending->data + start, bytes), err));
    start += bytes + 1;
  }
  if (last && pending->bytes > start) {
    TRY(take_line(import, slice_of(pending->data + start, pending->bytes - start), err));
    start = pending->bytes;
  }
  if (start > 0) import__consume(import, start);
  import->split.at = pending->bytes;
  return LUMA_OK;
}

/* ---- a JSON array, or objects one after the other ---- */

static status fail_at(const struct import *import, struct err *err, const char *what) {
  err_raise(err, LUMA_INVALID_JSON, __FILE__, __LINE__, "%s", what);
  if (err) {
    err->line = (uint32_t)import->split.line;
    err->column = 1;
  }
  return LUMA_INVALID_JSON;
}

/* One byte outside an element. */
static status between(struct import *import, uint8_t c, struct err *err) {
  struct import_split *split = &import->split;
  if (c == '\n') split->line++;
  if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return LUMA_OK;
  if (c == '{') {
    if (split->array_ended) return fail_at(import, err, "there is more after the end of the array");
    if (split->needs_comma) return fail_at(import, err, "expected `,` or `]` after an object");
    split->in_element = true;
    split->depth = 0;
    split->start = split->at;
    split->start_line = split->line;
    return LUMA_OK;
  }
  if (c == '[' && !split->in_array && import->stats.documents == 0 && import->count == 0) {
    split->in_array = true;
    return LUMA_OK;
  }
  if (c == ',' && split->needs_comma) {
    split->needs_comma = false;
    split->after_comma = true;
    return LUMA_OK;
  }
  if (c == ']' && split->in_array && !split->array_ended && !split->after_comma) {
    split->needs_comma = false;
    split->array_ended = true;
    return LUMA_OK;
  }
  return fail_at(import, err, "expected an array of objects, or objects");
}

/* One byte of an element; true when it is the last. */
static bool inside(struct import_split *split, uint8_t c) {
  if (c == '\n') split->line++;
  if (split->in_text) {
    if (split->escaped)
      split->escaped = false;
    else if (c == '\\')
      split->escaped = true;
    else if (c == '"')
      split->in_text = false;
    return false;
  }
  if (c == '"')
    split->in_text = true;
  else if (c == '{' || c == '[')
    split->depth++;
  else if (c == '}' || c == ']')
    split->depth--;
  return split->depth == 0;
}

status import__json(struct import *import, bool last, struct err *err) {
  struct import_split *split = &import->split;
  struct buf *pending = &import->pending;
  if (import->stats.bytes == 0 && split->at == 0 && pending->bytes >= 3 &&
      memcmp(pending->data, "\xef\xbb\xbf", 3) == 0) {
    split->at = 3;
  }
  for (; split->at < pending->bytes; split->at++) {
    uint8_t c = pending->data[split->at];
    if (!split->in_element) TRY(between(import, c, err));
    if (split->in_element && inside(split, c)) {
      split->in_element = false;
      split->needs_comma = split->in_array;
      split->after_comma = false;
      struct slice text = slice_of(pending->data + split->start, split->at + 1 - split->start);
      TRY(import__object(import, text, split->start_line, err));
    }
  }
  size_t done = split->in_element ? split->start : pending->bytes;
  import__consume(import, done);
  split->at -= done;
  split->start = 0;
  if (last && (split->in_element || (split->in_array && !split->array_ended))) {
    return fail_at(import, err, "the input ends in the middle of the array or an object");
  }
  return LUMA_OK;
}
