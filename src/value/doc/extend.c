/* SPDX-License-Identifier: MIT */
#include "value/doc/extend.h"

#include "base/core/assert.h"
#include "value/doc/doc_int.h"

enum {
  WORD = 2,
  NAME_BYTES_MAX = UINT8_MAX,
  NAME_PREFIX_BYTES = 2,
  BYTES_MAX = 0x7fff, /* what an inline name's offset reaches */
  INLINE_BIT = 0x8000
};

static bool is_key(struct slice name) {
  return slice_is_equal(name, slice_of_text("_id"));
}

uint32_t extend_bytes(const struct val *map, const struct extend_field *fields, uint32_t count) {
  bool fits = map->type == VAL_MAP && !map->is_lensed &&
              *map->data == form_tag(VAL_MAP, FORM_NARROW) && map->bytes <= BYTES_MAX;
  if (!fits) return 0;
  size_t bytes = map->bytes;
  for (uint32_t i = 0; i < count; i++) {
    struct slice name = fields[i].name;
    if (name.bytes > NAME_BYTES_MAX || is_key(name)) return 0;
    if (val_field(map, name).type != VAL_MISSING) return 0;
    bytes += 2 * WORD + NAME_PREFIX_BYTES + name.bytes + fields[i].value.bytes;
    if (bytes > BYTES_MAX) return 0;
  }
  return (uint32_t)bytes;
}

/* The directory's words of the old fields, moved; where the next one goes. */
static uint8_t *move_words(uint8_t *to, const uint8_t *words, uint32_t count, uint32_t moved,
                           bool are_names) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t word = load16le(words + (size_t)i * WORD);
    bool moves = !are_names || (word & INLINE_BIT);
    store16le(to + (size_t)i * WORD, (uint16_t)(word + (moves ? moved : 0)));
  }
  return to + (size_t)count * WORD;
}

/* One field's name and value to `heap`; answers the bytes. */
static uint32_t write_field(const struct extend_field *field, uint8_t *heap) {
  heap[0] = form_tag(VAL_TEXT, 0);
  heap[1] = (uint8_t)field->name.bytes;
  memcpy(heap + NAME_PREFIX_BYTES, field->name.data, field->name.bytes);
  memcpy(heap + NAME_PREFIX_BYTES + field->name.bytes, field->value.data, field->value.bytes);
  return (uint32_t)(NAME_PREFIX_BYTES + field->name.bytes + field->value.bytes);
}

void extend_write(const struct val *map, const struct extend_field *fields, uint32_t count,
                  uint8_t *room) {
  struct form_directory d = form_directory(map->data);
  ASSERT(d.offsets);
  uint32_t moved = count * 2 * WORD;
  const uint8_t *heap = d.offsets + (size_t)d.count * WORD;
  size_t heap_bytes = map->bytes - (size_t)(heap - map->data);
  uint8_t *names = move_words(room + 1 + 2 * WORD, d.names, d.count, moved, true);
  uint8_t *offsets = move_words(names + (size_t)count * WORD, d.offsets, d.count, moved, false);
  uint8_t *to = offsets + (size_t)count * WORD;
  memcpy(to, heap, heap_bytes);
  uint32_t at = (uint32_t)(to - room + (ptrdiff_t)heap_bytes);
  for (uint32_t i = 0; i < count; i++) {
    store16le(names + (size_t)i * WORD, (uint16_t)(INLINE_BIT | at));
    store16le(offsets + (size_t)i * WORD,
              (uint16_t)(at + NAME_PREFIX_BYTES + fields[i].name.bytes));
    at += write_field(&fields[i], room + at);
  }
  room[0] = *map->data;
  store16le(room + 1, (uint16_t)at);
  store16le(room + 1 + WORD, (uint16_t)(d.count + count));
}
