/* SPDX-License-Identifier: MIT */
#include "index/ordered/ordered.h"

#include "base/core/bytes.h"
#include "index/ordered/ordered_int.h"
#include "value/key/key.h"

/* Appends the number and the equal parts: what every entry within the bounds begins with. */
static status append_prefix(const struct index_def *def, const struct index_bounds *bounds,
                            struct buf *room, struct err *err) {
  uint8_t number[ORDERED_NUMBER_BYTES];
  store32be(number, def->number);
  buf_append(room, number, sizeof number);
  for (uint32_t i = 0; bounds && i < bounds->equal_count; i++) {
    TRY(key_encode(room, &bounds->equal[i], def->keys[i].descending, err));
  }
  return buf_check(room, "the index range", err);
}

/* Makes what stands in `room` from `start` the smallest key above everything that begins with it.
 */
static void move_past(struct buf *room, size_t start) {
  struct buf tail = {.data = room->data + start,
                     .bytes = room->bytes - start,
                     .capacity = room->bytes - start,
                     .bytes_max = room->bytes - start};
  /* The number is never all ones, so a successor exists. */
  (void)key_successor(&tail);
  room->bytes = start + tail.bytes;
}

/* One end of the range: prefix, then the bounding value if there is one. `past`: everything that
 * begins so is below. */
static status append_end(const struct index_def *def, const struct index_bounds *bounds,
                         const struct val *value, bool past, struct buf *room, struct err *err) {
  size_t start = room->bytes;
  TRY(append_prefix(def, bounds, room, err));
  if (value) {
    TRY(key_encode(room, value, def->keys[bounds->equal_count].descending, err));
  }
  TRY(buf_check(room, "the index range", err));
  if (past) move_past(room, start);
  return LUMA_OK;
}

static status ordered_range(const struct index_def *def, const struct index_bounds *bounds,
                            struct buf *room, struct store_range *range, struct err *err) {
  const struct val *first = NULL, *last = NULL;
  bool first_open = false, last_open = false;
  if (bounds && bounds->equal_count < def->keys_count) {
    first = bounds->has_low ? &bounds->low : NULL;
    last = bounds->has_high ? &bounds->high : NULL;
    first_open = bounds->low_open;
    last_open = bounds->high_open;
    if (def->keys[bounds->equal_count].descending) {
      const struct val *swap = first;
      first = last;
      last = swap;
      bool swap_open = first_open;
      first_open = last_open;
      last_open = swap_open;
    }
  }
  size_t start = room->bytes;
  TRY(append_end(def, bounds, first, first && first_open, room, err));
  size_t middle = room->bytes;
  TRY(append_end(def, bounds, last, !last || !last_open, room, err));
  range->from = slice_of(room->data + start, middle - start);
  range->to = slice_of(room->data + middle, room->bytes - middle);
  return LUMA_OK;
}

static status ordered_record_key(const struct index_def *def, struct slice key, struct slice value,
                                 struct slice *record_key, struct err *err) {
  if (value.bytes > 0) {
    *record_key = value;
    return LUMA_OK;
  }
  size_t at = ORDERED_NUMBER_BYTES;
  for (uint32_t i = 0; i < def->keys_count; i++) {
    size_t part = at < key.bytes ? key_part_bytes(slice_of(key.data + at, key.bytes - at),
                                                  def->keys[i].descending)
                                 : 0;
    if (part == 0) FAIL(err, LUMA_CORRUPT, "an entry of index %u is cut short", def->number);
    at += part;
  }
  if (at >= key.bytes)
    FAIL(err, LUMA_CORRUPT, "an entry of index %u has no record key", def->number);
  *record_key = slice_of(key.data + at, key.bytes - at);
  return LUMA_OK;
}

/* Takes the value at the front of `rest`, and what it was of the kinds that its part has met. */
static status take_value(const struct index_def *def, uint8_t kinds, bool descending,
                         struct slice *rest, struct buf *scratch, struct val *value,
                         struct err *err) {
  size_t bytes = key_decode_scalar(*rest, descending, scratch, value);
  if (bytes == 0) FAIL(err, LUMA_CORRUPT, "an entry of index %u is no list of values", def->number);
  *value = index_number(kinds, *value);
  *rest = slice_of(rest->data + bytes, rest->bytes - bytes);
  return LUMA_OK;
}

static status ordered_values(const struct index_def *def, const uint8_t *kinds, bool with_key,
                             const struct index_entry *entry, struct buf *scratch,
                             struct val *values, struct err *err) {
  struct slice rest = entry->key;
  size_t number_bytes = rest.bytes < ORDERED_NUMBER_BYTES ? rest.bytes : ORDERED_NUMBER_BYTES;
  rest = slice_of(rest.data + number_bytes, rest.bytes - number_bytes);
  buf_reset(scratch);
  if (!buf_reserve(scratch, entry->key.bytes + entry->value.bytes))
    return buf_check(scratch, "the values of an entry", err);
  uint32_t count = def->keys_count;
  for (uint32_t i = 0; i < count; i++)
    TRY(take_value(def, kinds[i], def->keys[i].descending, &rest, scratch, &values[i], err));
  if (!with_key) return LUMA_OK;
  if (entry->value.bytes) rest = entry->value;
  return take_value(def, kinds[count], false, &rest, scratch, &values[count], err);
}

const struct index_method ordered_method = {
    .name = "ordered",
    .entries = ordered__entries,
    .range = ordered_range,
    .record_key = ordered_record_key,
    .values = ordered_values,
};
