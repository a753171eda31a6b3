/* SPDX-License-Identifier: MIT */
/* Splitting CSV into records: a machine of five states over the bytes, which stops where the input
 * does and goes on there when more comes. It notes where fields lie as offsets, because `pending`
 * may move; a finished record becomes slices. */
#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "base/text/utf8.h"
#include "value/csv/csv.h"

/* Where the machine stands. QUOTE_SEEN: behind a quote in a quoted field, which ends the field or
 * is doubled. */
enum state { FIELD_START, UNQUOTED, QUOTED, QUOTE_SEEN, RECORD_END };

enum { PENDING_BYTES_MAX = 2 * CSV_RECORD_BYTES_MAX, MARK_BYTES = 3 };

/** One field of the record under way: offsets from its beginning, without the quotes around it. */
struct csv_span {
  uint32_t start, end;
  bool quoted;
};

void csv_reader_init(struct csv_reader *reader, char separator) {
  *reader = (struct csv_reader){.separator = separator, .next_line = 1, .state = FIELD_START};
  buf_init(&reader->pending, PENDING_BYTES_MAX);
  buf_init(&reader->unquoted, CSV_RECORD_BYTES_MAX);
}

void csv_reader_deinit(struct csv_reader *reader) {
  buf_deinit(&reader->pending);
  buf_deinit(&reader->unquoted);
  mem_free(reader->fields);
  mem_free(reader->spans);
}

status csv_feed(struct csv_reader *reader, struct slice bytes, bool last, struct err *err) {
  struct buf *pending = &reader->pending;
  size_t left = pending->bytes - reader->consumed;
  if (reader->consumed > 0) memmove(pending->data, pending->data + reader->consumed, left);
  pending->bytes = left;
  reader->consumed_before += reader->consumed;
  reader->consumed = 0;
  reader->ended = last;
  buf_append_slice(pending, bytes);
  return buf_check(pending, "the CSV text that waits", err);
}

/* ---- the record under way ---- */

static struct slice record_so_far(const struct csv_reader *reader) {
  return slice_of(reader->pending.data + reader->consumed,
                  reader->pending.bytes - reader->consumed);
}

static void set_position(const struct csv_reader *reader, size_t offset, struct err *err) {
  if (!err) return;
  struct slice record = record_so_far(reader);
  err_position(err, (const char *)record.data, record.bytes, offset);
  err->line += (uint32_t)(reader->next_line - 1);
  err->offset += reader->consumed_before + reader->consumed;
}

static status fault(const struct csv_reader *reader, size_t offset, const char *message,
                    const char *hint, struct err *err) {
  err_raise(err, LUMA_INVALID_CSV, __FILE__, __LINE__, "%s", message);
  if (hint) err_hint(err, "%s", hint);
  set_position(reader, offset, err);
  return LUMA_INVALID_CSV;
}

static status too_large(const struct csv_reader *reader, const char *what, unsigned limit,
                        struct err *err) {
  err_raise(err, LUMA_TOO_LARGE, __FILE__, __LINE__, "a CSV record has more than %u %s", limit,
            what);
  err_hint(err, "a quote may be open: look at the line where the record begins");
  set_position(reader, 0, err);
  return LUMA_TOO_LARGE;
}

/* Notes the field that ends at `end`. */
static status end_field(struct csv_reader *reader, size_t end, struct err *err) {
  if (reader->spans_count == CSV_FIELDS_MAX)
    return too_large(reader, "fields", CSV_FIELDS_MAX, err);
  void *spans = reader->spans;
  if (!mem_grow(&spans, &reader->spans_capacity, reader->spans_count + 1, sizeof *reader->spans))
    FAIL(err, LUMA_OUT_OF_MEMORY, "out of memory for the fields of a CSV record");
  reader->spans = spans;
  bool quoted = reader->state == QUOTE_SEEN;
  reader->spans[reader->spans_count++] =
      (struct csv_span){.start = (uint32_t)(reader->field_start + quoted),
                        .end = (uint32_t)(end - quoted),
                        .quoted = quoted};
  return LUMA_OK;
}

/* ---- the machine ---- */

static bool is_newline(uint8_t c) {
  return c == '\n' || c == '\r';
}

/* The first byte at or after `from` that may end an unquoted field. */
static size_t skip_unquoted(struct slice text, size_t from, uint8_t separator) {
  while (from < text.bytes && text.data[from] != separator && !is_newline(text.data[from])) from++;
  return from;
}

static size_t skip_quoted(struct slice text, size_t from) {
  const uint8_t *quote = memchr(text.data + from, '"', text.bytes - from);
  return quote ? (size_t)(quote - text.data) : text.bytes;
}

/* A separator or newline at `at` ends the field. */
static status end_at(struct csv_reader *reader, size_t at, uint8_t c, struct err *err) {
  TRY(end_field(reader, at, err));
  reader->state = is_newline(c) ? RECORD_END : FIELD_START;
  reader->field_start = at + 1;
  return LUMA_OK;
}

static status step_after_quote(struct csv_reader *reader, size_t at, uint8_t c, struct err *err) {
  if (c == '"') {
    reader->state = QUOTED;
    return LUMA_OK;
  }
  if (c == (uint8_t)reader->separator || is_newline(c)) return end_at(reader, at, c, err);
  return fault(reader, at, "text after the closing quote of a field",
               "a quote inside a quoted field is written twice", err);
}

/* Takes the byte at `at` (and, inside a field, those that follow it alike); `*next` is where to go
 * on. */
static status step(struct csv_reader *reader, struct slice text, size_t at, size_t *next,
                   struct err *err) {
  uint8_t c = text.data[at], separator = (uint8_t)reader->separator;
  *next = at + 1;
  switch ((enum state)reader->state) {
  case FIELD_START:
    if (c == '"') {
      reader->state = QUOTED;
      reader->has_quotes = true;
      return LUMA_OK;
    }
    reader->state = UNQUOTED;
    *next = at;
    return LUMA_OK;
  case UNQUOTED:
    *next = skip_unquoted(text, at, separator);
    if (*next == text.bytes) return LUMA_OK;
    at = (*next)++;
    return end_at(reader, at, text.data[at], err);
  case QUOTED:
    *next = skip_quoted(text, at);
    if (*next == text.bytes) return LUMA_OK;
    reader->state = QUOTE_SEEN;
    ++*next;
    return LUMA_OK;
  case QUOTE_SEEN: return step_after_quote(reader, at, c, err);
  case RECORD_END: break;
  }
  return LUMA_OK;
}

/* Runs to the end of the record or of what there is. */
static status scan(struct csv_reader *reader, struct err *err) {
  struct slice text = record_so_far(reader);
  while (reader->state != RECORD_END && reader->scanned < text.bytes) {
    size_t next = 0;
    TRY(step(reader, text, reader->scanned, &next, err));
    reader->scanned = next;
  }
  if (reader->scanned > CSV_RECORD_BYTES_MAX)
    return too_large(reader, "bytes", CSV_RECORD_BYTES_MAX, err);
  return LUMA_OK;
}

/* The input ended: so does the record, unless there is none. */
static status end_of_input(struct csv_reader *reader, struct err *err) {
  if (reader->state == QUOTED)
    return fault(reader, reader->field_start, "a quoted field without a closing quote", NULL, err);
  if (reader->scanned == 0) return LUMA_OK;
  TRY(end_field(reader, reader->scanned, err));
  reader->state = RECORD_END;
  return LUMA_OK;
}

/* ---- a finished record ---- */

static uint64_t count_lines(struct slice text) {
  uint64_t lines = 0;
  for (size_t i = 0; i < text.bytes; i++) {
    bool is_pair = text.data[i] == '\r' && i + 1 < text.bytes && text.data[i + 1] == '\n';
    lines += is_newline(text.data[i]) && !is_pair;
  }
  return lines;
}

/* A quoted field with each pair of quotes made one, in `unquoted`, which has room for the whole
 * record. */
static struct slice halve_quotes(struct csv_reader *reader, struct slice text) {
  uint8_t *out = reader->unquoted.data + reader->unquoted.bytes, *to = out;
  for (size_t i = 0; i < text.bytes; i++) {
    *to++ = text.data[i];
    if (text.data[i] == '"') i++;
  }
  reader->unquoted.bytes += (size_t)(to - out);
  return slice_of(out, (size_t)(to - out));
}

static struct csv_field field_of(struct csv_reader *reader, struct slice record,
                                 struct csv_span span) {
  struct slice text = slice_of(record.data + span.start, span.end - span.start);
  bool has_doubled = span.quoted && text.bytes > 0 && memchr(text.data, '"', text.bytes);
  if (has_doubled) text = halve_quotes(reader, text);
  return (struct csv_field){.text = text, .quoted = span.quoted};
}

static status check_text(const struct csv_reader *reader, struct slice record, struct err *err) {
  size_t bad = 0;
  if (utf8_is_valid(record, &bad)) return LUMA_OK;
  return fault(reader, bad, "the text is not UTF-8", "convert the file, for example with iconv",
               err);
}

static status check_count(const struct csv_reader *reader, struct err *err) {
  if (reader->fields_expected == 0 || reader->spans_count == reader->fields_expected)
    return LUMA_OK;
  err_raise(err, LUMA_INVALID_CSV, __FILE__, __LINE__,
            "a row has %zu fields where %zu are expected", reader->spans_count,
            reader->fields_expected);
  err_hint(err, "a field that contains the separator stands in double quotes");
  set_position(reader, 0, err);
  return LUMA_INVALID_CSV;
}

static status make_fields(struct csv_reader *reader, struct slice record, struct err *err) {
  void *fields = reader->fields;
  bool grown =
      mem_grow(&fields, &reader->fields_capacity, reader->spans_count, sizeof *reader->fields);
  reader->fields = fields;
  buf_reset(&reader->unquoted);
  if (!grown || (reader->has_quotes && !buf_reserve(&reader->unquoted, record.bytes)))
    FAIL(err, LUMA_OUT_OF_MEMORY, "out of memory for the fields of a CSV record");
  for (size_t i = 0; i < reader->spans_count; i++)
    reader->fields[i] = field_of(reader, record, reader->spans[i]);
  reader->fields_count = reader->spans_count;
  return LUMA_OK;
}

/* Past the record: the next one begins behind it. */
static void consume(struct csv_reader *reader, struct slice record) {
  bool has_newline = record.bytes > 0 && is_newline(record.data[record.bytes - 1]);
  reader->line = reader->next_line;
  reader->next_line += reader->has_quotes ? count_lines(record) : has_newline;
  reader->skip_newline = has_newline && record.data[record.bytes - 1] == '\r';
  reader->consumed += record.bytes;
  reader->scanned = reader->field_start = reader->spans_count = 0;
  reader->has_quotes = false;
  reader->state = FIELD_START;
}

static bool is_blank(const struct csv_reader *reader) {
  const struct csv_span *only = reader->spans;
  return reader->spans_count == 1 && !only->quoted && only->start == only->end;
}

static status take_record(struct csv_reader *reader, bool *has, struct err *err) {
  struct slice record = slice_of(reader->pending.data + reader->consumed, reader->scanned);
  *has = !is_blank(reader);
  if (*has) {
    TRY(check_text(reader, record, err));
    TRY(check_count(reader, err));
    TRY(make_fields(reader, record, err));
  }
  consume(reader, record);
  return LUMA_OK;
}

/* ---- the front of the input and of records ---- */

/* Drops a byte order mark; false while too little has come to tell. */
static bool pass_mark(struct csv_reader *reader) {
  if (reader->began) return true;
  struct slice text = record_so_far(reader), mark = slice_of_text("\xef\xbb\xbf");
  if (text.bytes < MARK_BYTES && !reader->ended) return false;
  reader->began = true;
  if (slice_has_prefix(text, mark)) reader->consumed += MARK_BYTES;
  return true;
}

/* A line feed right behind a carriage return belongs to the record before, though it may come in a
 * later piece. */
static void pass_newline(struct csv_reader *reader) {
  struct slice text = record_so_far(reader);
  if (!reader->skip_newline || text.bytes == 0) return;
  if (text.data[0] == '\n') reader->consumed++;
  reader->skip_newline = false;
}

status csv_next(struct csv_reader *reader, bool *has, struct err *err) {
  *has = false;
  if (!pass_mark(reader)) return LUMA_OK;
  while (!*has) {
    pass_newline(reader);
    TRY(scan(reader, err));
    if (reader->state != RECORD_END && reader->ended) TRY(end_of_input(reader, err));
    if (reader->state != RECORD_END) return LUMA_OK;
    TRY(take_record(reader, has, err));
  }
  return LUMA_OK;
}
