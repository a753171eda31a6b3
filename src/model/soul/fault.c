/* SPDX-License-Identifier: MIT */
#include "model/soul/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "value/json/json.h"

enum { JSON_BYTES_MAX = 1 << 20, TEXT_BYTES_MAX = 64 << 10, MESSAGE_BYTES = 400 };

void soul_faults_init(struct soul_faults *faults) {
  faults->id = NULL;
  faults->count = 0;
  buf_init(&faults->json, JSON_BYTES_MAX);
  buf_init(&faults->text, TEXT_BYTES_MAX);
}

void soul_faults_deinit(struct soul_faults *faults) {
  buf_deinit(&faults->json);
  buf_deinit(&faults->text);
}

void soul_place_format(const struct soul_place *place, struct buf *out) {
  if (!place) return;
  soul_place_format(place->up, out);
  if (!place->name.bytes) {
    buf_append_format(out, "[%u]", place->index);
    return;
  }
  if (place->up) buf_append_byte(out, '.');
  buf_append_slice(out, place->name);
}

/* Cuts what was appended since `from` to a length people read, at a character's end. */
static void shorten(struct buf *out, size_t from) {
  if (out->failed != LUMA_OK || out->bytes - from <= SOUL_VALUE_SHOWN_BYTES) return;
  out->bytes = from + SOUL_VALUE_SHOWN_BYTES;
  while (out->bytes > from && (out->data[out->bytes] & 0xc0) == 0x80) out->bytes--;
  buf_append_text(out, "…");
}

void soul_show_value(struct buf *out, const struct val *value, bool sensitive) {
  struct json_write_options options = {.form = JSON_PLAIN};
  size_t from = out->bytes;
  if (sensitive) {
    buf_append_text(out, "***");
    return;
  }
  json_write(out, value, &options);
  shorten(out, from);
}

static void append_json(struct soul_faults *faults, const struct soul_fault *fault,
                        struct slice path, struct slice message) {
  struct buf *out = &faults->json;
  struct json_write_options options = {.form = JSON_PLAIN};
  buf_append_text(out, faults->count > 1 ? ",{\"path\":" : "{\"path\":");
  json_write_text(out, path);
  if (faults->id) {
    buf_append_text(out, ",\"id\":");
    json_write(out, faults->id, &options);
  }
  buf_append_text(out, ",\"rule\":");
  json_write_text(out, slice_of_text(fault->rule));
  if (fault->value && fault->value->type != VAL_MISSING) {
    buf_append_text(out, ",\"value\":");
    bool is_short = fault->value->bytes <= 4096;
    if (fault->sensitive || !is_short)
      buf_append_text(out, fault->sensitive ? "\"***\"" : "\"…\"");
    else
      json_write(out, fault->value, &options);
  }
  buf_append_text(out, ",\"message\":");
  json_write_text(out, message);
  buf_append_byte(out, '}');
}

void soul_faults_add(struct soul_faults *faults, const struct soul_fault *fault, const char *format,
                     ...) {
  char message[MESSAGE_BYTES];
  va_list args;
  if (++faults->count > SOUL_FAULTS_SHOWN_MAX) return;
  va_start(args, format);
  int wanted = vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (wanted < 0) return;
  struct buf path;
  buf_init(&path, 64 << 10);
  soul_place_format(fault->place, &path);
  if (faults->count > 1) buf_append_text(&faults->text, "; ");
  if (path.bytes) buf_append_format(&faults->text, "`%.*s` ", SLICE_ARG(buf_slice(&path)));
  buf_append_text(&faults->text, message);
  append_json(faults, fault, buf_slice(&path), slice_of_text(message));
  buf_deinit(&path);
}

status soul_faults_raise(struct soul_faults *faults, status code, const char *subject,
                         struct err *err) {
  if (faults->count == 0) return LUMA_OK;
  if (faults->count == 1)
    err_raise(err, code, __FILE__, __LINE__, "%s: %.*s", subject,
              SLICE_ARG(buf_slice(&faults->text)));
  else
    err_raise(err, code, __FILE__, __LINE__, "%s has %u faults: %.*s", subject, faults->count,
              SLICE_ARG(buf_slice(&faults->text)));
  if (!err || !err->faults) return code;
  buf_reset(err->faults);
  buf_append_slice(err->faults, buf_slice(&faults->json));
  err->faults_count = faults->count;
  return code;
}
