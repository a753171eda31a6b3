/* SPDX-License-Identifier: MIT */
/* CSV and TSV: the first record names the columns; the next ones, up to a limit, are kept until
 * they have told the columns' types; then every record becomes a document. Empty fields are missing
 * attributes. */
#include "base/ds/hashmap.h"
#include "base/mem/mem.h"
#include "service/import/import_int.h"

void import__csv_init(struct import_csv *csv, char separator) {
  csv_reader_init(&csv->reader, separator);
  arena_init(&csv->arena, 0, 0);
  arena_init(&csv->keys, 0, 0);
}

void import__csv_deinit(struct import_csv *csv) {
  csv_reader_deinit(&csv->reader);
  arena_deinit(&csv->arena);
  arena_deinit(&csv->keys);
  mem_free(csv->sample);
  mem_free(csv->sample_counts);
  mem_free(csv->sample_lines);
}

static status fail_line(uint64_t line, struct err *err, const char *hint) {
  if (err) {
    err->line = (uint32_t)line;
    err->column = 1;
  }
  if (hint) err_hint(err, "%s", hint);
  return LUMA_INVALID_CSV;
}

/* ---- header ---- */

static status name_column(struct import_csv *csv, uint32_t i, struct csv_field field,
                          struct err *err) {
  char made[32];
  struct slice name = field.text;
  if (name.bytes == 0) {
    struct buf text = {.data = (uint8_t *)made, .capacity = sizeof made, .bytes_max = sizeof made};
    buf_append_format(&text, "column_%u", i + 1);
    name = buf_slice(&text);
  }
  uint8_t *copy = arena_copy(&csv->arena, name.data, name.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the header");
  csv->names[i] = slice_of(copy, name.bytes);
  csv_type_init(&csv->types[i]);
  return LUMA_OK;
}

static status check_names(const struct import_csv *csv, struct err *err) {
  struct hashmap seen;
  hashmap_init(&seen);
  status result = LUMA_OK;
  for (uint32_t i = 0; i < csv->columns_count && result == LUMA_OK; i++) {
    bool is_new = true;
    if (!hashmap_put(&seen, csv->names[i], &is_new)) {
      result = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for the header");
    } else if (!is_new) {
      err_raise(err, LUMA_INVALID_CSV, __FILE__, __LINE__, "two columns are called `%.*s`",
                SLICE_ARG(csv->names[i]));
      result = fail_line(csv->reader.line, err, "rename one of them in the first line");
    }
  }
  hashmap_deinit(&seen);
  return result;
}

static status take_header(struct import_csv *csv, struct err *err) {
  csv->columns_count = (uint32_t)csv->reader.fields_count;
  csv->names = arena_zalloc(&csv->arena, csv->columns_count, sizeof *csv->names);
  csv->types = arena_zalloc(&csv->arena, csv->columns_count, sizeof *csv->types);
  if (!csv->names || !csv->types) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the header");
  for (uint32_t i = 0; i < csv->columns_count; i++) {
    TRY(name_column(csv, i, csv->reader.fields[i], err));
  }
  csv->has_header = true;
  return check_names(csv, err);
}

/* ---- documents ---- */

static bool is_key(struct slice name) {
  return slice_is_equal(name, slice_of_text("id")) || slice_is_equal(name, slice_of_text("_id"));
}

/* A default of the key may be computed, of nothing but sequences and the clock. */
static status make_key(struct import *import, struct val *key, struct err *err) {
  static const uint8_t empty[] = {VAL_MAP};
  struct val nothing = val_decode(slice_of(empty, sizeof empty), NULL);
  arena_reset(&import->csv.keys);
  return model_new_key(session_db(import->session)->model, import->collection, &nothing,
                       &import->csv.keys, key, err);
}

static status add_document(struct import *import, const struct csv_field *fields, uint32_t count,
                           uint64_t line, struct err *err) {
  struct import_csv *csv = &import->csv;
  struct val key = val_missing();
  for (uint32_t i = 0; i < count; i++) {
    if (is_key(csv->names[i])) key = csv_value(&csv->types[i], fields[i]);
  }
  bool made_key = val_is_null(&key);
  if (made_key) TRY(make_key(import, &key, err));
  made_key = made_key && model_makes_keys(import->collection);
  struct build build;
  struct slice document;
  build_init(&build, &import->encoded, import->collection->names);
  build_begin_document(&build);
  build_name(&build, slice_of_text("_id"));
  build_put(&build, &key);
  for (uint32_t i = 0; i < count; i++) {
    struct val value = csv_value(&csv->types[i], fields[i]);
    if (is_key(csv->names[i]) || value.type == VAL_MISSING) continue;
    build_name(&build, csv->names[i]);
    build_put(&build, &value);
  }
  status result = build_finish(&build, &document, err);
  build_deinit(&build);
  return result == LUMA_OK ? import__add(import, document, made_key, line, err) : result;
}

/* ---- the sample ---- */

static status grow_sample(struct import_csv *csv, struct err *err) {
  size_t need = csv->sample_count + 1;
  if (!mem_grow((void **)&csv->sample, &csv->sample_capacity, need, sizeof *csv->sample) ||
      !mem_grow((void **)&csv->sample_counts, &csv->counts_capacity, need,
                sizeof *csv->sample_counts) ||
      !mem_grow((void **)&csv->sample_lines, &csv->lines_capacity, need,
                sizeof *csv->sample_lines)) {
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at the columns");
  }
  return LUMA_OK;
}

static status keep_record(struct import_csv *csv, struct err *err) {
  const struct csv_reader *reader = &csv->reader;
  TRY(grow_sample(csv, err));
  struct csv_field *fields =
      arena_copy(&csv->arena, reader->fields, reader->fields_count * sizeof *fields);
  if (!fields) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at the columns");
  for (size_t i = 0; i < reader->fields_count; i++) {
    uint8_t *copy = arena_alloc_text(&csv->arena, fields[i].text.bytes + 1);
    if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at the columns");
    if (fields[i].text.bytes) memcpy(copy, fields[i].text.data, fields[i].text.bytes);
    fields[i].text.data = copy;
    csv->sample_bytes += fields[i].text.bytes;
    csv_type_see(&csv->types[i], fields[i]);
  }
  csv->sample[csv->sample_count] = fields;
  csv->sample_counts[csv->sample_count] = (uint32_t)reader->fields_count;
  csv->sample_lines[csv->sample_count] = reader->line;
  csv->sample_count++;
  return LUMA_OK;
}

static status release_sample(struct import *import, struct err *err) {
  struct import_csv *csv = &import->csv;
  csv->has_types = true;
  for (size_t i = 0; i < csv->sample_count; i++) {
    TRY(add_document(import, csv->sample[i], csv->sample_counts[i], csv->sample_lines[i], err));
  }
  csv->sample_count = 0;
  return LUMA_OK;
}

static status take_record(struct import *import, struct err *err) {
  struct import_csv *csv = &import->csv;
  if (!csv->has_header) return take_header(csv, err);
  const struct csv_reader *reader = &csv->reader;
  if (reader->fields_count == 1 && reader->fields[0].text.bytes == 0 && !reader->fields[0].quoted) {
    return LUMA_OK; /* an empty line */
  }
  if (reader->fields_count > csv->columns_count) {
    err_raise(err, LUMA_INVALID_CSV, __FILE__, __LINE__, "a record has %zu fields, the header %u",
              reader->fields_count, csv->columns_count);
    return fail_line(reader->line, err, "a field that holds the separator must be quoted");
  }
  if (csv->has_types) {
    return add_document(import, reader->fields, (uint32_t)reader->fields_count, reader->line, err);
  }
  TRY(keep_record(csv, err));
  bool enough =
      csv->sample_count >= IMPORT_SAMPLE_RECORDS || csv->sample_bytes >= IMPORT_SAMPLE_BYTES;
  return enough ? release_sample(import, err) : LUMA_OK;
}

static status take_records(struct import *import, struct slice bytes, bool last, struct err *err) {
  TRY(csv_feed(&import->csv.reader, bytes, last, err));
  for (;;) {
    bool has;
    TRY(csv_next(&import->csv.reader, &has, err));
    if (!has) return LUMA_OK;
    TRY(take_record(import, err));
  }
}

status import__csv(struct import *import, struct slice bytes, bool last, struct err *err) {
  struct import_csv *csv = &import->csv;
  struct err second = {0};
  status result = take_records(import, bytes, last, err);
  bool is_end = last || result != LUMA_OK;
  if (!is_end || csv->has_types) return result;
  /* The records before a wrong one are good: they go in by the types seen so far. */
  status released = release_sample(import, result == LUMA_OK ? err : &second);
  return result == LUMA_OK ? released : result;
}
