/* SPDX-License-Identifier: MIT */
#include "base/log/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/core/assert.h"
#include "base/os/process.h"
#include "base/text/date.h"
#include "base/text/num.h"
#include "base/text/utf8.h"

/* A line being made in memory of fixed size. What does not fit is refused whole, so a mark can be
 * gone back to. */
struct line {
  size_t bytes, bytes_max;
  bool is_cut;
  uint8_t data[LOG_LINE_BYTES];
};

enum {
  END_BYTES = 16 /* kept free for ,"cut":true}\n */,
  MESSAGE_BYTES = 512,
  HEAD_BYTES = 128,
  ESCAPED_BYTES_MAX = 6
};

_Static_assert(HEAD_BYTES + MESSAGE_BYTES * ESCAPED_BYTES_MAX < LOG_LINE_BYTES - END_BYTES,
               "time, level and message always fit");

static void put(struct line *line, const void *data, size_t bytes) {
  if (line->is_cut || bytes > line->bytes_max - line->bytes) {
    line->is_cut = true;
    return;
  }
  memcpy(line->data + line->bytes, data, bytes);
  line->bytes += bytes;
}

static void put_text(struct line *line, const char *text) {
  put(line, text, strlen(text));
}

static void put_letter(struct line *line, uint32_t letter) {
  uint8_t encoded[8];
  if (letter == '"' || letter == '\\') {
    put(line, (uint8_t[]){'\\', (uint8_t)letter}, 2);
  } else if (letter < 0x20 || (letter >= 0x7f && letter < 0xa0)) {
    int bytes = snprintf((char *)encoded, sizeof encoded, "\\u%04x", (unsigned)letter);
    put(line, encoded, (size_t)bytes);
  } else {
    put(line, encoded, utf8_encode(letter, encoded));
  }
}

/* JSON's escapes serve text lines as well. */
static void put_escaped(struct line *line, struct slice text) {
  uint32_t letter;
  for (size_t at = 0, bytes;
       (bytes = utf8_decode(slice_of(text.data + at, text.bytes - at), &letter)); at += bytes)
    put_letter(line, letter);
}

static void put_quoted(struct line *line, struct slice text) {
  put_text(line, "\"");
  put_escaped(line, text);
  put_text(line, "\"");
}

static void put_integer(struct line *line, int64_t integer) {
  char digits[NUM_TEXT_BYTES_MAX];
  size_t bytes = num_format_int64(integer, digits);
  put(line, digits, bytes);
}

static bool is_word(struct slice text) {
  for (size_t i = 0; i < text.bytes; i++)
    if (text.data[i] <= ' ' || text.data[i] >= 0x7f || text.data[i] == '"' ||
        text.data[i] == '\\' || text.data[i] == '=')
      return false;
  return text.bytes > 0;
}

static void put_field(struct line *line, enum log_form form, const struct log_field *field) {
  put_text(line, form == LOG_JSON ? ",\"" : " ");
  put_text(line, field->name);
  put_text(line, form == LOG_JSON ? "\":" : "=");
  if (field->kind == LOG_FIELD_INTEGER)
    put_integer(line, field->integer);
  else if (form == LOG_TEXT && is_word(field->text))
    put(line, field->text.data, field->text.bytes);
  else
    put_quoted(line, field->text);
}

static const char *level_name(enum log_level level) {
  static const char *const names[] = {"debug", "info", "warn", "error"};
  return names[level];
}

/* Milliseconds are always there, so that lines align. */
static size_t format_time(uint64_t now_us, char *out) {
  uint64_t ms = now_us / 1000;
  size_t bytes = date_format_timestamp((int64_t)(ms * 1000), out);
  if (ms % 1000 != 0) return bytes;
  memcpy(out + bytes - 1, ".000Z", 5);
  return bytes + 4;
}

static void put_head(struct line *line, const struct log *log, enum log_level level,
                     struct slice message) {
  char time[DATE_TEXT_BYTES_MAX];
  size_t time_bytes = format_time(os_now_us(log->os), time);
  bool is_json = log->options.form == LOG_JSON;
  if (is_json) put_text(line, "{\"time\":\"");
  put(line, time, time_bytes);
  put_text(line, is_json ? "\",\"level\":\"" : " ");
  put_text(line, level_name(level));
  put_text(line, is_json ? "\",\"message\":" : " ");
  if (is_json)
    put_quoted(line, message);
  else
    put_escaped(line, message);
}

/* Fields that do not fit are left out whole. */
static void put_fields(struct line *line, enum log_form form, const struct log_field *fields,
                       size_t count) {
  bool is_cut = line->is_cut;
  for (size_t i = 0; i < count; i++) {
    size_t mark = line->bytes;
    line->is_cut = false;
    put_field(line, form, &fields[i]);
    if (line->is_cut) line->bytes = mark;
    is_cut |= line->is_cut;
  }
  line->is_cut = is_cut;
}

static void put_end(struct line *line, enum log_form form) {
  bool is_cut = line->is_cut;
  line->is_cut = false;
  line->bytes_max = LOG_LINE_BYTES;
  if (is_cut) put_text(line, form == LOG_JSON ? ",\"cut\":true" : " …");
  put_text(line, form == LOG_JSON ? "}\n" : "\n");
  ASSERT(!line->is_cut);
}

void log_init(struct log *log, struct os *os, const struct log_options *options) {
  *log = (struct log){.os = os, .options = *options};
  mutex_init(&log->lock);
}

void log_deinit(struct log *log) {
  mutex_deinit(&log->lock);
}

bool log_is_on(const struct log *log, enum log_level level) {
  return level >= log->options.level;
}

void log_write(struct log *log, enum log_level level, const struct log_field *fields, size_t count,
               const char *format, ...) {
  if (!log_is_on(log, level) || level >= LOG_NOTHING) return;
  char message[MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  struct line line;
  line.bytes = 0;
  line.bytes_max = LOG_LINE_BYTES - END_BYTES;
  line.is_cut = false;
  put_head(&line, log, level, slice_of_text(message));
  put_fields(&line, log->options.form, fields, count);
  put_end(&line, log->options.form);
  mutex_lock(&log->lock);
  log->options.sink(log->options.context, slice_of(line.data, line.bytes));
  mutex_unlock(&log->lock);
}

void log_to_standard_error(void *context, struct slice line) {
  (void)context;
  status ignored = process_write(PROCESS_ERROR, line, NULL); /* there is nowhere to report it */
  (void)ignored;
}
