/* SPDX-License-Identifier: MIT */
/* CSV of any kind: read whole and read in pieces (cut by the input's first byte) it gives the same
 * records and the same end; each field written and read again is the same text. */
#include <stdlib.h>

#include "base/core/assert.h"
#include "base/hash/hash.h"
#include "value/csv/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { BYTES_MAX = 1 << 24 };

/* What came of a text: how it ended and a running hash of all fields. */
struct outcome {
  status code;
  uint32_t line, column;
  uint64_t records, hash;
};

static void check_field(struct csv_field field) {
  struct csv_column_type type;
  struct csv_reader reader;
  struct buf out;
  bool has = false;
  csv_type_init(&type);
  csv_type_see(&type, field);
  struct val v = csv_value(&type, field);
  buf_init(&out, BYTES_MAX);
  struct val text = val_text(field.text);
  csv_write(&out, ',', &text);
  csv_reader_init(&reader, ',');
  ASSERT(v.type != VAL_TEXT || slice_is_equal(val_slice(&v), field.text));
  if (csv_feed(&reader, buf_slice(&out), true, NULL) == LUMA_OK &&
      csv_next(&reader, &has, NULL) == LUMA_OK && !out.failed) {
    ASSERT(has && reader.fields_count == 1 && slice_is_equal(reader.fields[0].text, field.text));
  }
  csv_reader_deinit(&reader);
  buf_deinit(&out);
}

static void take_records(struct csv_reader *reader, struct outcome *outcome, struct err *err) {
  bool has = true;
  while (outcome->code == LUMA_OK && has) {
    outcome->code = csv_next(reader, &has, err);
    if (outcome->code != LUMA_OK || !has) continue;
    outcome->records++;
    outcome->hash = outcome->hash * 31 + reader->line;
    for (size_t i = 0; i < reader->fields_count; i++) {
      outcome->hash = hash64(reader->fields[i].text, outcome->hash + reader->fields[i].quoted);
      check_field(reader->fields[i]);
    }
  }
}

static struct outcome read_in_pieces(struct slice text, size_t piece) {
  struct csv_reader reader;
  struct outcome outcome = {0};
  struct err err = {0};
  csv_reader_init(&reader, ',');
  size_t at = 0;
  do {
    size_t take = text.bytes - at < piece ? text.bytes - at : piece;
    outcome.code = csv_feed(&reader, slice_of(text.data + at, take), at + take == text.bytes, &err);
    at += take;
    take_records(&reader, &outcome, &err);
  } while (outcome.code == LUMA_OK && at < text.bytes);
  outcome.line = err.line;
  outcome.column = err.column;
  csv_reader_deinit(&reader);
  return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes == 0) return 0;
  struct slice text = slice_of(data + 1, bytes - 1);
  struct outcome whole = read_in_pieces(text, BYTES_MAX),
                 pieces = read_in_pieces(text, 1 + data[0] % 32);
  ASSERT(whole.code == pieces.code && whole.records == pieces.records && whole.hash == pieces.hash);
  ASSERT(whole.line == pieces.line && whole.column == pieces.column);
  return 0;
}
