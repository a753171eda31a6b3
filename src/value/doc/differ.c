/* SPDX-License-Identifier: MIT */
#include "value/doc/differ.h"

#include "value/doc/doc_int.h"

enum { WORD = SPLICE_NAME_BYTES };

static bool open_side(const struct doc *document, struct differ_side *side) {
  struct slice shape;
  if (document->is_lensed || !splice_shape(document, &shape)) return false;
  side->document = document;
  side->tag = document->data + DOC_HEADER_BYTES;
  side->names = shape.data;
  side->offsets = shape.data + shape.bytes;
  side->total = load16le(side->tag + 1);
  side->count = (uint32_t)(shape.bytes / WORD);
  side->places_count = 0;
  return true;
}

static struct slice value_at(const struct differ_side *side, uint32_t place) {
  uint32_t from = load16le(side->offsets + (size_t)place * WORD);
  uint32_t end =
      place + 1 < side->count ? load16le(side->offsets + (size_t)(place + 1) * WORD) : side->total;
  return slice_of(side->tag + from, end - from);
}

/* Whether `other` has the field; it mostly stands in the same place. */
static bool has_field(const struct differ_side *other, uint32_t place, uint16_t name,
                      struct slice value) {
  if (place >= other->count || load16le(other->names + (size_t)place * WORD) != name)
    place = form_find(other->names, other->count, name);
  return place != form_not_found && slice_is_equal(value_at(other, place), value);
}

static void find_places(struct differ_side *side, const struct differ_side *other) {
  for (uint32_t i = 0; i < side->count; i++) {
    uint16_t name = load16le(side->names + (size_t)i * WORD);
    if (!has_field(other, i, name, value_at(side, i)))
      side->places[side->places_count++] = (uint16_t)i;
  }
}

static uint32_t bytes_of(const struct differ_side *side) {
  if (side->places_count == 0) return DOC_HEADER_BYTES + 1;
  uint32_t bytes = DOC_HEADER_BYTES + SPLICE_MAP_BYTES + 2 * WORD * side->places_count;
  for (uint32_t i = 0; i < side->places_count; i++)
    bytes += (uint32_t)value_at(side, side->places[i]).bytes;
  return bytes;
}

static void write_fields(const struct differ_side *side, uint32_t bytes, uint8_t *tag) {
  uint8_t *names = tag + SPLICE_MAP_BYTES, *offsets = names + (size_t)side->places_count * WORD;
  uint8_t *heap = offsets + (size_t)side->places_count * WORD;
  tag[0] = SPLICE_TAG;
  store16le(tag + 1, (uint16_t)bytes);
  store16le(tag + 3, (uint16_t)side->places_count);
  for (uint32_t i = 0; i < side->places_count; i++) {
    struct slice value = value_at(side, side->places[i]);
    memcpy(names + (size_t)i * WORD, side->names + (size_t)side->places[i] * WORD, WORD);
    store16le(offsets + (size_t)i * WORD, (uint16_t)(heap - tag));
    memcpy(heap, value.data, value.bytes);
    heap += value.bytes;
  }
}

static void write_document(const struct differ_side *side, uint32_t bytes, uint8_t *at) {
  memcpy(at, side->document->data, DOC_HEADER_BYTES);
  store32le(at, bytes);
  if (side->places_count)
    write_fields(side, bytes - DOC_HEADER_BYTES, at + DOC_HEADER_BYTES);
  else
    at[DOC_HEADER_BYTES] = form_tag(VAL_MAP, FORM_EMPTY);
}

bool differ_open(struct differ *differ, const struct doc *stale, const struct doc *fresh) {
  if (stale->is_lensed || fresh->is_lensed || stale->names != fresh->names) return false;
  if (!open_side(stale, &differ->before) || !open_side(fresh, &differ->after)) return false;
  find_places(&differ->after, &differ->before);
  find_places(&differ->before, &differ->after);
  return true;
}

static bool has_place(const struct differ_side *side, uint16_t name) {
  for (uint32_t i = 0; i < side->places_count; i++)
    if (load16le(side->names + (size_t)side->places[i] * WORD) == name) return true;
  return false;
}

bool differ_has(const struct differ *differ, uint16_t name) {
  return has_place(&differ->after, name) || has_place(&differ->before, name);
}

bool differ_append(const struct differ *differ, struct buf *out) {
  uint32_t after_bytes = bytes_of(&differ->after), before_bytes = bytes_of(&differ->before);
  uint8_t *at = buf_extend(out, (size_t)after_bytes + before_bytes);
  if (!at) return false;
  write_document(&differ->after, after_bytes, at);
  write_document(&differ->before, before_bytes, at + after_bytes);
  return true;
}
