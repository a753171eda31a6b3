/* SPDX-License-Identifier: MIT */
#include "index/arrival/arrival.h"

#include "base/core/bytes.h"
#include "base/mem/mem.h"

enum { NUMBER_BYTES = 4, KEY_BYTES = NUMBER_BYTES + 8 };

static void append_key(const struct index_def *def, uint64_t row, struct buf *out) {
  uint8_t key[KEY_BYTES];
  store32be(key, def->number);
  store64be(key + NUMBER_BYTES, row);
  buf_append(out, key, sizeof key);
}

/* The first row within the bound; without one the first, or the one past all. */
static uint64_t row_of(const struct val *bound, bool has, bool past, uint64_t otherwise) {
  int64_t row = 0;
  if (!has || !val_to_int64(bound, &row)) return otherwise;
  return (uint64_t)row + past;
}

static status arrival_range(const struct index_def *def, const struct index_bounds *bounds,
                            struct buf *room, struct store_range *range, struct err *err) {
  static const struct index_bounds all = {0};
  if (!bounds) bounds = &all;
  bool is_one = bounds->equal_count > 0;
  const struct val *low = is_one ? &bounds->equal[0] : &bounds->low;
  const struct val *high = is_one ? &bounds->equal[0] : &bounds->high;
  size_t start = room->bytes;
  append_key(def, row_of(low, is_one || bounds->has_low, !is_one && bounds->low_open, 0), room);
  append_key(def,
             row_of(high, is_one || bounds->has_high, is_one || !bounds->high_open, UINT64_MAX),
             room);
  TRY(buf_check(room, "the index range", err));
  range->from = slice_of(room->data + start, KEY_BYTES);
  range->to = slice_of(room->data + start + KEY_BYTES, KEY_BYTES);
  return LUMA_OK;
}

static status arrival_record_key(const struct index_def *def, struct slice key, struct slice value,
                                 struct slice *record_key, struct err *err) {
  (void)def;
  if (key.bytes != KEY_BYTES || value.bytes == 0)
    FAIL(err, LUMA_CORRUPT, "an entry of the order of arrival has %zu bytes", key.bytes);
  *record_key = value;
  return LUMA_OK;
}

static status arrival_entries(const struct index_def *def, const struct doc *document,
                              const struct val *computed, struct slice record_key,
                              struct index_entries *entries, struct err *err) {
  size_t capacity = entries->capacity;
  (void)computed;
  entries->count = 0;
  entries->lists = 0;
  buf_reset(&entries->lists_at);
  buf_reset(&entries->bytes);
  if (!mem_grow((void **)&entries->items, &capacity, 1, sizeof *entries->items))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for index entries");
  entries->capacity = (uint32_t)capacity;
  append_key(def, doc_header(document).row, &entries->bytes);
  TRY(buf_check(&entries->bytes, "the index entries", err));
  entries->items[0] = (struct index_entry){.key = buf_slice(&entries->bytes), .value = record_key};
  entries->count = 1;
  return LUMA_OK;
}

static status arrival_values(const struct index_def *def, const uint8_t *kinds, bool with_key,
                             const struct index_entry *entry, struct buf *scratch,
                             struct val *values, struct err *err) {
  (void)def, (void)kinds, (void)with_key, (void)scratch; /* its notes_keys is not set */
  if (entry->key.bytes != KEY_BYTES)
    FAIL(err, LUMA_CORRUPT, "an entry of the order of arrival has %zu bytes", entry->key.bytes);
  values[0] = val_int64((int64_t)load64be(entry->key.data + NUMBER_BYTES));
  return LUMA_OK;
}

const struct index_method arrival_method = {.name = "arrival",
                                            .entries = arrival_entries,
                                            .range = arrival_range,
                                            .record_key = arrival_record_key,
                                            .values = arrival_values};
